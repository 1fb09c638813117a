//! Ansible Vault: opens whole files and `!vault` values.
//!
//! Source of the format: Ansible, `parsing/vault/__init__.py`. Versions 1.1 and 1.2, cipher AES256: PBKDF2
//! with HMAC-SHA256 and 10,000 rounds gives two keys and a counter; AES-256 in counter mode, the
//! ciphertext signed with HMAC-SHA256; all of it in hexadecimal, twice.

use aes::Aes256;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::message::{Message, manifest as say};
use crate::secret::Secret;

/// What every encrypted text begins with.
const MARK: &str = "$ANSIBLE_VAULT;";

/// Rounds of key derivation, fixed by the format.
const ROUNDS: u32 = 10_000;

/// Bytes of the two keys and the counter.
const DERIVED: usize = 80;

/// The Vault passwords of a run, each with the id it was given under (`default` where none was).
#[derive(Clone, Debug, Default)]
pub struct Keys {
    passwords: Vec<(String, Secret<String>)>,
}

impl Keys {
    /// Adds a password. Line ends around it are not part of it, as in Ansible's password files.
    pub fn add(&mut self, id: &str, password: &Secret<String>) {
        let trimmed = Secret::new(password.expose().trim().to_owned());
        self.passwords.push((id.to_owned(), trimmed));
    }

    /// Every password with its id, for who opens the same elsewhere.
    pub fn passwords(&self) -> impl Iterator<Item = (&str, &Secret<String>)> {
        self.passwords.iter().map(|(id, password)| (id.as_str(), password))
    }

    /// Whether there is no password at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.passwords.is_empty()
    }

    /// Opens an encrypted text. Passwords of the id it names are tried first, then all others.
    pub fn open(&self, text: &str) -> Result<Secret<String>, Message> {
        let sealed = Sealed::parse(text)?;
        if self.is_empty() {
            return Err(say::vault_without_password());
        }
        let same = |(id, _): &&(String, Secret<String>)| *id == sealed.id;
        let first = self.passwords.iter().filter(same);
        let others = self.passwords.iter().filter(|entry| !same(entry));
        let mut opened = first.chain(others).find_map(|(_, password)| sealed.open(password));
        match opened.take() {
            Some(Ok(bytes)) => text_of(&bytes),
            Some(Err(message)) => Err(message),
            None => Err(say::vault_password(sealed.id)),
        }
    }
}

/// Whether a text holds something that is encrypted, anywhere.
#[must_use]
pub fn holds_sealed(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes())
}

/// Whether a file is encrypted as a whole.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

fn text_of(bytes: &[u8]) -> Result<Secret<String>, Message> {
    std::str::from_utf8(bytes)
        .map(|text| Secret::new(text.to_owned()))
        .map_err(|_| say::vault_text())
}

/// An encrypted text taken apart.
struct Sealed<'t> {
    id: &'t str,
    salt: Vec<u8>,
    signature: Vec<u8>,
    ciphertext: Vec<u8>,
}

impl<'t> Sealed<'t> {
    fn parse(text: &'t str) -> Result<Self, Message> {
        let text = text.trim();
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let Some(head) = head.trim().strip_prefix(MARK) else {
            return Err(say::vault_broken("it does not begin with `$ANSIBLE_VAULT;`"));
        };
        let mut parts = head.split(';');
        let version = parts.next().unwrap_or_default();
        let cipher = parts.next().unwrap_or_default().trim();
        let id = parts.next().map_or("default", str::trim);
        if !matches!(version, "1.1" | "1.2") {
            return Err(say::vault_version(version));
        }
        if cipher != "AES256" {
            return Err(say::vault_cipher(cipher));
        }
        let digits: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = unhex(digits.as_bytes())?;
        let mut fields = inner.splitn(3, |byte| *byte == b'\n').map(unhex);
        let mut field =
            || fields.next().unwrap_or_else(|| Err(say::vault_broken("it is cut short")));
        Ok(Self { id, salt: field()?, signature: field()?, ciphertext: field()? })
    }

