//! Host verbs: which there are, what hosts answer to those that only look, and waking what is switched off.
//!
//! What changes a host is a run with the verb as its subject.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use hep_core::message::{Message, verb as say};
use hep_core::rights::Verb;
use hep_core::run::HostState;
use hep_core::verb::packages::Package;
use hep_core::verb::processes::Process;
use hep_core::verb::services::Service;
use hep_core::verb::status::Status;
use hep_core::verb::wake::{Mac, PORT};
use hep_core::verb::{self, Made};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::run::{self, RunInput};
use super::run_secrets::SecretsInput;
use crate::cancel::Cancel;
use crate::exec::{self, Command, Script};
use crate::fleet::Fleet;
use crate::server::live::{Look, Seen};
use crate::server::roster::Registered;
use crate::server::sightings::Sightings;
use crate::server::subject::{Strategy, Subject, VerbSubject};
use crate::store::hosts;

/// How long a host may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long within a live view.
const LIVE_PATIENCE: Duration = Duration::from_secs(15);

/// A host verb.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The right that it needs on each host.
    pub right: &'static str,
    /// Whether it changes hosts.
    pub changes: bool,
}

/// The host verbs.
pub fn list() -> Vec<Known> {
    let known = |kind: &verb::Kind| Known {
        name: kind.name,
        summary: kind.summary,
        right: kind.right.word(),
        changes: kind.changes,
    };
    verb::all().map(known).collect()
}

/// How a host is; `live` leaves out what takes a second to find out.
pub async fn status(engine: &Engine, actor: &Actor, host: &str, live: bool) -> OpResult<Status> {
    let parameters = json!({ "live": live });
    Ok(verb::status::read(&ask(engine, actor, host, "status", &parameters).await?))
}

/// The processes of a host.
pub async fn processes(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Vec<Process>> {
    let output = ask(engine, actor, host, "processes.list", &Value::Null).await?;
    Ok(verb::processes::list(&output))
}

/// The services of a host.
pub async fn services(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Vec<Service>> {
    let output = ask(engine, actor, host, "services.list", &Value::Null).await?;
    Ok(verb::services::list(&output))
}

/// The packages that a host has, or those that it could have where something is searched for.
pub async fn packages(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    search: Option<&str>,
) -> OpResult<Vec<Package>> {
    let output = match search {
        Some(words) => ask(engine, actor, host, "packages.search", &json!({ "q": words })).await?,
        None => ask(engine, actor, host, "packages.list", &Value::Null).await?,
    };
    Ok(verb::packages::list(&output))
}

/// What a host printed for a verb that only looks.
async fn ask(
    engine: &Engine,
    actor: &Actor,
    host: &str,
    name: &str,
    parameters: &Value,
) -> OpResult<String> {
    let command = command(name, parameters)?;
    let fleet = fleet_for(engine, actor, host).await?;
    let said = answer(fleet, host.into(), command, PATIENCE).await;
    found(engine.sightings(), host, said.as_ref().err());
    said.map_err(OpError::Unreachable)
}

/// Notes whether a host was reached: what the line said is no fault of the host's command.
fn found(sightings: &Sightings, host: &str, failed: Option<&Message>) {
    match failed {
        None => sightings.answered(host),
        Some(why) if why.id.starts_with("ssh.") => sightings.silent(host, why),
        Some(_) => {}
    }
}

/// The hosts, for who may look at this one.
async fn fleet_for(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Arc<Fleet>> {
    let registered = engine.registered().await?;
    run::must_on(engine, actor, Verb::View, &[host.into()]).await?;
    if registered.host(host).is_none() {
        return Err(OpError::not_found("host", host));
    }
    let means = engine.means().ok_or_else(|| OpError::Unavailable(say::no_node()))?;
    Ok(means.fleet(engine, &registered))
}

fn command(name: &str, parameters: &Value) -> OpResult<Command> {
    let invalid = |message| OpError::invalid("parameters", message);
    match verb::kind(name).and_then(|kind| kind.make(parameters)).map_err(invalid)? {
        Made::Script(script) => Ok(Command {
            words: script.arguments,
            script: Some(Script { content: script.text.as_bytes().to_vec() }),
            ..Command::default()
        }),
        Made::Task(_) | Made::Key(_) => Err(OpError::Internal(format!("{name} is no question"))),
    }
}

async fn answer(
    fleet: Arc<Fleet>,
    name: Arc<str>,
    command: Command,
    patience: Duration,
) -> Result<String, Message> {
    let gone = || say::no_answer(&name);
    let host = fleet.inventory.hosts().get(&*name).cloned().ok_or_else(gone)?;
    let said = exec::capture(fleet, host, command, patience, Cancel::default()).await;
    let said = said.ok_or_else(gone)?;
    match said.end.state {
        HostState::Succeeded => Ok(said.stdout),
        _ => Err(said.end.error.unwrap_or_else(gone)),
    }
}

/// Watches how a host is. The audit log has one line for it, however long it goes on.
pub async fn watch(engine: &Engine, actor: &Actor, host: &str) -> OpResult<watch::Receiver<Seen>> {
    let command = command("status", &json!({ "live": true }))?;
    fleet_for(engine, actor, host).await?;
    let tx = engine.db().begin().await?;
    let known = hosts::by_name(&tx, host).await?;
    let known = known.ok_or_else(|| OpError::not_found("host", host))?;
    actor.did(&tx, "host.watch", Object::from(&known), "done", None).await?;
    tx.commit().await?;
    let watched = Arc::new(Watched {
        engine: engine.clone(),
        name: host.into(),
        command,
        last: tokio::sync::Mutex::default(),
    });
    let look: Look = Arc::new(move || {
        let watched = Arc::clone(&watched);
        async move { watched.look().await }.boxed()
    });
    Ok(engine.live().watch(host, look))
}

/// A host that somebody watches.
struct Watched {
    engine: Engine,
    name: Arc<str>,
    command: Command,
    /// The register as it was at the last look, and the hosts of it.
    last: tokio::sync::Mutex<Option<(Arc<Registered>, Arc<Fleet>)>>,
}

impl Watched {
    async fn look(&self) -> Result<Status, Message> {
        let fleet = self.fleet().await.map_err(OpError::told)?;
        let said = answer(fleet, Arc::clone(&self.name), self.command.clone(), LIVE_PATIENCE).await;
        found(self.engine.sightings(), &self.name, said.as_ref().err());
        said.map(|output| verb::status::read(&output))
    }

    /// The hosts as the register has them now: a key may have been approved, or an address mended, while somebody
    /// watches and waits for just that.
    async fn fleet(&self) -> OpResult<Arc<Fleet>> {
        let registered = self.engine.registered().await?;
        let mut last = self.last.lock().await;
        match &*last {
            Some((known, fleet)) if Arc::ptr_eq(known, &registered) => Ok(Arc::clone(fleet)),
            _ => {
                let means = self.engine.means();
                let means = means.ok_or_else(|| OpError::Unavailable(say::no_node()))?;
                let fleet = means.fleet(&self.engine, &registered);
                *last = Some((registered, Arc::clone(&fleet)));
                Ok(fleet)
            }
        }
    }
}

/// What a host is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Facts {
    /// The host.
    pub host: String,
    /// When they were taken, in milliseconds since 1970.
    pub at_ms: i64,
    /// The facts, by Ansible's names.
    #[schema(value_type = Object)]
    pub facts: Value,
}

/// The facts of a host as they were last taken, by a run of the verb `facts`.
pub async fn facts(engine: &Engine, actor: &Actor, host: &str) -> OpResult<Facts> {
    run::must_on(engine, actor, Verb::View, &[host.into()]).await?;
    let found = hosts::facts(engine.db(), host).await?;
    let (facts, at_ms) =
        found.ok_or_else(|| OpError::not_found("record of the facts of host", host))?;
    Ok(Facts { host: host.to_owned(), at_ms, facts })
}

/// Which machines are woken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WakeInput {
    /// The hosts, which must have a `mac` in the register.
    pub selector: String,
    /// Hosts of the same network that send the packet; the node itself when not said.
    pub via: Option<String>,
    /// The address to which the node sends it: the broadcast address of a network.
    #[schema(value_type = Option<String>)]
    pub broadcast: Option<Ipv4Addr>,
    /// The UDP port to which the node sends it; 9 when not said.
    pub port: Option<u16>,
}

/// What was sent. Whether a machine hears it nobody can know until it answers.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Woken {
    /// The hosts for which a packet was, or will be, sent.
    pub sent: Vec<String>,
    /// The hosts of which no hardware address is known.
    pub without_mac: Vec<String>,
    /// The run that has others send it.
    pub run: Option<String>,
}

