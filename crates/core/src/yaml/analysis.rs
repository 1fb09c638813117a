//! What a text is like, for the choice of how to write it.
//!
//! Source: `Emitter.analyze_scalar` in `yaml/emitter.py` of `PyYAML` 6.

use crate::node::NodeKind;
use crate::value::Value;
use crate::yaml::scalar;

/// The text of a scalar, and whether it is text (which must not read back as something else).
pub(super) fn represent(value: &Value) -> (String, bool) {
    match value {
        Value::Bool(value) => (value.to_string(), false),
        Value::Int(value) => (value.to_string(), false),
        Value::Float(value) => (float(*value), false),
        Value::Str(text) => (text.to_string(), true),
        Value::Null | Value::Unknown(_) | Value::List(_) | Value::Map(_) => ("null".into(), false),
    }
}

/// A float so that YAML 1.1 reads it as one: `.inf`, and `1.0e+16` with its point.
fn float(value: f64) -> String {
    let text = scalar::python_float(value);
    match text.as_str() {
        "inf" => ".inf".to_owned(),
        "-inf" => "-.inf".to_owned(),
        "nan" => ".nan".to_owned(),
        text if !text.contains('.') && text.contains('e') => text.replacen('e', ".0e", 1),
        text => text.to_owned(),
    }
}

/// Whether the plain text reads back as text.
pub(super) fn is_plain_text(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "=" | "<<" | "!" | "&" | "*")
        && matches!(scalar::plain(text), NodeKind::Str(_))
        && !is_big_number(text)
        && !is_timestamp(text)
}

/// Digits beyond 64 bits read back as a number elsewhere.
fn is_big_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    digits.len() > 18 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// Whether a YAML 1.1 reader takes the text for a date (`yaml/resolver.py`).
fn is_timestamp(text: &str) -> bool {
    let digits = |s: &str, least: usize, most: usize| {
        (least..=most).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit())
    };
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if !digits(year, 4, 4) || !digits(month, 1, 2) {
        return false;
    }
    let day_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, time) = rest.split_at(day_end);
    if time.is_empty() {
        return digits(day, 2, 2) && month.len() == 2;
    }
    let clock = time.trim_start_matches(['T', 't', ' ', '\t']);
    digits(day, 1, 2)
        && clock.len() < time.len()
        && clock.splitn(3, ':').count() == 3
        && clock.starts_with(|c: char| c.is_ascii_digit())
}

pub(super) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_space_or_break(c: char) -> bool {
    matches!(c, '\0' | ' ' | '\t' | '\r') || is_break(c)
}

/// A stretch of spaces, of line breaks, or of anything else.
pub(super) struct Run<'t> {
    pub(super) chars: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let class = |c: char| {
        if c == ' ' {
            0
        } else if is_break(c) {
            1
        } else {
            2
        }
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = &text[start..];
        let first = class(rest.chars().next()?);
        let end = rest.find(|c| class(c) != first).map_or(text.len(), |length| start + length);
        let run = Run { chars: &text[start..end], start, end };
        start = end;
        Some(run)
    })
}

/// How a character stands in double quotes, where it cannot stand as itself.
pub(super) fn escape(c: char) -> Option<String> {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' => {
            return None;
        }
        c if u32::from(c) <= 0xff => return Some(format!("\\x{:02X}", u32::from(c))),
        c if u32::from(c) <= 0xffff => return Some(format!("\\u{:04X}", u32::from(c))),
        c => return Some(format!("\\U{:08X}", u32::from(c))),
    };
    Some(format!("\\{short}"))
}

/// In which styles a text can be written.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) flow_plain: bool,
    pub(super) block_plain: bool,
    pub(super) single_quoted: bool,
}

pub(super) fn analyse(text: &str) -> Analysis {
    let Some(first) = text.chars().next() else {
        return Analysis {
            multiline: false,
            flow_plain: false,
            block_plain: true,
            single_quoted: true,
        };
    };
    let (block_indicator, flow_indicator) = indicators(text);
    let multiline = text.contains(is_break);
    let special = text.chars().any(is_special);
    let edge = |c: char| c == ' ' || is_break(c);
    let outer = edge(first) || text.ends_with(edge);
    let pairs = || text.chars().zip(text.chars().skip(1));
    let break_space = pairs().any(|(a, b)| is_break(a) && b == ' ');
    let space_break = pairs().any(|(a, b)| a == ' ' && is_break(b));
    let plain = !outer && !break_space && !space_break && !special && !multiline;
    Analysis {
        multiline,
        flow_plain: plain && !flow_indicator,
        block_plain: plain && !block_indicator,
        single_quoted: !break_space && !space_break && !special,
    }
}

/// Characters that only double quotes can hold. `PyYAML` also writes the line ends of Unicode as lines
/// within single quotes, which readers of YAML 1.2 (ours) take for plain characters.
fn is_special(c: char) -> bool {
    let printable = matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        || matches!(c, '\u{10000}'..='\u{10fffe}');
    !printable || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// Whether the text holds something that means structure: in blocks, in braces.
fn indicators(text: &str) -> (bool, bool) {
    let (mut block, mut flow) = (false, false);
    if text.starts_with("---") || text.starts_with("...") {
        (block, flow) = (true, true);
    }
    let mut before = true;
    let mut chars = text.chars().peekable();
    let mut index = 0;
    while let Some(c) = chars.next() {
        let after = chars.peek().is_none_or(|c| is_space_or_break(*c));
        let (in_block, in_flow) = match (index, c) {
            (
                0,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
            ) => (true, true),
            (_, ':') | (0, '?') => (after, true),
            (0, '-') => (after, after),
            (1.., ',' | '?' | '[' | ']' | '{' | '}') => (false, true),
            (1.., '#') => (before, before),
            _ => (false, false),
        };
        block |= in_block;
        flow |= in_flow;
        before = is_space_or_break(c);
        index += 1;
    }
    (block, flow)
}
