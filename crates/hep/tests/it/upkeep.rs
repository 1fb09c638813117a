//! Schema, backups, completions, man pages: what goes with the program.

use std::os::unix::fs::PermissionsExt as _;

use super::desk::{Desk, Ran};

fn run(desk: &Desk, state: &str, words: &[&str]) -> Ran {
    let mut command = desk.command(words);
    command.env("HEP_STATE_DIRECTORY", desk.path(state));
    Ran::of(command.output().unwrap())
}

#[test]
fn a_database_moves_by_a_backup() {
    let desk = Desk::new();
    let migrated = run(&desk, "old", &["migrate"]);
    assert!(migrated.code == 0 && migrated.stderr.contains("from 0 to "), "{migrated:?}");
    for more in [&[][..], &["--allow-older-nodes"]] {
        let again = run(&desk, "old", &[&["migrate"], more].concat());
        assert!(again.code == 0 && again.stderr.contains("nothing was done"), "{again:?}");
    }
    assert_eq!(run(&desk, "old", &["admin", "create-user", "ana"]).code, 0);
    let plain = run(&desk, "old", &["backup", "plain.gz"]);
    assert!(plain.code == 0 && plain.stderr.contains("The master key is not in it"), "{plain:?}");
    let whole = run(&desk, "old", &["backup", "whole.gz", "--with-master-key"]);
    assert!(whole.code == 0 && whole.stderr.contains("is in it too"), "{whole:?}");
    let mode = std::fs::metadata(desk.path("whole.gz")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let keyless = run(&desk, "keyless", &["restore", "plain.gz"]);
    assert!(keyless.code == 0 && keyless.stderr.contains("holds no master key"), "{keyless:?}");
    assert!(!desk.path("keyless/master.key").exists());
    let restored = run(&desk, "new", &["restore", "whole.gz"]);
    assert!(restored.code == 0 && restored.stderr.contains("was written to"), "{restored:?}");
    let key = |state: &str| std::fs::read(desk.path(state).join("master.key")).unwrap();
    assert_eq!(key("new"), key("old"));
    let token = run(&desk, "new", &["admin", "create-token", "ana"]);
    assert!(token.code == 0 && token.stdout.starts_with("hep_"), "{token:?}");
    let twice = run(&desk, "new", &["restore", "whole.gz"]);
    assert!(twice.code == 1 && twice.stderr.contains("holds something"), "{twice:?}");
}

/// What a shell would be told at the end of this line.
fn completed(desk: &Desk, line: &[&str]) -> Vec<String> {
    let mut command = desk.command(&[&["--", "hep"], line].concat());
    command.env("HEP_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", line.len().to_string());
    command.env("_CLAP_IFS", "\n");
    let ran = Ran::of(command.output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line:?}");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn shells_complete_words_hosts_and_groups() {
    let desk = Desk::new();
    let i = ["exec", "-i", "hosts.ini"];
    let cases: [(&[&str], &[&str]); 5] = [
        (&["ex"], &["exec"]),
        (&[&i[..], &["w"]].concat(), &["w1", "w2", "w3"]),
        (&[&i[..], &["d1,@we"]].concat(), &["d1,@web"]),
        (&["exec", "--output", "j"], &["json"]),
        (&["exec", "-i", "missing.ini", "w"], &[]),
    ];
    for (line, expected) in cases {
        assert_eq!(completed(&desk, line), expected, "{line:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let ran = desk.hep(&["completions", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("HEP_COMPLETE"), "{ran:?}");
    }
}

#[test]
fn there_is_a_page_for_every_command() {
    let desk = Desk::new();
    let ran = desk.hep(&["man", "pages"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for page in ["hep.1", "hep-exec.1", "hep-run-list.1", "hep-host-create.1"] {
        let text = std::fs::read_to_string(desk.path("pages").join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
}
