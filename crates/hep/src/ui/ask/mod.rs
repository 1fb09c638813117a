//! What is to be run, and how it goes over the hosts, as fields of a form: the same whether it is run now or saved as a
//! job. What the form has no fields for is written out as the API has it, so that nothing is lost of a job that was
//! made elsewhere.

mod blame;
mod command;
mod copy;
mod kinds;
mod manifest;
mod strategy;
mod verbs;

use hep_core::rights::Verb;
use hep_engine::ops::{
    Actor, Engine, OpError, OpResult, credential, manifest as manifests, repository,
};
use hep_engine::server::subject::Subject;
use hep_engine::store::credentials::Kind as Held;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::blame::field_of;
pub(crate) use self::copy::with_file;
pub(crate) use self::kinds::{Kind, OTHER, Place, WAKE, kind, offered};
pub(crate) use self::strategy::{
    fields as strategy_fields, filled as strategy_filled, said as strategy_said,
    words as strategy_words,
};
use super::form::Form;
use super::kept::field::{Field, Input, parts};
use super::kept::reader::Reader;
use super::kept::shown::{Fact, Piece};
use super::kept::{everything, variables};
use super::words::Words;
use crate::terminal::visible;

/// What can be chosen.
#[derive(Default)]
pub(crate) struct Choices {
    /// The manifests of the server.
    manifests: Vec<String>,
    /// The repositories.
    repositories: Vec<String>,
    /// The credentials with a key.
    keys: Vec<String>,
    /// What this actor may ask for somewhere.
    kinds: Vec<&'static Kind>,
}

impl Choices {
    /// For showing what was chosen.
    pub(crate) fn all() -> Self {
        Self { kinds: kinds::everything(), ..Self::default() }
    }

    /// What this actor can choose for something that is run now, or saved.
    pub(crate) async fn of(engine: &Engine, actor: &Actor, place: Place) -> OpResult<Self> {
        let kinds = offered(actor, place);
        let mut choices = Self { kinds, ..Self::default() };
        let all = everything();
        if actor.may(Verb::View) {
            let found = manifests::list(engine, actor, &all).await?.items;
            choices.manifests = found.into_iter().map(|one| one.name).collect();
            let found = repository::list(engine, actor, &all).await?.items;
            choices.repositories = found.into_iter().map(|one| one.said.name).collect();
        }
        if actor.may(Verb::Secrets) {
            let found = credential::list(engine, actor, &all).await?.items;
            let keys =
                found.into_iter().filter(|one| [Held::Key, Held::Certificate].contains(&one.kind));
            choices.keys = keys.map(|one| one.name).collect();
        }
        Ok(choices)
    }
}

/// Something as YAML; nothing where it says nothing.
fn written<T: Serialize>(said: &T) -> String {
    match serde_json::to_value(said) {
        Ok(Value::Object(map)) => variables::written(&map),
        _ => String::new(),
    }
}

/// Something from YAML, in the field of this name.
fn read<T: DeserializeOwned>(text: &str, field: &'static str) -> OpResult<T> {
    let map = variables::read(text, field)?;
    let refused = |why: serde_json::Error| {
        OpError::invalid(field, hep_core::message::api::bad_field(field, why))
    };
    serde_json::from_value(Value::Object(map)).map_err(refused)
}

