//! What module `template` does to a template's text before it is rendered: line ends, and white space
//! around blocks where a task wants it otherwise than usual.

/// How white space around blocks is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Whether the line end after a block is left out (Ansible's usual way).
    pub trim: bool,
    /// Whether white space before a block at the beginning of a line is left out.
    pub lstrip: bool,
}

/// The text with all line ends as `newline`. Source: Jinja, `newline_sequence`.
pub(crate) fn with_newlines(text: &str, newline: &str) -> String {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    if newline == "\n" { unified } else { unified.replace('\n', newline) }
}

/// Writes into the text, by Jinja's own signs (`+%}`), what an engine with `trim_blocks` and without
/// `lstrip_blocks` is to do otherwise.
pub(crate) fn with_blocks(text: &str, blocks: Blocks) -> String {
    if blocks == (Blocks { trim: true, lstrip: false }) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (data, tag) = rest.split_at(at);
        out.push_str(data);
        rest = match tag.get(1..2) {
            Some("{") => copy(&mut out, tag, end_of(tag, "}}")),
            Some("%") if is_tag(tag, "raw") => {
                strip(&mut out, tag, blocks);
                let raw = end_of(tag, "%}");
                let body = put_tag(&mut out, tag, raw, blocks);
                let end = end_of_raw(body);
                copy(&mut out, body, end)
            }
            Some("%") => {
                strip(&mut out, tag, blocks);
                put_tag(&mut out, tag, end_of(tag, "%}"), blocks)
            }
            Some("#") => {
                strip(&mut out, tag, blocks);
                let end = tag.find("#}").map_or(tag.len(), |at| at + 2);
                put_tag(&mut out, tag, end, blocks)
            }
            _ => copy(&mut out, tag, 1),
        };
    }
    out.push_str(rest);
    out
}

fn copy<'a>(out: &mut String, text: &'a str, len: usize) -> &'a str {
    let (head, tail) = text.split_at(len);
    out.push_str(head);
    tail
}

/// Copies a tag; its line end is kept by a `+` where that is wanted.
fn put_tag<'a>(out: &mut String, text: &'a str, len: usize, blocks: Blocks) -> &'a str {
    let (tag, tail) = text.split_at(len);
    let has_sign = tag.len() < 5 || matches!(tag.as_bytes().get(tag.len() - 3), Some(b'-' | b'+'));
    let keeps = !blocks.trim && !has_sign && tail.starts_with(['\n', '\r']);
    if keeps {
        out.push_str(&tag[..len - 2]);
        out.push('+');
        out.push_str(&tag[len - 2..]);
    } else {
        out.push_str(tag);
    }
    tail
}

/// Takes back white space since the last line end, when nothing else stands there.
fn strip(out: &mut String, tag: &str, blocks: Blocks) {
    let has_sign = matches!(tag.as_bytes().get(2), Some(b'-' | b'+'));
    let start = out.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    if blocks.lstrip && !has_sign && out[start..].chars().all(char::is_whitespace) {
        out.truncate(start);
    }
}

/// Where a tag ends, its quoted texts passed over.
fn end_of(tag: &str, end: &str) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in tag.char_indices().skip(2) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, _) if tag[at..].starts_with(end) => return at + end.len(),
            _ => {}
        }
    }
    tag.len()
}

/// Whether a tag is `{% NAME %}`.
fn is_tag(tag: &str, name: &str) -> bool {
    let inner = tag[2..].trim_start_matches(['-', '+']).trim_start();
    inner.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Where the tag that ends a raw block begins.
fn end_of_raw(body: &str) -> usize {
    let ends = body.match_indices("{%").map(|(at, _)| at);
    ends.into_iter().find(|at| is_tag(&body[*at..], "endraw")).unwrap_or(body.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn white_space_is_written_into_the_text() {
        let keep = Blocks { trim: false, lstrip: false };
        let lstrip = Blocks { trim: true, lstrip: true };
        for (text, blocks, expected) in [
            ("{% if a %}\nx\n{% endif %}\n", keep, "{% if a +%}\nx\n{% endif +%}\n"),
            ("{% if a -%}\nx{% endif %}y", keep, "{% if a -%}\nx{% endif %}y"),
            ("{# c #}\n{{ '%}' }}\n", keep, "{# c +#}\n{{ '%}' }}\n"),
            ("{% set a = '%}' %}\n", keep, "{% set a = '%}' +%}\n"),
            ("{% raw %}\n{% if %}\n{% endraw %}\n", keep, "{% raw +%}\n{% if %}\n{% endraw +%}\n"),
            ("  {% if a %}\n a {% b %}", lstrip, "{% if a %}\n a {% b %}"),
            ("  {%+ if a %}\n\t{# x #}", lstrip, "  {%+ if a %}\n{# x #}"),
            ("a { b {", keep, "a { b {"),
        ] {
            assert_eq!(with_blocks(text, blocks), expected, "{text}");
        }
        assert_eq!(with_newlines("a\r\nb\rc\n", "\n"), "a\nb\nc\n");
        assert_eq!(with_newlines("a\nb\r\n", "\r\n"), "a\r\nb\r\n");
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[{}%#+ \\n'\"raéendw-]*", trim: bool, lstrip: bool) {
            let out = with_blocks(&text, Blocks { trim, lstrip });
            let bare = |text: &str| text.replace(['+', ' ', '\n'], "");
            prop_assert_eq!(bare(&out), bare(&text));
        }
    }
}
