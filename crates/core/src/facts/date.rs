//! The host's date and time, in its own time zone.

use super::{Known, put};
use crate::instant;
use crate::value::{Map, Value};

/// What `date` is asked for, one word for each of [`NAMES`], with a `|` between.
pub const FORMAT: &str = "%Y|%m|%A|%w|%W|%d|%H|%M|%S|%Y-%m-%d|%H:%M:%S|%Z|%Z|%z|%Y%m%dT%H%M%S|\
                          %Y%m%dT%H%M%S|%s";

/// The facts that the words become.
const NAMES: [&str; 17] = [
    "year",
    "month",
    "weekday",
    "weekday_number",
    "weeknumber",
    "day",
    "hour",
    "minute",
    "second",
    "date",
    "time",
    "tz",
    "tz_dst",
    "tz_offset",
    "iso8601_basic",
    "iso8601_basic_short",
    "epoch",
];

pub(super) fn gather(known: &Known, facts: &mut Map) {
    let mut date = Map::new();
    for (name, value) in NAMES.iter().zip(known.date.trim().split('|')) {
        put(&mut date, name, value);
    }
    let utc = instant::date_time(known.now_ms).replacen(' ', "T", 1);
    let (seconds, micros) = utc.split_once('.').unwrap_or((&utc, "000000"));
    put(&mut date, "iso8601", format!("{seconds}Z"));
    put(&mut date, "iso8601_micro", format!("{utc}Z"));
    let basic = date.get("iso8601_basic").and_then(Value::as_str).unwrap_or("").to_owned();
    put(&mut date, "iso8601_basic", format!("{basic}{micros}"));
    put(&mut date, "epoch_int", known.now_ms.div_euclid(1000).to_string());
    put(facts, "date_time", date);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_name_and_utc_is_computed() {
        assert_eq!(FORMAT.split('|').count(), NAMES.len());
        let (mut facts, date) = (Map::new(), FORMAT.replace("%Y", "1970"));
        gather(&Known { date, now_ms: 1_500, ..Known::default() }, &mut facts);
        let at = |name: &str| facts["date_time"].get(name).and_then(Value::as_str).unwrap_or("");
        assert_eq!((at("year"), at("epoch_int")), ("1970", "1"));
        assert_eq!(at("iso8601_micro"), "1970-01-01T00:00:01.500000Z");
    }
}
