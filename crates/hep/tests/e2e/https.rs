//! Nodes that ask one another for ways over HTTPS, with certificates of an authority of their own.

#[path = "../../src/serve/authority.rs"]
mod authority;

use serde_json::json;

use self::authority::Authority;
use crate::cluster::is_up;
use crate::postgres::Postgres;
use crate::server::Server;

#[tokio::test]
async fn a_way_over_https_needs_a_certificate_that_is_believed() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let authority = Authority::new(folder.path());
    let (database, ca) = (postgres.address(), authority.file());
    let hq = Server::start_with(
        2,
        &[
            ("HEP_DATABASE", database.as_str()),
            ("HEP_NODE_NAME", "hq"),
            ("HEP_NODE_ZONES", "hq"),
            ("HEP_NODE_CA", ca.as_str()),
            ("HEP_HOST_KEY", "accept-new"),
        ],
    )
    .await;
    let node = |zone: &str, certified: &str| {
        let (cert, key) = authority.certify(zone, certified);
        hq.peer(&[
            ("HEP_NODE_NAME", zone),
            ("HEP_NODE_ZONES", zone),
            ("HEP_TLS_CERT", &cert),
            ("HEP_TLS_KEY", &key),
        ])
    };
    let (eu, us) = (node("eu", "IP:127.0.0.1"), node("us", "DNS:elsewhere.example"));
    let without = hq.peer(&[("HEP_NODE_NAME", "without"), ("HEP_NODE_CA", "")]);
    for one in [&eu, &us, &without] {
        is_up(&hq, one).await;
    }
    for (host, zone) in [("h0001", "eu"), ("h0002", "us")] {
        let said = json!({ "zone": zone });
        hq.call("PATCH", &format!("/hosts/{host}"), Some(said), 200).await;
    }
    let status = |host: &str| format!("/hosts/{host}/status?live=true");
    hq.call("GET", &status("h0001"), None, 200).await;
    let trusted = reqwest::Certificate::from_pem(&std::fs::read(&ca).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_merge([trusted]).build().unwrap();
    let page = client.get(format!("https://{}/metrics", eu.address())).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("\nhep_tunnels 1\n"), "{page}");
    for (from, host, why) in [(&hq, "h0002", "not valid for"), (&without, "h0001", "UnknownIssuer")]
    {
        let refused = from.call("GET", &status(host), None, 424).await.to_string();
        assert!(refused.contains(why) && refused.contains("let `node.ca`"), "{refused}");
    }
}
