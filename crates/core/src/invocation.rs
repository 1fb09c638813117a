//! What the modules that run a command of the operator share: guards, expansion, results.

use std::sync::Arc;

use crate::change::{Change, Deed, Outcome, Planned, Run};
use crate::instant;
use crate::message::command as say;
use crate::module::{Context, Finish, Plan};
use crate::observe::{Observe, Stop};
use crate::value::{Map, Value};

impl From<Run> for Planned {
    fn from(run: Run) -> Self {
        Self { change: Change::Run(Box::new(run)), diff: None }
    }
}

/// `creates` and `removes`: when they say so, there is nothing to do.
pub(crate) struct Guard<'a> {
    /// Nothing is run where this pattern matches something.
    pub(crate) creates: Option<&'a str>,
    /// Nothing is run where this pattern matches nothing.
    pub(crate) removes: Option<&'a str>,
    /// Where relative patterns begin; the identity's home where nothing is said.
    pub(crate) chdir: Option<&'a str>,
}

impl Guard<'_> {
    /// The plan that does nothing, when the guards say so.
    fn holds(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Option<Plan>, Stop> {
        let patterns = [self.creates, self.removes].into_iter().flatten();
        observe.expect(
            patterns
                .map(|pattern| crate::observe::Question::Glob { pattern: self.absolute(pattern) }),
        );
        let verb = if context.check { "Would" } else { "Did" };
        if let Some(path) = self.creates
            && !observe.glob(&self.absolute(path))?.is_empty()
        {
            let text = format!("{verb} not run command since '{path}' exists");
            let out = format!("skipped, since {path} exists");
            return Ok(Some(idle(text, out, say::did_not_run_exists(path))));
        }
        if let Some(path) = self.removes
            && observe.glob(&self.absolute(path))?.is_empty()
        {
            let text = format!("{verb} not run command since '{path}' does not exist");
            let out = format!("skipped, since {path} does not exist");
            return Ok(Some(idle(text, out, say::did_not_run_absent(path))));
        }
        Ok(None)
    }

    fn absolute(&self, pattern: &str) -> Arc<str> {
        if pattern.starts_with(['/', '~']) {
            return pattern.into();
        }
        format!("{}/{pattern}", self.chdir.unwrap_or("~").trim_end_matches('/')).into()
    }

    /// Plans `run` unless the guards hold. In check mode a command without guards cannot be predicted;
    /// one with guards will have run, and only what it prints is unknown.
    pub(crate) fn plan(
        &self,
        context: &Context<'_>,
        observe: &mut Observe,
        cmd: Value,
        mut run: Run,
    ) -> Result<Plan, Stop> {
        if let Some(mut plan) = self.holds(context, observe)? {
            plan.result.insert("cmd".into(), cmd);
            return Ok(plan);
        }
        let program = run.argv.first().map_or("", |word| word);
        let unknown: Arc<str> = say::unpredicted(program).to_string().into();
        if context.check && self.creates.is_none() && self.removes.is_none() {
            return Err(Stop::Unknown(unknown));
        }
        let literal = |path: &&str| !path.contains(['*', '?', '[']);
        let creates = self.creates.filter(literal).map(|path| self.absolute(path));
        let removes = self.removes.filter(literal).map(|path| self.absolute(path));
        run.effects.extend(creates.map(crate::change::Effect::Creates));
        run.effects.extend(removes.map(crate::change::Effect::Removes));
        let mut result = Map::from([("cmd".into(), cmd)]);
        if context.check {
            for key in ["stdout", "stdout_lines", "stderr", "stderr_lines", "rc"] {
                result.insert(key.into(), Value::Unknown(unknown.clone()));
            }
            let text = "Command would have run if not in check mode";
            result.insert("msg".into(), text.into());
        }
        Ok(Plan { changes: vec![run.into()], result, ..Plan::default() })
    }
}

/// The plan of a command that a guard keeps from running.
fn idle(text: String, out: String, message: crate::message::Message) -> Plan {
    let mut result = Map::from([("rc".into(), Value::Int(0)), ("msg".into(), text.into())]);
    insert_output(&mut result, "stdout", out);
    insert_output(&mut result, "stderr", String::new());
    Plan { result, message: Some(message), ..Plan::default() }
}

