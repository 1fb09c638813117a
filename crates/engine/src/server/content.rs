//! What a command is given to read, and what a file shall hold. People give passwords and keys in this way, so it
//! travels like a run's secrets, sealed beside it; the subject that lasts says only how many bytes it was.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use hep_core::message::{Message, run as say};
use hep_core::secret::Secret;

use super::given::Given;
use super::subject::{CopySubject, Subject};

/// What is read or written.
pub(crate) type Content = Secret<Vec<u8>>;

/// How many bytes there are.
fn length(content: &Content) -> u64 {
    u64::try_from(content.expose().len()).unwrap_or(u64::MAX)
}

impl Subject {
    /// Takes out what is read or written, and leaves how much it is. Nothing where there is nothing, or where it was
    /// taken out before.
    pub(crate) fn take_content(&mut self) -> Result<Option<Content>, Message> {
        let (stdin, length_of) = match self {
            Self::Command(command) => (&mut command.stdin, &mut command.stdin_bytes),
            Self::Script(script) => (&mut script.stdin, &mut script.stdin_bytes),
            Self::Copy(copy) => return take_file(copy),
            Self::Manifest(_) | Self::Verb(_) | Self::Terminal(_) => return Ok(None),
        };
        if stdin.is_empty() {
            return Ok(None);
        }
        let content = Secret::new(std::mem::take(stdin).into_bytes());
        *length_of = Some(length(&content));
        Ok(Some(content))
    }
}

fn take_file(copy: &mut CopySubject) -> Result<Option<Content>, Message> {
    if copy.bytes.is_some() {
        return Ok(None);
    }
    let content = Secret::new(said(copy)?);
    (copy.text, copy.base64, copy.bytes) = (None, None, Some(length(&content)));
    Ok(Some(content))
}

/// What a file shall hold, as its subject says it.
fn said(copy: &CopySubject) -> Result<Vec<u8>, Message> {
    match (&copy.text, &copy.base64) {
        (Some(text), None) => Ok(text.clone().into_bytes()),
        (None, Some(base64)) => BASE64.decode(base64).map_err(|_| say::bad_base64()),
        _ => Err(say::no_content()),
    }
}

impl Given {
    /// What a command reads: as its subject says it, or as it was taken out of it.
    pub(super) fn stdin(&self, said: &str, taken: Option<u64>) -> Result<Bytes, Message> {
        match (taken, said) {
            (None, said) => Ok(Bytes::copy_from_slice(said.as_bytes())),
            (Some(many), "") => self.taken(many).map(Bytes::copy_from_slice),
            (Some(_), _) => Err(say::content_twice()),
        }
    }

    /// What a file shall hold, in the same way.
    pub(super) fn file(&self, copy: &CopySubject) -> Result<Vec<u8>, Message> {
        match (copy.bytes, &copy.text, &copy.base64) {
            (None, ..) => said(copy),
            (Some(many), None, None) => self.taken(many).map(<[u8]>::to_vec),
            (Some(_), ..) => Err(say::content_twice()),
        }
    }

    fn taken(&self, many: u64) -> Result<&[u8], Message> {
        let content = self.secrets.content.as_ref().filter(|content| length(content) == many);
        content.map(|content| content.expose().as_slice()).ok_or_else(say::content_not_said)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::server::given::Secrets;
    use crate::server::work;

    fn subject(said: &Value) -> Subject {
        serde_json::from_value(said.clone()).unwrap()
    }

    #[test]
    fn what_is_taken_out_says_how_much_it_was() {
        let cases = [
            (
                json!({"kind": "command", "line": "cat", "stdin": "é\n"}),
                json!({"kind": "command", "line": "cat", "stdin_bytes": 3}),
                Some("é\n"),
            ),
            (
                json!({"kind": "script", "script": "cat", "stdin": "x"}),
                json!({"kind": "script", "script": "cat", "stdin_bytes": 1}),
                Some("x"),
            ),
            (
                json!({"kind": "copy", "text": "", "dest": "/x"}),
                json!({"kind": "copy", "bytes": 0, "dest": "/x"}),
                Some(""),
            ),
            (
                json!({"kind": "copy", "base64": "eA==", "dest": "/x"}),
                json!({"kind": "copy", "bytes": 1, "dest": "/x"}),
                Some("x"),
            ),
            (
                json!({"kind": "command", "line": "cat"}),
                json!({"kind": "command", "line": "cat"}),
                None,
            ),
            (
                json!({"kind": "verb", "verb": "facts"}),
                json!({"kind": "verb", "verb": "facts"}),
                None,
            ),
        ];
        for (said, left, expected) in cases {
            let mut taken = subject(&said);
            let content = taken.take_content().unwrap();
            assert_eq!(serde_json::to_value(&taken).unwrap(), left, "{said}");
            let text = content.as_ref().map(|content| content.expose().clone());
            assert_eq!(text, expected.map(|text| text.as_bytes().to_vec()), "{said}");
            assert_eq!(taken.clone().take_content().unwrap(), None, "it is taken once: {said}");
            let given =
                Given { secrets: Secrets { content, ..Secrets::default() }, ..Given::default() };
            work::check(&taken, &given).unwrap();
        }
    }

    #[test]
    fn how_much_it_was_is_not_what_it_was() {
        let (alone, twice) = ("run.content_not_said", "run.content_twice");
        let cases = [
            (json!({"kind": "command", "line": "cat", "stdin_bytes": 3}), alone),
            (json!({"kind": "script", "script": "cat", "stdin_bytes": 0}), alone),
            (json!({"kind": "copy", "dest": "/x", "bytes": 3}), alone),
            (json!({"kind": "command", "line": "cat", "stdin": "abc", "stdin_bytes": 3}), twice),
            (json!({"kind": "copy", "dest": "/x", "text": "abc", "bytes": 3}), twice),
        ];
        for (said, id) in cases {
            let refused = work::check(&subject(&said), &Given::default()).unwrap_err();
            assert_eq!(refused.id, id, "{said}");
        }
        let cut = Secrets { content: Some(Secret::new(b"ab".to_vec())), ..Secrets::default() };
        let given = Given { secrets: cut, ..Given::default() };
        let said = json!({"kind": "command", "line": "cat", "stdin_bytes": 3});
        assert_eq!(work::check(&subject(&said), &given).unwrap_err().id, alone);
    }
}
