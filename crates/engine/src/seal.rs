//! Secrets at rest. Each has a data key of its own; the data key is wrapped by a master key, so that a new
//! master key needs no secret to be written anew. Both layers are XChaCha20-Poly1305 and bound to table, row
//! and field: a secret that is moved elsewhere in the database does not open there.
//!
//! | bytes | of an envelope |
//! |---|---|
//! | 1 | the version of this table: 1 |
//! | 8 | the id of the master key |
//! | 24 + 48 | nonce; data key, wrapped |
//! | 24 + n + 16 | nonce; secret, sealed |

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hep_core::secret::Secret;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::token::{hex, random};

const VERSION: u8 = 1;
const ID: usize = 8;
const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;
const ID_AT: usize = 1;
const WRAP_AT: usize = ID_AT + ID;
const BODY_AT: usize = WRAP_AT + NONCE + KEY + TAG;

/// Why a secret was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It was sealed with a master key that we do not have.
    #[error("the master key {0} is not among ours")]
    UnknownKey(KeyId),
    /// It was changed, cut, or comes from another place of the database.
    #[error("a sealed secret has been damaged or moved")]
    Damaged,
    /// What was sealed did not open to the same: nothing may be written.
    #[error("a secret did not open to what was sealed")]
    RoundTrip,
    /// The master keys cannot be had.
    #[error("{0}")]
    Keys(hep_core::message::Message),
}

/// Where in the database a secret lies.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The row's id.
    pub row: &'a str,
    /// The column.
    pub field: &'static str,
}

impl Place<'_> {
    /// What both layers are bound to; the lengths keep `a, bc` and `ab, c` apart.
    fn bound(&self, layer: &str) -> Vec<u8> {
        let parts = [layer, self.table, self.row, self.field];
        let each = parts.iter().map(|part| format!("{}:{part}", part.len()));
        each.collect::<String>().into_bytes()
    }
}

/// What a master key is called: the beginning of a hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; ID]);

impl KeyId {
    /// As envelopes have it.
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A master key.
#[derive(Clone, Debug)]
pub struct MasterKey {
    id: KeyId,
    key: Secret<[u8; KEY]>,
}

impl MasterKey {
    /// From its bytes.
    pub fn new(key: [u8; KEY]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"hep master key id");
        hash.update(key);
        let mut id = [0; ID];
        id.copy_from_slice(&hash.finalize()[..ID]);
        Self { id: KeyId(id), key: Secret::new(key) }
    }

    /// A new one.
    pub fn random() -> Self {
        Self::new(random())
    }

    /// What it is called.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// A MAC of what was said for a purpose, in hexadecimal, behind the key's id.
    fn mac(&self, purpose: &str, said: &[u8]) -> Result<String, SealError> {
        let mac = Hmac::<Sha256>::new_from_slice(self.key.expose());
        let mut mac = mac.map_err(|_| SealError::Damaged)?;
        // The length keeps the purpose apart from what is said.
        mac.update(format!("{}:{purpose}", purpose.len()).as_bytes());
        mac.update(said);
        Ok(format!("{}:{}", self.id, hex(&mac.finalize().into_bytes())))
    }

    /// As a line of a key file.
    pub(crate) fn line(&self) -> Secret<String> {
        Secret::new(hex(self.key.expose()))
    }
}

/// The master keys that are known. The first one seals, all of them open.
#[derive(Clone, Debug)]
pub struct Keyring {
    first: MasterKey,
    others: Vec<MasterKey>,
}

impl Keyring {
    /// With one key that seals, and others that only open.
    pub const fn new(first: MasterKey, others: Vec<MasterKey>) -> Self {
        Self { first, others }
    }

    /// The id of the key that seals.
    pub const fn current(&self) -> KeyId {
        self.first.id
    }

