//! Reads inventories: files, directories of them, executables, lists on the command line, and the variable
//! files beside them. What the texts mean is core's affair ([`hep_core::inventory`]).

mod executable;
mod vars_files;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hep_core::diagnostic::{Diagnostic, Source};
use hep_core::inventory::build::Beside;
use hep_core::inventory::{Builder, Format, Inventory, conceal, plain, ssh_config};
use hep_core::message::{Message, inventory as say};
use hep_core::node::{Node, Pos};
use hep_core::selector::Selector;
use hep_core::yaml;

use crate::transport::ssh::{Settings, SettingsSource, Wanted};

/// Endings of files in a directory that are no inventories, as Ansible's `INVENTORY_IGNORE_EXTS` has them.
const IGNORED_ENDINGS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// Folders beside inventories that hold something else.
const IGNORED_NAMES: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];

/// Directories within directories are followed so far.
const DEPTH: usize = 16;

/// What a file encrypted by Ansible Vault begins with.
const VAULT: &str = "$ANSIBLE_VAULT;";

/// Opens an encrypted text.
pub type Decrypt<'a> = dyn Fn(&str) -> Result<String, Message> + Send + Sync + 'a;

/// What reading needs to know.
pub struct Options<'a> {
    /// Opens Vault-encrypted files and `!vault` values.
    pub decrypt: &'a Decrypt<'a>,
    /// How long one call of an executable inventory may take.
    pub deadline: Duration,
    /// The folders of the manifests, whose `group_vars/` and `host_vars/` win over those of the inventories.
    pub play_folders: Vec<PathBuf>,
}

/// Reads all sources, the later ones over the earlier ones. The texts that were read go to the end of
/// `files`, whose indices the positions in variables and errors are; what was encrypted goes there without its text.
pub async fn load(
    sources: &[String],
    options: &Options<'_>,
    files: &mut Vec<Source>,
) -> Result<Inventory, Diagnostic> {
    let mut reader = Reader { options, files, into: Builder::new() };
    let mut folders = Vec::new();
    for source in sources {
        let path = Path::new(source);
        if source.contains(',') && !path.exists() {
            reader.list(source)?;
            continue;
        }
        reader.path(path).await?;
        folders.push(folder(path));
    }
    // A folder that several sources share is read where it stands last, since later ones win.
    for (index, folder) in folders.iter().enumerate() {
        if !folders[index + 1..].contains(folder) {
            reader.vars_files(folder, Beside::Inventory)?;
        }
    }
    for folder in &options.play_folders {
        reader.vars_files(folder, Beside::Play)?;
    }
    reader.into.finish()
}

/// Reads a selector of the command line, where `@NAME` that is no group of the inventory names a file of
/// selectors, one a line (Ansible's `-l @site.retry`).
pub fn selector(text: &str, inventory: &Inventory) -> Result<Selector, Message> {
    Selector::parse(text)?.with_files(&mut |name| {
        if inventory.groups().contains_key(name) || !Path::new(name).exists() {
            return Ok(None);
        }
        fs::read_to_string(name).map(Some).map_err(|error| say::cannot_read(name, error))
    })
}

/// Where `group_vars/` and `host_vars/` of a source are looked for.
fn folder(source: &Path) -> PathBuf {
    if source.is_dir() {
        return source.to_owned();
    }
    match source.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

struct Reader<'a> {
    options: &'a Options<'a>,
    files: &'a mut Vec<Source>,
    into: Builder,
}

/// What was read, opened where it was encrypted.
struct Content {
    text: String,
    file: u16,
    sealed: bool,
}

