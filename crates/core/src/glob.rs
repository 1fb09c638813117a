//! Shell patterns over plain names, as Python's `fnmatch` has them: no character is special in the text.

/// Whether `text` as a whole fits `pattern`: `*` any text, `?` one character, `[a-z]` and `[!a-z]` one of
/// a set. A `[` that is not closed stands for itself.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stood and how much of the text it took so far: one place to come back to is
    // enough, so this is never slower than pattern times text.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, t));
            p += 1;
        } else if let Some(next) = one(&pattern, p, text[t]) {
            p = next;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The place after the element at `p`, when that element fits `c`.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match set(pattern, p) {
            Some((end, negated, members)) => (in_set(members, c) != negated).then_some(end),
            None => (c == '[').then_some(p + 1),
        },
        plain => (plain == c).then_some(p + 1),
    }
}

/// The set that begins at `p`: where it ends, whether it is negated, and its members.
fn set(pattern: &[char], p: usize) -> Option<(usize, bool, &[char])> {
    let negated = pattern.get(p + 1) == Some(&'!');
    let from = p + 1 + usize::from(negated);
    // A `]` right at the beginning is a member.
    let close = pattern.iter().enumerate().skip(from + 1).find(|(_, c)| **c == ']')?.0;
    Some((close + 1, negated, &pattern[from..close]))
}

fn in_set(members: &[char], c: char) -> bool {
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            if (members[at]..=members[at + 2]).contains(&c) {
                return true;
            }
            at += 3;
        } else if members[at] == c {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_fit_as_fnmatch_says() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c*", "abcd", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]x]", "]", true),
            ("[a", "[a", true),
            ("1.0*", "1.0-2", true),
            ("1.0", "1x0", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_without_marks_fits_itself_only(a in "[a-z.+-]*", b in "[a-z.+-]*") {
            prop_assert_eq!(matches(&a, &b), a == b);
            prop_assert!(matches("*", &a));
            let around = format!("*{a}*");
            let text = format!("{b}{a}{b}");
            prop_assert!(matches(&around, &text));
        }
    }
}
