//! Several nodes on one PostgreSQL, real hosts, and whatever happens meanwhile.
//!
//! `HEP_TEST_RUNS` is how many runs a story of many runs has; `make test-long` has more of them.
//!
//! Where each fault of the server, and each kind of bad input to it, is shown:
//!
//! | what | test |
//! |---|---|
//! | `kill -9` of nodes at random moments: no run lost, none doubled, every accepted write there | `killed_nodes_lose_no_run_and_double_none`, `a_killed_nodes_changes_are_settled_by_the_hosts_journals`; one node: `runs.rs` |
//! | the database stopped and started under load | `a_database_that_goes_and_comes_back_loses_nothing` |
//! | a node cut off from the database, not from its hosts | `a_node_that_is_cut_off_stops_before_another_takes_over` |
//! | disk full: database and log | `space.rs` |
//! | 10,000 queued runs at the start, on SQLite and on three nodes | `queue.rs` |
//! | clocks that are set, clocks that differ | `clocks.rs`; `engine/clock.rs`, `engine/server/forget.rs` |
//! | a log client that is slow | `runs.rs`: `who_reads_slowly_holds_up_nobody` |
//! | one that reconnects a hundred times, to one node and to each in turn | `runs.rs`: `a_log_that_is_resumed_a_hundred_times_has_no_gap_and_nothing_twice`; `a_log_that_is_read_from_every_node_in_turn_has_no_gap_and_nothing_twice` |
//! | the whole `OpenAPI` document | `contract/check.py` |
//! | wrong types, huge bodies, deep JSON, invalid UTF-8, path tricks, bad headers and queries, on every call and on both databases | `api/hostile_test.rs`; files of manifests `core` and `engine/server/work.rs`, of repositories `engine/server/git.rs` |
//! | a secret in every place, searched for in process list, environments, log at its finest, database file, dump, answers, pages, backups, temporary folders | `canary.rs`; of runs without a server `secrets.rs` |
//! | every call by each role | `api/rights_test.rs` |

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

use crate::postgres::Postgres;
use crate::runs::open_folder;
use crate::server::{Server, event_numbers};

/// How many hosts a run of many has.
const HOSTS: usize = 3;

/// A database and a first node on it.
pub(crate) async fn first(postgres: &Postgres, hosts: usize, lease: &str) -> Server {
    let database = postgres.address();
    let variables =
        [("HEP_DATABASE", database.as_str()), ("HEP_NODE_LEASE", lease), ("HEP_NODE_NAME", "n1")];
    Server::start_with(hosts, &variables).await
}

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// How many runs, unless the environment says otherwise.
pub(crate) fn many(usual: usize) -> usize {
    std::env::var("HEP_TEST_RUNS").map_or(usual, |text| text.parse().unwrap())
}

/// What appends a line to `FOLDER/NUMBER-HOST`: a command, or a manifest.
fn appends(folder: &Path, number: usize) -> Value {
    let file = format!("{}/{number}", folder.display());
    if number.is_multiple_of(2) {
        let line = format!("set -- $SSH_CONNECTION; echo did >>{file}-$3; sleep 0.2");
        return json!({ "kind": "command", "line": line });
    }
    let play = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    \
         - shell: 'sleep 0.1; set -- $SSH_CONNECTION; echo did >>{file}-$3; sleep 0.1'\n    \
         - command: 'true'\n"
    );
    json!({ "kind": "manifest", "entry": "a.yml", "files": { "a.yml": play } })
}

/// How often a run did its line on a host.
fn did(folder: &Path, number: usize, host: usize) -> usize {
    let address = crate::breadth::file_of_fleet("breadth/addresses");
    let address = address.lines().nth(host).unwrap();
    let text = std::fs::read_to_string(folder.join(format!("{number}-{address}")));
    text.map_or(0, |text| text.lines().count())
}

/// Asks for a run of any node that answers, as often as it must be asked; its id.
async fn ask_any(nodes: &[Server], dice: &mut Dice, folder: &Path, number: usize) -> String {
    let selector = format!("h000{}", 1 + number % HOSTS);
    let selector = if number.is_multiple_of(4) { "all" } else { &selector };
    let body = json!({ "subject": appends(folder, number), "selector": selector });
    let key = format!("run-{number}");
    for _ in 0..600 {
        let node = &nodes[dice.below(nodes.len())];
        let headers = [("idempotency-key", key.as_str())];
        let answer = node.try_send("root", ("POST", "/runs"), &headers, Some(body.clone())).await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                // Who asks again, because an answer was lost, is sent to what was made.
                let Ok(text) = answer.text().await else { continue };
                let run: Value = serde_json::from_str(&text).unwrap();
                return run["id"].as_str().unwrap().to_owned();
            }
            Ok(answer) => assert!(answer.status().is_server_error(), "{answer:?}"),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody takes run {number}");
}

