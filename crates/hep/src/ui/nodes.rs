//! The nodes: the servers that work on one database.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::{Engine, node};
use hep_engine::store::nodes::Node;

use super::badge::Badge;
use super::fault::Fault;
use super::frame::{Frame, Section};
use super::kept::shown::{self, Piece, Row, Table};
use super::moment::Moment;
use super::pages::Pages;
use super::reply;
use super::visit::Member;
use super::words::Words;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/nodes", show)
}

#[derive(Template)]
#[template(path = "settings/nodes.html")]
struct NodesPage {
    frame: Frame,
    t: Words,
    table: Table,
}

async fn show(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    let nodes = node::list(&engine, &visit.actor).await?;
    let t = visit.t;
    let heads = [
        t.kept_name(),
        t.hosts_column_state(),
        t.hosts_column_address(),
        t.nodes_zones(),
        t.nodes_release(),
        t.nodes_runs(),
        t.nodes_beat(),
        t.nodes_started(),
    ];
    let table = Table {
        title: t.nodes_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: nodes.iter().map(|node| row(t, node)).collect(),
        ..Table::default()
    };
    let frame = visit.frame_in(Section::Nodes, t.nodes_title());
    Ok(reply::page(&NodesPage { frame, t, table }))
}

fn row(t: Words, node: &Node) -> Row {
    let zones = match node.zones.is_empty() {
        true => shown::text(t.nodes_all_zones()),
        false => node.zones.iter().map(|zone| Piece::text(zone)).collect(),
    };
    Row {
        head: Piece::text(&node.name),
        cells: vec![
            vec![Piece::Badge(Badge::of_node(t, &node.state))],
            shown::code(&node.address),
            zones,
            shown::text(&node.release),
            shown::text(&node.runs.to_string()),
            vec![Piece::Moment(Some(Moment::at(t, node.beat_ms)))],
            vec![Piece::Moment(Some(Moment::at(t, node.started_ms)))],
        ],
    }
}

impl Badge {
    /// The state of a node.
    fn of_node(t: Words, state: &str) -> Self {
        match state {
            "up" => Self::good(t.nodes_up()),
            "silent" => Self::bad(t.nodes_silent()),
            _ => Self::busy(t.nodes_stopping()),
        }
    }
}
