//! Jobs: what is saved to be run, with parameters that are asked for when it is started.

mod parameters;
mod start;
mod subject;

use hep_core::message::Message;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, Engine, OpResult, job, run};
use hep_engine::store::jobs::{Concurrency, Job, JobInput};
use hep_engine::store::runs::Filter;

use super::ask::{self, Choices, Place};
use super::badge::Badge;
use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::reader::{Reader, Wrong, first};
use super::kept::shown::{self, Action, Cell, Fact, Piece, Row, Table};
use super::kept::{self, Kept, Titles};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::visit::Visit;
use super::words::Words;

/// How many runs the page of a job shows.
const SHOWN: u32 = 10;
/// What happens when a job is started while it runs, in the order in which it is offered.
const CONCURRENCY: [Concurrency; 4] =
    [Concurrency::Allow, Concurrency::Skip, Concurrency::Queue, Concurrency::Replace];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Jobs>().and(start::pages())
}

/// The noun.
struct Jobs;

impl Kept for Jobs {
    kept::by_word! { job: Job named (said.name), said by |form| first(said(form))? }

    type Choices = Choices;

    const SECTION: Section = Section::Jobs;
    const PATH: &'static str = "jobs";
    const WRITES: &'static [Verb] = &[Verb::WriteJobs, Verb::Run];
    const WHAT: &'static str = "jobs";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.jobs_title(),
            intro: t.jobs_intro(),
            add: t.jobs_add(),
            none: t.jobs_none(),
            loss: t.jobs_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.jobs_what(), t.grants_on(), t.jobs_turns()]
    }

    fn row(t: Words, job: &Job) -> Vec<Cell> {
        vec![
            shown::text(&job.said.description),
            shown::text(subject::title(t, &job.said.subject)),
            shown::code(&job.said.selector),
            shown::text(&job.turns.to_string()),
        ]
    }

    fn facts(t: Words, job: &Job) -> Vec<Fact> {
        let said = &job.said;
        let mut facts = vec![Fact::new(t.kept_description(), shown::text(&said.description))];
        facts.extend(subject::facts(t, &said.subject));
        facts.push(Fact::new(t.grants_on(), shown::code(&said.selector)));
        let strategy = ask::strategy_words(t, &said.strategy).join(" ");
        facts.push(Fact::new(t.jobs_strategy(), shown::text(&strategy)));
        let concurrency = t.concurrency(said.concurrency);
        facts.push(Fact::new(t.jobs_concurrency(), shown::text(concurrency)));
        facts.push(Fact::new(t.jobs_turns(), shown::text(&job.turns.to_string())));
        facts.extend(shown::stamps(t, &job.created, Some(&job.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, job: &Job) -> OpResult<Vec<Table>> {
        let filter = Filter { job: Some(job.id.clone()), ..Filter::default() };
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = run::list(engine, &visit.actor, filter, &paging).await?;
        let more = format!("/ui/runs?job={}", reply::segment(&job.said.name));
        let t = visit.t;
        let heads = [t.run_what(), t.run_state(), t.run_who(), t.run_when()];
        let row = |run: &hep_engine::store::runs::Run| Row {
            head: Piece::Link(super::overview::title(run), format!("/ui/runs/{}", run.id)),
            cells: vec![
                vec![Piece::Badge(Badge::of_run(t, run.state))],
                shown::text(&run.actor),
                vec![Piece::Moment(Some(Moment::at(t, run.created_ms)))],
            ],
        };
        let runs = Table {
            title: t.jobs_runs().to_owned(),
            heads: heads.map(str::to_owned).into(),
            rows: page.items.iter().map(row).collect(),
            empty: t.jobs_no_runs().to_owned(),
            more: page.next.map(|_| (t.kept_show_all().to_owned(), more)),
        };
        let parameters = parameters::table(t, &job.said.parameters);
        Ok(parameters.into_iter().chain([runs]).collect())
    }

    fn actions(visit: &Visit, job: &Job) -> Vec<Action> {
        let href = format!("{}/start", Self::address(&job.said.name));
        let start = Action::main(visit.t.jobs_start(), href);
        if start::may(visit) { vec![start] } else { Vec::new() }
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Choices> {
        Choices::of(engine, actor, Place::Job).await
    }

    fn filled(job: Option<&Job>) -> Form {
        let Some(job) = job else {
            return Form::of([("kind", "command"), ("concurrency", "allow")]);
        };
        let said = &job.said;
        let own = [
            ("name", said.name.clone()),
            ("description", said.description.clone()),
            ("selector", said.selector.clone()),
            ("concurrency", word(said.concurrency)),
        ];
        let fields = own.into_iter().chain(ask::strategy_filled(&said.strategy));
        let fields = fields.map(|(name, text)| (name.to_owned(), text));
        let fields = fields.chain(ask::filled(&said.subject));
        Form::of(fields.chain(parameters::filled(&said.parameters)))
    }

    fn fields(t: Words, form: &Form, choices: &Choices, _: bool) -> Vec<Field> {
        let name = Field::line(form, "name", t.kept_name()).required().code();
        let on = Field::line(form, "selector", t.grants_on()).required().code();
        let mut fields = vec![
            name.hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
            on.hint(t.jobs_on_hint("web*,@db,env=prod", "all")),
        ];
        let mut what = ask::fields(t, form, choices, Place::Job).into_iter();
        fields.extend(what.next().map(|kind| kind.begins(t.jobs_what(), false)));
        fields.extend(what);
        fields.extend(ask::more_fields(t, form, Place::Job));
        fields.extend(ask::strategy_fields(t, form));
        let all = CONCURRENCY.map(|one| (word(one), t.concurrency(one)));
        fields.push(Field::one(form, "concurrency", t.jobs_concurrency(), all));
        fields.extend(parameters::fields(t, form));
        fields
    }

    fn taken(form: &Form) -> Form {
        ask::with_file(form).unwrap_or_else(|_| form.clone())
    }

    fn wrong(form: &Form) -> Vec<Wrong> {
        said(form).err().unwrap_or_default()
    }

    fn field_at_fault(form: &Form, at: Option<&str>, message: &Message) -> Option<String> {
        if at == Some("parameters") {
            return parameters::field_at_fault(form, message);
        }
        ask::field_of(&ask::chosen(form), at, message).map(str::to_owned)
    }

    fn more(t: Words) -> Option<&'static str> {
        Some(t.jobs_another())
    }
}

/// The word for it in JSON.
fn word(concurrency: Concurrency) -> String {
    let json = serde_json::to_value(concurrency).ok();
    json.and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Words {
    const fn concurrency(self, concurrency: Concurrency) -> &'static str {
        match concurrency {
            Concurrency::Allow => self.jobs_allow(),
            Concurrency::Skip => self.jobs_skip(),
            Concurrency::Queue => self.jobs_queue(),
            Concurrency::Replace => self.jobs_replace(),
        }
    }
}

fn said(form: &Form) -> Result<JobInput, Vec<Wrong>> {
    let reader = Reader::of(form);
    if let Err(wrong) = ask::with_file(form) {
        reader.refuse(wrong.field, wrong.message);
    }
    let (name, selector) = (reader.required("name"), reader.required("selector"));
    let subject = ask::said(&reader);
    let strategy = ask::strategy_said(&reader);
    reader.finish(())?;
    let chosen = form.word("concurrency");
    Ok(JobInput {
        name,
        description: form.word("description"),
        subject: subject.ok_or_else(Vec::new)?,
        selector,
        strategy,
        parameters: parameters::said(form),
        concurrency: CONCURRENCY.into_iter().find(|one| word(*one) == chosen).unwrap_or_default(),
    })
}
