//! What a page has done on hosts: a run of a host verb, begun at once, and news of it that follow it to its end.

use axum::response::Response;
use hep_core::verb;
use hep_engine::ops::Engine;
use hep_engine::ops::run::{self, RunInput};
use hep_engine::ops::run_secrets::SecretsInput;
use hep_engine::server::subject::{Strategy, Subject, VerbSubject};
use serde_json::Value;

use super::fault::Fault;
use super::flash::Flash;
use super::reply;
use super::visit::Visit;

/// Something that is done on hosts.
pub(super) struct Act<'a> {
    /// The hosts.
    pub(super) selector: &'a str,
    /// The host verb.
    pub(super) verb: &'a str,
    /// Its parameters.
    pub(super) parameters: Value,
    /// What is done, in the reader's words: it is the run's description, and the news.
    pub(super) text: String,
}

/// Begins it, and goes to a page that tells of it. What is wrong with it is said there, too.
pub(super) async fn begin(
    engine: &Engine,
    visit: &Visit,
    act: Act<'_>,
    to: &str,
) -> Result<Response, Fault> {
    let changes = verb::kind(act.verb).is_ok_and(|kind| kind.changes);
    let subject = Subject::Verb(VerbSubject {
        verb: act.verb.to_owned(),
        parameters: act.parameters,
        // Whoever presses a button need not know of sudo. Where root logs in it is not used.
        sudo_user: changes.then(|| "root".to_owned()),
        ..VerbSubject::default()
    });
    let said = RunInput {
        subject,
        selector: act.selector.to_owned(),
        strategy: Strategy::default(),
        description: act.text.clone(),
        secrets: SecretsInput::default(),
    };
    go_on(visit, run::create(engine, &visit.actor, said).await.map(|run| run.id), act.text, to)
}

/// To a page that tells of a run that was begun, or why it was not.
pub(super) fn go_on(
    visit: &Visit,
    begun: Result<String, hep_engine::ops::OpError>,
    text: String,
    to: &str,
) -> Result<Response, Fault> {
    match begun {
        Ok(run) => Ok(reply::go_and_say(visit, to, Flash::begun(text, &run))),
        Err(error) => not_done(visit, Fault::from(error), to),
    }
}

/// To a page that says why something was not done, where that is no fault of a page of its own.
pub(super) fn not_done(visit: &Visit, fault: Fault, to: &str) -> Result<Response, Fault> {
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    Ok(fault.carried(reply::go_and_say(visit, to, Flash::failed(visit.speech(&fault.message)))))
}
