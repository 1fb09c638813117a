//! Before and after of a change: made from contents and attributes, and shown as a unified diff.

use similar::TextDiff;

use crate::change::Diff;
use crate::observe::Stat;

/// Contents above this many bytes are named in a diff by their size only.
pub const LIMIT: u64 = 100 * 1024;

/// Lines of a rendered diff; what is beyond is counted, not shown.
const MAX_LINES: usize = 2000;

/// Shows a diff as `diff -u` does. Nothing where both sides are the same.
#[must_use]
pub fn render(diff: &Diff) -> String {
    if diff.before_header.is_empty() && diff.after_header.is_empty() && diff.before.is_empty() {
        return diff.after.to_string();
    }
    if diff.before == diff.after {
        return String::new();
    }
    let text = TextDiff::from_lines(&*diff.before, &*diff.after);
    let mut unified = text.unified_diff();
    let shown =
        unified.context_radius(3).header(&diff.before_header, &diff.after_header).to_string();
    cut(&shown)
}

/// A diff of which only what [`render`] shows is known: neither side has a name.
#[must_use]
pub fn rendered(text: &str) -> Diff {
    let nothing = || "".into();
    Diff {
        before_header: nothing(),
        after_header: nothing(),
        before: nothing(),
        after: text.into(),
    }
}

/// At most so many lines, and how many were left out.
fn cut(text: &str) -> String {
    let total = text.lines().count();
    if total <= MAX_LINES {
        return text.to_owned();
    }
    let kept: Vec<&str> = text.lines().take(MAX_LINES).collect();
    format!("{}\n… {} more lines\n", kept.join("\n"), total - MAX_LINES)
}

/// One side of a diff of contents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side<'a> {
    /// There is no file.
    Absent,
    /// This is in it.
    Bytes(&'a [u8]),
    /// Only its size is known.
    Size(u64),
}

impl Side<'_> {
    /// The text to compare; what cannot be shown is a note in its place.
    fn text(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Size(size) => format!("[{size} bytes]\n"),
            Self::Bytes(bytes) if bytes.len() as u64 > LIMIT => {
                format!("[{} bytes]\n", bytes.len())
            }
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.contains('\0') => text.to_owned(),
                _ => format!("[binary, {} bytes]\n", bytes.len()),
            },
        }
    }
}

/// The diff of a file's content.
pub(crate) fn of_content(path: &str, before: Side<'_>, after: Side<'_>) -> Diff {
    let header = |side: Side<'_>| match side {
        Side::Absent => "/dev/null".into(),
        _ => path.into(),
    };
    Diff {
        before_header: header(before),
        after_header: header(after),
        before: before.text().into(),
        after: after.text().into(),
    }
}

/// The diff of what is known about a path beside its content.
pub(crate) fn of_state(path: &str, before: Option<&Stat>, after: Option<&Stat>) -> Diff {
    Diff {
        before_header: format!("{path} (state)").into(),
        after_header: format!("{path} (state)").into(),
        before: state_text(before).into(),
        after: state_text(after).into(),
    }
}

/// What a stat says, a line each.
fn state_text(stat: Option<&Stat>) -> String {
    let Some(stat) = stat else {
        return "state: absent\n".to_owned();
    };
    let mut text = format!("state: {}\n", crate::attributes::state(stat));
    for (what, name, id) in [("owner", &stat.owner, stat.uid), ("group", &stat.group, stat.gid)] {
        match name {
            Some(name) => text = format!("{text}{what}: {name}\n"),
            // Whose it will be is the identity's matter, and not asked for the sake of a diff.
            None if id == crate::overlay::UNKNOWN_ID => {}
            None => text = format!("{text}{what}: {id}\n"),
        }
    }
    match &stat.target {
        Some(target) => text = format!("{text}src: {target}\n"),
        None => text = format!("{text}mode: {:04o}\n", stat.mode),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_shown_as_diff_u_does() {
        let diff = of_content("/etc/x", Side::Bytes(b"a\nb\nc"), Side::Bytes(b"a\nB\nc"));
        let expected = "--- /etc/x\n+++ /etc/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n\\ No newline at end of file\n";
        assert_eq!(render(&diff), expected);
    }

    #[test]
    fn what_is_not_text_or_too_long_is_named_by_its_size() {
        let long = vec![b'x'; 200_000];
        let diff = of_content("/x", Side::Bytes(b"\xff\x00"), Side::Bytes(&long));
        assert_eq!((&*diff.before, &*diff.after), ("[binary, 2 bytes]\n", "[200000 bytes]\n"));
        assert_eq!(render(&of_content("/x", Side::Absent, Side::Absent)), "");
    }

    #[test]
    fn a_rendered_diff_has_an_end() {
        let text = "a\n".repeat(10_000);
        let shown = render(&of_content("/x", Side::Absent, Side::Bytes(text.as_bytes())));
        assert!(shown.ends_with("more lines\n") && shown.lines().count() == MAX_LINES + 1);
    }
}
