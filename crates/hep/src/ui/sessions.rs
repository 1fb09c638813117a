//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::session::{self, SignIn};
use hep_engine::ops::{Engine, setup};
use serde::Deserialize;

use super::fault::Fault;
use super::flash::Flash;
use super::form::Form;
use super::frame::Frame;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Guest, Member, Visit};
use super::words::Words;
use crate::api;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/sign-in", show).post("/sign-in", sign_in).post("/sign-out", sign_out)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    t: Words,
    name: String,
    next: String,
    wrong: Option<Said>,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    next: String,
}

async fn show(
    State(engine): State<Engine>,
    Guest(visit): Guest,
    axum::extract::Query(query): axum::extract::Query<Query>,
) -> Result<Response, Fault> {
    if visit.is_member() {
        return Ok(reply::go(reply::ours(&query.next)));
    }
    if setup::is_open(&engine).await? {
        return Ok(reply::go("/ui/setup"));
    }
    Ok(reply::page(&page(&visit, String::new(), query.next, None)))
}

fn page(visit: &Visit, name: String, next: String, wrong: Option<Said>) -> SignInPage {
    SignInPage { frame: visit.frame(visit.t.sign_in()), t: visit.t, name, next, wrong }
}

async fn sign_in(
    State(engine): State<Engine>,
    Guest(visit): Guest,
    form: Form,
) -> Result<Response, Fault> {
    let said = SignIn { name: form.word("name"), password: form.secret("password") };
    match session::sign_in(&engine, said, visit.from()).await {
        Ok(signed) => {
            let mut response = reply::go(reply::ours(&form.word("next")));
            api::set_session(&mut response, &signed, visit.is_encrypted);
            Ok(response)
        }
        Err(error) => {
            let fault = Fault::from(error);
            if fault.status.is_server_error() {
                return Err(fault);
            }
            let wrong = Some(visit.speech(&fault.message));
            let page = page(&visit, form.word("name"), form.word("next"), wrong);
            Ok(fault.noted(reply::page(&page)))
        }
    }
}

async fn sign_out(State(engine): State<Engine>, Member(visit): Member) -> Result<Response, Fault> {
    if let Some((id, _)) = &visit.session {
        session::end(&engine, &visit.actor, &visit.actor.name, id).await?;
    }
    let mut response = reply::go_and_say(&visit, "/ui/sign-in", Flash::done(visit.t.signed_out()));
    api::end_session(&mut response, visit.is_encrypted);
    Ok(response)
}

#[derive(Template)]
#[template(path = "again.html")]
struct Again<'a> {
    t: Words,
    here: &'a str,
}

/// The same page once more, asked for by ourselves.
pub(super) fn again(visit: &Visit) -> Response {
    reply::page(&Again { t: visit.t, here: reply::ours(&visit.here) })
}
