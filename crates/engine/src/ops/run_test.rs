//! Who may let a run go on.

use hep_core::message::Message;
use serde_json::json;

use super::super::patch::Edit;
use super::super::testing::on_both;
use super::super::{host, user};
use super::*;
use crate::store::hosts::HostInput;
use crate::store::leases;
use crate::store::runs::{Hold, Step};

/// Somebody who may do everything, signed in or by a token.
fn administrator(kind: ActorKind, id: &str, name: &str) -> Actor {
    Actor { kind, id: Some(id.to_owned()), ..Actor::command_line(name) }
}

#[tokio::test]
async fn four_eyes_are_of_two_people_whatever_they_are_called() {
    on_both(|engine| async move {
        let root = Actor::command_line("root");
        host::create(&engine, &root, HostInput::named("web1")).await.unwrap();
        let said = |name: &str| serde_json::from_value(json!({ "name": name })).unwrap();
        let ana = user::create(&engine, &root, said("ana")).await.unwrap();
        let ben = user::create(&engine, &root, said("ben")).await.unwrap();
        let [first, other] =
            [&ana, &ben].map(|user| administrator(ActorKind::User, &user.id, &user.said.name));
        let wanted = json!({ "selector": "web1", "subject": { "kind": "command", "line": "true" },
            "strategy": { "approval": true } });
        let run = create(&engine, &first, serde_json::from_value(wanted).unwrap()).await.unwrap();
        let taken = leases::claim(engine.db(), "node", &[]).await.unwrap().unwrap();
        let hold = Hold { id: taken.id, node: "node".into(), fence: taken.fence };
        assert!(runs::step(engine.db(), &hold, &Step::Approval).await.unwrap());
        let told = |done: OpResult<Run>| match done {
            Err(OpError::Denied(Message { id, .. })) => Err(id.into_owned()),
            Ok(run) => Ok(run.approved_by),
            Err(other) => panic!("{other:?}"),
        };
        let two_people = Err(say::own_approval().id.into_owned());
        assert_eq!(told(approve(&engine, &first, &run.id).await), two_people);
        let program = administrator(ActorKind::Token, "t", "ana/laptop");
        assert_eq!(told(approve(&engine, &program, &run.id).await), two_people);
        let renamed = json!({ "name": "eva" });
        user::change(&engine, &root, "ana", None, Edit::Part(&renamed)).await.unwrap();
        let renamed = administrator(ActorKind::User, &ana.id, "eva");
        assert_eq!(told(approve(&engine, &renamed, &run.id).await), two_people);
        assert_eq!(told(approve(&engine, &other, &run.id).await), Ok(Some("ben".into())));
    })
    .await;
}
