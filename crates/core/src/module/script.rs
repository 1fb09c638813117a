//! `script`: runs a file of the controller on the host.

use std::sync::Arc;

use super::{Context, Finish, Kind, Module, Plan};
use crate::change::{Content, Outcome, Run};
use crate::invocation::{self, Guard};
use crate::message::command as say;
use crate::observe::{Bytes, Observe, SourceBody, Stop};
use crate::options;
use crate::value::{Map, Value};
use crate::words;

pub(super) const KIND: Kind = Kind {
    files: &["_raw_params", "cmd"],
    free_form: Some("_raw_params"),
    idempotent: false,
    normalize: Some(|entries| {
        words::take_options(entries);
        Ok(())
    }),
    ..Kind::of::<Script>("script")
};

/// Runs the file `$0` with the arguments that follow. A file without `#!` is run by the shell itself, as
/// POSIX has it, and nothing of the words is read by it.
const START: &str = "exec \"$0\" \"$@\"";

options! {
    /// Sends a script of the controller to the host, runs it there and removes it.
    ///
    /// It is searched in `files/` beside the manifest, then beside it. What its first line says (`#!`)
    /// runs it. The words after its name are its arguments; no shell reads them. Changed, failed and
    /// checks are as for `command`.
    ///
    /// Example: `script: prepare.sh --all creates=/var/lib/prepared`
    struct Script {
        /// The script and its arguments as one text, split at white space; quotation marks keep words
        /// together.
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
        /// The interpreter with its options, in place of what the first line says.
        #[serde(default)]
        executable: Option<String>,
    }
}

impl Module for Script {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let text = match (&self._raw_params, &self.cmd) {
            (Some(_), Some(_)) => return Err(say::two_commands().into()),
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => return Err(say::no_command().into()),
        };
        let split = |text: &str| {
            words::split(text).map_err(|why| Stop::Fail(say::unfinished_words(text, why)))
        };
        let mut words = split(text)?.into_iter();
        let path = words.next().filter(|path| !path.is_empty()).ok_or_else(say::no_command)?;
        let file = observe.source_file(&path)?;
        let body = match file.body {
            SourceBody::File { sha256, size } => Content::Blob { sha256, size },
            SourceBody::Text(text) => Content::Inline(Bytes::from(text.as_bytes().to_vec())),
            SourceBody::Directory(_) => return Err(say::script_is_directory(&path).into()),
        };
        let mut argv: Vec<Arc<str>> = match &self.executable {
            Some(line) => split(line)?.into_iter().map(Arc::from).collect(),
            None => vec!["/bin/sh".into(), "-c".into(), START.into()],
        };
        argv.push("%s".into());
        argv.extend(words.map(Arc::from));
        let run = Run {
            argv,
            chdir: self.chdir.as_deref().map(Into::into),
            script: Some(body),
            any_rc: true,
            ..Run::default()
        };
        let guard = Guard {
            creates: self.creates.as_deref(),
            removes: self.removes.as_deref(),
            chdir: self.chdir.as_deref(),
        };
        guard.plan(context, observe, Value::str(text.as_str()), run)
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        invocation::finish(result, outcomes, true)
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all, options};

    #[test]
    fn a_script_runs_with_its_arguments() {
        let case = |given: &'static str, expect: Expect| Case {
            name: given,
            host: Host::new(
                "source a.sh 0755 = x\nrun /bin/sh -> 0\nrun python3 -> 0\n/there 0644 = x",
            ),
            module: "script",
            options: options(given),
            expect: Expect { check_differs: true, ..expect },
        };
        let plain = "run /bin/sh -c 'exec \"$0\" \"$@\"' %s a 'b c' '$HOME'";
        check_all(&[
            case("_raw_params: a.sh a 'b c' $HOME", Expect::changes(plain)),
            case("cmd: a.sh\nexecutable: python3 -u", Expect::changes("run python3 -u %s")),
            case("cmd: a.sh\ncreates: /there", Expect::nothing().result("rc", 0)),
            case("cmd: nosuch.sh", Expect::error("")),
            case("cmd: \"\"", Expect::error("none is given")),
        ]);
    }
}
