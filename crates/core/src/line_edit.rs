//! What module `lineinfile` does to a file's content. Source: Ansible, `modules/lineinfile.py`, `present`
//! and `absent`, line by line, for the same result in every odd case.

use crate::message::file as say;
use crate::observe::Stop;
use crate::python_regex::{Regex, expanded};

/// An edit of a file's lines.
#[derive(Debug)]
pub(crate) enum Edit<'a> {
    /// The line shall be there.
    Put {
        /// What finds the line to replace.
        search: Search<'a>,
        /// The line.
        line: &'a str,
        /// Where it goes when none is replaced.
        place: Place,
        /// Whether groups of the expression are filled into the line.
        backrefs: bool,
        /// Whether the first match counts rather than the last.
        first: bool,
    },
    /// No such line shall be there.
    Remove {
        /// What finds the lines.
        search: Search<'a>,
        /// The line, where nothing else finds it.
        line: &'a str,
    },
}

/// What finds a line.
#[derive(Debug)]
pub(crate) enum Search<'a> {
    /// This expression.
    Regex(Regex),
    /// This text within it.
    Text(&'a str),
    /// The line itself.
    Line,
}

/// Where a new line goes.
#[derive(Debug)]
pub(crate) enum Place {
    Begin,
    End,
    After(Regex),
    Before(Regex),
}

/// What came of an edit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Edited {
    /// The new content.
    pub content: Vec<u8>,
    /// Whether it differs.
    pub changed: bool,
    /// What Ansible says of it.
    pub message: String,
    /// How many lines were removed.
    pub found: usize,
}

impl Edit<'_> {
    /// Edits a content. What is no UTF-8 is taken byte by byte, as Python's expressions for bytes do.
    pub(crate) fn apply(&self, old: &[u8]) -> Result<Edited, Stop> {
        match std::str::from_utf8(old) {
            Ok(text) => self.apply_text(text, str::to_owned, |text| text.as_bytes().to_vec()),
            Err(_) => self.apply_text(&widened(old), |text| widened(text.as_bytes()), narrowed),
        }
    }

    fn apply_text(
        &self,
        old: &str,
        decoded: impl Fn(&str) -> String,
        encoded: impl Fn(&str) -> Vec<u8>,
    ) -> Result<Edited, Stop> {
        let mut lines: Vec<String> = old.split_inclusive('\n').map(str::to_owned).collect();
        let mut edited = match self {
            Self::Remove { search, line } => removed(&mut lines, search, line, &decoded)?,
            Self::Put { search, line, place, backrefs, first } => {
                let put = Putting {
                    line: decoded(line),
                    search,
                    place,
                    first: *first,
                    decoded: &decoded,
                };
                put.apply(&mut lines, *backrefs)?
            }
        };
        edited.content = encoded(&lines.concat());
        Ok(edited)
    }
}

