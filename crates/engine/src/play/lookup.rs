//! Lookups that only the controller can do.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hep_core::message::{Message, play as say};
use hep_core::observe::Reply;
use hep_core::value::{Trust, Value};

use super::sources::Sources;

/// How long a program of the `pipe` lookup may take.
const PIPE_DEADLINE: Duration = Duration::from_mins(1);
/// More than this is not read into a variable, in bytes.
const LARGEST: usize = 16 << 20;

/// Does a lookup. The arguments are the operator's own: the interpreter refuses those a host had a part in.
pub(crate) async fn reply(sources: &Sources, file: u16, plugin: &str, args: &str) -> Reply {
    let done = run(sources, file, plugin, args).await;
    done.map_or_else(Reply::Failed, |value| Reply::Value(value, Trust::Operator))
}

async fn run(sources: &Sources, file: u16, plugin: &str, args: &str) -> Result<Value, Message> {
    let args: Value = serde_json::from_str(args).map_err(|_| say::wrong_answer("Lookup"))?;
    let terms: Vec<String> = args
        .get("terms")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .flat_map(flat)
        .collect();
    let options = args.get("options").cloned().unwrap_or_default();
    if sources.is_confined() && matches!(plugin, "env" | "lines" | "pipe") {
        return Err(say::lookup_confined(plugin));
    }
    let each = |found: Result<Vec<Value>, Message>| found.map(Value::list);
    match plugin {
        "env" => each(terms.iter().map(|name| Ok(env(name, &options))).collect()),
        "file" => each(terms.iter().map(|name| text(sources, file, name)).collect()),
        "lines" | "pipe" => pipes(plugin, &terms).await,
        "fileglob" => Ok(fileglob(sources, file, &terms)),
        "first_found" => first_found(sources, file, &args),
        _ => Err(say::unknown_lookup(plugin)),
    }
}

fn flat(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().flat_map(flat).collect(),
        Value::Str(text) => vec![text.to_string()],
        Value::Int(number) => vec![number.to_string()],
        _ => vec![],
    }
}

fn env(name: &str, options: &Value) -> Value {
    let otherwise = || options.get("default").cloned().unwrap_or_else(|| Value::from(""));
    std::env::var(name).map_or_else(|_| otherwise(), Value::from)
}

fn text(sources: &Sources, file: u16, name: &str) -> Result<Value, Message> {
    let path =
        sources.find(file, name, "files").ok_or_else(|| say::source_missing(name, "files/"))?;
    let shown = path.display();
    let bytes = std::fs::read(&path).map_err(|error| say::source_unreadable(shown, error))?;
    if bytes.len() > LARGEST {
        return Err(say::source_too_large(path.display(), LARGEST >> 20));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Value::from(text.trim_end_matches(['\n', '\r']).to_owned()))
}

async fn pipes(plugin: &str, lines: &[String]) -> Result<Value, Message> {
    let mut all = Vec::new();
    for line in lines {
        let said = pipe(line).await?;
        if plugin == "lines" {
            all.extend(said.lines().map(Value::from));
        } else {
            all.push(Value::from(said.trim_end_matches(['\n', '\r']).to_owned()));
        }
    }
    Ok(Value::list(all))
}

async fn pipe(line: &str) -> Result<String, Message> {
    let mut command = tokio::process::Command::new("/bin/sh");
    command.args(["-c", line]).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PIPE_DEADLINE, command.output()).await;
    let output = output
        .map_err(|_| say::pipe_failed(line, "it ran too long"))?
        .map_err(|error| say::pipe_failed(line, error))?;
    if !output.status.success() {
        return Err(say::pipe_failed(line, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn fileglob(sources: &Sources, file: u16, patterns: &[String]) -> Value {
    let mut found = Vec::new();
    for pattern in patterns {
        let path = Path::new(pattern);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = path.parent().and_then(|folder| folder.to_str()).unwrap_or_default();
        let roots = if path.is_absolute() {
            vec![folder.into()]
        } else {
            let base = sources.folder(file);
            vec![base.join("files").join(folder), base.join(folder)]
        };
        for root in roots.into_iter().filter(|root| sources.may_read(root)) {
            let entries = std::fs::read_dir(&root).into_iter().flatten().flatten();
            let mut names: Vec<String> = entries
                .filter(|entry| entry.path().is_file())
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|entry| hep_core::selector::matches(name, entry))
                .collect();
            names.sort();
            found.extend(
                names.iter().map(|name| Value::from(root.join(name).display().to_string())),
            );
            if !names.is_empty() {
                break;
            }
        }
    }
    Value::list(found)
}

/// `first_found`: names, or mappings of `files` and `paths`.
fn first_found(sources: &Sources, file: u16, args: &Value) -> Result<Value, Message> {
    let mut wanted = Candidates::default();
    for spec in args.get("terms").and_then(Value::as_list).unwrap_or_default() {
        wanted.add(spec);
    }
    let options = args.get("options").cloned().unwrap_or_default();
    wanted.skip |= options.get("skip").is_some_and(Value::is_truthy);
    if options.get("files").is_some() {
        wanted.add(&options);
    }
    let folders = ["files", "templates", "vars", "tasks"];
    let find = |name: &String| folders.iter().find_map(|folder| sources.find(file, name, folder));
    match wanted.names.iter().find_map(find) {
        Some(path) => Ok(Value::list(vec![Value::from(path.display().to_string())])),
        None if wanted.skip => Ok(Value::list(vec![])),
        None => {
            let names = wanted.names.join(", ");
            Err(say::source_missing(names, "files/, templates/, vars/ and tasks/"))
        }
    }
}

/// What `first_found` looks for.
#[derive(Default)]
struct Candidates {
    names: Vec<String>,
    /// Whether it may find nothing.
    skip: bool,
}

impl Candidates {
    /// A name, a mapping of `files` and `paths`, or a list of these.
    fn add(&mut self, spec: &Value) {
        match spec {
            Value::Map(map) => {
                self.skip |= map.get("skip").is_some_and(Value::is_truthy);
                let files = map.get("files").map(flat).unwrap_or_default();
                let paths = map.get("paths").map(flat).unwrap_or_default();
                if paths.is_empty() {
                    self.names.extend(files);
                    return;
                }
                for path in paths.iter().map(|path| path.trim_end_matches('/')) {
                    self.names.extend(files.iter().map(|file| format!("{path}/{file}")));
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            other => self.names.extend(flat(other)),
        }
    }
}
