//! Regular expressions with Python's syntax and replacement texts.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("regex_replace", regex_replace),
    ("regex_search", regex_search),
    ("regex_findall", regex_findall),
    ("regex_escape", regex_escape),
];

/// How many compiled expressions are kept.
const KEPT: usize = 512;

/// Compiles a Python expression, or takes it from those compiled before.
fn compile(pattern: &str, ignore_case: bool, multi_line: bool) -> Result<Arc<Regex>, Fault> {
    type Kept = Mutex<HashMap<(String, bool, bool), Arc<Regex>>>;
    static COMPILED: OnceLock<Kept> = OnceLock::new();
    let lock =
        || COMPILED.get_or_init(Kept::default).lock().unwrap_or_else(PoisonError::into_inner);
    let key = (pattern.to_owned(), ignore_case, multi_line);
    if let Some(regex) = lock().get(&key) {
        return Ok(regex.clone());
    }
    let regex = RegexBuilder::new(&translate(pattern, multi_line))
        .case_insensitive(ignore_case)
        .multi_line(multi_line)
        .build()
        .map_err(|error| format!("the expression {pattern:?} is not valid: {error}"))?;
    let regex = Arc::new(regex);
    let mut kept = lock();
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, regex.clone());
    Ok(regex)
}

/// Python's syntax in that of `fancy-regex`: `\Z`, `$` before a last newline, braces and brackets that
/// Python takes literally.
fn translate(pattern: &str, multi_line: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let mut len = c.len_utf8();
        match c {
            '\\' => len += escape(&rest[1..], &mut out),
            '$' if !multi_line => out.push_str(r"(?=\n?\z)"),
            '[' => len = class(rest, &mut out),
            '{' if !is_repeat(rest) => out.push_str(r"\{"),
            '{' if rest.starts_with("{,") => out.push_str("{0"),
            _ => out.push(c),
        }
        rest = &rest[len..];
    }
    out
}

/// What follows a backslash; gives its length.
fn escape(rest: &str, out: &mut String) -> usize {
    let Some(c) = rest.chars().next() else {
        out.push('\\');
        return 0;
    };
    match c {
        'Z' => out.push_str(r"\z"),
        '<' | '>' | '"' | '\'' | '/' | '_' | ' ' | '%' | '!' | ',' | ';' | '=' | '@' | '`'
        | ':' => out.push(c),
        c => {
            out.push('\\');
            out.push(c);
        }
    }
    c.len_utf8()
}

