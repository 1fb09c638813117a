//! The first administrator, by the link that the server printed. The token stands in it after `#`, so that no log
//! ever holds it; a script takes it from there, and without one it is pasted.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::Engine;
use hep_engine::ops::setup::{self, Setup};

use super::fault::Fault;
use super::flash::Flash;
use super::form::Form;
use super::frame::Frame;
use super::pages::Pages;
use super::reply;
use super::speech::Said;
use super::visit::{Guest, Visit};
use super::words::Words;
use crate::api;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/setup", show).post("/setup", create)
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    t: Words,
    name: String,
    wrong: Option<Said>,
    field: &'static str,
}

async fn show(State(engine): State<Engine>, Guest(visit): Guest) -> Result<Response, Fault> {
    if !setup::is_open(&engine).await? {
        return Ok(reply::go("/ui/"));
    }
    Ok(reply::page(&page(&visit, String::new(), None)))
}

fn page(visit: &Visit, name: String, fault: Option<&Fault>) -> SetupPage {
    SetupPage {
        frame: visit.frame(visit.t.setup_title()),
        t: visit.t,
        name,
        wrong: fault.map(|fault| visit.speech(&fault.message)),
        field: fault.and_then(|fault| fault.field).unwrap_or_default(),
    }
}

async fn create(
    State(engine): State<Engine>,
    Guest(visit): Guest,
    form: Form,
) -> Result<Response, Fault> {
    let said = Setup {
        token: form.secret("token"),
        name: form.word("name"),
        password: form.secret("password"),
    };
    match setup::setup(&engine, said, visit.from()).await {
        Ok(signed) => {
            let flash = Flash::done(visit.t.setup_done(&signed.me.name));
            let mut response = reply::go_and_say(&visit, "/ui/", flash);
            api::set_session(&mut response, &signed, visit.is_encrypted);
            Ok(response)
        }
        Err(error) => {
            let fault = Fault::from(error);
            if fault.status.is_server_error() {
                return Err(fault);
            }
            let page = page(&visit, form.word("name"), Some(&fault));
            Ok(fault.noted(reply::page(&page)))
        }
    }
}
