//! What came of a part whose controller is gone, by the journal of its host.

use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::{FromHost, Journalled, ToHost};
use hep_core::interp::{Identity, Summary};
use hep_core::inventory::Host;
use hep_core::message::{Message, play as say};
use hep_core::run::HostState;
use tokio::time::Instant;

use super::bundle::Bundle;
use super::executor::{Broken, Executor};
use super::host::{End, NoStart};
use super::journal::told;
use super::load::Loaded;
use super::{Memory, Request, Run, hosts_of};
use crate::cancel::Cancel;
use crate::event::{EVENTS_WAITING, HostEnd};
use crate::fleet::Fleet;

/// How long an executor is waited for that brings a change to its end.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(500);

/// What came of a part.
#[derive(Debug)]
pub(crate) enum Past {
    /// Nothing was begun that changes the host.
    Nothing,
    /// It ended so.
    Over(Box<HostEnd>),
    /// It was cut off. All that was begun has ended, and this is what it was.
    Partly(Vec<Message>),
    /// What it did, as far as that is known; of something nobody knows what came of it.
    Unknown(Vec<Message>),
    /// Nobody can tell, and why.
    Untold(Message),
}

/// A host that has told.
pub(crate) struct Told {
    /// What.
    pub(crate) past: Past,
    executor: Option<Executor>,
}

impl Told {
    const fn nothing(why: Message) -> Self {
        Self { past: Past::Untold(why), executor: None }
    }

    /// Lets the host forget what it told, where that is known for good.
    pub(crate) async fn let_go(self, known: bool) {
        match self.executor {
            Some(executor) if known => executor.end_known().await,
            Some(executor) => executor.end().await,
            None => {}
        }
    }
}

/// Runs whose controllers are gone, to be asked about.
pub(crate) struct Settling(Run);

impl Settling {
    /// Of the run that this request was for.
    pub(crate) fn new(
        fleet: Arc<Fleet>,
        loaded: Arc<Loaded>,
        request: Request,
        bundle: Bundle,
        cancel: Cancel,
    ) -> Self {
        // What a start tells besides is told again when the run goes on.
        let (events, _) = tokio::sync::mpsc::channel(EVENTS_WAITING);
        let run = Run::new(fleet, loaded, request, bundle, events, cancel);
        run.learn_secrets();
        Self(run)
    }

    /// Asks a host what came of its part, waiting for what is being brought to its end there.
    pub(crate) async fn ask(&self, host: &Host) -> Told {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.journal(host).await {
                Ok((journal, executor)) => {
                    let past = self.past(host, &journal.unwrap_or_default());
                    return Told { past, executor: Some(executor) };
                }
                Err(why) if why.id == "remote.busy" && Instant::now() < until => {
                    tokio::select! {
                        () = tokio::time::sleep(LOOK) => {}
                        () = self.0.cancel.cancelled() => return Told::nothing(why),
                    }
                }
                Err(why) => return Told::nothing(why),
            }
        }
    }

    /// What its journal says; nothing where there is none.
    async fn journal(&self, host: &Host) -> Result<(Option<Journalled>, Executor), Message> {
        let part = self.0.part(host);
        let mut executor = self.0.start_executor(host, part).await.map_err(|no| match no {
            NoStart::Plain(why) | NoStart::End(End::Early(_, why)) => why,
            NoStart::End(End::Done(_)) => say::wrong_answer("message"),
        })?;
        let broken = |broken: Broken| broken.message();
        // Its answer comes after all that is to be told.
        let end = ToHost::Observe { id: 0, identity: Identity::Login, questions: Vec::new() };
        executor.send(&end).await.map_err(broken)?;
        let mut own = None;
        loop {
            match executor.receive().await.map_err(broken)? {
                FromHost::Journal(journal) if journal.run == executor.part => own = Some(journal),
                // Of other runs, which the next play on this host passes on.
                FromHost::Journal(_) | FromHost::Note(_) => {}
                FromHost::Answers { .. } => return Ok((own, executor)),
                FromHost::Fault(why) => return Err(why),
                _ => return Err(say::wrong_answer("message")),
            }
        }
    }

    fn past(&self, host: &Host, journal: &Journalled) -> Past {
        if journal.records.is_empty() && !journal.full {
            return Past::Nothing;
        }
        let did = journal.records.iter().map(|record| {
            let mut message = told(journal, record);
            self.0.mask().message(&mut message);
            message
        });
        let did = did.collect();
        if journal.full || journal.records.iter().any(|record| record.outcome.is_none()) {
            return Past::Unknown(did);
        }
        let Some(state) = self.state(host, &journal.over) else { return Past::Partly(did) };
        let mut memory = Memory::default();
        journal.over.iter().for_each(|summary| memory.add(summary, 0));
        memory.state = (state == HostState::Failed).then_some((state, None));
        Past::Over(Box::new(memory.end(&host.name)))
    }

    /// How the part ended, if it did: at a play that failed here, or with the last one.
    fn state(&self, host: &Host, over: &[Summary]) -> Option<HostState> {
        if over.iter().any(|summary| summary.is_cancelled) {
            return None;
        }
        if over.iter().any(|summary| summary.is_failed) {
            return Some(HostState::Failed);
        }
        let plays = hosts_of(&self.0.fleet, &self.0.loaded, Some(&host.name)).ok()?;
        let own = plays.iter().filter(|(_, hosts)| hosts.iter().any(|it| it.name == host.name));
        (own.count() <= over.len()).then_some(HostState::Succeeded)
    }
}
