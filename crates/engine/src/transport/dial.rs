//! A first hop that is not ours to make: the bytes to a host come by way of another machine, which makes the TCP
//! connection in our place. What goes through is SSH from end to end, so that machine sees nothing of it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use super::TransportError;

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Bytes both ways, whatever carries them.
pub type BoxStream = Box<dyn Stream>;

/// A first hop that was made.
pub struct Dialed {
    /// The bytes of the host's sshd.
    pub stream: BoxStream,
    /// Which machine carries them: a name that no other has.
    pub through: String,
}

/// Makes the first hop to one host.
#[async_trait]
pub trait Dial: Debug + Send + Sync {
    /// What tells a host reached in this way from another of the same address: networks that do not see one another
    /// use the same addresses.
    fn way(&self) -> &str;

    /// Makes it, within a time; `host` is what the host is called in messages. Nothing was begun where it fails.
    async fn dial(&self, host: &str, within: Duration) -> Result<Dialed, TransportError>;
}
