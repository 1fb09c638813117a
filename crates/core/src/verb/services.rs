//! Services: listed, started, stopped, restarted, and whether they start at boot.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sections::{Sections, clean};
use super::{Kind, Made, Script, Task, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "services.list",
        right: Verb::View,
        summary: "the services, whether they run and start at boot",
        changes: false,
        make: |parameters| {
            read_parameters::<super::Nothing>("services.list", parameters)?;
            Ok(Made::Script(Script::of(super::status::SCRIPT, &["services"])))
        },
        read: Some(|output| json!(list(output))),
    },
    task("services.start", "starts services that do not run", |p| {
        make("services.start", p, "state", json!("started"))
    }),
    task("services.stop", "stops services that run", |p| {
        make("services.stop", p, "state", json!("stopped"))
    }),
    task("services.restart", "stops services and starts them again", |p| {
        make("services.restart", p, "state", json!("restarted"))
    }),
    task("services.enable", "has services start at boot", |p| {
        make("services.enable", p, "enabled", json!(true))
    }),
    task("services.disable", "has services no longer start at boot", |p| {
        make("services.disable", p, "enabled", json!(false))
    }),
];

/// A verb that changes services.
const fn task(
    name: &'static str,
    summary: &'static str,
    make: fn(&Value) -> Result<Made, Message>,
) -> Kind {
    Kind { name, right: Verb::Run, summary, changes: true, make, read: None }
}

/// Which service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name; `.service` may be left out.
    pub name: String,
}

fn make(verb: &str, parameters: &Value, option: &str, value: Value) -> Result<Made, Message> {
    let said: Named = read_parameters(verb, parameters)?;
    let is_fine = |c: char| c.is_ascii_alphanumeric() || ".-_@:\\".contains(c);
    if said.name.is_empty() || said.name.starts_with('-') || !said.name.chars().all(is_fine) {
        return Err(say::bad_service(&said.name));
    }
    let options = Map::from_iter([("name".into(), json!(said.name)), (option.into(), value)]);
    Ok(Made::Task(Task { module: "service", options }))
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Service {
    /// Its name, without `.service`.
    pub name: String,
    /// `running`, `stopped`, `failed` or what else its manager says.
    pub state: String,
    /// Whether it starts at boot, where that is known; `static`, `masked` and the like are as systemd says.
    pub at_boot: String,
    /// What it is for.
    pub description: String,
}

/// The services as the script says them in its mode `services`.
#[must_use]
pub fn list(output: &str) -> Vec<Service> {
    of(Sections::read(output).lines("services"))
}

/// The services of a section.
pub(super) fn of(lines: &[&str]) -> Vec<Service> {
    let Some((manager, lines)) = lines.split_first() else { return Vec::new() };
    let mut found = match *manager {
        "systemd" => systemd(lines),
        "openrc" => openrc(lines),
        "sysv" => lines.iter().filter_map(|line| sysv(line)).collect(),
        _ => Vec::new(),
    };
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.dedup_by(|one, other| one.name == other.name);
    found
}

/// What `systemctl` lists: units, then their files.
fn systemd(lines: &[&str]) -> Vec<Service> {
    let border = lines.iter().position(|line| *line == "files").unwrap_or(lines.len());
    let (units, files) = lines.split_at(border);
    let mut found: Vec<Service> = units.iter().filter_map(|line| unit(line)).collect();
    let at: std::collections::HashMap<String, usize> =
        found.iter().enumerate().map(|(at, service)| (service.name.clone(), at)).collect();
    for line in files.iter().skip(1) {
        let mut words = line.split_ascii_whitespace();
        let (Some(name), Some(state)) = (words.next(), words.next()) else { continue };
        let Some(name) = name.strip_suffix(".service") else { continue };
        let (name, state) = (clean(name), clean(state));
        match at.get(&name).and_then(|at| found.get_mut(*at)) {
            Some(service) => service.at_boot = state,
            // What a template makes has a name behind the `@`; the template itself is no service.
            None if name.ends_with('@') => {}
            None => found.push(Service {
                name,
                state: "stopped".into(),
                at_boot: state,
                description: String::new(),
            }),
        }
    }
    found
}

/// UNIT LOAD ACTIVE SUB DESCRIPTION, a mark before those that failed.
fn unit(line: &str) -> Option<Service> {
    let line = line.trim_start_matches(['●', '*', '×', '○', '↻', ' ']);
    let mut rest = line;
    let mut word = || {
        let trimmed = rest.trim_start();
        let (word, after) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
        rest = after;
        word
    };
    let (name, load, active, sub) = (word(), word(), word(), word());
    let name = name.strip_suffix(".service")?;
    // What others only wish for is not there.
    if load == "not-found" {
        return None;
    }
    let state = match (active, sub) {
        ("failed", _) => "failed",
        ("inactive", _) => "stopped",
        (_, sub) => sub,
    };
    Some(Service {
        name: clean(name),
        state: clean(state),
        at_boot: String::new(),
        description: clean(rest),
    })
}

/// `Runlevel: NAME`, then ` NAME [ STATE … ]` for each of it.
fn openrc(lines: &[&str]) -> Vec<Service> {
    let mut at_boot = "";
    let mut found = Vec::new();
    for line in lines {
        if let Some((title, level)) = line.split_once("unlevel:") {
            at_boot = if title.starts_with("Dynamic") { "disabled" } else { "enabled" };
            let ends = matches!(level.trim(), "shutdown" | "nonetwork");
            at_boot = if ends { "disabled" } else { at_boot };
        } else if let Some((name, rest)) = line.split_once('[') {
            let said = rest.split_ascii_whitespace().next().unwrap_or_default();
            let state = match said.trim_end_matches(']') {
                "started" => "running",
                "crashed" => "failed",
                other => other,
            };
            found.push(Service {
                name: clean(name),
                state: clean(state),
                at_boot: at_boot.into(),
                description: String::new(),
            });
        }
    }
    found
}

/// ` [ + ]  NAME`
fn sysv(line: &str) -> Option<Service> {
    let (sign, name) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let state = match sign.trim() {
        "+" => "running",
        "-" => "stopped",
        _ => "unknown",
    };
    let name = clean(name);
    (!name.is_empty()).then(|| Service { name, state: state.into(), ..Service::default() })
}
