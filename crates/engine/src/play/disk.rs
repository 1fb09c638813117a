//! The operator's files on disk, as the manifest reader needs them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hep_core::manifest::Files;
use hep_core::message::{Message, play as say};

/// Larger manifests and variable files than this are a mistake, in bytes.
const LARGEST: u64 = 64 << 20;

/// Files as the paths name them, from the working directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    /// Directories in which `modules/` is looked for.
    pub(crate) roots: Vec<String>,
    /// The only folder from which anything is read.
    pub(crate) confined: Option<PathBuf>,
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Message> {
        match &self.confined {
            Some(root) if Path::new(path).exists() && !is_beneath(Path::new(path), root) => {
                Err(say::source_outside(path))
            }
            _ => read(path),
        }
    }

    fn has_module(&self, name: &str) -> bool {
        let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        is_word
            && self.roots.iter().any(|root| Path::new(root).join("modules").join(name).is_file())
    }
}

/// Whether a path, all its links followed, lies beneath a folder.
pub(crate) fn is_beneath(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// The bytes of a file, nothing when there is none.
pub(crate) fn read(path: &str) -> Result<Option<Vec<u8>>, Message> {
    let size = match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => return Err(say::source_is_directory(path)),
        Ok(data) => data.len(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(say::source_unreadable(path, error)),
    };
    if size > LARGEST {
        return Err(say::source_too_large(path, LARGEST >> 20));
    }
    std::fs::read(path).map(Some).map_err(|error| say::source_unreadable(path, error))
}
