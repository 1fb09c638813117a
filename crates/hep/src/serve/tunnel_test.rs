//! Who asks for a tunnel over HTTP and is no node, and which certificates of nodes are believed. Tunnels that are granted
//! are a story of several nodes, with real hosts.

use hep_engine::play::bundle::Bundle;
use hep_engine::server::way::{Carrier as _, NoWay};
use hep_engine::server::{self, Options};
use hep_engine::transport::ssh::{Settings, SettingsSource};

use super::authority::Authority;
use super::carrier::Nodes;
use super::testing::Running;
use crate::settings::{self, Origin, table};

/// Starts a node within a server.
fn node(server: &Running) -> server::Server {
    let config = Some("none".into());
    let settings = Settings::load(SettingsSource { config, ..SettingsSource::default() });
    let options = Options::new(settings.unwrap(), Bundle::new(Vec::new()));
    server::Server::start(&server.engine, &options).unwrap()
}

#[tokio::test]
async fn nobody_but_a_node_gets_a_tunnel() {
    let server = Running::start(&[(&table::LIMIT_STRANGERS, "4")]).await;
    let upgrade = [("connection", "upgrade"), ("upgrade", "hep-tunnel")];
    let ask = async |wish: &'static str| {
        let mut headers = upgrade.to_vec();
        headers.push(("hep-tunnel", wish));
        server.call_with("GET", "/internal/tunnel", &headers, None).await
    };
    ask("x").await.expect(503);
    let node = node(&server);
    // Whoever may do everything else is no node.
    server.call("GET", "/internal/tunnel", None).await.expect(404);
    server.call_with("GET", "/internal/tunnel", &upgrade, None).await.expect(404);
    for (wish, status, code) in
        [("x", 401, "ssh.tunnel_unproved"), ("a b c 1 1 d e", 409, "ssh.other_node")]
    {
        let problem = ask(wish).await.expect(status);
        assert_eq!(problem.json()["code"], code);
    }
    ask("again").await.expect(429);
    let page = server.call("GET", "/metrics", None).await.expect(200);
    assert!(page.text.contains("\nhep_tunnels 0\n"), "{}", page.text);
    let document = server.call("GET", "/api/v1/openapi.json", None).await.expect(200);
    assert!(!document.text.contains("internal/tunnel"));
    node.stop().await;
}

#[tokio::test]
async fn a_node_is_believed_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, other] = ["ours", "other"].map(|name| {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        Authority::new(&folder.path().join(name))
    });
    let ask = async |certified: &str, trusted: Option<&Authority>| {
        let (cert, key) = ours.certify("node", certified);
        let server = Running::start(&[(&table::TLS_CERT, &cert), (&table::TLS_KEY, &key)]).await;
        let node = node(&server);
        let mut said = settings::Settings::default();
        if let Some(authority) = trusted {
            said.say(&table::NODE_CA, authority.file(), Origin::CommandLine).unwrap();
        }
        let carried = Nodes::new(&said).unwrap();
        let carried = carried.carry(format!("https://{}", server.address), "x".to_owned()).await;
        node.stop().await;
        match carried.err().expect("it was refused") {
            NoWay::Node(why) => why,
            NoWay::Host(why) => panic!("{why}"),
        }
    };
    let here = "IP:127.0.0.1";
    // It was heard, and wants a proof.
    let heard = ask(here, Some(&ours)).await;
    assert!(heard.contains("only nodes of the same database"), "{heard}");
    for (certified, trusted, why) in [
        (here, None, "UnknownIssuer"),
        // One that has the same name.
        (here, Some(&other), "BadSignature"),
        ("DNS:elsewhere.example", Some(&ours), "not valid for"),
    ] {
        let refused = ask(certified, trusted).await;
        assert!(refused.starts_with("what answers at https://127.0.0.1:"), "{refused}");
        assert!(refused.contains(why) && refused.contains("hint: let `node.ca`"), "{refused}");
    }
}
