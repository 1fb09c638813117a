//! A program as a script that ends by becoming it.
//!
//! Variables and the operator's script travel over standard input, never in arguments, which every user
//! of the host can read. Both outputs belong to the program from a mark on; the mark on the error output
//! names the process group, so that it can be ended from another channel.

use std::fmt::Write as _;

use super::{NAMES, Script, check_path};
use crate::change::{Deed, LOCKED, Outcome, Run};
use crate::message::{Message, play as say, remote};
use crate::quote;

/// Names that bash does not let a script set.
const READ_ONLY: [&str; 6] = ["UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"];

/// Operands: mark, directory, `home` to begin there, umask, bytes of settings, of input and of the
/// script (nothing where there is none), seconds for a safety net, and the words to run. Without
/// variables, a directory or a script nothing but what every shell has built in is used.
const RUN: &str = r#"mark=$1
dir=$2
begin=$3
mask=$4
vars=$5
fed=$6
size=$7
net=$8
secs=$8
shift 8
printf '%s-ready\n' "$mark" >&2
say() { printf '%s\n' "$mark" ; printf '%s %s\n' "$mark" "$*" >&2; }
fail() { say fail "$@"; exit 0; }
e=
[ "$vars" = 0 ] || e=$(dd bs=1 count="$vars" 2>/dev/null; echo x)
t=
if [ "$size" ]; then
home ""
umask 077
for x in "$h/.cache/hep" /var/tmp /tmp /run; do
t=$(mktemp -d "$x/.hep-script-XXXXXXXXXX" 2>/dev/null) || continue
printf '#!/bin/sh\n' >"$t/s" && chmod 700 "$t/s" && "$t/s" 2>/dev/null && break
rm -rf "$t"
t=
done
[ "$t" ] || fail noexecdir
trap 'rm -rf "$t"' EXIT
trap 'rm -rf "$t"; exit 143' HUP INT TERM
dd bs=1 count="$fed" 2>/dev/null >"$t/i" || fail space
x=$( { cat >"$t/s"; } 2>&1) || fail space
x=$(wc -c <"$t/s")
[ $((x)) -eq "$size" ] || fail short
umask 022
j=$#
y=$t/s
while [ $j -gt 0 ]; do
w=$1
shift
[ "$y" ] && [ "$w" = %s ] && { w=$y; y=; }
set -- "$@" "$w"
j=$((j - 1))
done
fi
if [ "$dir" ]; then
expand "$dir" || fail nohome "$dir"
[ -e "$p" ] || fail nodir "No such file or directory"
[ -d "$p" ] || fail nodir "it is not a directory"
cd "$p" 2>/dev/null || fail nodir "Permission denied"
elif [ "$begin" ]; then
home ""
cd "$h" 2>/dev/null || cd /
fi
unset OLDPWD
[ "$mask" ] && umask "$mask"
command -v timeout >/dev/null 2>&1 || net=
[ "$net" ] && timeout -k 5 9 true 2>/dev/null || net=
[ "$net" ] && net=$(command -v timeout)
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
eval "${e%x}"
case $1 in
*/*) [ -e "$1" ] || fail notfound; [ -f "$1" ] && [ -x "$1" ] || fail noexec;;
"") fail notfound;;
*)
y=notfound
z=$IFS
IFS=:
for d in $PATH; do
[ -f "${d:-.}/$1" ] || continue
[ -x "${d:-.}/$1" ] && { y=; break; }
y=noexec
done
IFS=$z
[ "$y" ] && fail "$y";;
esac
g=
{ read -r a b c d g x </proc/$$/stat; } 2>/dev/null
say ok "$$" "${g:-$$}" $(date '+%s%3N %z' 2>/dev/null)
if [ "$t" ]; then
if [ "$net" ]; then "$net" -k 5 "$secs" "$@" <"$t/i"; else "$@" <"$t/i"; fi
exit $?
fi
if [ "$net" ]; then exec "$net" -k 5 "$secs" "$@"; fi
exec "$@""#;

/// A program on its way.
#[derive(Clone, Debug)]
pub struct Running {
    /// What runs it.
    pub script: Script,
    /// After this line, on either output, what comes is the program's. On the error output a blank and
    /// more stand behind it on the same line, see [`Running::started`].
    pub mark: String,
    /// The line on the error output after which it reads its input.
    pub ready: String,
    program: String,
    dir: String,
}

/// What stands behind the mark.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// It runs.
    Running {
        /// Its process, which may also lead a group.
        pid: u32,
        /// Its process group.
        group: u32,
        /// Milliseconds since 1970 when it began, by the host's clock.
        start_ms: Option<i64>,
        /// Seconds that its local time is ahead of UTC.
        ahead_s: i32,
    },
    /// It was not started, and why.
    Failed(Outcome),
}

/// Why a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited,
    /// Its time was up.
    TimedOut,
    /// Another package manager held the lock all the time.
    Locked,
}

/// The script of a program. `script` is the content of `run.script`, `at_home` says that the script
/// begins in the identity's home anyway.
pub fn run(
    run: &Run,
    script: Option<&[u8]>,
    at_home: bool,
    token: &str,
) -> Result<Running, Message> {
    let program = run.argv.first().ok_or_else(remote::no_argv)?.to_string();
    let texts = run.argv.iter().chain(run.chdir.as_ref());
    let env = run.env.iter().flat_map(|(name, value)| [name, value]);
    if texts.chain(env).any(|text| text.contains('\0')) {
        return Err(remote::bad_argument());
    }
    let dir = run.chdir.as_deref().unwrap_or("");
    if !dir.is_empty() {
        check_path(dir)?;
    }
    let (settings, words) = settings(run);
    let fed: &[u8] = run.stdin.as_ref().map_or(&[], |bytes| &bytes.0);
    let mark = format!("hep-run-{token}");
    // The controller ends it in time; this is for when the controller is gone.
    let net = run.timeout_ms.map_or_else(String::new, |ms| (ms.div_ceil(1000) + 10).to_string());
    let mut operands = vec![mark.clone(), dir.to_owned(), String::new()];
    if !at_home {
        operands[2].push_str("home");
    }
    operands.push(run.umask.map_or_else(String::new, |mask| format!("{:04o}", mask & 0o777)));
    operands.push(settings.len().to_string());
    operands.push(fed.len().to_string());
    operands.push(script.map_or_else(String::new, |script| script.len().to_string()));
    operands.push(net);
    operands.extend(words);
    operands.extend(run.argv.iter().map(ToString::to_string));
    let mut made = Script::new(&[NAMES, RUN], operands);
    made.stdin = [settings.as_bytes(), fed, script.unwrap_or_default()].concat();
    let ready = format!("{mark}-ready");
    Ok(Running { script: made, mark, ready, program, dir: dir.to_owned() })
}

/// Shell text that sets what a shell can set, and `env` with the variables that it cannot.
fn settings(run: &Run) -> (String, Vec<String>) {
    let (mut text, mut words) = (String::new(), Vec::new());
    for (name, value) in &run.env {
        let mut chars = name.chars();
        let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let is_name = begins && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name && !READ_ONLY.contains(&&**name) {
            let _ = writeln!(text, "export {name}={}", quote::word(value));
        } else {
            words.push(format!("{name}={value}"));
        }
    }
    if !words.is_empty() {
        words.insert(0, "env".to_owned());
    }
    (text, words)
}

impl Running {
    /// Reads what stands behind the mark on the error output.
    #[must_use]
    pub fn started(&self, line: &str) -> Option<Started> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
        match *words.first()? {
            "ok" => Some(Started::Running {
                pid: number(1)?,
                group: number(2)?,
                start_ms: words.get(3).and_then(|word| word.parse().ok()),
                ahead_s: words.get(4).and_then(|word| seconds_ahead(word)).unwrap_or(0),
            }),
            "fail" => {
                let rest = line.trim_start().strip_prefix("fail")?.trim_start();
                let (kind, said) = rest.split_once(' ').unwrap_or((rest, ""));
                Some(Started::Failed(self.failure(kind.trim(), said.trim())))
            }
            _ => None,
        }
    }

    fn failure(&self, kind: &str, said: &str) -> Outcome {
        let rc = |rc: i32| Deed { rc: Some(rc), ..Deed::default() };
        let (message, deed) = match kind {
            "notfound" => (remote::not_found(&self.program), rc(127)),
            "noexec" => (remote::not_executable(&self.program), rc(126)),
            "nodir" => (remote::no_directory(&self.dir, said), Deed::default()),
            "nohome" => {
                let user = self.dir.trim_start_matches('~').split('/').next().unwrap_or("");
                (remote::no_home(user), Deed::default())
            }
            "noexecdir" => (remote::no_exec_directory(), Deed::default()),
            "space" => (remote::disk_full(&self.program), Deed::default()),
            "short" => (say::plain_short(&self.program), Deed::default()),
            _ => (say::plain_broken(), Deed::default()),
        };
        Outcome::Failed(message, deed)
    }
}

/// `+hhmm`, as `date` says it.
fn seconds_ahead(said: &str) -> Option<i32> {
    let number: i32 = said.parse().ok()?;
    Some(number / 100 * 3600 + number % 100 * 60)
}

/// What a program that ended means.
#[must_use]
pub fn run_failed(run: &Run, deed: Deed, how: Ended) -> Outcome {
    let program = run.argv.first().map_or("", |word| word);
    let seconds = |ms: Option<u64>| ms.unwrap_or(0).div_ceil(1000);
    let rc = deed.rc.unwrap_or(0);
    let message = match how {
        Ended::TimedOut => remote::timed_out(program, seconds(run.timeout_ms)),
        Ended::Locked => remote::still_locked(program, seconds(run.lock_wait_ms)),
        Ended::Exited if rc != 0 && !run.any_rc => remote::failed(program, rc),
        Ended::Exited => return Outcome::Done(deed),
    };
    Outcome::Failed(message, deed)
}

/// Whether it ended because another package manager was at work.
#[must_use]
pub fn is_locked(run: &Run, deed: &Deed) -> bool {
    let says = |bytes: &crate::observe::Bytes| {
        let text = bytes.lossy();
        LOCKED.iter().any(|locked| text.contains(locked))
    };
    run.lock_wait_ms.is_some() && deed.rc != Some(0) && (says(&deed.stderr) || says(&deed.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_is_on_the_command_line() {
        let env = vec![("TOKEN".into(), "s3 cr3t".into()), ("a.b".into(), "1".into())];
        let wanted = Run { argv: vec!["id".into()], env, ..Run::default() };
        let running = run(&wanted, None, true, "T").unwrap();
        assert_eq!(running.script.stdin, b"export TOKEN='s3 cr3t'\n");
        assert!(!running.script.argv.iter().any(|word| word.contains("s3 cr3t")));
        assert_eq!(running.script.argv[12..], ["env", "a.b=1", "id"]);
    }

    #[test]
    fn what_stands_behind_the_mark() {
        let wanted = Run { argv: vec!["x".into()], ..Run::default() };
        let running = run(&wanted, None, true, "T").unwrap();
        for (line, start_ms, ahead_s) in [
            (" ok 5 4 6 +0530", Some(6), 19_800),
            (" ok 5 4 6 -0330", Some(6), -12_600),
            (" ok 5 4 1700000000%3N +0100", None, 3600),
            (" ok 5 4 ", None, 0),
        ] {
            let started = Started::Running { pid: 5, group: 4, start_ms, ahead_s };
            assert_eq!(running.started(line), Some(started), "{line}");
        }
        for line in ["", "ok", "ok x", "what"] {
            assert_eq!(running.started(line), None, "{line}");
        }
        assert!(matches!(running.started("fail notfound"), Some(Started::Failed(_))));
    }
}
