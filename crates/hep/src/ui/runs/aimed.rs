//! Which hosts a selector means, as a page shows it before anything is run on them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use hep_core::rights::Verb;
use hep_engine::ops::aim::{self, Aim};
use hep_engine::ops::{Engine, OpError};

use super::super::form::Form;
use super::super::speech::Said;
use super::super::visit::Visit;
use crate::render::fold::fold;
use crate::terminal::visible;
use crate::ui::ask;

/// Names of hosts that are shown one by one.
const NAMES: usize = 100;

/// The hosts of a selection, in words.
pub(super) struct Preview {
    pub(super) many: usize,
    /// Some names, or all in ranges.
    pub(super) names: String,
    pub(super) skipped: String,
    pub(super) refused: String,
    pub(super) unseen: usize,
    pub(super) wrong: Option<Said>,
}

/// The right that what is chosen needs on each host.
pub(super) fn right(form: &Form) -> Verb {
    ask::kind(&ask::chosen(form)).map_or(Verb::Run, |kind| kind.right)
}

/// The hosts that a form means.
pub(super) async fn at(engine: &Engine, visit: &Visit, form: &Form) -> Result<Aim, OpError> {
    aim::at(engine, &visit.actor, right(form), &form.word("selector")).await
}

/// What is shown of them while the form is filled in.
pub(super) async fn preview(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
) -> Result<Option<Preview>, OpError> {
    if !form.is_on("selector") {
        return Ok(None);
    }
    match at(engine, visit, form).await {
        Ok(aim) => Ok(Some(shown(&aim))),
        Err(OpError::Invalid { message, .. } | OpError::Denied(message)) => {
            let wrong = Some(visit.speech(&message));
            Ok(Some(Preview { wrong, ..shown(&Aim::default()) }))
        }
        Err(error) => Err(error),
    }
}

/// The same in words.
pub(super) fn shown(aim: &Aim) -> Preview {
    Preview {
        many: aim.hosts.len(),
        names: names(&aim.hosts),
        skipped: names(&aim.skipped),
        refused: names(&aim.refused),
        unseen: aim.unseen,
        wrong: None,
    }
}

/// Names one by one while they are few, else in ranges.
fn names(hosts: &[Arc<str>]) -> String {
    let text = match hosts.len() {
        0..=NAMES => hosts.join(", "),
        _ => fold(hosts.iter().map(|name| &**name)),
    };
    visible::text(&text).into_owned()
}

/// What tells one selection from another.
pub(super) fn fingerprint(aim: &Aim) -> String {
    let mut hasher = DefaultHasher::new();
    aim.hosts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
