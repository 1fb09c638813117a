//! `hep messages`: every sentence that hep can say.

use std::fmt::Write as _;

use hep_core::message::CATALOGUES;
use hep_core::run::exit;
use serde_json::json;

use super::Output;
use super::failure::Failure;
use crate::terminal::Screen;

/// Show every message that hep can say: its id, and its English text with the places of its arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print: `json` is one object for each message
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
}

/// Shows them.
pub(crate) fn run(args: &Args, screen: &Screen) -> Result<u8, Failure> {
    let mut text = String::new();
    for entry in CATALOGUES.iter().flat_map(|catalogue| catalogue.iter()) {
        let _ = match args.output {
            Output::Json => {
                let object = json!({"id": entry.id, "args": entry.args, "text": entry.text});
                writeln!(text, "{object}")
            }
            Output::Text => writeln!(text, "{}: {}", entry.id, entry.text.replace('\n', "\n    ")),
        };
    }
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}
