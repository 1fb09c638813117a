//! Manifests that are kept here: their files, their versions, what differs between two, and running them.

mod editor;
mod history;
mod run;

use hep_core::rights::Verb;
use hep_engine::ops::manifest::{self, Manifest};
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::patch::Edit;
use hep_engine::ops::{Actor, Engine, OpResult};
use hep_engine::store::Stamp;
use hep_engine::store::manifests::Outline;

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Action, Cell, Fact, Piece, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::visit::Visit;
use super::words::Words;

/// How many of its versions the page of a manifest shows.
const SHOWN: u32 = 10;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Manifests>().and(editor::pages()).and(history::pages()).and(run::pages())
}

/// The noun.
struct Manifests;

/// One of them, with its files where it is looked at by itself.
struct One {
    name: String,
    description: String,
    newest: i64,
    version: i64,
    created: Stamp,
    modified: Stamp,
    whole: Option<Box<Manifest>>,
}

impl From<Outline> for One {
    fn from(outline: Outline) -> Self {
        Self {
            name: outline.name,
            description: outline.description,
            newest: outline.revision,
            version: outline.version,
            created: outline.created,
            modified: outline.modified,
            whole: None,
        }
    }
}

impl From<Manifest> for One {
    fn from(whole: Manifest) -> Self {
        Self {
            name: whole.said.name.clone(),
            description: whole.said.description.clone(),
            newest: whole.newest,
            version: whole.version,
            created: whole.created.clone(),
            modified: whole.modified.clone(),
            whole: Some(Box::new(whole)),
        }
    }
}

impl Kept for Manifests {
    type Noun = One;
    type Choices = ();

    const SECTION: Section = Section::Manifests;
    const PATH: &'static str = "manifests";
    const WRITES: &'static [Verb] = &[Verb::WriteJobs, Verb::Run];
    const WHAT: &'static str = "manifests";
    const ISLAND: Option<&'static str> = Some("editor");

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.manifests_title(),
            intro: t.manifests_intro(),
            add: t.manifests_add(),
            none: t.manifests_none(),
            loss: t.manifests_loss(),
        }
    }

    fn name(manifest: &One) -> String {
        manifest.name.clone()
    }

    fn version(manifest: &One) -> i64 {
        manifest.version
    }

    async fn list(
        engine: &Engine,
        actor: &Actor,
        _: &Form,
        paging: &Paging,
    ) -> OpResult<Page<One>> {
        let page = manifest::list(engine, actor, paging).await?;
        Ok(Page { items: page.items.into_iter().map(One::from).collect(), next: page.next })
    }

    async fn show(engine: &Engine, actor: &Actor, key: &str) -> OpResult<One> {
        Ok(manifest::show(engine, actor, key).await?.into())
    }

    async fn create(engine: &Engine, actor: &Actor, form: &Form) -> OpResult<String> {
        Ok(manifest::create(engine, actor, editor::said(form)).await?.said.name)
    }

    async fn update(
        engine: &Engine,
        actor: &Actor,
        key: &str,
        version: i64,
        form: &Form,
    ) -> OpResult<String> {
        Self::must_write(actor)?;
        let before = manifest::show(engine, actor, key).await?;
        let part = editor::part(form, &before);
        Ok(manifest::change(engine, actor, key, Some(version), Edit::Part(&part)).await?.said.name)
    }

    async fn delete(engine: &Engine, actor: &Actor, key: &str, version: i64) -> OpResult<()> {
        manifest::delete(engine, actor, key, Some(version)).await
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.manifests_version(), t.kept_modified()]
    }

    fn row(t: Words, manifest: &One) -> Vec<Cell> {
        let modified = &manifest.modified;
        let by = Piece::text(&t.kept_by(&modified.by));
        let when = super::moment::Moment::at(t, modified.at_ms);
        vec![
            shown::text(&manifest.description),
            shown::text(&manifest.newest.to_string()),
            vec![Piece::Moment(Some(when)), by],
        ]
    }

    fn facts(t: Words, manifest: &One) -> Vec<Fact> {
        let mut facts = vec![
            Fact::new(t.kept_description(), shown::text(&manifest.description)),
            Fact::new(t.manifests_version(), shown::text(&manifest.newest.to_string())),
        ];
        if let Some(whole) = &manifest.whole {
            facts.push(Fact::new(t.jobs_entry(), shown::code(&whole.said.entry)));
            facts.push(Fact::new(t.manifests_message(), shown::text(&whole.said.message)));
            facts.extend(history::files(whole));
        }
        facts.extend(shown::stamps(t, &manifest.created, Some(&manifest.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, one: &One) -> OpResult<Vec<Table>> {
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = manifest::history(engine, &visit.actor, &one.name, &paging).await?;
        let (t, address) = (visit.t, Self::address(&one.name));
        let more =
            page.next.map(|_| (t.kept_show_all().to_owned(), format!("{address}/revisions")));
        Ok(vec![Table { more, ..history::table(t, &one.name, &page.items) }])
    }

    fn actions(visit: &Visit, manifest: &One) -> Vec<Action> {
        let href = format!("{}/run", Self::address(&manifest.name));
        let run = Action::main(visit.t.manifests_run(), href);
        if visit.may_somewhere(Verb::Run) { vec![run] } else { Vec::new() }
    }

    async fn choices(_: &Engine, _: &Actor) -> OpResult<()> {
        Ok(())
    }

    fn filled(manifest: Option<&One>) -> Form {
        editor::filled(manifest.and_then(|one| one.whole.as_deref()))
    }

    fn fields(t: Words, form: &Form, (): &(), is_new: bool) -> Vec<Field> {
        editor::fields(t, form, is_new)
    }

    fn more(t: Words) -> Option<&'static str> {
        Some(t.manifests_another())
    }

    fn check_at() -> Option<&'static str> {
        Some("/ui/manifests/-/check")
    }
}