/// A character class; gives its length. Inner brackets and doubled signs are literal in Python.
fn class(rest: &str, out: &mut String) -> usize {
    out.push('[');
    let mut at = 1;
    if rest[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    if rest[at..].starts_with(']') {
        out.push_str(r"\]");
        at += 1;
    }
    while let Some(c) = rest[at..].chars().next() {
        at += c.len_utf8();
        match c {
            ']' => {
                out.push(']');
                return at;
            }
            '\\' => at += escape(&rest[at..], out),
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    at
}

/// Whether a brace begins a repetition: `{2}`, `{2,}`, `{,3}`, `{2,3}`.
fn is_repeat(rest: &str) -> bool {
    let Some((inner, _)) = rest[1..].split_once('}') else { return false };
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match inner.split_once(',') {
        Some((from, to)) => digits(from) && digits(to) && inner.len() > 1,
        None => !inner.is_empty() && digits(inner),
    }
}

fn flags(call: &Call, ignore: usize, multi: usize) -> (bool, bool) {
    (call.flag(ignore, "ignorecase"), call.flag(multi, "multiline"))
}

fn wrong(error: &fancy_regex::Error) -> Fault {
    Fault::Text(format!("the expression cannot be matched: {error}"))
}

fn regex_replace(call: &mut Call) -> Outcome {
    let value = call.text()?;
    let pattern = call.str_or(1, "pattern", "");
    let replacement = call.str_or(2, "replacement", "");
    let (ignore, multi) = flags(call, 3, 4);
    let count = usize::try_from(call.int_or(5, "count", 0)?).unwrap_or(0);
    let mandatory = usize::try_from(call.int_or(6, "mandatory_count", 0)?).unwrap_or(0);
    let regex = compile(&pattern, ignore, multi)?;
    let (text, done) = substitute(&regex, &value, &replacement, count)?;
    if mandatory != 0 && mandatory != done {
        return Err(format!(
            "'{pattern}' should match {mandatory} times, but matches {done} times in '{value}'"
        )
        .into());
    }
    Ok(text.into())
}

/// `re.subn`: also an empty match right after another one counts not, as in Python.
fn substitute(
    regex: &Regex,
    value: &str,
    replacement: &str,
    count: usize,
) -> Result<(String, usize), Fault> {
    let mut out = String::with_capacity(value.len());
    let (mut done, mut end) = (0, 0);
    for found in regex.captures_iter(value) {
        let found = found.map_err(|error| wrong(&error))?;
        let Some(whole) = found.get(0) else { continue };
        if count != 0 && done >= count {
            break;
        }
        out.push_str(&value[end..whole.start()]);
        expand(&found, replacement, &mut out)?;
        end = whole.end();
        done += 1;
    }
    out.push_str(&value[end..]);
    Ok((out, done))
}

/// Python's replacement text: `\1`, `\g<1>`, `\g<name>`, `\n` and the like.
fn expand(found: &Captures<str>, replacement: &str, out: &mut String) -> Result<(), Fault> {
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            return Err("bad escape (end of pattern) in the replacement".into());
        };
        rest = &rest[c.len_utf8()..];
        match c {
            'g' if rest.starts_with('<') => {
                let (name, after) = rest[1..].split_once('>').ok_or("missing `>` after `\\g<`")?;
                out.push_str(group(found, name)?);
                rest = after;
            }
            '1'..='9' => {
                let two = rest.chars().next().filter(char::is_ascii_digit);
                let name = two.map_or_else(|| c.to_string(), |second| format!("{c}{second}"));
                rest = &rest[two.map_or(0, char::len_utf8)..];
                out.push_str(group(found, &name)?);
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '0' => out.push('\0'),
            '\\' => out.push('\\'),
            c if c.is_ascii_alphabetic() => {
                return Err(format!("bad escape \\{c} in the replacement").into());
            }
            c => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out.push_str(rest);
    Ok(())
}

/// The text of a group; one that took no part is empty.
fn group<'a>(found: &Captures<'a, str>, name: &str) -> Result<&'a str, Fault> {
    let found = match name.parse::<usize>() {
        Ok(index) if index < found.len() => found.get(index),
        Ok(index) => return Err(format!("invalid group reference {index}").into()),
        Err(_) => found.name(name),
    };
    Ok(found.map_or("", |found| found.as_str()))
}

fn regex_search(call: &mut Call) -> Outcome {
    let value = call.text()?;
    let pattern = call.str(1, "regex")?;
    let (ignore, multi) = (call.flag(usize::MAX, "ignorecase"), call.flag(usize::MAX, "multiline"));
    let regex = compile(&pattern, ignore, multi)?;
    let found = regex.captures(&value).map_err(|error| wrong(&error))?;
    let groups = call.args.get(2..).unwrap_or_default();
    let groups = groups.iter().map(group_name).collect::<Result<Vec<_>, _>>()?;
    let Some(found) = found else { return Ok(Value::Null) };
    if groups.is_empty() {
        return Ok(found.get(0).map_or("", |whole| whole.as_str()).into());
    }
    let texts = groups.iter().map(|name| match name.parse::<usize>() {
        Ok(index) if index >= found.len() => Err(Fault::Text("no such group".into())),
        Ok(index) => Ok(found.get(index).map(|part| part.as_str()).into()),
        Err(_) => Ok(found.name(name).map(|part| part.as_str()).into()),
    });
    Ok(Value::list(texts.collect::<Result<_, _>>()?))
}

/// The group that `\1`, `\g<1>` or `\g<name>` means.
fn group_name(arg: &Value) -> Result<String, Fault> {
    let text = python::text(arg);
    if let Some(name) = text.strip_prefix("\\g<").and_then(|rest| rest.strip_suffix('>')) {
        return Ok(name.into());
    }
    match text.strip_prefix('\\') {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            Ok(digits.chars().take_while(char::is_ascii_digit).collect())
        }
        _ => Err("unknown argument: groups are named `\\1` or `\\g<name>`".into()),
    }
}

fn regex_findall(call: &mut Call) -> Outcome {
    let value = call.text()?;
    let pattern = call.str(1, "regex")?;
    let regex = compile(&pattern, call.flag(3, "ignorecase"), call.flag(2, "multiline"))?;
    let mut all = Vec::new();
    for found in regex.captures_iter(&value) {
        let found = found.map_err(|error| wrong(&error))?;
        let text = |index| Value::from(found.get(index).map_or("", |part| part.as_str()));
        all.push(match found.len() {
            1 => text(0),
            2 => text(1),
            groups => Value::list((1..groups).map(text).collect()),
        });
    }
    Ok(Value::list(all))
}

fn regex_escape(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let special = match call.str_or(1, "re_type", "python").as_str() {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "].[^$*\\",
        other => return Err(format!("regex type ({other}) is not known").into()),
    };
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        let _ = write!(out, "{c}");
    }
    Ok(out.into())
}

/// The tests `match`, `search` and `regex`: at the beginning, anywhere, or all of the text.
pub(in crate::template) fn matches(call: &mut Call, how: &str) -> Result<bool, Fault> {
    let value = call.text()?;
    let pattern = call.str_or(1, "pattern", "");
    let (ignore, multi) = flags(call, 2, 3);
    let pattern = match how {
        "match" => format!(r"\A(?:{pattern})"),
        "fullmatch" => format!(r"\A(?:{pattern})\Z"),
        _ => pattern,
    };
    compile(&pattern, ignore, multi)?.is_match(&value).map_err(|error| wrong(&error))
}
