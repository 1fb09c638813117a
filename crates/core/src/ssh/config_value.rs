//! Values of `ssh_config(5)`: words and quotes, times, ports, jumps, and the tokens within them.

use std::fmt::Write;
use std::time::Duration;

use sha1::{Digest, Sha1};

use super::config::{Context, Jump, StrictHostKey};

/// The words of a line: split at blanks and at one `=` after the keyword, with double or single
/// quotes, up to a `#` that begins a word. An error is a sentence for a person.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    let line = line.trim_matches([' ', '\t', '\r', '\x0c']);
    let end = line.find([' ', '\t', '=', '"']).unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    if keyword.is_empty() && rest.is_empty() || keyword.starts_with('#') {
        return Ok(vec![]);
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let mut words = vec![keyword.to_owned()];
    split(rest, &mut words)?;
    Ok(words)
}

/// Splits the values of a line as OpenSSH's `argv_split` does: a backslash keeps its meaning only
/// before a quote, another backslash or a blank outside quotes.
fn split(text: &str, words: &mut Vec<String>) -> Result<(), String> {
    let mut chars = text.chars().peekable();
    let (mut word, mut open, mut quote) = (String::new(), false, None);
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, ' ' | '\t') => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
                continue;
            }
            (None, '#') if !open => return Ok(()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(mark), c) if c == mark => quote = None,
            (_, '\\') => match chars.peek() {
                Some(&next) if "\"'\\".contains(next) || (quote.is_none() && next == ' ') => {
                    word.push(next);
                    chars.next();
                }
                _ => word.push('\\'),
            },
            (_, c) => word.push(c),
        }
        open = true;
    }
    if quote.is_some() {
        return Err("a quotation mark is not closed".to_owned());
    }
    if open {
        words.push(word);
    }
    Ok(())
}

pub(super) fn yes_no(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

pub(super) fn port(word: &str) -> Option<u16> {
    word.parse().ok().filter(|&port| port != 0)
}

pub(super) fn strict_host_key(word: &str) -> Option<StrictHostKey> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(StrictHostKey::Yes),
        "ask" => Some(StrictHostKey::Ask),
        "accept-new" | "no" | "false" | "off" => Some(StrictHostKey::AcceptNew),
        _ => None,
    }
}

/// A time as `sshd_config(5)`, section TIME FORMATS, writes it: seconds, or numbers with units
/// (`1h30m`). `none` is no time at all.
pub(super) fn time(word: &str) -> Option<Duration> {
    if word == "none" {
        return Some(Duration::ZERO);
    }
    let (mut total, mut number) = (0u64, None::<u64>);
    for c in word.chars() {
        if let Some(digit) = c.to_digit(10) {
            let so_far = number.unwrap_or(0).checked_mul(10)?;
            number = Some(so_far.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let total = total.checked_add(number.unwrap_or(0))?;
    (!word.is_empty()).then(|| Duration::from_secs(total))
}

/// The hops of a `ProxyJump` value: `[user@]host[:port]` or `ssh://…`, separated by commas; `none`
/// is no hop. Nothing when the value cannot be read.
#[must_use]
pub fn jumps(text: &str) -> Option<Vec<Jump>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(vec![]);
    }
    text.split(',').map(|hop| jump(hop.trim())).collect()
}

fn jump(text: &str) -> Option<Jump> {
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()).filter(|user| !user.is_empty()), rest),
        None => (None, text),
    };
    let (host, port_text) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (host, tail) = inner.split_once(']')?;
            let tail = if tail.is_empty() { None } else { Some(tail.strip_prefix(':')?) };
            (host, tail)
        }
        // Two colons are an IPv6 address without brackets, and have no port.
        None => match rest.split_once(':') {
            Some((host, tail)) if !tail.contains(':') => (host, Some(tail)),
            _ => (rest, None),
        },
    };
    let port = match port_text {
        Some(text) => Some(port(text)?),
        None => None,
    };
    (!host.is_empty()).then(|| Jump { host: host.to_owned(), user, port })
}

/// The values of the `%` tokens (`ssh_config(5)`, section TOKENS).
pub(super) struct Tokens<'a> {
    pub(super) context: &'a Context<'a>,
    /// `%n`: the name as it was asked for.
    pub(super) original: &'a str,
    /// `%h`.
    pub(super) host: String,
    /// `%p`.
    pub(super) port: u16,
    /// `%r`.
    pub(super) user: String,
    /// `%k`.
    pub(super) alias: Option<String>,
    /// `%j`.
    pub(super) jump: String,
}

impl Tokens<'_> {
    /// A path: tokens, `${NAME}` and a leading `~`.
    pub(super) fn path(&self, text: &str) -> Result<String, String> {
        let filled = self.fill(&self.environment(text)?)?;
        Ok(match filled.strip_prefix('~') {
            Some("") => self.context.home.to_owned(),
            Some(rest) if rest.starts_with('/') => format!("{}{rest}", self.context.home),
            _ => filled,
        })
    }

    /// Fills in the `%` tokens in one pass.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '%' {
                out.push_str(&self.token(chars.next())?);
            } else {
                out.push(c);
            }
        }
        Ok(out)
    }

    fn token(&self, letter: Option<char>) -> Result<String, String> {
        Ok(match letter {
            Some('%') => "%".to_owned(),
            Some('h') => self.host.clone(),
            Some('n') => self.original.to_owned(),
            Some('p') => self.port.to_string(),
            Some('r') => self.user.clone(),
            Some('u') => self.context.local_user.to_owned(),
            Some('d') => self.context.home.to_owned(),
            Some('i') => self.context.uid.to_string(),
            Some('j') => self.jump.clone(),
            Some('k') => self.alias.clone().unwrap_or_else(|| self.original.to_owned()),
            Some('l') => self.context.local_host.to_owned(),
            Some('L') => self.short_host().to_owned(),
            Some('C') => self.connection_hash(),
            Some(other) => return Err(format!("the token `%{other}` is not known here")),
            None => return Err("a `%` stands at the end".to_owned()),
        })
    }

    fn short_host(&self) -> &str {
        self.context.local_host.split('.').next().unwrap_or_default()
    }

    fn connection_hash(&self) -> String {
        let (port, local) = (self.port.to_string(), self.context.local_host);
        let text = [local, &self.host, &port, &self.user, &self.jump].concat();
        let mut hex = String::with_capacity(40);
        for byte in Sha1::digest(text) {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    fn environment(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, tail) = after.split_once('}').ok_or("`${` is not closed")?;
            let value = (self.context.env)(name);
            out.push_str(before);
            out.push_str(&value.ok_or_else(|| format!("the variable `{name}` is not set"))?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}
