//! Which variables a play's templates name, so that a host is sent those and no others.

use std::collections::BTreeSet;
use std::sync::Arc;

use hep_core::module;
use hep_core::node::{Node, NodeKind};
use hep_core::observe::Ask;
use hep_core::program::{Action, Item, Play, Task};
use hep_core::template::{Engine, Names};
use hep_core::vars::{Layer, Var, Vars};

use super::sources::Sources;

/// Variables that the interpreter itself reads.
const ALWAYS: &[&str] =
    &["ansible_become", "ansible_become_user", "ansible_become_method", "ansible_become_flags"];

/// What a play asks of its variables and files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    names: BTreeSet<Arc<str>>,
    /// Whether any variable may be read.
    pub(crate) all: bool,
    /// Whether other hosts' variables are read.
    pub(crate) hostvars: bool,
    /// Whether facts are named.
    pub(crate) facts: bool,
    /// Files and templates whose names are literal, by the file that asks.
    pub(crate) asks: Vec<(u16, Ask)>,
}

/// Looks through a play.
pub(crate) fn of_play(engine: &Engine, play: &Play, sources: &Sources) -> Needs {
    let mut needs = Needs::default();
    let mut look = Look { engine, sources, needs: &mut needs };
    look.layer(&play.vars);
    look.items(&play.items);
    look.items(&play.handlers);
    let facts = |name: &Arc<str>| name.starts_with("ansible_");
    needs.facts = needs.all || needs.names.iter().any(facts);
    needs.hostvars |= needs.all && needs.names.contains("hostvars");
    needs
}

impl Needs {
    /// The part of a host's variables that is needed, definitions followed.
    pub(crate) fn select(&self, engine: &Engine, vars: &Vars) -> Vars {
        if self.all {
            return vars.clone();
        }
        let mut wanted: BTreeSet<Arc<str>> = self.names.clone();
        wanted.extend(ALWAYS.iter().map(|name| Arc::from(*name)));
        let mut open: Vec<Arc<str>> = wanted.iter().cloned().collect();
        while let Some(name) = open.pop() {
            for (_, layer) in vars.layers() {
                let Some(Var::Authored(node)) = layer.get(&name) else { continue };
                if !node.has_template() {
                    continue;
                }
                let named = engine.names(node);
                if named.dynamic {
                    return vars.clone();
                }
                for name in named.names {
                    let name: Arc<str> = name.into();
                    if wanted.insert(name.clone()) {
                        open.push(name);
                    }
                }
            }
        }
        let mut selected = Vars::new();
        for (level, layer) in vars.layers() {
            let part = layer.iter().filter(|(name, _)| wanted.contains(*name));
            let part: Layer = part.map(|(name, var)| (name.clone(), var.clone())).collect();
            selected.push(*level, Arc::new(part));
        }
        selected
    }

    /// Whether the variable `name` may be read.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    fn take(&mut self, named: Names) {
        self.hostvars |= named.names.contains("hostvars");
        self.all |= named.dynamic;
        self.names.extend(named.names.into_iter().map(Arc::from));
    }
}

struct Look<'a> {
    engine: &'a Engine,
    sources: &'a Sources,
    needs: &'a mut Needs,
}

