//! Grants: who has which role, and on which hosts.

use hep_core::rights::{Verb, is_everything};
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::{Actor, Engine, OpResult, grant, partition, role, team, user};
use hep_engine::store::grants::{Filter, GrantInput, Granted};
use hep_engine::store::users;

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Cell, Fact, Piece, Row, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::visit::Visit;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Grants>()
}

/// The noun.
struct Grants;

/// What a form offers.
struct Choices {
    users: Vec<String>,
    teams: Vec<String>,
    roles: Vec<String>,
    partitions: Vec<String>,
}

impl Kept for Grants {
    type Noun = Granted;
    type Choices = Choices;

    const SECTION: Section = Section::Grants;
    const PATH: &'static str = "grants";
    const WRITES: &'static [Verb] = &[Verb::Administer];
    const WHAT: &'static str = "grants";
    const CHANGES: bool = false;

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.grants_title(),
            intro: t.grants_intro(),
            add: t.grants_add(),
            none: t.grants_none(),
            loss: t.grants_loss(),
        }
    }

    fn name(granted: &Granted) -> String {
        format!("{} · {}", whose(granted), granted.said.role)
    }

    fn key(granted: &Granted) -> String {
        granted.id.clone()
    }

    fn version(_: &Granted) -> i64 {
        // It is given and taken away, never changed.
        1
    }

    async fn list(
        engine: &Engine,
        actor: &Actor,
        query: &Form,
        paging: &Paging,
    ) -> OpResult<Page<Granted>> {
        let [user, team, role] = ["user", "team", "role"].map(|name| query.optional(name));
        grant::list(engine, actor, Filter { user, team, role, after: None }, paging).await
    }

    async fn show(engine: &Engine, actor: &Actor, key: &str) -> OpResult<Granted> {
        grant::show(engine, actor, key).await
    }

    async fn create(engine: &Engine, actor: &Actor, form: &Form) -> OpResult<String> {
        let said = GrantInput {
            role: form.word("role"),
            user: form.optional("user"),
            team: form.optional("team"),
            selector: form.word("selector"),
            partition: form.optional("partition"),
        };
        Ok(grant::create(engine, actor, said).await?.id)
    }

    async fn update(_: &Engine, _: &Actor, key: &str, _: i64, _: &Form) -> OpResult<String> {
        Ok(key.to_owned())
    }

    async fn delete(engine: &Engine, actor: &Actor, key: &str, _: i64) -> OpResult<()> {
        grant::delete(engine, actor, key).await
    }

    fn filters(t: Words, query: &Form) -> Vec<Field> {
        vec![
            Field::line(query, "user", t.grants_user()),
            Field::line(query, "team", t.grants_team()),
            Field::line(query, "role", t.grants_role()),
        ]
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.grants_user(), t.grants_team(), t.grants_role(), t.grants_on()]
    }

    fn row(t: Words, granted: &Granted) -> Vec<Cell> {
        let said = &granted.said;
        vec![
            shown::links("users", &said.user),
            shown::links("teams", &said.team),
            shown::links("roles", [&said.role]),
            on(t, granted),
        ]
    }

    fn facts(t: Words, granted: &Granted) -> Vec<Fact> {
        let cells = Self::heads(t).into_iter().zip(Self::row(t, granted));
        let mut facts: Vec<Fact> = cells.map(|(head, cell)| Fact::new(head, cell)).collect();
        facts.extend(shown::stamps(t, &granted.created, None));
        facts
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Choices> {
        let all = kept::everything();
        let users = user::list(engine, actor, users::Filter::default(), &all).await?;
        let teams = team::list(engine, actor, &all).await?;
        let roles = role::list(engine, actor, &all).await?;
        let partitions = match actor.may(Verb::View) {
            true => partition::list(engine, actor, &all).await?.items,
            false => Vec::new(),
        };
        Ok(Choices {
            users: users.items.into_iter().map(|user| user.said.name).collect(),
            teams: teams.items.into_iter().map(|team| team.said.name).collect(),
            roles: roles.items.into_iter().map(|role| role.said.name).collect(),
            partitions: partitions.into_iter().map(|one| one.said.name).collect(),
        })
    }

    fn filled(_: Option<&Granted>) -> Form {
        Form::of([("role", "viewer"), ("selector", "all")])
    }

    fn fields(t: Words, form: &Form, choices: &Choices, _: bool) -> Vec<Field> {
        let user =
            Field::one(form, "user", t.grants_user(), or_none(t.kept_nobody(), &choices.users));
        let team =
            Field::one(form, "team", t.grants_team(), or_none(t.kept_nobody(), &choices.teams));
        let roles = choices.roles.iter().map(|name| (name.as_str(), name.as_str()));
        let partitions = or_none(t.kept_any(), &choices.partitions);
        vec![
            user.hint(t.grants_either()),
            team,
            Field::one(form, "role", t.grants_role(), roles),
            Field::line(form, "selector", t.grants_on()).code().hint(t.grants_on_hint("all")),
            Field::one(form, "partition", t.hosts_column_partition(), partitions)
                .hint(t.grants_partition_hint()),
        ]
    }
}

/// Names to choose among, or none.
pub(super) fn or_none<'a>(none: &'a str, names: &'a [String]) -> Vec<(&'a str, &'a str)> {
    let names = names.iter().map(|name| (name.as_str(), name.as_str()));
    std::iter::once(("", none)).chain(names).collect()
}

fn whose(granted: &Granted) -> &str {
    let said = &granted.said;
    said.user.as_deref().or(said.team.as_deref()).unwrap_or_default()
}

/// On which hosts.
fn on(t: Words, granted: &Granted) -> Cell {
    let said = &granted.said;
    let mut cell = match is_everything(&said.selector) {
        true => shown::text(t.grants_everything()),
        false => shown::code(&said.selector),
    };
    if let Some(partition) = &said.partition {
        cell.push(Piece::link("partitions", partition));
    }
    cell
}

/// The roles that somebody has, or those who have a role.
pub(super) async fn table(engine: &Engine, visit: &Visit, filter: Filter) -> OpResult<Table> {
    let t = visit.t;
    let page = grant::list(engine, &visit.actor, filter, &Paging::default()).await?;
    let row = |granted: &Granted| Row {
        head: Piece::Link(Grants::name(granted), Grants::address(&granted.id)),
        cells: vec![shown::links("roles", [&granted.said.role]), on(t, granted)],
    };
    let heads = [t.grants_one(), t.grants_role(), t.grants_on()];
    Ok(Table {
        title: t.grants_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: page.items.iter().map(row).collect(),
        empty: t.grants_none().to_owned(),
        more: page.next.map(|_| (t.kept_show_all().to_owned(), Grants::root())),
    })
}
