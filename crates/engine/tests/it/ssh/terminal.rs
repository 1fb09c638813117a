//! Terminals of a server: who gets one, what goes through, what is kept of it, and how each ends.

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use hep_core::run::{HostState, RunState};
use hep_engine::master_key::Source;
use hep_engine::ops::page::Paging;
use hep_engine::ops::patch::Edit;
use hep_engine::ops::session::{self, Known, Origin, SignIn};
use hep_engine::ops::{
    Actor, Engine, OpError, audit, credential, grant, host, run, terminal, user,
};
use hep_engine::play::bundle::Bundle;
use hep_engine::server::terminal::{Limits as Bounds, Size, Terminal, Told, Typed};
use hep_engine::server::{Options, Server as Node};
use hep_engine::store::host_runs::{self, HostRun, NewHost};
use hep_engine::store::runs::{self, Hold, NewRun, Run};
use hep_engine::store::{Db, terminals};
use hep_engine::transport::ssh::{Settings, SettingsSource};
use serde_json::{Value, json};

use super::*;
use crate::ssh::server::{Behaviour, FLOOD, PASSWORD};

/// The password of the account, which is not that of the host.
const OWN: &str = "tr0ub4dor";

fn of<T: serde::de::DeserializeOwned>(said: Value) -> T {
    serde_json::from_value(said).unwrap()
}

fn root() -> Actor {
    Actor::command_line("test")
}

/// A node with one host, `web`, and one person, `ana`, who has signed in.
struct Story {
    engine: Engine,
    node: Node,
    server: Server,
    ana: Known,
}

impl Story {
    async fn start(folder: &Path, bounds: Bounds) -> Self {
        let server = Server::start(Behaviour::default()).await;
        let database = format!("sqlite:{}", folder.join("hep.db").display());
        let engine = Engine::open(&database, Source::ours(folder.join("keys"))).await.unwrap();
        let settings = Settings::load(SettingsSource {
            config: Some("none".into()),
            known_hosts: Some(folder.join("none")),
            policy: Some(HostKeyPolicy::AcceptNew),
            ..SettingsSource::default()
        });
        let mut options = Options::new(settings.unwrap(), Bundle::default());
        options.terminals = bounds;
        options.grace = Duration::ZERO;
        let node = Node::start(&engine, &options).unwrap();
        let said = json!({"name": "ann", "kind": "password", "user": "ann", "password": PASSWORD});
        credential::create(&engine, &root(), of(said)).await.unwrap();
        let port = server.address.port();
        let said =
            json!({"name": "web", "address": "127.0.0.1", "port": port, "credential": "ann"});
        host::create(&engine, &root(), of(said)).await.unwrap();
        for (name, role) in [("boss", "admin"), ("ana", "admin")] {
            let said = json!({"name": name, "password": OWN, "role": role});
            user::create(&engine, &root(), of(said)).await.unwrap();
        }
        let ana = sign_in(&engine, "ana").await;
        Self { engine, node, server, ana }
    }

    async fn ticket(&self) -> Result<Secret<String>, OpError> {
        self.ticket_for(OWN).await
    }

    async fn ticket_for(&self, password: &str) -> Result<Secret<String>, OpError> {
        let Known { actor, session, .. } = &self.ana;
        let password = Secret::new(password.to_owned());
        terminal::allow(&self.engine, actor, session, "web", password).await
    }

    async fn open_by(&self, ticket: &Secret<String>) -> Result<Terminal, OpError> {
        let Known { actor, session, .. } = &self.ana;
        let size = Size { columns: 90, rows: 30 };
        terminal::open(&self.engine, actor, session, "web", ticket, size).await
    }

    /// A terminal whose shell has begun.
    async fn open(&self) -> Terminal {
        let mut terminal = self.open_by(&self.ticket().await.unwrap()).await.unwrap();
        assert!(matches!(next(&mut terminal).await, Told::Open));
        terminal
    }

