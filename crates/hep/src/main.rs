//! `hep`: the command line of Hephaestus. A door only translates: it parses words, calls the engine, and
//! renders what the engine tells.

mod api;
mod cli;
mod client;
mod executors;
mod render;
mod serve;
mod settings;
mod terminal;
mod ui;

fn main() -> std::process::ExitCode {
    cli::main()
}