/// Fields of a form by their names.
type Pairs = Vec<(&'static str, String)>;

/// What a box brings back.
fn yes(is_on: bool) -> String {
    if is_on { "yes".to_owned() } else { String::new() }
}

/// A text that may be missing.
fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// A length of time that may be missing.
fn span(seconds: Option<u32>) -> String {
    seconds.map(hep_core::span::written).unwrap_or_default()
}

/// What stands in the form at first: fields for all of it, or all of it written out.
pub(crate) fn filled(subject: &Subject) -> Vec<(String, String)> {
    let owned = |pairs: Pairs| -> Vec<(String, String)> {
        pairs.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
    };
    let fields = owned(by_fields(subject));
    let reader_form = Form::of(fields.clone());
    let reader = Reader::of(&reader_form);
    let said = by_kind(&reader);
    match reader.finish(said) {
        Ok(Some(said)) if said == *subject => fields,
        _ => owned(vec![("kind", OTHER.to_owned()), ("subject", written(subject))]),
    }
}

/// The fields that a subject fills in, as far as there are any.
fn by_fields(subject: &Subject) -> Pairs {
    match subject {
        Subject::Command(said) => command::filled(said),
        Subject::Script(said) => command::filled_script(said),
        Subject::Manifest(said) => manifest::filled(said),
        Subject::Copy(said) => copy::filled(said),
        Subject::Verb(said) => verbs::filled(said),
        // None is asked for by a form.
        Subject::Terminal(_) => Pairs::new(),
    }
}

/// What a form says, of those kinds that it has fields for.
fn by_kind(form: &Reader<'_>) -> Option<Subject> {
    Some(match chosen(form.form()).as_str() {
        "command" | "words" => Subject::Command(command::said(form)),
        "script" => Subject::Script(command::said_script(form)),
        "manifest" | "repository" => Subject::Manifest(manifest::said(form)),
        "copy" => Subject::Copy(copy::said(form)),
        word => Subject::Verb(verbs::said(form, kind(word)?)),
    })
}

/// What a form says.
pub(crate) fn said(form: &Reader<'_>) -> Option<Subject> {
    if form.word("kind") == OTHER {
        let read = read::<Subject>(&form.text("subject"), "subject").map(Some);
        return form.taken("subject", read);
    }
    let said = by_kind(form);
    if said.is_none() {
        form.refuse("kind", hep_core::message::api::missing_field());
    }
    said
}

/// Whom what is chosen becomes by sudo, where that is said and it can.
pub(crate) fn becomes(form: &Form) -> Option<String> {
    let word = chosen(form);
    let usual = || form.is_on("sudo").then(|| "root".to_owned());
    let can = kinds::SUDO.split(' ').any(|kind| kind == word);
    form.optional("sudo_user").or_else(usual).filter(|_| can)
}

/// The kind that is chosen; older addresses say `verb` and which.
pub(crate) fn chosen(form: &Form) -> String {
    match form.word("kind").as_str() {
        "verb" => form.word("verb"),
        "" => kinds::FIRST.to_owned(),
        word => word.to_owned(),
    }
}

/// The fields: what is to be done first, then what that needs.
pub(crate) fn fields(t: Words, form: &Form, choices: &Choices, place: Place) -> Vec<Field> {
    let mut fields = vec![kinds::field(t, form, choices)];
    fields.extend(verbs::fields(t, form, choices));
    fields.extend(command::fields(t, form, place));
    fields.extend(copy::fields(t, form));
    fields.extend(manifest::fields(t, form, choices));
    if place == Place::Job {
        let exactly = Field::area(form, "subject", t.jobs_exactly(), 8).code();
        fields.push(exactly.hint(t.jobs_exactly_hint("/api/docs")).when("kind", OTHER));
    }
    fields.push(
        Field::tick(form, "sudo", t.jobs_sudo()).hint(t.jobs_sudo_hint()).when("kind", kinds::SUDO),
    );
    fields
}

/// More about it, which few need.
pub(crate) fn more_fields(t: Words, form: &Form, place: Place) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let mut fields = vec![
        line("sudo_user", t.new_sudo_user())
            .hint(t.new_sudo_user_hint())
            .when("kind", kinds::SUDO)
            .begins(t.new_more(), true),
        Field::tick(form, "check", t.ask_check())
            .hint(t.ask_check_hint())
            .when("kind", kinds::CHECK),
        Field::tick(form, "diff", t.ask_diff()).when("kind", kinds::CHECK),
        line("timeout", t.new_timeout())
            .hint(t.ask_timeout_hint("90s", "5m"))
            .when("kind", kinds::TIMEOUT),
    ];
    fields.extend(command::more_fields(t, form, place));
    fields.extend(manifest::more_fields(t, form, place));
    fields
}

