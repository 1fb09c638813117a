//! Every way to log in, and what is said when none works.

use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;
use hep_engine::transport::ssh::{HeldKey, HostKeyQuestion, Prompter, Question};
use russh::MethodKind;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::private::{KeypairData, RsaKeypair};
use russh::keys::{Algorithm, PrivateKey};
use tempfile::TempDir;

use super::*;
use crate::ssh::server::{Behaviour, PASSWORD, certify, new_key};

/// Answers from a list, and keeps the questions.
#[derive(Default)]
struct Answers {
    answers: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<Question>>,
}

#[async_trait]
impl Prompter for Answers {
    async fn trust(&self, _question: &HostKeyQuestion) -> bool {
        false
    }

    async fn secret(&self, question: &Question) -> Option<Secret<String>> {
        self.asked.lock().unwrap().push(question.clone());
        let mut answers = self.answers.lock().unwrap();
        (!answers.is_empty()).then(|| Secret::new(answers.remove(0).to_owned()))
    }
}

fn asking(answers: &[&'static str]) -> (Pool, Arc<Answers>) {
    let answers = Arc::new(Answers { answers: Mutex::new(answers.to_vec()), ..Answers::default() });
    (Pool::new(Limits::default(), answers.clone()), answers)
}

/// An RSA key, as short as sshd allows: they are slow to make.
fn rsa_key() -> PrivateKey {
    let pair = RsaKeypair::random(&mut safe_rng(), 2048).unwrap();
    PrivateKey::new(KeypairData::Rsa(pair), "").unwrap()
}

/// Writes a key, encrypted when there is a passphrase.
fn key_file(
    directory: &TempDir,
    name: &str,
    key: &PrivateKey,
    passphrase: Option<&str>,
) -> PathBuf {
    let path = directory.path().join(name);
    let key = match passphrase {
        Some(passphrase) => key.encrypt(&mut safe_rng(), passphrase).unwrap(),
        None => key.clone(),
    };
    key.write_openssh_file(&path, LineEnding::LF).unwrap();
    path
}

/// A server that takes this key, and a target that has only it.
async fn key_only(key: &PrivateKey, file: PathBuf) -> (Server, SshTarget) {
    let keys = vec![key.public_key().clone()];
    let methods = vec![MethodKind::PublicKey];
    let server = Server::start(Behaviour { methods, keys, ..Behaviour::default() }).await;
    let target = SshTarget { keys: vec![file], password: None, ..target(&server) };
    (server, target)
}

#[tokio::test]
async fn keys_of_all_kinds() {
    let directory = tempfile::tempdir().unwrap();
    let curve = russh::keys::EcdsaCurve::NistP256;
    let ecdsa = PrivateKey::random(&mut safe_rng(), Algorithm::Ecdsa { curve }).unwrap();
    for (number, key) in [new_key(), ecdsa, rsa_key()].into_iter().enumerate() {
        let file = key_file(&directory, &format!("key{number}"), &key, None);
        let (_server, target) = key_only(&key, file).await;
        reach(&pool(), &target).await.unwrap();
    }
}

#[tokio::test]
async fn a_passphrase_is_asked_for_once_and_only_when_the_host_wants_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let (key, other) = (new_key(), new_key());
    let locked = key_file(&directory, "locked", &key, Some("sesame"));
    let useless = key_file(&directory, "useless", &other, Some("never asked"));
    let (_server, mut target) = key_only(&key, locked.clone()).await;
    target.keys = vec![useless, locked.clone()];
    let (pool, answers) = asking(&["wrong", "sesame"]);
    reach(&pool, &target).await.unwrap();
    reach(&pool, &SshTarget { user: "bob".into(), ..target }).await.unwrap();
    let file = locked.display().to_string();
    let passphrase = |again| Question::Passphrase { file: file.clone(), again };
    assert_eq!(*answers.asked.lock().unwrap(), [passphrase(false), passphrase(true)]);
}

#[tokio::test]
async fn a_locked_key_and_nobody_to_ask() {
    let directory = tempfile::tempdir().unwrap();
    let key = new_key();
    let file = key_file(&directory, "locked", &key, Some("sesame"));
    let (_server, target) = key_only(&key, file).await;
    let error = failure(&pool(), &target).await;
    assert_contains(&error.to_string(), &["locked stayed locked", "publickey"]);
}

