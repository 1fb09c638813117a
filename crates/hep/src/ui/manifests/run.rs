//! Running a manifest: first a look at what it would change, then the change itself, after asking.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::message::server;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::run::{self, RunInput};
use hep_engine::ops::run_secrets::SecretsInput;
use hep_engine::ops::{Engine, OpError, OpResult, host, manifest};
use hep_engine::server::subject::{ManifestSubject, Strategy, Subject};
use hep_engine::store::host_list::Filter;

use super::Manifests;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::{Form, Query};
use crate::ui::frame::{Frame, Section};
use crate::ui::kept::Kept;
use crate::ui::kept::field::{Field, Input, blame};
use crate::ui::kept::shown::{Piece, Table};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many hosts the question shows.
const SHOWN: u32 = 50;

/// The pages of it.
pub(super) fn pages() -> Pages {
    Pages::new().get("/manifests/{name}/run", show).post("/manifests/{name}/run", go)
}

#[derive(Template)]
#[template(path = "manifests/run.html")]
struct RunPage {
    frame: Frame,
    t: Words,
    action: String,
    back: String,
    fields: Vec<Field>,
    wrong: Option<Said>,
}

#[derive(Template)]
#[template(path = "manifests/apply.html")]
struct ApplyPage {
    frame: Frame,
    t: Words,
    name: String,
    action: String,
    back: String,
    selector: String,
    revision: String,
    table: Table,
    many: String,
}

fn must(visit: &Visit) -> OpResult<()> {
    match visit.may_somewhere(Verb::Run) {
        true => Ok(()),
        false => Err(OpError::Denied(server::denied(Verb::Run.word(), "manifests"))),
    }
}

fn frame(visit: &Visit, name: &str, title: String) -> Frame {
    let frame = visit.frame_in(Section::Manifests, title);
    frame.below(visit.t.manifests_title(), Manifests::root()).below(name, Manifests::address(name))
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    must(&visit)?;
    manifest::show(&engine, &visit.actor, &name).await?;
    Ok(reply::page(&page(&visit, &name, &query, None)))
}

fn page(visit: &Visit, name: &str, form: &Form, fault: Option<&Fault>) -> RunPage {
    let (t, address) = (visit.t, Manifests::address(name));
    let on = Field::line(form, "selector", t.grants_on()).required().code();
    let revision = Field::line(form, "revision", t.manifests_version()).code();
    let mut fields = vec![
        on.hint(t.jobs_on_hint("web*,@db,env=prod", "all")),
        revision.hint(t.manifests_newest()),
    ];
    let wrong =
        fault.and_then(|fault| blame(&mut fields, fault.field, visit.speech(&fault.message)));
    RunPage {
        frame: frame(visit, name, t.manifests_run_title(name)),
        t,
        action: format!("{address}/run"),
        back: address,
        fields,
        wrong,
    }
}

async fn go(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    must(&visit)?;
    let done = match form.word("mode").as_str() {
        "apply" => begin(&engine, &visit, &name, &form, false).await,
        "ask" => ask(&engine, &visit, &name, &form).await,
        _ => begin(&engine, &visit, &name, &form, true).await,
    };
    done.or_else(|error| {
        let fault = Fault::from(error);
        if !fault.is_for_the_form() {
            return Err(fault);
        }
        Ok(fault.noted(reply::page(&page(&visit, &name, &form, Some(&fault)))))
    })
}

/// Begins it: only looking, or changing.
async fn begin(
    engine: &Engine,
    visit: &Visit,
    name: &str,
    form: &Form,
    check: bool,
) -> OpResult<Response> {
    let subject = ManifestSubject {
        manifest: Some(name.to_owned()),
        revision: form.optional("revision"),
        check,
        diff: true,
        ..ManifestSubject::default()
    };
    let t = visit.t;
    let text = if check { t.manifests_checks(name) } else { t.manifests_applies(name) };
    let said = RunInput {
        subject: Subject::Manifest(subject),
        selector: form.word("selector"),
        strategy: Strategy::default(),
        description: text.clone(),
        secrets: SecretsInput::default(),
    };
    let run = run::create(engine, &visit.actor, said).await?;
    Ok(reply::go_and_say(visit, &format!("/ui/runs/{}", run.id), Flash::done(text)))
}

/// Names the hosts, and asks.
async fn ask(engine: &Engine, visit: &Visit, name: &str, form: &Form) -> OpResult<Response> {
    let (t, address, selector) = (visit.t, Manifests::address(name), form.word("selector"));
    if selector.is_empty() {
        let message = hep_core::message::api::bad_field("selector", t.manifests_which());
        return Err(OpError::invalid("selector", message));
    }
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let page =
        host::list(engine, &visit.actor, Filter::default(), Some(&selector), &paging).await?;
    let many = match page.next {
        None => t.manifests_many(page.items.len()),
        Some(_) => t.manifests_more_than(page.items.len()),
    };
    let href = format!("/ui/hosts?selector={}", reply::segment(&selector));
    let more = page.next.map(|_| (t.kept_show_all().to_owned(), href));
    Ok(reply::page(&ApplyPage {
        frame: frame(visit, name, t.manifests_apply_title(name)),
        t,
        name: name.to_owned(),
        action: format!("{address}/run"),
        back: format!("{address}/run?selector={}", reply::segment(&selector)),
        selector,
        revision: form.word("revision"),
        table: Table { more, ..crate::ui::groups::table(t, &page.items) },
        many,
    }))
}
