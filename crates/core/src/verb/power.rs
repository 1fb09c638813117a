//! Power: start a host anew, and switch it off.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Kind, Made, Script, Task, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "power.reboot",
        right: Verb::Power,
        summary: "starts a host anew and waits until it is back",
        changes: true,
        make: reboot,
        read: None,
    },
    Kind {
        name: "power.off",
        right: Verb::Power,
        summary: "switches a host off, at once or later, and tells who is logged in",
        changes: true,
        make: off,
        read: None,
    },
    Kind {
        name: "power.keep",
        right: Verb::Power,
        summary: "takes back a reboot or switching off that is still to come",
        changes: true,
        make: |parameters| {
            read_parameters::<super::Nothing>("power.keep", parameters)?;
            Ok(Made::Script(Script::of(OFF, &["keep", "", ""])))
        },
        read: None,
    },
];

const OFF: &str = include_str!("off.sh");
/// A week: what is further away is a job for a schedule.
const MOST_MINUTES: u32 = 7 * 24 * 60;
/// Characters of a notice: a line of a terminal or two.
const LONGEST_NOTICE: usize = 200;

/// When, and what users of the host are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// In so many minutes; at once when not said.
    pub in_minutes: u32,
    /// What whoever is logged in is told.
    pub notice: Option<String>,
}

/// Reads the parameters; with the notice, which is never empty.
fn when(verb: &str, parameters: &Value, usual: &str) -> Result<(u32, String), Message> {
    let said: When = read_parameters(verb, parameters)?;
    if said.in_minutes > MOST_MINUTES {
        return Err(say::bad_delay(said.in_minutes, MOST_MINUTES));
    }
    let notice = said.notice.filter(|text| !text.trim().is_empty());
    let notice = notice.unwrap_or_else(|| usual.to_owned());
    if notice.chars().count() > LONGEST_NOTICE || notice.chars().any(char::is_control) {
        return Err(say::bad_notice());
    }
    Ok((said.in_minutes, notice))
}

fn reboot(parameters: &Value) -> Result<Made, Message> {
    let (minutes, notice) = when("power.reboot", parameters, "This host is started anew")?;
    let options = Map::from_iter([
        ("pre_reboot_delay".to_owned(), json!(minutes * 60)),
        ("msg".to_owned(), json!(notice)),
    ]);
    Ok(Made::Task(Task { module: "reboot", options }))
}

fn off(parameters: &Value) -> Result<Made, Message> {
    let (minutes, notice) = when("power.off", parameters, "This host is switched off")?;
    let minutes = minutes.to_string();
    Ok(Made::Script(Script::of(OFF, &["off", minutes.as_str(), notice.as_str()])))
}
