//! The built program against real machines: an sshd that plays a hundred hosts, and Debian machines with
//! systemd and apt. `make test-machines` starts both, and a story that lacks them fails and says so.

mod breadth;
mod exec;
mod hep;
mod machine;
mod remote;
mod ssh;
