//! What `hep apply` shows.

mod json;
mod line;
mod order;
mod recap;
mod seed;
mod text;

use std::collections::HashSet;
use std::sync::Arc;

use hep_core::diagnostic::Source;
use hep_core::interp::State;
use hep_core::manifest::select;
use hep_core::node::Pos;
use hep_engine::play::load::Loaded;

pub(crate) use self::json::Json;
pub(crate) use self::seed::Seed;
pub(crate) use self::text::{Detail, Text};

/// The word for a state, as JSON has it and people see it.
pub(crate) const fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Changed => "changed",
        State::Failed => "failed",
        State::Skipped => "skipped",
        State::Unreachable => "unreachable",
        State::Rescued => "rescued",
        State::Ignored => "ignored",
        State::Deferred => "deferred",
    }
}

/// What the manifests say about tasks beyond what is reported of them.
#[derive(Clone)]
pub(crate) struct Script {
    loaded: Arc<Loaded>,
    handlers: HashSet<u32>,
}

impl Script {
    /// Of this program.
    pub(crate) fn new(loaded: &Arc<Loaded>) -> Self {
        let plays = loaded.program.plays.iter();
        let handlers = plays.flat_map(|play| select::tasks(&play.handlers)).map(|task| task.id);
        Self { loaded: Arc::clone(loaded), handlers: handlers.collect() }
    }

    /// Whether the task is a handler.
    fn is_handler(&self, task: u32) -> bool {
        self.handlers.contains(&task)
    }

    /// `file:line:col` of a place; nothing where there is none. Files that are included while the run goes on are
    /// known too.
    fn place(&self, pos: Pos) -> Option<String> {
        let sources: Vec<Source> = self.loaded.sources();
        let source = sources.get(usize::from(pos.file)).filter(|_| pos.line > 0)?;
        Some(format!("{}:{}:{}", source.name, pos.line, pos.col))
    }
}
