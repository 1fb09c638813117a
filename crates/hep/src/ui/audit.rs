//! The audit log: who did what, and what was denied or failed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Engine, OpError, OpResult, audit};
use hep_engine::store::audit::{Entry, Filter};
use hep_engine::store::now_ms;

use super::badge::Badge;
use super::fault::Fault;
use super::form::{Form, Query};
use super::frame::{Frame, Section};
use super::kept::field::{Field, Input, blame};
use super::kept::shown::{self, Cell, Piece, Row, Table};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::views::Beside;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::terminal::visible;

/// How many lines a page has.
const LENGTH: u32 = 50;
/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;
/// Since when, in hours.
const SINCE: [i64; 4] = [1, 24, 24 * 7, 24 * 30];
/// The kinds of objects that can be asked for.
const KINDS: [&str; 15] = [
    "host",
    "host_key",
    "group",
    "partition",
    "credential",
    "job",
    "manifest",
    "repository",
    "run",
    "user",
    "team",
    "role",
    "token",
    "session",
    "view",
];
/// What a view keeps of the list.
const KEPT: [&str; 6] = ["actor", "verb", "object_kind", "object", "outcome", "since"];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/audit", show)
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListPage {
    frame: Frame,
    t: Words,
    fields: Vec<Field>,
    wrong: Option<Said>,
    is_filtered: bool,
    table: Table,
    next: Option<String>,
    first: Option<String>,
    export: String,
    views: Beside,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let found = find(&engine, &visit, &query).await;
    let (page, fault) = match found {
        Ok(page) => (page, None),
        Err(error @ OpError::Invalid { .. }) => {
            (Page { items: Vec::new(), next: None }, Some(Fault::from(error)))
        }
        Err(error) => return Err(error.into()),
    };
    let t = visit.t;
    let mut fields = fields(t, &query);
    let wrong = fault
        .as_ref()
        .and_then(|fault| blame(&mut fields, fault.field, visit.speech(&fault.message)));
    let address = |cursor: &str| format!("/ui/audit?{}", query.with(&[("cursor", cursor)]));
    let list = ListPage {
        frame: visit.frame_in(Section::Audit, t.audit_title()),
        t,
        is_filtered: fields.iter().any(|field| query.is_on(&field.name)),
        fields,
        wrong,
        table: table(t, &page.items),
        next: page.next.map(|next| address(&next)),
        first: query.optional("cursor").map(|_| address("")),
        export: export(&query),
        views: Beside::of(&engine, &visit, "audit", (&query, &KEPT)).await?,
    };
    let response = reply::page(&list);
    Ok(match fault {
        Some(fault) => fault.noted(response),
        None => response,
    })
}

fn since_ms(query: &Form) -> Option<i64> {
    let hours: i64 = query.word("since").parse().ok()?;
    Some(now_ms().saturating_sub(hours.saturating_mul(HOUR_MS)))
}

async fn find(engine: &Engine, visit: &Visit, query: &Form) -> OpResult<Page<Entry>> {
    let filter = Filter {
        actor: query.optional("actor"),
        verb: query.optional("verb"),
        object_kind: query.optional("object_kind"),
        object: query.optional("object"),
        outcome: audit::outcome(query.optional("outcome"))?,
        from_ms: since_ms(query),
        to_ms: None,
    };
    let paging = Paging { limit: Some(LENGTH), cursor: query.optional("cursor") };
    audit::list(engine, &visit.actor, &filter, &paging).await
}

/// Where the same lines are for programs, one JSON object a line.
fn export(query: &Form) -> String {
    let from = since_ms(query).map(|from| from.to_string()).unwrap_or_default();
    let other = [("since", ""), ("cursor", ""), ("from_ms", &from), ("format", "json")];
    format!("/api/v1/audit/export?{}", query.with(&other))
}

fn fields(t: Words, query: &Form) -> Vec<Field> {
    let any = ("", t.kept_any());
    let outcomes =
        [any, ("done", t.audit_done()), ("denied", t.audit_denied()), ("failed", t.audit_failed())];
    let since = SINCE.map(|hours| (hours.to_string(), t.audit_hours(hours)));
    let since = std::iter::once((String::new(), t.audit_ever().to_owned())).chain(since);
    let kinds = KINDS.map(|kind| (kind, t.audit_kind(kind)));
    let kinds = std::iter::once(any).chain(kinds);
    vec![
        Field::line(query, "actor", t.audit_who()),
        Field::line(query, "verb", t.audit_what())
            .code()
            .hint(t.audit_what_hint("host.", "run.create")),
        Field::one(query, "object_kind", t.audit_object_kind(), kinds),
        Field::line(query, "object", t.audit_object()),
        Field::one(query, "outcome", t.audit_outcome(), outcomes),
        Field::one(query, "since", t.audit_since(), since),
    ]
}

fn table(t: Words, entries: &[Entry]) -> Table {
    let heads = [
        t.run_when(),
        t.audit_who(),
        t.audit_what(),
        t.audit_object(),
        t.audit_outcome(),
        t.details(),
    ];
    Table {
        title: t.audit_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: entries.iter().map(|entry| row(t, entry)).collect(),
        ..Table::default()
    }
}

fn row(t: Words, entry: &Entry) -> Row {
    let who = if entry.actor_name.is_empty() { t.kept_nobody() } else { &entry.actor_name };
    Row {
        head: Piece::Moment(Some(Moment::at(t, entry.at_ms))),
        cells: vec![
            vec![Piece::text(who), Piece::Code(visible::text(&entry.address).into_owned())]
                .into_iter()
                .filter(|piece| *piece != Piece::Code(String::new()))
                .collect(),
            shown::code(&entry.verb),
            object(entry),
            vec![Piece::Badge(Badge::of_outcome(t, &entry.outcome))],
            detail(entry),
        ],
    }
}

/// What it was done to; a link where that has a page.
fn object(entry: &Entry) -> Cell {
    let path = match entry.object_kind.as_str() {
        "host" => "hosts",
        "group" => "groups",
        "partition" => "partitions",
        "credential" => "credentials",
        "job" => "jobs",
        "manifest" => "manifests",
        "repository" => "repositories",
        "user" => "users",
        "team" => "teams",
        "role" => "roles",
        _ => return shown::text(&entry.object_name),
    };
    // What was removed has no page any more.
    match entry.verb.ends_with(".delete") || entry.object_name.is_empty() {
        true => shown::text(&entry.object_name),
        false => vec![Piece::link(path, &entry.object_name)],
    }
}

fn detail(entry: &Entry) -> Cell {
    let detail = entry.detail.as_ref().map(ToString::to_string).unwrap_or_default();
    shown::code(&detail)
}

impl Badge {
    /// What came of something.
    fn of_outcome(t: Words, outcome: &str) -> Self {
        match outcome {
            "done" => Self::good(t.audit_done()),
            "denied" => Self::odd(t.audit_denied()),
            _ => Self::bad(t.audit_failed()),
        }
    }
}

impl Words {
    /// A kind of object.
    fn audit_kind(self, kind: &str) -> &'static str {
        match kind {
            "host" => self.hosts_title(),
            "host_key" => self.audit_host_keys(),
            "group" => self.groups_title(),
            "partition" => self.partitions_title(),
            "credential" => self.credentials_title(),
            "job" => self.jobs_title(),
            "manifest" => self.manifests_title(),
            "repository" => self.repositories_title(),
            "run" => self.audit_runs(),
            "user" => self.users_title(),
            "team" => self.teams_title(),
            "role" => self.roles_title(),
            "token" => self.tokens_title(),
            "view" => self.views_title(),
            _ => self.sessions_title(),
        }
    }
}
