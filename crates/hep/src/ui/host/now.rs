//! How a host was last found: where it is, its state, and why it is so. In the head of its pages, and anew with the
//! looks at its status.

use askama::Template;
use hep_engine::store::hosts::Host;

use crate::ui::badge::Badge;
use crate::ui::moment::Moment;
use crate::ui::speech::{self, Said};
use crate::ui::words::Words;

/// How a host was last found.
#[derive(Clone, Debug)]
pub(super) struct Now {
    /// Where it is, as one types it.
    pub(super) address: String,
    pub(super) badges: Vec<Badge>,
    /// Why it could not be reached, where it could not.
    pub(super) reason: Option<Said>,
    pub(super) seen: Option<Moment>,
}

impl Now {
    pub(super) fn of(t: Words, host: &Host) -> Self {
        let said = &host.said;
        let user = said.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = if said.port == 22 { String::new() } else { format!(":{}", said.port) };
        Self {
            address: format!("{user}{}{port}", said.address),
            badges: Badge::of_host(t, host),
            reason: speech::reason(t.language, host.state_message.as_ref(), &host.state_reason),
            seen: Moment::of(t, host.seen_ms),
        }
    }

    /// As what takes its own place, whatever part of a page it comes with.
    pub(super) fn apart(&self, t: Words) -> String {
        Apart { t, now: self }.render().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "host/now_apart.html")]
struct Apart<'a> {
    t: Words,
    now: &'a Now,
}
