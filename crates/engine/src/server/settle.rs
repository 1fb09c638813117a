//! What was under way on a node that is gone: settled by the journals of the hosts.

use std::sync::Arc;

use futures::StreamExt as _;
use hep_core::message::{Message, run as say};
use hep_core::run::HostState;

use super::runner::{Runner, ended};
use super::subject::Subject;
use super::told;
use super::work::{self, Ready, Work};
use crate::fleet::Fleet;
use crate::play::settle::{Past, Settling};
use crate::store::host_runs::{End, HostRun};

/// How many hosts are asked at once.
const AT_ONCE: usize = 64;

/// Finds out what came of the hosts that had begun. What changes something is begun again only where its journal
/// says that nothing was begun to be changed.
pub(super) async fn settle(runner: &Runner) {
    let had_begun = |host: &&HostRun| {
        matches!(runner.log.state(host.position), HostState::Running | HostState::Cancelling)
    };
    let hosts: Vec<&HostRun> = runner.hosts.iter().filter(had_begun).collect();
    if hosts.is_empty() {
        return;
    }
    // Of commands there is no journal.
    let asking = asking(runner).await;
    let asking = asking.as_ref();
    let settling = futures::stream::iter(hosts);
    settling.for_each_concurrent(AT_ONCE, |host| one(runner, host, asking)).await;
}

/// Who asks the hosts, and which; nothing where there is nothing to ask for.
async fn asking(runner: &Runner) -> Option<(Settling, Arc<Fleet>, Ready)> {
    let subject: Subject = serde_json::from_value(runner.run.subject.clone()).ok()?;
    let ready = work::ready(&runner.node.engine, &runner.run, subject).await.ok()?;
    let Work::Play(play) = &ready.work else { return None };
    let fleet = runner.register(&ready).await.ok()?;
    let (request, bundle) = (runner.play(play, &[], 1), runner.node.bundle.clone());
    let (loaded, cancel) = (Arc::clone(&play.loaded), runner.active.cancel.clone());
    let settling = Settling::new(Arc::clone(&fleet), loaded, request, bundle, cancel);
    Some((settling, fleet, ready))
}

async fn one(runner: &Runner, host: &HostRun, asking: Option<&(Settling, Arc<Fleet>, Ready)>) {
    let known = asking.and_then(|(settling, fleet, _)| {
        Some((settling, fleet.inventory.hosts().get(host.host.as_str())?))
    });
    let Some((settling, known)) = known else {
        lose(runner, host, None).await;
        return;
    };
    let told = settling.ask(known).await;
    let is_known = match &told.past {
        Past::Nothing if !host.untold => runner.log.again(host.position).await,
        Past::Nothing => lose(runner, host, None).await,
        Past::Untold(why) => lose(runner, host, Some(why)).await,
        Past::Over(end) => {
            note(runner, host, &say::settled()).await;
            close(runner, host, told::end(host.position, end)).await
        }
        Past::Partly(did) | Past::Unknown(did) => {
            for message in did {
                note(runner, host, message).await;
            }
            match &told.past {
                Past::Partly(_) if !host.untold => {
                    let state =
                        if runner.is_asked() { HostState::Cancelled } else { HostState::Failed };
                    close(runner, host, ended(host.position, state, Some(say::cut_off()))).await
                }
                _ => lose(runner, host, None).await,
            }
        }
    };
    told.let_go(is_known).await;
}

/// Nobody can tell what came of it. Whether that is on disk.
async fn lose(runner: &Runner, host: &HostRun, why: Option<&Message>) -> bool {
    if let Some(why) = why {
        note(runner, host, why).await;
    }
    close(runner, host, ended(host.position, HostState::Lost, Some(say::node_gone()))).await
}

async fn note(runner: &Runner, host: &HostRun, message: &Message) {
    runner.log.tell("note", Some(&host.host), &told::message(message)).await;
}

/// Ends it; whether that is on disk.
async fn close(runner: &Runner, host: &HostRun, end: End) -> bool {
    let body = told::host(&end, 0);
    runner.log.tell("host", Some(&host.host), &body).await;
    runner.log.end(end).await.await.unwrap_or(false)
}
