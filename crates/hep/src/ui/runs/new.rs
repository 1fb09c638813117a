//! Asking for a run: a command, a script or something ready made, on a selection of hosts. Before it goes the page says
//! what will run on which hosts; what nobody may see again is asked for there, so that it is in no page.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_core::rollout::Size;
use hep_core::verb;
use hep_engine::ops::aim::{self, Aim};
use hep_engine::ops::run::{self, RunInput};
use hep_engine::ops::run_secrets::SecretsInput;
use hep_engine::ops::{Engine, OpError};
use hep_engine::server::subject::{CommandSubject, ScriptSubject, Strategy, Subject, VerbSubject};
use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::flash::Flash;
use super::super::form::{Form, Query};
use super::super::frame::{Frame, Section};
use super::super::kept::field::{Field, Input, Look, Part, blame, parts};
use super::super::reply;
use super::super::speech::Said;
use super::super::visit::{Member, Visit};
use super::super::words::Words;
use super::strategy;
use crate::render::fold::fold;
use crate::terminal::visible;

/// Names of hosts that are shown one by one.
const NAMES: usize = 100;
/// What can be asked for here by name. Others have places of their own.
const VERBS: [&str; 12] = [
    "packages.install",
    "packages.remove",
    "packages.upgrade",
    "services.start",
    "services.stop",
    "services.restart",
    "services.enable",
    "services.disable",
    "power.reboot",
    "power.off",
    "power.keep",
    "facts",
];

/// The hosts of a selection, in words.
struct Preview {
    many: usize,
    /// Some names, or all in ranges.
    names: String,
    skipped: String,
    refused: String,
    unseen: usize,
    wrong: Option<Said>,
}

/// What is wrong with the form: the field, and why.
struct Wrong {
    field: &'static str,
    said: Said,
}

/// A way to run something.
struct Tab {
    word: &'static str,
    title: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "runs/new.html", blocks = ["aim"])]
struct NewPage {
    frame: Frame,
    t: Words,
    form: Form,
    kind: &'static str,
    tabs: Vec<Tab>,
    selector: Field,
    aim: Option<Preview>,
    fields: Vec<Field>,
    wrong: Option<Said>,
}

impl NewPage {
    fn parts(&self) -> Vec<Part<'_>> {
        parts(&self.fields)
    }
}

#[derive(Template)]
#[template(path = "runs/check.html")]
struct CheckPage {
    frame: Frame,
    t: Words,
    what: String,
    who: String,
    aim: Preview,
    strategy: Vec<String>,
    carried: Vec<(String, String)>,
    /// What nobody may see again.
    secrets: Vec<Field>,
    is_power: bool,
    /// Whether the selection means other hosts than when it was looked at.
    has_changed: bool,
    seen: String,
}

fn kind(form: &Form) -> &'static str {
    match form.word("kind").as_str() {
        "script" => "script",
        "verb" => "verb",
        _ => "command",
    }
}

/// The form, filled in as the address says.
pub(super) async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let page = page(&engine, &visit, &query, None).await?;
    Ok(reply::page_or(&visit, &page, &page.as_aim()))
}

async fn page(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    wrong: Option<Wrong>,
) -> Result<NewPage, Fault> {
    let t = visit.t;
    visit_may_run(visit)?;
    let kind = kind(form);
    let tab = |(word, title)| Tab { word, title, is_chosen: word == kind };
    let tabs =
        [("command", t.kind_command()), ("script", t.kind_script()), ("verb", t.kind_verb())];
    let mut fields = vec![selector(t, form)];
    fields.extend(what_fields(t, form));
    fields.extend(more_fields(t, form));
    fields.extend(strategy_fields(t, form));
    let wrong = wrong.and_then(|wrong| blame(&mut fields, Some(wrong.field), wrong.said));
    Ok(NewPage {
        frame: visit.frame_in(Section::Runs, t.new_title()).below(t.nav_runs(), "/ui/runs"),
        t,
        kind,
        tabs: tabs.map(tab).into(),
        aim: preview(engine, visit, form).await?,
        selector: fields.remove(0),
        fields,
        form: form.clone(),
        wrong,
    })
}

