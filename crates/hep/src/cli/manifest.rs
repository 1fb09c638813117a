//! What can be done to manifests of a server besides what can be done to every noun.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use clap::{ArgMatches, Subcommand};
use hep_core::message::client as say;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Failure;
use super::noun::escaped;
use crate::client::show::{self, Form};
use crate::client::{Server, causes};
use crate::terminal::visible;

/// What a table of revisions shows.
const COLUMNS: &[&str] = &["number", "entry", "message", "created"];
/// Files that are read from a folder.
const MOST_FILES: usize = 1000;

/// What can be done to manifests.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Put a file or a folder there, as a new manifest or as a new revision of one
    Put {
        /// Its name
        name: String,
        /// A manifest, or a folder with all that belongs to one
        path: PathBuf,
        /// The file to begin with; `main.yml` when not said, or the only one
        #[arg(long, value_name = "FILE")]
        entry: Option<String>,
        /// What was changed, and why
        #[arg(short, long, default_value = "", value_name = "TEXT")]
        message: String,
    },
    /// Show its revisions, the newest first
    History {
        /// Its name
        name: String,
    },
    /// Show what differs between two revisions
    Diff {
        /// Its name
        name: String,
        /// The revision before; the one before the other when not said
        #[arg(long, value_name = "NUMBER")]
        from: Option<u32>,
        /// The revision after; the newest when not said
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
    },
    /// Make the files of an older revision those of a new one
    Restore {
        /// Its name
        name: String,
        /// The older revision
        number: u32,
        /// What the new one says of itself
        #[arg(short, long, default_value = "", value_name = "TEXT")]
        message: String,
    },
}

/// The revision that `show` is for, where one is named.
pub(super) fn revision(words: &ArgMatches) -> Option<u32> {
    words.subcommand_matches("show")?.try_get_one("revision").ok().flatten().copied()
}

/// The option that names it.
pub(super) fn revision_option() -> clap::Arg {
    let parse = clap::value_parser!(u32);
    let option = clap::Arg::new("revision").long("revision").value_name("NUMBER");
    option.value_parser(parse).help("As it was at this revision")
}

/// Does it; what to print.
pub(super) async fn run(verb: Verb, server: &Server, form: Form) -> Result<String, Failure> {
    let one = |name: &str| format!("/manifests/{}", escaped(name));
    match verb {
        Verb::Put { name, path, entry, message } => {
            let mut body = read(&path)?;
            body["message"] = message.into();
            if let Some(entry) = entry {
                body["entry"] = entry.into();
            }
            let put = put(server, &name, body).await?;
            Ok(show::one(&put, form))
        }
        Verb::History { name } => {
            let items = server.all(&format!("{}/revisions", one(&name)), &[]).await?;
            Ok(show::list(&items, COLUMNS, form))
        }
        Verb::Restore { name, number, message } => {
            let path = format!("{}/revisions/{number}/restore", one(&name));
            let body = json!({ "message": message });
            let mut made = server.call(Method::POST, &path, Some(&body)).await?.value;
            outline(&mut made);
            Ok(show::one(&made, form))
        }
        Verb::Diff { name, from, to } => {
            let numbers = [("from", from), ("to", to)].into_iter();
            let query: Vec<(&str, u32)> =
                numbers.filter_map(|(word, number)| Some((word, number?))).collect();
            let request = server.request(Method::GET, &format!("{}/diff", one(&name)));
            let answer = server.send(request.query(&query)).await?.json::<Value>().await;
            let told = answer.map_err(|error| say::strange(server.url(), error))?;
            Ok(match form {
                Form::Text => visible::text(told["diff"].as_str().unwrap_or_default()).into_owned(),
                Form::Json | Form::Yaml => show::one(&told, form),
            })
        }
    }
}

/// Makes it, or changes the files of the one that was just read; what it is then, without its files.
async fn put(server: &Server, name: &str, mut body: Value) -> Result<Value, Failure> {
    let path = format!("/manifests/{}", escaped(name));
    body["name"] = name.into();
    let there = server.request(Method::GET, &path).send().await;
    let there = there.map_err(|error| say::unreachable(server.url(), causes(&error)))?;
    let request = if there.status() == StatusCode::NOT_FOUND {
        server.request(Method::POST, "/manifests")
    } else {
        let tag = there.headers().get("etag").cloned();
        let before = there.json::<Value>().await.unwrap_or_default();
        body["description"] = before["description"].as_str().unwrap_or_default().into();
        let request = server.request(Method::PUT, &path);
        match tag {
            Some(tag) => request.header("if-match", tag),
            None => request,
        }
    };
    let put = server.send(request.json(&body)).await?.json::<Value>().await;
    let mut put = put.map_err(|error| say::strange(server.url(), causes(&error)))?;
    outline(&mut put);
    Ok(put)
}

/// Takes the files off what is shown.
fn outline(manifest: &mut Value) {
    if let Some(map) = manifest.as_object_mut() {
        for part in ["files", "base64", "marks"] {
            map.remove(part);
        }
    }
}

/// A file, or all files of a folder but hidden ones, by their paths.
fn read(path: &Path) -> Result<Value, Failure> {
    let mut found: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    if path.is_dir() {
        walk(path, "", &mut found)?;
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.insert(name, contents(path)?);
    }
    let (mut files, mut base64) = (serde_json::Map::new(), serde_json::Map::new());
    for (name, body) in found {
        match String::from_utf8(body) {
            Ok(text) => files.insert(name, text.into()),
            Err(error) => base64.insert(name, BASE64.encode(error.as_bytes()).into()),
        };
    }
    Ok(json!({ "files": files, "base64": base64 }))
}

fn contents(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(std::fs::read(path).map_err(|error| say::cannot_read(path.display(), error))?)
}

fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let unread = |error: std::io::Error| say::cannot_read(folder.display(), error);
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        if path.is_dir() {
            walk(&path, &format!("{name}/"), found)?;
        } else if found.len() >= MOST_FILES {
            return Err(say::too_many_files(folder.display(), MOST_FILES).into());
        } else {
            found.insert(name, contents(&path)?);
        }
    }
    Ok(())
}
