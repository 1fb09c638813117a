//! The command line: words in, an exit code out.

mod admin;
mod apply;
mod apply_remote;
mod asked;
mod audit;
mod clean;
mod complete;
mod config;
mod connect;
mod database;
mod exec;
mod extra;
mod failure;
mod grant;
mod hidden;
mod history;
mod host;
mod hosts;
mod job;
mod list;
mod login;
mod man;
mod manifest;
mod messages;
mod modules;
mod node;
mod noun;
mod pages;
mod plan;
mod record;
mod run;
mod sealed;
mod secrets;
mod seed;
mod serve;
mod signals;
mod span;
mod ssh;
mod start;
mod stdin;
mod strategy;
mod through;
#[cfg(test)]
mod through_test;
mod token;
mod upkeep;
pub(crate) mod variables;
mod verb;
mod version;

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use hep_core::message::cli as say;
use hep_core::run::exit;

pub(crate) use self::failure::Failure;
use crate::terminal::Screen;

/// Hephaestus runs fleets of Linux servers over SSH, with nothing installed on them but sshd.
#[derive(Parser)]
#[command(
    name = "hep",
    version,
    propagate_version = false,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a command on many hosts at once
    Exec(exec::Args),
    /// Apply manifests to hosts
    Apply(apply::Args),
    /// Show the hosts that a selector names
    Hosts(hosts::Args),
    /// Open a session on one host
    Ssh(ssh::Args),
    /// Remove all that hep ever left on hosts
    Clean(clean::Args),
    /// Log in to a server
    Login(login::Args),
    /// Show, change and forget servers
    Context(login::ContextArgs),
    /// See and steer runs: of a server, or those made here
    Run(run::Args),
    /// Start the server
    Serve(serve::Args),
    /// Check and show the settings of the server
    Config(config::Args),
    /// First steps with the server's database: users, passwords and tokens
    Admin(admin::Args),
    /// The audit log: of a server, or out of its database
    Audit(audit::Args),
    /// Tokens by which programs are let in to a server
    Token(token::Args),
    /// Grants: who has which role on which hosts
    Grant(grant::Args),
    /// The nodes of a server
    Node(node::Args),
    /// Bring the schema of the server's database up to date
    Migrate(upkeep::MigrateArgs),
    /// Write all that the server's database holds into a file
    Backup(upkeep::BackupArgs),
    /// Fill an empty database of the server from a backup
    Restore(upkeep::RestoreArgs),
    /// Secrets in the server's database: change the master key
    Secrets(sealed::Args),
    /// Show the modules that manifests can use, or the manual of one
    Modules(modules::Args),
    /// Show every message that hep can say, by its id
    Messages(messages::Args),
    /// Show the paths of all pages and forms of the web page
    #[command(hide = true)]
    Pages,
    /// Write the man pages into a folder
    Man(man::ManArgs),
    /// Print the completions of a shell
    Completions(man::CompletionsArgs),
    /// Show the version, and the executors for hosts that are in
    Version,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let screen = Arc::new(Screen::new());
    let done = begin(std::env::args_os().collect(), &screen);
    screen.end_bar();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.tell(&screen);
            ExitCode::from(exit::USAGE)
        }
    }
}

/// All commands and their options.
fn parser() -> clap::Command {
    Cli::command().after_long_help(variables::help()).subcommands(noun::commands())
}

fn begin(words: Vec<OsString>, screen: &Arc<Screen>) -> Result<u8, Failure> {
    if let Some(code) = complete::answer(&words) {
        return Ok(code);
    }
    if seed::is_meant(&words) {
        return match seed::Args::try_parse_from(words) {
            Ok(args) => block_on(seed::run(args, screen.clone())),
            Err(error) => Ok(explain(&error)),
        };
    }
    let found = match parser().try_get_matches_from(words) {
        Ok(found) => found,
        Err(error) => return Ok(explain(&error)),
    };
    if let Some((noun, words)) = noun::meant(&found) {
        return block_on(noun::run(noun, words.clone(), screen.clone()));
    }
    match Cli::from_arg_matches(&found) {
        Ok(cli) => dispatch(noted(cli.command, &found), screen),
        Err(error) => Ok(explain(&error)),
    }
}

/// Commands that a server may do are told which options stand on the command line itself.
fn noted(mut command: Command, found: &clap::ArgMatches) -> Command {
    if let Some((_, words)) = found.subcommand() {
        match &mut command {
            Command::Exec(args) => args.connect.note(words),
            Command::Apply(args) => args.connect.note(words),
            Command::Hosts(args) => args.connect.note(words),
            _ => {}
        }
    }
    command
}

/// Prints what clap has to say: help, or what is wrong with the words.
fn explain(error: &clap::Error) -> u8 {
    // A reader that goes away while we explain has seen enough.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => exit::FINE,
        _ => exit::USAGE,
    }
}

fn dispatch(command: Command, screen: &Arc<Screen>) -> Result<u8, Failure> {
    match command {
        Command::Exec(args) => block_on(exec::run(args, screen.clone())),
        Command::Apply(args) => block_on(apply::run(args, screen.clone())),
        Command::Hosts(args) => block_on(hosts::run(args, screen.clone())),
        Command::Ssh(args) => block_on(ssh::run(args, screen.clone())),
        Command::Clean(args) => block_on(clean::run(args, screen.clone())),
        Command::Login(args) => block_on(login::run(args, screen.clone())),
        Command::Run(args) => block_on(run::run(args, screen.clone())),
        Command::Context(args) => login::context(&args, screen),
        Command::Serve(args) => block_on(serve::run(args, screen.clone())),
        Command::Config(args) => config::run(&args, screen),
        Command::Admin(args) => block_on(admin::run(args, screen.clone())),
        Command::Audit(args) => block_on(audit::run(args, screen.clone())),
        Command::Grant(args) => block_on(grant::run(args, screen.clone())),
        Command::Node(args) => block_on(node::run(args, screen.clone())),
        Command::Token(args) => block_on(token::run(args, screen.clone())),
        Command::Migrate(args) => block_on(upkeep::migrate(args, screen.clone())),
        Command::Backup(args) => block_on(upkeep::backup(args, screen.clone())),
        Command::Restore(args) => block_on(upkeep::restore(args, screen.clone())),
        Command::Man(args) => man::write(&args),
        Command::Completions(args) => man::completions(&args, screen),
        Command::Secrets(args) => block_on(sealed::run(args, screen.clone())),
        Command::Modules(args) => modules::run(&args, screen),
        Command::Messages(args) => messages::run(&args, screen),
        Command::Pages => pages::run(screen),
        Command::Version => version::run(screen),
    }
}

/// Runs what waits for the network. Threads that still wait for input do not hold up the end.
fn block_on(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Said(say::no_runtime(error)))?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}
