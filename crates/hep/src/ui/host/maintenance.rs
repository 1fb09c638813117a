//! Maintenance of a host: until when runs leave it alone, and whether they may use it at all.

use axum::extract::{Path, State};
use axum::response::Response;
use hep_engine::ops::patch::Edit;
use hep_engine::ops::{Engine, host};
use hep_engine::store::now_ms;
use serde_json::json;

use super::address;
use crate::ui::act::not_done;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::Member;

/// The most that can be asked for in hours: a year.
const MOST_HOURS: i64 = 24 * 366;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().post("/hosts/{name}/maintenance", change)
}

/// Until when, by a form's `hours`; 0 ends it. Nothing where that is no number of hours.
pub(in crate::ui) fn until_ms(form: &Form) -> Option<i64> {
    let hours: i64 = form.word("hours").parse().ok()?;
    match hours {
        0 => Some(0),
        1..=MOST_HOURS => Some(now_ms() + hours * 3_600_000),
        _ => None,
    }
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let t = visit.t;
    let until = until_ms(&form).filter(|until| *until > 0);
    let part = json!({ "maintenance_until_ms": until });
    let text = match until {
        Some(_) => t.maintenance_begun(&name, form.word("hours")),
        None => t.maintenance_ended(&name),
    };
    match host::change(&engine, &visit.actor, &name, None, Edit::Part(&part)).await {
        Ok(_) => Ok(reply::go_and_say(&visit, &address(&name), Flash::done(text))),
        Err(error) => not_done(&visit, Fault::from(error), &address(&name)),
    }
}
