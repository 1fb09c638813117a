//! `command`: runs a program, without a shell.

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
        // Older manifests say `warn: no`; there is no warning to switch off.
        entries.retain(|(key, _)| key.as_str() != Some("warn"));
        Ok(())
    }),
    ..Kind::of::<Command>("command")
};

options! {
    /// Runs a program with arguments. No shell reads them: `|`, `>`, `&&` and `*` are plain text; use the
    /// module `shell` where you need those.
    ///
    /// The task counts as changed whenever the program has run, and fails when its status is not 0; use
    /// `changed_when` and `failed_when` where you know better. A check cannot know what a program would
    /// do: the task is deferred, unless `creates` or `removes` decides it.
    ///
    /// Example: `command: /usr/sbin/a2enmod rewrite creates=/etc/apache2/mods-enabled/rewrite.load`
    ///
    /// Example: `command: argv=["make", "install"] chdir=/usr/src/tool`
    struct Command {
        /// The program and its arguments as one text, split at white space; quotation marks keep words together.
        #[serde(default)]
        _raw_params: Option<String>,
        /// The same under a name of its own.
        #[serde(default)]
        cmd: Option<String>,
        /// The program and its arguments as a list, of which nothing is split.
        #[serde(default)]
        argv: Option<Vec<String>>,
        /// The directory to run it in; the home of the identity otherwise.
        #[serde(default)]
        chdir: Option<String>,
        /// A path or pattern: where it exists, nothing is run.
        #[serde(default)]
        creates: Option<String>,
        /// A path or pattern: where it does not exist, nothing is run.
        #[serde(default)]
        removes: Option<String>,
        /// Text for the program's standard input.
        #[serde(default)]
        stdin: Option<String>,
        /// Whether a newline is put after `stdin`.
        #[serde(default = "yes")]
        stdin_add_newline: bool,
        /// Whether line ends at the end of the output are left out of the result.
        #[serde(default = "yes")]
        strip_empty_ends: bool,
        /// Whether `~`, `$NAME` and `${NAME}` are replaced in the arguments (no shell is used for it).
        #[serde(default = "yes")]
        expand_argument_vars: bool,
        /// Not used, as in Ansible: there is no shell to choose. The result warns of it.
        #[serde(default)]
        executable: Option<String>,
    }
}

const fn yes() -> bool {
    true
}

impl Module for Command {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let words = self.words()?;
        let cmd = Value::from(words.iter().map(String::as_str).collect::<Vec<_>>());
        let argv = if self.expand_argument_vars {
            invocation::expand(words, context, observe)?
        } else {
            words.into_iter().map(Into::into).collect()
        };
        let newline = if self.stdin_add_newline { "\n" } else { "" };
        let run = Run {
            argv,
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
        let mut plan = guard.plan(context, observe, cmd, run)?;
        if self.executable.is_some() {
            let warning = say::executable_not_used().to_string();
            plan.result.insert("warnings".into(), Value::from(vec![warning]));
        }
        Ok(plan)
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        invocation::finish(result, outcomes, self.strip_empty_ends)
    }
}

