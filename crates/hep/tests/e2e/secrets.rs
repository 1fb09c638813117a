//! A canary in every place that takes a secret, and a search for it everywhere else: in what is shown, in
//! the process lists and environments of controller and host, in the files of both.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use crate::hep::{Desk, Ran};
use crate::machine::{Machine, fed_script};
use crate::sshd::text;
use crate::terminal::Size;

/// Of the Vault; [`SEALED`] is `VAULTED` under it.
pub(crate) const VAULT_KEY: &str = "canary-vaultkey-51c8";
pub(crate) const VAULTED: &str = "canary-vaulted-93ae";
pub(crate) const SEALED: &str = "          $ANSIBLE_VAULT;1.1;AES256
          30303031303230333034303530363037303830393061306230633064306530663130313131323133
          3134313531363137313831393161316231633164316531660a346565666461346265646339386162
          30653836373639396337376562303231656264373032366134313730363166376564373761346230
          6530623361346266390a306166363266646265363233366333636131656633633837653466333634
          63643239633066353761613366663163306365373334333033626565656337333863
";
/// A value of a `no_log` task: a secret only because the task says so.
const UNLOGGED: &str = "canary-unlogged-07d2";
/// A hash of a password, as `user` takes it.
const HASH: &str = "$6$canaryhash4f$1xO0W0bXZpT2bKQ0T9gq5Qy3m5r6a7c8d9e0f1";
/// Of the login and, being the account's, of sudo.
const LOGIN: &str = "canary-login-c6b1";

const CANARIES: [&str; 5] = [VAULT_KEY, VAULTED, UNLOGGED, "canaryhash4f", LOGIN];

const PLAY: &str = "\
- hosts: all
  become: true
  vars_files: [GIVEN/vaulted.yml, GIVEN/plain.yml]
  tasks:
    - {name: shown, debug: {msg: 'it is {{ vaulted }}'}}
    - {name: kept, set_fact: {again: '{{ vaulted }}'}}
    - {name: file, copy: {dest: /root/e2e-canary/vaulted, content: \"one\\n{{ vaulted }}\\n\"}}
    - {name: template, template: {src: GIVEN/page.j2, dest: /root/e2e-canary/page}}
    - {name: line, lineinfile: {path: /root/e2e-canary/lines, line: 'x={{ again }}', create: true}}
    - {name: input, shell: 'cat >/dev/null', args: {stdin: '{{ vaulted }}'}, changed_when: false}
    - {name: said, shell: 'cat', args: {stdin: '{{ vaulted }}'}, register: said, changed_when: false}
    - {name: unlogged, copy: {dest: /root/e2e-canary/unlogged, content: '{{ unlogged }}'}, no_log: true}
    - {name: loop, shell: cat, args: {stdin: '{{ item }}'}, loop: ['{{ unlogged }}'], no_log: true, register: looped, changed_when: false}
    - {name: account, user: {name: e2ecanary, password: '{{ hash }}'}, no_log: true}
    - {name: fails, shell: 'cat; false', args: {stdin: '{{ unlogged }}'}, no_log: true, ignore_errors: true}
    - {name: breaks, copy: {dest: '/nonexistent/e2e/x', content: '{{ unlogged }}'}, no_log: true, ignore_errors: true}
    - {name: wrong, shell: 'cat; false', args: {stdin: '{{ vaulted }}'}, ignore_errors: true}
    - {name: undefined, debug: {msg: '{{ vaulted ~ nobody.knows }}'}, ignore_errors: true}
";

/// What the operator gives, apart from the folder in which `hep` works.
fn given() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file =
        |name: &str, content: String| std::fs::write(folder.path().join(name), content).unwrap();
    file("vaulted.yml", format!("vaulted: !vault |\n{SEALED}"));
    file("plain.yml", format!("unlogged: {UNLOGGED}\nhash: '{HASH}'\n"));
    file("page.j2", "user = {{ inventory_hostname }}\npassword = {{ vaulted }}\n".to_owned());
    file("vault-key", format!("{VAULT_KEY}\n"));
    file("sudo", format!("{LOGIN}\n"));
    file("play.yml", PLAY.replace("GIVEN", text(folder.path())));
    folder
}

/// Looks at all command lines and environments again and again while it lives, those of `hep` and of the
/// tests apart.
struct Watch {
    over: Arc<AtomicBool>,
    watching: std::thread::JoinHandle<Vec<String>>,
}

impl Watch {
    fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        let watching = std::thread::spawn(move || {
            let mut found = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                for canary in CANARIES {
                    for pid in crate::remote::with_word_anywhere(canary) {
                        found.push(format!("{canary} in process {}", pid.as_raw_pid()));
                    }
                }
            }
            found
        });
        Self { over, watching }
    }

    fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        assert_eq!(self.watching.join().unwrap(), [""; 0]);
    }
}

