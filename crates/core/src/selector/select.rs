//! From [`Selector`] and inventory to hosts.

use std::sync::Arc;

use super::{Op, Selector, Slice, Term, To, glob, parse};
use crate::inventory::{ALL, Host, Inventory, UNGROUPED, range};
use crate::message::{self, Message};
use crate::node::{Node, NodeKind};
use crate::suggest;

/// What a selector names in an inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The hosts, in the order of the inventory; the controller's own machine last.
    pub hosts: Vec<Arc<str>>,
    /// One error for each name that the inventory does not know.
    pub unknown: Vec<Message>,
}

impl Selector {
    /// The hosts that are selected, in the order of the inventory. A name that the inventory does not know
    /// is an error; no host at all is not.
    pub fn select(&self, inventory: &Inventory) -> Result<Vec<Arc<str>>, Message> {
        let selection = self.evaluate(inventory)?;
        match selection.unknown.into_iter().next() {
            Some(unknown) => Err(unknown),
            None => Ok(selection.hosts),
        }
    }

    /// The hosts that are selected, and errors for the names that the inventory does not know, which count
    /// as no hosts. An error of its own is a slice beyond its group, or a regular expression that gives up.
    pub fn evaluate(&self, inventory: &Inventory) -> Result<Selection, Message> {
        let mut evaluation = Evaluation { inventory, unknown: Vec::new() };
        let set = evaluation.selector(self)?;
        let named = inventory.hosts().values().chain(inventory.implicit());
        let hosts =
            named.zip(&set.0).filter(|(_, chosen)| **chosen).map(|(host, _)| host.name.clone());
        Ok(Selection { hosts: hosts.collect(), unknown: evaluation.unknown })
    }
}

/// For each host of the inventory, then for each implied one, whether it is selected.
struct Set(Vec<bool>);

impl Set {
    fn add(&mut self, index: usize) {
        if let Some(place) = self.0.get_mut(index) {
            *place = true;
        }
    }

    fn join(&mut self, op: Op, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            match op {
                Op::Or => *own |= other,
                Op::And => *own &= other,
                Op::Not => *own &= !other,
            }
        }
    }
}

struct Evaluation<'a> {
    inventory: &'a Inventory,
    unknown: Vec<Message>,
}

