//! Renderers: what a run tells, as text or JSON for the two outputs.

pub(crate) mod exec;
pub(crate) mod fold;
mod kept;
mod page;
pub(crate) mod play;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::mask::Mask;
use hep_core::run::HostState;
use hep_engine::cancel::Cancel;
use hep_engine::event::{HostEnd, RunEvent};
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

pub(crate) use self::page::Page;
use crate::terminal::Screen;

/// Events taken at once: written together, so that a flood of lines is not a flood of system calls.
const AT_ONCE: usize = 512;

/// How long nothing may happen before renderers are told the time.
const TICK: Duration = Duration::from_millis(100);

/// Turns events into text.
pub(crate) trait Render: Send {
    /// Something happened.
    fn event(&mut self, event: &RunEvent, page: &mut Page);
    /// Time passes, several times a second.
    fn tick(&mut self, _now: Instant, _page: &mut Page) {}
    /// Nothing more happens. `ended` has every host's end.
    fn finish(&mut self, ended: &Ended, page: &mut Page);
}

/// How each host ended; the last end counts where a host ended more than once (in several plays).
pub(crate) type Ended = HashMap<Arc<str>, HostEnd>;

/// Where a run is shown.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The outputs.
    pub(crate) screen: &'a Screen,
    /// What must not be seen on them.
    pub(crate) mask: &'a Mask,
    /// Thrown when nobody reads any more.
    pub(crate) cancel: &'a Cancel,
}

impl View<'_> {
    /// Shows a run until it is over. Where the output cannot be written the run is stopped, its last
    /// events are taken silently, and the error is returned.
    pub(crate) async fn show(
        &self,
        mut events: Receiver<RunEvent>,
        render: &mut dyn Render,
    ) -> io::Result<Ended> {
        let (mut ended, mut failed, mut batch) = (Ended::new(), None, Vec::new());
        loop {
            let received = events.recv_many(&mut batch, AT_ONCE);
            if tokio::time::timeout(TICK, received).await == Ok(0) {
                break;
            }
            let mut page = Page::default();
            for event in batch.drain(..) {
                if failed.is_none() {
                    render.event(&event, &mut page);
                }
                match event {
                    RunEvent::Host(end) => {
                        self.screen.step_bar();
                        ended.insert(end.host.clone(), *end);
                    }
                    // Until a host of the play is told to have ended it has not begun.
                    RunEvent::Play { hosts, .. } => hosts.iter().for_each(|host| {
                        ended.entry(host.clone()).or_insert_with(|| not_started(host));
                    }),
                    _ => {}
                }
            }
            if failed.is_none() {
                render.tick(Instant::now(), &mut page);
            }
            if let Err(error) = page.write(self.screen, self.mask) {
                self.cancel.cancel();
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        self.screen.end_bar();
        let mut page = Page::default();
        render.finish(&ended, &mut page);
        page.write(self.screen, self.mask)?;
        Ok(ended)
    }
}

fn not_started(host: &Arc<str>) -> HostEnd {
    HostEnd {
        host: host.clone(),
        state: HostState::NotStarted,
        rc: None,
        signal: None,
        duration_ms: 0,
        error: None,
        summary: None,
    }
}

/// A JSON value without the secrets. It is searched before it is written, because writing escapes.
pub(crate) fn masked(value: Value, mask: &Mask) -> Value {
    if mask.is_empty() {
        return value;
    }
    match value {
        Value::String(text) => Value::String(mask.text(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(|item| masked(item, mask)).collect(),
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (mask.text(&name).into_owned(), masked(value, mask)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}
