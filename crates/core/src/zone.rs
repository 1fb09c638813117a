//! Local time: how far a time zone is ahead of UTC at an instant.
//!
//! Sources: RFC 9636 (the files of `/etc/localtime`), and POSIX.1-2024, XBD 8.3, for the rule in the last
//! line of such a file, which is also what may stand in `TZ`.

use crate::instant::days;

/// A time zone. The default is UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// When the offset changes, in seconds since 1970, and to how many seconds ahead of UTC.
    changes: Vec<(i64, i32)>,
    /// Before the first change.
    first: i32,
    /// After the last.
    rule: Option<Rule>,
}

/// What repeats every year.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    usual: i32,
    summer: Option<Summer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Summer {
    offset: i32,
    begins: Moment,
    ends: Moment,
}

/// A day of the year, and seconds of local time from its midnight on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    day: Day,
    seconds: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Day {
    /// `Jn`: 1 to 365; the 29th of February does not count.
    Julian(i64),
    /// `n`: 0 to 365.
    OfYear(i64),
    /// `Mm.w.d`: month, week of it (5 is the last), day of the week from Sunday on.
    OfMonth(i64, i64, i64),
}

impl Zone {
    /// Reads a file of `zoneinfo`; nothing where it is none.
    #[must_use]
    pub fn of_file(bytes: &[u8]) -> Option<Self> {
        let (mut file, version) = (Reader(bytes), *bytes.get(4)?);
        let counts = file.header()?;
        if version == 0 {
            return file.body(&counts, 4);
        }
        // The same once more follows, in 64 bits.
        file.take(counts.length(4))?;
        let counts = file.header()?;
        let mut zone = file.body(&counts, 8)?;
        let rule = std::str::from_utf8(file.0).ok()?.trim_matches('\n');
        zone.rule = if rule.is_empty() { None } else { Some(Rule::read(rule)?) };
        Some(zone)
    }

    /// Reads a rule as it may stand in `TZ`, as `CET-1CEST,M3.5.0,M10.5.0/3`; nothing where it is none.
    #[must_use]
    pub fn of_rule(text: &str) -> Option<Self> {
        Some(Self { rule: Some(Rule::read(text)?), ..Self::default() })
    }

    /// Seconds ahead of UTC, at an instant in seconds since 1970.
    #[must_use]
    pub fn ahead(&self, at: i64) -> i32 {
        let after = self.changes.partition_point(|(from, _)| *from <= at);
        match (&self.rule, after.checked_sub(1)) {
            (Some(rule), _) if after == self.changes.len() => rule.ahead(at),
            (_, Some(last)) => self.changes[last].1,
            (_, None) => self.first,
        }
    }
}

/// The numbers of a header, in its order: marks of UTC and of standard time, leap seconds, changes, kinds
/// of time, characters of their names.
struct Counts([usize; 6]);

impl Counts {
    /// Bytes behind the header, with numbers of so many bytes.
    fn length(&self, width: usize) -> usize {
        let [utc, standard, leaps, changes, kinds, chars] = self.0;
        changes * (width + 1) + kinds * 6 + chars + leaps * (width + 4) + standard + utc
    }
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    fn header(&mut self) -> Option<Counts> {
        let head = self.take(44)?;
        if !head.starts_with(b"TZif") {
            return None;
        }
        let mut counts = [0; 6];
        for (count, bytes) in counts.iter_mut().zip(head[20..].chunks_exact(4)) {
            // No zone has anywhere near so many, and lengths cannot overflow then.
            *count = usize::try_from(signed(bytes)).ok().filter(|count| *count < 1 << 20)?;
        }
        Some(Counts(counts))
    }

    fn body(&mut self, counts: &Counts, width: usize) -> Option<Zone> {
        let mut body = Reader(self.take(counts.length(width))?);
        let [_, _, _, changes, kinds, _] = counts.0;
        let (times, of) = (body.take(changes * width)?, body.take(changes)?);
        let offsets = body.take(kinds * 6)?.chunks_exact(6);
        let offsets: Option<Vec<i32>> =
            offsets.map(|kind| i32::try_from(signed(&kind[..4])).ok()).collect();
        let offsets = offsets?;
        let changes = times.chunks_exact(width).map(signed).zip(of);
        let changes = changes.map(|(at, kind)| Some((at, *offsets.get(usize::from(*kind))?)));
        Some(Zone {
            changes: changes.collect::<Option<_>>()?,
            first: *offsets.first()?,
            rule: None,
        })
    }
}