impl Look<'_> {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Task(task) => self.task(task),
                Item::Block(block) => {
                    for part in [&block.block, &block.rescue, &block.always] {
                        self.items(part);
                    }
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        // What an included file will name is not known yet.
        self.needs.all |= matches!(task.action, Action::IncludeTasks);
        self.layer(&task.vars);
        let conditions =
            [&task.when, &task.changed_when, &task.failed_when, &task.until].into_iter().flatten();
        for condition in conditions {
            self.expression(condition);
        }
        self.keywords(task);
        self.options(task);
        if let Some(repeat) = &task.repeat {
            self.node(&repeat.items);
            repeat.label.iter().chain(&repeat.pause).for_each(|node| self.node(node));
            repeat.break_when.iter().for_each(|node| self.expression(node));
        }
    }

    fn keywords(&mut self, task: &Task) {
        let singles = [
            &task.name,
            &task.retries,
            &task.delay,
            &task.ignore_errors,
            &task.ignore_unreachable,
            &task.r#become.active,
            &task.r#become.user,
            &task.r#become.method,
            &task.no_log,
            &task.run_once,
            &task.delegate_to,
            &task.check_mode,
            &task.diff,
            &task.timeout,
        ];
        for node in singles.into_iter().flatten() {
            self.node(node);
        }
        task.environment.iter().chain(&task.notify).for_each(|node| self.node(node));
    }

    fn options(&mut self, task: &Task) {
        let Action::Module(name) = &task.action else { return self.node(&task.args) };
        let Some(kind) = module::find(name) else { return self.node(&task.args) };
        let NodeKind::Map(entries) = &task.args.kind else { return self.node(&task.args) };
        for (key, value) in entries {
            let key = key.as_str().unwrap_or_default();
            if kind.expressions.contains(&key) {
                self.expressions(value);
            } else {
                self.node(value);
            }
        }
        for is_template in [false, true] {
            for name in kind.named_files(entries, is_template) {
                self.file(task, &name, is_template);
            }
        }
    }

    fn expressions(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::List(items) => items.iter().for_each(|item| self.expression(item)),
            _ => self.expression(node),
        }
    }

    /// A file or template of the controller, where its name is literal (or made of a literal loop).
    fn file(&mut self, task: &Task, node: &Node, is_template: bool) {
        let names = self.literal_names(task, node);
        if names.is_empty() && is_template {
            // Its variables are not known.
            self.needs.all = true;
        }
        for name in names {
            let ask = if is_template { Ask::Template(name) } else { Ask::File(name) };
            if is_template {
                self.template(task.file, &ask);
            }
            self.needs.asks.push((task.file, ask));
        }
    }

    fn literal_names(&self, task: &Task, node: &Node) -> Vec<Arc<str>> {
        if !node.is_template() {
            return node.as_str().map(|text| vec![text.into()]).unwrap_or_default();
        }
        let Some(repeat) = &task.repeat else { return vec![] };
        let NodeKind::List(items) = &repeat.items.kind else { return vec![] };
        if repeat.items.has_template() {
            return vec![];
        }
        let names = items.iter().map(|item| self.with_item(&repeat.var, item, node));
        names.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The name with one item of a literal loop in its place.
    fn with_item(&self, var: &Arc<str>, item: &Node, node: &Node) -> Option<Arc<str>> {
        use hep_core::vars::Level;
        let layer = Layer::from([(var.clone(), Var::Authored(item.clone()))]);
        let mut vars = Vars::new();
        vars.push(Level::Loop, Arc::new(layer));
        let scope: Arc<dyn hep_core::template::Scope> = Arc::new(OnlyVars(vars));
        let rendered = self.engine.node(node, &scope).ok()?;
        rendered.as_str().map(Arc::from)
    }

    /// The variables that a template's text names.
    fn template(&mut self, file: u16, ask: &Ask) {
        use hep_core::observe::{Reply, SourceBody};
        if let Some(Reply::File(source)) = self.sources.reply(file, ask)
            && let SourceBody::Text(text) = source.body
        {
            self.node(&Node::bare(NodeKind::Str(text)));
        }
    }

    fn node(&mut self, node: &Node) {
        if node.has_template() {
            self.needs.take(self.engine.names(node));
        }
    }

    fn expression(&mut self, node: &Node) {
        self.needs.take(self.engine.names_expr(node));
    }

    fn layer(&mut self, layer: &Layer) {
        for var in layer.values() {
            if let Var::Authored(node) = var {
                self.node(node);
            }
        }
    }
}

/// Variables, and nobody to ask.
struct OnlyVars(Vars);

impl hep_core::template::Scope for OnlyVars {
    fn vars(&self) -> &Vars {
        &self.0
    }

    fn lookup(&self, _ask: Ask) -> Result<hep_core::template::Evaluated, hep_core::observe::Stop> {
        Err(hep_core::observe::Stop::Pending)
    }
}