/// All that is asked for, field by field, for people to look at.
pub(crate) fn facts(t: Words, form: &Form, choices: &Choices) -> Vec<Fact> {
    let mut all = fields(t, form, choices, Place::Job);
    all.extend(more_fields(t, form, Place::Now));
    let shown = parts(&all).into_iter().flat_map(|part| part.fields);
    let is_said = |field: &Field| {
        let is_off = field.input == Input::Tick(false);
        let is_said_else = ["kind", "sudo", "sudo_user"].contains(&field.name.as_str());
        !field.is_hidden && !is_off && !is_said_else && !field.shown().is_empty()
    };
    let fact = |field: Field| {
        let text = visible::text(&field.shown()).into_owned();
        let piece = match field.input {
            Input::Area(..) => Piece::Block(text),
            _ if field.is_code => Piece::Code(text),
            _ => Piece::Text(text),
        };
        Fact::new(&field.label, vec![piece])
    };
    shown.filter(is_said).map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A subject, and the kind that its form shows.
    const CASES: &[(&str, &str)] = &[
        (r#"{"kind":"command","line":"uptime"}"#, "command"),
        (r#"{"kind":"command","line":"a\nb","sudo":true,"timeout_seconds":3}"#, "command"),
        (r#"{"kind":"command","line":"a","sudo_user":"ana"}"#, "command"),
        (r#"{"kind":"command","line":"a","sudo":true,"sudo_user":"ana"}"#, "command"),
        (r#"{"kind":"command","words":["ls","a b","{{ x }}"]}"#, "words"),
        (r#"{"kind":"command","line":"a","environment":{"B":"c=d "},"stdin":"x\n\ny"}"#, "command"),
        (r#"{"kind":"command","line":"a","environment":{"B":"c\nd"}}"#, OTHER),
        (
            r#"{"kind":"command","line":"a","expectation":{"exit_codes":[0,2],"output":"^ok"}}"#,
            "command",
        ),
        (r#"{"kind":"command","line":"a","expectation":{}}"#, OTHER),
        (r#"{"kind":"script","script":"echo 1\n"}"#, "script"),
        (r#"{"kind":"script","script":"a\r\nb"}"#, OTHER),
        (
            r#"{"kind":"script","script":"x","arguments":["y","z z"],"timeout_seconds":90}"#,
            "script",
        ),
        (r#"{"kind":"manifest","manifest":"site","revision":"7","entry":""}"#, "manifest"),
        (
            r#"{"kind":"manifest","repository":"r","entry":"a.yml","further":["b.yml"]}"#,
            "repository",
        ),
        (
            r#"{"kind":"manifest","manifest":"s","entry":"","tags":["a","b"],"skip_tags":["c"],"vars":{"a":[1]},"start_at_task":"The task","check":true,"diff":true}"#,
            "manifest",
        ),
        (
            r#"{"kind":"manifest","manifest":"s","entry":"","become_user":"www","become":false,"force_handlers":true,"no_keep":true,"no_executor":true,"lock_timeout_seconds":0,"verbosity":2}"#,
            "manifest",
        ),
        (r#"{"kind":"manifest","files":{"a.yml":"[]"},"entry":"a.yml"}"#, OTHER),
        (r#"{"kind":"copy","text":"x","dest":"/etc/x","mode":"0644"}"#, "copy"),
        (
            r#"{"kind":"copy","text":"","dest":"/etc/x","owner":"a","group":"b","sudo_user":"root","check":true,"diff":true}"#,
            "copy",
        ),
        (r#"{"kind":"copy","base64":"eA==","dest":"/etc/x"}"#, "copy"),
        (r#"{"kind":"copy","text":"a\r\nb","dest":"/etc/x"}"#, OTHER),
        (
            r#"{"kind":"verb","verb":"packages.install","parameters":{"names":["a","b=1"]}}"#,
            "packages.install",
        ),
        (
            r#"{"kind":"verb","verb":"packages.install","parameters":{"names":["{{ package }}"]},"sudo_user":"root"}"#,
            "packages.install",
        ),
        (
            r#"{"kind":"verb","verb":"packages.remove","parameters":{"names":["a"],"purge":true},"sudo_user":"ana"}"#,
            "packages.remove",
        ),
        (
            r#"{"kind":"verb","verb":"packages.upgrade","parameters":{"full":true},"check":true}"#,
            "packages.upgrade",
        ),
        (r#"{"kind":"verb","verb":"packages.upgrade"}"#, "packages.upgrade"),
        (r#"{"kind":"verb","verb":"packages.search","parameters":{"q":"a b"}}"#, "packages.search"),
        (
            r#"{"kind":"verb","verb":"services.restart","parameters":{"name":"cron"},"timeout_seconds":60}"#,
            "services.restart",
        ),
        (
            r#"{"kind":"verb","verb":"power.off","parameters":{"in_minutes":5,"notice":"Bye"}}"#,
            "power.off",
        ),
        (
            r#"{"kind":"verb","verb":"power.reboot","parameters":{"in_minutes":"{{ minutes }}"}}"#,
            "power.reboot",
        ),
        (r#"{"kind":"verb","verb":"power.keep"}"#, "power.keep"),
        (
            r#"{"kind":"verb","verb":"power.wake","parameters":{"macs":["52:54:00:12:34:56"]}}"#,
            "power.wake",
        ),
        (
            r#"{"kind":"verb","verb":"processes.signal","parameters":{"pids":[7,8],"signal":"HUP"}}"#,
            "processes.signal",
        ),
        (
            r#"{"kind":"verb","verb":"processes.signal","parameters":{"name":"top"}}"#,
            "processes.signal",
        ),
        (
            r#"{"kind":"verb","verb":"processes.signal","parameters":{"name":"top","signal":"SIGTERM"}}"#,
            "processes.signal",
        ),
        (
            r#"{"kind":"verb","verb":"login.push_key","parameters":{"credential":"k","user":"root"}}"#,
            "login.push_key",
        ),
        (r#"{"kind":"verb","verb":"facts"}"#, "facts"),
        (r#"{"kind":"verb","verb":"facts","parameters":{}}"#, OTHER),
        (r#"{"kind":"verb","verb":"status","parameters":{"live":true}}"#, OTHER),
        (r#"{"kind":"verb","verb":"unheard.of"}"#, OTHER),
    ];

    #[test]
    fn nothing_is_lost_in_a_form() {
        for (json, kind) in CASES {
            let subject: Subject = serde_json::from_str(json).unwrap();
            let form = Form::of(filled(&subject));
            assert_eq!(form.word("kind"), *kind, "{json}");
            let reader = Reader::of(&form);
            let back = said(&reader);
            assert_eq!(reader.finish(back).unwrap(), Some(subject), "{json}");
        }
    }

    #[test]
    fn every_kind_of_run_and_every_verb_has_its_fields() {
        let shown: Vec<&str> = CASES.iter().map(|(_, kind)| *kind).collect();
        for kind in kinds::all().filter(|kind| kind.word != WAKE) {
            // Those of services differ in their names only.
            let is_service = kind.word.starts_with("services.");
            let is_shown = shown.contains(&kind.word) || kind.is_bare() || is_service;
            assert!(is_shown, "{}: no case of this test", kind.word);
        }
        for verb in hep_core::verb::all() {
            assert!(kind(verb.name).is_some(), "{} is not offered", verb.name);
        }
    }

    #[test]
    fn a_field_is_shown_for_kinds_that_there_are() {
        let form = Form::default();
        let choices = Choices::default();
        let all = fields(Words::default(), &form, &choices, Place::Job);
        let more = more_fields(Words::default(), &form, Place::Now);
        for field in all.iter().chain(&more) {
            let Some((other, values)) = &field.when else { continue };
            assert_eq!(other, "kind", "{}", field.name);
            for value in values.split(' ') {
                assert!(value == OTHER || kind(value).is_some(), "{}: {value}", field.name);
            }
        }
    }
}
