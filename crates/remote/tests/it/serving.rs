//! The loop: greeting, questions, changes, blobs, cancel, journal, the end of the line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::change::{Attrs, Before, Change, Content, Outcome, Run};
use hep_core::frame::{FromHost, Stream, ToHost};
use hep_core::interp::Identity;
use hep_core::observe::{Answer, Question};

use crate::executor::{Executor, sha256};

fn shell(line: &str) -> Change {
    let argv = ["/bin/sh", "-c", line].map(Arc::from).to_vec();
    Change::Run(Box::new(Run { argv, ..Run::default() }))
}

fn apply(id: u32, change: Change) -> ToHost {
    ToHost::Apply {
        id,
        identity: Identity::Login,
        task: 7,
        change: Box::new(change),
        no_log: false,
    }
}

/// The outcome of the change under way, and what it printed.
fn outcome(executor: &mut Executor) -> (Outcome, String) {
    let mut printed = String::new();
    loop {
        match executor.receive() {
            FromHost::Output { task: 7, bytes, .. } => printed.push_str(&bytes.lossy()),
            FromHost::Outcome { outcome, .. } => return (*outcome, printed),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_greets_answers_and_applies() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    assert_eq!(executor.hello.uid, rustix::process::geteuid().as_raw());
    let questions = vec![Question::Program("sh".into()), Question::Facts];
    executor.send(&ToHost::Observe { id: 3, identity: Identity::Login, questions });
    let FromHost::Answers { id: 3, answers } = executor.receive() else { panic!() };
    assert!(matches!(&answers[0], Answer::Program(Some(_))));
    let Answer::Facts(facts) = &answers[1] else { panic!("{answers:?}") };
    // By these names modules ask for them: `package`, and `command` for what `$HOME` is.
    for name in ["pkg_mgr", "env"] {
        assert!(facts.get(name).is_some(), "{name}: {facts:?}");
    }
    executor.send(&apply(4, shell("echo out; echo err >&2; exit 3")));
    let (outcome, printed) = outcome(&mut executor);
    let Outcome::Failed(message, deed) = outcome else { panic!("{outcome:?}") };
    assert_eq!((message.id.as_ref(), deed.rc), ("remote.failed", Some(3)));
    assert_eq!((&*deed.stdout.lossy(), &*deed.stderr.lossy()), ("out\n", "err\n"));
    assert_eq!(printed.len(), 8);
    assert_eq!(executor.finish(), 0);
}

#[test]
fn another_executor_is_not_served() {
    let dir = tempfile::tempdir().unwrap();
    let cache = format!("--cache={}", dir.path().display());
    let hash = "0".repeat(64);
    let mut command = crate::executor::command();
    let mut executor = Executor::spawn(command.args(["serve", &hash, &cache]));
    let FromHost::Fault(message) = executor.receive() else { panic!() };
    assert_eq!(message.id, "remote.other_executor");
}

#[test]
fn broken_frames_end_it_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.send_raw(&[0xff; 64]);
    let FromHost::Fault(message) = executor.receive() else { panic!() };
    assert_eq!(message.id, "remote.broken_frames");
    assert_eq!(executor.finish(), 1);
}

#[test]
fn a_file_of_the_controller_comes_once() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source");
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&source, &content).unwrap();
    let mut executor = Executor::start(&dir.path().join("cache"));
    executor.files.push(source);
    for name in ["a", "b"] {
        let path = dir.path().join(name);
        executor.send(&apply(
            1,
            Change::WriteFile {
                path: path.to_str().unwrap().into(),
                content: Content::Blob {
                    sha256: sha256(&content).into(),
                    size: content.len() as u64,
                },
                attrs: Attrs::default(),
                before: Before::Absent,
                backup: false,
                validate: None,
            },
        ));
        let (outcome, _) = outcome(&mut executor);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
        assert!(std::fs::read(path).unwrap() == content);
        // The second time it must be in the store.
        executor.files.clear();
    }
}

#[test]
fn output_comes_while_the_command_runs_and_cancel_ends_its_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.send(&apply(1, shell("sleep 300 & echo $!; wait")));
    let FromHost::Output { bytes, stream: Stream::Out, .. } = executor.receive() else { panic!() };
    let pid: i32 = bytes.lossy().trim().parse().unwrap();
    let begun = Instant::now();
    executor.send(&ToHost::Cancel);
    let (outcome, _) = outcome(&mut executor);
    assert_eq!(outcome, Outcome::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(4));
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(is_gone(pid), "the child of the shell still runs");
    assert_eq!(executor.finish(), 0);
}

/// Whether the process has ended; a zombie has.
fn is_gone(pid: rustix::process::Pid) -> bool {
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let ended = |text: String| text.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z"));
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        if std::fs::read_to_string(&path).map_or(true, ended) {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn when_the_line_drops_the_change_in_hand_is_finished_and_told_later() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    let go = dir.path().join("go");
    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 1);
    let line = format!(
        "echo begun; while ! [ -e {} ]; do sleep 0.05; done; echo done > {}",
        go.display(),
        mark.display()
    );
    executor.send(&apply(1, shell(&line)));
    assert!(matches!(executor.receive(), FromHost::Output { .. }));
    executor.send(&apply(2, shell("echo never")));
    drop(executor.stdin.take());
    std::fs::write(&go, "").unwrap();
    executor.finish();
    assert!(mark.exists());

    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 2);
    let FromHost::Journal(journal) = executor.receive() else { panic!() };
    assert!(journal.closed);
    assert_eq!(journal.records.len(), 1);
    assert!(matches!(journal.records[0].outcome.as_deref(), Some(Outcome::Done(_))));
    executor.send(&ToHost::Ack { run: "run-1".into() });
    executor.begin("run-1", 1);
    executor.send(&ToHost::Observe { id: 1, identity: Identity::Login, questions: vec![] });
    assert!(matches!(executor.receive(), FromHost::Answers { .. }), "the journal is gone");
}

