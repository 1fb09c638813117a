//! What counts as success of a command, by what it prints and how it ends.

use std::collections::HashSet;
use std::sync::Arc;

use hep_core::message::{Message, job as say};
use hep_core::python_regex::Regex;
use hep_core::run::HostState;

use super::subject::Expectation;
use crate::event::HostEnd;

/// An expectation of all hosts of a run.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    codes: Vec<i32>,
    output: Option<Regex>,
    /// The hosts that have printed it.
    seen: HashSet<Arc<str>>,
}

impl Expected {
    /// Reads an expectation.
    pub(super) fn new(said: &Expectation) -> Result<Self, Message> {
        let read = |text: &String| Regex::new(text).map_err(|why| say::bad_expression(text, why));
        let output = said.output.as_ref().map(read).transpose()?;
        let codes = if said.exit_codes.is_empty() { vec![0] } else { said.exit_codes.clone() };
        Ok(Self { codes, output, seen: HashSet::new() })
    }

    /// A line that a host has printed on its standard output.
    pub(super) fn line(&mut self, host: &Arc<str>, line: &[u8]) {
        let Some(output) = &self.output else { return };
        if !self.seen.contains(host)
            // What takes too long to match does not.
            && output.is_match(&String::from_utf8_lossy(line)).unwrap_or(false)
        {
            self.seen.insert(host.clone());
        }
    }

    /// Says anew whether a command that has ended by itself was a success.
    pub(super) fn end(&mut self, end: &mut HostEnd) {
        let seen = self.seen.remove(&end.host);
        let has_ended = matches!(end.state, HostState::Succeeded | HostState::Failed);
        let (Some(rc), true) = (end.rc, has_ended) else { return };
        let missing = self.output.as_ref().filter(|_| !seen);
        if !self.codes.contains(&rc) {
            end.state = HostState::Failed;
        } else if let Some(output) = missing {
            end.state = HostState::Failed;
            end.error = Some(say::unexpected_output(output.as_str()));
        } else {
            end.state = HostState::Succeeded;
            end.error = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostState::{Cancelled, Failed, Succeeded, Unreachable};
    use super::*;

    #[test]
    fn codes_and_output_decide_together() {
        let cases = [
            (vec![], None, Succeeded, Some(0), "", Succeeded),
            (vec![], None, Failed, Some(1), "", Failed),
            (vec![0, 1], None, Failed, Some(1), "", Succeeded),
            (vec![1], None, Succeeded, Some(0), "", Failed),
            (vec![], Some("ok [0-9]+"), Succeeded, Some(0), "all ok 7.", Succeeded),
            (vec![], Some("^ok"), Succeeded, Some(0), "not ok", Failed),
            (vec![2], Some("ok"), Failed, Some(2), "ok", Succeeded),
            (vec![2], Some("ok"), Failed, Some(3), "ok", Failed),
            (vec![0], None, Failed, None, "", Failed),
            (vec![0], None, Unreachable, None, "", Unreachable),
            (vec![0], None, Cancelled, Some(0), "", Cancelled),
        ];
        for (exit_codes, output, state, rc, line, expected) in cases {
            let said = Expectation { exit_codes, output: output.map(str::to_owned) };
            let mut expects = Expected::new(&said).unwrap();
            let host: Arc<str> = "h".into();
            expects.line(&host, line.as_bytes());
            expects.line(&"other".into(), b"ok 1");
            let mut end = HostEnd {
                host,
                state,
                rc,
                signal: None,
                duration_ms: 0,
                error: None,
                summary: None,
            };
            expects.end(&mut end);
            assert_eq!(end.state, expected, "{said:?} {rc:?} {line}");
        }
        let bad = Expectation { output: Some("(".into()), ..Expectation::default() };
        assert_eq!(Expected::new(&bad).unwrap_err().id, "job.bad_expression");
    }
}
