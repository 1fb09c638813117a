//! What is asked of hosts by name, as fields of a form.

use hep_core::message::api as say;
use hep_core::parameter::places;
use hep_engine::server::subject::VerbSubject;
use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::{Choices, Pairs, span, yes};
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::reader::Reader;
use crate::ui::words::Words;

const PACKAGES: &str = "packages.install packages.remove packages.upgrade";
const SERVICES: &str =
    "services.start services.stop services.restart services.enable services.disable";
const WHEN: &str = "power.reboot power.off";
/// The signals that are offered beside the usual one, which is `TERM`.
const SIGNALS: [&str; 8] = ["KILL", "HUP", "INT", "QUIT", "USR1", "USR2", "STOP", "CONT"];

/// By which field each parameter of a verb is said.
fn field_of(verb: &str, parameter: &str) -> &'static str {
    match (verb, parameter) {
        (_, "names") => "names",
        (_, "purge") => "purge",
        (_, "full") => "full",
        (_, "q") => "q",
        ("processes.signal", "name") => "process",
        (_, "name") => "service",
        (_, "in_minutes") => "in_minutes",
        (_, "notice") => "notice",
        (_, "macs") => "macs",
        (_, "pids") => "pids",
        (_, "signal") => "signal",
        (_, "credential") => "key",
        (_, "user") => "key_user",
        _ => "",
    }
}

/// What the fields show.
pub(super) fn filled(said: &VerbSubject) -> Pairs {
    let sudo = said.sudo_user.as_deref();
    let mut pairs = vec![
        ("kind", said.verb.clone()),
        ("sudo", yes(sudo == Some("root"))),
        ("sudo_user", sudo.filter(|user| *user != "root").unwrap_or_default().to_owned()),
        ("check", yes(said.check)),
        ("diff", yes(said.diff)),
        ("timeout", span(said.timeout_seconds)),
    ];
    let parameters = said.parameters.as_object().into_iter().flatten();
    pairs.extend(parameters.map(|(name, value)| (field_of(&said.verb, name), shown(value))));
    pairs
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(is_on) => yes(*is_on),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => hep_core::parameter::shown(other),
    }
}

/// Whom it becomes by sudo, where somebody is meant: who is named, or the administrator.
pub(super) fn sudo_user(form: &Reader<'_>) -> Option<String> {
    let usual = || form.is_on("sudo").then(|| "root".to_owned());
    form.optional("sudo_user").or_else(usual)
}

/// What they say.
pub(super) fn said(form: &Reader<'_>, kind: &Kind) -> VerbSubject {
    let parameters = parameters(form, kind.word);
    let has = |kinds: &str| kinds.split(' ').any(|word| word == kind.word);
    VerbSubject {
        verb: kind.word.to_owned(),
        parameters: if parameters.is_empty() { Value::Null } else { parameters.into() },
        sudo_user: sudo_user(form).filter(|_| has(super::kinds::SUDO)),
        check: form.is_on("check") && has(super::kinds::CHECK),
        diff: form.is_on("diff") && has(super::kinds::CHECK),
        timeout_seconds: form.seconds("timeout").filter(|_| has(super::kinds::TIMEOUT)),
    }
}

fn parameters(form: &Reader<'_>, verb: &str) -> Map<String, Value> {
    let mut said = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        said.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |field: &'static str| form.optional(field).map(Value::String);
    let tick = |field: &'static str| form.is_on(field).then_some(Value::Bool(true));
    let words = |field: &'static str| Some(form.words(field)).filter(|all| !all.is_empty());
    match verb {
        "packages.install" | "packages.remove" | "packages.upgrade" => {
            let names = words("names");
            if names.is_none() && verb != "packages.upgrade" {
                form.refuse("names", say::missing_field());
            }
            put("names", names.map(|names| json!(names)));
            put("purge", tick("purge").filter(|_| verb == "packages.remove"));
            put("full", tick("full").filter(|_| verb == "packages.upgrade"));
        }
        "packages.search" => put("q", Some(form.required("q").into())),
        "power.reboot" | "power.off" => {
            put("in_minutes", minutes(form));
            put("notice", text("notice"));
        }
        "power.wake" => {
            let macs = words("macs");
            if macs.is_none() {
                form.refuse("macs", say::missing_field());
            }
            put("macs", macs.map(|macs| json!(macs)));
        }
        "processes.signal" => {
            let pids: Vec<u32> = form.numbers("pids");
            put("pids", Some(json!(pids)).filter(|_| !pids.is_empty()));
            put("name", text("process"));
            put("signal", text("signal"));
        }
        "login.push_key" => {
            put("credential", Some(form.required("key").into()));
            put("user", text("key_user"));
        }
        _ if verb.starts_with("services.") && verb != "services.list" => {
            put("name", Some(form.required("service").into()));
        }
        _ => {}
    }
    said
}

