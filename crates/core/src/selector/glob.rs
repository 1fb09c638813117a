//! Globs over names, as Python's `fnmatch` reads them: `*`, `?`, `[abc]`, `[a-f]`, `[!abc]`.

/// Whether the whole of `name` matches. Letter case counts. A `[` that is never closed stands for itself.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where to go on when what follows the last `*` fails: the star takes one more character.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            retry = Some((at, read));
            continue;
        }
        let step = match name.get(read) {
            Some(&c) => one(&pattern[at..], c),
            None if at == pattern.len() => return true,
            None => None,
        };
        if let Some(width) = step {
            at += width;
            read += 1;
        } else if let Some((star, taken)) = retry.filter(|&(_, taken)| taken < name.len()) {
            (at, read) = (star, taken + 1);
            retry = Some((star, taken + 1));
        } else {
            return false;
        }
    }
}

/// How much of the pattern matches one character.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match set(pattern, c) {
            Some((width, found)) => found.then_some(width),
            None => (c == '[').then_some(1),
        },
        other => (*other == c).then_some(1),
    }
}

/// The width of the set at the pattern's beginning, and whether `c` is in it.
fn set(pattern: &[char], c: char) -> Option<(usize, bool)> {
    let negated = pattern.get(1) == Some(&'!');
    let begin = if negated { 2 } else { 1 };
    // A `]` right after the opening stands for itself.
    let close = (begin + 1..pattern.len()).find(|&at| pattern[at] == ']')?;
    let inside = &pattern[begin..close];
    let (mut found, mut at) = (false, 0);
    while at < inside.len() {
        if inside.get(at + 1) == Some(&'-') && at + 2 < inside.len() {
            found |= (inside[at]..=inside[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= inside[at] == c;
            at += 1;
        }
    }
    Some((close + 1, found != negated))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_match_as_fnmatch_does() {
        let cases = [
            ("*", "", true),
            ("web*", "web", true),
            ("web*", "wep", false),
            ("*.x.*", "a.x.b.x.c", true),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("w[abc]", "wb", true),
            ("w[!abc]", "wb", false),
            ("w[!abc]", "wd", true),
            ("w[a-c]x", "wbx", true),
            ("w[]]", "w]", true),
            ("w[", "w[", true),
            ("w[-a]", "w-", true),
            ("é?", "éà", true),
            ("**a**", "bab", true),
            ("a*b*c", "abcabd", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn any_pattern_ends(pattern in "[ab*?\\[\\]!-]{0,20}", name in "[ab\\[\\]-]{0,20}") {
            let _ = matches(&pattern, &name);
            let (surrounded, plain) = (format!("*{name}*"), !name.contains('['));
            if plain {
                prop_assert!(matches(&surrounded, &name));
            }
        }
    }
}
