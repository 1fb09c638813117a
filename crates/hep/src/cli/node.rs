//! `hep node`: the servers that work with one database.

use std::sync::Arc;

use hep_core::run::exit;

use super::asked::Asked;
use super::failure::Failure;
use crate::client::show;
use crate::terminal::Screen;

/// What a table of nodes shows.
const COLUMNS: &[&str] =
    &["name", "state", "address", "zones", "release", "schema", "runs", "beat_ms"];

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
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
    let server = args.asked.server()?;
    let Verb::List = args.verb;
    let said = show::list(&server.all("/nodes", &[]).await?, COLUMNS, args.asked.output);
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}
