//! Host verbs through a server, on a machine of their own: looked at, changed, started anew, switched off.

use std::net::UdpSocket;
use std::time::Duration;

use serde_json::{Value, json};

use crate::breadth::file_of_fleet;
use crate::machine::{Machine, script};
use crate::server::Server;

const NAME: &str = "verbs";
const MAC: &str = "52:54:00:12:34:56";

/// The machine, and a server that knows it by its approved key alone.
async fn start() -> (Machine, Server) {
    file_of_fleet("machines/m1/port");
    script("machine-up", &["--fresh", NAME]);
    let machine = Machine::taken(NAME);
    let server = Server::start(0).await;
    let host = json!({
        "name": NAME,
        "address": machine.noted("address"),
        "port": machine.noted("port").parse::<u16>().unwrap(),
        "user": "root",
        "mac": MAC,
    });
    server.call("POST", "/hosts", Some(host), 201).await;
    // Nothing is known of it: it is not reached, and what it showed is there to be approved.
    server.call("GET", &format!("/hosts/{NAME}/status"), None, 424).await;
    let keys = server.call("GET", &format!("/hosts/{NAME}/keys"), None, 200).await;
    let shown = keys[0]["public_key"].as_str().unwrap();
    assert!(machine.noted("known_hosts").contains(shown), "{keys}");
    let path = format!("/hosts/{NAME}/keys/{}/approve", keys[0]["id"].as_str().unwrap());
    server.call("POST", &path, Some(json!({"fingerprint": keys[0]["fingerprint"]})), 200).await;
    (machine, server)
}

/// What a host says when it is looked at.
async fn look(server: &Server, what: &str) -> Value {
    server.call("GET", &format!("/hosts/{NAME}/{what}"), None, 200).await
}

/// Runs a subject to its end; its state and what the host printed.
async fn run(server: &Server, subject: Value) -> (String, String) {
    let id = server.ask(subject, NAME, json!({})).await;
    let run = server.ended(&id).await;
    let path = format!("/runs/{id}/output?host={NAME}");
    let output = server.send("root", ("GET", &path), &[], None).await.text().await.unwrap();
    (run["state"].as_str().unwrap().to_owned(), output)
}

/// Has a verb done, which must succeed; what the host printed, and its tasks by outcome.
async fn done(server: &Server, verb: &str, parameters: Value) -> (String, Value) {
    let subject = json!({"kind": "verb", "verb": verb, "parameters": parameters});
    let id = server.ask(subject, NAME, json!({})).await;
    let run = server.ended(&id).await;
    let log = server.log(&id).await;
    assert_eq!(run["state"], "succeeded", "{verb}: {log:?}");
    let path = format!("/runs/{id}/output?host={NAME}");
    let output = server.send("root", ("GET", &path), &[], None).await.text().await.unwrap();
    let hosts = server.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
    (output, hosts["items"][0]["summary"].clone())
}

async fn command(server: &Server, line: &str) -> String {
    let (state, output) = run(server, json!({"kind": "command", "line": line})).await;
    assert_eq!(state, "succeeded", "{line}: {output}");
    output
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array().unwrap().iter().find(|one| one["name"] == name)
}

#[tokio::test]
async fn host_verbs_on_a_machine_of_their_own() {
    let (machine, server) = start().await;
    looks(&machine, &server).await;
    processes(&machine, &server).await;
    services(&machine, &server).await;
    packages(&machine, &server).await;
    wakes(&server).await;
    power(&machine, &server).await;
}

