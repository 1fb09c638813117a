//! Commands and scripts, as fields of a form.

use hep_engine::server::subject::{CommandSubject, Expectation, ScriptSubject};

use super::{Pairs, Place, span, text, yes};
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::reader::{Reader, pairs_written};
use crate::ui::words::Words;

/// The kinds that are commands and scripts.
const ALL: &str = "command words script";
/// Those that take secret variables.
const SECRET: &str = "command words script manifest repository";

/// What the fields show of a command.
pub(super) fn filled(said: &CommandSubject) -> Pairs {
    let kind = if said.line.is_some() { "command" } else { "words" };
    let mut pairs = vec![
        ("kind", kind.to_owned()),
        ("line", text(said.line.as_ref())),
        ("words", said.words.join("\n")),
        ("sudo", yes(said.sudo)),
        ("sudo_user", text(said.sudo_user.as_ref())),
        ("environment", pairs_written(&said.environment)),
        ("stdin", said.stdin.clone()),
        ("timeout", span(said.timeout_seconds)),
    ];
    pairs.extend(expected(said.expectation.as_ref()));
    pairs
}

/// What they show of a script.
pub(super) fn filled_script(said: &ScriptSubject) -> Pairs {
    let mut pairs = vec![
        ("kind", "script".to_owned()),
        ("script", said.script.clone()),
        ("arguments", said.arguments.join("\n")),
        ("sudo", yes(said.sudo)),
        ("sudo_user", text(said.sudo_user.as_ref())),
        ("environment", pairs_written(&said.environment)),
        ("stdin", said.stdin.clone()),
        ("timeout", span(said.timeout_seconds)),
    ];
    pairs.extend(expected(said.expectation.as_ref()));
    pairs
}

fn expected(said: Option<&Expectation>) -> Pairs {
    let Some(said) = said else { return Vec::new() };
    let codes: Vec<String> = said.exit_codes.iter().map(ToString::to_string).collect();
    vec![("exit_codes", codes.join(", ")), ("output", text(said.output.as_ref()))]
}

fn expectation(form: &Reader<'_>) -> Option<Expectation> {
    let said = Expectation {
        exit_codes: form.numbers("exit_codes"),
        output: Some(form.text("output")).filter(|text| !text.is_empty()),
    };
    (said != Expectation::default()).then_some(said)
}

/// What they say.
pub(super) fn said(form: &Reader<'_>) -> CommandSubject {
    let is_line = form.word("kind") != "words";
    let words = form.lines("words");
    if !is_line && words.is_empty() {
        form.refuse("words", hep_core::message::api::missing_field());
    }
    CommandSubject {
        line: is_line.then(|| form.required_text("line")),
        words: if is_line { Vec::new() } else { words },
        stdin: form.text("stdin"),
        environment: form.pairs("environment"),
        sudo: form.is_on("sudo"),
        sudo_user: form.optional("sudo_user"),
        timeout_seconds: form.seconds("timeout"),
        expectation: expectation(form),
        ..CommandSubject::default()
    }
}

/// What they say of a script.
pub(super) fn said_script(form: &Reader<'_>) -> ScriptSubject {
    ScriptSubject {
        script: form.required_text("script"),
        arguments: form.lines("arguments"),
        stdin: form.text("stdin"),
        environment: form.pairs("environment"),
        sudo: form.is_on("sudo"),
        sudo_user: form.optional("sudo_user"),
        timeout_seconds: form.seconds("timeout"),
        expectation: expectation(form),
        ..ScriptSubject::default()
    }
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, place: Place) -> Vec<Field> {
    let area = |name, label, rows| Field::area(form, name, label, rows).code();
    let hint = match place {
        Place::Now => t.new_line_hint("uptime"),
        Place::Job => t.jobs_line_hint("$NAME"),
    };
    vec![
        area("line", t.jobs_line(), 2).hint(hint).when("kind", "command"),
        area("words", t.ask_words(), 4).hint(t.ask_words_hint()).when("kind", "words"),
        area("script", t.jobs_script(), 10)
            .hint(t.new_script_hint("#!/bin/sh"))
            .when("kind", "script"),
        area("arguments", t.new_arguments(), 2).hint(t.new_arguments_hint()).when("kind", "script"),
    ]
}

/// More about them.
pub(super) fn more_fields(t: Words, form: &Form, place: Place) -> Vec<Field> {
    let area = |name, label, rows| Field::area(form, name, label, rows).code();
    let line = |name, label| Field::line(form, name, label).code();
    let mut fields = vec![
        area("environment", t.new_environment(), 2)
            .hint(t.new_environment_hint("LANG=C.UTF-8"))
            .when("kind", ALL),
        area("stdin", t.new_stdin(), 3).when("kind", ALL),
        line("exit_codes", t.ask_codes()).hint(t.ask_codes_hint("0, 2")).when("kind", ALL),
        line("output", t.ask_output()).hint(t.ask_output_hint("^ok")).when("kind", ALL),
    ];
    if place == Place::Now {
        let names = line("secret_names", t.new_secret_names()).hint(t.new_secret_names_hint());
        fields.push(names.when("kind", SECRET));
    }
    fields
}
