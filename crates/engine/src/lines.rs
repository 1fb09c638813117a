//! Cuts a stream of bytes into lines.

use bytes::{Bytes, BytesMut};

/// Longer lines are handed on in pieces, in bytes.
const LONGEST: usize = 64 * 1024;

/// The line that is not over yet.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    rest: BytesMut,
}

impl Lines {
    /// Takes bytes and hands each finished line to `emit`, with whether it is only a piece of one.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut emit: impl FnMut(Bytes, bool)) {
        while let Some(at) = bytes.iter().position(|&byte| byte == b'\n') {
            self.rest.extend_from_slice(&bytes[..at]);
            emit(self.rest.split().freeze(), false);
            bytes = &bytes[at + 1..];
        }
        self.rest.extend_from_slice(bytes);
        while self.rest.len() > LONGEST {
            emit(self.rest.split_to(LONGEST).freeze(), true);
        }
    }

    /// The last line, when the stream does not end with a newline.
    pub(crate) fn finish(&mut self) -> Option<Bytes> {
        (!self.rest.is_empty()).then(|| self.rest.split().freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_packets_end() {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        for packet in [&b"a\nb"[..], b"c\r\n", b"", b"\nd"] {
            lines.push(packet, |line, partial| seen.push((line, partial)));
        }
        let lines_seen: Vec<&[u8]> = seen.iter().map(|(line, _)| &line[..]).collect();
        assert_eq!(lines_seen, [&b"a"[..], b"bc\r", b""]);
        assert_eq!(lines.finish().as_deref(), Some(&b"d"[..]));
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let (mut lines, mut bytes, mut most) = (Lines::default(), 0, 0);
        for _ in 0..1000 {
            lines.push(&[b'x'; 1000], |line, partial| {
                assert!(partial);
                bytes += line.len();
            });
            most = most.max(lines.rest.len());
        }
        assert!(most <= LONGEST, "{most}");
        assert_eq!(bytes + lines.rest.len(), 1_000_000);
    }
}
