//! `hep hosts`: what a selector names.

use std::fmt::Write as _;
use std::sync::Arc;

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use hep_core::inventory::Host;
use hep_core::message::cli as say;
use hep_core::run::exit;
use serde_json::{Map, Value};

use super::Output;
use super::connect::{Connect, Extra, Opened, Wanted};
use super::failure::Failure;
use super::through::Through;
use crate::client::Server;
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
    through: Through,
    #[command(flatten)]
    extra: Extra,
    #[command(flatten)]
    pub(super) connect: Connect,
}

/// Shows them.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    if let Some(server) = args.through.asked_or_known(&args.connect, &args.selector)? {
        return of_server(&args, &server, &screen).await;
    }
    let wanted = Wanted {
        selector: &args.selector,
        allow_empty: args.allow_empty,
        extra: Some(&args.extra),
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

/// The hosts of a server's register, in the same forms.
async fn of_server(args: &Args, server: &Server, screen: &Screen) -> Result<u8, Failure> {
    args.connect.refuse_with_server()?;
    let hosts = server.hosts(&args.selector).await?;
    if hosts.is_empty() && !args.allow_empty {
        return Err(say::nothing_selected(&args.selector).into());
    }
    let text = match args.output {
        Output::Json => hosts.iter().fold(String::new(), |text, host| text + &object(host) + "\n"),
        Output::Text if screen.out.terminal => rows(hosts.iter().map(|host| {
            let user = host["user"].as_str().unwrap_or("-").to_owned();
            let groups = words(&host["groups"]).join(",");
            [cell(&host["name"]), cell(&host["address"]), host["port"].to_string(), user, groups]
        })),
        Output::Text => {
            hosts.iter().fold(String::new(), |text, host| text + &cell(&host["name"]) + "\n")
        }
    };
    screen.write_out(text.as_bytes())?;
    Ok(exit::FINE)
}

/// A host of a register as one of an inventory is shown.
fn object(host: &Value) -> String {
    let mut object = Map::new();
    for name in ["name", "address", "port", "user", "groups", "labels", "vars"] {
        if !host[name].is_null() {
            object.insert(name.to_owned(), host[name].clone());
        }
    }
    Value::Object(object).to_string()
}

fn cell(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
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
    let mut found = Vec::new();
    for host in &opened.hosts {
        let login = opened.fleet.login(host)?;
        let port = login.port.map_or_else(|| "-".to_owned(), |port| port.to_string());
        let user = login.user.unwrap_or_else(|| "-".to_owned());
        found.push([host.name.to_string(), login.address, port, user, groups(opened, host)]);
    }
    Ok(rows(found.into_iter()))
}

/// The table for people.
fn rows(rows: impl Iterator<Item = [String; 5]>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["NAME", "ADDRESS", "PORT", "USER", "GROUPS"]);
    for row in rows {
        table.add_row(row.map(|cell| visible::line(cell.as_bytes()).into_owned()));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

fn groups(opened: &Opened, host: &Host) -> String {
    let groups = opened.fleet.inventory.groups_of(host);
    let mut names: Vec<&str> = groups.iter().map(|group| &*group.name).collect();
    names.sort_unstable();
    names.join(",")
}
