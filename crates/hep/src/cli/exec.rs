//! `hep exec`: one command on many hosts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hep_core::message::{Message, cli as say};
use hep_core::run;
use hep_engine::event::EVENTS_WAITING;
use hep_engine::exec::{self, Command, Request, Script, Sudo};
use tokio::sync::mpsc;

use super::connect::{Connect, Opened, Wanted};
use super::failure::Failure;
use super::{Output, span, stdin};
use crate::render::exec::{Grouped, Json, Live};
use crate::render::{Ended, Render, View};
use crate::terminal::Screen;

/// Run a command on many hosts at once. Its output comes line by line, after the name of the host; what
/// the hosts write on standard error goes to standard error.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hosts: names, groups, globs, ranges; `all` for every one
    selector: String,
    /// The command, a line for the host's shell; after `--` it may begin with a dash. With --script its
    /// arguments
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Send this local script and run it by the interpreter of its first line (`#!`)
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Set a variable of the command's environment; may be repeated
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = assignment)]
    env: Vec<(String, String)>,
    /// Run it as root, by sudo
    #[arg(long)]
    sudo: bool,
    /// Run it as this user, by sudo
    #[arg(long, value_name = "USER")]
    sudo_user: Option<String>,
    /// End the command after this time
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    timeout: Option<Duration>,
    /// Do not send the standard input to the hosts
    #[arg(short = 'n', long)]
    no_stdin: bool,
    /// How to print: `json` is one object for each host when it has ended
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// Print at the end, identical outputs of several hosts once
    #[arg(short = 'b', long, conflicts_with = "output")]
    group_output: bool,
    /// A selector that selects no host is no error
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Runs it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let command = args.command()?;
    let wanted =
        Wanted { selector: &args.selector, allow_empty: args.allow_empty, ..Wanted::default() };
    let opened = args.connect.open(wanted, &screen).await?;
    let input = if args.no_stdin { bytes::Bytes::new() } else { stdin::read(&screen).await? };
    let request = Request {
        command,
        stdin: input,
        forks: usize::from(args.connect.forks),
        timeout: args.timeout,
        ..Request::default()
    };
    let ended = carry_out(&opened, request, args.output, args.group_output, &screen).await?;
    Ok(run::exit_code(ended.values().map(|end| end.state)))
}

/// Runs a command on the hosts and shows it; every host's end.
pub(crate) async fn carry_out(
    opened: &Opened,
    request: Request,
    output: Output,
    grouped: bool,
    screen: &Screen,
) -> Result<Ended, Failure> {
    let names: Vec<Arc<str>> = opened.hosts.iter().map(|host| host.name.clone()).collect();
    let mut renderer: Box<dyn Render> = match (output, grouped) {
        (Output::Json, _) => Box::new(Json::new(opened.mask.clone())),
        (Output::Text, true) => Box::new(Grouped::new(screen, &names)),
        (Output::Text, false) => Box::new(Live::new(screen, &names)),
    };
    screen.start_bar(names.len());
    let (events, received) = mpsc::channel(EVENTS_WAITING);
    let (fleet, hosts, cancel) =
        (opened.fleet.clone(), opened.hosts.clone(), opened.cancel.clone());
    let running = tokio::spawn(exec::run(fleet, hosts, request, events, cancel));
    let view = View { screen, mask: &opened.mask, cancel: &opened.cancel };
    let shown = view.show(received, &mut *renderer).await;
    // The run ends by itself once nobody listens and it is cancelled; what it did is known by then.
    let _ = running.await;
    screen.end_bar();
    Ok(shown?)
}

impl Args {
    fn command(&self) -> Result<Command, Failure> {
        if self.command.is_empty() && self.script.is_none() {
            return Err(say::no_command().into());
        }
        let script = self.script.as_ref().map(|path| match std::fs::read(path) {
            Ok(content) => Ok(Script { content }),
            Err(error) => Err(Failure::from(say::cannot_read(path.display(), error))),
        });
        let user = self.sudo_user.clone().or_else(|| self.sudo.then(|| "root".to_owned()));
        Ok(Command {
            words: self.command.clone(),
            script: script.transpose()?,
            environment: self.env.clone(),
            sudo: user.map(|user| Sudo { user, password: None }),
            posix: false,
        })
    }
}

/// `NAME=VALUE`; the value is whatever follows.
fn assignment(text: &str) -> Result<(String, String), Message> {
    match text.split_once('=') {
        Some((name, value)) if exec::is_variable_name(name) => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(say::bad_environment(text)),
    }
}
