//! Local facts: `/etc/ansible/facts.d/*.fact`, each JSON, an INI file, or a program that prints one.

use super::{Known, put};
use crate::value::{Map, Value};

/// Where they lie.
pub const DIRECTORY: &str = "/etc/ansible/facts.d";
/// Seconds that one program may take.
pub const SECONDS: u64 = 10;
/// Bytes of one file or output that are read.
pub const LIMIT: usize = 1 << 20;

pub(super) fn gather(known: &Known, facts: &mut Map) {
    let mut local = Map::new();
    for (name, content) in &known.local {
        let value = match content {
            Ok(text) => parse(text),
            Err(why) => Value::str(format!("error loading fact - {why}: {DIRECTORY}/{name}.fact")),
        };
        put(&mut local, name, value);
    }
    put(facts, "local", local);
}

/// JSON, or sections of `name = value` with names in lower case, as Python's `configparser` reads them.
fn parse(text: &str) -> Value {
    if let Ok(value) = serde_json::from_slice(text.as_bytes()) {
        return value;
    }
    let mut sections = Map::new();
    let mut section: Option<(String, Map)> = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if let Some((name, map)) = section.replace((name.to_owned(), Map::new())) {
                put(&mut sections, &name, map);
            }
        } else if !line.is_empty() && !line.starts_with(['#', ';']) {
            let (Some((_, map)), Some(at)) = (&mut section, line.find(['=', ':'])) else {
                return "error loading facts as JSON or ini - please check content".into();
            };
            let (name, value) = (line[..at].trim().to_lowercase(), line[at + 1..].trim());
            put(map, &name, value);
        }
    }
    if let Some((name, map)) = section {
        put(&mut sections, &name, map);
    }
    sections.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_ini_and_neither() {
        assert_eq!(parse("{\"a\": 1}"), Value::from([("a", 1)]));
        let ini = parse("[one]\nA = x y\n# c\n[two]\nb: 2\n");
        assert_eq!(ini.get("one").and_then(|s| s.get("a")), Some(&Value::from("x y")));
        assert_eq!(ini.get("two").and_then(|s| s.get("b")), Some(&Value::from("2")));
        assert!(parse("what is this").as_str().is_some_and(|t| t.starts_with("error loading")));
    }
}
