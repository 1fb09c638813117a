//! `fail`: fails on purpose.

use super::{Context, Kind, Module, Plan};
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind { may_change: false, ..Kind::of::<Fail>("fail") };

options! {
    /// Fails the task with a message of your own; useful with `when`.
    ///
    /// Example: `fail: msg="This manifest is for Debian"`
    struct Fail {
        /// What to say.
        #[serde(default = "default_msg")]
        msg: String,
    }
}

fn default_msg() -> String {
    "Failed as requested from task".to_owned()
}

impl Module for Fail {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        let result = Map::from([("msg".into(), Value::str(self.msg.as_str()))]);
        Ok(Plan { result, failed: Some(say::as_written(&self.msg)), ..Plan::default() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::planned;

    #[test]
    fn the_message_is_the_operators() {
        for (options, text) in
            [(json!({}), "Failed as requested from task"), (json!({"msg": "{no}"}), "{no}")]
        {
            assert_eq!(planned(&KIND, options, &[]).failed.unwrap().to_string(), text);
        }
    }
}
