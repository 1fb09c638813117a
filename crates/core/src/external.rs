//! External modules: executables in the operator's `modules/` directory, in any language.
//!
//! One is started on the host with a JSON object on its standard input,
//! `{"options": …, "check": bool, "diff": bool, "host": NAME}`, and prints one on its standard output:
//! `changed`, `failed`, `msg`, `diff` (`before`, `after`) and whatever else the task's result shall have.
//!
//! What it does cannot be foreseen, so a check defers its task, unless the words `hep: supports-check`
//! stand in its first 4 KB: then it is run with `"check": true` and what it says is shown as claimed.

use std::sync::Arc;

use crate::change::{Content, Deed, Outcome, Run};
use crate::message::command as say;
use crate::module::{Context, Finish, Module, Plan};
use crate::observe::{Bytes, Observe, SourceBody, SourceFile, Stop};
use crate::value::{Map, Value};

/// The promise to change nothing when `check` is true.
const MARK: &str = "hep: supports-check";
/// Where the promise must stand, in bytes from the beginning of the file.
pub const MARK_WITHIN: usize = 4096;
/// The largest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// Whether a file that begins so promises to change nothing in a check. The controller looks, since a host
/// gets the file by its hash only.
#[must_use]
pub fn supports_check(beginning: &[u8]) -> bool {
    let first = &beginning[..beginning.len().min(MARK_WITHIN)];
    first.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// One task of an external module.
#[derive(Clone, Debug)]
pub struct External {
    name: Arc<str>,
    file: SourceFile,
    options: Value,
    host: Arc<str>,
}

impl External {
    /// The executable `file`, called `name` in manifests, for the options of a task on `host`.
    #[must_use]
    pub const fn new(name: Arc<str>, file: SourceFile, options: Value, host: Arc<str>) -> Self {
        Self { name, file, options, host }
    }

    /// What it reads from its standard input.
    fn input(&self, context: &Context<'_>) -> Result<Bytes, Stop> {
        let value = Value::from([
            ("options", self.options.clone()),
            ("check", context.check.into()),
            ("diff", context.diff.into()),
            ("host", Value::Str(self.host.clone())),
        ]);
        let text = serde_json::to_string(&value)
            .map_err(|error| say::external_no_answer(&self.name, error))?;
        Ok(Bytes::from(text + "\n"))
    }
}

impl Module for External {
    fn plan(&self, context: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        if let Some(why) = unknown(&self.options) {
            return Err(Stop::Unknown(why));
        }
        if context.check && !self.file.supports_check {
            return Err(Stop::Unknown(say::external_unpredicted(&self.name).to_string().into()));
        }
        let body = match &self.file.body {
            SourceBody::File { sha256, size } => {
                Content::Blob { sha256: sha256.clone(), size: *size }
            }
            SourceBody::Text(text) => Content::Inline(text.as_bytes().to_vec().into()),
            SourceBody::Directory(_) => {
                return Err(say::external_is_directory(&self.name).into());
            }
        };
        let run = Run {
            argv: vec!["%s".into()],
            stdin: Some(self.input(context)?),
            script: Some(body),
            any_rc: true,
            ..Run::default()
        };
        Ok(Plan {
            changes: vec![run.into()],
            claimed: context.check,
            message: context.check.then(|| say::external_claims(&self.name)),
            ..Plan::default()
        })
    }

    fn repeats(&self) -> bool {
        true
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        match outcomes.last() {
            Some(Outcome::Done(deed)) => self.read(result, deed),
            Some(Outcome::Failed(message, deed)) => {
                let mut result = result;
                deed.insert_into(&mut result);
                Finish { result, failed: Some(message.clone()), changed: None }
            }
            Some(Outcome::Refused(message)) => {
                Finish { result, failed: Some(message.clone()), changed: None }
            }
            Some(Outcome::Late | Outcome::Cancelled) | None => {
                Finish { result, failed: None, changed: None }
            }
        }
    }
}

impl External {
    /// Reads the answer, which may be anything: a host or a module can be hostile or broken.
    fn read(&self, mut result: Map, deed: &Deed) -> Finish {
        let answer = match parse(&deed.stdout.0) {
            Ok(answer) => answer,
            Err(why) => {
                deed.insert_into(&mut result);
                let why = match deed.rc {
                    Some(rc) if rc != 0 => format!("its status is {rc}, and {why}"),
                    _ => why,
                };
                let failed = Some(say::external_no_answer(&self.name, why));
                return Finish { result, failed, changed: None };
            }
        };
        let yes = |key: &str| answer.get(key).is_some_and(is_yes);
        let (changed, said_failed) = (yes("changed"), yes("failed"));
        let rc = deed.rc.unwrap_or(0);
        let failed = (said_failed || rc != 0).then(|| {
            let why = answer.get("msg").and_then(Value::as_str).map(str::to_owned);
            say::external_failed(&self.name, why.unwrap_or_else(|| format!("status {rc}")))
        });
        // `changed`, `failed` and the like are the interpreter's to say, and names of its own are not
        // for others.
        let kept = |key: &str| {
            !matches!(key, "changed" | "failed" | "skipped" | "unreachable" | "ansible_facts")
                && !key.starts_with('_')
        };
        result.extend(answer.into_iter().filter(|(key, _)| kept(key)));
        let stderr = deed.stderr.lossy();
        if !stderr.trim().is_empty() {
            result.insert("stderr".into(), stderr.trim_end().into());
        }
        Finish { result, failed, changed: Some(changed) }
    }
}

/// The JSON object on the output, or why it is none.
fn parse(output: &[u8]) -> Result<Map, String> {
    if output.len() > ANSWER_LIMIT {
        return Err(format!("its output is larger than {ANSWER_LIMIT} bytes"));
    }
    if output.trim_ascii().is_empty() {
        return Err("it printed nothing".to_owned());
    }
    match serde_json::from_slice::<Value>(output) {
        Ok(Value::Map(map)) => Ok(Arc::unwrap_or_clone(map)),
        Ok(_) => Err("it printed JSON that is not an object".to_owned()),
        Err(error) => Err(format!("its output is not JSON: {error}")),
    }
}

/// JSON's `true`, and what scripts write in its place.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Str(text) => crate::options::boolean(text).unwrap_or(false),
        other => other.is_truthy(),
    }
}

