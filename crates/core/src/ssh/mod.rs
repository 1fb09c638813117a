//! The files of OpenSSH that say where, as whom and whom to trust: `ssh_config(5)` and
//! `known_hosts` (described in `sshd(8)`), as pure parsers and matchers.

pub mod config;
pub mod config_value;
pub mod known_hosts;
pub mod pattern;
