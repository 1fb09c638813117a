//! Why an operation did not do what was asked. Doors turn these into status codes and exit codes.

use hep_core::message::{Message, register, server, upkeep};

use crate::store::StoreError;

/// What operations return.
pub type OpResult<T> = Result<T, OpError>;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// Nobody has signed in.
    #[error("{0}")]
    NotSignedIn(Message),
    /// The actor may not.
    #[error("{0}")]
    Denied(Message),
    /// What was asked for is not there, or may not be seen by this actor.
    #[error("{0}")]
    NotFound(Message),
    /// What was sent cannot be used; the field is named as in JSON, where it is one field's fault.
    #[error("{message}")]
    Invalid {
        /// The field.
        field: Option<&'static str>,
        /// What is wrong with it.
        message: Message,
    },
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(Message),
    /// It has changed since the actor read it.
    #[error("{0}")]
    Stale(Message),
    /// It was asked too often; it may be asked again in so many seconds.
    #[error("{message}")]
    TooOften {
        /// What, and what to do.
        message: Message,
        /// In how many seconds.
        retry_s: u64,
    },
    /// A host, or another machine that was asked for, does not answer as it should.
    #[error("{0}")]
    Unreachable(Message),
    /// Something that we need is away for the moment.
    #[error("{0}")]
    Unavailable(Message),
    /// A fault of our own; its text is for the log, not for the actor.
    #[error("{0}")]
    Internal(String),
}

impl OpError {
    /// A field that cannot be used.
    pub const fn invalid(field: &'static str, message: Message) -> Self {
        Self::Invalid { field: Some(field), message }
    }

    /// What to tell of it where nobody waits for an answer; a fault of our own goes into the log.
    pub(crate) fn told(self) -> Message {
        match self {
            Self::NotSignedIn(message)
            | Self::Denied(message)
            | Self::NotFound(message)
            | Self::Invalid { message, .. }
            | Self::Conflict(message)
            | Self::Stale(message)
            | Self::TooOften { message, .. }
            | Self::Unreachable(message)
            | Self::Unavailable(message) => message,
            Self::Internal(error) => {
                tracing::error!(error, "something of our own failed");
                hep_core::message::run::not_begun()
            }
        }
    }

    /// A noun that is not there.
    pub fn not_found(kind: &str, name: &str) -> Self {
        Self::NotFound(register::not_found(kind, name))
    }
}

impl From<StoreError> for OpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(error = %chain(&error), "the database cannot be reached");
                Self::Unavailable(server::store_unavailable())
            }
            StoreError::NoSpace(_) => {
                tracing::warn!(error = %chain(&error), "the database has no space left");
                Self::Unavailable(server::no_space())
            }
            StoreError::Value(_) => Self::Invalid { field: None, message: server::bad_value() },
            StoreError::Newer { found, known } => Self::Conflict(upkeep::newer(found, known)),
            StoreError::OlderNodes { number, nodes } => {
                Self::Conflict(upkeep::older_nodes(number, nodes))
            }
            other => Self::Internal(chain(&other)),
        }
    }
}

/// An error with all its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What has come of writing over one version of something, found by `name` and called `new` by that: somebody else may
/// have been faster, or the database may refuse it.
pub(crate) fn written(
    done: Result<bool, StoreError>,
    kind: &str,
    name: &str,
    new: &str,
) -> OpResult<()> {
    match done.map_err(|error| on_write(error, kind, new))? {
        true => Ok(()),
        false => Err(OpError::Stale(register::changed_meanwhile(kind, name))),
    }
}

/// What a write of something named says when the database refuses it.
pub(crate) fn on_write(error: StoreError, kind: &str, name: &str) -> OpError {
    match error {
        StoreError::Duplicate(_) => OpError::Conflict(register::exists(kind, name)),
        StoreError::Reference(_) => OpError::Conflict(register::in_use(kind, name)),
        other => other.into(),
    }
}
