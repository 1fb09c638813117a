//! All I/O of Hephaestus except HTTP serving and the terminal.

pub mod transport;
