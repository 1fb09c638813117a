//! A server of its own for a test: on port 0, with a database of its own.

use std::net::{SocketAddr, TcpListener};

use hep_core::secret::Secret;
use hep_engine::master_key::Source;
use hep_engine::ops::token::NewToken;
use hep_engine::ops::user::NewUser;
use hep_engine::ops::{Actor, Engine, token, user};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Leaving, Server};
use crate::settings::Settings;

/// A server that answers.
pub(crate) struct Running {
    /// Its inside.
    pub(crate) engine: Engine,
    /// Where it answers.
    pub(crate) address: SocketAddr,
    client: Client,
    token: Secret<String>,
    stop: Option<oneshot::Sender<()>>,
    /// Ready when it has ended.
    ending: Option<JoinHandle<std::io::Result<()>>>,
    leaving: Leaving,
    folder: TempDir,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// It has this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

impl Running {
    /// Starts one on SQLite, with an administrator `root` whose token it uses.
    pub(crate) async fn start(
        settings: &[(&'static crate::settings::table::Setting, &str)],
    ) -> Self {
        let mut server = Self::start_empty(settings).await;
        let actor = Actor::command_line("test");
        let root = NewUser { role: Some("admin".into()), ..NewUser::named("root") };
        user::create(&server.engine, &actor, root).await.unwrap();
        let new = NewToken::of("root", "test");
        server.token = token::create(&server.engine, &actor, new).await.unwrap().token;
        server
    }

    /// Starts one without a user.
    pub(crate) async fn start_empty(
        settings: &[(&'static crate::settings::table::Setting, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let engine =
            Engine::open(&database, Source::ours(folder.path().join("master.key"))).await.unwrap();
        let mut said = Settings::default();
        for (setting, text) in settings {
            said.say(setting, (*text).to_owned(), crate::settings::Origin::CommandLine).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(&engine, &said, listener).unwrap();
        let (stop, stopped) = oneshot::channel();
        let leaving = server.leaving();
        let ending = Some(tokio::spawn(server.serve(async { drop(stopped.await) })));
        // Only the first of a process can; all mean the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // Kept-alive connections would outlive the test.
        let builder = Client::builder().pool_max_idle_per_host(0).redirect(Policy::none());
        let client = builder.build().unwrap();
        let (token, stop) = (Secret::new(String::new()), Some(stop));
        Self { engine, address, client, token, stop, ending, leaving, folder }
    }

    /// What browsers say of pages of its own.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The database that it works with, for what no operation does.
    pub(crate) fn database(&self) -> String {
        database(&self.folder)
    }

    /// By what it says that it is about to go.
    pub(crate) fn leaving(&self) -> Leaving {
        self.leaving.clone()
    }

    /// Lets it end as it does once it has drained; ready when it has.
    pub(crate) async fn ended(mut self) {
        drop(self.stop.take());
        self.ending.take().unwrap().await.unwrap().unwrap();
    }

    /// Calls it.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answered {
        self.call_with(method, path, &[], body.map(|body| body.to_string())).await
    }

    /// Calls it with headers and a body of any kind.
    pub(crate) async fn call_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answered {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("http://{}{path}", self.address);
        let mut request = self.client.request(method, url);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(self.token.expose());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers): (StatusCode, _) = (answer.status(), answer.headers().clone());
        Answered { status: status.as_u16(), headers, text: answer.text().await.unwrap() }
    }
}

fn database(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("hep.db").display())
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that has gone by itself has stopped.
            let _ = stop.send(());
        }
    }
}
