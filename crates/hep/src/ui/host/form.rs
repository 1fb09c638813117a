//! Telling of a host, and changing what was told.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::credential::{self, CredentialInput};
use hep_engine::ops::host_key::{self, KeyInput};
use hep_engine::ops::page::{MOST, Paging};
use hep_engine::ops::{Engine, OpError, OpResult, host, partition};
use hep_engine::store::credentials::Kind;
use hep_engine::store::hosts::{Host, HostInput};

use super::{Place, address, beside};
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::{Frame, Section};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

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

#[derive(Template)]
#[template(path = "host/form.html")]
struct FormPage {
    frame: Frame,
    t: Words,
    title: String,
    action: String,
    back: String,
    said: HostInput,
    /// As they were typed.
    labels: String,
    port: String,
    version: i64,
    is_new: bool,
    login: String,
    partitions: Vec<String>,
    /// Those that can be given; nothing where the visitor may not.
    credentials: Option<Vec<String>>,
    wrong: Option<Said>,
    field: &'static str,
}

impl FormPage {
    /// What is wrong with this field.
    fn wrong_at(&self, field: &str) -> Option<&Said> {
        self.wrong.as_ref().filter(|_| self.field == field)
    }

    /// What is wrong, where no field that is shown has it.
    fn wrong_beside(&self) -> Option<&Said> {
        const SHOWN: [&str; 6] = ["name", "address", "port", "labels", "partition", "jump"];
        self.wrong.as_ref().filter(|_| !SHOWN.contains(&self.field))
    }
}

/// What can be chosen on the form.
struct Choices {
    partitions: Vec<String>,
    credentials: Option<Vec<String>>,
}

async fn choices(engine: &Engine, visit: &Visit) -> Result<Choices, Fault> {
    let all = Paging { limit: Some(MOST), cursor: None };
    let partitions = match visit.actor.may(Verb::View) {
        true => {
            let page = partition::list(engine, &visit.actor, &all).await?;
            page.items.into_iter().map(|one| one.said.name).collect()
        }
        false => Vec::new(),
    };
    let credentials = match visit.actor.may(Verb::Secrets) {
        true => {
            let page = credential::list(engine, &visit.actor, &all).await?;
            Some(page.items.into_iter().map(|one| one.name).collect())
        }
        false => None,
    };
    Ok(Choices { partitions, credentials })
}

async fn new(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    if !visit.may_somewhere(Verb::Change) {
        let denied = hep_core::message::server::denied(Verb::Change.word(), "hosts");
        return Err(OpError::Denied(denied).into());
    }
    let form = Form::default();
    let page = new_page(&engine, &visit, HostInput::named(""), &form, None).await?;
    Ok(reply::page(&page))
}

async fn new_page(
    engine: &Engine,
    visit: &Visit,
    said: HostInput,
    form: &Form,
    fault: Option<&Fault>,
) -> Result<FormPage, Fault> {
    let t = visit.t;
    let choices = choices(engine, visit).await?;
    let frame = visit.frame_in(Section::Hosts, t.hosts_add()).below(t.hosts_title(), "/ui/hosts");
    Ok(FormPage {
        frame,
        t,
        title: t.hosts_add().to_owned(),
        action: "/ui/hosts/-/new".to_owned(),
        back: "/ui/hosts".to_owned(),
        labels: form.text("labels"),
        port: form.optional("port").unwrap_or_else(|| said.port.to_string()),
        version: 0,
        is_new: true,
        login: form.optional("login").unwrap_or_else(|| "none".to_owned()),
        partitions: choices.partitions,
        credentials: choices.credentials,
        wrong: fault.map(|fault| visit.speech(&fault.message)),
        field: fault.and_then(|fault| fault.field).unwrap_or_default(),
        said,
    })
}

async fn create(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let shown = read_texts(&form, HostInput::named(""));
    match make(&engine, &visit, &form).await {
        Ok(host) => Ok(made(&engine, &visit, &host).await),
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            let page = new_page(&engine, &visit, shown, &form, Some(&fault)).await?;
            Ok(fault.noted(reply::page(&page)))
        }
    }
}

