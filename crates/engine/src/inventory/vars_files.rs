//! Finds the files of `group_vars/` and `host_vars/`.
//!
//! Source of the rules: Ansible's vars plugin `host_group_vars`. For the name `web` the first of `web`, `web.yml`,
//! `web.yaml` and `web.json` that exists is read. Where that is a directory, all files in it are, sorted,
//! its directories too; there, files have one of these endings or none.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hep_core::diagnostic::Diagnostic;

/// Endings in their order of precedence.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// Directories within directories are followed so far.
const DEPTH: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files to read for each name, in the order in which they are merged.
    pub(super) files: Vec<(Arc<str>, PathBuf)>,
    /// Files that are not read, each with the one that stands before it.
    pub(super) hidden: Vec<(PathBuf, PathBuf)>,
}

/// The files in `folder` for these names of hosts or groups. No folder is no files.
pub(super) fn find(folder: &Path, names: &[Arc<str>]) -> Result<Found, Diagnostic> {
    let mut found = Found::default();
    if !folder.is_dir() {
        return Ok(found);
    }
    // One look at the folder, not four for each of perhaps ten thousand hosts.
    let present: HashSet<String> = super::names(folder)?.into_iter().collect();
    for name in names.iter().filter(|name| !name.contains('/')) {
        let mut first: Option<PathBuf> = None;
        for ending in ENDINGS {
            let file = format!("{name}{ending}");
            if !present.contains(&file) {
                continue;
            }
            let path = folder.join(file);
            if let Some(first) = &first {
                found.hidden.push((path, first.clone()));
                continue;
            }
            if path.is_dir() {
                let inside = inside(&path, 0)?;
                found.files.extend(inside.into_iter().map(|file| (name.clone(), file)));
            } else {
                found.files.push((name.clone(), path.clone()));
            }
            first = Some(path);
        }
    }
    Ok(found)
}

fn inside(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for name in super::names(folder)? {
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let path = folder.join(&name);
        let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
        let ending = ending.unwrap_or_default();
        if path.is_dir() {
            if ending.is_empty() && depth < DEPTH {
                files.extend(inside(&path, depth + 1)?);
            }
        } else if ENDINGS.contains(&ending.as_str()) {
            files.push(path);
        }
    }
    Ok(files)
}
