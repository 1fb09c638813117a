//! The parameters of a job, as fields of a form. A secret default goes in and is never shown again.

use hep_core::message::Message;
use hep_core::parameter::{Kind, Parameter, shown as text_of};

use crate::ui::form::Form;
use crate::ui::kept::MORE;
use crate::ui::kept::field::{Field, Input};
use crate::ui::kept::shown::{self, Piece, Row, Table};
use crate::ui::words::Words;

/// The kinds, with their words in JSON, in the order in which they are offered.
const KINDS: [(Kind, &str); 6] = [
    (Kind::Text, "text"),
    (Kind::Number, "number"),
    (Kind::YesNo, "yes_no"),
    (Kind::Choice, "choice"),
    (Kind::List, "list"),
    (Kind::Secret, "secret"),
];
/// Empty ones that a form offers beyond those that there are.
const SPARE: usize = 1;
/// How many a form may have.
const MOST: usize = 100;

/// The name of a field of a parameter.
fn at(number: usize, part: &str) -> String {
    format!("parameter{number}_{part}")
}

fn word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(one, _)| *one == kind).map_or("text", |(_, word)| *word)
}

fn kind(word: &str) -> Kind {
    KINDS.iter().find(|(_, one)| *one == word).map_or(Kind::Text, |(kind, _)| *kind)
}

fn title(t: Words, kind: Kind) -> &'static str {
    match kind {
        Kind::Text => t.jobs_kind_text(),
        Kind::Number => t.jobs_kind_number(),
        Kind::YesNo => t.jobs_kind_yes_no(),
        Kind::Choice => t.jobs_kind_choice(),
        Kind::List => t.jobs_kind_list(),
        Kind::Secret => t.jobs_kind_secret(),
    }
}

/// What stands in the form at first.
pub(super) fn filled(parameters: &[Parameter]) -> Vec<(String, String)> {
    let yes = |is_on: bool| if is_on { "yes".to_owned() } else { String::new() };
    let one = |(number, parameter): (usize, &Parameter)| {
        let default = parameter.default.as_ref().filter(|_| parameter.kind != Kind::Secret);
        [
            ("name", parameter.name.clone()),
            ("kind", word(parameter.kind).to_owned()),
            ("description", parameter.description.clone()),
            ("default", default.map(text_of).unwrap_or_default().replace('\n', ",")),
            ("kept", yes(parameter.kept)),
            ("required", yes(parameter.required)),
            ("choices", parameter.choices.join("\n")),
            ("pattern", parameter.pattern.clone().unwrap_or_default()),
        ]
        .map(|(part, text)| (at(number, part), text))
    };
    parameters.iter().enumerate().flat_map(one).collect()
}

/// How many stand in a form.
fn count(form: &Form) -> usize {
    (0..MOST).rev().find(|number| form.is_on(&at(*number, "name"))).map_or(0, |last| last + 1)
}

/// What a form says. One without a name is none.
pub(super) fn said(form: &Form) -> Vec<Parameter> {
    let one = |number: usize| {
        let part = |part| form.word(&at(number, part));
        let optional = |part| form.optional(&at(number, part));
        let choices = form.text(&at(number, "choices"));
        let kind = kind(&part("kind"));
        Parameter {
            name: part("name"),
            kind,
            description: part("description"),
            default: optional("default").map(Into::into),
            kept: form.is_on(&at(number, "kept")),
            required: form.is_on(&at(number, "required")),
            choices: match kind {
                Kind::Choice => choices.lines().map(str::trim).map(str::to_owned).collect(),
                _ => Vec::new(),
            },
            pattern: optional("pattern"),
        }
    };
    let all = (0..count(form)).map(one);
    all.filter(|parameter| !parameter.name.is_empty()).collect()
}

/// The fields: of each that there is, and of one more.
pub(super) fn fields(t: Words, form: &Form) -> Vec<Field> {
    let there = count(form);
    let more = if form.is_on(MORE) { SPARE } else { 0 };
    (0..(there + SPARE + more).min(MOST))
        .flat_map(|number| of_one(t, form, number, there))
        .collect()
}