/// Completes the result of a command from what came of it, under Ansible's keys.
pub(crate) fn finish(mut result: Map, outcomes: &[Outcome], strip_empty_ends: bool) -> Finish {
    let (deed, failed) = match outcomes.last() {
        Some(Outcome::Done(deed)) => (Some(deed), None),
        Some(Outcome::Failed(message, deed)) => (Some(deed), Some(message.clone())),
        Some(Outcome::Refused(message)) => (None, Some(message.clone())),
        Some(Outcome::Late | Outcome::Cancelled) | None => (None, None),
    };
    let mut failed = failed;
    if let Some(deed) = deed {
        insert_deed(&mut result, deed, strip_empty_ends);
        if let Some(rc) = deed.rc.filter(|rc| *rc != 0) {
            result.insert("msg".into(), "non-zero return code".into());
            failed.get_or_insert_with(|| say::nonzero(rc));
        }
    }
    Finish { result, failed, changed: None }
}

/// Puts status, output and times where Ansible's results have them.
pub(crate) fn insert_deed(result: &mut Map, deed: &Deed, strip_empty_ends: bool) {
    if let Some(rc) = deed.rc {
        result.insert("rc".into(), Value::Int(rc.into()));
        result.insert("msg".into(), "".into());
    }
    for (name, bytes) in [("stdout", &deed.stdout), ("stderr", &deed.stderr)] {
        let text = bytes.lossy();
        let text = if strip_empty_ends { text.trim_end_matches(['\r', '\n']) } else { &text };
        insert_output(result, name, text.to_owned());
    }
    if deed.start_ms == 0 {
        return;
    }
    let end = deed.start_ms.saturating_add_unsigned(deed.duration_ms);
    // As Ansible has them: in the host's time.
    for ((name, at), ahead) in
        [("start", deed.start_ms), ("end", end)].into_iter().zip(deed.ahead_s)
    {
        let local = at.saturating_add(i64::from(ahead) * 1000);
        result.insert(name.into(), instant::date_time(local).into());
    }
    result.insert("delta".into(), instant::span(deed.duration_ms).into());
}

/// One stream's text, and its lines as Python splits them.
fn insert_output(result: &mut Map, name: &str, text: String) {
    let lines: Vec<&str> = text.lines().collect();
    result.insert(format!("{name}_lines").into(), Value::from(lines));
    result.insert(name.into(), Value::from(text));
}

/// Expands `~`, `~user`, `$NAME` and `${NAME}` in the words of a command, as Ansible's `command` does
/// (Python's `expanduser` and `expandvars`): what is not defined stays as it is written.
pub(crate) fn expand(
    words: Vec<String>,
    context: &Context<'_>,
    observe: &mut Observe,
) -> Result<Vec<Arc<str>>, Stop> {
    if !words.iter().any(|word| word.starts_with('~') || word.contains('$')) {
        return Ok(words.into_iter().map(Arc::from).collect());
    }
    let facts = observe.facts()?;
    let lookup = |name: &str| -> Option<String> {
        let own = context.environment.iter().rev().find(|(key, _)| &**key == name);
        own.map(|(_, value)| value.to_string())
            .or_else(|| Some(facts.get("env")?.get(name)?.as_str()?.to_owned()))
    };
    let expand = |word: String| -> Result<Arc<str>, Stop> {
        let word = expand_home(&word, &lookup, observe)?;
        Ok(expand_variables(&word, &lookup).into())
    };
    words.into_iter().map(expand).collect()
}

/// `~` and `~user` at the beginning of a word.
fn expand_home(
    word: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    observe: &mut Observe,
) -> Result<String, Stop> {
    let Some(tail) = word.strip_prefix('~') else { return Ok(word.to_owned()) };
    let (name, rest) = tail.split_at(tail.find('/').unwrap_or(tail.len()));
    let home = if name.is_empty() {
        lookup("HOME")
    } else {
        observe.user(name)?.map(|account| account.home.to_string())
    };
    Ok(home.map_or_else(|| word.to_owned(), |home| format!("{}{rest}", home.trim_end_matches('/'))))
}

/// `$NAME` and `${NAME}` anywhere in a word.
fn expand_variables(word: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let plain = tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, after) = match tail.strip_prefix('{').and_then(|tail| tail.split_once('}')) {
            Some(braced) => braced,
            None => tail.split_at(plain.unwrap_or(tail.len())),
        };
        if let Some(value) = Some(name).filter(|name| !name.is_empty()).and_then(lookup) {
            out.push_str(&value);
            rest = after;
        } else {
            out.push('$');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}
