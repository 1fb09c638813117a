//! A run as seed 2 printed it: `TASK module [host] name`, then `SUCCESS` or `NO CHANGE`.

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Arc;

use hep_core::interp::{Event, Report, State};
use hep_engine::event::{HostEnd, RunEvent};

use super::Script;
use crate::render::exec::Talk;
use crate::render::{Ended, Page, Render};
use crate::terminal::{Look, Screen, visible};

/// The renderer.
pub(crate) struct Seed {
    script: Script,
    look: Look,
    talk: Talk,
    /// Hosts of which it was told why they are out.
    left: HashSet<Arc<str>>,
}

impl Seed {
    /// For a run of this program.
    pub(crate) fn new(screen: &Screen, script: Script) -> Self {
        Self { script, look: screen.out, talk: Talk::new(screen, &[]), left: HashSet::new() }
    }

    fn task(&self, host: &str, report: &Report, page: &mut Page) {
        let word = match report.state {
            State::Changed => "SUCCESS",
            State::Ok => "NO CHANGE",
            State::Skipped => "SKIPPED",
            State::Deferred => "NOT KNOWN YET",
            State::Rescued => "RESCUED",
            State::Ignored => "FAILED, IGNORED",
            State::Failed | State::Unreachable => "FAILED",
        };
        let word = self.look.tint(super::line::tint(report.state), word);
        let (module, name) = (&report.module, visible::line(report.name.as_bytes()));
        let _ = writeln!(page.out(), "TASK {module} [{host}] {name}\n{word}\n");
        if super::line::is_failure(report.state) {
            let message = report.message.as_ref().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(page.err(), "{host}: {}", visible::text(&message));
            if let Some(place) = self.script.place(report.pos) {
                let _ = writeln!(page.err(), "    at {place}");
            }
        }
    }

    fn host(&mut self, end: &HostEnd, page: &mut Page) {
        if end.error.is_some() {
            self.talk.ended(end, page);
        }
    }
}

impl Render for Seed {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Task { host, event } => {
                if let Event::Finished(report) = &**event {
                    self.task(host, report, page);
                }
            }
            RunEvent::Left(end) => {
                self.left.insert(end.host.clone());
                self.host(end, page);
            }
            RunEvent::Host(end) if !self.left.contains(&end.host) => self.host(end, page),
            RunEvent::Note { host: Some(host), message } => {
                self.talk.sentence(host, message, page.err());
            }
            RunEvent::Note { host: None, message } => {
                let _ = writeln!(page.err(), "{}", visible::text(&message.to_string()));
            }
            RunEvent::Play { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Line { .. }
            | RunEvent::Host(_) => {}
        }
    }

    fn finish(&mut self, _ended: &Ended, _page: &mut Page) {}
}
