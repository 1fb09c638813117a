//! Stories of pages that follow what happens, and of what ends that, over real HTTP.

use std::time::Duration;

use hep_core::message::ssh as say;
use hep_engine::ops::patch::Edit;
use hep_engine::ops::{Actor, grant, host, run, user};
use hep_engine::store::grants::GrantInput;
use hep_engine::store::hosts::HostInput;
use hep_engine::store::{Db, host_states, marks};
use serde_json::json;

use super::testing::Browser;
use crate::serve::testing::Running;
use crate::settings::table;

/// A test that waits longer has found that somebody waits in vain.
const LONGEST: Duration = Duration::from_mins(2);

fn me() -> Actor {
    Actor::command_line("test")
}

async fn server() -> Running {
    let server = Running::start(&[]).await;
    for name in ["web1", "web2"] {
        host::create(&server.engine, &me(), HostInput::named(name)).await.unwrap();
    }
    server
}

/// What a page follows.
struct Stream {
    answer: reqwest::Response,
    /// What came since the last that was waited for.
    text: String,
}

impl Stream {
    /// That of a page, whose address stands in it.
    async fn of(browser: &Browser<'_>, page: &str) -> Self {
        let text = browser.get(page).await.expect(200).text;
        let address = text.split("data-follows=\"").nth(1).unwrap().split('"').next().unwrap();
        Self::at(browser, &address.replace("&#38;", "&")).await
    }

    async fn at(browser: &Browser<'_>, address: &str) -> Self {
        let answer = browser.follow(address, None).await;
        assert_eq!(answer.status().as_u16(), 200, "{address}");
        Self { answer, text: String::new() }
    }