async fn looks(machine: &Machine, server: &Server) {
    let status = look(server, "status").await;
    assert_eq!((&status["name"], &status["complete"]), (&json!(NAME), &json!(true)), "{status}");
    assert!(status["system"].as_str().unwrap().contains("Debian"), "{status}");
    let is_positive = |value: &Value| value.as_f64().is_some_and(|number| number > 0.0);
    assert!(is_positive(&status["memory"]["total"]) && is_positive(&status["uptime_seconds"]));
    assert!(is_positive(&status["cpus"]) && status["load"][2].is_number(), "{status}");
    assert!(status["updates"]["pending"].is_number(), "{}", status["updates"]);
    assert_eq!(status["reboot_required"], false);
    assert!(named(&status["services"], "ssh").is_some_and(|ssh| ssh["state"] == "running"));
    assert!(!status["network"].as_array().unwrap().is_empty(), "{status}");
    machine.sh(
        "mkdir -p /run; echo linux-image-9 >/run/reboot-required.pkgs; : >/run/reboot-required",
    );
    let status = look(server, "status").await;
    assert_eq!(status["reboot_required"], true);
    assert_eq!(status["reboot_because"], json!(["linux-image-9"]));
    machine.sh("rm /run/reboot-required /run/reboot-required.pkgs");
    let (_, _) = done(server, "facts", json!({})).await;
    let facts = look(server, "facts").await;
    assert_eq!(facts["facts"]["ansible_distribution"], "Debian", "{facts}");
    assert_eq!(facts["facts"]["ansible_hostname"], NAME);
    live(server).await;
}

/// Two looks of the live view: what is measured between them is there.
async fn live(server: &Server) {
    let headers = [("accept", "text/event-stream")];
    let path = format!("/hosts/{NAME}/status/events");
    let mut answer = server.send("root", ("GET", &path), &headers, None).await;
    assert_eq!(answer.status().as_u16(), 200);
    let mut text = String::new();
    let two = async {
        while text.matches("event: status").count() < 2 || !text.ends_with("\n\n") {
            text.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_mins(1), two).await.unwrap();
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let last: Value = serde_json::from_str(data.next_back().unwrap().trim()).unwrap();
    let status = &last["status"];
    assert_eq!(status["name"], NAME, "{last}");
    assert!(status["network"][0]["received_per_second"].is_number(), "{last}");
    assert!(status["updates"].is_null(), "{last}");
}

async fn processes(machine: &Machine, server: &Server) {
    command(server, "nohup sleep 54321 >/dev/null 2>&1 & echo started").await;
    let list = look(server, "processes").await;
    let is_it = |process: &&Value| process["command"].as_str().unwrap().contains("sleep 54321");
    let found = list.as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("{list}"));
    assert_eq!(found["user"], "root", "{found}");
    let pid = found["pid"].as_u64().unwrap();
    // Another that has got its number since is left alone.
    let subject = |parameters: Value| json!({"kind": "verb", "verb": "processes.signal", "parameters": parameters});
    let started = found["started_ticks"].as_u64().unwrap();
    let other = json!({"pids": [pid], "started_ticks": [started - 1], "signal": "KILL"});
    let (state, said) = run(server, subject(other)).await;
    assert_eq!(
        (state.as_str(), said.contains(&format!("missing {pid}"))),
        ("failed", true),
        "{said}"
    );
    machine.sh(&format!("kill -0 {pid}"));
    let it = json!({"pids": [pid], "started_ticks": [started]});
    let (said, _) = done(server, "processes.signal", it).await;
    assert!(said.contains(&format!("signalled {pid} sleep")), "{said}");
    gone(machine, &format!("kill -0 {pid} 2>/dev/null"));
    // By name, longer than the kernel keeps, and deaf to all but KILL.
    let line = "cp /bin/sleep /root/a-sleeper-with-a-long-name
        for i in 1 2; do (trap '' TERM; nohup /root/a-sleeper-with-a-long-name 54321 >/dev/null 2>&1 &); done";
    command(server, line).await;
    let name = json!({"name": "a-sleeper-with-a-long-name", "signal": "SIGKILL"});
    let (said, _) = done(server, "processes.signal", name.clone()).await;
    assert!(said.contains("total 2 signalled, 0 refused"), "{said}");
    gone(machine, "pgrep -x a-sleeper-with- >/dev/null");
    let (said, _) = done(server, "processes.signal", name).await;
    assert!(said.contains("total 0 signalled"), "{said}");
    // What is gone, and the connection that brings the signal.
    let (state, said) = run(server, subject(json!({"pids": [pid]}))).await;
    assert_eq!(state, "failed");
    assert!(said.contains(&format!("missing {pid}")), "{said}");
    let (state, said) = run(server, subject(json!({"name": "sshd", "signal": "HUP"}))).await;
    assert_eq!(state, "failed", "{said}");
    assert!(said.contains(" sshd\n") && said.contains("total 0 signalled"), "{said}");
}