/// The node that coordinates some run now; none when there is no such run.
async fn busy(nodes: &[Server]) -> Option<usize> {
    let (mut runs, mut known) = (Value::Null, Value::Null);
    for (path, into) in [("/runs?state=running", &mut runs), ("/nodes", &mut known)] {
        *into = nodes[0].call("GET", path, None, 200).await;
    }
    let id = runs["items"].as_array().unwrap().iter().find_map(|run| run["node"].as_str())?;
    let known = known["items"].as_array().unwrap();
    let address = known.iter().find(|node| node["id"] == id)?["address"].as_str()?;
    nodes.iter().position(|node| node.address() == address)
}

/// Every run that was accepted is there and has ended, its log without a gap; each host did its line once, or
/// is not said to have succeeded. How many of its hosts are lost.
async fn check(node: &Server, folder: &Path, (number, id): (usize, &str)) -> usize {
    let run = node.ended(id).await;
    let log = node.log(id).await;
    let numbers: Vec<i64> = log.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=run["last_seq"].as_i64().unwrap()).collect::<Vec<_>>(), "{run}");
    let hosts = node.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
    let mut lost = 0;
    for host in hosts["items"].as_array().unwrap() {
        let name = host["host"].as_str().unwrap();
        let times = did(folder, number, name[1..].parse::<usize>().unwrap() - 1);
        let state = host["state"].as_str().unwrap();
        lost += usize::from(state == "lost");
        match state {
            "succeeded" => assert_eq!(times, 1, "{number}: {host}\n{log:?}"),
            "lost" | "failed" | "cancelled" => assert!(times <= 1, "{number}: {host}\n{log:?}"),
            _ => panic!("{number}: {host}\n{log:?}"),
        }
    }
    lost
}

