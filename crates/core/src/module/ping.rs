//! `ping`: shows that a host can be worked on.

use super::{Context, Kind, Module, Plan};
use crate::message::command as say;
use crate::observe::{Observe, Question, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind { may_change: false, ..Kind::of::<Ping>("ping") };

options! {
    /// Asks the host for its clock and answers `pong`: login, executor and identity work.
    ///
    /// This is not the network's ping. Nothing is changed.
    ///
    /// Example: `ping:`
    struct Ping {
        /// What to answer. `crash` fails the task.
        #[serde(default = "default_data")]
        data: String,
    }
}

fn default_data() -> String {
    "pong".to_owned()
}

impl Module for Ping {
    fn plan(&self, _: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        observe.ask(Question::Now)?;
        if self.data == "crash" {
            return Err(say::crash().into());
        }
        let result = Map::from([("ping".into(), Value::str(self.data.as_str()))]);
        Ok(Plan { result, ..Plan::default() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{plan, planned, result};

    #[test]
    fn it_answers_what_it_was_given() {
        for (options, expected) in [(json!({}), "pong"), (json!({"data": "x"}), "x")] {
            assert_eq!(result(&planned(&KIND, options, &[])), json!({"ping": expected}));
        }
        assert!(matches!(plan(&KIND, json!({"data": "crash"}), &[]), Err(Stop::Fail(_))));
    }
}
