//! The built program against real machines: an sshd that plays a hundred hosts, and Debian machines with
//! systemd and apt. `make test-machines` starts both, and a story that lacks them fails and says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod apply;
mod balanced;
mod breadth;
mod canary;
mod client;
mod client_secrets;
mod clocks;
mod cluster;
mod display;
mod drain;
mod exec;
mod faults;
mod hep;
mod hostile;
mod https;
mod jobs;
mod lamp;
mod limits;
mod login;
mod machine;
mod modules;
mod package;
mod plain;
mod postgres;
mod queue;
mod register;
mod remote;
mod runs;
mod secrets;
mod seed;
mod server;
mod session;
mod space;
mod ssh;
mod sshd;
mod sudo;
mod terminal;
mod traces;
mod verbs;
