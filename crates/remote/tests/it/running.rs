//! Running programs and waiting for conditions.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::change::{Change, Content, Deed, Outcome, Run, Until, Wait};
use hep_core::frame::Stream;
use hep_remote::system::LocalSystem;

use crate::apply::{Alone, apply, names, text, word};

fn shell(line: &str) -> Run {
    let argv = ["/bin/sh", "-c", line].map(Arc::from).to_vec();
    Run { argv, ..Run::default() }
}

fn run(run: Run) -> Outcome {
    apply(&Change::Run(Box::new(run)))
}

fn out(outcome: &Outcome) -> String {
    let (Outcome::Done(deed) | Outcome::Failed(_, deed)) = outcome else { panic!("{outcome:?}") };
    deed.stdout.lossy().into_owned()
}

#[test]
fn a_command_gets_what_it_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().canonicalize().unwrap();
    let words = |words: &[&str]| words.iter().map(|word| Arc::from(*word)).collect::<Vec<_>>();
    let cases = [
        (Run { stdin: Some(b"in".to_vec().into()), ..shell("cat") }, "in".to_owned()),
        (shell("cat"), String::new()),
        (
            Run { stdin: Some(vec![b'x'; 3 << 20].into()), ..shell("wc -c") },
            format!("{}\n", 3 << 20),
        ),
        (Run { stdin: Some(vec![b'x'; 3 << 20].into()), ..shell("echo no") }, "no\n".into()),
        (Run { chdir: Some(text(&here)), ..shell("pwd") }, format!("{}\n", here.display())),
        (Run { env: vec![("A_B".into(), "x y".into())], ..shell("echo $A_B") }, "x y\n".into()),
        (Run { umask: Some(0o077), ..shell("umask") }, "0077\n".into()),
        (
            Run { argv: words(&["printf", "%s|", "a b", "$x", "*", ""]), ..Run::default() },
            "a b|$x|*||".into(),
        ),
    ];
    for (given, expected) in cases {
        let argv = given.argv.clone();
        let outcome = run(given);
        assert_eq!((word(&outcome), out(&outcome)), ("done", expected), "{argv:?}");
    }
}

#[test]
fn how_commands_fail() {
    let script = |argv: &[&str]| Run {
        argv: argv.iter().map(|word| Arc::from(*word)).collect(),
        ..Run::default()
    };
    let cases = [
        (shell("exit 3"), "remote.failed", Some(3)),
        (shell("kill -9 $$"), "remote.failed", Some(137)),
        (Run { any_rc: true, ..shell("exit 3") }, "done", Some(3)),
        (script(&["/no/such/program"]), "remote.not_found", Some(127)),
        (script(&["no-such-program"]), "remote.not_found", Some(127)),
        (script(&["/etc/passwd"]), "remote.not_executable", Some(126)),
        (script(&[]), "remote.no_argv", None),
        (script(&["a\0b"]), "remote.bad_argument", None),
        (Run { chdir: Some("/no/such".into()), ..shell("true") }, "remote.no_directory", None),
        (Run { chdir: Some("/etc/passwd".into()), ..shell("true") }, "remote.no_directory", None),
    ];
    for (given, id, rc) in cases {
        let argv = given.argv.clone();
        let outcome = run(given);
        assert_eq!(word(&outcome), id, "{argv:?}");
        let (Outcome::Done(deed) | Outcome::Failed(_, deed)) = outcome else { panic!() };
        assert_eq!(deed.rc, rc, "{argv:?}");
    }
}

#[test]
fn time_is_up_for_the_whole_group_and_what_was_printed_stays() {
    let begun = Instant::now();
    let outcome = run(Run {
        timeout_ms: Some(300),
        ..shell("echo before; (sleep 60; echo child) & sleep 60")
    });
    assert_eq!((word(&outcome), out(&outcome)), ("remote.timed_out", "before\n".into()));
    assert!(begun.elapsed() < Duration::from_secs(5));
    // One that does not want to end is killed.
    let begun = Instant::now();
    let outcome =
        run(Run { timeout_ms: Some(100), ..shell("trap '' TERM; while :; do sleep 1; done") });
    assert_eq!(word(&outcome), "remote.timed_out");
    assert!(begun.elapsed() < Duration::from_secs(12));
}

