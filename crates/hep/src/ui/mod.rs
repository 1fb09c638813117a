//! The web page: `/ui/`. A door like `api`: it parses links and forms, calls an operation and renders a template.
//! One file a noun. How to add a page is in ARCHITECTURE.md, "The web page".

mod account;
mod act;
mod ansi;
mod ask;
mod assets;
mod audit;
mod badge;
mod bulk;
mod cookie;
mod credentials;
mod door;
mod fault;
mod find;
mod flash;
mod form;
#[cfg(test)]
mod forms_test;
mod frame;
mod grants;
mod groups;
mod help;
mod host;
#[cfg(test)]
mod hostile_test;
mod hosts;
mod import;
mod jobs;
mod kept;
#[cfg(test)]
mod kept_test;
mod language;
mod live;
#[cfg(test)]
mod live_test;
mod manifests;
mod measure;
mod moment;
mod multipart;
mod news;
mod nodes;
mod overview;
mod pages;
mod partitions;
mod preferences;
mod reply;
mod repositories;
mod roles;
mod runs;
mod sessions;
mod settings;
mod setup;
mod speech;
mod sure;
mod teams;
#[cfg(test)]
mod template_test;
#[cfg(test)]
pub(crate) mod testing;
mod tokens;
#[cfg(test)]
mod ui_test;
mod users;
mod views;
mod visit;
mod words;

use std::sync::Arc;

use axum::response::Redirect;
use axum::routing::get;
use axum::{Extension, Router, middleware};
use hep_engine::ops::Engine;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

pub(crate) use self::fault::Reader;
use self::pages::Pages;
use crate::api;
use crate::settings::Settings;

/// Where the pages lie.
pub(crate) const ROOT: &str = "/ui";

/// All pages, by noun.
fn pages() -> Pages {
    Pages::default()
        .and(overview::pages())
        .and(bulk::pages())
        .and(host::pages())
        .and(hosts::pages())
        .and(account::pages())
        .and(audit::pages())
        .and(find::pages())
        .and(help::pages())
        .and(jobs::pages())
        .and(manifests::pages())
        .and(nodes::pages())
        .and(settings::pages())
        .and(credentials::pages())
        .and(grants::pages())
        .and(groups::pages())
        .and(partitions::pages())
        .and(repositories::pages())
        .and(roles::pages())
        .and(teams::pages())
        .and(tokens::pages())
        .and(users::pages())
        .and(views::pages())
        .and(import::pages())
        .and(news::pages())
        .and(preferences::pages())
        .and(runs::pages())
        .and(sessions::pages())
        .and(setup::pages())
}

/// The method and the path of every page and form.
pub(crate) fn routes() -> Vec<(&'static str, String)> {
    pages().routes
}

/// The web page as a service.
pub(crate) fn router(engine: Engine, settings: &Settings) -> Router {
    // Of the layers the last is the outermost.
    pages()
        .router
        .layer(Extension(Arc::new(settings.clone())))
        .layer(CatchPanicLayer::custom(fault::panicked))
        .layer(middleware::from_fn_with_state(engine.clone(), door::enter))
        .layer(middleware::from_fn_with_state(engine.clone(), api::note_refused))
        .layer(CompressionLayer::new())
        .with_state(engine)
        .merge(assets::router())
        .route("/", get(async || Redirect::to("/ui/")))
}
