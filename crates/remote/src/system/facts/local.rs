//! Local facts: `/etc/ansible/facts.d/*.fact`, each JSON, an INI file, or a program that prints one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hep_core::value::{Map, Value};

use super::put;
use crate::system::command::{How, Spec, run};

const DIRECTORY: &str = "/etc/ansible/facts.d";
/// Seconds that one program may take.
const SECONDS: u64 = 10;
/// Bytes of one file or output that are read.
const LIMIT: usize = 1 << 20;

pub(super) fn gather(facts: &mut Map) {
    let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "fact"));
    paths.sort();
    let mut local = Map::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let value = match content(&path) {
            Ok(text) => parse(&text),
            Err(why) => Value::str(format!("error loading fact - {why}: {}", path.display())),
        };
        put(&mut local, &name, value);
    }
    put(facts, "local", local);
}

fn content(path: &Path) -> Result<String, String> {
    let meta = fs::metadata(path).map_err(|error| error.to_string())?;
    if meta.permissions().mode() & 0o111 == 0 {
        if meta.len() > LIMIT as u64 {
            return Err("too large".into());
        }
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let argv = vec![OsString::from(path)];
    let timeout = Some(Duration::from_secs(SECONDS));
    let spec = Spec { argv, timeout, keep: LIMIT, ..Spec::default() };
    let ended = run(&spec, None, &mut |_, _| {}).map_err(|error| error.to_string())?;
    match (ended.how, ended.rc) {
        (How::Exited, 0) => Ok(String::from_utf8_lossy(&ended.out.into_bytes()).into_owned()),
        (How::Exited, rc) => Err(format!("status {rc}")),
        _ => Err(format!("no end within {SECONDS} seconds")),
    }
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
