//! The settings of this server: seen, not changed. They stand in its configuration file and its environment.

mod meaning;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::response::Response;
use hep_core::rights::Verb;

use super::fault::Fault;
use super::frame::{Frame, Section};
use super::kept::shown::{self, Piece, Row, Table};
use super::pages::Pages;
use super::reply;
use super::visit::Member;
use super::words::Words;
use crate::settings::table::{ALL, Setting};
use crate::settings::{Origin, Settings};

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/settings", show)
}

#[derive(Template)]
#[template(path = "settings/list.html")]
struct SettingsPage {
    frame: Frame,
    t: Words,
    table: Table,
}

async fn show(
    Extension(settings): Extension<Arc<Settings>>,
    Member(visit): Member,
) -> Result<Response, Fault> {
    visit.actor.must(Verb::Administer, "settings")?;
    let t = visit.t;
    let heads = [t.settings_name(), t.settings_holds(), t.settings_origin(), t.settings_means()];
    let table = Table {
        title: t.settings_title().to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: ALL.iter().map(|setting| row(t, &settings, setting)).collect(),
        ..Table::default()
    };
    let frame = visit.frame_in(Section::Settings, t.settings_title());
    Ok(reply::page(&SettingsPage { frame, t, table }))
}

fn row(t: Words, settings: &Settings, setting: &Setting) -> Row {
    let origin = match settings.origin(setting) {
        Origin::Default => t.settings_default(),
        Origin::File => t.settings_file(),
        Origin::Environment => t.settings_environment(),
        Origin::CommandLine => t.settings_command_line(),
    };
    Row {
        head: Piece::Code(setting.name.to_owned()),
        cells: vec![
            shown::code(&settings.shown(setting)),
            shown::text(origin),
            shown::text(&t.setting_means(setting)),
        ],
    }
}
