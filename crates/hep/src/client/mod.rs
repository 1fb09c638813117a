//! The command line as a client: talks to a server's API.

pub(crate) mod assign;
pub(crate) mod context;
pub(crate) mod follow;
pub(crate) mod noun;
pub(crate) mod replay;
pub(crate) mod show;
pub(crate) mod status;

use std::time::Duration;

use hep_core::message::client as say;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::Value;

use self::context::Context;
use crate::cli::Failure;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(90);

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
        let sent = request.send().await;
        let response = sent.map_err(|error| say::unreachable(self.url(), causes(&error)))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        Err(refusal(status, &text).into())
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
        let response = self.send(request).await?;
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
        (Some(field), hint) => {
            say::refused_field(status, field, detail, hint.unwrap_or("see `/api/docs`"))
        }
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
