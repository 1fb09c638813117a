//! Runs of the server on real hosts, whatever happens meanwhile.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::breadth::file_of_fleet;
use crate::remote;
use crate::server::{Server, event_numbers};

/// Notes in `DIR`, by the address of the host, that it has begun, and goes on when `DIR/go` is there.
const WAITS: &str = "set -- $SSH_CONNECTION; echo begun >>DIR/$3; \
                     until [ -e DIR/go ]; do sleep 0.05; done";

fn waiting(folder: &Path) -> Value {
    json!({ "kind": "command", "line": WAITS.replace("DIR", folder.to_str().unwrap()) })
}

/// A folder that the hosts' user may write to.
pub(crate) fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o777);
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), mode).unwrap();
    folder
}

/// How often each host has begun.
fn begun(folder: &Path) -> BTreeMap<String, usize> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files
        .filter(|file| file.file_name() != "go")
        .map(|file| {
            let lines = std::fs::read_to_string(file.path()).unwrap().lines().count();
            (file.file_name().into_string().unwrap(), lines)
        })
        .collect()
}

#[tokio::test]
async fn a_killed_server_loses_nothing_and_does_nothing_twice() {
    // One run at a time: the later one is still queued when the server is killed.
    let mut server = Server::start_with(6, &[("HEP_RUNS_AT_ONCE", "1")]).await;
    let folder = open_folder();
    let id = server.ask(waiting(folder.path()), "all", json!({"forks": 2})).await;
    let later = server.ask(json!({"kind": "command", "line": "true"}), "h0006", json!({})).await;
    server.until(&id, |_| begun(folder.path()).len() == 2).await;
    server.restart_after_kill();
    std::fs::write(folder.path().join("go"), "").unwrap();
    let run = server.ended(&id).await;
    assert_eq!(run["state"], "failed");
    assert_eq!(run["counts"], json!({"succeeded": 4, "lost": 2}));
    assert!(begun(folder.path()).values().all(|times| *times == 1), "{:?}", begun(folder.path()));
    assert_eq!(begun(folder.path()).len(), 6);
    assert_eq!(server.ended(&later).await["state"], "succeeded");
    // What is lost is repeated only when that is asked for.
    let retry = format!("/runs/{id}/retry");
    server.call("POST", &retry, Some(json!({})), 409).await;
    let again = server.call("POST", &retry, Some(json!({"lost": true})), 202).await;
    let again = server.ended(again["id"].as_str().unwrap()).await;
    assert_eq!((again["state"].as_str(), &again["hosts"]), (Some("succeeded"), &json!(2)));
}

#[tokio::test]
async fn a_stopped_server_ends_what_it_began_and_leaves_the_rest() {
    let mut server = Server::start(4).await;
    let folder = open_folder();
    let id = server.ask(waiting(folder.path()), "all", json!({"forks": 1})).await;
    server.until(&id, |_| begun(folder.path()).len() == 1).await;
    let go = folder.path().join("go");
    let opening = std::thread::spawn(move || std::fs::write(go, "").unwrap());
    assert_eq!(server.stop(), 0);
    opening.join().unwrap();
    server.start_again();
    let run = server.ended(&id).await;
    assert_eq!((&run["state"], &run["counts"]), (&json!("succeeded"), &json!({"succeeded": 4})));
    assert!(begun(folder.path()).values().all(|times| *times == 1));
}

#[tokio::test]
async fn a_log_that_is_resumed_a_hundred_times_has_no_gap_and_nothing_twice() {
    let server = Server::start(5).await;
    let line = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; \
                [ $((i % 10)) -ne 0 ] || sleep 0.05; done";
    let id = server.ask(json!({"kind": "command", "line": line}), "all", json!({})).await;
    let path = format!("/runs/{id}/events");
    let (mut numbers, mut over, mut connections) = (Vec::new(), false, 0);
    while !over {
        connections += 1;
        let last = numbers.last().copied().unwrap_or(0_i64).to_string();
        let headers = [("accept", "text/event-stream"), ("last-event-id", last.as_str())];
        let mut answer = server.send("root", ("GET", &path), &headers, None).await;
        assert_eq!(answer.status().as_u16(), 200);
        // The first hundred connections are cut after the first event; what followed it is lost.
        let mut text = String::new();
        while let Some(piece) = answer.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&piece));
            if connections <= 100 && text.contains("\n\n") {
                break;
            }
        }
        let most = if connections <= 100 { 1 } else { usize::MAX };
        let (more, end) = event_numbers(&text, most);
        numbers.extend(more);
        over = end;
    }
    assert!(connections > 100, "{connections} connections, {numbers:?}");
    let run = server.ended(&id).await;
    let last = run["last_seq"].as_i64().unwrap();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>());
    let text = server.send("root", ("GET", &format!("/runs/{id}/output")), &[], None).await;
    let text = text.text().await.unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count(), 2000);
    let path = format!("/runs/{id}/output?host=h0003");
    let one = server.send("root", ("GET", &path), &[], None).await;
    let wanted: String =
        (1..=400).fold(String::new(), |text, number| text + &format!("line {number}\n"));
    assert_eq!(one.text().await.unwrap(), wanted);
}