/// Waits until a shell no longer says that something is there.
fn gone(machine: &Machine, is_there: &str) {
    machine.sh(&format!("i=0; while {is_there}; do i=$((i+1)); [ $i -lt 300 ]; sleep 0.1; done"));
}

async fn services(machine: &Machine, server: &Server) {
    let main = || machine.sh("systemctl show -p MainPID --value cron");
    let before = main();
    assert_ne!(before.trim(), "0");
    let cron = json!({"name": "cron"});
    let (_, summary) = done(server, "services.restart", cron.clone()).await;
    assert_eq!(summary["changed"], 1, "{summary}");
    assert_ne!(main(), before);
    for (verb, state, boot) in [
        ("services.stop", "stopped", "enabled"),
        ("services.disable", "stopped", "disabled"),
        ("services.enable", "stopped", "enabled"),
        ("services.start", "running", "enabled"),
    ] {
        for changed in [1, 0] {
            let (_, summary) = done(server, verb, cron.clone()).await;
            assert_eq!(summary["changed"], changed, "{verb}: {summary}");
        }
        let list = look(server, "services").await;
        let found = named(&list, "cron").unwrap();
        assert_eq!((&found["state"], &found["at_boot"]), (&json!(state), &json!(boot)), "{verb}");
    }
    let subject =
        json!({"kind": "verb", "verb": "services.start", "parameters": {"name": "no-such"}});
    assert_eq!(run(server, subject).await.0, "failed");
}

async fn packages(machine: &Machine, server: &Server) {
    let is_there =
        || machine.sh("dpkg -s tree 2>/dev/null | grep -c '^Status: install ok' || true");
    assert_eq!(is_there().trim(), "0");
    let names = json!({"names": ["tree"]});
    // A check asks apt, and does nothing.
    machine.sh("apt-get update -q >/dev/null");
    let check =
        json!({"kind": "verb", "verb": "packages.install", "parameters": names, "check": true});
    let (state, output) = run(server, check).await;
    assert_eq!(state, "succeeded", "{output}");
    assert_eq!(is_there().trim(), "0");
    let (_, summary) = done(server, "packages.install", names.clone()).await;
    assert_eq!((summary["changed"].as_u64(), is_there().trim()), (Some(1), "1"), "{summary}");
    assert!(named(&look(server, "packages").await, "tree").is_some_and(|tree| {
        !tree["version"].as_str().unwrap().is_empty() && tree["size"].as_u64().unwrap() > 0
    }));
    let found = look(server, "packages?q=tree%20indented").await;
    assert!(named(&found, "tree").is_some(), "{found}");
    let (_, summary) = done(server, "packages.install", names.clone()).await;
    assert_eq!(summary["changed"], 0, "{summary}");
    let (_, summary) =
        done(server, "packages.remove", json!({"names": ["tree"], "purge": true})).await;
    assert_eq!((summary["changed"].as_u64(), is_there().trim()), (Some(1), "0"), "{summary}");
    assert!(named(&look(server, "packages").await, "tree").is_none());
    upgrades(machine, server).await;
    let none = json!({"kind": "verb", "verb": "packages.install", "parameters": {"names": ["no-such-package"]}});
    assert_eq!(run(server, none).await.0, "failed");
}

