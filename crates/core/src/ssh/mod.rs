//! The files of OpenSSH that say where, as whom and whom to trust: `ssh_config(5)` and
//! `known_hosts` (described in `sshd(8)`), as pure parsers and matchers.

pub mod config;
mod config_match;
pub mod config_value;
mod config_word;
pub mod known_hosts;
pub mod pattern;
