//! Lengths of time as people write them: `30`, `1.5s`, `500ms`, `10m`, `2h`.

use std::time::Duration;

use hep_core::message::{Message, cli as say};

/// Longest first, because `ms` ends with `s`. Seconds each.
const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// Reads a length of time; a number alone is seconds. Zero and less are refused.
pub(crate) fn parse(text: &str) -> Result<Duration, Message> {
    let unit = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (number, factor) = unit.unwrap_or((text, 1.0));
    let seconds = number.trim().parse::<f64>().ok().map(|number| number * factor);
    seconds
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| say::bad_time(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("30", Some(30_000)),
            ("1.5s", Some(1500)),
            ("500ms", Some(500)),
            ("2h", Some(7_200_000)),
        ] {
            assert_eq!(parse(text).ok().map(|time| time.as_millis()), millis, "{text}");
        }
        for text in ["", "0", "-1", "s", "1d", "inf", "NaN"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
