//! Every form: what it writes is what the API shows, one that nobody touches changes nothing, and what is wrong is said
//! at its field.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hep_engine::ops::{Actor, job, run};
use serde_json::{Value, json};

use super::testing::{Browser, form_of, pairs, typed, wrong_of};
use crate::serve::testing::Running;

fn me() -> Actor {
    Actor::command_line("test")
}

async fn call(server: &Running, method: &str, path: &str, body: Option<Value>) -> Value {
    let answer = server.call(method, &format!("/api/v1{path}"), body).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
    if answer.text.is_empty() { Value::Null } else { answer.json() }
}

/// What of an answer stays when nothing is changed.
fn lasting(mut said: Value) -> Value {
    for name in ["version", "modified", "seen_ms", "facts_ms", "revision", "tried_ms"] {
        said.as_object_mut().unwrap().remove(name);
    }
    said
}

/// A host of which everything is said.
fn host() -> Value {
    json!({"name": "full", "address": "192.0.2.7", "port": 2222, "user": "ana", "partition": "eu",
        "credential": "key", "become_credential": "word", "jump": "web1,ana@gate:22", "zone": "a",
        "family": "MemoryOptimized", "os": "Debian <12>", "drivers": ["docker", "lxc"],
        "memory_bytes": "2GB", "cpus": 4, "disk_bytes": 2_000_000_001_i64, "local_ipv4": "10.0.0.1",
        "local_ipv6": "fd00::1", "public_ipv4": "192.0.2.9", "public_ipv6": "2001:db8::1",
        "mac": "52:54:00:12:34:56", "labels": {"env": "prod", "empty": ""},
        "vars": {"port": 80, "list": [1, "1"], "text": "a\nb\n", "amp": "<&\">"},
        "legacy_algorithms": true, "enabled": false, "maintenance_until_ms": 5,
        "notes": "two\n\nlines & more"})
}

/// One of each noun, in the order in which they need one another: the path of its kind, and all that can be said of it.
fn nouns() -> Vec<(&'static str, Value)> {
    let job = |name: &str, subject: Value| {
        ("jobs", json!({"name": name, "selector": "web1", "subject": subject}))
    };
    vec![
        ("partitions", json!({"name": "eu", "description": "d & <e>", "zone": "z"})),
        ("credentials", json!({"name": "key", "kind": "key", "generate": true, "user": "ana"})),
        (
            "credentials",
            json!({"name": "word", "kind": "password", "password": "hush-hush",
            "become_password": "hush-hush", "description": "d"}),
        ),
        ("hosts", json!({"name": "web1"})),
        ("hosts", host()),
        (
            "groups",
            json!({"name": "inner", "hosts": ["full"], "description": "d",
            "vars": {"a": {"b": [true, null, 1.5]}}}),
        ),
        ("groups", json!({"name": "outer", "children": ["inner"], "hosts": ["web1"]})),
        (
            "users",
            json!({"name": "eva", "full_name": "Eva <E>", "email": "eva@example.org", "locale": "de"}),
        ),
        ("teams", json!({"name": "ops", "members": ["eva"], "description": "d"})),
        ("roles", json!({"name": "some", "verbs": ["view", "run"], "description": "d"})),
        (
            "repositories",
            json!({"name": "repo", "url": "https://git.example/x.git", "credential": "word"}),
        ),
        (
            "manifests",
            json!({"name": "site", "files": {"main.yml": "- debug: msg=x\n", "b.yml": "[]\n"}}),
        ),
        (
            "jobs",
            json!({"name": "full", "description": "d", "selector": "web1,@inner",
            "subject": {"kind": "script", "script": "#!/bin/sh\necho \"$version\" <&-\n",
                "arguments": ["{{ version }}", "b c"], "environment": {"A": "b=c"}, "stdin": "in\n",
                "sudo": true, "timeout_seconds": 90, "expectation": {"exit_codes": [0, 3], "output": "^<ok>"}},
            "strategy": {"forks": 3, "batches": [1, "20%"], "canary": 1, "stop_after": "10%",
                "pause_seconds": 61, "approval": true, "deadline_seconds": 7200},
            "parameters": [
                {"name": "version", "required": true, "pattern": "[0-9.]+", "description": "which"},
                {"name": "size", "kind": "choice", "choices": ["a", "b c"], "default": "a"},
                {"name": "many", "kind": "number", "default": 2},
                {"name": "names", "kind": "list", "default": ["x", "y"]},
                {"name": "on", "kind": "yes_no", "default": true},
                {"name": "token", "kind": "secret", "default": "hush-hush"}],
            "concurrency": "queue"}),
        ),
        job("words", json!({"kind": "command", "words": ["ls", "a b"], "sudo_user": "ana"})),
        job("lines", json!({"kind": "command", "line": "a\nb"})),
        job(
            "text",
            json!({"kind": "copy", "text": "\n<x>\n", "dest": "/etc/x", "owner": "root",
            "group": "adm", "mode": "0644", "sudo_user": "root", "check": true, "diff": true}),
        ),
        job(
            "binary",
            json!({"kind": "copy", "base64": BASE64.encode(b"\0\xff\r\n"), "dest": "/x"}),
        ),
        job(
            "manifest",
            json!({"kind": "manifest", "manifest": "site", "entry": "main.yml",
            "vars": {"a": [1]}, "tags": ["t"], "skip_tags": ["s"], "check": true, "diff": true,
            "become_user": "www", "become": false, "force_handlers": true, "no_keep": true,
            "no_executor": true, "lock_timeout_seconds": 600, "verbosity": 1}),
        ),
        job(
            "repository",
            json!({"kind": "manifest", "repository": "repo", "entry": "a.yml", "revision": "v1"}),
        ),
        job(
            "packages",
            json!({"kind": "verb", "verb": "packages.remove", "sudo_user": "root",
            "parameters": {"names": ["a", "b=1"], "purge": true}}),
        ),
        job(
            "power",
            json!({"kind": "verb", "verb": "power.off", "parameters": {"in_minutes": 5, "notice": "<bye>"}}),
        ),
        job(
            "signal",
            json!({"kind": "verb", "verb": "processes.signal", "parameters": {"name": "top"}}),
        ),
        job(
            "wake",
            json!({"kind": "verb", "verb": "power.wake", "parameters": {"macs": ["525400123456"]}}),
        ),
        job(
            "push",
            json!({"kind": "verb", "verb": "login.push_key", "parameters": {"credential": "key", "user": "root"}}),
        ),
        job("status", json!({"kind": "verb", "verb": "status", "parameters": {"live": true}})),
        job(
            "inline",
            json!({"kind": "manifest", "files": {"a.yml": "- debug: msg=x\n"}, "entry": "a.yml"}),
        ),
    ]
}

