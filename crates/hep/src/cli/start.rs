//! Starts a run of a manifest that a server has, or takes from a repository.

use std::path::PathBuf;

use hep_core::run::exit;
use serde_json::json;

use super::noun::read_object;
use super::strategy::Strategy;
use super::{Failure, hidden};
use crate::client::show::Form;
use crate::client::{Server, assign};
use crate::terminal::Screen;

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The hosts, as a selector
    selector: String,
    /// A manifest of the server, or with `--repository` the file to begin with
    manifest: String,
    /// Take it from this repository
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// The revision: a number, or a branch, tag or commit of the repository
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// A variable that wins over all others: `NAME=VALUE`
    #[arg(short = 'e', long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Set a variable that is secret: its value is that of the environment variable of this name, or you are asked
    /// for it; may be repeated
    #[arg(long, value_name = "NAME")]
    secret: Vec<String>,
    /// A file with variables in JSON, `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Change nothing; tell what would change
    #[arg(long)]
    check: bool,
    /// Show what changes in files
    #[arg(long)]
    diff: bool,
    /// Become this user for every task
    #[arg(long, value_name = "USER")]
    become_user: Option<String>,
    #[command(flatten)]
    strategy: Strategy,
}

/// Does it.
pub(super) async fn run(
    args: Args,
    server: &Server,
    form: Form,
    screen: &Screen,
) -> Result<u8, Failure> {
    let vars = assign::object(&args.variables, read_object(args.file.as_deref())?)?;
    let mut subject = json!({
        "kind": "manifest", "vars": vars, "check": args.check, "diff": args.diff,
        "revision": args.revision, "become_user": args.become_user,
    });
    match args.repository {
        Some(repository) => {
            subject["repository"] = repository.into();
            subject["entry"] = args.manifest.into();
        }
        None => subject["manifest"] = args.manifest.into(),
    }
    let body = json!({
        "subject": subject,
        "selector": args.selector,
        "strategy": args.strategy.object(),
        "secrets": { "variables": hidden::object(&args.secret, screen)? },
    });
    let run = server.make("/runs", &body).await?;
    let id = run["id"].as_str().unwrap_or_default();
    if args.strategy.detach {
        screen.write_out(format!("{id}\n").as_bytes())?;
        return Ok(exit::FINE);
    }
    super::run::watch(server, id, form, screen).await
}
