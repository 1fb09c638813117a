//! Cut lines, hosts that hang, full disks, closed ones.
//!
//! Where each kind of bad input and fault is shown:
//!
//! | what | test |
//! |---|---|
//! | YAML that is not YAML; no module; two modules; unknown option; wrong type; missing file; template error | `it/apply.rs`: `what_is_wrong_is_told_before_any_host_is_touched`; the whole language in `core/manifest/tests.rs` |
//! | unknown host or group; empty selection, `--allow-empty`; duplicate hosts | `it/hosts.rs`: `wrong_selectors_and_inventories_are_told`; `it/exec.rs`: `commands_and_exit_codes` |
//! | a host that refuses | `exec.rs`: `an_unreachable_host_does_not_hold_up_the_others`; `apply.rs`: `a_host_that_fails_or_is_gone_stops_alone` |
//! | times out; is silent; closes at once | `engine/tests/it/ssh/reach.rs` |
//! | hangs after the login | `a_host_that_hangs_after_the_login_is_lost_alone`; `engine/tests/it/ssh/reach.rs` |
//! | drops mid-command | `a_host_that_drops_mid_command_is_lost_alone`; `engine/tests/it/ssh/channels.rs` |
//! | changes its key | `ssh.rs`: `a_changed_host_key_stops_the_host_and_says_where_it_stands` |
//! | wrong key; wrong password | `ssh.rs`: `a_wrong_key_is_said_to_be_refused`; `login.rs` |
//! | wrong sudo password | `sudo.rs`: `the_right_password_and_the_wrong_one` |
//! | disk full, read-only | `a_full_disk_keeps_the_old_file`, `a_read_only_disk_keeps_the_old_file` |
//! | connection cut in an apply, journal | `a_cut_line_loses_one_host_and_what_it_did_is_told`; `remote/tests/it/serving.rs` |
//! | hostile executor, facts, output, names | `hostile.rs`; `it/terminal.rs`; `core/interp/tests/hostile.rs` |
//! | quotes, spaces, newlines, `$()`, unicode, dashes | `hostile.rs`: `names_and_values_arrive_as_they_were_sent`; `exec.rs`; as a property `core/quote.rs`, `engine/tests/it/plain.rs` |
//! | 100 MB; binary output | `exec.rs`: `long_output_does_not_fill_our_memory`, `binary_output_is_kept` |
//! | secrets | `secrets.rs`; `sudo.rs`: `a_password_is_in_no_process_list_and_no_file`; `login.rs` |

use serde_json::json;

use crate::breadth::{desk_and, file_of_fleet};
use crate::hep::{Desk, Ran};
use crate::machine::Machine;
use crate::remote;
use crate::sshd::Sshd;

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
    ran.says("plain")
        .says("lost")
        .says("cut: ")
        .says("`write /home/cut/first` was done")
        .says("`run /bin/sh` was begun and is brought to its end");
    end_drained(&machine, "cut", &word);
    let ran = desk.hep(&["apply", "-l", "plain", manifest.to_str().unwrap(), "-e", "word=0"]);
    ran.expect(0).never_says("was cut off");
    told_once(&desk, "cut", manifest.to_str().unwrap());
}

#[test]
fn what_a_killed_run_did_is_told_by_the_next() {
    let machine = Machine::shared("m1");
    machine.user("cut2", "");
    let desk = machine.desk(&["cut2"]);
    let (manifest, word) = (desk.file("cut.yml", CUT.replace("'cut'", "'cut2'")), remote::word(21));
    let extra = format!("word={word}");
    let mut running = desk.start(&["apply", "-e", &extra, manifest.to_str().unwrap()]);
    running.until("begun").signal(rustix::process::Signal::KILL);
    running.end().expect(128 + 9);
    end_drained(&machine, "cut2", &word);
    told_once(&desk, "cut2", manifest.to_str().unwrap());
}

/// What was begun is drained; nothing further is started. Then the executor ends.
fn end_drained(machine: &Machine, user: &str, word: &str) {
    for pid in remote::with_word(word) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    remote::none_with(word);
    machine.sh(&format!("while pgrep -u {user} -f ' serve ' >/dev/null; do sleep 0.1; done"));
}

