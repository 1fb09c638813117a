//! Patterns of OpenSSH (`ssh_config(5)`, section PATTERNS): `*` and `?`, in lists with `!` for
//! exclusion.

/// Whether `text` as a whole matches `pattern`, where `*` stands for any run of characters and `?`
/// for one.
///
/// Case counts; callers lower both sides where names of machines are compared.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: the last star, and the text it has swallowed so far.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// Whether the list of patterns accepts `text`: one matches, and none with a `!` before it does.
#[must_use]
pub fn list_matches<'a>(list: impl IntoIterator<Item = &'a str>, text: &str) -> bool {
    let mut found = false;
    for item in list {
        match item.strip_prefix('!') {
            Some(negated) if matches(negated, text) => return false,
            Some(_) => {}
            None => found = found || matches(item, text),
        }
    }
    found
}

/// Whether this word is a pattern or an exclusion, not the name of one machine.
#[must_use]
pub fn is_pattern(word: &str) -> bool {
    word.starts_with('!') || word.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("web*01", "web-x-01", true),
            ("web*01", "web-x-012", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("192.168.0.?", "192.168.0.1", true),
            ("192.168.0.?", "192.168.0.12", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn an_exclusion_wins_wherever_it_stands() {
        for (list, text, expected) in [
            ("*.example.com !db.example.com", "web.example.com", true),
            ("*.example.com !db.example.com", "db.example.com", false),
            ("!db.example.com *.example.com", "db.example.com", false),
            ("!db", "web", false),
        ] {
            assert_eq!(list_matches(list.split(' '), text), expected, "{list} against {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_found_within_another(pattern in "[a-z*?!]{0,12}", inner in "[a-z]{0,12}") {
            let _ = matches(&pattern, &inner);
            let (wide, text) = (format!("*{inner}*"), format!("{pattern}{inner}{pattern}"));
            prop_assert!(matches(&wide, &text));
            prop_assert!(matches(&pattern, &pattern.replace(['?', '*'], "x")));
        }
    }
}
