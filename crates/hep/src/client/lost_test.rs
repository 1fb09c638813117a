//! What the client does where the answer to a request is lost on the way.

use std::time::Duration;

use hep_core::secret::Secret;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Server;
use super::context::Context;

const RUN: &str = "{\"id\": \"7\"}";

/// What becomes of a request.
#[derive(Clone, Copy)]
enum Fate {
    /// It is read, and the connection closed: whether it was carried out nobody knows.
    Lost,
    /// It is answered: the status and further headers, the body.
    Answered(&'static str, &'static str),
}
use Fate::{Answered, Lost};

/// Reads one request, head and body.
async fn read(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        let mut piece = [0; 4096];
        let size = stream.read(&mut piece).await.unwrap();
        assert!(size > 0, "cut short: {text}");
        text.push_str(std::str::from_utf8(&piece[..size]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return text;
        }
    }
}

/// A server of which one request after the other has a fate, a connection each; the requests that came.
async fn server(fates: &[Fate]) -> (Server, JoinHandle<Vec<String>>) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let fates = fates.to_vec();
    let serving = tokio::spawn(async move {
        let mut came = Vec::new();
        for fate in fates {
            let (mut stream, _) = listener.accept().await.unwrap();
            came.push(read(&mut stream).await);
            if let Answered(head, body) = fate {
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        }
        came
    });
    let context = Context { url, token: Secret::new("t".into()), ca: None };
    (Server::new(context).unwrap(), serving)
}

/// All requests of which the fates tell came, and no other was waited for.
async fn came(serving: JoinHandle<Vec<String>>) -> Vec<String> {
    timeout(Duration::from_secs(30), serving).await.unwrap().unwrap()
}

/// The value of a header, of those that a request may have.
fn header<'t>(request: &'t str, name: &str) -> Option<&'t str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn what_only_looks_is_asked_again() {
    let fates =
        &[Lost, Answered("503 Service Unavailable", "<html>"), Lost, Answered("200 OK", RUN)];
    let (server, serving) = server(fates).await;
    let answer = server.call(Method::GET, "/runs/7", None).await.unwrap();
    assert_eq!(answer.value, json!({ "id": "7" }));
    assert_eq!(came(serving).await.len(), fates.len());
}

#[tokio::test]
async fn nobody_asks_for_ever() {
    let (server, serving) = server(&[Lost; super::AGAIN_MS.len() + 1]).await;
    server.call(Method::GET, "/runs/7", None).await.unwrap_err();
    came(serving).await;
}

#[tokio::test]
async fn what_changes_something_is_sent_once() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let (server, serving) = server(&[Lost]).await;
        server.call(method, "/hosts/a", Some(&json!({}))).await.unwrap_err();
        assert_eq!(header(&came(serving).await[0], "idempotency-key"), None);
    }
}

#[tokio::test]
async fn what_the_server_refuses_is_not_asked_again() {
    for status in ["400 Bad Request", "409 Conflict", "429 Too Many Requests", "500 Oops"] {
        let (server, serving) = server(&[Answered(status, "{}")]).await;
        server.call(Method::GET, "/hosts", None).await.unwrap_err();
        came(serving).await;
    }
}

#[tokio::test]
async fn a_run_is_asked_for_under_one_key_and_found_where_it_was_made() {
    let before = "303 See Other\r\nlocation: /api/v1/runs/7";
    let fates = &[Lost, Lost, Answered(before, ""), Answered("200 OK", RUN)];
    let (server, serving) = server(fates).await;
    let run = server.make("/runs", &json!({ "selector": "all" })).await.unwrap();
    assert_eq!(run, json!({ "id": "7" }));
    let came = came(serving).await;
    let (asked, found) = came.split_at(3);
    assert!(header(&asked[0], "idempotency-key").is_some_and(|key| key.len() > 30), "{asked:?}");
    assert!(asked.iter().all(|request| *request == asked[0]), "{asked:?}");
    assert!(found[0].starts_with("GET /api/v1/runs/7 "), "{found:?}");
}
