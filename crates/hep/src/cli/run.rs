//! `hep run`: runs of a server, seen and steered from the command line.

use std::sync::Arc;

use hep_core::message::client as say;
use hep_core::run::{HostState, exit, exit_code};
use reqwest::Method;
use serde_json::{Value, json};

use super::asked::Asked;
use super::failure::Failure;
use super::hidden::SecretEnv;
use super::strategy::Strategy;
use super::{history, start};
use crate::client::follow::{follow, path};
use crate::client::replay;
use crate::client::show::{self, Form};
use crate::client::{Server, causes, context};
use crate::terminal::{Screen, visible};

/// What a table of runs shows.
pub(super) const COLUMNS: &[&str] =
    &["id", "kind", "state", "hosts", "counts", "selector", "actor", "created_ms"];
/// What a table of a run's hosts shows.
pub(super) const HOST_COLUMNS: &[&str] =
    &["host", "state", "rc", "signal", "started_ms", "ended_ms"];

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Runs of this machine that needed no server; so it is where no server is known
    #[arg(long, global = true, conflicts_with = "context")]
    local: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show runs, the latest first
    List {
        /// How many at most
        #[arg(short = 'n', long, default_value_t = 20)]
        number: u32,
        /// Filters of the API: `state=failed`, `host=web1`, `actor=…`
        filter: Vec<String>,
    },
    /// Show one
    Show {
        /// Its id
        id: String,
    },
    /// Show its hosts
    Hosts {
        /// Its id
        id: String,
    },
    /// Follow its log until it ends; exits as a local run would
    Watch {
        /// Its id
        id: String,
    },
    /// Run a command on hosts of the register, and follow it
    #[command(name = "command")]
    Start {
        /// The hosts, as a selector
        selector: String,
        #[command(flatten)]
        secret_env: SecretEnv,
        #[command(flatten)]
        strategy: Strategy,
        /// The command, a line for the host's shell as `hep exec` takes it; after `--` it may begin with a dash
        #[arg(required = true, trailing_var_arg = true)]
        words: Vec<String>,
    },
    /// Run a manifest of the server or of a repository on hosts of the register, and follow it
    Manifest(start::Args),
    /// Stop it
    Cancel {
        /// Its id
        id: String,
    },
    /// Run it again where it failed, was not reached or not started
    Retry {
        /// Its id
        id: String,
        /// Where its outcome is not known too
        #[arg(long)]
        lost: bool,
    },
    /// Run it again, everywhere
    Again {
        /// Its id
        id: String,
    },
    /// Let a run that waits for it go from plan to apply
    Approve {
        /// Its id
        id: String,
    },
    /// End a run that waits for approval
    Reject {
        /// Its id
        id: String,
    },
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let form = args.asked.output;
    let known = context::known(args.asked.context.as_deref())?;
    let Some(known) = known.filter(|_| !args.local) else {
        return history::run(args.command, form, &screen).await;
    };
    let server = Server::new(known)?;
    let post = async |id: &str, action: &str, body: Option<Value>| {
        let answer = server.call(Method::POST, &path(id, action), body.as_ref()).await?;
        screen.write_out(show::one(&answer.value, form).as_bytes())?;
        Ok(exit::FINE)
    };
    match args.command {
        Command::List { number, filter } => {
            let text = list(&server, number, &filter, form).await?;
            screen.write_out(text.as_bytes())?;
            Ok(exit::FINE)
        }
        Command::Show { id } => {
            let answer = server.call(Method::GET, &path(&id, ""), None).await?;
            screen.write_out(show::one(&answer.value, form).as_bytes())?;
            Ok(exit::FINE)
        }
        Command::Hosts { id } => {
            let hosts = server.all(&path(&id, "/hosts"), &[]).await?;
            screen.write_out(show::list(&hosts, HOST_COLUMNS, form).as_bytes())?;
            Ok(exit::FINE)
        }
        Command::Watch { id } => watch(&server, &id, form, &screen).await,
        Command::Start { selector, secret_env, strategy, words } => {
            let body = json!({
                "subject": { "kind": "command", "line": words.join(" ") },
                "selector": selector,
                "strategy": strategy.object(),
                "secrets": secret_env.object(&screen)?,
            });
            let run = server.make("/runs", &body).await?;
            let id = run["id"].as_str().unwrap_or_default();
            if strategy.detach {
                screen.write_out(format!("{id}\n").as_bytes())?;
                return Ok(exit::FINE);
            }
            watch(&server, id, form, &screen).await
        }
        Command::Manifest(args) => start::run(args, &server, form, &screen).await,
        Command::Cancel { id } => post(&id, "/cancel", None).await,
        Command::Retry { id, lost } => post(&id, "/retry", Some(json!({ "lost": lost }))).await,
        Command::Again { id } => post(&id, "/again", None).await,
        Command::Approve { id } => post(&id, "/approve", None).await,
        Command::Reject { id } => post(&id, "/reject", None).await,
    }
}

