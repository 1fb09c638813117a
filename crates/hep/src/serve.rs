//! The server: listens, answers, and ends when it is told to.

use std::future::Future;
use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use hep_engine::ops::Engine;
use tokio::net::TcpListener;

use crate::api;

/// The header with which a request is named, by us or by a proxy that we trust.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Serves until `stop` is ready, then ends what is being answered.
pub(crate) async fn serve(
    listener: TcpListener,
    engine: Engine,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = api::router(engine).layer(middleware::from_fn(name_request));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}

/// Gives every request an id, which its answer, the audit log and our own log carry.
async fn name_request(request: Request, next: Next) -> Response {
    let id = hep_engine::store::new_id();
    let mut response = api::REQUEST.scope(id.clone(), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
