//! `hep serve`: the server.

use std::sync::Arc;

use hep_core::message::cli as say;
use hep_core::run::exit;
use hep_engine::ops::Engine;
use tokio::net::TcpListener;

use super::database::Database;
use super::failure::Failure;
use super::variables;
use crate::serve;
use crate::terminal::Screen;

/// Start the server
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8440", env = variables::LISTEN,
        hide_env_values = true)]
    listen: String,
    #[command(flatten)]
    database: Database,
}

/// Serves until a signal comes.
pub(crate) async fn run(args: Args, screen: Arc<Screen>) -> Result<u8, Failure> {
    let engine: Engine = args.database.open().await?;
    let listening = TcpListener::bind(&args.listen).await;
    let listener = listening.map_err(|error| say::cannot_listen(&args.listen, error))?;
    let address = listener.local_addr().map_err(|error| say::cannot_listen(&args.listen, error))?;
    screen.say(&say::listening(address).to_string());
    let served = serve::serve(listener, engine.clone(), stop()).await;
    engine.close().await;
    served.map_err(|error| say::cannot_listen(address, error))?;
    Ok(exit::FINE)
}

/// Ready when somebody wants us to stop.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
