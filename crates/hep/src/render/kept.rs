//! Output that is kept until its host has ended: whole up to a limit, then cut in the middle.

use std::collections::VecDeque;

use hep_core::message::cli as say;

/// Bytes kept of one output.
pub(crate) const LIMIT: usize = 1 << 20;

/// The beginning and the end of an output.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    /// Adds a line, or a piece of one.
    pub(crate) fn line(&mut self, line: &[u8], partial: bool) {
        self.push(line);
        if !partial {
            self.push(b"\n");
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = (LIMIT / 2).saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend(&bytes[room..]);
        let over = self.tail.len().saturating_sub(LIMIT / 2);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    /// All of it; what was left out is said where it stood.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.left_out > 0 {
            let note = format!("\n{}\n", say::left_out(self.left_out));
            self.head.extend_from_slice(note.as_bytes());
        }
        self.head.extend(self.tail);
        self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_cut_and_said() {
        let mut kept = Kept::default();
        kept.line(b"first", false);
        (0..3000).for_each(|_| kept.line(&[b'x'; 1024], true));
        kept.line(b"last", false);
        let text = kept.finish();
        assert!(text.starts_with(b"first\nxxx") && text.ends_with(b"xlast\n"));
        assert!(text.len() < LIMIT + 100);
        let said = String::from_utf8(text).unwrap();
        assert!(said.contains("bytes left out"), "{}", said.len());
    }

    #[test]
    fn short_output_stays_whole() {
        let mut kept = Kept::default();
        kept.line(b"a\xff", false);
        assert_eq!(kept.finish(), b"a\xff\n");
    }
}
