//! No space is left where the server keeps its data, while it is at work.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::cluster::all_runs;
use crate::runs::open_folder;
use crate::server::Server;

/// A small disk of its own; it needs root, as the test machines do.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=0777");
        as_root(&["mount", "-t", "tmpfs", "-o", &options, "hep-e2e"], folder.path());
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Leaves no space on it.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.path("ballast")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write(&vec![0; size]).is_ok_and(|written| written == size) {}
        }
    }

    /// Makes space again.
    fn clear(&self) {
        std::fs::remove_file(self.path("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What still has a file open there ends with its test.
        as_root(&["umount", "-l"], self.0.path());
    }
}

fn as_root(words: &[&str], path: &Path) {
    let sudo: &[&str] = if rustix::process::getuid().is_root() { &[] } else { &["sudo", "-n"] };
    let words: Vec<&str> = sudo.iter().chain(words).copied().collect();
    let done = Command::new(words[0]).args(&words[1..]).arg(path).output().unwrap();
    assert!(done.status.success(), "{words:?} {}: {done:?}", path.display());
}

/// Asks for a run that notes its number; its id, or nothing where there is no space for it.
async fn ask(server: &Server, folder: &Path, number: usize) -> Option<String> {
    let line = format!("echo {number} >>{}/did", folder.display());
    let body = json!({ "subject": { "kind": "command", "line": line }, "selector": "h0001" });
    let answer = server.send("root", ("POST", "/runs"), &[], Some(body)).await;
    let status = answer.status().as_u16();
    let said: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    match status {
        202 => Some(said["id"].as_str().unwrap().to_owned()),
        _ => {
            is_no_space(status, &said);
            None
        }
    }
}

fn is_no_space(status: u16, said: &Value) {
    assert_eq!((status, said["code"].as_str()), (503, Some("server.no_space")), "{said}");
    assert!(said["hint"].as_str().is_some_and(|hint| hint.contains("make room")), "{said}");
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_gone_on_with() {
    let disk = Disk::new("24m");
    let (state, log) = (disk.path("state"), disk.path("hep.log"));
    let variables = [
        ("HEP_STATE_DIRECTORY", state.to_str().unwrap()),
        ("HEP_RUNS_AT_ONCE", "1"),
        ("HEP_NODE_LEASE", "1s"),
        ("HEP_LOG_LEVEL", "info"),
        ("HEP_LOG_TO", "file"),
        ("HEP_LOG_FILE", log.to_str().unwrap()),
        ("HEP_LOG_FILE_BYTES", "4096"),
        ("HEP_LOG_FILES", "2"),
        ("HEP_LIMIT_REQUESTS_PER_MINUTE", "10000000"),
    ];
    let server = Server::start_with(2, &variables).await;
    let folder = open_folder();
    let go = folder.path().join("go");
    let waits = format!(
        "echo begun; echo begun >>{0}/held; until [ -e {0}/go ]; do sleep 0.05; done; echo ended; \
         echo ended >>{0}/held",
        folder.path().display()
    );
    let held = server.ask(json!({ "kind": "command", "line": waits }), "h0002", json!({})).await;
    server.until(&held, |_| folder.path().join("held").exists()).await;
    disk.fill();
    // SQLite has some space of its own left.
    let mut accepted = Vec::new();
    while accepted.len() < 5000
        && let Some(id) = ask(&server, folder.path(), accepted.len()).await
    {
        accepted.push(id);
        // What was removed meanwhile, of the log, is no space either.
        disk.fill();
    }
    assert!(accepted.len() < 5000, "the disk does not get full");
    assert!(server.ready(false).await.contains("no space"));
    for (method, path, body) in [
        ("POST", "/hosts", json!({ "name": "more" })),
        ("POST", "/groups", json!({ "name": "more" })),
        ("PATCH", "/hosts/h0001", json!({ "notes": "x".repeat(1000) })),
        ("DELETE", "/hosts/h0001", Value::Null),
        ("POST", "/session", json!({ "name": "root", "password": "nothing" })),
    ] {
        let answer = server.send("root", (method, path), &[], Some(body)).await;
        let status = answer.status().as_u16();
        let said = answer.text().await.unwrap();
        is_no_space(status, &serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}")));
    }
    // Who only looks can look.
    for path in ["/hosts", "/runs", "/nodes", "/groups"] {
        server.call("GET", path, None, 200).await;
    }
    // What has begun goes on, and its end is written when there is space.
    std::fs::write(&go, "").unwrap();
    let ended = || std::fs::read_to_string(folder.path().join("held")).unwrap() == "begun\nended\n";
    let run = server.until(&held, |_| ended()).await;
    assert_eq!(run["state"], "running", "nobody is told of an end that is not on the disk");
    disk.clear();
    server.ready(true).await;
    assert_eq!(server.ended(&held).await["state"], "succeeded");
    let text: String = server
        .log(&held)
        .await
        .iter()
        .filter(|event| event["kind"] == "output")
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(text, "begun\nended\n");
    accepted.push(ask(&server, folder.path(), accepted.len()).await.unwrap());
    for id in &accepted {
        assert_eq!(server.ended(id).await["state"], "succeeded");
    }
    let mut did: Vec<usize> = std::fs::read_to_string(folder.path().join("did"))
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    did.sort_unstable();
    assert_eq!(did, (0..accepted.len()).collect::<Vec<_>>(), "each once");
    assert_eq!(
        all_runs(&server, "").await.len(),
        accepted.len() + 1,
        "what was refused is not there"
    );
    // Its own log goes on too.
    let size = || std::fs::read_to_string(&log).unwrap();
    let before = size();
    server.call("GET", "/hosts", None, 200).await;
    assert_ne!(size(), before);
    eprintln!("{} runs were accepted on a full disk", accepted.len() - 1);
}
