//! The processes of a host, and ending them.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use hep_core::verb::processes::Process;
use hep_engine::ops::{Engine, verb};
use serde_json::json;

use super::{Answer, Head, Place, Tab, address, place};
use crate::ui::act::{Act, begin};
use crate::ui::fault::Fault;
use crate::ui::form::{Form, Query};
use crate::ui::frame::Frame;
use crate::ui::measure::bytes;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::sure::SURE;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}/processes", show).post("/hosts/{name}/processes", signal)
}

#[derive(Template)]
#[template(path = "host/processes.html", blocks = ["part"])]
struct ProcessesPage {
    frame: Frame,
    t: Words,
    head: Head,
    answer: Answer<Vec<Process>>,
    /// What names are searched for.
    text: String,
}

impl ProcessesPage {
    fn shown(&self) -> Vec<&Process> {
        let has = |process: &&Process| {
            self.text.is_empty()
                || process.name.contains(&self.text)
                || process.command.contains(&self.text)
                || process.user == self.text
        };
        let mut shown: Vec<&Process> =
            self.answer.here().into_iter().flatten().filter(has).collect();
        let busy = |process: &Process| process.cpu_percent.unwrap_or(0.0);
        shown.sort_by(|one, other| {
            busy(other).total_cmp(&busy(one)).then(other.memory_bytes.cmp(&one.memory_bytes))
        });
        shown
    }

    #[expect(clippy::unused_self, reason = "templates call it on what they have")]
    fn cpu(&self, process: &Process) -> String {
        process.cpu_percent.map(|cpu| format!("{cpu:.1} %")).unwrap_or_default()
    }

    #[expect(clippy::unused_self, reason = "templates call it on what they have")]
    fn memory(&self, process: &Process) -> String {
        bytes(process.memory_bytes)
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::Processes).await?;
    let said = verb::processes(&engine, &visit.actor, &host.said.name);
    let answer = Answer::asked(&visit, &query, said).await?;
    let page = ProcessesPage { frame, t: visit.t, head, answer, text: query.word("text") };
    Ok(reply::page_or(&visit, &page, &page.as_part()))
}

async fn signal(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let (signal, said) = match form.optional("kill") {
        Some(said) => ("KILL", said),
        None => ("TERM", form.word("stop")),
    };
    // The name stands beside the id for people; what is ended is what has this id since then.
    let mut words = said.splitn(3, ' ');
    let pid: u32 = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
    let started: Option<u64> = words.next().and_then(|word| word.parse().ok());
    let program = words.next().unwrap_or_default();
    let t = visit.t;
    let (title, explained, button, text) = match signal {
        "KILL" => (
            t.process_kill_title(program, pid, &name),
            t.process_kill_explained(),
            t.process_kill_one(program, pid),
            t.process_killed(program, pid, &name),
        ),
        _ => (
            t.process_stop_title(program, pid, &name),
            t.process_stop_explained(),
            t.process_stop_one(program, pid),
            t.process_stopped(program, pid, &name),
        ),
    };
    if !form.is_on(SURE) {
        let question = (title, button, vec![explained.to_owned()]);
        return super::question(&engine, &visit, (&name, "/processes"), &form, question).await;
    }
    let started: Vec<u64> = started.into_iter().collect();
    let parameters = json!({ "pids": [pid], "started_ticks": started, "signal": signal });
    let act = Act { selector: &name, verb: "processes.signal", parameters, text };
    let to = format!(
        "{}/processes?{}",
        address(&name),
        form.with(&[("csrf", ""), ("kill", ""), ("stop", ""), (SURE, "")])
    );
    begin(&engine, &visit, act, &to).await
}

#[cfg(test)]
mod tests {
    use super::super::host_test::{self, server};
    use super::*;
    use crate::ui::hostile_test::{EVIL, check};

    #[tokio::test]
    async fn a_process_is_text_whatever_it_calls_itself() {
        let server = server().await;
        let (Place { head, frame, .. }, t) = host_test::place(&server, Tab::Processes).await;
        // What steers a terminal is taken out where answers of hosts are read (`hep_core::verb`).
        let evil = EVIL.replace(char::is_control, "").replace('\u{202e}', "");
        let mut process = Process::default();
        process.pid = 7;
        process.user.clone_from(&evil);
        process.name.clone_from(&evil);
        process.command.clone_from(&evil);
        let answer = Answer::Here(vec![process]);
        let page = ProcessesPage { frame, t, head, answer, text: "alert".into() };
        let page = page.render().unwrap();
        check("processes", &page);
        assert!(page.matches("alert(1)").count() > 5, "{page}");
    }
}
