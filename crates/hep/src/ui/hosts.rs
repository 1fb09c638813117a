//! The list of hosts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::watch::{self as ops_watch, Seen};
use hep_engine::ops::{Engine, OpError, host};
use hep_engine::store::host_list::{Filter, Sort};
use hep_engine::store::hosts::Host;

use super::badge::Badge;
use super::fault::Fault;
use super::form::{Form, Query};
use super::frame::{Frame, Section};
use super::live::{self, Follows, List, Shown};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::api::Pass;

/// How many hosts a page has when nobody says.
const USUAL: u32 = 50;
/// How many it may have.
pub(super) const SIZES: [u32; 4] = [20, 50, 100, 500];
/// The states that can be chosen.
const STATES: [&str; 4] = ["reachable", "unreachable", "untrusted", "unknown"];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts", show).get("/hosts/-/events", watch)
}

/// A column of the table beside the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Address,
    Partition,
    Groups,
    Labels,
    Os,
    State,
    Seen,
}

impl Column {
    const ALL: [Self; 7] = [
        Self::Address,
        Self::Partition,
        Self::Groups,
        Self::Labels,
        Self::Os,
        Self::State,
        Self::Seen,
    ];
    /// Those that are shown when nobody says.
    const USUAL: [Self; 4] = [Self::Address, Self::Groups, Self::State, Self::Seen];

    const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Partition => "partition",
            Self::Groups => "groups",
            Self::Labels => "labels",
            Self::Os => "os",
            Self::State => "state",
            Self::Seen => "seen",
        }
    }

    const fn title(self, t: Words) -> &'static str {
        match self {
            Self::Address => t.hosts_column_address(),
            Self::Partition => t.hosts_column_partition(),
            Self::Groups => t.hosts_column_groups(),
            Self::Labels => t.hosts_column_labels(),
            Self::Os => t.hosts_column_os(),
            Self::State => t.hosts_column_state(),
            Self::Seen => t.hosts_column_seen(),
        }
    }
}

/// The head of a column.
struct Head {
    title: &'static str,
    /// Where the same list in its order is, where it has one.
    href: Option<String>,
    /// `ascending`, `descending` or `none`.
    order: &'static str,
}

/// Something to choose.
struct Choice {
    word: String,
    title: &'static str,
    is_chosen: bool,
}

/// A host in the table.
struct Row {
    id: String,
    name: String,
    href: String,
    is_ticked: bool,
    cells: Vec<Cell>,
}

/// What stands in a column.
struct Cell {
    title: &'static str,
    texts: Vec<String>,
    badges: Vec<Badge>,
    moment: Option<Moment>,
    is_moment: bool,
}

