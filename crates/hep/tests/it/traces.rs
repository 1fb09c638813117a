//! What runs leave on hosts, and two runs at the same host.

use std::io::Write as _;

use crate::desk::{Desk, Ran};

const I: &str = "hosts.ini";

/// Adds a line, then waits for the test at a fifo.
const WAITS: &str = "\
- hosts: w1
  gather_facts: false
  tasks:
    - copy: {src: sent.txt, dest: '{{ base }}/sent'}
    - shell: echo once >> '{{ base }}/log'
    - shell: cat '{{ base }}/fifo'
";

const ADDS: &str = "\
- hosts: w1
  gather_facts: false
  tasks:
    - shell: echo twice >> '{{ base }}/log'
";

fn desk() -> (Desk, String) {
    let desk = Desk::new();
    desk.file("waits.yml", WAITS);
    desk.file("adds.yml", ADDS);
    desk.file("files/sent.txt", "sent\n");
    std::fs::create_dir(desk.path("made")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(desk.path("made/fifo")).status().unwrap();
    assert!(made.success());
    let base = format!("base={}", desk.path("made").display());
    (desk, base)
}

#[test]
fn a_second_run_is_told_of_the_first_and_changes_nothing() {
    let (desk, base) = desk();
    let first = desk.command(&["apply", "-i", I, "waits.yml", "-e", &base]).spawn().unwrap();
    // Opens once the first run reads it.
    let mut fifo = std::fs::File::options().write(true).open(desk.path("made/fifo")).unwrap();
    let impatient = ["apply", "-i", I, "adds.yml", "-e", &base, "--lock-timeout", "0"];
    let second = desk.hep(&impatient);
    assert_eq!(second.code, 2, "{second:#?}");
    assert!(second.stdout.contains("another run ("), "{second:#?}");
    let check = desk.hep(&["apply", "-i", I, "adds.yml", "-e", &base, "-C"]);
    assert_eq!(check.code, 0, "a check takes nothing from the first: {check:#?}");
    fifo.write_all(b"go on\n").unwrap();
    drop(fifo);
    let first = Ran::of(first.wait_with_output().unwrap());
    assert_eq!(first.code, 0, "{first:#?}");
    assert_eq!(std::fs::read_to_string(desk.path("made/log")).unwrap(), "once\n");
    let third = desk.hep(&["apply", "-i", I, "adds.yml", "-e", &base]);
    assert_eq!(third.code, 0, "the host is free again: {third:#?}");
}

#[test]
fn no_keep_leaves_nothing() {
    let (desk, base) = desk();
    let site = WAITS.replace("cat '{{ base }}/fifo'", "'true'");
    desk.file("site.yml", &site);
    let kept = desk.hep(&["apply", "-i", I, "site.yml", "-e", &base]);
    assert_eq!(kept.code, 0, "{kept:#?}");
    assert!(desk.path(".cache/hep").exists());
    let ran = desk.hep(&["apply", "-i", I, "site.yml", "-e", &base, "--no-keep"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(!desk.path(".cache/hep").exists(), "{:?}", left(&desk));
}

#[test]
fn no_keep_leaves_nothing_after_a_cancel() {
    let (desk, base) = desk();
    let words = ["apply", "-i", I, "waits.yml", "-e", &base, "--no-keep"];
    let running = desk.command(&words).spawn().unwrap();
    let fifo = std::fs::File::options().write(true).open(desk.path("made/fifo")).unwrap();
    let id = rustix::process::Pid::from_child(&running);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(running.wait_with_output().unwrap());
    drop(fifo);
    assert_eq!(ran.code, 130, "{ran:#?}");
    assert!(!desk.path(".cache/hep").exists(), "{:?}", left(&desk));
}

fn left(desk: &Desk) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![desk.path(".cache")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            open.push(entry.path());
            found.push(entry.path());
        }
    }
    found
}
