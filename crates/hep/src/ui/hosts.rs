//! The list of hosts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_engine::ops::page::{Page, Paging};
use hep_engine::ops::preference::{self, HOST_COLUMNS};
use hep_engine::ops::watch::{self as ops_watch, Seen};
use hep_engine::ops::{Engine, OpError, OpResult, host};
use hep_engine::store::host_list::{Filter, PROBLEM, PROBLEMS, Sort};
use hep_engine::store::hosts::Host;

use super::badge::Badge;
use super::fault::Fault;
use super::flash::Flash;
use super::form::{Form, Query};
use super::frame::{Frame, Section};
use super::live::{self, Follows, List, Shown};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::speech::{self, Said};
use super::views::Beside;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::api::Pass;
use crate::terminal::visible;

/// How many hosts a page has when nobody says.
const USUAL: u32 = 50;
/// How many it may have.
pub(super) const SIZES: [u32; 4] = [20, 50, 100, 500];
/// The states that can be chosen.
const STATES: [&str; 5] = [PROBLEM, "reachable", "unreachable", "untrusted", "unknown"];
/// How many characters of a reason or a note are shown.
const SHORT: usize = 120;
/// What a view keeps of the list.
const KEPT: [&str; 6] = ["selector", "text", "state", "size", "sort", "column"];

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts", show)
        .get("/hosts/-/events", watch)
        .post("/hosts/-/columns", keep_columns)
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
    Created,
    Credential,
    Zone,
    Notes,
}

impl Column {
    const ALL: [Self; 11] = [
        Self::Address,
        Self::Partition,
        Self::Groups,
        Self::Labels,
        Self::Os,
        Self::State,
        Self::Seen,
        Self::Created,
        Self::Credential,
        Self::Zone,
        Self::Notes,
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
            Self::Created => "created",
            Self::Credential => "credential",
            Self::Zone => "zone",
            Self::Notes => "notes",
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
            Self::Created => t.kept_created(),
            Self::Credential => t.credentials_one(),
            Self::Zone => t.host_zone(),
            Self::Notes => t.host_notes(),
        }
    }

    /// Those of these words, in their order.
    fn of_words(words: &[String]) -> Vec<Self> {
        let is_said = |column: &Self| words.iter().any(|word| word == column.word());
        Self::ALL.into_iter().filter(is_said).collect()
    }
}

/// The head of a column.
struct Head {
    title: &'static str,
    /// What asks for the list in its order, where it has one.
    sort: Option<String>,
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
    /// Why it is as it is.
    why: String,
}

#[derive(Template)]
#[template(path = "hosts/list.html", blocks = ["list"])]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each shows or hides a part of the page by itself"
)]
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
    /// Whether all that the filter names are meant.
    is_all: bool,
    /// How many hosts the filter names, on all pages.
    total: i64,
    may_add: bool,
    /// Columns that are shown and are not those that the visitor always sees.
    other_columns: Vec<&'static str>,
    views: Beside,
    /// Whether only the list is asked for, by a script that has the filter already.
    is_partial: bool,
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

    /// The fields of the filter, without the columns.
    fn filter_fields(&self) -> Vec<(&'static str, &str)> {
        let is_filter = |name: &str| name != "column" && name != "host";
        let fields = self.kept.iter().filter(|(name, _)| is_filter(name));
        fields.map(|(name, value)| (*name, value.as_str())).collect()
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    // The button of a column says the order anew.
    let query = match query.optional("order") {
        Some(order) => query.over(&Form::of([("sort", order)])),
        None => query,
    };
    let found = find(&engine, &visit, &query).await;
    let (page, fault) = match found {
        Ok(page) => (page, None),
        // What is wrong with a filter is said beside it, and the list is empty.
        Err(error @ OpError::Invalid { .. }) => {
            ((Page { items: Vec::new(), next: None }, 0), Some(Fault::from(error)))
        }
        Err(error) => return Err(error.into()),
    };
    let liked = preference::get(&engine, &visit.actor, HOST_COLUMNS).await?;
    let views = Beside::of(&engine, &visit, "hosts", (&query, &KEPT)).await?;
    let list = list(&visit, &query, page, (liked, views, fault.as_ref()));
    let response = reply::page_or(&visit, &list, &list.as_list());
    Ok(match fault {
        Some(fault) => fault.noted(response),
        None => response,
    })
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
    let kept = preference::get(&engine, &visit.actor, HOST_COLUMNS).await?;
    let seen = ops_watch::hosts(&engine, &visit.actor, &filter, selector.as_deref(), &paging)?;
    let columns = chosen(&query, &liked(kept.as_deref()));
    let now = Now { t: visit.t, columns, seen, list: List::of(&query) };
    Ok(live::stream(&engine, &visit, pass, now))
}

impl Follows for Now {
    async fn changed(&mut self) -> Option<()> {
        self.seen.changed().await
    }

