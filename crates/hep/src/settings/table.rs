//! Every setting of the server: its name in `hep.yml`, its environment variable, what it is and what holds when
//! nobody says.

/// What a setting's text must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Anything.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Number(u64, u64),
    /// A time: `90s`, `15m`, `2h`, `30d`.
    Span,
    /// Words separated by commas; a list in the file.
    List,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Its name; a dot stands for a mapping within a mapping.
    pub(crate) name: &'static str,
    /// Its environment variable, which wins over the file.
    pub(crate) variable: &'static str,
    /// What its text must be.
    pub(crate) kind: Kind,
    /// What holds when nobody says.
    pub(crate) default: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $id:ident = $name:literal, $variable:literal, $kind:expr, $default:literal;)*) => {
        $($(#[doc = $doc])+ pub(crate) const $id: Setting = Setting {
            name: $name,
            variable: $variable,
            kind: $kind,
            default: $default,
            meaning: concat!($($doc),+),
        };)*
        /// All of them, in the order of the manual.
        pub(crate) const ALL: &[Setting] = &[$($id),*];
    };
}

settings! {
    /// The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`; empty for a file in the state directory.
    DATABASE = "database", "HEP_DATABASE", Kind::Text, "";
    /// The address and port on which the server answers.
    LISTEN = "listen", "HEP_LISTEN", Kind::Text, "127.0.0.1:8440";
    /// A file with the certificates of the server, in PEM; with it the server speaks HTTPS only.
    TLS_CERT = "tls.cert", "HEP_TLS_CERT", Kind::Text, "";
    /// The file with the private key of the first certificate, in PEM.
    TLS_KEY = "tls.key", "HEP_TLS_KEY", Kind::Text, "";
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses or networks (`10.0.0.0/8`).
    TRUSTED_PROXIES = "trusted_proxies", "HEP_TRUSTED_PROXIES", Kind::List, "";
    /// The address by which people reach the server, for links that it prints; empty for where it listens.
    PUBLIC_URL = "public_url", "HEP_PUBLIC_URL", Kind::Text, "";
    /// What this node is called; empty for the name of the machine.
    NODE_NAME = "node.name", "HEP_NODE_NAME", Kind::Text, "";
    /// Where other nodes reach this one: `HOST:PORT`, or the address of a proxy before it (`https://…`), which must
    /// let the upgrade of `/internal/tunnel` through. Empty for where it listens; where that is every address of the
    /// machine, the machine's name with the port.
    NODE_ADDRESS = "node.address", "HEP_NODE_ADDRESS", Kind::Text, "";
    /// A file with certificates, in PEM, that are trusted when another node is asked for a way to a host by HTTPS,
    /// beside those of the system.
    NODE_CA = "node.ca", "HEP_NODE_CA", Kind::Text, "";
    /// The zones whose hosts this node reaches by itself; empty for all. It reaches those of other zones through the
    /// nodes of these, and hosts without a zone by itself.
    NODE_ZONES = "node.zones", "HEP_NODE_ZONES", Kind::List, "";
    /// How long a node may be silent until others take over its runs, the same on every node. After two thirds of it
    /// without an answer of the database the node stops what it is at.
    NODE_LEASE = "node.lease", "HEP_NODE_LEASE", Kind::Span, "15s";
    /// How many runs this node carries out at once.
    RUNS_AT_ONCE = "runs.at_once", "HEP_RUNS_AT_ONCE", Kind::Number(1, 1000), "16";
    /// A terminal in which nothing was typed for so long is ended.
    TERMINAL_IDLE = "terminal.idle", "HEP_TERMINAL_IDLE", Kind::Span, "30m";
    /// How long a terminal stays open at most.
    TERMINAL_LONGEST = "terminal.longest", "HEP_TERMINAL_LONGEST", Kind::Span, "8h";
    /// How many terminals one person may have open at once; 0 for none.
    TERMINAL_MOST = "terminal.at_once", "HEP_TERMINAL_AT_ONCE", Kind::Number(0, 100), "5";
    /// How much of what a terminal shows is recorded whole, in bytes; of what is longer its beginning and its end.
    TERMINAL_BYTES = "terminal.recorded_bytes", "HEP_TERMINAL_RECORDED_BYTES", Kind::Number(65536, 1 << 30), "16777216";
    /// Private keys of the server itself, tried on hosts that have no credential of their own.
    SSH_KEYS = "ssh.keys", "HEP_SSH_KEYS", Kind::List, "";
    /// The `ssh_config` of the server; empty for that of its user, `none` for none.
    SSH_CONFIG = "ssh.config", "HEP_SSH_CONFIG", Kind::Text, "";
    /// The file with the trusted keys of hosts that have none in the register; empty for those of its user.
    SSH_KNOWN_HOSTS = "ssh.known_hosts", "HEP_KNOWN_HOSTS", Kind::Text, "";
    /// What to do about a host of which no key is known.
    SSH_HOST_KEY = "ssh.host_key", "HEP_HOST_KEY", Kind::Word(&["strict", "accept-new"]), "strict";
    /// How long a node that is to stop goes on answering, while `/readyz` says 503, so that balancers take it out before
    /// connections are refused: longer than they need to notice. `0s` where there is no balancer. A second signal ends
    /// it. systemd is told how long it and `stop.grace` take, whatever `TimeoutStopSec` of the unit says.
    STOP_DRAIN = "stop.drain", "HEP_STOP_DRAIN", Kind::Span, "0s";
    /// How long a stop waits for what is running, before it is left to others.
    STOP_GRACE = "stop.grace", "HEP_STOP_GRACE", Kind::Span, "30s";
    /// The largest body of a request, in bytes.
    LIMIT_BODY = "limits.body_bytes", "HEP_LIMIT_BODY_BYTES", Kind::Number(1024, 1 << 32), "10485760";
    /// How long a request may take, but for live logs.
    LIMIT_TIME = "limits.request_time", "HEP_LIMIT_REQUEST_TIME", Kind::Span, "60s";
    /// Requests a minute from one user or token; 0 for no limit.
    LIMIT_RATE = "limits.requests_per_minute", "HEP_LIMIT_REQUESTS_PER_MINUTE", Kind::Number(0, 10_000_000), "30000";
    /// Requests a minute from one address that has not signed in; 0 for no limit.
    LIMIT_STRANGERS = "limits.strangers_per_minute", "HEP_LIMIT_STRANGERS_PER_MINUTE", Kind::Number(0, 10_000_000), "600";
    /// Whether the paths of ALF (`/ping/`, `/host/`) answer.
    ALIASES_ALF = "aliases.alf", "HEP_ALIASES_ALF", Kind::Flag, "true";
    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels by part: `info,hep_engine=debug`.
    LOG_LEVEL = "log.level", "HEP_LOG_LEVEL", Kind::Text, "info";
    /// How a line of the log looks.
    LOG_FORMAT = "log.format", "HEP_LOG_FORMAT", Kind::Word(&["text", "json"]), "text";
    /// Where the log goes; `journal` is `stderr` without times, which the journal adds.
    LOG_TO = "log.to", "HEP_LOG_TO", Kind::Word(&["stderr", "journal", "file", "syslog"]), "stderr";
    /// The file, for `log.to: file`.
    LOG_FILE = "log.file", "HEP_LOG_FILE", Kind::Text, "";
    /// The size at which the file is put aside, in bytes.
    LOG_FILE_BYTES = "log.file_bytes", "HEP_LOG_FILE_BYTES", Kind::Number(4096, 1 << 40), "104857600";
    /// How many files that were put aside are kept.
    LOG_FILES = "log.files", "HEP_LOG_FILES", Kind::Number(0, 1000), "5";
    /// How long runs are kept after their end; `0s` for ever.
    KEEP_RUNS = "keep.runs", "HEP_KEEP_RUNS", Kind::Span, "90d";
    /// How long the audit log is kept; `0s` for ever.
    KEEP_AUDIT = "keep.audit", "HEP_KEEP_AUDIT", Kind::Span, "0s";
}
