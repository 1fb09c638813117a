//! Filters over paths, without looking at any file.

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("basename", |call| {
        let path = call.text()?;
        Ok(path.rsplit('/').next().unwrap_or_default().into())
    }),
    ("dirname", dirname),
    ("splitext", splitext),
    ("path_join", path_join),
    ("relpath", relpath),
    ("commonpath", commonpath),
    ("normpath", |call| Ok(normal(&call.text()?).into())),
];

fn dirname(call: &mut Call) -> Outcome {
    let path = call.text()?;
    let head = path.rfind('/').map_or("", |at| &path[..=at]);
    let bare = head.trim_end_matches('/');
    Ok(if bare.is_empty() { head } else { bare }.into())
}

fn splitext(call: &mut Call) -> Outcome {
    let path = call.text()?;
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let first = name + (path.len() - name - path[name..].trim_start_matches('.').len());
    let dot = path[first..].rfind('.').map_or(path.len(), |at| first + at);
    Ok(vec![&path[..dot], &path[dot..]].into())
}

fn path_join(call: &mut Call) -> Outcome {
    let parts = match call.subject()? {
        Value::Str(path) => return Ok(Value::Str(path.clone())),
        Value::List(parts) => parts,
        other => {
            return Err(format!("it expects a text or a list, not {}", python::kind(other)).into());
        }
    };
    let mut out = String::new();
    for part in parts.iter().map(python::text) {
        if part.starts_with('/') || out.is_empty() {
            out = part;
        } else {
            out.push_str(if out.ends_with('/') { "" } else { "/" });
            out.push_str(&part);
        }
    }
    Ok(out.into())
}

/// `os.path.normpath`.
fn normal(path: &str) -> String {
    if path.is_empty() {
        return ".".into();
    }
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let inside = parts.last().is_some_and(|last| *last != "..");
        match part {
            ".." if inside => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".into() } else { joined }
}

fn relpath(call: &mut Call) -> Outcome {
    let (path, start) = (normal(&call.text()?), normal(&call.str_or(1, "start", ".")));
    if path.starts_with('/') != start.starts_with('/') {
        return Err("one path is absolute and the other is not".into());
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|p| !p.is_empty() && *p != ".").map(ToOwned::to_owned).collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let shared = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - shared);
    let relative: Vec<String> = up.chain(path[shared..].iter().cloned()).collect();
    Ok(if relative.is_empty() { ".".into() } else { relative.join("/") }.into())
}

fn commonpath(call: &mut Call) -> Outcome {
    let paths: Vec<String> = call.items()?.iter().map(python::text).collect();
    let Some(first) = paths.first() else {
        return Err("it needs at least one path".into());
    };
    if paths.iter().any(|path| path.starts_with('/') != first.starts_with('/')) {
        return Err(Fault::Text("absolute and relative paths have nothing in common".into()));
    }
    let split = |path: &String| -> Vec<String> {
        path.split('/').filter(|p| !p.is_empty() && *p != ".").map(ToOwned::to_owned).collect()
    };
    let shared = paths.iter().map(split).reduce(|shared, parts| {
        shared.into_iter().zip(parts).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    let root = if first.starts_with('/') { "/" } else { "" };
    Ok(format!("{root}{}", shared.unwrap_or_default().join("/")).into())
}
