//! A play as the interpreter takes it: parsed, checked, its keywords inherited.
//!
//! The manifest reader pushes what plays and blocks say down to their tasks (conditions are joined, tags
//! united, `become`, `environment`, `vars` and the like inherited), so that a task is complete by itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::node::{Node, Pos};
use crate::vars::Layer;

/// One play, or a task list standing for one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// Where it begins.
    pub pos: Pos,
    /// `name:`.
    pub name: Option<Node>,
    /// `hosts:`, a selector (may be a template of extra variables). A bare task list has none: it goes to
    /// every host of the inventory, or those of `-l`.
    pub hosts: Option<Node>,
    /// `gather_facts:`; nothing means yes in a play, and only when used in a bare task list.
    pub gather_facts: Option<bool>,
    /// `vars:`.
    pub vars: Arc<Layer>,
    /// The keywords `remote_user`, `port` and `connection` as Ansible's variables. They stand below the
    /// inventory (on [`crate::vars::Level::RoleDefaults`]), where those keywords do.
    pub defaults: Arc<Layer>,
    /// `vars_files:`, each a path or a list of which the first that exists is taken.
    pub vars_files: Vec<Node>,
    /// `serial:`: sizes of batches, each a number or a percentage; empty means all at once.
    pub serial: Vec<Batch>,
    /// `max_fail_percentage:`, counted over the whole run.
    pub max_fail_percentage: Option<f64>,
    /// `any_errors_fatal:`.
    pub any_errors_fatal: bool,
    /// `strategy: linear`: every task waits for all hosts.
    pub linear: bool,
    /// `order:` of hosts: `inventory`, `reverse_inventory`, `sorted`, `reverse_sorted`.
    pub order: Option<Arc<str>>,
    /// `pre_tasks`, `tasks`, `post_tasks` one after another, a flush of handlers after each.
    pub items: Vec<Item>,
    /// `handlers:`.
    pub handlers: Vec<Item>,
}

/// The size of a batch of `serial`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Batch {
    /// So many hosts.
    Count(u32),
    /// So much of the play's hosts, at least one.
    Percent(f64),
}

/// A step of a play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// One task.
    Task(Arc<Task>),
    /// A block with what rescues it and what always follows.
    Block(Arc<Block>),
}

/// `block:`, `rescue:`, `always:`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Where it begins.
    pub pos: Pos,
    /// `name:`.
    pub name: Option<Node>,
    /// The steps.
    pub block: Vec<Item>,
    /// Done when one of them fails, which is then not a failure.
    pub rescue: Vec<Item>,
    /// Done in any case.
    pub always: Vec<Item>,
}

/// One task, complete by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its number within the run, from 0, unique over plays and late includes.
    pub id: u32,
    /// Where it begins.
    pub pos: Pos,
    /// `name:`, or nothing where it has none.
    pub name: Option<Node>,
    /// What to do.
    pub action: Action,
    /// `args:` merged with the module's own options: a mapping, or free text in the module's free-form option.
    pub args: Node,
    /// `when:` of the task and of all that is around it; all must hold.
    pub when: Vec<Node>,
    /// `loop:` or `with_*:`.
    pub repeat: Option<Repeat>,
    /// `vars:` of the task, merged over those of the blocks around it.
    pub vars: Arc<Layer>,
    /// `register:`.
    pub register: Option<Arc<str>>,
    /// `notify:`.
    pub notify: Vec<Node>,
    /// `listen:` (of a handler).
    pub listen: Vec<Arc<str>>,
    /// `tags:`, with those of all that is around it.
    pub tags: Vec<Arc<str>>,
    /// `changed_when:`.
    pub changed_when: Vec<Node>,
    /// `failed_when:`.
    pub failed_when: Vec<Node>,
    /// `until:`.
    pub until: Vec<Node>,
    /// `retries:`.
    pub retries: Option<Node>,
    /// `delay:` between retries, in seconds.
    pub delay: Option<Node>,
    /// `ignore_errors:` (seed 2: `ignore_error`).
    pub ignore_errors: Option<Node>,
    /// `ignore_unreachable:`.
    pub ignore_unreachable: Option<Node>,
    /// `become:` and what belongs to it.
    pub r#become: Become,
    /// `environment:`, those of blocks and play first.
    pub environment: Vec<Node>,
    /// `no_log:`.
    pub no_log: Option<Node>,
    /// `run_once:`.
    pub run_once: Option<Node>,
    /// `delegate_to:`.
    pub delegate_to: Option<Node>,
    /// `delegate_facts:`.
    pub delegate_facts: bool,
    /// `any_errors_fatal:` of the task or a block around it.
    pub any_errors_fatal: bool,
    /// `check_mode:`.
    pub check_mode: Option<Node>,
    /// `diff:`.
    pub diff: Option<Node>,
    /// `timeout:` in seconds.
    pub timeout: Option<Node>,
    /// `throttle:`; 0 means none.
    pub throttle: u32,
    /// For `include_tasks`: what the included tasks inherit, as a task without an action: the keywords
    /// around the include and those of `apply:` (the include's own reach only itself).
    pub inherit: Option<Arc<Task>>,
    /// The manifest's own file, whose folder is where `files/` and `templates/` are searched first.
    pub file: u16,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A module of [`crate::module::KINDS`], by its own name.
    Module(Arc<str>),
    /// An executable of a `modules/` directory, by name.
    External(Arc<str>),
    /// `include_tasks:`; the file's name is in `args`, under `file`.
    IncludeTasks,
    /// `include_vars:`.
    IncludeVars,
    /// `meta:`.
    Meta(Meta),
}

