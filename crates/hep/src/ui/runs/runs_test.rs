//! Stories of the pages of runs, over real HTTP, with a log that a node might have written.

use std::time::Duration;

use hep_core::run::{HostState, RunState};
use hep_engine::ops::{Actor, host, run};
use hep_engine::store::events::{self, Entry};
use hep_engine::store::host_runs::{self, End, NewHost};
use hep_engine::store::hosts::HostInput;
use hep_engine::store::runs::{self, Counts, Hold, NewRun, Run, Step};
use hep_engine::store::{Db, leases, terminals};
use serde_json::{Value, json};

use super::super::testing::Browser;
use crate::serve::testing::Running;

/// A test that waits longer has found that somebody waits in vain.
const LONGEST: Duration = Duration::from_mins(2);

/// A server, and a node's part in it.
struct Story {
    server: Running,
    db: Db,
}

impl Story {
    async fn start() -> Self {
        let server = Running::start(&[]).await;
        let me = Actor::command_line("test");
        for name in ["web1", "web2", "web3"] {
            host::create(&server.engine, &me, HostInput::named(name)).await.unwrap();
        }
        let db = Db::open(&server.database()).await.unwrap();
        Self { server, db }
    }

    /// A run that somebody asked for.
    async fn asked(&self, who: &str, subject: Value) -> Run {
        let said = json!({"selector": "web*", "subject": subject});
        let said = serde_json::from_value(said).unwrap();
        run::create(&self.server.engine, &Actor::command_line(who), said).await.unwrap()
    }

    /// The same, begun.
    async fn begun(&self, who: &str, subject: Value) -> Hold {
        let run = self.asked(who, subject).await;
        let claimed = leases::claim(&self.db, "node", &[]).await.unwrap().unwrap();
        assert_eq!(claimed.id, run.id);
        host_runs::begin(&self.db, &Hold::of(&claimed), &[0, 1, 2]).await.unwrap();
        Hold::of(&claimed)
    }

    async fn write(&self, hold: &Hold, entries: Vec<Entry>) {
        let states = [(HostState::Running, 3)];
        self.write_with(hold, entries, states.into()).await;
    }

