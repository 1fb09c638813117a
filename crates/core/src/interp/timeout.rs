//! `timeout:` of a task: how long looking and doing may take together, for each item and each try.
//!
//! As in Ansible it counts the work on the host, not the evaluation of templates or the waiting between
//! tries. What runs is ended when the time is up; a file that is being written is written to its end.

use super::prepare::Prepared;
use super::running::{Running, Stage};
use crate::change::{Change, Outcome};
use crate::message::{Message, play as say};

impl Running {
    /// The last step took so long.
    pub(super) fn spend(&mut self, ms: u64) {
        if !matches!(self.stage, Stage::Delay) {
            self.spent_ms = self.spent_ms.saturating_add(ms);
        }
    }

    /// Why nothing more is begun, once the time is up.
    pub(super) fn out_of_time(&self) -> Option<Message> {
        let most = self.prepared.as_ref()?.timeout_ms.filter(|most| self.spent_ms >= *most)?;
        Some(say::task_timeout(self.action_name(), most.div_ceil(1000)))
    }

    /// The change, which may take as long as is left and no longer.
    pub(super) fn capped(&self, change: &Change, prepared: &Prepared) -> Change {
        let mut change = change.clone();
        let Some(most) = prepared.timeout_ms else { return change };
        let left = most.saturating_sub(self.spent_ms).max(1);
        match &mut change {
            Change::Run(run) => {
                run.timeout_ms = Some(run.timeout_ms.map_or(left, |own| own.min(left)));
                run.lock_wait_ms = run.lock_wait_ms.map(|own| own.min(left));
            }
            Change::Wait(wait) => {
                wait.timeout_ms = wait.timeout_ms.min(left);
                wait.delay_ms = wait.delay_ms.min(left);
            }
            _ => {}
        }
        change
    }

    /// The outcome; that of what the task's own time ended says so.
    pub(super) fn in_time(&self, outcome: Outcome) -> Outcome {
        match (outcome, self.out_of_time()) {
            (Outcome::Failed(why, deed), Some(message)) if is_late(&why) => {
                Outcome::Failed(message, deed)
            }
            (outcome, _) => outcome,
        }
    }
}

fn is_late(why: &Message) -> bool {
    ["remote.timed_out", "remote.wait_timeout", "remote.still_locked"].contains(&&*why.id)
}