    /// All keys, the one that seals first.
    pub fn keys(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// By what something that may hold secrets is known again: nobody who has it, and not the keys, can try whether
    /// it is of a text that they guess.
    pub fn mac(&self, purpose: &str, said: &[u8]) -> Result<String, SealError> {
        self.first.mac(purpose, said)
    }

    /// Whether a MAC is of this; nothing where it was made with a key that we do not have.
    pub fn is_mac_of(&self, mac: &str, purpose: &str, said: &[u8]) -> Option<bool> {
        let id = mac.split_once(':')?.0;
        let key = self.keys().find(|key| key.id.to_string() == id)?;
        key.mac(purpose, said).ok().map(|own| own == mac)
    }

    /// Seals a secret for its place, and opens it again before anybody may write it.
    pub fn seal(&self, place: Place<'_>, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, SealError> {
        let data_key = Secret::new(random::<KEY>());
        let mut envelope = self.wrap(place, &data_key)?;
        let nonce = random::<NONCE>();
        envelope.extend_from_slice(&nonce);
        envelope.extend(encrypt(&data_key, nonce, plain.expose(), &place.bound("data"))?);
        self.same(place, &envelope, plain).then_some(envelope).ok_or(SealError::RoundTrip)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: Place<'_>, envelope: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let data_key = self.unwrap(place, envelope)?;
        let body = envelope.get(BODY_AT..).ok_or(SealError::Damaged)?;
        let (nonce, sealed) = body.split_first_chunk().ok_or(SealError::Damaged)?;
        decrypt(&data_key, *nonce, sealed, &place.bound("data")).map(Secret::new)
    }

    /// The same secret with its data key wrapped by the current master key; the secret itself stays sealed
    /// as it was, but is opened both ways before anybody may write it.
    pub fn rewrap(&self, place: Place<'_>, envelope: &[u8]) -> Result<Vec<u8>, SealError> {
        let plain = self.open(place, envelope)?;
        let mut anew = self.wrap(place, &self.unwrap(place, envelope)?)?;
        anew.extend_from_slice(&envelope[BODY_AT..]);
        self.same(place, &anew, &plain).then_some(anew).ok_or(SealError::RoundTrip)
    }

    fn same(&self, place: Place<'_>, envelope: &[u8], plain: &Secret<Vec<u8>>) -> bool {
        self.open(place, envelope).is_ok_and(|opened| opened == *plain)
    }

    /// The part of an envelope before the secret.
    fn wrap(&self, place: Place<'_>, data_key: &Secret<[u8; KEY]>) -> Result<Vec<u8>, SealError> {
        let nonce = random::<NONCE>();
        let wrapped = encrypt(&self.first.key, nonce, data_key.expose(), &place.bound("key"))?;
        Ok([&[VERSION][..], self.first.id.bytes(), &nonce, &wrapped].concat())
    }

    fn unwrap(&self, place: Place<'_>, envelope: &[u8]) -> Result<Secret<[u8; KEY]>, SealError> {
        let id = key_id(envelope)?;
        let master = self.keys().find(|key| key.id == id).ok_or(SealError::UnknownKey(id))?;
        let wrap = envelope.get(WRAP_AT..BODY_AT).ok_or(SealError::Damaged)?;
        let (nonce, wrapped) = wrap.split_first_chunk().ok_or(SealError::Damaged)?;
        let key = Secret::new(decrypt(&master.key, *nonce, wrapped, &place.bound("key"))?);
        let key: [u8; KEY] = key.expose().as_slice().try_into().map_err(|_| SealError::Damaged)?;
        Ok(Secret::new(key))
    }
}

/// The id of the master key that an envelope was sealed with.
fn key_id(envelope: &[u8]) -> Result<KeyId, SealError> {
    match envelope.split_first_chunk::<WRAP_AT>() {
        Some(([VERSION, id @ ..], _)) => Ok(KeyId(*id)),
        _ => Err(SealError::Damaged),
    }
}

fn encrypt(
    key: &Secret<[u8; KEY]>,
    nonce: [u8; NONCE],
    msg: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, SealError> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    cipher.encrypt(&XNonce::from(nonce), Payload { msg, aad }).map_err(|_| SealError::RoundTrip)
}

fn decrypt(
    key: &Secret<[u8; KEY]>,
    nonce: [u8; NONCE],
    msg: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, SealError> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    cipher.decrypt(&XNonce::from(nonce), Payload { msg, aad }).map_err(|_| SealError::Damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Place<'_> = Place { table: "credentials", row: "7", field: "sealed" };

    fn secret(text: &str) -> Secret<Vec<u8>> {
        Secret::new(text.as_bytes().to_vec())
    }

    fn one() -> Keyring {
        Keyring::new(MasterKey::random(), Vec::new())
    }

    #[test]
    fn nothing_opens_elsewhere_or_changed() {
        let keys = one();
        let envelope = keys.seal(HERE, &secret("hunter2")).unwrap();
        assert_eq!(keys.open(HERE, &envelope).unwrap(), secret("hunter2"));
        let elsewhere = [
            Place { table: "jobs", ..HERE },
            Place { row: "8", ..HERE },
            Place { field: "other", ..HERE },
            Place { table: "credential", row: "s7", ..HERE },
        ];
        for place in elsewhere {
            let opened = keys.open(place, &envelope);
            assert!(matches!(opened, Err(SealError::Damaged)), "{place:?}");
        }
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert!(keys.open(HERE, &changed).is_err(), "byte {at}");
            assert!(keys.open(HERE, &envelope[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let keys = one();
        let [a, b] = [(); 2].map(|()| keys.seal(HERE, &secret("x")).unwrap());
        assert_eq!(a[..WRAP_AT], b[..WRAP_AT]);
        for part in [WRAP_AT..WRAP_AT + NONCE, WRAP_AT + NONCE..BODY_AT, BODY_AT..a.len()] {
            assert_ne!(a[part.clone()], b[part]);
        }
    }

    #[test]
    fn a_new_master_key_takes_over() {
        let old = MasterKey::random();
        let before = Keyring::new(old.clone(), Vec::new());
        let after = Keyring::new(MasterKey::random(), vec![old]);
        let envelope = before.seal(HERE, &secret("x")).unwrap();
        assert_eq!(after.open(HERE, &envelope).unwrap(), secret("x"));
        let anew = after.rewrap(HERE, &envelope).unwrap();
        assert_eq!(anew[BODY_AT..], envelope[BODY_AT..]);
        let alone = Keyring::new(after.first.clone(), Vec::new());
        assert_eq!(alone.open(HERE, &anew).unwrap(), secret("x"));
        let unknown = alone.open(HERE, &envelope).unwrap_err();
        assert!(matches!(unknown, SealError::UnknownKey(id) if id == before.current()));
        assert!(after.rewrap(Place { row: "8", ..HERE }, &envelope).is_err());
    }

    #[test]
    fn what_was_said_is_known_again_by_whoever_has_the_key() {
        let old = MasterKey::random();
        let before = Keyring::new(old.clone(), Vec::new());
        let mac = before.mac("call", b"hunter2").unwrap();
        let after = Keyring::new(MasterKey::random(), vec![old]);
        let stranger = Keyring::new(MasterKey::random(), Vec::new());
        let cases = [
            (&before, "call", "hunter2", Some(true)),
            (&after, "call", "hunter2", Some(true)),
            (&after, "call", "hunter3", Some(false)),
            (&after, "call2", "hunter2", Some(false)),
            (&after, "cal", "lhunter2", Some(false)),
            (&stranger, "call", "hunter2", None),
        ];
        for (keys, purpose, said, expected) in cases {
            let known = keys.is_mac_of(&mac, purpose, said.as_bytes());
            assert_eq!(known, expected, "{purpose} {said}");
        }
        assert_eq!(after.is_mac_of("f52fbd32b2b3b86ff88ef6c490628285", "call", b"x"), None);
        assert_ne!(mac, after.mac("call", b"hunter2").unwrap());
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let key = MasterKey::new([0xab; KEY]);
        assert!(!format!("{key:?}").contains("abab") && !format!("{key:?}").contains("171"));
        assert_ne!(key.id(), MasterKey::new([0xac; KEY]).id());
    }

    proptest! {
        #[test]
        fn any_secret_opens_and_any_rubbish_does_not(plain: Vec<u8>, rubbish: Vec<u8>) {
            let keys = one();
            let envelope = keys.seal(HERE, &Secret::new(plain.clone())).unwrap();
            let opened = keys.open(HERE, &envelope).unwrap();
            prop_assert_eq!(opened.expose(), &plain);
            prop_assert!(keys.open(HERE, &rubbish).is_err());
        }
    }
}
