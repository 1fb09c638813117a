//! How the server does, for Prometheus.

use std::time::Duration;

use axum::http::StatusCode;
use hep_engine::ops::Engine;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds at which the answers' times are cut.
const STEPS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What an answer is counted under. The route and not the path, of which there are too many.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

/// A number that the engine counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    kind: String,
}

/// All that is measured.
pub(crate) struct Meter {
    registry: Registry,
    answers: Family<Answered, Histogram>,
    rows: Family<Of, Gauge>,
}

impl Meter {
    /// Nothing measured yet.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("hep");
        let answers = Family::<Answered, Histogram>::new_with_constructor(|| Histogram::new(STEPS));
        registry.register("http_seconds", "Time to answer a request", answers.clone());
        let rows = Family::<Of, Gauge>::default();
        registry.register("count", "What the database holds, by kind", rows.clone());
        Self { registry, answers, rows }
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
        for (kind, number) in engine.numbers().await {
            self.rows.get_or_create(&Of { kind }).set(number);
        }
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
