//! The host's date and time, in its own time zone.

use hep_core::value::{Map, Value};

use super::put;
use crate::system::command::look;
use crate::system::write::civil;

/// The words asked of `date`, and the facts they become.
const WORDS: [(&str, &str); 17] = [
    ("year", "%Y"),
    ("month", "%m"),
    ("weekday", "%A"),
    ("weekday_number", "%w"),
    ("weeknumber", "%W"),
    ("day", "%d"),
    ("hour", "%H"),
    ("minute", "%M"),
    ("second", "%S"),
    ("date", "%Y-%m-%d"),
    ("time", "%H:%M:%S"),
    ("tz", "%Z"),
    ("tz_dst", "%Z"),
    ("tz_offset", "%z"),
    ("iso8601_basic", "%Y%m%dT%H%M%S"),
    ("iso8601_basic_short", "%Y%m%dT%H%M%S"),
    ("epoch", "%s"),
];

pub(super) fn gather(facts: &mut Map) {
    let format = WORDS.map(|(_, word)| word).join("|");
    // The time zone's rules are libc's business: one process is cheaper than a second reader of them.
    let printed = look(&["date", &format!("+{format}")]).unwrap_or_default();
    let mut date = Map::new();
    for ((name, _), value) in WORDS.iter().zip(printed.trim().split('|')) {
        put(&mut date, name, value);
    }
    let now = super::super::now_ms();
    let (seconds, millis) = (now.div_euclid(1000), now.rem_euclid(1000));
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let utc = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    put(&mut date, "iso8601", format!("{utc}Z"));
    put(&mut date, "iso8601_micro", format!("{utc}.{millis:03}000Z"));
    let basic = date.get("iso8601_basic").and_then(Value::as_str).unwrap_or("").to_owned();
    put(&mut date, "iso8601_basic", format!("{basic}{millis:03}000"));
    put(&mut date, "epoch_int", seconds.to_string());
    put(facts, "date_time", date);
}
