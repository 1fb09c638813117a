//! What a server answers, for people and for programs.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use hep_core::value::Value as Plain;
use hep_core::yaml::write::{Style, to_yaml};
use serde_json::Value;

use crate::terminal::visible;

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For people: a table, or a line for each field.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// YAML.
    Yaml,
}

/// A list.
pub(crate) fn list(items: &[Value], columns: &[&str], form: Form) -> String {
    match form {
        Form::Json => {
            items.iter().fold(String::new(), |text, item| text + &item.to_string() + "\n")
        }
        Form::Yaml => yaml(&Value::Array(items.to_vec())),
        Form::Text => table(items, columns),
    }
}

/// One thing.
pub(crate) fn one(item: &Value, form: Form) -> String {
    match form {
        Form::Json => format!("{item}\n"),
        Form::Yaml => yaml(item),
        Form::Text => fields(item),
    }
}

fn yaml(value: &Value) -> String {
    let plain = serde_json::from_value::<Plain>(value.clone()).unwrap_or_default();
    to_yaml(&plain, Style { indent: 2, ..Style::NICE })
}

fn table(items: &[Value], columns: &[&str]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| heading(column)));
    for item in items {
        table.add_row(columns.iter().map(|column| cell(column, &item[*column])));
    }
    // The library puts a space before the first column.
    let lines = table.lines().map(|line| line.trim().to_owned() + "\n");
    lines.collect()
}

/// What stands over a column. Milliseconds are shown as a time, so their unit is left out.
fn heading(column: &str) -> String {
    column.strip_suffix("_ms").unwrap_or(column).to_uppercase().replace('_', " ")
}

/// A line for each field that says something.
fn fields(item: &Value) -> String {
    let Some(map) = item.as_object() else { return cell("", item) + "\n" };
    let told: Vec<(&String, String)> = map
        .iter()
        .map(|(name, value)| (name, cell(name, value)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let width = told.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    told.iter()
        .map(|(name, text)| format!("{name:width$}  {text}"))
        .fold(String::new(), |all, line| all + &line + "\n")
}

/// Milliseconds since 1970 as people read them; always in UTC, whoever looks from wherever.
fn instant(ms: i64) -> String {
    let (year, month, day) = hep_core::instant::civil(ms.div_euclid(86_400_000));
    let seconds = ms.rem_euclid(86_400_000) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A line as it may be shown.
pub(crate) fn safe(line: &str) -> String {
    visible::line(line.as_bytes()).into_owned()
}

/// A value in one line. What it says may come from a host: nothing of it drives the terminal.
fn cell(name: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::Number(number) if name.ends_with("_ms") => {
            number.as_i64().map_or_else(String::new, instant)
        }
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(|item| cell("", item)).collect();
            words.join(",")
        }
        // Who did something, and when.
        Value::Object(map)
            if map.len() == 2 && map.contains_key("at_ms") && map.contains_key("by") =>
        {
            format!("{} by {}", cell("at_ms", &map["at_ms"]), cell("by", &map["by"]))
        }
        Value::Object(map) => {
            let words = map.iter().map(|(name, value)| format!("{name}={}", cell(name, value)));
            words.collect::<Vec<_>>().join(",")
        }
    };
    visible::line(text.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn things_are_shown() {
        let host = json!({
            "name": "web1", "port": 22, "labels": {"env": "prod"}, "groups": ["a", "b"], "notes": "",
            "zone": null, "created": {"at_ms": 0, "by": "ana"}, "seen_ms": 1_000_000_000_123_i64, "os": "x\u{1b}[31my"
        });
        let text = one(&host, Form::Text);
        assert!(text.contains("labels   env=prod\n"), "{text}");
        assert!(text.contains("created  1970-01-01T00:00:00Z by ana\n"), "{text}");
        assert!(text.contains("seen_ms  2001-09-09T01:46:40Z\n"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("zone"), "{text}");
        let table = list(std::slice::from_ref(&host), &["name", "groups"], Form::Text);
        assert_eq!(table, "NAME  GROUPS\nweb1  a,b\n");
        let table = list(std::slice::from_ref(&host), &["name", "seen_ms"], Form::Text);
        assert_eq!(table, "NAME  SEEN\nweb1  2001-09-09T01:46:40Z\n");
        assert_eq!(list(&[json!({"a": 1})], &[], Form::Json), "{\"a\":1}\n");
        assert_eq!(one(&json!({"b": [1], "a": "x"}), Form::Yaml), "a: x\nb:\n- 1\n");
    }
}
