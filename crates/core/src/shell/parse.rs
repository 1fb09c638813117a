//! What asking scripts print, as answers. Anything may come: the host can be hostile.

use std::sync::Arc;

use base64::Engine as _;

use super::ask::{Pattern, QUERY_SECONDS, sorted};
use super::{facts, is_absent, reason};
use crate::message::{Message, play as say, remote};
use crate::observe::{Account, Answer, Bytes, FileKind, GroupEntry, Output, Question, Stat};

/// Entries after which a listing is refused, as the executor does.
const ENTRY_LIMIT: usize = 200_000;
/// Largest output of a query, in bytes, as the executor has it.
const QUERY_LIMIT: usize = 16 << 20;

/// Fields that end with a NUL.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    hex: bool,
}

impl<'a> Fields<'a> {
    /// The fields after the mark.
    pub(super) fn after(bytes: &'a [u8], token: &str) -> Result<Self, Message> {
        let mark = [b"\0", token.as_bytes(), b"\0"].concat();
        let at = bytes.windows(mark.len()).position(|window| window == mark);
        let rest = at.and_then(|at| bytes.get(at + mark.len()..));
        let mut fields = Self { rest: rest.ok_or_else(broken)?, hex: false };
        fields.hex = match fields.next()? {
            b"base64" => false,
            b"hex" => true,
            _ => return Err(broken()),
        };
        Ok(fields)
    }

    pub(super) fn next(&mut self) -> Result<&'a [u8], Message> {
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or_else(broken)?;
        let (field, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Ok(field)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Message> {
        std::str::from_utf8(self.next()?).map_err(|_| broken())
    }

    pub(super) fn lossy(&mut self) -> Result<String, Message> {
        self.next().map(|field| String::from_utf8_lossy(field).into_owned())
    }

    /// A content.
    pub(super) fn decoded(&mut self) -> Result<Vec<u8>, Message> {
        let field = self.next()?.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
        let digits: Vec<u8> = field.collect();
        if !self.hex {
            let decoded = base64::engine::general_purpose::STANDARD.decode(digits);
            return decoded.map_err(|_| broken());
        }
        let pairs = digits.chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(broken)
        });
        pairs.collect()
    }
}

fn broken() -> Message {
    say::plain_broken()
}

/// The five fields that end every answer.
struct Five<'a> {
    word: &'a str,
    rest: [&'a [u8]; 4],
}

impl<'a> Five<'a> {
    fn read(fields: &mut Fields<'a>) -> Result<Self, Message> {
        let word = fields.text()?;
        Ok(Self { word, rest: [fields.next()?, fields.next()?, fields.next()?, fields.next()?] })
    }

    fn lossy(&self, at: usize) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.rest[at])
    }

    fn text(&self, at: usize) -> Result<&'a str, Message> {
        std::str::from_utf8(self.rest[at]).map_err(|_| broken())
    }

    /// The home of nobody.
    fn no_home(&self) -> Option<Message> {
        let path = self.lossy(0);
        let user = path.strip_prefix('~')?.split('/').next().unwrap_or("").to_owned();
        (self.word == "nohome").then(|| remote::no_home(user))
    }
}

/// The answer to a question; an error where the output is not one.
pub(super) fn answer(
    fields: &mut Fields<'_>,
    question: &Question,
    number: usize,
) -> Result<Answer, Message> {
    if fields.text()?.parse() != Ok(number) {
        return Err(broken());
    }
    match question {
        Question::Stat { .. } => stat(&Five::read(fields)?),
        Question::Read { limit, .. } => read(fields, *limit),
        Question::List { .. } => list(fields),
        Question::Glob { pattern } => glob(fields, pattern),
        Question::User(key) => Ok(Answer::User(user(&Five::read(fields)?, key))),
        Question::Group(key) => Ok(Answer::Group(group(&Five::read(fields)?, key))),
        Question::Program(_) => program(&Five::read(fields)?),
        Question::Query(query) => {
            let program = query.argv().first().map_or_else(String::new, ToString::to_string);
            output(fields, &program)
        }
        Question::Facts => facts::read(fields).map(Answer::Facts),
        Question::Now => {
            let now = Five::read(fields)?.word.parse();
            now.map(Answer::Now).map_err(|_| broken())
        }
        Question::Port { .. } => match Five::read(fields)?.word {
            "yes" => Ok(Answer::Port(true)),
            "no" => Ok(Answer::Port(false)),
            "none" => Ok(Answer::Failed(say::plain_no_port())),
            _ => Err(broken()),
        },
    }
}

