//! `hep pages`: every page and form of the web page, for what walks through all of them.

use std::fmt::Write as _;

use hep_core::run::exit;

use super::failure::Failure;
use crate::terminal::Screen;
use crate::ui;

/// Shows them: method and path, with the names of the places that stand in it.
pub(crate) fn run(screen: &Screen) -> Result<u8, Failure> {
    let mut text = String::new();
    for (method, path) in ui::routes() {
        let _ = writeln!(text, "{method} {path}");
    }
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}