impl Default for Action {
    fn default() -> Self {
        Self::Meta(Meta::Noop)
    }
}

/// The words of `meta:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meta {
    /// Nothing.
    Noop,
    /// Runs the handlers notified so far.
    FlushHandlers,
    /// Ends the play for every host.
    EndPlay,
    /// Ends the play for this host.
    EndHost,
    /// Ends the batch for every host of it.
    EndBatch,
    /// Forgets this host's facts.
    ClearFacts,
    /// Forgets which hosts failed.
    ClearHostErrors,
    /// Opens the connection anew.
    ResetConnection,
}

/// `become:` and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Become {
    /// `become:`.
    pub active: Option<Node>,
    /// `become_user:`; nothing means root.
    pub user: Option<Node>,
    /// `become_method:`; only `sudo` is known.
    pub method: Option<Node>,
    /// `become_flags:`.
    pub flags: Option<Node>,
}

/// `loop:` or `with_*:`, and `loop_control:`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// Which kind of loop.
    pub over: Over,
    /// What it goes over.
    pub items: Node,
    /// `loop_var:`, `item` where it is not said.
    pub var: Arc<str>,
    /// `index_var:`.
    pub index_var: Option<Arc<str>>,
    /// `label:`.
    pub label: Option<Node>,
    /// `pause:` in seconds.
    pub pause: Option<Node>,
    /// `extended:`.
    pub extended: bool,
    /// `break_when:`.
    pub break_when: Vec<Node>,
}

/// The kinds of loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// `loop:`: a list as it is.
    List,
    /// `with_NAME:`: the lookup of that name (`items`, `dict`, `fileglob`, `first_found`, `sequence`, …).
    With(Arc<str>),
}

/// All that a run of manifests is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The files that positions point into: names as the operator knows them.
    pub files: Vec<Arc<str>>,
    /// The plays in order.
    pub plays: Vec<Play>,
}

/// Whether hosts must do these steps together: a failure is one of all (`any_errors_fatal`), or what only
/// some of them come to (in a `rescue`) ends the play for all.
#[must_use]
pub fn wants_barriers(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Task(task) => task.any_errors_fatal,
        Item::Block(block) => {
            let parts = [&block.block, &block.rescue, &block.always];
            ends_for_all(&block.rescue) || parts.into_iter().any(|items| wants_barriers(items))
        }
    })
}

fn ends_for_all(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Task(task) => {
            matches!(task.action, Action::Meta(Meta::EndPlay | Meta::EndBatch))
        }
        Item::Block(block) => [&block.block, &block.rescue, &block.always]
            .into_iter()
            .any(|items| ends_for_all(items)),
    })
}
