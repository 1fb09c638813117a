//! `examples/cluster` at work: three nodes, each on a Debian machine of its own, behind HAProxy and behind Apache,
//! installed from the package, and renewed one after the other while everybody goes on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::breadth::{checkout, fleet};
use crate::hep::{Desk, Ran, Running};
use crate::machine::{Machine, script};

/// The machines: each has a node; beside it the first has the database, the second HAProxy, the third Apache.
const NAMES: [&str; 3] = ["node-a", "node-b", "node-c"];
/// What the cluster is called, as Apache's virtual host.
const SITE: &str = "hephaestus";
/// Nobody else may see it.
const MASTER_KEY: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
/// How many lines each part of a run says.
const LINES: usize = 10;

/// The machines, and who sets them up.
struct Cluster {
    machines: Vec<Machine>,
    addresses: Vec<String>,
    desk: Desk,
    token: String,
    client: Client,
}

/// Makes the package of the binary under test, as if it were this version.
fn package(folder: &Path, version: &str) -> PathBuf {
    let made = Command::new(checkout().join("tools/deb"))
        .arg(env!("CARGO_BIN_EXE_hep"))
        .arg(folder)
        .arg(version)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// An inventory of the machines, as `examples/cluster/hosts.ini` is one.
fn inventory(machines: &[Machine], addresses: &[String]) -> String {
    let mut text = String::from("[nodes]\n");
    for ((machine, name), address) in machines.iter().zip(NAMES).zip(addresses) {
        let _ = writeln!(text, "{} address={address}", machine.line(name, "root").trim_end());
    }
    let network = addresses[0].rsplitn(3, '.').last().unwrap();
    let [a, b, c] = NAMES;
    let _ = write!(
        text,
        "[database]\n{a}\n[haproxy]\n{b}\n[apache]\n{c}\n[balancers:children]\nhaproxy\napache\n\
         [all:vars]\nsite={SITE}\nnetwork={network}.0.0/16\n"
    );
    text
}

impl Cluster {
    /// Three machines on which nothing is yet.
    fn bare() -> Self {
        let machines: Vec<Machine> = NAMES
            .iter()
            .map(|name| {
                script("machine-up", &["--fresh", name]);
                Machine::taken(name)
            })
            .collect();
        let address = |machine: &Machine| {
            machine.sh("hostname -I").split_whitespace().next().unwrap().to_owned()
        };
        let addresses: Vec<String> = machines.iter().map(address).collect();
        let known: String =
            machines.iter().map(|machine| machine.noted("known_hosts") + "\n").collect();
        let desk = Desk::new(&inventory(&machines, &addresses), &known);
        let secrets =
            format!("database_password: pass/w0rd@of:hep\nmaster_key: \"{MASTER_KEY}\"\n");
        desk.file("secrets.yml", secrets);
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { machines, addresses, desk, token: String::new(), client }
    }

    /// Applies a manifest of the example.
    fn apply(&self, manifest: &str, package: &Path) -> Ran {
        let manifest = format!("examples/cluster/{manifest}");
        let (package, secrets) =
            (format!("package={}", package.display()), self.desk.path("secrets.yml"));
        let secrets = format!("@{}", secrets.display());
        let words = ["apply", "--output", "json", "-e", &secrets, "-e", &package, &manifest];
        self.desk.hep_at(&checkout(), &words).expect(0).never_says(MASTER_KEY)
    }

    /// The balancers: HAProxy and Apache.
    fn doors(&self) -> [String; 2] {
        [format!("http://{}:8080", self.addresses[1]), format!("http://{}", self.addresses[2])]
    }

    /// A request of the administrator.
    async fn send(
        &self,
        door: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let url = format!("{door}/api/v1{path}");
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        request.send().await
    }

    /// A request that must be answered well.
    async fn call(&self, door: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.send(door, method.clone(), path, body).await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {door}{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Asks for a command on all hosts, one after the other; its id.
    async fn ask(&self, door: &str, line: &str) -> String {
        let subject = json!({ "kind": "command", "line": line });
        let body = json!({ "subject": subject, "selector": "all", "strategy": { "forks": 1 } });
        let run = self.call(door, Method::POST, "/runs", Some(body)).await;
        run["id"].as_str().unwrap().to_owned()
    }

    /// Follows a run by way of a balancer.
    fn watch(&self, door: &str, id: &str) -> Running {
        let mut command = self.desk.command(&["run", "watch", id]);
        command.env("HEP_SERVER", door).env("HEP_TOKEN", &self.token);
        Desk::started(command)
    }

    /// The first administrator, and the machines in the register, with the fleet's key as a credential.
    async fn furnish(&mut self) {
        self.machines[0].sh("hep admin create-user ana --role admin");
        self.machines[0].sh("hep admin create-token ana").trim().clone_into(&mut self.token);
        self.machines[1]
            .sh("echo the-word-of-ben | hep admin create-user ben --role admin --password-stdin");
        let [haproxy, apache] = self.doors();
        let key = std::fs::read_to_string(fleet().join("key")).unwrap();
        let credential =
            json!({ "name": "root", "kind": "key", "private_key": key, "user": "root" });
        self.call(&haproxy, Method::POST, "/credentials", Some(credential)).await;
        for (name, address) in NAMES.iter().zip(&self.addresses) {
            let host = json!({ "name": name, "address": address, "credential": "root" });
            self.call(&apache, Method::POST, "/hosts", Some(host)).await;
        }
    }

    /// The name of the node that coordinates a run.
    async fn coordinator(&self, id: &str) -> String {
        let door = &self.doors()[0];
        let run = self.call(door, Method::GET, &format!("/runs/{id}"), None).await;
        let nodes = self.call(door, Method::GET, "/nodes", None).await;
        let nodes = nodes["items"].as_array().unwrap();
        let node = nodes.iter().find(|node| node["id"] == run["node"]).unwrap();
        node["name"].as_str().unwrap().to_owned()
    }
}

/// The tasks that changed something.
fn changed(ran: &Ran) -> Vec<String> {
    let states = ran.states().into_iter();
    states.filter(|(_, state)| state == "changed").map(|(task, _)| task).collect()
}

/// Who signs in at one node is known to all; Apache serves its own files; nodes know who asks.
async fn any_node_answers(cluster: &Cluster) {
    let [haproxy, apache] = cluster.doors();
    let word = json!({ "name": "ben", "password": "the-word-of-ben" }).to_string();
    let sign_in = cluster.client.post(format!("{apache}/api/v1/session")).body(word);
    let signed = sign_in.send().await.unwrap();
    assert_eq!(signed.status(), 201, "{signed:?}");
    let cookie = signed.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let nodes = cluster.addresses.iter().map(|address| format!("http://{address}:8440"));
    for at in nodes.chain([haproxy.clone(), apache.clone()]) {
        let asked = cluster.client.get(format!("{at}/api/v1/session")).header("cookie", &cookie);
        let me = asked.send().await.unwrap();
        assert_eq!(me.status(), 200, "{at}: {me:?}");
    }
    cluster.machines[2].sh(&format!("echo ours >/var/www/{SITE}/own.txt"));
    let own = cluster.client.get(format!("{apache}/own.txt")).send().await.unwrap();
    assert_eq!(own.text().await.unwrap(), "ours\n");
    for (door, name) in [(&haproxy, "by-haproxy"), (&apache, "by-apache")] {
        cluster.call(door, Method::POST, "/groups", Some(json!({ "name": name }))).await;
        let path = format!("/groups/{name}?x=%26&y=a%20b");
        let strange = cluster.send(door, Method::GET, &path, None).await.unwrap();
        assert_eq!(strange.status(), 200, "{door}{path}");
        let nobody = cluster.send(door, Method::GET, "/groups/a%20b%2526", None).await.unwrap();
        let said = nobody.text().await.unwrap();
        assert!(said.contains("`a b%26`"), "{said}: paths come as they were written");
    }
    let audit = cluster.call(&haproxy, Method::GET, "/audit?object_kind=group", None).await;
    for line in audit["items"].as_array().unwrap() {
        let from = line["address"].as_str().unwrap();
        assert!(!from.is_empty() && !cluster.addresses.iter().any(|own| own == from), "{line}");
    }
}

/// Lines come through both balancers as they are said, and go on when the node behind is stopped.
async fn a_log_is_followed_past_a_stop(cluster: &Cluster) {
    for machine in &cluster.machines {
        machine.sh("mkdir -p /root/did; rm -f /root/did/*");
    }
    let doors = cluster.doors();
    let id = cluster
        .ask(&doors[0], "echo first; until [ -e /root/did/go ]; do sleep 0.05; done; echo last")
        .await;
    let mut watches = doors.each_ref().map(|door| cluster.watch(door, &id));
    for watch in &mut watches {
        watch.until("first");
    }
    let busy = cluster.coordinator(&id).await;
    for (machine, _) in cluster.machines.iter().zip(NAMES).filter(|(_, name)| *name != busy) {
        machine.sh("systemctl stop hep");
        for door in &doors {
            cluster.call(door, Method::GET, &format!("/runs/{id}"), None).await;
        }
        machine.sh("systemctl start hep");
    }
    for machine in &cluster.machines {
        machine.sh("touch /root/did/go");
    }
    for watch in watches {
        let ran = watch.end().expect(0);
        for name in NAMES {
            for word in ["first", "last"] {
                let line = format!("{name}: {word}");
                let times = ran.out.lines().filter(|said| *said == line).count();
                assert_eq!(times, 1, "{line}: {ran:?}");
            }
        }
    }
}

/// Asks for runs through one balancer and follows each to its end, until told to stop; how many there were.
async fn keep_running(
    cluster: &Cluster,
    door: &str,
    count: &AtomicUsize,
    over: &AtomicBool,
) -> Vec<(usize, String)> {
    let mut done = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let line = format!(
            "echo did >>/root/did/{number}; i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo line $i; sleep 0.2; done"
        );
        let id = cluster.ask(door, &line).await;
        let watch = cluster.watch(door, &id);
        let ran = tokio::task::spawn_blocking(|| watch.end()).await.unwrap().expect(0);
        let mut lines: Vec<&str> = ran.out.lines().filter(|line| line.contains(": line")).collect();
        lines.sort_unstable();
        let said = |name: &&str| {
            (1..=LINES).map(|line| format!("{name}: line {line}")).collect::<Vec<_>>()
        };
        let mut expected: Vec<String> = NAMES.iter().flat_map(said).collect();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{id}: {ran:?}");
        done.push((number, id));
    }
    done
}

/// Makes groups and reads them through both balancers, until told to stop. Each must be answered at once, and
/// none may be made twice, which would be a conflict.
async fn keep_asking(cluster: &Cluster, over: &AtomicBool) -> usize {
    let mut asked = 0;
    while !over.load(Ordering::Relaxed) {
        for door in &cluster.doors() {
            asked += 1;
            let name = format!("asked-{asked}");
            let group = json!({ "name": name });
            cluster.call(door, Method::POST, "/groups", Some(group)).await;
            cluster.call(door, Method::GET, &format!("/groups/{name}"), None).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asked
}

/// What a later version of hep would have done to the database: a migration that only adds. The backup that
/// comes before all is made now: of a schema that it does not know hep makes none.
fn one_schema_ahead(cluster: &Cluster) {
    cluster.machines[0].sh("hep backup /var/lib/hep/before-hep_2.0_amd64.deb.backup");
    let sql = "ALTER TABLE hosts ADD COLUMN later TEXT NOT NULL DEFAULT ''; CREATE TABLE later (id BIGINT); \
               INSERT INTO migrations (number, name, applied_ms, works_from) \
               SELECT MAX(number) + 1, 'later', 0, MAX(number) FROM migrations";
    let psql = format!(
        "su postgres -c 'psql -q -v ON_ERROR_STOP=1 -1 hep' <<'END'\nSET ROLE hep; {sql};\nEND"
    );
    cluster.machines[0].sh(&psql);
}

#[tokio::test]
async fn a_cluster_is_made_balanced_and_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    let packing = std::thread::spawn(move || ["1.0", "2.0"].map(|version| package(&at, version)));
    let mut cluster = Cluster::bare();
    let [first, second] = packing.join().unwrap();
    cluster.apply("cluster.yml", &first);
    assert_eq!(changed(&cluster.apply("cluster.yml", &first)), [""; 0]);
    cluster.furnish().await;
    any_node_answers(&cluster).await;
    a_log_is_followed_past_a_stop(&cluster).await;

    one_schema_ahead(&cluster);
    let cluster = Arc::new(cluster);
    let (over, count) = (AtomicBool::new(false), AtomicUsize::new(1));
    let [haproxy, apache] = cluster.doors();
    let upgrade = async {
        let at = Arc::clone(&cluster);
        let ran = tokio::task::spawn_blocking(move || at.apply("upgrade.yml", &second)).await;
        over.store(true, Ordering::Relaxed);
        ran.unwrap()
    };
    let (_, one, two, asked) = tokio::join!(
        upgrade,
        keep_running(&cluster, &haproxy, &count, &over),
        keep_running(&cluster, &apache, &count, &over),
        keep_asking(&cluster, &over),
    );
    eprintln!("{} runs and {asked} groups meanwhile", one.len() + two.len());
    assert!(!one.is_empty() && !two.is_empty() && asked > 0);
    for (number, id) in one.into_iter().chain(two) {
        let run = cluster.call(&haproxy, Method::GET, &format!("/runs/{id}"), None).await;
        assert_eq!(run["counts"], json!({ "succeeded": NAMES.len() }), "{run}");
        for machine in &cluster.machines {
            assert_eq!(machine.sh(&format!("cat /root/did/{number}")), "did\n", "{number}");
        }
    }
    for machine in &cluster.machines {
        assert_eq!(
            machine.sh("dpkg-query -W -f '${Version}' hep; systemctl is-active hep"),
            "2.0active\n"
        );
        let log =
            machine.sh("journalctl -u hep --no-pager | grep -c 'newer than this program' || true");
        assert_ne!(log.trim(), "0", "a node that is older than the schema says so");
    }
    assert_eq!(changed(&cluster.apply("cluster.yml", &first)), [""; 0], "it is as it was");
}
