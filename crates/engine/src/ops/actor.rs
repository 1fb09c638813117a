//! Who asks, and what they may.

use hep_core::message::server as say;
use hep_core::rights::{self, Grant, Verb};

use super::error::{OpError, OpResult};
use crate::store::audit::{self, Line};
use crate::store::idempotency::{self, Once};
use crate::store::runs::Run;
use crate::store::{Sql, StoreError, hosts};

/// What kind of actor asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person who has signed in.
    User,
    /// A program with a token.
    Token,
    /// A schedule.
    Schedule,
    /// An action on a result.
    Action,
    /// Somebody who can open the database itself.
    CommandLine,
    /// The server itself, by a rule that somebody has set.
    Server,
    /// Somebody who has not signed in.
    Nobody,
}

impl ActorKind {
    /// Every kind.
    const ALL: [Self; 7] = [
        Self::User,
        Self::Token,
        Self::Schedule,
        Self::Action,
        Self::CommandLine,
        Self::Server,
        Self::Nobody,
    ];

    /// The word for it in the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::Schedule => "schedule",
            Self::Action => "action",
            Self::CommandLine => "command_line",
            Self::Server => "server",
            Self::Nobody => "nobody",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What kind.
    pub kind: ActorKind,
    /// Of a token the token's id, else the user's.
    pub id: Option<String>,
    /// The user's name; of a token `USER/TOKEN`.
    pub name: String,
    /// Where the request came from.
    pub address: String,
    /// The request, for the audit log and the server's own log.
    pub request_id: String,
    /// What they may.
    pub grants: Vec<Grant>,
    /// That this call must not make anything twice.
    pub once: Option<Once>,
}

impl Actor {
    /// Somebody who can open the database, and so may do everything.
    pub fn command_line(name: &str) -> Self {
        let everything = Grant {
            verbs: Verb::ALL.into_iter().collect(),
            selector: "all".into(),
            partition: None,
            limit: None,
        };
        Self {
            kind: ActorKind::CommandLine,
            id: None,
            name: name.to_owned(),
            address: String::new(),
            request_id: String::new(),
            grants: vec![everything],
            once: None,
        }
    }

    /// The server itself, by a rule that somebody has set.
    pub(crate) fn server(rule: &str) -> Self {
        Self { kind: ActorKind::Server, grants: Vec::new(), ..Self::command_line(rule) }
    }

    /// Who asked for a run, which does what they were allowed when they asked.
    pub(crate) fn of_run(run: &Run) -> Self {
        let kind = ActorKind::ALL.into_iter().find(|kind| kind.word() == run.actor_kind);
        let kind = kind.unwrap_or(ActorKind::Server);
        Self { kind, id: run.actor_id.clone(), ..Self::command_line(&run.actor) }
    }

    /// The name of the user who asks, by themselves or by a token.
    pub fn user_name(&self) -> Option<&str> {
        match self.kind {
            ActorKind::User => Some(&self.name),
            ActorKind::Token => self.name.split('/').next(),
            _ => None,
        }
    }

    /// Whether they may do something to what belongs to no host, or to every host.
    pub fn may(&self, verb: Verb) -> bool {
        rights::may_everywhere(&self.grants, verb)
    }

    /// Refuses unless they may; `what` is what they wanted to do it to.
    pub fn must(&self, verb: Verb, what: &str) -> OpResult<()> {
        if self.may(verb) { Ok(()) } else { Err(OpError::Denied(say::denied(verb.word(), what))) }
    }

    /// Writes what they did into the audit log, in the transaction that does it.
    pub(crate) async fn did(
        &self,
        into: &dyn Sql,
        verb: &str,
        object: Object<'_>,
        outcome: &str,
        detail: Option<serde_json::Value>,
    ) -> OpResult<()> {
        let line = Line {
            object_kind: object.kind,
            object_id: object.id,
            object_name: object.name,
            outcome,
            detail: detail.map(|detail| detail.to_string()),
            ..self.line(verb)
        };
        audit::write(into, &line).await?;
        Ok(())
    }

    /// Writes that they did the same to many things of one kind, which are named by id and name.
    pub(crate) async fn did_to_all<'o>(
        &self,
        into: &dyn Sql,
        verb: &str,
        kind: &'static str,
        objects: impl Iterator<Item = (&'o str, &'o str)>,
        detail: &serde_json::Value,
    ) -> OpResult<()> {
        let lines: Vec<Line<'_>> = objects
            .map(|(id, name)| Line {
                object_kind: kind,
                object_id: Some(id),
                object_name: name,
                outcome: "done",
                detail: Some(detail.to_string()),
                ..self.line(verb)
            })
            .collect();
        Ok(audit::write_all(into, &lines).await?)
    }

    /// A line of what they do.
    fn line<'l>(&'l self, verb: &'l str) -> Line<'l> {
        Line {
            actor_kind: self.kind.word(),
            actor_id: self.id.as_deref(),
            actor_name: &self.name,
            address: &self.address,
            request_id: &self.request_id,
            verb,
            ..Line::default()
        }
    }

    /// Writes that they made something, and remembers it for a call that comes again. Every operation that
    /// makes something says so by this, in its transaction.
    pub(crate) async fn made(&self, into: &dyn Sql, object: Object<'_>) -> OpResult<()> {
        self.made_as(into, object, object.name, None).await
    }

    /// The same of something that is found by another word than its name, and with what else is worth knowing.
    pub(crate) async fn made_as(
        &self,
        into: &dyn Sql,
        object: Object<'_>,
        word: &str,
        detail: Option<serde_json::Value>,
    ) -> OpResult<()> {
        if let Some(once) = &self.once {
            let done = idempotency::remember(into, &self.name, once, object.kind, word).await;
            done.map_err(|error| match error {
                StoreError::Duplicate(_) => OpError::Conflict(say::same_key_at_once(&once.key)),
                other => other.into(),
            })?;
        }
        self.did(into, &format!("{}.create", object.kind), object, "done", detail).await
    }
}

/// What something was done to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    /// `host`, `job`, …
    pub(crate) kind: &'static str,
    /// Its id, once it has one.
    pub(crate) id: Option<&'a str>,
    /// Its name.
    pub(crate) name: &'a str,
}

impl<'a> From<&'a hosts::Host> for Object<'a> {
    fn from(host: &'a hosts::Host) -> Self {
        Self { kind: "host", id: Some(&host.id), name: &host.said.name }
    }
}
