//! Asking for a run: anything that can be done on a selection of hosts. Before it goes the page says what will run on
//! which hosts; what nobody may see again is asked for there, so that it is in no page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::message::{Message, server};
use hep_core::rights::Verb;
use hep_engine::ops::run::{self, RunInput};
use hep_engine::ops::{Engine, OpError};
use hep_engine::server::subject::{Strategy, Subject};

use super::super::fault::Fault;
use super::super::flash::Flash;
use super::super::form::{Form, Query};
use super::super::frame::{Frame, Section};
use super::super::kept::MORE;
use super::super::kept::field::{Field, Input, Look, Part, blame, parts};
use super::super::kept::reader::{Reader, Wrong, blame_all};
use super::super::kept::shown::{Fact, Piece};
use super::super::reply;
use super::super::speech::Said;
use super::super::visit::{Member, Visit};
use super::super::words::Words;
use super::aimed::{self, Preview};
use super::{given, wake};
use crate::ui::ask::{self, Choices, Place};

/// What follows the selection and what is to be done to it.
const AIM: Look = Look { href: "/ui/run", part: "aim", with: "[name=kind],[name=selector]" };

#[derive(Template)]
#[template(path = "runs/new.html", blocks = ["aim"])]
struct NewPage {
    frame: Frame,
    t: Words,
    aim: Option<Preview>,
    fields: Vec<Field>,
    wrong: Option<Said>,
}

impl NewPage {
    /// The first field, which what it means stands below.
    fn selector(&self) -> Option<Field> {
        parts(&self.fields).into_iter().flat_map(|part| part.fields).next()
    }

    /// The others.
    fn parts(&self) -> Vec<Part> {
        let mut parts = parts(&self.fields);
        parts.iter_mut().take(1).for_each(|part| drop(part.fields.drain(..1)));
        parts
    }
}

#[derive(Template)]
#[template(path = "runs/check.html")]
struct CheckPage {
    frame: Frame,
    t: Words,
    what: &'static str,
    facts: Vec<Fact>,
    who: String,
    aim: Preview,
    strategy: Vec<String>,
    carried: Vec<(String, String)>,
    /// What nobody may see again.
    secrets: Vec<Field>,
    is_power: bool,
    /// Whether the selection means other hosts than when it was looked at.
    has_changed: bool,
    seen: String,
}

/// The form, filled in as the address says.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let page = page(&engine, &visit, &query).await?;
    Ok(reply::page_or(&visit, &page, &page.as_aim()))
}

async fn page(engine: &Engine, visit: &Visit, form: &Form) -> Result<NewPage, Fault> {
    let t = visit.t;
    if ask::offered(&visit.actor, Place::Now).iter().all(|kind| kind.right == Verb::View) {
        // Who may only look has pages for it.
        return Err(OpError::Denied(server::denied(Verb::Run.word(), "hosts")).into());
    }
    let choices = Choices::of(engine, &visit.actor, Place::Now).await?;
    Ok(NewPage {
        frame: visit.frame_in(Section::Runs, t.new_title()).below(t.nav_runs(), "/ui/runs"),
        t,
        aim: aimed::preview(engine, visit, form).await?,
        fields: fields(t, form, &choices),
        wrong: None,
    })
}

/// All fields: the hosts, what is done on them, what it is for, and what few need.
fn fields(t: Words, form: &Form, choices: &Choices) -> Vec<Field> {
    let hint = t.new_selector_hint("web*,@db,env=prod", "all");
    let selector = Field::line(form, "selector", t.hosts_filter()).code().required();
    let mut fields = vec![selector.hint(hint).look(AIM)];
    let mut what = ask::fields(t, form, choices, Place::Now);
    if let Some(kind) = what.first_mut() {
        kind.look = Some(AIM);
    }
    fields.extend(what);
    let description = Field::line(form, "description", t.new_description());
    fields.push(description.hint(t.new_description_hint()));
    fields.extend(ask::more_fields(t, form, Place::Now));
    fields.extend(ask::strategy_fields(t, form));
    fields
}

/// The form again, with all that is wrong at its field.
async fn again(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    wrong: Vec<Wrong>,
) -> Result<NewPage, Fault> {
    let mut page = page(engine, visit, form).await?;
    page.wrong = blame_all(visit, &mut page.fields, wrong);
    Ok(page)
}