/// Makes the host, and before it the credential of its name where a password or key was typed.
async fn make(engine: &Engine, visit: &Visit, form: &Form) -> OpResult<Host> {
    let mut said = read(form, HostInput::named(""))?;
    let login = login(form, &said.name);
    if let Some(login) = login {
        // The host is refused first: a credential of nothing is not left behind.
        let bare = HostInput { credential: None, become_credential: None, ..said.clone() };
        let host = host::create(engine, &visit.actor, bare).await?;
        let made = credential::create(engine, &visit.actor, login).await;
        let credential = match made {
            Ok(credential) => credential,
            Err(error) => {
                host::delete(engine, &visit.actor, &said.name, Some(host.version)).await?;
                return Err(error);
            }
        };
        said.credential = Some(credential.name);
        return host::update(engine, &visit.actor, &host.said.name, Some(host.version), said).await;
    }
    host::create(engine, &visit.actor, said).await
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
    let (said, version) = (place.host.said.clone(), place.host.version);
    let labels = written(&said.labels);
    let page = edit_page(&engine, &visit, place, said, labels, version).await?;
    Ok(reply::page(&page))
}

async fn edit_page(
    engine: &Engine,
    visit: &Visit,
    place: Place,
    said: HostInput,
    labels: String,
    version: i64,
) -> Result<FormPage, Fault> {
    let choices = choices(engine, visit).await?;
    let back = place.head.href;
    Ok(FormPage {
        title: visit.t.host_edit_title(&place.host.said.name),
        action: format!("{back}/edit"),
        back,
        frame: place.frame,
        t: visit.t,
        labels,
        port: said.port.to_string(),
        version,
        is_new: false,
        login: String::new(),
        partitions: choices.partitions,
        credentials: choices.credentials,
        wrong: None,
        field: "",
        said,
    })
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let place = beside(&engine, &visit, &name, visit.t.host_edit()).await?;
    let version: i64 = form.word("version").parse().unwrap_or(place.host.version);
    let before = place.host.said.clone();
    let done = match read(&form, before.clone()) {
        Ok(said) => host::update(&engine, &visit.actor, &name, Some(version), said).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(host) => {
            let flash = Flash::done(visit.t.host_changed(&host.said.name));
            Ok(reply::go_and_say(&visit, &address(&host.said.name), flash))
        }
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            let said = read_texts(&form, before);
            let page = edit_page(&engine, &visit, place, said, form.text("labels"), version);
            let mut page = page.await?;
            page.port = form.word("port");
            page.wrong = Some(visit.speech(&fault.message));
            page.field = fault.field.unwrap_or_default();
            Ok(fault.noted(reply::page(&page)))
        }
    }
}

/// What was typed; what the form does not have stays.
fn read(form: &Form, before: HostInput) -> OpResult<HostInput> {
    let port = form.word("port");
    let bad = || OpError::invalid("port", say::bad_port(&port));
    let port = if port.is_empty() { 22 } else { port.parse().map_err(|_| bad())? };
    let labels = labels(&form.text("labels"))?;
    Ok(HostInput { port, labels, ..read_texts(form, before) })
}

/// The fields that are texts, whatever they say.
fn read_texts(form: &Form, before: HostInput) -> HostInput {
    let credential = match form.word("login").as_str() {
        // An older form, or one of somebody who may not choose.
        "" | "none" | "password" | "key" => before.credential.clone(),
        _ => form.optional("credential"),
    };
    HostInput {
        name: form.word("name"),
        address: form.word("address"),
        user: form.optional("user"),
        partition: form.optional("partition").unwrap_or_else(|| before.partition.clone()),
        credential,
        become_credential: match form.is_on("login") {
            true => form.optional("become_credential"),
            false => before.become_credential.clone(),
        },
        jump: form.optional("jump"),
        zone: form.optional("zone"),
        os: form.word("os"),
        mac: form.optional("mac"),
        legacy_algorithms: form.is_on("legacy_algorithms"),
        enabled: form.is_on("enabled"),
        notes: form.text("notes"),
        ..before
    }
}

/// Labels, one a line.
fn labels(text: &str) -> OpResult<BTreeMap<String, String>> {
    let lines = text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| match line.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => Err(OpError::invalid("labels", say::bad_label(line, ""))),
    };
    lines.map(pair).collect()
}

fn written(labels: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        let read = labels("a=1\n b = x y \n\nc=,d=4").unwrap();
        assert_eq!(written(&read), "a=1\nb=x y\nc=\nd=4");
        assert!(labels("nothing").is_err());
    }
}
