//! A change to files as a script, and what it prints as an outcome.
//!
//! The script goes into the directory of the path first, refuses a symbolic link on the way that another
//! user controls, checks that it arrived where it wanted, and from then on uses only names in it. What was
//! observed is compared right before acting, and a temporary file is gone whatever happens.

use std::sync::Arc;

use super::parse::Fields;
use super::{COMMON, NAMES, Script, check_path, reason};
use crate::change::{Attrs, Before, Change, Content, Deed, Outcome};
use crate::message::{Message, play as say, remote};
use crate::observe::{FileKind, Stat};

/// Bytes that an outcome may have.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// A change on its way.
#[derive(Clone, Debug)]
pub struct Applying {
    /// What applies it.
    pub script: Script,
    /// Bytes after which the output is taken for an attack.
    pub limit: u64,
    /// The line on the error output after which it reads its input.
    pub ready: String,
    token: String,
    path: String,
    target: String,
    check: Option<String>,
}

/// Operands: mark, verb, path, what was before (word, type and mode, owner, group, size, link target),
/// owner, group, mode, and those of the verb. First line of the input: the SHA-256 that was before.
const APPLY: &str = r#"um=$(umask)
t=
op=
end() { trap - EXIT HUP INT TERM; [ "$t" ] && rm -f "./$t"; p0 "" "$token" base64 "$@" end; exit 0; }
bad() { end failed "$op" "$1" "$p"; }
token=$1
op=$2
path=$3
bk=$4
bm=$5
bu=$6
bg=$7
bs=$8
bl=$9
shift 9
au=$1
ag=$2
am=$3
shift 3
printf '%s-ready\n' "$token" >&2
IFS= read -r bh
me=$(id -u)
p=$path
expand "$path" || end failed nohome "$path" ""
while case $p in ?*/) :;; *) false;; esac; do p=${p%/}; done
whole=$p
firm() {
set -- $(stat -c '%u %a' "${1:-/}" 2>/dev/null)
[ "$1" = 0 ] || [ "$1" = "$me" ] || return 1
case $2 in 1???|3???|5???|7???) return 0;; *[2367]) return 1;; esac
return 0
}
walk() {
r=$1
d=
j=40
while :; do
while case $r in /*) :;; *) false;; esac; do r=${r#/}; done
[ "$r" ] || { n=.; break; }
c=${r%%/*}
case $r in */*) r=${r#*/};; *) r=;; esac
while case $r in /*) :;; *) false;; esac; do r=${r#/}; done
case $c in .) [ "$r" ] || case $1 in */.) n=.; break;; esac; continue;; ..) d=${d%/*}; continue;; esac
[ "$r" ] || [ "$2" ] || { n=$c; break; }
if [ -L "$d/$c" ]; then
j=$((j - 1))
[ $j -ge 0 ] || bad "x: Too many levels of symbolic links"
y=$d
while :; do
firm "$y" || end refused link "$d/$c" ""
[ "$y" ] || break
y=${y%/*}
done
set -- "$1" "$2" $(stat -c %u "$d/$c")
[ "$3" = 0 ] || [ "$3" = "$me" ] || end refused link "$d/$c" ""
y=$(readlink "$d/$c" && echo x)
y=${y%??}
case $y in /*) d=;; esac
r=$y/$r
elif [ ! -e "$d/$c" ]; then
[ "$r" ] && bad "x: No such file or directory"
n=$c
break
elif [ ! "$r" ]; then
n=$c
break
elif [ -d "$d/$c" ]; then
d=$d/$c
else
bad "x: Not a directory"
fi
done
}
enter() {
walk "$1" "$2"
if [ ! -e "${d:-/}" ]; then bad "x: No such file or directory"; fi
[ -d "${d:-/}" ] || bad "x: Not a directory"
cd -P "${d:-/}" 2>/dev/null || bad "x: Permission denied"
y=$(pwd -P && echo x)
[ "${y%??}" = "${d:-/}" ] || end refused changed "" ""
}
there() { [ -e "./$n" ] || [ -L "./$n" ]; }
check() {
[ "$bk" = any ] && return 0
if there; then
[ "$bk" = is ] || end refused changed "" ""
x=$(stat -c '%f %u %g %s' "./$n" 2>&1) || bad "$x"
set -- $x
case $bm in
link) [ -L "./$n" ] || end refused changed "" ""
y=$(readlink "./$n" && echo x)
[ "${y%??}" = "$bl" ] || end refused changed "" "";;
*) [ "$bm" = "$1" ] || end refused changed "" "";;
esac
[ "$bu $bg" = "$2 $3" ] || end refused changed "" ""
case $1 in 8*)
[ "$bs" = "$4" ] || end refused changed "" ""
if [ "$bh" ]; then
sum "./$n" || bad "$s"
[ "$bh" = "$s" ] || end refused changed "" ""
fi;;
esac
else
[ "$bk" = absent ] || end refused changed "" ""
fi
}
owner() {
case $au in @*) acct passwd "${au#@}" || end failed nouser "${au#@}" ""; au=${l#*:}; au=${au#*:}; au=${au%%:*};; esac
case $ag in @*) acct group "${ag#@}" || end failed nogroup "${ag#@}" ""; ag=${l#*:}; ag=${ag#*:}; ag=${ag%%:*};; esac
}
give() {
if [ "$au" ]; then x=$(chown -h "$au${ag:+:$ag}" "$1" 2>&1)
elif [ "$ag" ]; then x=$(chgrp -h "$ag" "$1" 2>&1)
fi
}
octal() { printf '%05o' "$1"; }
temp() { umask 077; t=$(mktemp "./.hep-XXXXXXXXXX" 2>&1) || { x=$t; t=; bad "$x"; }; t=${t#./}; umask "$um"; }
place() {
if [ -d "./$2" ] && [ ! -L "./$2" ]; then x='x: Is a directory'; return 1; fi
x=$(mv -fT "./$1" "./$2" 2>&1) && return 0
case $x in
*nrecognized*|*nvalid*) [ -L "./$2" ] && rm -f "./$2";;
*'same file'*) rm -f "./$2";;
*) return 1;;
esac
x=$(mv -f "./$1" "./$2" 2>&1)
}
last() { sync . 2>/dev/null || sync 2>/dev/null; return 0; }
trap '[ "$t" ] && rm -f "./$t"' EXIT
trap 'exit 143' HUP INT TERM
"#;

const WRITE: &str = r#"size=$1
from=$2
backup=$3
checks=$4
shift 4
if [ "$from" ]; then
expand "$from" || end failed nohome "$from" ""
from=$p
p=$whole
fi
enter "$p" ""
check
[ -d "./$n" ] && [ ! -L "./$n" ] && end failed isdir "" "$p"
owner
temp
if [ "$from" ]; then
[ -e "$from" ] || end failed read "x: No such file or directory" "$from"
[ -f "$from" ] || end failed read "x: Invalid argument" "$from"
x=$( { cat "$from" >"./$t"; } 2>&1) || case $x in *write*) bad "$x";; *) end failed read "$x" "$from";; esac
sum "./$t" || bad "$s"
[ "$s" = "$size" ] || end refused differs "" ""
else
x=$( { cat >"./$t"; } 2>&1) || bad "$x"
x=$(wc -c <"./$t")
[ $((x)) -eq "$size" ] || end failed short "" "$p"
fi
op=set
give "./$t" || bad "$x"
if [ -f "./$n" ] && [ ! -L "./$n" ]; then
set -- "$checks" $(stat -c '%u %g %a' "./$n") "$@"
keep=$4
lost=
[ "$au" ] || chown "$2" "./$t" 2>/dev/null || lost=1
[ "$ag" ] || chgrp "$3" "./$t" 2>/dev/null || lost=1
[ "$lost" ] && keep=$(printf '%o' $((0$keep & 01777)))
shift 4
chcon --reference="./$n" "./$t" 2>/dev/null
[ "$am" ] || { getfacl "./$n" 2>/dev/null | setfacl --set-file=- "./$t" 2>/dev/null; }
else
keep=$(printf '%o' $((0666 & ~$um)))
fi
x=$(chmod "${am:-$keep}" "./$t" 2>&1) || bad "$x"
op=write
sync "./$t" 2>/dev/null || sync 2>/dev/null
[ "$checks" = noplace ] && end failed noplace "" "$p"
if [ "$checks" = 1 ]; then
j=$#
f=${whole%/*}/$t
while [ $j -gt 0 ]; do
w=$1
shift
x=
while case $w in *%s*) :;; *) false;; esac; do x=$x${w%%%s*}$f; w=${w#*%s}; done
set -- "$@" "$x$w"
j=$((j - 1))
done
command -v timeout >/dev/null 2>&1 && set -- timeout 300 "$@"
x=$("$@" </dev/null 2>&1)
y=$?
[ $y = 0 ] || end failed validate "status $y: $x" "$p"
fi
check
b=
if [ "$backup" = 1 ] && [ -f "./$n" ] && [ ! -L "./$n" ]; then
b=$n.$$.$(date +%Y-%m-%d@%H:%M:%S)~
u=$t
temp
o=$t
t=$u
x=$(cp -p "./$n" "./$o" 2>&1) && place "$o" "$b" || { rm -f "./$o"; p=${whole%/*}/$b; bad "$x"; }
fi
place "$t" "$n" || { [ "$b" ] && rm -f "./$b"; bad "$x"; }
t=
last
[ "$b" ] && b=${whole%/*}/$b
end done "$b" "" """#;

const SET: &str = r#"enter "$p" "$1"
check
there || bad "x: No such file or directory"
owner
if [ ! "$am" ] && [ "$au$ag" ] && [ -f "./$n" ] && [ ! -L "./$n" ]; then
x=$(stat -c %a "./$n")
case $x in [2-7]???) am=0$x;; esac
fi
give "./$n" || bad "$x"
if [ "$am" ] && [ ! -L "./$n" ]; then x=$(chmod "$am" "./$n" 2>&1) || bad "$x"; fi
end done "" "" """#;

const DIRECTORY: &str = r#"enter "$p" ""
owner
if there; then check; bad "x: File exists"; fi
x=$(mkdir -m 700 "./$n" 2>&1) || bad "$x"
op=set
give "./$n" || { rmdir "./$n"; bad "$x"; }
if [ ! "$am" ]; then
x=$(stat -c %a "./$n")
case $x in [2367]???) y=02000;; *) y=0;; esac
am=$(octal $((0777 & ~$um | $y)))
fi
x=$(chmod "$am" "./$n" 2>&1) || { rmdir "./$n"; bad "$x"; }
op=make
last
end done "" "" """#;

const LINK: &str = r#"target=$1
hard=$2
enter "$p" ""
there && check
if [ "$hard" ]; then
m=$n
e=$d
expand "$target" || end failed nohome "$target" ""
walk "$p" ""
p=$whole
s=$d/$n
n=$m
d=$e
x=$(stat -c '%d %i' "$s" 2>&1) || bad "$x"
there && [ "$(stat -c '%d %i' "./$n")" = "$x" ] && end done "" "" ""
fi
temp
rm -f "./$t"
if [ "$hard" ]; then x=$(ln "$s" "./$t" 2>&1) || bad "$x"
else x=$(ln -s -- "$target" "./$t" 2>&1) || bad "$x"; fi
place "$t" "$n" || bad "$x"
t=
last
end done "" "" """#;

const REMOVE: &str = r#"deep=$1
enter "$p" ""
if ! there; then
[ "$bk" = is ] && end refused changed "" ""
end done "" "" ""
fi
check
if [ -d "./$n" ] && [ ! -L "./$n" ]; then
real=${d%/}/$n
while read -r a b c e m x; do
case $m in *\\*) m=$(printf '%bx' "$(printf '%s' "$m" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')"); m=${m%x};; esac
case $m/ in "$real"/*) end failed mount "" "$m";; esac
done 2>/dev/null </proc/self/mountinfo
if [ "$deep" ]; then
if rm --one-file-system -rf /nonexistent/hep 2>/dev/null; then x=$(rm -rf --one-file-system "./$n" 2>&1) || bad "$x"
else x=$(rm -rf "./$n" 2>&1) || bad "$x"; fi
else
x=$(rmdir "./$n" 2>&1) || bad "$x"
fi
else
x=$(rm -f "./$n" 2>&1) || bad "$x"
fi
last
end done "" "" """#;

const TOUCH: &str = r#"mt=$1
at=$2
enter "$p" ""
check
there || { x=$( { set -C; : >"./$n"; } 2>&1) || bad "$x"; }
[ -L "./$n" ] && f=-h || f=
stamp() {
if [ "$2" ]; then touch $f -c $1 -d "@$2" "./$n" 2>&1 || touch $f -c $1 -d "@${2%.*}" "./$n" 2>&1
else touch $f -c $1 "./$n" 2>&1; fi
}
if [ ! "$mt$at" ]; then x=$(touch $f -c "./$n" 2>&1) || bad "$x"
else
x=$(stamp -a "$at") || bad "$x"
x=$(stamp -m "$mt") || bad "$x"
fi
end done "" "" """#;

/// The script of a change to files; nothing for `Run` and `Wait`, which are no scripts of this kind.
/// `content` is that of a [`Content::Blob`].
pub fn apply(
    change: &Change,
    content: Option<&[u8]>,
    token: &str,
) -> Option<Result<Applying, Message>> {
    let path = change.path()?;
    Some(check_path(path).and_then(|()| build(change, path, content, token)))
}

fn build(
    change: &Change,
    path: &str,
    content: Option<&[u8]>,
    token: &str,
) -> Result<Applying, Message> {
    let none = Attrs::default();
    let mut input = Vec::new();
    let mut target = String::new();
    let mut check = None;
    let (verb, body, before, attrs, own): (_, _, _, _, Vec<String>) = match change {
        Change::WriteFile { content: wanted, attrs, before, backup, validate, .. } => {
            let (size, from) = match wanted {
                Content::Inline(bytes) => {
                    input.extend_from_slice(&bytes.0);
                    (bytes.0.len().to_string(), String::new())
                }
                Content::Blob { size, .. } => {
                    input.extend_from_slice(content.unwrap_or_default());
                    (size.to_string(), String::new())
                }
                Content::HostFile { path, sha256 } => {
                    check_path(path)?;
                    (sha256.to_string(), path.to_string())
                }
            };
            let mut own = vec![size, from, flag(*backup), String::new()];
            if let Some(argv) = validate {
                check = Some(crate::quote::line(argv));
                let has_place = argv.iter().any(|word| word.contains("%s"));
                own[3] = String::from(if has_place { "1" } else { "noplace" });
                own.extend(argv.iter().map(ToString::to_string));
            }
            ("write", WRITE, before, attrs, own)
        }
        Change::SetAttrs { attrs, follow, before, .. } => {
            ("set", SET, before, attrs, vec![flag(*follow)])
        }
        Change::MakeDirectory { attrs, before, .. } => ("make", DIRECTORY, before, attrs, vec![]),
        Change::MakeLink { target: to, hard, before, .. } => {
            if to.is_empty() || to.contains('\0') {
                return Err(remote::bad_path(to));
            }
            if *hard {
                check_path(to)?;
            }
            target = to.to_string();
            ("link", LINK, before, &none, vec![to.to_string(), flag(*hard)])
        }
        Change::Remove { recurse, before, .. } => {
            ("remove", REMOVE, before, &none, vec![flag(*recurse)])
        }
        Change::Touch { mtime_ns, atime_ns, before, .. } => {
            ("touch", TOUCH, before, &none, vec![time(*mtime_ns), time(*atime_ns)])
        }
        Change::Run(_) | Change::Wait(_) => return Err(say::plain_broken()),
    };
    let mut operands = vec![token.to_owned(), verb.to_owned(), path.to_owned()];
    let (was, sha256) = before_words(before);
    operands.extend(was);
    operands.extend(attrs_words(attrs));
    operands.extend(own);
    if operands.iter().any(|word| word.contains('\0')) {
        return Err(remote::bad_argument());
    }
    let mut script = Script::new(&[NAMES, COMMON, APPLY, body], operands);
    script.stdin = [sha256.as_bytes(), b"\n", &input].concat();
    let (token, path, ready) = (token.to_owned(), path.to_owned(), format!("{token}-ready"));
    Ok(Applying { script, limit: OUTPUT_LIMIT, ready, token, path, target, check })
}

fn flag(on: bool) -> String {
    if on { "1".to_owned() } else { String::new() }
}

/// The word, type with mode, owner, group, size and link target, and beside them the SHA-256, which is
/// not for every user of the host to see.
fn before_words(before: &Before) -> ([String; 6], &str) {
    let word = |word: &str| [word, "", "", "", "", ""].map(str::to_owned);
    match before {
        Before::Any => (word("any"), ""),
        Before::Absent => (word("absent"), ""),
        Before::Is(stat) => {
            let kind = match stat.kind {
                FileKind::Link => "link".to_owned(),
                _ => format!("{:x}", raw_mode(stat)),
            };
            let target = stat.target.as_deref().unwrap_or("").to_owned();
            let (uid, gid) = (stat.uid.to_string(), stat.gid.to_string());
            let words = ["is".to_owned(), kind, uid, gid, stat.size.to_string(), target];
            (words, stat.sha256.as_deref().unwrap_or(""))
        }
    }
}

/// Source of the numbers: Linux, include/uapi/linux/stat.h.
const fn raw_mode(stat: &Stat) -> u32 {
    let kind = match stat.kind {
        FileKind::File => 0o100_000,
        FileKind::Directory => 0o040_000,
        FileKind::Link => 0o120_000,
        FileKind::CharDevice => 0o020_000,
        FileKind::BlockDevice => 0o060_000,
        FileKind::Fifo => 0o010_000,
        FileKind::Socket => 0o140_000,
    };
    kind | stat.mode
}

/// Numbers, or names behind an `@`, and the mode with so many digits that `chmod` also takes set-id bits
/// of a directory away.
fn attrs_words(attrs: &Attrs) -> [String; 3] {
    let id = |id: Option<u32>, name: &Option<Arc<str>>| match (id, name) {
        (Some(id), _) => id.to_string(),
        (None, Some(name)) => format!("@{name}"),
        (None, None) => String::new(),
    };
    let mode = attrs.mode.map_or_else(String::new, |mode| format!("0{:04o}", mode & 0o7777));
    [id(attrs.uid, &attrs.owner), id(attrs.gid, &attrs.group), mode]
}

/// Seconds with nine digits behind the point; nothing for now.
fn time(ns: Option<i64>) -> String {
    let Some(ns) = ns else { return String::new() };
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

impl Applying {
    /// The outcome; nothing where the script did not come to its end.
    #[must_use]
    pub fn read(&self, stdout: &[u8]) -> Option<Outcome> {
        let mut fields = Fields::after(stdout, &self.token).ok()?;
        let [word, kind, said, path, end] = [(); 5].map(|()| fields.lossy().ok());
        (end? == "end").then_some(())?;
        let (word, kind, said, path) = (word?, kind?, said?, path?);
        match &*word {
            "done" => {
                let backup = (!kind.is_empty()).then(|| kind.into());
                Some(Outcome::Done(Deed { backup, ..Deed::default() }))
            }
            "refused" => Some(Outcome::Refused(self.refusal(&kind, &said))),
            "failed" => Some(Outcome::Failed(self.failure(&kind, &said, &path), Deed::default())),
            _ => None,
        }
    }

    fn refusal(&self, kind: &str, said: &str) -> Message {
        match kind {
            "link" => remote::untrusted_link(&self.path, said),
            "differs" => remote::content_differs(&self.path),
            _ => remote::changed_meanwhile(&self.path),
        }
    }

    fn failure(&self, kind: &str, said: &str, path: &str) -> Message {
        let path = if path.is_empty() { &self.path } else { path };
        match kind {
            "nohome" => {
                let user = said.trim_start_matches('~').split('/').next().unwrap_or("");
                return remote::no_home(user);
            }
            "nouser" => return remote::no_user(said),
            "nogroup" => return remote::no_group(said),
            "isdir" => return remote::is_directory(path),
            "mount" => return remote::is_mount(path),
            "read" => return remote::cannot_read(path, reason(said)),
            "short" => return say::plain_short(path),
            "noplace" => {
                return remote::validate_no_place(self.check.as_deref().unwrap_or(""));
            }
            "validate" => {
                let check = self.check.as_deref().unwrap_or("");
                return remote::validate_failed(path, check, said.trim());
            }
            _ => {}
        }
        let why = reason(said);
        let makes = matches!(kind, "write" | "make" | "touch");
        match why {
            "No space left on device" | "Disk quota exceeded" if makes || kind == "link" => {
                remote::disk_full(path)
            }
            "Read-only file system" => remote::read_only(path),
            "No such file or directory" | "Not a directory" if makes => remote::no_parent(path),
            "Is a directory" if kind == "write" => remote::is_directory(path),
            _ => match kind {
                "write" => remote::cannot_write(path, why),
                "set" => remote::cannot_set(path, why),
                "make" => remote::cannot_make(path, why),
                "link" => remote::cannot_link(path, &self.target, why),
                "remove" => remote::cannot_remove(path, why),
                _ => remote::cannot_touch(path, why),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_content_and_no_hash_is_on_the_command_line() {
        let stat = Stat {
            kind: FileKind::File,
            mode: 0o600,
            uid: 0,
            gid: 0,
            owner: None,
            group: None,
            size: 3,
            mtime_ns: 0,
            atime_ns: 0,
            ctime_ns: 0,
            dev: 0,
            ino: 0,
            nlink: 1,
            target: None,
            sha256: Some("abcdef".into()),
        };
        let change = Change::WriteFile {
            path: "/x".into(),
            content: Content::Inline("hunter2".into()),
            attrs: Attrs::default(),
            before: Before::Is(Box::new(stat)),
            backup: false,
            validate: None,
        };
        let script = apply(&change, None, "T").unwrap().unwrap().script;
        assert!(
            !script.argv.iter().any(|word| word.contains("hunter2") || word.contains("abcdef"))
        );
        assert_eq!(script.stdin, b"abcdef\nhunter2");
    }

    #[test]
    fn times_before_1970_have_one_sign() {
        assert_eq!(time(Some(-1_500_000_000)), "-1.500000000");
        assert_eq!(time(Some(1)), "0.000000001");
    }

    proptest! {
        #[test]
        fn any_output_is_survived(fields in prop::collection::vec("[a-z:/~ ]{0,8}|done|failed|refused", 0..7)) {
            let change = Change::Remove { path: "/x".into(), recurse: true, before: Before::Any };
            let applying = apply(&change, None, "T").unwrap().unwrap();
            let _ = applying.read(format!("\0T\0base64\0{}\0", fields.join("\0")).as_bytes());
        }
    }
}