/// A number of 4 or 8 bytes, the highest first.
fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| *byte > 127);
    bytes.iter().fold(if negative { -1 } else { 0 }, |number, byte| number << 8 | i64::from(*byte))
}

impl Rule {
    fn read(text: &str) -> Option<Self> {
        let rest = &mut &*text;
        name(rest)?;
        let usual = offset(rest)?;
        if rest.is_empty() {
            return Some(Self { usual, summer: None });
        }
        name(rest)?;
        let ahead =
            if rest.is_empty() || rest.starts_with(',') { usual + 3600 } else { offset(rest)? };
        // What the C library takes where nothing is said.
        let dates = if rest.is_empty() { ",M3.2.0,M11.1.0" } else { *rest };
        let (begins, ends) = dates.strip_prefix(',')?.split_once(',')?;
        let (begins, ends) = (Moment::read(begins)?, Moment::read(ends)?);
        Some(Self { usual, summer: Some(Summer { offset: ahead, begins, ends }) })
    }

    fn ahead(&self, at: i64) -> i32 {
        let Some(summer) = &self.summer else { return self.usual };
        let (year, ..) = crate::instant::civil((at + i64::from(self.usual)).div_euclid(86_400));
        let begins = summer.begins.of(year) - i64::from(self.usual);
        let ends = summer.ends.of(year) - i64::from(summer.offset);
        let is_summer = match begins < ends {
            true => (begins..ends).contains(&at),
            // South of the equator.
            false => !(ends..begins).contains(&at),
        };
        if is_summer { summer.offset } else { self.usual }
    }
}

impl Moment {
    fn read(text: &str) -> Option<Self> {
        let (day, time) = text.split_once('/').unwrap_or((text, "2"));
        let number = |text: &str| text.parse::<i64>().ok();
        let day = if let Some(day) = day.strip_prefix('J') {
            Day::Julian(number(day).filter(|day| (1..=365).contains(day))?)
        } else if let Some(of_month) = day.strip_prefix('M') {
            let mut parts = of_month.splitn(3, '.').map(number);
            let (month, week, day) = (parts.next()??, parts.next()??, parts.next()??);
            let is_right =
                (1..=12).contains(&month) && (1..=5).contains(&week) && (0..=6).contains(&day);
            is_right.then_some(Day::OfMonth(month, week, day))?
        } else {
            Day::OfYear(number(day).filter(|day| (0..=365).contains(day))?)
        };
        let rest = &mut &*time;
        let seconds = clock(rest, 167)?;
        rest.is_empty().then_some(Self { day, seconds })
    }

    /// When it is in a year, in seconds since 1970 of local time.
    fn of(&self, year: i64) -> i64 {
        let first = days(year, 1, 1);
        let day = match self.day {
            Day::Julian(day) => {
                let is_leap = days(year + 1, 1, 1) - first == 366;
                first + day - 1 + i64::from(is_leap && day > 59)
            }
            Day::OfYear(day) => first + day,
            Day::OfMonth(month, week, wanted) => {
                let month_first = days(year, month, 1);
                let next =
                    if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
                // 1970 began on a Thursday.
                let weekday = (month_first + 4).rem_euclid(7);
                let day = month_first + (wanted - weekday).rem_euclid(7) + (week - 1) * 7;
                if day < next { day } else { day - 7 }
            }
        };
        day * 86_400 + self.seconds
    }
}

/// Takes the name of a kind of time, which has three letters or stands in `<>`.
fn name(rest: &mut &str) -> Option<()> {
    let end = match rest.strip_prefix('<') {
        Some(quoted) => quoted.find('>')? + 2,
        None => rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()),
    };
    let is_long_enough = end >= 3;
    *rest = &rest[end..];
    is_long_enough.then_some(())
}

/// Takes hours behind UTC; answers with seconds ahead of it.
fn offset(rest: &mut &str) -> Option<i32> {
    i32::try_from(-clock(rest, 24)?).ok()
}

