//! Ctrl-C and its like: the first stops the run in an orderly way, the second leaves at once.

use std::sync::Arc;

use hep_core::message::cli as say;
use hep_core::run::exit;
use hep_engine::cancel::Cancel;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::terminal::{Screen, mode};

/// Watches for signals from now on.
pub(crate) fn watch(cancel: &Cancel, screen: &Arc<Screen>) {
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    for kind in signals {
        // Where a signal cannot be watched it ends the process, as it would have without us.
        let Ok(stream) = signal(kind) else { continue };
        tokio::spawn(listen(stream, cancel.clone(), Arc::clone(screen)));
    }
}

async fn listen(mut stream: Signal, cancel: Cancel, screen: Arc<Screen>) {
    while stream.recv().await.is_some() {
        // While a password is being typed there is nothing to stop in an orderly way. Whoever asks for it
        // holds the screen, so there is nothing to tidy there either.
        if mode::restore() {
            std::process::exit(i32::from(exit::CANCELLED));
        }
        if cancel.is_cancelled() {
            screen.end_bar();
            std::process::exit(i32::from(exit::CANCELLED));
        }
        cancel.cancel();
        let screen = Arc::clone(&screen);
        // Writing may wait for a terminal that is held; the next signal must be heard meanwhile.
        tokio::task::spawn_blocking(move || screen.say(&say::stopping().to_string()));
    }
}
