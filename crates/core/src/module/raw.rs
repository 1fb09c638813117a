//! `raw`: a line for the host's shell, with nothing done to it.

use super::{Context, Finish, Kind, Module, Plan};
use crate::change::{Outcome, Run};
use crate::invocation::{self, Guard};
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { free_form: Some("_raw_params"), idempotent: false, ..Kind::of::<Raw>("raw") };

options! {
    /// Gives a line to `/bin/sh` on the host as it is: nothing in it is taken for an option.
    ///
    /// Use `shell` or `command` where you can: they know `creates`, `chdir` and `stdin`. A check cannot
    /// know what the line would do: the task is deferred.
    ///
    /// Example: `raw: test -e /etc/debian_version || exit 3`
    struct Raw {
        /// The line.
        _raw_params: String,
        /// Another shell than `/bin/sh`, by its absolute path.
        #[serde(default)]
        executable: Option<String>,
    }
}

impl Module for Raw {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let line = self._raw_params.as_str();
        if line.trim().is_empty() {
            return Err(say::no_command().into());
        }
        let shell = self.executable.as_deref().unwrap_or("/bin/sh");
        let argv = vec![shell.into(), "-c".into(), line.into()];
        let guard = Guard { creates: None, removes: None, chdir: None };
        let run = Run { argv, any_rc: true, ..Run::default() };
        guard.plan(context, observe, Value::str(line), run)
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        invocation::finish(result, outcomes, true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{check, plan, planned, runs};

    #[test]
    fn nothing_in_the_line_is_an_option() {
        let line = "a creates=/x | b";
        let plan = planned(&KIND, json!({"_raw_params": line}), &[]);
        assert_eq!(runs(&plan), [["/bin/sh", "-c", line]]);
    }

    #[test]
    fn no_line_is_refused_and_a_check_is_deferred() {
        assert!(matches!(plan(&KIND, json!({"_raw_params": " "}), &[]), Err(Stop::Fail(_))));
        assert!(matches!(check(&KIND, json!({"_raw_params": "a"}), &[]), Err(Stop::Unknown(_))));
    }
}