async fn refused(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    wrong: Vec<Wrong>,
) -> Result<Response, Fault> {
    let mut response = reply::page(&again(engine, visit, form, wrong).await?);
    *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Says what will run on which hosts, before it goes.
pub(super) async fn check(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    if form.is_on(MORE) {
        return Ok(reply::page(&page(&engine, &visit, &form).await?));
    }
    let taken = match ask::with_file(&form) {
        Ok(taken) => taken,
        Err(wrong) => return refused(&engine, &visit, &form, vec![wrong]).await,
    };
    match checked(&engine, &visit, &taken, false).await? {
        Ok(page) => Ok(reply::page(&page)),
        Err(wrong) => refused(&engine, &visit, &taken, wrong).await,
    }
}

async fn checked(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    has_changed: bool,
) -> Result<Result<CheckPage, Vec<Wrong>>, Fault> {
    let strategy = match asked(form) {
        Ok(said) => said.strategy,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let wrong = |message| Ok(Err(vec![Wrong { field: "selector", message }]));
    let aim = match aimed::at(engine, visit, form).await {
        Ok(aim) => aim,
        Err(OpError::Invalid { message, .. } | OpError::Denied(message)) => return wrong(message),
        Err(error) => return Err(error.into()),
    };
    if !aim.is_allowed() {
        return wrong(not_allowed(form, &aim));
    }
    let t = visit.t;
    let choices = Choices::of(engine, &visit.actor, Place::Now).await?;
    let kind = ask::kind(&ask::chosen(form));
    Ok(Ok(CheckPage {
        frame: visit.frame_in(Section::Runs, t.check_title()).below(t.nav_runs(), "/ui/runs"),
        t,
        what: kind.map_or("", |kind| kind.title(t)),
        facts: ask::facts(t, form, &choices),
        who: ask::becomes(form).unwrap_or_default(),
        seen: aimed::fingerprint(&aim),
        aim: aimed::shown(&aim),
        strategy: ask::strategy_words(t, &strategy),
        carried: carried(form),
        secrets: given::fields(t, form),
        is_power: kind.is_some_and(ask::Kind::interrupts),
        has_changed,
    }))
}

/// Why a selection is not taken.
fn not_allowed(form: &Form, aim: &hep_engine::ops::aim::Aim) -> Message {
    let selector = form.word("selector");
    match aim.refused.first() {
        Some(host) => hep_core::message::run::denied_host(aimed::right(form).word(), host),
        None if aim.unseen > 0 => server::denied(aimed::right(form).word(), selector),
        None => hep_core::message::run::no_host(selector),
    }
}

/// What goes on with the form; what was looked at before is looked at anew.
fn carried(form: &Form) -> Vec<(String, String)> {
    let fields = form.carried().into_iter();
    let is_kept = |name: &str| name != "seen" && !given::is_secret(name);
    fields.filter(|(name, text)| is_kept(name) && !text.is_empty()).collect()
}

/// The form once more, as it was.
pub(super) async fn back(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    Ok(reply::page(&page(&engine, &visit, &form).await?))
}

/// Makes the run; where the selection means other hosts by now it is shown again.
pub(super) async fn go(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let said = match asked(&form) {
        Ok(said) => said,
        Err(wrong) => return refused(&engine, &visit, &form, wrong).await,
    };
    let seen = aimed::at(&engine, &visit, &form).await?;
    if aimed::fingerprint(&seen) != form.word("seen") {
        return match checked(&engine, &visit, &form, true).await? {
            Ok(page) => Ok(reply::page(&page)),
            Err(wrong) => refused(&engine, &visit, &form, wrong).await,
        };
    }
    let done = match said.subject {
        None => wake::begin(&engine, &visit, &form).await,
        Some(subject) => begin(&engine, &visit, &form, (subject, said.strategy)).await,
    };
    let error = match done {
        Ok(response) => return Ok(response),
        Err(error) => error,
    };
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    let mut page = page(&engine, &visit, &form).await?;
    let at = ask::field_of(&ask::chosen(&form), fault.field, &fault.message);
    page.wrong = blame(&mut page.fields, at, visit.speech(&fault.message));
    Ok(fault.noted(reply::page(&page)))
}

async fn begin(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    (subject, strategy): (Subject, Strategy),
) -> Result<Response, OpError> {
    let secrets = given::said(form);
    let (selector, description) = (form.word("selector"), form.word("description"));
    let said = RunInput { subject, selector, strategy, description, secrets };
    let run = run::create(engine, &visit.actor, said).await?;
    let to = format!("/ui/runs/{}", run.id);
    Ok(reply::go_and_say(visit, &to, Flash::done(visit.t.new_done(run.hosts))))
}

/// What a form asks for.
struct Asked {
    /// What is run; nothing where hosts are woken, which is no run.
    subject: Option<Subject>,
    strategy: Strategy,
}

fn asked(form: &Form) -> Result<Asked, Vec<Wrong>> {
    let reader = Reader::of(form);
    reader.required("selector");
    let subject = match ask::chosen(form) == ask::WAKE {
        true => {
            wake::said(&reader);
            None
        }
        false => ask::said(&reader),
    };
    let strategy = ask::strategy_said(&reader);
    reader.finish(Asked { subject, strategy })
}
