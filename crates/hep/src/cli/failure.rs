//! Why a command could not be done at all; what went wrong on single hosts is a result, not this.

use hep_core::diagnostic::{Diagnostic, Source, render};
use hep_core::message::{Message, cli as say};
use hep_engine::ops::OpError;

use crate::terminal::{Screen, Tint, visible};

/// The reason.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One sentence.
    Said(Message),
    /// Faults in the operator's files.
    Found {
        /// The faults.
        diagnostics: Vec<Diagnostic>,
        /// The files they point into.
        sources: Vec<Source>,
    },
    /// Whoever read our output has gone: nothing to say, and nobody to say it to.
    Gone,
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Self::Said(message)
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        match error {
            OpError::NotSignedIn(message)
            | OpError::Denied(message)
            | OpError::NotFound(message)
            | OpError::Invalid { message, .. }
            | OpError::TooOften { message, .. }
            | OpError::Conflict(message)
            | OpError::Stale(message)
            | OpError::Unreachable(message)
            | OpError::Unavailable(message) => Self::Said(message),
            OpError::Internal(text) => Self::Said(say::internal(text)),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Gone,
            _ => Self::Said(say::cannot_write(error)),
        }
    }
}

impl Failure {
    /// One fault.
    pub(crate) fn found(diagnostic: Diagnostic, sources: Vec<Source>) -> Self {
        Self::Found { diagnostics: vec![diagnostic], sources }
    }

    /// Tells the person. A second failure while telling has nowhere to go.
    pub(crate) fn tell(&self, screen: &Screen) {
        let error = screen.err.tint(Tint::Bad, "error:");
        let text = match self {
            Self::Said(message) => format!("{error} {}\n", visible::text(&message.to_string())),
            Self::Found { diagnostics, sources } => {
                let each = diagnostics
                    .iter()
                    .map(|fault| format!("{error} {}", visible::text(&render(sources, fault))));
                each.collect()
            }
            Self::Gone => return,
        };
        let _ = screen.write_err(text.as_bytes());
    }
}
