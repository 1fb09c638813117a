//! A secret in every place where a secret can be put, and then looked for wherever somebody might look.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};

use crate::hep::{Desk, Ran};
use crate::postgres::Postgres;
use crate::server::Server;

/// Every secret begins so.
const MARK: &str = "canary-7Qx";

fn secret(place: &str) -> String {
    format!("{MARK}-{place}")
}

/// `hep` as a client of the server.
fn through(server: &Server, words: &[&str], input: &str) -> Ran {
    let (url, token) = server.way();
    let mut command = server.desk.command(words);
    command.env("HEP_SERVER", url).env("HEP_TOKEN", token);
    Desk::run_fed(command, input)
}

/// Whether the memory lines of any process of ours hold the mark: what `ps` shows to everybody.
fn in_process_list() -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let is_process = entry.file_name().to_string_lossy().chars().all(|c| c.is_ascii_digit());
        // One that has ended meanwhile shows nothing to anybody.
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if is_process && line.contains(MARK) {
            found.push(line);
        }
    }
    found
}

/// The files beneath a folder that hold the mark, compressed ones unpacked.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path));
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap_or_default();
        if path.extension().is_some_and(|end| end == "gz") {
            let unpacked =
                std::process::Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
            assert!(unpacked.status.success() && !unpacked.stdout.is_empty(), "{}", path.display());
            bytes = unpacked.stdout;
        }
        if bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Puts a secret wherever the API takes one.
