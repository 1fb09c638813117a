//! Texts of hosts made harmless for a terminal: what would move the cursor, change colours, answer for the
//! person or turn the reading direction is shown as it is written.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line of output. Control characters are shown as `cat -v` does (`^[`), bytes that are no UTF-8 and
/// invisible characters of Unicode by their numbers.
pub(crate) fn line(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(|c| c != '\t' && is_harmful(c))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push(&mut out, c));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// A text of several lines.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && c != '\t' && is_harmful(c)) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(|part| line(part.as_bytes())).collect();
    Cow::Owned(lines.join("\n"))
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push(c),
        '\u{0}'..='\u{1f}' => {
            out.push('^');
            out.push(char::from((c as u8) + b'@'));
        }
        '\u{7f}' => out.push_str("^?"),
        _ if is_harmful(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        _ => out.push(c),
    }
}

/// Control characters (C0, DEL, C1) and the characters that turn the reading direction or are not seen.
const fn is_harmful(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_host_steers_the_terminal() {
        for (bytes, shown) in [
            (&b"plain \xc3\xa4 \t x"[..], "plain ä \t x"),
            (b"\x1b[2J\x1b]0;t\x07", "^[[2J^[]0;t^G"),
            (b"50%\r100%", "50%^M100%"),
            (b"\xff\xfe", "\\xff\\xfe"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
            (b"\x7f\0", "^?^@"),
        ] {
            assert_eq!(line(bytes), shown);
        }
        assert_eq!(text("a\nb\x1b\n"), "a\nb^[\n");
    }
}
