//! What can go wrong between us and a machine: what was attempted, and the cause as source.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hep_core::message::{Message, ssh as say};

/// A step that has a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding the address, opening the TCP connection.
    Connect,
    /// The SSH handshake.
    Handshake,
    /// The log-in.
    Auth,
    /// Opening a channel or starting its command.
    Channel,
}

/// What an error means for the run on this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was started: the host was not reached, not trusted, or did not let us in.
    Unreachable,
    /// The line dropped while something ran: its outcome is not known.
    Lost,
    /// The host is there, but refused this one command.
    Failed,
}

/// An error of a transport. It can be cloned: those who waited for the same connection share it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TransportError {
    /// The name has no address.
    #[error("{}", self.message())]
    Resolve {
        /// The host.
        host: String,
        /// What was looked up.
        address: String,
        /// The cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// The TCP connection was refused or failed.
    #[error("{}", self.message())]
    Connect {
        /// The host.
        host: String,
        /// Address and port.
        address: String,
        /// The cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// No answer in time.
    #[error("{}", self.message())]
    Deadline {
        /// The host.
        host: String,
        /// What was waited for.
        stage: Stage,
        /// The login at [`Stage::Auth`], else address and port.
        detail: String,
        /// How long.
        after: Duration,
    },
    /// The jump host could not be used.
    #[error("{}", self.message())]
    Jump {
        /// The host behind it.
        host: String,
        /// The jump host.
        jump: String,
        /// The cause.
        #[source]
        source: Box<TransportError>,
    },
    /// No node in the host's network could be used, or the host was not reached from there.
    #[error("{message}")]
    Node {
        /// The whole sentence: which node, and why.
        message: Message,
    },
    /// The SSH handshake failed.
    #[error("{}", self.message())]
    Handshake {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Arc<russh::Error>,
    },
    /// The key of the host is not trusted, or could not be checked.
    #[error("{message}")]
    HostKey {
        /// The whole sentence: which rule it broke.
        message: Message,
    },
    /// The settings for this host cannot be used.
    #[error("{message}")]
    Settings {
        /// The whole sentence.
        message: Message,
    },
    /// The host did not let us in.
    #[error("{message}")]
    Auth {
        /// The whole sentence: who, what was tried, what the host allows.
        message: Message,
    },
    /// The host refused to open a channel.
    #[error("{}", self.message())]
    Channel {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Arc<russh::Error>,
    },
    /// The host refused to start the command.
    #[error("{}", self.message())]
    Refused {
        /// The host.
        host: String,
        /// What it refused: `the command`, `a terminal`, …
        what: &'static str,
    },
    /// The connection ended.
    #[error("{}", self.message())]
    Lost {
        /// The host.
        host: String,
        /// Why, as far as we know.
        reason: String,
        /// Something was running: its outcome is not known. Otherwise nothing had been started, and
        /// it is safe to try again on a new connection.
        started: bool,
    },
    /// A command of the controller could not be started or spoken to.
    #[error("{}", self.message())]
    Local {
        /// The cause.
        #[source]
        source: Arc<io::Error>,
    },
    /// This way to a machine cannot do that.
    #[error("{}", self.message())]
    Unsupported {
        /// The host.
        host: String,
        /// What: `run a command on a terminal`, …
        what: &'static str,
    },
}

impl TransportError {
    /// The sentence for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Resolve { host, address, source } => say::resolve_failed(host, address, source),
            Self::Connect { host, address, source } => say::connect_failed(host, address, source),
            Self::Deadline { host, stage, detail, after } => {
                deadline_message(host, *stage, detail, after.as_secs_f64())
            }
            Self::Jump { host, jump, source } => say::jump_failed(host, jump, source),
            Self::Handshake { host, source } => handshake_message(host, source),
            Self::HostKey { message }
            | Self::Settings { message }
            | Self::Auth { message }
            | Self::Node { message } => message.clone(),
            Self::Channel { host, source } => say::channel_refused(host, source),
            Self::Refused { host, what } => say::command_refused(host, what),
            Self::Lost { host, reason, .. } => say::lost(host, reason),
            Self::Local { source } => say::local_failed(source),
            Self::Unsupported { host, what } => say::unsupported(host, what),
        }
    }

    /// What it means for the run on this host.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::Deadline { .. }
            | Self::Jump { .. }
            | Self::Node { .. }
            | Self::Handshake { .. }
            | Self::HostKey { .. }
            | Self::Settings { .. }
            | Self::Auth { .. }
            | Self::Channel { .. }
            | Self::Lost { started: false, .. } => Outcome::Unreachable,
            Self::Lost { started: true, .. } => Outcome::Lost,
            Self::Refused { .. } | Self::Local { .. } | Self::Unsupported { .. } => Outcome::Failed,
        }
    }

    /// The host did not accept our login: trying again with the same credentials is of no use.
    pub fn is_auth(&self) -> bool {
        match self {
            Self::Auth { .. } => true,
            Self::Jump { source, .. } => source.is_auth(),
            _ => false,
        }
    }
}

impl TransportError {
    /// What kind of failure it is, in a word for meters. Of one behind a jump host it is the jump host's.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::Connect { .. } => "connect",
            Self::Deadline { .. } => "timeout",
            Self::Jump { source, .. } => source.reason(),
            Self::Handshake { .. } => "handshake",
            Self::HostKey { .. } => "host_key",
            Self::Settings { .. } => "settings",
            Self::Auth { .. } => "auth",
            Self::Channel { .. } | Self::Refused { .. } => "refused",
            Self::Lost { .. } => "lost",
            Self::Node { .. } => "node",
            Self::Local { .. } | Self::Unsupported { .. } => "local",
        }
    }

    /// Whether the host closed the connection during the handshake, before it knew who we are: what sshd does to
    /// those beyond `MaxStartups`. Nothing was begun.
    pub(super) fn is_dropped(&self) -> bool {
        matches!(self, Self::Handshake { source, .. } if is_closed(source))
    }
}

fn is_closed(error: &russh::Error) -> bool {
    match error {
        russh::Error::Disconnect | russh::Error::HUP => true,
        russh::Error::IO(error) => {
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
        }
        _ => false,
    }
}

fn deadline_message(host: &str, stage: Stage, detail: &str, seconds: f64) -> Message {
    match stage {
        Stage::Connect => say::connect_timeout(host, detail, seconds),
        Stage::Handshake => say::handshake_timeout(host, seconds),
        Stage::Auth => say::auth_timeout(host, detail, seconds),
        Stage::Channel => say::channel_timeout(host, seconds),
    }
}

fn handshake_message(host: &str, error: &russh::Error) -> Message {
    match error {
        russh::Error::NoCommonAlgo { kind, ours, theirs } => say::no_common_algorithm(
            host,
            algorithm_keyword(kind),
            ours.join(", "),
            theirs.join(", "),
        ),
        closed if is_closed(closed) => say::handshake_closed(host),
        other => say::handshake_failed(host, other),
    }
}

/// The keyword of `ssh_config` that sets this list.
fn algorithm_keyword(kind: &russh::AlgorithmKind) -> &'static str {
    match kind {
        russh::AlgorithmKind::Kex => "KexAlgorithms",
        russh::AlgorithmKind::Key => "HostKeyAlgorithms",
        russh::AlgorithmKind::Cipher => "Ciphers",
        russh::AlgorithmKind::Mac => "MACs",
        russh::AlgorithmKind::Compression => "Compression",
    }
}
