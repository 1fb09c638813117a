//! `set_fact`: sets variables of the host for the rest of the run.

use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Context, Field, Kind, Module, Options, Plan};
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { may_change: false, sets_variables: true, open: true, ..Kind::of::<SetFact>("set_fact") };

/// The variables given, which may have any name, and the one option beside them.
#[derive(Debug)]
struct SetFact {
    cacheable: bool,
    facts: Map,
}

impl Options for SetFact {
    const DOC: &'static str = " Sets variables of the host for the rest of the run.\n \n \
        Every option beside `cacheable` is a variable: its name and its value, of any type. They stand\n \
        above variables of the inventory, the play and the task, and below those given with `-e`.\n \n \
        Example: `set_fact: release=\"{{ answer.stdout }}\" ready=true`\n";
    const FIELDS: &'static [Field] = &[Field {
        name: "cacheable",
        doc: super::manual(&[
            " Also keeps them as facts of the host, where facts are kept between runs.",
        ]),
        ty: "bool",
        serde: &["default"],
    }];
}

impl<'de> Deserialize<'de> for SetFact {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let Value::Map(map) = Value::deserialize(input)? else {
            return Err(D::Error::custom("variables are given as `NAME: VALUE`"));
        };
        let mut facts = (*map).clone();
        let cacheable = facts.shift_remove("cacheable").is_some_and(|value| is_yes(&value));
        Ok(Self { cacheable, facts })
    }
}

/// A boolean as people write it, also in `key=value` form.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Str(text) => {
            matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1" | "y" | "t")
        }
        other => other.is_truthy(),
    }
}

impl Module for SetFact {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        if self.facts.is_empty() {
            return Err(say::nothing_to_set().into());
        }
        if let Some(name) = self.facts.keys().find(|name| !is_identifier(name)) {
            return Err(say::not_an_identifier(name).into());
        }
        let mut result = Map::from([("ansible_facts".into(), self.facts.clone().into())]);
        result.insert("_ansible_facts_cacheable".into(), self.cacheable.into());
        Ok(Plan { result, facts: self.facts.clone(), ..Plan::default() })
    }
}

/// Whether a template could name this variable.
fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{plan, planned};

    #[test]
    fn names_and_values_become_facts() {
        let plan = planned(&KIND, json!({"a": 1, "b": ["x"], "cacheable": true}), &[]);
        let facts = serde_json::to_value(Value::map(plan.facts)).unwrap();
        assert_eq!(facts, json!({"a": 1, "b": ["x"]}));
        assert_eq!(plan.result["_ansible_facts_cacheable"], Value::Bool(true));
        assert_eq!(plan.changes, []);
    }

    #[test]
    fn names_that_no_template_could_use_are_refused() {
        for options in [json!({}), json!({"a-b": 1}), json!({"1a": 1}), json!({"": 1})] {
            assert!(matches!(plan(&KIND, options, &[]), Err(Stop::Fail(_))));
        }
    }
}
