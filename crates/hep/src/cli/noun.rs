//! `hep host|group|… list|show|create|update|delete`: the register of a server, from the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgMatches, Args as _, Command as CommandLine, FromArgMatches as _, Subcommand as _};
use hep_core::message::client as say;
use hep_core::run::exit;
use reqwest::Method;
use serde_json::{Map, Value};

use super::asked::Asked;
use super::failure::Failure;
use super::{host, job, manifest, verb};
use crate::client::noun::{NOUNS, Noun};
use crate::client::show::{self, Form};
use crate::client::{Answer, Server, assign};
use crate::terminal::Screen;

/// The nouns that have verbs of their own.
const HOST: &str = "host";
const JOB: &str = "job";
const MANIFEST: &str = "manifest";

/// What can be done to a noun.
#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show all, or those that filters name
    List {
        /// Filters of the API: `FIELD=VALUE`
        filter: Vec<String>,
    },
    /// Show one
    Show {
        /// Its name
        name: String,
    },
    /// Make one
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Change the fields that are named, and no others
    Update {
        /// Its name
        name: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Take it out
    Delete {
        /// Its name
        name: String,
    },
}

/// Fields, from a file and from words.
#[derive(Debug, clap::Args)]
struct Fields {
    /// Fields: `FIELD=VALUE`; `labels.env=prod` goes into a mapping; JSON is read as JSON (`hosts='["a","b"]'`),
    /// in `FIELD:=TEXT` never; `FIELD@FILE` is the text of a file, `-` of standard input
    #[arg(value_name = "FIELD=VALUE")]
    words: Vec<String>,
    /// A file with the fields in JSON, `-` for standard input; words win over it. For secrets: words are seen
    /// in the process list
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Fields {
    fn object(&self) -> Result<Value, Failure> {
        assign::object(&self.words, read_object(self.file.as_deref())?)
    }
}

/// The JSON object in a file, `-` for standard input; an empty one without a file.
pub(super) fn read_object(file: Option<&Path>) -> Result<Map<String, Value>, Failure> {
    let Some(path) = file else { return Ok(Map::new()) };
    let text = assign::text_of(path)?;
    Ok(serde_json::from_str(&text).map_err(|error| say::cannot_read(path.display(), error))?)
}

/// The commands, one a noun.
pub(crate) fn commands() -> impl Iterator<Item = CommandLine> {
    NOUNS.iter().map(|noun| {
        let command = CommandLine::new(noun.name).subcommand_required(true);
        let command = Asked::augment_args(command.arg_required_else_help(true));
        let command = Verb::augment_subcommands(command);
        let command = match noun.name {
            HOST => verb::Verb::augment_subcommands(host::Verb::augment_subcommands(command)),
            JOB => job::Verb::augment_subcommands(command),
            MANIFEST => manifest::Verb::augment_subcommands(command)
                .mut_subcommand("show", |show| show.arg(manifest::revision_option())),
            _ => command,
        };
        // Each of these has put what it is about itself in the noun's place.
        command.about(noun.about)
    })
}

/// The noun and its words, if the command line is about one.
pub(crate) fn meant(found: &ArgMatches) -> Option<(&'static Noun, &ArgMatches)> {
    let (name, words) = found.subcommand()?;
    NOUNS.iter().find(|noun| noun.name == name).map(|noun| (noun, words))
}

/// Does it.
pub(crate) async fn run(
    noun: &Noun,
    words: ArgMatches,
    screen: Arc<Screen>,
) -> Result<u8, Failure> {
    let asked = Asked::from_arg_matches(&words).map_err(misunderstood)?;
    let (server, form) = (asked.server()?, asked.output);
    if let Some(done) = own(noun, &words, (&server, form), &screen).await {
        return done;
    }
    let said = match Verb::from_arg_matches(&words).map_err(misunderstood)? {
        Verb::List { filter } => {
            let filters: Result<Vec<_>, Failure> = filter.iter().map(|word| pair(word)).collect();
            show::list(&server.all(noun.path, &filters?).await?, noun.columns, form)
        }
        Verb::Show { name } => {
            let path = match manifest::revision(&words).filter(|_| noun.name == MANIFEST) {
                Some(number) => format!("{}/revisions/{number}", one(noun, &name)),
                None => one(noun, &name),
            };
            show::one(&server.call(Method::GET, &path, None).await?.value, form)
        }
        Verb::Create { name, fields } => {
            let mut body = fields.object()?;
            body["name"] = Value::String(name);
            show::one(&server.call(Method::POST, noun.path, Some(&body)).await?.value, form)
        }
        Verb::Update { name, fields } => {
            show::one(&update(&server, &one(noun, &name), &fields.object()?).await?.value, form)
        }
        Verb::Delete { name } => {
            server.call(Method::DELETE, &one(noun, &name), None).await?;
            screen.say(&say::gone(noun.name, &name).to_string());
            String::new()
        }
    };
    printed(&screen, &said)
}

fn printed(screen: &Screen, said: &str) -> Result<u8, Failure> {
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}

/// Where one of a noun lies in the API.
fn one(noun: &Noun, name: &str) -> String {
    format!("{}/{}", noun.path, escaped(name))
}

fn misunderstood(error: clap::Error) -> Failure {
    say::bad_assignment(error).into()
}

/// Does what only this noun can have done to it; nothing where the words mean what all have.
async fn own(
    noun: &Noun,
    words: &ArgMatches,
    (server, form): (&Server, Form),
    screen: &Arc<Screen>,
) -> Option<Result<u8, Failure>> {
    match noun.name {
        HOST => match host::Verb::from_arg_matches(words) {
            Ok(verb) => Some(host::run(verb, server, form, screen).await),
            Err(_) => {
                let verb = verb::Verb::from_arg_matches(words).ok()?;
                Some(verb::run(verb, server, form, screen).await)
            }
        },
        JOB => {
            let verb = job::Verb::from_arg_matches(words).ok()?;
            Some(job::run(verb, server, form, screen).await)
        }
        MANIFEST => {
            let verb = manifest::Verb::from_arg_matches(words).ok()?;
            Some(manifest::run(verb, server, form).await.and_then(|said| printed(screen, &said)))
        }
        _ => None,
    }
}

/// Changes what was just read, and only that.
async fn update(server: &Server, path: &str, fields: &Value) -> Result<Answer, Failure> {
    let read = server.call(Method::GET, path, None).await?;
    let mut request = server.request(Method::PATCH, path).json(fields);
    request = request.header("content-type", "application/merge-patch+json");
    if let Some(tag) = read.tag {
        request = request.header("if-match", tag);
    }
    let response = server.send(request).await?;
    let value = response.json().await;
    let value = value.map_err(|error| say::strange(server.url(), error))?;
    Ok(Answer { value, tag: None })
}

pub(super) fn pair(word: &str) -> Result<(String, String), Failure> {
    match word.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err(say::bad_assignment(word).into()),
    }
}

/// A name as one part of a path.
pub(super) fn escaped(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
