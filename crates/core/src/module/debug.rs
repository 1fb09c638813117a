//! `debug`: prints a message or a value.

use super::{Context, Judged, Kind, Module, Plan};
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { may_change: false, expressions: &["var"], ..Kind::of::<Print>("debug") };

options! {
    /// Prints a message or the value of an expression while the play runs.
    ///
    /// Nothing on the host is looked at or changed.
    ///
    /// Example: `debug: msg="{{ inventory_hostname }} has {{ ansible_memtotal_mb }} MB"`
    ///
    /// Example: `debug: var=answer.stdout_lines`
    struct Print {
        /// What to print: text, or any other value. Without it and without `var` this is `Hello world!`.
        msg: Option<Value>,
        /// An expression, without braces, whose value is printed. Excludes `msg`.
        var: Option<Judged>,
        /// Prints only in a run that is at least so verbose (`-v` is 1, `-vv` is 2).
        #[serde(default)]
        verbosity: i64,
    }
}

impl Module for Print {
    fn plan(&self, context: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        if self.msg.is_some() && self.var.is_some() {
            return Err(Stop::Fail(crate::message::module::bad_options(
                "`msg` and `var` exclude each other",
            )));
        }
        if self.verbosity > i64::from(context.verbosity) {
            return Ok(Plan { skipped: Some(say::verbosity()), ..Plan::default() });
        }
        let (key, value) = match (&self.var, &self.msg) {
            (Some(var), _) => (var.expr.clone(), var.value.clone()),
            (None, Some(msg)) => ("msg".into(), msg.clone()),
            (None, None) => ("msg".into(), "Hello world!".into()),
        };
        if let Value::Unknown(why) = &value {
            return Err(Stop::Unknown(why.clone()));
        }
        let message = match self.var {
            Some(_) => say::shows(&key, shown(&value)),
            None => say::says(shown(&value)),
        };
        let result = Map::from([(key, value)]);
        Ok(Plan { result, message: Some(message), ..Plan::default() })
    }
}

/// Text as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{plan, planned, result};

    #[test]
    fn messages_and_values_are_printed_and_registered() {
        for (options, expected, text) in [
            (json!({}), json!({"msg": "Hello world!"}), "Hello world!"),
            (json!({"msg": "a"}), json!({"msg": "a"}), "a"),
            (json!({"msg": ["a"]}), json!({"msg": ["a"]}), "[\n  \"a\"\n]"),
            (json!({"var": {"expr": "x.y", "value": 3}}), json!({"x.y": 3}), "x.y: 3"),
        ] {
            let plan = planned(&KIND, options, &[]);
            assert_eq!(result(&plan), expected);
            assert_eq!(plan.message.unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_quiet_run_and_an_unknown_value_print_nothing() {
        let quiet = planned(&KIND, json!({"msg": "a", "verbosity": 2}), &[]);
        assert!(quiet.skipped.is_some());
        let unknown = json!({"var": {"expr": "x", "value": {"$hep.unknown": "later"}}});
        assert_eq!(plan(&KIND, unknown, &[]), Err(Stop::Unknown("later".into())));
    }
}