    fn shown(&mut self) -> Option<Shown> {
        let page = self.seen.now()?;
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

/// The filter of a form or an address.
pub(super) fn filter(query: &Form) -> OpResult<Filter> {
    let sort = match query.optional("sort") {
        None => Sort::default(),
        Some(text) => {
            Sort::read(&text).ok_or_else(|| OpError::invalid("sort", say::bad_sort(text)))?
        }
    };
    let (state, text) = (query.optional("state"), query.optional("text"));
    Ok(Filter { state, text, sort, ..Filter::default() })
}

/// What a list is asked for: which hosts, in which order, and which page of them.
fn asked(query: &Form) -> OpResult<(Filter, Option<String>, Paging)> {
    let paging = Paging { limit: Some(size(query)), cursor: query.optional("cursor") };
    Ok((filter(query)?, query.optional("selector"), paging))
}

/// A page of hosts, and how many there are on all pages.
async fn find(engine: &Engine, visit: &Visit, query: &Form) -> OpResult<(Page<Host>, i64)> {
    let (filter, selector, paging) = asked(query)?;
    host::list_and_count(engine, &visit.actor, filter, selector.as_deref(), &paging).await
}

fn size(query: &Form) -> u32 {
    let size = query.word("size").parse().unwrap_or(USUAL);
    if SIZES.contains(&size) { size } else { USUAL }
}

/// The columns that somebody always sees.
fn liked(kept: Option<&str>) -> Vec<Column> {
    let words: Vec<String> = kept.unwrap_or_default().split(',').map(str::to_owned).collect();
    let columns = Column::of_words(&words);
    if columns.is_empty() { Column::USUAL.to_vec() } else { columns }
}

/// The columns that are asked for, or those that somebody always sees.
fn chosen(query: &Form, liked: &[Column]) -> Vec<Column> {
    let said = Column::of_words(&query.all("column"));
    if said.is_empty() { liked.to_vec() } else { said }
}

/// Keeps the columns for whoever sees them now.
async fn keep_columns(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let columns = Column::of_words(&form.all("column"));
    let words: Vec<&str> = columns.iter().map(|column| column.word()).collect();
    preference::keep(&engine, &visit.actor, HOST_COLUMNS, &words.join(",")).await?;
    let back = format!("/ui/hosts?{}", form.only(&KEPT[..KEPT.len() - 1]));
    Ok(reply::go_and_say(&visit, &back, Flash::done(visit.t.hosts_columns_kept())))
}

fn list(
    visit: &Visit,
    query: &Form,
    (page, total): (Page<Host>, i64),
    (kept_columns, views, fault): (Option<String>, Beside, Option<&Fault>),
) -> ListPage {
    let t = visit.t;
    let liked = liked(kept_columns.as_deref());
    let columns = chosen(query, &liked);
    let ticked = query.all("host");
    let is_here = |name: &str| page.items.iter().any(|host| host.said.name == name);
    let elsewhere: Vec<String> = ticked.iter().filter(|name| !is_here(name)).cloned().collect();
    let rows = page.items.iter().map(|host| row(t, host, &columns, &ticked)).collect();
    let others = if columns == liked { &[][..] } else { &columns };
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
        is_all: query.is_on("all"),
        total,
        may_add: visit.may_somewhere(Verb::Change),
        other_columns: others.iter().map(|column| column.word()).collect(),
        views,
        is_partial: visit.is_partial,
        live: format!(
            "/ui/hosts/-/events?{}",
            query.with(&[("host", ""), ("order", ""), ("seen", &List::seen(&ids(&page)))])
        ),
    }
}

fn kept(query: &Form, ticked: Vec<String>) -> Vec<(&'static str, String)> {
    let filter = KEPT.into_iter().flat_map(|name| {
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
        title: match *word {
            PROBLEM => t.hosts_state_problem(),
            word => Badge::of_state(t, word).text,
        },
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
        Head { title, sort: Sort::read(word).map(|_| next), order }
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
        Column::Credential => said.credential.iter().cloned().collect(),
        Column::Zone => said.zone.iter().cloned().collect(),
        Column::Notes => said.notes.lines().next().map(short).into_iter().collect(),
        Column::State | Column::Seen | Column::Created => Vec::new(),
    };
    let is_problem = column == Column::State && PROBLEMS.contains(&host.state.as_str());
    let at_ms = if column == Column::Created { Some(host.created.at_ms) } else { host.seen_ms };
    Cell {
        title: column.title(t),
        texts,
        badges: if column == Column::State { Badge::of_host(t, host) } else { Vec::new() },
        moment: Moment::of(t, at_ms),
        is_moment: matches!(column, Column::Seen | Column::Created),
        why: if is_problem { reason(t, host) } else { String::new() },
    }
}

/// Why a host is as it is, in short.
fn reason(t: Words, host: &Host) -> String {
    let said = speech::reason(t.language, host.state_message.as_ref(), &host.state_reason);
    said.map(|said| short(&said.text)).unwrap_or_default()
}

/// The beginning of a text, which may be a host's.
fn short(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().take(SHORT).collect();
    visible::text(&line).into_owned()
}
