//! Starting a host anew and switching it off: first a page that names it and says what will happen.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::{Engine, OpError};
use serde_json::json;

use super::{Head, Place, address, beside};
use crate::ui::act::{Act, begin};
use crate::ui::fault::Fault;
use crate::ui::form::Form;
use crate::ui::frame::Frame;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts/{name}/reboot", ask_reboot)
        .post("/hosts/{name}/reboot", reboot)
        .get("/hosts/{name}/power-off", ask_off)
        .post("/hosts/{name}/power-off", off)
}

#[derive(Template)]
#[template(path = "host/power.html")]
struct PowerPage {
    frame: Frame,
    t: Words,
    head: Head,
    action: String,
    title: String,
    explained: String,
    button: &'static str,
}

async fn ask_reboot(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    ask(&engine, &visit, &name, true).await
}

async fn ask_off(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    ask(&engine, &visit, &name, false).await
}

async fn ask(engine: &Engine, visit: &Visit, name: &str, again: bool) -> Result<Response, Fault> {
    let t = visit.t;
    let title = if again { t.reboot_title(name) } else { t.power_off_title(name) };
    let Place { head, frame, .. } = beside(engine, visit, name, &title).await?;
    if !head.may_power() {
        let denied = hep_core::message::server::denied(Verb::Power.word(), name);
        return Err(OpError::Denied(denied).into());
    }
    let (path, explained, button) = match again {
        true => ("reboot", t.reboot_explained(name), t.reboot_do()),
        false => ("power-off", t.power_off_explained(name), t.power_off_do()),
    };
    let action = format!("{}/{path}", head.href);
    Ok(reply::page(&PowerPage { frame, t, head, action, title, explained, button }))
}

async fn reboot(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let text = visit.t.reboot_begun(&name);
    act(&engine, &visit, &name, "power.reboot", &form, text).await
}

async fn off(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let text = visit.t.power_off_begun(&name);
    act(&engine, &visit, &name, "power.off", &form, text).await
}

async fn act(
    engine: &Engine,
    visit: &Visit,
    name: &str,
    verb: &str,
    form: &Form,
    text: String,
) -> Result<Response, Fault> {
    let minutes: u32 = form.word("minutes").parse().unwrap_or_default();
    let parameters = json!({ "in_minutes": minutes, "notice": form.optional("notice") });
    let act = Act { selector: name, verb, parameters, text };
    begin(engine, visit, act, &address(name)).await
}
