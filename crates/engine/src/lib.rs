//! All input and output of Hephaestus except HTTP serving and the terminal.

pub mod cancel;
pub mod clean;
mod clock;
pub mod event;
pub mod exec;
pub mod fleet;
mod identity;
pub mod inventory;
mod lines;
pub mod play;
mod token;
pub mod transport;
