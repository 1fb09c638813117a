//! Writes values as YAML the way `PyYAML`'s dumper does, for the filters `to_yaml` and `to_nice_yaml`.
//!
//! Source of the layout: `yaml/emitter.py` and `yaml/serializer.py` of `PyYAML` 6.

use super::analysis::{analyse, escape, is_break, is_plain_text, is_scalar, represent, runs};
use crate::value::{Map, Value};

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
