//! Shell patterns over the file system, as Python's `glob` (and so Ansible's `creates`) reads them.

use std::fs;
use std::sync::Arc;

/// The paths that match, in byte order. A leading dot is matched only by a dot.
pub(super) fn find(pattern: &str) -> Vec<Arc<str>> {
    let mut found = vec![String::new()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found.iter().flat_map(|dir| step(dir, part)).collect();
    }
    found.sort_unstable();
    let absolute = found.into_iter().map(|path| if path.is_empty() { "/".into() } else { path });
    absolute.map(Arc::<str>::from).collect()
}

fn step(dir: &str, part: &str) -> Vec<String> {
    if !part.contains(['*', '?', '[']) {
        let path = format!("{dir}/{part}");
        return if fs::symlink_metadata(&path).is_ok() { vec![path] } else { vec![] };
    }
    let Ok(entries) = fs::read_dir(format!("{dir}/")) else { return vec![] };
    let pattern: Vec<char> = part.chars().collect();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let visible = names.filter(|name| part.starts_with('.') || !name.starts_with('.'));
    visible
        .filter(|name| matches(&pattern, &name.chars().collect::<Vec<_>>()))
        .map(|name| format!("{dir}/{name}"))
        .collect()
}

/// Whether the whole text matches. Time is at most pattern length times text length: only the last
/// star is ever tried again.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some(next) = one(pattern, p, text[t]) {
            p = next;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on if its element at `p` matches `c`.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match set(pattern, p + 1, c) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(p + 1),
        },
        literal => (*literal == c).then_some(p + 1),
    }
}

/// Whether `c` is in the set that begins at `from`, and where the set ends; nothing if it never does.
fn set(pattern: &[char], from: usize, c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(from), Some('!' | '^'));
    let first = from + usize::from(negated);
    let (mut at, mut inside) = (first, false);
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((inside != negated, at + 1));
        }
        let range =
            pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|c| *c != ']');
        let high = if range { pattern[at + 2] } else { low };
        inside |= (low..=high).contains(&c);
        at += if range { 3 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, is) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("**a**", "bab", true),
            ("[z-a]", "b", false),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(matches(&chars(pattern), &chars(text)), is, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(pattern in "[*?\\[\\]!a-c-]{0,12}", text in "[a-c-]{0,12}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let _ = matches(&chars(&pattern), &chars(&text));
        }
    }
}
