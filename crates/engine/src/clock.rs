//! What time it is, in its one place, and how far that can be relied on.
//!
//! The wall clock may be set while we run, by hours or by years. The time since the machine started goes on
//! whatever happens to it, so each such step is seen and remembered for a day: what is decided by old dates asks
//! for it. Nodes that share a database take its clock for their own, so that they agree.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// What is less is how clocks are corrected, and no step, in milliseconds.
const STEP_MS: i64 = 10_000;
/// A shared clock is read through a network: what is less is no difference, in milliseconds.
const NEAR_MS: i64 = 100;
/// How long a step is remembered, in milliseconds.
pub(crate) const DAY_MS: i64 = 24 * 3_600_000;
/// How many steps are remembered; of a clock that is set more often the last ones count.
const MOST: usize = 32;

static CLOCK: Mutex<Clock> = Mutex::new(Clock::new());

/// Milliseconds since 1970; 0 on a machine whose clock stands before.
pub(crate) fn now_ms() -> u64 {
    let now = with(|clock| clock.now(boot_ms(), wall_ms()));
    u64::try_from(now).unwrap_or(0)
}

/// From now on the clock of a shared database counts, which showed this while it was asked between two readings of
/// [`boot_ms`].
pub(crate) fn heed(shown_ms: i64, asked: i64, answered: i64) {
    with(|clock| clock.heed(shown_ms, i64::midpoint(asked, answered), (answered - asked) / 2));
}

/// Milliseconds since the machine started: nobody sets it, and it goes on while the machine sleeps.
pub(crate) fn boot_ms() -> i64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000)
}

/// How much of the age of what was written at some time is none: the clock was set forward since.
pub(crate) fn too_old() -> TooOld {
    with(|clock| clock.too_old(boot_ms()))
}

/// Whether the clock was set, either way, after a reading of [`boot_ms`].
pub(crate) fn was_set_since(boot: i64) -> bool {
    with(|clock| clock.steps.iter().any(|step| step.boot > boot))
}

/// What was written at or before a time is younger by so much than its dates say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TooOld {
    /// Written at this time at the latest, in milliseconds since 1970.
    pub until_ms: i64,
    /// By how much at most, in milliseconds.
    pub by_ms: i64,
}

impl TooOld {
    /// How long it is from now to an instant that was reckoned from another.
    pub(crate) fn left_ms(self, written_ms: i64, end_ms: i64, now_ms: i64) -> i64 {
        let by_ms = if written_ms <= self.until_ms { self.by_ms } else { 0 };
        end_ms.saturating_add(by_ms).saturating_sub(now_ms)
    }
}

fn with<T>(see: impl FnOnce(&mut Clock) -> T) -> T {
    // Nothing panics while the lock is held.
    see(&mut CLOCK.lock().unwrap_or_else(PoisonError::into_inner))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The clock that counts, beside the time since the machine started.
#[derive(Debug)]
struct Clock {
    /// What it showed more, when it was last looked at.
    ahead: Option<i64>,
    /// Whether it is the clock of a shared database.
    is_shared: bool,
    steps: Vec<Step>,
}

/// How it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// What it showed before.
    from_ms: i64,
    /// By how much.
    by_ms: i64,
    /// When, since the machine started.
    boot: i64,
}

impl Clock {
    const fn new() -> Self {
        Self { ahead: None, is_shared: false, steps: Vec::new() }
    }

    fn now(&mut self, boot: i64, wall: i64) -> i64 {
        match self.ahead {
            Some(ahead) if self.is_shared => boot.saturating_add(ahead),
            _ => {
                self.look(boot, wall);
                wall
            }
        }
    }

    /// What it showed at a time that is known within so much.
    fn heed(&mut self, shown: i64, boot: i64, within: i64) {
        match self.ahead {
            // That other nodes' clock is another one is no step of it.
            _ if !self.is_shared => {
                *self = Self { ahead: Some(shown - boot), is_shared: true, steps: Vec::new() };
            }
            Some(ahead) if (shown - boot - ahead).abs() < NEAR_MS.max(within) => {}
            _ => self.look(boot, shown),
        }
    }