async fn put_everywhere(server: &Server) {
    let passphrase = secret("passphrase");
    let key = server.desk.path("sealed-key");
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-N", &passphrase, "-f"]).arg(&key);
    assert!(command.status().unwrap().success());
    let key = std::fs::read_to_string(key).unwrap();
    for (name, mut body) in [
        ("by-password", json!({"kind": "password", "password": secret("password")})),
        (
            "by-sudo",
            json!({"kind": "password", "become_password": secret("become"), "password": secret("other")}),
        ),
        ("by-key", json!({"kind": "key", "private_key": key, "passphrase": passphrase})),
    ] {
        body["name"] = json!(name);
        body["user"] = json!("nobody");
        server.call("POST", "/credentials", Some(body), 201).await;
    }
    let user = json!({"name": "ana", "password": secret("user")});
    server.call("POST", "/users", Some(user), 201).await;
    let job = json!({
        "name": "tells",
        "selector": "h0001",
        "subject": {
            "kind": "manifest", "entry": "a.yml",
            "files": {"a.yml": "- shell: 'echo {{ word }}; echo {{ word }} >&2'\n- debug: {msg: '{{ word }}'}\n\
                - fail: {msg: 'no {{ word }}'}\n"},
        },
        "parameters": [
            {"name": "word", "kind": "secret"},
            {"name": "kept", "kind": "secret", "default": secret("default")},
        ],
    });
    server.call("POST", "/jobs", Some(job), 201).await;
    let run = json!({"parameters": {"word": secret("job")}});
    let run = server.call("POST", "/jobs/tells/run", Some(run), 202).await;
    let run = server.ended(run["id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "failed", "its last task fails, with the secret in its words: {run}");
    let tells = json!({
        "kind": "manifest", "entry": "a.yml",
        "files": {"a.yml": "- shell: 'echo {{ word }} {{ tree.list[0] }}'\n- debug: {msg: '{{ tree }}'}\n"},
    });
    let wanted = [
        (
            json!({"kind": "command", "line": "echo $WORD; echo $WORD >&2"}),
            json!({"environment": {"WORD": secret("command")}, "become_password": secret("sudo")}),
        ),
        (
            json!({"kind": "script", "script": "echo $WORD; exit 3"}),
            json!({"environment": {"WORD": secret("script")}}),
        ),
        (
            tells,
            json!({
                "variables": {"word": secret("variable"), "tree": {"list": [secret("tree")]}},
                "vault_passwords": {"default": secret("vault")},
            }),
        ),
        (
            json!({"kind": "verb", "verb": "login.push_key", "parameters": {"credential": "by-key"}}),
            json!({"password": secret("login")}),
        ),
    ];
    for (subject, secrets) in wanted {
        run_twice(server, subject, secrets).await;
    }
    let base64 = BASE64.encode(secret("base64"));
    let counts = |place: &str| format!("test $(wc -c) -eq {}", secret(place).len());
    for subject in [
        json!({"kind": "command", "line": counts("in"), "stdin": secret("in")}),
        json!({"kind": "script", "script": counts("script-in"), "stdin": secret("script-in")}),
        json!({"kind": "copy", "text": secret("text"), "dest": "/tmp/canary-text"}),
        json!({"kind": "copy", "base64": base64, "dest": "/tmp/canary-base64"}),
    ] {
        let run = run_twice(server, subject, json!({})).await;
        assert_eq!(run["state"], "succeeded", "{run}");
    }
    let host = json!({"credential": "by-password", "become_credential": "by-sudo"});
    let headers = [("content-type", "application/merge-patch+json"), ("if-match", "*")];
    let patched = server.send("root", ("PATCH", "/hosts/h0002"), &headers, Some(host)).await;
    assert_eq!(patched.status().as_u16(), 200, "{}", patched.text().await.unwrap());
    // It does not get in by this password: that is said without it.
    let id = server.ask(json!({"kind": "command", "line": "true"}), "h0002", json!({})).await;
    server.ended(&id).await;
}

/// Each run is given its secrets again when it is repeated; the run.
async fn run_twice(server: &Server, subject: Value, secrets: Value) -> Value {
    let body = json!({"subject": subject, "selector": "h0001", "secrets": secrets});
    let run = server.call("POST", "/runs", Some(body), 202).await;
    let run = server.ended(run["id"].as_str().unwrap()).await;
    let again = format!("/runs/{}/again", run["id"].as_str().unwrap());
    let again = server.call("POST", &again, Some(json!({})), 202).await;
    let again = server.ended(again["id"].as_str().unwrap()).await;
    assert_eq!(run["state"], again["state"], "{run} {again}");
    run
}

/// What `hep` and all that it started have in their environments, but for the server's own.
fn environments(server: &Server) -> String {
    let mut family = vec![server.pid()];
    let mut all = String::new();
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        at += 1;
    }
    for pid in &family[1..] {
        // One that has ended meanwhile has none.
        let bytes = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        all += &String::from_utf8_lossy(&bytes);
    }
    all
}

/// What the server tells beside the API.
async fn pages(server: &Server) -> String {
    let mut all = String::new();
    for path in ["/metrics", "/healthz", "/readyz", "/api/docs", "/api/v1/openapi.json"] {
        let url = format!("http://{}{path}", server.address());
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        all += &answer.text().await.unwrap();
    }
    all + &server.desk.hep(&["config", "show"]).expect(0).out
}

/// The folders of runs in the machine's folder for such.
fn in_temporary_folders() -> Vec<String> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("hep-"));
    // Folders of other servers come and go meanwhile.
    ours.filter(|entry| entry.path().is_dir()).flat_map(|entry| holding(&entry.path())).collect()
}

/// Everything that the API tells.
async fn answers(server: &Server) -> String {
    let mut all = String::new();
    for path in [
        "/hosts",
        "/credentials",
        "/users",
        "/tokens",
        "/jobs",
        "/jobs/tells",
        "/runs",
        "/audit",
        "/audit/export",
        "/credentials/by-password",
        "/hosts/h0002",
    ] {
        let answer = server.send("root", ("GET", path), &[], None).await;
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        all += &answer.text().await.unwrap();
    }
    let runs = server.call("GET", "/runs", None, 200).await;
    for run in runs["items"].as_array().unwrap() {
        let id = run["id"].as_str().unwrap();
        all += &Value::from(server.log(id).await).to_string();
        for part in ["", "/hosts", "/output"] {
            let path = format!("/runs/{id}{part}");
            all += &server.send("root", ("GET", &path), &[], None).await.text().await.unwrap();
        }
    }
    all
}

