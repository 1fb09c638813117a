//! SSH, in process: [`Pool`] hands out one shared connection for each (address, port, login,
//! jumps).

mod algorithms;
mod auth;
mod channel;
mod connect;
mod connection;
mod gate;
mod host_key;
mod keys;
mod known_hosts_file;
mod pinned;
mod pool;
mod prompt;
mod running;
mod session;
mod settings;
mod signer;
mod target;

pub(crate) use connect::tcp;
pub use connection::SshConnection;
pub use pinned::{Pinned, PinnedKey, ShownKey, Told};
pub use pool::{Limits, Numbers as PoolNumbers, Pool};
pub use prompt::{Decline, HostKeyQuestion, Prompter, Question, Questions};
pub use settings::{Settings, SettingsSource, Wanted};
pub use target::{Algorithms, HeldKey, HostKeyPolicy, HostKeys, SshTarget};
