//! Secrets that the command line names: their values come from the environment or from a person, never from an argument,
//! which every user of this machine can read.

use hep_core::message::cli as say;
use hep_core::secret::Secret;
use hep_engine::exec;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::secrets;
use crate::terminal::Screen;

/// Secret variables of a command's environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct SecretEnv {
    /// Set a secret variable of the command's environment: its value is that of the variable of this name here, or
    /// you are asked for it; may be repeated
    #[arg(id = "secret_env", long = "secret-env", value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

impl SecretEnv {
    /// The secrets that a server is given.
    pub(crate) fn object(&self, screen: &Screen) -> Result<Value, Failure> {
        Ok(json!({ "environment": object(&self.names, screen)? }))
    }
}

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
