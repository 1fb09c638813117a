//! Every change on a directory of its own: cases as data, and what must not happen.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use hep_core::change::{Attrs, Before, Change, Content, Deed, Outcome};
use hep_core::frame::Stream;
use hep_core::message::{Message, remote};
use hep_core::observe::{Answer, Question, Stat};
use hep_remote::cancel::Cancel;
use hep_remote::system::{Host, LocalSystem};

/// A host that has no files and keeps what was printed.
pub(crate) struct Alone {
    pub(crate) cancel: Arc<Cancel>,
    pub(crate) printed: Vec<(Stream, String)>,
}

impl Alone {
    pub(crate) fn new() -> Self {
        Self { cancel: Arc::new(Cancel::new().unwrap()), printed: vec![] }
    }
}

impl Host for Alone {
    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        self.printed.push((stream, String::from_utf8_lossy(bytes).into_owned()));
    }

    fn blob(&mut self, sha256: &str, _size: u64) -> Result<fs::File, Message> {
        Err(remote::blob_unavailable(sha256, "a test"))
    }

    fn cancel(&self) -> Arc<Cancel> {
        Arc::clone(&self.cancel)
    }
}

pub(crate) fn apply(change: &Change) -> Outcome {
    LocalSystem::new().apply(change, &mut Alone::new())
}

/// The id of the message, or `done`.
pub(crate) fn word(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done(_) => "done",
        Outcome::Failed(message, _) | Outcome::Refused(message) => &message.id,
        Outcome::Late => "late",
        Outcome::Cancelled => "cancelled",
    }
}

pub(crate) fn stat(path: &Path, follow: bool) -> Option<Stat> {
    let path = path.to_str().unwrap().into();
    let question = Question::Stat { path, follow, digest: true };
    match LocalSystem::new().answer(&[question]).remove(0) {
        Answer::Stat(stat) => stat.map(|stat| *stat),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn text(path: &Path) -> Arc<str> {
    path.to_str().unwrap().into()
}

pub(crate) fn write(path: &Path, content: &str, before: Before) -> Change {
    Change::WriteFile {
        path: text(path),
        content: Content::Inline(content.as_bytes().to_vec().into()),
        attrs: Attrs::default(),
        before,
        backup: false,
        validate: None,
    }
}

/// Names of everything in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_written_whole_and_keeps_what_is_not_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    assert_eq!(word(&apply(&write(&path, "one", Before::Absent))), "done");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::chown(&path, Some(1234), Some(1235)).unwrap();
    let before = Before::of(stat(&path, false).as_ref());
    assert_eq!(word(&apply(&write(&path, "two", before.clone()))), "done");
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.uid(), meta.gid()), (0o640, 1234, 1235));
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    // The same plan again: what it saw is no longer there.
    assert_eq!(word(&apply(&write(&path, "three", before))), "remote.changed_meanwhile");
    assert_eq!(word(&apply(&write(&path, "three", Before::Absent))), "remote.changed_meanwhile");
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(names(dir.path()), ["f"]);
}

#[test]
fn owner_mode_backup_and_validation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "old").unwrap();
    let change = |mode, backup, validate: Option<&[&str]>| Change::WriteFile {
        path: text(&path),
        content: Content::Inline(b"new".to_vec().into()),
        attrs: Attrs { uid: Some(7), group: Some("root".into()), mode, ..Attrs::default() },
        before: Before::Any,
        backup,
        validate: validate.map(|words| words.iter().map(|word| Arc::from(*word)).collect()),
    };
    for (validate, expected) in [
        (&["false", "%s"][..], "remote.validate_failed"),
        (&["true"], "remote.validate_no_place"),
        (&["/no/such/program", "%s"], "remote.validate_failed"),
    ] {
        assert_eq!(word(&apply(&change(None, true, Some(validate)))), expected);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(dir.path()), ["f"]);
    }
    let grep = ["grep", "-q", "new", "%s"];
    let Outcome::Done(Deed { backup: Some(backup), .. }) =
        apply(&change(Some(0o4711), true, Some(&grep)))
    else {
        panic!("no backup")
    };
    assert_eq!(fs::read_to_string(&*backup).unwrap(), "old");
    assert!(backup.ends_with('~'));
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.uid(), meta.gid()), (0o4711, 7, 0));
    assert_eq!(
        word(&apply(&Change::SetAttrs {
            path: text(&path),
            attrs: Attrs { owner: Some("no-such-user".into()), ..Attrs::default() },
            follow: true,
            before: Before::Any,
        })),
        "remote.no_user"
    );
}

#[test]
fn a_link_is_replaced_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("target"), dir.path().join("link"));
    fs::write(&target, "mine").unwrap();
    symlink(&target, &link).unwrap();
    assert_eq!(word(&apply(&write(&link, "new", Before::Any))), "done");
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
}

#[test]
fn a_file_of_the_host_is_copied_only_as_observed() {
    let dir = tempfile::tempdir().unwrap();
    let (source, path) = (dir.path().join("source"), dir.path().join("f"));
    fs::write(&source, "content").unwrap();
    let sha256 = stat(&source, true).unwrap().sha256.unwrap();
    let change = Change::WriteFile {
        path: text(&path),
        content: Content::HostFile { path: text(&source), sha256 },
        attrs: Attrs::default(),
        before: Before::Any,
        backup: false,
        validate: None,
    };
    assert_eq!(word(&apply(&change)), "done");
    fs::write(&source, "another").unwrap();
    assert_eq!(word(&apply(&change)), "remote.content_differs");
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
}

