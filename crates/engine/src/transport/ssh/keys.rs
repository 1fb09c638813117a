//! Private keys, their certificates and the identities of agents: each read once for all hosts.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hep_core::secret::Secret;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, PrivateKey, PublicKey, decode_secret_key};
use sha2::{Digest as _, Sha256};
use tokio::net::UnixStream;
use tokio::sync::OnceCell;

use super::prompt::{Question, Questions};
use super::target::HeldKey;

/// How often a passphrase may be wrong.
const PASSPHRASE_TRIES: usize = 3;
/// How long an agent may take to answer.
pub(super) const AGENT_DEADLINE: Duration = Duration::from_secs(10);

/// A key file, as far as it can be read without a passphrase.
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// The public half, if it can be known before the file is decrypted.
    pub(super) public: Option<PublicKey>,
    /// The certificate that lies beside it (`KEY-cert.pub`).
    pub(super) certificate: Option<Certificate>,
    private: Private,
    unlocked: OnceCell<Option<Arc<PrivateKey>>>,
}

enum Private {
    Ready(Arc<PrivateKey>),
    /// The file's text, to be decrypted with a passphrase.
    Locked(Secret<String>),
    /// Only the public half: an agent holds the other.
    Absent,
    /// The file cannot be used; why.
    Unusable(String),
}

impl KeyFile {
    async fn read(path: PathBuf) -> Self {
        let public = read_public(&beside(&path, ".pub")).await;
        let certificate = read_certificate(&beside(&path, "-cert.pub")).await;
        let text = tokio::fs::read_to_string(&path).await.map(Secret::new);
        let (private, public) = match text {
            Err(error) if public.is_none() => (Private::Unusable(error.to_string()), None),
            Err(_) => (Private::Absent, public),
            Ok(text) => parse(text, public),
        };
        Self { path, public, certificate, private, unlocked: OnceCell::new() }
    }

    /// A key that lies in no file. Its passphrase is tried at once: nobody can be asked for another.
    async fn held(key: Arc<HeldKey>) -> Self {
        let path = PathBuf::from(&key.name);
        let certificate =
            key.certificate.as_ref().and_then(|text| Certificate::from_openssh(text).ok());
        let (private, public) = parse(key.private.clone(), None);
        let (private, public) = match (private, &key.passphrase) {
            (Private::Locked(text), Some(passphrase)) => open(text, passphrase.clone()).await,
            (private, _) => (private, public),
        };
        Self { path, public, certificate, private, unlocked: OnceCell::new() }
    }