/// What is typed, and the fields that are at fault by it.
type Typed<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test]
async fn a_form_that_nobody_touches_changes_nothing() {
    let server = Running::start(&[]).await;
    let browser = Browser::of(&server, Some("admin")).await;
    for (kind, said) in nouns() {
        call(&server, "POST", &format!("/{kind}"), Some(said)).await;
    }
    for (kind, said) in nouns() {
        let (name, path) =
            (said["name"].as_str().unwrap(), format!("/{kind}/{}", said["name"].as_str().unwrap()));
        let before = call(&server, "GET", &path, None).await;
        let address = format!("/ui{path}/edit");
        let page = browser.get(&address).await.expect(200).text;
        assert!(!page.contains("hush"), "{path}: {page}");
        let form = form_of(&page, &address);
        browser.post(&address, &pairs(&form)).await.expect(303);
        let after = call(&server, "GET", &path, None).await;
        assert_eq!(lasting(after), lasting(before), "{kind} {name}: {form:?}");
    }
    // The secret of the job is the one that it had.
    let kept = job::show(&server.engine, &me(), "full").await.unwrap();
    assert!(kept.said.parameters[5].kept);
}

/// The hosts that runs go to, and what they need.
async fn fleet() -> Running {
    let server = Running::start(&[]).await;
    for (kind, said) in nouns().into_iter().take_while(|(kind, _)| *kind != "jobs") {
        call(&server, "POST", &format!("/{kind}"), Some(said)).await;
    }
    server
}

/// What is typed into a form, and what is to be run then.
type Case<'a> = (&'a [(&'a str, &'a str)], Value);

