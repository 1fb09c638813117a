//! Taking a host out of the register: first a page that names it, and what speaks of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpError, host, run};
use hep_engine::store::runs::Filter;

use super::{Head, Place, beside};
use crate::ui::act::not_done;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::Frame;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/remove", ask).post("/hosts/{name}/remove", remove)
}

#[derive(Template)]
#[template(path = "host/remove.html")]
struct RemovePage {
    frame: Frame,
    t: Words,
    head: Head,
    version: i64,
    groups: String,
    runs: usize,
}

async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let title = visit.t.remove_title(&name);
    let Place { host, head, frame } = beside(&engine, &visit, &name, &title).await?;
    if !head.may_change() {
        let denied = hep_core::message::server::denied(Verb::Change.word(), &name);
        return Err(OpError::Denied(denied).into());
    }
    let filter = Filter { host: Some(host.said.name.clone()), ..Filter::default() };
    let paging = Paging { limit: Some(100), cursor: None };
    let runs = run::list(&engine, &visit.actor, filter, &paging).await?;
    let page = RemovePage {
        frame,
        t: visit.t,
        head,
        version: host.version,
        groups: host.groups.join(", "),
        runs: runs.items.len(),
    };
    Ok(reply::page(&page))
}

async fn remove(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let version = form.word("version").parse().ok();
    match host::delete(&engine, &visit.actor, &name, version).await {
        Ok(()) => {
            let flash = Flash::done(visit.t.remove_done(&name));
            Ok(reply::go_and_say(&visit, "/ui/hosts", flash))
        }
        Err(error) => not_done(&visit, Fault::from(error), &super::address(&name)),
    }
}