#[derive(Template)]
#[template(path = "hosts/list.html", blocks = ["list"])]
struct ListPage {
    frame: Frame,
    t: Words,
    selector: String,
    text: String,
    wrong: Option<Said>,
    states: Vec<Choice>,
    columns: Vec<Choice>,
    sizes: Vec<Choice>,
    sort: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// The cursor of the next page.
    next: Option<String>,
    is_later: bool,
    /// What the form of the list carries on: the filter, and hosts that are ticked on other pages.
    kept: Vec<(&'static str, String)>,
    ticked_elsewhere: usize,
    /// Whether the filter is one that names hosts by itself: text and state are not of the selector grammar.
    can_choose_all: bool,
    may_add: bool,
    /// Where what changes in it comes from.
    live: String,
}

/// The rows.
#[derive(Template)]
#[template(path = "hosts/rows.html")]
struct Rows {
    t: Words,
    rows: Vec<Row>,
}

/// One of them.
#[derive(Template)]
#[template(path = "hosts/row.html")]
struct OneRow {
    t: Words,
    row: Row,
}

impl ListPage {
    fn is_filtered(&self) -> bool {
        let by_state = self.states.iter().any(|state| state.is_chosen);
        by_state || !self.selector.is_empty() || !self.text.is_empty()
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let found = find(&engine, &visit, &query).await;
    let (page, fault) = match found {
        Ok(page) => (page, None),
        // What is wrong with a filter is said beside it, and the list is empty.
        Err(error @ OpError::Invalid { .. }) => {
            (Page { items: Vec::new(), next: None }, Some(Fault::from(error)))
        }
        Err(error) => return Err(error.into()),
    };
    let list = list(&visit, &query, page, fault.as_ref());
    let response = reply::page_or(&visit, &list, &list.as_list());
    Ok(match fault {
        Some(fault) => fault.noted(response),
        None => response,
    })
}

async fn find(engine: &Engine, visit: &Visit, query: &Form) -> Result<Page<Host>, OpError> {
    let (filter, selector, paging) = asked(query)?;
    host::list(engine, &visit.actor, filter, selector.as_deref(), &paging).await
}

/// The ids of the hosts on a page, in their order.
fn ids(page: &Page<Host>) -> Vec<&str> {
    page.items.iter().map(|host| host.id.as_str()).collect()
}

/// The list as it is from now on.
struct Now {
    t: Words,
    columns: Vec<Column>,
    seen: Seen<Page<Host>>,
    list: List,
}

async fn watch(
    State(engine): State<Engine>,
    Member(visit): Member,
    pass: Pass,
    Query(query): Query,
) -> Result<Response, Fault> {
    let (filter, selector, paging) = asked(&query)?;
    let mut seen = ops_watch::hosts(&engine, &visit.actor, &filter, selector.as_deref(), &paging)?;
    seen.mark_changed();
    let now = Now { t: visit.t, columns: chosen(&query), seen, list: List::of(&query) };
    Ok(live::stream(&engine, &visit, pass, now))
}

impl Follows for Now {
    async fn changed(&mut self) -> Option<()> {
        self.seen.changed().await.ok()
    }

