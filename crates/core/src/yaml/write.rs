//! Writes values as YAML the way `PyYAML`'s dumper does, for the filters `to_yaml` and `to_nice_yaml`.
//!
//! Source of the layout: `yaml/emitter.py` and `yaml/serializer.py` of `PyYAML` 6.

use crate::node::NodeKind;
use crate::value::{Map, Value};
use crate::yaml::scalar;

/// How to lay it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Spaces of each level, 2 to 9; others count as 2.
    pub indent: usize,
    /// Columns after which a line is broken at a space.
    pub width: usize,
    /// `Some(true)`: all in braces; `Some(false)`: all in blocks; nothing: collections of scalars in braces.
    pub flow: Option<bool>,
    /// Whether keys are sorted.
    pub sort_keys: bool,
    /// Whether to begin with `---`.
    pub explicit_start: bool,
}

impl Style {
    /// As the filter `to_yaml` has it.
    pub const TERSE: Self =
        Self { indent: 2, width: 80, flow: None, sort_keys: true, explicit_start: false };
    /// As the filter `to_nice_yaml` has it.
    pub const NICE: Self =
        Self { indent: 4, width: 80, flow: Some(false), sort_keys: true, explicit_start: false };
}

/// `value` as a YAML document with a line end. An unknown value is written as null.
#[must_use]
pub fn to_yaml(value: &Value, style: Style) -> String {
    let mut writer = Writer {
        out: String::new(),
        column: 0,
        whitespace: true,
        indention: true,
        open_ended: false,
        indent: Some(0),
        best_indent: if (2..=9).contains(&style.indent) { style.indent } else { 2 },
        style,
        flow_level: 0,
    };
    if style.width <= writer.best_indent * 2 {
        writer.style.width = 80;
    }
    writer.indent = None;
    if style.explicit_start {
        writer.indicator("---", true, false, false);
    }
    writer.root(value);
    writer.out
}

struct Writer {
    out: String,
    /// Characters in the current line.
    column: usize,
    /// Whether the last thing written was white space.
    whitespace: bool,
    /// Whether only indentation stands in the line so far.
    indention: bool,
    /// Whether the document must be closed with `...`.
    open_ended: bool,
    /// Spaces before a line of the current collection; nothing at the root.
    indent: Option<usize>,
    best_indent: usize,
    style: Style,
    flow_level: usize,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Root,
    Item,
    Key,
    Value,
}

impl Writer {
    fn root(&mut self, value: &Value) {
        self.node(value, At::Root);
        self.line_indent();
        if self.open_ended {
            self.text("...");
            self.line_break();
        }
    }

    fn node(&mut self, value: &Value, at: At) {
        match value {
            Value::List(items) => self.list(items, at),
            Value::Map(map) => self.map(map),
            scalar => self.scalar_value(scalar, at),
        }
    }

    fn scalar_value(&mut self, value: &Value, at: At) {
        let (text, is_text) = represent(value);
        self.deeper(true, false, |writer| writer.scalar(&text, is_text, at));
    }

