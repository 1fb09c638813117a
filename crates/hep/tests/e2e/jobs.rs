//! Jobs, manifests of the server and of repositories, on real hosts.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::breadth::{file_of_fleet, port};
use crate::server::Server;

/// A secret that must be found nowhere.
const CANARY: &str = "canary-5f2e";

fn text(log: &[Value]) -> String {
    log.iter().filter_map(|event| event["text"].as_str()).collect()
}

/// Whether a folder holds this in any of its files.
fn holds(folder: &Path, needle: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(needle.len()).any(|part| part == needle.as_bytes())
    })
}

#[tokio::test]
async fn a_job_has_its_parameters_and_nobody_sees_its_secrets() {
    let server = Server::start(2).await;
    server.login();
    let script = "printf 'version %s\\n' \"$version\"; echo token $token\n\
                  test ${#token} -eq 11 && exit 3";
    let job = json!({"name": "deploy", "selector": "all",
        "subject": {"kind": "script", "script": script,
            "expectation": {"exit_codes": [3], "output": "^version [0-9.]+$"}},
        "parameters": [{"name": "version", "default": "none"},
            {"name": "token", "kind": "secret", "required": true}]});
    server.call("POST", "/jobs", Some(job), 201).await;
    server.call("POST", "/jobs/deploy/run", Some(json!({})), 422).await;
    let file = server.desk.file("secrets.json", format!("{{\"token\": \"{CANARY}\"}}"));
    let words =
        ["job", "run", "deploy", "-f", file.to_str().unwrap(), "-e", "version=1.5", "--watch"];
    let ran = server.desk.hep(&words).expect(0);
    assert!(ran.out.contains("version 1.5") && ran.out.contains("token ********"), "{}", ran.out);
    let ran = server.desk.hep(&["job", "run", "deploy", "-f", file.to_str().unwrap()]).expect(0);
    let run = server.ended(ran.out.trim()).await;
    assert_eq!((&run["state"], &run["job_name"]), (&json!("failed"), &json!("deploy")));
    let hosts = server.call("GET", &format!("/runs/{}/hosts", ran.out.trim()), None, 200).await;
    assert_eq!(hosts["items"][0]["error"]["id"], "job.unexpected_output");
    let again = format!("/runs/{}/retry", ran.out.trim());
    let again = server.call("POST", &again, Some(json!({})), 202).await;
    let id = again["id"].as_str().unwrap();
    server.ended(id).await;
    let log = server.log(id).await;
    assert!(text(&log).contains("token ********"), "{log:?}");
    // A start that is sent twice is one.
    let body = json!({"parameters": {"token": CANARY}, "limit": "h0001"});
    let headers = [("idempotency-key", "once")];
    let mut ids = Vec::new();
    for _ in 0..2 {
        let call = ("POST", "/jobs/deploy/run");
        let answer = server.send("root", call, &headers, Some(body.clone())).await;
        ids.push(answer.json::<Value>().await.unwrap()["id"].clone());
    }
    assert!(ids[0].is_string() && ids[0] == ids[1], "{ids:?}");
    let runs = server.call("GET", "/runs?job=deploy", None, 200).await;
    assert_eq!(runs["items"].as_array().unwrap().len(), 4);
    assert!(!runs.to_string().contains(CANARY));
    assert!(!holds(&server.desk.path("state"), CANARY));
}

