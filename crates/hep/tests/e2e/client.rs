//! The command line as a client: the same as with an inventory, by way of a server.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::hep::{Desk, Ran};
use crate::runs::open_folder;
use crate::server::Server;

const SITE: &str = "\
- name: client story
  hosts: h0001,h0002
  gather_facts: false
  tasks:
    - {name: sent, copy: {src: sent.bin, dest: '{{ base }}/{{ inventory_hostname }}-sent'}}
    - {name: made, template: {src: made.j2, dest: '{{ base }}/{{ inventory_hostname }}-made'}}
    - {name: told, debug: {msg: 'word is {{ word }}'}}
    - {name: fails, command: 'sh -c \"exit 3\"', ignore_errors: true}
";

/// `hep` as a client of the server, and without it.
fn through(server: &Server, words: &[&str]) -> Ran {
    let (url, token) = server.way();
    let mut command = server.desk.command(words);
    command.env("HEP_SERVER", url).env("HEP_TOKEN", token);
    Desk::run(command)
}

/// What a run says of its hosts, but for what differs from run to run.
fn told(ran: &Ran) -> Vec<Value> {
    let mut objects: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for object in &mut objects {
        for place in ["", "/summary"] {
            let fields = object.pointer_mut(place).and_then(Value::as_object_mut);
            if let Some(fields) = fields {
                fields.remove("duration_ms");
            }
        }
        // Times that a command took, and folders that differ.
        if let Some(object) = object.as_object_mut() {
            object.remove("result");
        }
    }
    objects.sort_by_key(ToString::to_string);
    objects
}

#[tokio::test]
async fn a_command_through_a_server_says_what_it_says_without() {
    let server = Server::start(3).await;
    let line = "printf 'a\\n\\377\\n'; echo err >&2; printf end; exit 3";
    for form in [&["--output", "json"][..], &["-b"], &[]] {
        let words =
            |more: &[&'static str]| [&["exec"], more, form, &["-n", "h000[1-3]", line]].concat();
        let local = server.desk.hep(&words(&[])).expect(2);
        let remote = through(&server, &words(&["--server"])).expect(2);
        if form.first() == Some(&"--output") {
            assert_eq!(told(&remote), told(&local));
            continue;
        }
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&remote.out), sorted(&local.out), "{form:?}");
        let told = |ran: &Ran| ran.err.lines().filter(|line| !line.contains(" in ")).count();
        assert_eq!(told(&remote), told(&local), "{form:?}: {remote:?} {local:?}");
        assert!(remote.err.contains("3 hosts: 3 failed (h[0001-0003]) in "), "{remote:?}");
    }
    let fed =
        through(&server, &["exec", "--server", "h0001", "-n", "-e", "WORD=x y", "echo $WORD"]);
    assert_eq!(fed.expect(0).out, "h0001: x y\n");
    let nobody = through(&server, &["exec", "--server", "nobody*", "--allow-empty", "-n", "true"]);
    assert_eq!((nobody.code, nobody.out.as_str()), (0, ""), "{nobody:?}");
    let asks = through(&server, &["exec", "--server", "--ask-pass", "h0001", "true"]).expect(1);
    assert!(asks.err.contains("--ask-pass") && asks.err.contains("push-key"), "{asks:?}");
    let hosts = through(&server, &["hosts", "--server", "h000[1-2]"]).expect(0);
    assert_eq!(hosts.out, "h0001\nh0002\n");
    let hosts = through(&server, &["hosts", "--server", "h0001", "--output", "json"]).expect(0);
    let host: Value = serde_json::from_str(&hosts.out).unwrap();
    assert_eq!((&host["name"], host["port"].is_u64()), (&json!("h0001"), true));
}

#[tokio::test]
async fn a_manifest_through_a_server_says_what_it_says_without() {
    let server = Server::start(3).await;
    let file = |name: &str, content: &[u8]| drop(server.desk.file(name, content));
    file("site/site.yml", SITE.as_bytes());
    file("site/files/sent.bin", b"\xff\x00");
    file("site/templates/made.j2", b"{{ word }} on {{ inventory_hostname }}\n");
    // The hosts share a file system: each run has a folder of its own, whose name is as long as any other's.
    let folder = || {
        let folder = open_folder();
        let base = format!("base={}", folder.path().display());
        (folder, base)
    };
    let apply = |server: &Server, on_server: bool, form: &[&str]| {
        let (folder, base) = folder();
        let site = ["apply", "site/site.yml", "-e", "word=hello", "-e", &base];
        let mut ran = match on_server {
            true => through(server, &[&site[..], &["--server"], form].concat()),
            false => server.desk.hep(&[&site[..], form].concat()),
        };
        ran.out = ran.out.replace(folder.path().to_str().unwrap(), "BASE");
        ran
    };
    let json = ["--output", "json", "--diff"];
    let (local, remote) = (apply(&server, false, &json), apply(&server, true, &json));
    assert_eq!(told(&remote.expect(0)), told(&local.expect(0)));
    let (local, remote) = (apply(&server, false, &["--diff"]), apply(&server, true, &["--diff"]));
    let plain = |ran: &Ran| ran.out.replace("h0002", "h0001");
    let lines = |ran: &Ran| {
        let mut lines: Vec<String> = plain(ran).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&remote), lines(&local));
    let (_folder, base) = folder();
    let site = ["apply", "--server", "site/site.yml", "-e", &base, "--detailed-exitcode"];
    let with = |more: &[&str]| through(&server, &[&site[..], more].concat());
    with(&["-e", "word=a"]).expect(0);
    // What a failed command would do is not known beforehand.
    with(&["-e", "word=a", "-C", "--limit", "h0001"])
        .says("changed=0 ")
        .says("1 host: 1 succeeded");
    with(&["-e", "word=b", "-C"]).expect(3).says("changed=1 ");
    let bad = through(&server, &["apply", "--server", "nothing.yml"]);
    assert_eq!(bad.code, 1, "{bad:?}");
}

