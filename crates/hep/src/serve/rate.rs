//! How many requests somebody may make.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::settings::{Settings, table};

/// Keys after which those that have rested are forgotten.
const MANY: usize = 10_000;

/// The limits.
pub(crate) struct Rates {
    known: Option<DefaultKeyedRateLimiter<String>>,
    strangers: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Rates {
    /// As the settings say.
    pub(crate) fn new(settings: &Settings) -> Self {
        let quota = |setting| {
            let number = u32::try_from(settings.number(setting)).unwrap_or(u32::MAX);
            NonZeroU32::new(number).map(Quota::per_minute)
        };
        Self {
            known: quota(&table::LIMIT_RATE).map(RateLimiter::keyed),
            strangers: quota(&table::LIMIT_STRANGERS).map(RateLimiter::keyed),
        }
    }

    /// Whether a request may pass: by the credential that it brings, else by its address.
    pub(crate) fn admits(&self, credential: Option<&str>, address: IpAddr) -> bool {
        match credential {
            Some(credential) => self.known.as_ref().is_none_or(|limit| {
                if limit.len() > MANY {
                    limit.retain_recent();
                }
                limit.check_key(&credential.to_owned()).is_ok()
            }),
            None => self.strangers.as_ref().is_none_or(|limit| {
                if limit.len() > MANY {
                    limit.retain_recent();
                }
                limit.check_key(&address).is_ok()
            }),
        }
    }
}