    fn shown(&mut self) -> Option<Shown> {
        let page = self.seen.borrow_and_update().clone()?;
        let (t, columns) = (self.t, &self.columns);
        let row = |host: &Host| row(t, host, columns, &[]);
        let one = |host: &Host| {
            let markup = OneRow { t, row: row(host) }.render().unwrap_or_default();
            (format!("host-{}", host.id), markup)
        };
        let rows = page.items.iter().map(one).collect();
        Some(self.list.shown(t, &ids(&page), rows, || {
            let rows = page.items.iter().map(row).collect();
            Rows { t, rows }.render().unwrap_or_default()
        }))
    }
}

/// What a list is asked for: which hosts, in which order, and which page of them.
fn asked(query: &Form) -> Result<(Filter, Option<String>, Paging), OpError> {
    let sort = match query.optional("sort") {
        None => Sort::default(),
        Some(text) => {
            Sort::read(&text).ok_or_else(|| OpError::invalid("sort", say::bad_sort(text)))?
        }
    };
    let filter = Filter {
        state: query.optional("state"),
        text: query.optional("text"),
        sort,
        ..Filter::default()
    };
    let paging = Paging { limit: Some(size(query)), cursor: query.optional("cursor") };
    Ok((filter, query.optional("selector"), paging))
}

fn size(query: &Form) -> u32 {
    let size = query.word("size").parse().unwrap_or(USUAL);
    if SIZES.contains(&size) { size } else { USUAL }
}

fn chosen(query: &Form) -> Vec<Column> {
    let words = query.all("column");
    let of_word = |column: &Column| words.iter().any(|word| word == column.word());
    match words.is_empty() {
        true => Column::USUAL.to_vec(),
        false => Column::ALL.into_iter().filter(of_word).collect(),
    }
}

fn list(visit: &Visit, query: &Form, page: Page<Host>, fault: Option<&Fault>) -> ListPage {
    let t = visit.t;
    let columns = chosen(query);
    let ticked = query.all("host");
    let is_here = |name: &str| page.items.iter().any(|host| host.said.name == name);
    let elsewhere: Vec<String> = ticked.iter().filter(|name| !is_here(name)).cloned().collect();
    let rows = page.items.iter().map(|host| row(t, host, &columns, &ticked)).collect();
    ListPage {
        frame: visit.frame_in(Section::Hosts, t.hosts_title()),
        t,
        selector: query.word("selector"),
        text: query.word("text"),
        wrong: fault.map(|fault| visit.speech(&fault.message)),
        states: states(t, &query.word("state")),
        columns: offered(t, &columns),
        sizes: sizes(size(query)),
        sort: query.word("sort"),
        heads: heads(t, query, &columns),
        rows,
        next: page.next.clone(),
        is_later: query.is_on("cursor"),
        ticked_elsewhere: elsewhere.len(),
        kept: kept(query, elsewhere),
        can_choose_all: !query.is_on("text") && !query.is_on("state"),
        may_add: visit.may_somewhere(Verb::Change),
        live: format!(
            "/ui/hosts/-/events?{}",
            query.with(&[("host", ""), ("seen", &List::seen(&ids(&page)))])
        ),
    }
}

fn kept(query: &Form, ticked: Vec<String>) -> Vec<(&'static str, String)> {
    let fields = ["selector", "text", "state", "size", "sort", "column"];
    let filter = fields.into_iter().flat_map(|name| {
        query
            .all(name)
            .into_iter()
            .filter(|value| !value.is_empty())
            .map(move |value| (name, value))
    });
    filter.chain(ticked.into_iter().map(|name| ("host", name))).collect()
}

fn states(t: Words, chosen: &str) -> Vec<Choice> {
    let state = |word: &&str| Choice {
        word: (*word).to_owned(),
        title: Badge::of_state(t, word).text,
        is_chosen: *word == chosen,
    };
    STATES.iter().map(state).collect()
}

fn offered(t: Words, chosen: &[Column]) -> Vec<Choice> {
    let column = |column: Column| Choice {
        word: column.word().to_owned(),
        title: column.title(t),
        is_chosen: chosen.contains(&column),
    };
    Column::ALL.into_iter().map(column).collect()
}

fn sizes(chosen: u32) -> Vec<Choice> {
    let size = |size: u32| Choice { word: size.to_string(), title: "", is_chosen: size == chosen };
    SIZES.into_iter().map(size).collect()
}

fn heads(t: Words, query: &Form, columns: &[Column]) -> Vec<Head> {
    let sort = query.optional("sort").unwrap_or_else(|| "name".to_owned());
    let head = |title, word: &str| {
        let (order, next) = match () {
            () if sort == word => ("ascending", format!("-{word}")),
            () if sort.strip_prefix('-') == Some(word) => ("descending", word.to_owned()),
            () => ("none", word.to_owned()),
        };
        let query = query.with(&[("sort", &next), ("cursor", "")]);
        let href = Sort::read(word).map(|_| format!("/ui/hosts?{query}"));
        Head { title, href, order }
    };
    let columns = columns.iter().map(|column| head(column.title(t), column.word()));
    std::iter::once(head(t.hosts_column_name(), "name")).chain(columns).collect()
}

fn row(t: Words, host: &Host, columns: &[Column], ticked: &[String]) -> Row {
    Row {
        id: host.id.clone(),
        is_ticked: ticked.contains(&host.said.name),
        name: host.said.name.clone(),
        href: format!("/ui/hosts/{}", reply::segment(&host.said.name)),
        cells: columns.iter().map(|column| cell(t, host, *column)).collect(),
    }
}

fn cell(t: Words, host: &Host, column: Column) -> Cell {
    let said = &host.said;
    let label = |(name, value): (&String, &String)| format!("{name}={value}");
    let texts = match column {
        Column::Address if said.port == 22 => vec![said.address.clone()],
        Column::Address => vec![format!("{}:{}", said.address, said.port)],
        Column::Partition => vec![said.partition.clone()],
        Column::Groups => host.groups.clone(),
        Column::Labels => said.labels.iter().map(label).collect(),
        Column::Os => vec![said.os.clone()],
        Column::State | Column::Seen => Vec::new(),
    };
    Cell {
        title: column.title(t),
        texts,
        badges: if column == Column::State { Badge::of_host(t, host) } else { Vec::new() },
        moment: Moment::of(t, host.seen_ms),
        is_moment: column == Column::Seen,
    }
}
