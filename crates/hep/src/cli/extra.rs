//! `-e`: variables from the command line.

use std::collections::BTreeSet;
use std::sync::Arc;

use hep_core::diagnostic::{Diagnostic, Source};
use hep_core::inventory::words;
use hep_core::message::cli as say;
use hep_core::node::{Node, NodeKind, Pos};
use hep_core::vars::{Layer, Var};
use hep_core::vault::{self, Keys};
use hep_core::yaml;

use super::connect::Extra;
use super::failure::Failure;
use super::hidden;
use crate::terminal::Screen;

/// All variables of the command line, those that are secret over the others.
pub(crate) fn all(
    extra: &Extra,
    keys: &Keys,
    sources: &mut Vec<Source>,
    screen: &Screen,
) -> Result<Layer, Failure> {
    let mut all = layer(&extra.extra_vars, keys, sources)?;
    for (name, value) in hidden::values(&extra.secret, screen)? {
        let node = Node::bare(NodeKind::Secret(value.expose().as_str().into()));
        all.insert(name.into(), Var::Authored(node));
    }
    Ok(all)
}

/// The names of the variables that come out of a file that is encrypted as a whole.
pub(crate) fn encrypted(texts: &[String], keys: &Keys) -> Result<BTreeSet<Arc<str>>, Failure> {
    let mut names = BTreeSet::new();
    for text in texts {
        let file = text.strip_prefix('@').map(std::fs::read).and_then(Result::ok);
        let is_sealed = file.is_some_and(|content| vault::is_sealed(&content));
        for name in layer(std::slice::from_ref(text), keys, &mut Vec::new())?.into_keys() {
            if is_sealed {
                names.insert(name)
            } else {
                names.remove(&name)
            };
        }
    }
    Ok(names)
}

/// The variables of all texts, a later one over an earlier. What was read goes to the end of `sources`.
pub(crate) fn layer(
    texts: &[String],
    keys: &Keys,
    sources: &mut Vec<Source>,
) -> Result<Layer, Failure> {
    let mut layer = Layer::new();
    for text in texts {
        if let Some(path) = text.strip_prefix('@') {
            let bytes = std::fs::read_to_string(path);
            let content = bytes.map_err(|error| say::cannot_read(path, error))?;
            mapping(path, &content, keys, sources, &mut layer)?;
        } else if text.trim_start().starts_with(['{', '[']) {
            mapping("-e", text, keys, sources, &mut layer)?;
        } else {
            pairs(text, &mut layer)?;
        }
    }
    Ok(layer)
}

fn pairs(text: &str, layer: &mut Layer) -> Result<(), Failure> {
    let words = words::split(text, false).map_err(|_| say::extra_quote(text))?;
    for word in &words {
        let pair = word.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = pair.ok_or_else(|| say::bad_extra(text))?;
        let node = Node::bare(NodeKind::Str(value.into()));
        layer.insert(name.into(), Var::Authored(node));
    }
    Ok(())
}

fn mapping(
    name: &str,
    text: &str,
    keys: &Keys,
    sources: &mut Vec<Source>,
    layer: &mut Layer,
) -> Result<(), Failure> {
    let file = u16::try_from(sources.len()).unwrap_or(u16::MAX);
    let sealed = vault::is_sealed(text.as_bytes());
    let shown: Arc<str> = if sealed { "".into() } else { text.into() };
    sources.push(Source { name: name.into(), text: shown });
    let at = |pos, message| Failure::found(Diagnostic::new(pos, message), sources.clone());
    let start = Pos { file, line: 1, col: 1 };
    let opened = if sealed {
        keys.open(text).map_err(|message| at(start, message))?.expose().clone()
    } else {
        text.to_owned()
    };
    let mut decrypt = |text: &str, _| keys.open(text).map(|opened| opened.expose().clone());
    let parsed = yaml::parse_one(&opened, file, &mut decrypt);
    let mut node = parsed.map_err(|fault| Failure::found(fault, sources.clone()))?;
    if sealed {
        node.seal();
    }
    match node.kind {
        NodeKind::Map(entries) => {
            layer.extend(entries.into_iter().map(|(k, v)| (k.key_text(), Var::Authored(v))));
            Ok(())
        }
        NodeKind::Null => Ok(()),
        NodeKind::List(_) => Err(at(node.pos, say::extra_not_a_map(name, "a list"))),
        _ => Err(at(node.pos, say::extra_not_a_map(name, "a single value"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Vec<(String, String)>, Failure> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let layer = layer(&texts, &Keys::default(), &mut vec![])?;
        let show = |(name, var): (&Arc<str>, &Var)| match var {
            Var::Authored(node) => (name.to_string(), format!("{:?}", node.to_value())),
            Var::Data(value, _) => (name.to_string(), format!("{value:?}")),
        };
        Ok(layer.iter().map(show).collect())
    }

    #[test]
    fn three_forms_and_the_later_wins() {
        let found = read(&["a=1 b='two words'", "{\"a\": 2, \"c\": [true]}", "d=x=y"]).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(found[0].1, "Int(2)");
        assert_eq!(found[1].1, "Str(\"two words\")");
        assert_eq!(found[3].1, "Str(\"x=y\")");
    }

    #[test]
    fn what_is_no_variable_is_an_error() {
        for text in ["novalue", "a='x", "=x", "[1]", "{a: ", "@/no/such/file"] {
            assert!(read(&[text]).is_err(), "{text}");
        }
    }
}
