//! The shell command lines that start an executor on a host, or say what is missing there.
//!
//! They speak in lines that begin with `HEP-`, so that what a login shell's own start-up files print can
//! be told apart, and use nothing beyond what dash, busybox and bash share. Nothing is sent to them before
//! they asked, because some `head` programs read ahead.

use crate::quote;

/// Begins the line that ends the script's part: frames follow. The executor's hash stands after it.
pub const GO: &str = "HEP-GO ";
/// Begins the line that asks for the executor: architecture and how it may be packed ([`Packing`]) follow.
/// The reply is the number of bytes in decimal, a newline, and the bytes.
pub const NEED: &str = "HEP-NEED ";
/// Begins the line that says why no executor can run here; the reason follows ([`NoExecutor`]).
pub const NONE: &str = "HEP-NONE ";
/// The variable by which the controller tells the processes of one command from those of others on a
/// connection. It is not for the programs that an executor starts.
pub const MARK: &str = "HEP_COMMAND";
/// Where root keeps executors for identities that are not the login user.
pub const ROOT_DIRECTORY: &str = "/var/cache/hep";

/// Directories are tried in the order written: home, then the two that are not emptied at boot and at all.
///
/// What is there already is started without computing its hash: it was computed when it was installed, and
/// since then only the login user could have replaced it, who needs no executor to run a program as
/// himself. One `ls` shows that the directory is ours and closed to others, and the file ours, no link and
/// of the right size (a full disk or a copy cut short leave a shorter one). Where anything of it is
/// otherwise, it is installed anew: into a directory that is our own, not a link, and closed to others,
/// where a tiny script shows whether programs may run, before anything large is sent. With `$3` the hash is
/// computed all the same: what lies there was started and is not what was sent.
const LOGIN: &str = r#"none() { echo "HEP-NONE $*"; exit 0; }
sum() { s=$(sha256sum 2>/dev/null <"$1") || s=$(openssl dgst -sha256 -r 2>/dev/null <"$1") || s=; s=${s%% *}; }
own() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && chmod 700 "$1" 2>/dev/null; }
go() { echo "HEP-GO $h"; exec "$f" serve "$h" $k; }
try() {
f=$1/$h
[ -f "$f" ] && [ -O "$f" ] && [ -O "$1" ] || return 0
if [ "$v" ]; then sum "$f"; [ "$s" = "$h" ] || return 0; fi
case $(LS_BLOCK_SIZE=1 ls -ldn "$1" "$f" 2>/dev/null) in drwx------*" $1"?-rwx------*" $z "*" $f") "$f" probe 2>/dev/null && go;; esac
}
k=$2
v=$3
for p in $1; do
p=${p#*:}
h=${p%:*}
z=${p#*:}
try "${HOME:-/nonexistent}/.cache/hep"
done
u=$(id -u)
for p in $1; do
p=${p#*:}
h=${p%:*}
z=${p#*:}
try "/var/tmp/hep-$u"
try "/tmp/hep-$u"
done
a=$(uname -m)
case $a in amd64) a=x86_64;; arm64) a=aarch64;; esac
h=
for p in $1; do
case $p in "$a":*) h=${p#*:};; esac
done
h=${h%:*}
[ "$h" ] || none arch "$a"
m=$(umask)
umask 077
w=directory
for d in "${HOME:-/nonexistent}/.cache/hep" "/var/tmp/hep-$u" "/tmp/hep-$u"; do
mkdir -p "$d" 2>/dev/null
own "$d" || continue
t=$d/.new.$$
rm -f "$t"
printf '#!/bin/sh\n' 2>/dev/null >"$t" && chmod 700 "$t" || { w=space; rm -f "$t"; continue; }
"$t" 2>/dev/null || { w=noexec; rm -f "$t"; continue; }
sum "$t"
[ "$s" ] || { rm -f "$t"; none sha256; }
if command -v gzip >/dev/null 2>&1; then y=gzip; c='gzip -dc'; else y=raw; c=cat; fi
case $(xz -V 2>/dev/null) in *Utils*) y=xz; c='xz -dc';; esac
echo "HEP-NEED $a $y"
read -r n || { rm -f "$t"; exit 1; }
head -c "$n" | $c >"$t" 2>/dev/null
sum "$t"
[ "$s" = "$h" ] || { rm -f "$t"; none checksum; }
f=$d/$h
mv -f "$t" "$f" || { rm -f "$t"; none space; }
"$f" probe 2>/dev/null || none run
umask "$m"
go
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

/// An executor that the controller can send.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The architecture as `uname -m` names it.
    pub arch: &'a str,
    /// SHA-256 of the binary in lower-case hexadecimal.
    pub hash: &'a str,
    /// Its size in bytes, unpacked.
    pub size: usize,
}

/// How the executor may be packed on its way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Smallest: XZ Utils, which most hosts have, with a filter for the architecture. busybox has an `xz`
    /// that cannot read it, and is not asked to.
    Xz,
    /// What nearly all others have.
    Gzip,
    /// As it is.
    Raw,
}

/// The command line to execute over SSH as the login user. With `keep` false the executor removes itself
/// at the end; with `check` one that is there is started only if its hash is right.
#[must_use]
pub fn login_command(known: &[Known<'_>], keep: bool, check: bool) -> String {
    let word = |known: &Known<'_>| format!("{}:{}:{}", known.arch, known.hash, known.size);
    let list: Vec<String> = known.iter().map(word).collect();
    let keep = if keep { "" } else { "--no-keep" };
    let check = if check { "check" } else { "" };
    quote::any_shell(["/bin/sh", "-c", LOGIN, "hep", &list.join(" "), keep, check])
}

/// The script without newlines, which would make sudo's log unreadable.
fn one_line(script: &str) -> String {
    let mut out = String::with_capacity(script.len() + 64);
    for line in script.lines() {
        if !out.is_empty() {
            let open = [" do", " then", " {"].iter().any(|word| out.ends_with(word));
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
        /// How it is to come.
        packing: Packing,
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
            let packing = match packing {
                "xz" => Packing::Xz,
                "gzip" => Packing::Gzip,
                _ => Packing::Raw,
            };
            return Self::Need { arch: arch.to_owned(), packing };
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

    fn need(arch: &str, packing: Packing) -> Line {
        Line::Need { arch: arch.into(), packing }
    }

    #[test]
    fn lines_are_read() {
        let cases = [
            ("HEP-GO abc", Line::Go("abc".into())),
            ("HEP-NEED x86_64 xz", need("x86_64", Packing::Xz)),
            ("HEP-NEED x86_64 gzip", need("x86_64", Packing::Gzip)),
            ("HEP-NEED aarch64 raw", need("aarch64", Packing::Raw)),
            ("HEP-NONE arch i686", Line::None(NoExecutor::Arch("i686".into()))),
            ("HEP-NONE noexec", Line::None(NoExecutor::Noexec)),
            ("Welcome to this machine", Line::Noise),
        ];
        for (text, line) in cases {
            assert_eq!(Line::read(text), line, "{text}");
        }
    }

    #[test]
    fn the_command_line_becomes_a_shell_and_has_no_newline() {
        let known = [("x86_64", "aa", 7), ("aarch64", "bb", 8)];
        let known = known.map(|(arch, hash, size)| Known { arch, hash, size });
        let line = login_command(&known, true, false);
        assert!(line.starts_with("exec /bin/sh -c '") && !line.contains('\n'), "{line}");
    }
}
