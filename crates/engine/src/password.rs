//! Passwords: argon2id. Each takes 19 MiB and some tens of milliseconds of a thread of its own, so only a few
//! are looked at at once.

use std::sync::OnceLock;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use hep_core::message::server as say;
use hep_core::secret::Secret;
use tokio::sync::Semaphore;

use crate::ops::{OpError, OpResult};
use crate::token::random;

/// How many at once.
const AT_ONCE: usize = 2;
/// Characters that a password has at least.
pub(crate) const SHORTEST: usize = 8;
/// Bytes that a password has at most.
pub(crate) const LONGEST: usize = 1024;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Refuses what is no password.
pub(crate) fn check(password: &Secret<String>) -> OpResult<()> {
    let text = password.expose();
    if text.chars().count() < SHORTEST || text.len() > LONGEST {
        return Err(OpError::invalid("password", say::bad_password(SHORTEST, LONGEST)));
    }
    Ok(())
}

/// What the database holds of a password.
pub(crate) async fn hash(password: Secret<String>) -> OpResult<String> {
    check(&password)?;
    apart(move || hash_now(password.expose().as_bytes())).await?
}

/// Whether a password is the one of this hash. Without a hash it is not, and takes as long.
pub(crate) async fn is_right(password: Secret<String>, hash: Option<String>) -> OpResult<bool> {
    if password.expose().len() > LONGEST {
        return Ok(false);
    }
    apart(move || {
        let there = hash.is_some();
        let hash = hash.map_or_else(|| nobodys().cloned(), Ok)?;
        let right = Argon2::default().verify_password(password.expose().as_bytes(), hash.as_str());
        Ok(right.is_ok() && there)
    })
    .await?
}

/// Does it in a thread of its own, when it is its turn.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> OpResult<T> {
    let fault = |error: &dyn std::fmt::Display| OpError::Internal(error.to_string());
    let turn = TURNS.acquire().await.map_err(|error| fault(&error))?;
    // The turn belongs to the thread: a caller who goes away does not end it.
    let work = move || {
        let done = work();
        drop(turn);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| fault(&error))
}

fn hash_now(password: &[u8]) -> OpResult<String> {
    let hashed = Argon2::default().hash_password_with_salt(password, &random::<16>());
    hashed.map(|hash| hash.to_string()).map_err(|error| OpError::Internal(error.to_string()))
}

/// The hash of a password that nobody has, to compare with where there is no user.
fn nobodys() -> OpResult<&'static String> {
    static HASH: OnceLock<Option<String>> = OnceLock::new();
    let hash = HASH.get_or_init(|| hash_now(&random::<32>()).ok());
    hash.as_ref().ok_or_else(|| OpError::Internal("argon2 does not hash".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_is_right() {
        let hash = super::hash(secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !hash.contains("horse"));
        assert!(is_right(secret("correct horse"), Some(hash.clone())).await.unwrap());
        let wrong = ["correct hors", "correct horse ", "", &hash];
        for text in wrong {
            assert!(!is_right(secret(text), Some(hash.clone())).await.unwrap(), "{text}");
        }
        assert!(!is_right(secret("correct horse"), None).await.unwrap());
        assert!(!is_right(secret("x"), Some("rubbish".into())).await.unwrap());
    }

    #[test]
    fn what_is_no_password_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for text in ["", "1234567", "äöüäöüä", &long] {
            assert!(check(&secret(text)).is_err(), "{text}");
        }
        assert!(check(&secret("äöüäöüäö")).is_ok());
    }
}