#[tokio::test]
async fn a_run_takes_its_manifest_from_the_server_or_from_a_repository() {
    let server = Server::start(1).await;
    server.login();
    let (folder, made) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open(made.path());
    let site = folder.path().join("site");
    std::fs::create_dir_all(site.join("templates")).unwrap();
    let dest = made.path().join("made");
    let tasks = format!("- template: src=x.j2 dest={}\n", dest.display());
    std::fs::write(site.join("main.yml"), tasks).unwrap();
    std::fs::write(site.join("templates/x.j2"), "{{ greeting }} {{ token }} 1\n").unwrap();
    let site_text = site.to_str().unwrap();
    server.desk.hep(&["manifest", "put", "site", site_text, "-m", "begun"]).expect(0);
    let job = |source: Value| {
        json!({"name": source["of"], "selector": "all", "subject": source["subject"],
            "parameters": [{"name": "greeting"}, {"name": "token", "kind": "secret", "default": CANARY}]})
    };
    let of_server = json!({"of": "own", "subject": {"kind": "manifest", "manifest": "site"}});
    server.call("POST", "/jobs", Some(job(of_server)), 201).await;
    server.desk.hep(&["job", "run", "own", "-e", "greeting=hello", "--watch"]).expect(0);
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), format!("hello {CANARY} 1\n"));
    // The same from a repository, at the commit that is newest when it begins.
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        let name = ["-c", "user.name=a", "-c", "user.email=a@b"];
        command.arg("-C").arg(folder.path()).args(name).args(words);
        let done = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "1"]);
    let first = git(&["rev-parse", "HEAD"]);
    std::fs::write(site.join("templates/x.j2"), "{{ greeting }} 2\n").unwrap();
    git(&["commit", "-qam", "2"]);
    let url = format!("file://{}", folder.path().display());
    let repository = json!({"name": "repo", "url": url, "revision": "main", "folder": "site"});
    server.call("POST", "/repositories", Some(repository), 201).await;
    let of_git = json!({"of": "git", "subject": {"kind": "manifest", "repository": "repo"}});
    server.call("POST", "/jobs", Some(job(of_git)), 201).await;
    let body = json!({"parameters": {"greeting": "hi"}});
    let run = server.call("POST", "/jobs/git/run", Some(body), 202).await;
    let run = server.ended(run["id"].as_str().unwrap()).await;
    assert_eq!(run["state"], "succeeded", "{:?}", server.log(run["id"].as_str().unwrap()).await);
    assert_eq!(run["subject"]["revision"], git(&["rev-parse", "HEAD"]).as_str());
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "hi 2\n");
    let at = json!({"kind": "manifest", "repository": "repo", "revision": first,
        "vars": {"greeting": "old", "token": "x"}});
    let id = server.ask(at, "all", json!({})).await;
    assert_eq!(server.ended(&id).await["state"], "succeeded");
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "old x 1\n");
    let words = ["run", "manifest", "all", "site", "--check", "-e", "greeting=x", "-e", "token=y"];
    let told = server.desk.hep(&words).expect(0).out;
    assert!(told.contains("changed") || told.contains("would"), "{told}");
    let words = ["run", "manifest", "all", "main.yml", "--repository", "repo", "-e", "greeting=by"];
    server.desk.hep(&words).expect(0);
    assert_eq!(std::fs::read_to_string(&dest).unwrap(), "by 2\n");
    // Changed in the server, looked at, and compared.
    server.desk.hep(&["manifest", "put", "site", site_text, "-m", "shorter"]).expect(0);
    let told = server.desk.hep(&["manifest", "diff", "site"]).expect(0).out;
    assert!(told.contains("+{{ greeting }} 2"), "{told}");
    let told = server.desk.hep(&["manifest", "history", "site"]).expect(0).out;
    assert!(told.contains("begun") && told.contains("shorter"), "{told}");
    let told = server.desk.hep(&["manifest", "show", "site", "--revision", "1"]).expect(0).out;
    assert!(told.contains("{{ token }}"), "{told}");
    assert!(!holds(&server.desk.path("state"), CANARY));
}

#[tokio::test]
async fn a_repository_is_reached_by_a_key_and_only_where_its_host_is_known() {
    let server = Server::start(1).await;
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    // Made by the user whom git will log in as: it opens no one else's.
    let script = format!(
        "set -e; git init -q -b main {0}/r; cd {0}/r; echo '- ping:' >main.yml; git add -A; \
         git -c user.name=a -c user.email=a@b commit -qm 1",
        folder.path().display()
    );
    let id = server.ask(json!({"kind": "command", "line": script}), "h0001", json!({})).await;
    assert_eq!(server.ended(&id).await["state"], "succeeded", "{:?}", server.log(&id).await);
    let key = file_of_fleet("key");
    let credential = json!({"name": "deploy", "kind": "key", "private_key": key});
    server.call("POST", "/credentials", Some(credential), 201).await;
    let address = file_of_fleet("breadth/addresses").lines().next().unwrap().to_owned();
    let user = file_of_fleet("breadth/user");
    let url = format!("ssh://{}@{address}:{}{}/r", user.trim(), port(), folder.path().display());
    let mut repository = json!({"name": "repo", "url": url, "credential": "deploy"});
    server.call("POST", "/repositories", Some(repository.clone()), 201).await;
    let run = json!({"selector": "all", "subject": {"kind": "manifest", "repository": "repo"}});
    let refused = server.call("POST", "/runs", Some(run.clone()), 424).await;
    assert!(refused["detail"].as_str().unwrap().contains("Host key"), "{refused}");
    repository["host_keys"] = file_of_fleet("breadth/known_hosts").into();
    server.call("PUT", "/repositories/repo", Some(repository), 200).await;
    let taken = server.call("POST", "/runs", Some(run), 202).await;
    assert_eq!(taken["subject"]["revision"].as_str().map(str::len), Some(40));
    assert_eq!(server.ended(taken["id"].as_str().unwrap()).await["state"], "succeeded");
    let secret = key.lines().nth(1).unwrap();
    assert!(!holds(&server.desk.path("state"), secret));
}

/// Lets the hosts' user write there.
fn open(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}
