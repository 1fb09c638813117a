//! JSON as XML and back: one mapping for everything.
//!
//! | JSON | XML |
//! |---|---|
//! | the whole | the root element, whatever its name; ours is `answer` |
//! | object | an element for each key; a key that is no name of XML is `<entry key="…">` |
//! | list | `<item>` for each entry; the element says `type="list"` |
//! | text | the element's text |
//! | number, boolean, null | the element's text, `type="number"`, `type="boolean"`, `type="null"` |
//!
//! What comes in needs no `type`: an element whose children are all `item` is a list, one with other children an
//! object, any other is text, which is read as a number or a boolean where one is wanted.

use std::borrow::Cow;

use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use serde_json::{Map, Value};

/// What XML is called.
pub(super) const MEDIA_TYPE: &str = "application/xml";
/// Elements within elements are followed so far.
const DEPTH: usize = 64;

/// JSON as XML.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    write_element(&mut writer, "answer", None, value);
    writer.into_inner()
}

/// Writing into memory cannot fail.
fn write_element(writer: &mut Writer<Vec<u8>>, name: &str, key: Option<&str>, value: &Value) {
    let mut start = BytesStart::new(name);
    if let Some(key) = key {
        start.push_attribute(("key", &*shown(key)));
    }
    let kind = match value {
        Value::Null => Some("null"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(_) => Some("number"),
        Value::Array(_) => Some("list"),
        Value::Object(map) if map.is_empty() => Some("object"),
        Value::String(_) | Value::Object(_) => None,
    };
    if let Some(kind) = kind {
        start.push_attribute(("type", kind));
    }
    let end = start.to_end().into_owned();
    let _ = writer.write_event(Event::Start(start));
    match value {
        Value::Null => {}
        Value::Bool(flag) => text(writer, &flag.to_string()),
        Value::Number(number) => text(writer, &number.to_string()),
        Value::String(said) => text(writer, said),
        Value::Array(items) => {
            for item in items {
                write_element(writer, "item", None, item);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                match is_name(key) {
                    true => write_element(writer, key, None, value),
                    false => write_element(writer, "entry", Some(key), value),
                }
            }
        }
    }
    let _ = writer.write_event(Event::End(end));
}

fn text(writer: &mut Writer<Vec<u8>>, said: &str) {
    // A carriage return that is written as it is would be read as a newline.
    let escaped = quick_xml::escape::escape(shown(said)).replace('\r', "&#13;");
    let _ = writer.write_event(Event::Text(BytesText::from_escaped(escaped)));
}

/// A text without what XML 1.0 cannot hold; such characters become the mark of a replaced one.
fn shown(said: &str) -> Cow<'_, str> {
    let holds = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
            || c >= '\u{10000}'
    };
    if said.chars().all(holds) {
        return Cow::Borrowed(said);
    }
    Cow::Owned(said.chars().map(|c| if holds(c) { c } else { '\u{fffd}' }).collect())
}

/// Whether a key can be an element's name, and is not taken for something else.
fn is_name(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !matches!(key, "item" | "entry")
        && !key.to_ascii_lowercase().starts_with("xml")
}

/// An element that is being read.
struct Open {
    key: String,
    kind: Option<String>,
    text: String,
    children: Vec<(String, Value)>,
}

