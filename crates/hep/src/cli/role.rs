//! Who has which role on which hosts: given, shown and taken away.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::Failure;
use super::noun::{escaped, pair};
use crate::client::Server;
use crate::client::show::{self, Form};

/// What a table of grants shows.
const COLUMNS: &[&str] = &["id", "role", "user", "team", "selector", "partition"];

/// What can be done with roles besides what can be done to every noun.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Give a role to a user or a team
    Grant {
        /// The role
        role: String,
        /// The user who gets it
        #[arg(
            long,
            value_name = "NAME",
            required_unless_present = "team",
            conflicts_with = "team"
        )]
        user: Option<String>,
        /// The team that gets it
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// The hosts, as a selector; of `all` it also holds for what belongs to no host
        #[arg(long, value_name = "SELECTOR", default_value = "all")]
        on: String,
        /// The partition whose hosts alone are meant
        #[arg(long, value_name = "NAME")]
        partition: Option<String>,
    },
    /// Show who has which role, on which hosts
    Grants {
        /// Filters of the API: `user=NAME`, `team=NAME`, `role=NAME`
        filter: Vec<String>,
    },
    /// Take a role away again
    Revoke {
        /// The id of the grant, as `grants` shows it
        id: String,
    },
}

/// Does it; what is to be printed.
pub(super) async fn run(verb: Verb, server: &Server, form: Form) -> Result<String, Failure> {
    match verb {
        Verb::Grant { role, user, team, on, partition } => {
            let body = json!({
                "role": role, "user": user, "team": team, "selector": on, "partition": partition,
            });
            let granted = server.call(Method::POST, "/grants", Some(&body)).await?;
            Ok(show::one(&granted.value, form))
        }
        Verb::Grants { filter } => {
            let filters: Result<Vec<_>, Failure> = filter.iter().map(|word| pair(word)).collect();
            let grants = server.all("/grants", &filters?).await?;
            Ok(show::list(&grants, COLUMNS, form))
        }
        Verb::Revoke { id } => {
            server.call(Method::DELETE, &format!("/grants/{}", escaped(&id)), None).await?;
            Ok(String::new())
        }
    }
}