fn cases() -> Vec<Case<'static>> {
    let verb = |verb: &str, parameters: Value| json!({"kind": "verb", "verb": verb, "parameters": parameters});
    vec![
        (&[("line", "uptime")], json!({"kind": "command", "line": "uptime"})),
        (
            &[
                ("line", "a"),
                ("sudo", "yes"),
                ("timeout", "5m"),
                ("environment", "A=b\r\nC=d=e"),
                ("exit_codes", "0 2"),
                ("output", "^ok"),
            ],
            json!({"kind": "command", "line": "a", "sudo": true, "timeout_seconds": 300,
                "environment": {"A": "b", "C": "d=e"}, "expectation": {"exit_codes": [0, 2], "output": "^ok"}}),
        ),
        (
            &[("kind", "words"), ("words", "ls\r\na b")],
            json!({"kind": "command", "words": ["ls", "a b"]}),
        ),
        (
            &[
                ("kind", "script"),
                ("script", "#!/bin/sh\r\ncat"),
                ("arguments", "a\r\nb c"),
                ("stdin", "x"),
                ("sudo_user", "ana"),
            ],
            json!({"kind": "script", "script": "#!/bin/sh\ncat", "arguments": ["a", "b c"], "stdin_bytes": 1, "sudo_user": "ana"}),
        ),
        (
            &[
                ("kind", "copy"),
                ("text", "a\r\nb"),
                ("dest", "/etc/motd"),
                ("owner", "root"),
                ("group", "adm"),
                ("mode", "0600"),
                ("sudo", "yes"),
                ("diff", "yes"),
            ],
            json!({"kind": "copy", "bytes": 3, "dest": "/etc/motd", "owner": "root", "group": "adm", "mode": "0600", "sudo_user": "root", "diff": true}),
        ),
        (
            &[
                ("kind", "manifest"),
                ("manifest", "site"),
                ("vars", "a: [1]"),
                ("tags", "x,y"),
                ("check", "yes"),
                ("become_user", "www"),
                ("become", "true"),
                ("lock_timeout", "1m"),
            ],
            json!({"kind": "manifest", "manifest": "site", "revision": "1", "entry": "main.yml", "vars": {"a": [1]},
                "tags": ["x", "y"], "check": true, "become_user": "www", "become": true, "lock_timeout_seconds": 60}),
        ),
        (
            &[("kind", "packages.install"), ("names", "htop, vim=1"), ("sudo", "yes")],
            json!({"kind": "verb", "verb": "packages.install", "parameters": {"names": ["htop", "vim=1"]}, "sudo_user": "root"}),
        ),
        (
            &[("kind", "packages.remove"), ("names", "htop"), ("purge", "yes")],
            verb("packages.remove", json!({"names": ["htop"], "purge": true})),
        ),
        (
            &[("kind", "packages.upgrade"), ("full", "yes")],
            verb("packages.upgrade", json!({"full": true})),
        ),
        (
            &[("kind", "packages.search"), ("q", "web server")],
            verb("packages.search", json!({"q": "web server"})),
        ),
        (
            &[("kind", "services.stop"), ("service", "cron")],
            verb("services.stop", json!({"name": "cron"})),
        ),
        (
            &[("kind", "services.enable"), ("service", "cron"), ("check", "yes")],
            json!({"kind": "verb", "verb": "services.enable", "parameters": {"name": "cron"}, "check": true}),
        ),
        (
            &[("kind", "processes.signal"), ("process", "top"), ("signal", "KILL")],
            verb("processes.signal", json!({"name": "top", "signal": "KILL"})),
        ),
        (
            &[("kind", "processes.signal"), ("pids", "7 8")],
            verb("processes.signal", json!({"pids": [7, 8]})),
        ),
        (
            &[("kind", "power.reboot"), ("in_minutes", "5"), ("notice", "Back soon")],
            verb("power.reboot", json!({"in_minutes": 5, "notice": "Back soon"})),
        ),
        (&[("kind", "power.off")], json!({"kind": "verb", "verb": "power.off"})),
        (&[("kind", "power.keep")], json!({"kind": "verb", "verb": "power.keep"})),
        (
            &[("kind", "power.wake"), ("macs", "52:54:00:12:34:56")],
            verb("power.wake", json!({"macs": ["52:54:00:12:34:56"]})),
        ),
        (
            &[("kind", "login.push_key"), ("key", "key"), ("key_user", "root")],
            verb("login.push_key", json!({"credential": "key", "user": "root"})),
        ),
        (&[("kind", "facts")], json!({"kind": "verb", "verb": "facts"})),
        (&[("kind", "status")], json!({"kind": "verb", "verb": "status"})),
        (&[("kind", "processes.list")], json!({"kind": "verb", "verb": "processes.list"})),
        (&[("kind", "services.list")], json!({"kind": "verb", "verb": "services.list"})),
        (&[("kind", "packages.list")], json!({"kind": "verb", "verb": "packages.list"})),
    ]
}

