//! `hep audit`: the audit log, of a server or of its database.

use std::sync::Arc;

use clap::ValueEnum;
use hep_core::message::client as say;
use hep_core::run::exit;
use hep_engine::ops::audit::{self, EXPORT_MOST, Format};
use hep_engine::ops::{Actor, Engine};
use hep_engine::store::audit::Filter;
use reqwest::Method;
use serde_json::Value;

use super::database::Database;
use super::failure::Failure;
use super::noun::pair;
use crate::client::show;
use crate::client::{Server, causes, context};
use crate::terminal::Screen;

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the log out of the database, the oldest line first
    Export(Export),
    /// Show the log of a server, the newest line first
    List(List),
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

#[derive(Debug, clap::Args)]
struct List {
    /// The context to use in place of the current one
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: show::Form,
    /// How many at most: 1 to 1000
    #[arg(short = 'n', long, default_value_t = 50)]
    number: u32,
    /// Filters of the API: `actor=ana`, `verb=host.`, `object=web1`, `outcome=denied`
    filter: Vec<String>,
}

/// What a table of the log shows.
const COLUMNS: &[&str] =
    &["at_ms", "actor_name", "verb", "object_kind", "object_name", "outcome", "address"];

/// Shows the log of a server.
async fn list(args: List, screen: &Screen) -> Result<u8, Failure> {
    let server = Server::new(context::current(args.context.as_deref())?)?;
    let mut query: Vec<(String, String)> =
        args.filter.iter().map(|word| pair(word)).collect::<Result<_, _>>()?;
    query.push(("limit".to_owned(), args.number.to_string()));
    let request = server.request(Method::GET, "/audit").query(&query);
    let page = server.send(request).await?.json::<Value>().await;
    let page = page.map_err(|error| say::strange(server.url(), causes(&error)))?;
    let lines = page["items"].as_array().cloned().unwrap_or_default();
    screen.write_out(show::list(&lines, COLUMNS, args.output).as_bytes())?;
    Ok(exit::FINE)
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    #[default]
    Json,
    Syslog,
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let args = match args.command {
        Command::Export(args) => args,
        Command::List(args) => return list(args, &screen).await,
    };
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
