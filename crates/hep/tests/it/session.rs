//! `hep ssh` on this machine.

use crate::desk::{Case, Desk, check};

#[test]
fn a_session_passes_the_status_on() {
    let desk = Desk::new();
    let case = |words, code, stdout, stderr| Case { words, code, stdout, stderr };
    check(
        &desk,
        &[
            case(&["ssh", "-i", "hosts.ini", "w1", "--", "echo hi; exit 7"], 7, "hi\n", ""),
            case(&["ssh", "-i", "hosts.ini", "w1", "--", "echo e >&2"], 0, "", "e\n"),
            case(&["ssh", "-i", "hosts.ini", "web", "--", "id"], 1, "", "selects 3 hosts"),
            case(&["ssh", "-i", "hosts.ini", "nowhere"], 1, "", "Cannot find a host"),
            case(&["ssh", "-i", "hosts.ini", "gone", "--", "id"], 4, "", "127.0.0.1:1"),
            case(&["ssh", "127.0.0.2", "--port", "1", "--", "id"], 4, "", "127.0.0.2:1"),
        ],
    );
    let ran = desk.fed(&["ssh", "-i", "hosts.ini", "w1"], b"echo from the shell; exit 5\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (5, "from the shell\n"), "{ran:?}");
    let ran =
        desk.fed(&["ssh", "-i", "hosts.ini", "w1", "--", "cat"], b"bytes \xff\0 as they are\n");
    assert!(ran.out.starts_with(b"bytes \xff\0 as they are\n"), "{ran:?}");
}