fn stat(five: &Five<'_>) -> Result<Answer, Message> {
    if let Some(message) = five.no_home() {
        return Ok(Answer::Failed(message));
    }
    let path = five.lossy(0);
    let said = five.lossy(1);
    match five.word {
        "no" if is_absent(&said) => Ok(Answer::Stat(None)),
        "no" => Ok(Answer::Failed(remote::cannot_look(path, reason(&said)))),
        "oknosum" => Ok(Answer::Failed(remote::cannot_read(path, reason(&five.lossy(3))))),
        "ok" => {
            let mut stat = described(five.rest[1], five.rest[2])?;
            let hash = five.text(3)?;
            let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
            if !hash.is_empty() && !is_hash {
                return Err(broken());
            }
            stat.sha256 = (!hash.is_empty()).then(|| hash.to_ascii_lowercase().into());
            Ok(Answer::Stat(Some(Box::new(stat))))
        }
        _ => Err(broken()),
    }
}

fn read(fields: &mut Fields<'_>, limit: u64) -> Result<Answer, Message> {
    let content = fields.decoded()?;
    let five = Five::read(fields)?;
    if let Some(message) = five.no_home() {
        return Ok(Answer::Failed(message));
    }
    let (path, said) = (five.lossy(0), five.lossy(1));
    match five.word {
        "other" => Ok(Answer::Failed(remote::not_a_file(path))),
        "no" if is_absent(&said) => Ok(Answer::Content(None)),
        "no" => Ok(Answer::Failed(remote::cannot_read(path, reason(&said)))),
        "ok" if !said.is_empty() && is_absent(&said) => Ok(Answer::Content(None)),
        "ok" if !said.is_empty() => Ok(Answer::Failed(remote::cannot_read(path, reason(&said)))),
        "ok" if content.len() as u64 > limit => Ok(Answer::Failed(remote::too_large(path, limit))),
        "ok" => Ok(Answer::Content(Some(content.into()))),
        _ => Err(broken()),
    }
}

fn list(fields: &mut Fields<'_>) -> Result<Answer, Message> {
    let mut found: Vec<(&[u8], &[u8], &[u8])> = Vec::new();
    loop {
        match fields.next()? {
            b"" => break,
            name => found.push((name, fields.next()?, fields.next()?)),
        }
        if found.len() > ENTRY_LIMIT + 1 {
            break;
        }
    }
    if found.len() > ENTRY_LIMIT {
        // What follows is not read: the answers after this one are failures.
        return Err(remote::too_many_entries("the directory", ENTRY_LIMIT));
    }
    let five = Five::read(fields)?;
    if let Some(message) = five.no_home() {
        return Ok(Answer::Failed(message));
    }
    let (path, said) = (five.lossy(0), five.lossy(1));
    if five.word == "no" && is_absent(&said) {
        return Ok(Answer::Entries(None));
    }
    let complaint = said.lines().find(|line| !is_absent(line));
    if five.word != "ok" || complaint.is_some() {
        let line = complaint.unwrap_or("");
        return Ok(Answer::Failed(remote::cannot_list(named(line).unwrap_or(&path), reason(line))));
    }
    let base = [path.trim_end_matches('/'), "/"].concat();
    let mut entries = Vec::with_capacity(found.len());
    for (name, words, target) in found {
        let Ok(name) = std::str::from_utf8(name) else {
            let name = String::from_utf8_lossy(name).into_owned();
            let above = name.rsplit_once('/').map_or("", |(above, _)| above);
            let dir = format!("{base}{}", above.strip_prefix(&base).unwrap_or(above));
            return Ok(Answer::Failed(remote::not_utf8(dir.trim_end_matches('/'))));
        };
        let name = name.strip_prefix(&base).unwrap_or(name);
        entries.push((Arc::from(name), described(words, target)?));
    }
    entries.sort_by(|(a, _): &(Arc<str>, Stat), (b, _)| a.as_bytes().cmp(b.as_bytes()));
    Ok(Answer::Entries(Some(entries)))
}

/// The path in a complaint like `find: '/a': Permission denied`.
fn named(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(": ")?.1.rsplit_once(": ")?;
    Some(name.trim_matches(['\'', '"', '‘', '’']))
}

