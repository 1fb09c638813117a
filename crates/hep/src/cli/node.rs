//! `hep node`: the servers that work with one database.

use std::sync::Arc;

use hep_core::run::exit;

use super::failure::Failure;
use crate::client::show::{self, Form};
use crate::client::{Server, context};
use crate::terminal::Screen;

/// What a table of nodes shows.
const COLUMNS: &[&str] =
    &["name", "state", "address", "zones", "release", "schema", "runs", "beat_ms"];

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The context to use in place of the current one
    #[arg(long, value_name = "NAME", global = true)]
    context: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORM", global = true)]
    output: Form,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show all of them: who is up, who is silent, and what each coordinates
    List,
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let server = Server::new(context::current(args.context.as_deref())?)?;
    let Verb::List = args.verb;
    let said = show::list(&server.all("/nodes", &[]).await?, COLUMNS, args.output);
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}
