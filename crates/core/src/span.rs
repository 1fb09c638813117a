//! Lengths of time, as people write them: `90s`, `5m`, `2h`, `1d`.

use crate::message::{Message, api as say};

/// The units, the largest first: the letter, and how many seconds it is.
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// The seconds of a length of time. A number needs its unit: nobody has to guess which one was meant.
pub fn seconds(text: &str) -> Result<u32, Message> {
    let said = text.trim();
    let read = || {
        let unit = said.chars().last()?.to_ascii_lowercase();
        let (_, scale) = UNITS.iter().find(|(letter, _)| *letter == unit)?;
        let number: u32 = said.get(..said.len() - 1)?.trim().parse().ok()?;
        number.checked_mul(*scale)
    };
    read().ok_or_else(|| say::bad_span(said))
}

/// A length of time as it is written, in the largest unit in which it is a whole number.
#[must_use]
pub fn written(seconds: u32) -> String {
    let fits = |(_, scale): &&(char, u32)| seconds > 0 && seconds.is_multiple_of(*scale);
    match UNITS.iter().find(fits) {
        Some((letter, scale)) => format!("{}{letter}", seconds / scale),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let cases = [
            ("90s", Some(90)),
            ("5m", Some(300)),
            (" 2 H ", Some(7200)),
            ("1d", Some(86_400)),
            ("0s", Some(0)),
            ("30", None),
            ("", None),
            ("m", None),
            ("-1s", None),
            ("1.5h", None),
            ("5 weeks", None),
            ("99999999d", None),
            ("é", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        for number in [0, 1, 59, 60, 61, 90, 3600, 3601, 7200, 86_400, 90_000, u32::MAX] {
            assert_eq!(seconds(&written(number)).ok(), Some(number), "{}", written(number));
        }
        assert_eq!(written(7200), "2h");
    }
}
