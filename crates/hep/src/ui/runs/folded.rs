//! The output of a run, what is the same on several hosts only once: each with the names of its hosts.

use std::collections::HashMap;

use hep_engine::ops::{Actor, Engine, run};
use hep_engine::store::runs::Run;

use super::super::ansi::Span;
use super::super::fault::Fault;
use super::super::words::Words;
use super::log;
use crate::render::fold::fold;
use crate::terminal::visible;

/// Entries that are read at once.
const ENTRIES: u32 = 200;
/// Bytes of a host's output that are compared and shown.
const HOST_BYTES: usize = 64 << 10;
/// Bytes of all outputs; the rest is only in the full text.
const ALL_BYTES: usize = 32 << 20;
/// Outputs that differ, on one page.
const GROUPS: usize = 200;

/// An output and the hosts that have it.
#[derive(Debug)]
pub(super) struct Group {
    /// Their names, in ranges.
    pub(super) hosts: String,
    /// How many they are.
    pub(super) many: usize,
    /// The lines.
    pub(super) lines: Vec<Vec<Span>>,
    /// Whether there was more.
    pub(super) is_cut: bool,
}

/// The two outputs of a host: which line came first is chance, and would tear groups apart.
#[derive(Default, PartialEq, Eq, Hash)]
struct Both {
    out: Vec<u8>,
    err: Vec<u8>,
    is_cut: bool,
}

impl Both {
    fn add(&mut self, stream: &str, bytes: &[u8]) -> usize {
        let room = HOST_BYTES.saturating_sub(self.out.len() + self.err.len()).min(bytes.len());
        self.is_cut |= room < bytes.len();
        let to = if stream == "stderr" { &mut self.err } else { &mut self.out };
        to.extend_from_slice(&bytes[..room]);
        room
    }
}

/// The outputs that differ, those of many hosts first; and whether all that was said was looked at.
pub(super) async fn groups(
    engine: &Engine,
    actor: &Actor,
    t: Words,
    run: &Run,
) -> Result<(Vec<Group>, bool), Fault> {
    let mut by_host: Vec<(String, Both)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut after, mut bytes, mut is_all) = (0, 0, true);
    loop {
        let read = run::output(engine, actor, &run.id, None, after, ENTRIES).await?;
        let Some(last) = read.last() else { break };
        after = last.seq;
        for piece in &read {
            let place = *places.entry(piece.host.clone()).or_insert_with(|| {
                by_host.push((piece.host.clone(), Both::default()));
                by_host.len() - 1
            });
            bytes += by_host[place].1.add(&piece.stream, &piece.body);
        }
        if bytes > ALL_BYTES {
            is_all = false;
            break;
        }
    }
    let mut groups = grouped(t, by_host);
    is_all &= groups.len() <= GROUPS;
    groups.truncate(GROUPS);
    Ok((groups, is_all))
}

fn grouped(t: Words, by_host: Vec<(String, Both)>) -> Vec<Group> {
    let mut places: HashMap<Both, usize> = HashMap::new();
    let mut hosts: Vec<Vec<String>> = Vec::new();
    for (host, both) in by_host {
        let place = *places.entry(both).or_insert_with(|| {
            hosts.push(Vec::new());
            hosts.len() - 1
        });
        hosts[place].push(host);
    }
    let mut same: Vec<(Both, usize)> = places.into_iter().collect();
    // Of as many, the first that spoke.
    same.sort_by_key(|(_, place)| (std::cmp::Reverse(hosts[*place].len()), *place));
    same.iter().map(|(both, place)| group(t, both, &hosts[*place])).collect()
}

fn group(t: Words, both: &Both, hosts: &[String]) -> Group {
    let folded = fold(hosts.iter().map(String::as_str));
    let lines = [&both.out, &both.err].into_iter().flat_map(|output| {
        let bare = output.strip_suffix(b"\n").unwrap_or(output);
        let is_empty = output.is_empty();
        bare.split(|byte| *byte == b'\n').filter(move |_| !is_empty)
    });
    Group {
        hosts: visible::text(&folded).into_owned(),
        many: hosts.len(),
        lines: lines.map(|line| log::spans(t, line)).collect(),
        is_cut: both.is_cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(out: &str, err: &str) -> Both {
        let mut both = Both::default();
        both.add("stdout", out.as_bytes());
        both.add("stderr", err.as_bytes());
        both
    }

    #[test]
    fn what_is_the_same_is_shown_once() {
        let hosts = [
            ("db", both("a\n\nb\n", "")),
            ("web1", both("x\n", "y")),
            ("web2", both("x\n", "y")),
            ("web3", both("", "x\ny")),
        ];
        let hosts = hosts.map(|(name, both)| (name.to_owned(), both)).into();
        let groups = grouped(Words::default(), hosts);
        let text = |group: &Group| -> Vec<String> {
            let line = |line: &Vec<Span>| line.iter().map(|span| span.text.as_str()).collect();
            group.lines.iter().map(line).collect()
        };
        let seen: Vec<_> =
            groups.iter().map(|group| (group.hosts.as_str(), group.many, text(group))).collect();
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(
            seen,
            [
                ("web[1-2]", 2, lines(&["x", "y"])),
                ("db", 1, lines(&["a", "", "b"])),
                ("web3", 1, lines(&["x", "y"])),
            ]
        );
    }

    #[test]
    fn a_huge_output_is_cut_and_that_is_said() {
        let group =
            group(Words::default(), &both(&"x\n".repeat(HOST_BYTES), "lost"), &["a".into()]);
        assert!(group.is_cut && group.lines.len() == HOST_BYTES / 2);
    }
}
