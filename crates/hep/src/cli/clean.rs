//! `hep clean`: hosts as if we had never been there.

use std::sync::Arc;

use hep_core::run;
use hep_engine::clean;
use hep_engine::exec::Request;

use super::Output;
use super::connect::{Connect, Wanted};
use super::exec::carry_out;
use super::failure::Failure;
use crate::terminal::Screen;

/// Remove all that hep ever left on hosts: the executors it sent there and their journals.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hosts
    selector: String,
    /// Remove root's too, by sudo
    #[arg(short, long)]
    r#become: bool,
    /// Remove what lies in this user's home too, by sudo; may be repeated
    #[arg(long, value_name = "USER")]
    become_user: Vec<String>,
    /// How to print: `json` is one object for each host and user
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// A selector that selects no host is no error
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    connect: Connect,
}

/// Removes it, for one user after the other.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let wanted =
        Wanted { selector: &args.selector, allow_empty: args.allow_empty, ..Wanted::default() };
    let opened = args.connect.open(wanted, &screen).await?;
    let mut users: Vec<Option<&str>> = vec![None];
    users.extend(args.become_user.iter().map(|user| Some(user.as_str())));
    users.extend(args.r#become.then_some(Some("root")));
    let mut states = Vec::new();
    for user in users {
        if opened.cancel.is_cancelled() {
            break;
        }
        let request = Request {
            command: clean::command(user),
            forks: usize::from(args.connect.forks),
            ..Request::default()
        };
        let ended = carry_out(&opened, request, (args.output, false), None, &screen).await?;
        states.extend(ended.values().map(|end| end.state));
    }
    Ok(run::exit_code(states))
}
