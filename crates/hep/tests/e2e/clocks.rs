//! Clocks that are set while a server is at work, and nodes whose clocks differ. A library before the C library
//! shows a process another wall clock than there is; the monotonic clocks stay as they are.

use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::cluster::first;
use crate::postgres::Postgres;
use crate::runs::open_folder;
use crate::server::Server;

/// A wall clock that can be set.
struct Clock {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Clock {
    /// One that is so far from the true one: `+0`, `-5h`, `+370d`.
    fn new(offset: &str) -> Self {
        let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let mut found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
        let library = found.find(|path| path.exists());
        let library = library.unwrap_or_else(|| panic!("no libfaketime: fleet/setup clocks"));
        let clock = Self { folder: tempfile::tempdir().unwrap(), library };
        clock.set(offset);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Sets it, at once.
    fn set(&self, offset: &str) {
        let fresh = self.folder.path().join("fresh");
        std::fs::write(&fresh, format!("{offset}\n")).unwrap();
        std::fs::rename(fresh, self.file()).unwrap();
    }

    /// What a process must have in its environment to see it.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
        vec![
            ("LD_PRELOAD", text(self.library.clone())),
            ("FAKETIME_TIMESTAMP_FILE", text(self.file())),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// A node beside another, with this clock.
    fn peer(&self, of: &Server, more: &[(&str, &str)]) -> Server {
        let variables = self.variables();
        let all = variables.iter().map(|(name, value)| (*name, value.as_str()));
        of.peer(&all.chain(more.iter().copied()).collect::<Vec<_>>())
    }
}

const SHORT: (&str, &str) = ("HEP_NODE_LEASE", "1s");
const HOUR_MS: i64 = 3_600_000;
/// Longer than a story, and less than what clocks are set by.
const MINUTES_MS: i64 = 600_000;

/// Writes `begun` and `done` into a file of the folder, and waits in between.
fn waits(folder: &tempfile::TempDir, name: &str) -> Value {
    let folder = folder.path().display();
    let line = format!(
        "echo begun >>{folder}/{name}; until [ -e {folder}/go ]; do sleep 0.05; done; \
         echo done >>{folder}/{name}"
    );
    json!({ "kind": "command", "line": line })
}

/// Waits until the server has ended what is past its deadline.
async fn has_looked_for_deadlines(server: &Server) {
    let subject = json!({ "kind": "command", "line": "true" });
    let id = server.ask(subject, "h0001", json!({ "deadline_seconds": 0 })).await;
    let run = server.ended(&id).await;
    assert!(matches!(run["state"].as_str(), Some("expired" | "failed")), "{run}");
}

/// Asks for a run under a key; its id.
async fn once(server: &Server, folder: &tempfile::TempDir) -> String {
    let body = json!({ "subject": waits(folder, "once"), "selector": "h0001",
        "strategy": { "deadline_seconds": 3600 } });
    let headers = [("idempotency-key", "the-key")];
    let answer = server.send("root", ("POST", "/runs"), &headers, Some(body)).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{text}");
    let said: Value = serde_json::from_str(&text).unwrap();
    said["id"].as_str().unwrap().to_owned()
}

/// What the server says the time is.
async fn time(server: &Server, name: &str) -> i64 {
    let group = json!({ "name": name });
    let made = server.call("POST", "/groups", Some(group), 201).await;
    made["created"]["at_ms"].as_i64().unwrap_or_else(|| panic!("{made}"))
}

/// Signs in; the status.
async fn sign_in(server: &Server, password: &str) -> u16 {
    let body = json!({ "name": "ana", "password": password });
    server.send("root", ("POST", "/session"), &[], Some(body)).await.status().as_u16()
}

#[tokio::test]
async fn a_clock_that_is_set_ends_and_doubles_no_run() {
    let clock = Clock::new("+0");
    let variables = clock.variables();
    let more = [SHORT, ("HEP_RUNS_AT_ONCE", "1")];
    let all = variables.iter().map(|(name, value)| (*name, value.as_str())).chain(more);
    let server = Server::start_with(1, &all.collect::<Vec<_>>()).await;
    let folder = open_folder();
    let deadline = json!({ "deadline_seconds": 3600 });
    let running = server.ask(waits(&folder, "running"), "h0001", deadline.clone()).await;
    let has_begun = |name: &str| folder.path().join(name).exists();
    server.until(&running, |_| has_begun("running")).await;
    let queued = server.ask(waits(&folder, "queued"), "h0001", deadline).await;
    let key = once(&server, &folder).await;
    let user = json!({ "name": "ana", "password": "correct horse" });
    server.call("POST", "/users", Some(user), 201).await;
    let before = time(&server, "before").await;
    let token = json!({ "name": "short", "user": "ana", "expires_ms": before + HOUR_MS });
    server.call("POST", "/tokens", Some(token), 201).await;
    for (number, (offset, hours)) in
        [("+2d", 48), ("+5h", 5), ("+30d", 720), ("-3d", -72), ("+0", 0)].into_iter().enumerate()
    {
        clock.set(offset);
        let now = time(&server, &format!("g{number}")).await;
        let off = now - before - hours * HOUR_MS;
        assert!((0..HOUR_MS).contains(&off), "the clock was not set {offset}: {off} ms");
        has_looked_for_deadlines(&server).await;
        for id in [&queued, &key] {
            let run = server.call("GET", &format!("/runs/{id}"), None, 200).await;
            assert_eq!(run["state"], "queued", "{offset}: {run}");
        }
        let run = server.call("GET", &format!("/runs/{running}"), None, 200).await;
        assert_eq!(run["state"], "running", "{offset}: {run}");
        assert_eq!(once(&server, &folder).await, key, "{offset}: a key stays what it was");
        server.ready(true).await;
    }
    // Who has guessed too often does not wait longer because the clock goes back.
    while sign_in(&server, "wrong").await != 429 {}
    assert_eq!(sign_in(&server, "correct horse").await, 429);
    clock.set("-2d");
    assert_eq!(sign_in(&server, "correct horse").await, 201);
    std::fs::write(folder.path().join("go"), "").unwrap();
    for (id, name) in [(&running, "running"), (&queued, "queued"), (&key, "once")] {
        let run = server.ended(id).await;
        assert_eq!(run["state"], "succeeded", "{name}: {run}");
        let did = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(did, "begun\ndone\n", "{name}");
        let numbers: Vec<i64> =
            server.log(id).await.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=run["last_seq"].as_i64().unwrap()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_clock_a_year_ahead_removes_nothing() {
    let clock = Clock::new("+0");
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("hep.log");
    let variables = clock.variables();
    let more = [SHORT, ("HEP_LOG_TO", "file"), ("HEP_LOG_FILE", log.to_str().unwrap())];
    let all = variables.iter().map(|(name, value)| (*name, value.as_str())).chain(more);
    let mut server = Server::start_with(1, &all.collect::<Vec<_>>()).await;
    let id = server.ask(json!({ "kind": "command", "line": "true" }), "h0001", json!({})).await;
    let run = server.ended(&id).await;
    clock.set("+370d");
    server.restart_after_kill();
    let refusal = "nothing old is removed yet";
    let refused = |_: &Value| std::fs::read_to_string(&log).unwrap().contains(refusal);
    assert_eq!(server.until(&id, refused).await, run);
    clock.set("+0");
    server.restart_after_kill();
    let times = |_: &Value| std::fs::read_to_string(&log).unwrap().matches(refusal).count() >= 2;
    assert_eq!(server.until(&id, times).await, run);
}

/// The three nodes are listed, and none as silent.
async fn all_are_up(node: &Server) {
    for _ in 0..3000 {
        let known = node.call("GET", "/nodes", None, 200).await;
        let nodes = known["items"].as_array().unwrap();
        assert!(nodes.iter().all(|node| node["state"] == "up"), "{known}");
        if nodes.len() == 3 {
            return;
        }
        // One that has just started says so a little later.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a node is not listed");
}

#[tokio::test]
async fn nodes_whose_clocks_differ_agree() {
    let postgres = Postgres::start();
    let clocks = ["-5h", "+7h", "+40d"].map(Clock::new);
    let mut one = first(&postgres, 3, "1s").await;
    let names = [("HEP_NODE_NAME", "n2"), ("HEP_NODE_NAME", "n3"), ("HEP_NODE_NAME", "n4")];
    let node = |number: usize| clocks[number].peer(&one, &[names[number]]);
    let mut nodes = [node(0), node(1), node(2)];
    assert_eq!(one.stop(), 0);
    // The database's clock counts: all show the same time, and it is ours.
    let mut shown = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        shown.push(time(node, &format!("g{number}")).await);
        all_are_up(node).await;
    }
    let apart = shown.iter().max().unwrap() - shown.iter().min().unwrap();
    assert!(apart < MINUTES_MS, "{shown:?}");
    let folder = open_folder();
    let key = once(&nodes[0], &folder).await;
    for node in &nodes[1..] {
        assert_eq!(once(node, &folder).await, key);
    }
    for (number, node) in nodes.iter().enumerate() {
        let name = format!("many{number}");
        let id =
            node.ask(waits(&folder, &name), "h0002", json!({ "deadline_seconds": 3600 })).await;
        nodes[2].until(&id, |_| folder.path().join(&name).exists()).await;
    }
    std::fs::write(folder.path().join("go"), "").unwrap();
    for id in crate::cluster::all_runs(&nodes[0], "").await {
        let run = nodes[1].ended(&id).await;
        assert_eq!(run["state"], "succeeded", "{run}");
        let at = |name: &str| run[name].as_i64().unwrap();
        let times = [at("created_ms"), at("started_ms"), at("ended_ms")];
        assert!(times.iter().all(|time| (time - shown[0]).abs() < MINUTES_MS), "{run}");
        let log = nodes[2].log(&id).await;
        let times: Vec<i64> = log.iter().map(|event| event["at_ms"].as_i64().unwrap()).collect();
        assert!(times.iter().all(|time| (time - shown[0]).abs() < MINUTES_MS), "{log:?}");
    }
    // What one holds nobody else takes, whatever the clocks show; and when it is gone somebody does.
    let folder = open_folder();
    nodes[1..].iter().for_each(|node| node.signal(Signal::STOP));
    let id = nodes[0].ask(waits(&folder, "held"), "h0003", json!({})).await;
    nodes[0].until(&id, |_| folder.path().join("held").exists()).await;
    nodes[1..].iter().for_each(|node| node.signal(Signal::CONT));
    for (clock, offset) in clocks.iter().zip(["+90d", "-90d", "+1h"]) {
        clock.set(offset);
        for node in &nodes {
            has_looked_for_deadlines(node).await;
            let run = node.call("GET", &format!("/runs/{id}"), None, 200).await;
            let hosts = node.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
            assert_eq!(run["state"], "running", "{run}");
            assert_eq!(hosts["items"][0]["attempt"], 1, "{hosts}");
        }
    }
    nodes[0].kill();
    let run = nodes[2].ended(&id).await;
    assert_eq!(run["counts"], json!({ "lost": 1 }), "{run}");
    std::fs::write(folder.path().join("go"), "").unwrap();
    let did = std::fs::read_to_string(folder.path().join("held")).unwrap();
    assert!(did.starts_with("begun\n") && did.matches("begun").count() == 1, "{did}");
}
