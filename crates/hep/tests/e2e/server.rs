//! `hep serve` at work, and who calls it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::breadth;
use crate::hep::Desk;

/// What is waited for longer than this does not come.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at something that changes.
const LOOK: Duration = Duration::from_millis(20);

/// A server of its own, with the breadth fleet in its register.
pub(crate) struct Server {
    pub(crate) desk: Arc<Desk>,
    child: Child,
    address: String,
    /// What its process has in its environment beside what the desk says.
    variables: Vec<(String, String)>,
    client: Client,
    tokens: Vec<(String, String)>,
}

impl Server {
    /// Starts one whose register holds so many hosts of the fleet, `h0001` and on.
    pub(crate) async fn start(hosts: usize) -> Self {
        Self::start_with(hosts, &[]).await
    }

    /// The same with more in its environment.
    pub(crate) async fn start_with(hosts: usize, variables: &[(&str, &str)]) -> Self {
        let key = breadth::fleet().join("key");
        let desk = breadth::desk();
        let state = desk.path("state");
        let mut desk = desk
            .set("HEP_STATE_DIRECTORY", state.to_str().unwrap())
            .set("HEP_SSH_KEYS", key.to_str().unwrap())
            .set("HEP_LISTEN", "127.0.0.1:0")
            .set("HEP_LOG_LEVEL", "warn");
        for (name, value) in variables {
            desk = desk.set(name, value);
        }
        let desk = Arc::new(desk);
        let mut tokens = Vec::new();
        for user in ["root", "other"] {
            desk.hep(&["admin", "create-user", user, "--role", "admin"]).expect(0);
            let token = desk.hep(&["admin", "create-token", user]).expect(0).out;
            tokens.push((user.to_owned(), token.trim().to_owned()));
        }
        let variables = Vec::new();
        let (child, address) = spawn(&desk, &variables);
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let server = Self { desk, child, address, variables, client, tokens };
        let user = breadth::file_of_fleet("breadth/user");
        let addresses = breadth::file_of_fleet("breadth/addresses");
        for (number, address) in addresses.lines().take(hosts).enumerate() {
            let host = json!({
                "name": format!("h{:04}", number + 1),
                "address": address,
                "port": breadth::port(),
                "user": user.trim(),
            });
            server.call("POST", "/hosts", Some(host), 201).await;
        }
        server
    }

    /// Lets the command line of its desk talk to it, as the administrator.
    pub(crate) fn login(&self) {
        let words = ["login", self.address.as_str(), "--token-stdin"];
        self.desk.fed(&words, self.tokens[0].1.as_bytes()).expect(0);
    }

    /// Another node beside it, with more in its environment.
    pub(crate) fn peer(&self, variables: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Vec<_> = variables.iter().map(own).collect();
        let (child, address) = spawn(&self.desk, &variables);
        let (desk, client) = (Arc::clone(&self.desk), self.client.clone());
        Self { desk, child, address, variables, client, tokens: self.tokens.clone() }
    }

    /// Where it answers: address and port.
    pub(crate) fn address(&self) -> &str {
        self.address.split_once("://").map_or(&self.address, |(_, place)| place)
    }

