//! What journals on hosts say of runs that were cut off, told to the person.

use hep_core::change::Outcome;
use hep_core::frame::{FromHost, Journalled, Record, ToHost};
use hep_core::interp::Identity;
use hep_core::inventory::Host;
use hep_core::message::{Message, play as say};

use super::Run;
use super::executor::Executor;

impl Run {
    /// An executor tells of a run that was cut off on its host: it is passed on once, and may be forgotten
    /// there at the end. A check forgets nothing.
    pub(super) async fn heard(&self, host: &Host, executor: &mut Executor, journal: &Journalled) {
        // Its own, after a reboot: all of that has been told.
        if journal.run == executor.part {
            return;
        }
        if !self.request.options.check {
            executor.told.push(journal.run.clone());
        }
        let is_new = self.with_memory(&host.name, |memory| memory.told.insert(journal.run.clone()));
        if is_new {
            self.tell_journal(host, journal).await;
        }
    }

    /// A new executor tells what one did that was lost in this run.
    pub(super) async fn hear_journal(&self, host: &Host, mut executor: Executor) {
        // Its answer comes after all that is to be told.
        let end = ToHost::Observe { id: 0, identity: Identity::Login, questions: Vec::new() };
        let mut known = executor.send(&end).await.is_ok();
        while known {
            match executor.receive().await {
                Ok(FromHost::Journal(journal)) if journal.run == executor.part => {
                    self.tell_journal(host, &journal).await;
                }
                Ok(FromHost::Journal(journal)) => self.heard(host, &mut executor, &journal).await,
                Ok(FromHost::Answers { .. }) => break,
                // Still served by the one that was lost: its end is told by the next run.
                _ => known = false,
            }
        }
        match known {
            true => executor.end_known().await,
            false => executor.end().await,
        }
    }

    async fn tell_journal(&self, host: &Host, journal: &Journalled) {
        for record in &journal.records {
            self.note(host, told(journal, record)).await;
        }
        if journal.full {
            self.note(host, say::journal_full(run(journal))).await;
        }
    }
}

/// The run's id, without the host's part of it.
fn run(journal: &Journalled) -> &str {
    journal.run.split_once('-').map_or(&*journal.run, |(run, _)| run)
}

pub(super) fn told(journal: &Journalled, record: &Record) -> Message {
    let (run, age, what) = (run(journal), journal.age_s, &record.what);
    match record.outcome.as_deref() {
        Some(Outcome::Done(deed)) => match deed.rc.filter(|rc| *rc != 0) {
            Some(rc) => say::journal_ended(run, age, what, rc),
            None => say::journal_done(run, age, what),
        },
        Some(Outcome::Failed(why, _)) => say::journal_failed(run, age, what, why),
        Some(Outcome::Refused(_) | Outcome::Late | Outcome::Cancelled) => {
            say::journal_skipped(run, age, what)
        }
        None if journal.busy => say::journal_busy(run, what),
        None => say::journal_unknown(run, age, what),
    }
}
