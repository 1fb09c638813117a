//! Which server a command asks, and how its answers are printed.

use super::failure::Failure;
use crate::client::show::Form;
use crate::client::{Server, context};

/// The options that all commands about a server have.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Asked {
    /// The context to use in place of the current one
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) context: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t, value_name = "FORM", global = true)]
    pub(crate) output: Form,
}

impl Asked {
    /// The server.
    pub(crate) fn server(&self) -> Result<Server, Failure> {
        Server::new(context::current(self.context.as_deref())?)
    }
}