#[tokio::test]
async fn who_reads_slowly_holds_up_nobody() {
    let server = Server::start(2).await;
    let line = "head -c 3000000 /dev/zero | tr '\\0' x | fold -w 100; echo";
    let id = server.ask(json!({"kind": "command", "line": line}), "all", json!({})).await;
    let (path, headers) = (format!("/runs/{id}/events"), [("accept", "text/event-stream")]);
    let mut slow = server.send("root", ("GET", &path), &headers, None).await;
    slow.chunk().await.unwrap();
    // Nothing more is read of it until the run has ended.
    let run = server.ended(&id).await;
    assert_eq!(run["state"], "succeeded");
    let mut text = String::new();
    while let Some(piece) = slow.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(text.contains("event: end"));
    let kept: usize =
        server.log(&id).await.iter().map(|e| e["text"].as_str().map_or(0, str::len)).sum();
    assert_eq!(kept, 2 * (3_000_000 + 30_000));
}

#[tokio::test]
async fn a_cancelled_run_ends_its_own_commands_and_no_others() {
    let server = Server::start(1).await;
    // The first on a connection and one beside it: each way round, the other goes on.
    for first_is_cancelled in [true, false] {
        let folder = open_folder();
        let word = remote::word(if first_is_cancelled { 60 } else { 61 });
        let held = WAITS.replace("DIR", folder.path().to_str().unwrap());
        let held = json!({ "kind": "command", "line": format!("{held}; sleep 0") });
        let line = format!("set -- $SSH_CONNECTION; sleep {word} & sleep {word}");
        let endless = json!({ "kind": "command", "line": line });
        let asleep = || remote::with_word(&word).len() >= 2;
        let (goes_on, cancelled);
        if first_is_cancelled {
            cancelled = server.ask(endless, "all", json!({})).await;
            server.until(&cancelled, |_| asleep()).await;
            goes_on = server.ask(held, "all", json!({})).await;
            server.until(&goes_on, |_| begun(folder.path()).len() == 1).await;
        } else {
            goes_on = server.ask(held, "all", json!({})).await;
            server.until(&goes_on, |_| begun(folder.path()).len() == 1).await;
            cancelled = server.ask(endless, "all", json!({})).await;
            server.until(&cancelled, |_| asleep()).await;
        }
        server.call("POST", &format!("/runs/{cancelled}/cancel"), None, 202).await;
        let run = server.ended(&cancelled).await;
        assert_eq!(run["counts"], json!({"cancelled": 1}));
        remote::none_with(&word);
        std::fs::write(folder.path().join("go"), "").unwrap();
        let run = server.ended(&goes_on).await;
        assert_eq!(run["counts"], json!({"succeeded": 1}), "{run}");
    }
}

#[tokio::test]
async fn a_cancelled_run_leaves_nothing_running() {
    let server = Server::start(3).await;
    let folder = open_folder();
    let line =
        format!("set -- $SSH_CONNECTION; echo $$ >{}/$3; exec sleep 600", folder.path().display());
    let id = server.ask(json!({"kind": "command", "line": line}), "all", json!({"forks": 2})).await;
    server.until(&id, |_| begun(folder.path()).values().filter(|n| **n == 1).count() == 2).await;
    server.call("POST", &format!("/runs/{id}/cancel"), None, 202).await;
    let run = server.ended(&id).await;
    assert_eq!((&run["state"], &run["cancelled_by"]), (&json!("cancelled"), &json!("root/first")));
    assert_eq!(run["counts"], json!({"cancelled": 2, "not_started": 1}));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let pid = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists(), "{pid} still runs");
    }
    server.call("POST", &format!("/runs/{id}/cancel"), None, 409).await;
}

#[tokio::test]
async fn a_run_goes_over_its_hosts_as_it_was_told() {
    let server = Server::start(6).await;
    let fails = json!({"kind": "manifest", "entry": "site.yml", "files": {
        "site.yml": "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: \"{{ 'false' if inventory_hostname in bad else 'true' }}\"\n",
    }, "vars": {"bad": ["h0001", "h0003"]}});
    let cases = [
        (json!({"canary": 1}), json!({"failed": 1, "not_started": 5})),
        (
            json!({"batches": [2, 1], "stop_after": 2}),
            json!({"succeeded": 1, "failed": 2, "not_started": 3}),
        ),
        (json!({"batches": ["50%"]}), json!({"succeeded": 4, "failed": 2})),
        (json!({"deadline_seconds": 0}), json!({"not_started": 6})),
    ];
    for (strategy, counts) in cases {
        let id = server.ask(fails.clone(), "all", strategy.clone()).await;
        assert_eq!(server.ended(&id).await["counts"], counts, "{strategy}");
    }
}

