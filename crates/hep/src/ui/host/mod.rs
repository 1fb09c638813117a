//! The pages of one host, a file a tab; what they share: its head, its tabs, and what may be done to it.

mod facts;
mod form;
mod history;
#[cfg(test)]
mod host_test;
mod keys;
mod maintenance;
mod now;
mod packages;
mod power;
mod processes;
mod remove;
mod services;
mod status;
mod terminal;
#[cfg(test)]
mod terminal_test;
mod told;

use std::collections::BTreeSet;

use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::{Engine, OpError, OpResult, host};
use hep_engine::store::hosts::Host;

pub(super) use self::maintenance::until_ms;
pub(super) use self::packages::words as package_names;
use super::fault::Fault;
use super::form::Form;
use super::frame::{Frame, Link, Section};
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::sure::Sure;
use super::visit::Visit;
use super::words::Words;
use now::Now;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .and(facts::pages())
        .and(form::pages())
        .and(history::pages())
        .and(keys::pages())
        .and(maintenance::pages())
        .and(packages::pages())
        .and(power::pages())
        .and(processes::pages())
        .and(remove::pages())
        .and(services::pages())
        .and(status::pages())
        .and(terminal::pages())
}

/// A tab of a host's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Status,
    Processes,
    Services,
    Packages,
    Facts,
    Keys,
    History,
    /// Only for those who may.
    Terminal,
    /// A page that stands beside the tabs.
    Beside,
}

/// The tabs: which, its part of the address, its word.
type Line = (Tab, &'static str, fn(Words) -> &'static str);

const TABS: &[Line] = &[
    (Tab::Status, "", Words::host_tab_status),
    (Tab::Processes, "/processes", Words::host_tab_processes),
    (Tab::Services, "/services", Words::host_tab_services),
    (Tab::Packages, "/packages", Words::host_tab_packages),
    (Tab::Facts, "/facts", Words::host_tab_facts),
    (Tab::Keys, "/keys", Words::host_tab_keys),
    (Tab::History, "/history", Words::host_tab_history),
    (Tab::Terminal, "/terminal", Words::host_tab_terminal),
];

/// What stands at the head of every page of a host.
#[derive(Clone, Debug)]
struct Head {
    name: String,
    href: String,
    now: Now,
    tabs: Vec<Link>,
    rights: BTreeSet<Verb>,
}

impl Head {
    /// Whether the visitor may run something on it.
    fn may_run(&self) -> bool {
        self.rights.contains(&Verb::Run)
    }

    /// Whether they may start it anew and switch it off.
    fn may_power(&self) -> bool {
        self.rights.contains(&Verb::Power)
    }

    /// Whether they may change what is told of it.
    fn may_change(&self) -> bool {
        self.rights.contains(&Verb::Change)
    }

    /// Whether they may decide which of its keys is trusted.
    fn may_decide(&self) -> bool {
        self.rights.contains(&Verb::Secrets)
    }
}

/// A host that somebody visits.
struct Place {
    host: Host,
    head: Head,
    frame: Frame,
}

/// The host of this name, with the frame of one of its pages.
async fn place(engine: &Engine, visit: &Visit, name: &str, tab: Tab) -> Result<Place, Fault> {
    let host = host::show(engine, &visit.actor, name).await?;
    let rights = host::rights(engine, &visit.actor, name).await?;
    let head = head(visit.t, &host, rights, tab);
    let t = visit.t;
    let frame = visit.frame_in(Section::Hosts, &host.said.name).below(t.hosts_title(), "/ui/hosts");
    Ok(Place { host, head, frame })
}

/// The same for a page beside the tabs, which has a title of its own and the host above it.
async fn beside(engine: &Engine, visit: &Visit, name: &str, title: &str) -> Result<Place, Fault> {
    let mut place = place(engine, visit, name, Tab::Beside).await?;
    place.frame = place.frame.below(&place.head.name, &place.head.href);
    title.clone_into(&mut place.frame.title);
    Ok(place)
}

/// Whether something is meant that a form of a tab asks a host for: it is carried on, with a yes.
async fn question(
    engine: &Engine,
    visit: &Visit,
    at: (&str, &str),
    form: &Form,
    (title, button, sentences): (String, String, Vec<String>),
) -> Result<Response, Fault> {
    let (name, tab) = at;
    let Place { head, frame, .. } = beside(engine, visit, name, &title).await?;
    if !head.may_run() {
        let denied = hep_core::message::server::denied(Verb::Run.word(), name);
        return Err(OpError::Denied(denied).into());
    }
    let address = format!("{}{tab}", head.href);
    let page = Sure::new(frame, visit.t, sentences).carrying(form);
    Ok(reply::page(&page.by(button, address.clone(), address)))
}

fn head(t: Words, host: &Host, rights: BTreeSet<Verb>, tab: Tab) -> Head {
    let said = &host.said;
    let href = address(&said.name);
    let is_offered = |(one, ..): &&Line| *one != Tab::Terminal || rights.contains(&Verb::Terminal);
    let tabs = TABS.iter().filter(is_offered).map(|(one, path, word)| Link {
        text: word(t).to_owned(),
        href: format!("{href}{path}"),
        is_here: *one == tab,
    });
    Head { name: said.name.clone(), now: Now::of(t, host), tabs: tabs.collect(), rights, href }
}

/// Where a host's pages are.
pub(super) fn address(name: &str) -> String {
    format!("/ui/hosts/{}", reply::segment(name))
}

/// What a host answered, or why it did not; nothing while it was not asked.
enum Answer<T> {
    /// Nobody has asked yet: a script does at once, and without one there is a link.
    Open,
    /// It answered.
    Here(T),
    /// It did not.
    Not(Said),
}

impl<T> Answer<T> {
    /// Of what an operation said: that a host cannot be reached is no fault of the page.
    fn of(visit: &Visit, said: OpResult<T>) -> Result<Self, Fault> {
        match said.map_err(Fault::from) {
            Ok(value) => Ok(Self::Here(value)),
            Err(fault) if fault.is_for_the_form() || fault.status.as_u16() == 503 => {
                Ok(Self::Not(visit.speech(&fault.message)))
            }
            Err(fault) => Err(fault),
        }
    }

    /// What a host answers to a question, where it is asked now: by a script, or by who follows the link.
    async fn asked(
        visit: &Visit,
        query: &Form,
        question: impl Future<Output = OpResult<T>> + Send,
    ) -> Result<Self, Fault> {
        match visit.is_partial || query.is_on("now") {
            true => Self::of(visit, question.await),
            false => Ok(Self::Open),
        }
    }

    const fn wrong(&self) -> Option<&Said> {
        match self {
            Self::Not(said) => Some(said),
            _ => None,
        }
    }

    const fn here(&self) -> Option<&T> {
        match self {
            Self::Here(value) => Some(value),
            _ => None,
        }
    }

    const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}
