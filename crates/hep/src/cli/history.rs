//! `hep run` without a server: what this person ran on this machine.

use hep_core::message::{client as client_say, history as say};
use hep_core::run::exit;
use hep_engine::history::History;
use hep_engine::ops::run as ops;
use hep_engine::store::runs::Filter;
use serde_json::Value;

use super::failure::Failure;
use super::run::{COLUMNS, Command, HOST_COLUMNS, line};
use super::{noun, record};
use crate::client::show::{self, Form};
use crate::terminal::Screen;

/// Entries of a log that are read at once.
const AT_ONCE: u32 = 1000;

/// Does it, as far as it can be done without a server.
pub(super) async fn run(command: Command, form: Form, screen: &Screen) -> Result<u8, Failure> {
    let opened = match record::file() {
        Some(path) => History::open(&path).await?,
        None => None,
    };
    let Some(history) = opened else { return empty(&command, form, screen) };
    let done = show(&history, command, form, screen).await;
    history.close().await;
    done
}

/// What a history says of which there is no file yet.
fn empty(command: &Command, form: Form, screen: &Screen) -> Result<u8, Failure> {
    let id = match command {
        Command::List { .. } => {
            screen.write_out(show::list(&[], COLUMNS, form).as_bytes())?;
            return Ok(exit::FINE);
        }
        Command::Show { id } | Command::Hosts { id } | Command::Watch { id } => id,
        _ => return Err(say::needs_server().into()),
    };
    Err(say::no_run(id).into())
}

async fn show(
    history: &History,
    command: Command,
    form: Form,
    screen: &Screen,
) -> Result<u8, Failure> {
    let text = match command {
        Command::List { number, filter } => {
            let runs = history.list(&read_filter(&filter)?, number).await?;
            show::list(&values(runs), COLUMNS, form)
        }
        Command::Show { id } => show::one(&value(history.show(&id).await?), form),
        Command::Hosts { id } => {
            history.show(&id).await?;
            show::list(&values(history.hosts(&id).await?), HOST_COLUMNS, form)
        }
        Command::Watch { id } => {
            history.show(&id).await?;
            log(history, &id, form, screen).await?;
            String::new()
        }
        _ => return Err(say::needs_server().into()),
    };
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}

/// The whole log: what is here has ended, or is still in the memory of the process that is at it.
async fn log(history: &History, id: &str, form: Form, screen: &Screen) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let events = history.events(id, after, AT_ONCE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.seq;
        let text: Vec<String> = values(events)
            .iter()
            .map(|event| match form {
                Form::Text => line(event),
                Form::Json | Form::Yaml => event.to_string() + "\n",
            })
            .collect();
        let text = text.concat();
        screen.write_out(text.as_bytes())?;
    }
}

fn value(item: impl serde::Serialize) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

fn values<T: serde::Serialize>(items: Vec<T>) -> Vec<Value> {
    items.into_iter().map(value).collect()
}

/// Filters as the API has them, those that a history knows.
fn read_filter(words: &[String]) -> Result<Filter, Failure> {
    let mut filter = Filter::default();
    for word in words {
        let (name, value) = noun::pair(word)?;
        match name.as_str() {
            "state" => {
                let states = value.split(',').map(|word| ops::state(word.trim()));
                filter.states = states.collect::<Result<_, _>>()?;
            }
            "kind" => filter.kind = Some(value),
            "actor" => filter.actor = Some(value),
            "since" => {
                let bad = |_| client_say::bad_assignment(word);
                filter.since_ms = Some(value.parse().map_err(bad)?);
            }
            _ => return Err(say::no_filter(name).into()),
        }
    }
    Ok(filter)
}