/// The runs in a state, or all.
pub(crate) async fn all_runs(node: &Server, state: &str) -> BTreeSet<String> {
    let (mut listed, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/runs?limit=1000&state={state}{cursor}");
        let page = node.call("GET", &path, None, 200).await;
        let ids = page["items"].as_array().unwrap().iter();
        listed.extend(ids.map(|run| run["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return listed };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn killed_nodes_lose_no_run_and_double_none() {
    let postgres = Postgres::start();
    let one = first(&postgres, HOSTS, "3s").await;
    let few = |name| [("HEP_NODE_NAME", name), ("HEP_RUNS_AT_ONCE", "2")];
    let mut nodes = vec![one.peer(&few("n2")), one.peer(&few("n3"))];
    nodes.insert(0, one);
    let (folder, mut dice, runs) = (open_folder(), Dice(2026), many(30));
    let mut asked = Vec::new();
    let kills = runs / 6;
    for kill in 0..kills {
        let until = runs * (kill + 1) / kills;
        while asked.len() < until {
            asked.push(ask_any(&nodes, &mut dice, folder.path(), asked.len()).await);
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(dice.below(400)).unwrap())).await;
        let victim = busy(&nodes).await.unwrap_or_else(|| dice.below(nodes.len()));
        nodes[victim].kill();
        // Whoever asks meanwhile is answered by another.
        nodes.rotate_left(victim);
        asked.extend([ask_any(&nodes[1..], &mut dice, folder.path(), asked.len()).await]);
        nodes[0].start_again();
    }
    let mut lost = 0;
    for run in asked.iter().map(String::as_str).enumerate() {
        lost += check(&nodes[dice.below(nodes.len())], folder.path(), run).await;
    }
    let listed = all_runs(&nodes[0], "").await;
    assert_eq!(listed, asked.iter().cloned().collect(), "what was accepted, and nothing twice");
    eprintln!("{kills} kills, {} runs, {lost} hosts lost", asked.len());
}

#[tokio::test]
async fn a_database_that_goes_and_comes_back_loses_nothing() {
    let postgres = Postgres::start();
    let one = first(&postgres, HOSTS, "30s").await;
    let nodes = [one.peer(&[("HEP_NODE_NAME", "n2")]), one];
    let (folder, mut dice, runs) = (open_folder(), Dice(7), many(30).min(120));
    let mut asked = Vec::new();
    for stop in 1..=3 {
        while asked.len() < runs * stop / 3 {
            asked.push(ask_any(&nodes, &mut dice, folder.path(), asked.len()).await);
        }
        postgres.stop();
        postgres.start_again();
    }
    for run in asked.iter().map(String::as_str).enumerate() {
        let lost = check(&nodes[0], folder.path(), run).await;
        assert_eq!(lost, 0, "no node went: {run:?}");
    }
}

/// Notes in the folder that it is at it, with its process, and goes on when it may.
const WAITS: &str =
    "echo $$ >DIR/pid; echo begun >>DIR/did; until [ -e DIR/go ]; do sleep 0.05; done";

#[tokio::test]
async fn a_node_that_is_cut_off_stops_before_another_takes_over() {
    let postgres = Postgres::start();
    let line = postgres.line();
    let other = first(&postgres, 1, "3s").await;
    let database = line.address();
    let cut = other.peer(&[("HEP_NODE_NAME", "cut"), ("HEP_DATABASE", &database)]);
    let subject = |kind: &str, folder: &Path| {
        let command = WAITS.replace("DIR", folder.to_str().unwrap());
        let second = format!("echo more >>{}/did", folder.display());
        let play = format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: '{command}'\n    \
             - shell: '{second}'\n"
        );
        match kind {
            "command" => json!({ "kind": kind, "line": format!("{command}; {second}") }),
            _ => json!({ "kind": kind, "entry": "a.yml", "files": { "a.yml": play } }),
        }
    };
    for (kind, state) in [("command", "lost"), ("manifest", "failed")] {
        let folder = open_folder();
        // Only the node that will be cut off may take it: the other one is not there yet.
        other.signal(Signal::STOP);
        let subject = subject(kind, folder.path());
        let id = cut.ask(subject, "all", json!({})).await;
        cut.until(&id, |_| folder.path().join("did").exists()).await;
        other.signal(Signal::CONT);
        line.cut(true);
        let run = other.ended(&id).await;
        assert_eq!(run["counts"], json!({ state: 1 }), "{:?}", other.log(&id).await);
        let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        assert!(test_kill_process(pid).is_err(), "what was cut off still runs");
        line.cut(false);
        // It works again, and writes nothing about what is another's.
        let later = cut.ask(json!({ "kind": "command", "line": "true" }), "all", json!({})).await;
        assert_eq!(cut.ended(&later).await["state"], "succeeded");
        assert_eq!(cut.ended(&id).await, run);
        let did = std::fs::read_to_string(folder.path().join("did")).unwrap();
        assert_eq!(did, "begun\n", "{kind}");
    }
}

/// What becomes of a change when its node is killed.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It was the last of the play, and is brought to its end.
    Last,
    /// More was to follow.
    Followed,
    /// The executor on the host is killed too.
    Unknown,
    /// It was not begun: the host was being looked at.
    NotBegun,
}

/// Waits until an executor has noticed that nobody listens: then its reading thread has ended.
async fn has_noticed(pid: i32) {
    let threads = || std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().count();
    for _ in 0..3000 {
        if threads() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the executor goes on");
}

/// Waits until a run's one host has begun a second time.
async fn has_begun_again(node: &Server, id: &str) {
    for _ in 0..3000 {
        let hosts = node.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
        if hosts["items"][0]["attempt"] == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not begin again: {:?}", node.log(id).await);
}

#[tokio::test]
async fn a_killed_nodes_changes_are_settled_by_the_hosts_journals() {
    let postgres = Postgres::start();
    let one = first(&postgres, 1, "2s").await;
    for (fate, counts, did) in [
        (Fate::Last, json!({ "succeeded": 1 }), "begun\n"),
        (Fate::Followed, json!({ "failed": 1 }), "begun\n"),
        (Fate::Unknown, json!({ "lost": 1 }), "begun\n"),
        (Fate::NotBegun, json!({ "succeeded": 1 }), "more\n"),
    ] {
        let (folder, mut two) = (open_folder(), one.peer(&[("HEP_NODE_NAME", "n2")]));
        let path = folder.path().to_str().unwrap();
        let waits = WAITS.replace("DIR", path).replace("$$", "$PPID");
        let mut tasks = format!("    - shell: '{waits}'\n");
        let more = format!("    - shell: 'echo more >>{path}/did'\n");
        match fate {
            Fate::Last => {}
            Fate::Followed | Fate::Unknown => tasks += &more,
            Fate::NotBegun => {
                tasks = format!("    - wait_for: {{ path: '{path}/go' }}\n{more}");
            }
        }
        let play = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
        let subject = json!({ "kind": "manifest", "entry": "a.yml", "files": { "a.yml": play } });
        // Only the node that will be killed takes it.
        one.signal(Signal::STOP);
        let id = two.ask(subject, "all", json!({})).await;
        let running = |run: &Value| match fate {
            Fate::NotBegun => run["counts"]["running"] == 1,
            _ => folder.path().join("did").exists(),
        };
        two.until(&id, running).await;
        two.kill();
        if let Ok(pid) = std::fs::read_to_string(folder.path().join("pid")) {
            let pid: i32 = pid.trim().parse().unwrap();
            match fate {
                Fate::Unknown => {
                    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
                }
                _ => has_noticed(pid).await,
            }
        }
        one.signal(Signal::CONT);
        if matches!(fate, Fate::NotBegun) {
            // Only the one that takes it over shall see what it waits for.
            has_begun_again(&one, &id).await;
        }
        std::fs::write(folder.path().join("go"), "").unwrap();
        let run = one.ended(&id).await;
        assert_eq!(run["counts"], counts, "{fate:?}: {:?}", one.log(&id).await);
        assert_eq!(std::fs::read_to_string(folder.path().join("did")).unwrap(), did, "{fate:?}");
    }
}

#[tokio::test]
async fn a_stopped_node_hands_its_runs_to_another() {
    let postgres = Postgres::start();
    let mut one = first(&postgres, 4, "15s").await;
    let folder = open_folder();
    let line =
        "set -- $SSH_CONNECTION; echo begun >>DIR/$3; until [ -e DIR/go ]; do sleep 0.05; done";
    let line = line.replace("DIR", folder.path().to_str().unwrap());
    let subject = json!({ "kind": "command", "line": line });
    let id = one.ask(subject, "all", json!({ "forks": 1 })).await;
    let begun = || std::fs::read_dir(folder.path()).unwrap().count();
    one.until(&id, |_| begun() == 1).await;
    let two = one.peer(&[("HEP_NODE_NAME", "n2")]);
    one.signal(Signal::TERM);
    // What has begun ends where it began; the rest is the other's.
    std::fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(one.stop(), 0);
    let run = two.ended(&id).await;
    assert_eq!(run["counts"], json!({ "succeeded": 4 }), "{:?}", two.log(&id).await);
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.lines().count() <= 1, "{file:?}: {text}");
    }
    let nodes = two.call("GET", "/nodes", None, 200).await;
    let names: Vec<&str> = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|node| node["name"].as_str())
        .collect();
    assert_eq!(names, ["n2"], "who has ended has said so");
}

