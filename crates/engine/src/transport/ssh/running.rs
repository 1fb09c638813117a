//! Which commands of one connection are marked, so that each can be ended without the others.
//!
//! All commands of a connection are children of one `sshd`. The first is started as it is. One that begins
//! while another may still run is started with a mark in its environment (`transport::mark`): so at
//! most one at a time has none, and what has none is that one's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel};

use crate::transport::Trace;

/// The commands of a connection that may still run.
#[derive(Debug, Default)]
pub(super) struct Running(Arc<AtomicUsize>);

/// One of them. It counts until [`Self::ended`]: one that was let go before may run on.
#[derive(Debug)]
pub(super) struct Begun {
    running: Arc<AtomicUsize>,
    is_marked: bool,
}

impl Running {
    pub(super) fn begin(&self) -> Begun {
        let before = self.0.fetch_add(1, AcqRel);
        Begun { running: Arc::clone(&self.0), is_marked: before > 0 }
    }
}

impl Begun {
    pub(super) fn trace(&self) -> Trace {
        if self.is_marked { Trace::Marked } else { Trace::Unmarked }
    }

    /// The host says that it has ended, or has not begun.
    pub(super) fn ended(self) {
        self.running.fetch_sub(1, AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_is_without_a_mark() {
        let running = Running::default();
        let first = running.begin();
        let second = running.begin();
        assert_eq!((first.trace(), second.trace()), (Trace::Unmarked, Trace::Marked));
        first.ended();
        let third = running.begin();
        assert_eq!(third.trace(), Trace::Marked, "the second still runs");
        second.ended();
        third.ended();
        // Let go, not ended.
        drop(running.begin());
        assert_eq!(running.begin().trace(), Trace::Marked);
    }
}
