//! Removes what was left on the host: all of it for one identity, or executors long unused.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::system::LocalSystem;

/// How long an executor of another version is kept.
const KEEP: Duration = Duration::from_hours(30 * 24);

/// Notes that the executor `own`, named by its hash, is in use, and removes those beside it that have not
/// been for long.
pub fn prune(own: &Path) {
    let Some(directory) = own.parent().filter(|_| is_hash(own)) else { return };
    let now = SystemTime::now();
    // As an ordinary user, root's file is not ours to mark; root does.
    let _ = File::open(own).and_then(|file| file.set_modified(now));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let modified = entry.metadata().and_then(|meta| meta.modified());
        let age = modified.ok().and_then(|time| now.duration_since(time).ok());
        if path != own && is_hash(&path) && age.is_some_and(|age| age > KEEP) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The directory of the executor's own file, where it is this user's alone: everything lies together then.
pub fn own_directory(system: &LocalSystem) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let directory = own.parent().filter(|_| is_hash(&own))?;
    let meta = fs::symlink_metadata(directory).ok()?;
    let is_own = meta.is_dir() && meta.uid() == system.uid && meta.mode() & 0o777 == 0o700;
    is_own.then(|| directory.to_owned())
}

/// After the executor `own` has been removed: removes what lay beside it, but for journals that nobody has
/// acknowledged and what other executors use.
pub fn leave_nothing(own: &Path) {
    let system = LocalSystem::new();
    let mut places = vec![crate::serve::cache_directory(&system)];
    places.extend((system.uid == 0).then(|| PathBuf::from(hep_core::bootstrap::ROOT_DIRECTORY)));
    places.extend(own.parent().filter(|_| is_hash(own)).map(Path::to_owned));
    for place in places {
        let _ = fs::remove_dir_all(place.join("blobs"));
        // These only where nothing is left in them.
        let _ = fs::remove_dir(place.join("runs"));
        let _ = fs::remove_dir(&place);
    }
}

fn is_hash(path: &Path) -> bool {
    let name = path.file_name().map_or(&[][..], OsStrExt::as_bytes);
    name.len() == 64 && name.iter().all(u8::is_ascii_hexdigit)
}

/// Removes it all; answers with what was there.
pub fn clean(system: &LocalSystem) -> io::Result<Vec<PathBuf>> {
    let mut places = vec![
        Path::new(&system.home).join(".cache/hep"),
        PathBuf::from(format!("/var/tmp/hep-{}", system.uid)),
        PathBuf::from(format!("/tmp/hep-{}", system.uid)),
    ];
    if system.uid == 0 {
        places.push(PathBuf::from(hep_core::bootstrap::ROOT_DIRECTORY));
    }
    let mut removed = Vec::new();
    for place in places {
        // Somebody else's directory under our name is not ours to remove.
        let ours = fs::symlink_metadata(&place)
            .is_ok_and(|meta| meta.is_dir() && meta.uid() == system.uid);
        if ours {
            fs::remove_dir_all(&place)?;
            removed.push(place);
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executors_long_unused_go() {
        let dir = tempfile::tempdir().unwrap();
        let [own, old, recent] = ["a", "b", "c"].map(|digit| dir.path().join(digit.repeat(64)));
        let other = dir.path().join("other");
        for path in [&own, &old, &recent, &other] {
            let file = File::create(path).unwrap();
            let days = if path == &recent { 1 } else { 40 };
            file.set_modified(SystemTime::now() - Duration::from_hours(days * 24)).unwrap();
        }
        prune(&own);
        assert!(own.exists() && !old.exists() && recent.exists() && other.exists());
        prune(&other);
        assert!(fs::metadata(&own).unwrap().modified().unwrap().elapsed().unwrap() < KEEP);
    }
}
