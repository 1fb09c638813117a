//! Removes everything that was ever left on the host for one identity.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::system::LocalSystem;

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
