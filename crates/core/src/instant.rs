//! Instants and spans as text, as Python's `datetime` prints them in Ansible's results.

use std::fmt::Write as _;

/// Milliseconds of one day.
const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 as `2026-01-31 09:08:07.654000`, in UTC.
pub(crate) fn date_time(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let rest = ms.rem_euclid(DAY_MS);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    let micros = rest % 1000 * 1000;
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")
}

/// Milliseconds as `0:00:01.500000`, with days before it where there are any.
pub(crate) fn span(ms: u64) -> String {
    let mut out = String::new();
    let days = ms / 86_400_000;
    if days > 0 {
        let plural = if days == 1 { "" } else { "s" };
        let _ = write!(out, "{days} day{plural}, ");
    }
    let (hour, minute, second) = (ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1000 % 60);
    let _ = write!(out, "{hour}:{minute:02}:{second:02}.{:06}", ms % 1000 * 1000);
    out
}

/// Days since 1970-01-01 as year, month, day.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_spans_print_as_python_has_them() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00.000000"),
            (951_782_400_000, "2000-02-29 00:00:00.000000"),
            (1_700_000_000_123, "2023-11-14 22:13:20.123000"),
            (-1, "1969-12-31 23:59:59.999000"),
        ] {
            assert_eq!(date_time(ms), text);
        }
        for (ms, text) in [
            (1500, "0:00:01.500000"),
            (86_400_000, "1 day, 0:00:00.000000"),
            (180_061_007, "2 days, 2:01:01.007000"),
        ] {
            assert_eq!(span(ms), text);
        }
    }
}
