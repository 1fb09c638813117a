//! Ranges in host names: `web[01:20]`, `[a:f]`, `[1:10:2]` as Ansible writes them, `[01-20]`, `[1-9/2]`,
//! `[1,3,5-7]` as `ClusterShell` does.
//!
//! A number that begins with a zero gives its width to all; beginning and end then have the same length.

use crate::message::{self, Message};

/// No pattern may stand for more names than this.
pub const LIMIT: usize = 1_000_000;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Whether there is anything to expand.
#[must_use]
pub fn has_range(pattern: &str) -> bool {
    pattern.contains('[')
}

/// The names that a pattern stands for, in order; the pattern itself where it holds no brackets.
pub fn expand(pattern: &str) -> Result<Vec<String>, Message> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((head, tail)) = rest.split_once('[') {
        let (inside, after) =
            tail.split_once(']').ok_or_else(|| message::inventory::range_open(pattern))?;
        let items = items(inside).map_err(|why| message::inventory::bad_range(pattern, why))?;
        if names.len().saturating_mul(items.len()) > LIMIT {
            return Err(message::inventory::range_too_long(pattern, LIMIT));
        }
        let longer = names
            .iter()
            .flat_map(|name| items.iter().map(move |item| format!("{name}{head}{item}")));
        names = longer.collect();
        rest = after;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// What stands between brackets, item by item; the error says why it is not a range.
pub fn items(inside: &str) -> Result<Vec<String>, &'static str> {
    let mut all = Vec::new();
    for part in inside.split(',') {
        all.extend(span(part.trim())?);
        if all.len() > LIMIT {
            return Err("it stands for too many names");
        }
    }
    Ok(all)
}

fn span(part: &str) -> Result<Vec<String>, &'static str> {
    let mut bounds = part.split(':');
    let (mut begin, mut end, mut step) =
        (bounds.next().unwrap_or(""), bounds.next(), bounds.next());
    if bounds.next().is_some() {
        return Err("it has more than begin, end and step");
    }
    if end.is_none() {
        let (span, by) = part.split_once('/').map_or((part, None), |(span, by)| (span, Some(by)));
        let (from, to) = span.split_once('-').unwrap_or((span, span));
        (begin, end, step) = (from, Some(to), by);
        if from.is_empty() {
            return Err("it has no beginning");
        }
    }
    let begin = if begin.is_empty() { "0" } else { begin };
    let end = end.filter(|end| !end.is_empty()).ok_or("it has no end")?;
    let step =
        step.map_or(Ok(1), |by| by.parse::<usize>().map_err(|_| "its step is not a number"))?;
    if step == 0 {
        return Err("its step is 0");
    }
    letters(begin, end, step).unwrap_or_else(|| numbers(begin, end, step))
}

fn letters(begin: &str, end: &str, step: usize) -> Option<Result<Vec<String>, &'static str>> {
    let index = |text: &str| match text.as_bytes() {
        [letter] => LETTERS.iter().position(|other| other == letter),
        _ => None,
    };
    let (from, to) = (index(begin)?, index(end)?);
    if from > to {
        return Some(Err("it begins after its end"));
    }
    let letters = LETTERS[from..=to].iter().step_by(step);
    Some(Ok(letters.map(|&letter| char::from(letter).to_string()).collect()))
}

fn numbers(begin: &str, end: &str, step: usize) -> Result<Vec<String>, &'static str> {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<usize>().ok().filter(|_| digits).ok_or("it holds something that is no number")
    };
    let (from, to) = (number(begin)?, number(end)?);
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err("its beginning has leading zeros but another length than its end");
    }
    if from > to {
        return Err("it begins after its end");
    }
    if (to - from) / step >= LIMIT {
        return Err("it stands for too many names");
    }
    Ok((from..=to).step_by(step).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_expand_as_ansible_and_clustershell_do() {
        let cases: &[(&str, &[&str])] = &[
            ("plain", &["plain"]),
            ("web[01:03]", &["web01", "web02", "web03"]),
            ("web[1:3]x", &["web1x", "web2x", "web3x"]),
            ("[a:c]", &["a", "b", "c"]),
            ("n[1:10:4]", &["n1", "n5", "n9"]),
            ("n[:2]", &["n0", "n1", "n2"]),
            ("web[08-11]", &["web08", "web09", "web10", "web11"]),
            ("w[1,3,5-7]", &["w1", "w3", "w5", "w6", "w7"]),
            ("w[0-8/4]", &["w0", "w4", "w8"]),
            ("r[1:2]n[a:b]", &["r1na", "r1nb", "r2na", "r2nb"]),
        ];
        for (pattern, names) in cases {
            assert_eq!(expand(pattern).unwrap(), *names, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for pattern in [
            "w[",
            "w[]",
            "w[1:]",
            "w[5:1]",
            "w[c:a]",
            "w[1:2:3:4]",
            "w[1:9:0]",
            "w[01:100]",
            "w[x1]",
            "w[-3]",
            "w[1:99999999]",
            "w[1:9999][1:9999]",
            "w[+1:2]",
        ] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn expansion_never_panics(pattern in "[a-c0-9\\[\\]:,/ -]{0,16}") {
            let _ = expand(&pattern);
        }

        #[test]
        fn a_range_holds_every_number_once(from in 0usize..50, many in 0usize..60) {
            let names = expand(&format!("n[{from}:{}]", from + many)).unwrap();
            prop_assert_eq!(names.len(), many + 1);
        }
    }
}
