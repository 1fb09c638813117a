//! Seed 2's own command line.

use crate::desk::{Case, Desk, Ran, check};

const CONFIG: &str = "ssh:\n  username: root\n  password: hunter2-seed\nmanifest: m.yml\nhosts: hosts\nlog_level: ERROR\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("config.yml", CONFIG);
    desk.file("hosts", "one ansible_connection=local\n");
    desk.file(
        "m.yml",
        "- name: Publish\n  file:\n    src: files/page\n    dest: made\n    mod: 644\n    action: present\n",
    );
    desk.file("files/page", "a page\n");
    desk.file("local.ini", "[all]\none ansible_connection=local\n");
    desk
}

#[test]
fn it_works_as_it_did() {
    let desk = desk();
    let made = desk.path("made").display().to_string();
    desk.file(
        "m.yml",
        &format!("- name: Publish\n  file:\n    src: files/page\n    dest: {made}\n    mod: 644\n    action: present\n"),
    );
    let words = ["-c", "config.yml", "-i", "local.ini", "m.yml", "ignored.yml"];
    let first = desk.hep(&words);
    assert_eq!(first.code, 0, "{first:#?}");
    assert_eq!(first.stdout, "TASK file [one] Publish\nSUCCESS\n\n", "{first:#?}");
    assert!(first.stderr.contains("New host keys are accepted"), "{first:#?}");
    assert_eq!(std::fs::read_to_string(desk.path("made")).unwrap(), "a page\n");
    let again = desk.hep(&words);
    assert_eq!(again.stdout, "TASK file [one] Publish\nNO CHANGE\n\n", "{again:#?}");
    // Each is in the history, but for who wants none.
    desk.hep(&[&words[..], &["--no-record"]].concat());
    let kept = desk.hep(&["run", "list", "--output", "json"]).objects();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!((&kept[0]["kind"], &kept[0]["state"]), (&"manifest".into(), &"succeeded".into()));
    assert_eq!(kept[0]["subject"]["manifests"], serde_json::json!(["m.yml"]));
    assert!(!format!("{kept:?}").contains("hunter2"), "{kept:?}");
}

#[test]
fn anything_that_fails_makes_the_code_1() {
    let desk = desk();
    desk.file("bad.yml", "- name: Breaks\n  command: 'false'\n");
    desk.file("noconf.yml", "ssh: {username: root, password: x}\nhosts: hosts\nlog_level: ERROR\n");
    desk.file("level.yml", &CONFIG.replace("ERROR", "LOUD"));
    desk.file("dead.ini", "gone ansible_host=127.0.0.1 ansible_port=1\n");
    let case = |words, stdout, stderr| Case { words, code: 1, stdout, stderr };
    check(
        &desk,
        &[
            case(&["-c", "config.yml", "-i", "local.ini", "bad.yml"], "FAILED", "one: "),
            case(&["-c", "config.yml", "-i", "dead.ini", "m.yml"], "", "127.0.0.1:1"),
            case(&["-c", "none.yml"], "", "none.yml"),
            case(&["-c", "noconf.yml"], "", "`manifest` is missing"),
            case(&["-c", "level.yml", "m.yml"], "", "log level `LOUD`"),
            case(&["-c", "config.yml", "none.yml"], "", "none.yml"),
        ],
    );
    let ran = desk.hep(&["-c", "level.yml"]);
    assert!(!(ran.stdout + &ran.stderr).contains("hunter2"));
}

#[test]
fn the_environment_sets_the_level() {
    let desk = desk();
    desk.file("level.yml", &CONFIG.replace("log_level: ERROR\n", ""));
    let mut command = desk.command(&["-c", "level.yml", "-i", "local.ini", "none.yml"]);
    let ran = Ran::of(command.env("LOGLEVEL", "debug").output().unwrap());
    assert!(ran.stderr.contains("none.yml") && !ran.stderr.contains("log_level"), "{ran:?}");
}
