//! `wait_for`: waits for a port, a file, or some time.

use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Finish, Kind, Module, Plan};
use crate::change::{Change, Outcome, Planned, Until, Wait};
use crate::message::Message;
use crate::message::command as say;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::python_regex::Regex;
use crate::value::{Map, Value};

pub(super) const KIND: Kind =
    Kind { idempotent: false, may_change: false, ..Kind::of::<WaitFor>("wait_for") };

options! {
    /// Waits on the host until a port answers, a file is there, or some time has passed.
    ///
    /// Nothing is changed. The task fails when `timeout` is over first. Without a port and a path it only
    /// waits, for `timeout` seconds.
    ///
    /// Example: `wait_for: port=8080 delay=2 timeout=60`
    ///
    /// Example: `wait_for: path=/var/log/app.log search_regex="ready in (\\d+) s"`
    struct WaitFor {
        /// The name or address whose port is tried, from the host.
        #[serde(default = "local")]
        host: String,
        /// The TCP port. Excludes `path`.
        #[serde(default)]
        port: Option<u16>,
        /// The file or directory. Excludes `port`.
        #[serde(default)]
        path: Option<String>,
        /// `started` or `present`: it answers or is there; `stopped` or `absent`: it does not or is gone;
        /// `drained`: no connection of the port is left.
        #[serde(default)]
        state: State,
        /// What the file's content, or what the port sends, must match.
        #[serde(default)]
        search_regex: Option<String>,
        /// Seconds after which it has failed.
        #[serde(default = "default_timeout")]
        timeout: u64,
        /// Seconds before the first try.
        #[serde(default)]
        delay: u64,
        /// Seconds between tries.
        #[serde(default = "default_sleep")]
        sleep: u64,
        /// Seconds for one try to connect.
        #[serde(default = "default_connect_timeout")]
        connect_timeout: u64,
        /// What to say when time is up.
        #[serde(default)]
        msg: Option<String>,
        /// Not supported: hosts whose connections do not count for `drained`.
        #[serde(default)]
        exclude_hosts: Option<Vec<String>>,
        /// Not supported: all connections but listening ones count for `drained`.
        #[serde(default)]
        active_connection_states: Option<Vec<String>>,
    }
}

fn local() -> String {
    "127.0.0.1".to_owned()
}

const fn default_timeout() -> u64 {
    300
}

const fn default_sleep() -> u64 {
    1
}

const fn default_connect_timeout() -> u64 {
    5
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Started,
    Present,
    Stopped,
    Absent,
    Drained,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Present => "present",
            Self::Stopped => "stopped",
            Self::Absent => "absent",
            Self::Drained => "drained",
        }
    }

    const fn there(self) -> bool {
        matches!(self, Self::Started | Self::Present)
    }
}

impl Module for WaitFor {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        let until = self.until()?;
        let ms = |seconds: u64| seconds.saturating_mul(1000);
        let wait = match until {
            Until::Elapsed => {
                let delay_ms = ms(self.delay.saturating_add(self.timeout));
                Wait { until, delay_ms, sleep_ms: 0, timeout_ms: 0 }
            }
            until => Wait {
                until,
                delay_ms: ms(self.delay),
                sleep_ms: ms(self.sleep),
                timeout_ms: ms(self.timeout),
            },
        };
        let changes = vec![Planned { change: Change::Wait(wait), diff: None }];
        Ok(Plan { changes, result: self.result(), changed: Some(false), ..Plan::default() })
    }

    fn finish(&self, mut result: Map, outcomes: &[Outcome]) -> Finish {
        let Some(outcome) = outcomes.last() else {
            return Finish { result, failed: None, changed: Some(false) };
        };
        let (deed, message) = match outcome {
            Outcome::Done(deed) => (Some(deed), None),
            Outcome::Failed(message, deed) => (Some(deed), Some(message.clone())),
            Outcome::Refused(message) => (None, Some(message.clone())),
            Outcome::Late | Outcome::Cancelled => (None, None),
        };
        if let Some(deed) = deed {
            let elapsed = i64::try_from(deed.duration_ms / 1000).unwrap_or(i64::MAX);
            result.insert("elapsed".into(), Value::Int(elapsed));
            self.insert_groups(&mut result, deed.matched.as_deref());
        }
        let over = deed.is_some_and(|deed| deed.duration_ms >= self.timeout.saturating_mul(1000));
        let failed = message.map(|message| self.failure(message, over));
        Finish { result, failed, changed: Some(false) }
    }
}

impl WaitFor {
    /// What is waited for; what makes no sense together is refused.
    fn until(&self) -> Result<Until, Stop> {
        for (given, option) in [
            (self.exclude_hosts.is_some(), "exclude_hosts"),
            (self.active_connection_states.is_some(), "active_connection_states"),
        ] {
            if given {
                return Err(say::wait_unsupported(option).into());
            }
        }
        let search: Option<Arc<str>> = self.search_regex.as_deref().map(Into::into);
        if let Some(regex) = &search {
            Regex::with(regex, false, true).map_err(|error| say::bad_regex(regex, error))?;
        }
        match (self.port, &self.path, self.state) {
            (Some(_), Some(_), _) => Err(say::wait_excluded("port", "path").into()),
            (_, Some(_), State::Stopped | State::Drained) => {
                let state = format!("state: {}", self.state.word());
                Err(say::wait_excluded("path", state).into())
            }
            (Some(_), _, State::Stopped | State::Absent | State::Drained) if search.is_some() => {
                let state = format!("state: {}", self.state.word());
                Err(say::wait_excluded("search_regex", state).into())
            }
            (None, None, State::Drained) => {
                Err(say::wait_excluded("state: drained", "no port").into())
            }
            (Some(port), None, State::Drained) => Ok(Until::Drained { port }),
            (Some(port), None, state) => Ok(Until::Port {
                host: self.host.as_str().into(),
                port,
                connect_timeout_ms: self.connect_timeout.saturating_mul(1000),
                open: state.there(),
                search,
            }),
            (None, Some(path), state) => {
                Ok(Until::Path { path: path.as_str().into(), present: state.there(), search })
            }
            (None, None, _) => Ok(Until::Elapsed),
        }
    }

