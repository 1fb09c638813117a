//! Asks other nodes for tunnels, as their servers answer: see `tunnel`.

use std::error::Error;
use std::io;
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
        let address = format!("{scheme}{}", address.trim_end_matches('/'));
        let request = self.client.get(format!("{address}{PATH}"));
        let request = request.header(CONNECTION, "upgrade").header(UPGRADE, PROTOCOL);
        let request = request.header(WISH, wish);
        let node = |error: reqwest::Error| NoWay::Node(causes(&error));
        async move {
            let answer = request.send().await.map_err(|error| unasked(&address, &error))?;
            if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                return Err(refusal(answer).await);
            }
            let stream = answer.upgrade().await.map_err(node)?;
            Ok(Box::new(stream) as BoxStream)
        }
        .boxed()
    }
}

/// Why a node could not be asked.
fn unasked(address: &str, error: &reqwest::Error) -> NoWay {
    NoWay::Node(match distrust(error) {
        Some(why) => say::node_distrusted(address, why).to_string(),
        None => causes(error),
    })
}

/// What is wrong with the certificate of who answered, where that is what went wrong.
fn distrust<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found @ rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return Some(found);
    }
    // What an I/O error carries is not among its sources.
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => distrust(carried),
        None => distrust(error.source()?),
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
