//! Users: who may sign in, and what they may.

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::patch::Edit;
use hep_engine::ops::user::{self, NewPassword, NewUser};
use hep_engine::ops::{Actor, Engine, OpResult, role, session};
use hep_engine::store::grants;
use hep_engine::store::users::{Filter, User, UserInput};

use super::badge::Badge;
use super::fault::Fault;
use super::form::Form;
use super::frame::Section;
use super::kept::field::Field;
use super::kept::shown::{self, Action, Cell, Fact, Piece, Table};
use super::kept::{self, FormPage, Kept, Titles};
use super::language::Language;
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::visit::{Member, Visit};
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Users>()
        .get("/users/{name}/password", edit_password)
        .post("/users/{name}/password", set_password)
        .post("/users/{name}/unlock", unlock)
        .post("/users/{name}/sessions/{session}/end", end_session)
}

/// The noun.
struct Users;

impl Kept for Users {
    type Noun = User;
    /// The names of the roles.
    type Choices = Vec<String>;

    const SECTION: Section = Section::Users;
    const PATH: &'static str = "users";
    const WRITES: &'static [Verb] = &[Verb::Administer];
    const WHAT: &'static str = "users";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.users_title(),
            intro: t.users_intro(),
            add: t.users_add(),
            none: t.users_none(),
            loss: t.users_loss(),
        }
    }

    fn name(user: &User) -> String {
        user.said.name.clone()
    }

    fn version(user: &User) -> i64 {
        user.version
    }

    async fn list(
        engine: &Engine,
        actor: &Actor,
        query: &Form,
        paging: &Paging,
    ) -> OpResult<Page<User>> {
        let (text, team) = (query.optional("text"), query.optional("team"));
        user::list(engine, actor, Filter { text, team, ..Filter::default() }, paging).await
    }

    async fn show(engine: &Engine, actor: &Actor, key: &str) -> OpResult<User> {
        // One's own page is another one; this one is of those who administer.
        Self::must_write(actor)?;
        user::show(engine, actor, key).await
    }

    async fn create(engine: &Engine, actor: &Actor, form: &Form) -> OpResult<String> {
        let new = NewUser {
            name: form.word("name"),
            full_name: form.word("full_name"),
            email: form.word("email"),
            locale: form.word("locale"),
            password: form.is_on("password").then(|| form.secret("password")),
            role: form.optional("role"),
        };
        Ok(user::create(engine, actor, new).await?.said.name)
    }

    async fn update(
        engine: &Engine,
        actor: &Actor,
        key: &str,
        version: i64,
        form: &Form,
    ) -> OpResult<String> {
        let said = UserInput {
            name: form.word("name"),
            full_name: form.word("full_name"),
            email: form.word("email"),
            locale: form.word("locale"),
            enabled: form.is_on("enabled"),
        };
        Ok(user::change(engine, actor, key, Some(version), Edit::Whole(said)).await?.said.name)
    }

    async fn delete(engine: &Engine, actor: &Actor, key: &str, version: i64) -> OpResult<()> {
        user::delete(engine, actor, key, Some(version)).await
    }

    fn filters(t: Words, query: &Form) -> Vec<Field> {
        vec![
            Field::line(query, "text", t.hosts_text()),
            Field::line(query, "team", t.grants_team()),
        ]
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.users_full_name(), t.teams_title(), t.hosts_column_state(), t.users_seen()]
    }

    fn row(t: Words, user: &User) -> Vec<Cell> {
        vec![
            shown::text(&user.said.full_name),
            shown::links("teams", &user.teams),
            vec![Piece::Badge(Badge::of_user(t, user))],
            vec![Piece::Moment(Moment::of(t, user.seen_ms))],
        ]
    }

    fn facts(t: Words, user: &User) -> Vec<Fact> {
        let said = &user.said;
        let language = Language::of(&said.locale);
        let language = language.map_or_else(|| said.locale.clone(), |one| one.name().to_owned());
        let mut facts = vec![
            Fact::new(t.users_full_name(), shown::text(&said.full_name)),
            Fact::new(t.users_email(), shown::text(&said.email)),
            Fact::new(t.language(), shown::text(&language)),
            Fact::new(t.hosts_column_state(), vec![Piece::Badge(Badge::of_user(t, user))]),
            Fact::new(t.teams_title(), shown::links("teams", &user.teams)),
            Fact::new(t.users_seen(), vec![Piece::Moment(Moment::of(t, user.seen_ms))]),
        ];
        facts.extend(shown::stamps(t, &user.created, Some(&user.modified)));
        facts
    }

    async fn tables(engine: &Engine, visit: &Visit, user: &User) -> OpResult<Vec<Table>> {
        let name = &user.said.name;
        let filter = grants::Filter { user: Some(name.clone()), ..grants::Filter::default() };
        let grants = super::grants::table(engine, visit, filter).await?;
        let sessions = session::list(engine, &visit.actor, name).await?;
        let tokens = super::tokens::table(engine, visit, name).await?;
        Ok(vec![grants, super::account::sessions(visit, &sessions), tokens])
    }

    fn actions(visit: &Visit, user: &User) -> Vec<Action> {
        let (t, address) = (visit.t, Self::address(&user.said.name));
        let role = format!("/ui/grants/-/new?user={}", reply::segment(&user.said.name));
        vec![
            Action::link(t.grants_add(), role),
            Action::link(t.users_set_password(), format!("{address}/password")),
            Action::button(t.users_unlock(), format!("{address}/unlock")),
        ]
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Vec<String>> {
        let page = role::list(engine, actor, &kept::everything()).await?;
        Ok(page.items.into_iter().map(|role| role.said.name).collect())
    }

    fn filled(user: Option<&User>) -> Form {
        let Some(user) = user else { return Form::default() };
        let said = user.said.clone();
        let enabled = if said.enabled { "yes" } else { "" };
        Form::of([
            ("name", said.name),
            ("full_name", said.full_name),
            ("email", said.email),
            ("locale", said.locale),
            ("enabled", enabled.to_owned()),
        ])
    }

    fn fields(t: Words, form: &Form, roles: &Vec<String>, is_new: bool) -> Vec<Field> {
        let languages = Language::ALL.map(|language| (language.tag(), language.name()));
        // One that the page does not speak is kept.
        let own = form.word("locale");
        let is_own = !own.is_empty() && Language::ALL.iter().all(|one| one.tag() != own);
        let own = is_own.then_some((own.as_str(), own.as_str()));
        let any = std::iter::once(("", t.users_any_language()));
        let languages = any.chain(languages).chain(own);
        let mut fields = vec![
            Field::line(form, "name", t.users_name()).required().code().hint(t.setup_name_hint()),
            Field::line(form, "full_name", t.users_full_name()),
            Field::of_type(form, "email", t.users_email(), "email"),
            Field::one(form, "locale", t.language(), languages),
        ];
        if is_new {
            let roles = super::grants::or_none(t.kept_none(), roles);
            let password = Field::secret("password", t.password());
            fields.push(password.hint(t.users_password_hint()));
            fields.push(Field::one(form, "role", t.grants_role(), roles).hint(t.users_role_hint()));
        } else {
            let field = Field::tick(form, "enabled", t.users_enabled());
            fields.push(field.hint(t.users_enabled_hint()));
        }
        fields
    }
}