/// Takes `[+-]hh[:mm[:ss]]`, in seconds.
fn clock(rest: &mut &str, most_hours: i64) -> Option<i64> {
    let negative = rest.starts_with('-');
    *rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let mut part = |most: i64| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..digits].parse::<i64>().ok().filter(|number| *number <= most)?;
        *rest = &rest[digits..];
        let more = rest.strip_prefix(':');
        *rest = more.unwrap_or(rest);
        Some((number, more.is_some()))
    };
    let (hours, more) = part(most_hours)?;
    let (minutes, more) = if more { part(59)? } else { (0, false) };
    let seconds = if more { part(59)?.0 } else { 0 };
    let all = hours * 3600 + minutes * 60 + seconds;
    Some(if negative { -all } else { all })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_as_the_c_library_reads_them() {
        // Each as `TZ=RULE date -d @AT +%z` says.
        for (rule, at, minutes) in [
            ("UTC0", 0, 0),
            ("EST5", 1_700_000_000, -300),
            ("<+0530>-5:30", 1_700_000_000, 330),
            ("<-03>3", 0, -180),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_711_846_799, 60),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_711_846_800, 120),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_729_990_799, 120),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_729_990_800, 60),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_704_067_200, 660),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", 1_719_792_000, 600),
            ("EST5EDT", 1_719_792_000, -240),
            ("EST5EDT", 1_704_067_200, -300),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_704_067_200, 0),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_719_792_000, 60),
            ("AAA0BBB,J60/0,J61/0", 1_709_251_200, 60),
            ("AAA0BBB,59/0,60/0", 1_709_164_800, 60),
        ] {
            let zone = Zone::of_rule(rule).unwrap();
            assert_eq!(zone.ahead(at), minutes * 60, "{rule} at {at}");
        }
        for rule in [
            "",
            "E5",
            "EST",
            "EST25",
            "EST5EDT,",
            "EST5EDT,M13.1.0,M1.1.0",
            "EST5 x",
            "<EST5",
            "é9",
        ] {
            assert_eq!(Zone::of_rule(rule), None, "{rule}");
        }
    }

    /// A file with two changes, in both widths, and a rule.
    fn file(version: u8, rule: &str) -> Vec<u8> {
        let mut file = Vec::new();
        for width in [4, 8].into_iter().take(if version == 0 { 1 } else { 2 }) {
            file.extend(b"TZif");
            file.push(version);
            file.extend([0; 15]);
            for count in [0_u32, 0, 0, 2, 3, 4] {
                file.extend(count.to_be_bytes());
            }
            for at in [-1_000_i64, 1_000] {
                file.extend(&at.to_be_bytes()[8 - width..]);
            }
            file.extend([1, 2]);
            for offset in [60_i32, -3600, 7200] {
                file.extend(offset.to_be_bytes());
                file.extend([0, 0]);
            }
            file.extend(b"ABC\0");
        }
        if version != 0 {
            file.extend(format!("\n{rule}\n").bytes());
        }
        file
    }

    #[test]
    fn files_of_every_version() {
        for (version, rule, late) in [
            (0, "", 7200),
            (b'2', "", 7200),
            (b'2', "<+0530>-5:30", 19_800),
            (b'3', "EST5", -18_000),
        ] {
            let zone = Zone::of_file(&file(version, rule)).unwrap();
            let offsets = [-1_001, -1_000, 999, 1_000].map(|at| zone.ahead(at));
            assert_eq!(offsets[..3], [60, -3600, -3600]);
            assert_eq!(offsets[3], late, "{version} {rule}");
        }
        let whole = file(b'2', "UTC0");
        for end in 0..whole.len() - 6 {
            assert_eq!(Zone::of_file(&whole[..end]), None, "cut at {end}");
        }
        assert_eq!(Zone::of_file(&file(b'2', "nonsense")), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_stumble(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "[A-Z<>0-9,./:JM+-]{0,40}",
            at in any::<i64>(),
        ) {
            let at = at / 1_000_000;
            let mut file = file(b'2', "UTC0");
            file.splice(20..20 + bytes.len().min(120), bytes);
            for zone in [Zone::of_file(&file), Zone::of_rule(&text)].into_iter().flatten() {
                let _ = zone.ahead(at);
            }
        }
    }
}
