//! What stands before a host begins, before what its journal will not tell, and before it forgets.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt as _;
use hep_core::run::HostState;

use super::runner::Runner;
use crate::gate::Gate;

impl Runner {
    /// Stands before each host: nothing begins that is not on disk as begun, by a node whose lease may have
    /// ended, or after somebody wanted the run to stop.
    pub(super) fn gate(&self) -> Gate {
        let (node, log) = (Arc::clone(&self.node), Arc::clone(&self.log));
        let (active, positions) = (Arc::clone(&self.active), Arc::clone(&self.positions));
        Gate::new(move |host| {
            let (node, log) = (Arc::clone(&node), Arc::clone(&log));
            let (active, positions) = (Arc::clone(&active), Arc::clone(&positions));
            async move {
                let Some(&position) = positions.get(&host) else { return false };
                if log.state(position) == HostState::Running {
                    return true;
                }
                let stopped =
                    active.stopped.load(Ordering::Relaxed) || active.cancel.is_cancelled();
                if stopped || node.is_stopping() || !node.may_begin(&log.gone).await {
                    return false;
                }
                log.begin(position).await
            }
            .boxed()
        })
    }

    /// Stands before what no journal will tell: it is noted first.
    pub(super) fn untold(&self) -> Gate {
        let (log, positions) = (Arc::clone(&self.log), Arc::clone(&self.positions));
        Gate::new(move |host| {
            let (log, positions) = (Arc::clone(&log), Arc::clone(&positions));
            async move {
                match positions.get(&host) {
                    Some(&position) => log.untold(position).await,
                    None => true,
                }
            }
            .boxed()
        })
    }

    /// Stands before a host forgets what it did: its end is on disk.
    pub(super) fn written(&self) -> Gate {
        let (node, log) = (Arc::clone(&self.node), Arc::clone(&self.log));
        let positions = Arc::clone(&self.positions);
        Gate::new(move |host| {
            let (node, log) = (Arc::clone(&node), Arc::clone(&log));
            let position = positions.get(&host).copied();
            async move {
                let Some(position) = position else { return true };
                tokio::select! {
                    written = log.written(position) => written,
                    // Who takes the run over must not find the executor still there.
                    () = node.lapsed() => false,
                }
            }
            .boxed()
        })
    }

    /// Stands before each host of a plan: it only looks.
    pub(super) fn open_gate(&self) -> Gate {
        let node = Arc::clone(&self.node);
        Gate::new(move |_| {
            let node = Arc::clone(&node);
            async move { !node.is_stopping() }.boxed()
        })
    }
}
