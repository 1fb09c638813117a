//! `hep modules`: the manual of what manifests can use.

use hep_core::manual;
use hep_core::message::cli as say;
use hep_core::module::KINDS;
use hep_core::run::exit;
use hep_core::suggest;

use super::failure::Failure;
use crate::terminal::Screen;

/// Show the modules that manifests can use, or the manual of one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The module, by any of its names
    name: Option<String>,
}

/// Shows it.
pub(crate) fn run(args: &Args, screen: &Screen) -> Result<u8, Failure> {
    let text = match &args.name {
        None => manual::list(),
        Some(name) => page(name)?,
    };
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}

fn page(name: &str) -> Result<String, Failure> {
    let short = ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let fits = |kind: &&hep_core::module::Kind| kind.name == short || kind.aliases.contains(&short);
    if let Some(kind) = KINDS.iter().find(fits) {
        return Ok(manual::page(kind));
    }
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let hint = suggest::hint_or(short, &names, "`hep modules` lists them");
    Err(say::unknown_module(name, hint).into())
}
