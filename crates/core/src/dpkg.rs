//! Reads what `dpkg-query` and `apt-get --simulate` print.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::change::{Diff, Effect};
use crate::glob;
use crate::message::Message;
use crate::message::package as say;
use crate::observe::Output;

/// A package as the dpkg database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name, without the architecture.
    pub(crate) name: String,
    /// Its version; empty when it was never unpacked.
    pub(crate) version: String,
    /// Its architecture.
    pub(crate) architecture: String,
    /// Whether it is installed, or at least unpacked.
    pub(crate) installed: bool,
    /// Whether only its configuration files are left.
    pub(crate) files_left: bool,
    /// The virtual packages that it stands for.
    pub(crate) provides: Vec<String>,
}

/// One package that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// As it is given to apt.
    pub(crate) spec: String,
    /// Its name; a pattern where that is allowed.
    pub(crate) name: String,
    /// Its version, where one is asked for; `*`, `?` and `[…]` stand for any text.
    pub(crate) version: Option<String>,
    architecture: Option<String>,
}

impl Wanted {
    /// Reads `NAME[:ARCHITECTURE][=VERSION]`; patterns are for what is removed only.
    ///
    /// Source of the names: Debian policy 5.6.7. Names that apt would read as something else (an option,
    /// `NAME-` for removal) are refused.
    pub(crate) fn parse(spec: &str, removing: bool) -> Result<Self, Message> {
        let (full, version) = match spec.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (spec, None),
        };
        if full.contains(['<', '>', '!', '~']) {
            return Err(say::compared_version(spec));
        }
        let (name, architecture) = match full.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (full, None),
        };
        let pattern = name.contains(['*', '?', '[']);
        if pattern && !removing {
            return Err(say::pattern_to_install(spec));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
        let fits = |c: char| plain(c) || (pattern && "*?[]".contains(c));
        let of_version = |c: char| c.is_ascii_alphanumeric() || "+-.:~*?[]".contains(c);
        let good = !name.is_empty()
            && !name.starts_with(['-', '.', '+'])
            && !name.ends_with('-')
            && name.chars().all(fits)
            && architecture.is_none_or(|text| !text.is_empty() && text.chars().all(plain))
            && version.is_none_or(|text| !text.is_empty() && text.chars().all(of_version));
        if !good {
            return Err(say::bad_name(spec));
        }
        Ok(Self {
            spec: spec.to_owned(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
            architecture: architecture.map(str::to_owned),
        })
    }

    /// Whether this is what dpkg's line is about.
    pub(crate) fn names(&self, known: &Known) -> bool {
        glob::matches(&self.name, &known.name)
            && self.architecture.as_ref().is_none_or(|asked| {
                *asked == known.architecture || matches!(asked.as_str(), "any" | "native")
            })
    }

    /// Whether any version, or the one asked for, is meant by dpkg's line.
    pub(crate) fn version_fits(&self, known: &Known) -> bool {
        self.version.as_ref().is_none_or(|version| glob::matches(version, &known.version))
    }

    /// Whether it is installed in the version asked for.
    pub(crate) fn is_met_by(&self, known: &[Known]) -> bool {
        known.iter().any(|known| known.installed && self.names(known) && self.version_fits(known))
    }

    /// Whether it is installed in any version.
    pub(crate) fn is_in(&self, known: &[Known]) -> bool {
        known.iter().any(|known| known.installed && self.names(known))
    }
}

/// The lines of [`crate::query::Query::DpkgStatus`].
pub(crate) fn status(output: &Output) -> Vec<Known> {
    output.stdout.lossy().lines().filter_map(known).collect()
}

fn known(line: &str) -> Option<Known> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (name, version, architecture, state) = (next()?, next()?, next()?, next()?);
    let provides =
        next().unwrap_or("").split(',').filter_map(|item| item.split_whitespace().next());
    let state = state.split_whitespace().next_back().unwrap_or("");
    Some(Known {
        name: name.split(':').next().unwrap_or(name).to_owned(),
        version: version.to_owned(),
        architecture: architecture.to_owned(),
        installed: !matches!(state, "" | "not-installed" | "config-files"),
        files_left: state == "config-files",
        provides: provides.map(str::to_owned).collect(),
    })
}

/// What apt says that it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Simulation {
    /// Packages with their old version (where one is there) and the new one.
    pub(crate) installs: Vec<(String, Option<String>, String)>,
    /// Packages with the version that goes away.
    pub(crate) removals: Vec<(String, String)>,
    /// Fetched archives that would be deleted.
    pub(crate) deletions: Vec<String>,
    /// Names that apt would take for a pattern, as it does with names that it does not know.
    pub(crate) patterns: bool,
}

/// The lines `Inst NAME [OLD] (NEW …)`, `Remv NAME [OLD]`, `Purg NAME [OLD]` and `Del NAME VERSION`.
/// These words are the same in every language of the host.
pub(crate) fn simulation(output: &Output) -> Simulation {
    let mut found = Simulation::default();
    for line in output.stdout.lossy().lines() {
        let mut words = line.split_whitespace();
        let (verb, name) = (words.next().unwrap_or(""), words.next().unwrap_or("").to_owned());
        let rest: Vec<&str> = words.collect();
        let bracketed = |open: char, close: char| {
            let word = rest.iter().find(|word| word.starts_with(open))?;
            Some(word.trim_start_matches(open).trim_end_matches(close).to_owned())
        };
        match verb {
            "Inst" => {
                let old = rest
                    .first()
                    .filter(|word| word.starts_with('['))
                    .map(|word| word.trim_start_matches('[').trim_end_matches(']').to_owned());
                found.installs.push((name, old, bracketed('(', ')').unwrap_or_default()));
            }
            "Remv" | "Purg" => {
                let old = bracketed('[', ']').unwrap_or_default();
                if !found.removals.iter().any(|(known, _)| *known == name) {
                    found.removals.push((name, old));
                }
            }
            "Del" => found.deletions.push(name),
            "Note," => {
                found.patterns |= line.contains(" for regex '") || line.contains(" for glob '");
            }
            _ => {}
        }
    }
    found
}

