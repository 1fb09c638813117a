//! All input and output of Hephaestus except HTTP serving and the terminal.

pub mod cancel;
pub mod clean;
mod clock;
pub mod credential;
pub mod event;
pub mod exec;
pub mod fleet;
pub mod gate;
pub mod history;
pub mod identity;
pub mod import;
pub mod inventory;
mod lines;
pub mod master_key;
pub mod ops;
mod password;
pub mod play;
pub mod seal;
pub mod server;
pub mod store;
mod time_zone;
mod token;
pub mod transport;
pub mod upkeep;
