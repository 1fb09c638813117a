//! Reads the fields of a form as what they are to be, and gathers all that is wrong with them: who fills a form in
//! is told of everything at once, each at its field.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::str::FromStr;

use hep_core::message::{Message, api as say, register};
use hep_core::rollout::Size;
use hep_core::{size, span};
use hep_engine::ops::{OpError, OpResult};
use serde_json::{Map, Value};

use super::field::{Field, blame};
use super::variables;
use crate::ui::fault::Fault;
use crate::ui::form::Form;
use crate::ui::speech::Said;
use crate::ui::visit::Visit;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrong {
    /// The field.
    pub(crate) field: &'static str,
    /// What.
    pub(crate) message: Message,
}

/// A form that is read.
pub(crate) struct Reader<'f> {
    form: &'f Form,
    wrong: RefCell<Vec<Wrong>>,
}

impl<'f> Reader<'f> {
    /// Nothing was read of it yet.
    pub(crate) const fn of(form: &'f Form) -> Self {
        Self { form, wrong: RefCell::new(Vec::new()) }
    }

    /// The form.
    pub(crate) const fn form(&self) -> &'f Form {
        self.form
    }

    /// Says what is wrong with a field.
    pub(crate) fn refuse(&self, field: &'static str, message: Message) {
        self.wrong.borrow_mut().push(Wrong { field, message });
    }

    /// What was read by an operation's own reader of this field.
    pub(crate) fn taken<T: Default>(&self, field: &'static str, read: OpResult<T>) -> T {
        read.unwrap_or_else(|error| {
            self.refuse(field, Fault::from(error).message);
            T::default()
        })
    }

    /// What was read, or all that is wrong.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Vec<Wrong>> {
        let wrong = self.wrong.into_inner();
        if wrong.is_empty() { Ok(value) } else { Err(wrong) }
    }

    /// A word.
    pub(crate) fn word(&self, field: &str) -> String {
        self.form.word(field)
    }

    /// A text as it was typed.
    pub(crate) fn text(&self, field: &str) -> String {
        self.form.text(field)
    }

    /// A word, where one was typed.
    pub(crate) fn optional(&self, field: &str) -> Option<String> {
        self.form.optional(field)
    }

    /// Whether a box is ticked.
    pub(crate) fn is_on(&self, field: &str) -> bool {
        self.form.is_on(field)
    }

    /// A word that must be there.
    pub(crate) fn required(&self, field: &'static str) -> String {
        let word = self.form.word(field);
        if word.is_empty() {
            self.refuse(field, say::missing_field());
        }
        word
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, field: &'static str) -> String {
        let text = self.form.text(field);
        if text.trim().is_empty() {
            self.refuse(field, say::missing_field());
        }
        text
    }

    /// A word as what this makes of it.
    pub(crate) fn parsed<T>(
        &self,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, Message>,
    ) -> Option<T> {
        let word = self.form.optional(field)?;
        read(&word).map_err(|message| self.refuse(field, message)).ok()
    }

    /// A number.
    pub(crate) fn number<T: FromStr>(&self, field: &'static str) -> Option<T> {
        self.parsed(field, |word| word.parse().map_err(|_| say::bad_number(word)))
    }

    /// A length of time, in seconds.
    pub(crate) fn seconds(&self, field: &'static str) -> Option<u32> {
        self.parsed(field, span::seconds)
    }

    /// A size with its unit, in bytes.
    pub(crate) fn bytes(&self, field: &'static str) -> Option<i64> {
        let read =
            |word: &str| i64::try_from(size::bytes(word)?).map_err(|_| register::bad_size(word));
        self.parsed(field, read)
    }

    /// A number of hosts, or a share of them.
    pub(crate) fn size(&self, field: &'static str) -> Option<Size> {
        self.parsed(field, |word| Size::parse(word).ok_or_else(|| say::bad_share(word)))
    }

    /// An IPv4 address.
    pub(crate) fn ip(&self, field: &'static str) -> Option<Ipv4Addr> {
        self.parsed(field, |word| word.parse().map_err(|_| say::bad_ip(word, "192.0.2.7")))
    }

    /// Several numbers or shares of hosts.
    pub(crate) fn sizes(&self, field: &'static str) -> Vec<Size> {
        let words = self.words(field);
        let read = |word: &String| Size::parse(word).ok_or_else(|| say::bad_share(word));
        let read: Result<Vec<Size>, Message> = words.iter().map(read).collect();
        read.unwrap_or_else(|message| {
            self.refuse(field, message);
            Vec::new()
        })
    }

    /// Words with commas or white space between them. The place of a parameter, `{{ name }}`, is one word.
    pub(crate) fn words(&self, field: &str) -> Vec<String> {
        split(&self.form.text(field))
    }

    /// Numbers in the same way.
    pub(crate) fn numbers<T: FromStr>(&self, field: &'static str) -> Vec<T> {
        let words = self.words(field);
        let read = |word: &String| word.parse().map_err(|_| say::bad_number(word));
        let read: Result<Vec<T>, Message> = words.iter().map(read).collect();
        read.unwrap_or_else(|message| {
            self.refuse(field, message);
            Vec::new()
        })
    }

    /// What stands on each line.
    pub(crate) fn lines(&self, field: &str) -> Vec<String> {
        let text = self.form.text(field);
        text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// `NAME=VALUE`, one a line.
    pub(crate) fn pairs(&self, field: &'static str) -> BTreeMap<String, String> {
        let lines = self.lines(field);
        let pair = |line: &String| match line.split_once('=') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
            None => Err(say::bad_pair(line)),
        };
        let read: Result<BTreeMap<_, _>, Message> = lines.iter().map(pair).collect();
        read.unwrap_or_else(|message| {
            self.refuse(field, message);
            BTreeMap::new()
        })
    }

    /// Variables, as YAML.
    pub(crate) fn variables(&self, field: &'static str) -> Map<String, Value> {
        self.taken(field, variables::read(&self.form.text(field), field))
    }
}

