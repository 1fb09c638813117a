//! A server's register, filled from the files that people have, and a host let in by a key.

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::server::Server;

const USER: &str = "pushed";
const PASSWORD: &str = "canary-7c1f-of-a-story";

/// How a run of `id` on the host ends.
async fn reached(server: &Server) -> Value {
    let id = server.ask(json!({"kind": "command", "line": "id -un"}), "@web", json!({})).await;
    server.ended(&id).await["counts"].clone()
}

#[tokio::test]
async fn a_register_is_filled_from_files_and_a_key_is_let_in() {
    let machine = Machine::alone("m1");
    machine.user(USER, "");
    machine.sh(&format!("rm /etc/ssh/keys/{USER}; echo '{USER}:{PASSWORD}' | chpasswd"));
    machine.sh("rm -f /etc/ssh/sshd_config.d/a-story.conf; systemctl reload ssh");
    let server = Server::start(0).await;
    let desk = server.client();
    let inventory = format!(
        "[web]\nweb1 ansible_host={} ansible_port={} rack=7\n[web:vars]\nansible_user={USER}\n\
         ansible_password={PASSWORD}\n",
        machine.noted("address"),
        machine.noted("port"),
    );
    let inventory = desk.file("hosts.ini", inventory);
    let inventory = inventory.to_str().unwrap();
    let preview = desk.hep(&["host", "import", "--dry-run", inventory]).expect(0);
    let preview = preview.says("created host web1").says("created credential import-web1");
    preview.never_says(PASSWORD);
    assert_eq!(server.call("GET", "/hosts", None, 200).await["items"], json!([]));
    desk.hep(&["host", "import", inventory]).expect(0).says("created group web");
    desk.hep(&["host", "import", inventory]).expect(0).says("unchanged hosts: 1");

    // Its key is known by the file that people have, and by nothing before.
    assert_eq!(reached(&server).await, json!({"unreachable": 1}));
    let known = desk.file("keys-of-hosts", machine.noted("known_hosts"));
    let known = known.to_str().unwrap();
    desk.hep(&["host", "import-keys", "--dry-run", known]).expect(0).says("trusted");
    assert_eq!(reached(&server).await, json!({"unreachable": 1}));
    desk.hep(&["host", "import-keys", known]).expect(0).says("SHA256:");
    desk.hep(&["host", "import-keys", known]).expect(0).says("unchanged");
    assert_eq!(reached(&server).await, json!({"succeeded": 1}));
    let exported = desk.hep(&["host", "export-keys"]).expect(0).out;
    let mut lines: Vec<&str> = exported.lines().collect();
    let noted = machine.noted("known_hosts");
    let mut expected: Vec<&str> = noted.lines().collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    desk.hep(&["host", "trust", "web1"]).expect(0).says("trusted already");

    key(&machine, &server).await;
    files(&machine, &server).await;
    bulk(&server).await;
    assert!(!server.desk.holds(PASSWORD), "a password lies open in the server's files");
}

