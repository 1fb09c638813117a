//! `hep man` and `hep completions`: what packages bring along.

use std::path::PathBuf;
use std::sync::Arc;

use clap_complete::env::{EnvCompleter, Fish, Zsh};
use hep_core::message::cli as say;
use hep_core::run::exit;

use super::failure::Failure;
use super::variables;
use crate::terminal::Screen;

/// The library's own takes words as bash breaks them, at the `@` of a group and the `:` of a selector.
const BASH: &str = include_str!("completions.bash");

/// Write the man pages
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder; made where it is missing
    folder: PathBuf,
}

/// Print the completions of a shell, to be read when it starts
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Writes a page for `hep` and one for each command.
pub(crate) fn write(args: &ManArgs) -> Result<u8, Failure> {
    let shown = args.folder.display();
    let made = std::fs::create_dir_all(&args.folder);
    made.map_err(|error| say::cannot_make(&shown, error))?;
    let written = clap_mangen::generate_to(super::parser(), &args.folder);
    written.map_err(|error| say::cannot_make(&shown, error))?;
    Ok(exit::FINE)
}

/// Prints the script that makes a shell ask us.
pub(crate) fn completions(args: &CompletionsArgs, screen: &Arc<Screen>) -> Result<u8, Failure> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => {
            screen.write_out(BASH.as_bytes())?;
            return Ok(exit::FINE);
        }
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    shell.write_registration(variables::COMPLETE, "hep", "hep", "hep", &mut script)?;
    screen.write_out(&script)?;
    Ok(exit::FINE)
}