fn of_one(t: Words, form: &Form, number: usize, there: usize) -> Vec<Field> {
    let at = |part| at(number, part);
    let name = form.word(&at("name"));
    let heading = match name.is_empty() {
        true => t.jobs_new_parameter().to_owned(),
        false => t.jobs_parameter(&name),
    };
    let kinds = KINDS.map(|(kind, word)| (word, title(t, kind)));
    let (is_secret, kind) = (form.word(&at("kind")) == "secret", at("kind"));
    let mut default = Field::line(form, &at("default"), t.jobs_default());
    if is_secret {
        default.input = Input::Secret("new-password");
    }
    let mut fields = vec![
        Field::line(form, &at("name"), t.kept_name())
            .code()
            .hint(match number {
                0 => {
                    format!("{} {}", t.jobs_parameter_hint(), t.jobs_places("$NAME", "{{ NAME }}"))
                }
                _ => t.jobs_parameter_hint().to_owned(),
            })
            .begins(&heading, number >= there),
        Field::one(form, &kind, t.credentials_kind(), kinds),
        Field::line(form, &at("description"), t.kept_description()),
        default.hint(t.jobs_default_hint()),
    ];
    if form.is_on(&at("kept")) || is_secret {
        let kept = Field::tick(form, &at("kept"), t.jobs_kept());
        fields.push(kept.hint(t.jobs_kept_hint()).when(&kind, "secret"));
    }
    fields.push(Field::tick(form, &at("required"), t.jobs_required()));
    fields.push(Field::area(form, &at("choices"), t.jobs_choices(), 3).when(&kind, "choice"));
    let pattern = Field::line(form, &at("pattern"), t.jobs_pattern()).code();
    fields.push(pattern.hint(t.jobs_pattern_hint("[0-9.]+")).when(&kind, "text list secret"));
    fields
}

/// The field that a message about parameters is for.
pub(super) fn field_at_fault(form: &Form, message: &Message) -> Option<String> {
    let has = |number: &usize, part: &str, arg: &str| {
        message.arg(arg).is_some_and(|said| form.word(&at(*number, part)) == said)
    };
    let (by, arg, field) = match message.id.as_ref() {
        "job.bad_expression" => ("pattern", "pattern", "pattern"),
        "job.no_choices" | "job.stray_choices" => ("name", "name", "choices"),
        "job.wrong_kind" | "job.not_a_choice" | "job.no_match" | "job.no_secret_kept" => {
            ("name", "name", "default")
        }
        _ => ("name", "name", "name"),
    };
    // Of two of one name the later one is one too many.
    let found = (0..count(form)).rev().find(|number| has(number, by, arg))?;
    Some(at(found, field))
}

/// The parameters of a job; no table where it has none.
pub(super) fn table(t: Words, parameters: &[Parameter]) -> Option<Table> {
    let heads = [t.kept_name(), t.credentials_kind(), t.kept_description(), t.jobs_default()];
    let row = |parameter: &Parameter| {
        let default = match (&parameter.default, parameter.kept) {
            (_, true) => shown::text(t.jobs_is_kept()),
            (Some(value), false) => shown::code(&text_of(value)),
            (None, false) if parameter.required => shown::text(t.jobs_required()),
            (None, false) => Vec::new(),
        };
        Row {
            head: Piece::Code(parameter.name.clone()),
            cells: vec![
                shown::text(title(t, parameter.kind)),
                shown::text(&parameter.description),
                default,
            ],
        }
    };
    (!parameters.is_empty()).then(|| Table {
        title: t.jobs_parameters().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: parameters.iter().map(row).collect(),
        ..Table::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_go_through_a_form_and_come_back() {
        let all: Vec<Parameter> = serde_json::from_value(json!([
            {"name": "version", "required": true, "pattern": "[0-9.]+"},
            {"name": "size", "kind": "choice", "choices": ["a", "b c"], "default": "a"},
            {"name": "names", "kind": "list", "default": ["x", "y"]},
            {"name": "on", "kind": "yes_no", "default": true},
            {"name": "token", "kind": "secret", "kept": true}
        ]))
        .unwrap();
        let mut back = said(&Form::of(filled(&all)));
        hep_core::parameter::check(&mut back).unwrap();
        assert_eq!(back, all);
    }

    #[test]
    fn a_secret_default_is_not_shown_again() {
        let form = Form::of([
            (at(0, "name"), "a"),
            (at(0, "kind"), "secret"),
            (at(0, "default"), "canary"),
        ]);
        assert_eq!(said(&form)[0].default, Some(json!("canary")));
        assert!(!format!("{:?}", fields(Words::default(), &form)).contains("canary"));
    }
}
