//! `hep exec`: one command on many hosts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hep_core::mask::Mask;
use hep_core::message::{Message, cli as say, client as client_say};
use hep_core::run::{self, exit};
use hep_core::secret::Secret;
use hep_engine::event::EVENTS_WAITING;
use hep_engine::exec::{self, Command, Request, Script, Sudo};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connect::{Connect, Opened, Wanted};
use super::failure::Failure;
use super::record::{Record, Recorded, Wish};
use super::through::{self, Approval, Through};
use super::{Output, hidden, secrets, span, stdin};
use crate::client::Server;
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
    #[command(flatten)]
    secret_env: hidden::SecretEnv,
    /// Run it by sudo: as root, or as whom the host's `ansible_become_user` says
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
    through: Through,
    #[command(flatten)]
    approval: Approval,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    pub(super) connect: Connect,
}

/// Runs it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    if let Some(server) = args.through.asked_or_known(&args.connect, &args.selector)? {
        return on_server(&args, &server, &screen).await;
    }
    args.approval.refuse_without_server()?;
    let mut command = args.command()?;
    let wanted =
        Wanted { selector: &args.selector, allow_empty: args.allow_empty, ..Wanted::default() };
    let mut opened = args.connect.open(wanted, &screen).await?;
    let hidden = hidden::values(&args.secret_env.names, &screen)?;
    opened.mask.add(hidden.iter().map(|(_, value)| value.expose().as_str()));
    let shown = |(name, value): (String, Secret<String>)| (name, value.expose().clone());
    command.environment.extend(hidden.into_iter().map(shown));
    let input = if args.no_stdin { bytes::Bytes::new() } else { stdin::read(&screen).await? };
    let request = Request {
        command,
        stdin: input,
        forks: usize::from(args.connect.forks),
        timeout: args.timeout,
        ..Request::default()
    };
    let wish = args.record.wish(|| args.wish());
    let form = (args.output, args.group_output);
    let ended = carry_out(&opened, request, form, wish, &screen).await?;
    Ok(run::exit_code(ended.values().map(|end| end.state)))
}

/// A time as a server takes it, rounded up.
const fn whole_seconds(time: Duration) -> u64 {
    let more = if time.subsec_nanos() > 0 { 1 } else { 0 };
    time.as_secs().saturating_add(more)
}

/// The same through a server.
async fn on_server(args: &Args, server: &Server, screen: &Arc<Screen>) -> Result<u8, Failure> {
    args.connect.refuse_with_server()?;
    let given = secrets::Given::take(&args.connect, screen)?;
    let hidden = hidden(args, &given, screen)?;
    let input = if args.no_stdin { bytes::Bytes::new() } else { stdin::read(screen).await? };
    let wanted = asked(args, &input, &hidden)?;
    let form = (args.output, args.group_output);
    let mask = Mask::default();
    let shown = |names: &[Arc<str>]| renderer(form, names, &mask, screen);
    if args.allow_empty && server.hosts(&args.selector).await?.is_empty() {
        return Ok(exit::FINE);
    }
    Ok(through::carry_out(server, &wanted, shown, screen).await?.code())
}

/// The secrets that a server is given.
pub(super) fn hidden(
    args: &Args,
    given: &secrets::Given,
    screen: &Screen,
) -> Result<Value, Failure> {
    let mut hidden = args.secret_env.object(screen)?;
    if let Some(password) = given.become_.as_ref().filter(|_| args.connect.gives_become_password())
    {
        hidden["become_password"] = password.expose().as_str().into();
    }
    Ok(hidden)
}

