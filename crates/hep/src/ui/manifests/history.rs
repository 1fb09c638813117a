//! The versions of a manifest: all of them, one of them, and what differs between two.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_engine::ops::manifest::{self, Manifest};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpError};
use hep_engine::store::manifests::Revision;

use super::Manifests;
use crate::terminal::visible;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::{Form, Query};
use crate::ui::frame::{Frame, Section};
use crate::ui::kept::Kept;
use crate::ui::kept::field::{Field, Input};
use crate::ui::kept::shown::{self, Action, Fact, Piece, Row, Table};
use crate::ui::moment::Moment;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
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
        .get("/manifests/{name}/revisions/{number}/restore", ask)
        .post("/manifests/{name}/revisions/{number}/restore", restore)
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
    actions: Vec<Action>,
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
    let address = Manifests::address(&name);
    let diff = format!("{address}/diff?from={number}&to={}", found.newest);
    let mut actions = Vec::new();
    if number != found.newest {
        actions.push(Action::link(t.manifests_differs_newest(), diff));
        if Manifests::may_write(&visit.actor) {
            let href = format!("{address}/revisions/{number}/restore");
            actions.insert(0, Action::main(t.manifests_restore(), href));
        }
    }
    Ok(reply::page(&RevisionPage { frame, t, actions, facts }))
}

#[derive(Template)]
#[template(path = "manifests/restore.html")]
struct RestorePage {
    frame: Frame,
    t: Words,
    action: String,
    back: String,
    version: i64,
    number: i64,
    wrong: Option<Said>,
    is_stale: bool,
    lines: Vec<Line>,
}

/// What would change, and whether it shall.
async fn restore_page(
    engine: &Engine,
    visit: &Visit,
    (name, number): (&str, i64),
) -> Result<RestorePage, Fault> {
    Manifests::must_write(&visit.actor)?;
    let now = manifest::show(engine, &visit.actor, name).await?;
    let asked = (Some(now.newest), Some(number));
    let found = manifest::difference(engine, &visit.actor, name, asked).await?;
    let address = Manifests::address(name);
    let back = format!("{address}/revisions/{number}");
    Ok(RestorePage {
        frame: frame(visit, name, &visit.t.manifests_restore_title(name, number)),
        t: visit.t,
        action: format!("{back}/restore"),
        back,
        version: now.version,
        number: now.newest + 1,
        wrong: None,
        is_stale: false,
        lines: found.diff.lines().map(line).collect(),
    })
}

async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, number)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let number = number.parse().unwrap_or_default();
    Ok(reply::page(&restore_page(&engine, &visit, (&name, number)).await?))
}

/// Makes the files of a version those of a new one.
async fn restore(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let number: i64 = number.parse().unwrap_or_default();
    let version = form.word("version").parse().ok();
    let message = visit.t.manifests_restored_message(number);
    let restored =
        manifest::restore(&engine, &visit.actor, &name, version, (number, message)).await;
    let error = match restored {
        Ok(made) => {
            let text = visit.t.manifests_restored(number, made.newest);
            return Ok(reply::go_and_say(&visit, &Manifests::address(&name), Flash::done(text)));
        }
        Err(error) => error,
    };
    let is_stale = matches!(error, OpError::Stale(_));
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    // What it would change by now is shown, and the button then means that.
    let mut page = restore_page(&engine, &visit, (&name, number)).await?;
    page.wrong = Some(visit.speech(&fault.message));
    page.is_stale = is_stale;
    Ok(fault.noted(reply::page(&page)))
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
    let chosen =
        query.over(&Form::of([("from", found.from.to_string()), ("to", found.to.to_string())]));
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
