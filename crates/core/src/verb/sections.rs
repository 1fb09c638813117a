//! What a script of ours printed, in sections; and what a host says, made fit to be kept.
//!
//! A host may lie. It can say wrong things of itself only: the lines of a section begin with a space and names
//! of sections do not, so nothing that it prints within one begins another. Texts are cut and cleaned, numbers
//! are finite and not negative, and lists have an end.

use std::collections::HashMap;

/// Entries of a list beyond these are not kept.
pub(super) const MOST: usize = 20_000;
/// Characters of a text beyond these are not kept.
const LONGEST: usize = 300;

/// The sections of an output by their names.
pub(super) struct Sections<'a>(HashMap<&'a str, Vec<&'a str>>);

impl<'a> Sections<'a> {
    /// Reads them. A section that comes twice counts as it came first.
    pub(super) fn read(output: &'a str) -> Self {
        let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut now = None;
        for line in output.split('\n') {
            match line.strip_prefix(' ') {
                Some(line) => {
                    let lines = now.and_then(|name| found.get_mut(name));
                    if let Some(lines) = lines.filter(|lines: &&mut Vec<_>| lines.len() < MOST) {
                        lines.push(line);
                    }
                }
                None if line.is_empty() => {}
                None => {
                    now = (!found.contains_key(line)).then_some(line);
                    found.entry(line).or_default();
                }
            }
        }
        Self(found)
    }

    /// The lines of a section; none where it is not there.
    pub(super) fn lines(&self, name: &str) -> &[&'a str] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first line of a section.
    pub(super) fn first(&self, name: &str) -> Option<&'a str> {
        self.lines(name).first().copied()
    }

    /// Whether everything came.
    pub(super) fn is_whole(&self) -> bool {
        self.0.contains_key("end")
    }
}

/// A text of a host, fit to be shown: no control characters, nothing that turns the direction of writing, not
/// endless.
pub(super) fn clean(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.trim().chars().take(LONGEST);
    shown.map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A number of a host that counts something.
pub(super) fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A number of a host that measures something.
pub(super) fn measure(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// A share in percent, to a tenth; nothing of nothing.
pub(super) fn percent(part: f64, whole: f64) -> Option<f64> {
    let share = part / whole * 100.0;
    (share.is_finite() && whole > 0.0).then(|| (share * 10.0).round() / 10.0)
}

/// A count where fractions are reckoned with.
#[expect(clippy::cast_precision_loss, reason = "what is shown has three digits")]
pub(super) const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_within_a_section_begins_another() {
        let read = Sections::read("junk\n\na\n 1\n  b\n\nb\n 2\n\na\n 3\n\nend\n");
        assert_eq!(read.lines("a"), ["1", " b"]);
        assert_eq!(read.lines("b"), ["2"]);
        assert!(read.is_whole() && read.lines("c").is_empty());
        assert!(!Sections::read("a\n end").is_whole());
    }

    #[test]
    fn texts_and_numbers_of_a_host() {
        let long = "x".repeat(1000);
        for (text, expected) in [
            ("  plain ", "plain"),
            ("a\u{1b}[31mb\u{7}", "a\u{fffd}[31mb\u{fffd}"),
            ("\u{202e}gpj", "\u{fffd}gpj"),
            (&long, &long[..LONGEST]),
        ] {
            assert_eq!(clean(text), expected);
        }
        for (text, number) in
            [("12", Some(12)), ("+1", None), ("-1", None), ("1e3", None), ("", None)]
        {
            assert_eq!(count(text), number, "{text}");
        }
        for text in ["nan", "inf", "-1", "x", "1e999"] {
            assert_eq!(measure(text), None, "{text}");
        }
        assert_eq!(count("99999999999999999999999"), None);
        assert_eq!(percent(1.0, 0.0), None);
        assert_eq!(percent(1.0, 3.0), Some(33.3));
    }

    proptest! {
        #[test]
        fn any_output_is_read(output in "(?s).{0,300}") {
            let read = Sections::read(&output);
            prop_assert!(read.lines("x").len() <= MOST);
        }
    }
}
