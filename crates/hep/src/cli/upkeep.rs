//! `hep migrate`, `hep backup`, `hep restore`: upkeep of the server's database, for whoever can open it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hep_core::message::upkeep as say;
use hep_core::run::exit;
use hep_core::secret::Secret;
use hep_engine::store::migrate::{self, Older};
use hep_engine::upkeep;

use super::database::{self, Database};
use super::failure::Failure;
use crate::terminal::Screen;

/// Bring the schema of the database up to date; a server does the same when it starts
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    /// Even if nodes of an older version are up that will not work on it
    #[arg(long)]
    allow_older_nodes: bool,
    #[command(flatten)]
    database: Database,
}

/// Write all that the database holds into a file. Servers may work on meanwhile
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The file; it must not be there yet
    file: PathBuf,
    /// Put the master key into it too: whoever has the file can then open every secret
    #[arg(long)]
    with_master_key: bool,
    #[command(flatten)]
    database: Database,
}

/// Fill an empty database from a backup, of whichever kind of database it was made
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Applies what is missing.
pub(crate) async fn migrate(args: MigrateArgs, screen: Arc<Screen>) -> Result<u8, Failure> {
    let older = if args.allow_older_nodes { Older::Ignore } else { Older::Spare };
    let (from, to) = upkeep::migrate(&args.database.address()?, older).await?;
    let said = match (from == to, migrate::known()) {
        (true, known) if to > known => say::ahead(to, known),
        (true, _) => say::current(to),
        (false, _) => say::migrated(from, to),
    };
    screen.say(&said.to_string());
    Ok(exit::FINE)
}

/// Writes a backup.
pub(crate) async fn backup(args: BackupArgs, screen: Arc<Screen>) -> Result<u8, Failure> {
    let address = args.database.address()?;
    let key = database::master_key()?;
    let path = key.path().display();
    let unreadable = |error| say::cannot_read(&path, error);
    let lines = match args.with_master_key {
        true => Some(Secret::new(std::fs::read_to_string(key.path()).map_err(unreadable)?)),
        false => None,
    };
    let rows = upkeep::backup(&address, &args.file, lines).await?;
    screen.say(&say::backed_up(rows, args.file.display()).to_string());
    let about = if args.with_master_key { say::key_is_in() } else { say::key_is_not_in(path) };
    screen.say(&about.to_string());
    Ok(exit::FINE)
}

/// Reads one.
pub(crate) async fn restore(args: RestoreArgs, screen: Arc<Screen>) -> Result<u8, Failure> {
    let address = args.database.address()?;
    let done = upkeep::restore(&address, &args.file).await?;
    screen.say(&say::restored(done.rows).to_string());
    let key = database::master_key()?;
    let shown = key.path().display();
    let about = match done.master_key {
        None if key.path().exists() => return Ok(exit::FINE),
        None => say::key_needed(shown),
        Some(_) if key.path().exists() => say::key_is_there(shown),
        Some(lines) => {
            keep(key.path(), &lines).map_err(|error| say::cannot_write(&shown, error))?;
            say::key_restored(shown)
        }
    };
    screen.say(&about.to_string());
    Ok(exit::FINE)
}

fn keep(path: &Path, lines: &Secret<String>) -> std::io::Result<()> {
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(lines.expose().as_bytes())?;
    file.sync_all()
}
