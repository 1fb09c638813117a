//! Starting a job: its parameters as a form, the hosts that it will run on, and then its run.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::message::server;
use hep_core::parameter::{Kind, Parameter, shown as text_of};
use hep_core::rights::Verb;
use hep_engine::ops::job::{self, StartInput};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpError, OpResult, host};
use hep_engine::store::host_list::Filter;
use hep_engine::store::jobs::Job;
use serde_json::{Map, Value, json};

use super::Jobs;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::{Frame, Section};
use crate::ui::kept::Kept;
use crate::ui::kept::field::{Field, Input, Part, blame, parts};
use crate::ui::kept::shown::{Piece, Table};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many of its hosts are shown.
const SHOWN: u32 = 20;

/// The pages of it.
pub(super) fn pages() -> Pages {
    Pages::new().get("/jobs/{name}/start", show).post("/jobs/{name}/start", start)
}

/// Whether somebody may start jobs somewhere.
pub(super) fn may(visit: &Visit) -> bool {
    visit.may_somewhere(Verb::RunJobs) || visit.may_somewhere(Verb::Run)
}

#[derive(Template)]
#[template(path = "jobs/start.html")]
struct StartPage {
    frame: Frame,
    t: Words,
    name: String,
    description: String,
    action: String,
    back: String,
    fields: Vec<Field>,
    wrong: Option<Said>,
    selector: String,
    hosts: Option<Table>,
    is_approved: bool,
}

impl StartPage {
    fn parts(&self) -> Vec<Part> {
        parts(&self.fields)
    }
}

