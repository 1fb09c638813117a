//! Regular expressions in Python's syntax, for modules that Ansible gives them to.

use fancy_regex::{Captures, Regex};

/// Compiles a Python expression. `$` also matches before a last line end, as in Python.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translated(pattern)).map_err(|error| error.to_string())
}

/// The expression in the syntax of `fancy-regex`, which reads `\Z`, `$`, `\<`, braces and brackets
/// otherwise than Python.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.char_indices();
    let (mut class, mut class_start) = (false, 0);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, 'Z')) if !class => out.push_str(r"\z"),
                Some((_, c)) => push_escaped(c, &mut out),
                None => out.push('\\'),
            },
            '[' if class => out.push_str(r"\["),
            '[' => {
                (class, class_start) = (true, out.len() + 1);
                out.push('[');
            }
            ']' if class && is_class_start(&out[class_start..]) => out.push_str(r"\]"),
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(c);
            }
            '$' if !class => out.push_str(r"(?=\n?\z)"),
            '{' if !class => match repeat(&pattern[at..]) {
                Repeat::No => out.push_str(r"\{"),
                Repeat::UpTo => out.push_str("{0"),
                Repeat::Yes => out.push('{'),
            },
            c => out.push(c),
        }
    }
    out
}

/// Python takes an escaped sign for the sign itself; only letters, digits and its own signs are special.
fn push_escaped(c: char, out: &mut String) {
    if c.is_alphanumeric() || ".^$*+?{}[]|()\\-&~#".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

/// Whether nothing but `^` stands in a class yet, so that `]` belongs to it.
fn is_class_start(class: &str) -> bool {
    matches!(class, "" | "^")
}

enum Repeat {
    No,
    Yes,
    /// `{,3}`.
    UpTo,
}

/// Whether a brace begins a repetition.
fn repeat(rest: &str) -> Repeat {
    let Some(end) = rest.find('}') else {
        return Repeat::No;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match rest[1..end].split_once(',') {
        Some(("", to)) if !to.is_empty() && digits(to) => Repeat::UpTo,
        Some((from, to)) if !from.is_empty() && digits(from) && digits(to) => Repeat::Yes,
        None if end > 1 && digits(&rest[1..end]) => Repeat::Yes,
        _ => Repeat::No,
    }
}

/// A replacement text with its groups filled in: `\1`, `\g<1>`, `\g<name>`, and Python's escapes.
///
/// Source: Python, `re`, `Match.expand`. The error names what is wrong.
pub(crate) fn expanded(template: &str, captures: &Captures<'_, str>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let c = rest.chars().next().ok_or("it ends with a backslash")?;
        rest = &rest[c.len_utf8()..];
        match c {
            'g' => rest = named(rest, captures, &mut out)?,
            '1'..='9' => {
                let more = rest.bytes().next().filter(u8::is_ascii_digit).map_or(0, |_| 1);
                let number = format!("{c}{}", &rest[..more]);
                rest = &rest[more..];
                group(&number, captures, &mut out)?;
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            '0' => out.push('\0'),
            '\\' => out.push('\\'),
            c if c.is_ascii_alphabetic() => return Err(format!("it holds `\\{c}`")),
            c => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Fills in `<name>` after `\g`; gives what follows.
fn named<'a>(
    rest: &'a str,
    captures: &Captures<'_, str>,
    out: &mut String,
) -> Result<&'a str, String> {
    let inner = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let (name, rest) = inner.ok_or("it holds `\\g` without `<…>`")?;
    group(name, captures, out)?;
    Ok(rest)
}

/// A group by number or name; one that did not take part is empty.
fn group(name: &str, captures: &Captures<'_, str>, out: &mut String) -> Result<(), String> {
    let found = match name.parse::<usize>() {
        Ok(number) if number < captures.len() => captures.get(number),
        Ok(number) => return Err(format!("there is no group {number}")),
        Err(_) => captures.name(name),
    };
    out.push_str(found.map_or("", |found| found.as_str()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_as_in_python() {
        for (pattern, text, matches) in [
            ("^foo$", "foo\n", true),
            ("foo$", "foo\r\n", false),
            ("foo\\Z", "foo\n", false),
            ("server {", "server {\n", true),
            ("a{2}", "aa", true),
            ("^a{,2}$", "aa", true),
            ("^a{,2}$", "aaa", false),
            ("[]x]", "]", true),
            ("[^]]", "]", false),
            ("[[a]", "[", true),
            ("\\<Directory", "<Directory", true),
            ("(?P<x>a)(?P=x)", "aa", true),
            ("(?i)FOO", "foo", true),
            ("^#?\\s*Port ", "#Port 22\n", true),
            ("a(?!b)", "ab", false),
            ("\\/etc\\/", "/etc/", true),
            ("[a&&b]", "&", true),
            // Letters, digits, spaces and cases are Unicode's.
            ("^\\w+$", "größe_٣", true),
            ("^\\d$", "٣", true),
            ("^\\s$", "\u{2003}", true),
            ("\\bé\\b", "a é b", true),
            ("\\bé\\b", "éa", false),
            ("(?i)GRÖSSE σ", "größe Σ", false),
            ("(?i)GRÖßE σ", "größe ς", true),
        ] {
            let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(regex.is_match(text).unwrap(), matches, "{pattern} on {text:?}");
        }
        assert!(compile("(").is_err());
    }

    #[test]
    fn groups_are_filled_in() {
        let regex = compile("(?P<key>\\w+)=(\\w*)(x)?").unwrap();
        let captures = regex.captures("a=b").unwrap().unwrap();
        for (template, expected) in [
            (r"\1-\2", Ok("a-b")),
            (r"\g<key>\g<2>0", Ok("ab0")),
            (r"\3.\\n\n", Ok(".\\n\n")),
            (r"\9", Err(())),
            (r"\g<key", Err(())),
            (r"\q", Err(())),
        ] {
            let result = expanded(template, &captures);
            assert_eq!(result.as_deref().map_err(|_| ()), expected, "{template}");
        }
    }
}
