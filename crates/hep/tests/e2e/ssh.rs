//! Whom we trust and who lets us in.

use crate::breadth::{desk, desk_and, file_of_fleet, fleet, port};
use crate::hep::Desk;
use crate::sshd::{Sshd, key, keygen, open_folder, public, text};

/// A host of the breadth fleet that no `known_hosts` names.
fn stranger() -> Desk {
    desk_and(&format!("stranger ansible_host=127.99.0.1 ansible_port={}", port()))
}

#[test]
fn an_unknown_host_key_is_refused() {
    let desk = stranger();
    let ran = desk.hep(&["exec", "stranger,h0001", "--host-key", "strict", "echo in"]).expect(4);
    assert_eq!(ran.out, "h0001: in\n");
    ran.says("stranger: ").says("hint: ");
    // Nobody is there to be asked.
    desk.hep(&["exec", "stranger", "--host-key", "ask", "echo in"]).expect(4);
    desk.hep(&["exec", "stranger", "echo in"]).expect(4);
}

#[test]
fn a_new_host_key_is_remembered_and_then_holds() {
    let desk = stranger();
    let known = desk.path("known_hosts");
    desk.hep(&["exec", "stranger", "--host-key", "accept-new", "echo in"]).expect(0).says("in");
    let kept = std::fs::read_to_string(&known).unwrap();
    assert!(kept.contains(&format!("[127.99.0.1]:{} ssh-ed25519 ", port())), "{kept}");
    desk.hep(&["exec", "stranger", "--host-key", "strict", "echo in"]).expect(0).says("in");
}

#[test]
fn a_changed_host_key_stops_the_host_and_says_where_it_stands() {
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    let known = format!("# a comment\n[127.99.0.1]:{} {other}\n", port());
    let desk = stranger();
    let file = desk.file("known_hosts", &known);
    for rule in ["strict", "accept-new", "ask"] {
        let ran = desk.hep(&["exec", "stranger", "--host-key", rule, "echo in"]).expect(4);
        assert_eq!(ran.out, "");
        ran.says("HAS CHANGED").says(&format!("{}:2", file.display())).says("hint: ");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), known);
    }
}

#[test]
fn a_wrong_key_is_said_to_be_refused() {
    let desk = desk();
    let key = desk.path("other");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()])
        .status();
    assert!(made.unwrap().success());
    let inventory = file_of_fleet("breadth/inventory.ini");
    let right = fleet().join("key");
    let wrong = inventory.replace(right.to_str().unwrap(), key.to_str().unwrap());
    desk.file("inventory.ini", wrong);
    let ran = desk.hep(&["exec", "h0001,h0002", "true"]).expect(4);
    ran.says("h0001: ").says("h0002: ").says("2 unreachable");
}

#[test]
fn the_forms_of_a_known_hosts_file() {
    let folder = open_folder();
    let at = folder.path();
    let (authority, own) =
        (key(at, "authority", "", &["-t", "ed25519"]), key(at, "own", "", &["-t", "ecdsa"]));
    // A certificate for the first address, and one that has ended; the key beneath is no secret's.
    let certify = |name: &str, more: &[&str]| {
        let pair = key(at, name, "", &["-t", "ed25519"]);
        let half = pair.with_extension("pub");
        let words = [&["-s", text(&authority), "-h", "-I", name], more, &[text(&half)]].concat();
        keygen(&words);
        [
            format!("HostKey {}", pair.display()),
            format!("HostCertificate {}", at.join(format!("{name}-cert.pub")).display()),
        ]
    };
    let [good_key, good] = certify("good", &["-n", "127.0.0.1"]);
    let plain = Sshd::up("plainkey", &[&format!("HostKey {}", own.display())]);
    let signed = Sshd::up("signed", &[&good_key, &good]);
    let [old_key, old] = certify("old", &["-n", "127.0.0.1", "-V", "20200101:20200102"]);
    let ended = Sshd::up("ended", &[&old_key, &old]);

    let (ours, ca) = (public(&own), public(&authority));
    let plain_port = plain.port();
    let hashed = at.join("hashed");
    std::fs::write(&hashed, format!("[127.0.0.1]:{plain_port} {ours}")).unwrap();
    keygen(&["-H", "-f", text(&hashed)]);
    let hashed = std::fs::read_to_string(hashed).unwrap();
    assert!(hashed.starts_with("|1|") && !hashed.contains("127.0.0.1"), "{hashed}");

    let cases = [
        (&plain, "127.0.0.1", hashed, 0, "host: here"),
        (&plain, "127.0.0.1", format!("[127.0.*]:{plain_port} {ours}"), 0, "host: here"),
        (
            &plain,
            "127.0.0.1",
            format!("![127.0.0.1]:{plain_port},[127.*]:{plain_port} {ours}"),
            4,
            "not known",
        ),
        (
            &plain,
            "127.0.0.1",
            format!("[127.*]:{plain_port} {ours}@revoked * {ours}"),
            4,
            "is marked as revoked",
        ),
        (&signed, "127.0.0.1", format!("@cert-authority * {ca}"), 0, "host: here"),
        // The certificate does not name this address.
        (&signed, "127.0.0.2", format!("@cert-authority * {ca}"), 4, "host: "),
        (&signed, "127.0.0.1", format!("@cert-authority * {ours}"), 4, "not known"),
        (&signed, "127.0.0.1", format!("@cert-authority * {ca}@revoked * {ca}"), 4, "not known"),
        (&ended, "127.0.0.1", format!("@cert-authority * {ca}"), 4, "is not valid"),
    ];
    for (sshd, address, known, code, said) in cases {
        let desk = Desk::new(&sshd.line("host", address, ""), &known);
        desk.hep(&["exec", "host", "echo here"]).expect(code).says(said);
    }
}

#[test]
fn files_of_host_keys_are_those_of_ssh_config() {
    let (sshd, second) = (Sshd::up("files", &[]), "127.0.0.2");
    let lines = sshd.line("host", "127.0.0.1", "") + &sshd.line("second", second, "");
    let desk = Desk::new(&lines, "").unset("HEP_KNOWN_HOSTS");
    let known = desk.file("one", sshd.known_hosts().replace("127.*", "127.0.0.1"));
    let own = desk.path("two");
    let config = desk.file(
        "config",
        format!(
            "Host {second}\n  UserKnownHostsFile {}\n  StrictHostKeyChecking accept-new\n  \
             HashKnownHosts yes\nHost *\n  UserKnownHostsFile {} /nonexistent\n",
            own.display(),
            known.display()
        ),
    );
    let desk = desk.set("HEP_SSH_CONFIG", text(&config));
    let ran = desk.hep(&["exec", "all", "echo here"]).expect(0);
    ran.says("host: here").says("second: here");
    let kept = std::fs::read_to_string(&own).unwrap();
    assert!(kept.starts_with("|1|") && !kept.contains(second), "{kept}");
    let found = std::process::Command::new("ssh-keygen")
        .args(["-F", &format!("[{second}]:{}", sshd.port()), "-f", text(&own)])
        .output();
    assert!(found.unwrap().status.success(), "OpenSSH finds what we wrote");
    // What the command line says wins: there the hosts are strangers.
    let none = desk.file("none", "");
    let words = ["exec", "all", "--known-hosts", text(&none), "--host-key", "strict", "true"];
    desk.hep(&words).expect(4).says("2 unreachable");
}
