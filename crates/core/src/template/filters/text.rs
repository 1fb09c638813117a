//! Filters over text.

use super::Plain;
use crate::template::call::{self, Call, Outcome};
use crate::template::python;
use crate::value::{Map, Value};

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("string", |call| Ok(call.text()?.into())),
    ("lower", |call| Ok(call.text()?.to_lowercase().into())),
    ("upper", |call| Ok(call.text()?.to_uppercase().into())),
    ("capitalize", capitalize),
    ("title", title),
    ("trim", trim),
    ("replace", replace),
    ("split", split),
    ("splitlines", splitlines),
    ("indent", indent),
    ("wordwrap", wordwrap),
    ("center", center),
    ("truncate", truncate),
    ("wordcount", |call| Ok(count(call.text()?.split_whitespace().count()))),
    ("format", format),
    ("comment", comment),
    ("quote", quote),
    ("escape", escape),
    ("e", escape),
    ("safe", |call| Ok(call.subject()?.clone())),
    ("forceescape", escape),
    ("striptags", |call| Ok(call.text()?.into())),
    ("pprint", |call| Ok(python::repr(call.subject()?).into())),
];

/// A length as a value.
pub(in crate::template) fn count(length: usize) -> Value {
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

/// A length from an argument, bounded so that no text becomes absurdly long.
fn width(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0).min(100_000)
}

pub(in crate::template) fn capitalize(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    Ok(format!("{first}{}", chars.as_str().to_lowercase()).into())
}

/// A capital after every space, hyphen and opening bracket, as Jinja has it.
pub(in crate::template) fn title(call: &mut Call) -> Outcome {
    let mut start = true;
    let mut out = String::new();
    for c in call.text()?.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
    }
    Ok(out.into())
}

fn trim(call: &mut Call) -> Outcome {
    let text = call.text()?;
    Ok(match call.arg(1, "chars").map(python::text) {
        Some(chars) => text.trim_matches(|c| chars.contains(c)).into(),
        None => text.trim().into(),
    })
}

fn replace(call: &mut Call) -> Outcome {
    let (text, old, new) = (call.text()?, call.str(1, "old")?, call.str(2, "new")?);
    Ok(match call.arg(3, "count") {
        Some(_) => {
            let count = usize::try_from(call.int(3, "count")?).unwrap_or(usize::MAX);
            text.replacen(&old, &new, count).into()
        }
        None => text.replace(&old, &new).into(),
    })
}

pub(in crate::template) fn split(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let limit = usize::try_from(call.int_or(2, "maxsplit", -1)?).ok();
    let parts: Vec<Value> = match call.arg(1, "sep").map(python::text) {
        Some(separator) if separator.is_empty() => return Err("empty separator".into()),
        Some(separator) => match limit {
            Some(limit) => text.splitn(limit + 1, &separator).map(Value::from).collect(),
            None => text.split(&separator).map(Value::from).collect(),
        },
        None => words(&text, limit).into_iter().map(Value::from).collect(),
    };
    Ok(Value::list(parts))
}