    /// The run and its one host, once it has ended.
    async fn ended(&self, id: &str) -> (Run, HostRun) {
        let ended = async {
            loop {
                let run = run::show(&self.engine, &root(), id).await.unwrap();
                if run.state.is_over() {
                    return run;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let run = tokio::time::timeout(PATIENCE, ended).await.expect("the run ends");
        let hosts = run::hosts(&self.engine, &root(), id, &[], &Paging::default()).await.unwrap();
        (run, hosts.items.into_iter().next().unwrap())
    }

    /// What was recorded, and the kinds of entries between.
    async fn recorded(&self, id: &str) -> (String, Vec<String>) {
        let events = run::events(&self.engine, &root(), id, 0, 10_000).await.unwrap().items;
        let kinds = events.iter().map(|event| event.kind.clone()).collect();
        (events.into_iter().filter_map(|event| event.text).collect(), kinds)
    }
}

async fn sign_in(engine: &Engine, name: &str) -> Known {
    let said = SignIn { name: name.into(), password: Secret::new(OWN.into()) };
    let from = Origin { address: "192.0.2.7".into(), ..Origin::default() };
    let signed = session::sign_in(engine, said, &from).await.unwrap();
    session::actor(engine, &signed.cookie, &from).await.unwrap()
}

async fn next(terminal: &mut Terminal) -> Told {
    let told = tokio::time::timeout(PATIENCE, terminal.next()).await;
    told.expect("something is told").expect("before the end")
}

async fn types(terminal: &Terminal, keys: &'static str) {
    terminal.typed().send(Typed::Keys(keys.into())).await.unwrap();
}

/// Reads what is shown until it ends with a text.
async fn until(terminal: &mut Terminal, end: &str) {
    let mut shown = String::new();
    while !shown.ends_with(end) {
        match next(terminal).await {
            Told::Output(bytes) => shown.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?} after {shown}"),
        }
    }
}

/// Reads to the end: why it ended.
async fn why(terminal: &mut Terminal) -> String {
    loop {
        if let Told::End(why) = next(terminal).await {
            return why.id.into_owned();
        }
    }
}

#[tokio::test]
async fn keys_go_there_and_what_the_host_shows_comes_back_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    let mut terminal = story.open().await;
    let id = terminal.run.clone();
    let open = run::show(&story.engine, &root(), &id).await.unwrap();
    assert_eq!((open.kind.as_str(), open.actor.as_str()), ("terminal", "ana"));
    types(&terminal, "uptime\r").await;
    until(&mut terminal, "uptime\r").await;
    terminal.typed().send(Typed::Size(Size { columns: 100, rows: 40 })).await.unwrap();
    // Typed where the host shows nothing of it.
    types(&terminal, "quiet\r").await;
    until(&mut terminal, "quiet\r").await;
    types(&terminal, "hidden by the host\r").await;
    types(&terminal, "loud\r").await;
    types(&terminal, "done\r").await;
    until(&mut terminal, "done\r").await;
    // The password of the host, as it would be read out, in two pieces.
    types(&terminal, "correct ").await;
    types(&terminal, "horse;\r").await;
    until(&mut terminal, "horse;\r").await;
    types(&terminal, "exit 3\r").await;
    assert_eq!(why(&mut terminal).await, "terminal.ended_with");
    drop(terminal);
    let terminals = story.server.seen.terminals.lock().unwrap().clone();
    assert_eq!(terminals, ["xterm-256color 90 30", "100 40"]);
    let (run, part) = story.ended(&id).await;
    assert_eq!((run.state, part.state), (RunState::Succeeded, HostState::Succeeded));
    assert_eq!((part.rc, part.error), (Some(3), None));
    let (text, kinds) = story.recorded(&id).await;
    assert_eq!(text, "uptime\rquiet\rdone\r********;\rexit 3\r");
    assert!(kinds.contains(&"resize".to_owned()), "{kinds:?}");
    let (me, paging) = (root(), Paging::default());
    let lines =
        audit::list(&story.engine, &me, &hep_engine::store::audit::Filter::default(), &paging)
            .await;
    let lines = lines.unwrap().items;
    let said = |verb: &str| lines.iter().filter(|line| line.verb == verb).count();
    assert_eq!((said("terminal.allow"), said("terminal.open")), (1, 1));
    story.node.stop().await;
}

#[tokio::test]
async fn nobody_gets_a_terminal_who_may_not_or_does_not_know_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    let said = json!({"name": "op", "password": OWN, "role": "operator"});
    user::create(&story.engine, &root(), of(said)).await.unwrap();
    let op = sign_in(&story.engine, "op").await;
    let right = || Secret::new(OWN.to_owned());
    let refused = terminal::allow(&story.engine, &op.actor, &op.session, "web", right()).await;
    assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
    // Whoever has no password cannot say it again.
    let refused = terminal::allow(&story.engine, &root(), "none", "web", right()).await;
    assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
    // A ticket is good once, and for whoever got it.
    let ticket = story.ticket().await.unwrap();
    let size = Size { columns: 80, rows: 24 };
    let boss = sign_in(&story.engine, "boss").await;
    let (engine, Known { actor, session, .. }) = (&story.engine, &boss);
    let stolen = terminal::open(engine, actor, session, "web", &ticket, size).await;
    assert!(matches!(stolen, Err(OpError::Denied(_))));
    let first = story.open_by(&ticket).await.unwrap();
    let second = story.open_by(&ticket).await;
    assert!(matches!(second, Err(OpError::Denied(ref why)) if why.id == "terminal.bad_ticket"));
    drop(first);
    // Guesses are counted, and the right password then waits too.
    for _ in 0..5 {
        let wrong = story.ticket_for("wrong").await;
        assert!(matches!(wrong, Err(OpError::Invalid { field: Some("password"), .. })));
    }
    let refused = story.ticket().await;
    assert!(matches!(refused, Err(OpError::TooOften { .. })), "{refused:?}");
    // No call asks for a terminal, and none is repeated.
    let said = json!({"selector": "web", "subject": {"kind": "terminal"}});
    let refused = run::create(&story.engine, &root(), of(said)).await;
    assert!(matches!(refused, Err(OpError::Invalid { .. })), "{refused:?}");
    let runs = run::list(engine, &root(), of_terminals(), &Paging::default()).await.unwrap();
    let id = &runs.items[0].id;
    story.ended(id).await;
    let refused = run::again(&story.engine, &root(), id).await;
    assert!(matches!(refused, Err(OpError::Invalid { .. })), "{refused:?}");
    story.node.stop().await;
}

