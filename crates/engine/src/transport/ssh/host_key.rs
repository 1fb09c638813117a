//! Whether to trust the key that a host shows.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use hep_core::message::{Message, ssh as say};
use hep_core::ssh::known_hosts::{HostKey, KnownHosts, Naming, Verdict, new_line};
use hep_core::ssh::pattern;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};

use super::known_hosts_file::{FileError, KnownHostsFiles, append};
use super::pinned::Pinned;
use super::prompt::{HostKeyQuestion, Questions};
use super::target::{HostKeyPolicy, HostKeys};
use crate::transport::TransportError;

/// What all connections share for checking keys.
pub(super) struct Trust {
    pub(super) files: KnownHostsFiles,
    pub(super) questions: Arc<Questions>,
}

/// What one connection needs to check its host's key.
#[derive(Clone)]
pub(super) struct HostKeyCheck {
    pub(super) trust: Arc<Trust>,
    /// The host, for messages.
    pub(super) host: String,
    /// The name under which its key is looked up and stored.
    pub(super) name: String,
    /// The name that its certificate must carry.
    pub(super) principal: String,
    pub(super) rules: HostKeys,
}

fn refuse(message: Message) -> TransportError {
    TransportError::HostKey { message }
}

fn unreadable((file, error): FileError) -> TransportError {
    refuse(say::known_hosts_unreadable(file.display(), error))
}

impl HostKeyCheck {
    /// Asks the pinned keys, or the files.
    fn of_known<T>(&self, question: impl FnOnce(&KnownHosts) -> T) -> Result<T, TransportError> {
        if let Some(pinned) = self.rules.pinned.as_ref().filter(|pinned| pinned.decides()) {
            return Ok(question(pinned.hosts()));
        }
        let files: Vec<PathBuf> =
            [self.rules.user_files.as_slice(), &self.rules.global_files].concat();
        self.trust.files.ask(&files, question).map_err(unreadable)
    }

    /// The types of key known for this host, and whether an authority is trusted for it.
    pub(super) fn known(&self) -> Result<(Vec<String>, bool), TransportError> {
        self.of_known(|hosts| {
            (hosts.key_types(&self.name), !hosts.authorities(&self.name).is_empty())
        })
    }

