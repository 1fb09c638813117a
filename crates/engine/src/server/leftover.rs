//! Folders that a server makes for a while and removes itself, and those that a killed one has left: they may hold
//! keys, and what people sent. Who has made one holds a lock on it, which ends with the process.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Error, Result};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// How often a folder is made anew that somebody has removed at once, because nobody held it yet.
const TRIES: usize = 3;

/// A folder for nobody but us, removed at the end.
pub(super) struct Folder {
    path: PathBuf,
    _held: File,
}

impl Folder {
    /// Makes one in another, with a name of its own behind a prefix.
    pub(super) fn make(within: &Path, prefix: &str) -> Result<Self> {
        for _ in 0..TRIES {
            let path = within.join(format!("{prefix}{}", crate::token::token()));
            DirBuilder::new().mode(0o700).create(&path)?;
            let Ok(held) = File::open(&path) else { continue };
            held.lock()?;
            if path.exists() {
                return Ok(Self { path, _held: held });
            }
        }
        Err(Error::other("it is removed as soon as it is made"))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it is removed at the next start.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders with such names whose makers are gone.
pub(super) fn sweep(within: &Path, prefix: &str) {
    let Ok(entries) = std::fs::read_dir(within) else { return };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        // One of somebody else cannot be opened, and is not ours to remove.
        let Ok(held) = File::open(entry.path()) else { continue };
        if !matches!(held.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::make(folder.path(), "login-").unwrap();
        for name in ["login-gone", "other"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("key"), "secret").unwrap();
        }
        std::fs::write(folder.path().join("login-file"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("other"), folder.path().join("login-link"))
            .unwrap();
        sweep(folder.path(), "login-");
        sweep(&folder.path().join("nowhere"), "login-");
        assert!(!folder.path().join("login-gone").exists());
        assert!(held.path().exists() && folder.path().join("other/key").exists());
        assert!(folder.path().join("login-link").exists());
        let path = held.path().to_owned();
        drop(held);
        assert!(!path.exists());
    }
}
