//! The executor as a program and the local system as a library, against the real kernel.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod apply;
mod bootstrap;
mod claims;
mod executor;
mod full_disk;
mod hostile;
mod identities;
mod look;
mod plays;
mod running;
mod serving;
