//! Ways of becoming another user.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::hep::{Desk, Ran};
use crate::machine::Machine;

const WHO: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: who, command: id -un}
    - {name: both, shell: 'id -un; echo $HOME; cat', args: {stdin: word}}
";

/// Applies a play that says who it is.
fn who(desk: &Desk, options: &[&str]) -> Ran {
    let manifest = desk.file("who.yml", WHO);
    let mut words = vec!["apply", "-b", "--output", "json"];
    words.extend(options);
    words.push(manifest.to_str().unwrap());
    desk.hep(&words)
}

#[test]
fn every_way_of_becoming_root_without_a_password() {
    let machine = Machine::shared("m1");
    let users = ["root", "admin", "ttysudo", "ptysudo", "noexec"];
    let desk = machine.desk(&users);
    let ran = who(&desk, &[]).expect(0);
    for user in users {
        assert_eq!(ran.task(user, "who")["result"]["stdout"], "root", "{user}");
        assert_eq!(ran.task(user, "both")["result"]["stdout"], "root\n/root\nword", "{user}");
    }
    let words = ["exec", "all", "--sudo", "--output", "json", "id -un; echo ${SUDO_USER:-nobody}"];
    let ran = desk.hep(&words).expect(0);
    for user in users {
        // Root needs no sudo, which a host may not even have.
        let asked = if user == "root" { "nobody" } else { user };
        assert_eq!(ran.host(user)["stdout"], format!("root\n{asked}\n"), "{user}");
    }
}

#[test]
fn the_right_password_and_the_wrong_one() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["pwsudo", "admin"]);
    let ran = who(&desk, &[]).expect(2).says("sudo wants a password and none was given");
    assert_eq!(ran.task("admin", "who")["result"]["stdout"], "root");
    assert_eq!(ran.summary("pwsudo")["state"], "failed");

    let desk = desk.set("HEP_BECOME_PASSWORD", "wr0ng-passw0rd");
    let ran = who(&desk, &[]).expect(2).says("did not accept the password");
    assert_eq!(ran.task("admin", "who")["result"]["stdout"], "root");
    ran.never_says("wr0ng-passw0rd");
    let ran = desk.hep(&["exec", "all", "--sudo", "id -un"]).expect(2);
    ran.says("admin: root").says("pwsudo: ").never_says("wr0ng-passw0rd");

    let password =
        std::fs::read_to_string(crate::breadth::fleet().join("machines/pwsudo.password"));
    let password = password.unwrap();
    let desk = desk.set("HEP_BECOME_PASSWORD", password.trim());
    let ran = who(&desk, &["-D", "-v"]).expect(0);
    assert_eq!(ran.task("pwsudo", "both")["result"]["stdout"], "root\n/root\nword");
    ran.never_says(password.trim());
    let ran = desk.fed(&["exec", "all", "--sudo", "id -un; cat"], b"input\n").expect(0);
    ran.says("pwsudo: root").says("pwsudo: input").never_says(password.trim());
    assert!(!desk.holds(password.trim()));
}

/// Where sudo remembers a password for all sessions it asks for none, and what was meant as the password must not
/// become input of the command.
#[test]
fn a_password_that_sudo_remembers_is_no_input() {
    let machine = Machine::shared("m1");
    let rule = "Defaults:remembered timestamp_type=global\nremembered ALL=(ALL:ALL) ALL";
    machine.user("remembered", rule);
    let password = format!("pass-{}-kept", std::process::id());
    let line = format!("remembered:{password}\n");
    crate::machine::fed_script("machine-sh", &["m1", "chpasswd"], line.as_bytes());
    let desk = machine.desk(&["remembered"]).set("HEP_BECOME_PASSWORD", &password);
    let typed = format!("{password}\n");
    desk.fed(&["exec", "all", "sudo -S -p '' -v && sudo -n true"], typed.as_bytes()).expect(0);
    let ran = who(&desk, &[]).expect(0).never_says(&password);
    assert_eq!(ran.task("remembered", "both")["result"]["stdout"], "root\n/root\nword");
    let ran = desk.fed(&["exec", "all", "--sudo", "id -un; cat"], b"input\n").expect(0);
    ran.says("remembered: root").says("remembered: input").never_says(&password);
    desk.hep(&["exec", "all", "sudo -n true"]).expect(0);
}

