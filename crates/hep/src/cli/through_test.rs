//! Every option of what a server can do too: it is in what the server is asked for, or refused by name, or a matter of
//! this end alone. None is left out in silence.

use std::collections::BTreeSet;

use clap::FromArgMatches as _;
use hep_core::secret::Secret;
use serde_json::Value;

use super::failure::Failure;
use super::{Cli, Command, apply_remote, exec, noted, parser, secrets};
use crate::terminal::Screen;

/// What becomes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The server is asked for something else.
    Sent,
    /// It is refused by its name.
    Refused,
    /// It says how this end reads and shows.
    Here,
}
use Fate::{Here, Refused, Sent};

/// Those of both commands.
const BOTH: &[(&str, &[&str], Fate)] = &[
    ("server", &["--server"], Here),
    ("context", &["--context", "x"], Here),
    ("approval", &["--approval"], Sent),
    ("no_record", &["--no-record"], Refused),
    ("inventory", &["-i", "x,"], Refused),
    ("user", &["-u", "x"], Refused),
    ("port", &["--port", "23"], Refused),
    ("key", &["--key", "x"], Refused),
    ("ask_pass", &["--ask-pass"], Refused),
    ("ssh_config", &["-F", "x"], Refused),
    ("known_hosts", &["--known-hosts", "x"], Refused),
    ("host_key", &["--host-key", "strict"], Refused),
    ("connect_timeout", &["--connect-timeout", "3"], Refused),
    ("forks", &["--forks", "3"], Sent),
    ("ask_become_pass", &["-K"], Sent),
    ("become_password_file", &["--become-password-file", "x"], Sent),
    ("vault_password_file", &["--vault-password-file", "x"], Here),
    ("ask_vault_pass", &["--ask-vault-pass"], Here),
    ("output", &["--output", "json"], Here),
];

const EXEC: &[(&str, &[&str], Fate)] = &[
    ("selector", &[], Sent),
    ("command", &[], Sent),
    ("script", &["--script", "/dev/null"], Sent),
    ("env", &["-e", "A=b"], Sent),
    ("secret_env", &["--secret-env", "PATH"], Sent),
    ("sudo", &["--sudo"], Sent),
    ("sudo_user", &["--sudo-user", "x"], Sent),
    ("timeout", &["--timeout", "3"], Sent),
    ("no_stdin", &["-n"], Here),
    ("group_output", &["-b"], Here),
    ("allow_empty", &["--allow-empty"], Here),
    // It says nothing of commands.
    ("verbose", &["-v"], Here),
];

const APPLY: &[(&str, &[&str], Fate)] = &[
    ("manifests", &[], Sent),
    ("limit", &["-l", "x"], Sent),
    ("check", &["-C"], Sent),
    ("detailed_exitcode", &["--detailed-exitcode"], Here),
    ("plan_out", &["--plan-out", "x"], Refused),
    ("allow_deferred", &["--allow-deferred"], Refused),
    ("diff", &["-D"], Sent),
    ("tags", &["-t", "x"], Sent),
    ("skip_tags", &["--skip-tags", "x"], Sent),
    ("start_at_task", &["--start-at-task", "begin"], Sent),
    ("list_tasks", &["--list-tasks"], Here),
    ("list_hosts", &["--list-hosts"], Here),
    ("become", &["-b"], Sent),
    ("become_user", &["--become-user", "x"], Sent),
    ("force_handlers", &["--force-handlers"], Sent),
    ("no_keep", &["--no-keep"], Sent),
    ("no_executor", &["--no-executor"], Sent),
    ("lock_timeout", &["--lock-timeout", "0"], Sent),
    ("extra_vars", &["-e", "a=b"], Sent),
    ("secret", &["--secret", "PATH"], Sent),
    ("verbose", &["-v"], Sent),
];

/// The options that a command has.
fn options(command: &str) -> BTreeSet<String> {
    let parser = parser();
    let found = parser.find_subcommand(command).unwrap();
    found.get_arguments().map(|argument| argument.get_id().to_string()).collect()
}

fn given() -> secrets::Given {
    secrets::Given { become_: Some(Secret::new("sudo".into())), ..secrets::Given::default() }
}

/// What a server is asked for by these words.
fn asked(words: &[&str]) -> Result<Value, Failure> {
    let found = parser().try_get_matches_from([&["hep"], words].concat()).unwrap();
    let command = Cli::from_arg_matches(&found).unwrap().command;
    let screen = Screen::new();
    match noted(command, &found) {
        Command::Exec(args) => {
            args.connect.refuse_with_server()?;
            exec::asked(&args, b"", &exec::hidden(&args, &given(), &screen)?)
        }
        Command::Apply(args) => {
            args.connect.refuse_with_server()?;
            let loaded = apply_remote::read(&args, &given().vault, &screen)?;
            apply_remote::asked(&args, &loaded, &given())
        }
        _ => unreachable!("only these two"),
    }
}

fn check(command: &str, table: &[(&str, &[&str], Fate)], usual: &[&str], last: &[&str]) {
    let all = || BOTH.iter().chain(table);
    let known: BTreeSet<String> = all().map(|(id, ..)| (*id).to_owned()).collect();
    assert_eq!(known, options(command), "the options of {command}");
    let base = asked(&[&[command], usual, last].concat()).unwrap();
    for (id, words, fate) in all().filter(|(_, words, _)| !words.is_empty()) {
        let found = match asked(&[&[command], usual, *words, last].concat()) {
            Ok(wanted) if wanted == base => Here,
            Ok(_) => Sent,
            Err(Failure::Said(message)) if message.id == "client.not_with_server" => Refused,
            Err(failure) => panic!("{command} {id}: {failure:?}"),
        };
        assert_eq!(found, *fate, "{command} {id}");
    }
}

#[test]
fn every_command_can_be_read() {
    // Of two options with one name only this tells before somebody uses the command.
    parser().debug_assert();
}

#[test]
fn no_option_of_a_command_is_left_out_in_silence() {
    check("exec", EXEC, &[], &["h", "true"]);
}

#[test]
fn no_option_of_a_manifest_is_left_out_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("a.yml");
    std::fs::write(&manifest, "- name: begin\n  debug: msg=x\n- debug: msg=y\n").unwrap();
    check("apply", APPLY, &[], &[manifest.to_str().unwrap()]);
}

#[test]
fn what_was_encrypted_travels_as_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("a.yml");
    std::fs::write(&manifest, "- debug: msg=x\n").unwrap();
    let manifest = manifest.to_str().unwrap();
    let wanted = asked(&["apply", manifest, "-e", "a=b", "--secret", "PATH"]).unwrap();
    let path = std::env::var("PATH").unwrap();
    assert_eq!(wanted["secrets"]["variables"]["PATH"], path);
    assert_eq!(wanted["subject"]["vars"], serde_json::json!({"a": "b"}));
    // Nobody asked for it on the command line.
    assert!(wanted["secrets"]["become_password"].is_null(), "{wanted}");
}
