//! Entries of a run's log as rows of the page: what hosts print, how tasks end, what is worth saying.
//!
//! What a host says is text and spans of known classes, cut where it is huge; everything of it is in the full text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hep_core::interp::State;
use hep_core::run::{HostState, RunState};
use serde_json::Value;

use super::super::ansi::{self, Look, Span};
use super::super::badge::Badge;
use super::super::form::Form;
use super::super::speech::Said;
use super::super::visit::Visit;
use super::super::words::Words;
use crate::client::replay;
use crate::terminal::visible;

/// Lines of one row.
const ROW_LINES: usize = 200;
/// Bytes of one row; a row has a line at least.
const ROW_BYTES: usize = 32 << 10;
/// Bytes of a line that are shown.
pub(super) const LINE: usize = 4 << 10;
/// Bytes of a task's result that are shown.
const RESULT: usize = 8 << 10;

/// A row of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Whose; empty when it is about the run.
    pub(super) host: String,
    /// Of output on standard error: its name.
    pub(super) stream: &'static str,
    /// How something ended.
    pub(super) badge: Option<Badge>,
    /// A heading of one line.
    pub(super) text: String,
    /// Lines of output.
    pub(super) lines: Vec<Vec<Span>>,
    /// What is said about it.
    pub(super) said: Option<Said>,
    /// What changed, line by line.
    pub(super) diff: Vec<DiffLine>,
    /// Technical detail.
    pub(super) detail: String,
}

/// A line of a diff; its sign is the first letter of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DiffLine {
    /// The class.
    pub(super) class: &'static str,
    /// The line.
    pub(super) text: String,
}

/// What of a log is shown, and in which words.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The words.
    pub(super) t: Words,
    /// Only of this host.
    pub(super) host: Option<String>,
    /// Only lines with this text, whatever the case of its letters.
    pub(super) wanted: Option<String>,
}

impl View {
    /// What an address asks for.
    pub(super) fn of(visit: &Visit, query: &Form) -> Self {
        let wanted = query.optional("q").map(|text| text.to_lowercase());
        Self { t: visit.t, host: query.optional("host"), wanted }
    }

