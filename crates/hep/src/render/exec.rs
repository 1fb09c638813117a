//! What `hep exec` shows: live lines, JSON objects, or folded groups.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hep_core::frame::Stream;
use hep_core::mask::Mask;
use hep_core::message::{Message, cli as say};
use hep_core::run::HostState;
use hep_engine::event::{HostEnd, RunEvent};
use serde_json::{Map, Value, json};

use super::fold::fold;
use super::kept::Kept;
use super::{Ended, Page, Render};
use crate::terminal::{Look, Screen, Tint, visible};

/// Names are padded up to this many columns.
const WIDEST: usize = 24;

/// What text renderers share: how hosts that failed are told of, and the last line.
pub(super) struct Talk {
    out: Look,
    err: Look,
    /// The hosts in the order of the inventory.
    names: Vec<Arc<str>>,
    width: usize,
    begun: Instant,
    /// Hints that have been given: one is enough for a hundred hosts.
    hints: BTreeSet<String>,
}

impl Talk {
    pub(super) fn new(screen: &Screen, names: &[Arc<str>]) -> Self {
        let mut talk = Self {
            out: screen.out,
            err: screen.err,
            names: Vec::new(),
            width: 0,
            begun: Instant::now(),
            hints: BTreeSet::new(),
        };
        talk.add(names);
        talk
    }

    /// More hosts: those of a further play.
    pub(super) fn add(&mut self, names: &[Arc<str>]) {
        for name in names {
            self.width = self.width.max(name.chars().count()).min(WIDEST);
        }
        let known: HashSet<Arc<str>> = self.names.iter().cloned().collect();
        self.names.extend(names.iter().filter(|name| !known.contains(*name)).cloned());
    }

    /// A line of a command that a task runs.
    pub(super) fn output(&self, tint: Tint, host: &str, line: &[u8], to: &mut Vec<u8>) {
        let name = self.out.tint(tint, host);
        let _ = write!(to, "{name}| ");
        to.extend_from_slice(&self.out.host_line(line));
        to.push(b'\n');
    }

    /// A line of a host after its name. Into a pipe the name is not padded, and the pieces of a very long
    /// line stay one line (`open` is the host whose piece was last) unless another host comes between.
    fn line(
        &self,
        look: Look,
        (host, line, partial): (&Arc<str>, &[u8], bool),
        open: &mut Option<Arc<str>>,
        to: &mut Vec<u8>,
    ) {
        let before = open.take();
        if before.as_ref().is_some_and(|before| before != host) {
            to.push(b'\n');
        }
        let goes_on = before.is_some_and(|before| before == *host);
        if !goes_on {
            self.prefix(look, host, to);
        }
        to.extend_from_slice(&look.host_line(line));
        if partial && !look.terminal {
            *open = Some(host.clone());
        } else {
            to.push(b'\n');
        }
    }

    fn prefix(&self, look: Look, host: &str, to: &mut Vec<u8>) {
        let padding =
            if look.terminal { self.width.saturating_sub(host.chars().count()) } else { 0 };
        let name = look.tint(Tint::of_host(host), host);
        // Writing to memory does not fail.
        let _ = write!(to, "{name}: {:padding$}", "");
    }

