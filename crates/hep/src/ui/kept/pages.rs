//! The pages of all nouns that are kept.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpError};

use super::field::{Field, Input, Part, blame, compare, parts};
use super::reader::{Wrong, blame_all, first};
use super::shown::{Action, Fact, Piece, Row, Table};
use super::{Kept, Titles};
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::{Form, Query};
use crate::ui::frame::Frame;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::sure::Sure;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many a page of a list has.
const LENGTH: u32 = 50;
/// The field of a form that says of which version it is.
const VERSION: &str = "version";

/// The field of a form that asks for more room in it, and not to be taken.
pub(crate) const MORE: &str = "more";

/// All pages of a noun.
pub(crate) fn all<K: Kept>() -> Pages {
    let pages = listing::<K>().and(showing::<K>()).and(making::<K>()).and(removing::<K>());
    if K::CHANGES { pages.and(changing::<K>()) } else { pages }
}

/// The list.
pub(crate) fn listing<K: Kept>() -> Pages {
    Pages::new().get(&format!("/{}", K::PATH), list::<K>)
}

/// One of them.
pub(crate) fn showing<K: Kept>() -> Pages {
    Pages::new().get(&format!("/{}/{{name}}", K::PATH), show::<K>)
}

/// The form of a new one.
pub(crate) fn offering<K: Kept>() -> Pages {
    Pages::new().get(&format!("/{}/-/new", K::PATH), new::<K>)
}

/// New ones.
fn making<K: Kept>() -> Pages {
    offering::<K>().post(&format!("/{}/-/new", K::PATH), create::<K>)
}

/// Changing one.
fn changing<K: Kept>() -> Pages {
    let path = format!("/{}/{{name}}/edit", K::PATH);
    Pages::new().get(&path, edit::<K>).post(&path, update::<K>)
}

/// Removing one.
pub(crate) fn removing<K: Kept>() -> Pages {
    let path = format!("/{}/{{name}}/remove", K::PATH);
    Pages::new().get(&path, ask::<K>).post(&path, remove::<K>)
}

#[derive(Template)]
#[template(path = "kept/list.html")]
struct ListPage {
    frame: Frame,
    t: Words,
    titles: Titles,
    action: String,
    add: Option<String>,
    filters: Vec<Field>,
    is_filtered: bool,
    table: Table,
    next: Option<String>,
    first: Option<String>,
}

async fn list<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let paging = Paging { limit: Some(LENGTH), cursor: query.optional("cursor") };
    let page = K::list(&engine, &visit.actor, &query, &paging).await?;
    let (t, titles) = (visit.t, K::titles(visit.t));
    let row = |noun: &K::Noun| Row { head: link::<K>(noun), cells: K::row(t, noun) };
    let heads = std::iter::once(t.kept_name()).chain(K::heads(t)).map(str::to_owned).collect();
    let rows = page.items.iter().map(row).collect();
    let table = Table { title: titles.many.to_owned(), heads, rows, ..Table::default() };
    let filters = K::filters(t, &query);
    let address = |cursor: &str| format!("{}?{}", K::root(), query.with(&[("cursor", cursor)]));
    Ok(reply::page(&ListPage {
        frame: visit.frame_in(K::SECTION, titles.many),
        t,
        titles,
        action: K::root(),
        add: K::may_write(&visit.actor).then(|| format!("{}/-/new", K::root())),
        is_filtered: filters.iter().any(|field| query.is_on(&field.name)),
        filters,
        table,
        next: page.next.map(|next| address(&next)),
        first: query.optional("cursor").map(|_| address("")),
    }))
}

fn link<K: Kept>(noun: &K::Noun) -> Piece {
    let text = crate::terminal::visible::text(&K::name(noun)).into_owned();
    Piece::Link(text, K::address(&K::key(noun)))
}

