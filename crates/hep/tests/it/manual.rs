//! Help, the manuals and wrong words.

use crate::desk::{Case, Desk, check};

#[test]
fn help_is_data_and_wrong_words_are_errors() {
    let desk = Desk::new();
    let case = |words, code, stdout, stderr| Case { words, code, stdout, stderr };
    check(
        &desk,
        &[
            case(&["--help"], 0, "exec ", ""),
            case(&["--help"], 0, "HEP_INVENTORY", ""),
            case(&["--help"], 0, "Roles: what somebody may do", ""),
            case(&["-h"], 0, "apply", ""),
            case(&["exec", "--help"], 0, "--known-hosts", ""),
            case(&["apply", "--help"], 0, "--start-at-task", ""),
            case(&["--version"], 0, "hep 0.", ""),
            case(&["version"], 0, "Executors for hosts", ""),
            case(&[], 1, "", "Usage"),
            case(&["exce"], 1, "", "exec"),
            case(&["exec", "--nope", "all", "--", "x"], 1, "", "--nope"),
            case(&["exec", "all", "--host-key", "maybe", "--", "x"], 1, "", "accept-new"),
            case(
                &["exec", "all", "--timeout", "soon", "--", "x"],
                1,
                "",
                "Cannot read `soon` as a time",
            ),
            case(&["exec", "all", "--port", "0", "--", "x"], 1, "", "port"),
        ],
    );
}

#[test]
fn every_message_is_listed() {
    let desk = Desk::new();
    let text = desk.hep(&["messages"]);
    assert!(text.stdout.contains("\nssh.host_key_changed: "), "{}", text.stdout);
    let objects = desk.hep(&["messages", "--output", "json"]).objects();
    let all: usize = hep_core::message::CATALOGUES.iter().map(|entries| entries.len()).sum();
    assert_eq!(objects.len(), all);
    assert!(objects.iter().all(|object| object["text"].is_string() && object["args"].is_array()));
}

#[test]
fn every_module_has_its_page() {
    let desk = Desk::new();
    let list = desk.hep(&["modules"]).stdout;
    for kind in hep_core::module::KINDS {
        assert!(list.contains(kind.name), "{}", kind.name);
        let page = desk.hep(&["modules", kind.name]);
        assert!(page.code == 0 && page.stdout.starts_with(&kind.name.to_uppercase()), "{page:?}");
    }
    let case = |words, code, stdout, stderr| Case { words, code, stdout, stderr };
    check(
        &desk,
        &[
            case(&["modules", "ansible.builtin.copy"], 0, "COPY", ""),
            case(&["modules", "fiel"], 1, "", "did you mean `file`?"),
        ],
    );
}

#[test]
fn a_reader_that_leaves_is_no_error_of_ours() {
    let desk = Desk::new();
    let mut command = desk.command(&["messages"]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}
