//! The times of a file, as a task names them.

use crate::instant;
use crate::message::file as say;
use crate::observe::Stop;

/// What a task says about the two times of a file.
pub(super) struct Times {
    pub(super) mtime: Time,
    pub(super) atime: Time,
}

/// What a task says about one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Preserve,
    Now,
    /// Nanoseconds since 1970.
    At(i64),
}

impl Time {
    pub(super) fn read(text: &str, format: &str) -> Result<Self, Stop> {
        match text {
            "preserve" => Ok(Self::Preserve),
            "now" => Ok(Self::Now),
            text => {
                let at = instant::parse(text, format);
                at.map(Self::At).ok_or_else(|| say::bad_time(text, format).into())
            }
        }
    }

    /// In place of this time; nothing means now.
    pub(super) const fn of(self, old_ns: i64) -> Option<i64> {
        match self {
            Self::Preserve => Some(old_ns),
            Self::Now => None,
            Self::At(ns) => Some(ns),
        }
    }

    /// Of a new file; nothing means now.
    pub(super) const fn of_new(self) -> Option<i64> {
        match self {
            Self::At(ns) => Some(ns),
            Self::Preserve | Self::Now => None,
        }
    }
}