    /// Runs `body` one level deeper.
    fn deeper(&mut self, flow: bool, indentless: bool, body: impl FnOnce(&mut Self)) {
        let outer = self.indent;
        self.indent = match self.indent {
            None => Some(if flow { self.best_indent } else { 0 }),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + self.best_indent),
        };
        body(self);
        self.indent = outer;
    }

    fn in_flow(&self, leaf: bool, empty: bool) -> bool {
        self.flow_level > 0 || empty || self.style.flow.unwrap_or(leaf)
    }

    fn list(&mut self, items: &[Value], at: At) {
        let leaf = items.iter().all(is_scalar);
        if self.in_flow(leaf, items.is_empty()) {
            self.flow_collection(["[", "]"], |writer| {
                for (index, item) in items.iter().enumerate() {
                    writer.flow_separator(index);
                    writer.node(item, At::Item);
                }
            });
            return;
        }
        let indentless = at == At::Value && !self.indention;
        self.deeper(false, indentless, |writer| {
            for item in items {
                writer.line_indent();
                writer.indicator("-", true, false, true);
                writer.node(item, At::Item);
            }
        });
    }

    fn map(&mut self, map: &Map) {
        let leaf = map.values().all(is_scalar);
        let flow = self.in_flow(leaf, map.is_empty());
        let mut entries: Vec<_> = map.iter().collect();
        if self.style.sort_keys {
            entries.sort_by(|a, b| a.0.cmp(b.0));
        }
        if flow {
            self.flow_collection(["{", "}"], |writer| {
                for (index, (key, value)) in entries.into_iter().enumerate() {
                    writer.flow_separator(index);
                    writer.entry(key, value);
                }
            });
            return;
        }
        self.deeper(false, false, |writer| {
            for (key, value) in entries {
                writer.line_indent();
                writer.entry(key, value);
            }
        });
    }

    fn entry(&mut self, key: &str, value: &Value) {
        // A key that is empty, long or has lines is marked with `?`, as the emitter's check of simple keys does.
        let simple = !key.is_empty() && key.chars().count() < 128 && !key.contains(is_break);
        let key = Value::from(key);
        if simple {
            self.node(&key, At::Key);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.node(&key, At::Item);
            if self.flow_level == 0 || self.column > self.style.width {
                self.line_indent();
            }
            self.indicator(":", true, false, self.flow_level == 0);
        }
        self.node(value, At::Value);
    }

    fn flow_collection(&mut self, [open, close]: [&str; 2], body: impl FnOnce(&mut Self)) {
        self.indicator(open, true, true, false);
        self.flow_level += 1;
        self.deeper(true, false, body);
        self.flow_level -= 1;
        self.indicator(close, false, false, false);
    }

    fn flow_separator(&mut self, index: usize) {
        if index > 0 {
            self.indicator(",", false, false, false);
        }
        if self.column > self.style.width {
            self.line_indent();
        }
    }

    fn scalar(&mut self, text: &str, is_text: bool, at: At) {
        let analysis = analyse(text);
        let split = at != At::Key;
        let plain_place =
            if self.flow_level > 0 { analysis.flow_plain } else { analysis.block_plain };
        let key_forbids = at == At::Key && (text.is_empty() || analysis.multiline);
        if plain_place && !key_forbids && (!is_text || is_plain_text(text)) {
            if at == At::Root {
                self.open_ended = true;
            }
            self.plain(text, split);
        } else if analysis.single_quoted && !(at == At::Key && analysis.multiline) {
            self.single_quoted(text, split);
        } else {
            self.double_quoted(text, split);
        }
    }

    fn text(&mut self, text: &str) {
        self.column += text.chars().count();
        self.out.push_str(text);
    }

    fn indicator(&mut self, text: &str, needs_space: bool, whitespace: bool, indention: bool) {
        if needs_space && !self.whitespace {
            self.text(" ");
        }
        self.text(text);
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
        self.open_ended = false;
    }

    fn line_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        if self.column < indent {
            self.whitespace = true;
            let missing = indent - self.column;
            self.text(&" ".repeat(missing));
        }
    }

    fn line_break(&mut self) {
        self.whitespace = true;
        self.indention = true;
        self.column = 0;
        self.out.push('\n');
    }

    fn plain(&mut self, text: &str, split: bool) {
        if text.is_empty() {
            return;
        }
        if !self.whitespace {
            self.text(" ");
        }
        self.whitespace = false;
        self.indention = false;
        for run in runs(text) {
            if run.chars == " " && split && self.column > self.style.width {
                self.line_indent();
                self.whitespace = false;
                self.indention = false;
            } else {
                self.text(run.chars);
            }
        }
    }

    fn single_quoted(&mut self, text: &str, split: bool) {
        self.indicator("'", true, false, false);
        for run in runs(text) {
            let inner = run.start > 0 && run.end < text.len();
            if run.chars == " " && split && inner && self.column > self.style.width {
                self.line_indent();
            } else if run.chars.starts_with(is_break) {
                self.breaks(run.chars);
            } else {
                self.text(&run.chars.replace('\'', "''"));
            }
        }
        self.indicator("'", false, false, false);
    }

    fn breaks(&mut self, breaks: &str) {
        if breaks.starts_with('\n') {
            self.line_break();
        }
        for _ in breaks.chars() {
            self.line_break();
        }
        self.line_indent();
    }

    fn double_quoted(&mut self, text: &str, split: bool) {
        self.indicator("\"", true, false, false);
        let chars: Vec<char> = text.chars().collect();
        let mut pending = String::new();
        for (index, &c) in chars.iter().enumerate() {
            let escaped = escape(c);
            if let Some(escaped) = &escaped {
                let before = std::mem::take(&mut pending);
                self.text(&before);
                self.text(escaped);
            }
            let inner = index > 0 && index + 1 < chars.len();
            let may_break = c == ' ' || escaped.is_some();
            if inner
                && may_break
                && split
                && self.column + pending.chars().count() > self.style.width
            {
                let before = std::mem::take(&mut pending);
                self.text(&before);
                self.text("\\");
                self.line_indent();
                self.whitespace = false;
                self.indention = false;
                let next = if escaped.is_some() { chars[index + 1] } else { c };
                if next == ' ' {
                    self.text("\\");
                }
            }
            if escaped.is_none() {
                pending.push(c);
            }
        }
        self.text(&pending);
        self.indicator("\"", false, false, false);
    }
}

/// The text of a scalar, and whether it is text (which must not read back as something else).
fn represent(value: &Value) -> (String, bool) {
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
fn is_plain_text(text: &str) -> bool {
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

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_space_or_break(c: char) -> bool {
    matches!(c, '\0' | ' ' | '\t' | '\r') || is_break(c)
}

/// A stretch of spaces, of line breaks, or of anything else.
struct Run<'t> {
    chars: &'t str,
    start: usize,
    end: usize,
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
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
fn escape(c: char) -> Option<String> {
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
struct Analysis {
    multiline: bool,
    flow_plain: bool,
    block_plain: bool,
    single_quoted: bool,
}

fn analyse(text: &str) -> Analysis {
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
