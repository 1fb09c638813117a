//! `hep admin`: the first steps, for whoever can open the database itself. No server is needed.

use std::sync::Arc;

use hep_core::run::exit;
use hep_engine::ops::{Actor, token};

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
    /// Make a user
    CreateUser {
        /// The name that signs in
        name: String,
        /// What the user may, on everything: viewer, operator, admin, or a role of your own
        #[arg(long, default_value = "viewer")]
        role: String,
        #[command(flatten)]
        database: Database,
    },
    /// Make a token of a user, and print it: once
    CreateToken {
        /// The user
        user: String,
        /// What the token is called
        #[arg(long, default_value = "first")]
        name: String,
        #[command(flatten)]
        database: Database,
    },
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let actor = Actor::command_line(&hep_engine::identity::local_user());
    match args.command {
        Command::CreateUser { name, role, database } => {
            let engine = database.open().await?;
            token::create_user(&engine, &actor, &name, &role).await?;
            engine.close().await;
        }
        Command::CreateToken { user, name, database } => {
            let engine = database.open().await?;
            let made = token::create(&engine, &actor, &user, &name).await?;
            screen.write_out(format!("{}\n", made.token.expose()).as_bytes())?;
            engine.close().await;
        }
    }
    Ok(exit::FINE)
}