#[derive(Template)]
#[template(path = "kept/show.html")]
struct ShowPage {
    frame: Frame,
    t: Words,
    title: String,
    actions: Vec<Action>,
    facts: Vec<Fact>,
    tables: Vec<Table>,
}

async fn show<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(key): Path<String>,
) -> Result<Response, Fault> {
    let noun = K::show(&engine, &visit.actor, &key).await?;
    let tables = K::tables(&engine, &visit, &noun).await?;
    let title = K::name(&noun);
    Ok(reply::page(&ShowPage {
        frame: below::<K>(&visit, &title),
        t: visit.t,
        title,
        actions: actions::<K>(&visit, &noun),
        facts: K::facts(visit.t, &noun),
        tables,
    }))
}

fn actions<K: Kept>(visit: &Visit, noun: &K::Noun) -> Vec<Action> {
    let (t, address) = (visit.t, K::address(&K::key(noun)));
    let mut actions = K::actions(visit, noun);
    if K::may_change(&visit.actor, noun) {
        if K::CHANGES {
            actions.push(Action::link(t.kept_edit(), format!("{address}/edit")));
        }
        actions.push(Action::danger(t.kept_remove(), format!("{address}/remove")));
    }
    actions
}

/// The frame of a page below the list.
fn below<K: Kept>(visit: &Visit, title: &str) -> Frame {
    let many = K::titles(visit.t).many;
    visit.frame_in(K::SECTION, title).below(many, K::root())
}

/// A page with a form.
#[derive(Template)]
#[template(path = "kept/form.html")]
pub(crate) struct FormPage {
    /// What stands around it.
    pub(crate) frame: Frame,
    /// Words.
    pub(crate) t: Words,
    /// Its title.
    pub(crate) title: String,
    /// What it is for.
    pub(crate) intro: String,
    /// Where it is sent.
    pub(crate) action: String,
    /// Where one goes who does not want to.
    pub(crate) back: String,
    /// What the button says.
    pub(crate) submit: String,
    /// The version that is changed.
    pub(crate) version: Option<i64>,
    /// What goes on with it unseen.
    pub(crate) hidden: Vec<(&'static str, String)>,
    /// Whether it was changed meanwhile.
    pub(crate) is_stale: bool,
    /// What is wrong with all of it.
    pub(crate) wrong: Option<Said>,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
    /// What the button says that asks for more room in it.
    pub(crate) more: Option<&'static str>,
    /// Where it is looked at while somebody fills it in.
    pub(crate) check_at: Option<&'static str>,
}

impl FormPage {
    /// A form below a page, of these fields.
    pub(crate) fn new(frame: Frame, t: Words, action: String, back: String) -> Self {
        Self {
            title: frame.title.clone(),
            frame,
            t,
            intro: String::new(),
            action,
            back,
            submit: t.kept_save().to_owned(),
            version: None,
            hidden: Vec::new(),
            is_stale: false,
            wrong: None,
            fields: Vec::new(),
            more: None,
            check_at: None,
        }
    }

    /// Says what was saved meanwhile: saving once more replaces it.
    pub(crate) fn is_now(&mut self, saved: &[Field], version: i64) {
        compare(&mut self.fields, saved);
        self.version = Some(version);
        self.is_stale = true;
    }

    fn parts(&self) -> Vec<Part> {
        parts(&self.fields)
    }

    /// Whether files come with it.
    fn has_files(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.input, Input::File(_)))
    }

    /// With all that is wrong at its field.
    pub(crate) fn blamed(&mut self, visit: &Visit, wrong: Vec<Wrong>) {
        self.wrong = blame_all(visit, &mut self.fields, wrong);
    }
}

/// A form again that was not taken, with what was typed; a fault that is not of the form is a page of its own.
pub(crate) fn form_again(visit: &Visit, fault: Fault, page: FormPage) -> Result<Response, Fault> {
    let at = fault.field.map(str::to_owned);
    again_at(visit, fault, page, at.as_deref())
}