    /// The plain bytes; nothing when the password is not this text's.
    fn open(&self, password: &Secret<String>) -> Option<Result<Zeroizing<Vec<u8>>, Message>> {
        let mut derived = Zeroizing::new([0_u8; DERIVED]);
        let password = password.expose().as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, ROUNDS, derived.as_mut_slice());
        let (cipher_key, rest) = derived.split_at(32);
        let (signing_key, counter) = rest.split_at(32);
        let mut signer = Hmac::<Sha256>::new_from_slice(signing_key).ok()?;
        signer.update(&self.ciphertext);
        signer.verify_slice(&self.signature).ok()?;
        let mut cipher = ctr::Ctr128BE::<Aes256>::new_from_slices(cipher_key, counter).ok()?;
        let mut bytes = Zeroizing::new(self.ciphertext.clone());
        cipher.apply_keystream(&mut bytes);
        Some(unpad(bytes))
    }
}

/// Removes PKCS#7 padding of 16-byte blocks.
fn unpad(mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Message> {
    let count = bytes.last().copied().map_or(0, usize::from);
    let padded = (1..=16).contains(&count)
        && bytes.len() >= count
        && bytes[bytes.len() - count..].iter().all(|byte| usize::from(*byte) == count);
    if !padded {
        return Err(say::vault_broken("its padding is wrong"));
    }
    let length = bytes.len() - count;
    bytes.truncate(length);
    Ok(bytes)
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, Message> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    digits
        .chunks(2)
        .map(pair)
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| say::vault_broken("it is not hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ansible-vault` 2.19; each case is `=== ID PASSWORD`, the plain text as JSON, the text.
    const VECTORS: &str = include_str!("../tests/vault/vectors.txt");

    fn keys(pairs: &[(&str, &str)]) -> Keys {
        let mut keys = Keys::default();
        for (id, password) in pairs {
            keys.add(id, &Secret::new((*password).to_owned()));
        }
        keys
    }

    #[test]
    fn what_ansible_vault_sealed_is_opened() {
        let mut count = 0;
        for case in VECTORS.split("=== ").skip(1) {
            let (head, rest) = case.split_once('\n').unwrap();
            let (id, password) = head.split_once(' ').unwrap();
            let (plain, sealed) = rest.split_once('\n').unwrap();
            let plain: String = serde_json::from_str(plain).unwrap();
            let opened = keys(&[("other", "wrong"), (id, password)]).open(sealed).unwrap();
            assert_eq!(*opened.expose(), plain, "{head}");
            let anyway = keys(&[("x", "wrong"), ("y", &format!("{password}\n"))]).open(sealed);
            assert!(anyway.is_ok(), "any password may fit");
            let refused = keys(&[(id, "wrong")]).open(sealed).unwrap_err();
            assert_eq!(refused.id, "manifest.vault_password");
            assert_eq!(
                Keys::default().open(sealed).unwrap_err().id,
                "manifest.vault_without_password"
            );
            count += 1;
        }
        assert!(count >= 4, "the vectors were read");
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let cases = [
            ("plain", "manifest.vault_broken"),
            ("$ANSIBLE_VAULT;1.0;AES\n00", "manifest.vault_version"),
            ("$ANSIBLE_VAULT;1.3;AES256\n00", "manifest.vault_version"),
            ("$ANSIBLE_VAULT;1.1;AES\n00", "manifest.vault_cipher"),
            ("$ANSIBLE_VAULT;1.1;AES256\nxyz", "manifest.vault_broken"),
            ("$ANSIBLE_VAULT;1.1;AES256\n3132", "manifest.vault_broken"),
            ("$ANSIBLE_VAULT;1.1;AES256", "manifest.vault_broken"),
            ("$ANSIBLE_VAULT;", "manifest.vault_version"),
        ];
        for (text, id) in cases {
            assert_eq!(keys(&[("default", "x")]).open(text).unwrap_err().id, id, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(body in "[0-9a-f\n]{0,200}") {
            let _ = keys(&[("default", "x")]).open(&format!("$ANSIBLE_VAULT;1.1;AES256\n{body}"));
        }
    }
}