/// Words between white space, the rest whole after `limit` of them.
fn words(text: &str, limit: Option<usize>) -> Vec<&str> {
    let Some(limit) = limit else { return text.split_whitespace().collect() };
    let mut rest = text.trim_start();
    let mut out = Vec::new();
    while !rest.is_empty() {
        if out.len() == limit {
            out.push(rest.trim_end());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        out.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    out
}

pub(in crate::template) fn splitlines(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let keep = call.flag(1, "keepends");
    let lines = text.split_inclusive('\n');
    let lines = lines.map(|line| {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        Value::from(if keep { line } else { bare })
    });
    Ok(Value::list(lines.collect()))
}

fn indent(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let pad = match call.arg(1, "width") {
        Some(Value::Str(pad)) => pad.to_string(),
        _ => " ".repeat(width(call.int_or(1, "width", 4)?)),
    };
    let (first, blank) = (call.flag(2, "first"), call.flag(3, "blank"));
    let mut out = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let skip = if index == 0 { !first } else { line.is_empty() && !blank };
        out.push_str(if skip { "" } else { &pad });
        out.push_str(line);
    }
    Ok(out.into())
}

fn wordwrap(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let width = width(call.int_or(1, "width", 79)?).max(1);
    let hard = call.arg(2, "break_long_words").is_none_or(Value::is_truthy);
    let newline = call.str_or(3, "wrapstring", "\n");
    let lines = text.lines().map(|line| wrap(line, width, hard).join(&newline));
    Ok(lines.collect::<Vec<_>>().join(&newline).into())
}

fn wrap(line: &str, width: usize, hard: bool) -> Vec<String> {
    let mut lines = vec![];
    let mut current = String::new();
    let length = |text: &str| text.chars().count();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word.to_owned();
        if !current.is_empty() && length(&current) + 1 + length(&word) > width {
            lines.push(std::mem::take(&mut current));
        }
        while hard && length(&word) > width {
            let head: String = word.chars().take(width).collect();
            word = word.chars().skip(width).collect();
            lines.push(head);
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    if !current.is_empty() || lines.is_empty() {
        lines.push(current);
    }
    lines
}

fn center(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let width = width(call.int_or(1, "width", 80)?);
    let missing = width.saturating_sub(text.chars().count());
    let before = missing / 2 + (missing & width & 1);
    Ok(format!("{}{text}{}", " ".repeat(before), " ".repeat(missing - before)).into())
}

fn truncate(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let length = width(call.int_or(1, "length", 255)?);
    let end = call.str_or(3, "end", "...");
    let leeway = width(call.int_or(4, "leeway", 5)?);
    if text.chars().count() <= length + leeway {
        return Ok(text.into());
    }
    let kept = length.saturating_sub(end.chars().count());
    let cut: String = text.chars().take(kept).collect();
    if call.flag(2, "killwords") {
        return Ok((cut + &end).into());
    }
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    Ok(format!("{whole}{end}").into())
}

fn format(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let map = (!call.named.is_empty()).then(|| Value::map(call.named.clone()));
    percent(&text, &call.args[1..], map.as_ref()).map(Value::from).map_err(Into::into)
}

/// One `%` of a format: its member's name, flags, width, precision and kind.
#[derive(Default)]
struct Directive {
    name: Option<String>,
    flags: String,
    width: usize,
    precision: Option<usize>,
}

/// Python's `format % args`.
pub(in crate::template) fn percent(
    format: &str,
    args: &[Value],
    map: Option<&Value>,
) -> Result<String, String> {
    let mut out = String::new();
    let mut args = args.iter();
    let mut chars = format.chars().peekable();
    let mut used = false;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (directive, kind) = directive(&mut chars, &mut args)?;
        if kind == '%' {
            out.push('%');
            continue;
        }
        used = true;
        let value = match &directive.name {
            Some(name) => {
                map.and_then(|map| map.get(name)).ok_or_else(|| format!("no `{name}`"))?
            }
            None => args.next().or(map).ok_or("not enough arguments for the format")?,
        };
        out.push_str(&converted(&directive, kind, value)?);
    }
    if args.next().is_some() && map.is_none() {
        let why = if used { "" } else { ": it has no `%`" };
        return Err(format!("not all arguments are used by the format{why}"));
    }
    Ok(out)
}

fn directive<'a>(
    chars: &mut std::iter::Peekable<std::str::Chars>,
    args: &mut impl Iterator<Item = &'a Value>,
) -> Result<(Directive, char), String> {
    let mut directive = Directive::default();
    if chars.next_if_eq(&'(').is_some() {
        directive.name = Some(chars.by_ref().take_while(|c| *c != ')').collect());
    }
    while let Some(flag) = chars.next_if(|c| "#0- +".contains(*c)) {
        directive.flags.push(flag);
    }
    if chars.next_if_eq(&'*').is_some() {
        let given = args.next().and_then(python::number).unwrap_or(0.0);
        directive.width = width(whole(given));
    } else {
        directive.width = width(digits(chars));
    }
    if chars.next_if_eq(&'.').is_some() {
        directive.precision = Some(width(digits(chars)));
    }
    while chars.next_if(|c| "hlL".contains(*c)).is_some() {}
    let kind = chars.next().ok_or("incomplete format")?;
    Ok((directive, kind))
}