/// The subject of the run to which an answer leads.
async fn subject(server: &Running, location: &str) -> Value {
    let id = location.strip_prefix("/ui/runs/").unwrap_or_else(|| panic!("no run: {location}"));
    call(server, "GET", &format!("/runs/{id}"), None).await["subject"].clone()
}

#[tokio::test]
async fn whatever_can_be_run_is_asked_for_by_a_form_and_looked_at_first() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/run?selector=web1").await.expect(200).text;
    let form = form_of(&page, "/ui/run");
    for (said, expected) in cases() {
        let form = typed(form.clone(), said);
        let check = browser.post("/ui/run", &pairs(&form)).await.expect(200).text;
        assert!(check.contains("This will run on 1 hosts"), "{said:?}: {check}");
        let go = form_of(&check, "/ui/run/go");
        let to = browser.post("/ui/run/go", &pairs(&go)).await.expect(303);
        assert_eq!(subject(&server, to.header("location")).await, expected, "{said:?}");
        // Who changes their mind has all of it again.
        let back = browser.post("/ui/run/back", &pairs(&go)).await.expect(200).text;
        let again = form_of(&back, "/ui/run");
        for pair in said.iter().map(|(name, text)| ((*name).to_owned(), text.replace("\r\n", "\n")))
        {
            assert!(again.contains(&pair), "{pair:?}: {again:?}");
        }
    }
}

#[tokio::test]
async fn how_a_run_goes_and_its_secrets() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/run?selector=web1&kind=manifest").await.expect(200).text;
    let said = [
        ("manifest", "site"),
        ("secret_names", "token"),
        ("vault_ids", "default"),
        ("forks", "2"),
        ("canary", "1"),
        ("batches", "2, 50%"),
        ("pause", "30s"),
        ("stop_after", "10%"),
        ("deadline", "2h"),
        ("approval", "yes"),
        ("description", "a test"),
    ];
    let form = typed(form_of(&page, "/ui/run"), &said);
    let check = browser.post("/ui/run", &pairs(&form)).await.expect(200).text;
    let go = typed(
        form_of(&check, "/ui/run/go"),
        &[("secret:token", "hush-1"), ("vault:default", "hush-2"), ("sudo_password", "hush-3")],
    );
    let to = browser.post("/ui/run/go", &pairs(&go)).await.expect(303);
    let id = to.header("location").strip_prefix("/ui/runs/").unwrap().to_owned();
    let made = call(&server, "GET", &format!("/runs/{id}"), None).await;
    let strategy = json!({"forks": 2, "canary": 1, "batches": [2, "50%"], "pause_seconds": 30,
        "stop_after": "10%", "deadline_seconds": 7200, "approval": true});
    assert_eq!((&made["strategy"], &made["description"]), (&strategy, &json!("a test")));
    assert!(!made.to_string().contains("hush"), "{made}");
    let run = run::show(&server.engine, &me(), &id).await.unwrap();
    assert!(run.sealed.is_some());
    // A password for the first way in is asked for on the page that asks whether it is meant.
    let push = [("kind", "login.push_key"), ("key", "key"), ("selector", "web1")];
    let check = browser.post("/ui/run", &push).await.expect(200).text;
    let go = typed(form_of(&check, "/ui/run/go"), &[("login_password", "hush-4")]);
    let to = browser.post("/ui/run/go", &pairs(&go)).await.expect(303);
    let id = to.header("location").strip_prefix("/ui/runs/").unwrap().to_owned();
    let run = run::show(&server.engine, &me(), &id).await.unwrap();
    assert!(run.sealed.is_some() && !run.subject.to_string().contains("hush"));
}

