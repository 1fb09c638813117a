//! Which tasks of a program are done: `--tags`, `--skip-tags`, `--start-at-task`.

use std::sync::Arc;

use crate::message::{Message, manifest as say};
use crate::node::Node;
use crate::program::{Action, Block, Item, Meta, Program, Task};
use crate::suggest;

/// Every task, in the order written, for lists of them.
#[must_use]
pub fn tasks(items: &[Item]) -> Box<dyn Iterator<Item = &Task> + '_> {
    Box::new(items.iter().flat_map(|item| -> Box<dyn Iterator<Item = &Task> + '_> {
        match item {
            Item::Task(task) => Box::new(std::iter::once(&**task)),
            Item::Block(block) => Box::new(
                tasks(&block.block).chain(tasks(&block.rescue)).chain(tasks(&block.always)),
            ),
        }
    }))
}

/// The tags asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--tags`; none means `all`.
    pub only: Vec<Arc<str>>,
    /// `--skip-tags`.
    pub skip: Vec<Arc<str>>,
}

impl Selection {
    /// Whether a task with these tags is done.
    ///
    /// Source of the meaning of `always`, `never`, `all`, `tagged` and `untagged`: Ansible,
    /// `playbook/taggable.py`.
    #[must_use]
    pub fn takes(&self, tags: &[Arc<str>]) -> bool {
        let has = |word: &str| tags.iter().any(|tag| &**tag == word);
        let asked = |list: &[Arc<str>], word: &str| list.iter().any(|tag| &**tag == word);
        let untagged = tags.is_empty() || tags.iter().all(|tag| &**tag == "untagged");
        let meets = |list: &[Arc<str>]| {
            list.iter().any(|tag| has(tag)) || (tags.is_empty() && asked(list, "untagged"))
        };
        let all = self.only.is_empty() || asked(&self.only, "all");
        let wanted = has("always")
            || (all && !has("never"))
            || meets(&self.only)
            || (asked(&self.only, "tagged") && !untagged && !has("never"));
        if !wanted {
            return false;
        }
        if asked(&self.skip, "all") {
            return has("always") && !asked(&self.skip, "always");
        }
        !meets(&self.skip) && (untagged || !asked(&self.skip, "tagged"))
    }

    /// Leaves out of a program what these tags do not take. Handlers stay: they run when notified.
    pub fn apply(&self, program: &mut Program) {
        for play in &mut program.plays {
            self.filter(&mut play.items);
        }
    }

    /// Leaves out of steps what these tags do not take, and blocks with nothing left in them.
    pub fn filter(&self, items: &mut Vec<Item>) {
        items.retain_mut(|item| match item {
            Item::Task(task) => self.takes(&task.tags),
            Item::Block(block) => {
                let block = Arc::make_mut(block);
                self.filter(&mut block.block);
                self.filter(&mut block.rescue);
                self.filter(&mut block.always);
                !(block.block.is_empty() && block.rescue.is_empty() && block.always.is_empty())
            }
        });
    }
}

/// Leaves out everything before the first task with this name (or that the shell pattern `name` matches).
/// Plays before it are left out as a whole; the flushes of handlers stay.
pub fn start_at(program: &mut Program, name: &str) -> Result<(), Message> {
    let at = program.plays.iter().position(|play| tasks(&play.items).any(|t| is_named(t, name)));
    let Some(at) = at else { return Err(no_such_task(program, name)) };
    program.plays.drain(..at);
    if let Some(play) = program.plays.first_mut() {
        skip(&mut play.items, name);
    }
    Ok(())
}

fn no_such_task(program: &Program, name: &str) -> Message {
    let all = program.plays.iter().flat_map(|play| tasks(&play.items));
    let names: Vec<Arc<str>> = all.filter_map(|t| t.name.as_ref().map(Node::key_text)).collect();
    match suggest::closest(name, names.iter()) {
        Some(near) => say::no_such_task_near(name, near),
        None => say::no_such_task(name),
    }
}

/// Removes what stands before the task; true once it has been met.
fn skip(items: &mut Vec<Item>, name: &str) -> bool {
    let mut met = false;
    items.retain_mut(|item| {
        if met {
            return true;
        }
        match item {
            Item::Task(task) => {
                met = is_named(task, name);
                met || is_flush(task)
            }
            Item::Block(block) => {
                met = skip_in_block(Arc::make_mut(block), name);
                met
            }
        }
    });
    met
}

fn skip_in_block(block: &mut Block, name: &str) -> bool {
    if skip(&mut block.block, name) {
        return true;
    }
    block.rescue.clear();
    skip(&mut block.always, name)
}

fn is_flush(task: &Task) -> bool {
    task.action == Action::Meta(Meta::FlushHandlers) && task.name.is_none()
}

fn is_named(task: &Task, wanted: &str) -> bool {
    task.name.as_ref().is_some_and(|name| {
        let name = name.key_text();
        *name == *wanted || matches(wanted.as_bytes(), name.as_bytes())
    })
}

/// Whether the shell pattern (`*`, `?`) matches the whole text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}
