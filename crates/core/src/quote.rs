//! The one place where words become a POSIX shell command line.
//!
//! Source of the rules: POSIX.1-2024, XCU 2.2 "Quoting": within single quotes every character keeps its
//! literal value, and a single quote cannot stand within them.

use std::borrow::Cow;

/// `word` as one word of a POSIX shell, whatever characters are in it.
///
/// A NUL cannot be part of any argument; callers must have refused it before.
#[must_use]
pub fn word(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// The words as one command line.
#[must_use]
pub fn line<I, S>(words: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    words.into_iter().map(|w| word(w.as_ref()).into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_readable_and_others_are_quoted() {
        assert_eq!(line(["ls", "-l", "/tmp/a b", "it's", ""]), r"ls -l '/tmp/a b' 'it'\''s' ''");
    }

    /// Reads a line back as POSIX says, for the round trip below.
    fn split(line: &str) -> Vec<String> {
        let (mut words, mut current, mut open, mut quoted) = (vec![], String::new(), false, false);
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\'' => {
                    quoted = !quoted;
                    open = true;
                }
                '\\' if !quoted => current.extend(chars.next()),
                ' ' if !quoted => {
                    if open {
                        words.push(std::mem::take(&mut current));
                    }
                    open = false;
                }
                c => {
                    current.push(c);
                    open = true;
                }
            }
        }
        if open {
            words.push(current);
        }
        words
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_arrives(words in prop::collection::vec("[^\0]*", 1..6)) {
            prop_assert_eq!(split(&line(&words)), words);
        }
    }
}
