//! The output of a run as it came: plain text, to read or to keep.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hep_engine::ops::{Engine, run};

use super::super::fault::Fault;
use super::super::form::Query;
use super::super::reply;
use super::super::visit::Member;
use crate::api;

/// The text, of one host or of all; with `keep` as a file.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(id): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    run::show(&engine, &visit.actor, &id).await?;
    let host = query.optional("host");
    let of = host.as_deref().map(|host| format!("-{}", reply::segment(host))).unwrap_or_default();
    let way = if query.is_on("keep") { "attachment" } else { "inline" };
    let headers = [
        // No browser takes it for a page.
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("{way}; filename=\"run-{}{of}.txt\"", reply::segment(&id)),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = api::run_text(engine, visit.actor.clone(), id, host);
    Ok((headers, body).into_response())
}
