//! What can be done to jobs besides what can be done to every noun.

use std::path::PathBuf;

use clap::Subcommand;
use hep_core::run::exit;
use serde_json::{Value, json};

use super::noun::{escaped, read_object};
use super::run;
use super::{Failure, hidden};
use crate::client::show::Form;
use crate::client::{Server, assign};
use crate::terminal::Screen;

/// What can be done to jobs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Start one, and print the id of its run
    Run {
        /// Its name
        name: String,
        /// A parameter: `NAME=VALUE`. Words are seen in the process list: give secrets by `--secret`, or in a file
        #[arg(short = 'e', long = "parameter", value_name = "NAME=VALUE")]
        parameters: Vec<String>,
        /// A secret parameter: its value is that of the environment variable of this name, or you are asked for it;
        /// may be repeated
        #[arg(long, value_name = "NAME")]
        secret: Vec<String>,
        /// A file with parameters in JSON, `-` for standard input; words win over it
        #[arg(short, long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Only on these of its hosts, as a selector
        #[arg(short, long, value_name = "SELECTOR")]
        limit: Option<String>,
        /// Follow the run until it ends; exits as a local run would
        #[arg(short, long)]
        watch: bool,
    },
}

/// Does it.
pub(super) async fn run(
    verb: Verb,
    server: &Server,
    form: Form,
    screen: &Screen,
) -> Result<u8, Failure> {
    let Verb::Run { name, parameters, secret, file, limit, watch } = verb;
    let mut parameters = assign::object(&parameters, read_object(file.as_deref())?)?;
    for (name, value) in hidden::object(&secret, screen)? {
        parameters[name] = value;
    }
    let body = json!({ "parameters": parameters, "limit": limit });
    let path = format!("/jobs/{}/run", escaped(&name));
    let started = server.make(&path, &body).await?;
    let id = started["id"].as_str().unwrap_or_default();
    if watch {
        return run::watch(server, id, form, screen).await;
    }
    let said = match form {
        Form::Text => format!("{id}\n"),
        Form::Json | Form::Yaml => crate::client::show::one(&Value::clone(&started), form),
    };
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}