fn glob(fields: &mut Fields<'_>, pattern: &str) -> Result<Answer, Message> {
    let pattern = Pattern::of(pattern);
    let mut found: Vec<&[u8]> = Vec::new();
    if !pattern.rest.is_empty() {
        loop {
            match fields.next()? {
                b"" => break,
                path => found.push(path),
            }
        }
    }
    let five = Five::read(fields)?;
    if let Some(message) = five.no_home() {
        return Ok(Answer::Failed(message));
    }
    let path = five.text(0)?;
    if pattern.rest.is_empty() {
        let there = five.word == "yes";
        return Ok(Answer::Paths(there.then(|| Arc::from(tidy(path))).into_iter().collect()));
    }
    let base = format!("{path}/");
    let paths = found.into_iter().filter_map(|found| std::str::from_utf8(found).ok());
    let fitting =
        paths.filter(|found| found.strip_prefix(&base).is_some_and(|below| pattern.fits(below)));
    Ok(Answer::Paths(sorted(fitting.map(Arc::from).collect())))
}

/// A path without slashes at its end.
fn tidy(path: &str) -> &str {
    let tidy = path.trim_end_matches('/');
    if tidy.is_empty() { "/" } else { tidy }
}

fn user(five: &Five<'_>, key: &str) -> Option<Account> {
    if five.word == "no" {
        return None;
    }
    let line = five.lossy(0);
    let fields: Vec<&str> = line.lines().next().unwrap_or("").split(':').collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok());
    let field = |at: usize| fields.get(at).copied().unwrap_or("");
    let (Some(uid), Some(gid)) = (number(2), number(3)) else { return None };
    let name = field(0);
    if fields.len() < 6 || (name != key && uid.to_string() != key) {
        return None;
    }
    let (groups, primary) = (five.lossy(2), five.lossy(3));
    let password = five.lossy(1).strip_prefix('+').map(Arc::<str>::from);
    Some(Account {
        name: name.into(),
        uid,
        gid,
        gecos: field(4).into(),
        home: field(5).into(),
        shell: field(6).into(),
        groups: groups
            .split_whitespace()
            .filter(|group| *group != primary.trim())
            .map(Arc::from)
            .collect(),
        locked: password.as_ref().map(|hash| hash.starts_with('!')),
        password,
    })
}

fn group(five: &Five<'_>, key: &str) -> Option<GroupEntry> {
    let line = five.lossy(0);
    let fields: Vec<&str> = line.lines().next().unwrap_or("").split(':').collect();
    let gid = fields.get(2).and_then(|field| field.parse::<u32>().ok());
    let (Some(gid), "ok") = (gid, five.word) else { return None };
    if fields[0] != key && gid.to_string() != key {
        return None;
    }
    let members = fields.get(3).copied().unwrap_or("").split(',').filter(|name| !name.is_empty());
    let members = members.map(Arc::from).collect();
    Some(GroupEntry { name: fields[0].into(), gid, members })
}

fn program(five: &Five<'_>) -> Result<Answer, Message> {
    match five.word {
        "ok" => Ok(Answer::Program(Some(five.text(0)?.into()))),
        "no" => Ok(Answer::Program(None)),
        _ => Err(broken()),
    }
}

fn output(fields: &mut Fields<'_>, program: &str) -> Result<Answer, Message> {
    let stdout = fields.decoded()?;
    let five = Five::read(fields)?;
    if five.word == "none" {
        return Ok(Answer::Output(Output { rc: 127, ..Output::default() }));
    }
    // The error output, a colon, the status, a newline and an x.
    let said = five.rest[0].strip_suffix(b"\nx").ok_or_else(broken)?;
    let colon = said.iter().rposition(|byte| *byte == b':').ok_or_else(broken)?;
    let rc = std::str::from_utf8(&said[colon + 1..]).ok().and_then(|rc| rc.parse().ok());
    let rc = rc.ok_or_else(broken)?;
    if rc == 124 {
        return Ok(Answer::Failed(remote::query_timeout(program, QUERY_SECONDS)));
    }
    if stdout.len() > QUERY_LIMIT {
        return Ok(Answer::Failed(remote::query_output(program, QUERY_LIMIT)));
    }
    let stderr = Bytes::from(&said[..colon]);
    Ok(Answer::Output(Output { rc, stdout: stdout.into(), stderr }))
}

