//! Telling of a host, and changing what was told.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_engine::ops::credential::{self, CredentialInput};
use hep_engine::ops::host_key::{self, KeyInput};
use hep_engine::ops::{Engine, OpError, OpResult, host, partition};
use hep_engine::store::credentials::Kind;
use hep_engine::store::hosts::{Host, HostInput};

use super::{Place, address, beside};
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::Section;
use crate::ui::kept::field::Field;
use crate::ui::kept::{FormPage, everything, form_again};
use crate::ui::pages::Pages;
use crate::ui::reply;
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

/// What can be chosen on the form.
struct Choices {
    partitions: Vec<String>,
    /// Those that can be given; nothing where the visitor may not.
    credentials: Option<Vec<String>>,
}

async fn choices(engine: &Engine, visit: &Visit) -> Result<Choices, Fault> {
    let all = everything();
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

/// What stands in the form at first.
fn filled(said: &HostInput) -> Form {
    let yes = |is_on: bool| if is_on { "yes".to_owned() } else { String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Form::of([
        ("name", said.name.clone()),
        ("address", said.address.clone()),
        ("port", said.port.to_string()),
        ("user", text(&said.user)),
        ("login", "none".to_owned()),
        ("credential", text(&said.credential)),
        ("become_credential", text(&said.become_credential)),
        ("labels", written(&said.labels)),
        ("notes", said.notes.clone()),
        ("partition", said.partition.clone()),
        ("jump", text(&said.jump)),
        ("zone", text(&said.zone)),
        ("mac", text(&said.mac)),
        ("os", said.os.clone()),
        ("enabled", yes(said.enabled)),
        ("legacy_algorithms", yes(said.legacy_algorithms)),
    ])
}

fn fields(t: Words, form: &Form, choices: &Choices, is_new: bool) -> Vec<Field> {
    let mut fields = vec![
        Field::line(form, "name", t.host_name())
            .code()
            .required()
            .example("web1")
            .hint(t.host_name_hint()),
        Field::line(form, "address", t.hosts_column_address())
            .code()
            .example("192.0.2.7")
            .hint(t.host_address_hint()),
        Field::of_type(form, "port", t.host_port(), "number"),
        Field::area(form, "labels", t.hosts_column_labels(), 2)
            .code()
            .example("env=prod")
            .hint(t.host_labels_hint()),
        Field::area(form, "notes", t.host_notes(), 2),
    ];
    fields.extend(login_fields(t, form, choices, is_new));
    fields.extend(further_fields(t, form, choices));
    fields
}

/// How Hephaestus signs in there.
fn login_fields(t: Words, form: &Form, choices: &Choices, is_new: bool) -> Vec<Field> {
    let user = Field::line(form, "user", t.host_user()).code().example("root");
    let user = user.begins(t.host_login(), false);
    let Some(known) = &choices.credentials else {
        return vec![user.hint(t.host_login_not_yours())];
    };
    let mut fields = vec![user];
    if is_new {
        fields.extend(new_login_fields(t, form, !known.is_empty()));
    }
    let none = || std::iter::once((String::new(), t.host_credential_none().to_owned()));
    let all = || none().chain(known.iter().map(|name| (name.clone(), name.clone())));
    let login = Field::one(form, "credential", t.host_credential(), all());
    let sudo = Field::one(form, "become_credential", t.host_become_credential(), all());
    fields.extend([login, sudo].map(|field| match is_new {
        true => field.when("login", "known"),
        false => field,
    }));
    fields
}

/// How it signs in to a new host, by what is typed here.
fn new_login_fields(t: Words, form: &Form, is_known: bool) -> Vec<Field> {
    let mut ways = vec![
        ("none", t.host_login_node()),
        ("password", t.host_login_password()),
        ("key", t.host_login_key()),
    ];
    if is_known {
        ways.push(("known", t.host_login_known()));
    }
    let sudo = Field::secret("become_password", t.host_become_password());
    vec![
        Field::pick(form, "login", t.host_login_how(), ways),
        Field::secret("password", t.password()).when("login", "password"),
        Field::key("private_key", t.host_private_key())
            .example("-----BEGIN OPENSSH PRIVATE KEY-----")
            .when("login", "key"),
        Field::secret("passphrase", t.host_passphrase()).when("login", "key"),
        sudo.hint(t.host_become_hint()).when("login", "password key"),
    ]
}

/// What few hosts need.
fn further_fields(t: Words, form: &Form, choices: &Choices) -> Vec<Field> {
    let jump = Field::line(form, "jump", t.host_jump()).code().hint(t.host_jump_hint());
    let mut fields = vec![jump.begins(t.host_further(), true)];
    if !choices.partitions.is_empty() {
        let all = choices.partitions.iter().map(|name| (name, name));
        fields.push(Field::one(form, "partition", t.hosts_column_partition(), all));
    }
    fields.extend([
        Field::line(form, "zone", t.host_zone()).code(),
        Field::line(form, "mac", t.host_mac()).code(),
        Field::line(form, "os", t.hosts_column_os()),
        Field::tick(form, "enabled", t.host_enabled()),
        Field::tick(form, "legacy_algorithms", t.host_legacy()),
    ]);
    fields
}

async fn new(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    if !visit.may_somewhere(Verb::Change) {
        let denied = hep_core::message::server::denied(Verb::Change.word(), "hosts");
        return Err(OpError::Denied(denied).into());
    }
    let form = filled(&HostInput::named(""));
    Ok(reply::page(&new_page(&engine, &visit, &form).await?))
}

async fn new_page(engine: &Engine, visit: &Visit, form: &Form) -> Result<FormPage, Fault> {
    let t = visit.t;
    let choices = choices(engine, visit).await?;
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
    match make(&engine, &visit, &form).await {
        Ok(host) => Ok(made(&engine, &visit, &host).await),
        Err(error) => form_again(&visit, error.into(), new_page(&engine, &visit, &form).await?),
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
    let choices = choices(&engine, &visit).await?;
    let form = filled(&place.host.said);
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
    let version: i64 = form.word("version").parse().unwrap_or(place.host.version);
    let done = match read(&form, place.host.said.clone()) {
        Ok(said) => host::update(&engine, &visit.actor, &name, Some(version), said).await,
        Err(error) => Err(error),
    };
    let error = match done {
        Ok(host) => {
            let flash = Flash::done(visit.t.host_changed(&host.said.name));
            return Ok(reply::go_and_say(&visit, &address(&host.said.name), flash));
        }
        Err(error) => error,
    };
    let choices = choices(&engine, &visit).await?;
    let mut page = edit_page(&visit, &place, &form, &choices, version);
    if matches!(error, OpError::Stale(_)) {
        let saved = fields(visit.t, &filled(&place.host.said), &choices, false);
        page.is_now(&saved, place.host.version);
    }
    form_again(&visit, error.into(), page)
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
    // Who types a password, or wants none, chooses no credential; nor does who may not.
    let chooses = !["none", "password", "key"].contains(&form.word("login").as_str());
    let chosen = |name: &str, before: &Option<String>| match chooses && form.has(name) {
        true => form.optional(name),
        false => before.clone(),
    };
    HostInput {
        name: form.word("name"),
        address: form.word("address"),
        user: form.optional("user"),
        partition: form.optional("partition").unwrap_or_else(|| before.partition.clone()),
        credential: chosen("credential", &before.credential),
        become_credential: chosen("become_credential", &before.become_credential),
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