/// XML as JSON; what is wrong with it otherwise.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut whole = None;
    loop {
        let at = reader.buffer_position();
        let fault = |why: String| format!("byte {at}: {why}");
        match reader.read_event().map_err(|error| fault(error.to_string()))? {
            Event::Eof if open.is_empty() => {
                return whole.ok_or_else(|| "there is no element".to_owned());
            }
            Event::Eof => return Err("the last element has no end".to_owned()),
            Event::DocType(_) => return Err(fault("a document type is not taken".to_owned())),
            Event::Start(start) => {
                if open.len() >= DEPTH {
                    return Err(fault(format!("elements are nested deeper than {DEPTH}")));
                }
                open.push(begin(&start).map_err(fault)?);
            }
            Event::Empty(start) => {
                let element = begin(&start).map_err(fault)?;
                end(element, &mut open, &mut whole).map_err(fault)?;
            }
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    end(element, &mut open, &mut whole).map_err(fault)?;
                }
            }
            Event::Text(said) => {
                push(&mut open, &said.xml10_content()).map_err(fault)?;
            }
            Event::CData(said) => {
                push(&mut open, &said.xml10_content()).map_err(fault)?;
            }
            Event::GeneralRef(name) => {
                let resolved = name.resolve_char_ref().map_err(|error| fault(error.to_string()))?;
                let known = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let said = resolved.map(String::from).or(known);
                push(
                    &mut open,
                    &said.ok_or_else(|| fault(format!("unknown entity `{}`", &*name)))?,
                )
                .map_err(fault)?;
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

fn begin(start: &BytesStart<'_>) -> Result<Open, String> {
    let attribute = |name: &str| -> Result<Option<String>, String> {
        let found = start.try_get_attribute(name).map_err(|error| error.to_string())?;
        let value = found.map(|found| found.normalized_value(quick_xml::XmlVersion::Implicit1_0));
        let value = value.transpose().map_err(|error| error.to_string())?;
        Ok(value.map(Cow::into_owned))
    };
    let name = start.local_name().as_ref().to_owned();
    let key = if name == "entry" { attribute("key")?.unwrap_or(name) } else { name };
    Ok(Open { key, kind: attribute("type")?, text: String::new(), children: Vec::new() })
}

fn push(open: &mut [Open], said: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(said),
        None if said.trim().is_empty() => {}
        None => return Err("text outside of an element".to_owned()),
    }
    Ok(())
}

fn end(element: Open, open: &mut [Open], whole: &mut Option<Value>) -> Result<(), String> {
    let key = element.key.clone();
    let value = value(element)?;
    match open.last_mut() {
        Some(parent) => parent.children.push((key, value)),
        None if whole.is_none() => *whole = Some(value),
        None => return Err("there is more than one element at the top".to_owned()),
    }
    Ok(())
}

fn value(element: Open) -> Result<Value, String> {
    let Open { key, kind, text, children } = element;
    let all_items = !children.is_empty() && children.iter().all(|(key, _)| key == "item");
    match kind.as_deref() {
        Some("null") => Ok(Value::Null),
        Some("boolean") => match text.trim() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(format!("`{other}` in `{key}` is no boolean")),
        },
        Some("number") => {
            let number = serde_json::from_str::<serde_json::Number>(text.trim());
            number.map(Value::Number).map_err(|_| format!("`{text}` in `{key}` is no number"))
        }
        Some("list") => Ok(Value::Array(children.into_iter().map(|(_, value)| value).collect())),
        Some("object") => object(children),
        Some(other) => Err(format!("`{other}` is no type of ours")),
        None if all_items => {
            Ok(Value::Array(children.into_iter().map(|(_, value)| value).collect()))
        }
        None if !children.is_empty() => object(children),
        None => Ok(Value::String(text)),
    }
}

fn object(children: Vec<(String, Value)>) -> Result<Value, String> {
    let mut map = Map::new();
    for (key, value) in children {
        if map.contains_key(&key) {
            return Err(format!("`{key}` is there twice"));
        }
        map.insert(key, value);
    }
    Ok(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| json!(number)),
            "[^\\p{C}]{0,12}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map("[^\\p{C}]{0,8}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any_json()) {
            prop_assert_eq!(read(&write(&value)), Ok(value));
        }

        #[test]
        fn nothing_that_comes_in_harms(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn what_people_write() {
        let cases = [
            ("<host><name>a</name><port>22</port></host>", json!({"name": "a", "port": "22"})),
            (
                "<x><drivers><item>docker</item><item>lxc</item></drivers></x>",
                json!({"drivers": ["docker", "lxc"]}),
            ),
            ("<x><a>1 &lt; 2 &amp; &#65;</a></x>", json!({"a": "1 < 2 & A"})),
            (
                "<?xml version=\"1.0\"?>\n<!-- hm -->\n<x>\n  <a><![CDATA[<b>]]></a>\n</x>\n",
                json!({"a": "<b>"}),
            ),
            ("<x><a type=\"list\"/><b type=\"object\"/></x>", json!({"a": [], "b": {}})),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let deep = "<a>".repeat(DEPTH + 1);
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>";
        for text in
            ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a><b/><b/></a>", "<a>&x;</a>", bomb, &deep]
        {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