/// Looks at all command lines and environments again and again while it lives.
struct Watch {
    over: Arc<AtomicBool>,
    watching: std::thread::JoinHandle<Vec<String>>,
}

impl Watch {
    fn for_word(word: &str) -> Self {
        let (over, word) = (Arc::new(AtomicBool::new(false)), word.to_owned());
        let flag = over.clone();
        let watching = std::thread::spawn(move || {
            let mut found = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                for pid in crate::remote::with_word(&word) {
                    found.push(format!("process {}", pid.as_raw_pid()));
                }
            }
            found
        });
        Self { over, watching }
    }

    fn found(self) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        self.watching.join().unwrap()
    }
}

#[test]
fn a_password_is_in_no_process_list_and_no_file() {
    let machine = Machine::shared("m1");
    machine.user("watched", "watched ALL=(ALL:ALL) ALL");
    let password = format!("pass-{}-word", std::process::id());
    let line = format!("watched:{password}\n");
    crate::machine::fed_script("machine-sh", &["m1", "chpasswd"], line.as_bytes());
    let desk = machine.desk(&["watched"]).set("HEP_BECOME_PASSWORD", &password);
    let watch = Watch::for_word(&password);
    who(&desk, &[]).expect(0);
    desk.hep(&["exec", "watched", "--sudo", "true"]).expect(0);
    assert_eq!(watch.found(), [""; 0]);
    let line = "grep -rlF -f - /home/watched /root /var/cache/hep /var/tmp /tmp /var/log || true";
    let found = crate::machine::fed_script(
        "machine-sh",
        &["m1", "sh", "-c", line],
        format!("{password}\n").as_bytes(),
    );
    assert_eq!(found, "");
}

#[test]
fn becoming_someone_without_rights() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["root", "admin", "ptysudo"]);
    let ran = who(&desk, &["--become-user", "plain"]).expect(0);
    for user in ["root", "admin", "ptysudo"] {
        assert_eq!(ran.task(user, "both")["result"]["stdout"], "plain\n/home/plain\nword");
    }
    let ran = desk.hep(&["exec", "all", "--sudo-user", "plain", "--output", "json", "id -un"]);
    assert_eq!(ran.expect(0).host("admin")["stdout"], "plain\n");
}