    /// Waits until this has come; all that came up to it.
    async fn until(&mut self, wanted: &str) -> String {
        while !self.text.contains(wanted) {
            let more = tokio::time::timeout(LONGEST, self.answer.chunk()).await;
            let more = more.unwrap_or_else(|_| panic!("no {wanted}: {}", self.text)).unwrap();
            let more = more.unwrap_or_else(|| panic!("ended without {wanted}: {}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
        std::mem::take(&mut self.text)
    }

    /// Waits for the end; all that came before it.
    async fn end(mut self) -> String {
        loop {
            let more = tokio::time::timeout(LONGEST, self.answer.chunk()).await;
            match more.unwrap_or_else(|_| panic!("it goes on: {}", self.text)).unwrap() {
                Some(more) => self.text.push_str(&String::from_utf8_lossy(&more)),
                None => return self.text,
            }
        }
    }
}

/// As a node finds it.
async fn silent(server: &Running, name: &str, why: &str) {
    let db = Db::open(&server.database()).await.unwrap();
    host_states::silent(&db, &[(name, &say::lost(name, why))], 1).await.unwrap();
    marks::sighted(&db).await.unwrap();
}

async fn asked(server: &Running, who: &Actor) -> String {
    let said = json!({"selector": "web*", "subject": {"kind": "command", "line": "<b>true"}});
    run::create(&server.engine, who, serde_json::from_value(said).unwrap()).await.unwrap().id
}

#[tokio::test]
async fn a_list_of_hosts_follows_them_row_by_row() {
    let server = server().await;
    let browser = Browser::of(&server, Some("viewer")).await;
    let mut stream = Stream::of(&browser, "/ui/hosts?size=20&state=").await;
    let first = stream.until("web2").await;
    assert!(first.contains("event: parts") && first.contains("not yet seen"), "{first}");
    silent(&server, "web1", "<script>alert(1)</script>").await;
    let next = stream.until("unreachable").await;
    assert!(next.contains(">web1<") && !next.contains(">web2<"), "the row of one host: {next}");
    assert!(!next.contains("<script>") && !next.contains("id=\"rows\""), "{next}");
    host::create(&server.engine, &me(), HostInput::named("web3")).await.unwrap();
    let whole = stream.until("The list has changed.").await;
    assert!(whole.contains("id=\"rows\"") && whole.contains(">web3<"), "{whole}");
    for name in ["web1", "web2", "web3"] {
        host::delete(&server.engine, &me(), name, None).await.unwrap();
    }
    stream.until("event: anew").await;
}

#[tokio::test]
async fn the_overview_and_the_list_of_runs_follow_what_happens() {
    let server = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    let (mut overview, mut runs) =
        (Stream::of(&admin, "/ui/").await, Stream::of(&admin, "/ui/runs").await);
    overview.until("now-runs").await;
    silent(&server, "web2", "<b>cut").await;
    let told = overview.until("Hosts that need a look: 1").await;
    assert!(told.contains("now-problems") && told.contains("&#60;b&#62;cut"), "{told}");
    assert!(!told.contains("now-runs"), "what is the same is not sent: {told}");
    let id = asked(&server, &me()).await;
    overview.until(&id).await;
    // There was none, so there was no table.
    runs.until("event: anew").await;
    let mut runs = Stream::of(&admin, "/ui/runs").await;
    runs.until(&id).await;
    run::cancel(&server.engine, &me(), &id).await.unwrap();
    let row = runs.until("cancelled").await;
    assert!(row.contains(&format!("id=\"run-{id}\"")) && !row.contains("id=\"rows\""), "{row}");
    overview.until("cancelled").await;
}

#[tokio::test]
async fn who_may_not_see_something_gets_nothing_of_it() {
    let server = server().await;
    let nobody = Browser::of(&server, None).await;
    let guest = Browser::new(&server);
    nobody.get("/ui/hosts/-/events").await.expect(403);
    for path in ["/ui/-/events", "/ui/hosts/-/events", "/ui/runs/-/events"] {
        guest.get(path).await.expect(303);
    }
    let some = GrantInput {
        role: "viewer".into(),
        user: Some("a-nobody".into()),
        team: None,
        selector: "web1".into(),
        partition: None,
    };
    grant::create(&server.engine, &me(), some).await.unwrap();
    let (mut hosts, mut overview) =
        (Stream::of(&nobody, "/ui/hosts").await, Stream::of(&nobody, "/ui/").await);
    silent(&server, "web2", "x").await;
    asked(&server, &me()).await;
    silent(&server, "web1", "y").await;
    for stream in [&mut hosts, &mut overview] {
        let seen = stream.until("unreachable").await;
        assert!(seen.contains("web1") && !seen.contains("web2"), "{seen}");
        assert!(!seen.contains("id=\"run-") && !seen.contains("/ui/runs/"), "{seen}");
    }
}

/// The streams of somebody who may see all.
async fn followed(browser: &Browser<'_>, run: &str) -> Vec<Stream> {
    let mut streams =
        vec![Stream::of(browser, "/ui/").await, Stream::of(browser, "/ui/hosts").await];
    for address in [format!("/ui/runs/{run}/events"), format!("/api/v1/runs/{run}/events")] {
        streams.push(Stream::at(browser, &address).await);
    }
    streams
}

#[tokio::test]
async fn a_stream_ends_with_the_session_the_user_and_the_right() {
    let server = server().await;
    let run = asked(&server, &me()).await;
    let leaver = Browser::of(&server, Some("admin")).await;
    let disabled = Browser::of(&server, Some("operator")).await;
    let demoted = Browser::of(&server, None).await;
    let given = GrantInput {
        role: "viewer".into(),
        user: Some("a-nobody".into()),
        team: None,
        selector: "all".into(),
        partition: None,
    };
    let given = grant::create(&server.engine, &me(), given).await.unwrap();
    let mut all = Vec::new();
    for browser in [&leaver, &disabled, &demoted] {
        all.push(followed(browser, &run).await);
    }
    leaver.post("/ui/sign-out", &[]).await.expect(303);
    let off = json!({ "enabled": false });
    user::change(&server.engine, &me(), "a-operator", None, Edit::Part(&off)).await.unwrap();
    grant::delete(&server.engine, &me(), &given.id).await.unwrap();
    for (number, streams) in all.into_iter().enumerate() {
        for (place, stream) in streams.into_iter().enumerate() {
            let text = stream.end().await;
            // Who was signed out is told so by pages; who lost a right comes again and is refused.
            let is_told = text.contains("event: left");
            assert_eq!(is_told, number < 2 && place < 3, "{number} {place}: {text}");
        }
    }
    demoted.get("/ui/hosts/-/events").await.expect(403);
}

#[tokio::test]
async fn a_page_is_answered_by_a_page_whatever_went_wrong_before_it() {
    let server = Running::start(&[(&table::LIMIT_BODY, "2000"), (&table::LIMIT_RATE, "12")]).await;
    let mut browser = Browser::of(&server, Some("admin")).await;
    browser.headers.push(("accept-language", "pt-BR"));
    let wrong = browser.post("/ui/hosts", &[]).await.expect(405);
    assert!(wrong.text.contains("Esta página não existe"), "{}", wrong.text);
    let large = "x".repeat(3000);
    let wrong = browser.send("/ui/preferences", &[("next", &large)]).await.expect(413);
    assert!(wrong.text.contains("Isto é grande demais"), "{}", wrong.text);
    let often = loop {
        let answer = browser.get("/ui/account").await;
        if answer.status != 200 {
            break answer.expect(429);
        }
    };
    assert!(often.text.contains("Demais de uma vez") && often.text.contains("</html>"));
    assert!(often.text.contains("Pedidos demais"), "{}", often.text);
    assert_eq!(often.header("retry-after"), "60");
    assert!(often.header("content-security-policy").starts_with("default-src 'self'"));
    browser.headers.extend([("hx-request", "true"), ("hx-target", "div#list")]);
    let part = browser.get("/ui/hosts").await.expect(429);
    assert!(part.text.contains("Pedidos demais") && !part.text.contains("<main"), "{}", part.text);
    assert_eq!(part.header("hx-retarget"), "#news");
}
