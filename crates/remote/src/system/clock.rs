//! The host's clock, and its time zone.

use std::time::{SystemTime, UNIX_EPOCH};

use hep_core::zone::Zone;

/// The zone where nobody says another.
const LOCAL: &str = "/etc/localtime";
/// Where zones lie by name.
const ZONES: &str = "/usr/share/zoneinfo";
/// Bytes of the largest file that is read: those of `zoneinfo` have some thousands.
const MOST: u64 = 1 << 20;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time zone as the C library finds it, for a value of `TZ`. It is read anew each time: a play may
/// change it. UTC where there is none or it cannot be read.
pub(super) fn zone(tz: Option<&str>) -> Zone {
    match tz {
        None => of_file(LOCAL),
        // Empty means UTC.
        Some(tz) => named(tz.strip_prefix(':').unwrap_or(tz)),
    }
    .unwrap_or_default()
}

fn named(name: &str) -> Option<Zone> {
    let path = if name.starts_with('/') { name.to_owned() } else { format!("{ZONES}/{name}") };
    let file = if name.is_empty() { None } else { of_file(&path) };
    file.or_else(|| Zone::of_rule(name))
}

fn of_file(path: &str) -> Option<Zone> {
    let file = super::look::open_regular(path.as_ref(), true).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MOST), &mut bytes).ok()?;
    Zone::of_file(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_the_one_that_tz_names() {
        for (tz, hours) in [(":CET-1", 1), ("<-03>3", -3), ("", 0), ("/nonexistent", 0)] {
            assert_eq!(zone(Some(tz)).ahead(0), hours * 3600, "{tz}");
        }
        // Whatever this machine has, `date` agrees.
        let date = std::process::Command::new("date").arg("+%z").env_remove("TZ").output().unwrap();
        let said: i32 = String::from_utf8(date.stdout).unwrap().trim().parse().unwrap();
        let ahead = zone(None).ahead(now_ms() / 1000);
        assert_eq!(ahead, said / 100 * 3600 + said % 100 * 60);
    }
}
