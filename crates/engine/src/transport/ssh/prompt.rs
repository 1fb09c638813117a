//! Questions to the person at the controller. A door answers them; without a person they are
//! declined.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hep_core::secret::Secret;
use tokio::sync::Mutex;

/// A host key that no file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKeyQuestion {
    /// The host.
    pub host: String,
    /// The name under which the key would be stored.
    pub name: String,
    /// The key's type.
    pub algorithm: String,
    /// Its fingerprint, `SHA256:…`.
    pub fingerprint: String,
    /// The types of other keys of this host that are already known: then this one deserves
    /// suspicion.
    pub other_types: Vec<String>,
}

/// A secret that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The passphrase of a key file.
    Passphrase {
        /// The file.
        file: String,
        /// The one given before was wrong.
        again: bool,
    },
    /// The password of a login for which none was given. It is asked for each host: who works on
    /// many hosts at once should decline.
    Password {
        /// The host.
        host: String,
        /// The login.
        user: String,
    },
    /// A question of the host itself. Its text comes from the host and must be shown as such.
    FromHost {
        /// The host.
        host: String,
        /// The login.
        user: String,
        /// The host's words.
        text: String,
        /// Whether what is typed may be seen.
        echo: bool,
    },
}

/// Someone who can be asked. One question is asked at a time.
#[async_trait]
pub trait Prompter: Send + Sync {
    /// Whether to trust and remember this host key.
    async fn trust(&self, question: &HostKeyQuestion) -> bool;

    /// A secret, or nothing when the person declines.
    async fn secret(&self, question: &Question) -> Option<Secret<String>>;
}

/// Nobody is there: every question is declined.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decline;

#[async_trait]
impl Prompter for Decline {
    async fn trust(&self, _question: &HostKeyQuestion) -> bool {
        false
    }

    async fn secret(&self, _question: &Question) -> Option<Secret<String>> {
        None
    }
}

/// Asks one question at a time, and knows whether one is being asked, so that a deadline does not
/// run out on a person who is typing.
pub struct Questions {
    prompter: Arc<dyn Prompter>,
    turn: Mutex<()>,
    open: AtomicUsize,
}

/// Counts a question from the moment it waits for its turn.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn new(open: &'a AtomicUsize) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Questions {
    /// Asks through this prompter.
    pub fn new(prompter: Arc<dyn Prompter>) -> Self {
        Self { prompter, turn: Mutex::new(()), open: AtomicUsize::new(0) }
    }

    /// Asks about a host key, unless `settled` says that an earlier answer has already decided.
    pub(super) async fn trust(
        &self,
        question: &HostKeyQuestion,
        settled: impl Fn() -> bool + Send,
    ) -> bool {
        let _open = Open::new(&self.open);
        let _turn = self.turn.lock().await;
        settled() || self.prompter.trust(question).await
    }

    pub(super) async fn secret(&self, question: &Question) -> Option<Secret<String>> {
        let _open = Open::new(&self.open);
        let _turn = self.turn.lock().await;
        self.prompter.secret(question).await
    }

    /// Runs `work` for at most `limit`, counted anew while a person is being asked something.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(work);
        loop {
            match tokio::time::timeout(limit, &mut work).await {
                Ok(done) => return Some(done),
                Err(_) if self.open.load(Ordering::Relaxed) > 0 => {}
                Err(_) => return None,
            }
        }
    }
}