/// A check tells what an earlier run left, and forgets nothing; a run tells it once.
fn told_once(desk: &Desk, host: &str, manifest: &str) {
    let told = |more: &[&str]| {
        let mut words = vec!["apply", "-l", host, "-e", "word=0", "--output", "json"];
        words.extend(more);
        words.push(manifest);
        let ran = desk.hep(&words).expect(0);
        let objects = ran.objects();
        let notices = objects.iter().filter(|object| object["notice"].is_object());
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let told = notices.map(|object| &object["notice"]);
        told.map(|notice| (word(&notice["id"]), word(&notice["args"]["what"]))).collect::<Vec<_>>()
    };
    let left = [
        ("play.journal_done".to_owned(), format!("write /home/{host}/first")),
        ("play.journal_ended".to_owned(), "run /bin/sh".to_owned()),
    ];
    assert_eq!(told(&["-C"]), left);
    assert_eq!(told(&[]), left);
    assert_eq!(told(&[]), []);
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

/// A private sshd as `bad`, with keepalives that tell soon, and a host of the breadth fleet.
fn two(sshd: &Sshd) -> Desk {
    let soon = "ansible_ssh_common_args='-o ServerAliveInterval=1 -o ServerAliveCountMax=2'";
    let desk = desk_and(&sshd.line("bad", "127.0.0.1", soon));
    desk.file("known_hosts", file_of_fleet("breadth/known_hosts") + &sshd.known_hosts());
    desk
}

const BAD: &str = "case $SSH_CONNECTION in *' 127.0.0.1 '*) ";

#[test]
fn a_host_that_hangs_after_the_login_is_lost_alone() {
    let sshd = Sshd::up("hangs", &[]);
    let (desk, hung) = (two(&sshd), std::path::Path::new(&sshd.home()).join("e2e-hung"));
    // The command stops the very sshd that serves it: nothing answers any more, and nothing closes.
    let line = format!("{BAD} echo $PPID >~/e2e-hung; kill -STOP $PPID;; *) echo here;; esac");
    let ran = desk.hep(&["exec", "bad,h0016", "--output", "json", &line]).expect(2);
    let bad = ran.host("bad");
    assert_eq!(bad["state"], "lost", "{bad}");
    assert!(bad["error"].as_str().unwrap().contains("stopped answering"), "{bad}");
    assert_eq!(ran.host("h0016")["stdout"], "here\n");
    end_stopped(&std::fs::read_to_string(&hung).unwrap());

    let play = format!(
        "- hosts: bad,h0016\n  gather_facts: false\n  tasks:\n    - {{name: first, command: echo first}}\n    \
         - name: hang\n      shell: |\n        {BAD} p=$$\n        while [ $p -gt 1 ]; do case $(cat /proc/$p/comm) in \
         sshd*) break;; esac; p=$(sed 's/.*) . //; s/ .*//' /proc/$p/stat); done\n        \
         echo $p >~/e2e-hung; kill -STOP $p;; esac\n    - {{name: last, command: echo last}}\n"
    );
    let manifest = desk.file("hang.yml", play);
    let ran = desk.hep(&["apply", "--output", "json", manifest.to_str().unwrap()]).expect(2);
    assert_eq!(ran.task("bad", "first")["state"], "changed");
    assert_eq!(ran.summary("bad")["state"], "lost");
    assert_eq!(ran.task("h0016", "last")["state"], "changed");
    assert_eq!(ran.summary("h0016")["state"], "succeeded");
    end_stopped(&std::fs::read_to_string(&hung).unwrap());
}

fn end_stopped(pid: &str) {
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_host_that_drops_mid_command_is_lost_alone() {
    let sshd = Sshd::up("drops", &[]);
    let desk = two(&sshd);
    let line = format!("{BAD} echo before; kill -KILL $PPID; echo after;; *) echo here;; esac");
    let ran = desk.hep(&["exec", "bad,h0016", "--output", "json", &line]).expect(2);
    let bad = ran.host("bad");
    assert_eq!((&bad["state"], &bad["rc"]), (&json!("lost"), &json!(null)), "{bad}");
    assert!(bad["error"].as_str().unwrap().contains("closed the connection"), "{bad}");
    assert_eq!(ran.host("h0016")["stdout"], "here\n");
}
