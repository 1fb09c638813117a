//! What a person sees on a terminal: the bar, colours, and neither where nobody wants them.

use std::io::Write as _;

use crate::breadth::{desk, file_of_fleet};
use crate::hep::Desk;
use crate::terminal::Size;

/// Hosts that wait for a line in a pipe of this name in their homes.
fn waiting(desk: &Desk, name: &str) -> String {
    let line = format!("rm -f ~/{name}; mkfifo ~/{name}");
    desk.hep(&["exec", "h[0011-0013]", &line]).expect(0);
    format!("read line <~/{name}; echo $line")
}

fn release(host: &str, name: &str) {
    let path = format!("{}/{host}/{name}", file_of_fleet("breadth/homes").trim());
    let mut pipe = std::fs::File::options().write(true).open(path).unwrap();
    pipe.write_all(b"released\n").unwrap();
}

#[test]
fn the_bar_counts_and_goes() {
    let desk = desk();
    let line = waiting(&desk, "e2e-bar");
    for columns in [80, 24] {
        let size = Size { columns, rows: 24 };
        let mut talk = desk.on_terminal(size, &["exec", "h[0011-0013]", &line]);
        talk.until(" 0/3");
        release("h0012", "e2e-bar");
        talk.until("released").until(" 1/3");
        release("h0011", "e2e-bar");
        talk.until(" 2/3");
        release("h0013", "e2e-bar");
        let (code, shown) = talk.end();
        assert_eq!(code, 0, "{shown}");
        // The last thing seen is the summary, and no bar after it.
        let summary = shown.find("3 hosts: ").unwrap();
        assert!(!shown[summary..].contains("/3"), "{shown:?}");
    }
}

#[test]
fn no_bar_where_nobody_looks() {
    let desk = desk();
    let line = waiting(&desk, "e2e-nobar");
    let running = desk.start(&["exec", "h[0011-0013]", &line]);
    for host in ["h0011", "h0012", "h0013"] {
        release(host, "e2e-nobar");
    }
    running.end().expect(0).never_says("/3").never_says("\u{1b}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let desk = desk();
    let manifest = desk.file(
        "play.yml",
        "- hosts: h0011\n  gather_facts: false\n  tasks:\n    - command: echo said\n    - command: 'false'\n",
    );
    let apply = ["apply", manifest.to_str().unwrap()];
    let exec = ["exec", "h0011,h0012", "echo said; false"];
    for words in [&apply[..], &exec] {
        let (code, shown) = desk.on_terminal(Size::default(), words).end();
        assert!(code == 2 && shown.contains("\u{1b}[3"), "{shown:?}");
    }
    let plain = desk.set("NO_COLOR", "1");
    for words in [&apply[..], &exec] {
        let (code, shown) = plain.on_terminal(Size::default(), words).end();
        let is_coloured = shown.split("\u{1b}[").skip(1).any(|rest| {
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            rest[end..].starts_with('m')
        });
        assert!(code == 2 && shown.contains("said") && !is_coloured, "{shown:?}");
    }
}