/// On which hosts; what that means is shown while it is typed.
fn selector(t: Words, form: &Form) -> Field {
    let look = Look { href: "/ui/run", part: "aim", with: "[name=kind],[name=verb]" };
    let hint = t.new_selector_hint("web*,@db,env=prod", "all");
    Field::line(form, "selector", t.hosts_filter()).code().required().hint(hint).look(look)
}

/// What is run.
fn what_fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let mut fields = match kind(form) {
        "command" => vec![line("line", t.new_line()).hint(t.new_line_hint("uptime"))],
        "script" => vec![
            Field::area(form, "script", t.new_script(), 12)
                .code()
                .hint(t.new_script_hint("#!/bin/sh")),
            Field::area(form, "arguments", t.new_arguments(), 2)
                .code()
                .hint(t.new_arguments_hint()),
        ],
        _ => {
            let verbs = VERBS.map(|word| (word, verb_title(t, word)));
            vec![
                Field::one(form, "verb", t.new_verb(), verbs),
                line("names", t.new_names()).hint(t.new_names_hint()),
                Field::of_type(form, "minutes", t.new_minutes(), "number")
                    .hint(t.new_minutes_hint()),
            ]
        }
    };
    fields.push(Field::tick(form, "sudo", t.new_sudo()));
    let description = Field::line(form, "description", t.new_description());
    fields.push(description.hint(t.new_description_hint()));
    fields
}

/// More about it, which few need.
fn more_fields(t: Words, form: &Form) -> Vec<Field> {
    let user = Field::line(form, "sudo_user", t.new_sudo_user()).code();
    let mut fields = vec![user.hint(t.new_sudo_user_hint()).begins(t.new_more(), true)];
    if kind(form) != "verb" {
        fields.extend([
            Field::area(form, "environment", t.new_environment(), 2)
                .code()
                .hint(t.new_environment_hint("LANG=C.UTF-8")),
            Field::line(form, "secret_names", t.new_secret_names())
                .code()
                .hint(t.new_secret_names_hint()),
            Field::area(form, "stdin", t.new_stdin(), 3).code(),
        ]);
    }
    fields.push(Field::of_type(form, "timeout", t.new_timeout(), "number"));
    fields
}

/// How it goes over the hosts.
fn strategy_fields(t: Words, form: &Form) -> Vec<Field> {
    let number = |name, label| Field::of_type(form, name, label, "number");
    let line = |name, label| Field::line(form, name, label).code();
    vec![
        number("forks", t.new_forks()).hint(t.new_strategy_hint()).begins(t.new_strategy(), true),
        line("canary", t.new_canary()).hint(t.new_canary_hint()),
        line("batches", t.new_batches()).hint(t.new_batches_hint("5, 20%")),
        number("pause", t.new_pause()),
        line("stop_after", t.new_stop_after()),
        number("deadline", t.new_deadline()),
        Field::tick(form, "approval", t.new_approval()),
    ]
}

/// Who may run nothing anywhere has no use for this page.
fn visit_may_run(visit: &Visit) -> Result<(), OpError> {
    match visit.may_somewhere(Verb::Run) || visit.may_somewhere(Verb::Power) {
        true => Ok(()),
        false => Err(OpError::Denied(hep_core::message::server::denied(Verb::Run.word(), "hosts"))),
    }
}