/// Wakes machines.
pub async fn wake(engine: &Engine, actor: &Actor, said: &WakeInput) -> OpResult<Woken> {
    let registered = engine.registered().await?;
    let invalid = |message| OpError::invalid("selector", message);
    let names = registered.select(&said.selector).map_err(invalid)?;
    run::must_on(engine, actor, Verb::Power, &names).await?;
    let (mut woken, mut macs) = (Woken::default(), Vec::new());
    for name in names {
        let host = hosts::by_name(engine.db(), &name).await?;
        match host.and_then(|host| host.said.mac?.parse::<Mac>().ok()) {
            Some(mac) => {
                macs.push(mac);
                woken.sent.push(name.to_string());
            }
            None => woken.without_mac.push(name.to_string()),
        }
    }
    if macs.is_empty() {
        return Err(invalid(say::no_mac(&said.selector)));
    }
    match &said.via {
        Some(via) => woken.run = Some(wake_by_others(engine, actor, via, &macs).await?),
        None => {
            let address = said.broadcast.unwrap_or(Ipv4Addr::BROADCAST);
            send(&macs, SocketAddr::from((address, said.port.unwrap_or(PORT)))).await?;
        }
    }
    note(engine, actor, &woken).await?;
    Ok(woken)
}

async fn wake_by_others(
    engine: &Engine,
    actor: &Actor,
    via: &str,
    macs: &[Mac],
) -> OpResult<String> {
    let macs: Vec<String> = macs.iter().map(ToString::to_string).collect();
    let subject = VerbSubject {
        verb: "power.wake".into(),
        parameters: json!({ "macs": macs }),
        ..VerbSubject::default()
    };
    let said = RunInput {
        subject: Subject::Verb(subject),
        selector: via.to_owned(),
        strategy: Strategy::default(),
        description: String::new(),
        secrets: SecretsInput::default(),
    };
    Ok(run::create(engine, actor, said).await?.id)
}

async fn send(macs: &[Mac], to: SocketAddr) -> OpResult<()> {
    let sent = async {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        socket.set_broadcast(true)?;
        for mac in macs {
            socket.send_to(&mac.packet(), to).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    sent.await.map_err(|error| OpError::Unavailable(say::cannot_send(to, error)))
}

async fn note(engine: &Engine, actor: &Actor, woken: &Woken) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    let detail = json!({ "hosts": woken.sent, "run": woken.run });
    let object = Object { kind: "host", id: None, name: "" };
    actor.did(&tx, "host.wake", object, "done", Some(detail)).await?;
    Ok(tx.commit().await?)
}
