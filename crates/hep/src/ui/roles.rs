//! Roles: sets of rights.

use hep_core::rights::Verb;
use hep_engine::ops::{Actor, Engine, OpResult, role};
use hep_engine::store::grants;
use hep_engine::store::roles::{Role, RoleInput};

use super::form::Form;
use super::frame::Section;
use super::kept::field::{Field, Input};
use super::kept::shown::{self, Action, Cell, Fact, Piece, Table};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::reply;
use super::visit::Visit;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Roles>()
}

/// The noun.
struct Roles;

impl Kept for Roles {
    kept::by_word! { role: Role named (said.name), said by |form| said(form) }

    type Choices = ();

    const SECTION: Section = Section::Roles;
    const PATH: &'static str = "roles";
    const WRITES: &'static [Verb] = &[Verb::Administer];
    const WHAT: &'static str = "roles";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.roles_title(),
            intro: t.roles_intro(),
            add: t.roles_add(),
            none: t.roles_none(),
            loss: t.roles_loss(),
        }
    }

    fn is_fixed(role: &Role) -> bool {
        role.builtin
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.kept_description(), t.roles_verbs()]
    }

    fn row(t: Words, role: &Role) -> Vec<Cell> {
        vec![shown::text(t.role_description(role)), verbs(t, &role.said.verbs)]
    }

    fn facts(t: Words, role: &Role) -> Vec<Fact> {
        let mut facts =
            vec![Fact::new(t.kept_description(), shown::text(t.role_description(role)))];
        for verb in &role.said.verbs {
            facts.push(Fact::new(t.right(*verb), shown::text(t.right_means(*verb))));
        }
        match role.builtin {
            true => facts.push(Fact::new(t.roles_origin(), shown::text(t.roles_builtin()))),
            false => facts.extend(shown::stamps(t, &role.created, Some(&role.modified))),
        }
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, role: &Role) -> OpResult<Vec<Table>> {
        let filter =
            grants::Filter { role: Some(role.said.name.clone()), ..grants::Filter::default() };
        let title = visit.t.roles_whose().to_owned();
        Ok(vec![Table { title, ..super::grants::table(engine, visit, filter).await? }])
    }

    fn actions(visit: &Visit, role: &Role) -> Vec<Action> {
        let href = format!("/ui/grants/-/new?role={}", reply::segment(&role.said.name));
        vec![Action::link(visit.t.roles_give(), href)]
    }

    async fn choices(_: &Engine, _: &Actor) -> OpResult<()> {
        Ok(())
    }

    fn filled(role: Option<&Role>) -> Form {
        let Some(role) = role else { return Form::of([("verbs", Verb::View.word())]) };
        let said = &role.said;
        let fields = [("name", said.name.as_str()), ("description", said.description.as_str())];
        let verbs = said.verbs.iter().map(|verb| ("verbs", verb.word()));
        Form::of(fields.into_iter().chain(verbs))
    }

    fn fields(t: Words, form: &Form, (): &(), _: bool) -> Vec<Field> {
        vec![
            Field::line(form, "name", t.kept_name()).required().code().hint(t.kept_name_hint()),
            Field::line(form, "description", t.kept_description()),
            verbs_field(t, form, t.roles_verbs()),
        ]
    }
}

/// Rights to choose among, each with what it means.
pub(super) fn verbs_field(t: Words, form: &Form, label: &str) -> Field {
    let all = Verb::ALL.map(|verb| (verb.word(), t.right(verb)));
    let mut field = Field::any(form, "verbs", label, all);
    if let Input::Any(choices) = &mut field.input {
        for (choice, verb) in choices.iter_mut().zip(Verb::ALL) {
            choice.hint = t.right_means(verb);
        }
    }
    field
}

/// The rights that are ticked.
pub(super) fn ticked(form: &Form) -> hep_core::rights::Verbs {
    let words = form.all("verbs");
    Verb::ALL.into_iter().filter(|verb| words.iter().any(|word| word == verb.word())).collect()
}

/// Rights in a line.
pub(super) fn verbs(t: Words, verbs: &hep_core::rights::Verbs) -> Cell {
    verbs.iter().map(|verb| Piece::Text(t.right(*verb).to_owned())).collect()
}

impl Words {
    /// What a right allows.
    pub(crate) const fn right_means(self, verb: Verb) -> &'static str {
        match verb {
            Verb::View => self.right_view_means(),
            Verb::Run => self.right_run_means(),
            Verb::RunJobs => self.right_run_jobs_means(),
            Verb::WriteJobs => self.right_write_jobs_means(),
            Verb::Change => self.right_change_means(),
            Verb::Power => self.right_power_means(),
            Verb::Terminal => self.right_terminal_means(),
            Verb::Secrets => self.right_secrets_means(),
            Verb::Administer => self.right_administer_means(),
        }
    }

    /// What a role is for; of those that come ready in the reader's language.
    fn role_description(self, role: &Role) -> &str {
        match role.said.name.as_str() {
            "viewer" if role.builtin => self.role_viewer(),
            "operator" if role.builtin => self.role_operator(),
            "admin" if role.builtin => self.role_admin(),
            _ => &role.said.description,
        }
    }
}

fn said(form: &Form) -> RoleInput {
    RoleInput {
        name: form.word("name"),
        description: form.word("description"),
        verbs: ticked(form),
    }
}
