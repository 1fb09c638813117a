//! `hep secrets`: the secrets that lie sealed in the server's database.

use std::sync::Arc;

use hep_core::message::seal as say;
use hep_core::run::exit;
use hep_engine::ops::seal::Rotated;
use hep_engine::ops::{Actor, seal};

use super::database::Database;
use super::failure::Failure;
use crate::terminal::Screen;

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Seal every secret with a new master key, or with the first one of the file that you gave. May be
    /// interrupted and repeated, and servers may run meanwhile
    Rotate {
        #[command(flatten)]
        database: Database,
    },
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let Command::Rotate { database } = args.command;
    let engine = database.open().await?;
    let actor = Actor::command_line(&hep_engine::identity::local_user());
    let done = seal::rotate(&engine, &actor).await;
    engine.close().await;
    Ok(tell(&done?, &screen))
}

fn tell(done: &Rotated, screen: &Screen) -> u8 {
    if !done.made && done.rewrapped + done.failed == 0 {
        screen.say(&say::nothing_to_rotate(&done.path).to_string());
        return exit::FINE;
    }
    screen.say(&say::rotated(done.rewrapped, &done.key).to_string());
    if done.failed > 0 {
        screen.say(&say::not_rotated(done.failed).to_string());
        return exit::USAGE;
    }
    if done.has_old_keys {
        screen.say(&say::old_keys(&done.path).to_string());
    }
    exit::FINE
}