/// Hosts that only the node of their zone reaches: the register has an address that leads nowhere, and that node
/// alone knows by its SSH configuration which one is meant.
struct Zones {
    hq: Server,
    eu: Server,
    us: Server,
    folder: tempfile::TempDir,
    _postgres: Postgres,
}

impl Zones {
    /// `h0001` and `h0003` are in `eu`, `h0002` in `us`, `h0004` in none. The node `hq` is in neither zone.
    async fn start() -> Self {
        let postgres = Postgres::start();
        let database = postgres.address();
        let hq = [
            ("HEP_DATABASE", database.as_str()),
            ("HEP_NODE_NAME", "hq"),
            ("HEP_NODE_ZONES", "hq"),
            ("HEP_HOST_KEY", "accept-new"),
        ];
        let hq = Server::start_with(4, &hq).await;
        let folder = open_folder();
        for (zone, hosts) in [("eu", &[1, 3][..]), ("us", &[2])] {
            let mut config = String::new();
            for host in hosts {
                let addresses = crate::breadth::file_of_fleet("breadth/addresses");
                let (real, known) = (addresses.lines().nth(host - 1).unwrap(), known_as(*host));
                let _ = writeln!(config, "Host {known}\n  HostName {real}");
                let said = json!({ "address": known, "zone": zone });
                hq.call("PATCH", &format!("/hosts/h000{host}"), Some(said), 200).await;
            }
            std::fs::write(folder.path().join(zone), config).unwrap();
        }
        let node = |zone: &str| {
            let config = folder.path().join(zone);
            let config = config.to_str().unwrap();
            let said =
                [("HEP_NODE_NAME", zone), ("HEP_NODE_ZONES", zone), ("HEP_SSH_CONFIG", config)];
            hq.peer(&said)
        };
        let (eu, us) = (node("eu"), node("us"));
        for node in [&eu, &us] {
            is_up(&hq, node).await;
        }
        Self { hq, eu, us, folder, _postgres: postgres }
    }

