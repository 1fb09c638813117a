//! Output of hosts for a page: text and colours, and nothing else of what a terminal could be told.
//!
//! Of the escape sequences only SGR (`ESC [ … m`) with the sixteen colours, bold and underlined is understood; every
//! other sequence is left out, and every other control character is shown as it is written.

use std::borrow::Cow;

use crate::terminal::visible;

/// A piece of a line in one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The classes: `hep-fg-1`, `hep-bg-4`, `hep-bold`, `hep-underline`; empty for plain text.
    pub(crate) class: String,
    /// The text.
    pub(crate) text: String,
}

/// How letters look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    foreground: Option<u8>,
    background: Option<u8>,
    bold: bool,
    underline: bool,
}

/// A line of output, from the look in which the line before it ended; that is changed to this one's last.
pub(crate) fn line(text: &str, look: &mut Look) -> Vec<Span> {
    // What was overwritten on a terminal (a progress bar) is not shown: its last state is.
    let text = text.strip_suffix('\r').unwrap_or(text);
    let text = text.rsplit('\r').next().unwrap_or(text);
    let mut spans: Vec<Span> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        push(&mut spans, &rest[..at], *look);
        rest = after_sequence(&rest[at + 1..], look);
    }
    push(&mut spans, rest, *look);
    spans
}

/// A text of several lines.
pub(crate) fn lines(text: &str) -> Vec<Vec<Span>> {
    let mut look = Look::default();
    text.lines().map(|text| line(text, &mut look)).collect()
}

fn push(spans: &mut Vec<Span>, text: &str, look: Look) {
    if text.is_empty() {
        return;
    }
    let text: Cow<'_, str> = visible::line(text.as_bytes());
    let class = look.class();
    match spans.last_mut() {
        Some(last) if last.class == class => last.text.push_str(&text),
        _ => spans.push(Span { class, text: text.into_owned() }),
    }
}

/// What stands behind an escape sequence that begins after `ESC`.
fn after_sequence<'t>(text: &'t str, look: &mut Look) -> &'t str {
    let Some(kind) = text.chars().next() else { return text };
    let body = &text[kind.len_utf8()..];
    match kind {
        '[' => {
            let is_final = |c: char| ('\u{40}'..='\u{7e}').contains(&c);
            let is_body = |c: char| ('\u{20}'..='\u{3f}').contains(&c);
            let end = body.find(|c| !is_body(c)).unwrap_or(body.len());
            let (parameters, rest) = body.split_at(end);
            match rest.chars().next() {
                Some('m') => {
                    look.set(parameters);
                    &rest[1..]
                }
                Some(c) if is_final(c) => &rest[1..],
                _ => rest,
            }
        }
        // Titles, links and the like end with BEL or `ESC \`.
        ']' | 'P' | 'X' | '^' | '_' => match body.find(['\u{7}', '\u{1b}']) {
            Some(at) if body[at..].starts_with('\u{7}') => &body[at + 1..],
            Some(at) => body[at + 1..].strip_prefix('\\').unwrap_or(&body[at..]),
            None => "",
        },
        // A choice of letters: two signs.
        '(' | ')' | '*' | '+' | '#' | '%' => body.get(1..).unwrap_or(body),
        c if c.is_ascii_graphic() => body,
        _ => text,
    }
}

impl Look {
    fn set(&mut self, parameters: &str) {
        let mut codes = parameters.split([';', ':']).map(|code| match code {
            "" => Some(0),
            code => code.parse::<u16>().ok(),
        });
        while let Some(code) = codes.next() {
            match code {
                Some(0) => *self = Self::default(),
                Some(1) => self.bold = true,
                Some(4) => self.underline = true,
                Some(22) => self.bold = false,
                Some(24) => self.underline = false,
                Some(39) => self.foreground = None,
                Some(49) => self.background = None,
                Some(code @ 30..=37) => self.foreground = u8::try_from(code - 30).ok(),
                Some(code @ 90..=97) => self.foreground = u8::try_from(code - 82).ok(),
                Some(code @ 40..=47) => self.background = u8::try_from(code - 40).ok(),
                Some(code @ 100..=107) => self.background = u8::try_from(code - 92).ok(),
                // 256 and true colours: the first sixteen are ours, the others are left out.
                Some(wide @ (38 | 48)) => {
                    let chosen = match codes.next().flatten() {
                        Some(5) => codes.next().flatten(),
                        Some(2) => codes.nth(2).and(None),
                        _ => None,
                    };
                    let chosen = chosen.and_then(|code| u8::try_from(code).ok());
                    let chosen = chosen.filter(|code| *code < 16);
                    match wide {
                        38 => self.foreground = chosen,
                        _ => self.background = chosen,
                    }
                }
                _ => {}
            }
        }
    }

    fn class(self) -> String {
        let mut classes = Vec::new();
        classes.extend(self.foreground.map(|colour| format!("hep-fg-{colour}")));
        classes.extend(self.background.map(|colour| format!("hep-bg-{colour}")));
        classes.extend(self.bold.then(|| "hep-bold".to_owned()));
        classes.extend(self.underline.then(|| "hep-underline".to_owned()));
        classes.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        let spans = line(text, &mut Look::default());
        let span = |span: &Span| match span.class.as_str() {
            "" => span.text.clone(),
            class => format!("[{class}|{}]", span.text),
        };
        spans.iter().map(span).collect()
    }

    #[test]
    fn colours_stay_and_everything_else_is_harmless() {
        let cases = [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m x", "[hep-fg-1|red] x"),
            ("\u{1b}[1;4;92;41mx", "[hep-fg-10 hep-bg-1 hep-bold hep-underline|x]"),
            ("\u{1b}[mx\u{1b}[", "x"),
            ("\u{1b}[38;5;9mx\u{1b}[38;5;200my", "[hep-fg-9|x]y"),
            ("\u{1b}[38;2;1;2;3;1mx", "[hep-bold|x]"),
            ("a\u{1b}[2Jb\u{1b}[1;1Hc", "abc"),
            ("\u{1b}]0;title\u{7}x\u{1b}]8;;http://x\u{1b}\\y", "xy"),
            ("10%\r50%\r100%", "100%"),
            ("line\r", "line"),
            ("\u{1b}(Bx\u{7}\u{8}", "x^G^H"),
            ("<script>\u{202e}", "<script>\\u{202e}"),
            ("\u{1b}", ""),
            ("\u{1b}[31;99999999999mx", "[hep-fg-1|x]"),
            ("\u{1b}ü", "ü"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        let two = lines("\u{1b}[32mgreen\nstill\u{1b}[0m");
        assert_eq!(two[1][0].class, "hep-fg-2");
    }

    proptest! {
        #[test]
        fn no_control_character_comes_through(text in "(?s)[\u{1b}\\[\\]0-9;m\r\u{7}a-z\u{0}-\u{1f}\u{7f}-\u{9f}é]{0,40}") {
            for spans in lines(&text) {
                for span in spans {
                    prop_assert!(!span.text.chars().any(|c| c.is_control() && c != '\t'), "{span:?}");
                    prop_assert!(span.class.chars().all(|c| c.is_ascii_alphanumeric() || "- ".contains(c)));
                }
            }
        }
    }
}
