//! What happens to every request, whatever it asks for: it is named, admitted, timed, counted and logged.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{self, AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hep_core::message::{Message, server as say};
use tracing::{Instrument as _, debug, info, info_span};

use super::{Door, tunnel};
use crate::api::{self, Problem};
use crate::ui;

/// The header with which an answer is named.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What balancers ask for.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Lets a request in, or says why not.
pub(super) async fn admit(
    State(door): State<Arc<Door>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = hep_engine::store::new_id();
    let mut origin = door.trusted.origin(peer, request.headers());
    origin.is_secure |= door.is_secure;
    request.extensions_mut().insert(origin);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let credential = credential(request.headers());
    let streams = path.ends_with("/events");
    // Who asked for a page gets a page, whatever comes of it.
    let (parts, body) = request.into_parts();
    let reader = ui::Reader::of(&parts);
    let request = Request::from_parts(parts, body);
    // HTTP/2 has words of its own for it.
    let keeps = request.version() >= Version::HTTP_2;
    let span = info_span!("request", id = %id, %method, %path);
    let work = async {
        // Nodes ask for as many tunnels at once as there are hosts; who cannot prove to be one is a stranger, below.
        let is_node = path == tunnel::PATH;
        if !is_node && !door.rates.admits(credential.as_deref(), origin.address) {
            return too_many(reader.as_ref());
        }
        let answer = next.run(request);
        if streams {
            return answer.await;
        }
        match tokio::time::timeout(door.time, answer).await {
            Ok(response) if is_node && is_refusal(response.status()) => {
                match door.rates.admits(None, origin.address) {
                    true => response,
                    false => too_many(None),
                }
            }
            Ok(response) => match &reader {
                Some(reader) if response.extensions().get::<Panicked>().is_some() => {
                    let message = say::internal(api::current_request());
                    reader.told(StatusCode::INTERNAL_SERVER_ERROR, message)
                }
                _ => response,
            },
            Err(_) => {
                let message = say::too_slow(door.time.as_secs());
                refused(reader.as_ref(), StatusCode::SERVICE_UNAVAILABLE, message)
            }
        }
    };
    let mut response = api::REQUEST.scope(id.clone(), work.instrument(span.clone())).await;
    let (status, took) = (response.status(), begun.elapsed());
    let (code, micros, from) = (status.as_u16(), took.as_micros(), origin.address);
    // Balancers ask every second how we are: that it is well is no news.
    let is_news = !(PROBES.contains(&path.as_str()) && status.is_success());
    span.in_scope(|| match is_news {
        true => info!(status = code, micros, %from, "answered"),
        false => debug!(status = code, micros, %from, "answered"),
    });
    door.meter.answered(method.as_str(), route.as_deref().unwrap_or("none"), status, took);
    harden(response.headers_mut(), &id);
    if door.leaving.is_so() && !keeps {
        set(response.headers_mut(), header::CONNECTION, "close");
    }
    response
}

/// What is answered is data: no browser may take it for anything else, or frame it.
fn harden(headers: &mut HeaderMap, id: &str) {
    set(headers, REQUEST_ID, id);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::X_FRAME_OPTIONS, "DENY");
    set(headers, header::REFERRER_POLICY, "no-referrer");
}

/// Whether a wish for a tunnel was refused for what it was, and not for the host.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::FAILED_DEPENDENCY
}

fn too_many(reader: Option<&ui::Reader>) -> Response {
    let refused = refused(reader, StatusCode::TOO_MANY_REQUESTS, say::too_many());
    ([(header::RETRY_AFTER, "60")], refused).into_response()
}

/// What is said by ourselves: as a page to who reads one, else as a problem.
fn refused(reader: Option<&ui::Reader>, status: StatusCode, message: Message) -> Response {
    match reader {
        Some(reader) => reader.told(status, message),
        None => Problem::new(status, &message).into_response(),
    }
}

/// That an answer is one to a panic.
#[derive(Clone, Copy)]
struct Panicked;

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.entry(name).or_insert(value);
    }
}

/// What tells apart those who have signed in; whether it is valid is found out later.
fn credential(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION).or_else(|| headers.get(COOKIE))?;
    value.to_str().ok().map(str::to_owned)
}

/// The answer when our own code failed.
#[expect(clippy::needless_pass_by_value, reason = "the layer's own form")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    let id = api::current_request();
    tracing::error!(request = %id, "a request made us fail: {text}");
    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, &say::internal(id));
    (Extension(Panicked), problem).into_response()
}
