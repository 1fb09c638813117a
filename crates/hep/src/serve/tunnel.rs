//! `/internal/tunnel`: a way to a host for another node. An HTTP/1.1 upgrade, then the bytes of the host's sshd.
//!
//! It is no call of the API: nobody but a node of the same database can make it. What goes through is SSH from end to
//! end, so TLS on the way hides little more than which host is meant.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hep_core::message::{api, verb};
use hep_engine::ops::{Engine, OpError};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::api::Problem;

/// Where it lies.
pub(super) const PATH: &str = "/internal/tunnel";
/// What is spoken after the upgrade.
pub(super) const PROTOCOL: &str = "hep-tunnel";
/// The header with what is wanted, and its proof.
pub(super) const WISH: HeaderName = HeaderName::from_static("hep-tunnel");

/// The one route.
pub(super) fn router(engine: Engine) -> Router {
    Router::new().route(PATH, get(open)).with_state(engine)
}

async fn open(State(engine): State<Engine>, mut request: Request) -> Response {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let wish = request.headers().get(WISH).and_then(|wish| wish.to_str().ok());
    let (Some(upgrade), Some(wish)) = (upgrade, wish) else {
        let message = api::no_such_call(request.method(), PATH);
        return Problem::new(StatusCode::NOT_FOUND, &message).into_response();
    };
    let Some(tunnels) = engine.tunnels() else {
        return Problem::from(OpError::Unavailable(verb::no_node())).into_response();
    };
    let tunnel = match tunnels.make(&engine, wish).await {
        Ok(tunnel) => tunnel,
        Err(error) => return Problem::from(error).into_response(),
    };
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => tunnel.carry(TokioIo::new(stream)).await,
            Err(error) => tracing::debug!(%error, "a node went before its tunnel was open"),
        }
    });
    let upgraded = [(CONNECTION, "upgrade"), (UPGRADE, PROTOCOL)];
    (StatusCode::SWITCHING_PROTOCOLS, upgraded).into_response()
}
