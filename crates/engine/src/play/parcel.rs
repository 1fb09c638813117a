//! The files of a program, to be sent to where it is run: what was read, what it names, and the folders in which
//! names are looked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use hep_core::message::{Message, play as say};
use hep_core::observe::Ask;

use super::load::Loaded;
use super::needs;
use super::saved::Used;
use super::sources::Sources;

/// The folders beside manifests that are sent whole.
const FOLDERS: &[&str] = &["files", "templates", "vars", "tasks", "handlers", "modules"];
/// More files than this are a mistake.
const MOST_FILES: usize = 5_000;
/// More than this is a mistake, in bytes; what a server takes at once is its own matter.
const MOST_BYTES: u64 = 64 << 20;

/// The files by their paths below the folder that holds all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The manifest to begin with.
    pub entry: String,
    /// Those that follow it.
    pub further: Vec<String>,
    /// All files.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Collects the files of a program.
pub fn pack(loaded: &Loaded, manifests: &[String]) -> Result<Parcel, Message> {
    let mut found = Found::default();
    let read = loaded.files();
    for file in read.iter().skip(loaded.first_file) {
        found.file(Path::new(&**file))?;
    }
    let folders: BTreeSet<PathBuf> = found.paths.iter().filter_map(|p| parent(p)).collect();
    for folder in &folders {
        for name in FOLDERS {
            found.any(&folder.join(name))?;
        }
    }
    found.named(loaded)?;
    let root = found.root();
    let below = |path: &Path| -> String {
        path.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned()
    };
    let mut names = manifests.iter().map(|name| below(&absolute(Path::new(name))));
    let entry = names.next().unwrap_or_default();
    let mut parcel = Parcel { entry, further: names.collect(), files: BTreeMap::new() };
    for path in &found.paths {
        let content =
            std::fs::read(path).map_err(|error| say::source_unreadable(path.display(), error))?;
        parcel.files.insert(below(path), content);
    }
    Ok(parcel)
}

#[derive(Default)]
struct Found {
    paths: BTreeSet<PathBuf>,
    bytes: u64,
}

impl Found {
    fn file(&mut self, path: &Path) -> Result<(), Message> {
        let path = absolute(path);
        let unreadable = |error| say::source_unreadable(path.display(), error);
        let size = std::fs::metadata(&path).map_err(unreadable)?.len();
        if self.paths.insert(path) {
            self.bytes += size;
        }
        if self.bytes > MOST_BYTES || self.paths.len() > MOST_FILES {
            return Err(say::parcel_too_large(MOST_FILES, MOST_BYTES >> 20));
        }
        Ok(())
    }

    /// A file, or all below a folder; nothing where there is neither. Folders behind links are left out: they
    /// may go round in circles.
    fn any(&mut self, path: &Path) -> Result<(), Message> {
        if path.is_file() {
            return self.file(path);
        }
        if !path.is_dir() {
            return Ok(());
        }
        let unreadable = |error| say::source_unreadable(path.display(), error);
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_linked = entry.file_type().map_err(unreadable)?.is_symlink();
            if !is_linked || entry.path().is_file() {
                self.any(&entry.path())?;
            }
        }
        Ok(())
    }

    /// What tasks name literally.
    fn named(&mut self, loaded: &Loaded) -> Result<(), Message> {
        let sources = Sources::new(Used::default(), None);
        sources.set_files(&loaded.files(), loaded.first_file);
        for play in &loaded.program.plays {
            for (file, ask) in needs::of_play(&loaded.engine, play, &sources).asks {
                let (name, folder) = match &ask {
                    Ask::File(name) => (name, "files"),
                    Ask::Template(name) => (name, "templates"),
                    _ => continue,
                };
                if name.starts_with(['/', '~']) {
                    return Err(say::outside_parcel(name));
                }
                if let Some(path) = sources.find(file, name, folder) {
                    self.any(&path)?;
                }
            }
        }
        Ok(())
    }

    /// The deepest folder that holds all.
    fn root(&self) -> PathBuf {
        let mut folders = self.paths.iter().filter_map(|path| parent(path));
        let mut root = folders.next().unwrap_or_default();
        for folder in folders {
            while !folder.starts_with(&root) && root.pop() {}
        }
        root
    }
}

fn parent(path: &Path) -> Option<PathBuf> {
    path.parent().map(Path::to_owned)
}

/// A path from the root without `.` and `..`. Links are not followed: names within the files do not either.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::load;

    fn packed(folder: &Path, manifests: &[&str]) -> Result<Parcel, Message> {
        let manifests: Vec<String> =
            manifests.iter().map(|name| folder.join(name).display().to_string()).collect();
        let request = load::Request { manifests: manifests.clone(), ..load::Request::default() };
        pack(&load::load(request).unwrap(), &manifests)
    }

    #[test]
    fn all_that_a_manifest_needs_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put(
            "site/site.yml",
            b"- hosts: all\n  tasks:\n    - import_tasks: ../common/more.yml\n    \
              - copy: {src: beside.txt, dest: /x}\n    - copy: {src: conf, dest: /y}\n    \
              - copy: {src: '{{ name }}', dest: /z}\n",
        );
        put("common/more.yml", b"- template: {src: t.j2, dest: /t}\n");
        put("common/templates/t.j2", b"x");
        put("site/beside.txt", b"\xff");
        put("site/conf/deep/a", b"a");
        put("site/files/computed", b"c");
        put("site/other.yml", b"- debug: {msg: x}\n");
        put("site/unrelated.txt", b"no");
        let parcel = packed(folder.path(), &["site/site.yml", "site/other.yml"]).unwrap();
        assert_eq!(parcel.entry, "site/site.yml");
        assert_eq!(parcel.further, ["site/other.yml"]);
        let names: Vec<&str> = parcel.files.keys().map(String::as_str).collect();
        let expected = [
            "common/more.yml",
            "common/templates/t.j2",
            "site/beside.txt",
            "site/conf/deep/a",
            "site/files/computed",
            "site/other.yml",
            "site/site.yml",
        ];
        assert_eq!(names, expected);
        assert_eq!(parcel.files["site/beside.txt"], b"\xff");
        put("out.yml", b"- copy: {src: /etc/hostname, dest: /x}\n");
        let refused = packed(folder.path(), &["out.yml"]).unwrap_err();
        assert_eq!(refused.id, "play.outside_parcel");
    }
}