/// What a verb is called.
fn verb_title(t: Words, name: &str) -> &'static str {
    match name {
        "packages.install" => t.verb_packages_install(),
        "packages.remove" => t.verb_packages_remove(),
        "packages.upgrade" => t.verb_packages_upgrade(),
        "services.start" => t.verb_services_start(),
        "services.stop" => t.verb_services_stop(),
        "services.restart" => t.verb_services_restart(),
        "services.enable" => t.verb_services_enable(),
        "services.disable" => t.verb_services_disable(),
        "power.reboot" => t.verb_power_reboot(),
        "power.off" => t.verb_power_off(),
        "power.keep" => t.verb_power_keep(),
        _ => t.verb_facts(),
    }
}

/// The right that it needs on each host.
fn right(form: &Form) -> Verb {
    let named = || verb::kind(&form.word("verb")).map_or(Verb::Run, |kind| kind.right);
    if kind(form) == "verb" { named() } else { Verb::Run }
}

async fn aim_at(engine: &Engine, visit: &Visit, form: &Form) -> Result<Aim, OpError> {
    aim::at(engine, &visit.actor, right(form), &form.word("selector")).await
}

async fn preview(engine: &Engine, visit: &Visit, form: &Form) -> Result<Option<Preview>, OpError> {
    if !form.is_on("selector") {
        return Ok(None);
    }
    match aim_at(engine, visit, form).await {
        Ok(aim) => Ok(Some(shown(&aim))),
        Err(OpError::Invalid { message, .. } | OpError::Denied(message)) => {
            let wrong = Some(visit.speech(&message));
            Ok(Some(Preview { wrong, ..shown(&Aim::default()) }))
        }
        Err(error) => Err(error),
    }
}

fn shown(aim: &Aim) -> Preview {
    Preview {
        many: aim.hosts.len(),
        names: names(&aim.hosts),
        skipped: names(&aim.skipped),
        refused: names(&aim.refused),
        unseen: aim.unseen,
        wrong: None,
    }
}

/// Names one by one while they are few, else in ranges.
fn names(hosts: &[Arc<str>]) -> String {
    let text = match hosts.len() {
        0..=NAMES => hosts.join(", "),
        _ => fold(hosts.iter().map(|name| &**name)),
    };
    visible::text(&text).into_owned()
}