    /// Accepts or refuses what the host shows.
    pub(super) async fn verify(
        &self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<(), TransportError> {
        let key = host_key(shown.public_key().key_data()).map_err(|error| {
            TransportError::Handshake { host: self.host.clone(), source: Arc::new(error.into()) }
        })?;
        match self.check(&key)? {
            Verdict::Known => Ok(()),
            Verdict::Revoked { place } => Err(refuse(say::host_key_revoked(
                &self.host,
                &key.algorithm,
                key.fingerprint(),
                &place.file,
                place.line,
            ))),
            verdict => {
                let vouched = match shown {
                    PublicKeyOrCertificate::Certificate(cert) => self.vouched_for(cert)?,
                    PublicKeyOrCertificate::PublicKey { .. } => false,
                };
                if vouched { Ok(()) } else { self.decide(&key, verdict).await }
            }
        }
    }

    fn check(&self, key: &HostKey) -> Result<Verdict, TransportError> {
        self.of_known(|hosts| hosts.check(&self.name, key))
    }

    /// Whether an authority that is trusted for this host has signed the certificate. One that has,
    /// but whose certificate is not valid here and now, is an error and not a reason to ask.
    fn vouched_for(&self, cert: &Certificate) -> Result<bool, TransportError> {
        let Ok(signer) = host_key(cert.signature_key()) else { return Ok(false) };
        if !self.of_known(|hosts| hosts.authorities(&self.name))?.contains(&signer) {
            return Ok(false);
        }
        match self.flaw(cert) {
            None => Ok(true),
            Some(flaw) => {
                Err(refuse(say::host_certificate_invalid(&self.host, signer.fingerprint(), flaw)))
            }
        }
    }

    /// What is wrong with a certificate of a trusted authority. Rules: OpenSSH's
    /// `PROTOCOL.certkeys`.
    fn flaw(&self, cert: &Certificate) -> Option<String> {
        if cert.cert_type() != CertType::Host {
            return Some("it is a user's certificate, not a host's".to_owned());
        }
        let now = crate::clock::now_ms() / 1000;
        if now < cert.valid_after() {
            return Some("it is not valid yet".to_owned());
        }
        if now >= cert.valid_before() {
            return Some("it has expired".to_owned());
        }
        let names = cert.valid_principals();
        let fits = |name: &String| pattern::matches(&name.to_ascii_lowercase(), &self.principal);
        if !names.is_empty() && !names.iter().any(fits) {
            return Some(format!("it is for {}, not for {}", names.join(", "), self.principal));
        }
        if let Some((option, _)) = cert.critical_options().iter().next() {
            return Some(format!("it has the critical option `{option}`, which hep does not know"));
        }
        let signer = cert.signature_key().fingerprint(HashAlg::Sha256);
        cert.validate_at(now, [&signer]).err().map(|_| "its signature is wrong".to_owned())
    }

    /// A key that is not pinned. Where no file could know it either, the register is told of it first.
    async fn decide_pinned(
        &self,
        pinned: &Pinned,
        key: &HostKey,
        verdict: Verdict,
    ) -> Result<(), TransportError> {
        let (host, shown, print) = (&self.host, &key.algorithm, key.fingerprint());
        let is_new = matches!(verdict, Verdict::Unknown) && pinned.is_empty();
        let accepted = is_new && self.rules.policy == HostKeyPolicy::AcceptNew;
        let told = pinned.tell(host, key, accepted).await;
        match verdict {
            _ if accepted => told.map_err(refuse),
            Verdict::Changed { .. } | Verdict::OtherTypes { .. } if !pinned.decides() => {
                self.refuse_by_file(key, verdict)
            }
            Verdict::Changed { known, .. } => {
                Err(refuse(say::pinned_key_changed(host, shown, print, known)))
            }
            Verdict::OtherTypes { types, .. } => {
                Err(refuse(say::pinned_key_other_type(host, shown, print, types.join(", "))))
            }
            _ => Err(refuse(say::pinned_key_unknown(host, shown, print))),
        }
    }

    /// A key that no line accepts.
    async fn decide(&self, key: &HostKey, verdict: Verdict) -> Result<(), TransportError> {
        if let Some(pinned) = &self.rules.pinned {
            return self.decide_pinned(pinned, key, verdict).await;
        }
        match (self.rules.policy, verdict) {
            (HostKeyPolicy::Ask, Verdict::OtherTypes { types, .. }) => self.ask(key, types).await,
            (_, verdict @ (Verdict::Changed { .. } | Verdict::OtherTypes { .. })) => {
                self.refuse_by_file(key, verdict)
            }
            (HostKeyPolicy::Strict, _) => self.refuse_by_file(key, Verdict::Unknown),
            (HostKeyPolicy::Ask, _) => self.ask(key, vec![]).await,
            (HostKeyPolicy::AcceptNew, _) => self.remember(key).await,
        }
    }

    /// Says which line of which file is in the way, or that there is none for it.
    fn refuse_by_file(&self, key: &HostKey, verdict: Verdict) -> Result<(), TransportError> {
        let (host, algorithm, print) = (&self.host, &key.algorithm, key.fingerprint());
        Err(refuse(match verdict {
            Verdict::Changed { place, known } => {
                let (file, name) = (&place.file, &self.name);
                say::host_key_changed(host, algorithm, print, known, file, place.line, name)
            }
            Verdict::OtherTypes { place, types } => {
                let (known, file) = (types.join(", "), &place.file);
                say::host_key_other_type(host, algorithm, print, known, file, place.line)
            }
            _ => say::host_key_unknown(host, &self.name, algorithm, print),
        }))
    }

    async fn ask(&self, key: &HostKey, other_types: Vec<String>) -> Result<(), TransportError> {
        let question = HostKeyQuestion {
            host: self.host.clone(),
            name: self.name.clone(),
            algorithm: key.algorithm.clone(),
            fingerprint: key.fingerprint(),
            other_types,
        };
        let settled = || matches!(self.check(key), Ok(Verdict::Known));
        if self.trust.questions.trust(&question, settled).await {
            return self.remember(key).await;
        }
        Err(refuse(say::host_key_refused(&self.host, &key.algorithm, key.fingerprint())))
    }

    /// Adds the key to the user's first file; without such a file it is trusted this once.
    async fn remember(&self, key: &HostKey) -> Result<(), TransportError> {
        let Some(file) = self.rules.user_files.first().cloned() else { return Ok(()) };
        let (host, hash, key) = (self.name.clone(), self.rules.hash_names, key.clone());
        let name = file.display().to_string();
        let written = tokio::task::spawn_blocking(move || {
            let line = if hash {
                new_line(&host, &key, Naming::Hashed(&random_salt()?))
            } else {
                new_line(&host, &key, Naming::Plain)
            };
            append(&file, &line)
        })
        .await;
        let problem = match written {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(refuse(say::known_hosts_unwritable(name, problem)))
    }
}

/// 20 bytes from the kernel's generator.
fn random_salt() -> std::io::Result<[u8; 20]> {
    let mut salt = [0; 20];
    File::open("/dev/urandom")?.read_exact(&mut salt)?;
    Ok(salt)
}

fn host_key(key: &KeyData) -> Result<HostKey, russh::keys::ssh_key::Error> {
    let blob = PublicKey::from(key.clone()).to_bytes()?;
    Ok(HostKey { algorithm: key.algorithm().as_str().to_owned(), blob })
}
