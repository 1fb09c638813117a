//! What is wrong with a file of the operator's, and how it is shown.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::message::Message;
use crate::node::Pos;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where; line 0 when there is no place to show.
    pub pos: Pos,
    /// What.
    pub message: Message,
}

/// A file that diagnostics may point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name as the operator knows it.
    pub name: Arc<str>,
    /// Its text; empty when it must not be shown (it was decrypted) or could not be read.
    pub text: Arc<str>,
}

/// Characters of a source line that are shown at most.
const SHOWN: usize = 160;

impl Diagnostic {
    /// A diagnostic at `pos`.
    #[must_use]
    pub const fn new(pos: Pos, message: Message) -> Self {
        Self { pos, message }
    }
}

/// The diagnostic as plain text: `file:line:col: message`, the source line, a caret, the hint.
#[must_use]
pub fn render(sources: &[Source], diagnostic: &Diagnostic) -> String {
    let text = diagnostic.message.to_string();
    let (said, hint) = match text.split_once("\nhint: ") {
        Some((said, hint)) => (said, Some(hint)),
        None => (text.as_str(), None),
    };
    let mut out = String::new();
    let pos = diagnostic.pos;
    let source = sources.get(usize::from(pos.file)).filter(|_| pos.line > 0);
    if let Some(source) = source {
        let _ = writeln!(out, "{}:{}:{}: {said}", source.name, pos.line, pos.col);
        snippet(&mut out, &source.text, pos);
    } else {
        let _ = writeln!(out, "{said}");
    }
    if let Some(hint) = hint {
        let _ = writeln!(out, "hint: {hint}");
    }
    out
}

/// The line at `pos` with a caret under its column. Control characters become spaces, so that a file
/// cannot move the terminal's cursor.
fn snippet(out: &mut String, text: &str, pos: Pos) {
    let Some(line) = text.lines().nth((pos.line - 1) as usize) else { return };
    let (number, column) = (pos.line.to_string(), pos.col.saturating_sub(1) as usize);
    let skipped = column.saturating_sub(SHOWN / 2);
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let gutter = " ".repeat(number.len());
    let caret = " ".repeat(column - skipped);
    let _ = writeln!(out, "{gutter} |\n{number} | {}\n{gutter} | {caret}^", shown.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::manifest;

    #[test]
    fn a_diagnostic_shows_place_line_caret_and_hint() {
        let sources = [Source { name: "site.yml".into(), text: "- a: 1\n-\tbb: {\n".into() }];
        let pos = Pos { file: 0, line: 2, col: 3 };
        let diagnostic = Diagnostic::new(pos, manifest::duplicate_key("bb", 1));
        assert_eq!(
            render(&sources, &diagnostic),
            "site.yml:2:3: Cannot read the mapping: the key `bb` stands twice, first in line 1\n  |\n\
             2 | - bb: {\n  |   ^\nhint: remove one of the two\n"
        );
        let nowhere = Diagnostic::new(Pos::default(), manifest::duplicate_key("bb", 1));
        assert!(render(&sources, &nowhere).starts_with("Cannot read"));
    }
}