/// Every byte as the character of its number, and back.
fn widened(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn narrowed(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// The line without what ends it.
fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

fn matches(regex: &Regex, text: &str) -> Result<bool, Stop> {
    regex.is_match(text).map_err(|why| say::cannot_match(regex.as_str(), why).into())
}

fn removed(
    lines: &mut Vec<String>,
    search: &Search<'_>,
    line: &str,
    decoded: &impl Fn(&str) -> String,
) -> Result<Edited, Stop> {
    let (line, mut kept) = (decoded(line), Vec::with_capacity(lines.len()));
    for current in lines.iter() {
        let found = match search {
            Search::Regex(regex) => matches(regex, current)?,
            Search::Text(text) => current.contains(&decoded(text)),
            Search::Line => bare(current) == line,
        };
        if !found {
            kept.push(current.clone());
        }
    }
    let found = lines.len() - kept.len();
    *lines = kept;
    let message = if found > 0 { format!("{found} line(s) removed") } else { String::new() };
    Ok(Edited { changed: found > 0, message, found, content: Vec::new() })
}

/// The edit that puts a line.
struct Putting<'a, D> {
    line: String,
    search: &'a Search<'a>,
    place: &'a Place,
    first: bool,
    decoded: &'a D,
}

impl<D: Fn(&str) -> String> Putting<'_, D> {
    fn apply(&self, lines: &mut Vec<String>, backrefs: bool) -> Result<Edited, Stop> {
        if let Some(at) = self.found(lines)? {
            return self.replace(lines, at, backrefs);
        }
        let (exact, insert) = self.places(lines)?;
        if let Some(at) = exact {
            return self.replace(lines, at, false);
        }
        if backrefs {
            return Ok(Edited::default());
        }
        if self.is_in_place(lines, insert) {
            return Ok(Edited::default());
        }
        self.insert(lines, insert);
        Ok(Edited { changed: true, message: "line added".to_owned(), ..Edited::default() })
    }

    /// The line that the expression or text finds.
    fn found(&self, lines: &[String]) -> Result<Option<usize>, Stop> {
        let mut found = None;
        for (at, current) in lines.iter().enumerate() {
            let is = match self.search {
                Search::Regex(regex) => matches(regex, current)?,
                Search::Text(text) => current.contains(&(self.decoded)(text)),
                Search::Line => false,
            };
            if is {
                found = Some(at);
                if self.first {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Where the line itself stands, and where it would be inserted.
    fn places(&self, lines: &[String]) -> Result<(Option<usize>, Option<usize>), Stop> {
        let (mut exact, mut insert) = (None, None);
        for (at, current) in lines.iter().enumerate() {
            if bare(current) == self.line {
                exact = Some(at);
                continue;
            }
            insert = match self.place {
                Place::After(regex) if matches(regex, current)? => Some(at + 1),
                Place::Before(regex) if matches(regex, current)? => Some(at),
                _ => continue,
            };
            if self.first {
                break;
            }
        }
        Ok((exact, insert))
    }

    fn replace(&self, lines: &mut [String], at: usize, backrefs: bool) -> Result<Edited, Stop> {
        let mut new = match self.search {
            Search::Regex(regex) if backrefs => self.filled(regex, &lines[at])?,
            _ => self.line.clone(),
        };
        if !new.ends_with('\n') {
            new.push('\n');
        }
        if lines[at] == new {
            return Ok(Edited::default());
        }
        lines[at] = new;
        Ok(Edited { changed: true, message: "line replaced".to_owned(), ..Edited::default() })
    }

    /// The line with the groups of a match filled in.
    fn filled(&self, regex: &Regex, current: &str) -> Result<String, Stop> {
        let captures = regex.captures(current);
        let captures = captures.map_err(|why| say::cannot_match(regex.as_str(), why))?;
        match captures {
            Some(captures) => expanded(&self.line, &captures)
                .map_err(|why| say::bad_backrefs(&self.line, why).into()),
            None => Ok(self.line.clone()),
        }
    }

    /// Whether the line follows already where it would be put after a first match.
    fn is_in_place(&self, lines: &[String], at: Option<usize>) -> bool {
        let after = matches!(self.place, Place::After(_));
        at.filter(|_| after).is_some_and(|at| lines.get(at).is_some_and(|l| bare(l) == self.line))
    }

    fn insert(&self, lines: &mut Vec<String>, at: Option<usize>) {
        let new = format!("{}\n", self.line);
        match (self.place, at) {
            (Place::Begin, _) => lines.insert(0, new),
            (Place::After(_) | Place::Before(_), Some(at)) => {
                // Only the last line can lack its end, and only what is put after it needs it.
                if at == lines.len() {
                    end_last_line(lines);
                }
                lines.insert(at, new);
            }
            _ => {
                end_last_line(lines);
                lines.push(new);
            }
        }
    }
}

fn end_last_line(lines: &mut [String]) {
    if let Some(last) = lines.last_mut()
        && !last.ends_with(['\n', '\r'])
    {
        last.push('\n');
    }
}