fn must(visit: &Visit) -> OpResult<()> {
    match may(visit) {
        true => Ok(()),
        false => Err(OpError::Denied(server::denied(Verb::RunJobs.word(), "jobs"))),
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    must(&visit)?;
    let job = job::show(&engine, &visit.actor, &name).await?;
    let form = filled(&job.said.parameters);
    Ok(reply::page(&page(&engine, &visit, &job, &form, None).await?))
}

async fn page(
    engine: &Engine,
    visit: &Visit,
    job: &Job,
    form: &Form,
    fault: Option<&Fault>,
) -> Result<StartPage, Fault> {
    let (t, name) = (visit.t, &job.said.name);
    let address = Jobs::address(name);
    let frame = visit.frame_in(Section::Jobs, t.jobs_start_title(name));
    let mut fields = fields(t, form, &job.said.parameters);
    let wrong = fault.and_then(|fault| {
        let at = fault.message.arg("name").filter(|_| fault.field == Some("parameters"));
        let at = at.map(field).or_else(|| fault.field.map(str::to_owned));
        blame(&mut fields, at.as_deref(), visit.speech(&fault.message))
    });
    Ok(StartPage {
        frame: frame.below(t.jobs_title(), Jobs::root()).below(name, &*address),
        t,
        name: name.clone(),
        description: job.said.description.clone(),
        action: format!("{address}/start"),
        back: address,
        fields,
        wrong,
        selector: job.said.selector.clone(),
        hosts: hosts(engine, visit, job).await?,
        is_approved: job.said.strategy.approval,
    })
}

/// The first of its hosts, for whoever may see hosts.
async fn hosts(engine: &Engine, visit: &Visit, job: &Job) -> OpResult<Option<Table>> {
    if !visit.may_somewhere(Verb::View) {
        return Ok(None);
    }
    let paging = Paging { limit: Some(SHOWN), cursor: None };
    let selector = Some(job.said.selector.as_str());
    match host::list(engine, &visit.actor, Filter::default(), selector, &paging).await {
        Ok(page) => {
            let href = format!("/ui/hosts?selector={}", reply::segment(&job.said.selector));
            let more = page.next.map(|_| (visit.t.kept_show_all().to_owned(), href));
            let table = crate::ui::groups::table(visit.t, &page.items);
            Ok(Some(Table { more, empty: visit.t.jobs_no_hosts().to_owned(), ..table }))
        }
        // A selector that names what is gone is said when it is started.
        Err(OpError::Invalid { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The field of a parameter.
fn field(name: &str) -> String {
    format!("value_{name}")
}

fn filled(parameters: &[Parameter]) -> Form {
    let plain = parameters.iter().filter(|one| one.kind != Kind::Secret);
    Form::of(plain.filter_map(|one| Some((field(&one.name), text_of(one.default.as_ref()?)))))
}

fn fields(t: Words, form: &Form, parameters: &[Parameter]) -> Vec<Field> {
    let mut fields: Vec<Field> = parameters.iter().map(|one| of_one(t, form, one)).collect();
    let limit = Field::line(form, "limit", t.jobs_limit()).code();
    fields.push(limit.hint(t.jobs_limit_hint()));
    fields.push(Field::line(form, "description", t.jobs_note()).hint(t.jobs_note_hint()));
    fields
}

fn of_one(t: Words, form: &Form, parameter: &Parameter) -> Field {
    let (name, label) = (field(&parameter.name), parameter.name.as_str());
    let yes_no = [("", ""), ("true", t.jobs_yes()), ("false", t.jobs_no())];
    let choices = parameter.choices.iter().map(|one| (one.as_str(), one.as_str()));
    let choices = std::iter::once(("", "")).chain(choices);
    let made = match parameter.kind {
        Kind::Text => Field::line(form, &name, label),
        Kind::Number => {
            let mut made = Field::of_type(form, &name, label, "text");
            made.is_code = true;
            made
        }
        Kind::YesNo => Field::one(form, &name, label, yes_no),
        Kind::Choice => Field::one(form, &name, label, choices),
        Kind::List => Field::area(form, &name, label, 3),
        Kind::Secret => Field::secret(&name, label),
    };
    let mut hint = parameter.description.clone();
    let extra = match parameter.kind {
        Kind::List => t.jobs_list_hint(),
        Kind::Secret if parameter.kept => t.jobs_is_kept_hint(),
        _ => "",
    };
    if !extra.is_empty() {
        [hint.as_str(), extra].join(" ").trim().clone_into(&mut hint);
    }
    let made = made.hint(hint);
    let is_required = parameter.required && parameter.default.is_none() && !parameter.kept;
    if is_required { made.required() } else { made }
}

/// The values that a form says. A text that was emptied is empty; anything else that is empty is not said.
fn values(form: &Form, parameters: &[Parameter]) -> Map<String, Value> {
    let one = |parameter: &Parameter| {
        let (name, text) = (field(&parameter.name), form.text(&field(&parameter.name)));
        let had_default = parameter.default.is_some();
        let value = match parameter.kind {
            Kind::Text if !text.is_empty() || had_default => json!(text),
            Kind::List if !text.is_empty() || had_default => {
                json!(text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>())
            }
            Kind::Secret if !text.is_empty() => json!(form.secret(&name).expose()),
            Kind::Number | Kind::YesNo | Kind::Choice if !text.trim().is_empty() => {
                json!(text.trim())
            }
            _ => return None,
        };
        Some((parameter.name.clone(), value))
    };
    parameters.iter().filter_map(one).collect()
}

async fn start(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let job = job::show(&engine, &visit.actor, &name).await?;
    let said = json!({
        "parameters": values(&form, &job.said.parameters),
        "limit": form.optional("limit"),
        "description": form.word("description"),
    });
    let said: StartInput = serde_json::from_value(said)
        .map_err(|error| OpError::Internal(format!("the start of a job: {error}")))?;
    match job::run(&engine, &visit.actor, &name, said).await {
        Ok(run) => {
            let flash = Flash::done(visit.t.jobs_started(&name));
            Ok(reply::go_and_say(&visit, &format!("/ui/runs/{}", run.id), flash))
        }
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            let page = page(&engine, &visit, &job, &form, Some(&fault)).await?;
            Ok(fault.noted(reply::page(&page)))
        }
    }
}
