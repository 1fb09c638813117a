//! Instants as people say them.

use hep_core::instant::rfc3339;
use hep_engine::store::now_ms;

use super::words::Words;

/// An instant, for `<time>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As machines read it, and as the title says it (UTC).
    pub(crate) exact: String,
    /// How long ago.
    pub(crate) ago: String,
}

impl Moment {
    /// An instant in milliseconds since 1970.
    pub(crate) fn at(t: Words, at_ms: i64) -> Self {
        Self { exact: rfc3339(at_ms), ago: ago(t, (now_ms() - at_ms) / 1000) }
    }

    /// The same of one that may not have been.
    pub(crate) fn of(t: Words, at_ms: Option<i64>) -> Option<Self> {
        at_ms.map(|at_ms| Self::at(t, at_ms))
    }
}

fn ago(t: Words, seconds: i64) -> String {
    match seconds {
        ..60 => t.just_now().to_owned(),
        60..3600 => t.minutes_ago(seconds / 60),
        3600..172_800 => t.hours_ago(seconds / 3600),
        _ => t.days_ago(seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_by_in_words() {
        let t = Words::default();
        let cases = [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (7199, "1 h ago"),
            (172_799, "47 h ago"),
            (172_800, "2 d ago"),
        ];
        for (seconds, text) in cases {
            assert_eq!(ago(t, seconds), text);
        }
    }
}
