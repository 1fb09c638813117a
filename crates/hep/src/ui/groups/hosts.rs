//! The hosts of a group: found while one types, ticked, and put in; and those that are in it, to be taken out.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::group::{self, Membership};
use hep_engine::ops::page::Paging;
use hep_engine::ops::{Engine, OpResult, aim, host};
use hep_engine::store::groups::Group;
use hep_engine::store::host_list::Filter;
use hep_engine::store::hosts::Host;

use super::Groups;
use crate::ui::fault::Fault;
use crate::ui::form::{Form, Query};
use crate::ui::frame::{Frame, Section};
use crate::ui::kept::field::{Field, Input, blame};
use crate::ui::kept::{self, Kept};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// How many are found at once: who looks for one more types more of its name.
const FOUND: u32 = 20;
/// How many of those that are in it stand on a page.
const SHOWN: u32 = 50;
/// The field that asks for hosts to be found, and not for anything to be changed.
const FIND: &str = "find";

/// The pages of it.
pub(super) fn pages() -> Pages {
    Pages::new().get("/groups/{name}/hosts", show).post("/groups/{name}/hosts", change)
}

/// A host with a box.
struct Line {
    name: String,
    address: String,
    is_ticked: bool,
    /// Whether it is in the group already.
    is_in: bool,
}

#[derive(Template)]
#[template(path = "groups/hosts.html", blocks = ["found"])]
struct HostsPage {
    frame: Frame,
    t: Words,
    action: String,
    back: String,
    wrong: Option<Said>,
    q: String,
    /// What was found; nothing while nothing was looked for.
    found: Option<Vec<Line>>,
    /// Whether there is more than that.
    is_cut: bool,
    /// Those that were ticked before and are not among what was found.
    chosen: Vec<String>,
    /// For many at once.
    many: Vec<Field>,
    total: i64,
    members: Vec<Line>,
    next: Option<String>,
}

impl HostsPage {
    /// Whether something is wrong with what is folded.
    fn is_wrong(&self) -> bool {
        self.many.iter().any(|field| field.wrong.is_some())
    }
}

fn line(group: &Group, ticked: &[String], host: &Host) -> Line {
    Line {
        name: host.said.name.clone(),
        address: host.said.address.clone(),
        is_ticked: ticked.contains(&host.said.name),
        is_in: host.groups.contains(&group.said.name),
    }
}

async fn page(engine: &Engine, visit: &Visit, name: &str, form: &Form) -> Result<HostsPage, Fault> {
    Groups::must_write(&visit.actor)?;
    let (t, group) = (visit.t, group::show(engine, &visit.actor, name).await?);
    let address = Groups::address(name);
    let frame = visit.frame_in(Section::Groups, t.groups_hosts_title(name));
    let paging = Paging { limit: Some(SHOWN), cursor: form.optional("cursor") };
    let filter = Filter { group: Some(group.said.name.clone()), ..Filter::default() };
    let members = host::list(engine, &visit.actor, filter, None, &paging).await?;
    let (ticked, out) = (form.all("add"), form.all("remove"));
    let (found, is_cut) = found(engine, visit, &group, form).await?;
    let names = found.iter().flatten().map(|line| &line.name);
    let chosen = ticked.iter().filter(|name| !names.clone().any(|found| found == *name));
    let next = |cursor: String| format!("{address}/hosts?cursor={}", reply::segment(&cursor));
    Ok(HostsPage {
        frame: frame.below(t.groups_title(), Groups::root()).below(name, &*address),
        t,
        action: format!("{address}/hosts"),
        wrong: None,
        q: form.word("q"),
        chosen: chosen.cloned().collect(),
        found,
        is_cut,
        many: many(t, form),
        total: group.host_count,
        members: members.items.iter().map(|host| line(&group, &out, host)).collect(),
        next: members.next.map(next),
        back: address,
    })
}

/// Fields for who has the names at hand, or means all of some kind.
fn many(t: Words, form: &Form) -> Vec<Field> {
    let names = Field::area(form, "names", t.groups_names(), 4).code();
    let selector = Field::line(form, "selector", t.groups_selector()).code();
    vec![
        names.hint(t.groups_names_hint()),
        selector.hint(t.jobs_on_hint("web*,@db,env=prod", "all")),
    ]
}

/// The hosts whose name, address or notes hold what was typed.
async fn found(
    engine: &Engine,
    visit: &Visit,
    group: &Group,
    form: &Form,
) -> OpResult<(Option<Vec<Line>>, bool)> {
    let Some(text) = form.optional("q") else { return Ok((None, false)) };
    let paging = Paging { limit: Some(FOUND), cursor: None };
    let filter = Filter { text: Some(text), ..Filter::default() };
    let page = host::list(engine, &visit.actor, filter, None, &paging).await?;
    let ticked = form.all("add");
    let lines = page.items.iter().map(|host| line(group, &ticked, host)).collect();
    Ok((Some(lines), page.next.is_some()))
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    Ok(reply::page(&page(&engine, &visit, &name, &query).await?))
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    if form.is_on(FIND) {
        let page = page(&engine, &visit, &name, &form).await?;
        return Ok(reply::page_or(&visit, &page, &page.as_found()));
    }
    let error = match moved(&engine, &visit, &name, &form).await {
        Ok(()) => {
            return Ok(kept::done(&visit, &Groups::address(&name), visit.t.kept_saved()));
        }
        Err(error) => error,
    };
    let fault = Fault::from(error);
    if !fault.is_for_the_form() {
        return Err(fault);
    }
    let mut page = page(&engine, &visit, &name, &form).await?;
    let at = if fault.field == Some("add") { Some("names") } else { fault.field };
    page.wrong = blame(&mut page.many, at, visit.speech(&fault.message));
    Ok(fault.noted(reply::page(&page)))
}

async fn moved(engine: &Engine, visit: &Visit, name: &str, form: &Form) -> OpResult<()> {
    let mut add = form.all("add");
    add.extend(names(form, "names"));
    if let Some(selector) = form.optional("selector") {
        let meant = aim::at(engine, &visit.actor, Verb::Change, &selector).await?;
        add.extend(meant.hosts.iter().map(ToString::to_string));
    }
    let wanted = Membership { add, remove: form.all("remove") };
    group::change_hosts(engine, &visit.actor, name, &wanted).await.map(drop)
}

/// Names that stand in lines, or with commas or spaces between them.
fn names(form: &Form, field: &str) -> Vec<String> {
    let text = form.text(field);
    let words = text.split(|c: char| c == ',' || c.is_whitespace());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
