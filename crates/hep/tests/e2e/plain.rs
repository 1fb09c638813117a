//! Without the executor: the same plays leave the same hosts, with the same results.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::hep::{Desk, Ran};
use crate::machine::Machine;
use crate::remote;

/// Applies a manifest by the way that the variable says.
fn by(desk: Desk, plain: bool, manifest: &str, options: &[&str]) -> (Desk, Ran) {
    let desk = desk.set("HEP_NO_EXECUTOR", if plain { "true" } else { "false" });
    let file = desk.file("site.yml", manifest);
    let words = [&["apply", "--output", "json"], options, &[file.to_str().unwrap()]].concat();
    let ran = desk.hep(&words);
    (desk, ran)
}

const FACTS: &str = "\
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: all, setup: }
";

/// What the same machine may tell differently a moment later, or to another shell.
fn varies(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap();
    let steady = ["year", "month", "weekday", "tz", "tz_dst", "tz_offset"];
    path.starts_with("ansible_date_time.") && !steady.contains(&name)
        || path.starts_with("ansible_memory_mb.") && name != "total"
        || ["ansible_memfree_mb", "ansible_swapfree_mb", "ansible_uptime_seconds"].contains(&path)
        || path.starts_with("ansible_mounts.")
            && (name.ends_with("available") || name.ends_with("used"))
        || path.starts_with("ansible_env.SSH_")
        || ["ansible_env._", "ansible_env.PWD", "ansible_env.SUDO_COMMAND"].contains(&path)
}

/// Every value that holds no others, by its path.
fn flatten(path: &str, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    let below = |name: &str| [path, name].join(if path.is_empty() { "" } else { "." });
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(name, value)| flatten(&below(name), value, leaves));
        }
        Value::Array(list) if !list.is_empty() => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(at, value)| flatten(&below(&at.to_string()), value, leaves));
        }
        value => {
            leaves.insert(path.to_owned(), value.clone());
        }
    }
}

#[test]
fn the_facts_are_the_same_by_both_ways() {
    let machine = Machine::shared("m1");
    machine.sh(
        "mkdir -p /etc/ansible/facts.d; cd /etc/ansible/facts.d
        echo '{\"a\": [1, 2]}' >json.fact
        printf '[part]\\nName = it'\\''s: so\\n' >ini.fact
        printf '#!/bin/sh\\necho \"{\\\\\"said\\\\\": \\\\\"$0\\\\\"}\"\\n' >run.fact; chmod 755 run.fact
        printf '#!/bin/sh\\nexit 3\\n' >bad.fact; chmod 755 bad.fact",
    );
    let mut desk = machine.desk(&["admin", "root"]);
    let mut told = Vec::new();
    for plain in [false, true] {
        let (back, ran) = by(desk, plain, FACTS, &[]);
        let ran = ran.expect(0);
        desk = back;
        told.push(["admin", "root"].map(|user| {
            let mut leaves = BTreeMap::new();
            flatten("", &ran.task(user, "all")["result"]["ansible_facts"], &mut leaves);
            leaves.retain(|path, _| !varies(path));
            leaves
        }));
    }
    for (executor, plain) in told[0].iter().zip(&told[1]) {
        assert!(executor.len() > 100, "{executor:?}");
        let said = &executor["ansible_local.run.said"];
        assert_eq!(said, "/etc/ansible/facts.d/run.fact");
        assert_eq!(executor["ansible_local.ini.part.name"], "it's: so");
        let paths: BTreeSet<&String> = executor.keys().chain(plain.keys()).collect();
        for path in paths {
            assert_eq!(executor.get(path), plain.get(path), "{path}");
        }
    }
}

