//! Stopping a run: one switch, seen by everything that waits.

use tokio::sync::watch;

/// The switch. Cancelling twice is cancelling once.
#[derive(Clone, Debug)]
pub struct Cancel {
    sender: std::sync::Arc<watch::Sender<bool>>,
    receiver: watch::Receiver<bool>,
}

impl Default for Cancel {
    fn default() -> Self {
        let (sender, receiver) = watch::channel(false);
        Self { sender: std::sync::Arc::new(sender), receiver }
    }
}

impl Cancel {
    /// Stops what watches this switch.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was thrown.
    pub fn is_cancelled(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Waits until it is thrown.
    pub async fn cancelled(&self) {
        let mut receiver = self.receiver.clone();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = receiver.wait_for(|thrown| *thrown).await;
    }
}