#[tokio::test]
async fn what_was_planned_is_done_when_somebody_else_approves() {
    let server = Server::start(2).await;
    let folder = open_folder();
    let dest = folder.path().join("made");
    let copy = json!({"kind": "copy", "text": "x\n", "dest": dest.to_str().unwrap()});
    let waits = |run: &Value| run["state"] == "waiting" && run["reason"] == "approval";
    let id = server.ask(copy.clone(), "h0001", json!({"approval": true})).await;
    server.until(&id, waits).await;
    assert!(!dest.exists());
    let approve = format!("/runs/{id}/approve");
    server.call("POST", &approve, None, 403).await;
    server.call_as("other", "POST", &approve, None, 202).await;
    assert_eq!(server.ended(&id).await["state"], "succeeded");
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "x\n");
    server.call_as("other", "POST", &approve, None, 409).await;
    let planned = server.log(&id).await;
    assert!(planned.iter().any(|event| event["kind"] == "plan"), "{planned:?}");
    let id = server.ask(copy, "h0001", json!({"approval": true})).await;
    server.until(&id, waits).await;
    server.call_as("other", "POST", &format!("/runs/{id}/reject"), None, 202).await;
    assert_eq!(server.ended(&id).await["counts"], json!({"not_started": 1}));
}

#[tokio::test]
async fn what_is_approved_is_done_on_the_machine_that_was_meant() {
    let server = Server::start(1).await;
    let folder = open_folder();
    let line = format!("touch {}/did", folder.path().display());
    let command = json!({"kind": "command", "line": line});
    let id = server.ask(command, "h0001", json!({"approval": true})).await;
    server.until(&id, |run| run["state"] == "waiting").await;
    let name = json!({"name": "other"});
    let refused = server.call("PATCH", "/hosts/h0001", Some(name), 409).await.to_string();
    assert!(refused.contains(&format!("run `{id}`")), "{refused}");
    // The name becomes another machine's.
    let before = server.call("GET", "/hosts/h0001", None, 200).await;
    server.call("DELETE", "/hosts/h0001", None, 204).await;
    let fields = ["name", "address", "port", "user"];
    let said: serde_json::Map<String, Value> =
        fields.iter().map(|field| ((*field).to_owned(), before[*field].clone())).collect();
    server.call("POST", "/hosts", Some(said.into()), 201).await;
    server.call_as("other", "POST", &format!("/runs/{id}/approve"), None, 202).await;
    assert_eq!(server.ended(&id).await["counts"], json!({"failed": 1}));
    let hosts = server.call("GET", &format!("/runs/{id}/hosts"), None, 200).await;
    assert_eq!(hosts["items"][0]["error"]["id"], "run.host_gone", "{hosts}");
    assert!(!folder.path().join("did").exists());
}

#[tokio::test]
async fn a_manifest_cannot_reach_the_server_itself() {
    let server = Server::start(1).await;
    for task in [
        "copy: {src: /etc/hostname, dest: /tmp/never}",
        "debug: {msg: \"{{ lookup('file', '/etc/hostname') }}\"}",
        "debug: {msg: \"{{ lookup('pipe', 'id') }}\"}",
        "debug: {msg: \"{{ lookup('env', 'HOME') }}\"}",
        "command: id\n  delegate_to: localhost",
        "include_tasks: /etc/hostname",
    ] {
        let files = json!({"a.yml": format!("- {task}\n")});
        let subject = json!({"kind": "manifest", "entry": "a.yml", "files": files});
        let id = server.ask(subject, "all", json!({})).await;
        assert_eq!(
            server.ended(&id).await["state"],
            "failed",
            "{task}: {:?}",
            server.log(&id).await
        );
    }
    // Who may set a variable cannot lead a run to the server itself.
    let user = file_of_fleet("breadth/user");
    let site = "- command: id -un\n  register: me\n- assert: {that: me.stdout == user}\n";
    let vars = json!({"ansible_connection": "local", "user": user.trim()});
    let files = json!({"a.yml": site});
    let subject = json!({"kind": "manifest", "entry": "a.yml", "vars": vars, "files": files});
    let id = server.ask(subject, "all", json!({})).await;
    assert_eq!(server.ended(&id).await["state"], "succeeded", "{:?}", server.log(&id).await);
}
