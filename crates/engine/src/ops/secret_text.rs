//! Secrets in the bodies of requests: read from JSON at once into what is never shown, and shown only where a
//! new one is told for the first and last time.

use std::collections::BTreeMap;

use hep_core::secret::Secret;
use serde::{Deserialize as _, Deserializer, Serializer};

/// Reads one.
pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}

/// Reads one that may be missing or null.
pub(crate) fn read_if_said<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

/// Reads some by their names.
pub(crate) fn read_all<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Secret<String>>, D::Error> {
    let said = BTreeMap::<String, String>::deserialize(from)?;
    Ok(said.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// Tells one that was just made.
pub(crate) fn tell_once<S: Serializer>(secret: &Secret<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose())
}
