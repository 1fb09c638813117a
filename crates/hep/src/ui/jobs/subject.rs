//! What a job runs, as fields of a form. What the form has no fields for is written as the API has it, so that
//! nothing is lost of a job that was made elsewhere.

use hep_engine::ops::{OpError, OpResult};
use hep_engine::server::subject::{
    CommandSubject, CopySubject, ManifestSubject, ScriptSubject, Subject,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::shown::{self, Fact, Piece};
use crate::ui::kept::variables;
use crate::ui::words::Words;

/// What is written as the API has it.
const OTHER: &str = "other";

/// Where manifests can be taken from.
#[derive(Default)]
pub(super) struct Places {
    /// The manifests of the server.
    pub(super) manifests: Vec<String>,
    /// The repositories.
    pub(super) repositories: Vec<String>,
}

/// Something as YAML; nothing where it says nothing.
pub(super) fn written<T: Serialize>(said: &T) -> String {
    match serde_json::to_value(said) {
        Ok(Value::Object(map)) => variables::written(&map),
        _ => String::new(),
    }
}

/// Something from YAML, in the field of this name.
pub(super) fn read<T: DeserializeOwned>(text: &str, field: &'static str) -> OpResult<T> {
    let map = variables::read(text, field)?;
    let refused = |why: serde_json::Error| {
        OpError::invalid(field, hep_core::message::api::bad_field(field, why))
    };
    serde_json::from_value(Value::Object(map)).map_err(refused)
}

/// The kind of a subject, for people.
pub(super) fn title(t: Words, subject: &Subject) -> &'static str {
    match subject {
        Subject::Command(_) => t.jobs_command(),
        Subject::Script(_) => t.jobs_script(),
        Subject::Manifest(_) => t.jobs_manifest(),
        Subject::Copy(_) => t.jobs_copy(),
        Subject::Verb(_) => t.jobs_verb(),
    }
}

/// What is shown of it.
pub(super) fn facts(t: Words, subject: &Subject) -> Vec<Fact> {
    let mut facts = vec![Fact::new(t.jobs_what(), shown::text(title(t, subject)))];
    let block = |label, text: &str| Fact::new(label, vec![Piece::Block(text.to_owned())]);
    match subject {
        Subject::Command(command) if command.line.is_some() => {
            facts.push(block(t.jobs_line(), command.line.as_deref().unwrap_or_default()));
        }
        Subject::Script(script) => facts.push(block(t.jobs_script(), &script.script)),
        Subject::Manifest(manifest) => {
            let one = shown::links("manifests", &manifest.manifest);
            let other = shown::links("repositories", &manifest.repository);
            facts.push(Fact::new(t.jobs_from(), one.into_iter().chain(other).collect()));
        }
        _ => {}
    }
    // All of it, where there is more to it than that.
    if is_other(subject) {
        facts.push(block(t.jobs_exactly(), &written(subject)));
    }
    facts
}

/// Whether the form has no fields for all of it.
fn is_other(subject: &Subject) -> bool {
    let form = Form::of(simple(subject));
    simply(&form).ok().flatten().as_ref() != Some(subject)
}

/// What stands in the form at first.
pub(super) fn filled(subject: &Subject) -> Vec<(String, String)> {
    if !is_other(subject) {
        return simple(subject);
    }
    vec![("kind".into(), OTHER.into()), ("subject".into(), written(subject))]
}

