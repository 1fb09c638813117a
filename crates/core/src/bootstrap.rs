//! The shell command lines that start an executor on a host, or say what is missing there.
//!
//! They speak in lines that begin with `HEP-`, so that what a login shell's own start-up files print can
//! be told apart, and use nothing beyond what dash, busybox and bash share. Nothing is sent to them before
//! they asked, because some `head` programs read ahead.

use crate::quote;

/// Begins the line that ends the script's part: frames follow. The executor's hash stands after it.
pub const GO: &str = "HEP-GO ";
/// Begins the line that asks for the executor: architecture and `gzip` or `raw` follow. The reply is the
/// number of bytes in decimal, a newline, and the bytes.
pub const NEED: &str = "HEP-NEED ";
/// Begins the line that says why no executor can run here; the reason follows ([`NoExecutor`]).
pub const NONE: &str = "HEP-NONE ";
/// Where root keeps executors for identities that are not the login user.
pub const ROOT_DIRECTORY: &str = "/var/cache/hep";

/// Directories are tried in the order written: home, then the two that are not emptied at boot and at all.
/// A directory counts only when it is our own, not a link, and closed to others; a tiny script shows
/// whether programs may run in it, before anything large is sent.
const LOGIN: &str = r#"m=$(umask)
umask 077
none() { echo "HEP-NONE $*"; exit 0; }
sum() { s=$(sha256sum 2>/dev/null <"$1") || s=$(openssl dgst -sha256 -r 2>/dev/null <"$1") || s=; s=${s%% *}; }
own() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && chmod 700 "$1" 2>/dev/null; }
a=$(uname -m)
case $a in amd64) a=x86_64;; arm64) a=aarch64;; esac
h=
for p in $1; do case $p in "$a":*) h=${p#*:};; esac; done
[ "$h" ] || none arch "$a"
u=$(id -u)
k=$2
for d in "${HOME:-/nonexistent}/.cache/hep" "/var/tmp/hep-$u" "/tmp/hep-$u"; do
f=$d/$h
[ -f "$f" ] && [ ! -L "$f" ] && [ -O "$f" ] && own "$d" || continue
sum "$f"
[ "$s" = "$h" ] && "$f" probe 2>/dev/null && umask "$m" && echo "HEP-GO $h" && exec "$f" serve "$h" $k
done
w=directory
for d in "${HOME:-/nonexistent}/.cache/hep" "/var/tmp/hep-$u" "/tmp/hep-$u"; do
mkdir -p "$d" 2>/dev/null
own "$d" || continue
t=$d/.new.$$
printf '#\041/bin/sh\n' 2>/dev/null >"$t" && chmod 700 "$t" || { w=space; rm -f "$t"; continue; }
"$t" 2>/dev/null || { w=noexec; rm -f "$t"; continue; }
sum "$t"
[ "$s" ] || { rm -f "$t"; none sha256; }
if command -v gzip >/dev/null 2>&1; then z=gzip; c='gzip -dc'; else z=raw; c=cat; fi
echo "HEP-NEED $a $z"
read -r n || { rm -f "$t"; exit 1; }
head -c "$n" | $c >"$t" 2>/dev/null
sum "$t"
[ "$s" = "$h" ] || { rm -f "$t"; none checksum; }
mv -f "$t" "$d/$h" || { rm -f "$t"; none space; }
"$d/$h" probe 2>/dev/null || none run
umask "$m"
echo "HEP-GO $h"
exec "$d/$h" serve "$h" $k
done
none "$w""#;

/// Runs as root: the hash is computed by root, in a directory that only root can write, at every start.
const ROOT: &str = r#"m=$(umask)
umask 022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
none() { echo "HEP-NONE $*"; exit 0; }
sum() { s=$(sha256sum 2>/dev/null <"$1") || s=$(openssl dgst -sha256 -r 2>/dev/null <"$1") || s=; s=${s%% *}; }
h=$1
d=$3
f=$d/$h
go() { echo "HEP-GO $h"; [ "$2" = install ] && exit 0; umask "$m"; exec "$f" serve "$h" $k; }
k=$4
[ -d "$d" ] || mkdir -p "$d" 2>/dev/null || none directory
{ [ ! -L "$d" ] && [ -O "$d" ] && chmod 755 "$d"; } || none directory
if [ -f "$f" ] && [ ! -L "$f" ] && [ -O "$f" ]; then
sum "$f"
[ "$s" = "$h" ] && { "$f" probe 2>/dev/null || none noexec; go "$@"; }
fi
t=$d/.new.$$
rm -f "$t"
echo "HEP-NEED $(uname -m) raw"
read -r n || exit 1
head -c "$n" 2>/dev/null >"$t"
sum "$t"
[ "$s" = "$h" ] || { rm -f "$t"; none checksum; }
{ chmod 755 "$t" && mv -f "$t" "$f"; } || { rm -f "$t"; none space; }
"$f" probe 2>/dev/null || none noexec
go "$@""#;

/// The executors that the controller can send: architecture as `uname -m` names it, and SHA-256 of the
/// binary in lower-case hexadecimal.
pub type Known<'a> = &'a [(&'a str, &'a str)];

/// The command line to execute over SSH as the login user. With `keep` false the executor removes itself
/// at the end.
#[must_use]
pub fn login_command(known: Known<'_>, keep: bool) -> String {
    let list: Vec<String> = known.iter().map(|(arch, hash)| format!("{arch}:{hash}")).collect();
    let keep = if keep { "" } else { "--no-keep" };
    let script = one_line(LOGIN);
    // The login shell may be anything that knows `exec` and single quotes; the rest is for /bin/sh.
    format!("exec {}", quote::line(["/bin/sh", "-c", &script, "hep", &list.join(" "), keep]))
}

/// The script without newlines, which csh does not take within quotes.
fn one_line(script: &str) -> String {
    let mut out = String::with_capacity(script.len() + 64);
    for line in script.lines() {
        if !out.is_empty() {
            let open = out.ends_with(" do") || out.ends_with(" then");
            out.push_str(if open { " " } else { "; " });
        }
        out.push_str(line);
    }
    out
}

/// The words to run as root: installs the executor `hash` in [`ROOT_DIRECTORY`], then becomes it, or with
/// `install_only` ends after saying [`GO`].
#[must_use]
pub fn root_argv(hash: &str, install_only: bool) -> Vec<String> {
    root_argv_in(hash, install_only, ROOT_DIRECTORY)
}

/// As [`root_argv`], in another directory (for tests).
#[must_use]
pub fn root_argv_in(hash: &str, install_only: bool, directory: &str) -> Vec<String> {
    let mode = if install_only { "install" } else { "serve" };
    ["/bin/sh", "-c", &one_line(ROOT), "hep", hash, mode, directory].map(str::to_owned).to_vec()
}

/// Why no executor can run on a host. All but `Checksum` mean: use plain SSH commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoExecutor {
    /// No executor is built for this architecture.
    Arch(String),
    /// No directory may run programs.
    Noexec,
    /// No directory of one's own could be made.
    Directory,
    /// No room to write it.
    Space,
    /// Nothing there computes SHA-256.
    Sha256,
    /// What arrived was damaged.
    Checksum,
    /// It does not run there (kernel too old, or a security policy).
    Run,
}

