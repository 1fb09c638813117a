//! Starting a host anew and switching it off: first a page that names it and says what will happen.

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::{Engine, OpError};
use serde_json::json;

use super::{Place, address, beside};
use crate::ui::act::{Act, begin};
use crate::ui::fault::Fault;
use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::sure::{SURE, Sure};
use crate::ui::visit::{Member, Visit};

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts/{name}/reboot", ask_reboot)
        .post("/hosts/{name}/reboot", reboot)
        .get("/hosts/{name}/power-off", ask_off)
        .post("/hosts/{name}/power-off", off)
}

/// A way to do without a host for a while, or for longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Reboot,
    Off,
}

async fn ask_reboot(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    ask(&engine, &visit, &name, Deed::Reboot).await
}

async fn ask_off(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    ask(&engine, &visit, &name, Deed::Off).await
}

async fn ask(engine: &Engine, visit: &Visit, name: &str, deed: Deed) -> Result<Response, Fault> {
    let t = visit.t;
    let (title, path, explained, button) = match deed {
        Deed::Reboot => (t.reboot_title(name), "reboot", t.reboot_explained(name), t.reboot_do()),
        Deed::Off => {
            (t.power_off_title(name), "power-off", t.power_off_explained(name), t.power_off_do())
        }
    };
    let Place { head, frame, .. } = beside(engine, visit, name, &title).await?;
    if !head.may_power() {
        let denied = hep_core::message::server::denied(Verb::Power.word(), name);
        return Err(OpError::Denied(denied).into());
    }
    let now = Form::of([("minutes", "0")]);
    let mut page = Sure::new(frame, t, vec![explained]);
    page.fields = vec![
        Field::of_type(&now, "minutes", t.power_minutes(), "number"),
        Field::line(&now, "notice", t.power_notice()),
    ];
    let button = format!("{button}: {}", head.name);
    Ok(reply::page(&page.by(button, format!("{}/{path}", head.href), head.href)))
}

async fn reboot(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    act(&engine, &visit, &name, Deed::Reboot, &form).await
}

async fn off(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    act(&engine, &visit, &name, Deed::Off, &form).await
}

async fn act(
    engine: &Engine,
    visit: &Visit,
    name: &str,
    deed: Deed,
    form: &Form,
) -> Result<Response, Fault> {
    if !form.is_on(SURE) {
        return ask(engine, visit, name, deed).await;
    }
    let (verb, text) = match deed {
        Deed::Reboot => ("power.reboot", visit.t.reboot_begun(name)),
        Deed::Off => ("power.off", visit.t.power_off_begun(name)),
    };
    let minutes: u32 = form.word("minutes").parse().unwrap_or_default();
    let parameters = json!({ "in_minutes": minutes, "notice": form.optional("notice") });
    let act = Act { selector: name, verb, parameters, text };
    begin(engine, visit, act, &address(name)).await
}
