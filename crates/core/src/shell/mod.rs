//! Questions and changes as POSIX shell scripts, for hosts that cannot run the executor.
//!
//! A batch of questions becomes one script, a change another; operands are positional words, never text
//! of a script, and [`crate::quote`] makes the command line. What a script prints is fields that end with
//! a NUL, which neither a path nor a word can hold; contents travel encoded. So nothing that a host's
//! files are called or hold can pass for another answer. Written for dash, bash and busybox.

mod apply;
mod ask;
mod facts;
mod parse;
mod run;
mod wait;

pub use apply::{Applying, apply};
pub use ask::{Batch, ask};
pub use run::{Ended, Running, Started, is_locked, run, run_failed};
pub use wait::Search;

use crate::message::Message;

/// Bytes of operands that one command line may hold. Linux takes 128 KiB in one word, and the whole line
/// is one word of the login shell.
const LINE_LIMIT: usize = 64 << 10;

/// A script with its operands and its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Program and arguments: `/bin/sh`, `-c`, the script, `hep` and the operands.
    pub argv: Vec<String>,
    /// Its standard input.
    pub stdin: Vec<u8>,
}

impl Script {
    fn new(parts: &[&str], operands: Vec<String>) -> Self {
        let mut argv =
            vec!["/bin/sh".to_owned(), "-c".to_owned(), parts.join("\n"), "hep".to_owned()];
        argv.extend(operands);
        Self { argv, stdin: vec![] }
    }
}

/// Finds users and groups, and the home that a path begins with.
///
/// `acct FILE KEY` sets `l` to the line with this name or number, and `o` if another service knew it; `home USER` sets `h` (nobody: our own);
/// `expand PATH` sets `p`.
const NAMES: &str = r#"acct() {
l=
y=
while IFS= read -r x || [ "$x" ]; do
case $x in
[#+-]*) ;;
"$2":*) l=$x; o=; return 0;;
*:*:"$2":*|*:*:"$2") z=${x#*:}; z=${z#*:}; [ "$y" ] || { [ "${z%%:*}" = "$2" ] && y=$x; };;
esac
done 2>/dev/null <"/etc/$1"
l=$y
o=
[ "$l" ] || { o=1; l=$(getent "$1" "$2" 2>/dev/null); }
[ "$l" ]
}
home() {
if [ "$1" ]; then
acct passwd "$1" || return 1
else
acct passwd "$(id -u)" || { h=${HOME:-/}; return 0; }
fi
h=${l%:*}
h=${h##*:}
}
expand() {
case $1 in
'~'|'~/'*) home "" || return 1; p=${1#'~'};;
'~'*) p=${1#'~'}; home "${p%%/*}" || return 1; case $p in */*) p=/${p#*/};; *) p=;; esac;;
*) p=$1; return 0;;
esac
if [ "$p" ]; then
while case $h in */) :;; *) false;; esac; do h=${h%/}; done
p=$h$p
else
p=$h
fi
}"#;

/// What looking and changing scripts begin with: a known language and path, no patterns, and `sum FILE`,
/// which prints a SHA-256.
const COMMON: &str = r#"LC_ALL=C
LANGUAGE=C
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL LANGUAGE PATH
unset CDPATH
IFS=' 	
'
set -f
p0() { printf '%s\0' "$@"; }
digest() {
if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"
else echo 'sha256sum: No such program' >&2; return 1; fi
}
sum() { s=$( { digest "$1"; } 2>&1) || return 1; s=${s%% *}; }"#;

/// What the kernel said, from the end of a program's complaint.
fn reason(said: &str) -> &str {
    let line = said.trim_end().lines().last().unwrap_or("").trim_end();
    let last = line.rsplit(": ").next().unwrap_or(line);
    match last {
        "No such file" | "Directory nonexistent" | "nonexistent directory" => {
            "No such file or directory"
        }
        "" => "no reason was given",
        other => other,
    }
}

/// Whether only nothing was there.
fn is_absent(said: &str) -> bool {
    matches!(reason(said), "No such file or directory" | "Not a directory")
}

/// An absolute path, or one that the host makes absolute.
fn check_path(path: &str) -> Result<(), Message> {
    if path.contains('\0') || !path.starts_with(['/', '~']) {
        return Err(crate::message::remote::bad_path(path));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_every_shell_are_the_kernels() {
        for (said, why) in [
            ("stat: cannot statx '/a: b': Permission denied\n", "Permission denied"),
            ("sh: 1: cannot open /x: No such file", "No such file or directory"),
            ("sh: can't create /x/y: nonexistent directory", "No such file or directory"),
            ("", "no reason was given"),
        ] {
            assert_eq!(reason(said), why);
        }
    }
}
