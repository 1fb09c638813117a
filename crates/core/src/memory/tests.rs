//! Tests of the host in memory.

use super::*;
use crate::change::Outcome;

fn write(path: &str, text: &str, before: Before) -> Change {
    Change::WriteFile {
        path: path.into(),
        content: Content::Inline(text.into()),
        attrs: crate::change::Attrs::default(),
        before,
        backup: false,
        validate: None,
    }
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let full = Host { disk_free: Some(3), ..Host::new("/f 0644 = old") };
    let locked = Host { read_only: true, ..Host::new("/f 0644 = old") };
    for (mut host, path, before, id) in [
        (full, "/f", Before::Any, "fake.disk_full"),
        (locked, "/f", Before::Any, "fake.read_only"),
        (Host::new("/f 0644 = old"), "/f", Before::Absent, "fake.moved_on"),
        (Host::new("/f 0644 = old"), "/no/f", Before::Any, "fake.no_parent"),
        (Host::new("/f 0644 = old"), "/etc", Before::Any, "fake.is_a_directory"),
    ] {
        let outcome = host.apply(&write(path, "longer", before));
        let (Outcome::Failed(message, _) | Outcome::Refused(message)) = outcome else {
            panic!("{path}: {outcome:?}")
        };
        assert_eq!(message.id, id);
        assert_eq!(host.text("/f").as_deref(), Some("old"));
    }
}

#[test]
fn a_hard_link_keeps_the_content_when_the_first_name_goes() {
    let mut host = Host::new("/a 0644 = x\n/b => /a");
    let remove = Change::Remove { path: "/a".into(), recurse: false, before: Before::Any };
    assert!(matches!(host.apply(&remove), Outcome::Done(_)));
    assert_eq!((host.text("/a"), host.text("/b").as_deref()), (None, Some("x")));
}
