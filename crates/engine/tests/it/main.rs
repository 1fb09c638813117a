//! The engine against servers of its own, in one process: nothing but loopback is needed.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod login_shells;
mod plain;
mod plain_play;
mod ssh;
