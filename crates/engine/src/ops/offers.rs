//! What somebody may do with a run: doors offer nothing else, and each operation checks for itself all the same.

use hep_core::rights::Verb;
use hep_core::run::{HostState, RunState};

use super::Engine;
use super::actor::Actor;
use super::error::OpResult;
use super::run::{asker, input, may_steer, must_on, must_run, names, whose};
use crate::server::subject::Subject;
use crate::store::runs::Run;

/// What somebody may do with a run as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is offered by itself")]
pub struct Offers {
    /// Stop it.
    pub cancel: bool,
    /// Repeat it on the hosts that failed, were unreachable or were not begun.
    pub retry: bool,
    /// Repeat it on those whose outcome is not known.
    pub retry_lost: bool,
    /// Run the same again.
    pub again: bool,
    /// Refuse what it has planned.
    pub reject: bool,
    /// Approve it.
    pub approve: bool,
    /// Whether they asked for it themselves, so that somebody else has to approve it.
    pub is_own: bool,
}

/// What somebody who sees a run may do with it.
pub async fn offers(engine: &Engine, actor: &Actor, run: &Run) -> OpResult<Offers> {
    let subject = input(run)?.subject;
    let may = match actor.may(subject.right()) && !subject.lets_in() {
        true => true,
        false => {
            let names = names(engine.db(), &run.id).await?;
            let may = must_run(engine, actor, &subject, &names).await.is_ok();
            let by_job = run.job.is_some() && !names.is_empty();
            may || by_job && must_on(engine, actor, Verb::RunJobs, &names).await.is_ok()
        }
    };
    let has = |states: &[HostState]| states.iter().any(|state| run.counts.contains_key(state));
    let is_over = run.state.is_over();
    let waits = run.state == RunState::Waiting && run.reason == "approval";
    let is_own = asker(engine, run).await? == whose(&actor.name);
    let may_decide = waits && may;
    // A terminal was somebody's who typed: nothing of that can be done again.
    let may = may && !matches!(subject, Subject::Terminal(_));
    Ok(Offers {
        cancel: !is_over && may_steer(engine, actor, run).await.is_ok(),
        retry: is_over
            && may
            && has(&[HostState::Failed, HostState::Unreachable, HostState::NotStarted]),
        retry_lost: is_over && may && has(&[HostState::Lost]),
        again: may,
        reject: may_decide,
        approve: may_decide && !is_own,
        is_own,
    })
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;
    use serde_json::json;

    use super::super::testing::on_both;
    use super::super::{host, run};
    use super::*;
    use crate::store::hosts::HostInput;

    #[tokio::test]
    async fn nothing_is_offered_that_would_be_refused() {
        on_both(|engine| async move {
            let root = Actor::command_line("root");
            host::create(&engine, &root, HostInput::named("web1")).await.unwrap();
            let said = json!({"selector": "web1", "subject": {"kind": "command", "line": "true"}});
            let said = serde_json::from_value(said).unwrap();
            let ran = run::create(&engine, &root, said).await.unwrap();
            let grant = |verb: Verb| Grant {
                verbs: [verb].into(),
                selector: "web1".into(),
                partition: None,
                limit: None,
            };
            let viewer = Actor { grants: vec![grant(Verb::View)], ..Actor::command_line("viewer") };
            let grants = vec![grant(Verb::View), grant(Verb::Run)];
            let operator = Actor { grants, ..Actor::command_line("operator") };
            let by = async |actor, run: &Run| offers(&engine, actor, run).await.unwrap();
            let own = Offers { cancel: true, again: true, is_own: true, ..Offers::default() };
            assert_eq!(by(&root, &ran).await, own);
            assert_eq!(by(&viewer, &ran).await, Offers::default());
            let others = Offers { is_own: false, ..own };
            assert_eq!(by(&operator, &ran).await, others);
            let over = run::cancel(&engine, &operator, &ran.id).await.unwrap();
            let again = Offers { again: true, retry: true, ..Offers::default() };
            assert_eq!(by(&operator, &over).await, again);
            run::retry(&engine, &operator, &over.id, &run::RetryInput::default()).await.unwrap();
            let plan = Run { state: RunState::Waiting, reason: "approval".into(), ..ran };
            let decides = Offers { approve: true, reject: true, ..others };
            assert_eq!(by(&operator, &plan).await, decides);
            let own = Offers { reject: true, ..own };
            assert_eq!(by(&root, &plan).await, own);
        })
        .await;
    }
}