    fn wants(&self, text: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted))
    }

    /// The rows of an entry, as its JSON is; the same entry always has the same.
    pub(super) fn rows(&self, entry: &Value) -> Vec<Row> {
        let host = entry["host"].as_str().unwrap_or_default();
        if self.host.as_deref().is_some_and(|wanted| wanted != host) {
            return Vec::new();
        }
        if entry["kind"] == "output" {
            return self.output(host, entry);
        }
        let data = &entry["data"];
        let row = match entry["kind"].as_str().unwrap_or_default() {
            "task" => self.task(data),
            "host" => self.end(data, false),
            "plan" => self.end(data, true),
            "note" => self.note(data),
            "play" => {
                Some(begins(&data["hosts"], |many| self.t.run_play(shown(&data["name"]), many)))
            }
            "batch" => {
                Some(begins(&data["hosts"], |many| self.t.run_batch(shown(&data["number"]), many)))
            }
            "run" => self.step(data),
            _ => None,
        };
        let row = row.map(|row| Row { host: visible::text(host).into_owned(), ..row });
        row.filter(|row| self.wants(&row.plain())).into_iter().collect()
    }

    fn output(&self, host: &str, entry: &Value) -> Vec<Row> {
        let raw = entry["base64"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let raw =
            raw.unwrap_or_else(|| entry["text"].as_str().unwrap_or_default().as_bytes().to_vec());
        let stream = if entry["stream"] == "stderr" { "stderr" } else { "" };
        let host = visible::text(host).into_owned();
        let mut rows: Vec<Row> = Vec::new();
        let mut room = 0;
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if !self.wants(&String::from_utf8_lossy(line)) {
                continue;
            }
            let size = line.len().min(LINE) + 1;
            let is_full = |row: &Row| row.lines.len() >= ROW_LINES || size > room;
            if rows.last().is_none_or(is_full) {
                rows.push(Row { host: host.clone(), stream, ..Row::default() });
                room = ROW_BYTES;
            }
            room = room.saturating_sub(size);
            if let Some(row) = rows.last_mut() {
                row.lines.push(spans(self.t, line));
            }
        }
        rows
    }

    fn task(&self, data: &Value) -> Option<Row> {
        let item = match data["event"].as_str()? {
            "finished" => None,
            "item" => {
                Some(data["item"].as_str().map_or_else(|| data["item"].to_string(), Into::into))
            }
            _ => return None,
        };
        let state: State = serde_json::from_value(data["state"].clone()).ok()?;
        let name = shown(&data["name"]);
        let name = if name.is_empty() { shown(&data["module"]) } else { name };
        let text = match item {
            None => name,
            Some(item) => format!("{name} ({})", cut(&visible::text(&item), 200)),
        };
        let is_bad = matches!(state, State::Failed | State::Unreachable | State::Ignored);
        let result = (is_bad && data["result"].is_object()).then(|| pretty(&data["result"]));
        Some(Row {
            badge: Some(Badge::of_task(self.t, state, false)),
            text,
            said: replay::message(&data["message"]).map(|message| self.said(&message)),
            diff: data["diff"].as_str().map(diff).unwrap_or_default(),
            detail: result.unwrap_or_default(),
            ..Row::default()
        })
    }

    fn said(&self, message: &hep_core::message::Message) -> Said {
        super::super::speech::said(self.t.language, message)
    }

    /// How a host ended, or what it would do.
    fn end(&self, data: &Value, plans: bool) -> Option<Row> {
        let state: HostState = serde_json::from_value(data["state"].clone()).ok()?;
        let text = match (plans, data["rc"].as_i64(), data["signal"].as_str()) {
            (true, ..) => self.t.run_planned().to_owned(),
            (false, _, Some(signal)) => self.t.run_ended_by(visible::text(signal)),
            (false, Some(rc), None) if rc != 0 => self.t.run_ended_with(rc),
            _ => self.t.run_ended().to_owned(),
        };
        let said = replay::message(&data["error"]).map(|message| self.said(&message));
        let badge = (!plans).then(|| Badge::of_part(self.t, state));
        Some(Row { badge, text, said, ..Row::default() })
    }

    fn note(&self, data: &Value) -> Option<Row> {
        let said = self.said(&replay::message(data)?);
        Some(Row { said: Some(said), ..Row::default() })
    }

    /// What became of the run itself.
    fn step(&self, data: &Value) -> Option<Row> {
        let state: RunState = serde_json::from_value(data["state"].clone()).ok()?;
        let text = match (data["approved_by"].as_str(), data["by"].as_str()) {
            (Some(who), _) => self.t.run_approved_by(visible::text(who)),
            (None, Some(who)) => self.t.run_by(visible::text(who)),
            (None, None) => String::new(),
        };
        Some(Row { badge: Some(Badge::of_run(self.t, state)), text, ..Row::default() })
    }
}

/// That something begins on these hosts.
fn begins(hosts: &Value, text: impl Fn(usize) -> String) -> Row {
    let many = hosts.as_array().map_or(0, Vec::len);
    Row { text: text(many), ..Row::default() }
}

impl Row {
    /// How many lines it is on the page.
    pub(super) fn size(&self) -> usize {
        self.lines.len().max(1) + self.diff.len()
    }

    /// All of it that can be searched.
    fn plain(&self) -> String {
        let said = self.said.as_ref().map_or("", |said| &said.text);
        let diff = self.diff.iter().map(|line| line.text.as_str());
        let parts = [self.host.as_str(), &self.text, said];
        parts.into_iter().chain(diff).collect::<Vec<_>>().join("\n")
    }
}

/// A line of a host, of which the beginning is shown when it is huge.
pub(super) fn spans(t: Words, line: &[u8]) -> Vec<Span> {
    let mut end = line.len().min(LINE);
    // Not within a letter.
    while end < line.len() && end > 0 && line[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let text = String::from_utf8_lossy(&line[..end]);
    let mut spans = ansi::line(&text, &mut Look::default());
    if end < line.len() {
        let text = format!(" … {}", t.run_line_cut(line.len() - end));
        spans.push(Span { class: "hep-muted".to_owned(), text });
    }
    spans
}

/// A diff, line by line.
pub(super) fn diff(text: &str) -> Vec<DiffLine> {
    let line = |line: &str| {
        let class = match line.as_bytes() {
            [b'+', ..] if !line.starts_with("+++") => "hep-added",
            [b'-', ..] if !line.starts_with("---") => "hep-removed",
            [b'@', b'@', ..] => "hep-muted",
            _ => "",
        };
        DiffLine { class, text: cut(&visible::line(line.as_bytes()), LINE) }
    };
    text.lines().map(line).collect()
}

/// A text of an entry, harmless and in one piece.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    cut(&visible::text(&text), 500)
}

/// A result, for who looks closely.
fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    cut(&visible::text(&text), RESULT)
}

/// At most so many bytes of a text.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
}
