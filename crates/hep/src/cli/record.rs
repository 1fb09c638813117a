//! Keeping a local run in the history of this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::mask::Mask;
use hep_engine::event::RunEvent;
use hep_engine::history::{self, Begin, Recording};
use serde_json::Value;

use super::variables;
use crate::render::{Ended, Page, Render};
use crate::settings;
use crate::terminal::Screen;

/// The option of every command that runs something.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Record {
    /// Keep nothing of this run in the history that `hep run list` shows
    #[arg(long, env = variables::NO_RECORD, hide_env_values = true)]
    no_record: bool,
}

/// What is going to be run, for the history. Secrets are taken out before it is kept.
#[derive(Debug)]
pub(crate) struct Wish {
    /// `command`, `script` or `manifest`.
    pub(crate) kind: &'static str,
    /// What is run.
    pub(crate) subject: Value,
    /// The hosts, as they were asked for.
    pub(crate) selector: String,
    /// Whether it only looks.
    pub(crate) checks: bool,
}

impl Record {
    /// The wish, where it is one.
    pub(crate) fn wish(self, wish: impl FnOnce() -> Wish) -> Option<Wish> {
        (!self.no_record).then(wish)
    }
}

/// The file of the history; none where nobody has a home.
pub(crate) fn file() -> Option<PathBuf> {
    variables::history_directory().map(|folder| history::file(&folder))
}

/// A renderer whose events are kept as well.
pub(crate) struct Recorded<'a> {
    inner: &'a mut dyn Render,
    recording: Option<Recording>,
}

impl<'a> Recorded<'a> {
    /// Begins to keep a run, where somebody wishes it and there is a place.
    pub(crate) fn start(
        inner: &'a mut dyn Render,
        wish: Option<Wish>,
        hosts: Vec<Arc<str>>,
        mask: &Mask,
    ) -> Self {
        let recording = wish.zip(file()).map(|(wish, path)| {
            let begin = Begin {
                kind: wish.kind,
                subject: crate::render::masked(wish.subject, mask),
                selector: mask.text(&wish.selector).into_owned(),
                checks: wish.checks,
                hosts,
                actor: hep_engine::identity::local_user(),
                keep: settings::keep_runs().unwrap_or(Duration::MAX),
            };
            Recording::start(path, begin, mask.clone())
        });
        Self { inner, recording }
    }

    /// Writes it. That it cannot be kept is said, and is no failure.
    pub(crate) async fn end(self, screen: &Screen) {
        if let Some(recording) = self.recording
            && let Err(message) = recording.end().await
        {
            screen.say(&message.to_string());
        }
    }
}

impl Render for Recorded<'_> {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        if let Some(recording) = &mut self.recording {
            recording.take(event);
        }
        self.inner.event(event, page);
    }

    fn tick(&mut self, now: Instant, page: &mut Page) {
        self.inner.tick(now, page);
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        self.inner.finish(ended, page);
    }
}
