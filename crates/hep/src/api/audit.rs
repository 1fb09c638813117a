//! `/audit`: who did what.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hep_engine::ops::audit::{self, EXPORT_MOST, Format};
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, OpResult};
use hep_engine::store::audit::{Entry, Filter};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Query;
use super::answer::Answer;
use super::caller::Caller;
use super::problem::Problem;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export))
}

/// Which lines.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this user and of their tokens, or of this token (`USER/TOKEN`).
    actor: Option<String>,
    /// Only those of this verb, as `host.create`; `host.` means all of a host's.
    verb: Option<String>,
    /// Only those about objects of this kind.
    object_kind: Option<String>,
    /// Only those about the object of this name or id.
    object: Option<String>,
    /// Only those with this outcome: `done`, `denied` or `failed`.
    outcome: Option<String>,
    /// Only those from then on, in milliseconds since 1970.
    from_ms: Option<i64>,
    /// Only those before then, in milliseconds since 1970.
    to_ms: Option<i64>,
    /// How many at most: 1 to 1000, usually 100; of an export up to 10000, which is usual.
    limit: Option<u32>,
    /// The `next` of the page before; of an export what `X-Next-Cursor` said.
    cursor: Option<String>,
    /// Of an export: `json`, an object a line, or `syslog`, as RFC 5424 has it.
    #[param(inline)]
    format: Option<Format>,
}

impl Which {
    fn filter(&self) -> OpResult<Filter> {
        Ok(Filter {
            actor: self.actor.clone(),
            verb: self.verb.clone(),
            object_kind: self.object_kind.clone(),
            object: self.object.clone(),
            outcome: audit::outcome(self.outcome.clone())?,
            from_ms: self.from_ms,
            to_ms: self.to_ms,
        })
    }
}

/// A page of the log, the newest line first.
#[utoipa::path(get, path = "/audit", operation_id = "audit_list", params(Which),
    responses((status = 200, body = Page<Entry>)))]
async fn list(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Answer<Page<Entry>>, Problem> {
    let filter = which.filter()?;
    let paging = Paging { limit: which.limit, cursor: which.cursor };
    Ok(Answer::ok(audit::list(&engine, &actor, &filter, &paging).await?))
}

/// A part of the log, the oldest line first. Where there may be more, `X-Next-Cursor` is the `cursor` of the next part.
#[utoipa::path(get, path = "/audit/export", operation_id = "audit_export", params(Which),
    responses((status = 200, content(
        (String = "application/x-ndjson"), (String = "text/plain")))))]
async fn export(
    State(engine): State<Engine>,
    Caller(actor): Caller,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (filter, format) = (which.filter()?, which.format.unwrap_or_default());
    let limit = which.limit.unwrap_or(EXPORT_MOST);
    let after = which.cursor.as_deref();
    let part = audit::export(&engine, &actor, &filter, format, after, limit).await?;
    let kind = match format {
        Format::Json => "application/x-ndjson",
        Format::Syslog => "text/plain; charset=utf-8",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(next) = part.next.and_then(|next| HeaderValue::from_str(&next).ok()) {
        headers.insert("x-next-cursor", next);
    }
    Ok((headers, part.text).into_response())
}