/// A package of our own in two versions: the newer is seen as pending, and taken.
async fn upgrades(machine: &Machine, server: &Server) {
    let before = look(server, "status").await["updates"]["pending"].as_u64().unwrap();
    machine.sh(
        "mkdir -p /srv/debs; cd /srv/debs
        for version in 1 2; do
            mkdir -p p/DEBIAN
            printf 'Package: hep-story\\nVersion: %s\\nArchitecture: all\\nMaintainer: x <x@example.com>\\nDescription: story\\n' $version >p/DEBIAN/control
            dpkg-deb -b p hep-story_$version.deb >/dev/null
        done
        { dpkg-deb -f hep-story_2.deb
        echo \"Filename: ./hep-story_2.deb\"
        echo \"Size: $(stat -c %s hep-story_2.deb)\"
        echo \"SHA256: $(sha256sum hep-story_2.deb | cut -d' ' -f1)\"; echo; } >Packages
        echo 'deb [trusted=yes] file:/srv/debs ./' >/etc/apt/sources.list.d/story.list
        dpkg -i hep-story_1.deb >/dev/null; apt-get update -q >/dev/null",
    );
    let pending = look(server, "status").await["updates"]["pending"].as_u64().unwrap();
    assert_eq!(pending, before + 1);
    let (_, summary) = done(server, "packages.upgrade", json!({"names": ["hep-story"]})).await;
    assert_eq!(summary["changed"], 1, "{summary}");
    assert_eq!(machine.sh("dpkg-query -W -f '${Version}' hep-story"), "2");
    let pending = look(server, "status").await["updates"]["pending"].as_u64().unwrap();
    assert_eq!(pending, before);
}

async fn wakes(server: &Server) {
    let hears = UdpSocket::bind("127.0.0.1:0").unwrap();
    hears.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let port = hears.local_addr().unwrap().port();
    let said = json!({"selector": NAME, "broadcast": "127.0.0.1", "port": port});
    let woken = server.call("POST", "/wake", Some(said), 200).await;
    assert_eq!(woken["sent"], json!([NAME]), "{woken}");
    let mut packet = [0; 200];
    let length = hears.recv(&mut packet).unwrap();
    let mac = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
    let expected = [[0xff; 6].as_slice(), &mac.repeat(16)].concat();
    assert_eq!(&packet[..length], expected);
    let said = json!({"selector": NAME, "via": NAME});
    let woken = server.call("POST", "/wake", Some(said), 200).await;
    let run = server.ended(woken["run"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded", "{:?}", server.log(run["id"].as_str().unwrap()).await);
}

async fn power(machine: &Machine, server: &Server) {
    let born = || machine.sh("stat -c %Y /proc/1");
    let before = born();
    let (_, summary) = done(server, "power.reboot", json!({})).await;
    assert_eq!(summary["changed"], 1, "{summary}");
    assert_ne!(born(), before, "the machine booted");
    assert_eq!(look(server, "status?live=true").await["complete"], true);
    let later = json!({"in_minutes": 60, "notice": "off over night; back at 6"});
    done(server, "power.off", later).await;
    let planned = machine.sh("cat /run/systemd/shutdown/scheduled");
    assert!(planned.contains("MODE=poweroff"), "{planned}");
    assert!(planned.contains("off over night; back at 6"), "{planned}");
    done(server, "power.keep", json!({})).await;
    machine.sh("! [ -e /run/systemd/shutdown/scheduled ]");
    script("machine-off", &["stay", NAME]);
    let (said, _) = done(server, "power.off", json!({})).await;
    assert!(said.contains("switched off"), "{said}");
    script("machine-off", &["wait", NAME]);
    let id = server.ask(json!({"kind": "command", "line": "true"}), NAME, json!({})).await;
    assert_eq!(server.ended(&id).await["counts"], json!({"unreachable": 1}));
    server.call("GET", &format!("/hosts/{NAME}/status?live=true"), None, 424).await;
}