const FLAGS: &str = "\
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - {name: usual, shell: 'echo $HOME; printenv SSH_CONNECTION || cat', args: {stdin: none}}
    - name: kept
      shell: echo $HOME; printenv SSH_CONNECTION | wc -w
      become_flags: -H -E -S
    - {name: group, command: id -gn, become_flags: -g plain}
    - name: login
      shell: echo \"$HOME $LOGNAME it's\"; cat
      args: {stdin: \"a word\\n\"}
      become_flags: -i
    - name: other
      command: id -un
      become_user: plain
      vars: {ansible_become_flags: -i -n}
    - name: file
      copy: {dest: /root/flags, content: \"$HOME `x`\\n\"}
      become_flags: -i
";

#[test]
fn what_sudo_is_told_beside_the_user() {
    let machine = Machine::shared("m1");
    let password = crate::login::password();
    let desk = machine.desk(&["admin", "pwsudo", "ptysudo"]);
    let desk = desk.set("HEP_BECOME_PASSWORD", &password);
    let manifest = desk.file("flags.yml", FLAGS);
    for options in [&[][..], &["--no-executor"]] {
        let words = [&["apply", "--output", "json"], options, &[manifest.to_str().unwrap()]];
        let ran = desk.hep(&words.concat()).expect(0);
        for user in ["admin", "pwsudo", "ptysudo"] {
            for (task, said) in [
                ("usual", "/root\nnone"),
                ("kept", "/root\n4"),
                ("group", "plain"),
                ("login", "/root root it's\na word"),
                ("other", "plain"),
            ] {
                assert_eq!(ran.task(user, task)["result"]["stdout"], said, "{user}: {task}");
            }
        }
        assert_eq!(machine.sh("cat /root/flags"), "$HOME `x`\n");
        machine.sh("rm /root/flags");
    }
    let play = FLAGS.replace("-H -E -S", "-b");
    let manifest = desk.file("flags.yml", play);
    let ran = desk.hep(&["apply", manifest.to_str().unwrap()]).expect(2);
    ran.says("Cannot use `-b` of `become_flags: -b`");
}

#[test]
fn where_nothing_may_be_run_from_the_play_runs_all_the_same() {
    let machine = Machine::shared("m2");
    let desk = machine.desk(&["noexec", "admin"]);
    let ran = who(&desk, &[]).expect(0);
    assert_eq!(ran.task("noexec", "who")["result"]["stdout"], "root");
    assert_eq!(ran.task("admin", "who")["result"]["stdout"], "root");
}

#[test]
fn a_replaced_executor_is_not_started() {
    let machine = Machine::alone("m1");
    machine.user("swap", "swap ALL=(ALL:ALL) NOPASSWD: ALL");
    let desk = machine.desk(&["swap"]);
    who(&desk, &[]).expect(0);
    let evil = "for f in DIR/*; do n=$(basename $f); [ ${#n} = 64 ] || continue
        printf '#!/bin/sh\\ntouch /tmp/e2e-evil-$(id -u)\\nexec true\\n' >$f; chmod 755 $f; done
        ls DIR | wc -l";
    for folder in ["/home/swap/.cache/hep", "/var/cache/hep"] {
        let replaced = machine.sh(&evil.replace("DIR", folder));
        assert_ne!(replaced.trim(), "0", "{folder} holds an executor");
        let ran = who(&desk, &[]).expect(0);
        assert_eq!(ran.task("swap", "who")["result"]["stdout"], "root");
        assert_eq!(machine.sh("ls /tmp | grep e2e-evil || true"), "");
    }
    // Of the right size, and with nothing to say: it is sent anew.
    let mute = "for f in /home/swap/.cache/hep/*; do n=$(basename $f); [ ${#n} = 64 ] || continue
        { printf '#!/bin/sh\\nexit 0\\n'; cat $f; } | head -c $(stat -c %s $f) >/tmp/e2e-mute
        cat /tmp/e2e-mute >$f; done";
    let sums = "cd /home/swap/.cache/hep; for f in *; do [ ${#f} = 64 ] || continue
        sha256sum $f | tr -s ' ' '\\n' | uniq | wc -l; done";
    machine.sh(mute);
    assert_eq!(machine.sh(sums), "2\n");
    let ran = who(&desk, &[]).expect(0);
    assert_eq!(ran.task("swap", "who")["result"]["stdout"], "root");
    assert_eq!(machine.sh(sums), "1\n");
    // Owned by the user, it is not root's to start, whatever it holds.
    machine.sh(
        "find /var/cache/hep -maxdepth 1 -type f -exec chown swap {} +; chmod 777 /var/cache/hep",
    );
    who(&desk, &[]).expect(0);
    assert_eq!(machine.sh("stat -c %U:%a /var/cache/hep").trim(), "root:755");
}

#[test]
fn a_command_becomes_whom_its_host_says() {
    let machine = Machine::shared("m1");
    let line =
        |name: &str, more: &str| format!("{} {more}\n", machine.line(name, "admin").trim_end());
    let hosts = [
        line("usual", ""),
        line("other", "ansible_become_user=plain"),
        line("group", "ansible_become_flags='-g plain'"),
        line("shell", "ansible_become_flags=-i"),
        line("bad", "ansible_become_flags=-b"),
        line("su", "ansible_become_method=su"),
    ];
    let desk = Desk::new(&hosts.concat(), &machine.noted("known_hosts"));
    let id = "id -un; id -gn; echo \"$WORD\"; cat";
    let words = ["exec", "all:!bad:!su", "--output", "json", "-e", "WORD=it's $1", id];
    let ran = desk.fed(&[&words[..2], &["--sudo"], &words[2..]].concat(), b"read\n").expect(0);
    for (host, who) in [
        ("usual", "root\nroot"),
        ("other", "plain\nplain"),
        ("group", "root\nplain"),
        ("shell", "root\nroot"),
    ] {
        assert_eq!(ran.host(host)["stdout"], format!("{who}\nit's $1\nread\n"), "{host}");
    }
    // Who is named on the command line is meant.
    let named = ["exec", "other", "-n", "--sudo-user", "root", "id -un"];
    assert_eq!(desk.hep(&named).expect(0).out, "other: root\n");
    let refused = desk.hep(&["exec", "bad,su", "-n", "--sudo", "id"]).expect(4);
    refused.says("Cannot use `-b` of `become_flags: -b`").says("another user by `su`");
}