    /// Sees what it shows, and whether it was set since the last look.
    fn look(&mut self, boot: i64, shown: i64) {
        let Some(before) = self.ahead.replace(shown.saturating_sub(boot)) else { return };
        let from_ms = boot.saturating_add(before);
        let by_ms = shown.saturating_sub(from_ms);
        if by_ms.abs() < STEP_MS {
            return;
        }
        tracing::warn!(seconds = by_ms / 1000, "the clock was set: what is old is kept for a day");
        self.steps.retain(|step| boot - step.boot < DAY_MS);
        self.steps.push(Step { from_ms, by_ms, boot });
        if self.steps.len() > MOST {
            self.steps.remove(0);
        }
    }

    /// By all steps together: what was set forward by mistake and back again makes nothing older.
    fn too_old(&self, boot: i64) -> TooOld {
        let late = || self.steps.iter().filter(|step| boot - step.boot < DAY_MS);
        let by_ms = late().map(|step| step.by_ms).fold(0, i64::saturating_add).max(0);
        let last = late().map(|step| step.from_ms).max().unwrap_or_default();
        // What was written since then shows more.
        let now = boot.saturating_add(self.ahead.unwrap_or_default());
        TooOld { until_ms: last.min(now.saturating_sub(by_ms)), by_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn a_clock_that_is_set_is_noticed() {
        // Each: what it shows beside the time since the start, then how far what was written before is too old.
        let cases: &[(&[i64], i64)] = &[
            (&[0, 0], 0),
            (&[0, 9_000, 18_000], 0),
            (&[0, HOUR_MS], HOUR_MS),
            (&[0, HOUR_MS, 3 * HOUR_MS], 3 * HOUR_MS),
            (&[0, -HOUR_MS], 0),
            (&[0, -HOUR_MS, HOUR_MS], HOUR_MS),
            (&[0, 9 * HOUR_MS, -HOUR_MS], 0),
        ];
        for (ahead, expected) in cases {
            let mut clock = Clock::new();
            for (boot, ahead) in (100..).step_by(100).zip(*ahead) {
                assert_eq!(clock.now(boot, 1_000_000 + boot + ahead), 1_000_000 + boot + ahead);
            }
            assert_eq!(clock.too_old(1000).by_ms, *expected, "{ahead:?}");
            assert_eq!(clock.too_old(1000 + DAY_MS).by_ms, 0, "for a day only: {ahead:?}");
        }
    }

    #[test]
    fn what_was_written_before_the_step_has_its_time_left() {
        let mut clock = Clock::new();
        for (boot, wall) in [(0, 1_000_000), (10, 1_000_010 + HOUR_MS)] {
            clock.now(boot, wall);
        }
        let (old, now) = (clock.too_old(10), 1_000_010 + HOUR_MS);
        assert_eq!(old.left_ms(1_000_000, 1_060_000, now), 60_000 - 10);
        assert_eq!(old.left_ms(now, now + 60_000, now), 60_000);
        for (boot, wall) in [(20, 1_000_020 - HOUR_MS), (30, 1_000_030 + 2 * HOUR_MS)] {
            clock.now(boot, wall);
        }
        let again = clock.too_old(30);
        assert_eq!(again.by_ms, 2 * HOUR_MS);
        for (written_ms, is_before) in [(1_000_000, true), (1_000_030 + 2 * HOUR_MS, false)] {
            assert_eq!(written_ms <= again.until_ms, is_before, "{again:?}");
        }
        assert_eq!(TooOld::default().left_ms(1_000_000, 1_060_000, now), 60_000 - 10 - HOUR_MS);
    }

    #[test]
    fn a_shared_clock_counts_whatever_our_own_shows() {
        let mut clock = Clock::new();
        clock.now(0, 5_000_000);
        clock.heed(9_000_000, 0, 0);
        assert_eq!(clock.steps, [], "that it is another clock is no step");
        for wall in [0, 5_000_000, HOUR_MS] {
            assert_eq!(clock.now(50, wall), 9_000_050);
        }
        clock.heed(9_000_150, 100, 0);
        clock.heed(9_003_100, 100, 4_000);
        assert_eq!(clock.now(200, 0), 9_000_200, "the network's time is no difference");
        clock.heed(9_000_300 + HOUR_MS, 300, 4_000);
        assert_eq!((clock.now(300, 0), clock.too_old(300).by_ms), (9_000_300 + HOUR_MS, HOUR_MS));
    }

    #[test]
    fn only_the_last_of_many_steps_are_remembered() {
        let mut clock = Clock::new();
        for (boot, hour) in (0..1000).zip((0..).step_by(2)) {
            clock.now(boot, hour * HOUR_MS);
        }
        assert_eq!(clock.steps.len(), MOST);
    }
}
