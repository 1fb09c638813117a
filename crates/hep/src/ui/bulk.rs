//! Many hosts at once: those that are ticked, or all that a filter names, whatever page they stand on. First a page
//! that says which hosts are meant and what will happen, then it is done.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::bulk::{self, BulkInput};
use hep_engine::ops::{Engine, OpError, group, host as register};
use hep_engine::store::groups::GroupInput;
use hep_engine::store::host_list::Filter;
use serde_json::json;

use super::act::{Act, begin, go_on};
use super::fault::Fault;
use super::flash::Flash;
use super::form::{Form, Query};
use super::frame::{Frame, Section};
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::sure::{SURE, Sure};
use super::visit::{Member, Visit};
use super::words::Words;
use super::{host, hosts};

/// The longest selector of an address, in bytes.
const LONG: usize = 2000;
/// How many names are shown; of more it is said how many.
const NAMED: usize = 50;
/// The field that says which hosts were seen when it was asked whether they are meant.
const SEEN: &str = "seen";

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/-/bulk", ask).post("/hosts/-/bulk", act)
}

/// Whether a selector is too long for an address, as proxies take them.
const fn is_long(selector: &str) -> bool {
    selector.len() > LONG
}

/// The page of these hosts; the list where it has no address.
fn back(selector: &str) -> String {
    match is_long(selector) {
        true => "/ui/hosts".to_owned(),
        false => format!("/ui/hosts/-/bulk?selector={}", reply::segment(selector)),
    }
}

/// The hosts that are meant.
struct Meant {
    selector: String,
    /// Those that the visitor may see, by name.
    names: Vec<String>,
    wrong: Option<Said>,
}

impl Meant {
    fn shown(&self) -> Vec<&String> {
        self.names.iter().take(NAMED).collect()
    }

    fn further(&self) -> usize {
        self.names.len().saturating_sub(NAMED)
    }

    /// The names in a line.
    fn written(&self, t: Words) -> String {
        let names: Vec<&str> = self.shown().into_iter().map(String::as_str).collect();
        let mut text = names.join(", ");
        if self.further() > 0 {
            text = format!("{text} {}", t.bulk_further(self.further()));
        }
        text
    }
}

#[derive(Template)]
#[template(path = "hosts/bulk.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each shows or hides a part of the page by itself"
)]
struct BulkPage {
    frame: Frame,
    t: Words,
    meant: Meant,
    may_run: bool,
    may_power: bool,
    may_change: bool,
    may_group: bool,
    /// Where something can be run on them, where their names fit into an address.
    run_href: Option<String>,
    package: String,
}

/// The selector of a form or an address: that of the filter where all are meant, else of the ticked hosts. Text and
/// state are no part of a selector: with them it names the hosts that they let through now.
async fn selector(engine: &Engine, visit: &Visit, form: &Form) -> Result<String, OpError> {
    let ticked = form.all("host");
    if !form.is_on("all") {
        return Ok(if ticked.is_empty() { form.word("selector") } else { ticked.join(",") });
    }
    let (said, filter) = (form.optional("selector"), hosts::filter(form)?);
    if filter.is_open() {
        return Ok(said.unwrap_or_else(|| "all".to_owned()));
    }
    Ok(register::names(engine, &visit.actor, &filter, said.as_deref()).await?.join(","))
}

async fn meant(engine: &Engine, visit: &Visit, selector: String) -> Result<Meant, Fault> {
    let empty = |selector, wrong| Meant { selector, names: Vec::new(), wrong };
    if selector.is_empty() {
        return Ok(empty(selector, None));
    }
    let all = Filter::default();
    match register::names(engine, &visit.actor, &all, Some(&selector)).await {
        Ok(names) => Ok(Meant { selector, names, wrong: None }),
        Err(OpError::Invalid { message, .. }) => Ok(empty(selector, Some(visit.speech(&message)))),
        Err(error) => Err(error.into()),
    }
}

fn must(visit: &Visit, verb: Verb) -> Result<(), Fault> {
    if visit.may_somewhere(verb) {
        return Ok(());
    }
    let denied = hep_core::message::server::denied(verb.word(), "hosts");
    Err(OpError::Denied(denied).into())
}

async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    must(&visit, Verb::View)?;
    let chosen = match selector(&engine, &visit, &query).await {
        Ok(chosen) => chosen,
        // What is wrong with it is said by the page.
        Err(OpError::Invalid { .. }) => query.word("selector"),
        Err(error) => return Err(error.into()),
    };
    let meant = meant(&engine, &visit, chosen).await?;
    let t = visit.t;
    let title = t.bulk_title(meant.names.len());
    let frame = visit.frame_in(Section::Hosts, title).below(t.hosts_title(), "/ui/hosts");
    let run = format!("/ui/run?selector={}", reply::segment(&meant.selector));
    let page = BulkPage {
        frame,
        t,
        run_href: (!is_long(&meant.selector)).then_some(run),
        may_group: visit.actor.may(Verb::Change),
        meant,
        may_run: visit.may_somewhere(Verb::Run),
        may_power: visit.may_somewhere(Verb::Power),
        may_change: visit.may_somewhere(Verb::Change),
        package: query.word("package"),
    };
    Ok(reply::page(&page))
}