async fn list(
    server: &Server,
    number: u32,
    filter: &[String],
    form: Form,
) -> Result<String, Failure> {
    let filters: Result<Vec<_>, Failure> =
        filter.iter().map(|word| super::noun::pair(word)).collect();
    let request = server.request(Method::GET, "/runs").query(&[("limit", number)]).query(&filters?);
    let page = server.send(request).await?.json::<Value>().await;
    let page = page.map_err(|error| say::strange(server.url(), causes(&error)))?;
    let runs = page["items"].as_array().cloned().unwrap_or_default();
    Ok(show::list(&runs, COLUMNS, form))
}

/// Follows a log to its end; the exit code of the run.
pub(super) async fn watch(
    server: &Server,
    id: &str,
    form: Form,
    screen: &Screen,
) -> Result<u8, Failure> {
    follow(server, id, async |event: Value| {
        let shown = match form {
            Form::Text => line(&event),
            Form::Json | Form::Yaml => format!("{event}\n"),
        };
        Ok(screen.write_out(shown.as_bytes())?)
    })
    .await?;
    code(server, id).await
}

/// The exit code of a run that has ended.
pub(super) async fn code(server: &Server, id: &str) -> Result<u8, Failure> {
    let run = server.call(Method::GET, &path(id, ""), None).await?.value;
    Ok(code_of(&run, states(&run["counts"])))
}

/// The exit code of a run of a server, as of one of our own.
pub(super) fn code_of(run: &Value, states: impl IntoIterator<Item = HostState>) -> u8 {
    match run["state"].as_str() {
        Some("cancelled" | "rejected") => exit::CANCELLED,
        Some("expired" | "lost") => exit::FAILED,
        _ => exit_code(states),
    }
}

/// The states of a run's hosts, each once.
fn states(counts: &Value) -> Vec<HostState> {
    let counts = counts.as_object().into_iter().flatten();
    let there = counts.filter(|(_, many)| many.as_i64().unwrap_or(0) > 0);
    let read =
        |(word, _): (&String, &Value)| serde_json::from_value(Value::String(word.clone())).ok();
    there.filter_map(read).collect()
}

/// An entry of a log for people; empty where it says nothing to them.
pub(super) fn line(event: &Value) -> String {
    let host = event["host"].as_str().unwrap_or_default();
    if let Some(text) = event["text"].as_str() {
        let lines =
            text.lines().map(|line| format!("{host}: {}\n", visible::line(line.as_bytes())));
        return lines.collect();
    }
    let (kind, data) = (event["kind"].as_str().unwrap_or_default(), &event["data"]);
    let state = data["state"].as_str().unwrap_or_default();
    match kind {
        "host" | "run" if !state.is_empty() => {
            let who = if host.is_empty() { "run" } else { host };
            let error = replay::message(&data["error"]);
            let why = error.map(|error| format!(": {error}")).unwrap_or_default();
            sentence(&format!("{who} {state}{why}"))
        }
        "task" if data["event"] == "finished" => {
            let name = data["name"].as_str().unwrap_or_default();
            let why = replay::message(&data["message"]);
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            sentence(&format!("{host} {state}: {name}{why}"))
        }
        "note" => {
            let said = replay::message(data).map(|said| said.to_string()).unwrap_or_default();
            let who = if host.is_empty() { String::new() } else { format!("{host}: ") };
            sentence(&format!("{who}{said}"))
        }
        _ => String::new(),
    }
}

/// What is told in one entry; a message may have lines of its own, as a hint is.
fn sentence(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| visible::line(line.as_bytes())).collect();
    lines.join("\n    ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_drives_no_terminal() {
        let output =
            json!({ "seq": 2, "kind": "output", "host": "web1", "text": "a\nb\u{1b}[0m\n" });
        let shown = line(&output);
        assert!(shown.starts_with("web1: a\nweb1: b") && !shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn a_hint_has_a_line_of_its_own() {
        let error =
            json!({ "id": "host_cli.not_sure", "args": { "what": "x", "hosts": "a\u{1b}b" } });
        let event = json!({ "kind": "host", "host": "web1", "data": { "state": "failed", "error": error } });
        let shown = line(&event);
        assert!(shown.contains("\n    hint: ") && !shown.contains('\u{1b}'), "{shown}");
        assert!(!shown.contains("^J"), "{shown}");
    }

    #[test]
    fn how_a_watch_exits() {
        assert_eq!(exit_code(states(&json!({ "succeeded": 3, "failed": 0 }))), exit::FINE);
        assert_eq!(exit_code(states(&json!({ "succeeded": 3, "failed": 1 }))), exit::FAILED);
        assert_eq!(exit_code(states(&json!({ "unreachable": 1 }))), exit::UNREACHABLE);
    }
}
