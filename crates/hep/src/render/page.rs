//! Text on its way to the two outputs, in the order in which it was said.

use std::io;

use hep_core::mask::Mask;

use crate::terminal::Screen;

/// Which output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Out,
    Err,
}

/// Parts for the outputs.
#[derive(Debug, Default)]
pub(crate) struct Page {
    parts: Vec<(Target, Vec<u8>)>,
}

impl Page {
    /// The end of what goes to standard output.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        self.part(Target::Out)
    }

    /// The end of what goes to standard error.
    pub(crate) fn err(&mut self) -> &mut Vec<u8> {
        self.part(Target::Err)
    }

    fn part(&mut self, target: Target) -> &mut Vec<u8> {
        let last = self.parts.len();
        let fits = self.parts.last().is_some_and(|(of, _)| *of == target);
        if !fits {
            self.parts.push((target, Vec::new()));
        }
        let at = if fits { last - 1 } else { last };
        &mut self.parts[at].1
    }

    /// Writes it, without the secrets. Talk that cannot be written is lost; data is not.
    pub(crate) fn write(self, screen: &Screen, mask: &Mask) -> io::Result<()> {
        for (target, bytes) in self.parts {
            let bytes = if mask.is_empty() { bytes } else { mask.bytes(&bytes) };
            match target {
                Target::Out => screen.write_out(&bytes)?,
                Target::Err => drop(screen.write_err(&bytes)),
            }
        }
        Ok(())
    }
}
