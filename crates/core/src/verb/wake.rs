//! Wake-on-LAN: a packet that switches a machine on, sent into its network.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Made, Script, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

const NAME: &str = "power.wake";

/// The UDP port to which it is usually sent: `discard`.
pub const PORT: u16 = 9;
/// Machines in one call.
const MOST_MACHINES: usize = 1000;

pub(super) const KINDS: &[Kind] = &[Kind {
    name: NAME,
    right: Verb::Power,
    summary: "has a host wake others of its network by their hardware addresses",
    changes: true,
    make,
    read: None,
}];

/// Which machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Wake {
    /// The hardware addresses of their network cards.
    pub macs: Vec<String>,
}

/// The hardware address of a network card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac([u8; 6]);

impl FromStr for Mac {
    type Err = Message;

    /// Six pairs of digits, with `:` or `-` between them or without.
    fn from_str(text: &str) -> Result<Self, Message> {
        let bad = || say::bad_mac(text.escape_debug());
        let parts: Vec<&str> = text.trim().split([':', '-']).collect();
        let is_plain = match parts.as_slice() {
            [all] => all.len() == 12,
            parts => parts.len() == 6 && parts.iter().all(|part| part.len() == 2),
        };
        let digits = parts.concat();
        if !is_plain || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let number = u64::from_str_radix(&digits, 16).map_err(|_| bad())?;
        let [_, _, bytes @ ..] = number.to_be_bytes();
        Ok(Self(bytes))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

impl Mac {
    /// What wakes it: six bytes of ones, then its address sixteen times.
    #[must_use]
    pub fn packet(self) -> Vec<u8> {
        let mut packet = vec![0xff; 6];
        packet.extend(self.0.repeat(16));
        packet
    }
}

fn make(parameters: &Value) -> Result<Made, Message> {
    let said: Wake = read_parameters(NAME, parameters)?;
    if said.macs.is_empty() || said.macs.len() > MOST_MACHINES {
        let error = format_args!("name 1 to {MOST_MACHINES} machines");
        return Err(say::bad_parameters(NAME, error));
    }
    let macs: Result<Vec<Mac>, Message> = said.macs.iter().map(|mac| mac.parse()).collect();
    let mut script = Script::of(include_str!("wake.sh"), &[]);
    script.arguments.extend(macs?.iter().map(ToString::to_string));
    Ok(Made::Script(script))
}
