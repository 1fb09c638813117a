//! The built program against real machines: an sshd that plays a hundred hosts, and Debian machines with
//! systemd and apt. `make test-machines` starts both, and a story that lacks them fails and says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod breadth;
mod exec;
mod hep;
mod machine;
mod remote;
mod ssh;
