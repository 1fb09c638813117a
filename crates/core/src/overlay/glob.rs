//! Shell patterns over absolute paths: `*`, `?` and `[…]` within one component, as `glob(7)` has them.

/// Whether `path` matches `pattern`, component by component. A leading dot is matched by a dot only.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('/').filter(|part| !part.is_empty());
    let mut names = path.split('/').filter(|name| !name.is_empty());
    loop {
        match (parts.next(), names.next()) {
            (None, None) => return true,
            (Some(part), Some(name)) if component(part, name) => {}
            _ => return false,
        }
    }
}

/// Whether one file name matches one component of a pattern.
fn component(part: &str, name: &str) -> bool {
    if name.starts_with('.') && !part.starts_with('.') {
        return false;
    }
    let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
    chars(&part, &name)
}

/// The usual two-pointer match: the last `*` is widened by one where the rest does not fit.
fn chars(part: &[char], name: &[char]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if part.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(next) = single(part, p, name[n]) {
            p = next;
            n += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            n = from + 1;
        } else {
            return false;
        }
    }
    part[p..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on when its item at `p` takes `c`; nothing when it does not take it.
fn single(part: &[char], p: usize, c: char) -> Option<usize> {
    match part.get(p)? {
        '?' => Some(p + 1),
        '[' => match set_end(part, p) {
            Some(end) => in_set(&part[p + 1..end], c).then_some(end + 1),
            None => (c == '[').then_some(p + 1),
        },
        '\\' => (part.get(p + 1) == Some(&c)).then_some(p + 2),
        other => (*other == c).then_some(p + 1),
    }
}

/// The `]` that closes the set opened at `p`; one that comes first belongs to the set.
fn set_end(part: &[char], p: usize) -> Option<usize> {
    let negated = matches!(part.get(p + 1), Some('!' | '^'));
    let first = p + 1 + usize::from(negated);
    (first + 1..part.len()).find(|i| part[*i] == ']')
}

/// Whether a set's text (`!a-z_`) takes `c`.
fn in_set(set: &[char], c: char) -> bool {
    let negated = matches!(set.first(), Some('!' | '^'));
    let set = &set[usize::from(negated)..];
    let (mut i, mut found) = (0, false);
    while i < set.len() {
        if set.get(i + 1) == Some(&'-') && i + 2 < set.len() {
            found |= (set[i]..=set[i + 2]).contains(&c);
            i += 3;
        } else {
            found |= set[i] == c;
            i += 1;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, path, expected) in [
            ("/etc/*.conf", "/etc/a.conf", true),
            ("/etc/*.conf", "/etc/x/a.conf", false),
            ("/etc/*", "/etc/.hidden", false),
            ("/etc/.*", "/etc/.hidden", true),
            ("/etc/?", "/etc/é", true),
            ("/etc/[a-c]x", "/etc/bx", true),
            ("/etc/[!a-c]x", "/etc/bx", false),
            ("/etc/[]x]", "/etc/]", true),
            ("/etc/[", "/etc/[", true),
            ("/a*b*c", "/aXbYc", true),
            ("/a*b*c", "/aXbY", false),
            ("/etc/\\*", "/etc/*", true),
            ("/etc", "/etc", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
