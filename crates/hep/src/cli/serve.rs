//! `hep serve`: the server.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hep_core::message::cli as say;
use hep_core::run::exit;
use hep_engine::cancel::Cancel;
use hep_engine::ops::setup;
use hep_engine::play::bundle::Bundle;
use hep_engine::server;
use hep_engine::transport::ssh::{self, HostKeyPolicy, SettingsSource};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::database;
use super::failure::Failure;
use crate::executors::EXECUTORS;
use crate::serve::carrier::Nodes;
use crate::serve::tls::Certificate;
use crate::serve::{Server, log};
use crate::settings::{Origin, Settings, table};
use crate::terminal::Screen;

/// With a shorter lease a slow answer of the database would end runs.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);
/// What a stop takes beside `stop.drain` and `stop.grace`: writing the last results, closing the database.
const TO_LEAVE: Duration = Duration::from_secs(15);

/// Start the server
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration [default: /etc/hep/hep.yml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The database: `sqlite:PATH` or `postgres://…` [default: a file in the state directory]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The certificate of the server, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<String>,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<String>,
}

impl Args {
    /// The file and the environment, with the command line over both.
    fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::load(self.config.as_deref())?;
        let said = [
            (&table::LISTEN, &self.listen),
            (&table::DATABASE, &self.database),
            (&table::TLS_CERT, &self.tls_cert),
            (&table::TLS_KEY, &self.tls_key),
        ];
        for (setting, text) in said {
            if let Some(text) = text {
                settings.say(setting, text.clone(), Origin::CommandLine)?;
            }
        }
        Ok(settings)
    }
}

/// Serves until a signal comes.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let settings = args.settings()?;
    let levels = log::start(&settings)?;
    leave_no_memory();
    let listen = settings.text(&table::LISTEN);
    let cannot = |error| Failure::from(say::cannot_listen(listen, error));
    let listener = TcpListener::bind(listen).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let engine = database::open(settings.text(&table::DATABASE)).await?;
    let server = Server::new(&engine, &settings, listener)?;
    let mut options = options(&settings)?;
    options.address = reached(&settings, address, server.is_secure());
    options.carrier = Some(Arc::new(Nodes::new(&settings)?));
    let node = server::Server::start(&engine, &options)?;
    let scheme = if server.is_secure() { "https" } else { "http" };
    screen.say(&say::listening(format!("{scheme}://{address}")).to_string());
    if let Some(token) = setup::offer(&engine).await? {
        let reached = match settings.text(&table::PUBLIC_URL) {
            "" => format!("{scheme}://{address}"),
            public => public.trim_end_matches('/').to_owned(),
        };
        let link = format!("{reached}/ui/setup#{}", token.expose());
        screen.say(&say::setup_link(link).to_string());
    }
    let mut stops = Stops::new().map_err(cannot)?;
    notify("READY=1");
    let config = args.config.clone();
    let rereading = tokio::spawn(reread(config, levels));
    let hub = Arc::clone(engine.hub());
    let (wanted, drained) = (Cancel::default(), Cancel::default());
    let (leaving, going) = (server.leaving(), (wanted.clone(), drained.clone()));
    let longest = longest_stop(&settings);
    let ended = server.serve(async move {
        stops.next().await;
        notify(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", longest.as_micros()));
        tracing::info!("stopping");
        going.0.cancel();
        leaving.drain(stops.next()).await;
        hub.close();
        going.1.cancel();
    });
    let left = async {
        wanted.cancelled().await;
        node.retire().await;
        drained.cancelled().await;
        node.stop().await;
    };
    let (ended, ()) = tokio::join!(ended, left);
    rereading.abort();
    engine.close().await;
    ended.map_err(cannot)?;
    Ok(exit::FINE)
}

/// How long a stop may take: systemd is told, so that no setting of ours needs a change of the unit.
/// See `sd_notify(3)`, `EXTEND_TIMEOUT_USEC`.
fn longest_stop(settings: &Settings) -> Duration {
    settings.span(&table::STOP_DRAIN) + settings.span(&table::STOP_GRACE) + TO_LEAVE
}

/// Whether a server could be started with these settings, as far as that can be said without doing it.
pub(super) fn check(settings: &Settings) -> Result<(), Failure> {
    Certificate::of(settings)?;
    Nodes::new(settings)?;
    options(settings)?;
    Ok(())
}

