//! What can be done to hosts of a server's register besides what can be done to every noun.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use clap::Subcommand;
use hep_core::message::{client, host_cli as say};
use hep_core::run::exit;
use hep_core::secret::Secret;
use hep_core::selector::split_target;
use hep_core::vault;
use reqwest::Method;
use serde_json::{Value, json};

use super::noun::escaped;
use super::{Failure, secrets, variables};
use crate::client::show::{self, Form};
use crate::client::{Server, assign, causes};
use crate::terminal::{Screen, ask};

/// What can be done to hosts.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Trust the key that a host shows, once its fingerprint has been compared
    Trust {
        /// Its name
        name: String,
        /// The fingerprint that it must have (`SHA256:…`); without it you are asked
        #[arg(long, value_name = "FINGERPRINT")]
        fingerprint: Option<String>,
        /// A file with its public key, which is trusted without asking the host
        #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
        public_key: Option<PathBuf>,
    },
    /// Show the keys of a host, and what was decided about them
    Keys {
        /// Its name
        name: String,
    },
    /// Log in by password once and let a credential's key in, which logs in from then on
    PushKey {
        /// Its name
        name: String,
        /// The credential with the key
        #[arg(long, value_name = "NAME")]
        credential: String,
        /// The login, where the register has none for it
        #[arg(short, long, value_name = "USER")]
        user: Option<String>,
        /// Read the password from standard input in place of asking for it
        #[arg(long)]
        password_stdin: bool,
        /// Log in by the credential that the host has now
        #[arg(long, conflicts_with = "password_stdin")]
        stored: bool,
    },
    /// Put files onto all hosts of a selector, by a run for each
    Push {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Where to: `SELECTOR:PATH`; a path that ends in `/` is a folder
        #[arg(value_name = "SELECTOR:PATH")]
        target: String,
        /// Whom they shall belong to
        #[arg(long, value_name = "USER")]
        owner: Option<String>,
        /// Their group
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// Their mode: `0644`
        #[arg(long, value_name = "MODE")]
        mode: Option<String>,
        /// Become this user by sudo
        #[arg(long, value_name = "USER", num_args = 0..=1, default_missing_value = "root")]
        sudo: Option<String>,
        /// Change nothing; tell what would change
        #[arg(long)]
        check: bool,
    },
    /// Bring inventories into the register: all of them, or nothing
    Import {
        /// Inventories, and folders with `group_vars` and `host_vars`
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        /// Take the private keys that the inventories name along, as sealed credentials
        #[arg(long)]
        keys: bool,
        /// The partition of hosts that are new
        #[arg(long, value_name = "NAME")]
        partition: Option<String>,
        /// The Vault password is in this file, or printed by it; `ID@FILE` names it; may be repeated
        #[arg(long, value_name = "FILE", env = variables::VAULT_PASSWORD_FILE, hide_env_values = true)]
        vault_password_file: Vec<String>,
        /// Ask for the Vault password
        #[arg(long)]
        ask_vault_pass: bool,
    },
    /// Trust the keys that `known_hosts` files have for hosts of the register
    ImportKeys {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Only show what would be trusted
        #[arg(long)]
        dry_run: bool,
        /// Let them take the place of other keys that are trusted now
        #[arg(long)]
        replace: bool,
    },
    /// Print the trusted keys of all hosts as a `known_hosts` file
    ExportKeys,
    /// Change or delete all hosts of a selector at once, or none
    Bulk {
        /// The hosts
        selector: String,
        /// Fields: `add_labels.env=prod`, `remove_labels=["old"]`, `enabled=false`, `credential=NAME`
        #[arg(value_name = "FIELD=VALUE")]
        words: Vec<String>,
        /// Take them out of the register
        #[arg(long, conflicts_with = "words")]
        delete: bool,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
    },
}

/// What a table of runs that were begun shows.
const RUNS: &[&str] = &["id", "state", "hosts", "selector", "description"];

