//! Takes secrets out of whatever is about to be shown or stored.

use std::sync::Arc;

use crate::change::{Change, Content};
use crate::interp::{Event, Report};
use crate::message::Message;
use crate::node::{Node, NodeKind};
use crate::observe::Bytes;
use crate::secret::Secret;
use crate::value::{Map, Value};

/// What stands in the place of a secret.
pub const MARK: &str = "********";

/// Shorter secrets, in bytes, are masked where they stand as words of their own: within words they would
/// tear every output apart and hide nothing. One of a single byte is masked where it is all there is.
const SHORT: usize = 4;

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// Longest first, so that a secret that contains another is hidden whole.
    secrets: Vec<Secret<String>>,
}

impl Mask {
    /// Hides these. Each line of a secret of several lines is hidden by itself too, because output comes
    /// line by line.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut texts: Vec<&str> = Vec::new();
        for secret in secrets {
            texts.push(secret);
            texts.extend(secret.lines().map(str::trim));
        }
        texts.retain(|text| !text.is_empty());
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self { secrets: texts.into_iter().map(|text| Secret::new(text.to_owned())).collect() }
    }

    /// Hides these as well.
    pub fn add<'a>(&mut self, secrets: impl IntoIterator<Item = &'a str>) {
        let more = Self::new(secrets);
        self.secrets.extend(more.secrets);
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        self.secrets.dedup();
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text without the secrets; the text itself when it holds none.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        let mut out = std::borrow::Cow::Borrowed(text);
        for secret in &self.secrets {
            let secret = secret.expose().as_bytes();
            if find(out.as_bytes(), secret, 0).is_some() {
                // Whole characters were taken out of whole characters.
                let masked = String::from_utf8_lossy(&replace(out.as_bytes(), secret)).into_owned();
                out = masked.into();
            }
        }
        out
    }

    /// How many bytes at the end may be the beginning of a secret, of which the rest is still to come.
    #[must_use]
    pub fn begun(&self, bytes: &[u8]) -> usize {
        let begun = |secret: &Secret<String>| {
            let secret = secret.expose().as_bytes();
            let most = secret.len().saturating_sub(1).min(bytes.len());
            (1..=most).rev().find(|many| bytes.ends_with(&secret[..*many])).unwrap_or(0)
        };
        self.secrets.iter().map(begun).max().unwrap_or(0)
    }

    /// The bytes without the secrets.
    #[must_use]
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for secret in &self.secrets {
            out = replace(&out, secret.expose().as_bytes());
        }
        out
    }
}

impl Mask {
    /// Takes the secrets out of everything that an event shows.
    pub fn event(&self, event: &mut Event) {
        if self.is_empty() {
            return;
        }
        match event {
            Event::Started { name, .. } => *name = self.arc(name),
            Event::Item(report) | Event::Finished(report) => self.report(report),
            Event::Notified { handlers } => {
                for handler in handlers {
                    *handler = self.arc(handler);
                }
            }
            // Not shown: it goes from one play to the next, and must stay what it is.
            Event::Var { .. } | Event::Delegated { .. } | Event::Retry { .. } => {}
        }
    }

    fn report(&self, report: &mut Report) {
        report.name = self.arc(&report.name);
        report.item = report.item.as_ref().map(|item| self.value(item));
        report.result = self.map(&report.result);
        for diff in &mut report.diff {
            for text in
                [&mut diff.before, &mut diff.after, &mut diff.before_header, &mut diff.after_header]
            {
                *text = self.arc(text);
            }
        }
        if let Some(message) = &mut report.message {
            self.message(message);
        }
        report.changes.iter_mut().for_each(|change| self.change(change));
    }

    /// Takes the secrets out of a message's arguments.
    pub fn message(&self, message: &mut Message) {
        for (_, arg) in &mut message.args {
            *arg = self.text(arg).into_owned();
        }
    }

