//! Partitions: hosts that are kept apart from others.

use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, Engine, OpResult, host, partition};
use hep_engine::store::host_list::Filter;
use hep_engine::store::partitions::{DEFAULT, Partition, PartitionInput};

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Cell, Fact, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::visit::Visit;
use super::words::Words;

/// How many hosts the page of a partition shows.
const SHOWN: u32 = 20;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Partitions>()
}

/// The noun.
struct Partitions;

impl Kept for Partitions {
    kept::by_word! { partition: Partition named (said.name), said by |form| said(form) }

    type Choices = ();

    const SECTION: Section = Section::Partitions;
    const PATH: &'static str = "partitions";
    const WRITES: &'static [Verb] = &[Verb::Change];
    const WHAT: &'static str = "partitions";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.partitions_title(),
            intro: t.partitions_intro(),
            add: t.partitions_add(),
            none: t.partitions_none(),
            loss: t.partitions_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.partitions_hosts(), t.partitions_zone()]
    }

    fn row(_: Words, partition: &Partition) -> Vec<Cell> {
        let said = &partition.said;
        vec![
            shown::text(&said.description),
            shown::text(&partition.hosts.to_string()),
            shown::text(said.zone.as_deref().unwrap_or_default()),
        ]
    }

    fn facts(t: Words, partition: &Partition) -> Vec<Fact> {
        let said = &partition.said;
        let mut facts = vec![
            Fact::new(t.kept_description(), shown::text(&said.description)),
            Fact::new(t.partitions_hosts(), shown::text(&partition.hosts.to_string())),
            Fact::new(t.partitions_zone(), shown::text(said.zone.as_deref().unwrap_or_default())),
        ];
        if said.name == DEFAULT {
            facts.push(Fact::new(t.partitions_note(), shown::text(t.partitions_default())));
        }
        facts.extend(shown::stamps(t, &partition.created, Some(&partition.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, partition: &Partition) -> OpResult<Vec<Table>> {
        let filter = Filter { partition: Some(partition.said.name.clone()), ..Filter::default() };
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = host::list(engine, &visit.actor, filter, None, &paging).await?;
        Ok(vec![Table {
            title: visit.t.partitions_some_hosts().to_owned(),
            empty: visit.t.partitions_no_hosts().to_owned(),
            ..super::groups::table(visit.t, &page.items)
        }])
    }

    async fn choices(_: &Engine, _: &Actor) -> OpResult<()> {
        Ok(())
    }

    fn filled(partition: Option<&Partition>) -> Form {
        let Some(partition) = partition else { return Form::default() };
        let said = &partition.said;
        Form::of([
            ("name", said.name.clone()),
            ("description", said.description.clone()),
            ("zone", said.zone.clone().unwrap_or_default()),
        ])
    }

    fn fields(t: Words, form: &Form, (): &(), _: bool) -> Vec<Field> {
        vec![
            Field::line(form, "name", t.kept_name()).required().code().hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
            Field::line(form, "zone", t.partitions_zone()).code().hint(t.partitions_zone_hint()),
        ]
    }
}

fn said(form: &Form) -> PartitionInput {
    PartitionInput {
        name: form.word("name"),
        description: form.word("description"),
        zone: form.optional("zone"),
    }
}
