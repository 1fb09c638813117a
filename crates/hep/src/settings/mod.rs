//! The configuration: `hep.yml`, the environment over it, the command line over both.

pub(crate) mod table;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use hep_core::diagnostic::{Diagnostic, Source};
use hep_core::message::settings as say;
use hep_core::node::{Node, NodeKind};
use hep_core::{suggest, yaml};

use self::table::{ALL, Kind, Setting};
use crate::cli::Failure;

/// The file that is read where none is named, if it is there.
pub(crate) const USUAL_FILE: &str = "/etc/hep/hep.yml";

/// Who said what a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody.
    Default,
    /// The file.
    File,
    /// The environment.
    Environment,
    /// The command line.
    CommandLine,
}

impl Origin {
    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
        }
    }
}

/// All settings, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    said: HashMap<&'static str, (String, Origin)>,
}

impl Settings {
    /// Reads a file (or the usual one, if it is there) and the environment.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let mut settings = Self { said: HashMap::new() };
        let usual = Path::new(USUAL_FILE);
        if let Some(path) = file.or_else(|| usual.exists().then_some(usual)) {
            settings.read_file(path)?;
        }
        for setting in ALL {
            if let Some(text) = variable(setting.variable) {
                settings.say(setting, text, Origin::Environment)?;
            }
        }
        Ok(settings)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Failure> {
        let shown = path.display();
        let text =
            std::fs::read_to_string(path).map_err(|error| say::cannot_read(&shown, error))?;
        let sources = vec![Source { name: shown.to_string().into(), text: text.as_str().into() }];
        let node = yaml::parse_one(&text, 0, &mut |_, _| Err(say::no_vault()));
        let node = node.map_err(|fault| Failure::found(fault, sources.clone()))?;
        let mut faults = Vec::new();
        self.read_map(&node, "", &mut faults);
        if faults.is_empty() {
            return Ok(());
        }
        Err(Failure::Found { diagnostics: faults, sources })
    }

    fn read_map(&mut self, node: &Node, within: &str, faults: &mut Vec<Diagnostic>) {
        let entries = match &node.kind {
            NodeKind::Map(entries) => entries.as_slice(),
            NodeKind::Null => &[],
            _ => return faults.push(Diagnostic::new(node.pos, say::not_a_map())),
        };
        for (key, value) in entries {
            let name = format!("{within}{}", key.key_text());
            if let Some(setting) = ALL.iter().find(|setting| setting.name == name) {
                let said = self.say(setting, text_of(value), Origin::File);
                if let Err(Failure::Said(message)) = said {
                    faults.push(Diagnostic::new(value.pos, message));
                }
            } else if ALL.iter().any(|setting| setting.name.starts_with(&format!("{name}."))) {
                self.read_map(value, &format!("{name}."), faults);
            } else {
                let names: Vec<&str> = ALL.iter().map(|setting| setting.name).collect();
                let hint = suggest::hint_or(&name, &names, "`hep config manual` lists them");
                faults.push(Diagnostic::new(key.pos, say::unknown(&name, hint)));
            }
        }
    }

    /// Sets one; what was said by somebody stronger stays.
    pub(crate) fn say(
        &mut self,
        setting: &Setting,
        text: String,
        origin: Origin,
    ) -> Result<(), Failure> {
        check(setting, &text)?;
        self.said.insert(setting.name, (text, origin));
        Ok(())
    }

    /// The text of a setting.
    pub(crate) fn text(&self, setting: &Setting) -> &str {
        self.said.get(setting.name).map_or(setting.default, |(text, _)| text)
    }

    /// The text of a setting as it may be shown: an address of a database without its password.
    pub(crate) fn shown(&self, setting: &Setting) -> String {
        let text = self.text(setting);
        if setting.name == table::DATABASE.name {
            hep_engine::store::db::without_password(text)
        } else {
            text.to_owned()
        }
    }

    /// Who said it.
    pub(crate) fn origin(&self, setting: &Setting) -> Origin {
        self.said.get(setting.name).map_or(Origin::Default, |(_, origin)| *origin)
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, setting: &Setting) -> bool {
        self.text(setting) == "true"
    }

    /// The value of a number.
    pub(crate) fn number(&self, setting: &Setting) -> u64 {
        self.text(setting).parse().unwrap_or_default()
    }

    /// The value of a time.
    pub(crate) fn span(&self, setting: &Setting) -> Duration {
        span(self.text(setting)).unwrap_or_default()
    }

