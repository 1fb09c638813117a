//! `key=value` text.

use std::sync::Arc;

use crate::node::{Node, NodeKind};

/// The pairs in a text, and the rest of it: what has no `=`. Quotes and template marks keep white space
/// together; a value loses its quotes.
///
/// Source of the rules: Ansible, `parsing/splitter.py`.
pub(super) fn pairs(node: &Node) -> Option<(Vec<(Node, Node)>, String)> {
    let text = node.as_str()?;
    let make = |text: &str| {
        let text: Arc<str> = text.into();
        let kind = match node.kind {
            NodeKind::Str(_) => NodeKind::Str(text),
            _ => NodeKind::Literal(text),
        };
        Node { pos: node.pos, kind }
    };
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for word in words(text) {
        match word.split_once('=').filter(|(name, _)| is_name(name)) {
            Some((name, value)) => found.push((make(name), make(&unescaped(unquoted(value))))),
            None => rest.push(word),
        }
    }
    Some((found, rest.join(" ")))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// The words of a text, with their quotes.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote, mut depth) = (Vec::new(), None, None, 0_usize);
    let mut escaped = false;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        let pair = bytes.get(at..at + 2).unwrap_or_default();
        match pair {
            b"{{" | b"{%" | b"{#" if quote.is_none() || depth > 0 => depth += 1,
            b"}}" | b"%}" | b"#}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if quote.is_some() => escaped = true,
            '\'' | '"' if depth == 0 && quote.is_none() => quote = Some(c),
            c if depth == 0 && quote == Some(c) => quote = None,
            c if c.is_whitespace() && quote.is_none() && depth == 0 => {
                words.extend(start.take().map(|start: usize| &text[start..at]));
                continue;
            }
            _ => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| {
        text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.ends_with('\\'))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Python's escapes of single characters, which Ansible resolves in such text.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let replaced = match (c, chars.peek()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some(quoted @ ('\\' | '\'' | '"'))) => Some(*quoted),
            _ => None,
        };
        if replaced.is_some() {
            chars.next();
        }
        out.push(replaced.unwrap_or(c));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_pairs_and_a_rest() {
        let cases = [
            ("a=1 b=two", &[("a", "1"), ("b", "two")][..], ""),
            ("a='x y' b=\"it's\"", &[("a", "x y"), ("b", "it's")], ""),
            ("a={{ x | d('y z') }} b=c", &[("a", "{{ x | d('y z') }}"), ("b", "c")], ""),
            ("some file.yml a=1", &[("a", "1")], "some file.yml"),
            ("msg=\"{{ a }} and {{ b }}\"", &[("msg", "{{ a }} and {{ b }}")], ""),
            ("line='a=b c=d'", &[("line", "a=b c=d")], ""),
            ("x=a=b", &[("x", "a=b")], ""),
            ("x=a\\nb", &[("x", "a\nb")], ""),
            ("x=\"a \\\"b\\\" c\"", &[("x", "a \"b\" c")], ""),
            ("x=", &[("x", "")], ""),
            ("  a=1\n  b=2\n", &[("a", "1"), ("b", "2")], ""),
            ("é=1 ünd", &[], "é=1 ünd"),
            // Printed by Ansible 2.19's `parse_kv`.
            ("regexp='^\\s+(x)$' line='\\1 y'", &[("regexp", "^\\s+(x)$"), ("line", "\\1 y")], ""),
            ("path=/x line=\"a  b\"", &[("path", "/x"), ("line", "a  b")], ""),
            ("x='a''b'", &[("x", "a''b")], ""),
            ("a=b\\ c", &[("a", "b\\")], "c"),
            (
                "content={{ {'a': 1} | to_json }} dest=x",
                &[("content", "{{ {'a': 1} | to_json }}"), ("dest", "x")],
                "",
            ),
            ("a=b # c=d", &[("a", "b"), ("c", "d")], "#"),
            ("a = 1", &[], "a = 1"),
            ("a==b", &[("a", "=b")], ""),
            ("a=\"{{ 'x' }}\"", &[("a", "{{ 'x' }}")], ""),
        ];
        for (text, expected, rest) in cases {
            let (found, left) = pairs(&Node::bare(NodeKind::Str(text.into()))).unwrap();
            let found: Vec<_> =
                found.iter().map(|(k, v)| (k.as_str().unwrap(), v.as_str().unwrap())).collect();
            assert_eq!(found, expected, "{text:?}");
            assert_eq!(left, rest, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ a='\"{}%#\\\\é\n]{0,40}|\\PC{0,40}") {
            let _ = pairs(&Node::bare(NodeKind::Str(text.into())));
        }
    }
}
