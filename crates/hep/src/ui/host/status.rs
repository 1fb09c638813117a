//! How a host is: live, every two seconds, by server-sent events; without script as it is when asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use hep_core::message::Message;
use hep_core::verb::status::Status;
use hep_engine::ops::{Engine, host, verb};
use serde::Deserialize;

use super::now::Now;
use super::{Answer, Head, Place, Tab, address, place};
use crate::api::{Guard, Pass};
use crate::ui::fault::Fault;
use crate::ui::form::Query;
use crate::ui::frame::Frame;
use crate::ui::live::farewell;
use crate::ui::measure::{bytes, percent, rate, span};
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech;
use crate::ui::visit::Member;
use crate::ui::words::Words;

/// How long a live view stays silent before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many processes are shown, the busiest first.
const BUSIEST: usize = 5;

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new().get("/hosts/{name}", show).get("/hosts/{name}/status/events", watch)
}

#[derive(Template)]
#[template(path = "host/status.html")]
struct StatusPage {
    frame: Frame,
    t: Words,
    head: Head,
    live: Live,
}

/// What changes every two seconds.
#[derive(Template)]
#[template(path = "host/live.html")]
struct Live {
    t: Words,
    status: Answer<Status>,
    /// Where its keys are: that none is approved is why a new host is not reached.
    keys: String,
    gauges: Vec<Gauge>,
    facts: Vec<(&'static str, String)>,
    cards: Vec<(String, String, String)>,
    busiest: Vec<(u64, String, String, String)>,
    /// What charts are drawn from.
    chart: Chart,
}

/// Something of which a part is used.
struct Gauge {
    title: String,
    /// In percent, for people and for the bar.
    part: String,
    value: f64,
    /// How much of how much.
    detail: String,
    class: &'static str,
}

/// Numbers for charts; empty where they are not known.
#[derive(Default)]
struct Chart {
    load: String,
    cpu: String,
    memory: String,
    disk: String,
    received: String,
    sent: String,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Fault> {
    let Place { host, head, frame } = place(&engine, &visit, &name, Tab::Status).await?;
    let said = verb::status(&engine, &visit.actor, &host.said.name, false);
    let status = Answer::asked(&visit, &query, said).await?;
    let frame = frame.with_island("charts");
    let live = live(visit.t, &host.said.name, status);
    Ok(reply::page(&StatusPage { frame, t: visit.t, head, live }))
}

/// What a look is told as to those who watch.
#[derive(Default, Deserialize)]
struct Seen {
    status: Option<Status>,
    error: Option<String>,
    message: Option<Message>,
}

async fn watch(
    State(engine): State<Engine>,
    Member(visit): Member,
    pass: Pass,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    let mut seen = verb::watch(&engine, &visit.actor, &name).await?;
    let t = visit.t;
    let watched = name.clone();
    let guard = Guard::new(&engine, pass, &visit.actor).with_farewell(farewell());
    let guard = guard.of(move |engine, actor| {
        let name = watched.clone();
        async move { host::show(&engine, &actor, &name).await.map(drop) }
    });
    let now = seen.borrow_and_update().clone();
    let first: VecDeque<Arc<str>> = now.into_iter().collect();
    let start = (engine, visit, name, seen, first, String::new());
    let events = stream::unfold(
        start,
        move |(engine, visit, name, mut seen, mut first, mut found)| async move {
            let json = loop {
                if let Some(json) = first.pop_front() {
                    break json;
                }
                seen.changed().await.ok()?;
                first.extend(seen.borrow_and_update().clone());
            };
            // A node that stops is left: whoever watches connects again.
            let mut text = told(t, &name, &json);
            let now = host::show(&engine, &visit.actor, &name).await;
            let now = now.map(|host| Now::of(t, &host).apart(t)).unwrap_or_default();
            if now != found {
                text.push_str(&now);
                found = now;
            }
            let event = Event::default().data(text);
            (!engine.hub().is_closed())
                .then_some((Ok::<_, Infallible>(event), (engine, visit, name, seen, first, found)))
        },
    );
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Ok(Sse::new(guard.over(events)).keep_alive(alive).into_response())
}

/// A look as a part of the page.
fn told(t: Words, name: &str, json: &str) -> String {
    let seen: Seen = serde_json::from_str(json).unwrap_or_default();
    let answer = match seen {
        Seen { status: Some(status), .. } => Answer::Here(status),
        Seen { error, message, .. } => {
            let noted = error.unwrap_or_default();
            let said = speech::reason(t.language, message.as_ref(), &noted);
            Answer::Not(said.unwrap_or_default())
        }
    };
    live(t, name, answer).render().unwrap_or_default()
}

fn live(t: Words, name: &str, status: Answer<Status>) -> Live {
    let empty = Status::default();
    let seen = status.here().unwrap_or(&empty);
    let (gauges, facts) = (gauges(t, seen), facts(t, seen));
    let cards = seen.network.iter().map(|card| {
        let speed = |bytes: Option<f64>| bytes.map_or_else(|| "…".to_owned(), rate);
        (card.name.clone(), speed(card.received_per_second), speed(card.sent_per_second))
    });
    let (cards, busiest, chart) = (cards.collect(), busiest(seen), chart(seen));
    let keys = format!("{}/keys", address(name));
    Live { t, status, keys, gauges, facts, cards, busiest, chart }
}

fn gauges(t: Words, seen: &Status) -> Vec<Gauge> {
    let mut gauges = Vec::new();
    if let Some(cpu) = seen.cpu_percent {
        gauges.push(gauge(t.host_cpu().to_owned(), cpu, t.host_cpus(seen.cpus)));
    }
    if let Some(memory) = &seen.memory {
        let used = memory.total.saturating_sub(memory.available);
        gauges.extend(part(t, t.host_memory().to_owned(), used, memory.total));
        let used = memory.swap_total.saturating_sub(memory.swap_free);
        gauges.extend(part(t, t.host_swap().to_owned(), used, memory.swap_total));
    }
    for disk in &seen.disks {
        let detail = t.host_used_of(bytes(disk.used), bytes(disk.total));
        let value = disk.used_percent.unwrap_or_default();
        gauges.push(gauge(t.host_disk(&disk.path), value, detail));
    }
    gauges
}

fn part(t: Words, title: String, used: u64, total: u64) -> Option<Gauge> {
    let detail = t.host_used_of(bytes(used), bytes(total));
    (total > 0).then(|| gauge(title, percent(used, total), detail))
}

fn gauge(title: String, value: f64, detail: String) -> Gauge {
    let class = match value {
        90.0.. => "pf-m-danger",
        75.0.. => "pf-m-warning",
        _ => "",
    };
    Gauge { title, part: format!("{value:.0} %"), value, detail, class }
}

fn facts(t: Words, seen: &Status) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |title, text: String| {
        if !text.is_empty() {
            facts.push((title, text));
        }
    };
    add(t.host_system(), seen.system.clone());
    add(t.host_kernel(), seen.kernel.clone());
    add(t.host_uptime(), seen.uptime_seconds.map(span).unwrap_or_default());
    let load = seen.load.map(|[one, five, fifteen]| format!("{one:.2} · {five:.2} · {fifteen:.2}"));
    add(t.host_load(), load.unwrap_or_default());
    let logins = seen.logins.iter().map(|login| match login.from.as_str() {
        "" => format!("{} ({})", login.user, login.terminal),
        from => format!("{} ({from})", login.user),
    });
    let logins: Vec<String> = logins.collect();
    let nobody = seen.complete && logins.is_empty();
    add(t.host_logins(), if nobody { t.host_nobody().to_owned() } else { logins.join(", ") });
    if let Some(updates) = &seen.updates {
        add(t.host_updates(), updates.pending.to_string());
    }
    if seen.reboot_required == Some(true) {
        add(t.host_reboot_required(), seen.reboot_because.join(", ") + " ");
    }
    facts
}

fn busiest(seen: &Status) -> Vec<(u64, String, String, String)> {
    let mut processes: Vec<_> = seen.processes.iter().collect();
    let busy = |process: &hep_core::verb::processes::Process| process.cpu_percent.unwrap_or(0.0);
    processes.sort_by(|one, other| busy(other).total_cmp(&busy(one)));
    let some = processes.into_iter().take(BUSIEST);
    some.map(|process| {
        let cpu = format!("{:.0} %", busy(process));
        (process.pid, process.name.clone(), cpu, bytes(process.memory_bytes))
    })
    .collect()
}

fn chart(seen: &Status) -> Chart {
    let number = |value: Option<f64>| value.map(|value| format!("{value:.2}")).unwrap_or_default();
    let memory = seen.memory.as_ref().filter(|memory| memory.total > 0);
    let memory =
        memory.map(|memory| percent(memory.total.saturating_sub(memory.available), memory.total));
    let root = seen.disks.iter().find(|disk| disk.path == "/").or(seen.disks.first());
    let sum = |of: fn(&hep_core::verb::status::Card) -> Option<f64>| {
        let known: Vec<f64> = seen.network.iter().filter_map(of).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    Chart {
        load: number(seen.load.map(|[one, ..]| one)),
        cpu: number(seen.cpu_percent),
        memory: number(memory),
        disk: number(root.and_then(|disk| disk.used_percent)),
        received: number(sum(|card| card.received_per_second)),
        sent: number(sum(|card| card.sent_per_second)),
    }
}

#[cfg(test)]
mod tests {
    use hep_core::verb::processes::Process;
    use hep_core::verb::status::{Disk, Memory};

    use super::*;

    #[test]
    fn a_look_is_markup_of_ours_whatever_the_host_says() {
        let mut status = Status::default();
        status.system = "<b>Debian</b>".into();
        status.memory = Some(Memory { total: 100, available: 5, ..Memory::default() });
        let disk = Disk {
            path: "/<i>".into(),
            device: "d".into(),
            total: 10,
            used: 5,
            available: 5,
            used_percent: Some(50.0),
        };
        status.disks.push(disk);
        let mut process = Process::default();
        process.name = "<script>alert(1)</script>".to_owned();
        status.processes.push(process);
        status.complete = true;
        let json = serde_json::json!({ "status": status });
        let text = told(Words::default(), "web1", &json.to_string());
        assert!(
            !text.contains("<script>") && !text.contains("<b>") && !text.contains("<i>"),
            "{text}"
        );
        assert!(text.contains("data-memory=\"95.00\"") && text.contains("pf-m-danger"), "{text}");
        assert!(text.contains("nobody"), "{text}");
        let error = serde_json::json!({ "error": "no <answer>\nhint: look at it" }).to_string();
        let text = told(Words::default(), "web1", &error);
        assert!(text.contains("no &#60;answer&#62;. Look at it"), "{text}");
    }
}
