//! Finds the small pieces of a template's text.

/// The identifier at the beginning of `text`.
pub(super) fn ident(text: &str) -> &str {
    let end = text.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_numeric()) { "" } else { &text[..end] }
}

/// The number at the beginning of `text` (`10`, `1.5`, `1e3`, `0x1f`, `1_000`).
pub(super) fn number(text: &str) -> &str {
    let word = |text: &str| {
        text.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(text.len())
    };
    let mut end = word(text);
    let tail = &text[end..];
    let fraction = tail.strip_prefix('.').filter(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    if let Some(fraction) = fraction {
        end += 1 + word(fraction);
    }
    let exponent = text[..end].ends_with(['e', 'E']) && !text.starts_with("0x");
    let signed = text[end..].strip_prefix(['-', '+']);
    if let (true, Some(digits)) = (exponent, signed) {
        end += 1 + word(digits);
    }
    &text[..end]
}

/// Whether an index is a slice: a colon outside of brackets and strings.
pub(super) fn has_slice(key: &str) -> bool {
    let mut depth = 0;
    let mut quote = None;
    let mut chars = key.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ':') if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// The byte where the next `{{`, `{%` or `{#` begins.
pub(super) fn next_region(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|&i| bytes[i] == b'{' && matches!(bytes[i + 1], b'{' | b'%' | b'#'))
}

/// A raw block without its end.
pub(super) struct Endless;

/// The length of a raw block that begins here, or an error where it does not end.
pub(super) fn raw_block(text: &str) -> Option<Result<usize, Endless>> {
    let begin = tag(text, "raw")?;
    let mut at = begin;
    while let Some(next) = text[at..].find("{%") {
        at += next;
        if let Some(len) = tag(&text[at..], "endraw") {
            return Some(Ok(at + len));
        }
        at += 2;
    }
    Some(Err(Endless))
}

/// The length of `{% word %}` at the beginning of `text`.
fn tag(text: &str, word: &str) -> Option<usize> {
    let inner = text.strip_prefix("{%")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim_ascii_start();
    let inner = inner.strip_prefix(word)?.trim_ascii_start();
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(text.len() - inner.strip_prefix("%}")?.len())
}

/// Line and column (both from 1, in characters) of a byte offset.
pub(super) fn place(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
