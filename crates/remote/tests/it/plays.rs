//! A play from its first message to its summary, through the real interpreter, modules and kernel.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hep_core::frame::{FromHost, ToHost};
use hep_core::interp::{self, Control, Event, Report, Request, State, Summary};
use hep_core::node::{Node, NodeKind};
use hep_core::observe::{Ask, Reply, SourceBody, SourceFile};
use hep_core::program::{Action, Item, Play, Task};

use crate::executor::{Executor, sha256};

fn str(text: &str) -> Node {
    Node::bare(NodeKind::Str(text.into()))
}

pub(crate) fn task(id: u32, module: &str, args: &[(&str, &str)]) -> Task {
    let pairs = args.iter().map(|(name, value)| (str(name), str(value))).collect();
    Task {
        id,
        name: Some(str(&format!("task {id}"))),
        action: Action::Module(module.into()),
        args: Node::bare(NodeKind::Map(pairs)),
        ..Task::default()
    }
}

pub(crate) fn start(tasks: Vec<Task>, check: bool) -> ToHost {
    let items = tasks.into_iter().map(|task| Item::Task(Arc::new(task))).collect();
    ToHost::Play(Box::new(interp::Start {
        host: "web".into(),
        login: "root".into(),
        play: Arc::new(Play { items, gather_facts: Some(false), ..Play::default() }),
        options: interp::Options { check, ..interp::Options::default() },
        ..interp::Start::default()
    }))
}

/// Follows a play to its end, answering requests for files from a directory.
pub(crate) fn follow(executor: &mut Executor, files: &Path) -> (Vec<Report>, Summary) {
    let (mut reports, mut next) = (vec![], None);
    loop {
        match executor.receive() {
            FromHost::Event { number, event, .. } => {
                // The first may have been read before; from there on none is missing.
                assert_eq!(number, next.unwrap_or(number));
                next = Some(number + 1);
                if let Event::Finished(report) = *event {
                    reports.push(*report);
                }
            }
            FromHost::Request(request) => answer(executor, *request, files),
            FromHost::Output { .. } => {}
            FromHost::Done(summary) => return (reports, summary),
            other => panic!("{other:?}"),
        }
    }
}

fn answer(executor: &mut Executor, request: Request, files: &Path) {
    let Request::Asks { asks, .. } = request else {
        return executor.send(&ToHost::Control(Box::new(Control::Go)));
    };
    let reply = |ask: Ask| {
        let Ask::File(path) = &ask else { panic!("{ask:?}") };
        let content = fs::read(files.join(&**path)).unwrap();
        let (sha256, size) = (sha256(&content).into(), content.len() as u64);
        let body = SourceBody::File { sha256, size };
        let path = Arc::clone(path);
        (ask, Reply::File(SourceFile { path, mode: 0o644, supports_check: false, body }))
    };
    executor.send(&ToHost::Replies(asks.into_iter().map(reply).collect()));
}

#[test]
fn files_directories_and_commands_in_one_round() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("hello.txt"), "hello\n").unwrap();
    let target = dir.path().join("target");
    let inside = target.join("hello.txt");
    let tasks = || {
        vec![
            task(0, "file", &[("path", target.to_str().unwrap()), ("state", "directory")]),
            task(1, "copy", &[("src", "hello.txt"), ("dest", inside.to_str().unwrap())]),
            Task {
                register: Some("said".into()),
                ..task(2, "command", &[("cmd", &format!("cat {}", inside.display()))])
            },
            Task {
                when: vec![str("said.stdout != 'hello'")],
                ..task(3, "fail", &[("msg", "wrong")])
            },
        ]
    };
    let states = |reports: &[Report]| reports.iter().map(|report| report.state).collect::<Vec<_>>();

    let mut executor = Executor::start(&dir.path().join("cache"));
    executor.files.push(source.join("hello.txt"));
    executor.begin("run-1", 1);
    executor.send(&start(tasks(), true));
    let (reports, _) = follow(&mut executor, &source);
    assert_eq!(states(&reports)[..2], [State::Changed, State::Changed], "{reports:?}");
    assert!(!target.exists(), "a check changes nothing");

    executor.send(&start(tasks(), false));
    let (reports, summary) = follow(&mut executor, &source);
    let expected = [State::Changed, State::Changed, State::Changed, State::Skipped];
    assert_eq!(states(&reports), expected, "{reports:?}");
    assert_eq!((summary.changed, summary.skipped, summary.is_failed), (3, 1, false));
    assert_eq!(fs::read_to_string(&inside).unwrap(), "hello\n");
    assert_eq!(reports[2].result.get("stdout").and_then(|v| v.as_str()), Some("hello"));

    executor.send(&start(tasks(), false));
    let (reports, _) = follow(&mut executor, &source);
    assert_eq!(states(&reports)[..2], [State::Ok, State::Ok], "{reports:?}");
    executor.send(&ToHost::Ack { run: "run-1".into() });
    assert_eq!(executor.finish(), 0);
    assert_eq!(fs::read_dir(dir.path().join("cache/runs")).unwrap().count(), 0);
}

#[test]
fn facts_are_under_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let mut executor = Executor::start(dir.path());
    let args = [("msg", "{{ ansible_system }} {{ ansible_facts.os_family }}")];
    let ToHost::Play(mut play) = start(vec![task(0, "debug", &args)], false) else { panic!() };
    Arc::make_mut(&mut play.play).gather_facts = Some(true);
    executor.send(&ToHost::Play(play));
    let (reports, summary) = follow(&mut executor, dir.path());
    assert!(!summary.is_failed, "{reports:?}");
    let said = reports.last().and_then(|report| report.result.get("msg")?.as_str());
    assert!(said.is_some_and(|said| said.starts_with("Linux ")), "{reports:?}");
}

#[test]
fn cancel_ends_a_play() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    let mut executor = Executor::start(dir.path());
    executor.begin("run-1", 1);
    executor.send(&start(
        vec![
            task(0, "shell", &[("cmd", "echo begun; sleep 300")]),
            task(1, "command", &[("cmd", &format!("touch {}", mark.display()))]),
        ],
        false,
    ));
    while !matches!(executor.receive(), FromHost::Output { .. }) {}
    executor.send(&ToHost::Cancel);
    let (_, summary) = follow(&mut executor, dir.path());
    assert!(summary.is_cancelled, "{summary:?}");
    assert!(!mark.exists());
    // The executor lives on, and a new run is not cancelled.
    executor.begin("run-2", 1);
    let touch = format!("touch {}", mark.display());
    executor.send(&start(vec![task(0, "command", &[("cmd", &touch)])], false));
    let (_, summary) = follow(&mut executor, dir.path());
    assert_eq!((summary.changed, mark.exists()), (1, true));
}
