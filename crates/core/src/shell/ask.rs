//! A batch of questions as scripts, and what they print as answers.

use std::sync::Arc;

use super::parse::{self, Fields};
use super::{COMMON, LINE_LIMIT, NAMES, Script, check_path, facts};
use crate::message::remote;
use crate::observe::{Answer, Question};

/// Seconds after which a query is given up.
pub(super) const QUERY_SECONDS: u64 = 120;
/// Bytes of output beside what is read from files.
const OUTPUT_LIMIT: u64 = 64 << 20;

/// Some questions for one script.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What answers them.
    pub script: Script,
    /// Bytes after which the output is taken for an attack.
    pub limit: u64,
    token: String,
    asked: Vec<Question>,
}

/// Prints the mark, how contents are encoded, and then for each question its number and five fields.
/// Lists and facts come before their five fields, as fields of their own that end with an empty one.
const ASK: &str = r#"if command -v base64 >/dev/null 2>&1; then k=base64; enc() { base64; }
elif command -v openssl >/dev/null 2>&1; then k=base64; enc() { openssl base64; }
else k=hex; enc() { od -An -v -tx1; }; fi
exec 4>&1
p0 "" "$1" "$k"
shift
case $(stat -c %.9Y / 2>/dev/null) in *.?????????) ns=.9;; *) ns=;; esac
fmt="%f %u %g %s %${ns}Y %${ns}X %${ns}Z %d %i %h
%U
%G"
find / -maxdepth 0 -printf '' >/dev/null 2>&1 && gnu=1 || gnu=
link() { t=; [ -L "$1" ] && t=$(readlink "$1" && echo x) && t=${t%??}; }
each='for f do x=$(stat -c "$0" "$f" 2>/dev/null) || continue; t=
[ -L "$f" ] && t=$(readlink "$f" && echo x) && t=${t%??}
printf "%s\0" "$f" "$x" "$t"; done'
where() {
IFS=:
for d in $PATH; do
IFS=' 	
'
case $d in /*) ;; *) continue;; esac
[ -f "$d/$1" ] && [ -x "$d/$1" ] && { w=$d/$1; return 0; }
done
IFS=' 	
'
return 1
}
command -v timeout >/dev/null 2>&1 && lim() { timeout "$@"; } || lim() { shift; "$@"; }
shadow() {
s=
[ -r /etc/shadow ] || return 0
while IFS= read -r x || [ "$x" ]; do
case $x in "$1":*) s=${x#*:}; s=+${s%%:*}; return 0;; esac
done </etc/shadow
}
members() {
g=
while IFS=: read -r a b c x || [ "$a" ]; do
case $a in [#+-]*) continue;; esac
case ,$x, in *,"$1",*) g="$g $a";; esac
done 2>/dev/null </etc/group
}
usual=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
i=0
while [ $# -gt 0 ]; do
q=$1
p0 "$i"
i=$((i + 1))
case $q in
stat|read|list|glob|here) expand "$2" || { case $q in read|list|glob) p0 "";; esac; p0 nohome "$2" "" "" ""; q=skip$q; };;
esac
case $q in
skipstat|skiplist|skipread) shift 3;;
skipglob) shift 4;;
skiphere) shift 2;;
stat)
case $3 in *L*) f=-L;; *) f=;; esac
if x=$(stat $f -c "$fmt" "$p" 2>&1); then
t=
[ "$f" ] || link "$p"
s=
u=
case $3$x in D8*|LD8*) sum "$p" || { u=nosum; };; esac
p0 "ok$u" "$p" "$x" "$t" "$s"
else
p0 no "$p" "$x" "" ""
fi
shift 3;;
read)
if x=$(stat -L -c %f "$p" 2>&1); then
case $x in
8*) e=$( { { head -c "$3" "$p" | enc >&4; } 2>&1; } ); p0 ""; p0 ok "$p" "$e" "" "";;
*) p0 "" other "$p" "" "" "";;
esac
else
p0 "" no "$p" "$x" "" ""
fi
shift 3;;
list)
if x=$(stat -L -c %f "$p" 2>&1); then
case $x in
4*)
if [ "$3" = 1 ]; then m=; else m='-maxdepth 1'; fi
if [ "$gnu" ]; then e=$(find -H "$p" -mindepth 1 $m -printf '%P\0@%y %m %U %G %s %T@ %A@ %C@ %D %i %n\n%u\n%g\0%l\0' 2>&1 >&4)
else e=$(find -H "$p" -mindepth 1 $m -exec /bin/sh -c "$each" "$fmt" {} + 2>&1 >&4); fi
p0 "" ok "$p" "$e" "" "";;
*) p0 "" no "$p" "x: Not a directory" "" "";;
esac
else
p0 "" no "$p" "$x" "" ""
fi
shift 3;;
glob)
while case $p in */) :;; *) false;; esac; do p=${p%/}; done
find -L "$p/" -mindepth "$3" -maxdepth "$3" -name "$4" -print0 2>/dev/null
p0 "" ok "$p" "" "" ""
shift 4;;
here)
if [ -e "$p" ] || [ -L "$p" ]; then p0 yes "$p" "" "" ""; else p0 no "$p" "" "" ""; fi
shift 2;;
user)
if acct passwd "$2"; then
n=${l%%:*}
shadow "$n"
if [ "$o" ]; then p0 ok "$l" "$s" "$(id -Gn -- "$n" 2>/dev/null)" "$(id -gn -- "$n" 2>/dev/null)"
else members "$n"; p0 ok "$l" "$s" "$g" ""; fi
else
p0 no "" "" "" ""
fi
shift 2;;
group)
if acct group "$2"; then p0 ok "$l" "" "" ""; else p0 no "" "" "" ""; fi
shift 2;;
program)
case $2 in
*/*) if [ -f "$2" ] && [ -x "$2" ]; then p0 ok "$2" "" "" ""; else p0 no "" "" "" ""; fi;;
*) if where "$2"; then p0 ok "$w" "" "" ""; else p0 no "" "" "" ""; fi;;
esac
shift 2;;
now)
x=$(date +%s%3N 2>/dev/null)
case $x in *[!0-9]*|"") x=$(date +%s)000;; esac
p0 "$x" "" "" "" ""
shift;;
port)
if command -v bash >/dev/null 2>&1; then
if lim "$4" bash -c 'exec 3<>"/dev/tcp/$1/$2"' hep "$2" "$3" 2>/dev/null; then p0 yes "" "" "" ""; else p0 no "" "" "" ""; fi
elif command -v nc >/dev/null 2>&1; then
if lim "$4" nc -z -w "$4" "$2" "$3" >/dev/null 2>&1; then p0 yes "" "" "" ""; else p0 no "" "" "" ""; fi
else
p0 none "" "" "" ""
fi
shift 4;;
query)
if where "$2"; then
m=$( { ( cd / && lim 120 env -i LC_ALL=C.UTF-8 LANGUAGE=C PATH="$usual" HOME=/ /bin/sh -c "$3" 2>&3 3>&- 4>&-
echo ":$?" >&3 ) </dev/null | enc >&4; } 3>&1; echo x)
p0 "" ok "$m" "" "" ""
else
p0 "" none "" "" "" ""
fi
shift 3;;
facts)
facts
p0 "" ok "" "" "" ""
shift;;
*) exit 9;;
esac
done
p0 end"#;

/// The scripts that answer these questions, each answering some of them, in order. `token` is a word that
/// nobody can guess: what a login shell prints first is dropped up to it.
#[must_use]
pub fn ask(questions: &[Question], token: &str) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut size = LINE_LIMIT;
    for question in questions {
        let words = words(question);
        let length: usize = words.iter().map(|word| word.len() + 8).sum();
        size += length;
        if size > LINE_LIMIT || batches.is_empty() {
            size = length;
            let asked = Vec::new();
            let script = Script { argv: vec![token.to_owned()], stdin: vec![] };
            batches.push(Batch { script, limit: OUTPUT_LIMIT, token: token.to_owned(), asked });
        }
        let Some(batch) = batches.last_mut() else { continue };
        if let Question::Read { limit, .. } = question {
            batch.limit = batch.limit.saturating_add(limit.saturating_mul(2));
        }
        batch.script.argv.extend(words);
        batch.asked.push(question.clone());
    }
    for batch in &mut batches {
        let operands = std::mem::take(&mut batch.script.argv);
        batch.script = if batch.asked.contains(&Question::Facts) {
            let format = facts::date_format();
            let parts = [facts::ENVIRONMENT, NAMES, COMMON, &format, facts::SCRIPT, ASK];
            Script::new(&parts, operands)
        } else {
            Script::new(&[NAMES, COMMON, ASK], operands)
        };
    }
    batches
}

/// The operands that ask; none where no host needs to be asked.
fn words(question: &Question) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if refusal(question).is_some() {
        return vec![];
    }
    match question {
        Question::Stat { path, follow, digest } => {
            let flags = match (follow, digest) {
                (true, true) => "LD",
                (true, false) => "L",
                (false, true) => "D",
                (false, false) => "-",
            };
            words(&["stat", path, flags])
        }
        Question::Read { path, limit } => {
            let limit = limit.saturating_add(1).min(1 << 40);
            words(&["read", path, &limit.to_string()])
        }
        Question::List { path, recurse } => {
            words(&["list", path, if *recurse { "1" } else { "0" }])
        }
        Question::Glob { pattern } => match Pattern::of(pattern) {
            Pattern { rest, prefix, .. } if rest.is_empty() => words(&["here", &prefix]),
            Pattern { prefix, rest, wide } => {
                words(&["glob", &prefix, &rest.len().to_string(), &wide])
            }
        },
        Question::User(key) => words(&["user", key]),
        Question::Group(key) => words(&["group", key]),
        Question::Program(name) => words(&["program", name]),
        Question::Query(query) => {
            let argv = query.argv();
            let line = format!("exec {}", crate::quote::line(&argv));
            words(&["query", argv.first().map_or("", |word| word), &line])
        }
        Question::Facts => words(&["facts"]),
        Question::Now => words(&["now"]),
        Question::Port { host, port, timeout_ms } => {
            let seconds = timeout_ms.div_ceil(1000).max(1);
            words(&["port", host, &port.to_string(), &seconds.to_string()])
        }
    }
}

/// The answer to a question that no host needs to be asked.
fn refusal(question: &Question) -> Option<Answer> {
    // As the lines of the databases are split, these can be no name.
    let bad = |key: &str| {
        key.is_empty() || key.starts_with(['-', '+', '#']) || key.contains([':', '\n', '\0'])
    };
    match question {
        Question::Stat { path, .. } | Question::Read { path, .. } | Question::List { path, .. } => {
            check_path(path).err().map(Answer::Failed)
        }
        Question::Glob { pattern } => check_path(pattern).err().map(Answer::Failed),
        Question::User(key) => bad(key).then_some(Answer::User(None)),
        Question::Group(key) => bad(key).then_some(Answer::Group(None)),
        Question::Program(name) => {
            (name.is_empty() || name.contains('\0')).then_some(Answer::Program(None))
        }
        Question::Query(query) => {
            let argv = query.argv();
            let unsafe_ = !query.is_safe() || argv.iter().any(|word| word.contains('\0'));
            unsafe_.then(|| Answer::Failed(remote::bad_query(crate::quote::line(&argv))))
        }
        Question::Port { host, .. } => {
            (host.is_empty() || host.starts_with('-') || host.contains(['\0', '\n', '/']))
                .then_some(Answer::Port(false))
        }
        Question::Facts | Question::Now => None,
    }
}

impl Batch {
    /// The answers, in the order of the questions. What was not answered, or nonsense, is a failure.
    #[must_use]
    pub fn read(&self, stdout: &[u8]) -> Vec<(Question, Answer)> {
        let mut fields = Fields::after(stdout, &self.token);
        let mut answers = Vec::with_capacity(self.asked.len());
        let mut number = 0;
        for question in &self.asked {
            let answer = refusal(question).unwrap_or_else(|| {
                number += 1;
                let read = match &mut fields {
                    Ok(fields) => parse::answer(fields, question, number - 1),
                    Err(broken) => Err(broken.clone()),
                };
                // After nonsense nothing that follows can be believed.
                read.unwrap_or_else(|broken| {
                    fields = Err(broken.clone());
                    Answer::Failed(broken)
                })
            });
            answers.push((question.clone(), answer));
        }
        answers
    }
}

/// A shell pattern as `find` is asked for it: a literal beginning, and what the rest must fit.
pub(super) struct Pattern {
    /// The literal part, without a slash at its end.
    pub(super) prefix: String,
    /// The parts from the first with a special character on.
    pub(super) rest: Vec<String>,
    /// What the last part fits at least: only stars and plain characters, so that `find` cannot read it
    /// in another way than we do.
    pub(super) wide: String,
}

impl Pattern {
    pub(super) fn of(pattern: &str) -> Self {
        let special = |part: &&str| part.contains(['*', '?', '[']);
        let mut parts = pattern.split('/').filter(|part| !part.is_empty()).peekable();
        let mut prefix = String::new();
        while let Some(part) = parts.next_if(|part| !special(part)) {
            // A pattern that begins with `~` stays one.
            if !(prefix.is_empty() && part.starts_with('~') && pattern.starts_with('~')) {
                prefix.push('/');
            }
            prefix.push_str(part);
        }
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        if prefix.is_empty() {
            prefix.push('/');
        }
        let mut wide = String::new();
        let mut chars = rest.last().map_or("", String::as_str).chars();
        for c in chars.by_ref() {
            match c {
                '[' => break,
                '*' | '?' | '\\' => wide.push('*'),
                c => wide.push(c),
            }
        }
        if rest.last().is_some_and(|part| part.contains('[')) {
            wide.push('*');
        }
        Self { prefix, rest, wide }
    }

    /// Whether the path below the prefix fits.
    pub(super) fn fits(&self, below: &str) -> bool {
        let names: Vec<&str> = below.split('/').collect();
        names.len() == self.rest.len()
            && names.iter().zip(&self.rest).all(|(name, part)| {
                (part.starts_with('.') || !name.starts_with('.'))
                    && crate::glob::matches(&part.replace("[^", "[!"), name)
            })
    }
}

/// Paths in byte order.
pub(super) fn sorted(mut paths: Vec<Arc<str>>) -> Vec<Arc<str>> {
    paths.sort_unstable();
    paths
}
