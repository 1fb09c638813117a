//! A host that wants to write into our pages: everything that comes from one is full of markup, of sequences that steer
//! terminals and of control characters, and all pages are looked at.

use hep_core::run::{HostState, RunState};
use hep_engine::ops::{Actor, run};
use hep_engine::store::audit::{self, Line};
use hep_engine::store::events::{self, Entry};
use hep_engine::store::host_keys::{self, Shown};
use hep_engine::store::host_runs::{self, End};
use hep_engine::store::runs::{self, Hold, Step};
use hep_engine::store::{Db, host_states, hosts, leases, now_ms};
use serde_json::json;

use super::kept_test;
use super::testing::Browser;
use super::ui_test::{filled, is_page};
use crate::serve::testing::Running;

/// What a host says of itself.
pub(super) const EVIL: &str = "\"'></textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>\
    \u{1b}[31mred\u{1b}]0;title\u{7}\u{0}\u{9b}31m\u{202e}{{ 7*7 }}";
/// What must not stand in a page as it was said.
const RAW: [&str; 9] = [
    "<script>alert",
    "<img src=x",
    "\"'><",
    "</textarea></title>",
    "\u{1b}",
    "\u{7}",
    "\u{0}",
    "\u{9b}",
    "\u{202e}",
];

/// Nothing of it is more than text.
pub(super) fn check(what: &str, page: &str) {
    assert_eq!(raw(page), Vec::<String>::new(), "{what}");
}

/// What stands there as it was said, with what is around it.
fn raw(page: &str) -> Vec<String> {
    let near = |(at, word): (usize, &str)| {
        let before: String = page[..at].chars().rev().take(80).collect();
        let before: String = before.chars().rev().collect();
        format!("{word:?} after {before:?}")
    };
    let found = RAW.iter().filter_map(|word| Some((page.find(word)?, *word)));
    found.map(near).collect()
}

/// Lets `web1` say all it can.
async fn speak(server: &Running) -> String {
    let db = Db::open(&server.database()).await.unwrap();
    let facts = json!({ "ansible_distribution": EVIL, EVIL: { EVIL: [EVIL] } }).to_string();
    assert!(hosts::set_facts(&db, "web1", &facts, now_ms()).await.unwrap());
    let why = hep_core::message::cli::cannot_make(EVIL, EVIL);
    host_states::silent(&db, &[("web1", &why)], now_ms()).await.unwrap();
    let host = hosts::id_of(&db, "web1").await.unwrap().unwrap();
    let key = Shown { algorithm: EVIL.into(), public_key: EVIL.into(), fingerprint: EVIL.into() };
    host_keys::shown(&db, &host, &key).await.unwrap();
    let line = Line {
        actor_kind: "user",
        actor_id: None,
        actor_name: EVIL,
        address: EVIL,
        request_id: EVIL,
        verb: EVIL,
        object_kind: "host",
        object_id: None,
        object_name: EVIL,
        outcome: "done",
        detail: Some(json!({ EVIL: EVIL }).to_string()),
    };
    audit::write(&db, &line).await.unwrap();
    ended_run(server, &db).await
}