#[tokio::test]
async fn a_file_is_chosen_looked_at_and_pushed() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/run?selector=web1&kind=copy").await.expect(200).text;
    assert!(
        page.contains("enctype=\"multipart/form-data\"") && page.contains("At most 5MB"),
        "{page}"
    );
    let form = typed(form_of(&page, "/ui/run"), &[("dest", "/etc/x"), ("text", "typed")]);
    for (content, shown, bytes) in
        [(&b"readable\n"[..], "readable", 9), (b"\0\xff\r\n", "Chosen: x.bin, 4 B", 4)]
    {
        let check = browser.upload("/ui/run", &pairs(&form), ("file", "x.bin", content)).await;
        let check = check.expect(200).text;
        assert!(check.contains(shown) && !check.contains(">typed<"), "{check}");
        let go = form_of(&check, "/ui/run/go");
        let to = browser.post("/ui/run/go", &pairs(&go)).await.expect(303);
        let made = subject(&server, to.header("location")).await;
        assert_eq!(made, json!({"kind": "copy", "bytes": bytes, "dest": "/etc/x"}));
    }
    // What was chosen stays where something else is wrong.
    let wrong = typed(form.clone(), &[("dest", "")]);
    let again =
        browser.upload("/ui/run", &pairs(&wrong), ("file", "x.bin", b"\0")).await.expect(422).text;
    assert_eq!(wrong_of(&again), ["dest"]);
    assert!(form_of(&again, "/ui/run").contains(&("file_base64".into(), "AA==".into())), "{again}");
    let large = vec![7; (5 << 20) + 1];
    let refused = browser.upload("/ui/run", &pairs(&form), ("file", "x.bin", &large)).await;
    assert_eq!(wrong_of(&refused.expect(422).text), ["file"]);
    let made = [("name", "pushes"), ("kind", "copy"), ("dest", "/etc/x"), ("selector", "web1")];
    browser.upload("/ui/jobs/-/new", &made, ("file", "x.bin", b"\0\xff")).await.expect(303);
    let made = call(&server, "GET", "/jobs/pushes", None).await;
    assert_eq!(made["subject"], json!({"kind": "copy", "base64": "AP8=", "dest": "/etc/x"}));
}

#[tokio::test]
async fn a_host_is_switched_on_by_a_form() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let wake = |more: &[(&'static str, &'static str)]| {
        [&[("kind", "wake"), ("selector", "web1,full")], more].concat()
    };
    let check = browser
        .post("/ui/run", &wake(&[("broadcast", "127.0.0.1"), ("wake_port", "9")]))
        .await
        .expect(200)
        .text;
    assert!(check.contains("127.0.0.1"), "{check}");
    let to = browser.post("/ui/run/go", &pairs(&form_of(&check, "/ui/run/go"))).await.expect(303);
    assert_eq!(to.header("location"), "/ui/hosts?selector=web1%2Cfull");
    let page = browser.get("/ui/hosts").await.expect(200).text;
    assert!(
        page.contains("went out for: full") && page.contains("no hardware address is known: web1"),
        "{page}"
    );
    let check = browser.post("/ui/run", &wake(&[("via", "web1")])).await.expect(200).text;
    let to = browser.post("/ui/run/go", &pairs(&form_of(&check, "/ui/run/go"))).await.expect(303);
    assert_eq!(to.status, 303);
    let page = browser.get("/ui/hosts").await.expect(200).text;
    assert!(page.contains("Other hosts send the packet"), "{page}");
    let none = [("kind", "wake"), ("selector", "web1")];
    let check = browser.post("/ui/run", &none).await.expect(200).text;
    let refused =
        browser.post("/ui/run/go", &pairs(&form_of(&check, "/ui/run/go"))).await.expect(422);
    assert!(refused.text.contains("hardware address"), "{}", refused.text);
}

