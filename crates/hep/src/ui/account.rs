//! One's own page: who one is and what one may, the password, the sessions, the tokens, and how pages look.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::user::{self, NewPassword};
use hep_engine::ops::{Engine, session};
use hep_engine::store::sessions::Session;

use super::fault::Fault;
use super::form::Form;
use super::frame::{Frame, Section};
use super::kept;
use super::kept::field::{Field, Input, blame};
use super::kept::shown::{self, Action, Fact, Piece, Row, Table};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Member, Visit};
use super::words::Words;

/// Where it is.
const HERE: &str = "/ui/account";

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/account", show)
        .post("/account/password", set_password)
        .post("/account/sessions/-/end-others", end_others)
}

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    frame: Frame,
    t: Words,
    facts: Vec<Fact>,
    fields: Vec<Field>,
    wrong: Option<Said>,
    tables: Vec<Table>,
    others: Option<Action>,
}

async fn show(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    Ok(reply::page(&page(&engine, &visit, None).await?))
}

async fn page(engine: &Engine, visit: &Visit, fault: Option<&Fault>) -> Result<AccountPage, Fault> {
    let t = visit.t;
    let name = visit.actor.user_name().unwrap_or_default();
    let user = user::show(engine, &visit.actor, name).await?;
    let held = session::list(engine, &visit.actor, name).await?;
    let tokens = super::tokens::table(engine, visit, name).await?;
    let mut fields = fields(t);
    let wrong =
        fault.and_then(|fault| blame(&mut fields, fault.field, visit.speech(&fault.message)));
    let rights = Verb::ALL.into_iter().filter(|verb| visit.may_somewhere(*verb));
    let rights = rights.map(|verb| Piece::Text(t.right(verb).to_owned())).collect();
    let others = Action::button(t.sessions_end_others(), format!("{HERE}/sessions/-/end-others"));
    Ok(AccountPage {
        frame: visit.frame_in(Section::Account, t.account_title()),
        t,
        facts: vec![
            Fact::new(t.users_name(), shown::text(&user.said.name)),
            Fact::new(t.users_full_name(), shown::text(&user.said.full_name)),
            Fact::new(t.users_email(), shown::text(&user.said.email)),
            Fact::new(t.teams_title(), shown::text(&user.teams.join(", "))),
            Fact::new(t.account_rights(), rights),
        ],
        fields,
        wrong,
        others: (held.len() > 1).then_some(others),
        tables: vec![sessions(visit, &held), tokens],
    })
}

fn fields(t: Words) -> Vec<Field> {
    let current = Field::secret("current", t.account_current()).completed_as("current-password");
    let password = Field::secret("password", t.users_new_password());
    vec![current.required(), password.required().hint(t.setup_password_hint())]
}

/// Sessions in a table: one's own, or those of a user.
pub(super) fn sessions(visit: &Visit, sessions: &[Session]) -> Table {
    let t = visit.t;
    let own = visit.session.as_ref().map(|(id, _)| id.as_str());
    let row = |session: &Session| Row {
        head: Piece::text(if session.agent.is_empty() { "–" } else { &session.agent }),
        cells: vec![
            shown::code(&session.address),
            vec![Piece::Moment(Some(Moment::at(t, session.created_ms)))],
            vec![Piece::Moment(Some(Moment::at(t, session.used_ms)))],
            vec![end(t, own, session)],
        ],
    };
    let heads = [
        t.sessions_browser(),
        t.hosts_column_address(),
        t.sessions_begun(),
        t.sessions_used(),
        t.sessions_end(),
    ];
    Table {
        title: t.sessions_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: sessions.iter().map(row).collect(),
        empty: t.sessions_none().to_owned(),
        more: None,
    }
}

/// What ends a session; one's own ends by signing out.
fn end(t: Words, own: Option<&str>, session: &Session) -> Piece {
    if own == Some(session.id.as_str()) {
        return Piece::Text(t.sessions_this().to_owned());
    }
    let [user, id] = [&session.user, &session.id].map(|word| reply::segment(word));
    Piece::Action(Action::button(t.sessions_end(), format!("/ui/users/{user}/sessions/{id}/end")))
}

async fn set_password(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let name = visit.actor.user_name().unwrap_or_default();
    let current: Option<Secret<String>> = form.is_on("current").then(|| form.secret("current"));
    let new = NewPassword { password: form.secret("password"), current };
    let session = visit.session.as_ref().map(|(id, _)| id.as_str());
    match user::set_password(&engine, &visit.actor, name, session, new).await {
        Ok(()) => Ok(kept::done(&visit, HERE, visit.t.account_password_done())),
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            let page = page(&engine, &visit, Some(&fault)).await?;
            Ok(fault.noted(reply::page(&page)))
        }
    }
}

async fn end_others(
    State(engine): State<Engine>,
    Member(visit): Member,
) -> Result<Response, Fault> {
    let name = visit.actor.user_name().unwrap_or_default();
    let own = visit.session.as_ref().map(|(id, _)| id.as_str());
    for session in session::list(&engine, &visit.actor, name).await? {
        if own != Some(session.id.as_str()) {
            session::end(&engine, &visit.actor, name, &session.id).await?;
        }
    }
    Ok(kept::done(&visit, HERE, visit.t.sessions_ended()))
}
