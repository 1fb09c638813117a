//! Whether there is room for what is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{Result, StoreError};

/// What the last writes have told of the room; clones are of the same database.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    is_full: Arc<AtomicBool>,
}

impl Room {
    /// Whether there was room when it was last asked for.
    pub(super) fn is_left(&self) -> bool {
        !self.is_full.load(Ordering::Relaxed)
    }

    /// Notes what came of a statement.
    pub(super) fn note<T>(&self, done: Result<T>) -> Result<T> {
        if matches!(done, Err(StoreError::NoSpace(_))) {
            self.is_full.store(true, Ordering::Relaxed);
        }
        done
    }

    /// The same of one that stands for itself: rows that lie on the disk had room. Nothing changed proves nothing.
    pub(super) fn note_rows(&self, done: Result<u64>) -> Result<u64> {
        if matches!(done, Ok(1..)) {
            self.is_full.store(false, Ordering::Relaxed);
        }
        self.note(done)
    }
}
