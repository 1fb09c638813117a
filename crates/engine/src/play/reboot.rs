//! `reboot`: the play is put away, the host starts anew, and the play goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use hep_core::frame::{FromHost, ToHost};
use hep_core::interp::{Control, Done, Elsewhere, Identity, Snapshot};
use hep_core::message::{Message, play as say};
use hep_core::module::reboot::Restart;
use tokio::time::Instant;

use super::executor::{Broken, Executor};
use super::host::{End, Part, control};
use crate::exec::{Captured, Command, Sudo, capture};

/// Between two tries to reach the host.
const PAUSE: Duration = Duration::from_millis(500);
/// For a single short command.
const SHORT: Duration = Duration::from_secs(20);
/// When the init of a container started: its kernel's boot id does not change.
const INIT_STARTED: &str = "cut -d' ' -f22 /proc/1/stat";

impl Part {
    /// Reboots the host and goes on with its play. An end when it cannot go on.
    pub(super) async fn reboot(
        &mut self,
        executor: &mut Executor,
        elsewhere: &Elsewhere,
    ) -> Result<Option<End>, Broken> {
        let restart = match hep_core::options::from_node::<Restart>(&elsewhere.args) {
            Ok(restart) => restart,
            Err(error) => {
                executor.send(&control(Control::Failed(error.message))).await?;
                return Ok(None);
            }
        };
        if elsewhere.check {
            let done = Done { result: restart.result(0), changed: true, ..Done::default() };
            executor.send(&control(Control::Result(Box::new(done)))).await?;
            return Ok(None);
        }
        let snapshot = self.put_away(executor).await?;
        let answer = self.restarted(&restart, elsewhere).await;
        self.go_on(executor, snapshot, answer).await
    }

    /// Drops the line to the host and goes on over a new one, with a new login.
    pub(super) async fn reset(&mut self, executor: &mut Executor) -> Result<Option<End>, Broken> {
        let snapshot = self.put_away(executor).await?;
        // It holds the host's journal, which the next one needs.
        executor.leave().await;
        self.run.fleet.disconnect(&self.host).await;
        self.go_on(executor, snapshot, Control::Go).await
    }

    /// Goes on with a play that was put away, in a new executor.
    async fn go_on(
        &mut self,
        executor: &mut Executor,
        snapshot: Snapshot,
        answer: Control,
    ) -> Result<Option<End>, Broken> {
        let fresh = match self.new_executor().await {
            Ok(fresh) => fresh,
            Err(end) => return Ok(Some(end)),
        };
        let gone = std::mem::replace(executor, fresh);
        self.run.with_memory(&self.host.name, |memory| memory.round_trips += gone.round_trips);
        executor.send(&ToHost::Resume(Box::new(snapshot))).await?;
        executor.send(&control(answer)).await?;
        Ok(None)
    }

    /// Reboots a host that has no executor.
    pub(super) async fn reboot_plainly(&self, elsewhere: &Elsewhere) -> Control {
        match hep_core::options::from_node::<Restart>(&elsewhere.args) {
            Ok(restart) if elsewhere.check => {
                let done = Done { result: restart.result(0), changed: true, ..Done::default() };
                Control::Result(Box::new(done))
            }
            Ok(restart) => self.restarted(&restart, elsewhere).await,
            Err(error) => Control::Failed(error.message),
        }
    }

    async fn restarted(&self, restart: &Restart, elsewhere: &Elsewhere) -> Control {
        let restarting = self.restart(restart, &elsewhere.identity);
        match super::controller::within(elsewhere, restarting).await {
            Ok(Ok(elapsed)) => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                let result = restart.result(elapsed_ms);
                Control::Result(Box::new(Done { result, changed: true, ..Done::default() }))
            }
            Ok(Err(message)) => Control::Failed(message),
            Err(late) => late,
        }
    }

    async fn put_away(&self, executor: &mut Executor) -> Result<Snapshot, Broken> {
        executor.send(&ToHost::Snapshot).await?;
        match executor.receive().await? {
            FromHost::Snapshot(snapshot) => Ok(*snapshot),
            _ => Err(Broken::Talk(say::wrong_answer("message"))),
        }
    }

    async fn restart(&self, restart: &Restart, identity: &Identity) -> Result<Duration, Message> {
        let begun = Instant::now();
        let boot = restart.boot_argv();
        let before = self.boot(&boot, identity).await.ok_or_else(say::reboot_no_identity)?;
        // The connection may end before the status comes; whether it worked is seen from the boot.
        let asked = self.short(&restart.reboot_argv(), identity).await;
        if let Some(asked) = asked
            && asked.end.rc.is_some_and(|rc| rc != 0)
        {
            let why = asked.end.error.map_or_else(|| asked.stdout.clone(), |why| why.to_string());
            return Err(say::reboot_refused(why.trim()));
        }
        tokio::time::sleep(Duration::from_millis(restart.delay_before_ms())).await;
        let most = Duration::from_millis(restart.timeout_ms());
        self.until(most, || async {
            self.boot(&boot, identity).await.is_some_and(|now| now != before)
        })
        .await
        .ok_or_else(|| say::reboot_timeout(most.as_secs()))?;
        tokio::time::sleep(Duration::from_millis(restart.delay_after_ms())).await;
        let test = restart.test_argv();
        self.until(most, || async {
            self.short(&test, identity).await.is_some_and(|told| told.is_fine())
        })
        .await
        .ok_or_else(|| say::reboot_test_failed(most.as_secs()))?;
        Ok(begun.elapsed())
    }

    /// Tries until it holds; nothing when the time is up or the run is cancelled.
    async fn until<F>(&self, most: Duration, mut holds: impl FnMut() -> F) -> Option<()>
    where
        F: Future<Output = bool>,
    {
        let deadline = Instant::now() + most;
        while Instant::now() < deadline && !self.run.cancel.is_cancelled() {
            if holds().await {
                return Some(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    /// What tells this boot from others.
    async fn boot(&self, argv: &[Arc<str>], identity: &Identity) -> Option<String> {
        let boot = self.short(argv, identity).await.filter(Captured::is_fine)?;
        let init = [Arc::from("/bin/sh"), Arc::from("-c"), Arc::from(INIT_STARTED)];
        let init = self.short(&init, &Identity::Login).await.filter(Captured::is_fine)?;
        Some(format!("{}{}", boot.stdout, init.stdout))
    }

    async fn short(&self, argv: &[Arc<str>], identity: &Identity) -> Option<Captured> {
        let sudo = match identity {
            Identity::Login => None,
            Identity::User(user) => Some(Sudo::of(&user.name)),
        };
        let words = vec![hep_core::quote::line(argv.iter().map(|word| &**word))];
        let command = Command { words, sudo, posix: true, ..Command::default() };
        let (fleet, cancel) = (self.run.fleet.clone(), self.run.cancel.clone());
        capture(fleet, self.host.clone(), command, SHORT, cancel).await
    }
}
