//! The terminal of the person: colours, questions, the progress bar, and its modes.

pub(crate) mod ask;
pub(crate) mod mode;
mod screen;
pub(crate) mod visible;

pub(crate) use screen::{Look, Screen, Tint};
