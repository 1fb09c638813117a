//! What stands before the first touch of each host: whoever keeps a run's states is asked, and answers when the
//! beginning is on disk.

use std::sync::Arc;

use futures::future::BoxFuture;

type Ask = dyn Fn(Arc<str>) -> BoxFuture<'static, bool> + Send + Sync;

/// Lets hosts begin. Without a keeper every host may, at once.
#[derive(Clone, Default)]
pub struct Gate(Option<Arc<Ask>>);

impl Gate {
    /// Asks by this function; false keeps the host from beginning.
    pub fn new(ask: impl Fn(Arc<str>) -> BoxFuture<'static, bool> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }

    /// Whether a host may begin.
    pub(crate) async fn lets(&self, host: &Arc<str>) -> bool {
        match &self.0 {
            Some(ask) => ask(host.clone()).await,
            None => true,
        }
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "kept" } else { "open" })
    }
}