/// Does it; the exit code.
pub(super) async fn run(
    verb: Verb,
    server: &Server,
    form: Form,
    screen: &Screen,
) -> Result<u8, Failure> {
    let said = match verb {
        Verb::Trust { name, fingerprint, public_key } => {
            let key = public_key.as_deref().map(read).transpose()?;
            trust(server, screen, (&name, fingerprint, key), form).await
        }
        Verb::Keys { name } => {
            let keys = server.call(Method::GET, &keys_of(&name), None).await?;
            Ok(show_keys(&keys.value, form))
        }
        Verb::PushKey { name, credential, user, password_stdin, stored } => {
            let password = match (stored, password_stdin) {
                (true, _) => None,
                (false, true) => Some(from_stdin()?),
                (false, false) => Some(asked(screen, &name)?),
            };
            let id = push_key(server, &name, (&credential, user), password).await?;
            return super::run::watch(server, &id, form, screen).await;
        }
        Verb::Push { files, target, owner, group, mode, sudo, check } => {
            let copy = json!({"kind": "copy", "owner": owner, "group": group, "mode": mode,
                "sudo_user": sudo, "check": check});
            push(server, &files, &target, &copy).await.map(|runs| show::list(&runs, RUNS, form))
        }
        Verb::Import { files, dry_run, keys, partition, vault_password_file, ask_vault_pass } => {
            let files = files_of(&files)?;
            let vault_passwords = match files.iter().any(holds_sealed) {
                true => vault_passwords(&vault_password_file, ask_vault_pass, screen)?,
                false => Value::Null,
            };
            let mut body = json!({"files": files, "partition": partition});
            if !vault_passwords.is_null() {
                body["vault_passwords"] = vault_passwords;
            }
            import(server, body, keys, dry_run).await.map(|told| show_import(&told, form))
        }
        Verb::ImportKeys { files, dry_run, replace } => {
            let texts: Result<Vec<String>, Failure> = files.iter().map(|path| read(path)).collect();
            let body = json!({"text": texts?.join("\n"), "replace": replace});
            let path = format!("/known-hosts?dry_run={dry_run}");
            let told = server.call(Method::POST, &path, Some(&body)).await?;
            let columns = ["what", "host", "algorithm", "fingerprint"];
            let keys = told.value["keys"].as_array().map_or(&[][..], Vec::as_slice);
            Ok(show::list(keys, &columns, form))
        }
        Verb::ExportKeys => {
            let text = server.send(server.request(Method::GET, "/known-hosts")).await?.text().await;
            let strange = |error: reqwest::Error| client::strange(server.url(), causes(&error));
            Ok(text.map_err(strange)?)
        }
        Verb::Bulk { selector, words, delete, dry_run } => {
            let mut body = assign::object(&words, serde_json::Map::new())?;
            body["selector"] = Value::String(selector);
            body["delete"] = Value::Bool(delete);
            let path = format!("/hosts/bulk?dry_run={dry_run}");
            let told = server.call(Method::POST, &path, Some(&body)).await?;
            Ok(show_changes("host", &told.value["hosts"], form))
        }
    }?;
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}

/// Asks for the run that lets a key in; its id.
async fn push_key(
    server: &Server,
    name: &str,
    (credential, user): (&str, Option<String>),
    password: Option<Secret<String>>,
) -> Result<String, Failure> {
    let password = password.as_ref().map(|password| password.expose().as_str());
    let body = json!({"credential": credential, "user": user, "password": password});
    let path = format!("/hosts/{}/push-key", escaped(name));
    let run = server.call(Method::POST, &path, Some(&body)).await?.value;
    Ok(run["id"].as_str().unwrap_or_default().to_owned())
}

fn keys_of(name: &str) -> String {
    format!("/hosts/{}/keys", escaped(name))
}

fn show_keys(keys: &Value, form: Form) -> String {
    let columns = ["host", "algorithm", "fingerprint", "state", "shown_ms", "decided_by"];
    show::list(keys.as_array().map_or(&[], Vec::as_slice), &columns, form)
}

