//! Another user who wants a change made by root to land elsewhere, and names made to confuse.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hep_core::change::{Attrs, Before, Change};
use hep_core::observe::{Answer, Question};
use hep_remote::system::LocalSystem;
use proptest::prelude::*;

use crate::apply::{apply, names, stat, text, word, write};

/// A directory of the user 1234 in one of root's.
fn theirs(dir: &Path) -> std::path::PathBuf {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    let path = dir.join("theirs");
    fs::create_dir(&path).unwrap();
    lchown(&path, Some(1234), Some(1234)).unwrap();
    path
}

#[test]
fn a_directory_swapped_for_a_link_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = theirs(dir.path());
    let precious = dir.path().join("precious");
    fs::create_dir(&precious).unwrap();
    fs::write(precious.join("f"), "precious").unwrap();
    symlink(&precious, theirs.join("sub")).unwrap();
    for owner in [1234, 0] {
        // Even root's own link: its directory's owner can move it about.
        lchown(theirs.join("sub"), Some(owner), Some(owner)).unwrap();
        let path = theirs.join("sub/f");
        let changes = [
            write(&path, "evil", Before::Any),
            Change::Remove { path: text(&path), recurse: true, before: Before::Any },
            Change::MakeDirectory {
                path: text(&theirs.join("sub/new")),
                attrs: Attrs::default(),
                before: Before::Any,
            },
            Change::SetAttrs {
                path: text(&path),
                attrs: Attrs { mode: Some(0o777), ..Attrs::default() },
                follow: true,
                before: Before::Any,
            },
            Change::Touch {
                path: text(&path),
                mtime_ns: Some(1),
                atime_ns: None,
                before: Before::Any,
            },
            Change::MakeLink {
                path: text(&path),
                target: "/etc/passwd".into(),
                hard: false,
                before: Before::Any,
            },
        ];
        for change in changes {
            assert_eq!(word(&apply(&change)), "remote.untrusted_link", "{change:?}");
        }
    }
    assert_eq!(fs::read_to_string(precious.join("f")).unwrap(), "precious");
    assert_eq!(names(&precious), ["f"]);
}

#[test]
fn links_of_root_are_followed_where_nobody_else_can_write() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    symlink("real", dir.path().join("link")).unwrap();
    symlink(dir.path().join("link"), dir.path().join("absolute")).unwrap();
    for name in ["link", "absolute", "real/../link"] {
        let path = dir.path().join(name).join("f");
        assert_eq!(word(&apply(&write(&path, name, Before::Any))), "done");
        assert_eq!(fs::read_to_string(dir.path().join("real/f")).unwrap(), name);
    }
    symlink("loop", dir.path().join("loop")).unwrap();
    let change = write(&dir.path().join("loop/f"), "x", Before::Any);
    assert_eq!(word(&apply(&change)), "remote.cannot_write");
}

#[test]
fn a_race_for_the_directory_is_never_won() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = theirs(dir.path());
    let precious = dir.path().join("precious");
    fs::create_dir(&precious).unwrap();
    fs::write(precious.join("f"), "precious").unwrap();
    fs::create_dir(theirs.join("a")).unwrap();
    symlink(&precious, theirs.join("b")).unwrap();
    lchown(theirs.join("b"), Some(1234), Some(1234)).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (flag, place) = (Arc::clone(&stop), theirs.clone());
    let swapper = std::thread::spawn(move || {
        while !flag.load(Ordering::Relaxed) {
            let [a, b, c] = ["a", "b", "c"].map(|name| place.join(name));
            let _ = fs::rename(&a, &c)
                .and_then(|()| fs::rename(&b, &a))
                .and_then(|()| fs::rename(&c, &b));
        }
    });
    for round in 0..300 {
        let path = theirs.join("a/f");
        let change = if round % 3 == 0 {
            Change::Remove { path: text(&path), recurse: true, before: Before::Any }
        } else if round % 3 == 1 {
            Change::SetAttrs {
                path: text(&path),
                attrs: Attrs { uid: Some(1234), ..Attrs::default() },
                follow: true,
                before: Before::Any,
            }
        } else {
            write(&path, "evil", Before::Any)
        };
        let _ = apply(&change);
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert_eq!(fs::read_to_string(precious.join("f")).unwrap(), "precious");
    assert_eq!(fs::metadata(precious.join("f")).unwrap().uid(), 0);
    assert_eq!(names(&precious), ["f"]);
}

#[test]
fn a_mount_below_is_not_removed() {
    let dir = tempfile::tempdir_in("/run").unwrap();
    let (tree, kept) = (dir.path().join("tree"), dir.path().join("kept"));
    fs::create_dir_all(tree.join("in/bind")).unwrap();
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("f"), "x").unwrap();
    // The same device, so only the table of mounts tells.
    let mount = |words: &[&str]| {
        assert!(Command::new(words[0]).args(&words[1..]).status().unwrap().success());
    };
    mount(&["mount", "--bind", kept.to_str().unwrap(), tree.join("in/bind").to_str().unwrap()]);
    let change = Change::Remove { path: text(&tree), recurse: true, before: Before::Any };
    let outcome = apply(&change);
    mount(&["umount", tree.join("in/bind").to_str().unwrap()]);
    assert_eq!(word(&outcome), "remote.is_mount");
    assert!(kept.join("f").exists());
    assert_eq!(word(&apply(&change)), "done");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_name_is_only_a_name(name in "[-~ \n\t'\"$`;&|*?\\[\\]\\\\a\u{e9}.]{1,20}") {
        prop_assume!(name != "." && name != "..");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(&name);
        let outcome = apply(&write(&path, "content", Before::Absent));
        prop_assert_eq!(word(&outcome), "done");
        prop_assert_eq!(names(dir.path()), [name.clone()]);
        prop_assert_eq!(stat(&path, false).unwrap().size, 7);
        let list = Question::List { path: text(dir.path()), recurse: true };
        let Answer::Entries(Some(entries)) = LocalSystem::new().answer(&[list]).remove(0) else {
            panic!()
        };
        prop_assert_eq!(&*entries[0].0, name.as_str());
        let change = Change::Remove { path: text(&path), recurse: true, before: Before::Any };
        let outcome = apply(&change);
        prop_assert_eq!(word(&outcome), "done");
        prop_assert_eq!(names(dir.path()).len(), 0);
    }
}