#[tokio::test]
async fn a_certificate_beside_the_key_or_named() {
    let directory = tempfile::tempdir().unwrap();
    let authority = new_key();
    for (number, key) in [new_key(), rsa_key()].into_iter().enumerate() {
        let certificate = certify(&key, &authority, CertType::User, "ann", 0..4_000_000_000);
        let behaviour = Behaviour {
            authority: Some(authority.public_key().clone()),
            methods: vec![MethodKind::PublicKey],
            ..Behaviour::default()
        };
        let server = Server::start(behaviour).await;
        let file = key_file(&directory, &format!("key{number}"), &key, None);
        let named = directory.path().join(format!("named{number}"));
        std::fs::write(&named, certificate.to_openssh().unwrap()).unwrap();
        let mut target = SshTarget { keys: vec![file.clone()], password: None, ..target(&server) };
        assert!(failure(&pool(), &target).await.is_auth());
        target.certificates = vec![named];
        reach(&pool(), &target).await.unwrap();
        let beside = directory.path().join(format!("key{number}-cert.pub"));
        std::fs::write(beside, certificate.to_openssh().unwrap()).unwrap();
        target.certificates = vec![];
        reach(&pool(), &target).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_and_a_password() {
    let directory = tempfile::tempdir().unwrap();
    let key = new_key();
    let behaviour =
        Behaviour { keys: vec![key.public_key().clone()], both: true, ..Behaviour::default() };
    let server = Server::start(behaviour).await;
    let file = key_file(&directory, "key", &key, None);
    let target = SshTarget { keys: vec![file], ..target(&server) };
    reach(&pool(), &target).await.unwrap();
}

#[tokio::test]
async fn questions_of_the_host() {
    let methods = vec![MethodKind::KeyboardInteractive];
    for (questions, given, answers, asked) in [
        (1, Some(PASSWORD), vec![], 0),
        (2, Some(PASSWORD), vec!["42"], 1),
        (1, None, vec![PASSWORD], 1),
    ] {
        let behaviour = Behaviour { questions, methods: methods.clone(), ..Behaviour::default() };
        let server = Server::start(behaviour).await;
        let password = given.map(|password| Secret::new(password.to_owned()));
        let target = SshTarget { password, ..target(&server) };
        let (pool, answers) = asking(&answers);
        reach(&pool, &target).await.unwrap();
        assert_eq!(answers.asked.lock().unwrap().len(), asked);
    }
}

/// An empty answer is a wrong password to the host, which counts those.
#[tokio::test]
async fn a_question_without_an_answer_is_no_guess() {
    let methods = vec![MethodKind::KeyboardInteractive];
    let server = Server::start(Behaviour { questions: 1, methods, ..Behaviour::default() }).await;
    let target = SshTarget { password: None, ..target(&server) };
    let (pool, answers) = asking(&[]);
    let error = failure(&pool, &target).await.to_string();
    assert_contains(&error, &["there is no key, agent or password to try"]);
    assert_eq!(answers.asked.lock().unwrap().len(), 1);
    assert_eq!(server.seen.guesses.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_password_is_asked_for_when_none_is_given() {
    let server = Server::start(Behaviour::default()).await;
    let target = SshTarget { password: None, ..target(&server) };
    let (pool, answers) = asking(&[PASSWORD]);
    reach(&pool, &target).await.unwrap();
    let expected = Question::Password { host: "web".into(), user: "ann".into() };
    assert_eq!(*answers.asked.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn what_was_tried_is_said_and_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(Behaviour::default()).await;
    let file = key_file(&directory, "mine", &new_key(), None);
    let missing = directory.path().join("missing");
    let target = SshTarget {
        keys: vec![file, missing],
        password: Some(Secret::new("hunter2".into())),
        ..target(&server)
    };
    let error = failure(&pool(), &target).await;
    let text = format!("{error} {error:?}");
    assert_contains(
        &text,
        &["as ann", "mine", "the password", "missing", "the host allows publickey"],
    );
    assert!(!text.contains("hunter2"), "{text}");
    assert!(error.is_auth());

    let nothing = SshTarget { keys: vec![], password: None, ..target };
    let error = failure(&pool(), &nothing).await.to_string();
    assert_contains(&error, &["no key, agent or password to try"]);
}

/// Anyone may use every key of this agent.
#[derive(Clone)]
struct Open;

impl russh::keys::agent::server::Agent for Open {}

/// An agent in this process that holds these keys; its socket.
async fn agent(directory: &TempDir, keys: &[PrivateKey]) -> PathBuf {
    let socket = directory.path().join("agent");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let connections = futures::stream::unfold(listener, |listener| async {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    tokio::spawn(russh::keys::agent::server::serve(Box::pin(connections), Open));
    let mut client = russh::keys::agent::client::AgentClient::connect_uds(&socket).await.unwrap();
    for key in keys {
        client.add_identity(key, &[]).await.unwrap();
    }
    socket
}

#[tokio::test]
async fn keys_of_an_agent() {
    let directory = tempfile::tempdir().unwrap();
    let (key, other) = (new_key(), new_key());
    let socket = agent(&directory, &[other.clone(), key.clone()]).await;
    let file = key_file(&directory, "unused", &new_key(), None);
    let (_server, mut target) = key_only(&key, file.clone()).await;
    target.agent = Some(socket);
    target.keys = vec![];
    reach(&pool(), &target).await.unwrap();

    // Only the key whose public half lies there may be used.
    target.identities_only = true;
    assert!(failure(&pool(), &target).await.is_auth());
    let named = directory.path().join("named");
    std::fs::write(named.with_extension("pub"), key.public_key().to_openssh().unwrap()).unwrap();
    target.keys = vec![named];
    reach(&pool(), &target).await.unwrap();
}

#[tokio::test]
async fn an_agent_that_is_not_there_does_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let key = new_key();
    let file = key_file(&directory, "key", &key, None);
    let (_server, mut target) = key_only(&key, file).await;
    target.agent = Some(directory.path().join("no-agent"));
    reach(&pool(), &target).await.unwrap();
}

#[tokio::test]
async fn a_key_that_lies_in_no_file() {
    let key = new_key();
    let (_server, target) = key_only(&key, "/nonexistent".into()).await;
    let held = |passphrase: Option<&str>, given: Option<&str>| {
        let key = match passphrase {
            Some(passphrase) => key.encrypt(&mut safe_rng(), passphrase).unwrap(),
            None => key.clone(),
        };
        let private = key.to_openssh(LineEnding::LF).unwrap().to_string();
        let passphrase = given.map(|given| Secret::new(given.to_owned()));
        let key = HeldKey {
            name: "deploy".into(),
            private: private.into(),
            passphrase,
            certificate: None,
        };
        SshTarget { held: vec![Arc::new(key)], keys: vec![], ..target.clone() }
    };
    for (passphrase, given) in [(None, None), (Some("sesame"), Some("sesame"))] {
        reach(&pool(), &held(passphrase, given)).await.unwrap();
    }
    let error = failure(&pool(), &held(Some("sesame"), Some("wrong"))).await;
    assert_contains(&error.message().to_string(), &["deploy"]);
}
