//! Tokens: how programs are let in. A token is shown once, by the page that makes it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::{Verb, is_everything};
use hep_core::secret::Secret;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::token::{self, NewToken};
use hep_engine::ops::{Actor, Engine, OpResult, user};
use hep_engine::store::tokens::Token;
use hep_engine::store::{now_ms, users};

use super::fault::Fault;
use super::form::Form;
use super::frame::{Frame, Section};
use super::kept::field::Field;
use super::kept::shown::{self, Cell, Fact, Piece, Row, Table};
use super::kept::{self, Kept, Titles};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::visit::{Member, Visit};
use super::words::Words;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;
/// How long a token is good when nobody says, in days.
const USUAL_DAYS: &str = "90";

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::listing::<Tokens>()
        .and(kept::showing::<Tokens>())
        .and(kept::offering::<Tokens>())
        .and(kept::removing::<Tokens>())
        .post("/tokens/-/new", create)
}

/// The noun.
struct Tokens;

/// Whose tokens one may make: one's own, and those of others where one administers.
struct Owners {
    own: Option<String>,
    all: Vec<String>,
}

impl Kept for Tokens {
    type Noun = Token;
    type Choices = Owners;

    const SECTION: Section = Section::Tokens;
    const PATH: &'static str = "tokens";
    /// Everybody may have tokens of their own.
    const WRITES: &'static [Verb] = &[];
    const WHAT: &'static str = "tokens";
    const CHANGES: bool = false;

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.tokens_title(),
            intro: t.tokens_intro(),
            add: t.tokens_add(),
            none: t.tokens_none(),
            loss: t.tokens_loss(),
        }
    }

    fn name(token: &Token) -> String {
        format!("{}/{}", token.user, token.name)
    }

    fn key(token: &Token) -> String {
        token.id.clone()
    }

    fn version(_: &Token) -> i64 {
        // It is made and ended, never changed.
        1
    }

    async fn list(
        engine: &Engine,
        actor: &Actor,
        query: &Form,
        paging: &Paging,
    ) -> OpResult<Page<Token>> {
        token::list(engine, actor, query.optional("user").as_deref(), paging).await
    }

    async fn show(engine: &Engine, actor: &Actor, key: &str) -> OpResult<Token> {
        token::show(engine, actor, key).await
    }

    async fn create(engine: &Engine, actor: &Actor, form: &Form) -> OpResult<String> {
        Ok(token::create(engine, actor, said(form)).await?.about.id)
    }

    async fn update(_: &Engine, _: &Actor, key: &str, _: i64, _: &Form) -> OpResult<String> {
        Ok(key.to_owned())
    }

    async fn delete(engine: &Engine, actor: &Actor, key: &str, _: i64) -> OpResult<()> {
        token::delete(engine, actor, key).await
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.roles_verbs(), t.grants_on(), t.tokens_expires(), t.tokens_used()]
    }

    fn row(t: Words, token: &Token) -> Vec<Cell> {
        let verbs = token.verbs.as_ref().map(|verbs| super::roles::verbs(t, verbs));
        let on = match is_everything(&token.selector) {
            true => shown::text(t.grants_everything()),
            false => shown::code(&token.selector),
        };
        vec![
            verbs.unwrap_or_else(|| shown::text(t.tokens_all_verbs())),
            on,
            vec![Piece::Text(expiry(t, token))],
            vec![Piece::Moment(Moment::of(t, token.used_ms))],
        ]
    }

    fn facts(t: Words, token: &Token) -> Vec<Fact> {
        let owner = Fact::new(t.grants_user(), shown::links("users", [&token.user]));
        let cells = Self::heads(t).into_iter().zip(Self::row(t, token));
        let facts = cells.map(|(head, cell)| Fact::new(head, cell));
        std::iter::once(owner).chain(facts).collect()
    }

    async fn choices(engine: &Engine, actor: &Actor) -> OpResult<Owners> {
        let own = actor.user_name().map(str::to_owned);
        if !actor.may(Verb::Administer) {
            return Ok(Owners { own, all: Vec::new() });
        }
        let filter = users::Filter::default();
        let page = user::list(engine, actor, filter, &kept::everything()).await?;
        Ok(Owners { own, all: page.items.into_iter().map(|user| user.said.name).collect() })
    }

    fn filled(_: Option<&Token>) -> Form {
        Form::of([("selector", "all"), ("days", USUAL_DAYS)])
    }

    fn fields(t: Words, form: &Form, owners: &Owners, _: bool) -> Vec<Field> {
        let name = Field::line(form, "name", t.kept_name()).required().code();
        let mut fields = vec![name.hint(t.tokens_name_hint())];
        if !owners.all.is_empty() {
            let own = Form::of([("user", owners.own.clone().unwrap_or_default())]);
            let names = owners.all.iter().map(|name| (name.as_str(), name.as_str()));
            fields.push(Field::one(&own.over(form), "user", t.tokens_whose(), names));
        }
        let days = Field::of_type(form, "days", t.tokens_days(), "number");
        let on = Field::line(form, "selector", t.grants_on()).code();
        fields.push(days.hint(t.tokens_days_hint()));
        fields
            .push(super::roles::verbs_field(t, form, t.tokens_verbs()).hint(t.tokens_verbs_hint()));
        fields.push(on.hint(t.grants_on_hint("all")));
        fields
    }
}

