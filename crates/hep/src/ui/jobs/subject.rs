//! What a job runs, as its page shows it.

use hep_engine::server::subject::Subject;

use crate::ui::ask::{self, Choices};
use crate::ui::form::Form;
use crate::ui::kept::shown::{self, Fact};
use crate::ui::words::Words;

/// The kind of a subject, for people.
pub(super) fn title(t: Words, subject: &Subject) -> &'static str {
    let word = match subject {
        Subject::Verb(verb) => verb.verb.as_str(),
        other => other.kind(),
    };
    ask::kind(word).map_or_else(|| t.jobs_other(), |kind| kind.title(t))
}

/// What is shown of it.
pub(super) fn facts(t: Words, subject: &Subject) -> Vec<Fact> {
    let mut facts = vec![Fact::new(t.jobs_what(), shown::text(title(t, subject)))];
    if let Subject::Manifest(manifest) = subject {
        let one = shown::links("manifests", &manifest.manifest);
        let other = shown::links("repositories", &manifest.repository);
        facts.push(Fact::new(t.jobs_from(), one.into_iter().chain(other).collect()));
    }
    let form = Form::of(ask::filled(subject));
    if let Some(user) = ask::becomes(&form) {
        facts.push(Fact::new(t.jobs_as(), shown::code(&user)));
    }
    facts.extend(ask::facts(t, &form, &Choices::all()));
    facts
}