#[test]
fn a_killed_executor_leaves_an_unknown_outcome() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 5);
    executor.send(&apply(1, shell("echo begun; read x")));
    executor.send(&apply(2, shell("echo begun; sleep 100")));
    assert!(matches!(executor.receive(), FromHost::Output { .. }));
    while !matches!(executor.receive(), FromHost::Output { .. }) {}
    executor.child.kill().unwrap();
    executor.child.wait().unwrap();

    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 4);
    let FromHost::Fault(message) = executor.receive() else { panic!() };
    assert_eq!(message.id, "remote.fenced");
    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 6);
    let FromHost::Journal(journal) = executor.receive() else { panic!() };
    assert_eq!(journal.records.len(), 2);
    assert!(journal.records[0].outcome.is_some());
    assert!(journal.records[1].outcome.is_none() && !journal.closed);
    assert_eq!(executor.finish(), 0);

    // Another run is told of it too, until it says that it knows.
    let told = |run: &str, known: bool| {
        let mut executor = Executor::start(dir.path());
        executor.begin(run, 1);
        executor.send(&ToHost::Observe { id: 1, identity: Identity::Login, questions: vec![] });
        let mut told = vec![];
        while let FromHost::Journal(journal) = executor.receive() {
            told.push((journal.run.to_string(), journal.records.len(), journal.busy));
        }
        if known {
            executor.send(&ToHost::Ack { run: "run-1".into() });
        }
        assert_eq!(executor.finish(), 0);
        told
    };
    let left = ("run-1".to_owned(), 2, false);
    assert_eq!(told("other-1", false), std::slice::from_ref(&left));
    assert_eq!(told("other-2", true), [left]);
    assert_eq!(told("third-1", true), []);
}

#[test]
fn only_looking_it_ends_with_the_line() {
    let dir = tempfile::tempdir().unwrap();
    let executor = Executor::start(dir.path());
    let begun = Instant::now();
    assert_eq!(executor.finish(), 0);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_hundred_megabytes_of_output_do_not_stay_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.send(&apply(1, shell("yes 0123456789abcdef | head -c 100000000")));
    let mut size = 0;
    let outcome = loop {
        match executor.receive() {
            FromHost::Output { bytes, .. } => size += bytes.0.len(),
            FromHost::Outcome { outcome, .. } => break outcome,
            other => panic!("{other:?}"),
        }
    };
    let Outcome::Done(deed) = *outcome else { panic!("{outcome:?}") };
    assert_eq!(size, 100_000_000);
    assert!(deed.stdout.0.len() <= (1 << 20) + 100);
    assert!(deed.stdout.lossy().contains("98951424 bytes cut"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", executor.hello.pid)).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 40_000, "{peak} kB");
}

#[test]
fn without_a_run_a_cancel_ends_only_what_was_asked_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.send(&apply(1, shell("echo begun; sleep 300")));
    assert!(matches!(executor.receive(), FromHost::Output { .. }));
    executor.send(&apply(2, shell("true")));
    executor.send(&ToHost::Cancel);
    executor.send(&apply(3, shell("true")));
    let outcomes: Vec<Outcome> = (0..3).map(|_| outcome(&mut executor).0).collect();
    assert_eq!(outcomes[..2], [Outcome::Cancelled, Outcome::Cancelled]);
    assert!(matches!(outcomes[2], Outcome::Done(_)), "{outcomes:?}");
}

#[test]
fn a_cancel_close_behind_a_start_is_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    for round in 0..50 {
        executor.begin(&format!("run-{round}"), 1);
        executor.send(&ToHost::Cancel);
        executor.send(&apply(1, shell("true")));
        assert_eq!(outcome(&mut executor).0, Outcome::Cancelled, "round {round}");
    }
    executor.begin("last", 1);
    executor.send(&apply(1, shell("true")));
    assert!(matches!(outcome(&mut executor).0, Outcome::Done(_)));
}

#[test]
fn a_wait_ends_with_the_line() {
    use hep_core::change::{Until, Wait};
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 1);
    let wait = Wait { until: Until::Elapsed, delay_ms: 0, sleep_ms: 0, timeout_ms: 600_000 };
    executor.send(&apply(1, Change::Wait(wait)));
    let begun = Instant::now();
    executor.finish();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_file_that_cannot_be_sent_and_one_that_is_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut executor = Executor::start(dir.path());
    let change = || Change::WriteFile {
        path: path.to_str().unwrap().into(),
        content: Content::Blob { sha256: sha256(b"never sent").into(), size: 10 },
        attrs: Attrs::default(),
        before: Before::Absent,
        backup: false,
        validate: None,
    };
    executor.send(&apply(1, change()));
    let (outcome, _) = outcome(&mut executor);
    assert!(
        matches!(&outcome, Outcome::Failed(message, _) if message.id == "remote.blob_unavailable")
    );
    executor.send(&apply(2, change()));
    while !matches!(executor.try_receive(), Some(FromHost::Need { .. })) {}
    executor.send(&ToHost::Cancel);
    let FromHost::Outcome { outcome, .. } = executor.receive() else { panic!() };
    assert_eq!(*outcome, Outcome::Cancelled);
    assert!(!path.exists());
}