#[tokio::test]
async fn what_is_wrong_with_a_run_is_said_at_its_fields() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let cases: &[Typed] = &[
        (&[("line", "")], &["line"]),
        (&[("selector", ""), ("line", "")], &["selector", "line"]),
        (&[("selector", "web["), ("line", "x")], &["selector"]),
        (&[("selector", "none*"), ("line", "x")], &["selector"]),
        (
            &[("line", "x"), ("timeout", "30"), ("environment", "A"), ("exit_codes", "x")],
            &["timeout", "environment", "exit_codes"],
        ),
        (
            &[
                ("line", "x"),
                ("forks", "many"),
                ("batches", "x"),
                ("pause", "5"),
                ("deadline", "x"),
                ("canary", "0"),
            ],
            &["forks", "canary", "batches", "pause", "deadline"],
        ),
        (&[("kind", "packages.install")], &["names"]),
        (&[("kind", "services.start")], &["service"]),
        (&[("kind", "power.off"), ("in_minutes", "soon")], &["in_minutes"]),
        (&[("kind", "processes.signal"), ("pids", "top")], &["pids"]),
        (&[("kind", "copy"), ("text", "x")], &["dest"]),
        (&[("kind", "manifest")], &["manifest"]),
        (&[("kind", "login.push_key")], &["key"]),
        (&[("kind", "wake"), ("broadcast", "x")], &["broadcast"]),
        (&[("kind", "nonsense")], &["kind"]),
    ];
    for (said, expected) in cases {
        let form = typed(vec![("selector".into(), "web1".into())], said);
        let page = browser.post("/ui/run", &pairs(&form)).await.expect(422).text;
        assert_eq!(wrong_of(&page), *expected, "{said:?}");
        assert_eq!(page.matches(" autofocus").count(), 1, "{said:?}");
        let first = page.split(" autofocus").next().unwrap().rsplit(" name=\"").next().unwrap();
        assert!(first.starts_with(expected[0]), "{said:?}: {first}");
    }
    // What only an operation knows, once it is begun.
    let later: &[(&[(&str, &str)], &str)] = &[
        (&[("kind", "packages.install"), ("names", "a;b")], "names"),
        (&[("kind", "services.start"), ("service", "a b")], "service"),
        (&[("kind", "processes.signal"), ("process", "a"), ("pids", "3")], "process"),
        (&[("kind", "processes.signal"), ("pids", "1")], "pids"),
        (&[("kind", "power.off"), ("in_minutes", "99999")], "in_minutes"),
        (&[("kind", "power.wake"), ("macs", "x")], "macs"),
        (&[("kind", "copy"), ("text", "x"), ("dest", "etc")], "dest"),
        (&[("kind", "manifest"), ("manifest", "site"), ("revision", "9")], "revision"),
        (&[("kind", "manifest"), ("manifest", "site"), ("entry", "no.yml")], "entry"),
        (&[("line", "x"), ("environment", "A B=1")], "environment"),
        (&[("line", "x"), ("output", "(")], "output"),
        (&[("line", "x"), ("secret_names", "A-B")], "secret_names"),
    ];
    for (said, expected) in later {
        let form = typed(vec![("selector".into(), "web1".into())], said);
        let check = browser.post("/ui/run", &pairs(&form)).await.expect(200).text;
        let go = typed(form_of(&check, "/ui/run/go"), &[("sudo_password", "hush-hush")]);
        let page = browser.post("/ui/run/go", &pairs(&go)).await.expect(422).text;
        assert_eq!(wrong_of(&page), [*expected], "{said:?}");
        assert!(!page.contains("hush"), "{said:?}");
        for pair in said.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())) {
            assert!(form_of(&page, "/ui/run").contains(&pair), "what was typed stays: {pair:?}");
        }
    }
}

#[tokio::test]
async fn everybody_is_offered_what_they_may_ask_for() {
    let server = fleet().await;
    call(&server, "POST", "/roles", Some(json!({"name": "porter", "verbs": ["view", "power"]})))
        .await;
    call(&server, "POST", "/roles", Some(json!({"name": "run-only", "verbs": ["view", "run"]})))
        .await;
    let cases: [(&str, &[&str], &[&str]); 3] = [
        ("admin", &["command", "power.off", "wake", "login.push_key", "facts"], &["other"]),
        ("operator", &["command", "power.off", "wake", "facts"], &["login.push_key", "other"]),
        (
            "porter",
            &["power.off", "wake", "facts"],
            &["command", "packages.install", "login.push_key"],
        ),
    ];
    for (role, offered, not) in cases {
        let browser = Browser::of(&server, Some(role)).await;
        let page = browser.get("/ui/run").await.expect(200).text;
        let has = |word: &&str| page.contains(&format!("<option value=\"{word}\""));
        assert!(offered.iter().all(has), "{role}: {page}");
        assert!(!not.iter().any(has), "{role}: {page}");
    }
    // It is refused all the same.
    let viewer = Browser::of(&server, Some("viewer")).await;
    viewer.get("/ui/run").await.expect(403);
    let operator = Browser::of(&server, Some("run-only")).await;
    operator.get("/ui/run").await.expect(200);
    let push = [("kind", "login.push_key"), ("key", "key"), ("selector", "web1")];
    let refused = operator.post("/ui/run", &push).await;
    assert!([403, 422].contains(&refused.status), "{}", refused.text);
}

