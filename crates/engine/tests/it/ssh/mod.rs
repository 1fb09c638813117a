//! The SSH transport against a server that can be told to misbehave.

mod auth;
mod channels;
mod host_keys;
mod reach;
mod register;
mod server;
mod terminal;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::secret::Secret;
use hep_engine::transport::ssh::{
    Algorithms, Decline, HostKeyPolicy, HostKeys, Limits, Pool, SshConnection, SshTarget,
};
use hep_engine::transport::{Connection, Deadlines, Ending, Exec, Output, TransportError};
use server::Server;

/// Long enough for a busy machine, short enough to end a test that hangs.
const PATIENCE: Duration = Duration::from_mins(1);
/// The deadline that a test waits for.
const SHORT: Duration = Duration::from_millis(300);

fn pool() -> Pool {
    Pool::new(Limits::default(), Arc::new(Decline))
}

/// A target that logs in by password and takes new host keys without storing them.
fn target(server: &Server) -> SshTarget {
    SshTarget {
        name: "web".into(),
        address: server.address.ip().to_string(),
        port: server.address.port(),
        user: "ann".into(),
        keys: vec![],
        held: vec![],
        certificates: vec![],
        identities_only: false,
        password: Some(Secret::new(server::PASSWORD.into())),
        agent: None,
        jumps: vec![],
        dialer: None,
        host_keys: HostKeys {
            user_files: vec![],
            global_files: vec![],
            policy: HostKeyPolicy::AcceptNew,
            alias: None,
            hash_names: false,
            pinned: None,
        },
        deadlines: Deadlines {
            connect: PATIENCE,
            handshake: PATIENCE,
            auth: PATIENCE,
            channel: PATIENCE,
            ..Deadlines::default()
        },
        algorithms: Algorithms::default(),
        stamp: String::new(),
    }
}

fn with_known_hosts(mut target: SshTarget, file: &Path, policy: HostKeyPolicy) -> SshTarget {
    target.host_keys.user_files = vec![file.to_owned()];
    target.host_keys.policy = policy;
    target
}

/// Runs a command of the test server to its end.
async fn run(connection: &Arc<SshConnection>, command: &str) -> Result<Output, TransportError> {
    run_with(connection, command, Bytes::new()).await
}

async fn run_with(
    connection: &Arc<SshConnection>,
    command: &str,
    stdin: Bytes,
) -> Result<Output, TransportError> {
    connection.exec(Exec::new(command)).await?.run(stdin, usize::MAX).await
}

/// Connects and runs `true`.
async fn reach(pool: &Pool, target: &SshTarget) -> Result<(), TransportError> {
    let connection = pool.get(target).await?;
    assert_eq!(run(&connection, "true").await?.ending, Ending::Exit(0));
    Ok(())
}

/// The text of the error of an attempt that must fail.
async fn failure(pool: &Pool, target: &SshTarget) -> TransportError {
    match reach(pool, target).await {
        Ok(()) => panic!("{target:?} was reached"),
        Err(error) => error,
    }
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
}
