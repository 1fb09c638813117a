//! `hep hosts`: what a selector names.

use std::fmt::Write as _;
use std::sync::Arc;

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use hep_core::inventory::Host;
use hep_core::run::exit;

use super::Output;
use super::connect::{Connect, Extra, Opened, Wanted};
use super::failure::Failure;
use crate::terminal::{Screen, visible};

/// Show the hosts that a selector names: a table on a terminal, names into a pipe.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The hosts
    #[arg(default_value = "all")]
    selector: String,
    /// How to print: `json` is one object for each host, with its groups and variables
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// A selector that selects no host is no error
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    extra: Extra,
    #[command(flatten)]
    connect: Connect,
}

/// Shows them.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let wanted = Wanted {
        selector: &args.selector,
        allow_empty: args.allow_empty,
        extra: &args.extra.extra_vars,
        ..Wanted::default()
    };
    let opened = args.connect.open(wanted, &screen).await?;
    let text = match args.output {
        Output::Json => json(&opened)?,
        Output::Text if screen.out.terminal => table(&opened)?,
        Output::Text => {
            opened.hosts.iter().fold(String::new(), |text, host| text + &host.name + "\n")
        }
    };
    screen.write_out(opened.mask.text(&text).as_bytes())?;
    Ok(exit::FINE)
}

fn json(opened: &Opened) -> Result<String, Failure> {
    let mut text = String::new();
    for host in &opened.hosts {
        let login = opened.fleet.login(host)?;
        let _ = writeln!(text, "{}", opened.fleet.inventory.to_json(host, &login));
    }
    Ok(text)
}

fn table(opened: &Opened) -> Result<String, Failure> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["NAME", "ADDRESS", "PORT", "USER", "GROUPS"]);
    for host in &opened.hosts {
        let login = opened.fleet.login(host)?;
        let port = login.port.map_or_else(|| "-".to_owned(), |port| port.to_string());
        let user = login.user.unwrap_or_else(|| "-".to_owned());
        let row = [host.name.to_string(), login.address, port, user, groups(opened, host)];
        table.add_row(row.map(|cell| visible::line(cell.as_bytes()).into_owned()));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    Ok(lines.collect())
}

fn groups(opened: &Opened, host: &Host) -> String {
    let groups = opened.fleet.inventory.groups_of(host);
    let mut names: Vec<&str> = groups.iter().map(|group| &*group.name).collect();
    names.sort_unstable();
    names.join(",")
}
