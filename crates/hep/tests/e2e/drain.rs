//! A node that is to stop goes on answering as long as it was told to, and no longer than somebody waits for that.

use rustix::process::Signal;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_node_that_is_to_stop_answers_on_and_begins_nothing() {
    let mut server = Server::start_with(1, &[("HEP_STOP_DRAIN", "1h")]).await;
    server.ready(true).await;
    server.signal(Signal::TERM);
    assert_eq!(server.ready(false).await, "stopping\n");
    server.call("GET", "/hosts", None, 200).await;
    // Somebody else may do this.
    let left = server.ask(json!({ "kind": "command", "line": "true" }), "h0001", json!({})).await;
    assert_eq!(server.stop(), 0, "a second signal ends the wait");
    server.start_again();
    assert_eq!(server.ended(&left).await["state"], "succeeded");
}