#[test]
fn a_background_process_with_the_output_open_holds_nothing_up() {
    let begun = Instant::now();
    let outcome = run(shell("echo started; sleep 30 &"));
    assert_eq!((word(&outcome), out(&outcome)), ("done", "started\n".into()));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn lines_are_whole_and_nothing_is_shown_of_a_secret_one() {
    let change = |secret| {
        let run = Run { secret, ..shell("printf 'a\\nb'; sleep 0.5; printf 'c\\nd'; echo e >&2") };
        Change::Run(Box::new(run))
    };
    let mut host = Alone::new();
    LocalSystem::new().apply(&change(false), &mut host);
    let printed: String = host
        .printed
        .iter()
        .filter(|(stream, _)| *stream == Stream::Out)
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(printed, "a\nbc\nd");
    let mut host = Alone::new();
    LocalSystem::new().apply(&change(true), &mut host);
    assert_eq!(host.printed, []);
}

#[test]
fn the_lock_of_another_package_manager_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let count = dir.path().join("count");
    let line = format!(
        "echo x >> {0}; [ $(wc -l < {0}) -ge 2 ] && exit 0; echo 'E: Could not get lock /var/lib/dpkg/lock-frontend' >&2; exit 100",
        count.display()
    );
    let outcome = run(Run { lock_wait_ms: Some(10_000), ..shell(&line) });
    assert_eq!(word(&outcome), "done");
    let outcome =
        run(Run { lock_wait_ms: Some(0), ..shell("echo 'Could not get lock' >&2; exit 100") });
    assert_eq!(word(&outcome), "remote.still_locked");
    let outcome = run(Run { lock_wait_ms: Some(10_000), ..shell("echo other >&2; exit 100") });
    assert_eq!(word(&outcome), "remote.failed");
}

#[test]
fn a_script_is_private_and_gone_afterwards() {
    let content =
        Content::Inline(b"#!/bin/sh\necho \"$1\"; stat -c %a \"$0\"; echo \"$0\"".to_vec().into());
    let outcome = run(Run {
        argv: ["%s", "an argument"].map(Arc::from).to_vec(),
        script: Some(content),
        ..Run::default()
    });
    let printed = out(&outcome);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..2], ["an argument", "700"]);
    assert!(!std::path::Path::new(lines[2]).exists());
}

#[test]
fn waiting() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (dir.path().join("here"), dir.path().join("there"));
    fs::write(&here, "one\nready 42\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = free.local_addr().unwrap().port();
    drop(free);
    let path = |path: &std::path::Path, present, search: Option<&str>| Until::Path {
        path: text(path),
        present,
        search: search.map(Arc::from),
    };
    let port = |port, open| Until::Port {
        host: "127.0.0.1".into(),
        port,
        connect_timeout_ms: 500,
        open,
        search: None,
    };
    let cases = [
        (Until::Elapsed, "done", None),
        (path(&here, true, None), "done", None),
        (path(&here, true, Some("^ready \\d+$")), "done", Some("ready 42")),
        (path(&here, true, Some("never")), "remote.wait_timeout", None),
        (path(&here, true, Some("(")), "remote.bad_search", None),
        (path(&here, false, None), "remote.wait_timeout", None),
        (path(&there, false, None), "done", None),
        (path(&there, true, None), "remote.wait_timeout", None),
        (port(open, true), "done", None),
        (port(open, false), "remote.wait_timeout", None),
        (port(closed, true), "remote.wait_timeout", None),
        (port(closed, false), "done", None),
        (Until::Drained { port: closed }, "done", None),
    ];
    for (until, id, matched) in cases {
        let wait = Wait { until: until.clone(), delay_ms: 0, sleep_ms: 50, timeout_ms: 200 };
        let outcome = apply(&Change::Wait(wait));
        assert_eq!(word(&outcome), id, "{until:?}");
        if let Outcome::Done(Deed { matched: found, .. }) = &outcome {
            assert_eq!(found.as_deref(), matched, "{until:?}");
        }
    }
    assert_eq!(names(dir.path()), ["here"]);
}

#[test]
fn a_wait_is_cancelled_at_once() {
    let mut host = Alone::new();
    let cancel = Arc::clone(&host.cancel);
    let wait = Wait { until: Until::Elapsed, delay_ms: 0, sleep_ms: 0, timeout_ms: 60_000 };
    let begun = Instant::now();
    let raiser = std::thread::spawn(move || cancel.raise());
    let outcome = LocalSystem::new().apply(&Change::Wait(wait), &mut host);
    raiser.join().unwrap();
    assert_eq!(outcome, Outcome::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
