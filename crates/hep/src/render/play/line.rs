//! The words about one task on one host.

use std::fmt::Write as _;

use hep_core::change::Diff;
use hep_core::diff;
use hep_core::interp::{Report, State};
use hep_core::value::Value;

use super::{Script, word};
use crate::terminal::{Look, Tint, visible};

/// Tasks that took at least so long say so, in milliseconds.
const LONG_MS: u64 = 1000;

/// The colour of a state.
pub(super) const fn tint(state: State) -> Tint {
    match state {
        State::Ok => Tint::Good,
        State::Changed | State::Deferred => Tint::Changed,
        State::Failed | State::Unreachable => Tint::Bad,
        State::Skipped | State::Rescued | State::Ignored => Tint::Faint,
    }
}

/// Whether something went wrong, even if it was taken care of.
pub(super) const fn is_failure(state: State) -> bool {
    matches!(state, State::Failed | State::Unreachable | State::Rescued | State::Ignored)
}

/// `changed: [web1] => (item=nginx) => text`, a hint, the place of a failure, differences.
///
/// `elsewhere` is the task's name where the line does not stand below the task's heading.
pub(super) fn show(
    look: Look,
    script: &Script,
    host: &str,
    report: &Report,
    elsewhere: Option<&str>,
    verbose: bool,
) -> String {
    let mut line = format!("{}: [{}]", word(report.state), visible::line(host.as_bytes()));
    if let Some(name) = elsewhere {
        let _ = write!(line, " (task: {})", visible::line(name.as_bytes()));
    }
    if let Some(item) = &report.item {
        let _ = write!(line, " => (item={})", visible::line(item_text(item).as_bytes()));
    }
    let message = report.message.as_ref().filter(|_| verbose || says(report));
    let text = message.map(ToString::to_string).unwrap_or_default();
    let (said, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
    if !said.is_empty() {
        let _ = write!(line, " => {}", visible::text(said).replace('\n', "\n    "));
    }
    if report.duration_ms >= LONG_MS {
        #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
        let seconds = report.duration_ms as f64 / 1000.0;
        let _ = write!(line, " ({seconds:.1} s)");
    }
    let mut out = look.tint(tint(report.state), &line).into_owned();
    out.push('\n');
    if !hint.is_empty() {
        let _ = writeln!(out, "    hint: {}", visible::text(hint));
    }
    if is_failure(report.state)
        && let Some(place) = script.place(report.pos)
    {
        let _ = writeln!(out, "    at {place}");
    }
    report.diff.iter().for_each(|diff| out.push_str(&difference(look, diff)));
    if verbose && !report.result.is_empty() {
        let result = serde_json::to_string_pretty(&report.result).unwrap_or_default();
        let _ = writeln!(out, "    {}", visible::text(&result).replace('\n', "\n    "));
    }
    out
}

/// Whether a report's message is for everybody: not why a condition kept a task from a host.
const fn says(report: &Report) -> bool {
    !matches!(report.state, State::Skipped)
}

/// An item as a person reads it: text as it is, everything else as JSON.
pub(super) fn item_text(item: &Value) -> String {
    match item.as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string(item).unwrap_or_default(),
    }
}

/// A unified diff in colours.
fn difference(look: Look, diff: &Diff) -> String {
    let mut out = String::new();
    for line in diff::render(diff).lines() {
        let shown = visible::line(line.as_bytes());
        let tinted = match line.as_bytes().first() {
            Some(b'+') => look.tint(Tint::Good, &shown),
            Some(b'-') => look.tint(Tint::Bad, &shown),
            Some(b'@') => look.tint(Tint::Faint, &shown),
            _ => shown.clone(),
        };
        let _ = writeln!(out, "{tinted}");
    }
    out
}