    /// A sentence about a host, its further lines indented; a hint only the first time.
    pub(super) fn sentence(&mut self, host: &str, message: &Message, to: &mut Vec<u8>) {
        let text = message.to_string();
        let (said, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        let shown = visible::text(said).replace('\n', "\n    ");
        let name = self.err.tint(Tint::of_host(host), host);
        let _ = writeln!(to, "{name}: {}", self.err.tint(Tint::Bad, &shown));
        if !hint.is_empty() && self.hints.insert(hint.to_owned()) {
            let _ = writeln!(to, "    hint: {}", visible::text(hint));
        }
    }

    pub(super) fn ended(&mut self, end: &HostEnd, page: &mut Page) {
        // That a host was stopped as asked stands in the last line.
        if let Some(message) = why(end).filter(|message| message.id != "exec.cancelled") {
            self.sentence(&end.host, &message, page.err());
        }
    }

    /// `20 hosts: 18 succeeded, 1 failed (web3), 1 unreachable (web7) in 2.1 s`.
    pub(super) fn summary(&self, ended: &Ended, page: &mut Page) {
        let states = [
            HostState::Succeeded,
            HostState::Failed,
            HostState::Unreachable,
            HostState::Lost,
            HostState::Cancelled,
            HostState::NotStarted,
            HostState::Skipped,
        ];
        let parts: Vec<String> =
            states.iter().filter_map(|state| self.state(*state, ended)).collect();
        let many = self.names.len();
        let hosts = format!("{many} {}", if many == 1 { "host" } else { "hosts" });
        let states = if many == 0 { "nothing to do".to_owned() } else { parts.join(", ") };
        let seconds = format!("{:.1}", self.begun.elapsed().as_secs_f64());
        let _ = writeln!(page.err(), "{}", say::summary(hosts, states, seconds));
    }

    fn state(&self, state: HostState, ended: &Ended) -> Option<String> {
        let is = |name: &&Arc<str>| {
            ended.get(&***name).map_or(HostState::NotStarted, |end| end.state) == state
        };
        let hosts: Vec<&str> = self.names.iter().filter(is).map(|name| &**name).collect();
        let word = state.word().replace('_', " ");
        match (hosts.len(), state) {
            (0, _) => None,
            (many, HostState::Succeeded) => {
                Some(self.err.tint(Tint::Good, &format!("{many} {word}")).into_owned())
            }
            (many, _) => {
                let text = format!("{many} {word} ({})", visible::line(fold(hosts).as_bytes()));
                Some(self.err.tint(Tint::Bad, &text).into_owned())
            }
        }
    }
}

/// Why a host did not succeed.
fn why(end: &HostEnd) -> Option<Message> {
    match (end.state, &end.error) {
        (HostState::Succeeded | HostState::Skipped, _) => None,
        (_, Some(error)) => Some(error.clone()),
        (HostState::NotStarted, None) => Some(say::not_started()),
        (_, None) => match (&end.signal, end.rc) {
            (Some(signal), _) => Some(say::ended_by(signal)),
            (None, Some(rc)) => Some(say::ended_with(rc)),
            (None, None) => Some(say::not_started()),
        },
    }
}

/// A note of the engine, for the person.
fn note(talk: &mut Talk, host: Option<&str>, message: &Message, page: &mut Page) {
    match host {
        Some(host) => talk.sentence(host, message, page.err()),
        None => drop(writeln!(page.err(), "{}", visible::text(&message.to_string()))),
    }
}

/// Every line as it comes, after the name of its host.
pub(crate) struct Live {
    talk: Talk,
    /// Whose line is not over, on standard output and on standard error.
    open: [Option<Arc<str>>; 2],
}

impl Live {
    /// For these hosts.
    pub(crate) fn new(screen: &Screen, names: &[Arc<str>]) -> Self {
        Self { talk: Talk::new(screen, names), open: [None, None] }
    }
}

impl Render for Live {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Line { host, stream, line, partial } => {
                let [out, err] = &mut self.open;
                let piece = (host, &line[..], *partial);
                match stream {
                    Stream::Out => self.talk.line(self.talk.out, piece, out, page.out()),
                    Stream::Err => self.talk.line(self.talk.err, piece, err, page.err()),
                }
            }
            RunEvent::Host(end) => self.talk.ended(end, page),
            RunEvent::Note { host, message } => {
                note(&mut self.talk, host.as_deref(), message, page);
            }
            RunEvent::Play { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Left(_)
            | RunEvent::Task { .. } => {}
        }
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        let [out, err] = &mut self.open;
        if out.take().is_some() {
            page.out().push(b'\n');
        }
        if err.take().is_some() {
            page.err().push(b'\n');
        }
        self.talk.summary(ended, page);
    }
}

/// One object for each host when it has ended.
pub(crate) struct Json {
    mask: Mask,
    open: HashMap<Arc<str>, (Kept, Kept)>,
}

impl Json {
    /// Hides these secrets before they are escaped.
    pub(crate) fn new(mask: Mask) -> Self {
        Self { mask, open: HashMap::new() }
    }

