//! `shell`: runs a line of shell.

use super::{Context, Finish, Kind, Module, Plan};
use crate::change::{Outcome, Run};
use crate::invocation::{self, Guard};
use crate::message::command as say;
use crate::observe::{Bytes, Observe, Stop};
use crate::options;
use crate::value::{Map, Value};
use crate::words;

pub(super) const KIND: Kind = Kind {
    free_form: Some("_raw_params"),
    idempotent: false,
    normalize: Some(|entries| {
        words::take_options(entries);
        // Older manifests say `warn: no`, and the shell itself expands variables.
        entries.retain(|(key, _)| !matches!(key.as_str(), Some("warn" | "expand_argument_vars")));
        Ok(())
    }),
    ..Kind::of::<Shell>("shell")
};

options! {
    /// Gives a line, as you wrote it, to `/bin/sh` on the host: pipes, redirections and patterns work.
    ///
    /// A variable in the line is read by the shell too; write `{{ name | quote }}` so that it stays one
    /// word whatever is in it. Where no shell is needed, `command` is safer. Changed, failed and checks
    /// are as for `command`.
    ///
    /// Example: `shell: dpkg --get-selections | wc -l`
    ///
    /// Example: `shell: cmd="set -o pipefail; a | b" executable=/bin/bash`
    struct Shell {
        /// The line.
        #[serde(default)]
        _raw_params: Option<String>,
        /// The same under a name of its own.
        #[serde(default)]
        cmd: Option<String>,
        /// The directory to run it in; the home of the identity otherwise.
        #[serde(default)]
        chdir: Option<String>,
        /// A path or pattern: where it exists, nothing is run.
        #[serde(default)]
        creates: Option<String>,
        /// A path or pattern: where it does not exist, nothing is run.
        #[serde(default)]
        removes: Option<String>,
        /// Another shell than `/bin/sh`, by its absolute path.
        #[serde(default)]
        executable: Option<String>,
        /// Text for the standard input.
        #[serde(default)]
        stdin: Option<String>,
        /// Whether a newline is put after `stdin`.
        #[serde(default = "yes")]
        stdin_add_newline: bool,
        /// Whether line ends at the end of the output are left out of the result.
        #[serde(default = "yes")]
        strip_empty_ends: bool,
    }
}

const fn yes() -> bool {
    true
}

impl Module for Shell {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let line = match (&self._raw_params, &self.cmd) {
            (Some(_), Some(_)) => return Err(say::two_commands().into()),
            (Some(line), None) | (None, Some(line)) if !line.trim().is_empty() => line,
            _ => return Err(say::no_command().into()),
        };
        let newline = if self.stdin_add_newline { "\n" } else { "" };
        let shell = self.executable.as_deref().unwrap_or("/bin/sh");
        let run = Run {
            argv: vec![shell.into(), "-c".into(), line.as_str().into()],
            stdin: self.stdin.as_ref().map(|text| Bytes::from(format!("{text}{newline}"))),
            chdir: self.chdir.as_deref().map(Into::into),
            any_rc: true,
            ..Run::default()
        };
        let guard = Guard {
            creates: self.creates.as_deref(),
            removes: self.removes.as_deref(),
            chdir: self.chdir.as_deref(),
        };
        guard.plan(context, observe, Value::str(line.as_str()), run)
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        invocation::finish(result, outcomes, self.strip_empty_ends)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan_case::{check, plan, planned, result, runs};

    #[test]
    fn the_line_goes_to_the_shell_as_it_is() {
        for (options, argv) in [
            (json!({"_raw_params": "a | b > 'c'"}), ["/bin/sh", "-c", "a | b > 'c'"]),
            (json!({"cmd": "a $X", "executable": "/bin/bash"}), ["/bin/bash", "-c", "a $X"]),
        ] {
            let plan = planned(&KIND, options, &[]);
            assert_eq!(runs(&plan), [argv]);
            assert_eq!(result(&plan)["cmd"], argv[2]);
        }
    }

    #[test]
    fn no_line_is_refused_and_a_check_is_deferred() {
        assert!(matches!(plan(&KIND, json!({"cmd": " "}), &[]), Err(Stop::Fail(_))));
        assert!(matches!(check(&KIND, json!({"cmd": "a"}), &[]), Err(Stop::Unknown(_))));
    }
}