    async fn write_with(&self, hold: &Hold, entries: Vec<Entry>, counts: Counts) {
        let tx = self.db.begin().await.unwrap();
        let many = i64::try_from(entries.len()).unwrap();
        let first = runs::advance(&tx, hold, many, 0, &counts).await.unwrap().unwrap();
        events::append(&tx, &hold.id, first, entries).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn step(&self, hold: &Hold, step: Step) {
        assert!(runs::step(&self.db, hold, &step).await.unwrap());
    }
}

/// By what a claimed run is held.
trait Held {
    fn of(run: &Run) -> Self;
}

impl Held for Hold {
    fn of(run: &Run) -> Self {
        Self { id: run.id.clone(), node: run.node.clone().unwrap(), fence: run.fence }
    }
}

fn output(host: &str, stream: &'static str, body: &[u8]) -> Entry {
    let (host, stream) = (Some(host.to_owned()), Some(stream));
    Entry { at_ms: 1, kind: "output", host, stream, body: body.to_vec() }
}

fn told(kind: &'static str, host: &str, body: &Value) -> Entry {
    let host = Some(host.to_owned());
    Entry { at_ms: 1, kind, host, stream: None, body: body.to_string().into_bytes() }
}

fn command() -> Value {
    json!({"kind": "command", "line": "echo '<b>'"})
}

const HOSTILE: &[u8] = b"<script>alert(1)</script>\n\x1b[31mred\x1b[0m \x00 \xff\x1b]0;title\x07\n";

#[tokio::test]
async fn nothing_that_a_host_says_is_markup() {
    let story = Story::start().await;
    let hold = story.begun("test", command()).await;
    let huge = [b"x".repeat(1 << 20), b"\nlast\n".to_vec()].concat();
    let result = json!({"msg": "<img src=x>\u{1b}"});
    let entries = vec![
        output("web1", "stdout", HOSTILE),
        output("web2", "stdout", HOSTILE),
        output("web3", "stderr", &huge),
        told(
            "task",
            "web1",
            &json!({"event": "finished", "task": 1, "name": "<i>name</i>",
            "module": "copy", "state": "failed", "diff": "--- a\n+++ b\n-<b>old\n+<b>new\n", "result": result}),
        ),
        told(
            "note",
            "web1",
            &json!({"id": "of.the_future", "args": {}, "text": "<u>note\u{202e}"}),
        ),
        told("host", "web1", &json!({"state": "failed", "rc": 3, "signal": null, "error": null})),
    ];
    story.write(&hold, entries).await;
    let browser = Browser::of(&story.server, Some("viewer")).await;
    let base = format!("/ui/runs/{}", hold.id);
    for view in ["", "?show=folded", "?show=changes", "?host=web1", "?q=script", "?state=running"] {
        let page = browser.get(&format!("{base}{view}")).await.expect(200).text;
        for word in [
            "<script>alert",
            "<img src=x",
            "<i>name",
            "<b>old",
            "<u>note",
            "<b>'",
            "\u{1b}",
            "\0",
            "\u{202e}",
        ] {
            assert!(!page.contains(word), "{view}: {word:?}");
        }
        assert!(page.len() < 60_000, "{view}: {}", page.len());
    }
    let page = browser.get(&base).await.expect(200).text;
    for word in
        ["alert(1)", "hep-fg-1\">red", " ^@ ", "last", "hep-added", "code 3", "1044480 more bytes"]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    let folded = browser.get(&format!("{base}?show=folded")).await.expect(200).text;
    assert!(folded.contains("web[1-2] ") && folded.contains("the same on 2 hosts"), "{folded}");
    let found = browser.get(&format!("{base}?q=SCRIPT")).await.expect(200).text;
    assert!(found.contains("alert(1)") && !found.contains("last"), "{found}");
    let none = browser.get(&format!("{base}?q=nowhere")).await.expect(200).text;
    assert!(none.contains("No line has this text"), "{none}");
    let text = browser.get(&format!("{base}/text?host=web3")).await.expect(200);
    assert!(text.header("content-type").starts_with("text/plain"));
    assert_eq!(text.header("x-content-type-options"), "nosniff");
    assert!(text.text.ends_with("x\nlast\n") && text.text.len() == huge.len());
    let kept = browser.get(&format!("{base}/text?keep=yes")).await.expect(200);
    assert!(kept.header("content-disposition").starts_with("attachment"));
}

/// Reads events of a stream until so many have come, or its end: their names, ids and data.
async fn read(response: &mut reqwest::Response, most: usize) -> Vec<(String, String, String)> {
    let (mut text, mut found) = (Vec::new(), Vec::new());
    let reading = async {
        while found.len() < most
            && let Some(more) = response.chunk().await.unwrap()
        {
            text.extend_from_slice(&more);
            while let Some(at) = text.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = text.drain(..at + 2).collect();
                let event = String::from_utf8(event).unwrap();
                let field = |name: &str| -> Vec<&str> {
                    event.lines().filter_map(|line| line.strip_prefix(name)).collect()
                };
                let one = |name| field(name).concat();
                if !one("event: ").is_empty() {
                    found.push((one("event: "), one("id: "), field("data: ").join("\n")));
                }
            }
        }
    };
    tokio::time::timeout(LONGEST, reading).await.unwrap();
    found
}

