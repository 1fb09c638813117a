//! What the next page says first: what has happened, or is happening, since a form was sent.

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::cookie;
use super::speech::Said;

/// The cookie that carries it from the form's answer to the next page.
pub(super) const COOKIE: &str = "hep_flash";
/// Browsers keep no larger cookie.
const LONGEST: usize = 2000;
/// How long it waits to be shown, in seconds.
const KEPT_S: u32 = 60;

/// What kind of news it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    /// It is done.
    Success,
    /// It is happening.
    Info,
    /// It was not done.
    Danger,
}

impl Tone {
    /// The class of it.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Success => "pf-m-success",
            Self::Info => "pf-m-info",
            Self::Danger => "pf-m-danger",
        }
    }
}

/// A piece of news.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// Its kind.
    pub(crate) tone: Tone,
    /// What happened, in the reader's words.
    pub(crate) text: String,
    /// Technical detail.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) detail: String,
    /// The page of the run that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
}

impl Flash {
    /// That something is done.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self { tone: Tone::Success, text: text.into(), detail: String::new(), run: None }
    }

    /// That something was begun, as the run of this id.
    pub(crate) fn begun(text: impl Into<String>, run: &str) -> Self {
        let run = Some(format!("/ui/runs/{run}"));
        Self { tone: Tone::Info, run, ..Self::done(text) }
    }

    /// That something was not done, and why.
    pub(crate) fn failed(said: Said) -> Self {
        let text = said.whole();
        Self { tone: Tone::Danger, detail: said.detail, ..Self::done(text) }
    }

    /// Gives it to the next page.
    pub(super) fn set(mut self, response: &mut Response, encrypted: bool) {
        cut(&mut self.text, LONGEST / 2);
        cut(&mut self.detail, LONGEST / 2);
        let json = serde_json::to_vec(&self).unwrap_or_default();
        cookie::set(response, COOKIE, &BASE64.encode(json), KEPT_S, encrypted);
    }

    /// What a cookie carried. It is shown as text, whoever has made it.
    pub(super) fn read(value: &str) -> Option<Self> {
        let flash: Self = serde_json::from_slice(&BASE64.decode(value).ok()?).ok()?;
        let is_ours = flash.run.as_ref().is_none_or(|run| run.starts_with("/ui/runs/"));
        is_ours.then_some(flash)
    }
}

/// Shortens a text to so many bytes at most, between two characters.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_as_they_were_set_and_lead_nowhere_else() {
        let mut response = Response::default();
        Flash::begun("é".repeat(3000), "r1").set(&mut response, true);
        let header = response.headers()["set-cookie"].to_str().unwrap();
        assert!(header.len() < 4000 && header.contains("; Secure"), "{header}");
        let value = header.split(['=', ';']).nth(1).unwrap();
        let flash = Flash::read(value).unwrap();
        assert_eq!(flash.run.as_deref(), Some("/ui/runs/r1"));
        assert!(flash.text.ends_with("é…"));
        let away = BASE64.encode(r#"{"tone":"info","text":"x","run":"https://example.com"}"#);
        assert!(Flash::read(&away).is_none());
        assert!(Flash::read("nonsense").is_none());
    }
}
