//! What the controller tells hosts of its own files: names are searched as Ansible does, contents are
//! named by their hash and sent only to hosts that lack them.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hep_core::external;
use hep_core::message::{Message, play as say};
use hep_core::observe::{Ask, Reply, SourceBody, SourceFile};
use sha2::{Digest, Sha256};

use super::saved::Used;

/// The largest template, in bytes: it is rendered in memory.
const LARGEST_TEMPLATE: u64 = 16 << 20;
/// More entries than a directory to copy may have.
const MOST_ENTRIES: usize = 100_000;

/// The files of a run.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The folder of each of the program's files, by its number.
    folders: Mutex<Vec<PathBuf>>,
    /// The folder of the first manifest.
    root: Mutex<PathBuf>,
    known: Mutex<Known>,
    /// Takes down what is used.
    used: Used,
    /// The only folder from which files may come.
    confined: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Known {
    /// What a file was when it was hashed.
    hashes: HashMap<PathBuf, (SystemTime, u64, Arc<str>)>,
    /// Where a content lies.
    contents: HashMap<Arc<str>, PathBuf>,
}

impl Sources {
    /// No files yet; what is used is noted.
    pub(crate) fn new(used: Used, confined: Option<PathBuf>) -> Self {
        Self { used, confined, ..Self::default() }
    }

    /// Whether files may come from one folder only.
    pub(crate) const fn is_confined(&self) -> bool {
        self.confined.is_some()
    }

    /// Whether a file may be read: where files are confined it must lie beneath the folder, all links
    /// followed.
    pub(crate) fn may_read(&self, path: &Path) -> bool {
        self.confined.as_ref().is_none_or(|root| super::disk::is_beneath(path, root))
    }

    /// Files of a program: their folders are searched, and that of the first manifest.
    pub(crate) fn set_files(&self, files: &[Arc<str>], first_manifest: usize) {
        let folder = |file: &Arc<str>| match Path::new(&**file).parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let folders: Vec<PathBuf> = files.iter().map(folder).collect();
        *lock(&self.root) = folders.get(first_manifest).cloned().unwrap_or_else(|| ".".into());
        *lock(&self.folders) = folders;
    }

    /// The folder of a file of the program.
    pub(crate) fn folder(&self, file: u16) -> PathBuf {
        lock(&self.folders).get(usize::from(file)).cloned().unwrap_or_else(|| ".".into())
    }

    /// Answers for a file or a template; nothing for other questions.
    pub(crate) fn reply(&self, file: u16, ask: &Ask) -> Option<Reply> {
        let told = match ask {
            Ask::File(path) => self.file(file, path, "files"),
            Ask::Template(path) => self.template(file, path),
            Ask::Lookup { .. } | Ask::VarsFile(_) | Ask::HostVars(_) => return None,
        };
        Some(told.map_or_else(Reply::Failed, Reply::File))
    }

    /// The content with this hash, which a host lacks.
    pub(crate) fn content(&self, sha256: &str) -> Result<Vec<u8>, Message> {
        let path = lock(&self.known).contents.get(sha256).cloned();
        let path = path.ok_or_else(|| say::blob_unknown(sha256))?;
        let content =
            std::fs::read(&path).map_err(|error| say::source_unreadable(path.display(), error))?;
        if hex(&Sha256::digest(&content)) != sha256 {
            return Err(say::source_changed(path.display()));
        }
        Ok(content)
    }

