//! `hep login` and `hep context`: which server the command line talks to.

use std::path::PathBuf;
use std::sync::Arc;

use hep_core::message::client as say;
use hep_core::run::exit;
use hep_core::secret::Secret;
use reqwest::Method;

use super::failure::Failure;
use crate::client::Server;
use crate::client::context::{self, Context, Contexts};
use crate::terminal::{Screen, ask};

/// Log in to a server: remember its address and a token for it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address: https://HOST:PORT
    url: String,
    /// What to call it
    #[arg(long, default_value = "default")]
    name: String,
    /// Read the token from standard input in place of asking
    #[arg(long)]
    token_stdin: bool,
    /// Trust these certificates too, for a server with one of its own making (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Show, change and forget servers
#[derive(Debug, clap::Args)]
pub(crate) struct ContextArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the servers that are known; `*` is the one in use
    List,
    /// Use another one
    Use {
        /// Its name
        name: String,
    },
    /// Forget one, and its token
    Forget {
        /// Its name
        name: String,
    },
}

/// Logs in. The token is tried before it is kept.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let url = context::address(&args.url)?;
    let token = token(args.token_stdin, &screen)?;
    let ca = args.ca.map(std::path::absolute).transpose()?;
    let context = Context { url, token, ca };
    Server::new(context.clone())?.call(Method::GET, "/hosts?limit=1", None).await?;
    let mut contexts = Contexts::load()?;
    contexts.put(&args.name, &context);
    contexts.save()?;
    screen.say(&say::logged_in(&args.name, &context.url).to_string());
    Ok(exit::FINE)
}

fn token(from_stdin: bool, screen: &Screen) -> Result<Secret<String>, Failure> {
    let said = if from_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Some(Secret::new(line))
    } else {
        ask::line(screen, &say::ask_token().to_string(), false)?
    };
    let token = said.map(|said| said.expose().trim().to_owned()).filter(|text| !text.is_empty());
    token.map(Secret::new).ok_or_else(|| say::empty_token().into())
}

/// Shows, changes, forgets.
pub(crate) fn context(args: &ContextArgs, screen: &Screen) -> Result<u8, Failure> {
    let mut contexts = Contexts::load()?;
    match &args.command {
        Command::List => {
            let line =
                |(name, url, used)| format!("{} {name}  {url}\n", if used { '*' } else { ' ' });
            let text: String = contexts.list().map(line).collect();
            screen.write_out(text.as_bytes())?;
        }
        Command::Use { name } => {
            contexts.switch(name)?;
            contexts.save()?;
            screen.say(&say::now(name).to_string());
        }
        Command::Forget { name } => {
            contexts.remove(name)?;
            contexts.save()?;
            screen.say(&say::gone("context", name).to_string());
        }
    }
    Ok(exit::FINE)
}
