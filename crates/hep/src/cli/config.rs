//! `hep config`: the settings of the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hep_core::message::settings as say;
use hep_core::run::exit;

use super::failure::Failure;
use crate::settings::table::ALL;
use crate::settings::{self, Settings};
use crate::terminal::Screen;

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check the configuration: all that `hep serve` would refuse, without starting it
    Check {
        /// The file [default: /etc/hep/hep.yml, if it is there]
        file: Option<PathBuf>,
    },
    /// Show every setting, what holds, and who said it
    Show {
        /// The file [default: /etc/hep/hep.yml, if it is there]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print the page of all settings
    Manual,
}

/// Does it.
pub(crate) fn run(args: &Args, screen: &Arc<Screen>) -> Result<u8, Failure> {
    match &args.command {
        Command::Check { file } => {
            super::serve::check(&Settings::load(file.as_deref())?)?;
            let usual = Some(Path::new(settings::USUAL_FILE)).filter(|path| path.exists());
            let fine = match file.as_deref().or(usual) {
                Some(file) => say::fine(file.display()),
                None => say::fine_without(settings::USUAL_FILE),
            };
            screen.say(&fine.to_string());
        }
        Command::Show { config } => {
            let settings = Settings::load(config.as_deref())?;
            for setting in ALL {
                let (text, origin) = (settings.shown(setting), settings.origin(setting).word());
                screen.write_out(format!("{}: {text:?} ({origin})\n", setting.name).as_bytes())?;
            }
        }
        Command::Manual => screen.write_out(settings::manual().as_bytes())?,
    }
    Ok(exit::FINE)
}
