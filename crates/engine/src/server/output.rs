//! How much output of a host is kept: whole up to a limit, then its beginning and its end.

use std::collections::VecDeque;

/// What is kept of the beginning, in bytes.
const HEAD: usize = 4 << 20;
/// What is kept of the end, in bytes.
const TAIL: usize = 256 << 10;

/// A line: which of the two outputs, and its bytes.
pub(crate) type Line = (&'static str, Vec<u8>);

/// The output of one host.
#[derive(Debug)]
pub(crate) struct Kept {
    most_head: usize,
    most_tail: usize,
    head: usize,
    tail: VecDeque<Line>,
    tail_bytes: usize,
    cut: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::new(HEAD, TAIL)
    }
}

impl Kept {
    /// Keeps so many bytes of the beginning and so many of the end.
    pub(crate) const fn new(most_head: usize, most_tail: usize) -> Self {
        let tail = VecDeque::new();
        Self { most_head, most_tail, head: 0, tail, tail_bytes: 0, cut: 0 }
    }

    /// Takes a line; gives it back when it belongs to the beginning.
    pub(crate) fn take(&mut self, line: Line) -> Option<Line> {
        if self.head + line.1.len() <= self.most_head && self.tail.is_empty() && self.cut == 0 {
            self.head += line.1.len();
            return Some(line);
        }
        self.tail_bytes += line.1.len();
        self.tail.push_back(line);
        while self.tail_bytes > self.most_tail {
            let Some((_, bytes)) = self.tail.pop_front() else { break };
            self.tail_bytes -= bytes.len();
            self.cut += bytes.len();
        }
        None
    }

    /// How many bytes were left out, and the end.
    pub(crate) fn finish(self) -> (usize, VecDeque<Line>) {
        (self.cut, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_in_the_middle() {
        for (lines, cut) in [(10, 0), (5000, 5_000_000 - 4_194_000 - 262_000), (4194, 0), (4300, 0)]
        {
            let (mut kept, mut head) = (Kept::default(), 0);
            for number in 0..lines {
                let line = vec![u8::try_from(number % 256).unwrap(); 1000];
                head += kept.take(("stdout", line)).map_or(0, |(_, line)| line.len());
            }
            let (left_out, tail) = kept.finish();
            let tail: usize = tail.iter().map(|(_, line)| line.len()).sum();
            assert_eq!((left_out, head + left_out + tail), (cut, lines * 1000), "{lines} lines");
        }
    }
}
