//! Words of a line as Python's `shlex.split(line, comments=True)` finds them, which is how Ansible reads host
//! lines: POSIX quoting, and an unquoted `#` anywhere begins a comment.

/// Why a line cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// A quotation without an end.
    Quote,
    /// A backslash at the end.
    Escape,
}

/// The words of `line`; with `comments`, up to an unquoted `#`.
pub fn split(line: &str, comments: bool) -> Result<Vec<String>, Open> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '#' if comments => break,
            '\\' => word.get_or_insert_default().push(chars.next().ok_or(Open::Escape)?),
            '\'' => single(&mut chars, word.get_or_insert_default())?,
            '"' => double(&mut chars, word.get_or_insert_default())?,
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Open> {
    loop {
        match chars.next().ok_or(Open::Quote)? {
            '\'' => return Ok(()),
            other => word.push(other),
        }
    }
}

/// Within double quotes a backslash protects only itself and the quote.
fn double(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Open> {
    loop {
        match chars.next().ok_or(Open::Quote)? {
            '"' => return Ok(()),
            '\\' => {
                let next = chars.next().ok_or(Open::Escape)?;
                if next != '"' && next != '\\' {
                    word.push('\\');
                }
                word.push(next);
            }
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_split_as_shlex_does() {
        let cases: &[(&str, &[&str])] = &[
            ("a b=c  d", &["a", "b=c", "d"]),
            ("a b='x y' c=\"p q\"", &["a", "b=x y", "c=p q"]),
            (r#"a b="it's \"q\" \n""#, &["a", r#"b=it's "q" \n"#]),
            (r"a b=x\ y", &["a", "b=x y"]),
            ("a b=1 # note", &["a", "b=1"]),
            ("a b=1#note", &["a", "b=1"]),
            ("a b='1#2'", &["a", "b=1#2"]),
            (r#"m s="'03#pa33'""#, &["m", "s='03#pa33'"]),
            ("a ''", &["a", ""]),
            ("", &[]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line, true).unwrap(), *words, "{line}");
        }
        assert_eq!(split("a 'b", true), Err(Open::Quote));
        assert_eq!(split("a\\", true), Err(Open::Escape));
        assert_eq!(split("a#b", false).unwrap(), ["a#b"]);
    }

    proptest! {
        #[test]
        fn what_our_quoting_writes_comes_back(words in prop::collection::vec("[^\0]*", 0..5)) {
            prop_assert_eq!(split(&crate::quote::line(&words), true).unwrap(), words);
        }
    }
}
