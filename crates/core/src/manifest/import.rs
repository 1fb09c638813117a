//! Files that manifests name: imports of tasks and of plays.

use super::keyword::Place;
use super::play::Around;
use super::{Reader, expect, play};
use crate::diagnostic::Diagnostic;
use crate::message::manifest as say;
use crate::node::{Node, NodeKind, Pos};
use crate::program::{Item, Play, Task};

/// Files that may import one another in a chain.
const DEPTH: usize = 32;

impl Reader<'_> {
    /// The steps of a file named at `pos`.
    pub(super) fn task_file(&mut self, name: &str, pos: Pos, base: &Task) -> Vec<Item> {
        let Some(node) = self.named(name, pos) else { return Vec::new() };
        if matches!(&node.kind, NodeKind::List(items) if items.iter().any(play::is_play)) {
            self.chain.pop();
            return self.refuse(node.pos, say::plays_in_tasks());
        }
        let base = Task { file: node.pos.file, ..base.clone() };
        let items = self.items(&node, &base);
        self.chain.pop();
        items
    }

    /// The plays of `import_playbook`.
    pub(super) fn playbook(
        &mut self,
        key: &Node,
        file: &Node,
        entries: &[(Node, Node)],
        around: &Around,
    ) -> Vec<Play> {
        let mut around = around.clone();
        for (other, value) in entries.iter().filter(|(other, _)| other.pos != key.pos) {
            let name = other.key_text();
            match &*name {
                "name" => {}
                "vars" => {
                    let vars = self.layer(&name, value);
                    around.vars = vars.into_iter().chain(around.vars).collect();
                }
                "when" | "tags" => {
                    self.shared(other, value, &mut around.base, Place::Block);
                }
                _ => {
                    self.fault(other.pos, say::not_here(name, "`import_playbook`"));
                }
            }
        }
        let Some(name) = self.constant_text("import_playbook", file) else { return Vec::new() };
        let Some(node) = self.named(&name, file.pos) else { return Vec::new() };
        let plays = self.document(&node, &around);
        self.chain.pop();
        plays
    }

    /// Reads the file `name`, sought beside the file that names it, then beside the manifest. Where it
    /// gives a node, the file stands on the chain, for the caller to take off.
    fn named(&mut self, name: &str, pos: Pos) -> Option<Node> {
        if self.chain.len() > DEPTH {
            return self.refuse(pos, say::too_deep_imports(name, DEPTH));
        }
        let by = self.sources.get(usize::from(pos.file)).map_or("", |source| &*source.name);
        let beside = joined(by.rsplit_once('/').map_or("", |(folder, _)| folder), name);
        let below = joined(&self.root, name);
        let candidates = if beside == below { vec![beside] } else { vec![beside, below] };
        for path in candidates {
            match self.setup.files.read(&path) {
                Ok(Some(_)) if self.chain.iter().any(|file| **file == *path) => {
                    return self.refuse(pos, say::imports_itself(path));
                }
                Ok(Some(bytes)) => return self.read_named(&path, bytes, pos),
                Ok(None) => {}
                Err(message) => return self.refuse(pos, message),
            }
        }
        self.refuse(pos, say::missing_file(name))
    }

    fn read_named(&mut self, path: &str, bytes: Vec<u8>, pos: Pos) -> Option<Node> {
        match self.parse(path, bytes) {
            Ok(node) if matches!(node.kind, NodeKind::List(_) | NodeKind::Null) => {
                self.chain.push(path.into());
                Some(node)
            }
            Ok(node) => self.refuse(node.pos, say::not_a_list(expect::found(&node))),
            Err(Diagnostic { pos: at, message }) => {
                let at = if at.line == 0 { pos } else { at };
                self.refuse(at, message)
            }
        }
    }
}

/// `name` seen from `folder`.
fn joined(folder: &str, name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    if folder.is_empty() || name.starts_with(['/', '~']) {
        return name.to_owned();
    }
    format!("{}/{name}", folder.trim_end_matches('/'))
}
