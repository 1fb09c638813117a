//! Our end of russh's session: checks the host's key, and remembers why the connection ended.

use russh::client::{DisconnectReason, Handler};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use tokio::sync::watch;

use super::host_key::HostKeyCheck;
use crate::transport::TransportError;
use hep_core::message::ssh as say;

/// An error within the session: russh's, or our refusal of a host key.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    Ssh(#[from] russh::Error),
    #[error(transparent)]
    Refused(#[from] TransportError),
}

/// Why a connection ended; nothing while it lasts.
pub(super) type End = Option<String>;

pub(super) struct Session {
    check: HostKeyCheck,
    /// The key accepted at the beginning: a new key exchange need not ask again for the same.
    accepted: Option<PublicKey>,
    end: watch::Sender<End>,
}

impl Session {
    pub(super) fn new(check: HostKeyCheck, end: watch::Sender<End>) -> Self {
        Self { check, accepted: None, end }
    }
}

impl Handler for Session {
    type Error = SessionError;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, SessionError> {
        let key = shown.public_key();
        if self.accepted.as_ref() == Some(&key) {
            return Ok(true);
        }
        self.check.verify(shown).await?;
        self.accepted = Some(key);
        Ok(true)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<SessionError>,
    ) -> Result<(), SessionError> {
        let text = match reason {
            DisconnectReason::ReceivedDisconnect(info) if info.message.is_empty() => {
                say::lost_closed().to_string()
            }
            // The host's own words: shown with quotes and without control characters.
            DisconnectReason::ReceivedDisconnect(info) => format!("{:?}", info.message),
            DisconnectReason::Error(SessionError::Ssh(error)) => describe(&error),
            DisconnectReason::Error(SessionError::Refused(error)) => error.to_string(),
        };
        self.end.send_replace(Some(text));
        Ok(())
    }
}

fn describe(error: &russh::Error) -> String {
    match error {
        russh::Error::KeepaliveTimeout | russh::Error::InactivityTimeout => {
            say::lost_silent().to_string()
        }
        russh::Error::Disconnect | russh::Error::HUP => say::lost_closed().to_string(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            say::lost_closed().to_string()
        }
        other => other.to_string(),
    }
}
