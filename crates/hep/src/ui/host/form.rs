//! Telling of a host, and changing what was told.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::credential::{self, CredentialInput};
use hep_engine::ops::host_key::{self, KeyInput};
use hep_engine::ops::patch::Edit;
use hep_engine::ops::{Engine, OpError, OpResult, group, host};
use hep_engine::store::credentials::Kind;
use hep_engine::store::hosts::{Host, HostInput};

use super::told::{self, Choices, fields, filled};
use super::{Place, address, beside};
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::Section;
use crate::ui::kept::{FormPage, MORE, form_again, form_wrong};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::{Member, Visit};

/// How long a new host may take to show its key before the page goes on without.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts/-/new", new)
        .post("/hosts/-/new", create)
        .get("/hosts/{name}/edit", edit)
        .post("/hosts/{name}/edit", change)
}

async fn new(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    if !visit.may_somewhere(Verb::Change) {
        let denied = hep_core::message::server::denied(Verb::Change.word(), "hosts");
        return Err(OpError::Denied(denied).into());
    }
    let form = filled(&HostInput::named(""), &[]);
    Ok(reply::page(&new_page(&engine, &visit, &form).await?))
}

async fn new_page(engine: &Engine, visit: &Visit, form: &Form) -> Result<FormPage, Fault> {
    let t = visit.t;
    let choices = Choices::of(engine, visit).await?;
    let frame = visit.frame_in(Section::Hosts, t.hosts_add()).below(t.hosts_title(), "/ui/hosts");
    Ok(FormPage {
        submit: t.hosts_add().to_owned(),
        fields: fields(t, form, &choices, true),
        ..FormPage::new(frame, t, "/ui/hosts/-/new".to_owned(), "/ui/hosts".to_owned())
    })
}

async fn create(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    if form.is_on(MORE) {
        return Ok(reply::page(&new_page(&engine, &visit, &form).await?));
    }
    let said = match told::read(&form, &HostInput::named("")) {
        Ok(said) => said,
        Err(wrong) => {
            let page = new_page(&engine, &visit, &form).await?;
            return Ok(form_wrong(&visit, page, wrong));
        }
    };
    match make(&engine, &visit, &form, said).await {
        Ok(host) => Ok(made(&engine, &visit, &host).await),
        Err(error) => {
            let fault = Fault::from(error);
            let at = field_at_fault(&fault);
            form_again(&visit, fault.at(at), new_page(&engine, &visit, &form).await?)
        }
    }
}

/// The field at fault: a name that is taken is one of the name.
fn field_at_fault(fault: &Fault) -> Option<&'static str> {
    match fault.message.id.as_ref() {
        "register.exists" | "register.used" | "register.used_by_others" => Some("name"),
        _ => fault.field,
    }
}

/// Makes the host with its groups, and the credential of its name where a password or key was typed. Where one of them
/// is refused, nothing is left behind.
async fn make(engine: &Engine, visit: &Visit, form: &Form, mut said: HostInput) -> OpResult<Host> {
    let (actor, login) = (&visit.actor, login(form, &said.name));
    let bare = match login {
        Some(_) => HostInput { credential: None, become_credential: None, ..said.clone() },
        None => said.clone(),
    };
    let host = host::create(engine, actor, bare).await?;
    let further = async {
        if let Some(moves) = told::moves(form) {
            group::change_groups_of(engine, actor, &host.said.name, &moves).await?;
        }
        let Some(login) = login else { return Ok(None) };
        credential::create(engine, actor, login).await.map(|made| Some(made.name))
    };
    match further.await {
        Ok(None) => Ok(host),
        Ok(made) => {
            said.credential = made;
            let version = Some(host.version);
            host::change(engine, actor, &host.said.name, version, Edit::Whole(said)).await
        }
        Err(error) => {
            host::delete(engine, actor, &host.said.name, Some(host.version)).await?;
            Err(error)
        }
    }
}

