//! Packages: listed, searched for, installed, removed, upgraded.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sections::{Sections, clean, count};
use super::{Kind, Made, Nothing, Script, Task, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

const SCRIPT: &str = include_str!("packages.sh");

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "packages.list",
        right: Verb::View,
        summary: "the packages that are installed",
        changes: false,
        make: |parameters| {
            read_parameters::<Nothing>("packages.list", parameters)?;
            Ok(Made::Script(Script::of(SCRIPT, &["list"])))
        },
        read: Some(|output| json!(list(output))),
    },
    Kind {
        name: "packages.search",
        right: Verb::View,
        summary: "packages that could be installed, by words in name or summary",
        changes: false,
        make: search,
        read: Some(|output| json!(list(output))),
    },
    Kind {
        name: "packages.install",
        right: Verb::Run,
        summary: "installs packages",
        changes: true,
        make: |parameters| task("packages.install", parameters, "present"),
        read: None,
    },
    Kind {
        name: "packages.remove",
        right: Verb::Run,
        summary: "removes packages",
        changes: true,
        make: |parameters| task("packages.remove", parameters, "absent"),
        read: None,
    },
    Kind {
        name: "packages.upgrade",
        right: Verb::Run,
        summary: "upgrades packages, or all where none is named",
        changes: true,
        make: |parameters| task("packages.upgrade", parameters, "latest"),
        read: None,
    },
];

/// Packages in one call.
const MOST_NAMES: usize = 500;
/// How old the lists may be before an installation, in seconds: an hour.
const FRESH: u32 = 3600;

/// Which packages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Packages {
    /// Their names; `NAME=VERSION` asks for that version.
    pub names: Vec<String>,
    /// When removed: their configuration, too.
    pub purge: bool,
    /// When all are upgraded: also what needs other packages removed.
    pub full: bool,
}

/// What is searched for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    /// Words, which must all be there.
    q: String,
}

/// A package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, where it was said.
    pub version: String,
    /// The processors that it is for, where that was said.
    pub architecture: String,
    /// Bytes that it takes, where that was said.
    pub size: Option<u64>,
    /// What it is, in words.
    pub summary: String,
}

fn search(parameters: &Value) -> Result<Made, Message> {
    let said: Search = read_parameters("packages.search", parameters)?;
    let is_fine = |c: char| c.is_alphanumeric() || "+-._ ".contains(c);
    if said.q.trim().is_empty() || said.q.len() > 200 || !said.q.chars().all(is_fine) {
        return Err(say::no_search());
    }
    // apt takes the words for regular expressions.
    let literal = |word: &str| word.replace('.', "[.]").replace('+', "[+]");
    let mut script = Script::of(SCRIPT, &["search"]);
    script.arguments.extend(said.q.split_whitespace().map(literal));
    Ok(Made::Script(script))
}

fn task(verb: &str, parameters: &Value, state: &str) -> Result<Made, Message> {
    let said: Packages = read_parameters(verb, parameters)?;
    if let Some(bad) = said.names.iter().find(|name| !is_package(name)) {
        return Err(say::bad_package(bad.escape_debug()));
    }
    if said.names.len() > MOST_NAMES {
        return Err(say::bad_parameters(verb, format_args!("more than {MOST_NAMES} packages")));
    }
    let mut options = Map::new();
    let mut put = |name: &str, value: Value| options.insert(name.to_owned(), value);
    match (said.names.is_empty(), state) {
        (true, "latest") => {
            put("upgrade", json!(if said.full { "full" } else { "safe" }));
            put("update_cache", json!(true));
            return Ok(Made::Task(Task { module: "apt", options }));
        }
        (true, _) => return Err(say::no_package()),
        (false, _) => put("name", json!(said.names)),
    };
    put("state", json!(state));
    match state {
        "absent" if said.purge => {
            put("purge", json!(true));
        }
        "absent" => {}
        _ => {
            put("update_cache", json!(true));
            put("cache_valid_time", json!(if state == "latest" { 0 } else { FRESH }));
        }
    }
    Ok(Made::Task(Task { module: "package", options }))
}

/// No patterns, and nothing that could be an option.
fn is_package(name: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "+-._:=~".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_fine)
}

/// Reads what the script said, by name.
#[must_use]
pub fn list(output: &str) -> Vec<Package> {
    let sections = Sections::read(output);
    let read = match sections.first("manager") {
        Some("apt") => of_apt,
        Some("dnf") => of_rpm,
        Some("apk") => of_apk,
        _ => return Vec::new(),
    };
    let lines = sections.lines("packages").iter();
    let mut found: Vec<Package> = lines.filter_map(|line| read(line)).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// A line of `dpkg-query`, or `NAME - SUMMARY`.
fn of_apt(line: &str) -> Option<Package> {
    let Some((status, rest)) = line.split_once('\t') else { return found(line) };
    // The second letter is how it is: installed, or something on the way there.
    if !matches!(status.as_bytes().get(1)?, b'i' | b'U' | b'F' | b'W' | b't') {
        return None;
    }
    let mut package = columns(rest)?;
    package.size = package.size.map(|kib| kib.saturating_mul(1024));
    Some(package)
}

fn of_rpm(line: &str) -> Option<Package> {
    columns(line).filter(|package| package.name != "gpg-pubkey")
}

/// NAME VERSION ARCHITECTURE SIZE SUMMARY, with tabs between them.
fn columns(line: &str) -> Option<Package> {
    let mut columns = line.splitn(5, '\t');
    let mut next = || columns.next().unwrap_or_default();
    let (name, version, architecture) = (clean(next()), clean(next()), clean(next()));
    let size = count(next());
    let summary = clean(next());
    (!name.is_empty()).then_some(Package { name, version, architecture, size, summary })
}

fn found(line: &str) -> Option<Package> {
    let (name, summary) = line.split_once(" - ")?;
    Some(Package { name: clean(name), summary: clean(summary), ..Package::default() })
}

/// `NAME-VERSION ARCHITECTURE {ORIGIN} (LICENCE) [installed]`, or `NAME-VERSION - SUMMARY`.
fn of_apk(line: &str) -> Option<Package> {
    let (full, rest) = line.split_once(' ')?;
    // A version is the last but one part and the last: `1.2.3-r4`.
    let (before, _) = full.rsplit_once('-')?;
    let (name, _) = before.rsplit_once('-')?;
    let version = full.get(name.len() + 1..)?;
    let (architecture, summary) = match rest.strip_prefix("- ") {
        Some(summary) => ("", summary),
        None => (rest.split(' ').next().unwrap_or_default(), ""),
    };
    Some(Package {
        name: clean(name),
        version: clean(version),
        architecture: clean(architecture),
        size: None,
        summary: clean(summary),
    })
}
