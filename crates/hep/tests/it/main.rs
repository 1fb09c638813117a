//! The built program, run as a person would, with a home of its own and against this machine only.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod admin;
mod apply;
mod desk;
mod exec;
mod history;
mod hosts;
mod manual;
mod saved;
mod seed;
mod session;
mod shells;
mod terminal;
mod traces;
mod upkeep;