    /// The words of a list.
    pub(crate) fn list(&self, setting: &Setting) -> Vec<String> {
        let words = self.text(setting).split(',').map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// How long local runs are kept: as the environment says, else as usual; nothing for ever.
pub(crate) fn keep_runs() -> Option<Duration> {
    let said = variable(table::KEEP_RUNS.variable).and_then(|text| span(&text));
    let span = said.or_else(|| span(table::KEEP_RUNS.default)).unwrap_or_default();
    (!span.is_zero()).then_some(span)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A value of the file as the environment would write it.
fn text_of(node: &Node) -> String {
    match &node.kind {
        NodeKind::List(items) => {
            let words: Vec<String> = items.iter().map(|item| item.key_text().to_string()).collect();
            words.join(",")
        }
        NodeKind::Bool(flag) => flag.to_string(),
        NodeKind::Null => String::new(),
        _ => node.key_text().to_string(),
    }
}

/// Refuses a text that the setting cannot have.
fn check(setting: &Setting, text: &str) -> Result<(), Failure> {
    let wanted = match setting.kind {
        Kind::Text | Kind::List => return Ok(()),
        Kind::Flag if matches!(text, "true" | "false") => return Ok(()),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Number(least, most) => {
            if text.parse().is_ok_and(|number: u64| (least..=most).contains(&number)) {
                return Ok(());
            }
            format!("a number from {least} to {most}")
        }
        Kind::Span if span(text).is_some() => return Ok(()),
        Kind::Span => "a time such as `90s`, `15m`, `2h` or `30d`".to_owned(),
        Kind::Word(words) if words.contains(&text) => return Ok(()),
        Kind::Word(words) => format!("one of `{}`", words.join("`, `")),
    };
    Err(say::bad_value(setting.name, text, wanted).into())
}

/// A number with `s`, `m`, `h` or `d`; without a unit it counts seconds.
fn span(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale).map(Duration::from_secs)
}

/// The page of all settings, as `docs/settings.md` has it.
pub(crate) fn manual() -> String {
    let mut text = String::from(
        "# Settings of the server\n\n\
         `hep serve` reads `/etc/hep/hep.yml` or the file of `--config`; a dot in a name stands for a mapping\n\
         within a mapping. The environment wins over the file, the command line over both. `hep config check`\n\
         checks, `hep config show` shows what holds and who said it. This page is made by `hep config manual`.\n",
    );
    for setting in ALL {
        let default = match setting.default {
            "" => String::new(),
            default => format!(" Default: `{default}`."),
        };
        let kind = match setting.kind {
            Kind::Word(words) => format!(" One of `{}`.", words.join("`, `")),
            Kind::List => " A list.".to_owned(),
            Kind::Text | Kind::Flag | Kind::Number(..) | Kind::Span => String::new(),
        };
        let part = format!(
            "\n## `{}`\n\n{}{kind}{default} Environment: `{}`.\n",
            setting.name,
            setting.meaning.trim(),
            setting.variable
        );
        text.push_str(&part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hep.yml");
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings { said: HashMap::new() };
        match settings.read_file(&path) {
            Ok(()) => Ok(settings),
            Err(Failure::Found { diagnostics, sources }) => {
                let shown = diagnostics.iter();
                Err(shown.map(|fault| hep_core::diagnostic::render(&sources, fault)).collect())
            }
            Err(other) => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_file_is_read() {
        let text = "listen: 0.0.0.0:80\ntls: {cert: a.pem, key: b.pem}\ntrusted_proxies: [10.0.0.1, '::1']\n\
                    runs:\n  at_once: 4\nstop: {grace: 2m}\naliases: {alf: no}\n";
        let settings = of_file(text).unwrap();
        assert_eq!(settings.text(&table::LISTEN), "0.0.0.0:80");
        assert_eq!(settings.text(&table::TLS_KEY), "b.pem");
        assert_eq!(settings.list(&table::TRUSTED_PROXIES), ["10.0.0.1", "::1"]);
        assert_eq!(settings.number(&table::RUNS_AT_ONCE), 4);
        assert_eq!(settings.span(&table::STOP_GRACE), Duration::from_mins(2));
        assert!(!settings.flag(&table::ALIASES_ALF));
        assert_eq!(settings.origin(&table::LISTEN), Origin::File);
        assert_eq!(settings.origin(&table::LOG_LEVEL), Origin::Default);
        assert!(of_file("").is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let cases = [
            ("lisen: x\n", "hep.yml:1:1: ", "listen"),
            ("runs: {at_once: many}\n", "hep.yml:1:17: ", "a number from 1 to 1000"),
            ("log:\n  format: xml\n", "hep.yml:2:11: ", "`text`, `json`"),
            ("stop: {grace: soon}\n", "hep.yml:1:15: ", "a time such as"),
            ("- a\n", "hep.yml:1:1: ", "mapping"),
            ("a: [\n", "hep.yml:", ""),
        ];
        for (text, place, what) in cases {
            let said = of_file(text).unwrap_err();
            assert!(said.contains(place) && said.contains(what), "{text:?}: {said}");
        }
    }

    #[test]
    fn every_default_is_a_value_and_every_name_is_once() {
        for (index, setting) in ALL.iter().enumerate() {
            assert!(check(setting, setting.default).is_ok(), "{}", setting.name);
            let same =
                |other: &Setting| other.name == setting.name || other.variable == setting.variable;
            assert!(!ALL[index + 1..].iter().any(same), "{} is there twice", setting.name);
        }
    }

    #[test]
    fn the_page_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == manual(), "run: target/debug/hep config manual >docs/settings.md");
    }
}