#[tokio::test]
async fn a_form_is_asked_again_for_what_belongs_to_a_choice() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let shown = |page: &str, name: &str| {
        let groups = page.split("<div class=\"pf-v6-c-form__group").skip(1);
        let group =
            groups.into_iter().find(|group| group.contains(&format!(" name=\"{name}\""))).unwrap();
        !group.split('>').next().unwrap().contains(" hidden")
    };
    let page = browser.get("/ui/run").await.expect(200).text;
    assert!(
        shown(&page, "line") && !shown(&page, "service") && page.contains("<noscript>"),
        "{page}"
    );
    let chosen = [("kind", "services.stop"), ("selector", "web1"), ("more", "yes")];
    let page = browser.post("/ui/run", &chosen).await.expect(200).text;
    assert!(!shown(&page, "line") && shown(&page, "service"), "{page}");
    let chosen = [("kind", "copy"), ("name", "x"), ("more", "yes")];
    let page = browser.post("/ui/jobs/-/new", &chosen).await.expect(200).text;
    assert!(shown(&page, "dest") && !shown(&page, "line"), "{page}");
    let chosen = [("login", "password"), ("name", "x"), ("more", "yes")];
    let page = browser.post("/ui/hosts/-/new", &chosen).await.expect(200).text;
    assert!(shown(&page, "password") && !shown(&page, "private_key"), "{page}");
}

#[tokio::test]
async fn a_host_is_told_of_with_everything_and_is_what_the_api_shows() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/hosts/-/new").await.expect(200).text;
    let said = [
        ("name", "new1"),
        ("address", "127.0.0.1"),
        ("port", "1"),
        ("user", "ana"),
        ("login", "known"),
        ("credential", "key"),
        ("become_credential", "word"),
        ("partition", "eu"),
        ("groups", "inner"),
        ("labels", "env=prod"),
        ("notes", "n"),
        ("os", "Debian"),
        ("family", "StorageOptimized"),
        ("cpus", "8"),
        ("memory_bytes", "16GB"),
        ("disk_bytes", "1.5TB"),
        ("drivers", "docker, lxc"),
        ("local_ipv4", "10.0.0.2"),
        ("local_ipv6", "fd00::2"),
        ("public_ipv4", "192.0.2.2"),
        ("public_ipv6", "2001:db8::2"),
        ("mac", "52:54:00:00:00:01"),
        ("jump", "web1"),
        ("zone", "b"),
        ("vars", "a: 1"),
        ("legacy_algorithms", "yes"),
    ];
    let form = typed(form_of(&page, "/ui/hosts/-/new"), &said);
    browser.post("/ui/hosts/-/new", &pairs(&form)).await.expect(303);
    let made = call(&server, "GET", "/hosts/new1", None).await;
    let expected = json!({"name": "new1", "address": "127.0.0.1", "port": 1, "user": "ana", "partition": "eu",
        "credential": "key", "become_credential": "word", "jump": "web1", "zone": "b", "family": "StorageOptimized",
        "os": "Debian", "drivers": ["docker", "lxc"], "memory_bytes": 16_i64 << 30, "cpus": 8,
        "disk_bytes": (1_i64 << 40) + (1_i64 << 39), "local_ipv4": "10.0.0.2", "local_ipv6": "fd00::2",
        "public_ipv4": "192.0.2.2", "public_ipv6": "2001:db8::2", "mac": "52:54:00:00:00:01",
        "labels": {"env": "prod"}, "vars": {"a": 1}, "legacy_algorithms": true, "enabled": true, "notes": "n",
        "groups": ["inner"]});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let wrong = typed(
        form.clone(),
        &[("name", ""), ("cpus", "two"), ("memory_bytes", "2XB"), ("vars", "- a"), ("port", "0x")],
    );
    let page = browser.post("/ui/hosts/-/new", &pairs(&wrong)).await.expect(422).text;
    assert_eq!(wrong_of(&page), ["name", "port", "cpus", "memory_bytes", "vars"]);
    assert!(page.contains("value=\"2XB\""), "{page}");
    // Groups that others change meanwhile stay as they made them.
    let page = browser.get("/ui/hosts/new1/edit").await.expect(200).text;
    call(&server, "PATCH", "/groups/outer", Some(json!({"hosts": ["new1"]}))).await;
    let form = typed(form_of(&page, "/ui/hosts/new1/edit"), &[("notes", "other")]);
    browser.post("/ui/hosts/new1/edit", &pairs(&form)).await.expect(303);
    let now = call(&server, "GET", "/hosts/new1", None).await;
    assert_eq!((&now["groups"], &now["notes"]), (&json!(["inner", "outer"]), &json!("other")));
    // Who saves an older form is told what was saved meanwhile, at its field.
    let late = typed(form, &[("notes", "late")]);
    let page = browser.post("/ui/hosts/new1/edit", &pairs(&late)).await.expect(412).text;
    assert!(
        page.contains("Somebody else changed this") && page.contains("Saved meanwhile: other"),
        "{page}"
    );
}

