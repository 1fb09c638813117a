//! What is older than it is kept goes, once a day. No process lives long enough here to see somebody set the clock, so
//! age is reckoned from the look before, a day ago at least: a clock that was set forward since makes nothing older.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::process;
use crate::clock::{self, DAY_MS};
use crate::store::{Db, StoreError, now_ms, retention, settings};

/// The setting with the last look.
const LOOKED: &str = "history_looked";

/// A look at the clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    /// What the clock showed, in milliseconds since 1970.
    at_ms: i64,
    /// Which start of the machine it was.
    boot: String,
    /// How long that was ago then, in milliseconds: nobody sets this.
    up_ms: i64,
}

/// What a look means after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// A day has not gone by.
    Not,
    /// Nothing can be told yet: this look is the one before the next.
    First,
    /// What was old at this time may go.
    Old(i64),
}

impl Look {
    fn now() -> Self {
        Self { at_ms: now_ms(), boot: process::boot(), up_ms: clock::boot_ms() }
    }

    fn due(&self, before: Option<&Self>) -> Due {
        let Some(before) = before else { return Due::First };
        if self.at_ms < before.at_ms {
            return Due::First;
        }
        let gone = match before.boot == self.boot {
            true => self.up_ms.saturating_sub(before.up_ms),
            false => self.at_ms.saturating_sub(before.at_ms),
        };
        if gone < DAY_MS { Due::Not } else { Due::Old(before.at_ms) }
    }
}

/// Removes runs that ended so long ago, if it is time to.
pub(super) async fn sweep(db: &Db, keep: Duration) -> Result<(), StoreError> {
    sweep_at(db, keep, &Look::now()).await
}

async fn sweep_at(db: &Db, keep: Duration, now: &Look) -> Result<(), StoreError> {
    let before = settings::get(db, LOOKED).await?;
    let before = before.and_then(|text| serde_json::from_str(&text).ok());
    match now.due(before.as_ref()) {
        Due::Not => return Ok(()),
        Due::First => {}
        Due::Old(at_ms) => {
            let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
            while retention::runs(db, at_ms.saturating_sub(keep)).await? > 0 {}
        }
    }
    settings::set(db, LOOKED, &serde_json::to_string(now).unwrap_or_default()).await
}

#[cfg(test)]
mod tests {
    use hep_core::run::RunState;

    use super::*;
    use crate::store::local::{self, Outcome};
    use crate::store::runs::{self, Counts, NewRun};
    use crate::store::testing::on_both;

    const HOUR_MS: i64 = 3_600_000;
    const YEAR_MS: i64 = 365 * DAY_MS;
    const KEEP: Duration = Duration::from_hours(24);

    fn look(at_ms: i64, boot: &str, up_ms: i64) -> Look {
        Look { at_ms, boot: boot.into(), up_ms }
    }

    #[test]
    fn age_is_reckoned_from_a_look_a_day_ago() {
        let before = look(YEAR_MS, "a", HOUR_MS);
        let cases = [
            (look(YEAR_MS + HOUR_MS, "a", 2 * HOUR_MS), Due::Not),
            (look(YEAR_MS + DAY_MS, "a", HOUR_MS + DAY_MS), Due::Old(YEAR_MS)),
            (look(YEAR_MS + 9 * DAY_MS, "b", HOUR_MS), Due::Old(YEAR_MS)),
            (look(YEAR_MS + HOUR_MS, "b", HOUR_MS), Due::Not),
            // It was set forward: a day has not gone by.
            (look(2 * YEAR_MS, "a", 2 * HOUR_MS), Due::Not),
            // It was set back, and begins anew.
            (look(YEAR_MS - 1, "a", 9 * DAY_MS), Due::First),
            (look(1, "b", HOUR_MS), Due::First),
        ];
        for (now, due) in cases {
            assert_eq!(now.due(Some(&before)), due, "{now:?}");
        }
        assert_eq!(before.due(None), Due::First);
    }

    #[tokio::test]
    async fn a_clock_that_jumped_removes_nothing_that_is_not_old() {
        on_both(|db| async move {
            let new = NewRun {
                kind: "command",
                subject: "{}".into(),
                selector: "all".into(),
                strategy: "{}".into(),
                actor: ("command_line", None, "ana".into()),
                ..NewRun::default()
            };
            let id = runs::insert(&db, &new).await.unwrap();
            let (state, counts) = (RunState::Succeeded, Counts::new());
            local::end(&db, &id, &Outcome { state, counts, events: 0, bytes: 0 }).await.unwrap();
            let is_there = async || runs::by_id(&db, &id).await.unwrap().is_some();
            let ended = now_ms();
            sweep_at(&db, KEEP, &look(ended, "a", 0)).await.unwrap();
            // Ten years ahead after a reboot, and a day on, when it is right again.
            let ahead = ended + 10 * YEAR_MS;
            sweep_at(&db, KEEP, &look(ahead, "b", 0)).await.unwrap();
            assert!(is_there().await, "it was not old when the clock was right");
            sweep_at(&db, KEEP, &look(ended + DAY_MS / 2, "b", DAY_MS / 2)).await.unwrap();
            sweep_at(&db, KEEP, &look(ended + 2 * DAY_MS, "b", 2 * DAY_MS)).await.unwrap();
            assert!(is_there().await, "the look before was half a day after its end");
            sweep_at(&db, KEEP, &look(ended + 4 * DAY_MS, "b", 4 * DAY_MS)).await.unwrap();
            assert!(!is_there().await, "it is old now");
        })
        .await;
    }
}