#[tokio::test]
async fn the_first_ctrl_c_stops_the_run_on_the_server() {
    let server = Server::start(1).await;
    let (url, token) = server.way();
    let mut command =
        server.desk.command(&["exec", "--server", "-n", "h0001", "echo on; sleep 300"]);
    command.env("HEP_SERVER", url).env("HEP_TOKEN", token);
    let mut running = Desk::started(command);
    running.until("on").signal(Signal::INT);
    let ran = running.end();
    assert_eq!(ran.code, 130, "{ran:?}");
    let runs = server.call("GET", "/runs?limit=1", None, 200).await;
    assert_eq!(runs["items"][0]["state"], "cancelled", "{runs}");
}

#[tokio::test]
async fn the_nodes_and_tokens_of_a_server_are_listed() {
    let server = Server::start(1).await;
    let list = |noun: &str| {
        let ran = through(&server, &[noun, "list", "--output", "json"]).expect(0);
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    let nodes = list("node");
    assert_eq!(nodes.len(), 1, "{nodes:?}");
    assert_eq!(nodes[0]["state"], "up");
    assert_eq!(nodes[0]["release"], env!("CARGO_PKG_VERSION"));
    let tokens = list("token");
    assert!(!tokens.is_empty());
    let (_, secret) = server.way();
    assert!(!json!(tokens).to_string().contains(secret), "a token is shown once");
    let table = through(&server, &["node", "list"]).expect(0);
    assert!(table.out.lines().next().unwrap_or_default().contains("STATE"), "{table:?}");
}

#[tokio::test]
async fn hosts_are_looked_at_and_changed_by_words() {
    let mut server = Server::start(2).await;
    let page = through(&server, &["host", "status", "h0001", "--live"]).expect(0);
    for word in ["host ", "load ", "memory ", "disk ", "process "] {
        assert!(page.out.lines().any(|line| line.starts_with(word)), "{word}: {}", page.out);
    }
    through(&server, &["host", "facts", "h0001"]).expect(1).says("no record of the facts");
    through(&server, &["host", "facts", "h0001", "--fresh"]).expect(0).says("ansible_system");
    through(&server, &["host", "facts", "h0001"]).expect(0).says("ansible_system");
    let table = through(&server, &["host", "processes", "h0002"]).expect(0);
    assert!(table.out.starts_with("PID"), "{}", table.out);
    let services = through(&server, &["host", "services", "h0001", "--output", "json"]).expect(0);
    assert!(services.out.lines().all(|line| line.starts_with('{')), "{}", services.out);

    let password = server.desk.file("user.json", r#"{"password": "a word of twenty bytes"}"#);
    through(&server, &["user", "create", "bob", "-f", password.to_str().unwrap()]).expect(0);
    let words =
        ["grant", "create", "operator", "--user", "bob", "--selector", "h0001", "--output", "json"];
    let grant: Value = serde_json::from_str(&through(&server, &words).expect(0).out).unwrap();
    let grants = through(&server, &["grant", "list", "user=bob"]).expect(0).out;
    let row: Vec<&str> = grants.lines().nth(1).unwrap().split_whitespace().skip(1).collect();
    assert_eq!(row, ["operator", "bob", "h0001"]);
    through(&server, &["grant", "delete", grant["id"].as_str().unwrap()]).expect(0);
    let none = through(&server, &["grant", "list", "user=bob", "--output", "json"]).expect(0);
    assert_eq!(none.out, "");

    // Without a terminal to ask on, what a host may not come back from needs a word beforehand.
    let words = ["host", "power-off", "h000[1-2]"];
    through(&server, &words).expect(1).says("h[0001-0002]").says("--yes");
    let words = ["host", "service", "restart", "h0001", "no-such-service", "--check"];
    through(&server, &words).expect(2).says("no-such-service");
    let words = ["host", "signal", "h000[1-2]", "--name", "no-such-program", "--canary", "1"];
    let ran = through(&server, &words).expect(0);
    ran.says("h0001: total 0 signalled").says("h0002: total 0 signalled").says("run succeeded");
    let words = ["host", "signal", "h0001", "--name", "no-such-program", "--detach"];
    let id = through(&server, &words).expect(0).out;
    through(&server, &["run", "watch", id.trim()]).expect(0).says("run succeeded");

    // What was found is in the register when the server has ended at the latest.
    let nobody = json!({ "name": "nobody", "address": "127.77.0.1", "port": 1 });
    server.call("POST", "/hosts", Some(nobody), 201).await;
    through(&server, &["run", "command", "nobody", "true"]).expect(4).says("nobody unreachable");
    let metrics = server.way().0.to_owned() + "/metrics";
    let page = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    assert!(page.contains("hep_ssh_failures_total{reason=\"connect\"} "), "{page}");
    server.stop();
    server.start_again();
    let table = through(&server, &["host", "list", "--output", "json"]).expect(0).out;
    let hosts: Vec<Value> = table.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states: Vec<_> = hosts
        .iter()
        .map(|host| (host["state"].as_str().unwrap(), host["seen_ms"].is_i64()))
        .collect();
    assert_eq!(states, [("reachable", true), ("reachable", true), ("unreachable", false)]);
    assert!(hosts[2]["state_reason"].as_str().unwrap().contains("127.77.0.1:1"), "{hosts:?}");
}