impl Command {
    /// The program and its arguments, of which at least the first is there.
    fn words(&self) -> Result<Vec<String>, Stop> {
        let given = [self._raw_params.is_some(), self.cmd.is_some(), self.argv.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(say::two_commands().into());
        }
        let words = match (self._raw_params.as_ref().or(self.cmd.as_ref()), &self.argv) {
            (Some(text), _) => {
                words::split(text).map_err(|why| say::unfinished_words(text, why))?
            }
            (None, Some(argv)) => argv.clone(),
            (None, None) => Vec::new(),
        };
        match words.first() {
            Some(program) if !program.is_empty() => Ok(words),
            _ => Err(say::no_command().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::change::Deed;
    use crate::observe::{Answer, Question};
    use crate::plan_case::{self, check, plan, planned, result, runs};

    #[test]
    fn words_meet_no_shell() {
        let facts = (
            Question::Facts,
            Answer::Facts(Value::from([("env", Value::from([("HOME", "/root")]))])),
        );
        for (options, argv) in [
            (json!({"_raw_params": "ls -l 'a b'"}), vec!["ls", "-l", "a b"]),
            (json!({"cmd": "echo a | wc > /x"}), vec!["echo", "a", "|", "wc", ">", "/x"]),
            (json!({"argv": ["a b", "c"]}), vec!["a b", "c"]),
            (
                json!({"cmd": "ls ~/x $HOME/y ${HOME} $NO $(id)"}),
                vec!["ls", "/root/x", "/root/y", "/root", "$NO", "$(id)"],
            ),
            (json!({"cmd": "ls ~", "expand_argument_vars": false}), vec!["ls", "~"]),
        ] {
            let plan = planned(&KIND, options, std::slice::from_ref(&facts));
            assert_eq!(runs(&plan), [argv]);
        }
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        for options in [
            json!({}),
            json!({"cmd": ""}),
            json!({"cmd": "it's"}),
            json!({"cmd": "a", "argv": ["a"]}),
        ] {
            assert!(matches!(plan(&KIND, options, &[]), Err(Stop::Fail(_))));
        }
    }

    #[test]
    fn guards_decide_and_a_check_without_them_is_deferred() {
        let glob = |pattern: &str, hit: bool| {
            let paths = if hit { vec!["/x".into()] } else { vec![] };
            (Question::Glob { pattern: pattern.into() }, Answer::Paths(paths))
        };
        for (options, answer, run) in [
            (json!({"cmd": "a", "creates": "/x"}), glob("/x", true), false),
            (json!({"cmd": "a", "creates": "/x"}), glob("/x", false), true),
            (json!({"cmd": "a", "removes": "/x*"}), glob("/x*", true), true),
            (json!({"cmd": "a", "removes": "/x*"}), glob("/x*", false), false),
            (json!({"cmd": "a", "creates": "x", "chdir": "/d/"}), glob("/d/x", true), false),
            (json!({"cmd": "a", "creates": "x"}), glob("~/x", true), false),
        ] {
            for make in [plan, check] {
                let plan = make(&KIND, options.clone(), std::slice::from_ref(&answer)).unwrap();
                assert_eq!(plan.changes.len(), usize::from(run), "{options}");
            }
        }
        assert!(matches!(check(&KIND, json!({"cmd": "a"}), &[]), Err(Stop::Unknown(_))));
    }

    #[test]
    fn the_result_has_ansibles_keys() {
        let deed = |rc: i32| Deed {
            rc: Some(rc),
            stdout: "a\nb\n\n".into(),
            start_ms: 1_700_000_000_000,
            duration_ms: 1500,
            ahead_s: [3600, 7200],
            ..Deed::default()
        };
        for (rc, failed, msg) in [(0, false, ""), (3, true, "non-zero return code")] {
            let (module, plan) = plan_case::module(&KIND, json!({"cmd": "x"}), &[]);
            assert_eq!(result(&plan), json!({"cmd": ["x"]}));
            let finish = module.finish(plan.result, &[Outcome::Done(deed(rc))]);
            assert_eq!(finish.failed.is_some(), failed);
            let value = serde_json::to_value(Value::map(finish.result)).unwrap();
            assert_eq!(
                value,
                json!({
                    "cmd": ["x"], "rc": rc, "msg": msg, "stdout": "a\nb", "stdout_lines": ["a", "b"],
                    "stderr": "", "stderr_lines": [], "start": "2023-11-14 23:13:20.000000",
                    "end": "2023-11-15 00:13:21.500000", "delta": "0:00:01.500000",
                })
            );
        }
    }

    #[test]
    fn what_was_never_begun_changed_nothing_and_has_no_times() {
        let (module, plan) = plan_case::module(&KIND, json!({"cmd": "x"}), &[]);
        let why = crate::message::remote::sudo_password("root");
        let finish = module.finish(plan.result, &[Outcome::Failed(why, Deed::default())]);
        assert!(finish.failed.is_some() && finish.changed != Some(true));
        let value = serde_json::to_value(Value::map(finish.result)).unwrap();
        assert_eq!(value["start"], json!(null));
    }
}
