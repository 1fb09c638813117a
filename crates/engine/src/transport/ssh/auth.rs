//! Logging in: agent keys, key files and certificates, password, keyboard-interactive, in this
//! order, each only when the host allows it, and going on where the host asks for more than one.

use std::sync::Arc;

use hep_core::message::ssh as say;
use hep_core::secret::Secret;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Reply};
use russh::keys::agent::AgentIdentity;
use russh::keys::{Algorithm, Certificate, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use tokio::sync::watch;

use super::algorithms::may_sign_with;
use super::connect::Tools;
use super::keys::{KeyFile, connect_agent};
use super::prompt::{Question, Questions};
use super::session::{End, Session};
use super::signer::{AgentSigner, KeySigner, Unsigned};
use super::target::SshTarget;
use crate::transport::{Stage, TransportError};

/// How many rounds of questions a host may put, so that one that never ends does not hold us.
const INTERACTIVE_ROUNDS: usize = 16;

/// One thing to try.
enum Attempt {
    /// Asks what the host allows; some let us in at once.
    Probe,
    Agent(Box<AgentIdentity>),
    Certificate(Arc<KeyFile>, Box<Certificate>),
    Key(Arc<KeyFile>),
    Password,
    Interactive,
}

impl Attempt {
    fn method(&self) -> MethodKind {
        match self {
            Self::Probe => MethodKind::None,
            Self::Agent(_) | Self::Certificate(..) | Self::Key(_) => MethodKind::PublicKey,
            Self::Password => MethodKind::Password,
            Self::Interactive => MethodKind::KeyboardInteractive,
        }
    }

    /// For the list of what was tried. Comments of agent keys are the person's own.
    fn describe(&self) -> String {
        match self {
            Self::Probe => "no credentials".to_owned(),
            Self::Agent(identity) => format!("the agent's key {}", identity.comment()),
            Self::Certificate(file, _) => format!("the certificate of {}", file.path.display()),
            Self::Key(file) => format!("the key {}", file.path.display()),
            Self::Password => "the password".to_owned(),
            Self::Interactive => "the answers to its questions".to_owned(),
        }
    }
}

/// Why an attempt did not end.
enum Failure {
    Ssh(russh::Error),
    Late,
}

/// How one attempt ended.
enum Step {
    /// We are in.
    In,
    /// The host wants something else, or something more.
    Refused(MethodSet),
    /// Nothing was sent: there was nothing to send, or the person declined.
    Skipped(Option<String>),
}

impl From<AuthResult> for Step {
    fn from(result: AuthResult) -> Self {
        match result {
            AuthResult::Success => Self::In,
            AuthResult::Failure { remaining_methods, .. } => Self::Refused(remaining_methods),
        }
    }
}

/// Logs in, or says what was tried.
pub(super) async fn log_in(
    handle: &mut Handle<Session>,
    end: &watch::Receiver<End>,
    target: &SshTarget,
    tools: &Tools,
) -> Result<(), TransportError> {
    let mut login = Login { handle, end, target, tools, password: target.password.clone() };
    login.run().await
}

struct Login<'a> {
    handle: &'a mut Handle<Session>,
    end: &'a watch::Receiver<End>,
    target: &'a SshTarget,
    tools: &'a Tools,
    password: Option<Secret<String>>,
}

