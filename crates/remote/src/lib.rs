//! The remote executor: core's questions and changes over the local system, in frames on two pipes.
//!
//! One process per (host, identity). It opens no socket of its own accord, resolves neither names nor
//! users through libc (it is linked statically), and has no async runtime: one thread works, one reads.

pub mod account;
pub mod blob;
pub mod cancel;
pub mod claim;
pub mod clean;
pub mod identity;
pub mod journal;
pub mod play;
pub mod serve;
pub mod sudo;
pub mod system;
pub mod terminal;
pub mod wire;