    /// What becomes of a command on one host, asked for at `hq`: its state, and the id of what went wrong.
    async fn outcome(&self, host: &str) -> (String, String) {
        let id = self.hq.ask(json!({ "kind": "command", "line": "true" }), host, json!({})).await;
        self.hq.ended(&id).await;
        let hosts = self.hq.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
        let host = &hosts["items"][0];
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (word(&host["state"]), word(&host["error"]["id"]))
    }
}

/// Where the register has a host: an address for many, at which nobody can be connected to.
fn known_as(host: usize) -> String {
    format!("239.255.7.{host}")
}

/// Waits until the register of nodes has one.
pub(crate) async fn is_up(by: &Server, node: &Server) {
    for _ in 0..3000 {
        let nodes = by.call("GET", "/nodes", None, 200).await;
        let nodes = nodes["items"].as_array().unwrap();
        let is_it = |known: &Value| {
            let address = known["address"].as_str();
            address.is_some_and(|address| address.trim_start_matches("https://") == node.address())
        };
        if nodes.iter().any(is_it) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the node never says that it is there");
}

#[tokio::test]
async fn a_host_is_reached_through_a_node_of_its_zone_and_a_run_stays_whole() {
    let zones = Zones::start().await;
    // Where its zone is not known, it is not reached.
    zones.hq.call("PATCH", "/hosts/h0001", Some(json!({ "zone": "hq" })), 200).await;
    assert_eq!(zones.outcome("h0001").await.0, "unreachable");
    zones.hq.call("PATCH", "/hosts/h0001", Some(json!({ "zone": "eu" })), 200).await;
    let path = zones.folder.path().display();
    let play = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    \
         - shell: 'set -- $SSH_CONNECTION; echo $3'\n      register: where\n    \
         - shell: 'echo once >>{path}/once; echo said'\n      register: said\n      run_once: true\n    \
         - shell: 'echo {{{{ said.stdout }}}} {{{{ hostvars.h0001.where.stdout }}}} \
         {{{{ hostvars.h0002.where.stdout }}}} >>{path}/seen-{{{{ inventory_hostname }}}}'\n"
    );
    let subject = json!({ "kind": "manifest", "entry": "a.yml", "files": { "a.yml": play } });
    let id = zones.hq.ask(subject.clone(), "all", json!({})).await;
    let run = zones.us.ended(&id).await;
    let log = zones.eu.log(&id).await;
    assert_eq!(run["counts"], json!({ "succeeded": 4 }), "{log:?}");
    let by: BTreeSet<&str> =
        log.iter().filter_map(|event| event["data"]["node"].as_str()).collect();
    assert_eq!(by.len(), 1, "one node has the whole run: {log:?}");
    let read = |name: &str| std::fs::read_to_string(zones.folder.path().join(name)).unwrap();
    assert_eq!(read("once"), "once\n");
    let addresses = crate::breadth::file_of_fleet("breadth/addresses");
    let places: Vec<&str> = addresses.lines().take(2).collect();
    for host in 1..=4 {
        assert_eq!(
            read(&format!("seen-h000{host}")),
            format!("said {} {}\n", places[0], places[1])
        );
    }
    // Whoever is asked, whatever is asked.
    for node in [&zones.hq, &zones.us, &zones.eu] {
        for host in ["h0001", "h0002", "h0003", "h0004"] {
            let path = format!("/hosts/{host}/status?live=true");
            node.call("GET", &path, None, 200).await;
        }
    }
    for (node, least) in [(&zones.eu, 4), (&zones.us, 2), (&zones.hq, 0)] {
        let page = reqwest::get(format!("http://{}/metrics", node.address())).await.unwrap();
        let page = page.text().await.unwrap();
        let open = page.lines().find_map(|line| line.strip_prefix("hep_tunnels ")).unwrap();
        assert!(open.parse::<usize>().unwrap() >= least, "{}: {open}", node.address());
    }
    // What each host would do can be told beforehand, on all of them.
    let body = json!({ "subject": subject, "selector": "all", "strategy": { "approval": true } });
    let asked = zones.eu.call("POST", "/runs", Some(body), 202).await;
    let planned = |run: &Value| run["reason"] == "approval";
    zones.eu.until(asked["id"].as_str().unwrap(), planned).await;
}

