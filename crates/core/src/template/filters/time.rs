//! Times from explicit seconds; there is no clock and no time zone here, all is UTC.

use super::Plain;
use crate::instant;
use crate::message::template as say;
use crate::template::call::{Call, Outcome};
use crate::template::checks::refuse;
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[("strftime", strftime)];

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

struct Moment {
    seconds: i64,
    year: i64,
    month: usize,
    day: i64,
    weekday: usize,
    yearday: i64,
}

/// The civil date of seconds since 1970.
fn moment(seconds: i64) -> Moment {
    let days = seconds.div_euclid(86400);
    let (year, month, day) = instant::civil(days);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = usize::try_from(month - 1).unwrap_or(0).min(11);
    let yearday = before[month] + day + i64::from(leap && month > 1);
    let weekday = usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0);
    Moment { seconds, year, month, day, weekday, yearday }
}

fn strftime(call: &mut Call) -> Outcome {
    let format = call.text()?;
    let Some(second) = call.arg(1, "second") else { return Err(refuse(say::no_clock())) };
    let text = python::text(second);
    let second: f64 =
        text.trim().parse().map_err(|_| format!("invalid value for epoch value ({text})"))?;
    #[expect(clippy::cast_possible_truncation, reason = "fractions are cut")]
    let at = moment(second.clamp(-6e10, 2.5e11) as i64);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match (c, c == '%') {
            (_, true) => match chars.next() {
                Some(directive) => out.push_str(&part(&at, directive)),
                None => out.push('%'),
            },
            (c, _) => out.push(c),
        }
    }
    Ok(Value::from(out))
}

fn part(at: &Moment, directive: char) -> String {
    let of_day = at.seconds.rem_euclid(86400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let (month, weekday) = (MONTHS[at.month], DAYS[at.weekday]);
    let number = at.month + 1;
    match directive {
        'Y' => at.year.to_string(),
        'y' => format!("{:02}", at.year.rem_euclid(100)),
        'm' => format!("{number:02}"),
        'd' => format!("{:02}", at.day),
        'e' => format!("{:2}", at.day),
        'H' => format!("{hour:02}"),
        'I' => format!("{twelve:02}"),
        'M' => format!("{minute:02}"),
        'S' => format!("{second:02}"),
        'p' => if hour < 12 { "AM" } else { "PM" }.into(),
        'j' => format!("{:03}", at.yearday),
        'a' => weekday[..3].into(),
        'A' => weekday.into(),
        'b' | 'h' => month[..3].into(),
        'B' => month.into(),
        'w' => at.weekday.to_string(),
        'u' => if at.weekday == 0 { 7 } else { at.weekday }.to_string(),
        's' => at.seconds.to_string(),
        'Z' => "UTC".into(),
        'z' => "+0000".into(),
        'F' => format!("{}-{number:02}-{:02}", at.year, at.day),
        'D' | 'x' => format!("{number:02}/{:02}/{:02}", at.day, at.year.rem_euclid(100)),
        'T' | 'X' => format!("{hour:02}:{minute:02}:{second:02}"),
        'R' => format!("{hour:02}:{minute:02}"),
        'c' => format!(
            "{} {} {:2} {hour:02}:{minute:02}:{second:02} {}",
            &weekday[..3],
            &month[..3],
            at.day,
            at.year
        ),
        'n' => "\n".into(),
        't' => "\t".into(),
        '%' => "%".into(),
        other => format!("%{other}"),
    }
}