impl Reader<'_> {
    /// A list with commas.
    fn list(&mut self, text: &str) -> Result<(), Diagnostic> {
        let file = self.register("the list of hosts", text)?;
        plain::parse_list(text, file, &mut self.into)
    }

    /// A file, or every file of a directory and its directories, by name.
    async fn path(&mut self, path: &Path) -> Result<(), Diagnostic> {
        let mut open = vec![(path.to_owned(), 0)];
        while let Some((path, depth)) = open.pop() {
            if !path.is_dir() {
                self.file(&path).await?;
                continue;
            }
            if depth >= DEPTH {
                return Err(nowhere(say::folder_too_deep(path.display())));
            }
            let names = names(&path)?;
            let wanted = names.into_iter().filter(|name| is_inventory(name));
            let mut inside: Vec<_> = wanted.map(|name| (path.join(name), depth + 1)).collect();
            inside.reverse();
            open.append(&mut inside);
        }
        Ok(())
    }

    async fn file(&mut self, path: &Path) -> Result<(), Diagnostic> {
        if is_program(path)? {
            return self.program(path).await;
        }
        let Content { text, file, .. } = self.read(path)?;
        match Format::detect(&path.to_string_lossy(), &text) {
            Format::SshConfig => self.ssh_config(path, file),
            format => {
                let decrypt = self.options.decrypt;
                format.read(&text, file, &mut |text, _| decrypt(text), &mut self.into)
            }
        }
    }

    /// An executable, asked for the whole, and for each host where its answer leaves the hosts' variables out.
    async fn program(&mut self, path: &Path) -> Result<(), Diagnostic> {
        let deadline = self.options.deadline;
        let file = self.register(&path.to_string_lossy(), "")?;
        let at = |message| Diagnostic::new(Pos { file, line: 0, col: 0 }, message);
        let text = executable::run(path, &["--list"], deadline).await.map_err(at)?;
        let rest = hep_core::inventory::dynamic::parse(&text, file, &mut self.into)?;
        let answers = executable::ask_hosts(path, &rest, deadline).await.map_err(at)?;
        for (host, text) in rest.iter().zip(answers) {
            hep_core::inventory::dynamic::host_vars(&text, file, host, &mut self.into)?;
        }
        Ok(())
    }

    fn ssh_config(&mut self, path: &Path, file: u16) -> Result<(), Diagnostic> {
        let at = |message| Diagnostic::new(Pos { file, line: 0, col: 0 }, message);
        let source = SettingsSource { config: Some(path.to_owned()), ..SettingsSource::default() };
        let settings = Settings::load(source).map_err(at)?;
        for name in settings.hosts() {
            let wanted = Wanted { name: name.clone(), ..Wanted::default() };
            let options = settings.options(&wanted).map_err(at)?;
            ssh_config::add(&name, &options, file, &mut self.into);
        }
        Ok(())
    }

    /// Reads a file of text, and opens it where it is encrypted as a whole.
    fn read(&mut self, path: &Path) -> Result<Content, Diagnostic> {
        let name = path.to_string_lossy();
        let bytes = fs::read(path).map_err(|error| nowhere(say::cannot_read(&name, error)))?;
        let text = String::from_utf8(bytes).map_err(|_| nowhere(say::not_utf8(&name)))?;
        if !text.starts_with(VAULT) {
            let file = self.register(&name, &text)?;
            return Ok(Content { text, file, sealed: false });
        }
        let file = self.register(&name, "")?;
        let opened = (self.options.decrypt)(&text);
        let text =
            opened.map_err(|message| Diagnostic::new(Pos { file, line: 1, col: 1 }, message))?;
        Ok(Content { text, file, sealed: true })
    }

    fn register(&mut self, name: &str, text: &str) -> Result<u16, Diagnostic> {
        let file = u16::try_from(self.files.len()).map_err(|_| nowhere(say::too_many_files()))?;
        // For snippets only, which must not show passwords.
        self.files.push(Source { name: name.into(), text: conceal::lines(text).into() });
        Ok(file)
    }

    /// `group_vars/` and `host_vars/` of a folder.
    fn vars_files(&mut self, folder: &Path, beside: Beside) -> Result<(), Diagnostic> {
        let groups: Vec<Arc<str>> = self.into.group_names().cloned().collect();
        let found = vars_files::find(&folder.join("group_vars"), &groups)?;
        for (group, path) in self.chosen(found) {
            let content = self.vars(&path)?;
            self.into.group_file(&group, beside, &content)?;
        }
        let hosts: Vec<Arc<str>> = self.into.host_names().cloned().collect();
        let found = vars_files::find(&folder.join("host_vars"), &hosts)?;
        for (host, path) in self.chosen(found) {
            let content = self.vars(&path)?;
            self.into.host_file(&host, beside, &content)?;
        }
        Ok(())
    }

    /// The files to read; those that others stand before are remarked on.
    fn chosen(&mut self, found: vars_files::Found) -> Vec<(Arc<str>, PathBuf)> {
        for (path, first) in found.hidden {
            self.into.note(Pos::default(), say::vars_file_hidden(path.display(), first.display()));
        }
        found.files
    }

    fn vars(&mut self, path: &Path) -> Result<Node, Diagnostic> {
        let Content { text, file, sealed } = self.read(path)?;
        let decrypt = self.options.decrypt;
        let mut content = yaml::parse_one(&text, file, &mut |text, _| decrypt(text))?;
        if sealed {
            content.seal();
        }
        Ok(content)
    }
}

/// An error without a place.
fn nowhere(message: Message) -> Diagnostic {
    Diagnostic::new(Pos::default(), message)
}

/// The names in a directory, sorted.
fn names(folder: &Path) -> Result<Vec<String>, Diagnostic> {
    let fail = |error| nowhere(say::cannot_read(folder.display(), error));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        names.push(name.into_string().map_err(|name| nowhere(say::not_utf8(name.display())))?);
    }
    names.sort_unstable();
    Ok(names)
}

fn is_inventory(name: &str) -> bool {
    let ignored = name.starts_with('.') || IGNORED_NAMES.contains(&name);
    !ignored && !IGNORED_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether the file is to be run: it may be, and it begins as a program does. (On some file systems every
/// file may be run.)
fn is_program(path: &Path) -> Result<bool, Diagnostic> {
    let fail = |error| nowhere(say::cannot_read(path.display(), error));
    let mode = fs::metadata(path).map_err(fail)?.permissions().mode();
    if mode & 0o111 == 0 {
        return Ok(false);
    }
    let mut start = [0; 4];
    let mut file = fs::File::open(path).map_err(fail)?;
    let read = std::io::Read::read(&mut file, &mut start).map_err(fail)?;
    Ok(start[..read].starts_with(b"#!") || start[..read] == *b"\x7fELF")
}

#[cfg(test)]
mod tests;
