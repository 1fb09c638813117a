//! Which host keys are trusted, and what is said about those that are not.

use std::future::ready;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::join_all;
use hep_engine::transport::ssh::{
    HostKeyQuestion, Pinned, PinnedKey, Prompter, Question, ShownKey,
};
use russh::keys::PublicKey;
use russh::keys::ssh_key::certificate::CertType;
use tempfile::TempDir;

use super::*;
use crate::ssh::server::{Behaviour, certify, new_key};

/// Says the same about every key, and counts.
struct Opinion {
    trusts: bool,
    asked: AtomicUsize,
}

#[async_trait]
impl Prompter for Opinion {
    async fn trust(&self, _question: &HostKeyQuestion) -> bool {
        self.asked.fetch_add(1, SeqCst);
        self.trusts
    }

    async fn secret(&self, _question: &Question) -> Option<Secret<String>> {
        None
    }
}

fn openssh(key: &PublicKey) -> String {
    let text = key.to_openssh().unwrap();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn name(target: &SshTarget) -> String {
    format!("[{}]:{}", target.address, target.port)
}

fn file(directory: &TempDir, text: &str) -> PathBuf {
    let path = directory.path().join("known_hosts");
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn lines_decide() {
    let behaviour = Behaviour::default();
    let (own, other) = (openssh(behaviour.key.public_key()), openssh(new_key().public_key()));
    let server = Server::start(behaviour).await;
    let target = target(&server);
    let directory = tempfile::tempdir().unwrap();
    let host = name(&target);
    let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQA=";
    let all = [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew, HostKeyPolicy::Ask];
    for (text, policies, parts) in [
        (format!("{host} {own}\n"), &all[..], None),
        (format!("{host} {other}\n{host} {own}\n"), &all[..], None),
        (
            format!("{host} {other}\n"),
            &all[..],
            Some(["CHANGED", "known_hosts:1", "ssh-keygen -f"]),
        ),
        (
            format!("{host} {own}\n@revoked * {own}\n"),
            &all[..],
            Some(["revoked", "known_hosts:2", "SHA256:"]),
        ),
        (String::new(), &all[..1], Some(["not known", "SHA256:", "--host-key"])),
        (format!("{host} {rsa}\n"), &all[..2], Some(["ssh-rsa", "ssh-ed25519", "known_hosts:1"])),
        (String::new(), &all[2..], Some(["not approved", "ssh-ed25519", "SHA256:"])),
    ] {
        for policy in policies {
            let target = with_known_hosts(target.clone(), &file(&directory, &text), *policy);
            match (reach(&pool(), &target).await, parts) {
                (Ok(()), None) => {}
                (Err(error), Some(parts)) => assert_contains(&error.to_string(), &parts),
                (result, parts) => panic!("{text:?} {policy:?}: {result:?}, not {parts:?}"),
            }
        }
    }
}

#[tokio::test]
async fn new_keys_of_sixty_four_hosts_at_once() {
    let behaviour = Behaviour::default();
    let key = openssh(behaviour.key.public_key());
    let server = Server::start(behaviour).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ssh/known_hosts");
    let targets: Vec<SshTarget> = (0..64)
        .map(|number| {
            let mut target = with_known_hosts(target(&server), &path, HostKeyPolicy::AcceptNew);
            target.user = format!("user{number}");
            target.host_keys.alias = Some(format!("host{number}"));
            target
        })
        .collect();
    let first = pool();
    let all = join_all(targets.iter().map(|target| reach(&first, target))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let mut expected: Vec<String> = (0..64).map(|n| format!("host{n} {key}")).collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);

    let again = pool();
    for mut target in targets {
        target.host_keys.policy = HostKeyPolicy::Strict;
        reach(&again, &target).await.unwrap();
    }
}

#[tokio::test]
async fn an_approved_key_is_kept_and_the_same_host_is_asked_about_once() {
    let server = Server::start(Behaviour::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("known_hosts");
    let opinion = Arc::new(Opinion { trusts: true, asked: AtomicUsize::new(0) });
    let pool = Pool::new(Limits::default(), opinion.clone());
    let targets: Vec<SshTarget> = (0..8)
        .map(|number| {
            let mut target = with_known_hosts(target(&server), &path, HostKeyPolicy::Ask);
            target.user = format!("user{number}");
            target.host_keys.hash_names = true;
            target
        })
        .collect();
    let all = join_all(targets.iter().map(|target| reach(&pool, target))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(opinion.asked.load(SeqCst), 1);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("|1|"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the certificates of a test are valid now")]
async fn host_certificates() {
    let (authority, stranger) = (new_key(), new_key());
    let directory = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let valid = 0..now + 1_000;
    for (signer, kind, principal, dates, expected) in [
        (&authority, CertType::Host, "web.example.com", valid.clone(), None),
        (&authority, CertType::Host, "*.example.com", valid.clone(), None),
        (
            &authority,
            CertType::Host,
            "db.example.com",
            valid.clone(),
            Some("it is for db.example.com"),
        ),
        (&authority, CertType::Host, "web.example.com", 0..now - 1, Some("expired")),
        (
            &authority,
            CertType::Host,
            "web.example.com",
            now + 900..now + 1_000,
            Some("not valid yet"),
        ),
        (&authority, CertType::User, "web.example.com", valid.clone(), Some("user's certificate")),
        (&stranger, CertType::Host, "web.example.com", valid, Some("not known")),
    ] {
        let key = new_key();
        let certificate = Some(certify(&key, signer, kind, principal, dates));
        let server = Server::start(Behaviour { key, certificate, ..Behaviour::default() }).await;
        let text = format!("@cert-authority *.example.com {}\n", openssh(authority.public_key()));
        let path = file(&directory, &text);
        let mut target = with_known_hosts(target(&server), &path, HostKeyPolicy::Strict);
        target.host_keys.alias = Some("web.example.com".into());
        match (reach(&pool(), &target).await, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => assert_contains(&error.to_string(), &[part]),
            (result, expected) => panic!("{principal}: {result:?}, not {expected:?}"),
        }
    }
}

#[tokio::test]
async fn an_unreadable_file_is_an_error() {
    let server = Server::start(Behaviour::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let target = with_known_hosts(target(&server), directory.path(), HostKeyPolicy::AcceptNew);
    let error = failure(&pool(), &target).await;
    assert_contains(&error.to_string(), &["cannot read the host keys"]);
}

/// What is pinned and the rule; whether a new key is told and the refusal, that come of it.
type Case<'a> = (Vec<PinnedKey<'a>>, HostKeyPolicy, Option<bool>, Option<&'a str>);

#[tokio::test]
async fn a_register_s_keys_decide_in_place_of_files() {
    let behaviour = Behaviour::default();
    let (own, other) = (openssh(behaviour.key.public_key()), openssh(new_key().public_key()));
    let server = Server::start(behaviour).await;
    let (strict, accept) = (HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew);
    let cases: [Case<'_>; 5] = [
        (vec![PinnedKey::Trusted(&own)], strict, None, None),
        (vec![], strict, Some(false), Some("has not been approved")),
        (vec![], accept, Some(true), None),
        (vec![PinnedKey::Trusted(&other)], accept, Some(false), Some("another machine answers")),
        (vec![PinnedKey::Revoked(&own)], accept, None, Some("revoked")),
    ];
    for (keys, policy, told, refused) in cases {
        let shown = Arc::new(std::sync::Mutex::new(Vec::new()));
        let teller = Arc::clone(&shown);
        let pinned = Pinned::new(keys, move |key: ShownKey| {
            teller.lock().unwrap().push(key);
            ready(Ok(())).boxed()
        });
        let mut target = target(&server);
        (target.host_keys.policy, target.host_keys.pinned) = (policy, Some(pinned));
        match refused {
            None => reach(&pool(), &target).await.unwrap(),
            Some(part) => {
                assert_contains(&failure(&pool(), &target).await.message().to_string(), &[part]);
            }
        }
        let shown = shown.lock().unwrap();
        let seen = shown.first().map(|key| (key.accepted, key.public_key.as_str()));
        assert_eq!(seen, told.map(|accepted| (accepted, own.as_str())));
    }
}
