//! Groups: hosts that belong together.

mod hosts;

use hep_core::rights::Verb;
use hep_engine::ops::group;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Actor, Engine, OpResult, host};
use hep_engine::store::groups::{Group, GroupInput};
use hep_engine::store::host_list::Filter;
use hep_engine::store::hosts::Host;

use super::badge::Badge;
use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Action, Cell, Fact, Piece, Row, Table};
use super::kept::{self, Kept, Titles, variables};
use super::pages::Pages;
use super::reply;
use super::visit::Visit;
use super::words::Words;

/// How many hosts the page of a group shows.
const SHOWN: u32 = 20;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Groups>().and(hosts::pages())
}

/// The noun.
struct Groups;

impl Kept for Groups {
    kept::by_word! { group: Group named (said.name), said by |form| said(form)? }

    type Choices = Vec<String>;

    const SECTION: Section = Section::Groups;
    const PATH: &'static str = "groups";
    const WRITES: &'static [Verb] = &[Verb::Change];
    const WHAT: &'static str = "groups";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.groups_title(),
            intro: t.groups_intro(),
            add: t.groups_add(),
            none: t.groups_none(),
            loss: t.groups_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.groups_hosts(), t.groups_children()]
    }

    fn row(_: Words, group: &Group) -> Vec<Cell> {
        let said = &group.said;
        vec![
            shown::text(&said.description),
            shown::text(&group.host_count.to_string()),
            shown::links("groups", &said.children),
        ]
    }

    fn facts(t: Words, group: &Group) -> Vec<Fact> {
        let said = &group.said;
        let vars = variables::written(&said.vars);
        let vars = if vars.is_empty() { Vec::new() } else { vec![Piece::Block(vars)] };
        let mut facts = vec![
            Fact::new(t.kept_description(), shown::text(&said.description)),
            Fact::new(t.groups_hosts(), shown::text(&group.host_count.to_string())),
            Fact::new(t.groups_children(), shown::links("groups", &said.children)),
            Fact::new(t.kept_vars(), vars),
        ];
        facts.extend(shown::stamps(t, &group.created, Some(&group.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, group: &Group) -> OpResult<Vec<Table>> {
        let filter = Filter { group: Some(group.said.name.clone()), ..Filter::default() };
        let paging = Paging { limit: Some(SHOWN), cursor: None };
        let page = host::list(engine, &visit.actor, filter, None, &paging).await?;
        let more =
            format!("/ui/hosts?selector={}", reply::segment(&format!("@{}", group.said.name)));
        Ok(vec![Table {
            title: visit.t.groups_hosts().to_owned(),
            more: page.next.map(|_| (visit.t.kept_show_all().to_owned(), more)),
            empty: visit.t.groups_no_hosts().to_owned(),
            ..table(visit.t, &page.items)
        }])
    }

    fn actions(visit: &Visit, group: &Group) -> Vec<Action> {
        let href = format!("{}/hosts", Self::address(&group.said.name));
        let hosts = Action::main(visit.t.groups_change_hosts(), href);
        if Self::may_write(&visit.actor) { vec![hosts] } else { Vec::new() }
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Vec<String>> {
        let page = group::list(engine, actor, &kept::everything()).await?;
        Ok(page.items.into_iter().map(|group| group.said.name).collect())
    }

    fn filled(group: Option<&Group>) -> Form {
        let Some(group) = group else { return Form::default() };
        let said = &group.said;
        let children = said.children.iter().map(|child| ("children", child.clone()));
        let fields = [
            ("name", said.name.clone()),
            ("description", said.description.clone()),
            ("vars", variables::written(&said.vars)),
        ];
        Form::of(fields.into_iter().chain(children))
    }

    fn fields(t: Words, form: &Form, groups: &Vec<String>, _: bool) -> Vec<Field> {
        let own = form.word("name");
        let others = groups.iter().filter(|name| **name != own);
        let mut fields = vec![
            Field::line(form, "name", t.kept_name()).required().code().hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
        ];
        if others.clone().next().is_some() {
            let others = others.map(|name| (name.as_str(), name.as_str()));
            let field = Field::any(form, "children", t.groups_children(), others);
            fields.push(field.hint(t.groups_children_hint()));
        }
        let vars = Field::area(form, "vars", t.kept_vars(), 6).code();
        fields.push(vars.hint(t.kept_vars_hint("http_port: 80")));
        fields
    }
}

/// What a form says. Its hosts stay as they are.
fn said(form: &Form) -> OpResult<GroupInput> {
    Ok(GroupInput {
        name: form.word("name"),
        description: form.word("description"),
        vars: variables::read(&form.text("vars"), "vars")?,
        children: form.all("children"),
        hosts: None,
    })
}

/// Hosts in a table.
pub(super) fn table(t: Words, hosts: &[Host]) -> Table {
    let heads = [t.hosts_column_name(), t.hosts_column_address(), t.hosts_column_state()];
    let row = |host: &Host| Row {
        head: Piece::link("hosts", &host.said.name),
        cells: vec![
            shown::code(&host.said.address),
            Badge::of_host(t, host).into_iter().map(Piece::Badge).collect(),
        ],
    };
    Table {
        title: t.hosts_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: hosts.iter().map(row).collect(),
        ..Table::default()
    }
}