/// Has a key trusted: one that is given, or that which the host shows and somebody has compared.
async fn trust(
    server: &Server,
    screen: &Screen,
    (name, fingerprint, given): (&str, Option<String>, Option<String>),
    form: Form,
) -> Result<String, Failure> {
    let path = keys_of(name);
    if let Some(key) = given {
        let body = json!({ "public_key": key });
        let keys = server.call(Method::POST, &path, Some(&body)).await?;
        return Ok(show_keys(&keys.value, form));
    }
    let keys = server.call(Method::POST, &path, Some(&json!({}))).await?.value;
    let shown = keys.as_array().into_iter().flatten();
    let shown = shown.max_by_key(|key| key["shown_ms"].as_i64());
    let shown = shown.ok_or_else(|| say::no_key(name))?;
    let word = |field: &str| shown[field].as_str().unwrap_or_default();
    if word("state") == "pinned" {
        screen.say(&say::trusted_already(name, word("fingerprint")).to_string());
        return Ok(String::new());
    }
    let compared = match fingerprint {
        Some(fingerprint) => fingerprint,
        None => compared(screen, name, (word("algorithm"), word("fingerprint")))?,
    };
    let path = format!("{path}/{}/approve", escaped(word("id")));
    let body = json!({ "fingerprint": compared });
    let key = server.call(Method::POST, &path, Some(&body)).await?;
    Ok(show_keys(&json!([key.value]), form))
}

/// Asks the person whether the fingerprint is the host's own.
fn compared(
    screen: &Screen,
    name: &str,
    (algorithm, fingerprint): (&str, &str),
) -> Result<String, Failure> {
    if !ask::is_possible() {
        return Err(say::cannot_ask(name, fingerprint).into());
    }
    let text = say::ask_compared(name, algorithm, fingerprint).to_string();
    let answer = tokio::task::block_in_place(|| ask::line(screen, &text, true));
    match answer.ok().flatten().map(|answer| answer.expose().trim().to_ascii_lowercase()) {
        Some(answer) if answer == "yes" || answer == "y" => Ok(fingerprint.to_owned()),
        _ => Err(say::not_trusted(name, fingerprint).into()),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    Ok(text.map_err(|error| client::cannot_read(path.display(), error))?)
}

/// The password on standard input, without the end of its line.
fn from_stdin() -> Result<Secret<String>, Failure> {
    let text = std::io::read_to_string(std::io::stdin());
    let text = text.map_err(|error| client::cannot_read("-", error))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn asked(screen: &Screen, name: &str) -> Result<Secret<String>, Failure> {
    let text = say::ask_password(name).to_string();
    let answer = tokio::task::block_in_place(|| ask::line(screen, &text, false));
    Ok(answer.ok().flatten().ok_or_else(|| say::no_password(name))?)
}

/// Has a run put each file onto the hosts; the runs.
async fn push(
    server: &Server,
    files: &[PathBuf],
    target: &str,
    copy: &Value,
) -> Result<Vec<Value>, Failure> {
    let (selector, path) = split_target(target).ok_or_else(|| say::no_target(target))?;
    if files.len() > 1 && !path.ends_with('/') {
        return Err(say::no_folder(path).into());
    }
    let mut runs = Vec::new();
    for file in files {
        let content = std::fs::read(file);
        let content = content.map_err(|error| client::cannot_read(file.display(), error))?;
        let mut subject = copy.clone();
        subject["base64"] = Value::String(BASE64.encode(content));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let dest = if path.ends_with('/') { format!("{path}{name}") } else { path.to_owned() };
        subject["dest"] = Value::String(dest);
        let body = json!({"subject": subject, "selector": selector,
            "description": format!("push {}", file.display())});
        runs.push(server.make("/runs", &body).await?);
    }
    Ok(runs)
}

/// The texts of inventories, folders taken apart.
fn files_of(paths: &[PathBuf]) -> Result<Vec<Value>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            add_folder(path, path, &mut files)?;
            continue;
        }
        files.push(file(path, path.file_name().map_or(path, Path::new))?);
        // As everywhere: the variables beside an inventory belong to it.
        for folder in ["group_vars", "host_vars"] {
            let beside = path.parent().unwrap_or(Path::new("")).join(folder);
            if beside.is_dir() {
                add_folder(path.parent().unwrap_or(Path::new("")), &beside, &mut files)?;
            }
        }
    }
    Ok(files)
}

