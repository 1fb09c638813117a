//! The server's database, opened by whoever can: first users and tokens, sealed secrets, the audit log.

use super::desk::{Desk, Ran};

/// `hep` with a state directory on the desk.
fn hep(desk: &Desk, words: &[&str]) -> std::process::Command {
    let mut command = desk.command(words);
    command.env("HEP_STATE_DIRECTORY", desk.path("state"));
    command
}

fn run(desk: &Desk, words: &[&str]) -> Ran {
    Ran::of(hep(desk, words).output().unwrap())
}

fn fed(desk: &Desk, words: &[&str], input: &str) -> Ran {
    use std::io::Write as _;
    let mut child = hep(desk, words).stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn first_steps_need_no_server() {
    let desk = Desk::new();
    let create = ["admin", "create-user", "ana", "--role", "admin", "--password-stdin"];
    let short = fed(&desk, &create, "short\n");
    assert!(short.code == 1 && short.stderr.contains("at least 8 characters"), "{short:?}");
    let made = fed(&desk, &create, "correct horse\n");
    assert_eq!((made.code, made.stdout.as_str(), made.stderr.as_str()), (0, "", ""));
    let twice = fed(&desk, &create, "correct horse\n");
    assert!(twice.code == 1 && twice.stderr.contains("already"), "{twice:?}");
    let token = run(&desk, &["admin", "create-token", "ana", "--verbs", "view,run"]);
    assert!(token.code == 0 && token.stdout.starts_with("hep_"), "{token:?}");
    let bad = run(&desk, &["admin", "create-token", "ana", "--verbs", "fly"]);
    assert!(bad.code == 1 && bad.stderr.contains("`fly` is no verb"), "{bad:?}");
    let reset = fed(&desk, &["admin", "reset-password", "ana", "--password-stdin"], "new password");
    assert_eq!(reset.code, 0, "{reset:?}");
    assert_eq!(run(&desk, &["admin", "unlock", "ana"]).code, 0);
    assert_eq!(run(&desk, &["admin", "unlock", "bob"]).code, 1);
    let log = run(&desk, &["audit", "export"]);
    let verbs: Vec<_> = log.objects().iter().map(|line| line["verb"].clone()).collect();
    assert_eq!(verbs, ["user.create", "token.create", "user.set_password", "user.unlock"]);
    let one = run(&desk, &["audit", "export", "--format", "syslog", "--verb", "token.create"]);
    assert!(one.stdout.lines().count() == 1 && one.stdout.starts_with("<109>1 "), "{one:?}");
    let secrets = ["correct horse", "new password", token.stdout.trim()];
    let database = std::fs::read(desk.path("state/hep.db")).unwrap();
    for secret in secrets {
        assert!(!log.stdout.contains(secret));
        let found = database.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "a secret lies open in the database");
    }
}

#[test]
fn the_configuration_is_checked_as_a_start_would() {
    let desk = Desk::new();
    let half = desk.file("half.yml", "tls:\n  cert: /nowhere/cert.pem\n");
    let pair = desk.file("pair.yml", "tls: {cert: /nowhere/cert.pem, key: /nowhere/key.pem}\n");
    let authority = desk.file("authority.yml", "node: {ca: /nowhere/ca.pem}\n");
    let wrong = desk.file("wrong.yml", "stop:\n  grace: soon\n");
    let fine = desk.file("fine.yml", "stop: {drain: 5s, grace: 1m}\n");
    let cases = [
        (half, 1, "belong together"),
        (pair, 1, "/nowhere/cert.pem"),
        (authority, 1, "/nowhere/ca.pem"),
        (wrong, 1, "Cannot set `stop.grace` to `soon`"),
        (desk.path("missing.yml"), 1, "Cannot read the configuration"),
        (fine, 0, "fine.yml is fine"),
    ];
    for (file, code, expected) in cases {
        let ran = run(&desk, &["config", "check", file.to_str().unwrap()]);
        assert!(ran.code == code && ran.stderr.contains(expected), "{expected}: {ran:?}");
    }
}

#[test]
fn a_wrong_or_missing_master_key_stops_before_anything_is_done() {
    let desk = Desk::new();
    assert_eq!(run(&desk, &["admin", "create-user", "ana"]).code, 0);
    let key = desk.path("state/master.key");
    let rotated = run(&desk, &["secrets", "rotate"]);
    assert!(rotated.code == 0 && rotated.stderr.contains("master key"), "{rotated:?}");
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!(text.lines().count(), 2);
    let newest = text.lines().next().unwrap();
    let oldest = text.lines().last().unwrap();
    let given = desk.file("given.key", &format!("# ours\n{newest}\n"));
    let with = |file: &std::path::Path| {
        let words = ["admin", "create-user", "bob"];
        Ran::of(hep(&desk, &words).env("HEP_MASTER_KEY_FILE", file).output().unwrap())
    };
    assert_eq!(with(&given).code, 0);
    let cases = [
        (desk.file("old.key", oldest), "which is not in"),
        (desk.file("bad.key", "hello\n"), "line 1 holds none"),
        (desk.path("missing.key"), "there is no master key in"),
    ];
    for (file, expected) in cases {
        let ran = with(&file);
        assert!(ran.code == 1 && ran.stderr.contains(expected), "{expected}: {ran:?}");
    }
    std::fs::remove_file(&key).unwrap();
    let ran = run(&desk, &["admin", "create-user", "eve"]);
    assert!(ran.code == 1 && ran.stderr.contains("there is no master key in"), "{ran:?}");
    assert!(!key.exists());
    let credential = desk.file("credentials/hep-master-key", newest);
    let folder = credential.parent().unwrap();
    let words = ["admin", "create-user", "eve"];
    let ran = Ran::of(hep(&desk, &words).env("CREDENTIALS_DIRECTORY", folder).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
}
