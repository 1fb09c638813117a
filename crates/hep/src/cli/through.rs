//! Doing it through a server: the same words, shown in the same way.

use std::convert::Infallible;
use std::sync::Arc;

use hep_core::mask::Mask;
use hep_core::message::client as say;
use hep_core::run::HostState;
use hep_engine::cancel::Cancel;
use hep_engine::event::{EVENTS_WAITING, RunEvent};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::mpsc;

use super::connect::Connect;
use super::failure::Failure;
use super::signals;
use crate::client::follow::{follow, path};
use crate::client::{Server, context, replay};
use crate::render::{Ended, Render, View};
use crate::terminal::Screen;

/// Which server.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Through {
    /// Do it through a server, on hosts of its register: the one in use (`hep login`, or `HEP_SERVER`), or that at
    /// this address. Connection options do not count then: the server has its own
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true,
        default_missing_value = "")]
    server: Option<String>,
    /// Do it through the server of this context
    #[arg(long, value_name = "NAME", conflicts_with = "server")]
    context: Option<String>,
}

impl Through {
    /// The server that was asked for.
    pub(crate) fn asked(&self) -> Result<Option<Server>, Failure> {
        let context = match (&self.server, &self.context) {
            (None, None) => return Ok(None),
            (Some(url), _) if !url.is_empty() => context::at(url)?,
            (_, name) => context::current(name.as_deref())?,
        };
        Server::new(context).map(Some)
    }

    /// The same; where no inventory says which hosts there are, the server that is known, if there is one.
    pub(crate) fn asked_or_known(
        &self,
        connect: &Connect,
        selector: &str,
    ) -> Result<Option<Server>, Failure> {
        let asked = self.asked()?;
        if asked.is_some() || !connect.inventory.is_empty() || selector == LOCAL {
            return Ok(asked);
        }
        context::known(None)?.map(Server::new).transpose()
    }
}

/// The host that needs no inventory.
const LOCAL: &str = "localhost";

/// Whether a run waits for somebody's approval.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Approval {
    /// Let the run wait until somebody else has approved it: of a manifest what it would change, of all else before
    /// it begins
    #[arg(long)]
    pub(crate) approval: bool,
}

impl Approval {
    /// Refuses it where there is no server.
    pub(crate) fn refuse_without_server(self) -> Result<(), Failure> {
        match self.approval {
            true => Err(say::only_with_server("--approval").into()),
            false => Ok(()),
        }
    }
}

/// Options that a server does not take: their ids, why, and what to do.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (
        &["inventory"],
        "its hosts are those of its register",
        "leave it out, or leave out `--server`; `hep host import` brings an inventory into the register",
    ),
    (
        &[
            "user",
            "port",
            "key",
            "ask_pass",
            "ssh_config",
            "known_hosts",
            "host_key",
            "connect_timeout",
        ],
        "it reaches hosts as its register and its settings say",
        "change the register: `hep host update`, `hep credential create`, `hep host trust`, `hep host push-key`",
    ),
    (
        &["no_record"],
        "it keeps every run",
        "leave it out; how long runs are kept is a setting of the server",
    ),
    (
        &["plan_out", "allow_deferred"],
        "what a run would change is kept in the run",
        "with `--approval` the run tells what it would change, and goes on when somebody has approved that",
    ),
];

impl Connect {
    /// Refuses options of the command line that a server would not follow. What the environment says is for local runs
    /// alone.
    pub(crate) fn refuse_with_server(&self) -> Result<(), Failure> {
        for (ids, why, hint) in REFUSED {
            if let Some(id) = ids.iter().find(|id| self.said.contains(**id)) {
                let option = format!("--{}", id.replace('_', "-"));
                return Err(say::not_with_server(option, why, hint).into());
            }
        }
        Ok(())
    }

    /// Whether the password for sudo was given by an option.
    pub(crate) fn gives_become_password(&self) -> bool {
        ["ask_become_pass", "become_password_file"].iter().any(|id| self.said.contains(*id))
    }
}

