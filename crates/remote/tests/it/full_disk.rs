//! Full and read-only file systems: the old file stays, nothing is left over, the message says which.

use std::fs;
use std::path::Path;
use std::process::Command;

use hep_core::change::{Attrs, Before, Change};

use crate::apply::{apply, names, text, word, write};

/// A small file system of its own; gone at the end.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(options: &str) -> Self {
        let dir = tempfile::tempdir_in("/run").unwrap();
        run(&["mount", "-t", "tmpfs", "-o", options, "none", dir.path().to_str().unwrap()]);
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run(&["umount", self.0.path().to_str().unwrap()]);
    }
}

fn run(words: &[&str]) {
    let status = Command::new(words[0]).args(&words[1..]).status().unwrap();
    assert!(status.success(), "{words:?} failed: these tests run as root");
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let mount = Mount::new("size=64k");
    let path = mount.path().join("f");
    fs::write(&path, "old").unwrap();
    let big = "x".repeat(1 << 20);
    assert_eq!(word(&apply(&write(&path, &big, Before::Any))), "remote.disk_full");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(mount.path()), ["f"]);

    let mount = Mount::new("size=64k,nr_inodes=3");
    fs::write(mount.path().join("f"), "old").unwrap();
    fs::write(mount.path().join("g"), "").unwrap();
    let new = mount.path().join("new");
    let touch =
        Change::Touch { path: text(&new), mtime_ns: None, atime_ns: None, before: Before::Any };
    let make =
        Change::MakeDirectory { path: text(&new), attrs: Attrs::default(), before: Before::Absent };
    let link =
        Change::MakeLink { path: text(&new), target: "f".into(), hard: false, before: Before::Any };
    for change in [write(&mount.path().join("f"), "n", Before::Any), touch, make, link] {
        assert_eq!(word(&apply(&change)), "remote.disk_full", "{change:?}");
    }
    assert_eq!(names(mount.path()), ["f", "g"]);
}

#[test]
fn a_read_only_file_system_says_so() {
    let mount = Mount::new("size=64k");
    fs::write(mount.path().join("f"), "old").unwrap();
    fs::create_dir(mount.path().join("d")).unwrap();
    run(&["mount", "-o", "remount,ro", mount.path().to_str().unwrap()]);
    let (f, d, new) =
        (mount.path().join("f"), mount.path().join("d"), text(&mount.path().join("new")));
    let attrs = Attrs { mode: Some(0o600), ..Attrs::default() };
    let any = Before::Any;
    let changes = [
        write(&f, "new", any.clone()),
        Change::SetAttrs {
            path: text(&f),
            attrs: attrs.clone(),
            follow: true,
            before: any.clone(),
        },
        Change::MakeDirectory { path: new.clone(), attrs, before: any.clone() },
        Change::MakeLink {
            path: new.clone(),
            target: "f".into(),
            hard: false,
            before: any.clone(),
        },
        Change::Remove { path: text(&d), recurse: true, before: any.clone() },
        Change::Touch { path: new, mtime_ns: None, atime_ns: None, before: any.clone() },
        Change::Touch { path: text(&f), mtime_ns: None, atime_ns: None, before: any },
    ];
    for change in changes {
        assert_eq!(word(&apply(&change)), "remote.read_only", "{change:?}");
    }
    assert_eq!(names(mount.path()), ["d", "f"]);
}