fn simple(subject: &Subject) -> Vec<(String, String)> {
    let seconds = |seconds: Option<u32>| seconds.map(|s| s.to_string()).unwrap_or_default();
    let yes = |is_on: bool| if is_on { "yes".to_owned() } else { String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = match subject {
        Subject::Command(said) => vec![
            ("kind", "command".to_owned()),
            ("line", text(&said.line)),
            ("sudo", yes(said.sudo)),
            ("timeout_seconds", seconds(said.timeout_seconds)),
        ],
        Subject::Script(said) => vec![
            ("kind", "script".to_owned()),
            ("script", said.script.clone()),
            ("sudo", yes(said.sudo)),
            ("timeout_seconds", seconds(said.timeout_seconds)),
        ],
        Subject::Manifest(said) => vec![
            ("kind", if said.manifest.is_some() { "manifest" } else { "repository" }.to_owned()),
            ("manifest", text(&said.manifest)),
            ("repository", text(&said.repository)),
            ("revision", text(&said.revision)),
            ("entry", said.entry.clone()),
        ],
        Subject::Copy(said) => vec![
            ("kind", "copy".to_owned()),
            ("text", text(&said.text)),
            ("dest", said.dest.clone()),
            ("owner", text(&said.owner)),
            ("mode", text(&said.mode)),
        ],
        Subject::Verb(_) => vec![("kind", OTHER.to_owned())],
    };
    fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// What a form says, of those kinds that it has fields for.
fn simply(form: &Form) -> OpResult<Option<Subject>> {
    let timeout_seconds = match form.optional("timeout_seconds") {
        None => None,
        Some(text) => Some(text.parse().map_err(|why| {
            let field = "timeout_seconds";
            OpError::invalid(field, hep_core::message::api::bad_field(field, why))
        })?),
    };
    let (sudo, revision) = (form.is_on("sudo"), form.optional("revision"));
    Ok(Some(match form.word("kind").as_str() {
        "command" => Subject::Command(CommandSubject {
            line: Some(form.word("line")),
            sudo,
            timeout_seconds,
            ..CommandSubject::default()
        }),
        "script" => Subject::Script(ScriptSubject {
            script: form.text("script"),
            sudo,
            timeout_seconds,
            ..ScriptSubject::default()
        }),
        "manifest" => Subject::Manifest(ManifestSubject {
            manifest: Some(form.word("manifest")),
            revision,
            ..ManifestSubject::default()
        }),
        "repository" => Subject::Manifest(ManifestSubject {
            repository: Some(form.word("repository")),
            revision,
            entry: form.word("entry"),
            ..ManifestSubject::default()
        }),
        "copy" => Subject::Copy(CopySubject {
            text: Some(form.text("text")),
            dest: form.word("dest"),
            owner: form.optional("owner"),
            mode: form.optional("mode"),
            ..CopySubject::default()
        }),
        _ => return Ok(None),
    }))
}

/// What a form says.
pub(super) fn said(form: &Form) -> OpResult<Subject> {
    match simply(form)? {
        Some(subject) => Ok(subject),
        None => read(&form.text("subject"), "subject"),
    }
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, places: &Places) -> Vec<Field> {
    let kinds = [
        ("command", t.jobs_command()),
        ("script", t.jobs_script()),
        ("manifest", t.jobs_manifest()),
        ("repository", t.jobs_repository()),
        ("copy", t.jobs_copy()),
        (OTHER, t.jobs_other()),
    ];
    let names = |names: &[String]| -> Vec<(String, String)> {
        names.iter().map(|name| (name.clone(), name.clone())).collect()
    };
    let (manifests, repositories) = (names(&places.manifests), names(&places.repositories));
    let line = |name, label| Field::line(form, name, label).code();
    vec![
        Field::one(form, "kind", t.credentials_kind(), kinds).begins(t.jobs_what(), false),
        line("line", t.jobs_line()).hint(t.jobs_line_hint("$NAME")).when("kind", "command"),
        Field::area(form, "script", t.jobs_script(), 8)
            .code()
            .hint(t.jobs_script_hint("#!/bin/sh"))
            .when("kind", "script"),
        Field::tick(form, "sudo", t.jobs_sudo())
            .hint(t.jobs_sudo_hint())
            .when("kind", "command script"),
        Field::of_type(form, "timeout_seconds", t.jobs_timeout(), "number")
            .hint(t.jobs_timeout_hint())
            .when("kind", "command script"),
        Field::one(form, "manifest", t.jobs_manifest(), manifests).when("kind", "manifest"),
        Field::one(form, "repository", t.repositories_title(), repositories)
            .when("kind", "repository"),
        line("entry", t.jobs_entry())
            .hint(t.jobs_entry_hint("main.yml"))
            .when("kind", "repository"),
        line("revision", t.jobs_revision())
            .hint(t.jobs_revision_hint())
            .when("kind", "manifest repository"),
        Field::area(form, "text", t.jobs_text(), 6).code().when("kind", "copy"),
        line("dest", t.jobs_dest()).hint(t.jobs_dest_hint("/etc/motd")).when("kind", "copy"),
        line("owner", t.jobs_owner()).when("kind", "copy"),
        line("mode", t.jobs_mode()).hint(t.jobs_mode_hint("0644")).when("kind", "copy"),
        Field::area(form, "subject", t.jobs_exactly(), 8)
            .code()
            .hint(t.jobs_exactly_hint("/api/docs"))
            .when("kind", OTHER),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_job_is_lost_in_its_form() {
        let cases = [
            (r#"{"kind":"command","line":"uptime"}"#, "command"),
            (r#"{"kind":"command","line":"a","sudo":true,"timeout_seconds":3}"#, "command"),
            (r#"{"kind":"command","words":["ls","a b"]}"#, OTHER),
            (r#"{"kind":"command","line":"a","environment":{"B":"c"}}"#, OTHER),
            (r#"{"kind":"script","script":"echo 1\n"}"#, "script"),
            (r#"{"kind":"script","script":"x","arguments":["y"]}"#, OTHER),
            (r#"{"kind":"manifest","manifest":"site","revision":"7","entry":""}"#, "manifest"),
            (r#"{"kind":"manifest","repository":"r","entry":"a.yml"}"#, "repository"),
            (r#"{"kind":"manifest","manifest":"site","entry":"","tags":["a"]}"#, OTHER),
            (r#"{"kind":"copy","text":"x","dest":"/etc/x","mode":"0644"}"#, "copy"),
            (r#"{"kind":"copy","base64":"eA==","dest":"/etc/x"}"#, OTHER),
            (r#"{"kind":"verb","verb":"packages.install","parameters":{"names":["a"]}}"#, OTHER),
        ];
        for (json, kind) in cases {
            let subject: Subject = serde_json::from_str(json).unwrap();
            let form = Form::of(filled(&subject));
            assert_eq!(form.word("kind"), kind, "{json}");
            assert_eq!(said(&form).unwrap(), subject, "{json}");
        }
    }
}
