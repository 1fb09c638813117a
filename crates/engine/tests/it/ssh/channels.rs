//! Running commands: output, input, signals, refusals, and how much is held in memory.

use std::sync::atomic::Ordering::SeqCst;

use futures::future::join_all;
use hep_engine::transport::{ChannelEvent, Outcome, Pty, Stage};

use super::*;
use crate::ssh::server::Behaviour;

async fn connect(behaviour: Behaviour) -> (Server, Arc<SshConnection>) {
    let server = Server::start(behaviour).await;
    let connection = pool().get(&target(&server)).await.unwrap();
    (server, connection)
}

#[tokio::test]
async fn output_of_every_byte_and_the_ways_to_end() {
    let (_server, connection) = connect(Behaviour::default()).await;
    let output = run(&connection, "binary").await.unwrap();
    assert_eq!(output.stdout, (0..=255).collect::<Vec<u8>>());
    assert_eq!(output.stderr, vec![0, 10, 255]);
    for (command, ending) in
        [("exit 0", Ending::Exit(0)), ("exit 255", Ending::Exit(255)), ("vanish", Ending::Unknown)]
    {
        assert_eq!(run(&connection, command).await.unwrap().ending, ending, "{command}");
    }
}

#[tokio::test]
async fn what_is_written_comes_back() {
    let (_server, connection) = connect(Behaviour::default()).await;
    let data: Bytes = (0..10_000_000u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let output = run_with(&connection, "cat", data.clone()).await.unwrap();
    assert!(output.stdout == data, "{} bytes came back", output.stdout.len());
    assert_eq!(output.ending, Ending::Exit(0));
}

#[tokio::test]
async fn a_hundred_megabytes_do_not_pile_up() {
    const TOTAL: usize = 100_000_000;
    /// Windows, queues and the sockets' buffers of both sides.
    const HELD: usize = 16 * 1024 * 1024;
    let (server, connection) = connect(Behaviour::default()).await;
    let mut channel = connection.exec(Exec::new(format!("big {TOTAL}"))).await.unwrap();
    let (mut received, mut most) = (0, 0);
    loop {
        match channel.next().await.unwrap() {
            ChannelEvent::Stdout(data) => received += data.len(),
            ChannelEvent::Closed => break,
            _ => {}
        }
        // A slow reader: the other tasks run as far as they can before the next read.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        most = most.max(server.seen.sent.load(SeqCst).saturating_sub(received));
    }
    assert_eq!(received, TOTAL);
    assert!(most < HELD, "{most} bytes were on the way");
}

#[tokio::test]
async fn one_session_only_is_a_queue_and_not_a_failure() {
    for sessions in [1, 3] {
        let (server, connection) = connect(Behaviour { sessions, ..Behaviour::default() }).await;
        let all = join_all((0..20).map(|_| run(&connection, "binary"))).await;
        for output in all {
            assert_eq!(output.unwrap().ending, Ending::Exit(0));
        }
        assert!(server.seen.refused_sessions.load(SeqCst) > 0, "the limit was met");
    }
}

#[tokio::test]
async fn a_session_that_is_never_allowed() {
    let (_server, connection) = connect(Behaviour { sessions: 0, ..Behaviour::default() }).await;
    let error = run(&connection, "true").await.unwrap_err();
    assert!(matches!(error, TransportError::Channel { .. }), "{error}");
}

#[tokio::test]
async fn a_dropped_channel_makes_room() {
    let (_server, connection) = connect(Behaviour { sessions: 1, ..Behaviour::default() }).await;
    drop(connection.exec(Exec::new("hang")).await.unwrap());
    assert_eq!(run(&connection, "true").await.unwrap().ending, Ending::Exit(0));
}

#[tokio::test]
async fn the_line_drops_mid_stream() {
    let (_server, connection) = connect(Behaviour::default()).await;
    let mut channel = connection.exec(Exec::new("drop")).await.unwrap();
    let error = loop {
        match channel.next().await {
            Ok(ChannelEvent::Closed) => panic!("the drop was taken for an end"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.outcome(), Outcome::Lost);
    assert_contains(&error.to_string(), &["web", "closed the connection"]);
    assert!(connection.exec(Exec::new("true")).await.is_err());
}

#[tokio::test]
async fn a_writer_is_woken_when_the_line_drops() {
    let (server, connection) = connect(Behaviour::default()).await;
    let channel = connection.exec(Exec::new("hang")).await.unwrap();
    let (input, mut events) = channel.split();
    // More than the window: the write waits for a reader that never comes.
    let writing = tokio::spawn(async move { input.write(vec![0; 64 << 20].into()).await });
    let reading = tokio::spawn(async move { events.next().await });
    server.cut();
    let (wrote, read) =
        tokio::time::timeout(PATIENCE, async { tokio::join!(writing, reading) }).await.unwrap();
    assert_eq!(wrote.unwrap().unwrap_err().outcome(), Outcome::Lost);
    assert_eq!(read.unwrap().unwrap_err().outcome(), Outcome::Lost);
}

#[tokio::test]
async fn signals_arrive() {
    let (server, connection) = connect(Behaviour::default()).await;
    let channel = connection.exec(Exec::new("hang")).await.unwrap();
    assert!(channel.signal("not a name").await.is_err());
    channel.signal("INT").await.unwrap();
    let output = channel.run(Bytes::new(), 0).await.unwrap();
    assert_eq!(output.ending, Ending::Signal("INT".into()));
    assert_eq!(*server.seen.signals.lock().unwrap(), ["INT"]);
}

#[tokio::test]
async fn a_refused_command_and_one_without_an_answer() {
    let server = Server::start(Behaviour::default()).await;
    let mut target = target(&server);
    target.deadlines.channel = SHORT;
    let connection = pool().get(&target).await.unwrap();
    let error = run(&connection, "refuse").await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Failed);
    assert_contains(&error.to_string(), &["refused to start the command"]);
    let error = run(&connection, "mute").await.unwrap_err();
    assert!(matches!(error, TransportError::Deadline { stage: Stage::Channel, .. }), "{error}");
}

#[tokio::test]
async fn many_commands_share_a_connection() {
    let (server, connection) = connect(Behaviour::default()).await;
    let all = join_all((0..200).map(|_| run(&connection, "binary"))).await;
    assert!(all.into_iter().all(|output| output.unwrap().stdout.len() == 256));
    assert_eq!(server.seen.connections.load(SeqCst), 1);
    assert_eq!(server.seen.refused_sessions.load(SeqCst), 0);
}

#[tokio::test]
async fn terminals_and_the_login_shell() {
    let (server, connection) = connect(Behaviour::default()).await;
    let pty = |term: &str| Pty { term: term.into(), columns: 80, rows: 24 };
    let shell = connection.shell(pty("xterm")).await.unwrap();
    shell.input().resize(100, 30).await.unwrap();
    let output = shell.run("hello".into(), 100).await.unwrap();
    assert_eq!((output.stdout, output.ending), ("hello".into(), Ending::Exit(0)));
    let exec = Exec { pty: Some(pty("dumb")), ..Exec::new("true") };
    let error = connection.exec(exec).await.unwrap().run(Bytes::new(), 0).await.unwrap_err();
    assert_contains(&error.to_string(), &["refused to start a terminal"]);
    assert_eq!(*server.seen.terminals.lock().unwrap(), ["xterm 80 24", "100 30", "dumb 80 24"]);
}
