//! Which servers somebody knows, and the one in use: `~/.config/hep/contexts.json`, for nobody else to read.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use hep_core::message::client as say;
use hep_core::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::cli::{Failure, variables};

/// A server and how we are known there.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
    /// What lets us in.
    pub(crate) token: Secret<String>,
    /// Certificates that are trusted for it, in PEM, beside those of the system.
    pub(crate) ca: Option<PathBuf>,
}

/// A server as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    url: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
}

/// The file.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contexts {
    current: String,
    contexts: BTreeMap<String, Kept>,
}

impl Contexts {
    /// Reads the file; one that is not there holds nothing.
    pub(crate) fn load() -> Result<Self, Failure> {
        Self::load_from(&file())
    }

    fn load_from(path: &Path) -> Result<Self, Failure> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(say::bad_contexts(path.display(), error).into()),
        };
        serde_json::from_slice(&text)
            .map_err(|error| say::bad_contexts(path.display(), error).into())
    }

    /// Writes the file anew.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let path = file();
        self.save_to(&path)
            .map_err(|error| say::cannot_write_contexts(path.display(), error).into())
    }

    fn save_to(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let fresh = path.with_extension("new");
        // What an interrupted call has left must not lend its mode.
        let _ = std::fs::remove_file(&fresh);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    }

    /// Adds or replaces a server, and uses it from now on.
    pub(crate) fn put(&mut self, name: &str, context: &Context) {
        let Context { url, token, ca } = context.clone();
        let kept = Kept { url, token: token.expose().clone(), ca };
        self.contexts.insert(name.to_owned(), kept);
        name.clone_into(&mut self.current);
    }

    /// Uses another server from now on.
    pub(crate) fn switch(&mut self, name: &str) -> Result<(), Failure> {
        if !self.contexts.contains_key(name) {
            return Err(say::no_such_context(name).into());
        }
        name.clone_into(&mut self.current);
        Ok(())
    }

    /// Forgets a server.
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        let gone = self.contexts.remove(name);
        gone.map(drop).ok_or_else(|| say::no_such_context(name).into())
    }

    /// Name, address, and whether it is in use.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let current = &self.current;
        self.contexts
            .iter()
            .map(move |(name, kept)| (name.as_str(), kept.url.as_str(), name == current))
    }

    fn get(&self, name: &str) -> Option<Context> {
        let kept = self.contexts.get(name)?;
        let token = Secret::new(kept.token.clone());
        Some(Context { url: kept.url.clone(), token, ca: kept.ca.clone() })
    }
}

/// The server to talk to: by name, by environment, or the one in use.
pub(crate) fn current(name: Option<&str>) -> Result<Context, Failure> {
    if let Some(name) = name {
        let found = Contexts::load()?.get(name);
        return found.ok_or_else(|| say::no_such_context(name).into());
    }
    if let Some((url, token)) = variables::server() {
        return Ok(Context { url: address(&url)?, token: Secret::new(token), ca: None });
    }
    let contexts = Contexts::load()?;
    contexts.get(&contexts.current).ok_or_else(|| say::no_context().into())
}

/// The same; nothing where no name is given and no server is known.
pub(crate) fn known(name: Option<&str>) -> Result<Option<Context>, Failure> {
    let is_known = name.is_some() || variables::server().is_some() || {
        let contexts = Contexts::load()?;
        contexts.contexts.contains_key(&contexts.current)
    };
    if is_known { current(name).map(Some) } else { Ok(None) }
}

/// The server at an address: as a context knows it, or with the token of the environment.
pub(crate) fn at(url: &str) -> Result<Context, Failure> {
    let url = address(url)?;
    let contexts = Contexts::load()?;
    let named = contexts.contexts.iter().find(|(_, kept)| kept.url == url);
    if let Some(found) = named.and_then(|(name, _)| contexts.get(name)) {
        return Ok(found);
    }
    let token = variables::token().ok_or_else(|| say::no_token(&url))?;
    Ok(Context { url, token: Secret::new(token), ca: None })
}

/// An address of a server, checked and without a slash at its end.
pub(crate) fn address(url: &str) -> Result<String, Failure> {
    let trimmed = url.trim_end_matches('/');
    let rest = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['@', '?', '#', ' ']) => {
            Ok(trimmed.to_owned())
        }
        _ => Err(say::bad_url(url).into()),
    }
}

fn file() -> PathBuf {
    variables::config_directory().join("contexts.json")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_is_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/contexts.json");
        let context =
            Context { url: "https://a".into(), token: Secret::new("hep_x".into()), ca: None };
        let mut contexts = Contexts::load_from(&path).unwrap();
        contexts.put("a", &context);
        contexts.put("b", &context);
        contexts.save_to(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut contexts = Contexts::load_from(&path).unwrap();
        contexts.switch("a").unwrap();
        contexts.remove("b").unwrap();
        assert!(contexts.switch("b").is_err() && contexts.remove("b").is_err());
        assert_eq!(contexts.list().collect::<Vec<_>>(), [("a", "https://a", true)]);
        assert_eq!(contexts.get("a").unwrap().token, context.token);
        std::fs::write(&path, "{").unwrap();
        assert!(Contexts::load_from(&path).is_err());
    }

    #[test]
    fn addresses() {
        for (url, expected) in [
            ("https://hep.example.org:8440/", Some("https://hep.example.org:8440")),
            ("http://127.0.0.1:1", Some("http://127.0.0.1:1")),
            ("hep.example.org", None),
            ("https://", None),
            ("https://user@host", None),
            ("ftp://host", None),
        ] {
            assert_eq!(address(url).ok().as_deref(), expected, "{url}");
        }
    }
}
