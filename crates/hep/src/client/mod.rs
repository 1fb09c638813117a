//! The command line as a client: talks to a server's API.

pub(crate) mod assign;
pub(crate) mod context;
pub(crate) mod follow;
#[cfg(test)]
mod lost_test;
pub(crate) mod noun;
pub(crate) mod replay;
pub(crate) mod show;
pub(crate) mod status;

use std::time::Duration;

use hep_core::message::client as say;
use hep_engine::store::new_id;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::Value;

use self::context::Context;
use crate::cli::Failure;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(90);
/// The waits before a request is sent again whose answer was lost, in milliseconds.
const AGAIN_MS: [u64; 4] = [50, 200, 800, 2000];
/// What a creating call is known by, so that it makes one thing however often it is sent.
const ONCE: &str = "idempotency-key";

/// A server that we can talk to.
pub(crate) struct Server {
    context: Context,
    client: Client,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body; null where there is none.
    pub(crate) value: Value,
    /// The version of what was read (`ETag`).
    pub(crate) tag: Option<String>,
}

impl Server {
    /// Makes ready to talk; nothing is sent yet.
    pub(crate) fn new(context: Context) -> Result<Self, Failure> {
        // Only the first of a process can; all mean the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = Client::builder().connect_timeout(CONNECT).read_timeout(ANSWER);
        if let Some(path) = &context.ca {
            let refused = |error: &dyn std::fmt::Display| say::bad_ca(path.display(), error);
            let pem = std::fs::read(path).map_err(|error| refused(&error))?;
            let trusted = Certificate::from_pem_bundle(&pem).map_err(|error| refused(&error))?;
            builder = builder.tls_certs_merge(trusted);
        }
        let built = builder.build();
        let client = built.map_err(|error| say::unreachable(&context.url, causes(&error)))?;
        Ok(Self { context, client })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.context.url
    }

    /// A request of the API, not sent yet.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{}{path}", self.context.url, crate::api::ROOT);
        self.client.request(method, url).bearer_auth(self.context.token.expose())
    }

    /// Sends a request; what the server refuses is an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let sent = self.sent(request).await;
        let response = sent.map_err(|error| say::unreachable(self.url(), causes(&error)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        Err(refusal(status, &text).into())
    }

    /// Sends a request. One that does no harm is sent again where its answer was lost: the node behind a balancer was
    /// stopped, or a connection that was kept open was closed from the other side (RFC 9110, 9.2.2).
    async fn sent(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        let request = request.build()?;
        let harmless = request.method().is_safe() || request.headers().contains_key(ONCE);
        let mut waits = AGAIN_MS.iter().filter(|_| harmless);
        loop {
            // What streams its body cannot be sent again.
            let Some(again) = request.try_clone() else {
                return self.client.execute(request).await;
            };
            let (sent, wait) = (self.client.execute(again).await, waits.next());
            match wait.filter(|_| was_lost(&sent)) {
                Some(wait) => tokio::time::sleep(Duration::from_millis(*wait)).await,
                None => return sent,
            }
        }
    }

    /// Asks for something that is made once, however often the line breaks meanwhile: a run, mostly. Where a call
    /// whose answer was lost has made it, the server sends us there.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path).json(body).header(ONCE, new_id());
        Ok(self.read(self.send(request).await?).await?.value)
    }

    /// Calls the API.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.read(self.send(request).await?).await
    }

    /// The body of an answer, and its version.
    async fn read(&self, response: Response) -> Result<Answer, Failure> {
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let text = response.text().await;
        let text = text.map_err(|error| say::strange(self.url(), causes(&error)))?;
        if text.is_empty() {
            return Ok(Answer { value: Value::Null, tag });
        }
        let value = serde_json::from_str(&text);
        let value = value.map_err(|error| say::strange(self.url(), error))?;
        Ok(Answer { value, tag })
    }

    /// All entries of a list, page by page.
    pub(crate) async fn all(
        &self,
        path: &str,
        filters: &[(String, String)],
    ) -> Result<Vec<Value>, Failure> {
        let mut cursor: Option<String> = None;
        let mut items = Vec::new();
        loop {
            let mut request = self.request(Method::GET, path).query(filters);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let response = self.send(request).await?;
            let page: Value =
                response.json().await.map_err(|error| say::strange(self.url(), causes(&error)))?;
            if let Some(page) = page["items"].as_array() {
                items.extend(page.iter().cloned());
            }
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }
}

/// Whether nobody has answered a request that was sent, or a balancer that had no node for it.
fn was_lost(sent: &reqwest::Result<Response>) -> bool {
    match sent {
        Ok(response) => matches!(response.status().as_u16(), 502..=504),
        Err(error) => !error.is_connect() && !error.is_timeout() && !error.is_builder(),
    }
}

/// The most entries that a page of a list may have.
const PAGE: &str = "1000";

impl Server {
    /// The hosts of the register that a selector names.
    pub(crate) async fn hosts(&self, selector: &str) -> Result<Vec<Value>, Failure> {
        let filters = [("selector", selector), ("limit", PAGE)];
        let filters = filters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.all("/hosts", &filters).await
    }

    /// The hosts of a run.
    pub(crate) async fn hosts_of(&self, run: &str) -> Result<Vec<Value>, Failure> {
        let limit = [("limit".to_owned(), PAGE.to_owned())];
        self.all(&follow::path(run, "/hosts"), &limit).await
    }
}

/// What a server says when it refuses, in our words.
fn refusal(status: u16, text: &str) -> hep_core::message::Message {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let word = |key: &str| problem[key].as_str();
    let detail = word("detail").map_or_else(|| text.trim().to_owned(), str::to_owned);
    match (word("field"), word("hint")) {
        (Some(field), Some(hint)) => say::refused_field_hint(status, field, detail, hint),
        (Some(field), None) => say::refused_field(status, field, detail),
        (None, Some(hint)) => say::refused_hint(status, detail, hint),
        (None, None) => say::refused(status, detail),
    }
}

/// An error with its causes: the library's own texts leave them out.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
