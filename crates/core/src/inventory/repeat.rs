//! The rule against a host that stands twice in one group of one file.
//!
//! Ansible merges such lines without a word, and the usual cause is a copied line that was not changed. Here
//! it is an error, with one exception: a range gives many hosts, and a line that names one of them alone,
//! with variables, refines it. A host in several groups, or in several files, is nothing unusual.

use std::collections::HashMap;
use std::sync::Arc;

use super::Error;
use crate::message;
use crate::node::Pos;

/// How a line names a host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    /// Where.
    pub(super) pos: Pos,
    /// Whether it is one of several that a range gives.
    pub(super) from_range: bool,
    /// Whether variables follow.
    pub(super) has_vars: bool,
}

/// What one file has said so far.
#[derive(Debug, Default)]
pub(super) struct Mentions(HashMap<Arc<str>, HashMap<Arc<str>, Mention>>);

impl Mentions {
    /// Notes that `group` names `host`; an error where that is said twice.
    pub(super) fn add(&mut self, group: &str, host: &str, new: Mention) -> Result<(), Error> {
        let hosts = match self.0.get_mut(group) {
            Some(hosts) => hosts,
            None => self.0.entry(group.into()).or_default(),
        };
        let Some(old) = hosts.insert(host.into(), new) else { return Ok(()) };
        let refined =
            |range: Mention, one: Mention| range.from_range && !one.from_range && one.has_vars;
        if refined(old, new) || refined(new, old) {
            return Ok(());
        }
        let (first, second) = (old.pos.line, new.pos.line);
        Err(Error::new(new.pos, message::inventory::duplicate_host(host, group, first, second)))
    }
}