async fn act(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let (t, chosen) = (visit.t, selector(&engine, &visit, &form).await?);
    let back = back(&chosen);
    let names = host::package_names(&form.word("package"));
    let what = form.word("do");
    if let Some(question) = question(&engine, &visit, &form, &chosen).await? {
        return Ok(question);
    }
    let verb = match what.as_str() {
        "install" => ("packages.install", t.package_installed(names.join(", "), &chosen)),
        "remove_package" => ("packages.remove", t.package_removed(names.join(", "), &chosen)),
        "upgrade" => ("packages.upgrade", t.package_all_upgraded(&chosen)),
        "reboot" => ("power.reboot", t.reboot_begun(&chosen)),
        "power_off" => ("power.off", t.power_off_begun(&chosen)),
        "facts" => ("facts", t.facts_begun(&chosen)),
        "group" => return keep_as_group(&engine, &visit, &form, &chosen).await,
        _ => return change(&engine, &visit, &form, chosen, &back).await,
    };
    let (verb, text) = verb;
    let parameters = match verb {
        "packages.install" | "packages.remove" => json!({ "names": names }),
        _ => serde_json::Value::Null,
    };
    let act = Act { selector: &chosen, verb, parameters, text };
    begin(&engine, &visit, act, &back).await
}

/// Whether it is meant, for what takes something from many at once; nothing where it is no such thing, or there is a
/// yes to these very hosts.
async fn question(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    chosen: &str,
) -> Result<Option<Response>, Fault> {
    let t = visit.t;
    let (verb, word) = match form.word("do").as_str() {
        "remove_package" => (Verb::Run, t.package_remove()),
        "reboot" => (Verb::Power, t.reboot_do()),
        "power_off" => (Verb::Power, t.power_off_do()),
        "delete" => (Verb::Change, t.bulk_delete()),
        _ => return Ok(None),
    };
    must(visit, verb)?;
    let meant = meant(engine, visit, chosen.to_owned()).await?;
    let seen = fingerprint(&meant.names);
    if form.word(SEEN) == seen && form.is_on(SURE) {
        return Ok(None);
    }
    let many = meant.names.len();
    let mut sentences = match verb {
        Verb::Run => vec![t.bulk_package_hint(form.word("package"))],
        Verb::Power => vec![t.bulk_power_hint(many)],
        _ => vec![t.bulk_delete_hint().to_owned()],
    };
    if form.is_on(SURE) {
        sentences.insert(0, t.bulk_other().to_owned());
    }
    sentences.push(meant.written(t));
    let frame = visit.frame_in(Section::Hosts, t.bulk_sure(word, many));
    let mut page = Sure::new(frame.below(t.hosts_title(), "/ui/hosts"), t, sentences);
    page = page.carrying(form).by(
        format!("{word} ({many})"),
        "/ui/hosts/-/bulk".to_owned(),
        back(chosen),
    );
    page.carried.retain(|(name, _)| name != SEEN);
    page.carried.push((SEEN.to_owned(), seen));
    Ok(Some(reply::page(&page)))
}

/// What tells some hosts from others.
fn fingerprint(names: &[String]) -> String {
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Makes a group of the hosts, which then names them.
async fn keep_as_group(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    chosen: &str,
) -> Result<Response, Fault> {
    let (t, filter) = (visit.t, Filter::default());
    let names = register::names(engine, &visit.actor, &filter, Some(chosen)).await?;
    let many = names.len();
    let said = GroupInput {
        name: form.word("group"),
        description: String::new(),
        vars: serde_json::Map::new(),
        children: Vec::new(),
        hosts: Some(names),
    };
    let group = group::create(engine, &visit.actor, said).await?.said.name;
    let to = format!("/ui/hosts/-/bulk?selector=%40{}", reply::segment(&group));
    Ok(reply::go_and_say(visit, &to, Flash::done(t.bulk_grouped(group, many))))
}

/// Changes what the register says of the hosts.
async fn change(
    engine: &Engine,
    visit: &Visit,
    form: &Form,
    chosen: String,
    back: &str,
) -> Result<Response, Fault> {
    let t = visit.t;
    let mut said = BulkInput { selector: Some(chosen), ..BulkInput::default() };
    match form.word("do").as_str() {
        "delete" => said.delete = true,
        "enable" => said.enabled = Some(true),
        "disable" => said.enabled = Some(false),
        "label" => match form.word("label").split_once('=') {
            Some((name, value)) => {
                said.add_labels.insert(name.trim().to_owned(), value.trim().to_owned());
            }
            None => said.remove_labels.push(form.word("label")),
        },
        _ => said.maintenance_until_ms = host::until_ms(form),
    }
    match bulk::change(engine, &visit.actor, &said, false).await {
        Ok(changed) if said.delete => {
            let flash = Flash::done(t.bulk_deleted(changed.hosts.len()));
            Ok(reply::go_and_say(visit, "/ui/hosts", flash))
        }
        Ok(changed) => {
            let many = changed.hosts.iter().filter(|host| host.what == "changed").count();
            Ok(reply::go_and_say(visit, back, Flash::done(t.bulk_changed(many))))
        }
        Err(error) => go_on(visit, Err(error), String::new(), back),
    }
}
