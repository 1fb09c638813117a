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

/// Milliseconds since 1970 as `2026-01-31T09:08:07.654Z`.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let text = date_time(ms);
    let (day, time) = text.split_once(' ').unwrap_or_default();
    format!("{day}T{}Z", time.strip_suffix("000").unwrap_or(time))
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

/// Days since 1970-01-01 as year, month (1 to 12), day (1 to 31).
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn civil(days: i64) -> (i64, i64, i64) {
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

/// Nanoseconds since 1970 of a text in the form of Python's `strptime`, taken as UTC. Known are
/// `%Y %m %d %H %M %S`, `%s` (seconds since 1970) and `%%`; other characters stand for themselves.
pub(crate) fn parse(text: &str, format: &str) -> Option<i64> {
    let (mut rest, mut epoch) = (text, None);
    let (mut date, mut time) = ([1970, 1, 1], [0, 0, 0]);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let (field, width, range) = match chars.next()? {
            'Y' => (&mut date[0], 4, 1..=9999),
            'm' => (&mut date[1], 2, 1..=12),
            'd' => (&mut date[2], 2, 1..=31),
            'H' => (&mut time[0], 2, 0..=23),
            'M' => (&mut time[1], 2, 0..=59),
            'S' => (&mut time[2], 2, 0..=60),
            's' => (epoch.insert(0), 11, 0..=9_999_999_999),
            '%' => {
                rest = rest.strip_prefix('%')?;
                continue;
            }
            _ => return None,
        };
        let digits = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
        *field = rest[..digits].parse().ok().filter(|number| range.contains(number))?;
        rest = &rest[digits..];
    }
    let seconds =
        days(date[0], date[1], date[2]) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2];
    rest.is_empty().then(|| epoch.unwrap_or(seconds) * 1_000_000_000)
}

/// Year, month, day as days since 1970-01-01. Source: as of `civil`, `days_from_civil`.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, format, expected) in [
            ("197001020304.05", "%Y%m%d%H%M.%S", Some(97_445_000_000_000)),
            ("2000-02-29", "%Y-%m-%d", Some(951_782_400_000_000_000)),
            ("1700000000", "%s", Some(1_700_000_000_000_000_000)),
            ("2000-13-01", "%Y-%m-%d", None),
            ("2000-01-01x", "%Y-%m-%d", None),
            ("é", "%Y", None),
        ] {
            assert_eq!(parse(text, format), expected, "{text}");
        }
    }

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
