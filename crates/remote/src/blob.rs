//! Files of the controller, kept by hash so that they come over the line once.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hep_core::frame::{BLOB_LIMIT, Chunk};
use hep_core::message::{Message, remote};
use sha2::{Digest, Sha256};

use crate::system::{hash, hex, why};

/// Bytes that the store may hold; the files longest unused go first.
pub const STORE_LIMIT: u64 = 2 << 30;

/// The store of one identity.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
    limit: u64,
}

/// A file that is arriving. Removed unless it is finished.
#[derive(Debug)]
pub struct Arriving {
    sha256: String,
    path: PathBuf,
    file: File,
    hasher: Sha256,
    size: u64,
    expected: u64,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Store {
    /// The store below a cache directory.
    #[must_use]
    pub fn new(cache: &Path, limit: u64) -> Self {
        Self { directory: cache.join("blobs"), limit }
    }

    /// The file with this hash, if it is here and whole; a damaged one is removed.
    pub fn get(&self, sha256: &str) -> Option<File> {
        let path = self.path(sha256)?;
        let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut file = File::options().read(true).custom_flags(flags).open(&path).ok()?;
        if hash(&mut file).ok().as_deref() == Some(sha256) && file.rewind().is_ok() {
            // Its time says when it was last used.
            let _ = file.set_modified(SystemTime::now());
            return Some(file);
        }
        let _ = fs::remove_file(path);
        None
    }

    /// Begins to take a file.
    pub fn begin(&self, sha256: &str, size: u64) -> Result<Arriving, Message> {
        let failed = |error| remote::blob_store(self.directory.display(), why(error));
        let path = self.path(sha256).ok_or_else(|| remote::blob_damaged(sha256))?;
        private_directory(&self.directory).map_err(failed)?;
        self.make_room(size).map_err(failed)?;
        let path = path.with_extension(format!("new-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        let sha256 = sha256.to_owned();
        Ok(Arriving { sha256, path, file, hasher: Sha256::new(), size: 0, expected: size })
    }

    fn path(&self, sha256: &str) -> Option<PathBuf> {
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then(|| self.directory.join(sha256))
    }

    fn make_room(&self, size: u64) -> io::Result<()> {
        let mut held: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if let Ok(meta) = entry.metadata() {
                held.push((meta.modified()?, meta.size(), entry.path()));
            }
        }
        held.sort();
        let mut total = held.iter().map(|(_, size, _)| size).sum::<u64>().saturating_add(size);
        for (_, size, path) in held {
            if total <= self.limit {
                break;
            }
            fs::remove_file(path)?;
            total = total.saturating_sub(size);
        }
        Ok(())
    }
}

impl Arriving {
    /// Takes the next piece; answers with the whole file once it was the last.
    pub fn take(&mut self, chunk: &Chunk) -> Result<Option<File>, Message> {
        let damaged = || remote::blob_damaged(&self.sha256);
        if hex(&chunk.sha256) != self.sha256 || chunk.offset != self.size {
            return Err(damaged());
        }
        let inflated;
        let data = if chunk.deflated {
            let limit = BLOB_LIMIT;
            inflated = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&chunk.data, limit)
                .map_err(|_| damaged())?;
            &inflated
        } else {
            &chunk.data
        };
        self.size += data.len() as u64;
        if self.size > self.expected {
            return Err(damaged());
        }
        self.hasher.update(data);
        let path = self.path.display();
        self.file.write_all(data).map_err(|error| remote::blob_store(path, why(error)))?;
        if chunk.last { self.finish().map(Some) } else { Ok(None) }
    }

    fn finish(&mut self) -> Result<File, Message> {
        let found = hex(&std::mem::take(&mut self.hasher).finalize());
        if found != self.sha256 {
            return Err(remote::blob_damaged(&self.sha256));
        }
        let failed = |error| remote::blob_store(self.path.display(), why(error));
        let mut file = self.file.try_clone().map_err(failed)?;
        file.rewind().map_err(failed)?;
        fs::rename(&self.path, self.path.with_extension("")).map_err(failed)?;
        Ok(file)
    }
}

/// Cuts a file into pieces, each compressed where that helps, and hands them out.
pub fn pieces(
    sha256: &str,
    mut file: impl io::Read,
    mut give: impl FnMut(&Chunk) -> io::Result<()>,
) -> io::Result<()> {
    let name = unhex(sha256).ok_or(io::ErrorKind::InvalidInput)?;
    let mut chunk =
        Chunk { sha256: name, offset: 0, last: false, deflated: false, data: Vec::new() };
    loop {
        let mut data = Vec::new();
        let piece = io::Read::take(&mut file, BLOB_LIMIT as u64);
        io::Read::read_to_end(&mut { piece }, &mut data)?;
        let size = data.len();
        chunk.last = size < BLOB_LIMIT;
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&data, 1);
        chunk.deflated = packed.len() < size / 10 * 9;
        chunk.data = if chunk.deflated { packed } else { data };
        give(&chunk)?;
        chunk.offset += size as u64;
        if chunk.last {
            return Ok(());
        }
    }
}

