//! How this node reaches hosts of zones that are not its own: a node of the zone makes the TCP connection to the first
//! hop and carries the bytes. The log-in, the host's key and all that is said are between us and the host.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use hep_core::message::{Message, ssh as say};
use tokio::time::{Instant, timeout_at};

use super::proof::{Key, Wish};
use crate::ops::Engine;
use crate::ops::error::chain;
use crate::seal::Place;
use crate::store::nodes::{self, Door};
use crate::store::now_ms;
use crate::transport::TransportError;
use crate::transport::dial::{BoxStream, Dial, Dialed};

/// Asks another node for a tunnel, over whatever nodes speak with one another.
pub trait Carrier: Send + Sync {
    /// Sends a signed wish to the node at an address; the bytes of the host where it is granted.
    fn carry(&self, address: String, wish: String) -> BoxFuture<'static, Result<BoxStream, NoWay>>;
}

/// Why a node gave no way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// It tried, and did not reach the host: no other will.
    Host(String),
    /// It could not be asked, or refused. Another may do better.
    Node(String),
}

/// The ways by other nodes.
pub(crate) struct Ways {
    /// Our own id.
    node: String,
    zones: Vec<String>,
    carrier: Option<Arc<dyn Carrier>>,
    /// How long a node may be silent.
    silent: Duration,
    /// Whose turn it is, so that all carry their part.
    turn: AtomicUsize,
}

impl Ways {
    /// Those of a node that reaches some zones by itself.
    pub(super) fn new(
        node: &str,
        zones: &[String],
        carrier: Option<Arc<dyn Carrier>>,
        lease: Duration,
    ) -> Arc<Self> {
        let silent = Duration::from_millis(nodes::SILENT_MS.unsigned_abs()).max(lease * 2);
        let (node, zones) = (node.to_owned(), zones.to_vec());
        Arc::new(Self { node, zones, carrier, silent, turn: AtomicUsize::new(0) })
    }

    /// Who makes the first hop to a host of a zone; nobody where we do so ourselves.
    pub(super) fn to(
        self: &Arc<Self>,
        engine: &Engine,
        zone: Option<&str>,
        host: &str,
    ) -> Option<Arc<dyn Dial>> {
        let zone = zone.filter(|zone| !nodes::reaches(&self.zones, Some(zone)))?;
        let (zone, host) = (zone.to_owned(), host.to_owned());
        Some(Arc::new(Way { engine: engine.clone(), ways: Arc::clone(self), zone, host }))
    }
}

/// The way to one host.
struct Way {
    engine: Engine,
    ways: Arc<Ways>,
    zone: String,
    /// The host's id: of the host of the register with which the way begins.
    host: String,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way")
            .field("zone", &self.zone)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Dial for Way {
    fn way(&self) -> &str {
        &self.zone
    }

    async fn dial(&self, host: &str, within: Duration) -> Result<Dialed, TransportError> {
        let until = Instant::now() + within;
        let doors = self.doors(host, until).await?;
        let mut last = say::no_node(host, &self.zone);
        for (index, door) in doors.iter().enumerate() {
            let now = Instant::now();
            let rest = u32::try_from(doors.len() - index).unwrap_or(u32::MAX);
            // Its share of the time that is left, so that one that says nothing does not use it all.
            let share = until.saturating_duration_since(now) / rest;
            let asked = timeout_at(now + share, self.ask(door, share)).await;
            let seconds = share.as_secs_f64();
            let silent = || Err(NoWay::Node(say::node_silent(format!("{seconds:.0}")).to_string()));
            match asked.unwrap_or_else(|_| silent()) {
                Ok(stream) => return Ok(Dialed { stream, through: door.id.clone() }),
                Err(NoWay::Host(why)) => {
                    return Err(failed(say::node_failed(host, &door.name, why)));
                }
                Err(NoWay::Node(why)) => {
                    tracing::warn!(node = door.name, address = door.address, "no way: {why}");
                    last = say::node_failed(host, &door.name, why);
                }
            }
        }
        Err(failed(last))
    }
}

fn failed(message: Message) -> TransportError {
    TransportError::Node { message }
}

impl Way {
    /// The nodes of the zone, another one first each time.
    async fn doors(&self, host: &str, until: Instant) -> Result<Vec<Door>, TransportError> {
        let silent = i64::try_from(self.ways.silent.as_millis()).unwrap_or(i64::MAX);
        let since = now_ms().saturating_sub(silent);
        let read = nodes::doors(self.engine.db(), Some(&self.zone), since);
        let read = timeout_at(until, read).await;
        let mut doors = match read {
            Ok(Ok(doors)) => doors,
            Ok(Err(error)) => return Err(failed(say::nodes_unknown(host, chain(&error)))),
            Err(_) => return Err(failed(say::nodes_unknown(host, "the database is silent"))),
        };
        doors.retain(|door| door.id != self.ways.node);
        if !doors.is_empty() {
            let turn = self.ways.turn.fetch_add(1, Ordering::Relaxed) % doors.len();
            doors.rotate_left(turn);
        }
        Ok(doors)
    }