    /// Where a name is found: in `folder/` beside the task's file, beside it, then the same at the first
    /// manifest, then as it is.
    pub(crate) fn find(&self, file: u16, name: &str, folder: &str) -> Option<PathBuf> {
        let expanded = match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => PathBuf::from(name),
        };
        let is_there = |path: &PathBuf| path.exists() && self.may_read(path);
        if expanded.is_absolute() {
            return Some(expanded).filter(is_there);
        }
        self.candidates(file, name, folder).into_iter().find(is_there)
    }

    fn candidates(&self, file: u16, name: &str, folder: &str) -> Vec<PathBuf> {
        let mut roots = vec![self.folder(file), lock(&self.root).clone(), PathBuf::from(".")];
        roots.dedup();
        let mut paths = Vec::new();
        for root in &roots {
            paths.extend([root.join(folder).join(name), root.join(name)]);
        }
        paths
    }

    fn found(&self, file: u16, name: &str, folder: &str) -> Result<PathBuf, Message> {
        self.find(file, name, folder).ok_or_else(|| {
            let tried = self.candidates(file, name, folder);
            let tried: Vec<String> = tried.iter().map(|path| path.display().to_string()).collect();
            say::source_missing(name, tried.join(", "))
        })
    }

    fn file(&self, file: u16, name: &str, folder: &str) -> Result<SourceFile, Message> {
        let path = self.found(file, name, folder)?;
        let is_directory = path.is_dir();
        let mut source = self.describe(&path)?;
        source.supports_check = !is_directory && supports_check(&path)?;
        if is_directory {
            let mut entries = Vec::new();
            self.walk(&path, "", &mut entries)?;
            source.body = SourceBody::Directory(entries);
        }
        Ok(source)
    }

    fn walk(
        &self,
        folder: &Path,
        prefix: &str,
        entries: &mut Vec<(Arc<str>, SourceFile)>,
    ) -> Result<(), Message> {
        let unreadable = |error| say::source_unreadable(folder.display(), error);
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable)?;
        names.sort_by_key(std::fs::DirEntry::file_name);
        for entry in names {
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(say::source_name(entry.path().display()));
            };
            let relative =
                if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            let source = self.describe(&entry.path())?;
            let is_directory = matches!(source.body, SourceBody::Directory(_));
            entries.push((relative.as_str().into(), source));
            if entries.len() > MOST_ENTRIES {
                return Err(say::source_too_many(folder.display(), MOST_ENTRIES));
            }
            if is_directory {
                self.walk(&entry.path(), &relative, entries)?;
            }
        }
        Ok(())
    }

    fn describe(&self, path: &Path) -> Result<SourceFile, Message> {
        let data = std::fs::metadata(path)
            .map_err(|error| say::source_unreadable(path.display(), error))?;
        let body = if data.is_dir() {
            SourceBody::Directory(vec![])
        } else {
            SourceBody::File { sha256: self.hash(path, &data)?, size: data.len() }
        };
        Ok(SourceFile {
            path: path.display().to_string().into(),
            mode: data.permissions().mode() & 0o7777,
            supports_check: false,
            body,
        })
    }

    fn hash(&self, path: &Path, data: &std::fs::Metadata) -> Result<Arc<str>, Message> {
        let unreadable = |error| say::source_unreadable(path.display(), error);
        let time = data.modified().map_err(unreadable)?;
        if let Some((was, size, hash)) = lock(&self.known).hashes.get(path)
            && (*was, *size) == (time, data.len())
        {
            return Ok(hash.clone());
        }
        let mut hasher = Sha256::new();
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        std::io::copy(&mut file, &mut Hashing(&mut hasher)).map_err(unreadable)?;
        let hash: Arc<str> = hex(&hasher.finalize()).into();
        self.used.note(path, &hash);
        let mut known = lock(&self.known);
        known.hashes.insert(path.to_owned(), (time, data.len(), hash.clone()));
        known.contents.insert(hash.clone(), path.to_owned());
        Ok(hash)
    }

    fn template(&self, file: u16, name: &str) -> Result<SourceFile, Message> {
        let path = self.found(file, name, "templates")?;
        let unreadable = |error| say::source_unreadable(path.display(), error);
        let data = std::fs::metadata(&path).map_err(unreadable)?;
        if data.len() > LARGEST_TEMPLATE {
            return Err(say::source_too_large(path.display(), LARGEST_TEMPLATE >> 20));
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        self.used.note(&path, &hex(&Sha256::digest(&bytes)).into());
        let text = String::from_utf8(bytes).map_err(|_| say::source_not_text(path.display()))?;
        Ok(SourceFile {
            path: path.display().to_string().into(),
            mode: data.permissions().mode() & 0o7777,
            supports_check: false,
            body: SourceBody::Text(text.into()),
        })
    }
}

/// Whether a file's beginning promises that it changes nothing in a check.
fn supports_check(path: &Path) -> Result<bool, Message> {
    use std::io::Read as _;
    let mut beginning = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(external::MARK_WITHIN as u64).read_to_end(&mut beginning));
    read.map_err(|error| say::source_unreadable(path.display(), error))?;
    Ok(external::supports_check(&beginning))
}

/// Writes into a hasher.
pub(super) struct Hashing<'a>(pub(super) &'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of 64 hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Nothing panics while these locks are held.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_searched_beside_the_file_that_asks() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [("a/files/x", "1"), ("a/y", "2"), ("b/files/x", "3")] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let sources = Sources::default();
        let file = |name: &str| Arc::from(root.path().join(name).to_str().unwrap());
        sources.set_files(&[file("a/play.yml"), file("b/tasks.yml")], 0);
        let hash_of = |file, name: &str| match sources.reply(file, &Ask::File(name.into())) {
            Some(Reply::File(SourceFile { body: SourceBody::File { sha256, .. }, .. })) => {
                Some(sources.content(&sha256).unwrap())
            }
            _ => None,
        };
        assert_eq!(hash_of(0, "x").as_deref(), Some(&b"1"[..]));
        assert_eq!(hash_of(1, "x").as_deref(), Some(&b"3"[..]));
        assert_eq!(hash_of(1, "y").as_deref(), Some(&b"2"[..]), "then beside the first manifest");
        assert_eq!(hash_of(0, "z"), None);
    }
}
