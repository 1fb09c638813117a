//! `FIELD=VALUE` words as a JSON object.

use hep_core::message::client as say;
use serde_json::{Map, Value};

use crate::cli::Failure;

/// Reads the words over what a file says. A dot in a field goes into an object: `labels.env=prod`. A value that
/// is JSON is that (`port=2222`, `enabled=false`, `hosts=["a"]`, `zone=null`), any other is text; `FIELD:=TEXT` is
/// text whatever it looks like.
pub(crate) fn object(words: &[String], mut whole: Map<String, Value>) -> Result<Value, Failure> {
    for word in words {
        let (field, value) = assignment(word).ok_or_else(|| say::bad_assignment(word))?;
        let mut at = &mut whole;
        let mut names = field.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                at.insert(name.to_owned(), value);
                break;
            }
            let inner = at.entry(name).or_insert_with(|| Value::Object(Map::new()));
            at = inner.as_object_mut().ok_or_else(|| say::assigned_twice(field))?;
        }
    }
    Ok(Value::Object(whole))
}

fn assignment(word: &str) -> Option<(&str, Value)> {
    let (field, text) = word.split_once('=')?;
    let (field, is_text) = match field.strip_suffix(':') {
        Some(field) => (field, true),
        None => (field, false),
    };
    if field.is_empty() || field.split('.').any(str::is_empty) {
        return None;
    }
    let read = serde_json::from_str(text).ok().filter(|_| !is_text);
    Some((field, read.unwrap_or_else(|| Value::String(text.to_owned()))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(words: &[&str]) -> Result<Value, Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        object(&words, Map::new())
    }

    #[test]
    fn words_become_an_object() {
        let cases: [(&[&str], Value); 5] = [
            (&["name=web1", "port=2222"], json!({"name": "web1", "port": 2222})),
            (
                &["labels.env=prod", "labels.rack=\"7\""],
                json!({"labels": {"env": "prod", "rack": "7"}}),
            ),
            (&["labels.rack:=7", "zone=null"], json!({"labels": {"rack": "7"}, "zone": null})),
            (&["notes=a=b c", "enabled=false"], json!({"notes": "a=b c", "enabled": false})),
            (&["drivers=[\"docker\"]", "x="], json!({"drivers": ["docker"], "x": ""})),
        ];
        for (words, expected) in cases {
            assert_eq!(read(words).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for words in [&["name"][..], &["=x"], &["a..b=1"], &["a=1", "a.b=2"]] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
