//! The services of a host: starting and stopping them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::verb::services::Service;
use hep_engine::ops::{Engine, verb};
use serde_json::json;

use super::{Answer, Head, Place, Tab, address, place};
use crate::ui::act::{Act, begin};
use crate::ui::badge::Badge;
use crate::ui::fault::Fault;
use crate::ui::form::{Form, Query};
use crate::ui::frame::Frame;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::sure::SURE;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/services", show).post("/hosts/{name}/services", change)
}

#[derive(Template)]
#[template(path = "host/services.html", blocks = ["part"])]
struct ServicesPage {
    frame: Frame,
    t: Words,
    head: Head,
    answer: Answer<Vec<Service>>,
    text: String,
}

impl ServicesPage {
    fn shown(&self) -> Vec<(&Service, Badge)> {
        let has = |service: &&Service| {
            self.text.is_empty()
                || service.name.contains(&self.text)
                || service.description.contains(&self.text)
        };
        let mut shown: Vec<&Service> =
            self.answer.here().into_iter().flatten().filter(has).collect();
        // What has failed first, then what runs.
        let rank = |service: &Service| match service.state.as_str() {
            "failed" => 0,
            "running" => 1,
            _ => 2,
        };
        shown.sort_by(|one, other| rank(one).cmp(&rank(other)).then(one.name.cmp(&other.name)));
        shown.into_iter().map(|one| (one, Badge::of_service(self.t, &one.state))).collect()
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::Services).await?;
    let said = verb::services(&engine, &visit.actor, &host.said.name);
    let answer = Answer::asked(&visit, &query, said).await?;
    let page = ServicesPage { frame, t: visit.t, head, answer, text: query.word("text") };
    Ok(reply::page_or(&visit, &page, &page.as_part()))
}

async fn change(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let t = visit.t;
    let ways = [
        ("start", "services.start", t.service_start()),
        ("stop", "services.stop", t.service_stop()),
        ("restart", "services.restart", t.service_restart()),
        ("enable", "services.enable", t.service_enable()),
        ("disable", "services.disable", t.service_disable()),
    ];
    let way = ways.into_iter().find(|(field, ..)| form.is_on(field)).unwrap_or(ways[2]);
    let (field, verb, word) = way;
    let service = form.word(field);
    if let Some(sentences) = explained(t, field, &service)
        && !form.is_on(SURE)
    {
        let title = t.service_title(word, &service, &name);
        let question = (title, format!("{word}: {service}"), sentences);
        return super::question(&engine, &visit, (&name, "/services"), &form, question).await;
    }
    let text = t.service_done(word, &service, &name);
    let act = Act { selector: &name, verb, parameters: json!({ "name": service }), text };
    begin(&engine, &visit, act, &format!("{}/services", address(&name))).await
}

/// What it means for others, of what takes something from them.
fn explained(t: Words, deed: &str, service: &str) -> Option<Vec<String>> {
    let unit = service.split('.').next().unwrap_or_default();
    let is_ssh = ["ssh", "sshd"].contains(&unit);
    match deed {
        "stop" if is_ssh => {
            Some(vec![t.service_stop_explained(service), t.service_is_ssh().to_owned()])
        }
        "stop" => Some(vec![t.service_stop_explained(service)]),
        "restart" => Some(vec![t.service_restart_explained(service)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::host_test::{self, server};
    use super::*;
    use crate::ui::hostile_test::{EVIL, check};

    #[tokio::test]
    async fn a_service_is_text_whatever_it_calls_itself() {
        let server = server().await;
        let (Place { head, frame, .. }, t) = host_test::place(&server, Tab::Services).await;
        let evil = EVIL.replace(char::is_control, "").replace('\u{202e}', "");
        let service = |state: &str, at_boot: &str| Service {
            name: evil.clone(),
            state: state.to_owned(),
            at_boot: at_boot.to_owned(),
            description: evil.clone(),
        };
        let services =
            vec![service("running", "yes"), service("failed", "no"), service(&evil, &evil)];
        let page =
            ServicesPage { frame, t, head, answer: Answer::Here(services), text: String::new() };
        let page = page.render().unwrap();
        check("services", &page);
        assert!(page.matches("alert(1)").count() > 12, "{page}");
    }
}
