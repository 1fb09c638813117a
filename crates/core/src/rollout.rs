//! How a run goes over its hosts: in which batches, and when it stops.

use serde::{Deserialize, Serialize};

/// A number of hosts: `5`, or `"20%"` of all hosts of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// So many.
    Count(u32),
    /// So many of a hundred; at least one host.
    Percent(f64),
}

impl Size {
    /// How many of `hosts` it is; at least 1.
    #[must_use]
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of a number of hosts"
            )]
            Self::Percent(percent) => (hosts as f64 * percent / 100.0) as usize,
        }
        .max(1)
    }

    /// Reads `5` or `20%`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_suffix('%') {
            Some(number) => {
                let percent: f64 = number.trim().parse().ok()?;
                (percent > 0.0 && percent <= 100.0).then_some(Self::Percent(percent))
            }
            None => text.parse().ok().filter(|count| *count > 0).map(Self::Count),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u32(*count),
            Self::Percent(percent) => serializer.collect_str(&format_args!("{percent}%")),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Size;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of hosts above 0, or a percentage such as \"20%\"")
            }

            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Size, E> {
                let count = u32::try_from(count).ok().filter(|count| *count > 0);
                let wrong = || E::invalid_value(serde::de::Unexpected::Other("number"), &self);
                count.map(Size::Count).ok_or_else(wrong)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                let wrong = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
                Size::parse(text).ok_or_else(wrong)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Cuts a number of hosts into batches: first the canaries, then these sizes, of which the last repeats. The
/// sum is `hosts`.
#[must_use]
pub fn batches(hosts: usize, canary: Option<Size>, sizes: &[Size]) -> Vec<usize> {
    let (mut rest, mut cut) = (hosts, Vec::new());
    let mut take = |rest: &mut usize, count: usize| {
        let count = count.min(*rest);
        *rest -= count;
        cut.push(count);
    };
    if let Some(canary) = canary.filter(|_| hosts > 0) {
        take(&mut rest, canary.of(hosts));
    }
    let (mut sizes, mut last) = (sizes.iter(), None);
    while rest > 0 {
        last = sizes.next().copied().or(last);
        let count = last.map_or(rest, |size| size.of(hosts));
        take(&mut rest, count);
    }
    cut
}

/// Whether so many bad ends of so many hosts stop a run. A failed canary always does.
#[must_use]
pub fn stops(after: Option<Size>, hosts: usize, bad: usize, canaries_bad: bool) -> bool {
    canaries_bad || after.is_some_and(|after| bad > 0 && bad >= after.of(hosts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_are_cut_into_batches() {
        type Case = (usize, Option<Size>, &'static [Size], &'static [usize]);
        const ONE: Size = Size::Count(1);
        const TWO: Size = Size::Count(2);
        let (one, two) = (ONE, TWO);
        let cases: &[Case] = &[
            (0, None, &[], &[]),
            (0, Some(one), &[TWO], &[]),
            (5, None, &[], &[5]),
            (5, None, &[TWO], &[2, 2, 1]),
            (10, None, &[ONE, Size::Percent(30.0), Size::Count(9)], &[1, 3, 6]),
            (10, Some(two), &[], &[2, 8]),
            (10, Some(two), &[Size::Percent(50.0)], &[2, 5, 3]),
            (3, Some(Size::Percent(1.0)), &[Size::Percent(1.0)], &[1, 1, 1]),
            (1, Some(two), &[TWO], &[1]),
        ];
        for (hosts, canary, sizes, cut) in cases {
            assert_eq!(batches(*hosts, *canary, sizes), *cut, "{hosts} {canary:?} {sizes:?}");
        }
    }

    #[test]
    fn a_run_stops_at_its_limit() {
        let cases = [
            (None, 10, 9, false, false),
            (None, 10, 1, true, true),
            (Some(Size::Count(2)), 10, 1, false, false),
            (Some(Size::Count(2)), 10, 2, false, true),
            (Some(Size::Percent(20.0)), 10, 1, false, false),
            (Some(Size::Percent(20.0)), 10, 2, false, true),
            (Some(Size::Percent(20.0)), 10, 0, false, false),
        ];
        for (after, hosts, bad, canary, stop) in cases {
            assert_eq!(stops(after, hosts, bad, canary), stop, "{after:?} {bad} of {hosts}");
        }
    }

    #[test]
    fn sizes_are_numbers_and_percentages() {
        for (json, size) in
            [("3", Size::Count(3)), (r#""3""#, Size::Count(3)), (r#""2.5%""#, Size::Percent(2.5))]
        {
            assert_eq!(serde_json::from_str::<Size>(json).unwrap(), size);
        }
        for json in ["0", "-1", "1.5", r#""0%""#, r#""101%""#, r#""x""#, "null"] {
            assert!(serde_json::from_str::<Size>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_string(&Size::Percent(25.0)).unwrap(), r#""25%""#);
    }

    proptest! {
        #[test]
        fn every_host_is_in_exactly_one_batch(
            hosts in 0_usize..300,
            canary in proptest::option::of(1_u32..400),
            sizes in proptest::collection::vec(1_u32..400, 0..4),
        ) {
            let sizes: Vec<Size> = sizes.into_iter().map(Size::Count).collect();
            let cut = batches(hosts, canary.map(Size::Count), &sizes);
            prop_assert_eq!(cut.iter().sum::<usize>(), hosts);
            prop_assert!(cut.iter().all(|count| *count > 0));
        }
    }
}
