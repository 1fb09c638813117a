//! How one node proves to another that it belongs to the same database: whoever can open the secrets of the database
//! knows the key that the other node has put there. What is proved is one wish, once, within a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hep_core::secret::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::token::{hex, random, token};

/// Bytes of a key.
const KEY: usize = 32;
/// How far the clocks of two nodes may be apart, and how long a wish may travel, in milliseconds.
const WINDOW_MS: i64 = 60_000;
/// What a proof is for, so that none serves for anything else; also the version of the words.
const PURPOSE: &str = "hep tunnel 1";
/// Known nonces after which the old ones are forgotten.
const MANY: usize = 1024;

/// The key of a node: a new one with each start.
#[derive(Clone, Debug)]
pub(super) struct Key(Secret<Vec<u8>>);

impl Key {
    /// A new one.
    pub(super) fn random() -> Self {
        Self(Secret::new(random::<KEY>().to_vec()))
    }

    /// One that was sealed.
    pub(super) const fn of(bytes: Secret<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// For sealing.
    pub(super) const fn bytes(&self) -> &Secret<Vec<u8>> {
        &self.0
    }

    /// Keys of every length can be used.
    fn mac(&self, said: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose()).ok()?;
        mac.update(PURPOSE.as_bytes());
        mac.update(b"\n");
        mac.update(said.as_bytes());
        Some(mac)
    }
}

/// What one node wants of another: a way to a host of its zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// The id of the node that is asked: new with each of its starts, as is its key.
    pub(super) node: String,
    /// The host's id.
    pub(super) host: String,
    /// The id of the node that asks, for the log.
    pub(super) from: String,
    /// When, by the clock of the node that asks, in milliseconds since 1970.
    pub(super) at_ms: i64,
    /// How long it waits.
    pub(super) within: Duration,
    /// A word that comes once.
    nonce: String,
}

/// Why a wish is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It was made without the key, changed, or is no wish at all.
    Proof,
    /// The clocks are too far apart, or it is an old one.
    Clock,
    /// It came before.
    Again,
}

impl Wish {
    /// A wish of now.
    pub(super) fn new(node: &str, host: &str, from: &str, within: Duration, now_ms: i64) -> Self {
        let [node, host, from] = [node, host, from].map(str::to_owned);
        Self { node, host, from, at_ms: now_ms, within, nonce: token() }
    }

    fn words(&self) -> String {
        let Self { node, host, from, at_ms, within, nonce } = self;
        format!("{node} {host} {from} {at_ms} {} {nonce}", within.as_millis())
    }

    /// As it travels, with its proof.
    pub(super) fn signed(&self, key: &Key) -> String {
        let words = self.words();
        let proof = key.mac(&words).map(|mac| hex(&mac.finalize().into_bytes()));
        format!("{words} {}", proof.unwrap_or_default())
    }

    /// What was said, believed or not.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let [node, host, from, at_ms, within, nonce, _] = words.as_slice() else { return None };
        let [node, host, from, nonce] = [node, host, from, nonce].map(|&word| word.to_owned());
        let within = Duration::from_millis(within.parse().ok()?);
        Some(Self { node, host, from, at_ms: at_ms.parse().ok()?, within, nonce })
    }

    /// Whether `text`, which says this, was made with the key.
    pub(super) fn is_proved(&self, text: &str, key: &Key) -> bool {
        let Some((words, proof)) = text.rsplit_once(' ') else { return false };
        let mac = key.mac(words).filter(|_| words == self.words());
        mac.zip(unhex(proof)).is_some_and(|(mac, proof)| mac.verify_slice(&proof).is_ok())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

/// The wishes that came, so that none is granted twice.
#[derive(Debug, Default)]
pub(super) struct Granted(Mutex<HashMap<String, i64>>);

impl Granted {
    /// Believes a wish with a proof, once.
    pub(super) fn take(&self, text: &str, key: &Key, now_ms: i64) -> Result<Wish, Doubt> {
        let wish = Wish::parse(text).ok_or(Doubt::Proof)?;
        if !wish.is_proved(text, key) {
            return Err(Doubt::Proof);
        }
        let is_recent = |at_ms: i64| now_ms.saturating_sub(at_ms).saturating_abs() <= WINDOW_MS;
        if !is_recent(wish.at_ms) {
            return Err(Doubt::Clock);
        }
        // Nothing panics while the lock is held.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            known.retain(|_, at_ms| is_recent(*at_ms));
        }
        match known.insert(wish.nonce.clone(), wish.at_ms) {
            None => Ok(wish),
            Some(_) => Err(Doubt::Again),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn wish(at_ms: i64) -> Wish {
        Wish::new("n1", "h1", "n2", Duration::from_millis(1500), at_ms)
    }

    #[test]
    fn a_wish_is_believed_once_and_within_a_minute() {
        let (key, granted) = (Key::random(), Granted::default());
        for (late_ms, expected) in [
            (0, Ok(())),
            (WINDOW_MS, Ok(())),
            (-WINDOW_MS, Ok(())),
            (WINDOW_MS + 1, Err(Doubt::Clock)),
            (-WINDOW_MS - 1, Err(Doubt::Clock)),
        ] {
            let made = wish(NOW - late_ms);
            let text = made.signed(&key);
            let taken = granted.take(&text, &key, NOW);
            assert_eq!(taken.clone().map(drop), expected, "{late_ms}");
            if let Ok(taken) = taken {
                assert_eq!(taken, made);
                assert_eq!(granted.take(&text, &key, NOW), Err(Doubt::Again));
            }
        }
        let text = wish(i64::MIN).signed(&key);
        assert_eq!(granted.take(&text, &key, NOW), Err(Doubt::Clock));
    }

    #[test]
    fn nothing_of_a_wish_can_be_changed() {
        let (key, granted) = (Key::random(), Granted::default());
        let text = wish(NOW).signed(&key);
        assert_eq!(granted.take(&text, &Key::random(), NOW), Err(Doubt::Proof), "another key");
        for at in 0..text.len() {
            for other in ["0", " ", "z"] {
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                if changed != text {
                    let taken = granted.take(&changed, &key, NOW);
                    assert_eq!(taken, Err(Doubt::Proof), "{changed}");
                }
            }
            let cut = &text[..at];
            assert_eq!(granted.take(cut, &key, NOW), Err(Doubt::Proof), "{cut}");
        }
        assert!(granted.take(&text, &key, NOW).is_ok(), "what was refused is not used up");
    }

    #[test]
    fn what_came_long_ago_is_forgotten_and_nothing_else() {
        let (key, granted) = (Key::random(), Granted::default());
        for _ in 0..MANY {
            granted.take(&wish(NOW).signed(&key), &key, NOW).unwrap();
        }
        let later = NOW + WINDOW_MS;
        let text = wish(later).signed(&key);
        granted.take(&text, &key, later).unwrap();
        assert_eq!(granted.0.lock().unwrap().len(), MANY + 1);
        granted.take(&wish(later).signed(&key), &key, later + 1).unwrap();
        assert_eq!(granted.0.lock().unwrap().len(), 2);
        assert_eq!(granted.take(&text, &key, later + 1), Err(Doubt::Again));
    }

    proptest! {
        #[test]
        fn nothing_else_is_a_wish(text: String) {
            let (key, granted) = (Key::random(), Granted::default());
            prop_assert_eq!(granted.take(&text, &key, NOW), Err(Doubt::Proof));
        }
    }
}
