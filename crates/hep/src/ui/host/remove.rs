//! Taking a host out of the register: first a page that names it, and what speaks of it.

use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpError, host, run};
use hep_engine::store::runs::Filter;

use super::{Place, beside};
use crate::ui::act::not_done;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::sure::{SURE, Sure};
use crate::ui::visit::{Member, Visit};

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/remove", ask).post("/hosts/{name}/remove", remove)
}

async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    question(&engine, &visit, &name).await
}

/// What goes with it, and what stays.
async fn question(engine: &Engine, visit: &Visit, name: &str) -> Result<Response, Fault> {
    let t = visit.t;
    let Place { host, head, frame } = beside(engine, visit, name, &t.remove_title(name)).await?;
    if !head.may_change() {
        let denied = hep_core::message::server::denied(Verb::Change.word(), name);
        return Err(OpError::Denied(denied).into());
    }
    let filter = Filter { host: Some(host.said.name.clone()), ..Filter::default() };
    let paging = Paging { limit: Some(100), cursor: None };
    let runs = run::list(engine, &visit.actor, filter, &paging).await?.items.len();
    let mut sentences = vec![t.remove_explained(&head.name)];
    if !host.groups.is_empty() {
        sentences.push(t.remove_groups(host.groups.join(", ")));
    }
    if runs > 0 {
        sentences.push(t.remove_runs(runs));
    }
    let mut page = Sure::new(frame, t, sentences);
    page.carried = vec![("version".to_owned(), host.version.to_string())];
    let button = format!("{}: {}", t.remove_do(), head.name);
    Ok(reply::page(&page.by(button, format!("{}/remove", head.href), head.href)))
}

async fn remove(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    if !form.is_on(SURE) {
        return question(&engine, &visit, &name).await;
    }
    let version = form.word("version").parse().ok();
    match host::delete(&engine, &visit.actor, &name, version).await {
        Ok(()) => {
            let flash = Flash::done(visit.t.remove_done(&name));
            Ok(reply::go_and_say(&visit, "/ui/hosts", flash))
        }
        Err(error) => not_done(&visit, Fault::from(error), &super::address(&name)),
    }
}
