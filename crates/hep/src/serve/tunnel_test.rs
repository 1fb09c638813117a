//! Who asks for a tunnel over HTTP and is no node. Tunnels that are granted are a story of several nodes, with real
//! hosts.

use hep_engine::play::bundle::Bundle;
use hep_engine::server::{self, Options};
use hep_engine::transport::ssh::{Settings, SettingsSource};

use super::testing::Running;
use crate::settings::table;

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
    let config = Some("none".into());
    let settings = Settings::load(SettingsSource { config, ..SettingsSource::default() });
    let options = Options::new(settings.unwrap(), Bundle::new(Vec::new()));
    let node = server::Server::start(&server.engine, &options).unwrap();
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
