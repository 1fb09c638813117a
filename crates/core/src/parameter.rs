//! Parameters of what is saved to be run: what people may say when they start it, and where that goes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::message::{Message, job as say};
use crate::python_regex::Regex;
use crate::secret::Secret;

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    #[default]
    Text,
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
    /// One of a few texts.
    Choice,
    /// Texts.
    List,
    /// A text that nobody sees again.
    Secret,
}

impl Kind {
    /// The word for it, in messages.
    const fn word(self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "text",
            Self::Number => "number",
            Self::YesNo => "yes or no",
            Self::Choice => "choice",
            Self::List => "list of texts",
        }
    }
}

/// A parameter.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What its value is.
    #[serde(default)]
    pub kind: Kind,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its value when nobody says one. That of a secret is kept sealed and never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Of a secret: whether a default is kept. Who changes the job says so for the one there is to stay.
    #[serde(default, skip_serializing_if = "is_false")]
    pub kept: bool,
    /// Whether there must be a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The texts of which one is chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// A regular expression (as in Python) that texts match as a whole; each text of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without its default, which may be a secret that has just been read.
        f.debug_struct("Parameter")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Values of parameters: those that may be seen, and those that must not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Those that may be seen.
    pub plain: Map<String, Value>,
    /// Those that must not.
    pub secret: BTreeMap<String, Secret<String>>,
}

/// Refuses parameters that make no sense, and brings their defaults into form.
pub fn check(parameters: &mut [Parameter]) -> Result<(), Message> {
    let mut seen = BTreeSet::new();
    for parameter in parameters {
        if !is_name(&parameter.name) {
            return Err(say::bad_parameter_name(&parameter.name));
        }
        if !seen.insert(parameter.name.clone()) {
            return Err(say::parameter_twice(&parameter.name));
        }
        match (parameter.kind == Kind::Choice, parameter.choices.is_empty()) {
            (true, true) => return Err(say::no_choices(&parameter.name)),
            (false, false) => return Err(say::stray_choices(&parameter.name)),
            _ => {}
        }
        if let Some(pattern) = &parameter.pattern {
            Regex::new(pattern).map_err(|why| say::bad_expression(pattern, why))?;
        }
        if let Some(default) = parameter.default.take() {
            parameter.default = Some(parameter.read(default)?);
        }
    }
    Ok(())
}

/// Whether it can be a variable's name, wherever it goes.
fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Parameter {
    /// A value as it was said, in the form that it is to have.
    fn read(&self, said: Value) -> Result<Value, Message> {
        let wrong = || say::wrong_kind(&self.name, self.kind.word());
        Ok(match self.kind {
            Kind::Text | Kind::Secret => {
                Value::String(self.matched(text(&said).ok_or_else(wrong)?)?)
            }
            Kind::Number => number(&said).ok_or_else(wrong)?,
            Kind::YesNo => Value::Bool(yes_no(&said).ok_or_else(wrong)?),
            Kind::Choice => {
                let text = text(&said).ok_or_else(wrong)?;
                if !self.choices.contains(&text) {
                    return Err(say::not_a_choice(&self.name, self.choices.join(", ")));
                }
                Value::String(text)
            }
            Kind::List => {
                let items = match said {
                    Value::Array(items) => items,
                    Value::String(text) if text.is_empty() => Vec::new(),
                    Value::String(text) => text.split(',').map(Value::from).collect(),
                    _ => return Err(wrong()),
                };
                let read = |item: &Value| self.matched(text(item).ok_or_else(wrong)?);
                let items: Result<Vec<String>, Message> = items.iter().map(read).collect();
                items?.into()
            }
        })
    }

    fn matched(&self, text: String) -> Result<String, Message> {
        let Some(pattern) = &self.pattern else { return Ok(text) };
        let regex = Regex::new(pattern).map_err(|why| say::bad_expression(pattern, why))?;
        let matches =
            regex.is_full_match(&text).map_err(|why| say::bad_expression(pattern, why))?;
        if matches { Ok(text) } else { Err(say::no_match(&self.name, pattern)) }
    }
}

/// What people write as a text; from a command line it may look like a number.
fn text(said: &Value) -> Option<String> {
    match said {
        Value::String(text) if !text.contains('\0') => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(said.to_string()),
        _ => None,
    }
}

fn number(said: &Value) -> Option<Value> {
    match said {
        Value::Number(_) => Some(said.clone()),
        Value::String(text) => Some(Value::Number(text.trim().parse::<Number>().ok()?)),
        _ => None,
    }
}