    /// Ends it as a power cut would, and starts it anew.
    pub(crate) fn restart_after_kill(&mut self) {
        self.kill();
        self.start_again();
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Ends it in order; its exit code.
    pub(crate) fn stop(&mut self) -> i32 {
        self.signal(Signal::TERM);
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Starts it again.
    pub(crate) fn start_again(&mut self) {
        (self.child, self.address) = spawn(&self.desk, &self.variables);
    }

    /// Waits until it says that it can work, or that it cannot; what it says.
    pub(crate) async fn ready(&self, wanted: bool) -> String {
        let ask = async || {
            let answer = self.client.get(format!("{}/readyz", self.address)).send().await.unwrap();
            (answer.status().is_success(), answer.text().await.unwrap())
        };
        let look = async {
            loop {
                match ask().await {
                    (is_ready, said) if is_ready == wanted => return said,
                    _ => tokio::time::sleep(LOOK).await,
                }
            }
        };
        let said = tokio::time::timeout(PATIENCE, look).await.ok();
        let Some(said) = said else { panic!("ready is not {wanted}: {:?}", ask().await) };
        said
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that its process had, in KiB.
    pub(crate) fn most_memory(&self) -> u64 {
        crate::hep::high_water(self.child.id()).unwrap()
    }

    /// Its address, and the administrator's token.
    pub(crate) fn way(&self) -> (&str, &str) {
        (&self.address, &self.tokens[0].1)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// A person with a command line somewhere else, who is logged in as the administrator.
    pub(crate) fn client(&self) -> Desk {
        Desk::new("", "").set("HEP_SERVER", &self.address).set("HEP_TOKEN", &self.tokens[0].1)
    }

    /// A request of a user.
    pub(crate) async fn send(
        &self,
        user: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Response {
        self.try_send(user, (method, path), headers, body).await.unwrap()
    }

    /// The same of a server that may be gone.
    pub(crate) async fn try_send(
        &self,
        user: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let token = self.tokens.iter().find(|(name, _)| name == user).unwrap();
        let url = format!("{}/api/v1{path}", self.address);
        let mut request = self.client.request(method, url).bearer_auth(&token.1);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        request.send().await
    }

    /// A request of the administrator that must be answered so.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        self.call_as("root", method, path, body, status).await
    }

    /// The same of somebody else.
    pub(crate) async fn call_as(
        &self,
        user: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let answer = self.send(user, (method, path), &[], body).await;
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(found, status, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Asks for a run; its id.
    pub(crate) async fn ask(&self, subject: Value, selector: &str, strategy: Value) -> String {
        let body = json!({ "subject": subject, "selector": selector, "strategy": strategy });
        let run = self.call("POST", "/runs", Some(body), 202).await;
        run["id"].as_str().unwrap().to_owned()
    }

    /// The run, once it is as wanted.
    pub(crate) async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let run = self.call("GET", &format!("/runs/{id}"), None, 200).await;
                if wanted(&run) {
                    return run;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(run) => run,
            Err(_) => {
                let run = self.call("GET", &format!("/runs/{id}"), None, 200).await;
                panic!("never came: {run}");
            }
        }
    }

    /// The run, once it has ended.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        self.until(id, |run| !run["ended_ms"].is_null()).await
    }

    /// The whole log of a run.
    pub(crate) async fn log(&self, id: &str) -> Vec<Value> {
        let (mut after, mut all) = (0, Vec::new());
        loop {
            let path = format!("/runs/{id}/events?after={after}&limit=1000");
            let page = self.call("GET", &path, None, 200).await;
            all.extend(page["items"].as_array().unwrap().clone());
            if page["over"] == true {
                return all;
            }
            after = page["last"].as_i64().unwrap();
        }
    }
}

/// The numbers of the events that came whole, at most so many, and whether the last was the end.
pub(crate) fn event_numbers(text: &str, most: usize) -> (Vec<i64>, bool) {
    let whole = text.split_inclusive("\n\n").filter(|event| event.ends_with("\n\n"));
    let events =
        whole.filter(|event| event.starts_with("id:") || event.contains("event: end")).take(most);
    let events: Vec<&str> = events.collect();
    let id = |event: &&str| event.lines().find_map(|line| line.strip_prefix("id: ")?.parse().ok());
    let over = events.iter().any(|event| event.contains("event: end"));
    (events.iter().filter_map(id).collect(), over)
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that a story has ended is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(desk: &Desk, variables: &[(String, String)]) -> (Child, String) {
    let mut command = desk.command(&["serve"]);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    let address = loop {
        let Some(Ok(line)) = lines.next() else { panic!("the server ended: {said}") };
        if let Some(at) = line.find("http://").or_else(|| line.find("https://")) {
            let end = line[at..].find(char::is_whitespace).map_or(line.len(), |end| at + end);
            break line[at..end].to_owned();
        }
        said.push_str(&line);
    };
    // What it says later must be read, or it would wait for its reader.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}
