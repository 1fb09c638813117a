//! Drives the play interpreter on the host.

use std::collections::HashMap;
use std::time::Instant;

use hep_core::change::Outcome;
use hep_core::frame::{FromHost, ToHost};
use hep_core::interp::{Event, Input, Interpreter, Request, Snapshot, Step};
use hep_core::message::{Message, remote};
use hep_core::observe::Ask;

use crate::serve::{End, Session, unexpected};
use crate::system::now_ms;
use crate::wire::Incoming;

/// What the controller did with a request.
enum Answered {
    Input(Input),
    PutAway,
    End(End),
}

impl Session {
    /// Goes on with a play whose request is answered next.
    pub(crate) fn resume(&mut self, snapshot: Snapshot) -> Result<Option<End>, Message> {
        let interpreter = Interpreter::resume(snapshot);
        match self.answered(&interpreter)? {
            Answered::Input(input) => self.drive(interpreter, input),
            Answered::PutAway => Ok(None),
            Answered::End(end) => Ok(Some(end)),
        }
    }

    /// Runs a play to its end. Answers with the session's end where the line went first.
    pub(crate) fn play(&mut self, interpreter: Interpreter) -> Result<Option<End>, Message> {
        self.drive(interpreter, Input::Next)
    }

    fn drive(
        &mut self,
        mut interpreter: Interpreter,
        first: Input,
    ) -> Result<Option<End>, Message> {
        let mut input = first;
        let (mut told, mut teller) = (false, Teller::default());
        loop {
            let mut step = interpreter.step(input);
            let over = matches!(step, Step::Emit(_) | Step::Done(_));
            if !told && !over && self.line.wire.signals.cancel.is_raised() {
                told = true;
                step = interpreter.step(Input::Cancel);
            }
            input = match step {
                Step::Observe { identity, questions } => {
                    let begun = Instant::now();
                    let answers = self.observe(&identity, &questions);
                    interpreter.took(millis(Instant::now(), begun));
                    Input::Answers(questions.into_iter().zip(answers).collect())
                }
                Step::Apply { identity, task, no_log, change } => {
                    let claimed = self.claim(&identity, &change);
                    let begun = Instant::now();
                    let outcome = match claimed {
                        Ok(false) => self.apply(&identity, task, &change, no_log),
                        Ok(true) => Outcome::Late,
                        Err(outcome) => *outcome,
                    };
                    interpreter.took(millis(Instant::now(), begun));
                    Input::Outcome(outcome)
                }
                Step::Emit(event) => {
                    self.line.wire.send_soon(&teller.tell(event));
                    Input::Next
                }
                Step::Done(summary) => {
                    self.release();
                    self.note_over(&summary);
                    self.line.wire.send(&FromHost::Done(summary));
                    return Ok(None);
                }
                Step::Ask(request) => match self.ask(request, &interpreter)? {
                    Answered::Input(input) => input,
                    Answered::PutAway => return Ok(None),
                    Answered::End(end) => return Ok(Some(end)),
                },
            };
            if self.line.wire.signals.is_gone() {
                self.conclude(interpreter, input);
                return Ok(Some(End::Bye));
            }
        }
    }

    /// Nobody listens any more, and nothing further is begun. Where that was the last of the play, the journal
    /// says so.
    fn conclude(&mut self, mut interpreter: Interpreter, mut input: Input) {
        loop {
            match interpreter.step(input) {
                Step::Emit(_) => input = Input::Next,
                Step::Done(summary) => return self.note_over(&summary),
                Step::Observe { .. } | Step::Apply { .. } | Step::Ask(_) => return,
            }
        }
    }

    fn ask(&mut self, request: Request, interpreter: &Interpreter) -> Result<Answered, Message> {
        if waits_for_hosts(&request) {
            // They may wait for a run that waits for this host.
            self.release();
        }
        self.line.wire.send(&FromHost::Request(Box::new(request)));
        self.answered(interpreter)
    }

    /// Waits for the answer to the open request.
    fn answered(&mut self, interpreter: &Interpreter) -> Result<Answered, Message> {
        loop {
            let message = match self.line.wire.receive() {
                Incoming::Message(message) => *message,
                // The rest of a file that is no longer wanted.
                Incoming::Blob(_) => continue,
                Incoming::Gone(Some(error)) => return Err(remote::broken_frames(error)),
                Incoming::Gone(None) => return Ok(Answered::End(End::Bye)),
            };
            return Ok(match message {
                ToHost::Replies(replies) => Answered::Input(Input::Replies(replies)),
                ToHost::Control(control) => Answered::Input(Input::Control(*control)),
                ToHost::Cancel => Answered::Input(Input::Cancel),
                ToHost::Bye => Answered::End(End::Bye),
                ToHost::Snapshot => {
                    let snapshot = Box::new(interpreter.snapshot());
                    self.line.wire.send(&FromHost::Snapshot(snapshot));
                    Answered::PutAway
                }
                // May be asked at any time, and changes nothing.
                ToHost::Observe { id, identity, questions } => {
                    let answers = self.observe(&identity, &questions);
                    self.line.wire.send(&FromHost::Answers { id, answers });
                    continue;
                }
                other => return Err(unexpected(&other)),
            });
        }
    }
}

/// Whether the answer comes only when other hosts have got somewhere.
fn waits_for_hosts(request: &Request) -> bool {
    match request {
        Request::Barrier { .. } | Request::Once { .. } | Request::Slot { .. } => true,
        Request::Asks { asks, .. } => asks.iter().any(|ask| matches!(ask, Ask::HostVars(_))),
        Request::OnceDone { .. }
        | Request::Include { .. }
        | Request::End { .. }
        | Request::ClearErrors
        | Request::Reset
        | Request::Task(_) => false,
    }
}

/// Numbers events and measures tasks; the interpreter has no clock.
#[derive(Default)]
struct Teller {
    next: u64,
    begun: HashMap<u32, Instant>,
    item: HashMap<u32, Instant>,
}

impl Teller {
    fn tell(&mut self, mut event: Event) -> FromHost {
        let now = Instant::now();
        match &mut event {
            Event::Started { task, .. } => {
                self.begun.insert(*task, now);
                self.item.insert(*task, now);
            }
            Event::Item(report) => {
                let since = self.item.insert(report.task, now).unwrap_or(now);
                report.duration_ms = millis(now, since);
            }
            Event::Finished(report) => {
                self.item.remove(&report.task);
                let since = self.begun.remove(&report.task).unwrap_or(now);
                report.duration_ms = millis(now, since);
            }
            Event::Retry { .. }
            | Event::Var { .. }
            | Event::Delegated { .. }
            | Event::Notified { .. } => {}
        }
        let number = self.next;
        self.next += 1;
        FromHost::Event { number, at_ms: now_ms(), event: Box::new(event) }
    }
}

fn millis(now: Instant, since: Instant) -> u64 {
    u64::try_from(now.duration_since(since).as_millis()).unwrap_or(u64::MAX)
}
