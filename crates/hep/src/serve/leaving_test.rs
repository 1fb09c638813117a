//! How a server goes: first it says so, then it refuses.

use std::time::Duration;

use futures::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::testing::Running;
use crate::settings::table;

/// Longer than anything here takes on any machine, and shorter than the waits that must not be waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// A time that nobody waits for.
const NEVER: &str = "1h";

/// What it answers on a connection that stays open as far as we are concerned.
async fn ask(connection: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let whole = async {
        loop {
            let mut piece = [0; 4096];
            let count = connection.read(&mut piece).await.unwrap();
            said.extend_from_slice(&piece[..count]);
            // Bodies of these answers are a line.
            let text = String::from_utf8_lossy(&said).into_owned();
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
            if count == 0 || body.is_some_and(|body| body.ends_with('\n')) {
                return text;
            }
        }
    };
    timeout(PATIENCE, whole).await.unwrap()
}

async fn is_closed(mut connection: TcpStream) -> bool {
    let read = timeout(PATIENCE, connection.read(&mut [0; 1])).await.unwrap();
    matches!(read, Ok(0) | Err(_))
}

#[tokio::test]
async fn balancers_hear_of_it_before_anybody_is_refused() {
    let server = Running::start(&[(&table::STOP_DRAIN, NEVER), (&table::STOP_GRACE, NEVER)]).await;
    let [mut asked, mut idle] =
        [TcpStream::connect(server.address).await, TcpStream::connect(server.address).await]
            .map(Result::unwrap);
    for connection in [&mut asked, &mut idle] {
        let before = ask(connection, "/readyz").await;
        assert!(before.starts_with("HTTP/1.1 200") && !before.contains("connection: close"));
    }
    let leaving = server.leaving();
    let (hurry, hurried) = oneshot::channel::<()>();
    let draining = leaving.drain(async { drop(hurried.await) });
    tokio::pin!(draining);
    assert!((&mut draining).now_or_never().is_none(), "it goes on answering");
    let said = ask(&mut asked, "/readyz").await;
    assert!(said.starts_with("HTTP/1.1 503") && said.ends_with("stopping\n"), "{said}");
    assert!(said.contains("connection: close"), "whoever asks again does so elsewhere: {said}");
    assert!(is_closed(asked).await);
    // It still answers whoever comes.
    server.call("GET", "/healthz", None).await.expect(200);
    server.call("GET", "/api/v1/hosts", None).await.expect(200);
    drop(hurry);
    timeout(PATIENCE, draining).await.unwrap();
    // A connection on which nothing is asked holds up nobody.
    timeout(PATIENCE, server.ended()).await.unwrap();
    assert!(is_closed(idle).await);
}

#[tokio::test]
async fn without_a_balancer_nobody_waits() {
    let server = Running::start(&[]).await;
    let never = futures::future::pending();
    timeout(PATIENCE, server.leaving().drain(never)).await.unwrap();
    server.call("GET", "/readyz", None).await.expect(503);
    timeout(PATIENCE, server.ended()).await.unwrap();
}