fn digits(chars: &mut std::iter::Peekable<std::str::Chars>) -> i64 {
    let mut number = 0_i64;
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        let digit = digit.to_digit(10).unwrap_or(0);
        number = number.saturating_mul(10).saturating_add(i64::from(digit));
    }
    number
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range is its nearest end")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn converted(directive: &Directive, kind: char, value: &Value) -> Result<String, String> {
    let precision = directive.precision;
    let number = || {
        python::number(value).ok_or_else(|| {
            format!("%{kind} format: a number is required, not {}", python::kind(value))
        })
    };
    let integer = || match value {
        Value::Int(value) => Ok(*value),
        _ => number().map(whole),
    };
    let body = match kind {
        's' => cut(python::text(value), precision),
        'r' | 'a' => cut(python::repr(value), precision),
        'd' | 'i' | 'u' => format!("{:01$}", integer()?, precision.unwrap_or(0)),
        'x' => format!("{}{:x}", if directive.flags.contains('#') { "0x" } else { "" }, integer()?),
        'X' => format!("{}{:X}", if directive.flags.contains('#') { "0X" } else { "" }, integer()?),
        'o' => format!("{}{:o}", if directive.flags.contains('#') { "0o" } else { "" }, integer()?),
        'f' | 'F' => format!("{:.*}", precision.unwrap_or(6), number()?),
        'e' | 'E' => exponent(number()?, precision.unwrap_or(6), kind),
        'g' | 'G' => python::float(number()?).trim_end_matches(".0").to_owned(),
        'c' => python::text(value),
        other => return Err(format!("unsupported format character '{other}'")),
    };
    Ok(padded(directive, kind, body))
}

fn cut(text: String, precision: Option<usize>) -> String {
    match precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    }
}

fn exponent(number: f64, precision: usize, kind: char) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}{kind}{sign}{:02}", power.abs())
}

fn padded(directive: &Directive, kind: char, mut body: String) -> String {
    let numeric = !"srac".contains(kind);
    if numeric && !body.starts_with('-') {
        for sign in ['+', ' '] {
            if directive.flags.contains(sign) {
                body.insert(0, sign);
                break;
            }
        }
    }
    let missing = directive.width.saturating_sub(body.chars().count());
    if directive.flags.contains('-') {
        return body + &" ".repeat(missing);
    }
    if numeric && directive.flags.contains('0') {
        let sign = usize::from(body.starts_with(['-', '+', ' ']));
        body.insert_str(sign, &"0".repeat(missing));
        return body;
    }
    " ".repeat(missing) + &body
}

/// A text as comment lines, in one of Ansible's styles.
fn comment(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let style = call.str_or(1, "style", "plain");
    let (beginning, decoration, end) = match style.as_str() {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => {
            return Err(format!(
                "Invalid style '{other}'; there are plain, erlang, c, cblock and xml"
            )
            .into());
        }
    };
    let named = |name: &str, default: &str| {
        call.named.get(name).map_or_else(|| default.to_owned(), python::text)
    };
    let decoration = named("decoration", decoration);
    let newline = named("newline", "\n");
    let bare = decoration.trim_end().to_owned();
    let (prefix, postfix) = (named("prefix", &bare), named("postfix", &bare));
    let times = |name| call.int_or(usize::MAX, name, 1).map(|times| width(times).min(1000));
    let mut out = named("beginning", beginning);
    if !out.is_empty() {
        out.push_str(&newline);
    }
    let line = if prefix == newline { newline.clone() } else { format!("{prefix}{newline}") };
    if !prefix.is_empty() {
        out.push_str(&line.repeat(times("prefix_count")?));
    }
    let body = text.replace(&newline, &format!("{newline}{decoration}"));
    let body = format!("{decoration}{body}");
    out.push_str(&body.replace(&format!("{decoration}{newline}"), &format!("{bare}{newline}")));
    for _ in 0..times("postfix_count")? {
        out.push_str(&newline);
        out.push_str(&postfix);
    }
    let end = named("end", end);
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(out.into())
}

fn quote(call: &mut Call) -> Outcome {
    let text = match call.subject()? {
        Value::Null => String::new(),
        other => python::text(other),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text.into());
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")).into())
}

fn escape(call: &mut Call) -> Outcome {
    let text = call.text()?.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(text.replace('\'', "&#39;").replace('"', "&#34;").into())
}

/// Joins texts of values.
pub(super) fn join(call: &mut Call) -> Outcome {
    let separator = call.str_or(1, "d", "");
    let attribute = call.arg(2, "attribute");
    let mut parts = Vec::new();
    for item in call.items()? {
        let part = match attribute {
            Some(path) => call::path(&item, path)
                .ok_or_else(|| format!("an item has no member `{}`", python::text(path)))?,
            None => item,
        };
        parts.push(python::text(&part));
    }
    Ok(parts.join(&separator).into())
}

/// An empty mapping, for filters that build one.
pub(super) fn empty() -> Map {
    Map::new()
}