/// The credential that was typed, where one was.
fn login(form: &Form, host: &str) -> Option<CredentialInput> {
    let secret = |name: &str| {
        let secret = form.secret(name);
        (!secret.expose().is_empty()).then_some(secret)
    };
    let key = || {
        let text = form.text("private_key");
        (!text.trim().is_empty()).then(|| Secret::new(text))
    };
    let kind = match form.word("login").as_str() {
        "password" => Kind::Password,
        "key" => Kind::Key,
        _ => return None,
    };
    Some(CredentialInput {
        name: host.to_owned(),
        kind,
        user: form.optional("user"),
        description: String::new(),
        certificate: None,
        generate: false,
        private_key: key().filter(|_| kind == Kind::Key),
        passphrase: secret("passphrase").filter(|_| kind == Kind::Key),
        password: secret("password").filter(|_| kind == Kind::Password),
        become_password: secret("become_password"),
    })
}

/// On to the keys of a new host, which is asked for its own at once.
async fn made(engine: &Engine, visit: &Visit, host: &Host) -> Response {
    let name = &host.said.name;
    let question = KeyInput::default();
    let asked = host_key::add(engine, &visit.actor, name, &question);
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    let text = match asked {
        Ok(Ok(_)) => visit.t.host_added_decide(name),
        _ => visit.t.host_added(name),
    };
    reply::go_and_say(visit, &format!("{}/keys", address(name)), Flash::done(text))
}

async fn edit(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let place = beside(&engine, &visit, &name, visit.t.host_edit()).await?;
    if !place.head.may_change() {
        let denied = hep_core::message::server::denied(Verb::Change.word(), &name);
        return Err(OpError::Denied(denied).into());
    }
    let choices = Choices::of(&engine, &visit).await?;
    let form = filled(&place.host.said, &place.host.groups);
    Ok(reply::page(&edit_page(&visit, &place, &form, &choices, place.host.version)))
}

fn edit_page(
    visit: &Visit,
    place: &Place,
    form: &Form,
    choices: &Choices,
    version: i64,
) -> FormPage {
    let (t, back) = (visit.t, place.head.href.clone());
    FormPage {
        title: t.host_edit_title(&place.host.said.name),
        version: Some(version),
        hidden: told::unseen(form),
        fields: fields(t, form, choices, false),
        ..FormPage::new(place.frame.clone(), t, format!("{back}/edit"), back)
    }
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let place = beside(&engine, &visit, &name, visit.t.host_edit()).await?;
    // A form that does not say of which version it was made changes nothing.
    let version: i64 = form.word("version").parse().unwrap_or_default();
    let choices = Choices::of(&engine, &visit).await?;
    let mut page = edit_page(&visit, &place, &form, &choices, version);
    if form.is_on(MORE) {
        return Ok(reply::page(&page));
    }
    let said = match told::read(&form, &place.host.said) {
        Ok(said) => said,
        Err(wrong) => return Ok(form_wrong(&visit, page, wrong)),
    };
    let error = match save(&engine, &visit, &name, version, (said, &form)).await {
        Ok(host) => {
            let flash = Flash::done(visit.t.host_changed(&host.said.name));
            return Ok(reply::go_and_say(&visit, &address(&host.said.name), flash));
        }
        Err(error) => error,
    };
    if matches!(error, OpError::Stale(_)) {
        let now = filled(&place.host.said, &place.host.groups);
        page.is_now(&fields(visit.t, &now, &choices, false), place.host.version);
    }
    let fault = Fault::from(error);
    let at = field_at_fault(&fault);
    form_again(&visit, fault.at(at), page)
}

/// Saves a host, then its groups: where those are refused the host has its new version, of which the form is told.
async fn save(
    engine: &Engine,
    visit: &Visit,
    name: &str,
    version: i64,
    (said, form): (HostInput, &Form),
) -> OpResult<Host> {
    let host = host::change(engine, &visit.actor, name, Some(version), Edit::Whole(said)).await?;
    if let Some(moves) = told::moves(form) {
        group::change_groups_of(engine, &visit.actor, &host.said.name, &moves).await?;
    }
    Ok(host)
}
