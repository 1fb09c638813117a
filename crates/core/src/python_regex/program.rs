//! An expression as instructions of the machine that matches it.

use super::class::Set;
use super::group::Groups;
use super::node::{Assertion, Greed, Node};
use super::parse::Parsed;

/// How often the machine may go back in one search: about a second.
const PATIENCE: u32 = 50_000_000;

/// What matches one character.
#[derive(Clone, Copy, Debug)]
pub(super) enum One {
    Char(char),
    Any {
        newline: bool,
    },
    /// The number of a set.
    Set(usize),
}

/// One instruction. Numbers named `slot` are places for what has to be remembered, and is restored when
/// the machine goes back; those named `to`, `exit`, `no` and `after` are instructions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    One(One),
    Assert(Assertion),
    /// Remembers the position.
    Save {
        slot: usize,
    },
    /// Goes on with the next one, or else there.
    OrElse {
        to: usize,
    },
    Jump {
        to: usize,
    },
    /// One character again and again.
    Repeat {
        one: One,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// Begins to count in this slot; the next one holds where the last round began.
    Count {
        slot: usize,
    },
    /// Another round (the one after the next), or on to `exit`.
    Again {
        slot: usize,
        least: u32,
        most: u32,
        lazy: bool,
        exit: usize,
    },
    /// Begins a round that must not be empty.
    Round {
        slot: usize,
    },
    Same {
        group: usize,
        ignore_case: bool,
        ascii: bool,
    },
    /// Remembers how much there is to go back to, and in the next slot the position.
    Mark {
        slot: usize,
    },
    /// Forgets what could have been tried since the mark; `back` to its position.
    Cut {
        slot: usize,
        back: bool,
    },
    /// As a mark; where what follows fails, goes on there.
    Unless {
        slot: usize,
        after: usize,
    },
    /// What should have failed did not.
    Refute {
        slot: usize,
    },
    /// This many characters back.
    Back {
        by: u32,
    },
    If {
        group: usize,
        no: usize,
    },
    Match,
}

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) sets: Vec<Set>,
    pub(super) groups: Groups,
    /// Slots: two for each group and the whole, and those of counters and marks.
    pub(super) slots: usize,
    /// What every match begins with, where that is known.
    pub(super) first: Option<One>,
    /// Whether a match can only be at the beginning.
    pub(super) anchored: bool,
    /// How often the machine may go back in one search.
    pub(super) patience: u32,
}

impl Program {
    pub(super) fn new(parsed: Parsed) -> Self {
        let Parsed { node, sets, groups } = parsed;
        let mut writer = Writer { steps: vec![], slots: 2 * (groups.count() + 1) };
        writer.write(&node);
        writer.steps.push(Step::Match);
        let Writer { steps, slots } = writer;
        let first = first(&steps);
        let anchored = matches!(steps.first(), Some(Step::Assert(Assertion::Start)));
        Self { steps, sets, groups, slots, first, anchored, patience: PATIENCE }
    }
}

/// What the first character has to be.
fn first(steps: &[Step]) -> Option<One> {
    let step = steps.iter().find(|step| !matches!(step, Step::Save { .. } | Step::Assert(_)));
    match *step? {
        Step::One(one) | Step::Repeat { one, least: 1.., .. } => Some(one),
        _ => None,
    }
}

struct Writer {
    steps: Vec<Step>,
    slots: usize,
}

impl Writer {
    fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Two new slots.
    fn slot(&mut self) -> usize {
        self.slots += 2;
        self.slots - 2
    }

    fn write(&mut self, node: &Node) {
        match node {
            Node::Char(_) | Node::Any { .. } | Node::Set(_) => {
                if let Some(one) = one(node) {
                    self.push(Step::One(one));
                }
            }
            Node::Assert(assertion) => {
                self.push(Step::Assert(*assertion));
            }
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.write(node)),
            Node::Either(nodes) => self.either(nodes),
            Node::Group(None, node) => self.write(node),
            Node::Group(Some(number), node) => {
                self.push(Step::Save { slot: 2 * number });
                self.write(node);
                self.push(Step::Save { slot: 2 * number + 1 });
            }
            Node::Repeat { node, least, most, greed } => self.repeat(node, *least, *most, *greed),
            Node::Same { group, ignore_case, ascii } => {
                let (group, ignore_case, ascii) = (*group, *ignore_case, *ascii);
                self.push(Step::Same { group, ignore_case, ascii });
            }
            Node::Look { back, negated, node } => self.look(*back, *negated, node),
            Node::Atomic(node) => self.cut(false, None, node),
            Node::If { group, yes, no } => {
                let branch = self.push(Step::If { group: *group, no: 0 });
                self.write(yes);
                let jump = self.push(Step::Jump { to: 0 });
                self.steps[branch] = Step::If { group: *group, no: self.steps.len() };
                self.write(no);
                self.steps[jump] = Step::Jump { to: self.steps.len() };
            }
        }
    }

    fn either(&mut self, nodes: &[Node]) {
        let mut jumps = Vec::new();
        for (number, node) in nodes.iter().enumerate() {
            let is_last = number + 1 == nodes.len();
            let branch = (!is_last).then(|| self.push(Step::OrElse { to: 0 }));
            self.write(node);
            if let Some(branch) = branch {
                jumps.push(self.push(Step::Jump { to: 0 }));
                self.steps[branch] = Step::OrElse { to: self.steps.len() };
            }
        }
        for jump in jumps {
            self.steps[jump] = Step::Jump { to: self.steps.len() };
        }
    }

    fn repeat(&mut self, node: &Node, least: u32, most: u32, greed: Greed) {
        if let Some(one) = one(node) {
            self.push(Step::Repeat { one, least, most, greed });
        } else if greed == Greed::Possessive {
            let slot = self.slot();
            self.push(Step::Mark { slot });
            self.rounds(node, least, most, false);
            self.push(Step::Cut { slot, back: false });
        } else {
            self.rounds(node, least, most, greed == Greed::Lazy);
        }
    }

    fn rounds(&mut self, node: &Node, least: u32, most: u32, lazy: bool) {
        let slot = self.slot();
        self.push(Step::Count { slot });
        let again = self.push(Step::Jump { to: 0 });
        self.push(Step::Round { slot });
        self.write(node);
        self.push(Step::Jump { to: again });
        let exit = self.steps.len();
        self.steps[again] = Step::Again { slot, least, most, lazy, exit };
    }

    fn look(&mut self, back: Option<u32>, negated: bool, node: &Node) {
        if !negated {
            return self.cut(true, back, node);
        }
        let slot = self.slot();
        let unless = self.push(Step::Unless { slot, after: 0 });
        self.back(back);
        self.write(node);
        self.push(Step::Refute { slot });
        self.steps[unless] = Step::Unless { slot, after: self.steps.len() };
    }

    fn cut(&mut self, back: bool, by: Option<u32>, node: &Node) {
        let slot = self.slot();
        self.push(Step::Mark { slot });
        self.back(by);
        self.write(node);
        self.push(Step::Cut { slot, back });
    }

    fn back(&mut self, by: Option<u32>) {
        if let Some(by) = by {
            self.push(Step::Back { by });
        }
    }
}

fn one(node: &Node) -> Option<One> {
    Some(match *node {
        Node::Char(c) => One::Char(c),
        Node::Any { newline } => One::Any { newline },
        Node::Set(number) => One::Set(number),
        _ => return None,
    })
}