fn yes_no(said: &Value) -> Option<bool> {
    match said {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" => Some(true),
            "no" | "false" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The values of all parameters: as they were said, else their defaults. `kept` are the secret defaults, `job`
/// is the name of what has the parameters.
pub fn values(
    job: &str,
    parameters: &[Parameter],
    mut said: BTreeMap<String, Value>,
    kept: &BTreeMap<String, Secret<String>>,
) -> Result<Values, Message> {
    let mut values = Values::default();
    for parameter in parameters {
        let name = &parameter.name;
        let given = said.remove(name).filter(|value| !value.is_null());
        let value = match given {
            Some(value) => Some(parameter.read(value)?),
            None => parameter.default.clone(),
        };
        match (value, kept.get(name)) {
            (Some(Value::String(text)), _) if parameter.kind == Kind::Secret => {
                values.secret.insert(name.clone(), Secret::new(text));
            }
            (Some(value), _) => {
                values.plain.insert(name.clone(), value);
            }
            (None, Some(kept)) if parameter.kind == Kind::Secret => {
                values.secret.insert(name.clone(), kept.clone());
            }
            (None, _) if parameter.required => return Err(say::missing_parameter(name)),
            (None, _) => {}
        }
    }
    match said.keys().next() {
        Some(name) => Err(say::unknown_parameter(name, job)),
        None => Ok(values),
    }
}

/// A value as a text: each item of a list on a line of its own.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The place of a parameter, as people write it.
#[must_use]
pub fn place(name: &str) -> String {
    format!("{{{{ {name} }}}}")
}

/// Cuts a text at the places of parameters: what stands before each, its name, and the rest. What stands in
/// other braces (`{{.Names}}`) is no place.
fn cut(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (mut places, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(open) = rest[from..].find("{{").map(|at| at + from) {
        let inner = &rest[open + 2..];
        match inner.find("}}").map(|close| (inner[..close].trim(), &inner[close + 2..])) {
            Some((name, after)) if is_name(name) => {
                places.push((&rest[..open], name));
                (rest, from) = (after, 0);
            }
            _ => from = open + 2,
        }
    }
    (places, rest)
}

/// The names of the places in a text.
pub fn places(text: &str) -> impl Iterator<Item = &str> {
    cut(text).0.into_iter().map(|(_, name)| name)
}

/// A text with values in their places; a parameter without one leaves nothing.
#[must_use]
pub fn filled(text: &str, values: &Map<String, Value>) -> String {
    let (places, rest) = cut(text);
    let mut out = String::with_capacity(text.len());
    for (before, name) in places {
        out.push_str(before);
        out.push_str(&values.get(name).map(shown).unwrap_or_default());
    }
    out + rest
}

/// The same in all texts of a value. A text that is one place and nothing else becomes the value itself.
pub fn fill(value: &mut Value, values: &Map<String, Value>) {
    match value {
        Value::String(text) => {
            let (found, rest) = cut(text);
            *value = match (&found[..], rest) {
                ([("", name)], "") => values.get(*name).cloned().unwrap_or_default(),
                _ => filled(text, values).into(),
            };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
        Value::Object(map) => map.values_mut().for_each(|item| fill(item, values)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parameter(value: Value) -> Parameter {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let cases = [
            (json!([{"name": "a b"}]), "job.bad_parameter_name"),
            (json!([{"name": ""}]), "job.bad_parameter_name"),
            (json!([{"name": "a"}, {"name": "a"}]), "job.parameter_twice"),
            (json!([{"name": "a", "kind": "choice"}]), "job.no_choices"),
            (json!([{"name": "a", "choices": ["x"]}]), "job.stray_choices"),
            (json!([{"name": "a", "pattern": "("}]), "job.bad_expression"),
            (json!([{"name": "a", "kind": "number", "default": "x"}]), "job.wrong_kind"),
            (json!([{"name": "a", "pattern": "x+", "default": "xy"}]), "job.no_match"),
        ];
        for (value, id) in cases {
            let mut parameters: Vec<Parameter> = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(check(&mut parameters).unwrap_err().id, id, "{value}");
        }
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let cases = [
            (json!({"kind": "text"}), json!("x"), Ok(json!("x"))),
            (json!({"kind": "text"}), json!(12), Ok(json!("12"))),
            (json!({"kind": "text"}), json!(["x"]), Err("job.wrong_kind")),
            (json!({"kind": "text"}), json!("a\u{0}"), Err("job.wrong_kind")),
            (json!({"kind": "text", "pattern": "[a-z]+"}), json!("ab"), Ok(json!("ab"))),
            (json!({"kind": "text", "pattern": "[a-z]+"}), json!("ab;"), Err("job.no_match")),
            (json!({"kind": "number"}), json!("-1.5"), Ok(json!(-1.5))),
            (json!({"kind": "number"}), json!(7), Ok(json!(7))),
            (json!({"kind": "number"}), json!("7x"), Err("job.wrong_kind")),
            (json!({"kind": "yes_no"}), json!("No"), Ok(json!(false))),
            (json!({"kind": "yes_no"}), json!(1), Err("job.wrong_kind")),
            (json!({"kind": "choice", "choices": ["a", "b"]}), json!("b"), Ok(json!("b"))),
            (json!({"kind": "choice", "choices": ["a", "b"]}), json!("c"), Err("job.not_a_choice")),
            (json!({"kind": "list"}), json!(["a", 1]), Ok(json!(["a", "1"]))),
            (json!({"kind": "list"}), json!("a,b"), Ok(json!(["a", "b"]))),
            (json!({"kind": "list", "pattern": "a"}), json!(["a", "b"]), Err("job.no_match")),
            (json!({"kind": "list"}), json!({}), Err("job.wrong_kind")),
            (json!({"required": true}), json!(null), Err("job.missing_parameter")),
            (json!({"default": "d"}), json!(null), Ok(json!("d"))),
        ];
        for (mut kind, said, expected) in cases {
            kind["name"] = "p".into();
            let parameters = [parameter(kind.clone())];
            let said = BTreeMap::from([("p".to_owned(), said)]);
            let found = values("j", &parameters, said, &BTreeMap::new());
            let found = found.map(|mut values| values.plain.remove("p").unwrap_or_default());
            let found = found.map_err(|message| message.id.into_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{kind}");
        }
    }

    #[test]
    fn secrets_stay_apart_and_are_not_shown() {
        let parameters = [parameter(json!({"name": "s", "kind": "secret", "kept": true}))];
        let kept = BTreeMap::from([("s".to_owned(), Secret::new("old".to_owned()))]);
        let given = BTreeMap::from([("s".to_owned(), json!("canary"))]);
        for (said, expected) in [(BTreeMap::new(), "old"), (given, "canary")] {
            let found = values("j", &parameters, said, &kept).unwrap();
            assert_eq!(found.secret["s"].expose(), expected);
            assert!(found.plain.is_empty() && !format!("{found:?}").contains(expected));
        }
        let shown = parameter(json!({"name": "s", "kind": "secret", "default": "canary"}));
        assert!(!format!("{shown:?}").contains("canary"));
        let other = BTreeMap::from([("t".to_owned(), json!("x"))]);
        let refused = values("j", &parameters, other, &kept).unwrap_err();
        assert_eq!(refused.id, "job.unknown_parameter");
    }

    #[test]
    fn values_go_into_their_places() {
        let values = json!({"a": "1; rm", "n": 3, "l": ["x", "y"]});
        let Value::Object(values) = values else { unreachable!() };
        for (text, expected) in [
            ("plain", "plain"),
            ("{{ a }}", "1; rm"),
            ("-{{a}}-{{ n }}", "-1; rm-3"),
            ("{{ l }}", "x\ny"),
            ("{{ gone }}.", "."),
            ("{{.Names}} {{ a", "{{.Names}} {{ a"),
            ("{{ {{ n }} }}", "{{ 3 }}"),
        ] {
            assert_eq!(filled(text, &values), expected, "{text}");
        }
        let mut value = json!({"names": "{{ l }}", "x": ["{{ n }}", "v{{ n }}", 1]});
        fill(&mut value, &values);
        assert_eq!(value, json!({"names": ["x", "y"], "x": [3, "v3", 1]}));
        assert_eq!(places("{{ a }} {{.b}} {{c}}").collect::<Vec<_>>(), ["a", "c"]);
    }

    proptest! {
        #[test]
        fn a_text_without_places_stays_and_no_value_is_read_again(text in "[a{} ]*", value: String) {
            let values = Map::from_iter([("a".to_owned(), Value::String(value.clone()))]);
            let places: Vec<&str> = places(&text).collect();
            let out = filled(&text, &values);
            if places.is_empty() {
                prop_assert_eq!(&out, &text);
            }
            prop_assert_eq!(filled(&place("a"), &values), value);
        }
    }
}
