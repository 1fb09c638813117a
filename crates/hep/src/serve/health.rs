//! Whether the server lives, can work, and how it does.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use hep_engine::ops::Engine;

use super::Door;

#[derive(Clone)]
struct Parts {
    engine: Engine,
    door: Arc<Door>,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub(super) fn router(engine: Engine, door: Arc<Door>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Parts { engine, door })
}

/// Whether the database answers and takes what is written, and we are to stay.
async fn ready(State(parts): State<Parts>) -> (StatusCode, String) {
    if parts.door.leaving.is_so() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    match parts.engine.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn metrics(State(parts): State<Parts>) -> impl IntoResponse {
    let page = parts.door.meter.page(&parts.engine).await;
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], page)
}