const WHO: &str = "\
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: both, shell: 'id -un; echo $HOME; cat', args: {stdin: word}}
    - {name: file, copy: {dest: '/root/e2e-plain-{{ inventory_hostname }}', content: \"it's\\n\"}}
    - {name: look, stat: {path: '/root/e2e-plain-{{ inventory_hostname }}'}}
";

#[test]
fn every_way_of_becoming_root_without_executor() {
    let machine = Machine::shared("m1");
    let users = ["root", "admin", "ttysudo", "ptysudo", "noexec"];
    let (_, ran) = by(machine.desk(&users), true, WHO, &[]);
    let ran = ran.expect(0);
    for user in users {
        assert_eq!(ran.task(user, "both")["result"]["stdout"], "root\n/root\nword", "{user}");
        assert_eq!(ran.task(user, "look")["result"]["stat"]["pw_name"], "root", "{user}");
        assert_eq!(machine.sh(&format!("cat /root/e2e-plain-{user}")), "it's\n");
    }
}

const LIMITED: &str = "\
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: id, command: id -un}
    - {name: service, service: {name: cron, state: restarted}}
    - {name: package, apt: {name: cron}}
    - {name: tee, command: {cmd: tee /root/e2e-limited, stdin: by sudo}}
    - {name: cat, command: cat /etc/shadow, ignore_errors: true}
    - {name: file, file: {path: /root/e2e-limited-file, state: touch}, ignore_errors: true}
    - {name: own, command: id -un, become: false}
";

#[test]
fn where_sudo_allows_single_commands_they_are_run() {
    let machine = Machine::shared("m1");
    for plain in [false, true] {
        machine.sh("rm -f /root/e2e-limited*");
        let (_, ran) = by(machine.desk(&["limited"]), plain, LIMITED, &[]);
        let ran = ran.expect(0).says("single commands only").never_says("shadow:");
        let stdout = |task: &str| ran.task("limited", task)["result"]["stdout"].clone();
        assert_eq!((stdout("id"), stdout("own")), ("root".into(), "limited".into()), "{plain}");
        for (task, state) in
            [("service", "changed"), ("package", "ok"), ("cat", "ignored"), ("file", "ignored")]
        {
            assert_eq!(ran.task("limited", task)["state"], state, "{plain} {task}");
        }
        assert_eq!(
            machine.sh("cat /root/e2e-limited; ls /root/e2e-limited*"),
            "by sudo\n/root/e2e-limited\n"
        );
    }
}

#[test]
fn a_task_over_its_time_is_ended_by_both_ways() {
    let machine = Machine::shared("m1");
    for (number, plain, user, more) in [
        (40, false, "plain", None),
        (41, true, "plain", None),
        (42, false, "admin", Some("-b")),
        (43, true, "admin", Some("-b")),
        (44, true, "ttysudo", Some("-b")),
    ] {
        let word = remote::word(number);
        let manifest = format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    \
             - {{name: slow, command: sleep {word}, timeout: 2}}\n"
        );
        let options: Vec<&str> = more.into_iter().collect();
        let (_, ran) = by(machine.desk(&[user]), plain, &manifest, &options);
        let ran = ran.expect(2).says("within 2 s");
        assert_eq!(ran.task(user, "slow")["state"], "failed", "{user} {plain}");
        remote::none_with(&word);
    }
}

const CUT: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: first, copy: {dest: '/home/{{ ansible_user }}/first', content: 'done'}}
    - {name: long, shell: 'echo begun; sleep {{ word }}', when: inventory_hostname == 'cutplain'}
    - {name: last, command: echo last}
";

#[test]
fn a_cut_line_without_executor_loses_the_host() {
    let machine = Machine::shared("m1");
    machine.user("cutplain", "");
    let desk = machine.desk(&["cutplain", "plain"]).set("HEP_NO_EXECUTOR", "true");
    let (manifest, word) = (desk.file("cut.yml", CUT), remote::word(45));
    let extra = format!("word={word}");
    let mut running = desk.start(&["apply", "-e", &extra, manifest.to_str().unwrap()]);
    running.until("begun");
    machine.sh("kill -9 $(pgrep -u cutplain sshd)");
    let ran = running.end().expect(2);
    ran.says("lost").says("whether it was made is not known").says("cutplain: ");
    for pid in remote::with_word(&word) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    remote::none_with(&word);
    let again = desk.hep(&["apply", manifest.to_str().unwrap(), "-e", "word=0"]).expect(0);
    again.says("first");
}

const REBOOT: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: before, copy: {dest: /root/before, content: x}}
    - {name: again, reboot: {reboot_timeout: 90}}
    - {name: after, command: cat /root/before}
    - {name: up, command: systemctl is-active ssh.service}
";

#[test]
fn a_play_without_executor_goes_on_after_a_reboot() {
    // Its own would take seconds more, and a machine comes back as it was.
    let machine = Machine::alone("m2");
    let started = || machine.sh("stat -c %Y /proc/1; cut -d' ' -f22 /proc/1/stat");
    let before = started();
    let (_, ran) = by(machine.desk(&["root"]), true, REBOOT, &[]);
    let ran = ran.expect(0);
    assert_eq!(ran.task("root", "again")["state"], "changed");
    assert_eq!(ran.task("root", "after")["result"]["stdout"], "x");
    assert_eq!(ran.task("root", "up")["result"]["stdout"], "active");
    assert_ne!(started(), before);
}
