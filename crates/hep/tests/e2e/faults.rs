//! Cut lines, full disks, closed ones.

use crate::hep::{Desk, Ran};
use crate::machine::Machine;
use crate::remote;

const CUT: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: first, copy: {dest: '/home/{{ ansible_user }}/first', content: 'done'}}
    - {name: long, shell: 'echo begun; sleep {{ word }}', when: inventory_hostname == 'cut'}
    - {name: last, command: echo last}
";

#[test]
fn a_cut_line_loses_one_host_and_what_it_did_is_told() {
    let machine = Machine::shared("m1");
    machine.user("cut", "");
    let desk = machine.desk(&["cut", "plain"]);
    let (manifest, word) = (desk.file("cut.yml", CUT), remote::word(20));
    let extra = format!("word={word}");
    let words = ["apply", "-e", &extra, manifest.to_str().unwrap()];
    let mut running = desk.start(&words);
    running.until("begun");
    machine.sh("kill -9 $(pgrep -u cut sshd)");
    let ran = running.end().expect(2);
    ran.says("plain").says("lost").says("cut: ");
    // What was begun is drained; nothing further is started. Then its journal can be read.
    for pid in remote::with_word(&word) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    remote::none_with(&word);
    let ran = desk.hep(&["apply", "-l", "plain", manifest.to_str().unwrap(), "-e", "word=0"]);
    ran.expect(0);
    let ran = desk.hep(&["apply", "-v", manifest.to_str().unwrap(), "-e", "word=0"]).expect(0);
    ran.says("first");
}

#[test]
fn a_second_run_waits_for_the_first() {
    let machine = Machine::shared("m1");
    let user = "rivals";
    machine.user(user, "");
    let desk = machine.desk(&[user]);
    let play = |line: &str| {
        format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - {{name: it, shell: '{line}'}}\n"
        )
    };
    let first =
        desk.file("1.yml", play("echo begun; until [ -e go ]; do sleep 0.1; done; echo >a"));
    let second = desk.file("2.yml", play("cat a; echo done"));
    let [first, second] = [&first, &second].map(|path| path.to_str().unwrap());
    let mut holder = desk.start(&["apply", first]);
    holder.until("begun");
    let ran = desk.hep(&["apply", "--lock-timeout", "0", second]).expect(2);
    ran.says("Refused to change this host").says("waited 0 s");
    let mut waiter = desk.start(&["apply", "--output", "json", second]);
    waiter.until("\"remote.waiting\"");
    machine.sh(&format!("touch /home/{user}/go"));
    holder.end().expect(0);
    assert_eq!(waiter.end().expect(0).task(user, "it")["state"], "changed");
}

/// Tries to write a file where there is no room or no right.
fn write(desk: &Desk, path: &str, more: &[&str]) -> Ran {
    let play = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    \
         - {{name: write, copy: {{dest: '{path}', content: '{{{{ \"x\" * 900000 }}}}'}}}}\n"
    );
    let manifest = desk.file("write.yml", play);
    let mut words = vec!["apply", "--output", "json"];
    words.extend(more);
    words.push(manifest.to_str().unwrap());
    desk.hep(&words)
}

#[test]
fn a_full_disk_keeps_the_old_file() {
    let machine = Machine::shared("m1");
    let at = "/mnt/e2e-full";
    machine.sh(&format!(
        "umount {at} 2>/dev/null || true; mkdir -p {at}; mount -t tmpfs -o size=256k none {at}
        echo old >{at}/file"
    ));
    let desk = machine.desk(&["root"]);
    write(&desk, &format!("{at}/file"), &["--check"]).expect(0);
    let ran = write(&desk, &format!("{at}/file"), &[]).expect(2).says("no space is left");
    assert_eq!(ran.task("root", "write")["state"], "failed");
    assert_eq!(machine.sh(&format!("cat {at}/file; ls -A {at}; umount {at}")), "old\nfile\n");
}

#[test]
fn a_read_only_disk_keeps_the_old_file() {
    let machine = Machine::shared("m1");
    let at = "/mnt/e2e-closed";
    machine.sh(&format!(
        "umount {at} 2>/dev/null || true; mkdir -p {at}; mount -t tmpfs -o size=4m none {at}
        echo old >{at}/file; mount -o remount,ro {at}"
    ));
    let desk = machine.desk(&["root"]);
    write(&desk, &format!("{at}/file"), &["--check"]).expect(0);
    let ran = write(&desk, &format!("{at}/file"), &[]).expect(2).says("mounted read-only");
    assert_eq!(ran.task("root", "write")["state"], "failed");
    assert_eq!(machine.sh(&format!("cat {at}/file; ls -A {at}; umount {at}")), "old\nfile\n");
}

#[test]
fn an_interrupted_play_ends_what_it_runs() {
    let machine = Machine::shared("m1");
    for (number, user, more) in [(30, "plain", None), (31, "admin", Some("-b"))] {
        let desk = machine.desk(&[user]);
        let word = remote::word(number);
        let play = format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    \
             - {{name: long, shell: 'echo begun; sleep {word} & sleep {word}'}}\n    \
             - {{name: never, file: {{path: /tmp/e2e-{word}, state: touch}}}}\n"
        );
        let manifest = desk.file("long.yml", play);
        let mut words = vec!["apply"];
        words.extend(more);
        words.push(manifest.to_str().unwrap());
        let mut running = desk.start(&words);
        running.until("begun").signal(rustix::process::Signal::INT);
        running.end().expect(130);
        remote::none_with(&word);
        machine.sh(&format!("[ ! -e /tmp/e2e-{word} ]"));
    }
}
