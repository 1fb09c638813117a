//! Who signs for a log-in: an agent, a key in memory, or nobody when we only ask.

use std::sync::Arc;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use russh::{AgentAuthError, Signer};
use tokio::net::UnixStream;

use super::keys::AGENT_DEADLINE;

/// An agent that must answer in time.
pub(super) struct AgentSigner(pub(super) AgentClient<UnixStream>);

impl Signer for AgentSigner {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        key: &AgentIdentity,
        hash_alg: Option<HashAlg>,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        let signing = self.0.sign_request(key, hash_alg, to_sign);
        match tokio::time::timeout(AGENT_DEADLINE, signing).await {
            Ok(signed) => Ok(signed?),
            Err(_) => Err(russh::keys::Error::AgentFailure.into()),
        }
    }
}

/// A key in memory. russh itself would sign RSA certificates with SHA-1 only.
pub(super) struct KeySigner(pub(super) Arc<PrivateKey>, pub(super) Option<HashAlg>);

impl KeySigner {
    /// The signature as it goes over the wire (RFC 4253, section 6.6).
    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, russh::keys::Error> {
        let signature: Signature = match self.0.key_data() {
            KeypairData::Rsa(pair) => (pair, self.1).try_sign(data),
            pair => pair.try_sign(data),
        }
        .map_err(russh::keys::ssh_key::Error::from)?;
        let mut wire = Vec::new();
        signature.encode_prefixed(&mut wire)?;
        Ok(wire)
    }
}

impl Signer for KeySigner {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _key: &AgentIdentity,
        _hash_alg: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        let signature = self.sign(&to_sign)?;
        to_sign.extend(signature);
        Ok(to_sign)
    }
}

/// Signs nothing: its failure tells that a signature was asked for.
pub(super) struct Unsigned;

impl Signer for Unsigned {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _key: &AgentIdentity,
        _hash_alg: Option<HashAlg>,
        _to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        Err(russh::keys::Error::KeyIsEncrypted.into())
    }
}
