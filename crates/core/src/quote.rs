//! The one place where words become a POSIX shell command line.
//!
//! Source of the rules: POSIX.1-2024, XCU 2.2 "Quoting": within single quotes every character keeps its
//! literal value, and a single quote cannot stand within them. csh, tcsh and fish read other languages:
//! [`any_shell`] keeps to what all of them share.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Bytes in one word of a line for any shell: csh refuses words of some thousands.
const WORD: usize = 900;
/// Bytes of an encoded line. Linux takes 128 KiB in one argument, which the line is to the login shell.
const LINE: usize = 120 << 10;

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

/// The words as a line for a login shell of which nothing is known but that it has `exec`, single quotes,
/// and takes lines of the words' length: sh, bash, zsh, csh, tcsh, fish. It becomes the program.
///
/// csh takes no newline and no `!` within quotes, and fish reads backslashes there. So what is more than
/// plain characters is written as `printf %b` reads it, and read back by `/bin/sh`.
#[must_use]
pub fn any_shell<I, S>(words: I) -> String
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let line = format!("exec {}", line(words));
    if line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./: ".contains(&byte)) {
        return line;
    }
    let mut made = r#"exec /bin/sh -c 'eval "$(printf %b "$@")"' hep '"#.to_owned();
    let mut length = 0;
    for byte in line.bytes() {
        if length >= WORD {
            made.push_str("' '");
            length = 0;
        }
        let before = made.len();
        match byte {
            b'\'' | b'\\' | b'!' | 0..=31 | 127.. => {
                // Writing to a String cannot fail.
                let _ = write!(made, r"\0{byte:03o}");
            }
            byte => made.push(char::from(byte)),
        }
        length += made.len() - before;
    }
    made.push('\'');
    // Too long for Linux: the shells of POSIX are served at least.
    if made.len() > LINE { line } else { made }
}

/// The words as other words for a program that joins its words into a line for a shell, with a backslash
/// before every character but letters, digits, `_`, `-` and `$`, as `sudo -i` and `sudo -s` do. So `$` and
/// newlines must not be among them.
#[must_use]
pub fn through_shell(words: &[String]) -> Vec<String> {
    let mut script = r#"eval "`printf %b '"#.to_owned();
    for byte in format!("exec {}", line(words)).bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'/' => {
                script.push(char::from(byte));
            }
            byte => {
                // Writing to a String cannot fail.
                let _ = write!(script, r"\0{byte:03o}");
            }
        }
    }
    script.push_str("'`\"");
    vec!["/bin/sh".into(), "-c".into(), script]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_readable_and_others_are_quoted() {
        assert_eq!(line(["ls", "-l", "/tmp/a b", "it's", ""]), r"ls -l '/tmp/a b' 'it'\''s' ''");
    }

    #[test]
    fn plain_words_are_plain_for_any_shell() {
        assert_eq!(any_shell(["/bin/ls", "-l"]), "exec /bin/ls -l");
        let made = any_shell(["echo", "it's!", "a\nb", "é"]);
        assert!(!made.contains(['\n', '!', 'é']) && !made.contains("\\\\"), "{made}");
        assert_eq!(any_shell(["x", &"!".repeat(LINE)]).find("printf"), None);
        let longest = any_shell(["x", &"!".repeat(5000)]);
        assert!(longest.split(' ').all(|word| word.len() < WORD + 10));
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

    /// What a shell's `printf %b` makes of `\0ooo`.
    fn unescaped(text: &str) -> Vec<u8> {
        let mut parts = text.split("\\0");
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..3], 8).unwrap());
            bytes.extend(&part.as_bytes()[3..]);
        }
        bytes
    }

    #[test]
    fn what_goes_through_a_shell_has_nothing_that_it_would_take() {
        let words = ["printf", "it's", "$HOME `x` $(y)", "a\nb\n", "\\0101 %", "", "\u{17e}!"];
        let words = words.map(str::to_owned);
        let sent = through_shell(&words);
        assert_eq!(sent[..2], ["/bin/sh", "-c"]);
        assert!(!sent[2].contains(['$', '\n']) && sent[2].is_ascii(), "{}", sent[2]);
        let inner = sent[2].strip_prefix("eval \"`printf %b '").unwrap();
        let inner = unescaped(inner.strip_suffix("'`\"").unwrap());
        assert_eq!(String::from_utf8(inner).unwrap(), format!("exec {}", line(&words)));
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_arrives(words in prop::collection::vec("[^\0]*", 1..6)) {
            prop_assert_eq!(split(&line(&words)), words);
        }
    }
}
