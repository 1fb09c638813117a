//! Every question, against a directory with one of everything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;

use hep_core::observe::{Answer, FileKind, Question};
use hep_core::query::Query;
use hep_remote::system::LocalSystem;

use crate::apply::{stat, text};
use crate::executor::sha256;

fn ask(question: Question) -> Answer {
    LocalSystem::new().answer(&[question]).remove(0)
}

/// The id of the message of a failed answer.
fn failed(answer: &Answer) -> &str {
    match answer {
        Answer::Failed(message) => &message.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stats() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("file"), "content").unwrap();
    fs::set_permissions(at("file"), fs::Permissions::from_mode(0o4751)).unwrap();
    symlink("file", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let file = stat(&at("file"), true).unwrap();
    assert_eq!((file.kind, file.mode, file.size), (FileKind::File, 0o4751, 7));
    assert_eq!(file.sha256.as_deref(), Some(sha256(b"content").as_str()));
    assert_eq!((file.owner.as_deref(), file.group.as_deref()), (Some("root"), Some("root")));
    let link = stat(&at("link"), false).unwrap();
    assert_eq!((link.kind, link.target.as_deref()), (FileKind::Link, Some("file")));
    assert_eq!(stat(&at("link"), true).unwrap().kind, FileKind::File);
    assert_eq!(stat(&at("dangling"), true), None);
    assert_eq!(stat(&at("dangling"), false).unwrap().kind, FileKind::Link);
    // Neither waits for a writer.
    assert_eq!(stat(&at("fifo"), true).unwrap().kind, FileKind::Fifo);
    let read = |name: &str, limit| ask(Question::Read { path: text(&at(name)), limit });
    assert_eq!(failed(&read("fifo", 10)), "remote.not_a_file");
    assert_eq!(failed(&read("file", 6)), "remote.too_large");
    assert_eq!(read("link", 7), Answer::Content(Some(b"content".to_vec().into())));
    assert_eq!(read("none", 7), Answer::Content(None));
    assert_eq!(read("file/below", 7), Answer::Content(None));
    let bad = Question::Stat { path: "relative".into(), follow: true, digest: false };
    assert_eq!(failed(&ask(bad)), "remote.bad_path");
    let home = Question::Stat { path: "~root".into(), follow: true, digest: false };
    assert!(matches!(ask(home), Answer::Stat(Some(stat)) if stat.kind == FileKind::Directory));
}

#[test]
fn lists_and_patterns() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("b/c")).unwrap();
    for name in ["b/c/file", "b.x", ".hidden.x", "a x.x"] {
        fs::write(at(name), "").unwrap();
    }
    symlink(dir.path(), at("b/loop")).unwrap();
    let list = |recurse| match ask(Question::List { path: text(dir.path()), recurse }) {
        Answer::Entries(Some(entries)) => {
            entries.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(list(false), [".hidden.x", "a x.x", "b", "b.x"]);
    assert_eq!(list(true), [".hidden.x", "a x.x", "b", "b.x", "b/c", "b/c/file", "b/loop"]);
    let none = Question::List { path: text(&at("none")), recurse: true };
    assert_eq!(ask(none), Answer::Entries(None));
    let glob = |pattern: &str| {
        let pattern = Arc::from(format!("{}/{pattern}", dir.path().display()));
        let Answer::Paths(paths) = ask(Question::Glob { pattern }) else { panic!() };
        let strip = |path: &Arc<str>| path[text(dir.path()).len() + 1..].to_owned();
        paths.iter().map(strip).collect::<Vec<_>>()
    };
    assert_eq!(glob("*.x"), ["a x.x", "b.x"]);
    assert_eq!(glob(".*.x"), [".hidden.x"]);
    assert_eq!(glob("b/*/f[h-j]le"), ["b/c/file"]);
    assert_eq!(glob("b.x"), ["b.x"]);
    assert_eq!(glob("none*"), [""; 0]);
}

#[test]
fn users_groups_programs_and_queries() {
    let user = |key: &str| match ask(Question::User(key.into())) {
        Answer::User(user) => user.map(|user| (user.name.to_string(), user.uid)),
        other => panic!("{other:?}"),
    };
    assert_eq!(user("root"), Some(("root".into(), 0)));
    assert_eq!(user("0"), Some(("root".into(), 0)));
    for key in ["no-such-user", "-h", "", "a:b", "4294967296"] {
        assert_eq!(user(key), None, "{key:?}");
    }
    let group = Question::Group("root".into());
    assert!(matches!(ask(group), Answer::Group(Some(group)) if group.gid == 0));
    let program = |name: &str| match ask(Question::Program(name.into())) {
        Answer::Program(path) => path.map(|path| path.to_string()),
        other => panic!("{other:?}"),
    };
    assert!(program("sh").is_some_and(|path| path.ends_with("/sh")));
    assert_eq!(program("/bin/sh").as_deref(), Some("/bin/sh"));
    assert_eq!(program("no-such-program"), None);
    assert_eq!(program("/etc/passwd"), None);
    let Answer::Output(output) = ask(Question::Query(Query::DpkgArchitecture)) else { panic!() };
    assert_eq!((output.rc, output.stdout.lossy().trim().is_empty()), (0, false));
    let query = Question::Query(Query::ServiceStatus("--help".into()));
    assert_eq!(failed(&ask(query)), "remote.bad_query");
    assert!(matches!(ask(Question::Now), Answer::Now(now) if now > 1_700_000_000_000));
}

#[test]
fn nothing_of_the_identity_s_environment_reaches_a_query() {
    // A query sees a fixed environment; its own language setting would change what it prints.
    let names = vec!["no-such-package".into()];
    let Answer::Output(output) = ask(Question::Query(Query::DpkgStatus(names))) else { panic!() };
    assert!(output.stderr.lossy().contains("no packages found"), "{output:?}");
}