/// The numbers that lines end with: `line 17`.
fn numbers(markup: &str) -> Vec<usize> {
    let parts = markup.split("line ").skip(1);
    let digits =
        parts.map(|part| part.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.filter_map(|number| number.parse().ok()).collect()
}

#[tokio::test]
async fn who_comes_again_misses_no_line_and_gets_none_twice() {
    let story = Story::start().await;
    let hold = story.begun("test", command()).await;
    let lines = |range: std::ops::Range<usize>| -> Vec<u8> {
        range.flat_map(|number| format!("line {number}\n").into_bytes()).collect()
    };
    // Also an entry of which a browser is told in several events.
    story
        .write(
            &hold,
            vec![output("web1", "stdout", &lines(0..1)), output("web2", "stdout", &lines(1..950))],
        )
        .await;
    let browser = Browser::of(&story.server, Some("viewer")).await;
    let address = format!("/ui/runs/{}/events?after=0", hold.id);
    let (mut seen, mut last, mut kinds) = (Vec::new(), None::<String>, Vec::new());
    for round in 0_usize.. {
        let mut stream = browser.follow(&address, last.as_deref()).await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        // A line that breaks after one event, after two, and one that holds.
        let most = [1, 2, 1, usize::MAX].get(round).copied().unwrap_or(usize::MAX);
        if round == 3 {
            let more =
                (0..40).map(|n| output("web3", "stderr", &lines(950 + n..951 + n))).collect();
            story.write(&hold, more).await;
            let ended = told("host", "web3", &json!({"state": "succeeded", "rc": 0}));
            story.write(&hold, vec![ended]).await;
            story.step(&hold, Step::End(RunState::Succeeded, String::new())).await;
        }
        for (kind, id, data) in read(&mut stream, most).await.into_iter().take(most) {
            if !id.is_empty() {
                last = Some(id);
            }
            seen.extend(numbers(&data));
            kinds.push(kind);
        }
        if kinds.last().is_some_and(|kind| kind == "end") {
            break;
        }
        assert!(round < 4, "no end: {kinds:?}");
    }
    assert_eq!(seen, (0..990).collect::<Vec<_>>());
    assert!(kinds.iter().any(|kind| kind == "told"), "{kinds:?}");
    // Whoever has it all is told that it is over, and of one host there is only that.
    let mut stream = browser.follow(&address, last.as_deref()).await;
    let rest = read(&mut stream, usize::MAX).await;
    assert_eq!(rest.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>(), ["end"]);
    let mut one = browser.follow(&format!("{address}&host=web1"), None).await;
    let one: String = read(&mut one, usize::MAX).await.into_iter().map(|(.., data)| data).collect();
    assert_eq!(numbers(&one), [0]);
}

#[tokio::test]
async fn a_page_has_the_latest_lines_and_leads_to_those_before() {
    let story = Story::start().await;
    let hold = story.begun("test", command()).await;
    for some in 0..30 {
        let line =
            |n: usize| output("web1", "stdout", format!("line {}\n", some * 100 + n).as_bytes());
        story.write(&hold, (0..100).map(line).collect()).await;
    }
    let browser = Browser::of(&story.server, Some("viewer")).await;
    let (mut address, mut seen) = (format!("/ui/runs/{}", hold.id), Vec::new());
    for page in 0.. {
        let text = browser.get(&address).await.expect(200).text;
        assert_eq!(text.contains("data-events"), page == 0, "only the end goes on by itself");
        let log = text.split("id=\"log\"").nth(1).unwrap();
        seen.splice(0..0, numbers(log));
        let Some(link) = text.split("href=\"").find(|rest| rest.contains("Earlier lines")) else {
            break;
        };
        address = link.split('#').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        assert!(page < 5);
    }
    assert_eq!(seen, (0..3000).collect::<Vec<_>>());
}

#[tokio::test]
async fn problems_come_first_and_states_are_links() {
    let story = Story::start().await;
    let hold = story.begun("test", command()).await;
    let end = |position, state, rc| End {
        position,
        state,
        rc: Some(rc),
        signal: None,
        error: None,
        summary: None,
    };
    let ends = [end(0, HostState::Succeeded, 0), end(2, HostState::Failed, 7)];
    host_runs::end(&story.db, &hold.id, &ends).await.unwrap();
    let counts = [(HostState::Succeeded, 1), (HostState::Running, 1), (HostState::Failed, 1)];
    story.write_with(&hold, vec![output("web1", "stdout", b"x\n")], counts.into()).await;
    let mut browser = Browser::of(&story.server, Some("operator")).await;
    browser.headers.push(("hx-request", "true"));
    let base = format!("/ui/runs/{}", hold.id);
    let part = browser.get(&base).await.expect(200).text;
    assert!(part.trim_start().starts_with("<div id=\"now\""), "{part}");
    let hosts: Vec<&str> = part.split("class=\"hep-part\"").skip(1).collect();
    let order: Vec<&str> = hosts
        .iter()
        .map(|host| host.split("#output\">").nth(1).unwrap().split('<').next().unwrap())
        .collect();
    assert_eq!(order, ["web3", "web2", "web1"]);
    assert!(hosts[0].contains("ended with code 7"), "{}", hosts[0]);
    let failed = browser.get(&format!("{base}?state=failed")).await.expect(200).text;
    assert!(failed.contains(">web3<") && !failed.contains(">web1<"), "{failed}");
}

#[tokio::test]
async fn what_one_may_not_is_not_offered_and_refused_all_the_same() {
    let story = Story::start().await;
    let run = story.asked("test", command()).await;
    let (viewer, operator) = (
        Browser::of(&story.server, Some("viewer")).await,
        Browser::of(&story.server, Some("operator")).await,
    );
    let base = format!("/ui/runs/{}", run.id);
    let seen = viewer.get(&base).await.expect(200).text;
    assert!(!seen.contains("sure?do="), "{seen}");
    for deed in ["cancel", "again"] {
        viewer.post(&format!("{base}/{deed}"), &[]).await.expect(403);
    }
    let seen = operator.get(&base).await.expect(200).text;
    assert!(seen.contains("sure?do=cancel") && !seen.contains("sure?do=retry"), "{seen}");
    let sure = operator.get(&format!("{base}/sure?do=cancel")).await.expect(200).text;
    assert!(sure.contains("On 3 hosts it has not begun"), "{sure}");
    let to = operator.post(&format!("{base}/cancel"), &[]).await.expect(303);
    assert_eq!(to.header("location"), base);
    let seen = operator.get(&base).await.expect(200).text;
    assert!(seen.contains("sure?do=retry") && !seen.contains("sure?do=cancel"), "{seen}");
    assert!(seen.contains("Stopped by a-operator"), "{seen}");
    operator.post(&format!("{base}/cancel"), &[]).await.expect(409);
    let sure = operator.get(&format!("{base}/sure?do=retry")).await.expect(200).text;
    assert!(sure.contains("on 3 hosts"), "{sure}");
    let to = operator.post(&format!("{base}/retry"), &[]).await.expect(303);
    let again = operator.get(to.header("location")).await.expect(200).text;
    assert!(again.contains(&format!("href=\"{base}\"")), "what it repeats: {again}");
    let sure = operator.get(&format!("{base}/sure?do=again")).await.expect(200).text;
    assert!(sure.contains("web*") && sure.contains(": 3."), "{sure}");
}

#[tokio::test]
async fn four_eyes_see_a_plan() {
    let story = Story::start().await;
    let operator = Browser::of(&story.server, Some("operator")).await;
    let admin = Browser::of(&story.server, Some("admin")).await;
    let hold = story.begun("a-operator", command()).await;
    let task = json!({"event": "finished", "task": 1, "name": "Config", "module": "copy", "state": "changed", "diff": "--- a\n+++ b\n-old\n+new\n"});
    let told = ["web1", "web3"].map(|host| told("task", host, &task));
    story.write(&hold, told.into()).await;
    story.step(&hold, Step::Approval).await;
    let base = format!("/ui/runs/{}", hold.id);
    let own = operator.get(&base).await.expect(200).text;
    assert!(
        own.contains("somebody else has to approve it") && !own.contains("do=approve"),
        "{own}"
    );
    operator.post(&format!("{base}/approve"), &[]).await.expect(403);
    let seen = admin.get(&format!("{base}?show=changes")).await.expect(200).text;
    for word in ["do=approve", "do=reject", "web[1,3]", "hep-removed\">-old", "hep-added\">+new"] {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    let sure = admin.get(&format!("{base}/sure?do=approve")).await.expect(200).text;
    assert!(sure.contains("What a-operator asked for is done on 3 hosts"), "{sure}");
    admin.post(&format!("{base}/approve"), &[]).await.expect(303);
    admin.post(&format!("{base}/reject"), &[]).await.expect(409);
}

#[tokio::test]
async fn runs_are_listed_filtered_and_go_on() {
    let story = Story::start().await;
    let browser = Browser::of(&story.server, Some("viewer")).await;
    let empty = browser.get("/ui/runs").await.expect(200).text;
    assert!(
        empty.contains("Nothing was run yet") && !empty.contains("href=\"/ui/run\""),
        "{empty}"
    );
    for number in 0..55 {
        let line = format!("echo number-{number}");
        story.asked("test", json!({"kind": "command", "line": line})).await;
    }
    let first = browser.get("/ui/runs").await.expect(200).text;
    assert!(first.contains("number-54<") && !first.contains("number-4<"), "{first}");
    let next = first.split("href=\"").find(|rest| rest.contains("rel=\"next\"")).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let rest = browser.get(&next).await.expect(200).text;
    assert!(rest.contains("number-4<") && !rest.contains("number-54<"), "{rest}");
    for (query, found) in [
        ("state=queued", true),
        ("state=failed", false),
        ("kind=script", false),
        ("who=test&kind=command", true),
        ("host=web2&since=1", true),
        ("host=db", false),
        ("job=x", false),
    ] {
        let page = browser.get(&format!("/ui/runs?{query}")).await.expect(200).text;
        assert_eq!(page.contains("number-"), found, "{query}");
        assert_eq!(page.contains("No run matches"), !found, "{query}");
    }
}

#[tokio::test]
async fn a_run_is_asked_for_looked_at_and_begun() {
    let story = Story::start().await;
    let operator = Browser::of(&story.server, Some("operator")).await;
    let viewer = Browser::of(&story.server, Some("viewer")).await;
    viewer.get("/ui/run").await.expect(403);
    let page = operator.get("/ui/run?selector=web%5B1-2%5D").await.expect(200).text;
    assert!(page.contains("Hosts meant: 2") && page.contains("web1, web2"), "{page}");
    let wrong = operator.get("/ui/run?selector=web%5B").await.expect(200).text;
    assert!(wrong.contains("pf-m-error"), "{wrong}");
    let empty = operator.post("/ui/run", &[("selector", "web*")]).await.expect(422).text;
    assert!(empty.contains("Fill this in"), "{empty}");
    let fields = [
        ("kind", "command"),
        ("selector", "web*"),
        ("line", "echo \"<b>$WORD</b>\""),
        ("sudo", "yes"),
        ("secret_names", "WORD"),
        ("canary", "1"),
        ("description", "a test"),
    ];
    let check = operator.post("/ui/run", &fields).await.expect(200).text;
    for word in [
        "run on 3 hosts",
        "web1, web2, web3",
        "name=\"secret:WORD\"",
        "First only on 1",
        "user root",
    ] {
        assert!(check.contains(word), "{word}: {check}");
    }
    assert!(!check.contains("<b>$WORD"), "{check}");
    let seen = check.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let go = [
        &fields[..],
        &[("seen", seen), ("secret:WORD", "hush-hush"), ("sudo_password", "hush-hush")],
    ]
    .concat();
    let new = HostInput::named("web4");
    host::create(&story.server.engine, &Actor::command_line("test"), new).await.unwrap();
    let changed = operator.post("/ui/run/go", &go).await.expect(200).text;
    assert!(
        changed.contains("means other hosts than when you looked") && !changed.contains("hush"),
        "{changed}"
    );
    let seen = changed.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let go = [
        &fields[..],
        &[("seen", seen), ("secret:WORD", "hush-hush"), ("sudo_password", "hush-hush")],
    ]
    .concat();
    let to = operator.post("/ui/run/go", &go).await.expect(303);
    let page = operator.get(to.header("location")).await.expect(200).text;
    for word in ["Begun on 4 hosts", "a test", "First only on 1"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("hush"), "{page}");
    let verb = [
        ("kind", "verb"),
        ("selector", "web1"),
        ("verb", "packages.install"),
        ("names", "htop, vim"),
    ];
    let check = operator.post("/ui/run", &verb).await.expect(200).text;
    assert!(check.contains("Install packages") && check.contains(">htop, vim<"), "{check}");
    let seen = check.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let go = [&verb[..], &[("seen", seen)]].concat();
    let to = operator.post("/ui/run/go", &go).await.expect(303);
    let run = to.header("location").rsplit('/').next().unwrap().to_owned();
    let run = run::show(&story.server.engine, &Actor::command_line("test"), &run).await.unwrap();
    assert_eq!(run.subject["parameters"], json!({"names": ["htop", "vim"]}));
    let bad = [&fields[..6], &[("forks", "many")]].concat();
    let bad = operator.post("/ui/run", &bad).await.expect(422).text;
    assert!(bad.contains("not a number that fits"), "{bad}");
}

#[tokio::test]
async fn a_recording_of_a_terminal_is_played_when_it_is_whole_and_is_no_markup() {
    let story = Story::start().await;
    let new = NewRun {
        kind: "terminal",
        subject: r#"{"kind":"terminal","columns":100,"rows":30}"#.into(),
        selector: "web1".into(),
        strategy: "{}".into(),
        actor: ("user", None, "ana".into()),
        counts: [(HostState::Queued, 1)].into(),
        ..NewRun::default()
    };
    let id = runs::insert(&story.db, &new).await.unwrap();
    let part = NewHost { name: "web1".into(), ..NewHost::default() };
    host_runs::insert(&story.db, &id, &[part]).await.unwrap();
    let hold = Hold::of(&terminals::hold(&story.db, &id, "node").await.unwrap().unwrap());
    let size = json!({"columns": 80, "rows": 24});
    let entries = vec![output("web1", "stdout", HOSTILE), told("resize", "web1", &size)];
    story.write_with(&hold, entries, [(HostState::Running, 1)].into()).await;
    let browser = Browser::of(&story.server, Some("viewer")).await;
    let page = browser.get(&format!("/ui/runs/{id}")).await.expect(200).text;
    assert!(page.contains("still open") && !page.contains("data-recording"), "{page}");
    story.step(&hold, Step::End(RunState::Succeeded, String::new())).await;
    let page = browser.get(&format!("/ui/runs/{id}")).await.expect(200).text;
    let address = format!("/ui/runs/{id}/recording.cast");
    assert!(page.contains(&format!("data-recording=\"{address}\"")), "{page}");
    assert!(!page.contains("<script>alert") && page.contains("alert(1)"), "{page}");
    assert!(!page.contains("id=\"again\"") && !page.contains("id=\"retry\""), "{page}");
    let cast = browser.get(&address).await.expect(200);
    assert_eq!(cast.header("content-type"), "application/x-asciicast");
    assert_eq!(cast.header("x-content-type-options"), "nosniff");
    assert!(cast.header("content-disposition").starts_with("attachment"));
    let lines: Vec<Value> =
        cast.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["version"], &lines[0]["width"]), (&json!(2), &json!(100)));
    assert!(lines[1][2].as_str().unwrap().starts_with("<script>alert(1)"));
    assert_eq!((&lines[2][1], &lines[2][2]), (&json!("r"), &json!("80x24")));
    let command = story.begun("ana", command()).await;
    browser.get(&format!("/ui/runs/{}/recording.cast", command.id)).await.expect(404);
    let nobody = Browser::of(&story.server, None).await;
    nobody.get(&address).await.expect(404);
}
