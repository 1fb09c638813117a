//! `setup`: the host's facts.

use std::sync::Arc;

use super::{Context, Kind, Module, Plan};
use crate::glob;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    aliases: &["gather_facts"],
    may_change: false,
    // All facts are found out in any case, because that costs no more than some.
    normalize: Some(|entries| {
        let unused = |key: &str| matches!(key, "gather_subset" | "gather_timeout");
        entries.retain(|(key, _)| !key.as_str().is_some_and(unused));
        Ok(())
    }),
    ..Kind::of::<Setup>("setup")
};

options! {
    /// Finds out what the host is and makes it known as variables that begin with `ansible_`.
    ///
    /// Plays do it by themselves unless `gather_facts: false` is set. Nothing is changed. Ansible's
    /// `gather_subset` and `gather_timeout` are taken and not needed: all facts cost no more than some.
    ///
    /// Example: `setup: filter=ansible_distribution*,ansible_memtotal_mb`
    struct Setup {
        /// Only facts that match one of these patterns, with or without `ansible_` before it.
        #[serde(default)]
        filter: Vec<String>,
        /// Not read: facts come from the host itself, not from files on it.
        #[serde(default)]
        fact_path: Option<String>,
    }
}

/// The name under which Ansible's own `setup` returns a fact; hosts answer with the short one.
fn long_name(name: &Arc<str>) -> Arc<str> {
    if name.starts_with("ansible_") { name.clone() } else { format!("ansible_{name}").into() }
}

impl Module for Setup {
    fn plan(&self, _: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let facts = observe.facts()?;
        let wanted = |(name, _): &(&Arc<str>, &Value)| self.wants(name);
        let pairs = facts.as_map().into_iter().flatten().filter(wanted);
        let facts: Map = pairs.map(|(name, value)| (long_name(name), value.clone())).collect();
        let mut result = Map::from([("ansible_facts".into(), facts.clone().into())]);
        if self.fact_path.is_some() {
            let warning = crate::message::command::fact_path_not_read().to_string();
            result.insert("warnings".into(), Value::from(vec![warning]));
        }
        Ok(Plan { result, facts, ..Plan::default() })
    }
}

impl Setup {
    fn wants(&self, name: &str) -> bool {
        let bare = name.strip_prefix("ansible_").unwrap_or(name);
        let patterns = || self.filter.iter().filter(|pattern| !pattern.is_empty());
        let none = patterns().next().is_none();
        none || patterns().any(|p| glob::matches(p, name) || glob::matches(p, bare))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observe::{Answer, Question};
    use crate::plan_case::planned;

    #[test]
    fn patterns_choose_facts() {
        let facts = Value::from([
            ("ansible_distribution", Value::from("Debian")),
            ("ansible_distribution_version", Value::from("12")),
            ("ansible_memtotal_mb", Value::Int(5)),
        ]);
        let known = [(Question::Facts, Answer::Facts(facts))];
        for (options, count) in [
            (json!({}), 3),
            (json!({"filter": ["*"]}), 3),
            (json!({"filter": ["ansible_distribution*"]}), 2),
            (json!({"filter": ["memtotal_mb"], "gather_subset": ["min"]}), 1),
            (json!({"filter": ["x", "distribution"]}), 1),
        ] {
            assert_eq!(planned(&KIND, options.clone(), &known).facts.len(), count, "{options}");
        }
    }
}
