//! Where a host is in its play: a stack of lists, and what a failure does to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::program::{Block, Item, Play, Task};
use crate::vars::{Layer, Level};

/// The stack.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    frames: Vec<Frame>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Frame {
    list: List,
    next: usize,
    /// Variables that all tasks below see (of an include, and of its loop).
    layers: Vec<(Level, Arc<Layer>)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum List {
    /// Steps one after another.
    Plain(Arc<Vec<Item>>),
    /// A block, in one of its parts.
    Block { block: Arc<Block>, part: Part, failed: bool },
    /// The handlers, of which those are done that have been notified when their turn comes: also by one
    /// before them.
    Handlers { tasks: Arc<Vec<Arc<Task>>> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Main,
    Rescue,
    Always,
}

/// What comes next.
pub(super) enum Next {
    /// This task; whether it is a handler.
    Task(Arc<Task>, bool),
    /// A block whose `always` has ended had failed before: the failure goes on.
    StillFailing,
    /// Nothing is left.
    End,
}

impl Cursor {
    /// At the beginning of a play.
    pub(super) fn new(play: &Play) -> Self {
        let mut cursor = Self::default();
        cursor.push(play.items.clone(), vec![]);
        cursor
    }

    /// These steps come next.
    pub(super) fn push(&mut self, items: Vec<Item>, layers: Vec<(Level, Arc<Layer>)>) {
        self.frames.push(Frame { list: List::Plain(Arc::new(items)), next: 0, layers });
    }

    /// The notified ones of these handlers come next.
    pub(super) fn push_handlers(&mut self, tasks: Arc<Vec<Arc<Task>>>) {
        self.frames.push(Frame { list: List::Handlers { tasks }, next: 0, layers: vec![] });
    }

    /// Nothing is left.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    /// The layers that the present task sees, outer ones first.
    pub(super) fn layers(&self) -> impl Iterator<Item = &(Level, Arc<Layer>)> {
        self.frames.iter().flat_map(|frame| &frame.layers)
    }

    /// Steps forward. A handler whose turn comes is taken out of `notified`.
    pub(super) fn advance(&mut self, notified: &mut BTreeSet<usize>) -> Next {
        loop {
            let Some(frame) = self.frames.last_mut() else { return Next::End };
            match frame.take(notified) {
                Some(Taken::Task(task, handler)) => return Next::Task(task, handler),
                Some(Taken::Block(block)) => self.frames.push(Frame {
                    list: List::Block { block, part: Part::Main, failed: false },
                    next: 0,
                    layers: vec![],
                }),
                None => {
                    if self.leave() {
                        return Next::StillFailing;
                    }
                }
            }
        }
    }

    /// Leaves a list that has ended; says whether a failure goes on behind it.
    fn leave(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else { return false };
        if let List::Block { block, part, failed } = &mut frame.list {
            if *part != Part::Always && !block.always.is_empty() {
                *part = Part::Always;
                frame.next = 0;
                return false;
            }
            let failing = *failed;
            self.frames.pop();
            return failing;
        }
        self.frames.pop();
        false
    }

    /// Whether a failure now would be taken over by a `rescue`.
    pub(super) fn is_rescued(&self) -> bool {
        self.frames.iter().any(|frame| match &frame.list {
            List::Block { block, part: Part::Main, .. } => !block.rescue.is_empty(),
            _ => false,
        })
    }

    /// The play stops: nothing around rescues a failure any more.
    pub(super) fn forget_rescues(&mut self) {
        for frame in &mut self.frames {
            if let List::Block { part: part @ Part::Main, .. } = &mut frame.list {
                *part = Part::Rescue;
            }
        }
    }

    /// A task has failed for good: goes to the nearest `rescue` or `always`; says whether there is one.
    pub(super) fn fail(&mut self) -> bool {
        while let Some(frame) = self.frames.last_mut() {
            if let List::Block { block, part, failed } = &mut frame.list {
                if *part == Part::Main && !block.rescue.is_empty() {
                    *part = Part::Rescue;
                    frame.next = 0;
                    return true;
                }
                if *part != Part::Always && !block.always.is_empty() {
                    *part = Part::Always;
                    *failed = true;
                    frame.next = 0;
                    return true;
                }
            }
            self.frames.pop();
        }
        false
    }
}

enum Taken {
    Task(Arc<Task>, bool),
    Block(Arc<Block>),
}

impl Frame {
    fn take(&mut self, notified: &mut BTreeSet<usize>) -> Option<Taken> {
        let items = match &self.list {
            List::Handlers { tasks } => {
                let index = *notified.range(self.next..).next()?;
                notified.remove(&index);
                self.next = index + 1;
                return tasks.get(index).map(|task| Taken::Task(task.clone(), true));
            }
            List::Plain(items) => items,
            List::Block { block, part: Part::Main, .. } => &block.block,
            List::Block { block, part: Part::Rescue, .. } => &block.rescue,
            List::Block { block, part: Part::Always, .. } => &block.always,
        };
        let item = items.get(self.next)?;
        self.next += 1;
        Some(match item {
            Item::Task(task) => Taken::Task(task.clone(), false),
            Item::Block(block) => Taken::Block(block.clone()),
        })
    }
}

/// The tasks of a list, blocks opened: handlers are found by name wherever they stand.
pub(super) fn flatten(items: &[Item]) -> Vec<Arc<Task>> {
    let mut tasks = Vec::new();
    for item in items {
        match item {
            Item::Task(task) => tasks.push(task.clone()),
            Item::Block(block) => tasks.extend(flatten(&block.block)),
        }
    }
    tasks
}
