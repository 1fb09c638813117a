//! What a task's templates see.

use std::sync::Arc;

use crate::observe::{Ask, Replies, Reply, Stop};
use crate::template::{Evaluated, Scope};
use crate::vars::Vars;

/// The variables of one round of a task, and the controller's replies.
pub(super) struct TaskScope {
    pub(super) vars: Vars,
    pub(super) replies: Arc<Replies>,
}

impl Scope for TaskScope {
    fn vars(&self) -> &Vars {
        &self.vars
    }

    fn lookup(&self, ask: Ask) -> Result<Evaluated, Stop> {
        match self.replies.get(ask)? {
            Reply::Value(value, trust) => Ok(Evaluated { value, trust }),
            Reply::File(_) | Reply::Vars(_) | Reply::Failed(_) => {
                Err(Stop::Fail(crate::message::play::wrong_answer("File")))
            }
        }
    }
}
