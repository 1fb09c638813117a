//! JSON as Python writes it.

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::python;
use crate::value::{Map, Value};

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("to_json", |call| write(call, None, false, true)),
    ("to_nice_json", |call| write(call, Some(4), true, true)),
    ("tojson", |call| write(call, None, true, true)),
    ("from_json", |call| {
        let text = call.text()?;
        let parsed: serde_json::Value = serde_json::from_slice(text.as_bytes())
            .map_err(|error| Fault::Text(format!("it is not valid JSON: {error}")))?;
        Ok(from_json(parsed))
    }),
];

/// A parsed JSON value; nothing in it has a special meaning.
pub(in crate::template) fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (key.into(), from_json(value)));
            Value::map(entries.collect::<Map>())
        }
    }
}

fn write(call: &mut Call, indent: Option<usize>, sorted: bool, ascii: bool) -> Outcome {
    let nice = indent.is_some();
    let indent =
        match call.arg(usize::MAX, "indent").or_else(|| call.arg(1, "indent").filter(|_| nice)) {
            Some(Value::Int(width)) => Some(usize::try_from(*width).unwrap_or(0).min(64)),
            _ => indent,
        };
    let flag = |name: &str, default| call.named.get(name).map_or(default, Value::is_truthy);
    let style =
        Style { indent, sorted: flag("sort_keys", sorted), ascii: flag("ensure_ascii", ascii) };
    let mut out = String::new();
    style.write(call.subject()?, 0, &mut out)?;
    Ok(out.into())
}

struct Style {
    indent: Option<usize>,
    sorted: bool,
    ascii: bool,
}

impl Style {
    fn line(&self, depth: usize, out: &mut String) {
        if let Some(indent) = self.indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * depth));
        }
    }

    fn separator(&self, out: &mut String) {
        out.push_str(if self.indent.is_some() { "," } else { ", " });
    }

    fn write(&self, value: &Value, depth: usize, out: &mut String) -> Result<(), Fault> {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Int(value) => out.push_str(&value.to_string()),
            Value::Float(value) if value.is_nan() => out.push_str("NaN"),
            Value::Float(value) if value.is_infinite() => {
                out.push_str(if *value > 0.0 { "Infinity" } else { "-Infinity" });
            }
            Value::Float(value) => out.push_str(&python::float(*value)),
            Value::Str(text) => self.string(text, out),
            Value::List(items) if items.is_empty() => out.push_str("[]"),
            Value::Map(map) if map.is_empty() => out.push_str("{}"),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.separator(out);
                    }
                    self.line(depth + 1, out);
                    self.write(item, depth + 1, out)?;
                }
                self.line(depth, out);
                out.push(']');
            }
            Value::Map(map) => self.map(map, depth, out)?,
            Value::Unknown(why) => return Err(format!("not known yet: {why}").into()),
        }
        Ok(())
    }

    fn map(&self, map: &Map, depth: usize, out: &mut String) -> Result<(), Fault> {
        let mut entries: Vec<_> = map.iter().collect();
        if self.sorted {
            entries.sort_by(|a, b| a.0.cmp(b.0));
        }
        out.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                self.separator(out);
            }
            self.line(depth + 1, out);
            self.string(key, out);
            out.push_str(": ");
            self.write(value, depth + 1, out)?;
        }
        self.line(depth, out);
        out.push('}');
        Ok(())
    }

    fn string(&self, text: &str, out: &mut String) {
        use std::fmt::Write as _;
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if (c as u32) < 0x20 || (self.ascii && (c as u32) > 0x7e) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }
}
