//! `hep audit`: the audit log of the server's database.

use std::sync::Arc;

use clap::ValueEnum;
use hep_core::run::exit;
use hep_engine::ops::audit::{self, EXPORT_MOST, Format};
use hep_engine::ops::{Actor, Engine};
use hep_engine::store::audit::Filter;

use super::database::Database;
use super::failure::Failure;
use crate::terminal::Screen;

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the log, the oldest line first
    Export(Export),
}

#[derive(Debug, clap::Args)]
struct Export {
    /// A JSON object a line, or messages as RFC 5424 has them
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Only what this user did, or this token (`USER/TOKEN`)
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this, as `host.create`; `host.` is all that was done to hosts
    #[arg(long)]
    verb: Option<String>,
    /// Only what was done to the object of this name or id
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// Only what ended so: done, denied or failed
    #[arg(long)]
    outcome: Option<String>,
    #[command(flatten)]
    database: Database,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    #[default]
    Json,
    Syslog,
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let Command::Export(args) = args.command;
    let engine = args.database.open().await?;
    let done = export(&engine, args, &screen).await;
    engine.close().await;
    done.map(|()| exit::FINE)
}

async fn export(engine: &Engine, args: Export, screen: &Screen) -> Result<(), Failure> {
    let actor = Actor::command_line(&hep_engine::identity::local_user());
    let format = match args.format {
        Form::Json => Format::Json,
        Form::Syslog => Format::Syslog,
    };
    let filter = Filter {
        actor: args.actor,
        verb: args.verb,
        object: args.object,
        outcome: audit::outcome(args.outcome)?,
        ..Filter::default()
    };
    let mut after: Option<String> = None;
    loop {
        let part =
            audit::export(engine, &actor, &filter, format, after.as_deref(), EXPORT_MOST).await?;
        screen.write_out(part.text.as_bytes())?;
        match part.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
