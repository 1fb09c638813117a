//! What a plain scalar means, as `PyYAML`'s safe loader decides it.
//!
//! Source: `yaml/resolver.py` and `yaml/constructor.py` of `PyYAML` 6 (YAML 1.1 with its own limits: `1e3`
//! and `0o644` are text, `1:30` is 90, `0644` is 420).

use crate::message::{Message, manifest};
use crate::node::NodeKind;

/// The value of an untagged plain scalar. Dates stay text; so do whole numbers beyond 64 bits, which keep
/// all their digits that way.
#[must_use]
pub fn plain(text: &str) -> NodeKind {
    if is_null(text) {
        return NodeKind::Null;
    }
    if let Some(value) = boolean(text) {
        return NodeKind::Bool(value);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return NodeKind::Str(text.into());
    }
    integer(text)
        .or_else(|| float(text).map(NodeKind::Float))
        .unwrap_or_else(|| NodeKind::Str(text.into()))
}

/// The value of a scalar with one of the core schema's tags; nothing for another tag.
pub(super) fn tagged(tag: &str, text: &str) -> Option<Result<NodeKind, Message>> {
    let kind = match tag {
        "!!null" => Some(NodeKind::Null),
        "!!bool" => boolean(text).map(NodeKind::Bool),
        "!!int" => integer(text.trim()),
        "!!float" => float(text.trim())
            .or_else(|| text.trim().replace('_', "").parse().ok())
            .map(NodeKind::Float),
        _ => return None,
    };
    Some(kind.ok_or_else(|| manifest::yaml_tag_value(tag, text)))
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|b| allowed(b) || b == b'_')
}

/// Digits and underscores, beginning with a digit.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && all(text, |b| b.is_ascii_digit())
}

/// One of the later parts of `1:30`.
fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten @ b'0'..=b'5', one] => ten.is_ascii_digit() && one.is_ascii_digit(),
        _ => false,
    }
}

fn integer(text: &str) -> Option<NodeKind> {
    let (negative, body) = signed(text);
    let parse = |digits: &str, radix: u32| -> Option<NodeKind> {
        let digits = digits.replace('_', "");
        let value =
            i64::from_str_radix(&format!("{}{digits}", if negative { "-" } else { "" }), radix);
        match value {
            Ok(value) => Some(NodeKind::Int { value, octal: false }),
            // Too large for us: all digits as they stand, which is what a template would print.
            Err(_) if radix == 10 && !digits.is_empty() => Some(NodeKind::Str(text.into())),
            Err(_) => None,
        }
    };
    if let Some(rest) =
        body.strip_prefix("0b").filter(|rest| all(rest, |b| matches!(b, b'0' | b'1')))
    {
        return parse(rest, 2);
    }
    if let Some(rest) = body.strip_prefix("0x").filter(|rest| all(rest, |b| b.is_ascii_hexdigit()))
    {
        return parse(rest, 16);
    }
    if body == "0" {
        return Some(NodeKind::Int { value: 0, octal: false });
    }
    if let Some(rest) = body.strip_prefix('0') {
        return all(rest, |b| matches!(b, b'0'..=b'7'))
            .then(|| parse(body, 8))
            .flatten()
            .map(octal);
    }
    if is_number(body) {
        return parse(body, 10);
    }
    sexagesimal(body)
        .map(|value| NodeKind::Int { value: if negative { -value } else { value }, octal: false })
}

fn octal(kind: NodeKind) -> NodeKind {
    match kind {
        NodeKind::Int { value, .. } => NodeKind::Int { value, octal: true },
        other => other,
    }
}

fn sexagesimal(body: &str) -> Option<i64> {
    let (first, rest) = body.split_once(':')?;
    if !is_number(first) || first.starts_with('0') || !rest.split(':').all(is_sixtieth) {
        return None;
    }
    let mut value: i64 = first.replace('_', "").parse().ok()?;
    for part in rest.split(':') {
        value = value.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(value)
}

fn float(text: &str) -> Option<f64> {
    let (negative, body) = signed(text);
    let sign = |value: f64| if negative { -value } else { value };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    if body.contains(':') {
        return sexagesimal_float(body).map(sign);
    }
    let (whole, rest) = body.split_once('.')?;
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let exponent_fits = exponent.is_none_or(|e| {
        e.starts_with(['+', '-']) && e.len() > 1 && e[1..].bytes().all(|b| b.is_ascii_digit())
    });
    // The resolver knows `.5` but neither `-.5` nor `+.5`.
    let digits_fit = if whole.is_empty() {
        body.len() == text.len() && is_number(fraction)
    } else {
        is_number(whole) && (fraction.is_empty() || all(fraction, |b| b.is_ascii_digit()))
    };
    (exponent_fits && digits_fit).then(|| body.replace('_', "").parse().ok().map(sign)).flatten()
}

fn sexagesimal_float(body: &str) -> Option<f64> {
    let (digits, fraction) = body.split_once('.')?;
    let (first, rest) = digits.split_once(':')?;
    let fits = is_number(first)
        && rest.split(':').all(is_sixtieth)
        && (fraction.is_empty() || all(fraction, |b| b.is_ascii_digit()));
    if !fits {
        return None;
    }
    let mut parts: Vec<&str> = digits.split(':').collect();
    let last = format!("{}.{fraction}", parts.pop()?).replace('_', "");
    let mut value = 0.0;
    for part in parts {
        value = value * 60.0 + part.replace('_', "").parse::<f64>().ok()?;
    }
    Some(value * 60.0 + last.parse::<f64>().ok()?)
}

/// A float as Python's `repr` spells it: `1.0`, `1e+16`, `1e-05`, `inf`, `nan`.
#[must_use]
pub fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}