fn of_terminals() -> hep_engine::store::runs::Filter {
    hep_engine::store::runs::Filter { kind: Some("terminal".into()), ..Default::default() }
}

/// What is done to a terminal that is open, and why it ends then.
type Blow = (&'static str, &'static str, HostState);

const BLOWS: &[Blow] = &[
    ("sign-out", "terminal.signed_out", HostState::Cancelled),
    ("disabled", "terminal.signed_out", HostState::Cancelled),
    ("password", "terminal.new_password", HostState::Cancelled),
    ("right", "terminal.no_right", HostState::Cancelled),
    ("host", "terminal.other_host", HostState::Cancelled),
    ("cancel", "terminal.stopped", HostState::Cancelled),
    ("cut", "ssh.lost", HostState::Lost),
];

impl Story {
    async fn strike(&self, blow: &str, run: &str) {
        let (engine, Known { actor, session, .. }) = (&self.engine, &self.ana);
        match blow {
            "sign-out" => session::end(engine, actor, "ana", session).await.unwrap(),
            "disabled" => {
                let off = json!({"enabled": false});
                drop(user::change(engine, &root(), "ana", None, Edit::Part(&off)).await.unwrap());
            }
            "password" => {
                let said = json!({"password": "another one", "current": OWN});
                let own = Some(session.as_str());
                user::set_password(engine, actor, "ana", own, of(said)).await.unwrap();
            }
            "right" => {
                let (me, paging) = (root(), Paging::default());
                let all =
                    grant::list(engine, &me, hep_engine::store::grants::Filter::default(), &paging)
                        .await;
                let all = all.unwrap().items;
                let own = all.iter().find(|one| one.said.user.as_deref() == Some("ana")).unwrap();
                grant::delete(engine, &root(), &own.id).await.unwrap();
            }
            "host" => {
                let other = json!({"enabled": false});
                drop(host::change(engine, &root(), "web", None, Edit::Part(&other)).await.unwrap());
            }
            "cancel" => drop(run::cancel(engine, &root(), run).await.unwrap()),
            "cut" => self.server.cut(),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_terminal_ends_with_all_that_it_stands_on() {
    for (blow, expected, state) in BLOWS {
        let folder = tempfile::tempdir().unwrap();
        let story = Story::start(folder.path(), Bounds::default()).await;
        let mut terminal = story.open().await;
        let id = terminal.run.clone();
        story.strike(blow, &id).await;
        assert_eq!(why(&mut terminal).await, *expected, "{blow}");
        drop(terminal);
        let (run, part) = story.ended(&id).await;
        assert_eq!(part.state, *state, "{blow}");
        assert_eq!(part.error.unwrap().id, *expected, "{blow}");
        let lost = *state == HostState::Lost;
        assert_eq!(run.state, if lost { RunState::Failed } else { RunState::Cancelled }, "{blow}");
        story.node.stop().await;
    }
}

#[tokio::test]
async fn a_page_that_goes_ends_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    // By the first one the host's key is pinned, and what is connected by another trust is another connection.
    drop(story.open().await);
    let terminal = story.open().await;
    let id = terminal.run.clone();
    drop(terminal);
    let (_, part) = story.ended(&id).await;
    assert_eq!(part.state, HostState::Succeeded);
    assert_eq!(part.error.unwrap().id, "terminal.left");
    let closed = async {
        while story.server.seen.closed.load(SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("both are closed");
    // The connection goes on.
    drop(story.open().await);
    assert_eq!(story.server.seen.connections.load(SeqCst), 2);
    story.node.stop().await;
}

#[tokio::test]
async fn the_end_of_the_server_is_told_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    let mut terminal = story.open().await;
    let (id, ticket) = (terminal.run.clone(), story.ticket().await.unwrap());
    story.node.retire().await;
    assert_eq!(why(&mut terminal).await, "terminal.node_stops");
    drop(terminal);
    let (run, _) = story.ended(&id).await;
    assert_eq!(run.state, RunState::Cancelled);
    let refused = story.open_by(&ticket).await;
    assert!(matches!(refused, Err(OpError::Unavailable(_))));
    story.node.stop().await;
}

#[tokio::test]
async fn the_limits_hold() {
    let short = Duration::from_millis(200);
    let cases = [
        (Bounds { idle: short, ..Bounds::default() }, "terminal.idle"),
        (Bounds { longest: short, ..Bounds::default() }, "terminal.longest"),
    ];
    for (bounds, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let story = Story::start(folder.path(), bounds).await;
        let mut terminal = story.open_by(&story.ticket().await.unwrap()).await.unwrap();
        assert_eq!(why(&mut terminal).await, expected);
        drop(terminal);
        story.node.stop().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds { most: 1, ..Bounds::default() }).await;
    let tickets = [story.ticket().await.unwrap(), story.ticket().await.unwrap()];
    let (one, two) = tokio::join!(story.open_by(&tickets[0]), story.open_by(&tickets[1]));
    assert!(one.is_ok() != two.is_ok(), "one of them");
    let refused = story.ticket().await;
    assert!(matches!(refused, Err(OpError::Conflict(ref why)) if why.id == "terminal.too_many"));
    drop((one, two));
    story.node.stop().await;
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    let other = Server::start(Behaviour::default()).await;
    drop(story.open().await);
    let moved = json!({"port": other.address.port()});
    host::change(&story.engine, &root(), "web", None, Edit::Part(&moved)).await.unwrap();
    let mut terminal = story.open_by(&story.ticket().await.unwrap()).await.unwrap();
    let id = terminal.run.clone();
    assert_eq!(why(&mut terminal).await, "ssh.pinned_key_changed");
    drop(terminal);
    assert_eq!(story.ended(&id).await.1.state, HostState::Unreachable);
    story.node.stop().await;
}

#[tokio::test]
async fn a_host_that_says_much_waits_for_who_reads_and_its_recording_is_cut() {
    /// Windows, queues and the sockets' buffers of both sides.
    const HELD: usize = 16 * 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let bounds = Bounds { recorded: 1 << 20, ..Bounds::default() };
    let story = Story::start(folder.path(), bounds).await;
    let mut terminal = story.open().await;
    let id = terminal.run.clone();
    types(&terminal, "flood\r").await;
    let (mut received, mut most) = (0, 0);
    while received < FLOOD {
        match next(&mut terminal).await {
            Told::Output(bytes) => received += bytes.len(),
            other => panic!("{other:?} after {received} bytes"),
        }
        // A slow reader: the other tasks run as far as they can before the next read.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        most = most.max(story.server.seen.sent.load(SeqCst).saturating_sub(received));
    }
    assert!(most < HELD, "{most} bytes were on the way");
    types(&terminal, "exit 3\r").await;
    assert_eq!(why(&mut terminal).await, "terminal.ended_with");
    drop(terminal);
    story.ended(&id).await;
    let (text, kinds) = story.recorded(&id).await;
    assert!(text.len() <= (1 << 20) + (256 << 10), "{}", text.len());
    assert!(text.starts_with("flood\rxxx") && text.ends_with("xxxexit 3\r"));
    assert_eq!(kinds.iter().filter(|kind| *kind == "note").count(), 1);
    story.node.stop().await;
}

#[tokio::test]
async fn a_terminal_whose_node_is_gone_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::start(folder.path(), Bounds::default()).await;
    let url = format!("sqlite:{}", folder.path().join("hep.db").display());
    let db = Db::open(&url).await.unwrap();
    let new = NewRun {
        kind: "terminal",
        subject: r#"{"kind":"terminal","columns":80,"rows":24}"#.into(),
        strategy: "{}".into(),
        selector: "web".into(),
        actor: ("user", None, "ana".into()),
        counts: [(HostState::Queued, 1)].into(),
        deadline_ms: i64::MAX,
        ..NewRun::default()
    };
    let tx = db.begin().await.unwrap();
    let id = runs::insert(&tx, &new).await.unwrap();
    let part = NewHost { name: "web".into(), ..NewHost::default() };
    host_runs::insert(&tx, &id, &[part]).await.unwrap();
    let run = terminals::hold(&tx, &id, "gone").await.unwrap().unwrap();
    let hold = Hold { id: id.clone(), node: "gone".into(), fence: run.fence };
    host_runs::begin(&tx, &hold, &[0]).await.unwrap();
    tx.commit().await.unwrap();
    let (run, part) = story.ended(&id).await;
    assert_eq!((run.state, part.state), (RunState::Failed, HostState::Lost));
    assert_eq!(part.error.unwrap().id, "run.node_gone");
    story.node.stop().await;
}