/// SHA-256 in lower-case hexadecimal, as blobs are named.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Makes a directory that only its owner can enter, and refuses one that is somebody else's.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw() => {
            if meta.mode() & 0o777 == 0o700 {
                return Ok(());
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        }
        Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
        Err(_) => {
            if let Some(parent) = path.parent() {
                // Root's holds what other users start.
                let mode = if rustix::process::geteuid().is_root() { 0o755 } else { 0o700 };
                DirBuilder::new().recursive(true).mode(mode).create(parent)?;
            }
            match DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                other => other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn send(
        store: &Store,
        content: &[u8],
        damage: impl Fn(&mut Chunk),
    ) -> Result<Option<File>, Message> {
        let name = hash(&mut &content[..]).unwrap();
        let mut arriving = store.begin(&name, content.len() as u64)?;
        let mut whole = Ok(None);
        pieces(&name, content, |chunk| {
            let mut chunk = chunk.clone();
            damage(&mut chunk);
            if whole.is_ok() {
                whole = arriving.take(&chunk);
            }
            Ok(())
        })
        .unwrap();
        whole
    }

    #[test]
    fn what_arrives_is_kept_and_verified() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path(), STORE_LIMIT);
        for content in [
            vec![],
            b"abc".to_vec(),
            vec![7; BLOB_LIMIT],
            (0..700_000_u32).flat_map(u32::to_le_bytes).collect(),
        ] {
            let name = hash(&mut &content[..]).unwrap();
            assert!(store.get(&name).is_none());
            let mut back = vec![];
            send(&store, &content, |_| {}).unwrap().unwrap().read_to_end(&mut back).unwrap();
            assert!(back == content);
            back.clear();
            store.get(&name).unwrap().read_to_end(&mut back).unwrap();
            assert!(back == content);
            fs::write(dir.path().join("blobs").join(&name), b"other").unwrap();
            assert!(store.get(&name).is_none(), "a damaged file is not used");
        }
        let mode = fs::metadata(dir.path().join("blobs")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn damage_is_noticed_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path(), STORE_LIMIT);
        let content = vec![1; 1000];
        let cases: [fn(&mut Chunk); 5] = [
            |chunk| chunk.offset = 1,
            |chunk| chunk.sha256[0] ^= 1,
            |chunk| chunk.data[5] ^= 1,
            |chunk| chunk.deflated = !chunk.deflated,
            |chunk| chunk.data = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 2 << 20], 9),
        ];
        for damage in cases {
            assert!(send(&store, &content, damage).is_err());
        }
        assert_eq!(fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
    }

    #[test]
    fn the_longest_unused_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path(), 2500);
        let names: Vec<String> = (0..3_u8)
            .map(|n| {
                send(&store, &[n; 1000], |_| {}).unwrap();
                let name = hash(&mut &[n; 1000][..]).unwrap();
                let file = File::open(dir.path().join("blobs").join(&name)).unwrap();
                let age = std::time::Duration::from_secs(100 - u64::from(n));
                file.set_modified(SystemTime::now() - age).unwrap();
                name
            })
            .collect();
        let here: Vec<bool> = names.iter().map(|name| store.get(name).is_some()).collect();
        assert_eq!(here, [false, true, true]);
    }
}