/// What a server is asked for.
pub(super) fn asked(args: &Args, input: &[u8], hidden: &Value) -> Result<Value, Failure> {
    let command = args.command()?;
    let text = |bytes: Vec<u8>, what: &str| {
        String::from_utf8(bytes).map_err(|_| Failure::from(client_say::not_utf8(what)))
    };
    let mut subject = json!({
        "stdin": text(input.to_vec(), "the standard input")?,
        "environment": command.environment.into_iter().collect::<BTreeMap<_, _>>(),
        "sudo": args.becomes(),
        "sudo_user": args.sudo_user,
        "timeout_seconds": args.timeout.map(whole_seconds),
    });
    let (kind, more) = match command.script {
        None => ("command", json!({ "line": command.words.join(" ") })),
        Some(script) => {
            let script = text(script.content, "the script")?;
            ("script", json!({ "script": script, "arguments": command.words }))
        }
    };
    subject["kind"] = kind.into();
    for (name, value) in more.as_object().into_iter().flatten() {
        subject[name] = value.clone();
    }
    let strategy = json!({ "forks": args.connect.forks, "approval": args.approval.approval });
    Ok(json!({
        "subject": subject,
        "selector": args.selector,
        "strategy": strategy,
        "secrets": hidden,
    }))
}

/// Runs a command on the hosts and shows it; every host's end.
pub(crate) async fn carry_out(
    opened: &Opened,
    request: Request,
    form: (Output, bool),
    wish: Option<Wish>,
    screen: &Screen,
) -> Result<Ended, Failure> {
    let names: Vec<Arc<str>> = opened.hosts.iter().map(|host| host.name.clone()).collect();
    let mut renderer = renderer(form, &names, &opened.mask, screen);
    let mut recorded = Recorded::start(&mut *renderer, wish, names.clone(), &opened.mask);
    screen.start_bar(names.len());
    let (events, received) = mpsc::channel(EVENTS_WAITING);
    let (fleet, hosts, cancel) =
        (opened.fleet.clone(), opened.hosts.clone(), opened.cancel.clone());
    let running = tokio::spawn(exec::run(fleet, hosts, request, events, cancel));
    let view = View { screen, mask: &opened.mask, cancel: &opened.cancel };
    let shown = view.show(received, &mut recorded).await;
    // The run ends by itself once nobody listens and it is cancelled; what it did is known by then.
    let _ = running.await;
    screen.end_bar();
    recorded.end(screen).await;
    Ok(shown?)
}

/// What shows a command on these hosts: JSON, or text, whose equal outputs may be shown once.
pub(super) fn renderer(
    (output, grouped): (Output, bool),
    names: &[Arc<str>],
    mask: &Mask,
    screen: &Screen,
) -> Box<dyn Render> {
    match (output, grouped) {
        (Output::Json, _) => Box::new(Json::new(mask.clone())),
        (Output::Text, true) => Box::new(Grouped::new(screen, names)),
        (Output::Text, false) => Box::new(Live::new(screen, names)),
    }
}

impl Args {
    /// What the history keeps of it. Of variables the names only: people put secrets into them.
    fn wish(&self) -> Wish {
        let mut subject = json!({ "kind": "command", "line": self.command.join(" ") });
        if let Some(script) = &self.script {
            let script = script.display().to_string();
            subject = json!({ "kind": "script", "script": script, "arguments": self.command });
        }
        let names = self.env.iter().map(|(name, _)| name.as_str());
        let names: Vec<&str> =
            names.chain(self.secret_env.names.iter().map(String::as_str)).collect();
        let more = [
            ("environment", (!names.is_empty()).then(|| json!(names))),
            ("sudo", self.becomes().then(|| json!(true))),
            ("sudo_user", self.sudo_user.as_ref().map(|user| json!(user))),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                subject[name] = value;
            }
        }
        let kind = if self.script.is_some() { "script" } else { "command" };
        Wish { kind, subject, selector: self.selector.clone(), checks: false }
    }

    const fn becomes(&self) -> bool {
        self.sudo || self.sudo_user.is_some()
    }

    fn command(&self) -> Result<Command, Failure> {
        if self.command.is_empty() && self.script.is_none() {
            return Err(say::no_command().into());
        }
        let script = self.script.as_ref().map(|path| match std::fs::read(path) {
            Ok(content) => Ok(Script { content }),
            Err(error) => Err(Failure::from(say::cannot_read(path.display(), error))),
        });
        Ok(Command {
            words: self.command.clone(),
            script: script.transpose()?,
            environment: self.env.clone(),
            sudo: self.becomes().then(|| Sudo { user: self.sudo_user.clone(), ..Sudo::default() }),
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
