//! States as badges: a word, a colour and a sign, so that no colour says anything alone.

use hep_core::interp::State;
use hep_core::run::{HostState, RunState};
use hep_engine::store::host_keys::State as KeyState;
use hep_engine::store::hosts::Host;
use hep_engine::store::now_ms;

use super::words::Words;

/// A state, as templates show it (`part/badge.html`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    /// The word.
    pub(crate) text: &'static str,
    /// The class of the colour.
    pub(crate) class: &'static str,
    /// The sign before the word.
    pub(crate) sign: &'static str,
}

impl Badge {
    /// It is as it should be.
    pub(super) const fn good(text: &'static str) -> Self {
        Self { text, class: "pf-m-green", sign: "✓" }
    }

    /// It is not.
    pub(super) const fn bad(text: &'static str) -> Self {
        Self { text, class: "pf-m-red", sign: "✕" }
    }

    /// Somebody should look at it.
    pub(super) const fn odd(text: &'static str) -> Self {
        Self { text, class: "pf-m-orange", sign: "!" }
    }

    /// Something is under way.
    pub(super) const fn busy(text: &'static str) -> Self {
        Self { text, class: "pf-m-blue", sign: "▸" }
    }

    /// Nothing to be said for or against it.
    pub(super) const fn plain(text: &'static str) -> Self {
        Self { text, class: "", sign: "·" }
    }

    /// The state of a host.
    pub(crate) fn of_state(t: Words, state: &str) -> Self {
        match state {
            "reachable" => Self::good(t.hosts_state_reachable()),
            "unreachable" => Self::bad(t.hosts_state_unreachable()),
            "untrusted" => Self::odd(t.hosts_state_untrusted()),
            _ => Self::plain(t.hosts_state_unknown()),
        }
    }

    /// All that is to be known of a host at a glance, its state first.
    pub(crate) fn of_host(t: Words, host: &Host) -> Vec<Self> {
        let mut badges = vec![Self::of_state(t, &host.state)];
        if host.said.maintenance_until_ms.is_some_and(|until| until > now_ms()) {
            badges.push(Self::busy(t.hosts_state_maintenance()));
        }
        if !host.said.enabled {
            badges.push(Self::plain(t.hosts_state_disabled()));
        }
        badges
    }

    /// The state of a run's part on a host.
    pub(crate) const fn of_part(t: Words, state: HostState) -> Self {
        match state {
            HostState::Queued => Self::plain(t.state_queued()),
            HostState::Running => Self::busy(t.state_running()),
            HostState::Cancelling => Self::busy(t.state_cancelling()),
            HostState::Succeeded => Self::good(t.state_succeeded()),
            HostState::Failed => Self::bad(t.state_failed()),
            HostState::Unreachable => Self::bad(t.hosts_state_unreachable()),
            HostState::Cancelled => Self::plain(t.state_cancelled()),
            HostState::Lost => Self::bad(t.state_lost()),
            HostState::Skipped => Self::plain(t.state_skipped()),
            HostState::NotStarted => Self::odd(t.state_not_started()),
        }
    }

    /// How a task ended; `told` where it only says what it would do.
    pub(crate) const fn of_task(t: Words, state: State, told: bool) -> Self {
        match state {
            State::Ok => Self::plain(t.task_ok()),
            State::Changed if told => Self::busy(t.task_would_change()),
            State::Changed => Self::good(t.task_changed()),
            State::Failed => Self::bad(t.state_failed()),
            State::Skipped => Self::plain(t.state_skipped()),
            State::Unreachable => Self::bad(t.hosts_state_unreachable()),
            State::Rescued => Self::odd(t.task_rescued()),
            State::Ignored => Self::odd(t.task_ignored()),
            State::Deferred => Self::odd(t.task_deferred()),
        }
    }

    /// The state of a service of a host, in the host's own word.
    pub(crate) fn of_service(t: Words, state: &str) -> Self {
        match state {
            "running" => Self::good(t.service_running()),
            "failed" => Self::bad(t.service_failed()),
            "stopped" => Self::plain(t.service_stopped()),
            _ => Self::odd(t.service_other()),
        }
    }

    /// What was decided about a host's key.
    pub(crate) const fn of_key(t: Words, state: KeyState) -> Self {
        match state {
            KeyState::Offered => Self::odd(t.key_offered()),
            KeyState::Pinned => Self::good(t.key_pinned()),
            KeyState::Replaced => Self::plain(t.key_replaced()),
            KeyState::Revoked => Self::bad(t.key_distrusted()),
        }
    }

    /// The state of a run.
    pub(crate) const fn of_run(t: Words, state: RunState) -> Self {
        match state {
            RunState::Queued => Self::plain(t.state_queued()),
            RunState::Waiting => Self::odd(t.state_waiting()),
            RunState::Running => Self::busy(t.state_running()),
            RunState::Cancelling => Self::busy(t.state_cancelling()),
            RunState::Succeeded => Self::good(t.state_succeeded()),
            RunState::Failed => Self::bad(t.state_failed()),
            RunState::Cancelled => Self::plain(t.state_cancelled()),
            RunState::Rejected => Self::odd(t.state_rejected()),
            RunState::Expired => Self::odd(t.state_expired()),
            RunState::Lost => Self::bad(t.state_lost()),
        }
    }
}
