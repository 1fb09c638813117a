//! Text into words: as Python's `shlex.split` does for commands, and Ansible's `key=value` within them.

use crate::node::{Node, NodeKind};

/// Splits `text` into words by the rules of a POSIX shell's quoting, without any expansion.
///
/// Source: Python, `shlex.split(posix=True, comments=False)`, which Ansible's `command` uses. Within
/// double quotes a backslash stays before anything but `"` and `\`. The error says what is unfinished.
pub(crate) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => {
                let escaped = chars.next().ok_or("nothing follows the last backslash")?;
                word.get_or_insert_default().push(escaped);
            }
            '\'' | '"' => quoted(&mut chars, c, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads on to the closing `quote`.
fn quoted(
    chars: &mut std::str::Chars<'_>,
    quote: char,
    word: &mut String,
) -> Result<(), &'static str> {
    const OPEN: &str = "a quotation is not closed";
    loop {
        match chars.next().ok_or(OPEN)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let next = chars.next().ok_or(OPEN)?;
                if !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            c => word.push(c),
        }
    }
}

/// Takes `creates=…`, `chdir=…` and the like out of a command's free text into options of their own.
///
/// Only what the operator wrote is searched: a rendered text is a literal by then, so that the value of
/// a variable can never become an option. Source of the list: Ansible, `parse_kv(check_raw=True)`.
pub(crate) fn take_options(entries: &mut Vec<(Node, Node)>) {
    let Some(at) = entries.iter().position(|(key, _)| key.as_str() == Some("_raw_params")) else {
        return;
    };
    let (key, node) = &entries[at];
    let NodeKind::Str(text) = &node.kind else { return };
    let (rest, found) = extract(text);
    if found.is_empty() {
        return;
    }
    let (key_pos, pos) = (key.pos, node.pos);
    entries[at].1.kind = NodeKind::Str(rest.as_str().into());
    if rest.is_empty() {
        entries.remove(at);
    }
    for (name, value) in found {
        let key = Node { pos: key_pos, kind: NodeKind::Str(name.into()) };
        entries.push((key, Node { pos, kind: NodeKind::Str(value.as_str().into()) }));
    }
}

/// The options that may stand in the free text of a command.
const IN_FREE_TEXT: &[&str] = &[
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
    "cmd",
];

/// What is left of the text, byte by byte, and the options found in it.
fn extract(text: &str) -> (String, Vec<(&'static str, String)>) {
    let (mut rest, mut found, mut at) = (String::new(), Vec::new(), 0);
    for (start, end) in spans(text) {
        let option = text[start..end].split_once('=').and_then(|(name, value)| {
            let name = IN_FREE_TEXT.iter().find(|known| **known == name)?;
            Some((*name, unquoted(value)))
        });
        if let Some(option) = option {
            rest.push_str(text[at..start].trim_end_matches(' '));
            found.push(option);
            at = end;
        }
    }
    rest.push_str(&text[at..]);
    (rest.trim().to_owned(), found)
}

/// Where the words of `text` lie; white space within quotes and template marks does not end a word.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let (mut spans, mut start, mut quote, mut depth) = (Vec::new(), None, None, 0_u32);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('{', Some('{' | '%' | '#')) => depth += 1,
            ('}' | '%' | '#', Some('}')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == '\\' && depth == 0 {
            start.get_or_insert(at);
            chars.next();
            continue;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if depth == 0 && matches!(c, '\'' | '"') => quote = Some(c),
            _ => {}
        }
        if c.is_whitespace() && quote.is_none() && depth == 0 {
            spans.extend(start.take().map(|start| (start, at)));
        } else {
            start.get_or_insert(at);
        }
    }
    // A word whose quotation is never closed is not an option.
    if quote.is_none() && depth == 0 {
        spans.extend(start.map(|start| (start, text.len())));
    }
    spans
}

/// The value without the quotation marks around it.
fn unquoted(value: &str) -> String {
    let inner = ['"', '\''].into_iter().find_map(|mark| {
        value.strip_prefix(mark)?.strip_suffix(mark).filter(|inner| !inner.contains(mark))
    });
    inner.unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_those_of_pythons_shlex() {
        for (text, words) in [
            ("ls -l  /tmp", vec!["ls", "-l", "/tmp"]),
            (r#"a "b c" 'd e' f\ g"#, vec!["a", "b c", "d e", "f g"]),
            (r#""a\"b\\c\$d" '\n'"#, vec![r#"a"b\c\$d"#, r"\n"]),
            ("a'b'\"c\"", vec!["abc"]),
            ("'' \"\"", vec!["", ""]),
            (
                "echo # no comment; $(id) `id` | wc",
                "echo # no comment; $(id) `id` | wc".split(' ').collect(),
            ),
            ("  \n", vec![]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        assert!(split("it's").is_err());
        assert!(split("\"a\\").is_err());
        assert!(split("a\\").is_err());
    }

    #[test]
    fn options_are_taken_out_of_free_text() {
        for (text, rest, found) in [
            ("ls creates=/x", "ls", vec![("creates", "/x")]),
            ("chdir=/srv make all", "make all", vec![("chdir", "/srv")]),
            ("make chdir='/a b' all", "make all", vec![("chdir", "/a b")]),
            (
                "a creates={{ x | default('y z') }} b",
                "a b",
                vec![("creates", "{{ x | default('y z') }}")],
            ),
            ("echo a=b 'creates=/x'", "echo a=b 'creates=/x'", vec![]),
            ("echo  two   spaces", "echo  two   spaces", vec![]),
            ("echo it's creates=/x", "echo it's creates=/x", vec![]),
            ("echo \\' creates=/x", "echo \\'", vec![("creates", "/x")]),
            ("a\nb creates=/x\nc", "a\nb\nc", vec![("creates", "/x")]),
        ] {
            let found: Vec<(&str, String)> =
                found.into_iter().map(|(k, v)| (k, v.to_owned())).collect();
            assert_eq!(extract(text), (rest.to_owned(), found), "{text}");
        }
    }

    #[test]
    fn a_rendered_text_gives_no_options() {
        let literal = Node::bare(NodeKind::Literal("ls chdir=/x".into()));
        let key = Node::bare(NodeKind::Str("_raw_params".into()));
        let mut entries = vec![(key, literal)];
        let before = entries.clone();
        take_options(&mut entries);
        assert_eq!(entries, before);
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_split_back(words in prop::collection::vec("[^\0]*", 0..6)) {
            prop_assert_eq!(split(&crate::quote::line(&words)).unwrap(), words);
        }

        #[test]
        fn extraction_never_breaks(text in "\\PC*") {
            let _ = extract(&text);
        }
    }
}
