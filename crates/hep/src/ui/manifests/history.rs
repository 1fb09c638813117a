//! The versions of a manifest: all of them, one of them, and what differs between two.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_engine::ops::Engine;
use hep_engine::ops::manifest::{self, Manifest};
use hep_engine::ops::page::Paging;
use hep_engine::store::manifests::Revision;

use super::Manifests;
use crate::terminal::visible;
use crate::ui::fault::Fault;
use crate::ui::form::Query;
use crate::ui::frame::{Frame, Section};
use crate::ui::kept::Kept;
use crate::ui::kept::field::{Field, Input};
use crate::ui::kept::shown::{self, Fact, Piece, Row, Table};
use crate::ui::moment::Moment;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many versions a page has.
const LENGTH: u32 = 50;

/// The pages of it.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/manifests/{name}/revisions", list)
        .get("/manifests/{name}/revisions/{number}", show)
        .get("/manifests/{name}/diff", diff)
}

/// The files of a version.
pub(super) fn files(manifest: &Manifest) -> Vec<Fact> {
    let said = &manifest.said;
    let text = |(path, text): (&String, &String)| {
        let shown = text.lines().map(visible::text).collect::<Vec<_>>().join("\n");
        Fact::new(path, vec![Piece::Block(shown)])
    };
    let other = |path: &String| {
        let size = manifest.marks.get(path).map(|mark| format!("{} B", mark.size));
        Fact::new(path, shown::text(&size.unwrap_or_default()))
    };
    said.files.iter().map(text).chain(said.base64.keys().map(other)).collect()
}

fn frame(visit: &Visit, name: &str, title: &str) -> Frame {
    let frame = visit.frame_in(Section::Manifests, title);
    frame.below(visit.t.manifests_title(), Manifests::root()).below(name, Manifests::address(name))
}

/// Versions in a table.
pub(super) fn table(t: Words, name: &str, revisions: &[Revision]) -> Table {
    let address = Manifests::address(name);
    let row = |revision: &Revision| {
        let number = revision.number;
        let diff = format!("{address}/diff?to={number}");
        let (when, by) = (revision.created.at_ms, t.kept_by(&revision.created.by));
        Row {
            head: Piece::Link(number.to_string(), format!("{address}/revisions/{number}")),
            cells: vec![
                shown::text(&revision.message),
                vec![Piece::Moment(Some(Moment::at(t, when))), Piece::text(&by)],
                vec![Piece::Link(t.manifests_differs().to_owned(), diff)],
            ],
        }
    };
    let heads =
        [t.manifests_version(), t.manifests_message(), t.run_when(), t.manifests_difference()];
    Table {
        title: t.manifests_versions().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: revisions.iter().map(row).collect(),
        ..Table::default()
    }
}

#[derive(Template)]
#[template(path = "manifests/revisions.html")]
struct ListPage {
    frame: Frame,
    t: Words,
    table: Table,
    next: Option<String>,
    first: Option<String>,
}

async fn list(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let paging = Paging { limit: Some(LENGTH), cursor: query.optional("cursor") };
    let page = manifest::history(&engine, &visit.actor, &name, &paging).await?;
    let address = |cursor: &str| {
        format!("{}/revisions?{}", Manifests::address(&name), query.with(&[("cursor", cursor)]))
    };
    Ok(reply::page(&ListPage {
        frame: frame(&visit, &name, visit.t.manifests_versions()),
        t: visit.t,
        table: table(visit.t, &name, &page.items),
        next: page.next.map(|next| address(&next)),
        first: query.optional("cursor").map(|_| address("")),
    }))
}

#[derive(Template)]
#[template(path = "manifests/revision.html")]
struct RevisionPage {
    frame: Frame,
    t: Words,
    facts: Vec<Fact>,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, number)): Path<(String, String)>,
) -> Result<Response, Fault> {
    // What is no number is no version.
    let number = number.parse().unwrap_or_default();
    let found = manifest::show_revision(&engine, &visit.actor, &name, number).await?;
    let t = visit.t;
    let mut facts = vec![
        Fact::new(t.manifests_message(), shown::text(&found.said.message)),
        Fact::new(t.jobs_entry(), shown::code(&found.said.entry)),
    ];
    facts.extend(files(&found));
    facts.extend(shown::stamps(t, &found.modified, None));
    let frame = frame(&visit, &name, &t.manifests_version_title(&name, number));
    Ok(reply::page(&RevisionPage { frame, t, facts }))
}

/// A line of a difference.
struct Line {
    text: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "manifests/diff.html")]
struct DiffPage {
    frame: Frame,
    t: Words,
    action: String,
    fields: Vec<Field>,
    facts: Vec<Fact>,
    lines: Vec<Line>,
}

async fn diff(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let number = |field: &str| query.word(field).parse::<i64>().ok();
    let asked = (number("from"), number("to"));
    let found = manifest::difference(&engine, &visit.actor, &name, asked).await?;
    let t = visit.t;
    let chosen = query.over(&crate::ui::form::Form::of([
        ("from", found.from.to_string()),
        ("to", found.to.to_string()),
    ]));
    let field = |name, label| Field::of_type(&chosen, name, label, "number");
    let changes = [
        (t.manifests_added(), &found.added),
        (t.manifests_removed(), &found.removed),
        (t.manifests_changed(), &found.changed),
    ];
    let some = changes.into_iter().filter(|(_, paths)| !paths.is_empty());
    let piece = |path: &String| Piece::Code(path.clone());
    let title = t.manifests_diff_title(&name, found.from, found.to);
    Ok(reply::page(&DiffPage {
        frame: frame(&visit, &name, &title),
        t,
        action: format!("{}/diff", Manifests::address(&name)),
        fields: vec![field("from", t.manifests_from()), field("to", t.manifests_to())],
        facts: some
            .map(|(label, paths)| Fact::new(label, paths.iter().map(piece).collect()))
            .collect(),
        lines: found.diff.lines().map(line).collect(),
    }))
}

fn line(text: &str) -> Line {
    let class = match text.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => "hep-diff-head",
        [b'@', ..] => "hep-diff-place",
        [b'+', ..] => "hep-diff-added",
        [b'-', ..] => "hep-diff-removed",
        _ => "",
    };
    Line { text: visible::text(text).into_owned(), class }
}