/// When it ends to be valid, in words.
fn expiry(t: Words, token: &Token) -> String {
    match token.expires_ms {
        None => t.never().to_owned(),
        Some(end) if end <= now_ms() => t.tokens_expired().to_owned(),
        Some(end) => t.tokens_in_days((end - now_ms()) / DAY_MS + 1),
    }
}

fn said(form: &Form) -> NewToken {
    let days: Option<i64> = form.word("days").parse().ok();
    let verbs = super::roles::ticked(form);
    NewToken {
        name: form.word("name"),
        user: form.optional("user"),
        verbs: Some(verbs).filter(|verbs| !verbs.is_empty()),
        selector: form.optional("selector"),
        // A number that makes no sense is of the past, which the operation refuses.
        expires_ms: days.map(|days| now_ms().saturating_add(days.saturating_mul(DAY_MS))),
    }
}

#[derive(Template)]
#[template(path = "tokens/made.html")]
struct MadePage {
    frame: Frame,
    t: Words,
    token: Secret<String>,
}

/// The answer to the form is the page that shows it: nothing keeps it for a page that comes later.
async fn create(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    match token::create(&engine, &visit.actor, said(&form)).await {
        Ok(made) => {
            let title = visit.t.tokens_made(&made.about.name);
            let frame = visit.frame_in(Section::Tokens, title);
            let frame = frame.below(visit.t.tokens_title(), Tokens::root());
            Ok(reply::page(&MadePage { frame, t: visit.t, token: made.token }))
        }
        Err(error) => kept::new_again::<Tokens>(&engine, &visit, error, &form).await,
    }
}

/// The tokens of a user.
pub(super) async fn table(engine: &Engine, visit: &Visit, user: &str) -> OpResult<Table> {
    let t = visit.t;
    let page = token::list(engine, &visit.actor, Some(user), &Paging::default()).await?;
    let row = |token: &Token| Row {
        head: Piece::Link(token.name.clone(), Tokens::address(&token.id)),
        cells: Tokens::row(t, token),
    };
    let heads = std::iter::once(t.kept_name()).chain(Tokens::heads(t));
    Ok(Table {
        title: t.tokens_title().to_owned(),
        heads: heads.map(str::to_owned).collect(),
        rows: page.items.iter().map(row).collect(),
        empty: t.tokens_none().to_owned(),
        more: Some((t.tokens_add().to_owned(), "/ui/tokens/-/new".to_owned())),
    })
}
