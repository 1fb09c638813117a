//! Takes passwords out of lines of an inventory before an error shows them.

use crate::mask::MARK;

/// What the name of a variable that is probably a secret holds. A snippet with too little in it does no harm.
const WORDS: [&str; 5] = ["pass", "secret", "token", "api_key", "private_key_content"];

/// The text with every line cut off after the name of a variable that looks like a secret; lines stay lines
/// and columns before the cut stay columns.
#[must_use]
pub fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        match cut(line) {
            Some(end) => out.extend([&line[..end], MARK, &whole[line.len()..]]),
            None => out.push_str(whole),
        }
    }
    out
}

/// A word of a line for an error; masked where the line holds a secret, of which the word may be a part.
#[must_use]
pub fn word<'a>(word: &'a str, line: &str) -> &'a str {
    if cut(line).is_some() { MARK } else { word }
}

/// Where the value of the first secret of a line begins.
fn cut(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let found = WORDS.iter().filter_map(|word| Some(lower.find(word)? + word.len())).min()?;
    let rest = &line[found..];
    let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let value = rest[name..].trim_start_matches([' ', '\t', ':', '=', '"', '\'']);
    (!value.is_empty()).then(|| line.len() - value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_cut_out_and_other_lines_stay() {
        let cases = [
            ("h ansible_password=hunter2 x=1\nb\r\n", "h ansible_password=********\nb\r\n"),
            ("  ansible_become_pass: \"hunter2\"\n", "  ansible_become_pass: \"********\n"),
            ("DB_PASSWORD = hunter2", "DB_PASSWORD = ********"),
            ("ansible_password hunter2", "ansible_password ********"),
            ("compass ansible_port=1", "compass ********"),
            ("h ansible_port=1\n", "h ansible_port=1\n"),
            ("password:\n", "password:\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(lines(text), expected);
        }
        assert_eq!(word("more", "h ansible_password=two more"), MARK);
        assert_eq!(word("more", "h x=two more"), "more");
    }
}
