//! A terminal on a host. The password is asked for again; then the page speaks with the shell over a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hep_core::message::{Message, terminal as say};
use hep_core::secret::Secret;
use hep_engine::ops::{Engine, terminal};
use hep_engine::server::terminal::{Size, Terminal, Told, Typed};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, interval, timeout};

use super::{Head, Place, Tab, place};
use crate::settings::{Settings, table};
use crate::ui::fault::Fault;
use crate::ui::form::{Form, Query};
use crate::ui::frame::Frame as Around;
use crate::ui::pages::Pages;
use crate::ui::reply;
use crate::ui::speech::Said as Wrong;
use crate::ui::visit::{Member, Visit};
use crate::ui::words::Words;

/// What is spoken over the socket.
const PROTOCOL: &str = "hep-terminal";
/// Before a ticket among the protocols that a browser offers. In the address it would stand in logs.
const TICKET: &str = "ticket.";
/// The largest piece that a browser may send, in bytes: a long text that is pasted comes in several.
const LARGEST: usize = 64 << 10;
/// Bytes that a browser may have to draw yet: it takes them faster than it draws, and would keep them all.
const AHEAD: u64 = 1 << 20;
/// How often a browser is asked whether it is there.
const ASK: Duration = Duration::from_secs(20);
/// A browser that says nothing for so long, or takes nothing, is gone.
const SILENCE: Duration = Duration::from_mins(1);

/// The pages of this tab.
pub(super) fn pages() -> Pages {
    Pages::new()
        .get("/hosts/{name}/terminal", show)
        .post("/hosts/{name}/terminal", allow)
        .get("/hosts/{name}/terminal/socket", socket)
}

#[derive(Template)]
#[template(path = "host/terminal.html")]
struct TerminalPage {
    frame: Around,
    t: Words,
    head: Head,
    /// Who one is on the host, where the register says it.
    user: Option<String>,
    /// Minutes until it ends: without typing, and in any case.
    ends: Option<(u64, u64)>,
    wrong: Option<Wrong>,
    /// What opens it, once.
    ticket: Option<String>,
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
) -> Result<Response, Fault> {
    terminal::must(&engine, &visit.actor, &name).await?;
    Ok(reply::page(&page(&engine, &visit, &name).await?))
}

async fn page(engine: &Engine, visit: &Visit, name: &str) -> Result<TerminalPage, Fault> {
    let Place { host, head, frame } = place(engine, visit, name, Tab::Terminal).await?;
    let minutes = |span: Duration| span.as_secs().div_ceil(60);
    let limits = terminal::limits(engine);
    Ok(TerminalPage {
        frame: frame.with_island("terminal"),
        t: visit.t,
        head,
        user: host.said.user,
        ends: limits.map(|limits| (minutes(limits.idle), minutes(limits.longest))),
        wrong: None,
        ticket: None,
    })
}

async fn allow(
    State(engine): State<Engine>,
    Member(visit): Member,
    Path(name): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let password = form.secret("password");
    let allowed = terminal::allow(&engine, &visit.actor, session(&visit), &name, password).await;
    match allowed.map_err(Fault::from) {
        Ok(ticket) => {
            let page = page(&engine, &visit, &name).await?;
            let ticket = Some(ticket.expose().clone());
            Ok(reply::page(&TerminalPage { ticket, ..page }))
        }
        Err(fault) if fault.is_for_the_form() => {
            let page = page(&engine, &visit, &name).await?;
            let wrong = Some(visit.speech(&fault.message));
            Ok(fault.noted(reply::page(&TerminalPage { wrong, ..page })))
        }
        Err(fault) => Err(fault),
    }
}

fn session(visit: &Visit) -> &str {
    visit.session.as_ref().map_or("", |(id, _)| id.as_str())
}

/// What a socket is asked for with.
type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

async fn socket(
    State(engine): State<Engine>,
    Extension(settings): Extension<Arc<Settings>>,
    Member(visit): Member,
    (Path(name), Query(query)): (Path<String>, Query),
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, Fault> {
    terminal::must(&engine, &visit.actor, &name).await?;
    if !is_ours(&headers, settings.text(&table::PUBLIC_URL), visit.is_encrypted) {
        return Err(Fault::new(StatusCode::FORBIDDEN, say::foreign()));
    }
    let no_socket = |_| Fault::new(StatusCode::BAD_REQUEST, say::no_socket());
    let upgrade = upgrade.map_err(no_socket)?;
    let no_ticket = || Fault::new(StatusCode::FORBIDDEN, say::bad_ticket());
    let ticket = ticket(&headers).ok_or_else(no_ticket)?;
    let number = |name: &str, usual| query.word(name).parse().unwrap_or(usual);
    let size = Size { columns: number("columns", 80), rows: number("rows", 24) };
    let (actor, session) = (&visit.actor, session(&visit));
    let opened = terminal::open(&engine, actor, session, &name, &ticket, size).await?;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(LARGEST).max_frame_size(LARGEST);
    Ok(upgrade.on_upgrade(async move |socket| carry(socket, opened, &visit).await))
}

/// Whether a page of ours asks: browsers say whose page opens a socket, and send our cookie whoever it is.
fn is_ours(headers: &HeaderMap, public: &str, is_encrypted: bool) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let Some((scheme, place)) = text(header::ORIGIN).and_then(|said| said.split_once("://")) else {
        return false;
    };
    let public = public.trim_end_matches('/').split_once("://").map(|(_, place)| place);
    let is_here = text(header::HOST) == Some(place) || public == Some(place);
    is_here && site.is_none_or(|site| site == "same-origin") && (!is_encrypted || scheme == "https")
}