/// Whether Ansible Vault encrypted something in a file.
fn holds_sealed(file: &Value) -> bool {
    file["text"].as_str().is_some_and(|text| vault::holds_sealed(text.as_bytes()))
}

/// The Vault passwords by their ids.
fn vault_passwords(files: &[String], asks: bool, screen: &Screen) -> Result<Value, Failure> {
    let keys = secrets::vault(files, asks, screen)?;
    let pair = |(id, password): (&str, &Secret<String>)| {
        (id.to_owned(), Value::String(password.expose().clone()))
    };
    Ok(Value::Object(keys.passwords().map(pair).collect()))
}

fn file(path: &Path, name: &Path) -> Result<Value, Failure> {
    Ok(json!({"name": name.display().to_string(), "text": read(path)?}))
}

/// The files of a folder, in the order of their names. Hidden ones, copies of editors and programs are no part of
/// an inventory.
fn add_folder(root: &Path, folder: &Path, files: &mut Vec<Value>) -> Result<(), Failure> {
    let refused = |error: std::io::Error| client::cannot_read(folder.display(), error);
    let list = std::fs::read_dir(folder).map_err(refused)?;
    let paths: Result<Vec<PathBuf>, _> = list.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(refused)?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name.ends_with('~') || name.ends_with(".bak") {
            continue;
        }
        match path.is_dir() {
            true => add_folder(root, &path, files)?,
            false => files.push(file(&path, path.strip_prefix(root).unwrap_or(&path))?),
        }
    }
    Ok(())
}

/// Imports; where keys are wished for, what the inventory names of them is read here and sent along.
async fn import(server: &Server, mut body: Value, keys: bool, dry: bool) -> Result<Value, Failure> {
    if keys {
        let told = server.call(Method::POST, "/import?dry_run=true", Some(&body)).await?.value;
        let named = told["missing_keys"].as_array().into_iter().flatten();
        let named = named.filter_map(Value::as_str).map(|name| -> Result<Value, Failure> {
            let path = match (name.strip_prefix("~/"), std::env::home_dir()) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(name),
            };
            Ok(json!({"name": name, "text": read(&path)?}))
        });
        body["keys"] = Value::Array(named.collect::<Result<_, _>>()?);
    }
    let path = format!("/import?dry_run={dry}");
    Ok(server.call(Method::POST, &path, Some(&body)).await?.value)
}

fn show_import(told: &Value, form: Form) -> String {
    if form != Form::Text {
        return show::one(told, form);
    }
    let mut text = String::new();
    for (kind, field) in [("host", "hosts"), ("group", "groups"), ("credential", "credentials")] {
        text.push_str(&show_changes(kind, &told[field], form));
    }
    for remark in told["remarks"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        for line in remark.lines() {
            text.push_str(&show::safe(line));
            text.push('\n');
        }
    }
    text
}

/// A line for each thing that changes, with its fields; how many do not.
fn show_changes(kind: &str, lines: &Value, form: Form) -> String {
    let lines = lines.as_array().map_or(&[][..], Vec::as_slice);
    if form != Form::Text {
        return show::list(lines, &[], form);
    }
    let (mut text, mut unchanged) = (String::new(), 0);
    for line in lines {
        let (name, what) = (line["name"].as_str(), line["what"].as_str().unwrap_or_default());
        if what == "unchanged" {
            unchanged += 1;
            continue;
        }
        text.push_str(&show::safe(&format!("{what} {kind} {}", name.unwrap_or_default())));
        text.push('\n');
        for field in line["fields"].as_array().into_iter().flatten() {
            let name = field["name"].as_str().unwrap_or_default();
            let change = match what {
                "created" => format!("    {name}: {}", field["after"]),
                _ => format!("    {name}: {} -> {}", field["before"], field["after"]),
            };
            text.push_str(&show::safe(&change));
            text.push('\n');
        }
    }
    if unchanged > 0 {
        // To a text, nothing fails.
        let _ = writeln!(text, "unchanged {kind}s: {unchanged}");
    }
    text
}