impl Badge {
    /// Whether a user may sign in.
    pub(crate) fn of_user(t: Words, user: &User) -> Self {
        match (user.said.enabled, user.has_password) {
            (false, _) => Self::bad(t.users_disabled()),
            (true, true) => Self::good(t.users_may_sign_in()),
            (true, false) => Self::plain(t.users_no_password()),
        }
    }
}

fn password_page(visit: &Visit, name: &str) -> FormPage {
    let (t, address) = (visit.t, Users::address(name));
    let frame = visit.frame_in(Section::Users, t.users_password_title(name));
    let frame = frame.below(t.users_title(), Users::root()).below(name, &*address);
    let field = Field::secret("password", t.users_new_password()).required();
    FormPage {
        intro: t.users_password_intro(name),
        fields: vec![field.hint(t.setup_password_hint())],
        ..FormPage::new(frame, t, format!("{address}/password"), address)
    }
}

async fn edit_password(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    Users::show(&engine, &visit.actor, &name).await?;
    Ok(reply::page(&password_page(&visit, &name)))
}

async fn set_password(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    Users::must_write(&visit.actor)?;
    if visit.actor.user_name() == Some(name.as_str()) {
        // Whoever sets their own must know the one before it, which their own page asks for.
        return Ok(reply::go("/ui/account"));
    }
    let new = NewPassword { password: form.secret("password"), current: None };
    match user::set_password(&engine, &visit.actor, &name, None, new).await {
        Ok(()) => Ok(kept::done(&visit, &Users::address(&name), visit.t.users_password_done())),
        Err(error) => kept::form_again(&visit, error.into(), password_page(&visit, &name)),
    }
}

async fn unlock(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    user::unlock(&engine, &visit.actor, &name).await?;
    Ok(kept::done(&visit, &Users::address(&name), visit.t.users_unlocked(&name)))
}

async fn end_session(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    session::end(&engine, &visit.actor, &name, &id).await?;
    let is_own = visit.actor.user_name() == Some(name.as_str());
    let to = if is_own { "/ui/account".to_owned() } else { Users::address(&name) };
    Ok(kept::done(&visit, &to, visit.t.sessions_ended()))
}
