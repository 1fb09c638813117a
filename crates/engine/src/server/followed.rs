//! The newest part of a log that somebody follows, read once for all who do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How much of a log is kept for those who follow it, in bytes. Who is further behind reads by themselves.
const KEPT: usize = 1 << 20;

/// How long nobody looks whether a log has grown, where nobody says that it has.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// An entry of a log as everybody is shown it.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub seq: i64,
    /// Its kind.
    pub kind: String,
    /// All of it, as JSON in one line.
    pub json: String,
}

/// A log that somebody follows in this process.
#[derive(Debug)]
pub(crate) struct Followed {
    /// The highest number that anybody told of. Only a hint.
    pub(super) highest: watch::Sender<i64>,
    /// When the database was last asked for more; nothing when something may have been missed since.
    looked: Mutex<Option<Instant>>,
    /// Held while somebody reads for all.
    pub(crate) tail: tokio::sync::Mutex<Tail>,
}

impl Default for Followed {
    fn default() -> Self {
        Self {
            highest: watch::Sender::new(0),
            looked: Mutex::default(),
            tail: tokio::sync::Mutex::default(),
        }
    }
}

impl Followed {
    /// Whether whoever has seen all up to a number has a reason to look for more.
    pub(crate) fn may_have_grown(&self, after: i64) -> bool {
        *self.highest.borrow() > after || self.looked().is_none_or(|at| at.elapsed() >= LOOK)
    }

    /// Notes that somebody looks now.
    pub(crate) fn look(&self) {
        *self.looked() = Some(Instant::now());
    }

    /// Makes everybody look, whatever was told.
    pub(super) fn wake(&self) {
        *self.looked() = None;
        self.highest.send_modify(|_| {});
    }

    fn looked(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while the lock is held.
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest entries, without gaps.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    entries: VecDeque<Arc<Shown>>,
    bytes: usize,
    /// The run's last number, when the database was last asked; what was read then may go further.
    pub(crate) known: i64,
    /// Whether nothing will follow that.
    pub(crate) ended: bool,
}

/// Where somebody stands to a tail who has seen all up to a number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What comes next is here.
    Within(Vec<Arc<Shown>>),
    /// What comes next was here once.
    Behind,
    /// What comes next is what this tail lacks.
    AtTheEnd,
}

impl Tail {
    /// What comes after a number, at most so many.
    pub(crate) fn after(&mut self, seq: i64, limit: usize) -> Place {
        let (Some(first), Some(last)) = (self.entries.front(), self.entries.back()) else {
            return Place::AtTheEnd;
        };
        if seq > last.seq {
            // Whoever read this part for all has gone.
            *self = Self { known: self.known, ended: self.ended, ..Self::default() };
            return Place::AtTheEnd;
        }
        if seq == last.seq {
            return Place::AtTheEnd;
        }
        match usize::try_from(seq + 1 - first.seq) {
            Ok(skip) => {
                Place::Within(self.entries.iter().skip(skip).take(limit).cloned().collect())
            }
            Err(_) => Place::Behind,
        }
    }

    /// Whether whoever has seen all up to a number has to look, whatever was told: there was more than they have
    /// seen, or they have seen more than there was, because it was written between two questions.
    pub(crate) const fn is_behind(&self, after: i64) -> bool {
        self.known != after
    }

    /// Whether whoever has seen all up to a number has seen everything there will be.
    pub(crate) const fn is_over(&self, after: i64) -> bool {
        self.ended && self.known <= after
    }

    /// Adds what comes at its end, and forgets what is too much.
    pub(crate) fn extend(&mut self, more: &[Arc<Shown>]) {
        self.bytes += more.iter().map(|entry| entry.json.len()).sum::<usize>();
        self.entries.extend(more.iter().cloned());
        while self.bytes > KEPT
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.json.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(numbers: std::ops::RangeInclusive<i64>, size: usize) -> Vec<Arc<Shown>> {
        let shown = |seq| Shown { seq, kind: "note".into(), json: "x".repeat(size) };
        numbers.map(|seq| Arc::new(shown(seq))).collect()
    }

    fn numbers(place: Place) -> Result<Vec<i64>, Place> {
        match place {
            Place::Within(entries) => Ok(entries.iter().map(|entry| entry.seq).collect()),
            other => Err(other),
        }
    }

    #[test]
    fn everybody_finds_their_place() {
        let mut tail = Tail::default();
        assert_eq!(tail.after(7, 9), Place::AtTheEnd);
        tail.extend(&entries(5..=8, 1));
        let cases = [
            (3, 9, Err(Place::Behind)),
            (4, 9, Ok(vec![5, 6, 7, 8])),
            (5, 2, Ok(vec![6, 7])),
            (7, 9, Ok(vec![8])),
            (8, 9, Err(Place::AtTheEnd)),
        ];
        for (after, limit, expected) in cases {
            assert_eq!(numbers(tail.after(after, limit)), expected, "{after}");
        }
        // Somebody is further than it: it begins anew there.
        assert_eq!(tail.after(20, 9), Place::AtTheEnd);
        tail.extend(&entries(21..=22, 1));
        assert_eq!(tail.after(8, 9), Place::Behind);
        assert_eq!(numbers(tail.after(20, 9)), Ok(vec![21, 22]));
    }

    #[test]
    fn the_oldest_part_is_forgotten() {
        let mut tail = Tail::default();
        tail.extend(&entries(1..=5, KEPT / 4));
        assert_eq!(tail.after(0, 9), Place::Behind);
        assert_eq!(numbers(tail.after(1, 9)), Ok(vec![2, 3, 4, 5]));
        tail.extend(&entries(6..=6, KEPT * 2));
        assert_eq!(tail.after(5, 9), Place::AtTheEnd);
    }

    #[test]
    fn who_has_seen_the_last_entry_asks_whether_it_was_the_last() {
        let seen = [(3, false), (4, false), (4, true), (5, true)];
        // Of who has seen all up to 4: whether they must look, and whether everything was told.
        let expected = [(true, false), (false, false), (false, true), (true, false)];
        for ((known, ended), expected) in seen.into_iter().zip(expected) {
            let tail = Tail { known, ended, ..Tail::default() };
            assert_eq!((tail.is_behind(4), tail.is_over(4)), expected, "{known} {ended}");
        }
    }

    #[test]
    fn a_look_is_for_all_and_a_hint_is_for_those_who_lack_it() {
        let followed = Followed::default();
        assert!(followed.may_have_grown(0));
        followed.look();
        assert!(!followed.may_have_grown(0));
        followed.highest.send_replace(3);
        assert!(followed.may_have_grown(2) && !followed.may_have_grown(3));
        followed.wake();
        assert!(followed.may_have_grown(3));
    }
}
