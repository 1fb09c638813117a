//! `hep admin`: the first steps, for whoever can open the database itself. No server is needed.

use std::io::Read as _;
use std::sync::Arc;

use hep_core::message::{cli as say, client as client_say};
use hep_core::rights::{Verb, Verbs};
use hep_core::run::exit;
use hep_core::secret::Secret;
use hep_engine::ops::token::NewToken;
use hep_engine::ops::user::{NewPassword, NewUser};
use hep_engine::ops::{Actor, Engine, host, token, user};

use super::database::Database;
use super::failure::Failure;
use crate::client::assign;
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
        /// Read the password from the standard input; without one the user can only have tokens
        #[arg(long)]
        password_stdin: bool,
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
        /// Allow only these, separated by commas: view, run, change, power, terminal, secrets, administer
        #[arg(long, value_name = "VERBS")]
        verbs: Option<String>,
        /// Allow only these hosts
        #[arg(long, value_name = "SELECTOR")]
        selector: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Put a host into the register
    CreateHost {
        /// Its name
        name: String,
        /// Fields, as of `hep host create`: `address=192.0.2.7`, `user=deploy`, `labels.env=prod`
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Set a user's password, and end the user's sessions
    ResetPassword {
        /// The user
        name: String,
        /// Read the password from the standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Let a user sign in again at once who has given too many wrong passwords
    Unlock {
        /// The user
        name: String,
        #[command(flatten)]
        database: Database,
    },
}

impl Command {
    const fn database(&self) -> &Database {
        match self {
            Self::CreateUser { database, .. }
            | Self::CreateToken { database, .. }
            | Self::CreateHost { database, .. }
            | Self::ResetPassword { database, .. }
            | Self::Unlock { database, .. } => database,
        }
    }
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let engine = args.command.database().open().await?;
    let done = apply(&engine, args.command, &screen).await;
    engine.close().await;
    done.map(|()| exit::FINE)
}

async fn apply(engine: &Engine, command: Command, screen: &Screen) -> Result<(), Failure> {
    let actor = Actor::command_line(&hep_engine::identity::local_user());
    match command {
        Command::CreateUser { name, role, password_stdin, .. } => {
            let password = password_stdin.then(password).transpose()?;
            let new = NewUser { password, role: Some(role), ..NewUser::named(&name) };
            user::create(engine, &actor, new).await?;
        }
        Command::CreateToken { user, name, verbs, selector, .. } => {
            let verbs = verbs.as_deref().map(read_verbs).transpose()?;
            let new = NewToken { verbs, selector, ..NewToken::of(&user, &name) };
            let made = token::create(engine, &actor, new).await?;
            screen.write_out(format!("{}\n", made.token.expose()).as_bytes())?;
        }
        Command::CreateHost { name, fields, .. } => {
            let mut said = assign::object(&fields, serde_json::Map::new())?;
            said["name"] = name.into();
            let said = serde_json::from_value(said).map_err(client_say::bad_assignment)?;
            host::create(engine, &actor, said).await?;
        }
        Command::ResetPassword { name, .. } => {
            let new = NewPassword { password: password()?, current: None };
            user::set_password(engine, &actor, &name, None, new).await?;
        }
        Command::Unlock { name, .. } => user::unlock(engine, &actor, &name).await?,
    }
    Ok(())
}

/// The first line of the standard input.
fn password() -> Result<Secret<String>, Failure> {
    let mut text = Vec::new();
    // A password is short; what is longer is refused, not read to its end.
    let read = std::io::stdin().lock().take(64 * 1024).read_to_end(&mut text);
    read.map_err(say::stdin_failed)?;
    let text = String::from_utf8(text).map_err(|_| say::password_not_utf8())?;
    let text = Secret::new(text);
    match text.expose().lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
        _ => Err(say::no_password().into()),
    }
}

fn read_verbs(text: &str) -> Result<Verbs, Failure> {
    let word = |word: &str| Verb::ALL.into_iter().find(|verb| verb.word() == word.trim());
    let known = || Verb::ALL.map(Verb::word).join(", ");
    let each = text.split(',').map(|text| word(text).ok_or_else(|| say::bad_verb(text, known())));
    Ok(each.collect::<Result<_, _>>()?)
}