#[tokio::test]
async fn a_zone_whose_node_is_gone_is_honestly_out_of_reach() {
    let mut zones = Zones::start().await;
    let outcome = |state: &str, id: &str| (state.to_owned(), id.to_owned());
    // One that ends in order says so, and ends though others have connections through it.
    assert_eq!(zones.outcome("h0003").await, outcome("succeeded", ""));
    assert_eq!(zones.eu.stop(), 0);
    assert_eq!(zones.outcome("h0003").await, outcome("unreachable", "ssh.no_node"));
    assert_eq!(zones.outcome("h0002").await, outcome("succeeded", ""));
    zones.eu.start_again();
    is_up(&zones.hq, &zones.eu).await;
    let command =
        "set -- $SSH_CONNECTION; echo begun >>DIR/$3; until [ -e DIR/go ]; do sleep 0.05; done";
    let command = command.replace("DIR", zones.folder.path().to_str().unwrap());
    let subject = json!({ "kind": "command", "line": command });
    // Somebody else coordinates it: `eu` sleeps until that is so.
    zones.eu.signal(Signal::STOP);
    let id = zones.hq.ask(subject, "h0002,h0003,h0004", json!({})).await;
    zones.hq.until(&id, |run| !run["node"].is_null()).await;
    zones.eu.signal(Signal::CONT);
    let addresses = crate::breadth::file_of_fleet("breadth/addresses");
    let begun: Vec<_> = addresses
        .lines()
        .skip(1)
        .take(3)
        .map(|address| zones.folder.path().join(address))
        .collect();
    zones.hq.until(&id, |_| begun.iter().all(|file| file.exists())).await;
    zones.eu.kill();
    zones.hq.until(&id, |run| run["counts"]["lost"] == 1).await;
    std::fs::write(zones.folder.path().join("go"), "").unwrap();
    let run = zones.hq.ended(&id).await;
    assert_eq!(
        run["counts"],
        json!({ "lost": 1, "succeeded": 2 }),
        "{:?}",
        zones.hq.log(&id).await
    );
    assert_eq!(zones.outcome("h0003").await, outcome("unreachable", "ssh.node_failed"));
    zones.eu.start_again();
    is_up(&zones.hq, &zones.eu).await;
    assert_eq!(zones.outcome("h0003").await, outcome("succeeded", ""));
}

#[tokio::test]
async fn a_log_that_is_read_from_every_node_in_turn_has_no_gap_and_nothing_twice() {
    let postgres = Postgres::start();
    let one = first(&postgres, 2, "15s").await;
    let nodes = [one.peer(&[("HEP_NODE_NAME", "n2")]), one.peer(&[("HEP_NODE_NAME", "n3")]), one];
    let folder = open_folder();
    // Every line waits until somebody has read the one before: the reader makes the pace.
    let line = format!(
        "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; \
         until [ -e {0}/$i ]; do sleep 0.02; done; done",
        folder.path().display()
    );
    let id = nodes[2].ask(json!({ "kind": "command", "line": line }), "all", json!({})).await;
    let path = format!("/runs/{id}/events");
    let (mut numbers, mut over, mut connections) = (Vec::new(), false, 0);
    while !over {
        let node = &nodes[connections % nodes.len()];
        connections += 1;
        std::fs::write(folder.path().join((connections / 2).to_string()), "").unwrap();
        let last = numbers.last().copied().unwrap_or(0_i64).to_string();
        let headers = [("accept", "text/event-stream"), ("last-event-id", last.as_str())];
        let mut answer = node.send("root", ("GET", &path), &headers, None).await;
        let mut text = String::new();
        // The first hundred connections are cut after the first event.
        while let Some(piece) = answer.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&piece));
            if connections <= 100 && text.contains("\n\n") {
                break;
            }
        }
        if connections == 100 {
            (1..=60).for_each(|i| std::fs::write(folder.path().join(i.to_string()), "").unwrap());
        }
        let most = if connections <= 100 { 1 } else { usize::MAX };
        let (more, end) = event_numbers(&text, most);
        numbers.extend(more);
        over = end;
    }
    let run = nodes[0].ended(&id).await;
    let last = run["last_seq"].as_i64().unwrap();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>(), "{connections} connections");
}
