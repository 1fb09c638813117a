//! The table at the end of a run.

use std::fmt::Write as _;
use std::sync::Arc;

use hep_core::interp::Summary;
use hep_core::run::HostState;
use hep_engine::event::HostEnd;

use crate::render::Ended;
use crate::render::fold::fold;
use crate::terminal::{Look, Tint, visible};

/// The counts of a host, by their names.
pub(super) fn counts(end: &HostEnd) -> [(&'static str, u32); 8] {
    let none = Summary::default();
    let summary = end.summary.as_ref().unwrap_or(&none);
    let unreachable = summary.unreachable + u32::from(end.state == HostState::Unreachable);
    [
        ("ok", summary.ok),
        ("changed", summary.changed),
        ("unreachable", unreachable),
        ("failed", summary.failed),
        ("skipped", summary.skipped),
        ("rescued", summary.rescued),
        ("ignored", summary.ignored),
        ("deferred", summary.deferred),
    ]
}

/// Hosts with the same counts.
struct Row {
    hosts: Vec<Arc<str>>,
    counts: [(&'static str, u32); 8],
    state: HostState,
}

/// A line for each host; where there are many, one for all that have the same counts.
pub(super) fn table(look: Look, hosts: &[Arc<str>], ended: &Ended, folded: bool) -> String {
    let mut rows: Vec<Row> = Vec::new();
    for end in hosts.iter().filter_map(|host| ended.get(host)) {
        let (counts, state) = (counts(end), end.state);
        let like = rows.iter_mut().find(|row| folded && row.counts == counts && row.state == state);
        match like {
            Some(row) => row.hosts.push(end.host.clone()),
            None => rows.push(Row { hosts: vec![end.host.clone()], counts, state }),
        }
    }
    let names: Vec<String> = rows.iter().map(name).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(40);
    let mut out = String::new();
    for (row, name) in rows.iter().zip(&names) {
        let pad = width.saturating_sub(name.chars().count());
        let name = look.tint(colour(row), name);
        let _ = write!(out, "{name}{:pad$} :", "");
        for (word, count) in row.counts {
            let cell = format!(" {word}={count:<4}");
            let shown = if count == 0 { cell.into() } else { look.tint(tint(word), &cell) };
            out.push_str(&shown);
        }
        out.truncate(out.trim_end().len());
        if matches!(row.state, HostState::Lost | HostState::Cancelled | HostState::NotStarted) {
            let _ = write!(out, "  {}", row.state.word().replace('_', " "));
        }
        out.push('\n');
    }
    out
}

fn name(row: &Row) -> String {
    let folded = fold(row.hosts.iter().map(|host| &**host));
    let shown = visible::line(folded.as_bytes());
    match row.hosts.len() {
        1 => shown.into_owned(),
        many => format!("{shown} ({many})"),
    }
}

fn colour(row: &Row) -> Tint {
    let changed = row.counts.iter().any(|(word, count)| *word == "changed" && *count > 0);
    match row.state {
        HostState::Succeeded if changed => Tint::Changed,
        HostState::Succeeded | HostState::Skipped => Tint::Good,
        _ => Tint::Bad,
    }
}

fn tint(word: &str) -> Tint {
    match word {
        "ok" => Tint::Good,
        "changed" | "deferred" => Tint::Changed,
        "unreachable" | "failed" => Tint::Bad,
        _ => Tint::Faint,
    }
}
