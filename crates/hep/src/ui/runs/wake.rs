//! Switching hosts on: a packet into their network, by the server itself or by hosts that are on.

use axum::response::Response;
use hep_engine::ops::verb::{self, WakeInput};
use hep_engine::ops::{Engine, OpError};

use super::super::flash::Flash;
use super::super::form::Form;
use super::super::kept::reader::Reader;
use super::super::reply;
use super::super::visit::Visit;

/// What a form says.
pub(super) fn said(form: &Reader<'_>) -> WakeInput {
    WakeInput {
        selector: form.word("selector"),
        via: form.optional("via"),
        broadcast: form.ip("broadcast"),
        port: form.number("wake_port"),
    }
}

/// Has the packet sent. Whether a machine hears it nobody knows until it answers.
pub(super) async fn begin(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
) -> Result<Response, OpError> {
    let woken = verb::wake(engine, &visit.actor, &said(&Reader::of(form))).await?;
    let (t, names) = (visit.t, woken.sent.join(", "));
    let mut text = match &woken.run {
        Some(_) => t.ask_woken_by(names),
        None => t.ask_woken(names),
    };
    if !woken.without_mac.is_empty() {
        text = format!("{text} {}", t.ask_not_woken(woken.without_mac.join(", ")));
    }
    let list = format!("/ui/hosts?selector={}", reply::segment(&form.word("selector")));
    Ok(match woken.run {
        Some(run) => reply::go_and_say(visit, &list, Flash::begun(text, &run)),
        None => reply::go_and_say(visit, &list, Flash::done(text)),
    })
}
