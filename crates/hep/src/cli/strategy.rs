//! How a run of a server goes over its hosts, from the command line.

use serde_json::{Map, Value};

/// The options that are the same for every run.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Strategy")]
pub(super) struct Strategy {
    /// How many hosts at once
    #[arg(long, value_name = "N")]
    forks: Option<u16>,
    /// Hosts in a batch: a number or a percentage; given more than once, one batch after the other
    #[arg(long, value_name = "N")]
    batch: Vec<String>,
    /// So many hosts first, by themselves; when one of them fails nothing else begins
    #[arg(long, value_name = "N")]
    canary: Option<String>,
    /// Begin no more hosts after so many failures: `3` or `10%`
    #[arg(long, value_name = "N")]
    stop_after: Option<String>,
    /// Wait so many seconds between two batches
    #[arg(long, value_name = "SECONDS")]
    pause: Option<u32>,
    /// Wait until somebody approves what would be done
    #[arg(long)]
    approval: bool,
    /// How many seconds the run may take, its waits included
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u32>,
    /// Do not follow: print the run's id
    #[arg(long)]
    pub(super) detach: bool,
}

impl Strategy {
    /// What the API takes.
    pub(super) fn object(&self) -> Value {
        let fields = [
            ("forks", self.forks.map(Value::from)),
            ("batches", (!self.batch.is_empty()).then(|| Value::from(self.batch.clone()))),
            ("canary", self.canary.clone().map(Value::from)),
            ("stop_after", self.stop_after.clone().map(Value::from)),
            ("pause_seconds", self.pause.map(Value::from)),
            ("approval", self.approval.then_some(Value::from(true))),
            ("deadline_seconds", self.deadline.map(Value::from)),
        ];
        let said = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(said.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};
    use hep_engine::server::subject;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_server_understands_every_option() {
        let line = "x --forks 3 --batch 1 --batch 20% --canary 1 --stop-after 10% --pause 5 --approval --deadline 60";
        let found = Strategy::augment_args(Command::new("x")).get_matches_from(line.split(' '));
        let said = Strategy::from_arg_matches(&found).unwrap().object();
        let read: subject::Strategy = serde_json::from_value(said).unwrap();
        let expected = json!({ "forks": 3, "batches": [1, "20%"], "canary": 1, "stop_after": "10%",
            "pause_seconds": 5, "approval": true, "deadline_seconds": 60 });
        assert_eq!(serde_json::to_value(read).unwrap(), expected);
        assert_eq!(Strategy::default().object(), json!({}));
    }
}
