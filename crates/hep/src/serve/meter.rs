//! How the server does, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::StatusCode;
use hep_core::run::{HostState, RunState};
use hep_engine::ops::Engine;
use hep_engine::server::numbers::Numbers;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Seconds at which the answers' times are cut.
const STEPS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
/// The states of hosts.
const HOSTS: [&str; 4] = ["unknown", "reachable", "unreachable", "untrusted"];
/// The states of runs that are not over.
const RUNS: [RunState; 4] =
    [RunState::Queued, RunState::Waiting, RunState::Running, RunState::Cancelling];
/// How a host run ends on a node.
const ENDS: [HostState; 5] = [
    HostState::Succeeded,
    HostState::Failed,
    HostState::Unreachable,
    HostState::Cancelled,
    HostState::Lost,
];

/// What an answer is counted under. The route and not the path, of which there are too many.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

/// What is in a state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: String,
}

/// What happened for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: String,
}

/// All that is measured.
pub(crate) struct Meter {
    registry: Registry,
    answers: Family<Answered, Histogram>,
    hosts: Family<State, Gauge>,
    runs: Family<State, Gauge>,
    waiting: Gauge<f64, AtomicU64>,
    ends: Family<State, Counter>,
    open: Gauge,
    starting: Gauge,
    failures: Family<Reason, Counter>,
    tunnels: Gauge,
}

impl Meter {
    /// Nothing measured yet.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("hep");
        let answers = Family::<Answered, Histogram>::new_with_constructor(|| Histogram::new(STEPS));
        registry.register("http_seconds", "Time to answer a request", answers.clone());
        let meter = Self {
            registry,
            answers,
            hosts: Family::default(),
            runs: Family::default(),
            waiting: Gauge::default(),
            ends: Family::default(),
            open: Gauge::default(),
            starting: Gauge::default(),
            failures: Family::default(),
            tunnels: Gauge::default(),
        };
        meter.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("hosts", "Hosts of the register", self.hosts.clone());
        registry.register("runs", "Runs that are not over", self.runs.clone());
        let text = "How long the run that waits longest for a node has waited";
        registry.register_with_unit("queue_oldest", text, Unit::Seconds, self.waiting.clone());
        let text = "Host runs that have ended on this node";
        registry.register("host_runs_ended", text, self.ends.clone());
        let text = "SSH connections of this node that are open";
        registry.register("ssh_connections", text, self.open.clone());
        let text = "SSH connections of this node that are being opened";
        registry.register("ssh_connections_starting", text, self.starting.clone());
        let text = "SSH connections of this node that could not be opened";
        registry.register("ssh_failures", text, self.failures.clone());
        let text = "Connections to hosts that this node carries for others";
        registry.register("tunnels", text, self.tunnels.clone());
        self
    }

    /// An answer was given.
    pub(crate) fn answered(&self, method: &str, route: &str, status: StatusCode, took: Duration) {
        let labels = Answered {
            method: method.to_owned(),
            route: route.to_owned(),
            status: status.as_u16(),
        };
        self.answers.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// The page.
    pub(crate) async fn page(&self, engine: &Engine) -> String {
        self.take(&engine.numbers().await);
        let open = engine.tunnels().map_or(0, |tunnels| tunnels.open());
        self.tunnels.set(i64::try_from(open).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Every state is there from the beginning, so that a rule about it sees its first change.
    fn take(&self, numbers: &Numbers) {
        set(&self.hosts, &HOSTS, &numbers.hosts);
        set(&self.runs, &RUNS.map(RunState::word), &numbers.runs);
        self.waiting.set(numbers.waiting_seconds);
        for word in ENDS.map(HostState::word) {
            let count = numbers.ends.iter().find(|(state, _)| *state == word);
            let counter = self.ends.get_or_create(&State { state: word.to_owned() });
            raise(&counter, count.map_or(0, |(_, many)| *many));
        }
        self.open.set(i64::try_from(numbers.ssh.open).unwrap_or(i64::MAX));
        self.starting.set(i64::try_from(numbers.ssh.starting).unwrap_or(i64::MAX));
        for (reason, many) in &numbers.ssh.failures {
            let labels = Reason { reason: (*reason).to_owned() };
            raise(&self.failures.get_or_create(&labels), *many);
        }
    }
}

/// Sets one gauge for each state; one of which nothing is said is 0.
fn set(gauges: &Family<State, Gauge>, states: &[&str], counted: &[(String, i64)]) {
    for state in states {
        let count = counted.iter().find(|(word, _)| word == state).map_or(0, |(_, many)| *many);
        gauges.get_or_create(&State { state: (*state).to_owned() }).set(count);
    }
}

/// Brings a counter to what is counted elsewhere, where it only grows.
fn raise(counter: &Counter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_line() {
        let meter = Meter::new();
        let mut numbers = Numbers {
            hosts: vec![("reachable".into(), 3)],
            runs: vec![("queued".into(), 2)],
            waiting_seconds: 1.5,
            ends: vec![("succeeded", 7)],
            ..Numbers::default()
        };
        numbers.ssh.open = 4;
        numbers.ssh.failures = vec![("auth", 1)];
        meter.take(&numbers);
        numbers.ends = vec![("succeeded", 9)];
        meter.take(&numbers);
        let mut page = String::new();
        encode(&mut page, &meter.registry).unwrap();
        for line in [
            "hep_hosts{state=\"reachable\"} 3",
            "hep_hosts{state=\"untrusted\"} 0",
            "hep_runs{state=\"queued\"} 2",
            "hep_runs{state=\"running\"} 0",
            "hep_queue_oldest_seconds 1.5",
            "hep_host_runs_ended_total{state=\"succeeded\"} 9",
            "hep_host_runs_ended_total{state=\"lost\"} 0",
            "hep_ssh_connections 4",
            "hep_ssh_failures_total{reason=\"auth\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is missing:\n{page}");
        }
    }
}
