//! The way into a host: a key is let in, and logs in from then on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Made, read_parameters};
use crate::message::{Message, verb as say};
use crate::rights::Verb;

/// Its name.
pub const PUSH_KEY: &str = "login.push_key";

pub(super) const KINDS: &[Kind] = &[Kind {
    name: PUSH_KEY,
    right: Verb::Secrets,
    summary: "lets the key of a credential in, proves that it logs in, and has it log in from then on",
    changes: true,
    make,
    read: None,
}];

/// Which key, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PushKey {
    /// The credential whose key is let in, and which logs in from then on.
    pub credential: String,
    /// The login, where a host has another one in the register or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

fn make(parameters: &Value) -> Result<Made, Message> {
    let said: PushKey = read_parameters(PUSH_KEY, parameters)?;
    if said.credential.is_empty() {
        return Err(say::no_credential());
    }
    Ok(Made::Key(said))
}