/// The password lets a key in, and is no longer needed.
async fn key(machine: &Machine, server: &Server) {
    let desk = server.client();
    let push = ["host", "push-key", "web1", "--credential", "key"];
    desk.hep(&["credential", "create", "key", "kind=key", "generate=true"]).expect(0);
    let wrong = [push.as_slice(), &["--password-stdin"]].concat();
    desk.fed(&wrong, b"wrong\n").expect(4).says("cannot log in");
    machine.sh(&format!("! [ -e /home/{USER}/.ssh ]"));
    let stored = [push.as_slice(), &["--stored"]].concat();
    desk.hep(&stored).expect(0).says("added");
    let modes = format!("cd /home/{USER}/.ssh; stat -c %U:%a . authorized_keys");
    assert_eq!(machine.sh(&modes), format!("{USER}:700\n{USER}:600\n"));
    let host = server.call("GET", "/hosts/web1", None, 200).await;
    let credentials = (&host["credential"], &host["become_credential"]);
    assert_eq!(credentials, (&json!("key"), &json!("import-web1")));
    machine.sh(&format!("usermod -p '*' {USER}"));
    assert_eq!(reached(server).await, json!({"succeeded": 1}));
    // Once more: the host has it already.
    desk.hep(&stored).expect(0).says("there already");
    assert_eq!(machine.sh(&format!("wc -l </home/{USER}/.ssh/authorized_keys")).trim(), "1");
    // A key that sshd does not take is noticed, and the one before stays.
    desk.hep(&["credential", "create", "other", "kind=key", "generate=true"]).expect(0);
    machine.sh(&format!(
        "printf 'Match User {USER}\\nAuthorizedKeysFile /etc/ssh/keys/%%u\\n' >/etc/ssh/sshd_config.d/a-story.conf
        install -m 644 /home/{USER}/.ssh/authorized_keys /etc/ssh/keys/{USER}; systemctl reload ssh"
    ));
    let refused = desk.hep(&["host", "push-key", "web1", "--credential", "other", "--stored"]);
    refused.expect(2).says("AuthorizedKeysFile");
    machine.sh("rm /etc/ssh/sshd_config.d/a-story.conf; systemctl reload ssh");
    let host = server.call("GET", "/hosts/web1", None, 200).await;
    assert_eq!(host["credential"], "key");
    // Each was a run, and the register says by whose it was changed.
    let filter = "/audit?verb=host.push_key";
    let lines = server.call("GET", filter, None, 200).await["items"].clone();
    let run = lines[0]["detail"]["run"].as_str().unwrap_or_default();
    let run = server.call("GET", &format!("/runs/{run}"), None, 200).await;
    assert_eq!(run["subject"]["verb"], "login.push_key", "{lines}");
    assert_eq!((&lines[0]["actor_name"], lines.as_array().unwrap().len()), (&run["actor"], 2));
}

async fn files(machine: &Machine, server: &Server) {
    let desk = server.client();
    let (a, b) = (desk.file("a.txt", "one\n"), desk.file("b.bin", [0, 255, 10]));
    let target = format!("@web:/home/{USER}/");
    let words = ["host", "push", a.to_str().unwrap(), b.to_str().unwrap(), &target];
    let pushed = desk.hep(&[&words[..], &["--mode", "0640", "--output", "json"]].concat());
    for run in pushed.expect(0).objects() {
        let run = server.ended(run["id"].as_str().unwrap()).await;
        assert_eq!(run["state"], "succeeded", "{run}");
    }
    let seen = machine
        .sh(&format!("cd /home/{USER}; stat -c %U:%a a.txt b.bin; cat a.txt; od -An -tx1 b.bin"));
    assert_eq!(seen, format!("{USER}:640\n{USER}:640\none\n 00 ff 0a\n"));
    let several = desk.hep(&["host", "push", words[2], words[3], "@web:/tmp/x"]);
    several.expect(1).says("end it with `/`");
}

async fn bulk(server: &Server) {
    let desk = server.client();
    let words = ["host", "bulk", "@web", "add_labels.env=prod", "enabled=false"];
    let preview = [words.as_slice(), &["--dry-run"]].concat();
    desk.hep(&preview).expect(0).says("changed host web1").says("enabled: true -> false");
    assert_eq!(server.call("GET", "/hosts/web1", None, 200).await["enabled"], true);
    desk.hep(&words).expect(0).says("changed host web1");
    desk.hep(&words).expect(0).says("unchanged hosts: 1");
    let named = server.call("GET", "/hosts?selector=env%3Dprod", None, 200).await;
    assert_eq!(named["items"][0]["enabled"], false, "{named}");
    desk.hep(&["host", "bulk", "@web", "--delete"]).expect(0).says("deleted host web1");
    server.call("GET", "/hosts/web1", None, 404).await;
}
