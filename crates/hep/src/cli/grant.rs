//! `hep grant`: who has which role, and on which hosts.

use std::sync::Arc;

use clap::Subcommand;
use hep_core::message::client as say;
use hep_core::run::exit;
use reqwest::Method;
use serde_json::json;

use super::asked::Asked;
use super::failure::Failure;
use super::noun::{escaped, pair};
use crate::client::show;
use crate::terminal::Screen;

/// What a table of grants shows.
const COLUMNS: &[&str] = &["id", "role", "user", "team", "selector", "partition"];

/// The command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show all, or those that filters name
    List {
        /// Filters of the API: `user=NAME`, `team=NAME`, `role=NAME`
        filter: Vec<String>,
    },
    /// Show one
    Show {
        /// Its id
        id: String,
    },
    /// Give a role to a user or a team
    Create {
        /// The role: `viewer`, `operator`, `admin`, or one of your own
        role: String,
        /// Who gets it
        #[arg(long, value_name = "NAME", required_unless_present = "team")]
        user: Option<String>,
        /// The team that gets it
        #[arg(long, value_name = "NAME", conflicts_with = "user")]
        team: Option<String>,
        /// On which hosts: names, groups, labels (`env=prod`), as everywhere
        #[arg(long, value_name = "SELECTOR", default_value = "all")]
        selector: String,
        /// Only on the hosts of this partition
        #[arg(long, value_name = "NAME")]
        partition: Option<String>,
    },
    /// Take one away
    Delete {
        /// Its id
        id: String,
    },
}

/// Does it.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let server = args.asked.server()?;
    let one = |id: &str| format!("/grants/{}", escaped(id));
    let said = match args.verb {
        Verb::List { filter } => {
            let filters: Result<Vec<_>, Failure> = filter.iter().map(|word| pair(word)).collect();
            show::list(&server.all("/grants", &filters?).await?, COLUMNS, args.asked.output)
        }
        Verb::Show { id } => {
            show::one(&server.call(Method::GET, &one(&id), None).await?.value, args.asked.output)
        }
        Verb::Create { role, user, team, selector, partition } => {
            let body = json!({
                "role": role, "user": user, "team": team, "selector": selector, "partition": partition,
            });
            show::one(
                &server.call(Method::POST, "/grants", Some(&body)).await?.value,
                args.asked.output,
            )
        }
        Verb::Delete { id } => {
            server.call(Method::DELETE, &one(&id), None).await?;
            screen.say(&say::gone("grant", &id).to_string());
            String::new()
        }
    };
    screen.write_out(said.as_bytes())?;
    Ok(exit::FINE)
}