#[tokio::test]
async fn a_secret_is_found_nowhere_but_sealed() {
    // The server's own log tells all that it can, beside its database.
    let log = [("HEP_LOG_LEVEL", "trace"), ("HEP_LOG_TO", "file"), ("HEP_LOG_FILE", "state/log")];
    let server = Server::start_with(2, &log).await;
    put_everywhere(&server).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    let told = answers(&server).await;
    assert!(told.contains("by-password") && told.contains("********"), "{told}");
    assert!(!told.contains(MARK), "an answer tells a secret");
    let made = through(
        &server,
        &["credential", "create", "by-file", "-f", "-"],
        &format!(
            "{{\"kind\": \"password\", \"user\": \"x\", \"password\": \"{}\"}}",
            secret("file")
        ),
    );
    assert!(made.expect(0).out.find(MARK).is_none());
    assert_eq!(in_process_list(), Vec::<String>::new());
    assert!(!pages(&server).await.contains(MARK), "a page tells a secret");
    assert!(!environments(&server).contains(MARK), "an environment holds a secret");
    assert_eq!(in_temporary_folders(), Vec::<String>::new());
    let said = std::fs::read_to_string(server.desk.path("state/log")).unwrap();
    assert!(said.contains("DEBUG") && said.contains("/api/v1/credentials"), "{}", said.len());
    server.desk.hep(&["backup", "state/backup.gz", "--with-master-key"]).expect(0);
    assert_eq!(holding(&server.desk.path("state")), Vec::<String>::new());
    let (_, token) = server.way();
    assert!(!server.desk.holds(token), "a token lies open in a file");
    // The look finds what is there.
    server.desk.file("state/open", secret("open"));
    assert_eq!(holding(&server.desk.path("state")).len(), 1);
}

#[tokio::test]
async fn a_secret_is_found_nowhere_on_postgresql() {
    let postgres = Postgres::start();
    let address = postgres.address().replace("hep@", &format!("hep:{}@", secret("database")));
    let log = [("HEP_LOG_LEVEL", "trace"), ("HEP_LOG_TO", "file"), ("HEP_LOG_FILE", "state/log")];
    let variables = [log[0], log[1], log[2], ("HEP_DATABASE", address.as_str())];
    let server = Server::start_with(2, &variables).await;
    put_everywhere(&server).await;
    // A repository that does not answer: git waits, with what it was given.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deploy = json!({ "name": "deploy", "kind": "password", "user": "git",
        "password": secret("repository") });
    server.call("POST", "/credentials", Some(deploy), 201).await;
    let url = format!("https://{}/x.git", silent.local_addr().unwrap());
    let repository = json!({ "name": "repo", "url": url, "credential": "deploy" });
    server.call("POST", "/repositories", Some(repository), 201).await;
    let run = json!({ "selector": "all", "subject": { "kind": "manifest", "repository": "repo" } });
    let asking = server.try_send("root", ("POST", "/runs"), &[], Some(run));
    let looking = async {
        let _waits = silent.accept().await.unwrap();
        let environments = environments(&server);
        assert!(environments.contains("GIT_"), "git is not there: {environments}");
        assert!(!environments.contains(MARK), "an environment holds a secret");
        assert_eq!(in_process_list(), Vec::<String>::new());
        assert_eq!(in_temporary_folders(), Vec::<String>::new());
    };
    tokio::select! {
        answer = asking => panic!("git does not wait: {answer:?}"),
        () = looking => {}
    }
    let told = answers(&server).await + &pages(&server).await;
    assert!(told.contains("by-password") && !told.contains(MARK), "an answer tells a secret");
    assert!(told.contains("postgres://hep@"), "the database is shown, without its password");
    let dump = postgres.dump();
    assert!(dump.contains("by-password") && !dump.contains(MARK), "the database holds a secret");
    server.desk.hep(&["backup", "state/backup.gz"]).expect(0);
    assert_eq!(holding(&server.desk.path("state")), Vec::<String>::new());
}
