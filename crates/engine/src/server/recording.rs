//! What a terminal shows, kept in the log of its run: masked, and whole up to a limit.

use std::sync::Arc;

use hep_core::mask::Mask;
use hep_core::message::run as say;

use super::log::Log;
use super::output::Kept;
use super::told;

/// What is kept of the end of a recording that is too long, in bytes.
const TAIL: usize = 256 << 10;
/// Terminals have one output.
const STREAM: &str = "stdout";

/// The recording of one terminal.
pub(super) struct Recording {
    log: Arc<Log>,
    host: Arc<str>,
    mask: Mask,
    /// What may be the beginning of a secret, of which the rest is still to come.
    held: Vec<u8>,
    kept: Kept,
}

impl Recording {
    /// Keeps so many bytes of the beginning, and some of the end.
    pub(super) fn new(log: Arc<Log>, host: Arc<str>, mask: Mask, whole: usize) -> Self {
        Self { log, host, mask, held: Vec::new(), kept: Kept::new(whole, TAIL) }
    }

    /// Takes some output. A log that is slow slows the terminal down.
    pub(super) async fn take(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        let begun = self.mask.begun(&self.held);
        let rest = self.held.split_off(self.held.len() - begun);
        let whole = std::mem::replace(&mut self.held, rest);
        self.keep(&whole).await;
    }

    /// Keeps what was held back, and the end of what was too long.
    pub(super) async fn finish(mut self) {
        let held = std::mem::take(&mut self.held);
        self.keep(&held).await;
        let (cut, tail) = self.kept.finish();
        if cut > 0 {
            let note = told::message(&say::cut(cut));
            self.log.tell("note", Some(&self.host), &note).await;
        }
        for (stream, bytes) in tail {
            self.log.line(&self.host, stream, bytes).await;
        }
    }

    async fn keep(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some((stream, bytes)) = self.kept.take((STREAM, self.mask.bytes(bytes))) {
            self.log.line(&self.host, stream, bytes).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use hep_core::run::HostState;
    use tokio::sync::mpsc;

    use super::super::log::{Wish, Wished};
    use super::*;
    use crate::store::runs::Hold;

    /// What is kept of output that comes in these pieces: bytes, and ids of notes in brackets.
    async fn kept(pieces: &[&str], secret: &str, whole: usize) -> String {
        let (writer, mut wishes) = mpsc::channel(1000);
        let hold = Hold { id: "r".into(), node: "n".into(), fence: 1 };
        let log = Log::new(hold, vec![HostState::Running], writer);
        let mut recording = Recording::new(log, "h".into(), Mask::new([secret]), whole);
        for piece in pieces {
            recording.take(piece.as_bytes()).await;
        }
        recording.finish().await;
        let mut all = String::new();
        while let Ok(Wished { wish, .. }) = wishes.try_recv() {
            match wish {
                Wish::Line { line, .. } => all.push_str(&String::from_utf8(line).unwrap()),
                Wish::Entry(entry) => {
                    let note: serde_json::Value = serde_json::from_slice(&entry.body).unwrap();
                    all.extend(["[", note["id"].as_str().unwrap(), "]"]);
                }
                other => panic!("{other:?}"),
            }
        }
        all
    }

    #[tokio::test]
    async fn a_secret_is_hidden_also_where_it_comes_letter_by_letter() {
        let cases: &[(&[&str], &str)] = &[
            (&["$ ", "l", "s\r\n"], "$ ls\r\n"),
            (&["s3cr3t!\r\n"], "********\r\n"),
            (&["x s", "3", "cr", "3t!", "\r\n"], "x ********\r\n"),
            (&["s3c", "s3cr3t", "! s3"], "s3c******** s3"),
        ];
        for (pieces, expected) in cases {
            assert_eq!(kept(pieces, "s3cr3t!", 1000).await, *expected, "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn what_is_too_long_is_cut_in_the_middle_and_says_so() {
        assert_eq!(kept(&["0123456789"; 2], "-", 20).await, "01234567890123456789");
        let long = "x".repeat(200 << 10);
        let text = kept(&["begin", &long, &long, "end"], "-", 5).await;
        assert!(text.starts_with("begin[run.cut]xx") && text.ends_with("xend"));
        assert_eq!(text.len(), "begin[run.cut]end".len() + long.len());
    }
}