impl Simulation {
    /// Whether nothing would happen.
    pub(crate) fn is_empty(&self) -> bool {
        self.installs.is_empty() && self.removals.is_empty() && self.deletions.is_empty()
    }

    /// What later tasks may believe.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        let bare = |name: &str| -> Arc<str> { name.split(':').next().unwrap_or(name).into() };
        let installed: Vec<Arc<str>> = self.installs.iter().map(|(name, ..)| bare(name)).collect();
        let removed: Vec<Arc<str>> = self.removals.iter().map(|(name, _)| bare(name)).collect();
        [(installed, true), (removed, false)]
            .into_iter()
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, installed)| Effect::Packages { names, installed })
            .collect()
    }

    /// The versions before and after, a line a package.
    pub(crate) fn diff(&self) -> Diff {
        let (mut before, mut after) = (String::new(), String::new());
        for (name, old, new) in &self.installs {
            if let Some(old) = old {
                let _ = writeln!(before, "{name} {old}");
            }
            let _ = writeln!(after, "{name} {new}");
        }
        for (name, old) in &self.removals {
            let _ = writeln!(before, "{name} {old}");
        }
        for name in &self.deletions {
            let _ = writeln!(before, "fetched archive of {name}");
        }
        Diff {
            before_header: "packages now".into(),
            after_header: "packages then".into(),
            before: before.into(),
            after: after.into(),
        }
    }
}

/// What apt complains of: its lines that begin with `E:`, joined.
pub(crate) fn complaint(output: &Output) -> String {
    let (out, err) = (output.stdout.lossy(), output.stderr.lossy());
    let lines: Vec<&str> = err.lines().chain(out.lines()).collect();
    let errors = lines.iter().filter_map(|line| line.strip_prefix("E: ")).collect::<Vec<_>>();
    if errors.is_empty() {
        let last = lines.iter().rev().find(|line| !line.trim().is_empty());
        return last.map_or_else(|| format!("status {}", output.rc), |line| (*line).to_owned());
    }
    errors.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(stdout: &str) -> Output {
        Output { rc: 0, stdout: stdout.into(), stderr: "".into() }
    }

    #[test]
    fn status_lines_say_what_is_installed() {
        let lines = "bash\t5.2-2\tamd64\tinstall ok installed\t\n\
            libc6:amd64\t2.36\tamd64\tinstall ok installed\t\n\
            htop\t3.2\tamd64\tdeinstall ok config-files\t\n\
            half\t1\tamd64\tinstall ok half-configured\t\n\
            gone\t\t\tunknown ok not-installed\t\n\
            mawk\t1.3\tamd64\tinstall ok installed\tawk, x (= 1.0)\n\
            broken line\n";
        let known = status(&printed(lines));
        let told: Vec<_> =
            known.iter().map(|k| (k.name.as_str(), k.installed, k.files_left)).collect();
        assert_eq!(
            told,
            [
                ("bash", true, false),
                ("libc6", true, false),
                ("htop", false, true),
                ("half", true, false),
                ("gone", false, false),
                ("mawk", true, false)
            ]
        );
        assert_eq!(known[5].provides, ["awk", "x"]);
    }

    #[test]
    fn packages_are_named_and_nothing_else_is() {
        for (spec, removing, good) in [
            ("g++", false, true),
            ("python3.11-venv", false, true),
            ("libc6:amd64", false, true),
            ("htop=3.2*", false, true),
            ("a=1:2.0~rc1+b2", false, true),
            ("php*", true, true),
            ("php*", false, false),
            ("-y", true, false),
            ("--purge", true, false),
            ("foo-", false, false),
            ("foo/testing", false, false),
            ("./x.deb", false, false),
            ("a b", false, false),
            ("Foo", false, false),
            ("a=", false, false),
            ("a=1;id", false, false),
            ("a>=1", false, false),
            ("a:", false, false),
            ("", false, false),
        ] {
            assert_eq!(Wanted::parse(spec, removing).is_ok(), good, "{spec}");
        }
    }

    #[test]
    fn simulation_lines_are_the_exact_list() {
        let found = simulation(&printed(
            "Reading package lists...\n\
             Inst base-files [12.4] (12.5 Debian:12/stable [amd64])\n\
             Remv mawk [1.3] []\n\
             Purg mawk [1.3]\n\
             Inst htop (3.2 Debian:12/stable [amd64]) []\n\
             Conf htop (3.2 Debian:12/stable [amd64])\n\
             Del xz 5.4 [100 B]\n",
        ));
        assert_eq!(
            found.installs,
            [
                ("base-files".to_owned(), Some("12.4".to_owned()), "12.5".to_owned()),
                ("htop".to_owned(), None, "3.2".to_owned())
            ]
        );
        assert_eq!(found.removals, [("mawk".to_owned(), "1.3".to_owned())]);
        assert_eq!(found.deletions, ["xz"]);
        assert_eq!(&*found.diff().before, "base-files 12.4\nmawk 1.3\nfetched archive of xz\n");
        assert_eq!(&*found.diff().after, "base-files 12.5\nhtop 3.2\n");
        assert_eq!(found.effects().len(), 2);
    }
}