    fn change(&self, change: &mut Change) {
        match change {
            Change::WriteFile { content: Content::Inline(bytes), .. } => {
                *bytes = Bytes::from(self.bytes(&bytes.0));
            }
            Change::Run(run) => {
                run.argv.iter_mut().for_each(|word| *word = self.arc(word));
                run.env.iter_mut().for_each(|(_, value)| *value = self.arc(value));
                run.stdin = run.stdin.as_ref().map(|stdin| Bytes::from(self.bytes(&stdin.0)));
            }
            _ => {}
        }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Str(text) => Value::Str(self.arc(text)),
            Value::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect()),
            Value::Map(map) => Value::map(self.map(map)),
            other => other.clone(),
        }
    }

    fn map(&self, map: &Map) -> Map {
        map.iter().map(|(key, value)| (self.arc(key), self.value(value))).collect()
    }

    fn arc(&self, text: &Arc<str>) -> Arc<str> {
        match self.text(text) {
            std::borrow::Cow::Borrowed(_) => text.clone(),
            std::borrow::Cow::Owned(masked) => masked.into(),
        }
    }
}

/// The texts of a tree that must never be shown.
pub fn secrets_of<'n>(node: &'n Node, into: &mut Vec<&'n str>) {
    match &node.kind {
        NodeKind::Secret(text) => into.push(text),
        NodeKind::List(items) => items.iter().for_each(|item| secrets_of(item, into)),
        NodeKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            secrets_of(key, into);
            secrets_of(value, into);
        }),
        _ => {}
    }
}

/// Where a secret stands at or behind `from`.
fn find(bytes: &[u8], secret: &[u8], from: usize) -> Option<usize> {
    if secret.len() == 1 {
        return (from == 0 && bytes.trim_ascii() == secret)
            .then(|| bytes.iter().position(|byte| *byte == secret[0]))
            .flatten();
    }
    let is_of_word = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii())
    };
    let stands = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        secret.len() >= SHORT || !(is_of_word(before) || is_of_word(bytes.get(at + secret.len())))
    };
    let windows = bytes.get(from..)?.windows(secret.len());
    windows.zip(from..).find(|(window, at)| *window == secret && stands(*at)).map(|(_, at)| at)
}

fn replace(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    while let Some(at) = find(bytes, secret, from) {
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(MARK.as_bytes());
        from = at + secret.len();
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let mask = Mask::new(["hunter2!", "hunter2!more", "abc", "7", "", "line one\nline two"]);
        for (text, masked) in [
            ("a hunter2!more b hunter2! c", "a ******** b ******** c"),
            ("xhunter2!x", "x********x"),
            ("pin=abc, (abc)", "pin=********, (********)"),
            ("abcd xabc abc_ äabc abcabc", "abcd xabc abc_ äabc abcabc"),
            ("abc abc", "******** ********"),
            ("port 7 of 17", "port 7 of 17"),
            ("7", "********"),
        ] {
            assert_eq!(mask.text(text), masked);
            assert_eq!(mask.bytes(text.as_bytes()), masked.as_bytes());
        }
        assert_eq!(mask.text("x line two"), "x ********");
        assert_eq!(mask.bytes(b"\xff hunter2! \xfe"), b"\xff ******** \xfe");
    }

    #[test]
    fn the_beginning_of_a_secret_is_seen() {
        let mask = Mask::new(["hunter2!", "hunter2!more", "é7"]);
        for (text, begun) in [
            ("", 0),
            ("a h", 1),
            ("a hun", 3),
            ("a hunter", 6),
            ("hunter2!", 8),
            ("hunter2!m", 9),
            ("hunter2!more", 0),
            ("hunhunt", 4),
            ("hun ", 0),
            ("é", 2),
        ] {
            assert_eq!(mask.begun(text.as_bytes()), begun, "{text}");
        }
        assert_eq!(Mask::default().begun(b"x"), 0);
    }
}