/// A stat from the words of `stat` or, after an `@`, of `find`.
fn described(words: &[u8], target: &[u8]) -> Result<Stat, Message> {
    let text = String::from_utf8_lossy(words);
    let (text, of_find) = text.strip_prefix('@').map_or((&*text, false), |rest| (rest, true));
    let mut lines = text.lines();
    let first: Vec<&str> = lines.next().unwrap_or("").split(' ').collect();
    let (kind, mode, rest) = if of_find {
        let kind = first.first().and_then(|letter| letter_kind(letter));
        let mode = first.get(1).and_then(|mode| u32::from_str_radix(mode, 8).ok());
        (kind, mode, first.get(2..))
    } else {
        let raw = first.first().and_then(|raw| u32::from_str_radix(raw, 16).ok());
        (raw.and_then(raw_kind), raw.map(|raw| raw & 0o7777), first.get(1..))
    };
    let (Some(kind), Some(mode), Some(&[uid, gid, size, mtime, atime, ctime, dev, ino, nlink])) =
        (kind, mode, rest)
    else {
        return Err(broken());
    };
    let id = |text: &str| text.parse::<u32>().map_err(|_| broken());
    let number = |text: &str| text.parse::<u64>().map_err(|_| broken());
    let name = |name: Option<&str>, id: &str| {
        let name = name.filter(|name| *name != "UNKNOWN" && *name != id);
        name.map(Arc::<str>::from)
    };
    let target = (kind == FileKind::Link).then(|| String::from_utf8_lossy(target).into());
    Ok(Stat {
        kind,
        mode,
        uid: id(uid)?,
        gid: id(gid)?,
        owner: name(lines.next(), uid),
        group: name(lines.next(), gid),
        size: number(size)?,
        mtime_ns: nanos(mtime)?,
        atime_ns: nanos(atime)?,
        ctime_ns: nanos(ctime)?,
        dev: number(dev)?,
        ino: number(ino)?,
        nlink: number(nlink)?,
        target,
        sha256: None,
    })
}

/// Seconds with or without a fraction, as nanoseconds.
fn nanos(text: &str) -> Result<i64, Message> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().map_err(|_| broken())?;
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanos: i64 = digits.parse().map_err(|_| broken())?;
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

fn letter_kind(letter: &str) -> Option<FileKind> {
    Some(match letter {
        "f" => FileKind::File,
        "d" => FileKind::Directory,
        "l" => FileKind::Link,
        "c" => FileKind::CharDevice,
        "b" => FileKind::BlockDevice,
        "p" => FileKind::Fifo,
        "s" => FileKind::Socket,
        _ => return None,
    })
}

/// Source of the numbers: Linux, include/uapi/linux/stat.h.
const fn raw_kind(mode: u32) -> Option<FileKind> {
    Some(match mode & 0o170_000 {
        0o100_000 => FileKind::File,
        0o040_000 => FileKind::Directory,
        0o120_000 => FileKind::Link,
        0o020_000 => FileKind::CharDevice,
        0o060_000 => FileKind::BlockDevice,
        0o010_000 => FileKind::Fifo,
        0o140_000 => FileKind::Socket,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ask::ask;
    use super::*;
    use crate::query::Query;

    fn questions() -> Vec<Question> {
        let path: Arc<str> = "/x".into();
        vec![
            Question::Stat { path: path.clone(), follow: false, digest: true },
            Question::Read { path: path.clone(), limit: 10 },
            Question::List { path, recurse: true },
            Question::Glob { pattern: "/a*/[b]".into() },
            Question::User("root".into()),
            Question::Group("0".into()),
            Question::Program("sh".into()),
            Question::Query(Query::DpkgArchitecture),
            Question::Facts,
            Question::Now,
            Question::Port { host: "h".into(), port: 1, timeout_ms: 1 },
        ]
    }

    #[test]
    fn half_an_output_fails_what_is_missing_and_nothing_else() {
        let asked = [Question::Now, Question::Now];
        let batch = ask(&asked, "T").remove(0);
        let answers = batch.read(b"noise\0\0T\0base64\x000\x005000\0\0\0\0\0");
        assert_eq!(answers[0].1, Answer::Now(5000));
        assert_eq!(answers[1].1, Answer::Failed(broken()));
        assert!(matches!(batch.read(b"")[0].1, Answer::Failed(_)));
    }

    proptest! {
        #[test]
        fn any_output_is_survived(
            fields in prop::collection::vec("[a-z0-9:/.@ \n]{0,12}|ok|no|yes|0|1|", 0..40),
            raw in prop::collection::vec(any::<u8>(), 0..60),
            which in 0..11_usize,
        ) {
            let asked = questions().remove(which);
            let batch = ask(&[asked], "T").remove(0);
            for kind in ["base64", "hex"] {
                let mut bytes = format!("\0T\0{kind}\x000\0{}", fields.join("\0")).into_bytes();
                bytes.push(0);
                let _ = batch.read(&bytes);
                bytes.extend_from_slice(&raw);
                let _ = batch.read(&bytes);
                let _ = batch.read(&raw);
            }
        }
    }
}
