//! What is left on hosts, and that nothing is.

use crate::hep::Desk;
use crate::machine::Machine;
use crate::sshd::text;

const PLAY: &str = "\
- hosts: all
  tasks:
    - {name: mine, copy: {src: sent, dest: ~/e2e-sent}}
    - {name: root, copy: {src: sent, dest: /root/e2e-sent}, become: true}
    - {name: other, command: id -un, become: true, become_user: plain}
    - {name: script, script: show.sh}
";

/// Everything of ours that lies on the machine for this user or for root.
fn left(machine: &Machine, user: &str) -> String {
    machine.sh(&format!(
        "id=$(id -u {user}); ls -d /home/{user}/.cache/hep /root/.cache/hep /var/cache/hep /var/tmp/hep-$id \
         /tmp/hep-$id /var/tmp/hep-0 /tmp/hep-0 /tmp/hep.* /var/tmp/hep.* 2>/dev/null || true
        ps -eo args | grep '[h]ep-remote\\|[ ]serve ' || true"
    ))
}

fn desk(machine: &Machine, user: &str) -> (Desk, std::path::PathBuf) {
    machine.user(user, &format!("{user} ALL=(ALL:ALL) NOPASSWD: ALL"));
    let desk = machine.desk(&[user]);
    desk.file("sent", vec![5; 1 << 20]);
    desk.file("show.sh", "#!/bin/sh\nid -un\n");
    let manifest = desk.file("play.yml", PLAY);
    (desk, manifest)
}

#[test]
fn clean_leaves_nothing() {
    let machine = Machine::alone("m1");
    let (desk, manifest) = desk(&machine, "cleaned");
    machine.sh("rm -rf /var/cache/hep /root/.cache/hep");
    desk.hep(&["apply", text(&manifest)]).expect(0);
    let kept = left(&machine, "cleaned");
    assert!(kept.contains("/home/cleaned/.cache/hep") && kept.contains("/var/cache/hep"), "{kept}");
    // The login user's alone, without -b.
    desk.hep(&["clean", "cleaned"]).expect(0).says("removed /home/cleaned/.cache/hep");
    assert_eq!(left(&machine, "cleaned"), "/var/cache/hep\n");
    desk.hep(&["apply", text(&manifest)]).expect(0);
    desk.hep(&["clean", "all", "-b"]).expect(0).says("removed /var/cache/hep");
    assert_eq!(left(&machine, "cleaned"), "");
    desk.hep(&["clean", "all", "-b", "--become-user", "plain"]).expect(0);
    assert_eq!(machine.sh("ls -A /home/plain/.cache/hep 2>/dev/null || true"), "");
    // A second time there is nothing to remove, and that is fine.
    assert_eq!(desk.hep(&["clean", "all", "-b"]).expect(0).out, "");
}

#[test]
fn no_keep_leaves_nothing_of_root_either() {
    let machine = Machine::alone("m1");
    let (desk, manifest) = desk(&machine, "nokeep");
    machine.sh("rm -rf /var/cache/hep /root/.cache/hep");
    for more in [&[][..], &["--check"]] {
        let words = [&["apply", "--no-keep"], more, &[text(&manifest)]].concat();
        desk.hep(&words).expect(0);
        assert_eq!(left(&machine, "nokeep"), "", "{more:?}");
    }
    // A play that fails leaves nothing behind either, nor does one that is stopped.
    let word = crate::remote::word(44);
    let failing = desk.file(
        "failing.yml",
        format!(
            "- hosts: all\n  become: true\n  tasks:\n    - command: 'false'\n      when: word is not defined\n    \
             - shell: echo begun; sleep {word}\n"
        ),
    );
    desk.hep(&["apply", "--no-keep", text(&failing)]).expect(2);
    assert_eq!(left(&machine, "nokeep"), "");
    let mut running = desk.start(&["apply", "--no-keep", "-e", "word=1", text(&failing)]);
    running.until("begun").signal(rustix::process::Signal::INT);
    running.end().expect(130);
    assert_eq!(left(&machine, "nokeep"), "");
}
