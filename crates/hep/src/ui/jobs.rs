//! Jobs: what is saved to be run, with parameters that are asked for when it is started.

mod parameters;
mod start;
mod subject;

use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, Engine, OpResult, job, manifest, repository, run};
use hep_engine::store::jobs::{Concurrency, Job, JobInput};
use hep_engine::store::runs::Filter;

use self::subject::Places;
use super::badge::Badge;
use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
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
    kept::by_name! { job: Job named (said.name), said by |form| said(form)? }

    type Choices = Places;

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
        let strategy = subject::written(&said.strategy);
        if !strategy.is_empty() {
            facts.push(Fact::new(t.jobs_strategy(), vec![Piece::Block(strategy)]));
        }
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

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Places> {
        if !actor.may(Verb::View) {
            return Ok(Places::default());
        }
        let all = kept::everything();
        let manifests = manifest::list(engine, actor, &all).await?.items;
        let repositories = repository::list(engine, actor, &all).await?.items;
        Ok(Places {
            manifests: manifests.into_iter().map(|one| one.name).collect(),
            repositories: repositories.into_iter().map(|one| one.said.name).collect(),
        })
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
            ("strategy", subject::written(&said.strategy)),
            ("concurrency", word(said.concurrency)),
        ];
        let fields = own.into_iter().map(|(name, text)| (name.to_owned(), text));
        let fields = fields.chain(subject::filled(&said.subject));
        Form::of(fields.chain(parameters::filled(&said.parameters)))
    }

    fn fields(t: Words, form: &Form, places: &Places, _: bool) -> Vec<Field> {
        let name = Field::line(form, "name", t.kept_name()).required().code();
        let mut fields = vec![
            name.hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
        ];
        fields.extend(subject::fields(t, form, places));
        let on = Field::line(form, "selector", t.grants_on()).required().code();
        fields.push(on.hint(t.jobs_on_hint("web*,@db,env=prod", "all")));
        fields.extend(parameters::fields(t, form));
        let all = CONCURRENCY.map(|one| (word(one), t.concurrency(one)));
        let strategy = Field::area(form, "strategy", t.jobs_strategy(), 4).code();
        fields.push(
            Field::one(form, "concurrency", t.jobs_concurrency(), all).begins(t.jobs_more(), true),
        );
        fields.push(strategy.hint(t.jobs_strategy_hint(
            "forks: 10",
            "canary: 1",
            "approval: true",
        )));
        fields
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

fn said(form: &Form) -> OpResult<JobInput> {
    let chosen = form.word("concurrency");
    Ok(JobInput {
        name: form.word("name"),
        description: form.word("description"),
        subject: subject::said(form)?,
        selector: form.word("selector"),
        strategy: subject::read(&form.text("strategy"), "strategy")?,
        parameters: parameters::said(form),
        concurrency: CONCURRENCY.into_iter().find(|one| word(*one) == chosen).unwrap_or_default(),
    })
}