    async fn ask(&self, door: &Door, within: Duration) -> Result<BoxStream, NoWay> {
        let no_carrier = || NoWay::Node(say::node_alone().to_string());
        let carrier = self.ways.carrier.as_ref().ok_or_else(no_carrier)?;
        let place = key_place(&door.id);
        let key = self.engine.sealer().open(place, &door.sealed);
        let key = key.map(Key::of).map_err(|error| NoWay::Node(error.to_string()))?;
        let wish = Wish::new(&door.id, &self.host, &self.ways.node, within, now_ms());
        carrier.carry(door.address.clone(), wish.signed(&key)).await
    }
}

/// Where the key of a node lies.
pub(super) const fn key_place(node: &str) -> Place<'_> {
    Place { table: "nodes", row: node, field: "sealed" }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use futures::FutureExt as _;

    use super::super::proof::Granted;
    use super::*;
    use crate::ops::testing::on_both;

    /// A node's key, and what it answers.
    type Known = (Key, Result<(), NoWay>);

    /// Nodes by address.
    #[derive(Default)]
    struct Nodes {
        known: Mutex<HashMap<String, Known>>,
        asked: Mutex<Vec<String>>,
    }

    impl Carrier for Nodes {
        fn carry(
            &self,
            address: String,
            wish: String,
        ) -> BoxFuture<'static, Result<BoxStream, NoWay>> {
            let (key, answer) = self.known.lock().unwrap()[&address].clone();
            let wish = Granted::default().take(&wish, &key, now_ms()).unwrap();
            assert_eq!(
                (wish.node, wish.host.as_str(), wish.from.as_str()),
                (address.clone(), "h", "me")
            );
            self.asked.lock().unwrap().push(address);
            async { answer.map(|()| Box::new(tokio::io::duplex(8).0) as BoxStream) }.boxed()
        }
    }

    /// Notes that a node of `eu` is there and would answer so.
    async fn up(engine: &Engine, nodes: &Nodes, id: &str, answer: Result<(), NoWay>) {
        let key = nodes.known.lock().unwrap().get(id).map(|(key, _)| key.clone());
        let key = key.unwrap_or_else(Key::random);
        let sealed = engine.sealer().seal(key_place(id), key.bytes()).unwrap();
        let name = format!("name of {id}");
        let node = nodes::Node { name, ..nodes::Node::for_tests(id, id, now_ms()) };
        nodes::beat(engine.db(), &node, Some(&sealed)).await.unwrap();
        nodes.known.lock().unwrap().insert(id.into(), (key, answer));
    }

    #[tokio::test]
    async fn another_node_is_asked_where_one_fails_but_not_where_the_host_does() {
        on_both(|engine| async move {
            let nodes = Arc::new(Nodes::default());
            let carrier: Arc<dyn Carrier> = nodes.clone();
            let zones = ["us".to_owned()];
            let ways = Ways::new("me", &zones, Some(carrier), Duration::from_secs(15));
            assert!(ways.to(&engine, None, "h").is_none());
            assert!(ways.to(&engine, Some("us"), "h").is_none(), "our own");
            let way = ways.to(&engine, Some("eu"), "h").unwrap();
            let dial = async || way.dial("web", Duration::from_mins(1)).await;
            let told = |done: Result<Dialed, TransportError>| match done {
                Ok(dialed) => dialed.through,
                Err(error) => {
                    assert_eq!(error.outcome(), crate::transport::Outcome::Unreachable);
                    error.message().to_string()
                }
            };
            let nobody = told(dial().await);
            assert!(nobody.starts_with("cannot reach web: no node that reaches its zone eu"));
            // Ourselves are never asked.
            up(&engine, &nodes, "me", Ok(())).await;
            assert_eq!(told(dial().await), nobody);
            let why = || NoWay::Node("it is ill".into());
            up(&engine, &nodes, "bad", Err(why())).await;
            let failed = "cannot reach web through the node name of bad: it is ill";
            assert_eq!(told(dial().await), failed);
            up(&engine, &nodes, "good", Ok(())).await;
            for _ in 0..4 {
                assert_eq!(told(dial().await), "good");
            }
            let asked = nodes.asked.lock().unwrap().clone();
            let bad = asked.iter().filter(|asked| *asked == "bad").count();
            assert_eq!(bad, 3, "each is first in turn: {asked:?}");
            let down = || Err(NoWay::Host("it is down".into()));
            up(&engine, &nodes, "good", down()).await;
            up(&engine, &nodes, "bad", down()).await;
            nodes.asked.lock().unwrap().clear();
            let through = told(dial().await);
            assert!(through.ends_with("it is down"), "{through}");
            assert_eq!(nodes.asked.lock().unwrap().len(), 1, "no other node is asked");
        })
        .await;
    }
}