impl Evaluation<'_> {
    fn selector(&mut self, selector: &Selector) -> Result<Set, Message> {
        let mut set = self.empty();
        if selector.base.is_empty() {
            self.add_group(ALL, &mut set);
        }
        let base = selector.base.iter().map(|(op, term)| (*op, term));
        let and = selector.and.iter().map(|term| (Op::And, term));
        let not = selector.not.iter().map(|term| (Op::Not, term));
        for (op, term) in base.chain(and).chain(not) {
            match (op, term) {
                // Long lists of names are the common case and need no set of their own.
                (Op::Or, Term::Name(name)) => self.add_name(name, &mut set),
                _ => set.join(op, &self.term(term)?),
            }
        }
        Ok(set)
    }

    fn empty(&self) -> Set {
        Set(vec![false; self.inventory.hosts().len() + self.inventory.implicit().len()])
    }

    fn term(&mut self, term: &Term) -> Result<Set, Message> {
        let mut set = self.empty();
        match term {
            Term::All => self.add_group(ALL, &mut set),
            Term::Name(name) => self.add_name(name, &mut set),
            Term::Group(name, slice) => self.add_known_group(name, slice.as_ref(), &mut set)?,
            Term::Glob(pattern, slice) => {
                self.add_matching(&mut set, |name| Ok(glob::matches(pattern, name)))?;
                if let Some(slice) = slice {
                    self.cut(pattern, slice, &mut set)?;
                }
            }
            Term::Range { base, slice: Some(slice), .. }
                if self.inventory.groups().contains_key(base) =>
            {
                self.add_known_group(base, Some(slice), &mut set)?;
            }
            Term::Range { pattern, .. } => self.add_range(pattern, &mut set)?,
            Term::Label(name, value) => self.add_labelled(name, value, &mut set),
            Term::Regex(regex) => {
                let compiled = parse::compile(regex)?;
                self.add_matching(&mut set, |name| {
                    let found = compiled.is_match_at_start(name);
                    found.map_err(|error| message::inventory::selector_regex(regex, error))
                })?;
            }
            Term::File(_, lines) => return self.selector(lines),
        }
        Ok(set)
    }

    fn add_group(&self, group: &str, set: &mut Set) {
        self.inventory.member_indices(group).iter().for_each(|&index| set.add(index));
    }

    fn add_name(&mut self, name: &str, set: &mut Set) {
        if let Some(index) = self.index(name) {
            set.add(index);
        } else if self.inventory.groups().contains_key(name) {
            self.add_group(name, set);
        } else {
            let near = self.near(name);
            self.unknown.push(message::inventory::unknown_host(name, near));
        }
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.inventory.hosts().get_index_of(name).or_else(|| {
            let implied = self.inventory.implicit().iter().position(|host| &*host.name == name);
            implied.map(|index| index + self.inventory.hosts().len())
        })
    }

    fn near(&self, name: &str) -> String {
        let known = self.inventory.hosts().keys().chain(self.inventory.groups().keys());
        suggest::hint_or(name, known.map(|known| &**known), "`hep hosts` lists what there is")
    }

    fn add_known_group(
        &mut self,
        name: &str,
        slice: Option<&Slice>,
        set: &mut Set,
    ) -> Result<(), Message> {
        if !self.inventory.groups().contains_key(name) {
            let known = self.inventory.groups().keys().map(|known| &**known);
            let near = suggest::hint_or(name, known, "`hep hosts` lists what there is");
            self.unknown.push(message::inventory::unknown_group(name, near));
            return Ok(());
        }
        let members = self.inventory.member_indices(name);
        let chosen = match slice {
            Some(slice) => cut(members, slice, name)?,
            None => members,
        };
        for &index in chosen {
            set.add(index);
        }
        Ok(())
    }

    /// Hosts by their own names and by those of their groups. Hosts outside `all` are reached by name only.
    fn add_matching(
        &self,
        set: &mut Set,
        mut matches: impl FnMut(&str) -> Result<bool, Message>,
    ) -> Result<(), Message> {
        for group in self.inventory.groups().keys() {
            if &**group != ALL && &**group != UNGROUPED && matches(group)? {
                self.add_group(group, set);
            }
        }
        for (index, host) in self.inventory.hosts().values().enumerate() {
            if !host.outside_all && matches(&host.name)? {
                set.add(index);
            }
        }
        Ok(())
    }

    /// Keeps of a set what a slice takes, in the order of the inventory.
    fn cut(&self, name: &str, slice: &Slice, set: &mut Set) -> Result<(), Message> {
        let all: Vec<usize> = (0..set.0.len()).filter(|&index| set.0[index]).collect();
        *set = self.empty();
        if !all.is_empty() {
            cut(&all, slice, name)?.iter().for_each(|&index| set.add(index));
        }
        Ok(())
    }

    fn add_range(&mut self, pattern: &str, set: &mut Set) -> Result<(), Message> {
        for name in range::expand(pattern)? {
            match self.index(&name) {
                Some(index) => set.add(index),
                None if self.inventory.groups().contains_key(&*name) => self.add_group(&name, set),
                None => {
                    let near = self.near(&name);
                    self.unknown.push(message::inventory::range_unknown_host(pattern, &name, near));
                    // One is enough to say so; the others of a long range are of the same kind.
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn add_labelled(&self, name: &str, value: &str, set: &mut Set) {
        for (index, host) in self.inventory.hosts().values().enumerate() {
            if !host.outside_all && self.has_label(host, name, value) {
                set.add(index);
            }
        }
    }

    fn has_label(&self, host: &Host, name: &str, value: &str) -> bool {
        let has = |node: &Node| match node.kind {
            NodeKind::Secret(_) => false,
            _ => glob::matches(value, &node.key_text()),
        };
        match self.inventory.authored(host, name) {
            Some(Node { kind: NodeKind::List(items), .. }) => items.iter().any(has),
            Some(node) => has(node),
            None => false,
        }
    }
}

/// What a slice takes of a list. A single index beyond the list is an error; a span is cut short.
fn cut<'a>(list: &'a [usize], slice: &Slice, name: &str) -> Result<&'a [usize], Message> {
    let many = list.len();
    let from = usize::try_from(slice.from).ok().or_else(|| {
        many.checked_sub(usize::try_from(slice.from.unsigned_abs()).unwrap_or(usize::MAX))
    });
    let error = || message::inventory::selector_slice(name, &slice.text, many);
    match slice.to {
        To::Same => {
            let from = from.filter(|&from| from < many).ok_or_else(error)?;
            Ok(&list[from..=from])
        }
        To::End => Ok(&list[from.unwrap_or(0).min(many)..]),
        To::Index(to) => {
            let from = from.unwrap_or(0).min(many);
            Ok(&list[from..to.saturating_add(1).clamp(from, many)])
        }
    }
}
