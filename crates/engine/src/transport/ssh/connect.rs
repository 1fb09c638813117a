//! From a target to a connection that is logged in: address, TCP or jump, handshake, log-in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;

use super::algorithms::preferred;
use super::auth;
use super::connection::SshConnection;
use super::host_key::{HostKeyCheck, Trust};
use super::keys::KeyRing;
use super::session::{End, Session, SessionError};
use super::target::SshTarget;
use crate::transport::{Stage, TransportError};

/// The window of a channel: how much a host may send before we have read it.
const WINDOW: u32 = 2 * 1024 * 1024;
/// Messages of a channel that wait for their reader before the whole connection does.
const CHANNEL_QUEUE: usize = 32;
/// Who carries our bytes forgets a connection that is silent for minutes: so long it never is.
const LONGEST_SILENCE: Duration = Duration::from_mins(1);

/// What all connections share.
pub(super) struct Tools {
    pub(super) trust: Arc<Trust>,
    pub(super) keys: KeyRing,
}

/// A connection's two ends of interest: the handle, and why it ended.
type Shaken = (Handle<Session>, watch::Receiver<End>);

/// A connection that is logged in.
pub(super) struct Opened {
    pub(super) handle: Handle<Session>,
    /// Why it ended.
    pub(super) end: watch::Receiver<End>,
    /// Which machine made the TCP connection in our place.
    pub(super) through: Option<String>,
}

/// Connects, shakes hands and logs in.
pub(super) async fn open(
    target: &SshTarget,
    via: Option<&SshConnection>,
    tools: &Tools,
) -> Result<Opened, TransportError> {
    let mut through_node = None;
    let (mut handle, end) = match (via, &target.dialer) {
        (None, None) => handshake(target, tcp(target).await?, tools).await?,
        (None, Some(dialer)) => {
            let hop = dialer.dial(&target.name, target.deadlines.connect).await?;
            through_node = Some(hop.through);
            handshake(target, hop.stream, tools).await?
        }
        (Some(via), _) => {
            let tunnel = via.tunnel(&target.address, target.port);
            let stream = timeout(target.deadlines.connect, tunnel)
                .await
                .unwrap_or_else(|_| Err(late(target, Stage::Connect)))
                .map_err(|error| through(target, via, error))?;
            handshake(target, stream, tools).await?
        }
    };
    auth::log_in(&mut handle, &end, target, tools).await?;
    Ok(Opened { handle, end, through: through_node })
}

/// An error of the way through a jump host.
pub(super) fn through(
    target: &SshTarget,
    via: &SshConnection,
    error: TransportError,
) -> TransportError {
    TransportError::Jump {
        host: target.name.clone(),
        jump: via.name().to_owned(),
        source: Box::new(error),
    }
}

fn late(target: &SshTarget, stage: Stage) -> TransportError {
    let (detail, after) = match stage {
        Stage::Connect => (target.endpoint(), target.deadlines.connect),
        Stage::Handshake => (target.endpoint(), target.deadlines.handshake),
        Stage::Auth => (target.user.clone(), target.deadlines.auth),
        Stage::Channel => (String::new(), target.deadlines.channel),
    };
    TransportError::Deadline { host: target.name.clone(), stage, detail, after }
}

/// A TCP connection to a target, for somebody else whose first hop it is.
pub(crate) async fn tcp(target: &SshTarget) -> Result<TcpStream, TransportError> {
    timeout(target.deadlines.connect, resolve_and_dial(target))
        .await
        .unwrap_or_else(|_| Err(late(target, Stage::Connect)))
}

async fn resolve_and_dial(target: &SshTarget) -> Result<TcpStream, TransportError> {
    let unresolved = |source| TransportError::Resolve {
        host: target.name.clone(),
        address: target.address.clone(),
        source: Arc::new(source),
    };
    let found = lookup_host((target.address.as_str(), target.port)).await.map_err(unresolved)?;
    let addresses: Vec<SocketAddr> = found.collect();
    dial(&addresses, target.deadlines.connect).await.map_err(|source| TransportError::Connect {
        host: target.name.clone(),
        address: target.endpoint(),
        source: Arc::new(source),
    })
}

/// Tries the addresses one after the other, each with its share of the time, so that one that never
/// answers does not use it all.
async fn dial(addresses: &[SocketAddr], within: Duration) -> io::Result<TcpStream> {
    let share = within / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

async fn handshake<S>(
    target: &SshTarget,
    stream: S,
    tools: &Tools,
) -> Result<Shaken, TransportError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let check = HostKeyCheck {
        trust: Arc::clone(&tools.trust),
        host: target.name.clone(),
        name: target.key_name(),
        principal: target.principal(),
        rules: target.host_keys.clone(),
    };
    let (known_types, authority) = check.known()?;
    let config = config(target, &known_types, authority)?;
    let (sender, end) = watch::channel(None);
    let session = Session::new(check, sender);
    let shake = client::connect_stream(Arc::new(config), stream, session);
    let handle = tools
        .trust
        .questions
        .within(target.deadlines.handshake, shake)
        .await
        .ok_or_else(|| late(target, Stage::Handshake))?
        .map_err(|error| refused(target, error))?;
    Ok((handle, end))
}

fn refused(target: &SshTarget, error: SessionError) -> TransportError {
    match error {
        SessionError::Refused(error) => error,
        SessionError::Ssh(source) => {
            TransportError::Handshake { host: target.name.clone(), source: Arc::new(source) }
        }
    }
}

fn config(
    target: &SshTarget,
    known_types: &[String],
    authority: bool,
) -> Result<client::Config, TransportError> {
    let alive = match (target.deadlines.alive_interval, &target.first().dialer) {
        (alive, Some(_)) if alive.is_zero() || alive > LONGEST_SILENCE => LONGEST_SILENCE,
        (alive, _) => alive,
    };
    Ok(client::Config {
        preferred: preferred(target, known_types, authority)?,
        window_size: WINDOW,
        channel_buffer_size: CHANNEL_QUEUE,
        keepalive_interval: (!alive.is_zero()).then_some(alive),
        keepalive_max: target.deadlines.alive_count,
        nodelay: true,
        ..client::Config::default()
    })
}
