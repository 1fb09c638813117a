//! Regular expressions with Python's syntax and replacement texts.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Plain;
use crate::python_regex::{Regex, TooHard, expanded};
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
fn compile(pattern: &str, ignore_case: bool, multi_line: bool) -> Result<Regex, Fault> {
    type Kept = Mutex<HashMap<(String, bool, bool), Regex>>;
    static COMPILED: OnceLock<Kept> = OnceLock::new();
    let lock =
        || COMPILED.get_or_init(Kept::default).lock().unwrap_or_else(PoisonError::into_inner);
    let key = (pattern.to_owned(), ignore_case, multi_line);
    if let Some(regex) = lock().get(&key) {
        return Ok(regex.clone());
    }
    let regex = Regex::with(pattern, ignore_case, multi_line)
        .map_err(|error| format!("the expression {pattern:?} is not valid: {error}"))?;
    let mut kept = lock();
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, regex.clone());
    Ok(regex)
}

fn flags(call: &Call, ignore: usize, multi: usize) -> (bool, bool) {
    (call.flag(ignore, "ignorecase"), call.flag(multi, "multiline"))
}

fn wrong(error: TooHard) -> Fault {
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

/// `re.subn`.
fn substitute(
    regex: &Regex,
    value: &str,
    replacement: &str,
    count: usize,
) -> Result<(String, usize), Fault> {
    let mut out = String::with_capacity(value.len());
    let (mut done, mut end) = (0, 0);
    for found in regex.captures_iter(value) {
        let found = found.map_err(wrong)?;
        let Some((start, past)) = found.span(0) else { continue };
        out.push_str(&value[end..start]);
        let text = expanded(replacement, &found);
        out.push_str(&text.map_err(|why| format!("the replacement is not valid: {why}"))?);
        end = past;
        done += 1;
        if done == count {
            break;
        }
    }
    out.push_str(&value[end..]);
    Ok((out, done))
}

fn regex_search(call: &mut Call) -> Outcome {
    let value = call.text()?;
    let pattern = call.str(1, "regex")?;
    let (ignore, multi) = (call.flag(usize::MAX, "ignorecase"), call.flag(usize::MAX, "multiline"));
    let regex = compile(&pattern, ignore, multi)?;
    let found = regex.captures(&value).map_err(wrong)?;
    let groups = call.args.get(2..).unwrap_or_default();
    let groups = groups.iter().map(group_name).collect::<Result<Vec<_>, _>>()?;
    let Some(found) = found else { return Ok(Value::Null) };
    if groups.is_empty() {
        return Ok(found.get(0).unwrap_or("").into());
    }
    let texts = groups.iter().map(|name| found.by(name).map(Value::from).map_err(Fault::Text));
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
        let found = found.map_err(wrong)?;
        let text = |index| Value::from(found.get(index).unwrap_or(""));
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
    let regex = compile(&pattern, ignore, multi)?;
    match how {
        "match" => regex.is_match_at_start(&value),
        "fullmatch" => regex.is_full_match(&value),
        _ => regex.is_match(&value),
    }
    .map_err(wrong)
}
