//! What a server does by itself: it takes queued runs, coordinates them, and keeps their logs.

mod content;
mod expectation;
mod filled;
pub(crate) mod followed;
mod forget;
mod gates;
pub(crate) mod git;
pub(crate) mod given;
pub mod hub;
mod leftover;
pub(crate) mod live;
mod log;
pub(crate) mod means;
mod node;
pub mod numbers;
pub(crate) mod output;
pub(crate) mod proof;
mod pump;
pub(crate) mod push_key;
mod recording;
pub(crate) mod roster;
mod runner;
mod settle;
pub(crate) mod sightings;
pub mod subject;
pub mod terminal;
pub(crate) mod time;
pub(crate) mod told;
pub mod tunnel;
pub(crate) mod watched;
pub mod way;
pub(crate) mod work;
mod writer;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hep_core::message::{Message, run as say};
use tokio::task::JoinHandle;

use self::forget::Kept;
use self::node::Node;
pub(crate) use self::node::{QUEUED, STOP};
use self::terminal::Terminals;
use self::tunnel::Tunnels;
use self::way::{Carrier, Ways};
use crate::ops::Engine;
use crate::play::bundle::Bundle;
use crate::store::{migrate, nodes, now_ms};
use crate::transport::ssh::{Decline, Limits, Pool, Settings};

/// How long what is under way may take to end after it was told to.
const LAST: Duration = Duration::from_secs(20);

/// How a node works.
#[derive(Clone)]
pub struct Options {
    /// How hosts are reached where the register does not say.
    pub settings: Arc<Settings>,
    /// The connections.
    pub pool: Arc<Pool>,
    /// Keys of the node itself.
    pub keys: Vec<PathBuf>,
    /// Where copies of repositories lie; without it nothing is taken from repositories.
    pub cache: Option<PathBuf>,
    /// The executors for hosts.
    pub bundle: Bundle,
    /// What this node is called.
    pub name: String,
    /// Where it answers.
    pub address: String,
    /// The zones whose hosts it reaches; none for all.
    pub zones: Vec<String>,
    /// Asks other nodes for tunnels; without it hosts of zones that are not its own are not reached.
    pub carrier: Option<Arc<dyn Carrier>>,
    /// How many runs at once.
    pub runs: usize,
    /// How long a node holds a run without renewing it.
    pub lease: Duration,
    /// How often queued runs are looked for, where nobody tells of them.
    pub poll: Duration,
    /// How long runs may go on after the node was told to stop.
    pub grace: Duration,
    /// How long runs are kept after their end; nothing for ever.
    pub keep_runs: Option<Duration>,
    /// How long the audit log is kept; nothing for ever.
    pub keep_audit: Option<Duration>,
    /// What terminals may.
    pub terminals: terminal::Limits,
}

impl Options {
    /// The usual ones.
    pub fn new(settings: Settings, bundle: Bundle) -> Self {
        Self {
            settings: Arc::new(settings),
            pool: Arc::new(Pool::new(Limits::default(), Arc::new(Decline))),
            keys: Vec::new(),
            cache: None,
            bundle,
            name: String::new(),
            address: String::new(),
            zones: Vec::new(),
            carrier: None,
            runs: 16,
            lease: Duration::from_secs(15),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(30),
            keep_runs: None,
            keep_audit: None,
            terminals: terminal::Limits::default(),
        }
    }
}

/// A node at work.
pub struct Server {
    node: Arc<Node>,
    tunnels: Arc<Tunnels>,
    terminals: Arc<Terminals>,
    grace: Duration,
    workers: Vec<JoinHandle<()>>,
    helpers: Vec<JoinHandle<()>>,
    /// That no other process serves the same file.
    _claim: Option<File>,
}

impl Server {
    /// Starts a node.
    pub fn start(engine: &Engine, options: &Options) -> Result<Self, Message> {
        let claim = engine.db().alone().map_err(say::cannot_claim)?;
        let claim = claim.ok_or_else(say::second_server)?;
        let (db, hub) = (engine.db().clone(), Arc::clone(engine.hub()));
        let (sender, _) = writer::start(db, Arc::clone(&hub));
        let node = Arc::new(Node::new(engine.clone(), hub, options, sender));
        let carrier = options.carrier.clone();
        let ways = Ways::new(&node.id, &options.zones, carrier, options.lease);
        engine.set_means(means::Means::of(options, ways));
        let tunnels = Tunnels::new(&node.id, &options.zones, Arc::clone(&options.settings));
        engine.set_tunnels(&tunnels);
        let terminals = Terminals::new(&node, options.terminals);
        engine.set_terminals(&terminals);
        let this = || Arc::clone(&node);
        let workers = vec![
            tokio::spawn(this().take_over()),
            tokio::spawn(this().take(options.runs.max(1), options.poll)),
        ];
        let kept = Kept { runs: options.keep_runs, audit: options.keep_audit };
        let helpers = vec![
            tokio::spawn(this().renew()),
            tokio::spawn(this().beat(said(options), Arc::clone(&tunnels))),
            tokio::spawn(this().listen()),
            tokio::spawn(this().hear()),
            tokio::spawn(this().forget(kept)),
            tokio::spawn(this().keep_sightings()),
        ];
        let mut helpers = helpers;
        if engine.db().is_shared() {
            helpers.push(tokio::spawn(this().give_up()));
            helpers.push(tokio::spawn(this().follow_clock()));
        }
        let grace = options.grace;
        Ok(Self { node, tunnels, terminals, grace, workers, helpers, _claim: claim })
    }

    /// The connections, for what asks hosts by itself.
    pub fn pool(&self) -> &Arc<Pool> {
        &self.node.pool
    }

    /// Begins nothing more, and says so to the others: what has not begun is left to them. What is asked is answered
    /// as before.
    pub async fn retire(&self) {
        self.node.stop();
        self.tunnels.stop();
        self.node.tell_of_stop().await;
    }

    /// Begins nothing more, lets what is under way end within the grace, stops the rest, and leaves what has not
    /// begun to others.
    pub async fn stop(self) {
        if !self.node.is_stopping() {
            self.retire().await;
        }
        let mut workers = self.workers;
        let all = async {
            for worker in &mut workers {
                // A worker that has panicked has ended too.
                let _ = worker.await;
            }
            // What others have under way through this node ends within the grace too.
            self.tunnels.idle().await;
            self.terminals.idle().await;
        };
        tokio::pin!(all);
        if tokio::time::timeout(self.grace, &mut all).await.is_err() {
            self.node.cancel_all();
            self.tunnels.cut();
            // What does not end even then is found lost by whoever takes it over.
            let _ = tokio::time::timeout(LAST, &mut all).await;
        }
        self.helpers.iter().for_each(JoinHandle::abort);
        self.node.engine.sightings().flush(self.node.db()).await;
        self.node.leave().await;
    }
}

/// What a node says of itself.
fn said(options: &Options) -> nodes::Node {
    nodes::Node {
        id: String::new(),
        name: options.name.clone(),
        address: options.address.clone(),
        zones: options.zones.clone(),
        release: env!("CARGO_PKG_VERSION").into(),
        schema: migrate::known(),
        state: String::new(),
        runs: 0,
        beat_ms: 0,
        started_ms: now_ms(),
    }
}
