//! What is older than it is kept goes, unless the clock is in doubt: what is removed does not come back when
//! somebody sets the clock right.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::node::Node;
use crate::clock::{self, DAY_MS};
use crate::ops::error::chain;
use crate::store::{Result, Sql, nodes, now_ms, retention, settings};

/// How often old rows are looked for.
const HOUR: Duration = Duration::from_hours(1);

/// How long a node that says nothing is shown, in milliseconds.
const SILENT_MS: i64 = DAY_MS;

/// Under which name the database remembers how far its dates are trusted.
const CLOCK: &str = "clock";

/// What is kept how long; nothing for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Runs, after their end.
    pub(super) runs: Option<Duration>,
    /// Lines of the audit log.
    pub(super) audit: Option<Duration>,
}

/// How far the dates of a database are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Trust {
    /// When somebody last looked, in milliseconds since 1970.
    seen_ms: i64,
    /// For how long nothing is removed yet, in milliseconds.
    waits_ms: i64,
}

impl Trust {
    /// After a look at the clock. One that was set, or that nobody has looked at for a day, must go on for a day
    /// before anything is removed by it.
    fn next(before: Option<Self>, now_ms: i64, was_set: bool) -> Self {
        let Some(before) = before else {
            return Self { seen_ms: now_ms, waits_ms: if was_set { DAY_MS } else { 0 } };
        };
        let gone = now_ms.saturating_sub(before.seen_ms);
        let is_steady = !was_set && (-DAY_MS..=DAY_MS).contains(&gone);
        let waits_ms = match is_steady {
            true => before.waits_ms.saturating_sub(gone.max(0)).max(0),
            false => DAY_MS,
        };
        Self { seen_ms: now_ms, waits_ms }
    }
}

impl Node {
    /// Removes what is older than it is kept, now and every hour, until the end.
    pub(super) async fn forget(self: Arc<Self>, kept: Kept) {
        let mut hours = tokio::time::interval(HOUR);
        let mut looked = 0;
        loop {
            hours.tick().await;
            let now = now_ms();
            let was_set = clock::was_set_since(std::mem::replace(&mut looked, clock::boot_ms()));
            if let Err(error) = forget(self.db(), kept, now, was_set).await {
                tracing::warn!(error = %chain(&error), "cannot remove what is old");
            }
        }
    }
}

/// Removes what is old at a time, if the clock can be trusted.
async fn forget(from: &dyn Sql, kept: Kept, now_ms: i64, was_set: bool) -> Result<()> {
    let before = settings::get(from, CLOCK).await?;
    let before = before.and_then(|text| serde_json::from_str(&text).ok());
    let trust = Trust::next(before, now_ms, was_set);
    settings::set(from, CLOCK, &serde_json::to_string(&trust).unwrap_or_default()).await?;
    if trust.waits_ms > 0 {
        let hours = trust.waits_ms / 3_600_000;
        tracing::warn!(
            hours,
            "the clock was set or not seen for a day: nothing old is removed yet"
        );
        return Ok(());
    }
    let old =
        |kept: Duration| now_ms.saturating_sub(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX));
    nodes::forget(from, now_ms.saturating_sub(SILENT_MS)).await?;
    while let Some(kept) = kept.runs
        && retention::runs(from, old(kept)).await? > 0
    {}
    while let Some(kept) = kept.audit
        && retention::audit(from, old(kept)).await? > 0
    {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::db::sql;
    use crate::store::testing::on_both;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn a_clock_is_trusted_that_has_gone_on_for_a_day() {
        let at = |seen_ms, waits_ms| Some(Trust { seen_ms, waits_ms });
        let now = 1000 * DAY_MS;
        let cases = [
            (None, false, 0),
            (None, true, DAY_MS),
            (at(now - HOUR_MS, 0), false, 0),
            (at(now - HOUR_MS, 0), true, DAY_MS),
            (at(now - 2 * DAY_MS, 0), false, DAY_MS),
            (at(now + 2 * DAY_MS, 0), false, DAY_MS),
            (at(now - HOUR_MS, DAY_MS), false, DAY_MS - HOUR_MS),
            (at(now + HOUR_MS, DAY_MS), false, DAY_MS),
            (at(now - 20 * HOUR_MS, HOUR_MS), false, 0),
        ];
        for (before, was_set, waits_ms) in cases {
            let after = Trust::next(before, now, was_set);
            assert_eq!(after, Trust { seen_ms: now, waits_ms }, "{before:?} {was_set}");
        }
    }

    #[tokio::test]
    async fn a_clock_that_is_a_year_ahead_removes_nothing() {
        on_both(|db| async move {
            let day = u64::try_from(DAY_MS).unwrap();
            let kept = Kept { runs: Some(Duration::from_millis(90 * day)), audit: None };
            let now = 1000 * DAY_MS;
            let run = sql("INSERT INTO runs (id, kind, subject, selector, actor_kind, actor_name,
                    state, created_ms, ended_ms)
                 VALUES ('a', 'command', '{}', 'all', 'user', 'ana', 'succeeded', $1, $1)");
            db.run(run.bind(now - 10 * DAY_MS)).await.unwrap();
            let left = async |at_ms, was_set| {
                forget(&db, kept, at_ms, was_set).await.unwrap();
                db.all(sql("SELECT id FROM runs")).await.unwrap().len()
            };
            assert_eq!(left(now, false).await, 1);
            let ahead = now + 365 * DAY_MS;
            // The server is started again and again meanwhile; then somebody sets the clock right.
            for at_ms in [ahead, ahead + 1, ahead + HOUR_MS, now + HOUR_MS, now + 2 * HOUR_MS] {
                assert_eq!(left(at_ms, false).await, 1, "{at_ms}");
            }
            // A year that has gone by hour by hour is one.
            let mut at_ms = now;
            while at_ms < now + 80 * DAY_MS {
                at_ms += 12 * HOUR_MS;
                assert_eq!(left(at_ms, false).await, 1, "{at_ms}");
            }
            assert_eq!(left(at_ms + 12 * HOUR_MS, false).await, 0);
        })
        .await;
    }
}
