//! The command line of seed 2: `hep -c config.yml -i examples/hosts examples/manifests/manifest.yml`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory as _, Parser};
use hep_core::diagnostic::{Diagnostic, Source};
use hep_core::interp::Options;
use hep_core::manifest::select::Selection;
use hep_core::message::cli as say;
use hep_core::node::{Node, Pos};
use hep_core::run::{self, exit};
use hep_core::secret::Secret;
use hep_core::yaml;
use hep_engine::play::Request;
use serde_json::json;

use super::connect::{Connect, HostKeyRule, Wanted};
use super::failure::Failure;
use super::record::{Record, Wish};
use super::{Cli, apply, variables};
use crate::render::Render;
use crate::render::play::{Script, Seed};
use crate::terminal::Screen;

/// Names of levels, as Python's logging has them.
const LEVELS: [&str; 7] = ["DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "NOTSET"];

/// Apply a manifest as the first hep did: settings from a file, new host keys accepted.
#[derive(Debug, Parser)]
#[command(name = "hep", max_term_width = 100)]
pub(crate) struct Args {
    /// Settings: ssh.username, ssh.password, manifest, hosts, `log_level`
    #[arg(short, long, value_name = "FILE", default_value = "config.yml")]
    config: String,
    /// Hosts, in place of the settings'
    #[arg(short = 'i', long = "hosts", value_name = "FILE")]
    hosts: Option<String>,
    /// The manifest, in place of the settings'; only the first is used
    #[arg(value_name = "MANIFEST")]
    manifests: Vec<String>,
    /// Trust the host keys in this file, and add new ones to it
    #[arg(long, value_name = "FILE", env = variables::KNOWN_HOSTS, hide_env_values = true)]
    known_hosts: Option<std::path::PathBuf>,
    #[command(flatten)]
    record: Record,
}

/// Whether the words are seed 2's: they name a configuration, or a manifest, before any command of ours.
pub(crate) fn is_meant(words: &[OsString]) -> bool {
    let command = Cli::command().subcommands(super::noun::commands());
    let is_command =
        |word: &str| word == "help" || command.get_subcommands().any(|sub| sub.get_name() == word);
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let mut has_hosts = false;
    while let Some(word) = words.next() {
        match word {
            "-c" | "--config" => return true,
            // Their value may be a file that is called as a command is.
            "-i" | "--hosts" => {
                has_hosts = true;
                words.next();
            }
            _ if word.starts_with("-c") || word.starts_with("--config=") => return true,
            _ if word.starts_with('-') => {}
            _ if is_command(word) => return false,
            _ => return has_hosts || [".yml", ".yaml"].iter().any(|end| word.ends_with(end)),
        }
    }
    false
}

/// What the file says.
struct Config {
    username: String,
    password: Secret<String>,
    manifest: String,
    hosts: String,
    level: String,
}

/// Applies the manifest. Anything that fails makes the exit code 1.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let config = args.read()?;
    screen.say(&say::seed_accepts_keys().to_string());
    let connect = Connect {
        inventory: vec![config.hosts],
        user: Some(config.username),
        known_hosts: args.known_hosts.clone(),
        host_key: Some(HostKeyRule::AcceptNew),
        forks: 64,
        ..Connect::default()
    };
    let manifests = vec![config.manifest];
    let wish = args.record.wish(|| Wish {
        kind: "manifest",
        subject: json!({
            "kind": "manifest", "manifests": manifests, "inventory": connect.inventory,
        }),
        selector: "all".into(),
        checks: false,
    });
    let wanted = Wanted {
        selector: "all",
        folders: apply::folders(&manifests),
        password: Some(config.password),
        ..Wanted::default()
    };
    let mut opened = connect.open(wanted, &screen).await?;
    let loaded = apply::load(&mut opened, manifests, Selection::default(), None)?;
    let verbosity = u8::from(config.level == "DEBUG");
    let request = Request {
        options: Options { verbosity, ..Options::default() },
        forks: usize::from(connect.forks),
        keep: true,
        lock_wait: Duration::from_secs(apply::LOCK_TIMEOUT.into()),
        person: apply::person(&screen),
        ..Request::default()
    };
    let mut renderer = Seed::new(&screen, Script::new(&loaded));
    let shown = (&mut renderer as &mut dyn Render, wish);
    let ended = apply::carry_out(opened, loaded, request, shown, &screen).await?;
    match run::exit_code(ended.values().map(|end| end.state)) {
        exit::FINE => Ok(exit::FINE),
        exit::CANCELLED => Ok(exit::CANCELLED),
        _ => Ok(exit::USAGE),
    }
}

impl Args {
    /// The settings, with what the command line and the environment say in their place.
    fn read(&self) -> Result<Config, Failure> {
        let path = &self.config;
        let text = std::fs::read_to_string(path).map_err(|error| say::cannot_read(path, error))?;
        let found = |fault| {
            // The file holds a password: no line of it is shown.
            Failure::found(fault, vec![Source { name: path.as_str().into(), text: "".into() }])
        };
        let node = yaml::parse_one(&text, 0, &mut |_, _| {
            Err(hep_core::message::manifest::vault_without_password())
        });
        let node = node.map_err(found)?;
        let at = |pos, message| found(Diagnostic::new(pos, message));
        let start = Pos { file: 0, line: 1, col: 1 };
        let mut settings = flat(&node);
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                settings.insert(key.to_owned(), value);
            }
        };
        put("manifest", self.manifests.first().cloned());
        put("hosts", self.hosts.clone());
        put(
            "log_level",
            std::env::var(variables::LOG_LEVEL).ok().filter(|level| !level.is_empty()),
        );
        let mut take =
            |key: &str| settings.remove(key).ok_or_else(|| at(start, say::seed_misconfigured(key)));
        let config = Config {
            username: take("ssh.username")?,
            password: Secret::new(take("ssh.password")?),
            manifest: take("manifest")?,
            hosts: take("hosts")?,
            level: take("log_level")?.to_ascii_uppercase(),
        };
        if !LEVELS.contains(&config.level.as_str()) {
            return Err(say::seed_log_level(&config.level, LEVELS.join(", ")).into());
        }
        Ok(config)
    }
}

/// The scalars of a mapping; those of `ssh` under `ssh.NAME`.
fn flat(node: &Node) -> HashMap<String, String> {
    let mut settings = HashMap::new();
    for key in ["manifest", "hosts", "log_level"] {
        if let Some(value) = node.get(key).map(Node::key_text).filter(|value| !value.is_empty()) {
            settings.insert(key.to_owned(), value.to_string());
        }
    }
    for key in ["username", "password"] {
        if let Some(value) = node.get("ssh").and_then(|ssh| ssh.get(key)) {
            settings.insert(format!("ssh.{key}"), value.key_text().to_string());
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_command_lines_are_told_apart() {
        for (line, meant) in [
            ("-c config.yml -i examples/hosts examples/manifests/manifest.yml", true),
            ("--config=x.yml", true),
            ("-i examples/hosts m.yml", true),
            ("m.yml -i hosts", true),
            ("-i hosts -c config.yml m.yml", true),
            ("-i hosts exec all -- id", false),
            ("exec all -- id -c", false),
            ("apply -i hosts m.yml", false),
            ("--help", false),
            ("-V", false),
            ("exce all", false),
            ("", false),
        ] {
            let words = line.split_whitespace().map(OsString::from);
            let words: Vec<OsString> = std::iter::once("hep".into()).chain(words).collect();
            assert_eq!(is_meant(&words), meant, "{line}");
        }
    }
}
