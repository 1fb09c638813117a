//! Every login shell that people give their users must take what is sent to it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use hep_core::bootstrap::{self, Known, Line};
use hep_core::observe::{Answer, Question};
use hep_core::{quote, shell};
use hep_engine::exec;
use proptest::prelude::*;

/// Each as the words before the line that sshd gives it.
const SHELLS: [&[&str]; 6] = [
    &["/bin/sh", "-c"],
    &["/bin/bash", "-c"],
    &["/bin/busybox", "sh", "-c"],
    &["/usr/bin/bsd-csh", "-c"],
    &["/usr/bin/tcsh", "-c"],
    &["/usr/bin/fish", "-c"],
];

/// Starts a line as sshd does, in a home without start-up files.
fn start(shell: &[&str], line: &str) -> std::process::Child {
    let home = std::env::temp_dir();
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(line).env("HOME", home).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    child.unwrap_or_else(|error| panic!("{}: {error}: fleet/setup shells installs it", shell[0]))
}

fn said(shell: &[&str], line: &str, input: &[u8]) -> Output {
    let mut child = start(shell, line);
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Prints its words in brackets.
const PRINT: &str = "printf '[%s]' \"$@\"";

fn arrives(words: &[String]) {
    let fixed = ["/bin/sh", "-c", PRINT, "x"].map(str::to_owned);
    let all: Vec<&String> = fixed.iter().chain(words).collect();
    let expected: String = words.iter().flat_map(|word| ["[", word, "]"]).collect();
    for shell in SHELLS {
        let output = said(shell, &quote::any_shell(&all), b"");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{shell:?} {err}");
    }
}

#[test]
fn words_arrive_through_every_shell() {
    let words = [
        "it's",
        "a\nb",
        "!x!",
        "\\n\\\\",
        "$HOME `id`",
        "%s%d",
        "~",
        "=ls",
        "*",
        "é\u{1f600}",
        "",
        "#",
        "^",
        "{a,b}",
        "\t",
        "(x)",
        "%self",
        "\\041",
        "-n",
    ];
    arrives(&words.map(str::to_owned));
    arrives(&["x y!".repeat(3000), "'".repeat(2000)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_words_arrive_through_every_shell(words in prop::collection::vec("[^\0]{0,40}", 1..4)) {
        arrives(&words);
    }
}

#[test]
fn the_plain_way_looks_and_changes_through_every_shell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a file!");
    std::fs::write(&path, "content").unwrap();
    let path = path.to_str().unwrap();
    let asked = [Question::Read { path: path.into(), limit: 100 }, Question::Facts];
    for shell in SHELLS {
        let batch = shell::ask(&asked, "T0K3N").remove(0);
        let output = said(shell, &quote::any_shell(&batch.script.argv), b"");
        let answers = batch.read(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(answers[0].1, Answer::Content(Some("content".into())), "{shell:?} {err}");
        let Answer::Facts(facts) = &answers[1].1 else { panic!("{shell:?}") };
        assert!(facts.get("mounts").is_some(), "{shell:?}");
    }
}

#[test]
fn the_executor_is_asked_for_through_every_shell() {
    for shell in SHELLS {
        let known = ["x86_64", "aarch64"].map(|arch| Known { arch, hash: "0", size: 1 });
        let line = bootstrap::login_command(&known, true, false);
        let mut child = start(shell, &line);
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(Line::read(first.trim_end()), Line::Need { .. }),
            "{shell:?} {first} {err}"
        );
    }
}

#[test]
fn what_exec_wraps_runs_through_every_shell() {
    let of = |posix: bool, environment: &[(&str, &str)], line: &str| exec::Command {
        words: vec![line.to_owned()],
        environment: environment.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
        posix,
        ..exec::Command::default()
    };
    let cases = [
        of(true, &[], "for w in a 'b!'\ndo printf '<%s>' \"$w\"\ndone"),
        of(false, &[("W", "b!")], "for w in a \"$W\"; do printf '<%s>' \"$w\"; done"),
    ];
    for command in cases {
        for shell in SHELLS {
            let wrapped = command.wrap("T0K3N");
            let output = said(shell, &wrapped.line, &wrapped.prelude);
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(String::from_utf8_lossy(&output.stdout), "<a><b!>", "{shell:?} {err}");
        }
    }
}
