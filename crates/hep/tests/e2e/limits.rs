//! What sshd allows at once: sessions a connection, connections that are not logged in yet; and hosts that
//! know old algorithms only.

use rustix::process::Signal;

use crate::hep::Desk;
use crate::machine::Machine;
use crate::remote;
use crate::sshd::{Sshd, key, open_folder, text};

const PLAY: &str = "\
- hosts: all
  tasks:
    - {name: me, command: id -un}
    - {name: root, command: id -un, become: true}
    - {name: file, copy: {src: large, dest: ~/large}}
    - {name: again, copy: {src: large, dest: ~/large}}
";

#[test]
fn one_session_a_connection_is_enough() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["single"]);
    for (options, said) in [(&[][..], "single: single\n"), (&["--sudo"], "single: root\n")] {
        let words = [&["exec", "single"], options, &["id -un"]].concat();
        assert_eq!(desk.hep(&words).expect(0).out, said);
    }
    // Many names of one login share its connection, and wait for one another.
    let many: String = (0..20).map(|n| machine.line(&format!("name{n}"), "single")).collect();
    let crowd = Desk::new(&many, &machine.noted("known_hosts"));
    let ran = crowd.hep(&["exec", "all", "--output", "json", "id -un"]).expect(0);
    for n in 0..20 {
        assert_eq!(ran.host(&format!("name{n}"))["stdout"], "single\n");
    }
    desk.file("large", vec![7; 3 << 20]);
    let manifest = desk.file("play.yml", PLAY);
    let words = ["apply", "--output", "json", text(&manifest)];
    let ran = desk.hep(&words).expect(0);
    assert_eq!(ran.task("single", "me")["result"]["stdout"], "single");
    assert_eq!(ran.task("single", "root")["result"]["stdout"], "root");
    assert_eq!(ran.task("single", "again")["state"], "ok");
    let plain = ["apply", "--no-executor", "--output", "json", text(&manifest)];
    let ran = desk.hep(&plain).expect(0);
    assert_eq!(ran.task("single", "root")["result"]["stdout"], "root");
    assert_eq!(ran.task("single", "file")["state"], "ok");
    desk.hep(&["clean", "single", "-b"]).expect(0);
}

#[test]
fn an_interrupt_needs_no_second_session() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["single"]);
    let word = remote::word(40);
    let line = format!("trap '' HUP INT TERM; echo begun; sleep {word}; sleep {word}");
    let mut running = desk.start(&["exec", "single", &line]);
    running.until("begun").signal(Signal::INT);
    running.end().expect(130).says("cancelled (single)").never_says("may still run");
    remote::none_with(&word);
    // What root runs cannot be ended over the one session that it holds, and that is said.
    let mut running = desk.start(&["exec", "single", "--sudo", &line]);
    running.until("begun").signal(Signal::INT);
    running.end().expect(130).says("may still run");
    for pid in remote::with_word(&word) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

#[test]
fn many_logins_at_one_sshd_do_not_overrun_it() {
    let machine = Machine::shared("m1");
    let users: Vec<String> = (10..34).map(|number| format!("start{number}")).collect();
    machine.users(&users);
    // From the seventh that is not logged in on, it drops every connection.
    machine.sh("pid=$(cat /run/e2e-sshd.pid 2>/dev/null) && kill $pid; rm -f /run/e2e-sshd.pid
        /usr/sbin/sshd -p 2299 -o MaxStartups=6:100:6 -o PidFile=/run/e2e-sshd.pid");
    // Not a published port: the machine's own address, which is this machine's too.
    let address = machine.sh("hostname -i").trim().to_owned();
    let place = |line: String| {
        let (host, rest) = line.split_once(' ').unwrap();
        let rest = rest.split_once(" ansible_user").unwrap().1;
        format!("{host} ansible_host={address} ansible_port=2299 ansible_user{rest}")
    };
    let lines: String = users.iter().map(|user| place(machine.line(user, user))).collect();
    let name = format!("[{}]:{}", machine.noted("address"), machine.noted("port"));
    let known = machine.noted("known_hosts").replace(&name, &format!("[{address}]:2299"));
    let desk = Desk::new(&lines, &known);
    let ran = desk.hep(&["exec", "all", "--output", "json", "id -un"]).expect(0);
    for user in &users {
        assert_eq!(ran.host(user)["stdout"], format!("{user}\n"));
    }
    machine.sh("kill $(cat /run/e2e-sshd.pid)");
}

#[test]
fn old_algorithms_only_by_name() {
    let folder = open_folder();
    let rsa = key(folder.path(), "rsa", "", &["-t", "rsa", "-b", "2048"]);
    let own = format!("HostKey {}", rsa.display());
    // What an old sshd knows, the keyword that names it, and the words for ssh_config.
    let cases: [(&'static str, &str, &str); 4] = [
        ("oldkex", "KexAlgorithms", "diffie-hellman-group14-sha1"),
        ("oldmac", "MACs", "hmac-sha1"),
        ("oldcipher", "Ciphers", "aes128-cbc"),
        ("oldkey", "HostKeyAlgorithms", "ssh-rsa"),
    ];
    for (name, keyword, old) in cases {
        let line = format!("{keyword} {old}");
        // A MAC counts only with a cipher that needs one.
        let more = if keyword == "MACs" { "Ciphers aes128-ctr" } else { "" };
        let sshd = Sshd::up(name, &[&line, more, &own]);
        let known = sshd.known_hosts();
        let public = crate::sshd::public(&rsa);
        let known = format!("{known}\n[127.*]:{} {public}", sshd.port());
        let desk = |more: &str| Desk::new(&sshd.line("host", "127.0.0.1", more), &known);
        let here = ["exec", "host", "echo here"];
        let ran = desk("").hep(&here).expect(4);
        ran.says("hep_legacy_algorithms: true").says(keyword).says(old);
        desk("hep_legacy_algorithms=true").hep(&here).expect(0).says("host: here");
        let desk = desk("");
        let config = desk.file("config", format!("Host *\n  {keyword} +{old}\n"));
        desk.set("HEP_SSH_CONFIG", text(&config)).hep(&here).expect(0).says("host: here");
    }
    // A host that takes SHA-1 signatures of an RSA key only.
    let keys = format!("AuthorizedKeysFile {}.pub", rsa.display());
    let sshd = Sshd::up("oldsign", &["PubkeyAcceptedAlgorithms ssh-rsa", &keys]);
    let more = format!("ansible_ssh_private_key_file={}", rsa.display());
    sshd.desk(&more).hep(&["exec", "host", "true"]).expect(4);
    let more = format!("{more} hep_legacy_algorithms=true");
    sshd.desk(&more).hep(&["exec", "host", "echo here"]).expect(0).says("host: here");
}
