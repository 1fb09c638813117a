//! Where master keys come from: a file with a key a line, 64 hexadecimal digits each. The first line seals;
//! all of them open. The file is read anew before anything is sealed, and when an envelope names a key that
//! we do not have: whoever changes keys need not stop a server.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hep_core::message::{Message, seal as say};
use hep_core::secret::Secret;

use crate::seal::{KeyId, Keyring, MasterKey, Place, SealError};

/// The file with the master keys.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    /// Whether the file is ours: we make it at the first start, and put new keys into it.
    ours: bool,
}

impl Source {
    /// A file in the state directory, made when a database has no secrets yet.
    pub const fn ours(path: PathBuf) -> Self {
        Self { path, ours: true }
    }

    /// A file that somebody else keeps.
    pub const fn given(path: PathBuf) -> Self {
        Self { path, ours: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether new keys are put there by us.
    pub const fn is_ours(&self) -> bool {
        self.ours
    }

    /// The keys; none where there is no file.
    pub fn read(&self) -> Result<Option<Keyring>, Message> {
        let cannot = |why: &dyn std::fmt::Display| say::cannot_read_key(self.path.display(), why);
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => Secret::new(text),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(&error)),
        };
        warn_of_readers(&self.path);
        parse(text.expose()).map(Some).map_err(|line| say::bad_key(self.path.display(), line))
    }

    /// Makes the file with one new key, unless somebody else has made it meanwhile.
    pub fn make(&self) -> Result<(), Message> {
        let cannot =
            |error: std::io::Error| say::cannot_make_key(self.path.display(), error.to_string());
        let draft = self.draft(&[MasterKey::random()]).map_err(cannot)?;
        let linked = fs::hard_link(&draft, &self.path);
        fs::remove_file(&draft).map_err(cannot)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(cannot(error)),
            _ => self.sync_folder().map_err(cannot),
        }
    }

    /// Puts a new key before all others.
    pub fn add(&self, keys: &Keyring) -> Result<(), Message> {
        let cannot =
            |error: std::io::Error| say::cannot_make_key(self.path.display(), error.to_string());
        let all: Vec<MasterKey> =
            std::iter::once(MasterKey::random()).chain(keys.keys().cloned()).collect();
        let draft = self.draft(&all).map_err(cannot)?;
        fs::rename(draft, &self.path).and_then(|()| self.sync_folder()).map_err(cannot)
    }

    /// A file beside ours with these keys, on the disk.
    fn draft(&self, keys: &[MasterKey]) -> std::io::Result<PathBuf> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{}", crate::token::token()));
        let draft = PathBuf::from(name);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        for key in keys {
            writeln!(file, "{}", key.line().expose())?;
        }
        file.sync_all()?;
        Ok(draft)
    }

    fn sync_folder(&self) -> std::io::Result<()> {
        match self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn warn_of_readers(path: &Path) {
    let mode = fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o007 != 0 {
        tracing::warn!(file = %path.display(), "everybody on this machine can read the master key");
    }
}

/// The keys of a file; else the number of the line that holds none.
fn parse(text: &str) -> Result<Keyring, usize> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(MasterKey::new(bytes(line).ok_or(index + 1)?));
        }
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or(1_usize)?;
    Ok(Keyring::new(first, keys.collect()))
}

fn bytes(line: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if line.len() != key.len() * 2 || !line.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        let digits = &line[index * 2..index * 2 + 2];
        let is_hex = digits.chars().all(|c| c.is_ascii_hexdigit());
        *byte = is_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()?;
    }
    Some(key)
}

/// Seals and opens with the keys of a file.
#[derive(Debug)]
pub struct Sealer {
    source: Source,
    keys: RwLock<Arc<Keyring>>,
}

impl Sealer {
    /// With keys that were just read.
    pub fn new(source: Source, keys: Keyring) -> Self {
        Self { source, keys: RwLock::new(Arc::new(keys)) }
    }

    /// The file.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The id of the key that seals.
    pub fn current(&self) -> KeyId {
        self.keys().current()
    }

    /// The keys as they were last read.
    pub fn keys(&self) -> Arc<Keyring> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file anew. Where it is gone nothing may be sealed: nobody could open it after a restart.
    pub fn reload(&self) -> Result<Arc<Keyring>, SealError> {
        let read = self.source.read().map_err(SealError::Keys)?;
        let missing = || SealError::Keys(say::no_key(self.source.path.display()));
        let keys = Arc::new(read.ok_or_else(missing)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.clone();
        Ok(keys)
    }

    /// Seals a secret for its place. What it answers with has been opened again.
    pub fn seal(&self, place: Place<'_>, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, SealError> {
        self.reload()?.seal(place, plain)
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: Place<'_>, envelope: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        match self.keys().open(place, envelope) {
            Err(SealError::UnknownKey(_)) => self.reload()?.open(place, envelope),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place { table: "t", row: "r", field: "f" };

    #[test]
    fn a_file_holds_a_key_a_line() {
        let (a, b) = ("01".repeat(32), "FE".repeat(32));
        let good = [(a.clone(), 1), (format!("# old\n\n {a} \n{b}\n"), 2)];
        for (text, many) in good {
            assert_eq!(parse(&text).unwrap().keys().count(), many, "{text}");
        }
        let bad = [(String::new(), 1), ("x".repeat(64), 1), (format!("{a}\n{}", &b[1..]), 2), {
            (format!("{a}\n\n+1{}", &b[2..]), 3)
        }];
        for (text, line) in bad {
            assert_eq!(parse(&text).err(), Some(line), "{text}");
        }
    }

    #[test]
    fn a_file_is_made_once_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::ours(folder.path().join("master.key"));
        assert!(source.read().unwrap().is_none());
        source.make().unwrap();
        let first = source.read().unwrap().unwrap();
        source.make().unwrap();
        assert_eq!(source.read().unwrap().unwrap().current(), first.current());
        let mode = fs::metadata(source.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_running_server_learns_of_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::ours(folder.path().join("master.key"));
        source.make().unwrap();
        let [server, other] =
            [(); 2].map(|()| Sealer::new(source.clone(), source.read().unwrap().unwrap()));
        let before = server.seal(HERE, &Secret::new(b"x".to_vec())).unwrap();
        source.add(&other.keys()).unwrap();
        let sealed = other.seal(HERE, &Secret::new(b"y".to_vec())).unwrap();
        assert_ne!(sealed[1..9], before[1..9]);
        assert_eq!(server.open(HERE, &sealed).unwrap().expose(), b"y");
        assert_eq!(other.open(HERE, &before).unwrap().expose(), b"x");
        fs::remove_file(source.path()).unwrap();
        assert!(matches!(server.seal(HERE, &Secret::new(b"z".to_vec())), Err(SealError::Keys(_))));
        assert_eq!(server.open(HERE, &before).unwrap().expose(), b"x");
    }
}
