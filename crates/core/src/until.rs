//! Conditions of a `Wait`: what the executor and the plain way read of them in the same manner.

use std::sync::Arc;

use crate::change::Until;
use crate::message::{Message, remote};
use crate::python_regex::Regex;

/// Largest part of a file that is searched, in bytes.
pub const SEARCH_LIMIT: u64 = 16 << 20;

/// The expression that is searched for, if any. Fails where it is none.
pub fn search(until: &Until) -> Result<Option<Regex>, Message> {
    let (Until::Port { search, .. } | Until::Path { search, .. }) = until else { return Ok(None) };
    let compile = |text: &Arc<str>| {
        Regex::with(text, false, true).map_err(|why| remote::bad_search(text, why))
    };
    search.as_ref().map(compile).transpose()
}

/// What the expression matches; one that runs away matches nothing.
#[must_use]
pub fn find(search: &Regex, text: &str) -> Option<String> {
    search.captures(text).ok().flatten()?.get(0).map(str::to_owned)
}

/// Whether a connection of the local port is in another state than listening, closed or time-wait, by a
/// table as `/proc/net/tcp`. Source of the numbers: Linux, `include/net/tcp_states.h`.
#[must_use]
pub fn is_used(table: &str, port: u16) -> bool {
    table.lines().skip(1).any(|line| {
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        let local = words.get(1).and_then(|address| address.rsplit(':').next());
        let local = local.and_then(|hex| u16::from_str_radix(hex, 16).ok());
        local == Some(port) && !matches!(words.get(3), Some(&("0A" | "07" | "06")))
    })
}

/// The condition in words, for the message that it did not come true.
#[must_use]
pub fn what(until: &Until) -> String {
    match until {
        Until::Elapsed => String::new(),
        Until::Port { host, port, open, .. } => {
            format!("port {port} of {host} ({})", if *open { "started" } else { "stopped" })
        }
        Until::Path { path, present, .. } => {
            format!("{path} ({})", if *present { "present" } else { "absent" })
        }
        Until::Drained { port } => format!("port {port} (drained)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_drained_when_only_listeners_are_left() {
        let table = "sl\n 0: 0100007F:1F90 00000000:0000 0A 0\n";
        assert!(!is_used(table, 8080));
        assert!(is_used(&table.replace("0A", "01"), 8080));
    }
}
