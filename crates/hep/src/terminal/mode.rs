//! The terminal's modes: without echo, raw, and always back to what they were.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A terminal and how it was. Here, and not in the guard alone, so that whoever ends the process can set
/// the terminal back.
static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// While this lives, the terminal is in another mode.
#[derive(Debug)]
pub(crate) struct Changed(());

impl Drop for Changed {
    fn drop(&mut self) {
        restore();
    }
}

/// Typed characters are not shown.
pub(crate) fn without_echo(terminal: &File) -> io::Result<Changed> {
    // What was typed before the question is not an answer to it.
    let modes = |modes: &mut Termios| modes.local_modes.remove(LocalModes::ECHO);
    change(terminal, OptionalActions::Flush, modes)
}

/// Every byte goes through as it is.
pub(crate) fn raw(terminal: &File) -> io::Result<Changed> {
    change(terminal, OptionalActions::Now, Termios::make_raw)
}

/// Sets the terminal back; true where it was in another mode.
pub(crate) fn restore() -> bool {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((terminal, modes)) = before else { return false };
    // Where even this fails the terminal has gone.
    let _ = tcsetattr(&terminal, OptionalActions::Drain, &modes);
    true
}

fn change(
    terminal: &File,
    when: OptionalActions,
    set: impl FnOnce(&mut Termios),
) -> io::Result<Changed> {
    let before = tcgetattr(terminal)?;
    let mut modes = before.clone();
    set(&mut modes);
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal.try_clone()?, before));
    let changed = Changed(());
    tcsetattr(terminal, when, &modes)?;
    Ok(changed)
}