#[tokio::test]
async fn hosts_are_found_for_a_group_put_in_and_taken_out() {
    let server = fleet().await;
    let mut browser = Browser::of(&server, Some("admin")).await;
    for number in 0..25 {
        call(&server, "POST", "/hosts", Some(json!({"name": format!("db{number:02}")}))).await;
    }
    let address = "/ui/groups/outer/hosts";
    let find = [("find", "yes"), ("q", "db"), ("add", "full"), ("add", "db03")];
    let page = browser.post(address, &find).await.expect(200).text;
    assert!(page.contains("More than 20 were found"), "{page}");
    for name in ["full", "db03"] {
        let ticked = format!("name=\"add\" value=\"{name}\" checked");
        assert!(page.contains(&ticked), "what is ticked stays: {name}: {page}");
    }
    browser.headers.push(("hx-request", "true"));
    let part = browser.post(address, &[("find", "yes"), ("q", "web1")]).await.expect(200).text;
    assert!(
        part.trim_start().starts_with("<div id=\"found\"") && part.contains("is in it"),
        "{part}"
    );
    browser.headers.pop();
    let form = typed(
        form_of(&page, address),
        &[("names", "db07\r\ndb08"), ("selector", "db1*"), ("remove", "web1"), ("q", "")],
    );
    browser.post(address, &pairs(&form)).await.expect(303);
    let now = call(&server, "GET", "/hosts?group=outer&limit=100", None).await;
    let names: Vec<&str> = now["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 14, "{names:?}");
    assert!(
        names.contains(&"full")
            && names.contains(&"db03")
            && names.contains(&"db19")
            && !names.contains(&"web1")
    );
    for (wrong, field) in [(("names", "nobody"), "names"), (("selector", "a["), "selector")] {
        let page = browser.post(address, &[wrong]).await.expect(422).text;
        assert_eq!(wrong_of(&page), [field]);
    }
    let viewer = Browser::of(&server, Some("viewer")).await;
    viewer.post(address, &[("find", "yes"), ("q", "db")]).await.expect(403);
}

#[tokio::test]
async fn what_is_wrong_with_a_job_is_said_at_its_fields() {
    let server = fleet().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let cases: &[Typed] = &[
        (
            &[("name", ""), ("line", ""), ("pause", "5"), ("forks", "x")],
            &["name", "line", "forks", "pause"],
        ),
        (&[("kind", "power.off"), ("in_minutes", "soon")], &["in_minutes"]),
        (&[("kind", "packages.install"), ("names", "a;b")], &["names"]),
        (&[("line", "x"), ("output", "(")], &["output"]),
        (&[("selector", "a["), ("line", "x")], &["selector"]),
        (&[("kind", "other"), ("subject", "- a")], &["subject"]),
        (&[("line", "x"), ("parameter0_name", "a b")], &["parameter0_name"]),
        (
            &[("line", "x"), ("parameter0_name", "a"), ("parameter1_name", "a")],
            &["parameter1_name"],
        ),
        (
            &[("line", "x"), ("parameter0_name", "a"), ("parameter0_kind", "choice")],
            &["parameter0_choices"],
        ),
        (
            &[("line", "x"), ("parameter0_name", "a"), ("parameter0_pattern", "(")],
            &["parameter0_pattern"],
        ),
        (
            &[
                ("line", "x"),
                ("parameter0_name", "a"),
                ("parameter0_kind", "number"),
                ("parameter0_default", "x"),
            ],
            &["parameter0_default"],
        ),
    ];
    for (said, expected) in cases {
        let form =
            [("name", "made"), ("selector", "web1")].map(|(name, text)| (name.into(), text.into()));
        let form = typed(form.into(), said);
        let page = browser.post("/ui/jobs/-/new", &pairs(&form)).await.expect(422).text;
        assert_eq!(wrong_of(&page), *expected, "{said:?}");
        assert_eq!(page.matches(" autofocus").count(), 1, "{said:?}");
    }
    let made = [("name", "made"), ("selector", "web1"), ("line", "x")];
    browser.post("/ui/jobs/-/new", &made).await.expect(303);
    let again = browser.post("/ui/jobs/-/new", &made).await.expect(409).text;
    assert_eq!(wrong_of(&again), ["name"], "a name that is taken");
}
