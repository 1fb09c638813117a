//! Amounts as people say them: bytes, shares, spans of time.

/// The units of bytes, each 1024 times the one before it.
const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// Bytes with a unit: `1.5 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    scaled(float(bytes))
}

/// Bytes in a second.
pub(crate) fn rate(bytes: f64) -> String {
    format!("{}/s", scaled(bytes.max(0.0)))
}

fn scaled(mut value: f64) -> String {
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match (unit, value) {
        (0, _) | (_, 100.0..) => format!("{value:.0} {}", UNITS[unit]),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// A share in percent; 0 of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) * 100.0 / float(whole) }
}

/// A span of seconds: `3 d 4 h`, `5 min`.
pub(crate) fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    match seconds {
        ..60.0 => format!("{seconds:.0} s"),
        ..3600.0 => format!("{:.0} min", (seconds / 60.0).floor()),
        ..86_400.0 => {
            let hours = (seconds / 3600.0).floor();
            format!("{hours:.0} h {:.0} min", ((seconds - hours * 3600.0) / 60.0).floor())
        }
        _ => {
            let days = (seconds / 86_400.0).floor();
            format!("{days:.0} d {:.0} h", ((seconds - days * 86_400.0) / 3600.0).floor())
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (200 << 20, "200 MiB"),
            (u64::MAX, "16384 PiB"),
        ];
        for (number, text) in cases {
            assert_eq!(bytes(number), text);
        }
        let cases =
            [(59.0, "59 s"), (61.0, "1 min"), (3_660.0, "1 h 1 min"), (90_000.0, "1 d 1 h")];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text);
        }
        assert!((percent(1, 4) - 25.0).abs() < f64::EPSILON);
        assert!(percent(1, 0).abs() < f64::EPSILON);
    }
}
