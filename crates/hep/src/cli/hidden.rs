//! Secrets that the command line names: their values come from the environment or from a person, never from an argument,
//! which every user of this machine can read.

use hep_core::message::cli as say;
use hep_core::secret::Secret;
use hep_engine::exec;
use serde_json::{Map, Value};

use super::failure::Failure;
use super::secrets;
use crate::terminal::Screen;

/// The values of these names: each the environment's variable of that name, or else asked for.
pub(crate) fn values(
    names: &[String],
    screen: &Screen,
) -> Result<Vec<(String, Secret<String>)>, Failure> {
    // What is no name may be a value: it is not shown.
    if !names.iter().all(|name| exec::is_variable_name(name)) {
        return Err(say::bad_secret_name().into());
    }
    let value = |name: &String| match std::env::var(name) {
        Ok(value) => Ok((name.clone(), Secret::new(value))),
        Err(_) => {
            let (text, what) = (say::ask_secret(name), format!("the secret `{name}`"));
            Ok((name.clone(), secrets::question(screen, &text, &what)?))
        }
    };
    names.iter().map(value).collect()
}

/// The same as an object, for a server.
pub(crate) fn object(names: &[String], screen: &Screen) -> Result<Map<String, Value>, Failure> {
    let values = values(names, screen)?;
    Ok(values.iter().map(|(name, value)| (name.clone(), value.expose().clone().into())).collect())
}
