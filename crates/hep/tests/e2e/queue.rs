//! A long queue that a server finds when it starts.
//!
//! `HEP_TEST_RUNS` is how many runs the stories of many runs have; a queue is twenty times as long.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::{all_runs, many};
use crate::postgres::Postgres;
use crate::runs::open_folder;
use crate::server::Server;

/// How many hosts the runs are for.
const HOSTS: usize = 3;
/// How many runs a node has at once.
const AT_ONCE: usize = 4;
/// What a server may have of memory at most while it works a queue off, in KiB.
const MEMORY_KIB: u64 = 400 << 10;
/// How long a queue may stay as it is until it is said to hang.
const PATIENCE: Duration = Duration::from_mins(2);

/// Nobody is asked too often here.
const OFTEN: (&str, &str) = ("HEP_LIMIT_REQUESTS_PER_MINUTE", "10000000");

/// Asks for so many runs, eight at a time. The first ones hold the queue until there is a file `go`.
async fn fill(server: &Server, folder: &Path, (runs, held): (usize, usize)) {
    let folder = folder.display();
    let gate = format!("until [ -e {folder}/go ]; do sleep 0.05; done; ");
    let ask = async |number: usize| {
        let waits = if number < held { &gate } else { "" };
        let line = format!("{waits}echo {number} >>{folder}/did");
        let selector = format!("h000{}", 1 + number % HOSTS);
        let body = json!({ "subject": { "kind": "command", "line": line }, "selector": selector,
            "description": number.to_string() });
        server.call("POST", "/runs", Some(body), 202).await;
    };
    // In their order, so that these are the first.
    for number in 0..held {
        ask(number).await;
    }
    let asking = (0..8).map(async |first| {
        for number in (held + first..runs).step_by(8) {
            ask(number).await;
        }
    });
    futures::future::join_all(asking).await;
}

/// All runs in the order in which they were asked for.
async fn listed(server: &Server) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.call("GET", &format!("/runs?limit=1000{cursor}"), None, 200).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    all.reverse();
    all
}

/// Waits until no run is queued or running, as long as some of them end.
async fn worked_off(server: &Server) {
    let (mut left, mut since) = (usize::MAX, Instant::now());
    loop {
        let now = all_runs(server, "queued").await.len() + all_runs(server, "running").await.len();
        if now == 0 {
            return;
        }
        if now < left {
            (left, since) = (now, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "the queue stays at {now}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// They began in the order in which they were asked for, but for what nodes took at the same time.
fn in_order(runs: &[Value], nodes: usize) {
    let begun = |run: &Value| (run["started_ms"].as_i64().unwrap(), run["id"].to_string());
    let mut by_begin: Vec<(usize, _)> = runs.iter().map(begun).enumerate().collect();
    by_begin.sort_by(|a, b| a.1.cmp(&b.1));
    for (rank, (asked, _)) in by_begin.iter().enumerate() {
        let off = rank.abs_diff(*asked);
        assert!(off <= 4 * nodes * AT_ONCE, "asked for as {asked}, begun as {rank}");
    }
}

/// A server with a queue is killed, and these nodes find it when they start; what held.
async fn story(mut server: Server, peers: &[&str]) -> String {
    let (folder, runs, nodes) = (open_folder(), many(15) * 20, 1 + peers.len());
    // Those that the first server is at are lost with it; as many of each node hold the rest.
    let lost = AT_ONCE;
    let held = lost + AT_ONCE * nodes;
    let begun = Instant::now();
    fill(&server, folder.path(), (runs, held)).await;
    let (asked, begun) = (begun.elapsed(), Instant::now());
    server.restart_after_kill();
    let mut others = Vec::new();
    for name in peers {
        others.push(server.peer(&[("HEP_NODE_NAME", name)]));
    }
    for node in others.iter().chain([&server]) {
        node.ready(true).await;
    }
    let started = begun.elapsed();
    let queued = all_runs(&server, "queued").await.len();
    assert!(queued >= runs - held, "{queued} of {runs} are queued while the servers are ready");
    let begun = Instant::now();
    std::fs::write(folder.path().join("go"), "").unwrap();
    worked_off(&server).await;
    let took = begun.elapsed();
    let all = listed(&server).await;
    assert_eq!(all.len(), runs, "what was accepted is there");
    let did = std::fs::read_to_string(folder.path().join("did")).unwrap();
    let mut times: HashMap<&str, usize> = HashMap::new();
    did.lines().for_each(|number| *times.entry(number).or_default() += 1);
    for run in &all {
        let number = run["description"].as_str().unwrap();
        let is_first = number.parse::<usize>().unwrap() < lost;
        let (state, times) = (run["state"].as_str().unwrap(), times.get(number).copied());
        let log = if state == "succeeded" { Vec::new() } else { server.log(id(run)).await };
        match is_first {
            true => assert!(state == "failed" && times.unwrap_or(0) <= 1, "{run}"),
            false => assert!(state == "succeeded" && times == Some(1), "{times:?} {run} {log:?}"),
        }
    }
    in_order(&all[lost..], nodes);
    let memory = others.iter().chain([&server]).map(Server::most_memory).max().unwrap();
    assert!(memory < MEMORY_KIB, "{memory} KiB");
    format!(
        "queue of {runs} on {nodes} nodes: asked for in {asked:.1?}, ready after a start in \
         {started:.1?}, worked off in {took:.1?}, {} MiB at most, none lost, none twice, in order",
        memory >> 10
    )
}

fn id(run: &Value) -> &str {
    run["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_server_that_starts_with_a_long_queue_is_ready_and_works_it_off() {
    let at_once = AT_ONCE.to_string();
    let variables = [OFTEN, ("HEP_RUNS_AT_ONCE", at_once.as_str())];
    eprintln!("{}", story(Server::start_with(HOSTS, &variables).await, &[]).await);
}

#[tokio::test]
async fn nodes_that_start_with_a_long_queue_work_it_off_together() {
    let (postgres, at_once) = (Postgres::start(), AT_ONCE.to_string());
    let database = postgres.address();
    let variables = [
        OFTEN,
        ("HEP_RUNS_AT_ONCE", at_once.as_str()),
        ("HEP_DATABASE", &database),
        ("HEP_NODE_LEASE", "3s"),
        ("HEP_NODE_NAME", "n1"),
    ];
    let server = Server::start_with(HOSTS, &variables).await;
    eprintln!("{}", story(server, &["n2", "n3"]).await);
}
