//! Tunnels, with a listener of the test's own in place of a host.

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::duplex;
use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::ops::testing::engine_on;
use crate::ops::{Actor, host};
use crate::store::Db;
use crate::transport::ssh::SettingsSource;

/// A node that reaches the zone `eu`, and a host of it.
struct Story {
    engine: Engine,
    tunnels: Arc<Tunnels>,
    /// The host `here`.
    host: TcpListener,
    _folders: [TempDir; 2],
}

impl Story {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hep.db");
        let db = Db::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let (engine, keys) = engine_on(db).await;
        let config = Some("none".into());
        let settings = Settings::load(SettingsSource { config, ..SettingsSource::default() });
        let settings = Arc::new(settings.unwrap());
        let tunnels = Tunnels::new("n1", &["eu".to_owned()], settings);
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = host.local_addr().unwrap().port();
        let story = Self { engine, tunnels, host, _folders: [folder, keys] };
        story
            .host(json!({"name": "here", "address": "127.0.0.1", "port": port, "zone": "eu"}))
            .await;
        story
    }

    /// Puts a host into the register; its id.
    async fn host(&self, said: Value) -> String {
        let said = serde_json::from_value(said).unwrap();
        host::create(&self.engine, &Actor::command_line("test"), said).await.unwrap().id
    }

    async fn id(&self, name: &str) -> String {
        let registered = self.engine.registered().await.unwrap();
        registered.host(name).unwrap().id.clone()
    }

    /// A wish of now, to this node or another.
    fn wish(node: &str, host: &str, at_ms: i64) -> Wish {
        Wish::new(node, host, "n2", Duration::from_secs(20), at_ms)
    }

    async fn ask(&self, host: &str) -> OpResult<Tunnel> {
        let wish = Self::wish("n1", host, now_ms()).signed(self.tunnels.key());
        self.tunnels.make(&self.engine, &wish).await
    }

    /// An open tunnel to `here`: what the other node has, what the host has, and the work between.
    async fn open(&self) -> (tokio::io::DuplexStream, TcpStream, tokio::task::JoinHandle<()>) {
        let tunnel = self.ask(&self.id("here").await).await.unwrap();
        let (stream, _) = self.host.accept().await.unwrap();
        let (ours, theirs) = duplex(1024);
        (ours, stream, tokio::spawn(tunnel.carry(theirs)))
    }
}

