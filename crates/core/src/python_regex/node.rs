//! An expression as it was read.

use super::group::Groups;

/// A part of an expression.
#[derive(Debug)]
pub(super) enum Node {
    Char(char),
    /// Any character; `newline` as well.
    Any {
        newline: bool,
    },
    /// The number of a set.
    Set(usize),
    Assert(Assertion),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// In parentheses, with its number if it has one.
    Group(Option<usize>, Box<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// The text of a group again.
    Same {
        group: usize,
        ignore_case: bool,
        ascii: bool,
    },
    /// Looks ahead, or as many characters back.
    Look {
        back: Option<u32>,
        negated: bool,
        node: Box<Node>,
    },
    /// What matched once is not tried otherwise.
    Atomic(Box<Node>),
    /// Depends on whether a group took part.
    If {
        group: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

/// How a repetition chooses among lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// What holds between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    LineStart,
    /// Also before a last newline.
    End,
    LineEnd,
    VeryEnd,
    Boundary {
        ascii: bool,
    },
    NoBoundary {
        ascii: bool,
    },
}

impl Node {
    /// The fewest and the most characters that match.
    pub(super) fn width(&self, groups: &Groups) -> (u32, u32) {
        match self {
            Self::Char(_) | Self::Any { .. } | Self::Set(_) => (1, 1),
            Self::Assert(_) | Self::Look { .. } => (0, 0),
            Self::Group(_, node) | Self::Atomic(node) => node.width(groups),
            Self::Same { group, .. } => groups.width(*group),
            Self::Sequence(nodes) => nodes.iter().fold((0, 0), |(least, most), node| {
                let (low, high) = node.width(groups);
                (least.saturating_add(low), most.saturating_add(high))
            }),
            Self::Either(nodes) => either(nodes.iter().map(|node| node.width(groups))),
            Self::If { yes, no, .. } => either([yes, no].map(|n| n.width(groups)).into_iter()),
            Self::Repeat { node, least, most, .. } => {
                let (low, high) = node.width(groups);
                (low.saturating_mul(*least), high.saturating_mul(*most))
            }
        }
    }
}

fn either(widths: impl Iterator<Item = (u32, u32)>) -> (u32, u32) {
    let joined = |(a, b): (u32, u32), (c, d): (u32, u32)| (a.min(c), b.max(d));
    widths.reduce(joined).unwrap_or_default()
}
