//! What pages show of a noun, as data: pieces, facts, tables and what can be done.

use crate::terminal::visible;
use crate::ui::badge::Badge;
use crate::ui::moment::Moment;
use crate::ui::words::Words;
use hep_engine::store::Stamp;

/// A piece of what stands in a cell or behind a label (`part/piece.html`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Words.
    Text(String),
    /// Something that programs read, in a line.
    Code(String),
    /// The same in lines of their own.
    Block(String),
    /// A link: what it says, where it leads.
    Link(String, String),
    /// A state.
    Badge(Badge),
    /// An instant; `None` for never.
    Moment(Option<Moment>),
    /// Something that can be done.
    Action(Action),
}

impl Piece {
    /// Words of people, with control characters made visible.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(visible::text(text).into_owned())
    }

    /// A link to a noun that is kept.
    pub(crate) fn link(path: &str, name: &str) -> Self {
        let href = format!("/ui/{path}/{}", crate::ui::reply::segment(name));
        Self::Link(visible::text(name).into_owned(), href)
    }
}

/// What stands in a cell, or behind a label.
pub(crate) type Cell = Vec<Piece>;

/// Words, or nothing.
pub(crate) fn text(text: &str) -> Cell {
    if text.is_empty() { Vec::new() } else { vec![Piece::text(text)] }
}

/// Something that programs read, or nothing.
pub(crate) fn code(text: &str) -> Cell {
    let shown = visible::text(text).into_owned();
    if text.is_empty() { Vec::new() } else { vec![Piece::Code(shown)] }
}

/// Links to nouns.
pub(crate) fn links<'a>(path: &str, names: impl IntoIterator<Item = &'a String>) -> Cell {
    names.into_iter().map(|name| Piece::link(path, name)).collect()
}

/// A label with what stands behind it.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// The label.
    pub(crate) label: String,
    /// What stands behind it; nothing is shown as a dash.
    pub(crate) cell: Cell,
}

impl Fact {
    /// A fact.
    pub(crate) fn new(label: &str, cell: Cell) -> Self {
        Self { label: label.to_owned(), cell }
    }
}

/// Who made it and who changed it last.
pub(crate) fn stamps(t: Words, created: &Stamp, modified: Option<&Stamp>) -> Vec<Fact> {
    let fact = |label, stamp: &Stamp| {
        let by = Piece::Text(t.kept_by(visible::text(&stamp.by)));
        Fact::new(label, vec![Piece::Moment(Some(Moment::at(t, stamp.at_ms))), by])
    };
    let mut facts = vec![fact(t.kept_created(), created)];
    facts.extend(modified.map(|stamp| fact(t.kept_modified(), stamp)));
    facts
}

/// A line of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What the line is about.
    pub(crate) head: Piece,
    /// What stands in the other columns.
    pub(crate) cells: Vec<Cell>,
}

/// A table (`part/rows.html`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Its title.
    pub(crate) title: String,
    /// Its columns.
    pub(crate) heads: Vec<String>,
    /// Its lines.
    pub(crate) rows: Vec<Row>,
    /// What is said where there are none.
    pub(crate) empty: String,
    /// Where more of it is: what it says, where it leads.
    pub(crate) more: Option<(String, String)>,
}

impl Row {
    /// Each cell with its column's title, for templates.
    pub(crate) fn titled<'a>(&'a self, heads: &'a [String]) -> Vec<(&'a str, &'a Cell)> {
        let heads = heads.iter().skip(1).map(String::as_str);
        heads.zip(&self.cells).collect()
    }
}

/// Something that can be done: a link, or a form of one button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    /// What it says.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) href: String,
    /// The class of its look.
    pub(crate) class: &'static str,
    /// Whether it is sent rather than followed.
    pub(crate) is_form: bool,
}

impl Action {
    /// A link.
    pub(crate) fn link(text: &str, href: String) -> Self {
        Self { text: text.to_owned(), href, class: "pf-m-secondary", is_form: false }
    }

    /// The link that most will follow.
    pub(crate) fn main(text: &str, href: String) -> Self {
        Self { class: "pf-m-primary", ..Self::link(text, href) }
    }

    /// A link to what takes something away.
    pub(crate) fn danger(text: &str, href: String) -> Self {
        Self { class: "pf-m-danger", ..Self::link(text, href) }
    }

    /// A button that does something at once, which harms nobody.
    pub(crate) fn button(text: &str, href: String) -> Self {
        Self { is_form: true, ..Self::link(text, href) }
    }
}
