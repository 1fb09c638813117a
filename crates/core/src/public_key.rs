//! Lines of a file of public keys. Source of the format: `sshd(8)`, "`AUTHORIZED_KEYS` FILE FORMAT".

/// A public key with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// Options before it, with commas.
    pub(crate) options: String,
    /// Its type, `ssh-ed25519` and the like.
    pub(crate) kind: String,
    /// The key itself in base64, by which it is known.
    pub(crate) blob: String,
    /// What follows it.
    pub(crate) comment: String,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// As it stands.
    pub(crate) text: String,
    /// The key on it; nothing for comments and what is no key.
    pub(crate) key: Option<PublicKey>,
}

/// The lines of a file.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let line = |text: &str| Line { text: text.to_owned(), key: parse(text.trim()) };
    text.lines().map(line).collect()
}

/// The key on a line.
pub(crate) fn parse(line: &str) -> Option<PublicKey> {
    if line.starts_with('#') {
        return None;
    }
    let (first, rest) = word(line)?;
    if is_kind(first) {
        return with_options("", first, rest);
    }
    let (kind, rest) = word(rest)?;
    if is_kind(kind) { with_options(first, kind, rest) } else { None }
}

fn with_options(options: &str, kind: &str, rest: &str) -> Option<PublicKey> {
    let (blob, comment) = word(rest)?;
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    blob.chars().all(base64).then(|| PublicKey {
        options: options.to_owned(),
        kind: kind.to_owned(),
        blob: blob.to_owned(),
        comment: comment.trim().to_owned(),
    })
}

/// The types of keys. Source: `sshd(8)`.
fn is_kind(word: &str) -> bool {
    let known = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "webauthn-sk-"];
    known.iter().any(|start| word.starts_with(start))
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "-.@_".contains(c))
}

/// The first word, in which a quotation may hold white space, and what follows.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return Some((&text[..at], &text[at..])),
            _ => {}
        }
    }
    (!text.is_empty() && !quoted).then_some((text, ""))
}

impl PublicKey {
    /// Whether it is the same key with the same options, in whatever order, and the same comment.
    pub(crate) fn means(&self, other: &Self) -> bool {
        let sorted = |key: &Self| {
            let mut options = split_options(&key.options);
            options.sort();
            options
        };
        self.kind == other.kind
            && self.blob == other.blob
            && self.comment == other.comment
            && sorted(self) == sorted(other)
    }
}

/// The options between the commas that stand outside quotations.
fn split_options(options: &str) -> Vec<String> {
    let (mut found, mut current) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in options.chars() {
        match c {
            ',' if !quoted => {
                found.push(std::mem::take(&mut current));
                continue;
            }
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        current.push(c);
    }
    found.push(current);
    found.retain(|option| !option.trim().is_empty());
    found
}

impl Line {
    /// The line of a key.
    pub(crate) fn of(key: &PublicKey) -> Self {
        let words = [&key.options, &key.kind, &key.blob, &key.comment];
        let words: Vec<&str> = words.iter().map(|w| w.as_str()).filter(|w| !w.is_empty()).collect();
        Self { text: words.join(" "), key: Some(key.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_as_sshd_reads_them() {
        for (line, expected) in [
            ("ssh-rsa AAAA", Some(("", "ssh-rsa", "AAAA", ""))),
            ("ssh-rsa AAAA== a b ", Some(("", "ssh-rsa", "AAAA==", "a b"))),
            (
                "command=\"a \\\" b\",no-pty ecdsa-sha2-nistp256 AAAA c",
                Some(("command=\"a \\\" b\",no-pty", "ecdsa-sha2-nistp256", "AAAA", "c")),
            ),
            (
                "sk-ssh-ed25519@openssh.com AAAA",
                Some(("", "sk-ssh-ed25519@openssh.com", "AAAA", "")),
            ),
            ("# ssh-rsa AAAA", None),
            ("ssh-rsa", None),
            ("ssh-rsa not*base64", None),
            ("a b c", None),
            ("command=\"open ssh-rsa AAAA", None),
            ("", None),
        ] {
            let key = parse(line);
            let told =
                key.as_ref().map(|key| (&*key.options, &*key.kind, &*key.blob, &*key.comment));
            assert_eq!(told, expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_key_reads_back(options in "([a-z]+(=\"[a-z ,]*\")?)?", comment in "([a-z@]( ?[a-z@])*)?") {
            let kind = "ssh-ed25519".to_owned();
            let key = PublicKey { options, kind, blob: "AAAA".into(), comment };
            prop_assert_eq!(parse(&Line::of(&key).text), Some(key));
        }

        #[test]
        fn no_line_breaks_it(line in "\\PC*") {
            let _ = parse(&line);
        }
    }
}