/// The message's id: what kind of refusal it was.
fn refused(done: OpResult<Tunnel>) -> (&'static str, String) {
    match done.err().expect("it was refused") {
        OpError::NotSignedIn(message) => ("not signed in", message.id.to_string()),
        OpError::Denied(message) => ("denied", message.id.to_string()),
        OpError::NotFound(message) => ("not found", message.id.to_string()),
        OpError::Conflict(message) => ("conflict", message.id.to_string()),
        OpError::Unreachable(message) => ("unreachable", message.id.to_string()),
        OpError::Unavailable(message) => ("unavailable", message.id.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_what_is_proved_and_of_our_zones_gets_a_way() {
    let story = Story::new().await;
    let here = story.id("here").await;
    let free = TcpSocket::new_v4().unwrap();
    free.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = free.local_addr().unwrap().port();
    let down = json!({"name": "down", "address": "127.0.0.1", "port": port, "zone": "eu"});
    let down = story.host(down).await;
    let away = story.host(json!({"name": "away", "address": "127.0.0.1", "zone": "us"})).await;
    let key = story.tunnels.key();
    let now = now_ms();
    let used = Story::wish("n1", &here, now).signed(key);
    story.tunnels.make(&story.engine, &used).await.unwrap();
    let (other, wish) = (Key::random(), Story::wish);
    for (text, kind, id) in [
        (String::new(), "not signed in", "ssh.tunnel_unproved"),
        ("n1 h n2 1 1 x".to_owned(), "not signed in", "ssh.tunnel_unproved"),
        (wish("n1", &here, now).signed(&other), "not signed in", "ssh.tunnel_unproved"),
        (used, "not signed in", "ssh.tunnel_unproved"),
        (wish("n1", &here, now - 120_000).signed(key), "not signed in", "ssh.tunnel_clock"),
        (wish("n3", &here, now).signed(key), "conflict", "ssh.other_node"),
        (wish("n1", "nothing", now).signed(key), "not found", "register.not_found"),
        (wish("n1", &away, now).signed(key), "denied", "ssh.other_zone"),
        (wish("n1", &down, now).signed(key), "unreachable", "ssh.connect_failed"),
    ] {
        let done = story.tunnels.make(&story.engine, &text).await;
        assert_eq!(refused(done), (kind, id.to_owned()), "{text}");
    }
    assert_eq!((story.tunnels.open(), story.tunnels.made()), (0, 1));
    story.tunnels.room.forget_permits(MOST);
    let full = refused(story.ask(&here).await);
    assert_eq!(full, ("unavailable", "ssh.too_many_tunnels".into()));
    story.tunnels.stop();
    let stopping = refused(story.ask(&here).await);
    assert_eq!(stopping, ("unavailable", "ssh.node_stops".into()));
}

#[tokio::test]
async fn where_a_way_begins_is_what_the_register_says() {
    let story = Story::new().await;
    let port = story.host.local_addr().unwrap().port();
    let raw = format!("ana@127.0.0.1:{port}");
    for (name, jump, zone, reached) in [
        // Its own zone does not matter: it is the jump host's that does.
        ("behind", "here", Some("us"), true),
        ("far", "behind", None, true),
        ("named", raw.as_str(), Some("eu"), true),
        ("unnamed", raw.as_str(), Some("us"), false),
        ("two", "here,elsewhere.invalid", Some("us"), true),
        ("nowhere", "none", Some("us"), false),
    ] {
        let said = json!({"name": name, "address": "host.invalid", "jump": jump, "zone": zone});
        let id = story.host(said).await;
        let done = story.ask(&id).await;
        assert_eq!(done.is_ok(), reached, "{name}: {:?}", done.err());
        if reached {
            story.host.accept().await.unwrap();
        }
    }
    let one = story.host(json!({"name": "one", "jump": "other", "zone": "eu"})).await;
    story.host(json!({"name": "other", "jump": "one", "zone": "eu"})).await;
    assert_eq!(refused(story.ask(&one).await).0, "not found", "it leads in a circle");
}

#[tokio::test]
async fn each_end_says_its_last_for_itself() {
    let story = Story::new().await;
    let (mut node, mut host, work) = story.open().await;
    assert_eq!(story.tunnels.open(), 1);
    node.write_all(b"question").await.unwrap();
    node.shutdown().await.unwrap();
    let mut heard = String::new();
    host.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "question");
    // The other direction is open as before.
    host.write_all(b"answer").await.unwrap();
    host.shutdown().await.unwrap();
    heard.clear();
    node.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "answer");
    work.await.unwrap();
    assert_eq!(story.tunnels.open(), 0);
    // An end that is gone takes the other with it.
    let (node, mut host, work) = story.open().await;
    drop(node);
    assert_eq!(host.read(&mut [0; 8]).await.unwrap(), 0);
    drop(host);
    work.await.unwrap();
}

#[tokio::test]
async fn who_reads_slowly_slows_down_who_writes_and_gets_every_byte() {
    const ALL: u64 = 48 * 1024 * 1024;
    /// More than the kernel's buffers of a connection, and ours.
    const AHEAD: u64 = 24 * 1024 * 1024;
    let story = Story::new().await;
    let (mut node, mut host, work) = story.open().await;
    let written = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&written);
    let writing = tokio::spawn(async move {
        let piece: Vec<u8> = (0..=255).cycle().take(64 * 1024).collect();
        while counted.load(Ordering::Relaxed) < ALL {
            host.write_all(&piece).await.unwrap();
            counted.fetch_add(65536, Ordering::Relaxed);
        }
    });
    let (mut read, mut piece) = (0, vec![0; 64 * 1024]);
    loop {
        let count = node.read(&mut piece).await.unwrap();
        if count == 0 {
            break;
        }
        let right = |(at, byte): (u64, &u8)| *byte == u8::try_from(at % 256).unwrap();
        assert!((read..).zip(&piece[..count]).all(right), "at {read}");
        read += u64::try_from(count).unwrap();
        assert!(written.load(Ordering::Relaxed) <= read + AHEAD, "all of it lies somewhere");
    }
    assert_eq!(read, ALL);
    drop(node);
    writing.await.unwrap();
    work.await.unwrap();
}

#[tokio::test]
async fn a_tunnel_without_an_end_is_ended() {
    let ago = |span: Duration, is_over| Flow {
        state: tokio::sync::watch::Sender::new(Moved {
            at: Instant::now().checked_sub(span).unwrap(),
            is_over,
        }),
    };
    silence(&ago(SILENCE, false), &ago(SILENCE * 2, false)).await;
    silence(&ago(LAST_WORDS, true), &ago(LAST_WORDS, false)).await;
    let (here, there) = (ago(Duration::ZERO, false), ago(SILENCE * 2, false));
    let quiet = silence(&here, &there);
    assert!(futures::FutureExt::now_or_never(quiet).is_none(), "one direction goes on");
}

#[tokio::test]
async fn a_node_that_ends_waits_for_its_tunnels_and_then_cuts_them() {
    let story = Story::new().await;
    let (node, mut host, work) = story.open().await;
    story.tunnels.stop();
    let idle = story.tunnels.idle();
    tokio::pin!(idle);
    assert!(futures::FutureExt::now_or_never(&mut idle).is_none());
    story.tunnels.cut();
    work.await.unwrap();
    idle.await;
    assert_eq!(host.read(&mut [0; 8]).await.unwrap(), 0);
    drop(node);
}
