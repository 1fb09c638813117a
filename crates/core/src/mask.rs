//! Takes secrets out of whatever is about to be shown or stored.

use crate::secret::Secret;

/// What stands in the place of a secret.
pub const MARK: &str = "********";

/// Shorter texts are not masked: they would tear every output apart and hide nothing.
const SHORTEST: usize = 4;

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
        texts.retain(|text| text.len() >= SHORTEST);
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        Self { secrets: texts.into_iter().map(|text| Secret::new(text.to_owned())).collect() }
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
            if out.contains(secret.expose().as_str()) {
                out = out.replace(secret.expose().as_str(), MARK).into();
            }
        }
        out
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

fn replace(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(MARK.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let mask = Mask::new(["hunter2!", "hunter2!more", "abc", "line one\nline two"]);
        assert_eq!(mask.text("a hunter2!more b hunter2! abc"), "a ******** b ******** abc");
        assert_eq!(mask.text("x line two"), "x ********");
        assert_eq!(mask.bytes(b"\xff hunter2! \xfe"), b"\xff ******** \xfe");
    }
}
