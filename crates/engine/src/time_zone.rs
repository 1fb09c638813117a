//! The time zone of this process.

use hep_core::zone::Zone;

/// The zone of this machine, where nobody says another.
const LOCAL: &str = "/etc/localtime";
/// Where zones lie by name.
const ZONES: &str = "/usr/share/zoneinfo";

/// The time zone of this process, as the C library finds it: by `TZ`, or the machine's. UTC where there is none.
pub(crate) fn local() -> Zone {
    zone(std::env::var("TZ").ok().as_deref())
}

fn zone(tz: Option<&str>) -> Zone {
    let of_file = |path: &str| std::fs::read(path).ok().and_then(|bytes| Zone::of_file(&bytes));
    let found = match tz.map(|tz| tz.strip_prefix(':').unwrap_or(tz)) {
        None => of_file(LOCAL),
        // Empty means UTC.
        Some("") => None,
        Some(path) if path.starts_with('/') => of_file(path),
        Some(name) => of_file(&format!("{ZONES}/{name}")).or_else(|| Zone::of_rule(name)),
    };
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_that_of_the_process() {
        for (tz, hours) in [("CET-1", 1), (":CET-1", 1), ("<-03>3", -3), ("", 0), ("/none", 0)] {
            assert_eq!(zone(Some(tz)).ahead(0), hours * 3600, "{tz}");
        }
        // Whatever this machine has, `date` agrees.
        let date = std::process::Command::new("date").arg("+%z").env_remove("TZ").output().unwrap();
        let said: i32 = String::from_utf8(date.stdout).unwrap().trim().parse().unwrap();
        let now = i64::try_from(crate::clock::now_ms() / 1000).unwrap();
        assert_eq!(zone(None).ahead(now), said / 100 * 3600 + said % 100 * 60);
    }
}
