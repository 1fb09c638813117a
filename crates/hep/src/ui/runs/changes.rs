//! What a run has changed, or would change: task by task, what is the same on several hosts only once.

use std::collections::HashMap;

use hep_core::interp::State;
use hep_engine::ops::{Engine, run};
use hep_engine::store::runs::Run;
use serde_json::Value;

use super::super::badge::Badge;
use super::super::fault::Fault;
use super::super::speech::Said;
use super::super::visit::Visit;
use super::log::{self, DiffLine};
use crate::client::replay;
use crate::render::fold::fold;
use crate::terminal::visible;

/// Entries that are read at once.
const ENTRIES: u32 = 500;
/// How often that is done for one page.
const READS: usize = 100;
/// Results that differ, on one page.
const MOST: usize = 500;

/// What a task did on some hosts.
pub(super) struct Change {
    /// The task.
    pub(super) name: String,
    /// Its module.
    pub(super) module: String,
    /// How it ended.
    pub(super) badge: Badge,
    /// The hosts, in ranges.
    pub(super) hosts: String,
    /// How many they are.
    pub(super) many: usize,
    /// What is said about it.
    pub(super) said: Option<Said>,
    /// What changed in files.
    pub(super) diff: Vec<DiffLine>,
    /// Whether there was nothing to do.
    pub(super) is_quiet: bool,
}

/// What makes two results the same: task, name, module, state, message and diff.
type Key = (u64, String, String, State, String, String);

/// Results by what they are, in the order in which they were told first.
#[derive(Default)]
struct Results {
    places: HashMap<Key, usize>,
    found: Vec<(Key, Value, Vec<String>)>,
    is_all: bool,
}

/// What was told, and whether it is all. Of a run that was approved only what was done then.
pub(super) async fn changes(
    engine: &Engine,
    visit: &Visit,
    run: &Run,
) -> Result<(Vec<Change>, bool), Fault> {
    let (mut results, mut after) = (Results { is_all: true, ..Results::default() }, 0);
    for read in 0.. {
        let page = run::events(engine, &visit.actor, &run.id, after, ENTRIES).await?;
        after = page.last;
        let is_last = page.items.len() < ENTRIES as usize;
        for event in page.items {
            let data = event.data.unwrap_or_default();
            match event.kind.as_str() {
                "run" if data["approved_by"].is_string() => results.clear(),
                "task" => results.take(event.host.unwrap_or_default(), &data),
                _ => {}
            }
        }
        results.is_all &= is_last || read + 1 < READS;
        if is_last || !results.is_all {
            break;
        }
    }
    // Until it is approved, and in a check, nothing has been done.
    let told = run.checks || run.phase == "plan";
    let mut found = results.found;
    found.sort_by_key(|((task, ..), ..)| *task);
    let change =
        |(key, data, hosts): (Key, Value, Vec<String>)| shown(visit, told, key, &data, &hosts);
    Ok((found.into_iter().map(change).collect(), results.is_all))
}

impl Results {
    fn clear(&mut self) {
        *self = Self { is_all: true, ..Self::default() };
    }

    fn take(&mut self, host: String, data: &Value) {
        let event = data["event"].as_str().unwrap_or_default();
        let Ok(state) = serde_json::from_value::<State>(data["state"].clone()) else { return };
        let has_diff = data["diff"].is_string();
        // A loop tells each of its items, and then all of it once more.
        let is_news = match (event, state) {
            ("finished", _) => true,
            ("item", _) => has_diff,
            _ => false,
        };
        if !is_news {
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        // Where nothing was done, what was said besides tells no two hosts apart.
        let told = |value: &Value| if is_quiet(state) { String::new() } else { text(value) };
        let key = (
            data["task"].as_u64().unwrap_or_default(),
            text(&data["name"]),
            text(&data["module"]),
            state,
            told(&data["message"]["text"]),
            told(&data["diff"]),
        );
        if let Some(&place) = self.places.get(&key) {
            let hosts = &mut self.found[place].2;
            if hosts.last() != Some(&host) {
                hosts.push(host);
            }
        } else if self.found.len() < MOST {
            self.places.insert(key.clone(), self.found.len());
            let message = if is_quiet(state) { Value::Null } else { data["message"].clone() };
            self.found.push((key, message, vec![host]));
        } else {
            self.is_all = false;
        }
    }
}

const fn is_quiet(state: State) -> bool {
    matches!(state, State::Ok | State::Skipped)
}

fn shown(visit: &Visit, told: bool, key: Key, message: &Value, hosts: &[String]) -> Change {
    let (_, name, module, state, _, diff) = key;
    let name = if name.is_empty() { &module } else { &name };
    Change {
        name: visible::text(name).into_owned(),
        badge: Badge::of_task(visit.t, state, told),
        hosts: visible::text(&fold(hosts.iter().map(String::as_str))).into_owned(),
        many: hosts.len(),
        said: replay::message(message).map(|message| visit.speech(&message)),
        diff: log::diff(&diff),
        module: visible::text(&module).into_owned(),
        is_quiet: is_quiet(state),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_the_same_on_hosts_is_told_once() {
        let mut results = Results { is_all: true, ..Results::default() };
        let task = |event, number, state, diff: Option<&str>| json!({"event": event, "task": number, "name": "n", "module": "copy", "state": state, "diff": diff});
        let told = [
            ("a", task("finished", 1, "changed", Some("+x"))),
            ("a", task("finished", 2, "ok", None)),
            ("b", task("finished", 1, "changed", Some("+x"))),
            ("b", task("finished", 2, "ok", Some("no matter"))),
            ("c", task("finished", 1, "changed", Some("+y"))),
            ("c", task("started", 3, "ok", None)),
            ("c", task("item", 3, "changed", None)),
            ("c", task("finished", 3, "failed", None)),
        ];
        for (host, data) in told {
            results.take(host.to_owned(), &data);
        }
        let seen: Vec<_> =
            results.found.iter().map(|(key, _, hosts)| (key.0, hosts.join(","))).collect();
        assert_eq!(
            seen,
            [(1, "a,b".into()), (2, "a,b".into()), (1, "c".into()), (3, "c".to_owned())]
        );
    }
}