impl Login<'_> {
    async fn run(&mut self) -> Result<(), TransportError> {
        let (mut attempts, mut notes) = self.attempts().await;
        let mut allowed: Option<MethodSet> = None;
        let mut tried = Vec::new();
        while let Some(index) = next(&attempts, allowed.as_ref()) {
            // Where no key was sent nothing has told yet what the host allows.
            let is_blind = allowed.is_none() && attempts[index].method() != MethodKind::PublicKey;
            let attempt = if is_blind { Attempt::Probe } else { attempts.remove(index) };
            match self.attempt(&attempt).await? {
                Step::In => return Ok(()),
                Step::Skipped(note) => notes.extend(note),
                Step::Refused(methods) if is_blind => allowed = Some(methods),
                Step::Refused(methods) => {
                    tried.push(attempt.describe());
                    if self.handle.is_closed() {
                        return Err(self.closed(&tried));
                    }
                    allowed = Some(methods);
                }
            }
        }
        Err(self.failed(tried, notes, allowed.as_ref()))
    }

    /// What there is to try, in order, and what could not be used.
    async fn attempts(&self) -> (Vec<Attempt>, Vec<String>) {
        let (mut attempts, mut notes) = (Vec::new(), Vec::new());
        let mut files = Vec::new();
        for key in &self.target.held {
            let file = self.tools.keys.held(key).await;
            notes.extend(file.problem().map(|why| say::key_unreadable(&key.name, why).to_string()));
            files.push(file);
        }
        for path in &self.target.keys {
            let file = self.tools.keys.file(path).await;
            notes.extend(
                file.problem().map(|why| say::key_unreadable(file.path.display(), why).to_string()),
            );
            files.push(file);
        }
        let agent = self.agent_identities(&files).await;
        let held = |file: &KeyFile| {
            let same = |id: &AgentIdentity| {
                file.public
                    .as_ref()
                    .is_some_and(|public| id.public_key().key_data() == public.key_data())
            };
            agent.iter().any(same)
        };
        let own: Vec<_> =
            files.iter().filter(|file| file.is_private() && !held(file)).cloned().collect();
        for file in own {
            for certificate in self.certificates(&file).await {
                attempts.push(Attempt::Certificate(Arc::clone(&file), Box::new(certificate)));
            }
            attempts.push(Attempt::Key(file));
        }
        let mut all: Vec<Attempt> =
            agent.into_iter().map(|identity| Attempt::Agent(Box::new(identity))).collect();
        all.append(&mut attempts);
        all.extend([Attempt::Password, Attempt::Interactive]);
        (all, notes)
    }

    async fn agent_identities(&self, files: &[Arc<KeyFile>]) -> Vec<AgentIdentity> {
        let Some(socket) = &self.target.agent else { return vec![] };
        let identities = self.tools.keys.identities(socket).await;
        let named = |identity: &AgentIdentity| {
            let key = identity.public_key();
            let mut publics = files.iter().filter_map(|file| file.public.as_ref());
            publics.any(|public| public.key_data() == key.key_data())
        };
        // Those that files name come first: sshd lets us try only a few (`MaxAuthTries`).
        let (mut first, others): (Vec<_>, Vec<_>) = identities.iter().cloned().partition(named);
        if !self.target.identities_only {
            first.extend(others);
        }
        first
    }

    /// The certificates for this key: beside it, and among the files given.
    async fn certificates(&self, file: &KeyFile) -> Vec<Certificate> {
        let mut found: Vec<Certificate> = file.certificate.iter().cloned().collect();
        for path in &self.target.certificates {
            let Some(certificate) = self.tools.keys.certificate(path).await else { continue };
            let same = |public: &PublicKey| public.key_data() == certificate.public_key();
            if file.public.as_ref().is_some_and(same) && !found.contains(&certificate) {
                found.push(Certificate::clone(&certificate));
            }
        }
        found
    }

    fn questions(&self) -> &Questions {
        &self.tools.trust.questions
    }

    /// Runs one step within the deadline. The step borrows us, so the rest comes beside it.
    async fn within(
        target: &SshTarget,
        questions: &Questions,
        step: impl Future<Output = Result<Step, russh::Error>>,
    ) -> Result<Step, Failure> {
        match questions.within(target.deadlines.auth, step).await {
            Some(done) => done.map_err(Failure::Ssh),
            None => Err(Failure::Late),
        }
    }

    fn explain(&self, failure: Failure) -> TransportError {
        let host = self.target.name.clone();
        match failure {
            Failure::Late => TransportError::Deadline {
                host,
                stage: Stage::Auth,
                detail: self.target.user.clone(),
                after: self.target.deadlines.auth,
            },
            Failure::Ssh(russh::Error::SendError | russh::Error::RecvError) => self.closed(&[]),
            Failure::Ssh(other) => TransportError::Handshake { host, source: Arc::new(other) },
        }
    }

    async fn probe(&mut self) -> Result<Step, russh::Error> {
        Ok(self.handle.authenticate_none(&self.target.user).await?.into())
    }

    async fn attempt(&mut self, attempt: &Attempt) -> Result<Step, TransportError> {
        let (target, tools) = (self.target, self.tools);
        let done = Self::within(target, &tools.trust.questions, self.send(attempt)).await;
        done.map_err(|failure| self.explain(failure))
    }

    async fn send(&mut self, attempt: &Attempt) -> Result<Step, russh::Error> {
        match attempt {
            Attempt::Probe => self.probe().await,
            Attempt::Agent(identity) => self.with_agent(identity).await,
            Attempt::Certificate(file, certificate) => {
                self.with_certificate(file, certificate).await
            }
            Attempt::Key(file) => self.with_key(file).await,
            Attempt::Password => self.with_password().await,
            Attempt::Interactive => self.interactive().await,
        }
    }

    /// The hashes to sign with: one for RSA keys, and no choice for others. Nothing when all that
    /// the host takes is not allowed.
    async fn hashes(&self, algorithm: &Algorithm) -> Result<Vec<Option<HashAlg>>, russh::Error> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            let allowed = may_sign_with(self.target, algorithm.as_str());
            return Ok(if allowed { vec![None] } else { vec![] });
        }
        // A host that does not say what it takes is asked for the best. Then for the oldest, where the
        // opt-in allows it: sshd may say what it knows and take less.
        let best = self.handle.best_supported_rsa_hash().await?;
        let mut offered = vec![best.unwrap_or(Some(HashAlg::Sha512)), None];
        offered.dedup();
        let allowed = |hash: &Option<HashAlg>| {
            may_sign_with(self.target, Algorithm::Rsa { hash: *hash }.as_str())
        };
        Ok(offered.into_iter().filter(allowed).collect())
    }

    async fn with_agent(&mut self, identity: &AgentIdentity) -> Result<Step, russh::Error> {
        let Some(socket) = &self.target.agent else { return Ok(Step::Skipped(None)) };
        let public = identity.public_key().into_owned();
        let mut last = Step::Skipped(None);
        for hash in self.hashes(&public.algorithm()).await? {
            let Some(agent) = connect_agent(socket).await else { return Ok(Step::Skipped(None)) };
            let mut signer = AgentSigner(agent);
            let user = self.target.user.as_str();
            let result = match identity {
                AgentIdentity::PublicKey { key, .. } => {
                    let key = key.clone();
                    self.handle.authenticate_publickey_with(user, key, hash, &mut signer).await
                }
                AgentIdentity::Certificate { certificate, .. } => {
                    let cert = certificate.clone();
                    self.handle.authenticate_certificate_with(user, cert, hash, &mut signer).await
                }
            };
            match result.map(Step::from) {
                Ok(Step::Refused(methods)) => last = Step::Refused(methods),
                Ok(done) => return Ok(done),
                Err(_) => last = Step::Skipped(Some("the agent did not sign".to_owned())),
            }
        }
        Ok(last)
    }

    async fn with_certificate(
        &mut self,
        file: &KeyFile,
        certificate: &Certificate,
    ) -> Result<Step, russh::Error> {
        let Some(key) = file.private(self.questions()).await else {
            return Ok(Step::Skipped(None));
        };
        let mut last = Step::Skipped(None);
        for hash in self.hashes(&key.algorithm()).await? {
            let mut signer = KeySigner(Arc::clone(&key), hash);
            let (user, cert) = (self.target.user.as_str(), certificate.clone());
            let sent = self.handle.authenticate_certificate_with(user, cert, hash, &mut signer);
            match sent.await.map(Step::from) {
                Ok(Step::Refused(methods)) => last = Step::Refused(methods),
                Ok(done) => return Ok(done),
                Err(error) => last = Step::Skipped(Some(error.to_string())),
            }
        }
        Ok(last)
    }

    async fn with_key(&mut self, file: &KeyFile) -> Result<Step, russh::Error> {
        // Do not ask for a passphrase before the host has said that it would take the key.
        if let Some(public) = file.public.as_ref().filter(|_| file.is_locked()) {
            match self.would_take(public).await? {
                Step::In | Step::Skipped(None) => {}
                refused => return Ok(refused),
            }
        }
        let Some(key) = file.private(self.questions()).await else {
            let note = format!("the key {} stayed locked", file.path.display());
            return Ok(Step::Skipped(Some(note)));
        };
        self.with_private(&key).await
    }

    async fn with_private(&mut self, key: &Arc<PrivateKey>) -> Result<Step, russh::Error> {
        let hashes = self.hashes(&key.algorithm()).await?;
        if hashes.is_empty() {
            return Ok(Step::Skipped(Some(format!(
                "the host takes {} keys only with SHA-1 signatures (hep_legacy_algorithms: true \
                 allows them)",
                key.algorithm().as_str()
            ))));
        }
        let mut last = Step::Skipped(None);
        for hash in hashes {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            let user = self.target.user.as_str();
            match self.handle.authenticate_publickey(user, key).await?.into() {
                Step::In => return Ok(Step::In),
                refused => last = refused,
            }
        }
        Ok(last)
    }

    /// Asks whether the host would take this key, without signing anything.
    async fn would_take(&mut self, public: &PublicKey) -> Result<Step, russh::Error> {
        let mut last = Step::Skipped(None);
        for hash in self.hashes(&public.algorithm()).await? {
            let user = self.target.user.as_str();
            let key = public.clone();
            match self.handle.authenticate_publickey_with(user, key, hash, &mut Unsigned).await {
                Ok(refused) => last = refused.into(),
                // The signer is called, and fails, only when the host would take the key.
                Err(_) => return Ok(Step::Skipped(None)),
            }
        }
        Ok(last)
    }

    async fn password(&mut self) -> Option<Secret<String>> {
        if self.password.is_none() {
            let (host, user) = (self.target.name.clone(), self.target.user.clone());
            self.password = self.questions().secret(&Question::Password { host, user }).await;
        }
        self.password.clone()
    }

    async fn with_password(&mut self) -> Result<Step, russh::Error> {
        let Some(password) = self.password().await else { return Ok(Step::Skipped(None)) };
        let user = self.target.user.as_str();
        Ok(self.handle.authenticate_password(user, password.expose()).await?.into())
    }

    async fn interactive(&mut self) -> Result<Step, russh::Error> {
        let user = self.target.user.as_str();
        let mut reply =
            self.handle.authenticate_keyboard_interactive_start(user, None::<String>).await?;
        let mut password_used = false;
        for _ in 0..INTERACTIVE_ROUNDS {
            let prompts = match reply {
                Reply::Success => return Ok(Step::In),
                Reply::Failure { remaining_methods, .. } => {
                    return Ok(Step::Refused(remaining_methods));
                }
                Reply::InfoRequest { prompts, .. } => prompts,
            };
            let mut answers = Vec::with_capacity(prompts.len());
            for prompt in prompts {
                // Without an answer nothing is sent: an empty one would count as a wrong password on the host.
                let Some(answer) = self.answer(&prompt, &mut password_used).await else {
                    return Ok(Step::Skipped(None));
                };
                answers.push(answer.expose().clone());
            }
            reply = self.handle.authenticate_keyboard_interactive_respond(answers).await?;
        }
        Ok(Step::Skipped(Some("the host asks without end".to_owned())))
    }

    /// The password answers the first hidden question; a person answers the rest.
    async fn answer(
        &self,
        prompt: &russh::client::Prompt,
        password_used: &mut bool,
    ) -> Option<Secret<String>> {
        if !prompt.echo && !*password_used && self.password.is_some() {
            *password_used = true;
            return self.password.clone();
        }
        let question = Question::FromHost {
            host: self.target.name.clone(),
            user: self.target.user.clone(),
            text: prompt.prompt.clone(),
            echo: prompt.echo,
        };
        self.questions().secret(&question).await
    }

    fn closed(&self, tried: &[String]) -> TransportError {
        let (host, user) = (&self.target.name, &self.target.user);
        let reason = self.end.borrow().clone();
        let tried = match (tried, reason) {
            ([], Some(reason)) => reason,
            ([], None) => "the first message".to_owned(),
            (tried, None) => tried.join(", "),
            (tried, Some(reason)) => format!("{} ({reason})", tried.join(", ")),
        };
        TransportError::Auth { message: say::auth_closed(host, user, tried) }
    }

    fn failed(
        &self,
        tried: Vec<String>,
        notes: Vec<String>,
        allowed: Option<&MethodSet>,
    ) -> TransportError {
        let (host, user) = (&self.target.name, &self.target.user);
        let names: Vec<&str> =
            allowed.into_iter().flat_map(|set| set.iter()).map(Into::into).collect();
        let offered = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let all = [tried, notes].concat();
        let message = if all.is_empty() {
            say::auth_nothing_to_try(host, user, offered)
        } else {
            say::auth_failed(host, user, all.join(", "), offered)
        };
        TransportError::Auth { message }
    }
}

/// The first attempt that the host allows.
fn next(attempts: &[Attempt], allowed: Option<&MethodSet>) -> Option<usize> {
    let fits = |attempt: &Attempt| allowed.is_none_or(|set| set.contains(&attempt.method()));
    attempts.iter().position(fits)
}
