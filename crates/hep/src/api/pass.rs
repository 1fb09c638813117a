//! Who follows something that goes on. Whether they still may is asked again while it does, so that a stream ends within
//! seconds of its session, its token, its user or the right to it.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::sse::Event;
use futures::{Stream, StreamExt as _, stream};
use hep_core::rights::{Grant, Verb};
use hep_core::secret::Secret;
use hep_engine::ops::session::Origin;
use hep_engine::ops::watch::{Marks, deeds};
use hep_engine::ops::{Actor, Engine, OpError, OpResult, session, token};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::caller::{bearer, origin, session_cookie};

/// How often it is asked whether somebody still may, where anybody has done anything meanwhile.
const EVERY: Duration = Duration::from_secs(4);
/// After how many of those turns it is asked in any case: sessions and tokens end by themselves, too.
const TURNS: u32 = 15;

/// What comes of a stream.
type Sent = Result<Event, Infallible>;

/// By what somebody was let in.
#[derive(Clone)]
pub(crate) struct Pass {
    bearer: Option<Secret<String>>,
    cookie: Option<Secret<String>>,
    from: Origin,
}

impl Pass {
    /// The actor as they are now, if they are let in still.
    async fn actor(&self, engine: &Engine) -> OpResult<Actor> {
        match (&self.bearer, &self.cookie) {
            (Some(bearer), _) => {
                token::actor(engine, bearer, &self.from.address, &self.from.request_id).await
            }
            (None, Some(cookie)) => Ok(session::still(engine, cookie, &self.from).await?.0.actor),
            (None, None) => {
                let message = hep_core::message::server::not_signed_in();
                Err(OpError::NotSignedIn(message))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Pass {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self {
            bearer: bearer(&parts.headers),
            cookie: session_cookie(&parts.headers),
            from: origin(parts),
        })
    }
}

/// What is asked again: whether this is there for them.
type Look = Box<dyn Fn(Actor) -> Pin<Box<dyn Future<Output = OpResult<()>> + Send>> + Send + Sync>;

/// Lets a stream go on for as long as who follows it may.
pub(crate) struct Guard {
    engine: Engine,
    pass: Pass,
    grants: Vec<Grant>,
    look: Option<Look>,
    deeds: watch::Receiver<Marks>,
    /// What had been done when it was asked last; nothing before.
    seen: Option<u64>,
    /// How many turns ago that was.
    turns: u32,
    /// What is said last to whoever is not let in any more.
    farewell: Option<Event>,
}

impl Guard {
    /// For what this actor follows, by the pass by which they came. Other rights than when they came end it, too: who
    /// comes again gets what they may see then.
    pub(crate) fn new(engine: &Engine, pass: Pass, actor: &Actor) -> Self {
        let grants = actor.grants.clone();
        let deeds = deeds(engine);
        let engine = engine.clone();
        Self { engine, pass, grants, look: None, deeds, seen: None, turns: 0, farewell: None }
    }

    /// For what is there for some only: that is asked again of who may not see everything.
    pub(crate) fn of<F>(mut self, look: impl Fn(Engine, Actor) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = OpResult<()>> + Send + 'static,
    {
        let engine = self.engine.clone();
        self.look = Some(Box::new(move |actor| Box::pin(look(engine.clone(), actor))));
        self
    }

    /// With what is said last to whoever is not let in any more.
    pub(crate) fn with_farewell(mut self, event: Event) -> Self {
        self.farewell = Some(event);
        self
    }

    /// The stream, which ends when they may not follow it any more.
    pub(crate) fn over(
        self,
        events: impl Stream<Item = Sent> + Send + 'static,
    ) -> impl Stream<Item = Sent> + Send + 'static {
        let mut turns = interval_at(Instant::now() + EVERY, EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let events: Pin<Box<dyn Stream<Item = Sent> + Send>> = Box::pin(events);
        stream::unfold((self, turns, Some(events)), |(mut guard, mut turns, events)| async move {
            let mut events = events?;
            let (event, stays) = guard.next(&mut turns, &mut events).await?;
            Some((event, (guard, turns, stays.then_some(events))))
        })
    }

    /// The next event, and whether there may be another.
    async fn next(
        &mut self,
        turns: &mut Interval,
        events: &mut (impl Stream<Item = Sent> + Unpin),
    ) -> Option<(Sent, bool)> {
        loop {
            tokio::select! {
                event = events.next() => return Some((event?, true)),
                _ = turns.tick() => match self.stays().await {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(_) => return self.farewell.take().map(|event| (Ok(event), false)),
                },
            }
        }
    }

    /// Whether they may follow it still; an error where they are not let in at all.
    async fn stays(&mut self) -> OpResult<bool> {
        // A node that stops is left: whoever watches connects again.
        if self.engine.hub().is_closed() {
            return Ok(false);
        }
        // Taken before it is asked, so that what is done meanwhile is asked about again.
        let done = self.deeds.borrow().deeds;
        self.turns += 1;
        if self.seen == Some(done) && self.turns < TURNS {
            return Ok(true);
        }
        (self.seen, self.turns) = (Some(done), 0);
        let actor = match self.pass.actor(&self.engine).await {
            Ok(actor) => actor,
            Err(error @ OpError::NotSignedIn(_)) => return Err(error),
            // A database that does not answer says nothing of anybody's rights.
            Err(_) => return Ok(true),
        };
        if actor.grants != self.grants {
            return Ok(false);
        }
        let sees_all = actor.may(Verb::View);
        match self.look.as_ref().filter(|_| !sees_all) {
            None => Ok(true),
            Some(look) => {
                let found = look(actor).await;
                Ok(!matches!(found, Err(OpError::NotFound(_) | OpError::Denied(_))))
            }
        }
    }
}