/// A number, or the place of a parameter that will be one.
fn minutes(form: &Reader<'_>) -> Option<Value> {
    let word = form.optional("in_minutes")?;
    if places(&word).next().is_some() {
        return Some(Value::String(word));
    }
    form.number::<u32>("in_minutes").map(Value::from)
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, choices: &Choices) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let word = form.word("signal");
    let is_own = !word.is_empty() && !SIGNALS.contains(&&*word);
    let own = is_own.then(|| (&*word, word.clone()));
    let usual = std::iter::once(("", t.signal("TERM")));
    let signals = usual.chain(SIGNALS.map(|word| (word, t.signal(word)))).chain(own);
    let keys = std::iter::once(("", "–"));
    let keys = keys.chain(choices.keys.iter().map(|name| (name.as_str(), name.as_str())));
    let (broadcast, wake) = ("192.0.2.255", "52:54:00:12:34:56");
    vec![
        line("names", t.new_names()).hint(t.new_names_hint("nginx=1.22")).when("kind", PACKAGES),
        Field::tick(form, "purge", t.ask_purge()).when("kind", "packages.remove"),
        Field::tick(form, "full", t.ask_full()).when("kind", "packages.upgrade"),
        line("q", t.ask_search()).when("kind", "packages.search"),
        line("service", t.ask_service()).hint(t.ask_service_hint("cron")).when("kind", SERVICES),
        line("process", t.ask_process())
            .hint(t.ask_process_hint("top"))
            .when("kind", "processes.signal"),
        line("pids", t.ask_pids()).hint(t.ask_pids_hint()).when("kind", "processes.signal"),
        Field::one(form, "signal", t.ask_signal(), signals).when("kind", "processes.signal"),
        line("in_minutes", t.new_minutes()).hint(t.new_minutes_hint()).when("kind", WHEN),
        Field::line(form, "notice", t.ask_notice()).hint(t.ask_notice_hint()).when("kind", WHEN),
        line("via", t.ask_via()).hint(t.ask_via_hint()).when("kind", super::WAKE),
        line("broadcast", t.ask_broadcast())
            .hint(t.ask_broadcast_hint(broadcast))
            .when("kind", super::WAKE),
        line("wake_port", t.ask_wake_port()).hint(t.ask_wake_port_hint()).when("kind", super::WAKE),
        Field::area(form, "macs", t.ask_macs(), 3)
            .code()
            .hint(t.ask_macs_hint(wake))
            .when("kind", "power.wake"),
        Field::one(form, "key", t.ask_key(), keys)
            .hint(t.ask_key_hint())
            .when("kind", "login.push_key"),
        line("key_user", t.ask_key_user())
            .hint(t.ask_key_user_hint())
            .when("kind", "login.push_key"),
    ]
}

impl Words {
    /// What a signal does, for somebody who has not heard of it.
    fn signal(self, word: &str) -> String {
        let meant = match word {
            "TERM" => self.signal_term(),
            "KILL" => self.signal_kill(),
            "HUP" => self.signal_hup(),
            "INT" => self.signal_int(),
            "STOP" => self.signal_stop(),
            "CONT" => self.signal_cont(),
            _ => return word.to_owned(),
        };
        format!("{meant} ({word})")
    }
}
