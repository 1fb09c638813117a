//! Which database: the option of every command that opens one.

use std::path::PathBuf;

use hep_core::message::cli as say;
use hep_engine::master_key::Source;
use hep_engine::ops::Engine;

use super::failure::Failure;
use super::variables;
use crate::settings::{Settings, table};

/// The option.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Database {
    /// The database: `sqlite:PATH` or `postgres://…` [default: a file in the state directory]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Database {
    /// Its address.
    pub(crate) fn address(&self) -> Result<String, Failure> {
        let settings = Settings::load(None)?;
        usual(self.database.as_deref().unwrap_or_else(|| settings.text(&table::DATABASE)))
    }

    /// Opens it, and makes its file and schema where they are missing.
    pub(crate) async fn open(&self) -> Result<Engine, Failure> {
        let settings = Settings::load(None)?;
        open(self.database.as_deref().unwrap_or_else(|| settings.text(&table::DATABASE))).await
    }
}

/// Opens a database; nothing said means the usual file.
pub(crate) async fn open(address: &str) -> Result<Engine, Failure> {
    Ok(Engine::open(&usual(address)?, master_key()?).await?)
}

/// An address, or that of the usual file.
fn usual(address: &str) -> Result<String, Failure> {
    Ok(match address {
        "" => format!("sqlite:{}", folder()?.join("hep.db").display()),
        address => address.to_owned(),
    })
}

/// The state directory, made for nobody but us.
fn folder() -> Result<PathBuf, Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = variables::state_directory();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| say::cannot_make(folder.display(), error))?;
    Ok(folder)
}

/// The file of the master key: as said, as systemd gives it, or in the state directory.
pub(crate) fn master_key() -> Result<Source, Failure> {
    match variables::master_key_file() {
        Some(path) => Ok(Source::given(path)),
        None => Ok(Source::ours(folder()?.join("master.key"))),
    }
}
