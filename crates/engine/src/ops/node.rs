//! Nodes: seen, not changed. Each says of itself that it is there.

use hep_core::rights::Verb;

use super::{Actor, Engine, OpResult};
use crate::store::nodes::{self, Node};
use crate::store::now_ms;

/// What is asked for, in messages.
const WHAT: &str = "nodes";

/// All nodes, by name.
pub async fn list(engine: &Engine, actor: &Actor) -> OpResult<Vec<Node>> {
    actor.must(Verb::View, WHAT)?;
    let mut nodes = nodes::list(engine.db()).await?;
    let now = now_ms();
    for node in nodes.iter_mut().filter(|node| now.saturating_sub(node.beat_ms) > nodes::SILENT_MS)
    {
        "silent".clone_into(&mut node.state);
    }
    Ok(nodes)
}
