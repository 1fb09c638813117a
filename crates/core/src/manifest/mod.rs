//! The manifest language: texts to a [`Program`], checked and complete, before any host is touched.
//!
//! Everything that is wrong in the files is collected, not only the first. Reference: ansible-core 2.19;
//! seed 2's manifests are the same language with fewer words.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};
use crate::message::{Message, manifest as say};
use crate::module::Kind;
use crate::node::{Node, NodeKind, Pos};
use crate::program::{Item, Play, Program, Task};
use crate::template::Engine;
use crate::vars::Layer;
use crate::vault::{self, Keys};
use crate::yaml;

mod action;
mod arguments;
mod expect;
mod handler;
mod import;
mod keyword;
mod play;
mod repeat;
pub mod select;
mod task;
mod template;

/// The operator's files, as the reader needs them.
pub trait Files {
    /// The bytes of a file; nothing when there is none at this path. Names are as the operator gave them,
    /// or joined to the folder of the file that names them.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Message>;
    /// Whether an executable of this name lies in a `modules/` directory.
    fn has_module(&self, name: &str) -> bool;
}

/// What reading depends on.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// Vault passwords.
    pub keys: &'a Keys,
    /// `-e`, and what else is known before the run (`playbook_dir`, as an absolute path): for the names of
    /// imported files and other things that cannot wait.
    pub extra: &'a Layer,
    /// Checks templates and renders such names.
    pub engine: &'a Engine,
    /// The modules there are: [`crate::module::KINDS`].
    pub kinds: &'static [Kind],
}

