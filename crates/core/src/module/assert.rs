//! `assert`: fails unless expressions hold.

use super::{Context, Judged, Kind, Module, Plan};
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { may_change: false, expressions: &["that"], ..Kind::of::<Assert>("assert") };

options! {
    /// Fails the task unless every expression is true.
    ///
    /// Nothing on the host is looked at or changed. The first expression that does not hold ends it; the
    /// result names it as `assertion`.
    ///
    /// Example: `assert: that=["ansible_memtotal_mb > 500", "'web' in group_names"]`
    struct Assert {
        /// One expression or a list of them, without braces, as in `when`.
        #[serde(deserialize_with = "one_or_more")]
        that: Vec<Judged>,
        /// What to say when one does not hold: a text or a list of texts. `Assertion failed` otherwise.
        #[serde(alias = "msg")]
        fail_msg: Option<Value>,
        /// What to say when all hold: a text or a list of texts. `All assertions passed` otherwise.
        success_msg: Option<Value>,
        /// Says nothing when all hold.
        #[serde(default)]
        quiet: bool,
    }
}

impl Module for Assert {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        for judged in &self.that {
            if let Value::Unknown(why) = &judged.value {
                return Err(Stop::Unknown(why.clone()));
            }
            if !judged.value.is_truthy() {
                return Ok(self.failed(judged));
            }
        }
        let msg = self.success_msg.clone().unwrap_or_else(|| "All assertions passed".into());
        let message = (!self.quiet).then(|| say::says(text(&msg)));
        Ok(Plan { result: Map::from([("msg".into(), msg)]), message, ..Plan::default() })
    }
}

impl Assert {
    fn failed(&self, judged: &Judged) -> Plan {
        let msg = self.fail_msg.clone().unwrap_or_else(|| "Assertion failed".into());
        let failed = Some(match self.fail_msg {
            Some(_) => say::as_written(text(&msg)),
            None => say::does_not_hold(&judged.expr),
        });
        let result = Map::from([
            ("assertion".into(), Value::Str(judged.expr.clone())),
            ("evaluated_to".into(), judged.value.clone()),
            ("msg".into(), msg),
        ]);
        Plan { result, failed, ..Plan::default() }
    }
}

/// A text, or the lines of a list.
fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// A single expression is a list of one.
fn one_or_more<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Vec<Judged>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(Judged),
        Many(Vec<Judged>),
    }
    Ok(match serde::Deserialize::deserialize(input)? {
        Given::One(judged) => vec![judged],
        Given::Many(list) => list,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{planned, result};

    #[test]
    fn the_first_expression_that_does_not_hold_is_named() {
        let yes = json!({"expr": "1 == 1", "value": true});
        let no = json!({"expr": "1 == 2", "value": false});
        for (options, failed, msg) in [
            (json!({"that": yes}), None, "All assertions passed"),
            (json!({"that": [yes], "success_msg": "fine"}), None, "fine"),
            (json!({"that": [yes, no]}), Some("1 == 2"), "Assertion failed"),
            (json!({"that": no, "msg": "broken"}), Some("1 == 2"), "broken"),
            (json!({"that": no, "fail_msg": "broken", "quiet": true}), Some("1 == 2"), "broken"),
        ] {
            let plan = planned(&KIND, options, &[]);
            assert_eq!(plan.failed.is_some(), failed.is_some());
            let result = result(&plan);
            assert_eq!(result["msg"], msg);
            assert_eq!(result.get("assertion").and_then(|a| a.as_str()), failed);
        }
    }
}
