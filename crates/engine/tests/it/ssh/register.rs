//! Keys of hosts that a register keeps: what a server's runs trust, without any file.

use std::path::Path;

use hep_core::run::HostState;
use hep_engine::master_key::Source;
use hep_engine::ops::host_key::{self, Approval};
use hep_engine::ops::page::Paging;
use hep_engine::ops::patch::Edit;
use hep_engine::ops::{Actor, Engine, credential, host, run};
use hep_engine::play::bundle::Bundle;
use hep_engine::server::{Options, Server as Node};
use hep_engine::store::host_keys::State;
use hep_engine::transport::ssh::{Settings, SettingsSource};
use serde_json::{Value, json};

use super::*;
use crate::ssh::server::{Behaviour, PASSWORD};

fn of<T: serde::de::DeserializeOwned>(said: Value) -> T {
    serde_json::from_value(said).unwrap()
}

fn me() -> Actor {
    Actor::command_line("test")
}

/// A node whose register has one host, `web`, and which has no `known_hosts` file.
async fn node(folder: &Path, policy: HostKeyPolicy) -> (Engine, Node) {
    let database = format!("sqlite:{}", folder.join("hep.db").display());
    let engine = Engine::open(&database, Source::ours(folder.join("keys"))).await.unwrap();
    let settings = Settings::load(SettingsSource {
        config: Some("none".into()),
        known_hosts: Some(folder.join("none")),
        policy: Some(policy),
        ..SettingsSource::default()
    });
    let node = Node::start(&engine, &Options::new(settings.unwrap(), Bundle::default())).unwrap();
    let said = json!({"name": "ann", "kind": "password", "user": "ann", "password": PASSWORD});
    credential::create(&engine, &me(), of(said)).await.unwrap();
    let said = json!({"name": "web", "address": "127.0.0.1", "credential": "ann"});
    host::create(&engine, &me(), of(said)).await.unwrap();
    (engine, node)
}

/// Lets the host be where this server listens.
async fn moved(engine: &Engine, server: &Server) {
    let part = json!({"port": server.address.port()});
    host::change(engine, &me(), "web", None, Edit::Part(&part)).await.unwrap();
}

/// What came of `true` on the host, and why.
async fn outcome(engine: &Engine) -> (HostState, Option<String>) {
    let said = json!({"subject": {"kind": "command", "line": "true"}, "selector": "web"});
    let id = run::create(engine, &me(), of(said)).await.unwrap().id;
    let ended = async {
        while !run::show(engine, &me(), &id).await.unwrap().state.is_over() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the run ends");
    let hosts = run::hosts(engine, &me(), &id, &[], &Paging::default()).await.unwrap();
    let host = hosts.items.into_iter().next().unwrap();
    (host.state, host.error.map(|message| message.id.into_owned()))
}

async fn states(engine: &Engine) -> Vec<State> {
    let keys = host_key::list(engine, &me(), "web").await.unwrap();
    keys.iter().map(|key| key.state).collect()
}

fn refused(why: &str) -> (HostState, Option<String>) {
    (HostState::Unreachable, Some(why.to_owned()))
}

#[tokio::test]
async fn runs_trust_the_keys_that_were_approved_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, node) = node(folder.path(), HostKeyPolicy::Strict).await;
    let (first, second) =
        (Server::start(Behaviour::default()).await, Server::start(Behaviour::default()).await);
    moved(&engine, &first).await;
    assert_eq!(outcome(&engine).await, refused("ssh.pinned_key_unknown"));
    assert_eq!(states(&engine).await, [State::Offered]);
    assert_eq!(host::show(&engine, &me(), "web").await.unwrap().state, "untrusted");
    let key = host_key::list(&engine, &me(), "web").await.unwrap().remove(0);
    let said = Approval { fingerprint: key.fingerprint };
    host_key::approve(&engine, &me(), "web", &key.id, &said).await.unwrap();
    assert_eq!(outcome(&engine).await, (HostState::Succeeded, None));
    // Another machine answers.
    moved(&engine, &second).await;
    assert_eq!(outcome(&engine).await, refused("ssh.pinned_key_changed"));
    assert_eq!(states(&engine).await, [State::Pinned, State::Offered]);
    // A connection that is held does not outlive the trust in its key.
    moved(&engine, &first).await;
    assert_eq!(outcome(&engine).await, (HostState::Succeeded, None));
    host_key::revoke(&engine, &me(), "web", &key.id).await.unwrap();
    assert_eq!(outcome(&engine).await, refused("ssh.host_key_revoked"));
    node.stop().await;
}

#[tokio::test]
async fn a_new_host_is_let_in_where_the_setting_says_so_and_its_key_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, node) = node(folder.path(), HostKeyPolicy::AcceptNew).await;
    let (first, second) =
        (Server::start(Behaviour::default()).await, Server::start(Behaviour::default()).await);
    moved(&engine, &first).await;
    assert_eq!(outcome(&engine).await, (HostState::Succeeded, None));
    assert_eq!(states(&engine).await, [State::Pinned]);
    assert!(!folder.path().join("none").exists());
    moved(&engine, &second).await;
    assert_eq!(outcome(&engine).await, refused("ssh.pinned_key_changed"));
    node.stop().await;
}
