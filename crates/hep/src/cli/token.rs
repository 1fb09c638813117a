//! `hep token`: the tokens by which programs are let in to a server.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use hep_core::message::client as say;
use hep_core::run::exit;
use reqwest::Method;
use serde_json::Value;

use super::asked::Asked;
use super::failure::Failure;
use super::noun::{escaped, pair};
use crate::client::show;
use crate::client::{Server, assign};
use crate::terminal::Screen;

/// What a table of tokens shows.
const COLUMNS: &[&str] = &["id", "user", "name", "verbs", "selector", "expires_ms", "used_ms"];

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
    /// Show all that one may see, or those that filters name
    List {
        /// Filters of the API: `user=NAME`
        filter: Vec<String>,
    },
    /// Show one
    Show {
        /// Its id, its name, or `USER/NAME`
        name: String,
    },
    /// Make one, and print it: once
    Create {
        /// Its name
        name: String,
        /// Fields: `user=NAME`, `verbs=["view"]`, `selector=web*`, `expires_ms=…`
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<String>,
        /// Write the token into this file, for nobody else to read, and do not print it
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
    },
    /// End one
    Delete {
        /// Its id, its name, or `USER/NAME`
        name: String,
    },
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let server = args.asked.server()?;
    let said = match args.verb {
        Verb::List { filter } => {
            let filters: Result<Vec<_>, Failure> = filter.iter().map(|word| pair(word)).collect();
            show::list(&server.all("/tokens", &filters?).await?, COLUMNS, args.asked.output)
        }
        Verb::Show { name } => {
            let path = path(&server, &name).await?;
            show::one(&server.call(Method::GET, &path, None).await?.value, args.asked.output)
        }
        Verb::Create { name, fields, token_file } => {
            let mut body = assign::object(&fields, serde_json::Map::new())?;
            body["name"] = Value::String(name);
            // Where it goes is there before it is made: nobody can show it again.
            let file = token_file.as_deref().map(open).transpose()?;
            let mut made = server.call(Method::POST, "/tokens", Some(&body)).await?.value;
            if let Some(mut file) = file {
                let written = writeln!(file, "{}", made["token"].as_str().unwrap_or_default());
                written.map_err(say::cannot_write_token)?;
                made["token"] = Value::Null;
            }
            show::one(&made, args.asked.output)
        }
        Verb::Delete { name } => {
            let path = path(&server, &name).await?;
            server.call(Method::DELETE, &path, None).await?;
            screen.say(&say::gone("token", &name).to_string());
            String::new()
        }
    };
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}

/// Where a token lies in the API: by its id, or by a name that only one has.
async fn path(server: &Server, name: &str) -> Result<String, Failure> {
    let is = |token: &Value, field: &str, text: &str| token[field].as_str() == Some(text);
    let tokens = server.all("/tokens", &[]).await?;
    let is_meant = |token: &&Value| {
        let owned = name.split_once('/');
        is(token, "id", name)
            || is(token, "name", name)
            || owned.is_some_and(|(user, name)| is(token, "user", user) && is(token, "name", name))
    };
    let found: Vec<&Value> = tokens.iter().filter(is_meant).collect();
    match found.as_slice() {
        [one] => Ok(format!("/tokens/{}", escaped(one["id"].as_str().unwrap_or_default()))),
        [] => Err(say::no_token_named(name).into()),
        _ => Err(say::several_tokens(name).into()),
    }
}

/// A new file that only we can read.
fn open(path: &std::path::Path) -> Result<std::fs::File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| say::cannot_make_file(path.display(), error).into())
}
