//! Conditions to wait for, each try as a question.

use crate::change::Until;
use crate::message::{Message, play as say};
use crate::observe::{Answer, Question};
use crate::python_regex::Regex;
use crate::until::{self, SEARCH_LIMIT};

/// A condition with its expression read.
#[derive(Debug)]
pub struct Search<'a> {
    until: &'a Until,
    regex: Option<Regex>,
}

impl<'a> Search<'a> {
    /// Reads the condition; an error where it cannot be found out by this way.
    pub fn new(until: &'a Until) -> Result<Self, Message> {
        let regex = match until {
            Until::Port { search: Some(_), open: true, .. } => return Err(say::plain_no_banner()),
            Until::Path { present: true, .. } => until::search(until)?,
            _ => None,
        };
        Ok(Self { until, regex })
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
                (Some(regex), Some(answer)) => Ok(until::find(regex, &text(answer))),
                (None, Some(Answer::Stat(stat))) => {
                    Ok((stat.is_some() == *present).then(String::new))
                }
                (None, _) => Ok((!present).then(String::new)),
                (Some(_), None) => Ok(None),
            },
            Until::Drained { port } => {
                let drained = !answers.iter().any(|table| until::is_used(&text(table), *port));
                Ok(drained.then(String::new))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_searched_by_line() {
        let until = Until::Path { path: "/x".into(), present: true, search: Some("^b.*".into()) };
        let search = Search::new(&until).unwrap();
        let answers = [Answer::Content(Some("a\nbc\n".into()))];
        assert_eq!(search.holds(&answers), Ok(Some("bc".into())));
        assert_eq!(search.holds(&[Answer::Content(None)]), Ok(None));
    }
}
