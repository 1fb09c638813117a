//! Asking whether something is meant that harms who did not mean it: one page for all that is taken away, stopped or
//! switched off. It names the thing and where it is, says what will happen, and has the button that does it and the
//! way back. The form of its button brings back what was asked for, and a yes.

use askama::Template;

use super::form::Form;
use super::frame::Frame;
use super::kept::field::{Field, Input};
use super::kept::shown::{Fact, Piece};
use super::speech::Said;
use super::words::Words;

/// The field that is the yes.
pub(super) const SURE: &str = "sure";

/// The question.
#[derive(Template)]
#[template(path = "sure.html")]
pub(super) struct Sure {
    /// What stands around it; its title is the question.
    pub(super) frame: Frame,
    /// Words.
    pub(super) t: Words,
    /// What it is about, where the title does not name it.
    pub(super) about: String,
    /// What will happen.
    pub(super) sentences: Vec<String>,
    /// What is known of it.
    pub(super) facts: Vec<Fact>,
    /// Why it was not done at the last try.
    pub(super) wrong: Option<Said>,
    /// What is asked for besides.
    pub(super) fields: Vec<Field>,
    /// What is sent along.
    pub(super) carried: Vec<(String, String)>,
    /// Where the yes is sent.
    pub(super) action: String,
    /// What its button says.
    pub(super) button: String,
    /// Whether something is lost by it.
    pub(super) is_danger: bool,
    /// Where one goes who does not mean it.
    pub(super) back: String,
}

impl Sure {
    /// A question by the title of its frame, with the sentences that say what will happen.
    pub(super) fn new(frame: Frame, t: Words, sentences: Vec<String>) -> Self {
        Self {
            frame,
            t,
            about: String::new(),
            sentences,
            facts: Vec::new(),
            wrong: None,
            fields: Vec::new(),
            carried: Vec::new(),
            action: String::new(),
            button: String::new(),
            is_danger: true,
            back: String::new(),
        }
    }

    /// The yes: where it is sent and what its button says; and where one goes back to.
    pub(super) fn by(mut self, button: impl Into<String>, action: String, back: String) -> Self {
        (self.button, self.action, self.back) = (button.into(), action, back);
        self
    }

    /// With the form that was sent without a yes.
    pub(super) fn carrying(mut self, form: &Form) -> Self {
        self.carried = form.carried().into_iter().filter(|(name, _)| name != SURE).collect();
        self
    }
}