fn silent(ran: Ran) -> Ran {
    CANARIES.into_iter().fold(ran, Ran::never_says)
}

/// Nothing of ours on the machine holds a canary, but for the files that were to hold one.
fn host_holds_none(machine: &Machine) {
    let list: String = CANARIES.iter().fold(String::new(), |mut list, canary| {
        let _ = writeln!(list, "{canary}");
        list
    });
    let line = "grep -rlF -f - /home /root /var/cache/hep /var/tmp /tmp /var/log /run 2>/dev/null \
                | grep -v '^/root/e2e-canary/' || true";
    assert_eq!(fed_script("machine-sh", &["m1", "sh", "-c", line], list.as_bytes()), "");
    machine.sh("rm -rf /root/e2e-canary; mkdir -p /root/e2e-canary");
}

fn desk(machine: &Machine) -> Desk {
    machine.user("canary", "canary ALL=(ALL:ALL) ALL");
    machine.sh("rm -rf /root/e2e-canary; mkdir -p /root/e2e-canary; userdel -f e2ecanary 2>/dev/null || true");
    fed_script("machine-sh", &["m1", "chpasswd"], format!("canary:{LOGIN}\n").as_bytes());
    // No key: the password logs in.
    let line = machine.line("canary", "canary");
    let line = line.split(" ansible_ssh_private_key_file").next().unwrap().to_owned();
    Desk::new(&line, &machine.noted("known_hosts"))
}

#[test]
fn no_secret_is_anywhere_but_where_it_belongs() {
    let (machine, given) = (Machine::alone("m1"), given());
    let at = |name: &str| given.path().join(name).display().to_string();
    let desk = desk(&machine);
    let options =
        ["--vault-password-file", &at("vault-key"), "--become-password-file", &at("sudo")]
            .map(str::to_owned);
    let play = at("play.yml");
    let saved = desk.path("saved.plan").display().to_string();
    let ways: [&[&str]; 6] = [
        &["apply", "-vvv", "-D", &play],
        &["apply", "-vvv", "-D", "--output", "json", &play],
        &["apply", "-C", "-vvv", "-D", &play],
        &["apply", "--no-executor", "-vvv", "-D", &play],
        &["apply", "--plan-out", &saved, "-vvv", "-D", &play],
        &["apply", "--allow-deferred", "-vvv", "-D", &saved],
    ];
    // The password of the login by environment, which is `hep`'s own.
    let desk = desk.set("HEP_PASSWORD", LOGIN);
    for way in ways {
        let watch = Watch::begin();
        let words: Vec<&str> =
            way.iter().copied().chain(options.iter().map(String::as_str)).collect();
        silent(desk.hep(&words).expect(0));
        watch.end();
        for canary in CANARIES {
            assert!(!desk.holds(canary), "{canary} is in a file after {way:?}");
        }
        host_holds_none(&machine);
    }
    // What was to hold them holds them: none of this is true because nothing was done.
    silent(
        desk.hep(&[&["apply", &play][..], &options.each_ref().map(String::as_str)].concat())
            .expect(0),
    );
    let found = machine.sh("cat /root/e2e-canary/*; grep e2ecanary /etc/shadow");
    for canary in [VAULTED, UNLOGGED, "canaryhash4f"] {
        assert!(found.contains(canary), "{canary}: {found}");
    }
    machine.sh("rm -rf /root/e2e-canary; userdel -f e2ecanary");
}

#[test]
fn typed_passwords_are_neither_shown_nor_kept() {
    let machine = Machine::shared("m1");
    machine.user("typist", "typist ALL=(ALL:ALL) ALL");
    fed_script("machine-sh", &["m1", "chpasswd"], format!("typist:{LOGIN}\n").as_bytes());
    let line = machine.line("typist", "typist");
    let line = line.split(" ansible_ssh_private_key_file").next().unwrap().to_owned();
    let desk = Desk::new(&line, &machine.noted("known_hosts"));
    let play =
        desk.file("play.yml", "- hosts: all\n  become: true\n  tasks:\n    - command: id -un\n");
    let ways: [&[&str]; 2] = [
        &["exec", "--ask-pass", "-K", "-v", "--sudo", "all", "id -un; echo LOGIN is not shown"],
        &["apply", "--ask-pass", "-K", "-vvv", "-D", text(&play)],
    ];
    for way in ways {
        let mut talk = desk.on_terminal(Size::default(), way);
        talk.until("SSH password: ").types(&format!("{LOGIN}\n"));
        talk.until("sudo password: ").types(&format!("{LOGIN}\n"));
        let (code, shown) = talk.end();
        assert!(code == 0 && shown.contains("root") && !shown.contains(LOGIN), "{shown}");
        assert!(!desk.holds(LOGIN));
    }
    assert!(Path::new(text(&play)).exists());
}
