//! What operations say, in the reader's language: plain words, what to do, and the technical detail.

use hep_core::message::Message;
use hep_core::message::translation::{Tongue, translated, worded};

use super::language::Language;
use crate::terminal::visible;

/// A message, ready for a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// What it says.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// For those who are asked for help: the id, and the English text where that is not what was shown.
    pub(crate) detail: String,
}

impl Said {
    /// What it says and what to do about it, as sentences.
    pub(crate) fn whole(&self) -> String {
        let Some(hint) = &self.hint else { return self.text.clone() };
        let mut rest = hint.chars();
        let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{}. {first}{}", self.text, rest.as_str())
    }
}

/// A message in a language; in English where it is not translated.
pub(crate) fn said(language: Language, message: &Message) -> Said {
    let tongue = match language {
        Language::English => None,
        Language::Portuguese => Some(Tongue::Portuguese),
        Language::Spanish => Some(Tongue::Spanish),
    };
    let template = tongue.and_then(|tongue| translated(&message.id, tongue));
    let english = message.to_string();
    let text = template.zip(tongue).map_or_else(
        || english.clone(),
        |(template, tongue)| worded(message, tongue).render(template),
    );
    let detail = match template {
        Some(_) => format!("{}: {english}", message.id),
        None => message.id.clone().into_owned(),
    };
    // An argument may be a host's words.
    let shown = |text: &str| visible::text(text).into_owned();
    match text.split_once("\nhint: ") {
        Some((text, hint)) => {
            Said { text: shown(text), hint: Some(shown(hint)), detail: shown(&detail) }
        }
        None => Said { text: shown(&text), hint: None, detail: shown(&detail) },
    }
}

/// Why something is as it is: as a message in the reader's language where there is one, else as it was noted; nothing
/// where nothing was.
pub(crate) fn reason(language: Language, message: Option<&Message>, noted: &str) -> Option<Said> {
    match message {
        Some(message) => Some(said(language, message)),
        None if noted.is_empty() => None,
        None => {
            let shown = visible::text(noted).into_owned();
            let (text, hint) = match shown.split_once("\nhint: ") {
                Some((text, hint)) => (text.to_owned(), Some(hint.to_owned())),
                None => (shown, None),
            };
            Some(Said { text, hint, detail: String::new() })
        }
    }
}

#[cfg(test)]
mod tests {
    use hep_core::message::register;

    use super::*;

    #[test]
    fn a_message_is_said_in_three_languages() {
        let message = register::not_found("host", "we\u{1b}b1");
        let text = |language| said(language, &message).text;
        assert_eq!(text(Language::English), "There is no host `we^[b1`");
        assert!(text(Language::Portuguese).contains("`we^[b1`"));
        assert!(text(Language::Portuguese).contains("servidor"), "kinds are translated, too");
        assert_ne!(text(Language::Portuguese), text(Language::Spanish));
        let hinted = Said { text: "No way".into(), hint: Some("été".into()), ..Said::default() };
        assert_eq!(
            (hinted.whole(), said(Language::English, &message).whole()),
            ("No way. Été".into(), text(Language::English))
        );
        let said = said(Language::Spanish, &message);
        assert_eq!(said.detail, "register.not_found: There is no host `we^[b1`");
    }
}