/// The ticket among the protocols that are offered.
fn ticket(headers: &HeaderMap) -> Option<Secret<String>> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut words = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let ticket = words.find_map(|word| word.trim().strip_prefix(TICKET))?;
    Some(Secret::new(ticket.to_owned()))
}

/// Carries a terminal until either end has gone. Whoever is slow slows the other down: of what the host shows one
/// piece at a time is on its way to the browser, and what is typed waits for the host.
async fn carry(mut socket: WebSocket, mut terminal: Terminal, visit: &Visit) {
    let (typed, mut waiting) = (terminal.typed(), None);
    let (mut asks, mut heard) = (interval(ASK), Instant::now());
    let (mut sent, mut drawn) = (0_u64, 0_u64);
    let run = json!({ "run": terminal.run }).to_string();
    if !send(&mut socket, Frame::Text(run.into())).await {
        return;
    }
    while heard.elapsed() < SILENCE {
        tokio::select! {
            said = socket.recv(), if waiting.is_none() => match said {
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                Some(Ok(frame)) => {
                    heard = Instant::now();
                    match read(frame) {
                        Some(Said::Typed(typed)) => waiting = Some(typed),
                        Some(Said::Drawn(all)) => drawn = all.min(sent),
                        None => {}
                    }
                }
            },
            room = typed.reserve(), if waiting.is_some() => {
                if let (Ok(room), Some(typed)) = (room, waiting.take()) {
                    room.send(typed);
                }
            }
            told = terminal.next(), if sent - drawn < AHEAD => {
                let is_over = matches!(told, None | Some(Told::End(_)));
                let Some(frame) = told.map(|told| shown(told, visit)) else { return };
                if let Frame::Binary(bytes) = &frame {
                    sent += u64::try_from(bytes.len()).unwrap_or_default();
                }
                if !send(&mut socket, frame).await || is_over {
                    break;
                }
            }
            _ = asks.tick() => {
                if !send(&mut socket, Frame::Ping(Vec::new().into())).await {
                    return;
                }
            }
        }
        if waiting.is_some() {
            // While the host takes nothing, that the browser is there cannot be heard.
            heard = Instant::now();
        }
    }
    let _ = send(&mut socket, Frame::Close(None)).await;
}

/// Whether a browser took it.
async fn send(socket: &mut WebSocket, frame: Frame) -> bool {
    matches!(timeout(SILENCE, socket.send(frame)).await, Ok(Ok(())))
}

/// What a browser says.
enum Said {
    /// What somebody does.
    Typed(Typed),
    /// How many bytes it has drawn by now.
    Drawn(u64),
}

/// The words of a browser.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spoken {
    Size(Size),
    Drawn { drawn: u64 },
}

/// What a browser says: keys as bytes, all else as text.
fn read(frame: Frame) -> Option<Said> {
    match frame {
        Frame::Binary(keys) => Some(Said::Typed(Typed::Keys(keys))),
        Frame::Text(text) => Some(match serde_json::from_str(text.as_str()).ok()? {
            Spoken::Size(size) => Said::Typed(Typed::Size(size.sane())),
            Spoken::Drawn { drawn } => Said::Drawn(drawn),
        }),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => None,
    }
}

/// What a browser is told: output as bytes, all else as text.
fn shown(told: Told, visit: &Visit) -> Frame {
    match told {
        Told::Output(bytes) => Frame::Binary(bytes),
        Told::Open => Frame::Text(json!({ "open": true }).to_string().into()),
        Told::End(why) => Frame::Text(ended(&why, visit).to_string().into()),
    }
}

fn ended(why: &Message, visit: &Visit) -> serde_json::Value {
    let said = visit.speech(why);
    json!({ "end": said.text, "hint": said.hint })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn whose_page_asks_is_looked_at() {
        type Case = (&'static [(&'static str, &'static str)], bool, bool);
        const HERE: (&str, &str) = ("host", "hep.example:8443");
        let cases: &[Case] = &[
            (&[HERE, ("origin", "https://hep.example:8443")], true, true),
            (&[HERE, ("origin", "http://hep.example:8443")], true, false),
            (&[HERE, ("origin", "http://hep.example:8443")], false, true),
            (&[HERE, ("origin", "https://hep.example")], true, false),
            (&[HERE, ("origin", "https://public.example")], true, true),
            (&[HERE, ("origin", "https://evil.example")], true, false),
            (&[HERE, ("origin", "null")], true, false),
            (&[HERE], true, false),
            (&[("origin", "https://hep.example:8443")], true, false),
            (
                &[HERE, ("origin", "https://hep.example:8443"), ("sec-fetch-site", "cross-site")],
                true,
                false,
            ),
        ];
        for (said, is_encrypted, ours) in cases {
            let pairs = said.iter().map(|(name, text)| {
                (HeaderName::from_static(name), HeaderValue::from_static(text))
            });
            let headers: HeaderMap = pairs.collect();
            let public = "https://public.example/";
            assert_eq!(is_ours(&headers, public, *is_encrypted), *ours, "{said:?}");
        }
    }

    #[test]
    fn the_ticket_is_among_the_protocols() {
        let cases = [
            ("hep-terminal, ticket.abc", Some("abc")),
            ("ticket.abc,hep-terminal", Some("abc")),
            ("hep-terminal", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let headers: HeaderMap =
                [(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(line))]
                    .into_iter()
                    .collect();
            let found = ticket(&headers).map(|ticket| ticket.expose().clone());
            assert_eq!(found.as_deref(), expected, "{line}");
        }
    }
}
