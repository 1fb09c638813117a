//! Ways of logging in, each against OpenSSH's own sshd.

use crate::breadth::{file_of_fleet, fleet};
use crate::machine::Machine;
use crate::sshd::{Agent, Sshd, key, keygen, open_folder, public, text};
use crate::terminal::Size;

const HERE: [&str; 3] = ["exec", "all", "echo here"];

/// The password of whoever of a machine has one.
pub(crate) fn password() -> String {
    file_of_fleet("machines/pwsudo.password").trim().to_owned()
}

#[test]
fn passwords_and_questions() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["pwlogin", "kbdlogin", "twologin"]);
    let ran = desk.hep(&HERE).expect(4).says("cannot log in").says("--ask-pass");
    assert_eq!(ran.out, "");
    let desk = desk.set("HEP_PASSWORD", "wr0ng-passw0rd");
    desk.hep(&HERE).expect(4).says("3 unreachable").never_says("wr0ng-passw0rd");
    let desk = desk.set("HEP_PASSWORD", &password());
    let ran = desk.hep(&HERE).expect(0).never_says(&password());
    assert_eq!(ran.out.lines().count(), 3, "{ran:?}");
    let manifest = desk.file("play.yml", "- hosts: all\n  tasks:\n    - ping:\n");
    desk.hep(&["apply", text(&manifest)]).expect(0).never_says(&password());
}

#[test]
fn keys_of_every_kind() {
    let folder = open_folder();
    let at = folder.path();
    let kinds: [(&str, &[&str]); 5] = [
        ("ed25519", &["-t", "ed25519"]),
        ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
        ("pkcs8", &["-t", "ecdsa", "-m", "PKCS8"]),
    ];
    let keys = kinds.map(|(name, kind)| key(at, name, "", kind));
    let all: String = keys.iter().map(|key| public(key)).collect();
    std::fs::write(at.join("keys"), all).unwrap();
    let sshd = Sshd::up("kinds", &[&format!("AuthorizedKeysFile {}/keys", at.display())]);
    for key in &keys {
        let more = format!("ansible_ssh_private_key_file={}", key.display());
        sshd.desk(&more).hep(&HERE).expect(0).says("host: here");
    }
}

#[test]
fn certificates_of_users() {
    let (folder, user) = (open_folder(), file_of_fleet("breadth/user"));
    let at = folder.path();
    let authority = key(at, "authority", "", &["-t", "ed25519"]);
    let sshd = Sshd::up(
        "usercert",
        &[&format!("TrustedUserCAKeys {}.pub", text(&authority)), "AuthorizedKeysFile none"],
    );
    let sign_kind = |name: &str, kind: &[&str], more: &[&str]| {
        let key = key(at, name, "", kind);
        let public = key.with_extension("pub");
        let mut words = vec!["-s", text(&authority), "-I", name, "-n", user.trim()];
        words.extend(more);
        words.push(text(&public));
        keygen(&words);
        key
    };
    let sign = |name: &str, more: &[&str]| sign_kind(name, &["-t", "ed25519"], more);
    let desk = |key: &str| sshd.desk(&format!("ansible_ssh_private_key_file={key}"));

    let good = sign("good", &[]);
    desk(text(&good)).hep(&HERE).expect(0).says("host: here");
    let rsa = sign_kind("rsa", &["-t", "rsa", "-b", "2048"], &[]);
    desk(text(&rsa)).hep(&HERE).expect(0).says("host: here");
    let old = sign("old", &["-V", "20200101:20200102"]);
    desk(text(&old)).hep(&HERE).expect(4).says("cannot log in");
    let bare = key(at, "bare", "", &["-t", "ed25519"]);
    desk(text(&bare)).hep(&HERE).expect(4).says("cannot log in");

    // The certificate elsewhere, as ssh_config names it.
    let moved = at.join("elsewhere.pub");
    std::fs::rename(at.join("good-cert.pub"), &moved).unwrap();
    let desk = desk(text(&good));
    desk.hep(&HERE).expect(4);
    let config = desk.file("config", format!("Host *\n  CertificateFile {}\n", moved.display()));
    desk.set("HEP_SSH_CONFIG", text(&config)).hep(&HERE).expect(0).says("host: here");
}

#[test]
fn keys_of_an_agent() {
    let folder = open_folder();
    let at = folder.path();
    let held = key(at, "held", "", &["-t", "ed25519"]);
    std::fs::write(at.join("keys"), public(&held)).unwrap();
    let sshd = Sshd::up("agent", &[&format!("AuthorizedKeysFile {}/keys", at.display())]);
    let agent = Agent::with(at, &[&held]);
    std::fs::remove_file(&held).unwrap();
    let line = sshd.line("host", "127.0.0.1", "");
    // The fleet's key is not among those allowed.
    let desk = crate::hep::Desk::new(&line, &sshd.known_hosts());
    desk.hep(&HERE).expect(4).says("cannot log in");
    let desk = desk.set("SSH_AUTH_SOCK", text(&agent.socket));
    desk.hep(&HERE).expect(0).says("host: here");
}

