//! The built program, run as a person would, with a home of its own and against this machine only.

mod apply;
mod desk;
mod exec;
mod hosts;
mod manual;
mod seed;