/// A form again of which not everything can be read, with all that is wrong at its field.
pub(crate) fn form_wrong(visit: &Visit, mut page: FormPage, wrong: Vec<Wrong>) -> Response {
    let fault = Fault::from(first::<()>(Err(wrong.clone())).err().unwrap_or_else(no_reason));
    page.blamed(visit, wrong);
    fault.noted(reply::page(&page))
}

fn no_reason() -> OpError {
    OpError::Internal("a form that is wrong says nothing of it".to_owned())
}

fn again_at(
    visit: &Visit,
    fault: Fault,
    mut page: FormPage,
    at: Option<&str>,
) -> Result<Response, Fault> {
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    page.wrong = blame(&mut page.fields, at, visit.speech(&fault.message));
    Ok(fault.noted(reply::page(&page)))
}

/// A form of a noun again, with all that is wrong with it as far as that can be told at once.
fn form_of_again<K: Kept>(
    visit: &Visit,
    fault: Fault,
    mut page: FormPage,
    form: &Form,
) -> Result<Response, Fault> {
    let wrong = if page.is_stale { Vec::new() } else { K::wrong(form) };
    if wrong.is_empty() {
        let at = K::field_at_fault(form, fault.field, &fault.message);
        let is_taken = fault.message.id == "register.exists";
        let at = at.or_else(|| is_taken.then(|| "name".to_owned()));
        let at = at.or_else(|| fault.field.map(str::to_owned));
        return again_at(visit, fault, page, at.as_deref());
    }
    page.blamed(visit, wrong);
    Ok(fault.noted(reply::page(&page)))
}

/// To a page after something was done.
pub(crate) fn done(visit: &Visit, to: &str, text: impl Into<String>) -> Response {
    reply::go_and_say(visit, to, Flash::done(text))
}

/// With what its form needs of scripts.
fn with_islands<K: Kept>(frame: Frame) -> Frame {
    K::ISLAND.into_iter().fold(frame, Frame::with_island)
}

fn new_page<K: Kept>(visit: &Visit, form: &Form, choices: &K::Choices) -> FormPage {
    let (t, titles) = (visit.t, K::titles(visit.t));
    let action = format!("{}/-/new", K::root());
    let frame = with_islands::<K>(below::<K>(visit, titles.add));
    FormPage {
        intro: titles.intro.to_owned(),
        fields: K::fields(t, form, choices, true),
        more: K::more(t),
        check_at: K::check_at(),
        ..FormPage::new(frame, t, action, K::root())
    }
}

async fn new<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    K::must_write(&visit.actor)?;
    let choices = K::choices(&engine, &visit.actor).await?;
    // A link may have filled something in: the group of a host, the user of a role.
    let form = K::filled(None).over(&query);
    Ok(reply::page(&new_page::<K>(&visit, &form, &choices)))
}

async fn create<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let form = K::taken(&form);
    if form.is_on(MORE) {
        K::must_write(&visit.actor)?;
        let choices = K::choices(&engine, &visit.actor).await?;
        return Ok(reply::page(&new_page::<K>(&visit, &form, &choices)));
    }
    match K::create(&engine, &visit.actor, &form).await {
        Ok(key) => Ok(done(&visit, &K::address(&key), visit.t.kept_made())),
        Err(error) => new_again::<K>(&engine, &visit, error, &form).await,
    }
}

/// The form of a new one again, which was not made.
pub(crate) async fn new_again<K: Kept>(
    engine: &Engine,
    visit: &Visit,
    error: OpError,
    form: &Form,
) -> Result<Response, Fault> {
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    let choices = K::choices(engine, &visit.actor).await?;
    form_of_again::<K>(visit, fault, new_page::<K>(visit, form, &choices), form)
}