/// What tells one selection from another.
fn fingerprint(aim: &Aim) -> String {
    let mut hasher = DefaultHasher::new();
    aim.hosts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Says what will run on which hosts, before it goes.
pub(super) async fn check(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    match checked(&engine, &visit, &form, false).await? {
        Ok(page) => Ok(reply::page(&page)),
        Err(wrong) => Ok(reply::page(&page(&engine, &visit, &form, Some(wrong)).await?)),
    }
}

async fn checked(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    has_changed: bool,
) -> Result<Result<CheckPage, Wrong>, Fault> {
    let said = match asked(visit.t, form) {
        Ok(said) => said,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let aim = match aim_at(engine, visit, form).await {
        Ok(aim) => aim,
        Err(OpError::Invalid { message, .. } | OpError::Denied(message)) => {
            return Ok(Err(Wrong { field: "selector", said: visit.speech(&message) }));
        }
        Err(error) => return Err(error.into()),
    };
    if !aim.is_allowed() {
        let text = if aim.hosts.is_empty() && aim.refused.is_empty() && aim.unseen == 0 {
            visit.t.new_no_host().to_owned()
        } else {
            visit.t.new_refused(aim.refused.len() + aim.unseen)
        };
        return Ok(Err(Wrong::of("selector", text)));
    }
    let strategy = serde_json::to_value(&said.strategy).unwrap_or_default();
    let t = visit.t;
    Ok(Ok(CheckPage {
        frame: visit.frame_in(Section::Runs, t.check_title()).below(t.nav_runs(), "/ui/runs"),
        t,
        what: what(t, form),
        who: if form.is_on("sudo") { sudo_user(form) } else { String::new() },
        seen: fingerprint(&aim),
        aim: shown(&aim),
        strategy: strategy::words(t, &strategy),
        // What was looked at before is looked at anew.
        carried: form
            .carried()
            .into_iter()
            .filter(|(name, _)| name != "seen" && !is_secret(name))
            .collect(),
        secrets: secret_fields(t, form),
        is_power: right(form) == Verb::Power,
        has_changed,
    }))
}

/// Whether a field is never in a page again.
fn is_secret(name: &str) -> bool {
    name == "sudo_password" || name.starts_with("secret:")
}

fn sudo_user(form: &Form) -> String {
    form.optional("sudo_user").unwrap_or_else(|| "root".to_owned())
}

fn secret_names(form: &Form) -> Vec<String> {
    if kind(form) == "verb" {
        return Vec::new();
    }
    let text = form.word("secret_names");
    let names = text.split([',', ' ', '\n', '\r']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// What is asked for once it was looked at, so that it stands in no page.
fn secret_fields(t: Words, form: &Form) -> Vec<Field> {
    let secret = |name: &str, label: &str| {
        Field::secret(name, label).completed_as("off").hint(t.check_secret_hint())
    };
    let named = secret_names(form);
    let named = named
        .iter()
        .map(|name| secret(&format!("secret:{name}"), &t.check_secret(name)).required());
    let sudo = form.is_on("sudo").then(|| secret("sudo_password", t.check_sudo_password()));
    named.chain(sudo).collect()
}

fn what(t: Words, form: &Form) -> String {
    let text = match kind(form) {
        "script" => form.text("script"),
        "verb" => {
            let (verb, names) = (form.word("verb"), form.word("names"));
            format!("{} {names}", verb_title(t, &verb))
        }
        _ => form.text("line"),
    };
    visible::text(&text).trim_end().to_owned()
}

/// The form once more, as it was.
pub(super) async fn back(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    Ok(reply::page(&page(&engine, &visit, &form, None).await?))
}

/// Makes the run; where the selection means other hosts by now it is shown again.
pub(super) async fn go(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let t = visit.t;
    let again = async |wrong| -> Result<Response, Fault> {
        Ok(reply::page(&page(&engine, &visit, &form, Some(wrong)).await?))
    };
    let mut said = match asked(t, &form) {
        Ok(said) => said,
        Err(wrong) => return again(wrong).await,
    };
    let seen = aim_at(&engine, &visit, &form).await?;
    if fingerprint(&seen) != form.word("seen") {
        return match checked(&engine, &visit, &form, true).await? {
            Ok(page) => Ok(reply::page(&page)),
            Err(wrong) => again(wrong).await,
        };
    }
    said.secrets = secrets(&form);
    match run::create(&engine, &visit.actor, said).await {
        Ok(run) => {
            let to = format!("/ui/runs/{}", run.id);
            Ok(reply::go_and_say(&visit, &to, Flash::done(t.new_done(run.hosts))))
        }
        Err(error) => {
            let fault = Fault::from(error);
            if !fault.is_for_the_form() {
                return Err(fault);
            }
            let field = if fault.field == Some("selector") { "selector" } else { "" };
            let wrong = Wrong { field, said: visit.speech(&fault.message) };
            Ok(fault.noted(again(wrong).await?))
        }
    }
}

fn secrets(form: &Form) -> SecretsInput {
    let mut secrets = SecretsInput::default();
    for name in secret_names(form) {
        let secret = form.secret(&format!("secret:{name}"));
        secrets.environment.insert(name, secret);
    }
    if form.is_on("sudo") && form.is_on("sudo_password") {
        secrets.become_password = Some(form.secret("sudo_password"));
    }
    secrets
}

impl Wrong {
    fn of(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, said: Said { text: text.into(), ..Said::default() } }
    }
}

/// What the form asks for.
fn asked(t: Words, form: &Form) -> Result<RunInput, Wrong> {
    Ok(RunInput {
        subject: subject(t, form)?,
        selector: form.word("selector"),
        strategy: strategy_of(t, form)?,
        description: form.word("description"),
        secrets: SecretsInput::default(),
    })
}

fn subject(t: Words, form: &Form) -> Result<Subject, Wrong> {
    let empty = |field| Err(Wrong::of(field, t.new_empty()));
    let sudo = form.is_on("sudo");
    let sudo_user = form.optional("sudo_user").filter(|_| sudo);
    let timeout_seconds = number(t, form, "timeout")?;
    Ok(match kind(form) {
        "command" if !form.is_on("line") => return empty("line"),
        "script" if !form.is_on("script") => return empty("script"),
        "command" => Subject::Command(CommandSubject {
            line: Some(form.text("line")),
            stdin: form.text("stdin"),
            environment: environment(t, form)?,
            sudo,
            sudo_user,
            timeout_seconds,
            ..CommandSubject::default()
        }),
        "script" => Subject::Script(ScriptSubject {
            script: form.text("script"),
            arguments: form.text("arguments").lines().map(str::to_owned).collect(),
            stdin: form.text("stdin"),
            environment: environment(t, form)?,
            sudo,
            sudo_user,
            timeout_seconds,
            ..ScriptSubject::default()
        }),
        _ => {
            let verb = form.word("verb");
            if !VERBS.contains(&verb.as_str()) {
                return empty("verb");
            }
            let parameters = parameters(t, form, &verb)?;
            let sudo_user = sudo.then(|| self::sudo_user(form));
            Subject::Verb(VerbSubject {
                verb,
                parameters,
                sudo_user,
                timeout_seconds,
                ..VerbSubject::default()
            })
        }
    })
}

fn parameters(t: Words, form: &Form, verb: &str) -> Result<Value, Wrong> {
    let names = form.word("names");
    let names: Vec<&str> = names
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty()
        && (verb.starts_with("services.")
            || ["packages.install", "packages.remove"].contains(&verb))
    {
        return Err(Wrong::of("names", t.new_empty()));
    }
    Ok(match verb {
        _ if verb.starts_with("packages.") => json!({ "names": names }),
        _ if verb.starts_with("services.") => match names.as_slice() {
            [name] => json!({ "name": name }),
            _ => return Err(Wrong::of("names", t.new_one_service())),
        },
        "power.reboot" | "power.off" => {
            json!({ "in_minutes": number(t, form, "minutes")?.unwrap_or(0) })
        }
        _ => Value::Null,
    })
}

fn environment(t: Words, form: &Form) -> Result<BTreeMap<String, String>, Wrong> {
    let text = form.text("environment");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value.to_owned()))
    };
    let wrong = || Wrong::of("environment", t.new_bad_environment("NAME=VALUE"));
    lines.map(|line| pair(line).ok_or_else(wrong)).collect()
}

fn number(t: Words, form: &Form, field: &'static str) -> Result<Option<u32>, Wrong> {
    let text = form.optional(field);
    let wrong = |_| Wrong::of(field, t.new_bad_number());
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

fn size(t: Words, field: &'static str, text: &str) -> Result<Size, Wrong> {
    Size::parse(text).ok_or_else(|| Wrong::of(field, t.new_bad_size("20%")))
}

fn strategy_of(t: Words, form: &Form) -> Result<Strategy, Wrong> {
    let one = |field| form.optional(field).map(|text| size(t, field, &text)).transpose();
    let batches = form.word("batches");
    let batches = batches.split([',', ' ']).filter(|text| !text.is_empty());
    let forks = number(t, form, "forks")?.map(u16::try_from).transpose();
    Ok(Strategy {
        forks: forks.map_err(|_| Wrong::of("forks", t.new_bad_number()))?,
        batches: batches.map(|text| size(t, "batches", text)).collect::<Result<_, _>>()?,
        canary: one("canary")?,
        stop_after: one("stop_after")?,
        pause_seconds: number(t, form, "pause")?,
        approval: form.is_on("approval"),
        deadline_seconds: number(t, form, "deadline")?.map(|hours| hours.saturating_mul(3600)),
    })
}
