//! The keys of a host: what it has shown, what a fingerprint is, and trusting one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_engine::ops::host_key::{Approval, KeyInput};
use hep_engine::ops::{Engine, host_key};
use hep_engine::store::host_keys::{HostKey, State as KeyState};

use super::{Head, Place, Tab, address, place};
use crate::terminal::visible;
use crate::ui::act::not_done;
use crate::ui::badge::Badge;
use crate::ui::fault::Fault;
use crate::ui::flash::Flash;
use crate::ui::form::Form;
use crate::ui::frame::Frame;
use crate::ui::moment::Moment;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts/{name}/keys", show)
        .post("/hosts/{name}/keys", ask)
        .post("/hosts/{name}/keys/{id}/approve", approve)
        .post("/hosts/{name}/keys/{id}/revoke", revoke)
}

/// A key in the list.
struct Line {
    key: HostKey,
    badge: Badge,
    shown: Moment,
    is_offered: bool,
    is_trusted: bool,
}

#[derive(Template)]
#[template(path = "host/keys.html")]
struct KeysPage {
    frame: Frame,
    t: Words,
    head: Head,
    keys: Vec<Line>,
    /// Whether one of them waits while another is trusted: the host shows another key than before.
    is_changed: bool,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let Place { head, frame, .. } = place(&engine, &visit, &name, Tab::Keys).await?;
    let keys = host_key::list(&engine, &visit.actor, &name).await?;
    let has = |state: KeyState| keys.iter().any(|key| key.state == state);
    let is_changed = has(KeyState::Offered) && has(KeyState::Pinned);
    let t = visit.t;
    let lines = keys.into_iter().map(|key| Line {
        badge: Badge::of_key(t, key.state),
        shown: Moment::at(t, key.shown_ms),
        is_offered: key.state == KeyState::Offered,
        is_trusted: key.state == KeyState::Pinned,
        key: HostKey {
            algorithm: visible::text(&key.algorithm).into_owned(),
            fingerprint: visible::text(&key.fingerprint).into_owned(),
            ..key
        },
    });
    Ok(reply::page(&KeysPage { frame, t, head, keys: lines.collect(), is_changed }))
}

fn here(name: &str) -> String {
    format!("{}/keys", address(name))
}

/// Asks the host, or takes a key that is known by other means.
async fn ask(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let said = KeyInput { public_key: form.optional("public_key") };
    let text = match said.public_key {
        Some(_) => visit.t.key_trusted(&name),
        None => visit.t.key_asked(&name),
    };
    match host_key::add(&engine, &visit.actor, &name, &said).await {
        Ok(_) => Ok(reply::go_and_say(&visit, &here(&name), Flash::done(text))),
        Err(error) => not_done(&visit, Fault::from(error), &here(&name)),
    }
}

async fn approve(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let said = Approval { fingerprint: form.word("fingerprint") };
    match host_key::approve(&engine, &visit.actor, &name, &id, &said).await {
        Ok(_) => {
            let flash = Flash::done(visit.t.key_trusted(&name));
            Ok(reply::go_and_say(&visit, &address(&name), flash))
        }
        Err(error) => not_done(&visit, Fault::from(error), &here(&name)),
    }
}

async fn revoke(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Fault> {
    match host_key::revoke(&engine, &visit.actor, &name, &id).await {
        Ok(_) => {
            let flash = Flash::done(visit.t.key_revoked(&name));
            Ok(reply::go_and_say(&visit, &here(&name), flash))
        }
        Err(error) => not_done(&visit, Fault::from(error), &here(&name)),
    }
}