/// A run of a server, shown.
pub(crate) struct Done {
    /// How each host ended.
    pub(crate) ended: Ended,
    /// The run, at its end.
    run: Value,
}

impl Done {
    /// The exit code, as of a run of our own.
    pub(crate) fn code(&self) -> u8 {
        super::run::code_of(&self.run, self.ended.values().map(|end| end.state))
    }
}

/// Asks a server for a run and shows it to its end. `renderer` is made for the hosts, in their order. The first
/// Ctrl-C stops the run on the server, the second leaves it alone.
pub(crate) async fn carry_out<'a>(
    server: &Server,
    wanted: &Value,
    renderer: impl FnOnce(&[Arc<str>]) -> Box<dyn Render + 'a>,
    screen: &Arc<Screen>,
) -> Result<Done, Failure> {
    let cancel = Cancel::default();
    signals::watch(&cancel, screen);
    let asked = server.make("/runs", wanted).await?;
    let run = Run { server, id: asked["id"].as_str().unwrap_or_default(), screen };
    let plays = asked["kind"] == "manifest";
    let names = if plays { Vec::new() } else { run.names().await? };
    let mut renderer = renderer(&names);
    if !plays {
        screen.start_bar(names.len());
    }
    let (events, received) = mpsc::channel(EVENTS_WAITING);
    let mask = Mask::default();
    let view = View { screen, mask: &mask, cancel: &cancel };
    let both = async { tokio::join!(view.show(received, &mut *renderer), run.feed(events, plays)) };
    let (shown, fed) = tokio::select! {
        both = both => both,
        never = run.stop(&cancel) => match never {},
    };
    screen.end_bar();
    let (run, ended) = (fed?, shown?);
    Ok(Done { ended, run })
}

/// A run on a server.
struct Run<'a> {
    server: &'a Server,
    id: &'a str,
    screen: &'a Arc<Screen>,
}

impl Run<'_> {
    async fn names(&self) -> Result<Vec<Arc<str>>, Failure> {
        let hosts = self.server.hosts_of(self.id).await?;
        Ok(hosts.iter().filter_map(|host| host["host"].as_str()).map(Arc::from).collect())
    }

    /// Gives what the log tells, then the ends that it did not; the run.
    async fn feed(&self, events: mpsc::Sender<RunEvent>, plays: bool) -> Result<Value, Failure> {
        let mut told: std::collections::HashSet<Arc<str>> = std::collections::HashSet::new();
        follow(self.server, self.id, async |entry: Value| {
            if waits_for_approval(&entry) {
                self.screen.say(&say::waits_for_approval(self.id).to_string());
            }
            for event in replay::events(&entry) {
                if let RunEvent::Host(end) = &event {
                    if plays && end.state == HostState::Skipped {
                        // A host of no play of the manifest.
                        continue;
                    }
                    told.insert(end.host.clone());
                }
                // Who shows them goes on to the end, whatever happens.
                let _ = events.send(event).await;
            }
            Ok(())
        })
        .await?;
        let run = self.server.call(Method::GET, &path(self.id, ""), None).await?.value;
        for end in self.server.hosts_of(self.id).await?.iter().filter_map(replay::of_list) {
            let is_of_no_play = plays && end.state == HostState::Skipped;
            if !(is_of_no_play || told.contains(&end.host)) {
                let _ = events.send(RunEvent::Host(Box::new(end))).await;
            }
        }
        Ok(run)
    }

    /// Once somebody wants it to stop, tells the server. The log says what came of it.
    async fn stop(&self, cancel: &Cancel) -> Infallible {
        cancel.cancelled().await;
        let asked = self.server.call(Method::POST, &path(self.id, "/cancel"), None).await;
        if let Err(failure) = asked {
            failure.tell(self.screen);
        }
        std::future::pending().await
    }
}

fn waits_for_approval(entry: &Value) -> bool {
    entry["data"]["state"] == "waiting" && entry["data"]["reason"] == "approval"
}
