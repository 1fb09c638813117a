//! Asks other nodes for tunnels, as their servers answer: see `tunnel`.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use hep_core::message::{server as say, settings};
use hep_engine::server::way::{Carrier, NoWay};
use hep_engine::transport::dial::BoxStream;
use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, StatusCode};

use super::tunnel::{PATH, PROTOCOL, WISH};
use crate::cli::Failure;
use crate::client::causes;
use crate::settings::{Settings, table};

/// How long a node may take to accept a connection: it is near, or it is not up.
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes of a refusal that are read.
const REFUSAL: usize = 16 * 1024;

/// Speaks HTTP with other nodes.
pub(crate) struct Nodes {
    client: Client,
}

impl Nodes {
    /// As the settings say; nothing is sent yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        // Only the first of a process can; all mean the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // Only HTTP/1.1 has upgrades. A connection is used up by a tunnel.
        let mut builder = Client::builder().http1_only().pool_max_idle_per_host(0).no_proxy();
        builder = builder.redirect(Policy::none()).connect_timeout(CONNECT);
        let file = settings.text(&table::NODE_CA);
        let refused = |error: &dyn std::fmt::Display| settings::bad_certificate(file, error);
        if !file.is_empty() {
            let pem = std::fs::read(file).map_err(|error| refused(&error))?;
            let trusted = Certificate::from_pem_bundle(&pem).map_err(|error| refused(&error))?;
            builder = builder.tls_certs_merge(trusted);
        }
        let client = builder.build().map_err(|error| refused(&causes(&error)))?;
        Ok(Self { client })
    }
}

impl Carrier for Nodes {
    fn carry(&self, address: String, wish: String) -> BoxFuture<'static, Result<BoxStream, NoWay>> {
        let scheme = if address.contains("://") { "" } else { "http://" };
        let request = self.client.get(format!("{scheme}{}{PATH}", address.trim_end_matches('/')));
        let request = request.header(CONNECTION, "upgrade").header(UPGRADE, PROTOCOL);
        let request = request.header(WISH, wish);
        let node = |error: reqwest::Error| NoWay::Node(causes(&error));
        async move {
            let answer = request.send().await.map_err(node)?;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Err(refusal(answer).await);
            }
            let stream = answer.upgrade().await.map_err(node)?;
            Ok(Box::new(stream) as BoxStream)
        }
        .boxed()
    }
}

/// What a node says instead of a tunnel.
async fn refusal(mut answer: Response) -> NoWay {
    let status = answer.status();
    let mut body = Vec::new();
    while let (Ok(Some(piece)), true) = (answer.chunk().await, body.len() < REFUSAL) {
        body.extend_from_slice(&piece);
    }
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let why = match (said["detail"].as_str(), said["hint"].as_str()) {
        (Some(detail), Some(hint)) => format!("{detail}\nhint: {hint}"),
        (Some(detail), None) => detail.to_owned(),
        (None, _) => say::no_tunnel(status.as_u16()).to_string(),
    };
    match status {
        StatusCode::FAILED_DEPENDENCY => NoWay::Host(why),
        _ => NoWay::Node(why),
    }
}