fn edit_page<K: Kept>(
    visit: &Visit,
    (key, version): (&str, i64),
    form: &Form,
    choices: &K::Choices,
) -> FormPage {
    let (t, address, name) = (visit.t, K::address(key), K::called(key, form));
    let title = t.kept_edit_title(&name);
    let frame = with_islands::<K>(below::<K>(visit, &title)).below(name, &*address);
    FormPage {
        fields: K::fields(t, form, choices, false),
        version: Some(version),
        more: K::more(t),
        check_at: K::check_at(),
        ..FormPage::new(frame, t, format!("{address}/edit"), address)
    }
}

async fn edit<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(key): Path<String>,
) -> Result<Response, Fault> {
    K::must_write(&visit.actor)?;
    let noun = K::show(&engine, &visit.actor, &key).await?;
    K::must_change(&visit.actor, &noun)?;
    let choices = K::choices(&engine, &visit.actor).await?;
    let form = K::filled(Some(&noun));
    let at = (key.as_str(), K::version(&noun));
    Ok(reply::page(&edit_page::<K>(&visit, at, &form, &choices)))
}

/// The version that a form was made of; none that there is, where it says none.
fn version(form: &Form) -> i64 {
    form.word(VERSION).parse().unwrap_or_default()
}

async fn update<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let form = K::taken(&form);
    if form.is_on(MORE) {
        K::must_write(&visit.actor)?;
        let choices = K::choices(&engine, &visit.actor).await?;
        let at = (key.as_str(), version(&form));
        return Ok(reply::page(&edit_page::<K>(&visit, at, &form, &choices)));
    }
    let error = match K::update(&engine, &visit.actor, &key, version(&form), &form).await {
        Ok(key) => return Ok(done(&visit, &K::address(&key), visit.t.kept_saved())),
        Err(error) => error,
    };
    let is_stale = matches!(error, OpError::Stale(_));
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    let choices = K::choices(&engine, &visit.actor).await?;
    let mut page = edit_page::<K>(&visit, (&key, version(&form)), &form, &choices);
    if is_stale {
        // What is there now stands beside what was typed, and saving once more replaces it knowingly.
        let now = K::show(&engine, &visit.actor, &key).await?;
        let saved = K::fields(visit.t, &K::filled(Some(&now)), &choices, false);
        page.is_now(&saved, K::version(&now));
    }
    form_of_again::<K>(&visit, fault, page, &form)
}

fn remove_page<K: Kept>(visit: &Visit, noun: &K::Noun, fault: Option<&Fault>) -> Sure {
    let (t, name, key) = (visit.t, K::name(noun), K::key(noun));
    let (title, address) = (t.kept_remove_title(&name), K::address(&key));
    let frame = below::<K>(visit, &title).below(name, &*address);
    let (sentences, button) = match fault {
        Some(fault) if fault.status == StatusCode::CONFLICT => (Vec::new(), t.kept_remove_again()),
        _ => (vec![K::titles(t).loss.to_owned(), t.kept_remove_hint().to_owned()], t.kept_remove()),
    };
    let page = Sure {
        facts: K::facts(t, noun),
        wrong: fault.map(|fault| visit.speech(&fault.message)),
        carried: vec![(VERSION.to_owned(), K::version(noun).to_string())],
        ..Sure::new(frame, t, sentences)
    };
    page.by(button, format!("{address}/remove"), address)
}

async fn ask<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(key): Path<String>,
) -> Result<Response, Fault> {
    K::must_write(&visit.actor)?;
    let noun = K::show(&engine, &visit.actor, &key).await?;
    K::must_change(&visit.actor, &noun)?;
    Ok(reply::page(&remove_page::<K>(&visit, &noun, None)))
}

async fn remove<K: Kept>(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let Err(error) = K::delete(&engine, &visit.actor, &key, version(&form)).await else {
        return Ok(done(&visit, &K::root(), visit.t.kept_removed()));
    };
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    let noun = K::show(&engine, &visit.actor, &key).await?;
    let page = remove_page::<K>(&visit, &noun, Some(&fault));
    Ok(fault.noted(reply::page(&page)))
}
