//! `FIELD=VALUE` words as a JSON object.

use std::path::Path;

use hep_core::message::Message;
use hep_core::message::client as say;
use serde_json::{Map, Value};

use crate::cli::Failure;

/// Reads the words over what a file says. A dot in a field goes into an object: `labels.env=prod`. A value that
/// is JSON is that (`port=2222`, `enabled=false`, `hosts=["a"]`, `zone=null`), any other is text; `FIELD:=TEXT` is
/// text whatever it looks like, and `FIELD@FILE` the text of a file, `-` for standard input.
pub(crate) fn object(words: &[String], mut whole: Map<String, Value>) -> Result<Value, Failure> {
    for word in words {
        let (field, value) = assignment(word).ok_or_else(|| say::bad_assignment(word))?;
        let value = value.read()?;
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

/// Where the value of a field is.
enum Given<'w> {
    /// In the word, which may be JSON.
    Here(&'w str),
    /// In the word, as text.
    Text(&'w str),
    /// In a file, as text.
    File(&'w Path),
}

impl Given<'_> {
    fn read(self) -> Result<Value, Message> {
        let text = match self {
            Self::Here(text) => {
                return Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into()));
            }
            Self::Text(text) => text.to_owned(),
            Self::File(path) => one_line(text_of(path)?),
        };
        Ok(Value::String(text))
    }
}

fn assignment(word: &str) -> Option<(&str, Given<'_>)> {
    let (field, rest) = word.split_at(word.find(['=', '@'])?);
    let (field, given) = match (field.strip_suffix(':'), rest.split_at(1)) {
        (None, ("@", path)) => (field, Given::File(Path::new(path))),
        (Some(field), ("=", text)) => (field, Given::Text(text)),
        (None, (_, text)) => (field, Given::Here(text)),
        (Some(_), _) => return None,
    };
    let is_field = !field.is_empty() && !field.split('.').any(str::is_empty);
    is_field.then_some((field, given))
}

/// The text of a file, `-` for standard input.
pub(crate) fn text_of(path: &Path) -> Result<String, Message> {
    let text = match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(path),
    };
    text.map_err(|error| say::cannot_read(path.display(), error))
}

/// A password or a name in a file ends with a line's end that is no part of it.
fn one_line(text: String) -> String {
    match text.strip_suffix('\n') {
        Some(line) if !line.contains('\n') => line.to_owned(),
        _ => text,
    }
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
    fn a_value_is_the_text_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for (text, value) in
            [("7", "7"), ("pass word\n", "pass word"), ("one\ntwo\n", "one\ntwo\n")]
        {
            let path = folder.path().join("value");
            std::fs::write(&path, text).unwrap();
            let word = format!("a.b@{}", path.display());
            assert_eq!(read(&[&word, "c=x@y"]).unwrap(), json!({"a": {"b": value}, "c": "x@y"}));
        }
        assert!(read(&[&format!("a@{}/none", folder.path().display())]).is_err());
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for words in [&["name"][..], &["=x"], &["a..b=1"], &["a=1", "a.b=2"], &["@x"], &["a:@x"]] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