/// Why something within the options is not known yet.
fn unknown(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Unknown(why) => Some(why.clone()),
        Value::List(items) => items.iter().find_map(unknown),
        Value::Map(map) => map.values().find_map(unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::node::Pos;

    fn external(text: &str) -> External {
        let body = SourceBody::File { sha256: "0".repeat(64).into(), size: 1 << 30 };
        let supports_check = supports_check(text.as_bytes());
        let file = SourceFile { path: "modules/x".into(), mode: 0o755, supports_check, body };
        let options = Value::from([("a", Value::Int(1))]);
        External::new("x".into(), file, options, "web1".into())
    }

    fn plan(module: &External, check: bool) -> Result<Plan, Stop> {
        let context = Context {
            check,
            again: false,
            diff: true,
            user: "root",
            environment: &[],
            pos: Pos::default(),
            verbosity: 0,
            render: &|_, text| Ok(text.into()),
        };
        module.plan(&context, &mut Observe::new())
    }

    #[test]
    fn it_reads_its_task_as_json() {
        let plan = plan(&external("#!/bin/sh\n"), false).unwrap();
        assert!(!plan.claimed);
        let crate::change::Change::Run(run) = &plan.changes[0].change else { panic!("not a run") };
        assert_eq!(run.argv, ["%s".into()]);
        let input: serde_json::Value =
            serde_json::from_str(&run.stdin.as_ref().unwrap().lossy()).unwrap();
        let expected = json!({"options": {"a": 1}, "check": false, "diff": true, "host": "web1"});
        assert_eq!(input, expected);
    }

    #[test]
    fn a_check_runs_only_what_promises_to_change_nothing() {
        assert!(matches!(plan(&external("#!/bin/sh\n"), true), Err(Stop::Unknown(_))));
        let late = format!("{}\n# {MARK}\n", "#".repeat(MARK_WITHIN));
        assert!(matches!(plan(&external(&late), true), Err(Stop::Unknown(_))));
        let claimed = plan(&external("#!/bin/sh\n# hep: supports-check\n"), true).unwrap();
        assert!(claimed.claimed);
        assert!(claimed.message.unwrap().to_string().starts_with("Claimed"));
        let mut module = external("x");
        module.options = Value::from(vec![Value::Unknown("later".into())]);
        assert_eq!(plan(&module, false), Err(Stop::Unknown("later".into())));
    }

    #[test]
    fn any_answer_is_survived() {
        let finish = |rc: i32, stdout: &str| {
            let deed = Deed { rc: Some(rc), stdout: stdout.into(), ..Deed::default() };
            external("x").finish(Map::new(), &[Outcome::Done(deed)])
        };
        for (rc, stdout, failed, changed) in [
            (0, r#"{"changed": true, "port": 80}"#, false, Some(true)),
            (0, r#"{"changed": "yes"}"#, false, Some(true)),
            (0, "{}", false, Some(false)),
            (0, r#"{"failed": true, "msg": "no"}"#, true, Some(false)),
            (1, "{}", true, Some(false)),
            (1, "Traceback", true, None),
            (0, "", true, None),
            (0, "[1]", true, None),
            (0, "{} {}", true, None),
            (0, "\u{0}\u{ff}", true, None),
            (0, &"[".repeat(100_000), true, None),
        ] {
            let finish = finish(rc, stdout);
            assert_eq!(finish.failed.is_some(), failed, "{stdout:.40}");
            assert_eq!(finish.changed, changed, "{stdout:.40}");
        }
        let kept = finish(0, r#"{"port": 80, "_hidden": 1, "ansible_facts": {}, "failed": false}"#);
        assert_eq!(kept.result.keys().map(|key| &**key).collect::<Vec<_>>(), ["port"]);
        let big = finish(0, &format!("\"{}\"", "x".repeat(ANSWER_LIMIT)));
        assert!(big.failed.is_some());
    }
}
