//! Conditions to wait for, each try as a question.

use crate::change::Until;
use crate::message::{Message, play as say, remote};
use crate::observe::{Answer, Question};
use crate::python_regex::Regex;

/// Largest part of a file that is searched, in bytes.
const SEARCH_LIMIT: u64 = 16 << 20;

/// A condition with its expression read.
#[derive(Debug)]
pub struct Search<'a> {
    until: &'a Until,
    regex: Option<Regex>,
}

impl<'a> Search<'a> {
    /// Reads the condition; an error where it cannot be found out by this way.
    pub fn new(until: &'a Until) -> Result<Self, Message> {
        let text = match until {
            Until::Port { search: Some(_), open: true, .. } => return Err(say::plain_no_banner()),
            Until::Path { search, present: true, .. } => search.as_ref(),
            _ => None,
        };
        let compile = |text: &std::sync::Arc<str>| {
            Regex::with(text, false, true).map_err(|why| remote::bad_search(text, why))
        };
        Ok(Self { until, regex: text.map(compile).transpose()? })
    }

    /// What a try asks; nothing where only time passes.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        match self.until {
            Until::Elapsed => vec![],
            Until::Port { host, port, connect_timeout_ms, .. } => vec![Question::Port {
                host: host.clone(),
                port: *port,
                timeout_ms: *connect_timeout_ms,
            }],
            Until::Path { path, .. } if self.regex.is_some() => {
                vec![Question::Read { path: path.clone(), limit: SEARCH_LIMIT }]
            }
            Until::Path { path, .. } => {
                vec![Question::Stat { path: path.clone(), follow: true, digest: false }]
            }
            Until::Drained { .. } => ["/proc/net/tcp", "/proc/net/tcp6"]
                .map(|path| Question::Read { path: path.into(), limit: SEARCH_LIMIT })
                .to_vec(),
        }
    }

    /// What was found, if the condition holds; empty where there is nothing to find.
    pub fn holds(&self, answers: &[Answer]) -> Result<Option<String>, Message> {
        let text = |answer: &Answer| match answer {
            Answer::Content(Some(bytes)) => bytes.lossy().into_owned(),
            _ => String::new(),
        };
        match self.until {
            Until::Elapsed => Ok(None),
            Until::Port { open, .. } => match answers.first() {
                Some(Answer::Port(is)) => Ok((is == open).then(String::new)),
                Some(Answer::Failed(message)) => Err(message.clone()),
                _ => Ok(None),
            },
            Until::Path { present, .. } => match (&self.regex, answers.first()) {
                (Some(regex), Some(answer)) => {
                    let text = text(answer);
                    let found = regex.captures(&text).ok().flatten();
                    Ok(found.and_then(|found| found.get(0).map(str::to_owned)))
                }
                (None, Some(Answer::Stat(stat))) => {
                    Ok((stat.is_some() == *present).then(String::new))
                }
                (None, _) => Ok((!present).then(String::new)),
                (Some(_), None) => Ok(None),
            },
            Until::Drained { port } => {
                let drained = !answers.iter().any(|table| is_used(&text(table), *port));
                Ok(drained.then(String::new))
            }
        }
    }
}

/// Whether a connection of the local port is in another state than listening, closed or time-wait.
/// Source of the numbers: Linux, `include/net/tcp_states.h`.
fn is_used(table: &str, port: u16) -> bool {
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

    #[test]
    fn a_file_is_searched_by_line() {
        let until = Until::Path { path: "/x".into(), present: true, search: Some("^b.*".into()) };
        let search = Search::new(&until).unwrap();
        let answers = [Answer::Content(Some("a\nbc\n".into()))];
        assert_eq!(search.holds(&answers), Ok(Some("bc".into())));
        assert_eq!(search.holds(&[Answer::Content(None)]), Ok(None));
    }
}
