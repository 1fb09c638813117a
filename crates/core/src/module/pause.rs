//! `pause`: waits for time or for a person, at the controller.

use super::{Context, Kind, Module, Place, Plan};
use crate::instant;
use crate::observe::{Observe, Stop};
use crate::options;
use crate::value::{Map, Value};
use crate::zone::Zone;

pub(super) const KIND: Kind =
    Kind { place: Place::Controller, may_change: false, ..Kind::of::<Pause>("pause") };

options! {
    /// Waits for some time, or until a person at the terminal goes on, once for all hosts.
    ///
    /// With a prompt and no time, the answer is the result's `user_input`. Where there is no terminal, a
    /// prompt without a time does not wait.
    ///
    /// Example: `pause: minutes=2`
    ///
    /// Example: `pause: prompt="Look at the web page, then press Enter"`
    pub struct Pause {
        /// Seconds to wait. Excludes `minutes`.
        #[serde(default)]
        seconds: Option<f64>,
        /// Minutes to wait.
        #[serde(default)]
        minutes: Option<f64>,
        /// What to ask.
        #[serde(default)]
        prompt: Option<String>,
        /// Whether the answer is shown while it is typed.
        #[serde(default = "yes")]
        echo: bool,
    }
}

const fn yes() -> bool {
    true
}

impl Pause {
    /// How long to wait, in milliseconds; nothing means until a person goes on.
    #[must_use]
    pub fn wait_ms(&self) -> Option<u64> {
        let seconds = self.seconds.or_else(|| self.minutes.map(|minutes| minutes * 60.0))?;
        Some(
            std::time::Duration::try_from_secs_f64(seconds.max(0.0))
                .map_or(u64::MAX, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// What to ask, where a question was written.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    /// Whether the answer is shown while it is typed.
    #[must_use]
    pub const fn echo(&self) -> bool {
        self.echo
    }

    /// The result under Ansible's keys; instants in milliseconds since 1970, shown as in `zone`.
    #[must_use]
    pub fn result(&self, (start_ms, stop_ms): (i64, i64), zone: &Zone, input: &str) -> Map {
        let local = |ms: i64| {
            let ahead = i64::from(zone.ahead(ms.div_euclid(1000))) * 1000;
            Value::from(instant::date_time(ms.saturating_add(ahead)))
        };
        let waited_ms = u64::try_from(stop_ms.saturating_sub(start_ms)).unwrap_or(0);
        let seconds = i64::try_from(waited_ms / 1000).unwrap_or(i64::MAX);
        #[expect(clippy::cast_precision_loss, reason = "two decimals of seconds are shown")]
        let text = format!("Paused for {:.2} seconds", waited_ms as f64 / 1000.0);
        Map::from([
            ("start".into(), local(start_ms)),
            ("stop".into(), local(stop_ms)),
            ("delta".into(), Value::Int(seconds)),
            ("rc".into(), Value::Int(0)),
            ("stdout".into(), text.into()),
            ("stderr".into(), "".into()),
            ("echo".into(), self.echo.into()),
            ("user_input".into(), input.into()),
        ])
    }
}

impl Module for Pause {
    /// Nothing happens on the host: the controller does it.
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        if self.seconds.is_some() && self.minutes.is_some() {
            return Err(Stop::Fail(crate::message::module::bad_options(
                "`seconds` and `minutes` exclude each other",
            )));
        }
        Ok(Plan::default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::node::{Node, Pos};
    use crate::plan_case::plan;

    fn read(options: serde_json::Value) -> Pause {
        let value: Value = serde_json::from_value(options).unwrap();
        crate::options::from_node(&Node::from_value(&value, Pos::default())).unwrap()
    }

    #[test]
    fn times_are_milliseconds() {
        for (options, ms) in [
            (json!({}), None),
            (json!({"seconds": 2}), Some(2000)),
            (json!({"minutes": 0.5}), Some(30_000)),
            (json!({"seconds": -1}), Some(0)),
            (json!({"prompt": "x"}), None),
        ] {
            assert_eq!(read(options).wait_ms(), ms);
        }
        assert!(plan(&KIND, json!({"seconds": 1, "minutes": 1}), &[]).is_err());
        let zone = Zone::of_rule("CET-1").unwrap();
        let result = read(json!({})).result((0, 1500), &zone, "yes");
        assert_eq!(result["start"], Value::from("1970-01-01 01:00:00.000000"));
        assert_eq!(result["stdout"], Value::from("Paused for 1.50 seconds"));
        assert_eq!(result["delta"], Value::Int(1));
    }
}
