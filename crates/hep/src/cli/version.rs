//! `hep version`.

use std::fmt::Write as _;

use hep_core::message::cli as say;
use hep_core::run::exit;

use super::failure::Failure;
use crate::executors::EXECUTORS;
use crate::terminal::Screen;

/// Characters of a hash that are shown.
const HASH_SHOWN: usize = 12;

/// Shows the version and the executors that are in.
pub(crate) fn run(screen: &Screen) -> Result<u8, Failure> {
    let mut text = format!("hep {}\n", env!("CARGO_PKG_VERSION"));
    if EXECUTORS.is_empty() {
        let _ = writeln!(text, "{}", say::no_executors());
    } else {
        let _ = writeln!(text, "{}", say::executors());
    }
    for binary in EXECUTORS {
        let hash = binary.hash.get(..HASH_SHOWN).unwrap_or(binary.hash);
        let (packed, size) = (binary.xz.len() / 1024, binary.size / 1024);
        let _ = writeln!(text, "  {:8} {hash}  {packed} KiB ({size} KiB unpacked)", binary.arch);
    }
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}
