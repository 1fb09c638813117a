//! What a shell is told when somebody asks it to complete: words of ours, and names of hosts, groups and whatever a
//! server has. It answers within a bounded time, and a failure is no answer, never an error on the terminal.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use hep_core::message::cli as say;
use hep_core::run::exit;
use hep_engine::inventory;

use super::variables;
use crate::client::noun::NOUNS;
use crate::client::{Server, context};

/// How long names may be waited for.
const PATIENCE: Duration = Duration::from_millis(900);
/// How many names are of use to somebody who looks at a terminal.
const MOST: usize = 300;
/// Arguments that take a selector.
const SELECTORS: &[&str] = &["selector", "limit", "host"];

/// Answers a shell that wants to complete a line; nothing where none does.
pub(super) fn answer(words: &[OsString]) -> Option<u8> {
    std::env::var_os(variables::COMPLETE)?;
    let line: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let factory = || with_names(super::parser(), &line);
    let asked = CompleteEnv::with_factory(factory).var(variables::COMPLETE).bin("hep");
    let folder = std::env::current_dir().ok();
    // What cannot be answered is not answered.
    let _ = asked.completer("hep").try_complete(words.to_vec(), folder.as_deref());
    Some(exit::FINE)
}

/// The commands, with names for what takes names.
fn with_names(parser: Command, line: &[String]) -> Command {
    let line = line.to_vec();
    parser.mut_subcommands(|command| {
        let noun = NOUNS.iter().find(|noun| noun.name == command.get_name());
        let path = noun.map(|noun| noun.path);
        let command = with_selectors(command, &line);
        command.mut_subcommands(|verb| {
            let is_of_one = path.is_some() && verb.get_name() != "create";
            let verb = with_selectors(verb, &line);
            match path.filter(|_| is_of_one) {
                Some(path) => with(verb, &["name"], move |word| named(path, word)),
                None => verb,
            }
        })
    })
}

fn with_selectors(command: Command, line: &[String]) -> Command {
    let line = line.to_vec();
    with(command, SELECTORS, move |word| selectors(&line, word))
}

/// Gives these arguments of a command a completer.
fn with(
    command: Command,
    ids: &[&str],
    complete: impl Fn(&str) -> Vec<String> + Clone + Send + Sync + 'static,
) -> Command {
    let completer = move |word: &OsStr| {
        let names = word.to_str().map(&complete).unwrap_or_default();
        names.into_iter().map(CompletionCandidate::new).collect::<Vec<_>>()
    };
    let ids = ids.to_vec();
    command.mut_args(move |arg: Arg| {
        if ids.contains(&arg.get_id().as_str()) {
            arg.add(ArgValueCompleter::new(completer.clone()))
        } else {
            arg
        }
    })
}

/// What the last term of a selector may become.
fn selectors(line: &[String], word: &str) -> Vec<String> {
    let start = word.rfind([',', ':', '!', '&']).map_or(0, |at| at + 1);
    let (before, term) = word.split_at(start);
    let names = match inventories(line) {
        from if from.is_empty() => of_server(term),
        from => of_inventory(&from),
    };
    let fitting = names.into_iter().filter(|name| name.starts_with(term));
    fitting.take(MOST).map(|name| format!("{before}{name}")).collect()
}

/// The inventories that the line names, else those of the environment.
fn inventories(line: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = line.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-i" | "--inventory" => found.extend(words.next().cloned()),
            word => {
                let glued = word.strip_prefix("--inventory=").or_else(|| word.strip_prefix("-i"));
                found.extend(glued.filter(|path| !path.is_empty()).map(str::to_owned));
            }
        }
    }
    if found.is_empty() {
        found.extend(variables::inventory());
    }
    found
}

/// Hosts, and groups as `@NAME`.
fn of_inventory(from: &[String]) -> Vec<String> {
    let loaded = within(async {
        let decrypt = |_: &str| Err(say::no_terminal("the Vault password"));
        let options =
            inventory::Options { decrypt: &decrypt, deadline: PATIENCE, play_folders: Vec::new() };
        inventory::load(from, &options, &mut Vec::new()).await.ok()
    });
    let Some(inventory) = loaded else { return Vec::new() };
    let hosts = inventory.hosts().keys().map(ToString::to_string);
    let groups = inventory.groups().keys().map(|name| format!("@{name}"));
    hosts.chain(groups).collect()
}

/// The same of the register of the known server, if there is one.
fn of_server(term: &str) -> Vec<String> {
    match term.strip_prefix('@') {
        Some(name) => named("/groups", name).into_iter().map(|name| format!("@{name}")).collect(),
        None => named("/hosts", term),
    }
}

/// Names that a server has of a noun.
fn named(path: &str, word: &str) -> Vec<String> {
    let found = within(async {
        let server = Server::new(context::known(None).ok()??).ok()?;
        let mut query = vec![("limit", MOST.to_string())];
        if path == "/hosts" && !word.is_empty() {
            query.push(("q", word.to_owned()));
        }
        let request = server.request(reqwest::Method::GET, path).query(&query);
        server.send(request).await.ok()?.json::<serde_json::Value>().await.ok()
    });
    let items = found.as_ref().and_then(|page| page["items"].as_array());
    let names = items.into_iter().flatten().filter_map(|item| item["name"].as_str());
    names.filter(|name| name.starts_with(word)).map(str::to_owned).collect()
}

/// What comes within the time that somebody at a keyboard waits.
fn within<T>(work: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.ok() });
    runtime.shutdown_background();
    done.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inventories_of_a_line() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (line, expected) in [
            ("hep exec -i a -i b we", &["a", "b"][..]),
            ("hep exec --inventory=a --inventory b x", &["a", "b"]),
            ("hep exec -ia x", &["a"]),
        ] {
            assert_eq!(inventories(&words(line)), expected, "{line}");
        }
    }

    #[test]
    fn the_last_term_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts.ini");
        std::fs::write(&path, "[web]\nw1\nw2\n[db]\nd1\n").unwrap();
        let line = ["-i".to_owned(), path.display().to_string()];
        for (word, expected) in [
            ("w", &["w1", "w2"][..]),
            ("d1,w", &["d1,w1", "d1,w2"]),
            ("all:!d", &["all:!d1"]),
            ("@w", &["@web"]),
            ("zz", &[]),
        ] {
            assert_eq!(selectors(&line, word), expected, "{word}");
        }
        let nowhere = ["-i".to_owned(), folder.path().join("no").display().to_string()];
        assert!(selectors(&nowhere, "").is_empty());
    }
}
