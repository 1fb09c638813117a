//! What a person runs without a server, and what is kept of it.

use std::os::unix::fs::PermissionsExt as _;

use super::desk::{Desk, Ran};

const I: &str = "hosts.ini";

const PLAY: &str = "\
- hosts: web
  gather_facts: false
  tasks:
    - {name: mine, copy: {content: 'x', dest: '{{ base }}/{{ inventory_hostname }}'}}
    - {name: hidden, shell: 'echo {{ word }}; false', no_log: true, ignore_errors: true}
";

/// The runs of the history, the latest first.
fn runs(desk: &Desk) -> Vec<serde_json::Value> {
    let ran = desk.hep(&["run", "list", "--output", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.objects()
}

fn show(desk: &Desk, words: &[&str], id: &serde_json::Value) -> Ran {
    let ran = desk.hep(&[&["run"], words, &[id.as_str().unwrap()]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

#[test]
fn a_run_without_a_server_is_kept() {
    let desk = Desk::new();
    assert_eq!(runs(&desk).len(), 0);
    let ran = desk.hep(&["exec", "-i", I, "web", "--", "echo out; echo err >&2; exit 3"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let unkept = desk.hep(&["exec", "-i", I, "w1", "--no-record", "--", "true"]);
    assert_eq!(unkept.code, 0, "{unkept:?}");
    let kept = runs(&desk);
    let [run] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((&run["state"], &run["kind"]), (&"failed".into(), &"command".into()));
    assert_eq!(run["counts"], serde_json::json!({ "failed": 3 }));
    assert_eq!(run["selector"], "web");
    let id = &run["id"];
    let hosts = show(&desk, &["hosts", "--output", "json"], id).objects();
    assert!(hosts.len() == 3 && hosts.iter().all(|host| host["rc"] == 3), "{hosts:?}");
    let log = show(&desk, &["watch"], id).stdout;
    assert!(log.contains("w1: out\n") && log.contains("w2: err\n"), "{log}");
    assert!(log.contains("w3 failed\n"), "{log}");
    let failed = desk.hep(&["run", "list", "state=succeeded", "--output", "json"]);
    assert_eq!(failed.stdout, "", "{failed:?}");
    for words in [["run", "show", "nothing"], ["run", "cancel", "nothing"]] {
        assert_eq!(desk.hep(&words).code, 1, "{words:?}");
    }
    let state = desk.path(".local/state/hep");
    for (path, mode) in [(state.clone(), 0o700), (state.join("history.db"), 0o600)] {
        let found = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
}

#[test]
fn no_secret_gets_into_the_history() {
    let desk = Desk::new();
    desk.file("play.yml", PLAY);
    let base = format!("base={}", desk.path("").display());
    let ran =
        desk.hep(&["apply", "-i", I, "play.yml", "-e", &base, "-e", "word=canary-extra", "--diff"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut exec = desk.command(&[
        "exec",
        "-i",
        I,
        "all",
        "-n",
        "-e",
        "TOKEN=canary-variable",
        "--",
        "echo canary-become",
    ]);
    exec.env("HEP_BECOME_PASSWORD", "canary-become");
    Ran::of(exec.output().unwrap());
    let ssh = desk.fed(&["exec", "-i", I, "d1", "--", "cat; echo hunter2-ssh"], b"canary-stdin\n");
    assert_eq!(ssh.code, 0, "{ssh:?}");
    let kept = runs(&desk);
    assert_eq!(kept.len(), 3, "{kept:?}");
    let log = show(&desk, &["watch"], &kept[2]["id"]).stdout;
    assert!(log.contains("w1 changed: mine") && log.contains("w1 ignored: hidden"), "{log}");
    let folder = desk.path(".local/state/hep");
    let mut looked = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        looked += bytes.len();
        for secret in ["canary-extra", "canary-variable", "canary-become", "hunter2-ssh"] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} lies in the history");
        }
    }
    assert!(looked > 0, "there was something to look at");
}

#[test]
fn a_run_whose_process_was_killed_is_lost() {
    let desk = Desk::new();
    let made = std::process::Command::new("mkfifo").arg(desk.path("fifo")).status().unwrap();
    assert!(made.success());
    let line = format!("cat '{}'", desk.path("fifo").display());
    let mut running = desk.command(&["exec", "-i", I, "-n", "w1", "--", &line]).spawn().unwrap();
    // Opens once the command reads it.
    let fifo = std::fs::File::options().write(true).open(desk.path("fifo")).unwrap();
    // The intent is written aside: it takes a moment. Each look is a process of its own.
    let begun = (0..600).any(|_| runs(&desk).first().is_some_and(|run| run["state"] == "running"));
    running.kill().unwrap();
    running.wait().unwrap();
    drop(fifo);
    assert!(begun, "the intent was never written");
    let kept = runs(&desk);
    assert_eq!(
        (&kept[0]["state"], &kept[0]["counts"]),
        (&"lost".into(), &serde_json::json!({"lost": 1}))
    );
}

#[test]
fn a_history_that_cannot_be_kept_fails_nothing() {
    let desk = Desk::new();
    desk.file(".local/state", "a file where a folder should be");
    let ran = desk.hep(&["exec", "-i", I, "w1", "--", "echo x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "w1: x\n"), "{ran:?}");
    assert_eq!(ran.stderr.matches("Cannot keep this run in the history").count(), 1, "{ran:?}");
}

#[test]
fn several_at_once_are_all_kept() {
    let desk = Desk::new();
    let words = ["exec", "-i", I, "-n", "web", "--", "true"];
    let running: Vec<_> = (0..6).map(|_| desk.command(&words).spawn().unwrap()).collect();
    for child in running {
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert!(ran.code == 0 && !ran.stderr.contains("history"), "{ran:?}");
    }
    let kept = runs(&desk);
    assert_eq!(kept.len(), 6);
    assert!(kept.iter().all(|run| run["state"] == "succeeded"), "{kept:?}");
}
