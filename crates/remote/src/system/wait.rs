//! `Wait`: conditions tried again until they hold or time is up.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use hep_core::change::{Deed, Until, Wait};
use hep_core::message::{Message, remote};
use hep_core::python_regex::Regex;
use hep_core::until;

use super::look::open_regular;
use super::{Halt, LocalSystem, port};
use crate::cancel::Cancel;

impl LocalSystem {
    pub(super) fn wait(&self, wait: &Wait, cancel: &Cancel) -> Result<Deed, Halt> {
        let begun = Instant::now();
        let search = until::search(&wait.until)?;
        if wait.delay_ms > 0 && cancel.wait(wait.delay_ms) {
            return Err(Halt::Cancelled);
        }
        let deadline = begun + Duration::from_millis(wait.timeout_ms);
        loop {
            if let Some(matched) = self.holds(&wait.until, search.as_ref())? {
                let matched = (!matched.is_empty()).then(|| matched.into());
                return Ok(Deed { matched, ..Deed::default() });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let time = wait.timeout_ms.div_ceil(1000);
                return match wait.until {
                    Until::Elapsed => Ok(Deed::default()),
                    _ => Err(remote::wait_timeout(until::what(&wait.until), time).into()),
                };
            }
            let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
            let sleep =
                if wait.until == Until::Elapsed { left } else { left.min(wait.sleep_ms.max(10)) };
            if cancel.wait(sleep) {
                return Err(Halt::Cancelled);
            }
        }
    }

    /// What was found, if the condition holds; empty where there is nothing to find.
    fn holds(&self, until: &Until, search: Option<&Regex>) -> Result<Option<String>, Message> {
        match until {
            Until::Elapsed => Ok(None),
            Until::Port { host, port, connect_timeout_ms, open, .. } => {
                let connected = port::connect(host, *port, *connect_timeout_ms);
                Ok(match (connected, open, search) {
                    (None, false, _) | (Some(_), true, None) => Some(String::new()),
                    (Some(mut stream), true, Some(search)) => {
                        let enough = |text: &str| until::find(search, text).is_some();
                        let text = port::banner(&mut stream, *connect_timeout_ms, &enough);
                        until::find(search, &text)
                    }
                    _ => None,
                })
            }
            Until::Path { path, present, .. } => {
                let path = self.expand(path)?;
                Ok(path_holds(Path::new(&path), *present, search))
            }
            Until::Drained { port } => Ok(is_drained(*port).then(String::new)),
        }
    }
}

fn path_holds(path: &Path, present: bool, search: Option<&Regex>) -> Option<String> {
    let Some(search) = search.filter(|_| present) else {
        return (fs::metadata(path).is_ok() == present).then(String::new);
    };
    let file = open_regular(path, true).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, until::SEARCH_LIMIT), &mut bytes)
        .ok()?;
    until::find(search, &String::from_utf8_lossy(&bytes))
}

/// Whether no connection of the local port is in another state than listening, closed or time-wait.
fn is_drained(port: u16) -> bool {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    !tables.into_iter().flatten().any(|table| until::is_used(&table, port))
}
