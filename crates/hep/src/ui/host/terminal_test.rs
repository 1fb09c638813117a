//! Stories of terminals at their door: whose page gets one, and what a browser is told. What goes through one is a
//! story of the engine, with a host that answers, and of the browser.

use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, audit, host, run};
use hep_engine::play::bundle::Bundle;
use hep_engine::server::{self, Options};
use hep_engine::store::hosts::HostInput;
use hep_engine::store::runs::Filter;
use hep_engine::transport::ssh::{Settings, SettingsSource};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::serve::testing::Running;
use crate::ui::testing::{Browser, PASSWORD};

const PAGE: &str = "/ui/hosts/web1/terminal";
const SOCKET: &str = "/ui/hosts/web1/terminal/socket?columns=100&rows=30";

/// Kinds of frames.
const PING: u8 = 9;
const CLOSE: u8 = 8;

fn me() -> Actor {
    Actor::command_line("test")
}

/// A server with a node, and a host at which nobody listens.
async fn server() -> (Running, server::Server) {
    let server = Running::start(&[]).await;
    let said = HostInput { address: "127.0.0.1".into(), port: 1, ..HostInput::named("web1") };
    host::create(&server.engine, &me(), said).await.unwrap();
    let config = Some("none".into());
    let settings = Settings::load(SettingsSource { config, ..SettingsSource::default() });
    let options = Options::new(settings.unwrap(), Bundle::new(Vec::new()));
    let node = server::Server::start(&server.engine, &options).unwrap();
    (server, node)
}

/// The ticket that stands on a page.
async fn ticket(browser: &Browser<'_>) -> String {
    let page = browser.post(PAGE, &[("password", PASSWORD)]).await.expect(200).text;
    let ticket = page.split("data-ticket=\"").nth(1).expect("a ticket").split('"').next();
    format!("hep-terminal, ticket.{}", ticket.unwrap())
}

/// The next frame of a server that is no question whether we are there: what kind, and its content.
async fn frame(from: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
    loop {
        match any_frame(from).await {
            (PING, _) => {}
            other => return other,
        }
    }
}

async fn any_frame(from: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
    let (kind, length) = (from.read_u8().await.unwrap() & 0x0f, from.read_u8().await.unwrap());
    let length = match length {
        126 => usize::from(from.read_u16().await.unwrap()),
        length => usize::from(length),
    };
    let mut content = vec![0; length];
    from.read_exact(&mut content).await.unwrap();
    (kind, content)
}

#[tokio::test]
async fn who_may_not_is_not_offered_a_terminal_and_gets_none() {
    let (server, node) = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    let page = admin.get("/ui/hosts/web1").await.expect(200).text;
    assert!(page.contains(&format!("href=\"{PAGE}\"")), "{page}");
    let page = admin.get(PAGE).await.expect(200).text;
    assert!(page.contains("is recorded") && page.contains("needs JavaScript"), "{page}");
    assert!(!page.contains("data-ticket"), "{page}");
    let operator = Browser::of(&server, Some("operator")).await;
    let page = operator.get("/ui/hosts/web1").await.expect(200).text;
    assert!(!page.contains(PAGE), "{page}");
    operator.get(PAGE).await.expect(403);
    operator.post(PAGE, &[("password", PASSWORD)]).await.expect(403);
    let ticket = ticket(&admin).await;
    let own = server.origin();
    let headers = [("origin", own.as_str()), ("sec-websocket-protocol", &ticket)];
    assert_eq!(operator.socket(SOCKET, &headers).await.status().as_u16(), 403);
    let guest = Browser::new(&server);
    assert_eq!(guest.socket(SOCKET, &headers).await.status().as_u16(), 303);
    node.stop().await;
}

#[tokio::test]
async fn the_password_is_asked_for_again_and_guesses_are_counted() {
    let (server, node) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    for _ in 0..5 {
        let page = browser.post(PAGE, &[("password", "s3cr3t guess")]).await.expect(422).text;
        assert!(page.contains("aria-invalid=\"true\""), "{page}");
        assert!(!page.contains("s3cr3t") && !page.contains("data-ticket"), "{page}");
    }
    let late = browser.post(PAGE, &[("password", PASSWORD)]).await.expect(429);
    assert!(!late.text.contains("data-ticket"), "{}", late.text);
    let lines = audit::list(
        &server.engine,
        &me(),
        &hep_engine::store::audit::Filter::default(),
        &Paging::default(),
    )
    .await;
    let lines = lines.unwrap().items;
    let said = |verb: &str| lines.iter().filter(|line| line.verb.contains(verb)).count();
    assert_eq!(said("POST /ui/hosts/{name}/terminal"), 5, "{lines:?}");
    assert_eq!(said("terminal.allow"), 1, "that it was too often");
    node.stop().await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_for_a_page_of_ours_and_all_of_it_is_a_run() {
    let (server, node) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let (ticket, own) = (ticket(&browser).await, server.origin());
    let protocol = ("sec-websocket-protocol", ticket.as_str());
    let refused: [(&[(&str, &str)], u16); 5] = [
        (&[("origin", "http://evil.example"), protocol], 403),
        (&[("origin", "null"), protocol], 403),
        (&[protocol], 403),
        (&[("origin", &own)], 403),
        (&[("origin", &own), ("sec-websocket-protocol", "hep-terminal, ticket.0")], 403),
    ];
    for (headers, status) in refused {
        let answer = browser.socket(SOCKET, headers).await;
        assert_eq!(answer.status().as_u16(), status, "{headers:?}");
    }
    // No socket, no terminal, and the ticket is still good.
    browser.get(SOCKET).await.expect(403);
    let headers = [("origin", own.as_str()), protocol];
    let answer = browser.socket(SOCKET, &headers).await;
    assert_eq!(answer.status().as_u16(), 101);
    assert_eq!(answer.headers()["sec-websocket-protocol"], "hep-terminal");
    let again = browser.socket(SOCKET, &headers).await;
    assert_eq!(again.status().as_u16(), 403, "a ticket is good once");
    let mut line = answer.upgrade().await.unwrap();
    let (_, first) = frame(&mut line).await;
    let first: Value = serde_json::from_slice(&first).unwrap();
    let id = first["run"].as_str().unwrap().to_owned();
    let (_, last) = frame(&mut line).await;
    let last: Value = serde_json::from_slice(&last).unwrap();
    assert!(last["end"].as_str().unwrap().contains("web1"), "{last}");
    assert_eq!(frame(&mut line).await.0, CLOSE);
    drop(line);
    node.stop().await;
    let filter = Filter { kind: Some("terminal".into()), ..Filter::default() };
    let runs = run::list(&server.engine, &me(), filter, &Paging::default()).await.unwrap().items;
    assert_eq!((runs.len(), &runs[0].id, runs[0].actor.as_str()), (1, &id, "a-admin"));
    assert_eq!(runs[0].state.word(), "failed");
    let page = browser.get(&format!("/ui/runs/{id}")).await.expect(200).text;
    assert!(page.contains("data-recording") && !page.contains("id=\"again\""), "{page}");
}