#[test]
fn a_locked_key_is_opened_by_its_passphrase_once() {
    let folder = open_folder();
    let at = folder.path();
    let locked = key(at, "locked", "open-sesame", &["-t", "ed25519"]);
    std::fs::write(at.join("keys"), public(&locked)).unwrap();
    let sshd = Sshd::up("locked", &[&format!("AuthorizedKeysFile {}/keys", at.display())]);
    let more = format!("ansible_ssh_private_key_file={}", locked.display());
    let lines: String = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
        .iter()
        .map(|address| sshd.line(&format!("at-{address}"), address, &more))
        .collect();
    let desk = crate::hep::Desk::new(&lines, &sshd.known_hosts());
    // Nobody is there to be asked.
    desk.hep(&HERE).expect(4).says("locked");
    let mut talk = desk.on_terminal(Size::default(), &HERE);
    talk.until("Passphrase of the key").types("not this\n");
    talk.until("That was not it").types("open-sesame\n");
    let (code, shown) = talk.end();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shown.matches("Passphrase of the key").count(), 2, "{shown}");
    assert_eq!(shown.matches(": here").count(), 3, "{shown}");
    assert!(!shown.contains("sesame") && !shown.contains("not this"), "{shown}");
}

#[test]
fn locked_keys_in_the_old_forms_of_files() {
    let folder = open_folder();
    let at = folder.path();
    let forms = ["PEM", "PKCS8"];
    let keys =
        forms.map(|form| key(at, form, "open-sesame", &["-t", "rsa", "-b", "2048", "-m", form]));
    let all: String = keys.iter().map(|key| public(key)).collect();
    std::fs::write(at.join("keys"), all).unwrap();
    let sshd = Sshd::up("oldlocked", &[&format!("AuthorizedKeysFile {}/keys", at.display())]);
    for key in &keys {
        let desk = sshd.desk(&format!("ansible_ssh_private_key_file={}", key.display()));
        let mut talk = desk.on_terminal(Size::default(), &HERE);
        talk.until("Passphrase of the key").types("open-sesame\n");
        let (code, shown) = talk.end();
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains(": here"), "{shown}");
    }
}

#[test]
fn two_hops_lead_where_nothing_else_does() {
    let machine = Machine::shared("m1");
    // `last` is the machine's own 127.0.0.1, which only the machine itself can reach: there is another
    // key behind that address here.
    let known = format!(
        "{}\n{}\n{}",
        file_of_fleet("breadth/known_hosts"),
        machine.noted("known_hosts"),
        machine.noted("known_hosts").replace(
            &format!("[{}]:{}", machine.noted("address"), machine.noted("port")),
            "127.0.0.1"
        )
    );
    let config = format!(
        "Host first\n  HostName 127.77.0.1\n  Port {}\n  User {}\n\
         Host second\n  HostName {}\n  Port {}\n  User plain\n\
         Host around\n  ProxyJump first,second\n\
         Host nested\n  ProxyJump inner\n\
         Host inner\n  HostName {}\n  Port {}\n  User plain\n  ProxyJump first\n\
         Host around nested direct\n  HostName 127.0.0.1\n  Port 22\n  User admin\n\
         Host *\n  IdentityFile {}\n  ConnectTimeout 5\n",
        crate::breadth::port(),
        file_of_fleet("breadth/user").trim(),
        machine.noted("address"),
        machine.noted("port"),
        machine.noted("address"),
        machine.noted("port"),
        fleet().join("key").display()
    );
    let lines = "around\nnested\ndirect\n\
                 said ansible_host=127.0.0.1 ansible_port=22 ansible_user=admin \
                 ansible_ssh_common_args='-o ProxyJump=first,second'\n";
    let desk = crate::hep::Desk::new(lines, &known);
    let config = desk.file("config", config);
    let desk = desk.set("HEP_SSH_CONFIG", text(&config));
    let words = ["exec", "all:!direct", "--output", "json", "hostname; id -un"];
    let ran = desk.hep(&words).expect(0);
    for host in ["around", "nested", "said"] {
        assert_eq!(ran.host(host)["stdout"], "m1\nadmin\n", "{host}");
    }
    desk.hep(&["exec", "direct", "true"]).expect(4);
    let large = ["exec", "around", "head -c 30000000 /dev/zero | tr '\\0' x"];
    let (ran, bytes, _) = desk.start(&large).drained();
    ran.expect(0);
    assert!(bytes >= 30_000_000, "{bytes} bytes came through");
    let play = "- hosts: around\n  become: true\n  tasks:\n    - {name: who, command: id -un}\n";
    let manifest = desk.file("play.yml", play);
    let ran = desk.hep(&["apply", "--output", "json", text(&manifest)]).expect(0);
    assert_eq!(ran.task("around", "who")["result"]["stdout"], "root");
    // A hop whose key is not known is not walked over.
    let known = desk.file("known_hosts", known.replace("[127.77.0.1]", "[127.77.9.9]"));
    desk.hep(&["exec", "around", "true"]).expect(4).says("first");
    drop(known);
}