/// Keeps what is in memory, keys among it, out of core files and of the sight of other processes of our user.
fn leave_no_memory() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let done = setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = done {
        tracing::warn!(%error, "cannot forbid core files");
    }
}

/// Where other nodes reach this one.
fn reached(settings: &Settings, address: SocketAddr, is_secure: bool) -> String {
    let said = settings.text(&table::NODE_ADDRESS);
    let place = match address.ip().is_unspecified() {
        _ if !said.is_empty() => said.to_owned(),
        true => format!("{}:{}", machine(), address.port()),
        false => address.to_string(),
    };
    if is_secure && !place.contains("://") { format!("https://{place}") } else { place }
}

/// The name of the machine.
fn machine() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// How this node works.
fn options(settings: &Settings) -> Result<server::Options, Failure> {
    let path = |setting| {
        let text = settings.text(setting);
        (!text.is_empty()).then(|| PathBuf::from(text))
    };
    let policy = match settings.text(&table::SSH_HOST_KEY) {
        "accept-new" => HostKeyPolicy::AcceptNew,
        _ => HostKeyPolicy::Strict,
    };
    let ssh = ssh::Settings::load(SettingsSource {
        config: path(&table::SSH_CONFIG),
        known_hosts: path(&table::SSH_KNOWN_HOSTS),
        policy: Some(policy),
        default_policy: None,
    })?;
    let mut options = server::Options::new(ssh, Bundle::new(EXECUTORS.to_vec()));
    options.keys = settings.list(&table::SSH_KEYS).into_iter().map(PathBuf::from).collect();
    options.cache = Some(super::variables::state_directory().join("cache"));
    options.runs = usize::try_from(settings.number(&table::RUNS_AT_ONCE)).unwrap_or(1);
    options.name = match settings.text(&table::NODE_NAME) {
        "" => machine(),
        name => name.to_owned(),
    };
    options.zones = settings.list(&table::NODE_ZONES);
    options.lease = settings.span(&table::NODE_LEASE).max(SHORTEST_LEASE);
    options.grace = settings.span(&table::STOP_GRACE);
    let kept = |setting| Some(settings.span(setting)).filter(|span| !span.is_zero());
    options.keep_runs = kept(&table::KEEP_RUNS);
    options.keep_audit = kept(&table::KEEP_AUDIT);
    let number = |setting| usize::try_from(settings.number(setting)).unwrap_or(usize::MAX);
    options.terminals = server::terminal::Limits {
        idle: settings.span(&table::TERMINAL_IDLE),
        longest: settings.span(&table::TERMINAL_LONGEST),
        most: number(&table::TERMINAL_MOST),
        recorded: number(&table::TERMINAL_BYTES),
    };
    Ok(options)
}

/// Signals that want us to stop. None that comes while nobody waits is lost.
struct Stops {
    term: Signal,
    interrupt: Signal,
}

impl Stops {
    fn new() -> std::io::Result<Self> {
        let (term, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Self { term: signal(term)?, interrupt: signal(interrupt)? })
    }

    /// Ready when the next one comes.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// At each SIGHUP takes the log's levels from the configuration anew.
async fn reread(config: Option<PathBuf>, levels: log::Levels) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        let read = Settings::load(config.as_deref());
        let done = read.and_then(|settings| levels.set(settings.text(&table::LOG_LEVEL)));
        match done {
            Ok(()) => tracing::info!("read the configuration again: the log's levels are new"),
            Err(failure) => tracing::error!("kept the log's levels: {failure:?}"),
        }
    }
}

/// Tells systemd how we are, where it wants to know (`sd_notify(3)`).
fn notify(state: &str) {
    let Some(path) = super::variables::notify_socket() else { return };
    let Ok(socket) = std::os::unix::net::UnixDatagram::unbound() else { return };
    // Whoever asked to be told has gone: nobody misses it.
    let _ = match path.strip_prefix('@') {
        Some(name) => send_abstract(&socket, name, state),
        None => socket.send_to(state.as_bytes(), &path).map(drop),
    };
}

fn send_abstract(
    socket: &std::os::unix::net::UnixDatagram,
    name: &str,
    state: &str,
) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    socket.send_to_addr(state.as_bytes(), &address).map(drop)
}
