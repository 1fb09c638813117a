//! What is sealed in a credential, and what may be shown of it.

use hep_core::message::{Message, credential as say};
use hep_core::secret::Secret;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{Error as KeyError, LineEnding};
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey, decode_secret_key};
use serde::{Deserialize, Deserializer, Serialize};

use crate::token::random;

/// The secret part of a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// A private key, as its file has it.
    pub private_key: Option<Secret<String>>,
    /// What the key is encrypted with.
    pub passphrase: Option<Secret<String>>,
    /// The password of the login.
    pub password: Option<Secret<String>>,
    /// The password for sudo.
    pub become_password: Option<Secret<String>>,
}

/// The secret part as it is sealed: JSON.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    become_password: Option<&'a str>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(default, deserialize_with = "secret")]
    private_key: Option<Secret<String>>,
    #[serde(default, deserialize_with = "secret")]
    passphrase: Option<Secret<String>>,
    #[serde(default, deserialize_with = "secret")]
    password: Option<Secret<String>>,
    #[serde(default, deserialize_with = "secret")]
    become_password: Option<Secret<String>>,
}

/// Reads a secret that may be missing or null; what is wrong with it does not quote it.
pub(crate) fn secret<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Secret<String>>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    match value {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(Secret::new(text))),
        Some(_) => Err(serde::de::Error::custom("expected a text")),
    }
}

impl Held {
    /// The parts by name, as requests name them.
    pub fn parts(&self) -> [(&'static str, &Option<Secret<String>>); 4] {
        [
            ("private_key", &self.private_key),
            ("passphrase", &self.passphrase),
            ("password", &self.password),
            ("become_password", &self.become_password),
        ]
    }

    /// The names of what is there.
    pub fn names(&self) -> Vec<&'static str> {
        let there = |(name, part): (&'static str, &Option<_>)| part.as_ref().map(|_| name);
        self.parts().into_iter().filter_map(there).collect()
    }

    /// What is to be sealed; nothing where there is nothing.
    pub fn written(&self) -> Option<Secret<Vec<u8>>> {
        if self.names().is_empty() {
            return None;
        }
        let [private_key, passphrase, password, become_password] =
            self.parts().map(|(_, part)| part.as_ref().map(|part| part.expose().as_str()));
        let written = Written { private_key, passphrase, password, become_password };
        serde_json::to_vec(&written).ok().map(Secret::new)
    }

    /// From what was sealed; nothing if it is something else.
    pub fn read(plain: &Secret<Vec<u8>>) -> Option<Self> {
        let read: Read = serde_json::from_slice(plain.expose()).ok()?;
        Some(Self {
            private_key: read.private_key,
            passphrase: read.passphrase,
            password: read.password,
            become_password: read.become_password,
        })
    }
}

/// What may be shown of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// As a `.pub` file has it.
    pub public_key: String,
    /// `SHA256:` and base64.
    pub fingerprint: String,
}

impl Shown {
    fn of(key: &PublicKey) -> Result<Self, Message> {
        let public_key = key.to_openssh().map_err(say::bad_key)?;
        Ok(Self { public_key, fingerprint: key.fingerprint(HashAlg::Sha256).to_string() })
    }
}

/// A new ed25519 key pair whose public half carries this comment.
pub fn generate(comment: &str) -> Result<Secret<String>, Message> {
    let seed = Secret::new(random::<32>());
    let pair = KeypairData::from(Ed25519Keypair::from_seed(seed.expose()));
    let key = PrivateKey::new(pair, comment).map_err(say::bad_key)?;
    let text = key.to_openssh(LineEnding::LF).map_err(say::bad_key)?;
    Ok(Secret::new(text.to_string()))
}

/// A private key's text as a file has it: whole lines, ended by line feeds.
pub fn tidy(text: &Secret<String>) -> Secret<String> {
    let mut lines = text.expose().trim().replace("\r\n", "\n");
    lines.push('\n');
    Secret::new(lines)
}