    fn result(&self) -> Map {
        Map::from([
            ("state".into(), self.state.word().into()),
            ("port".into(), self.port.map(i64::from).into()),
            ("path".into(), self.path.as_deref().into()),
            ("search_regex".into(), self.search_regex.as_deref().into()),
            ("match_groups".into(), Value::list(Vec::new())),
            ("match_groupdict".into(), Value::map(Map::new())),
        ])
    }

    /// The groups of the regular expression in what was found.
    fn insert_groups(&self, result: &mut Map, matched: Option<&str>) {
        let (Some(regex), Some(matched)) = (&self.search_regex, matched) else { return };
        let Ok(regex) = Regex::with(regex, false, true) else { return };
        let Ok(Some(found)) = regex.captures(matched) else { return };
        let groups = (1..found.len()).map(|at| found.get(at).into()).collect();
        result.insert("match_groups".into(), Value::list(groups));
        let named = |name: &str| (name.into(), found.by(name).ok().flatten().into());
        let by_name: Map = regex.names().map(named).collect();
        result.insert("match_groupdict".into(), Value::map(by_name));
    }

    /// The operator's own words, ours when time was up, or else what went wrong.
    fn failure(&self, message: Message, over: bool) -> Message {
        if let Some(text) = &self.msg {
            return say::as_written(text);
        }
        if !over {
            return message;
        }
        let what = match (self.port, &self.path, self.state) {
            (Some(port), _, State::Drained) => say::waits_for_drained(port),
            (Some(port), _, state) if state.there() => say::waits_for_port(&self.host, port),
            (Some(port), ..) => say::waits_for_closed(&self.host, port),
            (None, Some(path), state) if state.there() => say::waits_for_path(path),
            (None, Some(path), _) => say::waits_for_gone(path),
            (None, None, _) => return message,
        };
        say::waited(what, self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::change::Deed;
    use crate::plan_case::{module, plan, planned};

    fn waits(options: serde_json::Value) -> Wait {
        match planned(&KIND, options, &[]).changes.remove(0).change {
            Change::Wait(wait) => wait,
            other => panic!("not a wait: {other:?}"),
        }
    }

    #[test]
    fn conditions_are_as_asked() {
        let port = |open: bool| Until::Port {
            host: "127.0.0.1".into(),
            port: 80,
            connect_timeout_ms: 5000,
            open,
            search: None,
        };
        let path = |present: bool| Until::Path { path: "/x".into(), present, search: None };
        for (options, until) in [
            (json!({"port": 80}), port(true)),
            (json!({"port": 80, "state": "present"}), port(true)),
            (json!({"port": 80, "state": "stopped"}), port(false)),
            (json!({"port": 80, "state": "drained"}), Until::Drained { port: 80 }),
            (json!({"path": "/x"}), path(true)),
            (json!({"path": "/x", "state": "absent"}), path(false)),
        ] {
            let wait = waits(options);
            assert_eq!(wait.until, until);
            assert_eq!((wait.delay_ms, wait.sleep_ms, wait.timeout_ms), (0, 1000, 300_000));
        }
        assert_eq!(
            waits(json!({"timeout": 7, "delay": 1})),
            Wait { until: Until::Elapsed, delay_ms: 8000, sleep_ms: 0, timeout_ms: 0 }
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for options in [
            json!({"port": 80, "path": "/x"}),
            json!({"path": "/x", "state": "stopped"}),
            json!({"path": "/x", "state": "drained"}),
            json!({"state": "drained"}),
            json!({"port": 80, "state": "stopped", "search_regex": "a"}),
            json!({"path": "/x", "search_regex": "("}),
            json!({"port": 80, "state": "drained", "exclude_hosts": ["a"]}),
        ] {
            assert!(matches!(plan(&KIND, options.clone(), &[]), Err(Stop::Fail(_))), "{options}");
        }
    }

    #[test]
    fn the_result_tells_groups_time_and_whose_words() {
        let options = json!({"path": "/x", "search_regex": "ready in (?P<s>\\d+)(x)?"});
        let (waiting, plan) = module(&KIND, options, &[]);
        let matched = Some("ready in 7".into());
        let deed = Deed { duration_ms: 2500, matched, ..Deed::default() };
        let finish = waiting.finish(plan.result, &[Outcome::Done(deed)]);
        let result = serde_json::to_value(Value::map(finish.result)).unwrap();
        assert_eq!(result["elapsed"], 2);
        assert_eq!(result["match_groups"], json!(["7", null]));
        assert_eq!(result["match_groupdict"], json!({"s": "7"}));
        for (options, duration_ms, text) in [
            (
                json!({"port": 80, "timeout": 1}),
                1000,
                "Waited 1 s for the port 80 of 127.0.0.1, and time was up",
            ),
            (json!({"port": 80, "timeout": 1}), 10, "no such host"),
            (json!({"port": 80, "msg": "own"}), 10, "own"),
        ] {
            let (waiting, plan) = module(&KIND, options, &[]);
            let deed = Deed { duration_ms, ..Deed::default() };
            let outcome = Outcome::Failed(say::as_written("no such host"), deed);
            let finish = waiting.finish(plan.result, &[outcome]);
            assert_eq!(finish.failed.unwrap().to_string(), text);
        }
    }
}