/// Reads the manifests of one run, and what they include while it goes on. Numbers of tasks and of files
/// are unique over all that one reader reads.
pub struct Reader<'a> {
    setup: Setup<'a>,
    sources: Vec<Source>,
    next_task: u32,
    faults: Vec<Diagnostic>,
    /// The folder of the manifest, where imports are sought second.
    root: String,
    /// The files being read, each imported by the one before it.
    chain: Vec<Arc<str>>,
    /// The variables of the play being read.
    play_vars: Arc<Layer>,
    /// Whether handlers are being read.
    in_handlers: bool,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new(setup: Setup<'a>) -> Self {
        Self {
            setup,
            sources: Vec::new(),
            next_task: 0,
            faults: Vec::new(),
            root: String::new(),
            chain: Vec::new(),
            play_vars: Arc::default(),
            in_handlers: false,
        }
    }

    /// A reader that goes on where another stopped: after `sources`, with task numbers from `next_task`.
    #[must_use]
    pub fn resume(setup: Setup<'a>, sources: Vec<Source>, next_task: u32) -> Self {
        Self { sources, next_task, ..Self::new(setup) }
    }

    /// Reads manifests, one program from all of them in this order.
    pub fn read(&mut self, paths: &[&str]) -> Result<Program, Vec<Diagnostic>> {
        let mut plays = Vec::new();
        for path in paths {
            path.rsplit_once('/').map_or("", |(folder, _)| folder).clone_into(&mut self.root);
            self.chain = vec![(*path).into()];
            match self.load(path) {
                Ok(node) => plays.extend(self.document(&node, &play::Around::default())),
                Err(fault) => self.faults.push(fault),
            }
            self.chain.clear();
        }
        self.outcome(Program { files: self.names(), plays })
    }

    /// Reads the steps of a file that the task `include_tasks` names, with fresh task numbers. Call
    /// [`select::Selection::filter`] on them with the run's tags.
    pub fn include(&mut self, task: &Task, file: &str) -> Result<Vec<Item>, Vec<Diagnostic>> {
        let base = task.inherit.as_deref().cloned().unwrap_or_default();
        // Whether the include stands among handlers is not known here; `listen` does no harm elsewhere.
        self.in_handlers = true;
        let items = self.task_file(file, task.args.pos, &base);
        self.in_handlers = false;
        self.outcome(items)
    }

    /// Reads a file of variables or the like: opened if it is encrypted, known to [`Self::sources`], and
    /// holding one document.
    pub fn load(&mut self, path: &str) -> Result<Node, Diagnostic> {
        let nowhere = |message| Diagnostic::new(Pos::default(), message);
        match self.setup.files.read(path).map_err(nowhere)? {
            Some(bytes) => self.parse(path, bytes),
            None => Err(nowhere(say::missing_file(path))),
        }
    }

    /// Reads a file of variables: where it is encrypted as a whole, all its texts are secrets.
    pub fn variables(&mut self, path: &str) -> Result<Node, Diagnostic> {
        let sealed = self.setup.files.read(path).ok().flatten();
        let sealed = sealed.is_some_and(|bytes| vault::is_sealed(&bytes));
        let mut tree = self.load(path)?;
        if sealed {
            tree.seal();
        }
        Ok(tree)
    }

    /// The files read so far, in the order that positions count them.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Their names ([`Program::files`]).
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        self.sources.iter().map(|source| source.name.clone()).collect()
    }

    /// The number that the next task will get.
    #[must_use]
    pub fn next_task(&self) -> u32 {
        self.next_task
    }

    fn outcome<T>(&mut self, read: T) -> Result<T, Vec<Diagnostic>> {
        let mut faults = std::mem::take(&mut self.faults);
        if faults.is_empty() {
            return Ok(read);
        }
        faults.sort_by_key(|fault| fault.pos);
        faults.dedup();
        Err(faults)
    }

    fn parse(&mut self, path: &str, bytes: Vec<u8>) -> Result<Node, Diagnostic> {
        let file = u16::try_from(self.sources.len())
            .map_err(|_| Diagnostic::new(Pos::default(), say::too_many_files()))?;
        let start = Pos { file, line: 1, col: 1 };
        let sealed = vault::is_sealed(&bytes);
        let text = String::from_utf8(bytes);
        // What was encrypted is never shown as a snippet.
        let shown = text.as_deref().ok().filter(|_| !sealed).unwrap_or_default();
        self.sources.push(Source { name: path.into(), text: shown.into() });
        let text = text.map_err(|_| Diagnostic::new(start, say::not_text(path)))?;
        let keys = self.setup.keys;
        let mut open = |text: &str, _: Pos| keys.open(text).map(|plain| plain.expose().clone());
        let placed = |mut node: Node| {
            // A file without a document has no place of its own.
            node.pos = if node.pos.line == 0 { start } else { node.pos };
            node
        };
        if !sealed {
            return yaml::parse_one(&text, file, &mut open).map(placed);
        }
        if keys.is_empty() {
            return Err(Diagnostic::new(start, say::vault_file_without_password(path)));
        }
        let plain = keys.open(&text).map_err(|message| Diagnostic::new(start, message))?;
        yaml::parse_one(plain.expose(), file, &mut open).map(placed)
    }

    /// A manifest: a list of plays, or a list of tasks, which stands for one play.
    fn document(&mut self, node: &Node, around: &play::Around) -> Vec<Play> {
        let items = match &node.kind {
            NodeKind::List(items) if !items.is_empty() => items,
            NodeKind::List(_) | NodeKind::Null => return self.refuse(node.pos, say::empty()),
            _ => return self.refuse(node.pos, say::not_a_list(expect::found(node))),
        };
        let plays = play::is_play(&items[0]);
        let other = items
            .iter()
            .find(|item| matches!(item.kind, NodeKind::Map(_)) && play::is_play(item) != plays);
        if let Some(other) = other {
            return self.refuse(items[0].pos, say::mixed(other.pos.line));
        }
        if plays {
            return items.iter().flat_map(|item| self.play(item, around)).collect();
        }
        vec![self.bare(node, around)]
    }

    /// Notes what is wrong.
    fn fault(&mut self, pos: Pos, message: Message) {
        self.faults.push(Diagnostic::new(pos, message));
    }

    /// Notes what is wrong, and gives nothing in its place.
    fn refuse<T: Default>(&mut self, pos: Pos, message: Message) -> T {
        self.fault(pos, message);
        T::default()
    }

    fn number(&mut self) -> u32 {
        self.next_task += 1;
        self.next_task - 1
    }

    fn kind(&self, name: &str) -> Option<&'static Kind> {
        let bare = action::bare(name);
        self.setup.kinds.iter().find(|kind| {
            kind.name == bare || kind.aliases.contains(&name) || kind.aliases.contains(&bare)
        })
    }
}

#[cfg(test)]
mod tests;
