//! How a run goes over its hosts, in words.

use hep_core::rollout::Size;
use hep_engine::server::subject::Strategy;
use serde_json::Value;

use super::super::words::Words;

/// A strategy, a sentence for each thing that is not as usual.
pub(super) fn words(t: Words, strategy: &Value) -> Vec<String> {
    let said: Strategy = serde_json::from_value(strategy.clone()).unwrap_or_default();
    let sizes: Vec<String> = said.batches.iter().map(|size| size_text(*size)).collect();
    let all = [
        Some(t.strategy_forks(said.forks())),
        said.canary.map(|size| t.strategy_canary(size_text(size))),
        (!sizes.is_empty()).then(|| t.strategy_batches(sizes.join(", "))),
        said.pause_seconds.map(|seconds| t.strategy_pause(seconds)),
        said.stop_after.map(|size| t.strategy_stop(size_text(size))),
        said.approval.then(|| t.strategy_approval().to_owned()),
    ];
    all.into_iter().flatten().collect()
}

fn size_text(size: Size) -> String {
    match size {
        Size::Count(count) => count.to_string(),
        Size::Percent(percent) => format!("{percent}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_said_in_words() {
        let t = Words::default();
        let strategy = serde_json::json!({"canary": 1, "batches": [5, "20%"], "approval": true});
        let said = words(t, &strategy);
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[2].contains("5, 20%"), "{said:?}");
        assert_eq!(words(t, &Value::Null).len(), 1);
    }
}
