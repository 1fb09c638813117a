//! How somebody likes the pages: language and look, kept by their browser.

use axum::response::Response;

use super::form::Form;
use super::language::Language;
use super::pages::Pages;
use super::visit::Guest;
use super::{cookie, reply};

/// The cookie with the language.
pub(super) const LANGUAGE_COOKIE: &str = "hep_language";
/// The cookie with the look.
pub(super) const THEME_COOKIE: &str = "hep_theme";
/// How long a browser keeps them: a year.
const KEPT_S: u32 = 31_536_000;

/// The look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system is set.
    #[default]
    Auto,
    /// Dark letters on light ground.
    Light,
    /// Light letters on dark ground.
    Dark,
}

impl Theme {
    /// The word for it in the cookie.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The class of the page.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Auto => "",
            Self::Light => "pf-v6-theme-light",
            Self::Dark => "pf-v6-theme-dark",
        }
    }

    /// The look of a word.
    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.word() == word)
    }
}

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().post("/preferences", change)
}

async fn change(Guest(visit): Guest, form: Form) -> Response {
    let mut response = reply::go(reply::ours(&form.word("next")));
    let mut keep =
        |name, value| cookie::set(&mut response, name, value, KEPT_S, visit.is_encrypted);
    if let Some(language) = Language::of(&form.word("language")) {
        keep(LANGUAGE_COOKIE, language.tag());
    }
    if let Some(theme) = Theme::of(&form.word("theme")) {
        keep(THEME_COOKIE, theme.word());
    }
    response
}