/// Opens a private key to see what it is. Slow on purpose where it is encrypted: not for a thread that serves
/// connections.
pub fn inspect(
    private: &Secret<String>,
    passphrase: Option<&Secret<String>>,
) -> Result<Shown, Message> {
    let unlocked = decode_secret_key(private.expose(), None);
    let key = match (unlocked, passphrase) {
        (Ok(_), Some(_)) => return Err(say::not_encrypted()),
        (Ok(key), None) => key,
        (Err(_), None) if is_encrypted(private) => return Err(say::key_encrypted()),
        (Err(error), None) => return Err(say::bad_key(error)),
        (Err(_), Some(passphrase)) => {
            decode_secret_key(private.expose(), Some(passphrase.expose())).map_err(|error| {
                match is_encrypted(private) {
                    true => say::wrong_passphrase(),
                    false => say::bad_key(error),
                }
            })?
        }
    };
    Shown::of(key.public_key())
}

fn is_encrypted(private: &Secret<String>) -> bool {
    let open = PrivateKey::from_openssh(private.expose());
    open.map_or_else(|_| private.expose().contains("ENCRYPTED"), |key| key.is_encrypted())
}

/// Checks that a certificate is a user's, and for the key with this public half.
pub fn check_certificate(text: &str, public_key: &str) -> Result<(), Message> {
    let cert = Certificate::from_openssh(text.trim()).map_err(say::bad_certificate)?;
    if cert.cert_type() != CertType::User {
        return Err(say::bad_certificate("it is a host's certificate, not a user's"));
    }
    let key = PublicKey::from_openssh(public_key).map_err(|error: KeyError| say::bad_key(error))?;
    if cert.public_key() == key.key_data() { Ok(()) } else { Err(say::other_key()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// Of the tests of a library: its passphrase is `test`.
    const ENCRYPTED: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABD1phlku5
A2G7Q9iP+DcOc9AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIHeLC1lWiCYrXsf/
85O/pkbUFZ6OGIt49PX3nw8iRoXEAAAAkKRF0st5ZI7xxo9g6A4m4l6NarkQre3mycqNXQ
dP3jryYgvsCIBAA5jMWSjrmnOTXhidqcOy4xYCrAttzSnZ/cUadfBenL+DQq6neffw7j8r
0tbCxVGp6yCQlKrgSZf6c0Hy7dNEIU2bJFGxLe6/kWChcUAt/5Ll5rI7DVQPJdLgehLzvv
sJWR7W+cGvJ/vLsw==
-----END OPENSSH PRIVATE KEY-----";

    #[test]
    fn what_is_wrong_with_a_key_is_said() {
        let plain = generate("hep x").unwrap();
        let cases = [
            (ENCRYPTED, None, "credential.key_encrypted"),
            (ENCRYPTED, Some("no"), "credential.wrong_passphrase"),
            (plain.expose().as_str(), Some("x"), "credential.not_encrypted"),
            ("hunter2", None, "credential.bad_key"),
            ("hunter2", Some("x"), "credential.bad_key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA", None, "credential.bad_key"),
        ];
        for (key, passphrase, expected) in cases {
            let passphrase = passphrase.map(secret);
            let message = inspect(&tidy(&secret(key)), passphrase.as_ref()).unwrap_err();
            assert_eq!(message.id, expected, "{message}");
            assert!(!message.to_string().contains("hunter2"));
        }
        let opened = inspect(&tidy(&secret(ENCRYPTED)), Some(&secret("test"))).unwrap();
        assert!(opened.public_key.starts_with("ssh-ed25519 "));
    }

    #[test]
    fn a_new_pair_can_be_used_and_is_new() {
        let [one, other] = [(); 2].map(|()| generate("hep web").unwrap());
        let shown = inspect(&one, None).unwrap();
        assert!(shown.public_key.ends_with(" hep web") && shown.fingerprint.starts_with("SHA256:"));
        assert_ne!(shown, inspect(&other, None).unwrap());
        let windows = secret(&one.expose().replace('\n', "\r\n"));
        assert_eq!(tidy(&windows), one);
    }

    #[test]
    fn what_was_written_is_read() {
        let held = Held { password: Some(secret("a\"b\n")), ..Held::default() };
        assert_eq!(Held::read(&held.written().unwrap()), Some(held.clone()));
        assert_eq!(held.names(), ["password"]);
        assert_eq!(Held::default().written(), None);
    }
}
