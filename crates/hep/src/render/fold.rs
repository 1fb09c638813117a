//! Names of hosts folded to ranges: `web[1-3],db`. What is written can be read as a selector.

use std::collections::BTreeMap;

/// What stands before and after the last number of a name, and how wide that number is written (0 where
/// without leading zeros).
type Frame<'n> = (&'n str, &'n str, usize);

/// Folds names, in the order of the first of each range.
pub(crate) fn fold<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut frames: Vec<(Frame<'n>, Vec<u64>)> = Vec::new();
    let mut places: BTreeMap<Frame<'n>, usize> = BTreeMap::new();
    for name in names {
        let (frame, number) = split(name);
        let place = *places.entry(frame).or_insert_with(|| {
            frames.push((frame, Vec::new()));
            frames.len() - 1
        });
        frames[place].1.extend(number);
    }
    let parts: Vec<String> =
        frames.into_iter().map(|(frame, numbers)| show(frame, numbers)).collect();
    parts.join(",")
}

/// The frame of a name and its last number; a name without one is its own frame.
fn split(name: &str) -> (Frame<'_>, Option<u64>) {
    let whole = ((name, "", 0), None);
    let Some(end) = name.rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1) else { return whole };
    let digits = |c: char| !c.is_ascii_digit();
    let begin = name[..end]
        .rfind(digits)
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    let text = &name[begin..end];
    let Ok(number) = text.parse() else { return whole };
    // `08` and `10` belong together, `8` and `10` too: only a leading zero tells the width.
    let width = if text.starts_with('0') || text.len() > 1 { text.len() } else { 0 };
    ((&name[..begin], &name[end..], width), Some(number))
}

fn show((before, after, width): Frame<'_>, mut numbers: Vec<u64>) -> String {
    numbers.sort_unstable();
    numbers.dedup();
    let written = |number: u64| format!("{number:0width$}");
    match numbers[..] {
        [] => format!("{before}{after}"),
        [only] => format!("{before}{}{after}", written(only)),
        _ => {
            let ranges: Vec<String> = runs(&numbers)
                .into_iter()
                .map(|(from, to)| match from == to {
                    true => written(from),
                    false => format!("{}-{}", written(from), written(to)),
                })
                .collect();
            format!("{before}[{}]{after}", ranges.join(","))
        }
    }
}

/// Neighbours joined to first and last.
fn runs(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, to)) if number == *to + 1 => *to = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_ranges() {
        let cases: &[(&[&str], &str)] = &[
            (&["web1", "web2", "web3", "db"], "web[1-3],db"),
            (&["web08", "web09", "web10"], "web[08-10]"),
            (&["web1", "web3"], "web[1,3]"),
            (&["a1.x", "b", "a2.x"], "a[1-2].x,b"),
            (&["10.0.0.1", "10.0.0.2", "10.0.1.1"], "10.0.0.[1-2],10.0.1.1"),
            (&["web9", "web10", "web11"], "web9,web[10-11]"),
            (&["only"], "only"),
            (&["ü7", "ü8"], "ü[7-8]"),
            (&["99999999999999999999999"], "99999999999999999999999"),
            (&[], ""),
        ];
        for (names, folded) in cases {
            assert_eq!(fold(names.iter().copied()), *folded);
        }
    }
}
