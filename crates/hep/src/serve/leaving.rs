//! How a server goes without anybody noticing who has a balancer: it says so first, goes on answering until balancers
//! have heard, and only then refuses connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether a server is about to go. Clones are of the same server.
#[derive(Clone, Debug)]
pub(crate) struct Leaving {
    /// How long it goes on answering.
    drain: Duration,
    is_so: Arc<AtomicBool>,
}

impl Leaving {
    /// One that goes on answering for so long.
    pub(super) fn within(drain: Duration) -> Self {
        Self { drain, is_so: Arc::default() }
    }

    /// Whether it is about to go.
    pub(super) fn is_so(&self) -> bool {
        self.is_so.load(Ordering::Acquire)
    }

    /// From now on `/readyz` says no, and connections end with the answer to what they asked. Ready when balancers
    /// have had their time to hear of it, or when somebody is in a hurry.
    pub(crate) async fn drain(&self, hurry: impl Future<Output = ()>) {
        self.is_so.store(true, Ordering::Release);
        if self.drain.is_zero() {
            return;
        }
        tracing::info!(seconds = self.drain.as_secs_f64(), "answering until balancers have heard");
        tokio::select! {
            () = tokio::time::sleep(self.drain) => {}
            () = hurry => {}
        }
    }
}