/// A line of the start-up script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Frames follow; the hash of the executor that runs.
    Go(String),
    /// The executor is wanted.
    Need {
        /// Architecture.
        arch: String,
        /// Whether it is to come compressed.
        gzip: bool,
    },
    /// No executor can run.
    None(NoExecutor),
    /// Something that a start-up file of the login shell printed.
    Noise,
}

impl Line {
    /// Reads a line without its newline.
    #[must_use]
    pub fn read(line: &str) -> Self {
        let line = line.trim_end_matches('\r');
        if let Some(hash) = line.strip_prefix(GO) {
            return Self::Go(hash.to_owned());
        }
        if let Some((arch, packing)) = line.strip_prefix(NEED).and_then(|rest| rest.split_once(' '))
        {
            return Self::Need { arch: arch.to_owned(), gzip: packing == "gzip" };
        }
        let Some(reason) = line.strip_prefix(NONE) else { return Self::Noise };
        Self::None(match reason.split_once(' ').unwrap_or((reason, "")) {
            ("arch", arch) => NoExecutor::Arch(arch.to_owned()),
            ("noexec", _) => NoExecutor::Noexec,
            ("space", _) => NoExecutor::Space,
            ("sha256", _) => NoExecutor::Sha256,
            ("checksum", _) => NoExecutor::Checksum,
            ("run", _) => NoExecutor::Run,
            _ => NoExecutor::Directory,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let cases = [
            ("HEP-GO abc", Line::Go("abc".into())),
            ("HEP-NEED x86_64 gzip", Line::Need { arch: "x86_64".into(), gzip: true }),
            ("HEP-NEED aarch64 raw", Line::Need { arch: "aarch64".into(), gzip: false }),
            ("HEP-NONE arch i686", Line::None(NoExecutor::Arch("i686".into()))),
            ("HEP-NONE noexec", Line::None(NoExecutor::Noexec)),
            ("Welcome to this machine", Line::Noise),
        ];
        for (text, line) in cases {
            assert_eq!(Line::read(text), line, "{text}");
        }
    }

    #[test]
    fn the_command_line_is_one_exec_of_three_kinds_of_words() {
        let line = login_command(&[("x86_64", "aa"), ("aarch64", "bb")], true);
        assert!(line.starts_with("exec /bin/sh -c '"));
        assert!(line.ends_with(" hep 'x86_64:aa aarch64:bb' ''"));
        assert!(!line.contains('\n'), "csh takes no newline within quotes");
    }
}
