//! Reaching a host, and what is said when that fails; jumps; the pool.

use std::sync::atomic::Ordering::SeqCst;

use futures::future::join_all;
use hep_engine::transport::{Outcome, Stage};
use russh::{Preferred, kex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::*;
use crate::ssh::server::Behaviour;

#[tokio::test]
async fn a_host_is_reached_once_for_all_who_ask() {
    let server = Server::start(Behaviour::default()).await;
    let (pool, target) = (Arc::new(pool()), target(&server));
    // Tasks of their own: what a pool does can move between threads.
    let all = join_all((0..20).map(|_| {
        let (pool, target) = (Arc::clone(&pool), target.clone());
        tokio::spawn(async move { reach(&pool, &target).await })
    }))
    .await;
    assert!(all.iter().all(|done| matches!(done, Ok(Ok(())))), "{all:?}");
    assert_eq!(server.seen.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_dead_connection_is_replaced_and_the_work_on_it_is_lost() {
    let server = Server::start(Behaviour::default()).await;
    let (pool, target) = (pool(), target(&server));
    let first = pool.get(&target).await.unwrap();
    let mut hanging = first.exec(Exec::new("hang")).await.unwrap();
    server.cut();
    let error = hanging.next().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Lost, "{error}");
    let second = pool.get(&target).await.unwrap();
    assert_eq!((first.generation(), second.generation()), (0, 1));
    assert_eq!(run(&second, "true").await.unwrap().ending, Ending::Exit(0));
    assert!(!first.is_alive());
}

/// Whether or not we have heard yet that the connection ended: nothing was started, so it is safe.
#[tokio::test]
async fn a_command_moves_to_a_new_connection_before_it_has_started() {
    let server = Server::start(Behaviour::default()).await;
    let (pool, target) = (pool(), target(&server));
    reach(&pool, &target).await.unwrap();
    server.cut();
    let channel = pool.exec(&target, &Exec::new("true")).await.unwrap();
    assert_eq!(channel.run(Bytes::new(), 0).await.unwrap().ending, Ending::Exit(0));
}

#[tokio::test]
async fn nobody_listens() {
    let server = Server::start(Behaviour::default()).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut target = target(&server);
    target.port = free.port();
    let error = failure(&pool(), &target).await;
    assert_contains(&error.to_string(), &["web", &free.to_string(), "refused"]);
    assert_eq!(error.outcome(), Outcome::Unreachable);
}

#[tokio::test]
async fn a_name_without_an_address() {
    let server = Server::start(Behaviour::default()).await;
    let mut target = target(&server);
    target.address = "no-such-host.invalid".into();
    let error = failure(&pool(), &target).await;
    assert!(matches!(error, TransportError::Resolve { .. }), "{error}");
}

/// Listens, and never says a word.
#[tokio::test]
async fn a_port_that_stays_silent() {
    let server = Server::start(Behaviour::default()).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut target = target(&server);
    target.port = silent.local_addr().unwrap().port();
    target.deadlines.handshake = SHORT;
    let error = failure(&pool(), &target).await;
    assert!(matches!(error, TransportError::Deadline { stage: Stage::Handshake, .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_closes_at_once() {
    let server = Server::start(Behaviour::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut target = target(&server);
    target.port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let error = failure(&pool(), &target).await;
    assert_contains(&error.to_string(), &["MaxStartups"]);
}

/// As sshd does beyond `MaxStartups`.
#[tokio::test]
async fn a_host_that_drops_at_first_is_tried_again() {
    let server = Server::start(Behaviour::default()).await;
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut target = target(&server);
    target.port = door.local_addr().unwrap().port();
    let inside = server.address;
    tokio::spawn(async move {
        for _ in 0..2 {
            drop(door.accept().await.unwrap());
        }
        let (mut outer, _) = door.accept().await.unwrap();
        let mut inner = TcpStream::connect(inside).await.unwrap();
        // Ends with the test.
        let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
    });
    let pool = pool();
    reach(&pool, &target).await.unwrap();
    assert_eq!(server.seen.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_host_that_hangs_after_the_login() {
    let server = Server::start(Behaviour { deaf: true, ..Behaviour::default() }).await;
    let mut target = target(&server);
    target.deadlines.channel = SHORT;
    let error = failure(&pool(), &target).await;
    assert!(matches!(error, TransportError::Deadline { stage: Stage::Channel, .. }), "{error}");
}

#[tokio::test]
async fn those_who_wait_share_a_failure() {
    let server = Server::start(Behaviour::default()).await;
    let mut target = target(&server);
    target.password = Some(Secret::new("wrong".into()));
    let pool = pool();
    let all = join_all((0..10).map(|_| reach(&pool, &target))).await;
    assert!(all.iter().all(|result| result.as_ref().is_err_and(TransportError::is_auth)));
    assert_eq!(server.seen.connections.load(SeqCst), 1);
    // Who comes later tries anew.
    assert!(reach(&pool, &target).await.is_err());
    assert_eq!(server.seen.connections.load(SeqCst), 2);
}

#[tokio::test]
async fn starts_to_one_sshd_are_throttled() {
    let server = Server::start(Behaviour::default()).await;
    let (pool, target) = (pool(), target(&server));
    let logins = (0..30).map(|n| SshTarget { user: format!("user{n}"), ..target.clone() });
    let targets: Vec<SshTarget> = logins.collect();
    let all = join_all(targets.iter().map(|target| reach(&pool, target))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(server.seen.connections.load(SeqCst), 30);
    let most = server.seen.most_starting.load(SeqCst);
    assert!(most <= 5, "{most} were not logged in at once");
}

#[tokio::test]
async fn old_algorithms_need_the_opt_in() {
    let preferred = Preferred { kex: vec![kex::DH_G14_SHA1].into(), ..Preferred::DEFAULT };
    let server = Server::start(Behaviour { preferred, ..Behaviour::default() }).await;
    let mut target = target(&server);
    let error = failure(&pool(), &target).await.to_string();
    assert_contains(&error, &["hep_legacy_algorithms: true", "KexAlgorithms", "group14-sha1"]);
    target.algorithms.lists.kex = Some("+diffie-hellman-group14-sha1".into());
    reach(&pool(), &target).await.unwrap();
    target.algorithms = Algorithms { legacy: true, ..Algorithms::default() };
    reach(&pool(), &target).await.unwrap();
}

#[tokio::test]
async fn a_list_without_a_known_algorithm_is_an_error() {
    let server = Server::start(Behaviour::default()).await;
    let mut target = target(&server);
    target.algorithms.lists.ciphers = Some("3des-cbc".into());
    assert_contains(&failure(&pool(), &target).await.to_string(), &["Ciphers 3des-cbc"]);
}

#[tokio::test]
async fn two_hops_are_verified_and_shared() {
    let outer = Server::start(Behaviour::default()).await;
    let inner = Server::start(Behaviour::default()).await;
    let last = Server::start(Behaviour::default()).await;
    let way = vec![
        SshTarget { name: "outer".into(), ..target(&outer) },
        SshTarget { name: "inner".into(), ..target(&inner) },
    ];
    let pool = pool();
    let first = SshTarget { jumps: way.clone(), ..target(&last) };
    let second = SshTarget { user: "bob".into(), ..first.clone() };
    let all = join_all([&first, &second].map(|target| Box::pin(reach(&pool, target)))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let made = |server: &Server| server.seen.connections.load(SeqCst);
    assert_eq!((made(&outer), made(&inner), made(&last)), (1, 1, 2));
    assert_eq!((outer.seen.tunnels.load(SeqCst), inner.seen.tunnels.load(SeqCst)), (1, 2));

    let mut hanging = pool.exec(&first, &Exec::new("hang")).await.unwrap();
    outer.cut();
    assert_eq!(hanging.next().await.unwrap_err().outcome(), Outcome::Lost);
    reach(&pool, &first).await.unwrap();
    assert_eq!((made(&outer), made(&inner), made(&last)), (2, 2, 3));
}

#[tokio::test]
async fn a_jump_host_that_fails_is_named() {
    let outer = Server::start(Behaviour::default()).await;
    let last = Server::start(Behaviour::default()).await;
    let hop = SshTarget { name: "outer".into(), ..target(&outer) };
    let wrong = SshTarget { password: Some(Secret::new("wrong".into())), ..hop.clone() };
    let error = failure(&pool(), &SshTarget { jumps: vec![wrong], ..target(&last) }).await;
    assert_contains(&error.to_string(), &["web through outer", "the password"]);
    assert!(error.is_auth());

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = SshTarget { jumps: vec![hop], port: free.port(), ..target(&last) };
    let error = failure(&pool(), &nobody).await;
    assert_contains(&error.to_string(), &["web through outer"]);
}

/// A line to `server` that can be frozen: nothing passes any more, and nothing is closed.
async fn line(server: &Server) -> (u16, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (freeze, to) = (Arc::new(Notify::new()), server.address);
    let frozen = Arc::clone(&freeze);
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(to).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
            () = frozen.notified() => std::future::pending().await,
        }
    });
    (port, freeze)
}

#[tokio::test]
async fn a_host_that_falls_silent() {
    let server = Server::start(Behaviour::default()).await;
    let (port, freeze) = line(&server).await;
    let mut target = SshTarget { port, ..target(&server) };
    target.deadlines.alive_interval = SHORT;
    target.deadlines.alive_count = 1;
    let pool = pool();
    let mut hanging = pool.exec(&target, &Exec::new("hang")).await.unwrap();
    freeze.notify_one();
    let error = hanging.next().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Lost);
    assert_contains(&error.to_string(), &["stopped answering"]);
}
