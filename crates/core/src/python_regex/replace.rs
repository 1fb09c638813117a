//! Replacement texts.

use super::Captures;

/// A replacement text with its groups filled in: `\1`, `\g<1>`, `\g<name>`, and Python's escapes.
///
/// Source: Python, `re`, `Match.expand`. The error names what is wrong.
pub(crate) fn expanded(template: &str, captures: &Captures<'_>) -> Result<String, String> {
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
fn named<'a>(rest: &'a str, captures: &Captures<'_>, out: &mut String) -> Result<&'a str, String> {
    let inner = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let (name, rest) = inner.ok_or("it holds `\\g` without `<…>`")?;
    group(name, captures, out)?;
    Ok(rest)
}

/// A group by number or name; one that did not take part is empty.
fn group(name: &str, captures: &Captures<'_>, out: &mut String) -> Result<(), String> {
    out.push_str(captures.by(name)?.unwrap_or(""));
    Ok(())
}
