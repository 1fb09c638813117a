//! Two runs that change one host at the same time: one waits for the other.

use std::fs;
use std::path::Path;

use hep_core::frame::{FromHost, ToHost};
use hep_core::interp::{Control, Request, State};
use tempfile::TempDir;

use crate::executor::Executor;
use crate::plays::{follow, start, task};

const HOUR_MS: u64 = 3_600_000;

/// Two executors on one host: the first changes it until `go` is there, then leaves `made`; the second
/// wants to make that as well, and waits.
struct Rivals {
    dir: TempDir,
    first: Executor,
    second: Executor,
}

impl Rivals {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("cache");
        let (mut first, mut second) = (Executor::start(&cache), Executor::start(&cache));
        let [go, made] = [dir.path().join("go"), dir.path().join("made")];
        let line = format!(
            "echo begun; while [ -d {} ] && ! [ -e {} ]; do sleep 0.05; done; echo first >{}",
            cache.display(),
            go.display(),
            made.display()
        );
        first.begin("a-1", 1);
        first.send(&start(vec![task(0, "shell", &[("cmd", &line)])], false));
        while !matches!(first.receive(), FromHost::Output { .. }) {}
        second.begin_patient("b-1", 1, HOUR_MS);
        let line = format!("echo second >{}", made.display());
        let second_task = task(0, "shell", &[("cmd", &line), ("creates", made.to_str().unwrap())]);
        second.send(&start(vec![second_task], false));
        loop {
            if let FromHost::Note(message) = second.receive() {
                assert_eq!((&*message.id, message.arg("run")), ("remote.waiting", Some("a")));
                return Self { dir, first, second };
            }
        }
    }
}

#[test]
fn who_has_waited_looks_anew_before_it_changes_anything() {
    let Rivals { dir, mut first, mut second } = Rivals::new();
    fs::write(dir.path().join("go"), "").unwrap();
    let (reports, _) = follow(&mut first, Path::new("/"));
    assert_eq!(reports[0].state, State::Changed);
    let (reports, summary) = follow(&mut second, Path::new("/"));
    assert_eq!((reports[0].state, summary.is_failed), (State::Ok, false), "{reports:?}");
    assert_eq!(fs::read_to_string(dir.path().join("made")).unwrap(), "first\n");
}

#[test]
fn a_cancel_ends_the_waiting() {
    let Rivals { mut second, first: _first, dir } = Rivals::new();
    second.send(&ToHost::Cancel);
    let (_, summary) = follow(&mut second, Path::new("/"));
    assert!(summary.is_cancelled, "{summary:?}");
    assert!(!dir.path().join("made").exists());
}

#[test]
fn the_end_of_the_line_ends_the_waiting() {
    let Rivals { second, first: _first, dir } = Rivals::new();
    second.finish();
    assert!(!dir.path().join("made").exists());
}

#[test]
fn without_patience_it_is_refused_at_once() {
    let Rivals { dir, first: _first, second: _second } = Rivals::new();
    let mut third = Executor::start(&dir.path().join("cache"));
    third.begin("c-1", 1);
    third.send(&start(vec![task(0, "shell", &[("cmd", "true")])], false));
    let (reports, summary) = follow(&mut third, Path::new("/"));
    let message = reports[0].message.as_ref().unwrap();
    assert_eq!((&*message.id, message.arg("waited")), ("remote.in_use", Some("0")));
    assert!(summary.is_failed && !reports[0].changed, "{reports:?}");
}

#[test]
fn a_host_that_waits_for_others_is_free_for_other_runs() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let tasks = |name: &str| vec![task(0, "shell", &[("cmd", &format!("echo >{}", path(name)))])];
    let (mut first, mut second) = (Executor::start(dir.path()), Executor::start(dir.path()));
    first.begin("a-1", 1);
    let mut two = tasks("one");
    two.extend([task(1, "shell", &[("cmd", "true")])]);
    let ToHost::Play(mut play) = start(two, false) else { panic!() };
    play.options.barriers = true;
    first.send(&ToHost::Play(play));
    let barrier = Request::Barrier { task: 1 };
    while !matches!(first.receive(), FromHost::Request(request) if *request == barrier) {}
    second.begin("b-1", 1);
    second.send(&start(tasks("two"), false));
    let (reports, _) = follow(&mut second, Path::new("/"));
    assert_eq!(reports[0].state, State::Changed, "{reports:?}");
    // And after a play, although the run may have more of them.
    first.send(&ToHost::Control(Box::new(Control::Go)));
    let (reports, summary) = follow(&mut first, Path::new("/"));
    assert!(!summary.is_failed, "{reports:?}");
}