/// The first that is wrong, as the operations say it.
impl From<Wrong> for OpError {
    fn from(wrong: Wrong) -> Self {
        Self::invalid(wrong.field, wrong.message)
    }
}

/// Puts all that is wrong to the fields that are at fault; gives back what is said over the form: what no field has, or
/// how many are wrong, where it is more than one.
pub(crate) fn blame_all(visit: &Visit, fields: &mut [Field], wrong: Vec<Wrong>) -> Option<Said> {
    let many = wrong.len();
    let put = |wrong: Wrong| blame(fields, Some(wrong.field), visit.speech(&wrong.message));
    let over = wrong.into_iter().filter_map(put).collect::<Vec<_>>().into_iter().next();
    let count = || Said { text: visit.t.kept_wrong(many), ..Said::default() };
    over.or_else(|| (many > 1).then(count))
}

/// Of all that is wrong the first, for whoever tells of one.
pub(crate) fn first<T>(read: Result<T, Vec<Wrong>>) -> OpResult<T> {
    read.map_err(|wrong| match wrong.into_iter().next() {
        Some(wrong) => wrong.into(),
        None => OpError::Internal("a form that is wrong says nothing of it".to_owned()),
    })
}

/// Words with commas or white space between them, except within the place of a parameter.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut rest) = (Vec::new(), String::new(), text);
    while let Some(sign) = rest.chars().next() {
        let place = rest.starts_with("{{").then(|| rest.find("}}")).flatten();
        let taken = place.map_or_else(|| sign.len_utf8(), |end| end + 2);
        let (piece, after) = rest.split_at(taken);
        rest = after;
        if place.is_none() && (sign == ',' || sign.is_whitespace()) {
            words.push(std::mem::take(&mut word));
        } else {
            word.push_str(piece);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// `NAME=VALUE`, one a line.
pub(crate) fn pairs_written(pairs: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.join("\n")
}

/// Sizes as they are written.
pub(crate) fn size_written(size: Size) -> String {
    match size {
        Size::Count(count) => count.to_string(),
        Size::Percent(percent) => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_places_of_parameters() {
        let cases: [(&str, &[&str]); 6] = [
            ("a, b\r\nc", &["a", "b", "c"]),
            ("{{ names }}", &["{{ names }}"]),
            ("a={{ x }},b", &["a={{ x }}", "b"]),
            ("{{ open a", &["{{", "open", "a"]),
            (" , ", &[]),
            ("é ü", &["é", "ü"]),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_each_at_its_field() {
        let form = Form::of([
            ("port", "many"),
            ("pause", "30"),
            ("canary", "0"),
            ("batches", "5 20% x"),
            ("env", "A=1\nB"),
            ("vars", "- a"),
            ("pids", "1 x"),
            ("ok", "90s"),
        ]);
        let reader = Reader::of(&form);
        assert_eq!(reader.seconds("ok"), Some(90));
        assert_eq!(reader.number::<u16>("nothing"), None);
        reader.number::<u16>("port");
        reader.seconds("pause");
        reader.size("canary");
        reader.sizes("batches");
        reader.pairs("env");
        reader.variables("vars");
        reader.numbers::<u32>("pids");
        reader.required("empty");
        let wrong = reader.finish(()).unwrap_err();
        let told: Vec<(&str, &str)> =
            wrong.iter().map(|wrong| (wrong.field, wrong.message.id.as_ref())).collect();
        let expected = [
            ("port", "api.bad_number"),
            ("pause", "api.bad_span"),
            ("canary", "api.bad_share"),
            ("batches", "api.bad_share"),
            ("env", "api.bad_pair"),
            ("vars", "api.no_variables"),
            ("pids", "api.bad_number"),
            ("empty", "api.missing_field"),
        ];
        assert_eq!(told, expected);
    }
}
