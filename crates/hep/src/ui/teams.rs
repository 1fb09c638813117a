//! Teams: users who get the same roles.

use hep_core::rights::Verb;
use hep_engine::ops::{Actor, Engine, OpResult, team, user};
use hep_engine::store::grants;
use hep_engine::store::teams::{Team, TeamInput};
use hep_engine::store::users::Filter;

use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Action, Cell, Fact, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::reply;
use super::visit::Visit;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Teams>()
}

/// The noun.
struct Teams;

impl Kept for Teams {
    kept::by_word! { team: Team named (said.name), said by |form| said(form) }

    type Choices = Vec<String>;

    const SECTION: Section = Section::Teams;
    const PATH: &'static str = "teams";
    const WRITES: &'static [Verb] = &[Verb::Administer];
    const WHAT: &'static str = "teams";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.teams_title(),
            intro: t.teams_intro(),
            add: t.teams_add(),
            none: t.teams_none(),
            loss: t.teams_loss(),
        }
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.teams_members()]
    }

    fn row(_: Words, team: &Team) -> Vec<Cell> {
        vec![shown::text(&team.said.description), shown::links("users", &team.said.members)]
    }

    fn facts(t: Words, team: &Team) -> Vec<Fact> {
        let mut facts = vec![
            Fact::new(t.kept_description(), shown::text(&team.said.description)),
            Fact::new(t.teams_members(), shown::links("users", &team.said.members)),
        ];
        facts.extend(shown::stamps(t, &team.created, Some(&team.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, team: &Team) -> OpResult<Vec<Table>> {
        let filter =
            grants::Filter { team: Some(team.said.name.clone()), ..grants::Filter::default() };
        Ok(vec![super::grants::table(engine, visit, filter).await?])
    }

    fn actions(visit: &Visit, team: &Team) -> Vec<Action> {
        let href = format!("/ui/grants/-/new?team={}", reply::segment(&team.said.name));
        vec![Action::link(visit.t.grants_add(), href)]
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Vec<String>> {
        let page = user::list(engine, actor, Filter::default(), &kept::everything()).await?;
        Ok(page.items.into_iter().map(|user| user.said.name).collect())
    }

    fn filled(team: Option<&Team>) -> Form {
        let Some(team) = team else { return Form::default() };
        let said = &team.said;
        let fields = [("name", &said.name), ("description", &said.description)];
        let members = said.members.iter().map(|member| ("members", member));
        Form::of(fields.into_iter().chain(members).map(|(name, text)| (name, text.clone())))
    }

    fn fields(t: Words, form: &Form, users: &Vec<String>, _: bool) -> Vec<Field> {
        let users = users.iter().map(|name| (name.as_str(), name.as_str()));
        vec![
            Field::line(form, "name", t.kept_name()).required().code().hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
            Field::any(form, "members", t.teams_members(), users),
        ]
    }
}

fn said(form: &Form) -> TeamInput {
    TeamInput {
        name: form.word("name"),
        description: form.word("description"),
        members: form.all("members"),
    }
}