    /// Why the file cannot be used at all.
    pub(super) fn problem(&self) -> Option<&str> {
        match &self.private {
            Private::Unusable(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the key could be used, perhaps after its passphrase has been asked for.
    pub(super) fn is_private(&self) -> bool {
        matches!(self.private, Private::Ready(_) | Private::Locked(_))
    }

    /// Whether a passphrase would have to be asked for.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.private, Private::Locked(_)) && !self.unlocked.initialized()
    }

    /// The key; a passphrase is asked for once for all hosts.
    pub(super) async fn private(&self, questions: &Questions) -> Option<Arc<PrivateKey>> {
        match &self.private {
            Private::Ready(key) => Some(Arc::clone(key)),
            Private::Locked(text) => {
                self.unlocked.get_or_init(|| unlock(&self.path, text, questions)).await.clone()
            }
            Private::Absent | Private::Unusable(_) => None,
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn parse(text: Secret<String>, public: Option<PublicKey>) -> (Private, Option<PublicKey>) {
    // A format that shows the public half of an encrypted key.
    let open = PrivateKey::from_openssh(text.expose()).ok();
    let public = open.as_ref().map(|key| key.public_key().clone()).or(public);
    if open.is_some_and(|key| key.is_encrypted()) {
        return (Private::Locked(text), public);
    }
    match decode_secret_key(text.expose(), None) {
        Ok(key) => {
            let public = key.public_key().clone();
            (Private::Ready(Arc::new(key)), Some(public))
        }
        Err(russh::keys::Error::KeyIsEncrypted) => (Private::Locked(text), public),
        Err(error) => match PublicKey::from_openssh(text.expose()) {
            Ok(public) => (Private::Absent, Some(public)),
            Err(_) if is_encrypted_pem(text.expose()) => (Private::Locked(text), public),
            Err(_) => (Private::Unusable(error.to_string()), public),
        },
    }
}

/// Encrypted keys of the older formats, of which the error of the decoder does not tell.
fn is_encrypted_pem(text: &str) -> bool {
    text.contains("ENCRYPTED")
}

/// Decrypts a key. Slow on purpose (bcrypt), so not on a thread that serves connections.
async fn open(text: Secret<String>, passphrase: Secret<String>) -> (Private, Option<PublicKey>) {
    let decoded = tokio::task::spawn_blocking(move || {
        decode_secret_key(text.expose(), Some(passphrase.expose()))
    });
    match decoded.await {
        Ok(Ok(key)) => {
            let public = key.public_key().clone();
            (Private::Ready(Arc::new(key)), Some(public))
        }
        Ok(Err(error)) => (Private::Unusable(error.to_string()), None),
        Err(error) => (Private::Unusable(error.to_string()), None),
    }
}

async fn unlock(
    path: &Path,
    text: &Secret<String>,
    questions: &Questions,
) -> Option<Arc<PrivateKey>> {
    for attempt in 0..PASSPHRASE_TRIES {
        let question =
            Question::Passphrase { file: path.display().to_string(), again: attempt > 0 };
        let passphrase = questions.secret(&question).await?;
        let text = text.clone();
        // Slow on purpose (bcrypt), so not on a thread that serves connections.
        let decoded = tokio::task::spawn_blocking(move || {
            decode_secret_key(text.expose(), Some(passphrase.expose()))
        });
        if let Ok(Ok(key)) = decoded.await {
            return Some(Arc::new(key));
        }
    }
    None
}

async fn read_public(path: &Path) -> Option<PublicKey> {
    PublicKey::from_openssh(&tokio::fs::read_to_string(path).await.ok()?).ok()
}

async fn read_certificate(path: &Path) -> Option<Certificate> {
    Certificate::from_openssh(&tokio::fs::read_to_string(path).await.ok()?).ok()
}

/// Things that are read once, by name.
struct Once<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K: Hash + Eq + Clone, V: Clone> Once<K, V> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    async fn get(&self, key: &K, read: impl Future<Output = V>) -> V {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key.clone()).or_default())
        };
        cell.get_or_init(|| read).await.clone()
    }
}

/// All keys that targets have named so far.
pub(super) struct KeyRing {
    files: Once<PathBuf, Arc<KeyFile>>,
    /// By the hash of all that makes one up.
    held: Once<[u8; 32], Arc<KeyFile>>,
    certificates: Once<PathBuf, Option<Arc<Certificate>>>,
    agents: Once<PathBuf, Arc<Vec<AgentIdentity>>>,
}

impl KeyRing {
    pub(super) fn new() -> Self {
        Self {
            files: Once::new(),
            held: Once::new(),
            certificates: Once::new(),
            agents: Once::new(),
        }
    }

    /// The key of this file.
    pub(super) async fn file(&self, path: &PathBuf) -> Arc<KeyFile> {
        self.files.get(path, async { Arc::new(KeyFile::read(path.clone()).await) }).await
    }

    /// A key that lies in no file.
    pub(super) async fn held(&self, key: &Arc<HeldKey>) -> Arc<KeyFile> {
        let key = Arc::clone(key);
        let hash = fingerprint(&key);
        self.held.get(&hash, async { Arc::new(KeyFile::held(key).await) }).await
    }

    /// The certificate of this file, if it is one.
    pub(super) async fn certificate(&self, path: &PathBuf) -> Option<Arc<Certificate>> {
        self.certificates.get(path, async { read_certificate(path).await.map(Arc::new) }).await
    }

    /// The identities of this agent; none when it does not answer.
    pub(super) async fn identities(&self, socket: &PathBuf) -> Arc<Vec<AgentIdentity>> {
        let list = async {
            let mut agent = connect_agent(socket).await?;
            let answer = tokio::time::timeout(AGENT_DEADLINE, agent.request_identities()).await;
            answer.ok()?.ok()
        };
        self.agents.get(socket, async { Arc::new(list.await.unwrap_or_default()) }).await
    }
}

/// What tells two held keys apart.
fn fingerprint(key: &HeldKey) -> [u8; 32] {
    let mut hash = Sha256::new();
    let passphrase = key.passphrase.as_ref().map_or("", |passphrase| passphrase.expose());
    let certificate = key.certificate.as_deref().unwrap_or_default();
    for part in [&key.name, key.private.expose(), passphrase, certificate] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A conversation with an agent.
pub(super) async fn connect_agent(socket: &Path) -> Option<AgentClient<UnixStream>> {
    let connect = AgentClient::connect_uds(socket);
    tokio::time::timeout(AGENT_DEADLINE, connect).await.ok()?.ok()
}