/// A run that has ended badly, with entries of all kinds.
async fn ended_run(server: &Running, db: &Db) -> String {
    let said = json!({"selector": "web1", "subject": {"kind": "command", "line": EVIL.replace('\u{0}', "")},
        "description": EVIL.replace('\u{0}', "")});
    let said = serde_json::from_value(said).unwrap();
    let asked = run::create(&server.engine, &Actor::command_line("test"), said).await.unwrap();
    let claimed = leases::claim(db, "node", &[]).await.unwrap().unwrap();
    let node = claimed.node.clone().unwrap();
    let hold = Hold { id: claimed.id.clone(), node, fence: claimed.fence };
    host_runs::begin(db, &hold, &[0]).await.unwrap();
    let message = json!({"id": "of.the_future", "args": {EVIL: EVIL}, "text": EVIL});
    let result = json!({"msg": EVIL, EVIL: [EVIL]});
    let diff = format!("--- {EVIL}\n+++ {EVIL}\n-{EVIL}\n+{EVIL}\n");
    let told = |kind: &'static str, body: serde_json::Value| Entry {
        at_ms: 1,
        kind,
        host: Some("web1".to_owned()),
        stream: None,
        body: body.to_string().into_bytes(),
    };
    let output = |stream| Entry {
        at_ms: 1,
        kind: "output",
        host: Some("web1".to_owned()),
        stream: Some(stream),
        body: [EVIL.as_bytes(), b"\n\xff\n"].concat(),
    };
    let task = |event: &str| {
        json!({"event": event, "task": 1, "name": EVIL, "module": EVIL, "state": "failed",
            "item": EVIL, "diff": diff, "result": result, "message": message})
    };
    let entries = vec![
        output("stdout"),
        output("stderr"),
        told("task", task("finished")),
        told("task", task("item")),
        told("note", message.clone()),
        told("play", json!({"name": EVIL, "hosts": ["web1"]})),
        told("host", json!({"state": "failed", "rc": 3, "signal": EVIL, "error": message})),
    ];
    let tx = db.begin().await.unwrap();
    let many = i64::try_from(entries.len()).unwrap();
    let counts = [(HostState::Failed, 1)].into();
    let first = runs::advance(&tx, &hold, many, 0, &counts).await.unwrap().unwrap();
    events::append(&tx, &hold.id, first, entries).await.unwrap();
    tx.commit().await.unwrap();
    let end = End {
        position: 0,
        state: HostState::Failed,
        rc: Some(3),
        signal: Some(EVIL.to_owned()),
        error: serde_json::from_value(message).ok(),
        summary: None,
    };
    host_runs::end(db, &hold.id, &[end]).await.unwrap();
    let step = Step::End(RunState::Failed, EVIL.to_owned());
    assert!(runs::step(db, &hold, &step).await.unwrap());
    asked.id
}

#[tokio::test]
async fn no_page_shows_more_than_text_of_what_a_host_says() {
    let server = Running::start(&[]).await;
    let ids = kept_test::fill(&server.engine).await;
    let run = speak(&server).await;
    let admin = Browser::of(&server, Some("admin")).await;
    let (mut shown, mut wrong) = (Vec::new(), Vec::new());
    for (method, path) in super::routes() {
        if method != "GET" || !is_page(&path) {
            continue;
        }
        let views: &[&str] = match path.as_str() {
            "/ui/runs/{id}" => &["", "?show=folded", "?show=changes", "?host=web1", "?q=alert"],
            "/ui/runs/{id}/sure" => &["?do=again"],
            _ => &[""],
        };
        for view in views {
            let address = filled(&path, &ids, &run) + view;
            let page = admin.get(&address).await;
            wrong.extend(raw(&page.text).into_iter().map(|found| format!("{address}: {found}")));
            // What was said can be read all the same.
            if page.text.contains("alert(1)") {
                shown.push(address);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let base = format!("/ui/runs/{run}");
    for address in [
        "/ui/".to_owned(),
        "/ui/audit".to_owned(),
        "/ui/runs".to_owned(),
        "/ui/hosts/web1".to_owned(),
        "/ui/hosts/web1/facts".to_owned(),
        "/ui/hosts/web1/keys".to_owned(),
        base.clone(),
        format!("{base}?show=folded"),
        format!("{base}?q=alert"),
    ] {
        assert!(shown.contains(&address), "{address} is not among {shown:?}");
    }
    let mut live = admin.follow(&format!("{base}/events?after=0"), None).await;
    let mut said = Vec::new();
    while let Some(more) = live.chunk().await.unwrap() {
        said.extend_from_slice(&more);
    }
    let said = String::from_utf8(said).unwrap();
    check("the live log", &said);
    assert!(said.contains("alert(1)"), "{said}");
}
