//! Manifests of the server and of repositories, as fields of a form.

use hep_engine::server::subject::ManifestSubject;

use super::{Choices, Pairs, Place, span, text, yes};
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::reader::Reader;
use crate::ui::kept::variables;
use crate::ui::words::Words;

/// The kinds that are manifests.
const ALL: &str = "manifest repository";

/// What the fields show.
pub(super) fn filled(said: &ManifestSubject) -> Pairs {
    let becomes = match said.r#become {
        None => "",
        Some(true) => "true",
        Some(false) => "false",
    };
    vec![
        ("kind", if said.repository.is_none() { "manifest" } else { "repository" }.to_owned()),
        ("manifest", text(said.manifest.as_ref())),
        ("repository", text(said.repository.as_ref())),
        ("revision", text(said.revision.as_ref())),
        ("entry", said.entry.clone()),
        ("further", said.further.join("\n")),
        ("vars", variables::written(&said.vars)),
        ("tags", said.tags.join(", ")),
        ("skip_tags", said.skip_tags.join(", ")),
        ("start_at_task", text(said.start_at_task.as_ref())),
        ("check", yes(said.check)),
        ("diff", yes(said.diff)),
        ("become_user", text(said.become_user.as_ref())),
        ("become", becomes.to_owned()),
        ("force_handlers", yes(said.force_handlers)),
        ("no_keep", yes(said.no_keep)),
        ("no_executor", yes(said.no_executor)),
        ("lock_timeout", span(said.lock_timeout_seconds)),
        ("verbosity", if said.verbosity == 0 { String::new() } else { said.verbosity.to_string() }),
    ]
}

/// What they say.
pub(super) fn said(form: &Reader<'_>) -> ManifestSubject {
    let is_kept = form.word("kind") != "repository";
    ManifestSubject {
        manifest: is_kept.then(|| form.required("manifest")),
        repository: (!is_kept).then(|| form.required("repository")),
        revision: form.optional("revision"),
        entry: form.word("entry"),
        further: form.lines("further"),
        vars: form.variables("vars"),
        tags: form.words("tags"),
        skip_tags: form.words("skip_tags"),
        start_at_task: form.optional("start_at_task"),
        check: form.is_on("check"),
        diff: form.is_on("diff"),
        become_user: form.optional("become_user"),
        r#become: match form.word("become").as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        force_handlers: form.is_on("force_handlers"),
        no_keep: form.is_on("no_keep"),
        no_executor: form.is_on("no_executor"),
        lock_timeout_seconds: form.seconds("lock_timeout"),
        verbosity: form.number("verbosity").unwrap_or_default(),
        ..ManifestSubject::default()
    }
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, choices: &Choices) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let names = |names: &[String], chosen: &str| -> Vec<(String, String)> {
        // What is gone by now, or is not shown to them, stays chosen.
        let kept = Some(chosen.to_owned()).filter(|one| !names.contains(one) && !one.is_empty());
        let names = names.iter().cloned().chain(kept).map(|name| (name.clone(), name));
        std::iter::once((String::new(), "–".to_owned())).chain(names).collect()
    };
    let manifests = names(&choices.manifests, &form.word("manifest"));
    let repositories = names(&choices.repositories, &form.word("repository"));
    let none = if choices.manifests.is_empty() { t.ask_no_manifest() } else { "" };
    vec![
        Field::one(form, "manifest", t.jobs_manifest(), manifests)
            .hint(none)
            .when("kind", "manifest"),
        Field::one(form, "repository", t.repositories_title(), repositories)
            .when("kind", "repository"),
        line("entry", t.jobs_entry()).hint(t.jobs_entry_hint("main.yml")).when("kind", ALL),
        line("revision", t.jobs_revision()).hint(t.jobs_revision_hint()).when("kind", ALL),
        Field::area(form, "vars", t.kept_vars(), 3)
            .code()
            .hint(t.kept_vars_hint("http_port: 80"))
            .when("kind", ALL),
    ]
}

/// More about them.
pub(super) fn more_fields(t: Words, form: &Form, place: Place) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let becomes =
        [("", t.ask_become_usual()), ("true", t.ask_become_all()), ("false", t.ask_become_own())];
    let mut fields = vec![
        line("tags", t.ask_tags()).hint(t.ask_tags_hint()),
        line("skip_tags", t.ask_skip_tags()),
        Field::line(form, "start_at_task", t.ask_start_at()),
        Field::area(form, "further", t.ask_further(), 2).code().hint(t.new_arguments_hint()),
        line("become_user", t.ask_become_user()).hint(t.ask_become_hint()),
        Field::one(form, "become", t.ask_become(), becomes),
        Field::tick(form, "force_handlers", t.ask_force_handlers()),
        line("lock_timeout", t.ask_lock()).hint(t.ask_lock_hint("10m")),
        line("verbosity", t.ask_verbosity()).hint(t.ask_verbosity_hint()),
        Field::tick(form, "no_keep", t.ask_no_keep()),
        Field::tick(form, "no_executor", t.ask_no_executor()),
    ];
    if place == Place::Now {
        fields.push(line("vault_ids", t.ask_vault()).hint(t.ask_vault_hint("default")));
    }
    fields.into_iter().map(|field| field.when("kind", ALL)).collect()
}