    fn object(&mut self, end: &HostEnd) -> Value {
        let (out, err) = self.open.remove(&end.host).unwrap_or_default();
        let mut object = Map::new();
        object.insert("host".into(), json!(&*end.host));
        object.insert("state".into(), json!(end.state.word()));
        object.insert("rc".into(), json!(end.rc));
        object.insert("signal".into(), json!(end.signal));
        self.output("stdout", out, &mut object);
        self.output("stderr", err, &mut object);
        object.insert("duration_ms".into(), json!(end.duration_ms));
        let error = end.error.as_ref().map(|error| self.mask.text(&error.to_string()).into_owned());
        object.insert("error".into(), json!(error));
        Value::Object(object)
    }

    /// An output as text. Where it is no UTF-8 its very bytes stand beside it in base64.
    fn output(&self, name: &str, kept: Kept, object: &mut Map<String, Value>) {
        let bytes = self.mask.bytes(&kept.finish());
        match String::from_utf8(bytes) {
            Ok(text) => drop(object.insert(name.into(), Value::String(text))),
            Err(error) => {
                let bytes = error.into_bytes();
                object.insert(name.into(), json!(String::from_utf8_lossy(&bytes)));
                object.insert(format!("{name}_base64"), json!(STANDARD.encode(&bytes)));
            }
        }
    }
}

impl Render for Json {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Line { host, stream, line, partial } => {
                let (out, err) = self.open.entry(host.clone()).or_default();
                let kept = if *stream == Stream::Out { out } else { err };
                kept.line(line, *partial);
            }
            RunEvent::Host(end) => {
                let object = self.object(end);
                let _ = writeln!(page.out(), "{object}");
            }
            RunEvent::Note { host, message } => {
                let host = host.as_ref().map_or_else(String::new, |host| format!("{host}: "));
                let _ = writeln!(page.err(), "{host}{}", visible::text(&message.to_string()));
            }
            RunEvent::Play { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Left(_)
            | RunEvent::Task { .. } => {}
        }
    }

    fn finish(&mut self, _ended: &Ended, _page: &mut Page) {}
}

/// At the end, identical outputs once, under the folded names of their hosts: standard output first, then
/// standard error.
pub(crate) struct Grouped {
    talk: Talk,
    /// The two outputs of each host: which line came first is chance, and would tear groups apart.
    open: HashMap<Arc<str>, (Kept, Kept)>,
}

impl Grouped {
    /// For these hosts.
    pub(crate) fn new(screen: &Screen, names: &[Arc<str>]) -> Self {
        Self { talk: Talk::new(screen, names), open: HashMap::new() }
    }

    /// The outputs that differ, each with its hosts, in the order of the first of them.
    fn groups(&mut self) -> Vec<(Vec<u8>, Vec<Arc<str>>)> {
        let mut groups: Vec<(Vec<u8>, Vec<Arc<str>>)> = Vec::new();
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        for name in &self.talk.names {
            let Some((out, err)) = self.open.remove(name) else { continue };
            let mut output = out.finish();
            output.extend(err.finish());
            if let Some(place) = places.get(&output) {
                groups[*place].1.push(name.clone());
            } else {
                places.insert(output.clone(), groups.len());
                groups.push((output, vec![name.clone()]));
            }
        }
        groups
    }
}

impl Render for Grouped {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Line { host, stream, line, partial } => {
                let (out, err) = self.open.entry(host.clone()).or_default();
                let kept = if *stream == Stream::Out { out } else { err };
                kept.line(line, *partial);
            }
            RunEvent::Host(end) => self.talk.ended(end, page),
            RunEvent::Note { host, message } => {
                note(&mut self.talk, host.as_deref(), message, page);
            }
            RunEvent::Play { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Left(_)
            | RunEvent::Task { .. } => {}
        }
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        let look = self.talk.out;
        for (output, names) in self.groups() {
            let folded = fold(names.iter().map(|name| &**name));
            let many = if names.len() > 1 { format!(" ({})", names.len()) } else { String::new() };
            let rule = "-".repeat(15);
            let head = format!("{rule}\n{folded}{many}\n{rule}");
            let _ = writeln!(page.out(), "{}", look.tint(Tint::Strong, &head));
            for line in output.split_inclusive(|byte| *byte == b'\n') {
                let bare = line.strip_suffix(b"\n").unwrap_or(line);
                page.out().extend_from_slice(&look.host_line(bare));
                page.out().push(b'\n');
            }
        }
        self.talk.summary(ended, page);
    }
}
