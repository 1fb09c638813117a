//! `MakeLink`: a link under a temporary name takes the place of what was there.

use std::os::unix::fs::MetadataExt;

use hep_core::change::{Before, Deed};
use hep_core::message::{Message, remote};
use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::place::forget;
use super::{Halt, LocalSystem, why};

impl LocalSystem {
    pub(super) fn make_link(
        &self,
        path: &str,
        target: &str,
        hard: bool,
        before: &Before,
    ) -> Result<Deed, Halt> {
        if target.is_empty() || target.contains('\0') {
            return Err(remote::bad_path(target).into());
        }
        let failed = |path: &str, errno: Errno| cannot_link(path, target, errno);
        let place = self.place(path, false, failed)?;
        let old = match place.hold().map_err(|errno| failed(&place.path, errno))? {
            Some(_) => place.expect(before, failed)?,
            // An earlier `Remove` may have taken away what `before` names.
            None => None,
        };
        let name = place.temporary();
        let made = if hard {
            let from = self.place(target, false, failed)?;
            let same =
                from.hold().ok().flatten().zip(old.as_ref()).is_some_and(|(a, b)| {
                    (a.meta.dev(), a.meta.ino()) == (b.meta.dev(), b.meta.ino())
                });
            if same {
                return Ok(Deed::default());
            }
            rustix::fs::linkat(&from.dir, &from.name, &place.dir, &name, AtFlags::empty())
        } else {
            rustix::fs::symlinkat(target, &place.dir, &name)
        };
        made.map_err(|errno| failed(&place.path, errno))?;
        if let Err(errno) = rustix::fs::renameat(&place.dir, &name, &place.dir, &place.name) {
            forget(&place.dir, &name);
            return Err(failed(&place.path, errno).into());
        }
        place.sync();
        Ok(Deed::default())
    }
}

fn cannot_link(path: &str, target: &str, errno: Errno) -> Message {
    match errno {
        Errno::NOSPC | Errno::DQUOT => remote::disk_full(path),
        Errno::ROFS => remote::read_only(path),
        errno => remote::cannot_link(path, target, why(errno)),
    }
}