#[test]
fn directories_links_times_and_attributes() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let make = |name: &str, mode| Change::MakeDirectory {
        path: text(&at(name)),
        attrs: Attrs { mode, ..Attrs::default() },
        before: Before::Absent,
    };
    let mode = |name: &str| fs::symlink_metadata(at(name)).unwrap().mode() & 0o7777;
    assert_eq!(word(&apply(&make("d", Some(0o1770)))), "done");
    assert_eq!(mode("d"), 0o1770);
    assert_eq!(word(&apply(&make("e", None))), "done");
    assert_eq!(mode("e"), 0o755);
    assert_eq!(word(&apply(&make("e", None))), "remote.changed_meanwhile");
    assert_eq!(word(&apply(&make("no/d", None))), "remote.no_parent");

    let link = |name: &str, target: &str, hard| Change::MakeLink {
        path: text(&at(name)),
        target: target.into(),
        hard,
        before: Before::Any,
    };
    fs::write(at("f"), "x").unwrap();
    assert_eq!(word(&apply(&link("l", "f", false))), "done");
    assert_eq!(fs::read_link(at("l")).unwrap(), Path::new("f"));
    assert_eq!(word(&apply(&link("l", "other", false))), "done");
    assert_eq!(fs::read_link(at("l")).unwrap(), Path::new("other"));
    assert_eq!(word(&apply(&link("h", &text(&at("f")), true))), "done");
    assert_eq!(word(&apply(&link("h", &text(&at("f")), true))), "done");
    assert_eq!(fs::metadata(at("f")).unwrap().nlink(), 2);
    assert_eq!(word(&apply(&link("d", "f", false))), "remote.cannot_link");

    let touch = |name: &str, mtime_ns| Change::Touch {
        path: text(&at(name)),
        mtime_ns,
        atime_ns: Some(1_500_000_000_000_000_001),
        before: Before::Any,
    };
    assert_eq!(word(&apply(&touch("t", Some(-1)))), "done");
    let now = stat(&at("t"), false).unwrap();
    assert_eq!((now.mtime_ns, now.atime_ns), (-1, 1_500_000_000_000_000_001));
    assert_eq!((now.size, now.mode), (0, 0o644));
    assert_eq!(word(&apply(&touch("l", Some(5)))), "done");
    assert_eq!(stat(&at("l"), false).unwrap().mtime_ns, 5);
    assert!(!at("other").exists(), "a link is touched, not its target");

    let set = |follow| Change::SetAttrs {
        path: text(&at("g")),
        attrs: Attrs { uid: Some(3), mode: Some(0o600), ..Attrs::default() },
        follow,
        before: Before::Any,
    };
    symlink("f", at("g")).unwrap();
    assert_eq!(word(&apply(&set(false))), "done");
    assert_eq!(fs::symlink_metadata(at("g")).unwrap().uid(), 3);
    assert_eq!((mode("f"), fs::metadata(at("f")).unwrap().uid()), (0o644, 0));
    // The link is another user's now, so it must not lead a change anywhere.
    assert_eq!(word(&apply(&set(true))), "remote.untrusted_link");
    std::os::unix::fs::lchown(at("g"), Some(0), None).unwrap();
    assert_eq!(word(&apply(&set(true))), "done");
    assert_eq!((mode("f"), fs::metadata(at("f")).unwrap().uid()), (0o600, 3));
}

#[test]
fn removing() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let remove = |name: &str, recurse, before| {
        word(&apply(&Change::Remove { path: text(&at(name)), recurse, before })).to_owned()
    };
    fs::create_dir_all(at("d/e/f")).unwrap();
    fs::create_dir(at("outside")).unwrap();
    fs::write(at("outside/kept"), "x").unwrap();
    symlink(at("outside"), at("d/e/link")).unwrap();
    fs::write(at("d/\nname 'with\" everything"), "x").unwrap();
    fs::write(at("d/-rf"), "x").unwrap();
    assert_eq!(remove("d", false, Before::Any), "remote.cannot_remove");
    assert_eq!(remove("d", true, Before::Absent), "remote.changed_meanwhile");
    assert_eq!(remove("d", true, Before::Any), "done");
    assert!(!at("d").exists() && at("outside/kept").exists());
    symlink(at("outside"), at("link")).unwrap();
    assert_eq!(remove("link", true, Before::Any), "done");
    assert!(at("outside/kept").exists());
    assert_eq!(remove("nothing", true, Before::Any), "done");
}

#[test]
fn paths_that_cannot_be() {
    for (path, expected) in [
        ("relative", "remote.bad_path"),
        ("/a\0b", "remote.bad_path"),
        ("~no-such-user/x", "remote.no_home"),
        ("/dev/null/x", "remote.no_parent"),
        ("/no/such/directory/x", "remote.no_parent"),
        ("/etc", "remote.is_directory"),
        ("/", "remote.is_directory"),
    ] {
        let change = write(Path::new(path), "x", Before::Any);
        assert_eq!(word(&apply(&change)), expected, "{path:?}");
    }
}
