//! How many channels a connection carries at once: a limit that can fall, and a queue before it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The gate of one connection. sshd allows 10 sessions a connection by default (`MaxSessions`), and
/// may allow fewer: the limit falls to what the host turned out to allow.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    limit: usize,
    open: usize,
}

/// The right to one channel, until dropped.
#[derive(Debug)]
pub(super) struct Pass(Arc<Gate>);

impl Gate {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { limit: limit.max(1), open: 0 }),
            freed: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_enter(self: &Arc<Self>) -> Option<Pass> {
        let mut state = self.state();
        (state.open < state.limit).then(|| {
            state.open += 1;
            Pass(Arc::clone(self))
        })
    }

    /// A pass beyond the limit, for what cannot wait. Hosts allow more than our limit more often than not.
    pub(super) fn pass_by(self: &Arc<Self>) -> Pass {
        self.state().open += 1;
        Pass(Arc::clone(self))
    }

    /// Waits for a pass, without a deadline of its own: it ends when the commands before it do, and
    /// those have deadlines.
    pub(super) async fn enter(self: &Arc<Self>) -> Pass {
        loop {
            // Queued before the look, so that a pass freed in between wakes us.
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Some(pass) = self.try_enter() {
                return pass;
            }
            freed.await;
        }
    }

    /// The host refused the channel of `pass` while others were open: lowers the limit to their
    /// number. Says false when no other was open, so that the refusal has another reason.
    pub(super) fn refused(&self, pass: Pass) -> bool {
        let others = {
            let mut state = self.state();
            let others = state.open - 1;
            if others > 0 {
                state.limit = state.limit.min(others);
            }
            others
        };
        drop(pass);
        others > 0
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.0.state().open -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_falls_and_the_queue_goes_on() {
        let gate = Gate::new(3);
        let (first, second) = (gate.enter().await, gate.enter().await);
        let third = gate.enter().await;
        assert!(gate.try_enter().is_none());
        assert!(gate.refused(third));
        assert!(gate.try_enter().is_none(), "two are open, and two are allowed");
        drop(first);
        let again = gate.enter().await;
        drop((second, again));
        let only = gate.enter().await;
        assert!(!gate.refused(only), "no other was open");
        let (inside, urgent) = (gate.enter().await, gate.pass_by());
        assert!(gate.try_enter().is_none());
        drop((inside, urgent));
        drop(gate.enter().await);
    }
}
