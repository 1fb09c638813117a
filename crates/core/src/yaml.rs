//! YAML as the operator writes it, read into [`Node`]s: every value with its place, scalars as `PyYAML`
//! resolves them (YAML 1.1), Ansible's tags `!vault` and `!unsafe`.
//!
//! The grammar is `saphyr-parser`'s; the tree, anchors, merge keys and limits are ours. JSON is read as
//! the YAML it is.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use crate::diagnostic::Diagnostic;
use crate::message::{Message, manifest};
use crate::node::{Node, NodeKind, Pos};

mod analysis;
pub mod scalar;
pub mod write;

/// Why a text is not YAML that we take, and where.
pub type Error = Diagnostic;

/// Opens the text of a `!vault` value.
pub type Decrypt<'a> = &'a mut dyn FnMut(&str, Pos) -> Result<String, Message>;

/// Levels of nesting that are read; beyond it the file is refused.
const DEPTH: usize = 128;

/// Nodes that aliases and merges may add to those written, against "billion laughs".
const EXPANSION: usize = 500_000;

/// The core schema's tags.
const CORE: &str = "tag:yaml.org,2002:";

/// Reads every document of `text`; positions point into file `file`. A `!vault` value is an error.
pub fn parse(text: &str, file: u16) -> Result<Vec<Node>, Error> {
    parse_with(text, file, &mut |_, _| Err(manifest::vault_without_password()))
}

/// As [`parse`], with something that opens `!vault` values.
pub fn parse_with(text: &str, file: u16, decrypt: Decrypt<'_>) -> Result<Vec<Node>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        text,
        file,
        anchors: HashMap::new(),
        built: 0,
        expanded: 0,
        decrypt,
    };
    let mut documents = Vec::new();
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentStart(_) => {
                builder.anchors.clear();
                let (event, span) = builder.next()?;
                documents.push(builder.node(event, span, Place::default())?);
            }
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            _ => return Err(builder.fail(span.start, manifest::yaml_syntax("unexpected content"))),
        }
    }
}

/// Reads a text that must hold one document; nothing at all reads as null.
pub fn parse_one(text: &str, file: u16, decrypt: Decrypt<'_>) -> Result<Node, Error> {
    let mut documents = parse_with(text, file, decrypt)?;
    if let Some(second) = documents.get(1) {
        return Err(Diagnostic::new(second.pos, manifest::several_documents()));
    }
    Ok(documents.pop().unwrap_or_default())
}

struct Builder<'t, 'd> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    file: u16,
    anchors: HashMap<usize, Anchored>,
    built: usize,
    expanded: usize,
    decrypt: Decrypt<'d>,
}

struct Anchored {
    node: Node,
    size: usize,
}

/// Where a node stands in the tree.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    /// Within something tagged `!unsafe`.
    literal: bool,
}

impl<'t> Builder<'t, '_> {
    fn pos(&self, at: Marker) -> Pos {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Pos { file: self.file, line: number(at.line()), col: number(at.col() + 1) }
    }

    fn fail(&self, at: Marker, message: Message) -> Error {
        Diagnostic::new(self.pos(at), message)
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Error> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn syntax(&self, error: &ScanError) -> Error {
        let mut pos = self.pos(*error.marker());
        let lines = self.text.lines().count();
        if pos.line as usize > lines {
            // The end of the file: show the last line there is.
            pos.line = u32::try_from(lines.max(1)).unwrap_or(u32::MAX);
            let width = self.text.lines().last().map_or(0, |line| line.chars().count());
            pos.col = u32::try_from(width + 1).unwrap_or(u32::MAX);
        }
        let line = |n: u32| self.text.lines().nth((n as usize).wrapping_sub(1)).unwrap_or("");
        let (here, before) = (line(pos.line), line(pos.line.wrapping_sub(1)));
        let indent = |s: &str| s.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
        let next = line(pos.line.saturating_add(1));
        if error.info().contains("tab") && !indent(here) && indent(next) {
            pos = Pos { line: pos.line + 1, col: 1, ..pos };
        }
        let message = if indent(here) || error.info().contains("tab") {
            manifest::yaml_tab(error.info())
        } else if [here, before].iter().any(|s| s.contains(": {{") || s.contains("- {{")) {
            manifest::yaml_unquoted_template(error.info())
        } else if error.info().contains("mapping values are not allowed") {
            manifest::yaml_colon(error.info())
        } else {
            manifest::yaml_syntax(error.info())
        };
        Diagnostic::new(pos, message)
    }

    fn node(&mut self, event: Event<'t>, span: Span, place: Place) -> Result<Node, Error> {
        if place.depth > DEPTH {
            return Err(self.fail(span.start, manifest::yaml_depth(DEPTH)));
        }
        let (before, expanded) = (self.built, self.expanded);
        self.built += 1;
        let (anchor, node) = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                (anchor, self.scalar(&text, plain, tag.as_deref(), span, place)?)
            }
            Event::SequenceStart(anchor, tag) => {
                (anchor, self.sequence(tag.as_deref(), span, place)?)
            }
            Event::MappingStart(anchor, tag) => {
                (anchor, self.mapping(tag.as_deref(), span, place)?)
            }
            _ => return Err(self.fail(span.start, manifest::yaml_syntax("unexpected end"))),
        };
        if anchor > 0 {
            let size = self.built - before + self.expanded - expanded;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Error> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(self.fail(span.start, manifest::yaml_alias_of_itself()));
        };
        self.expanded += anchored.size;
        if self.expanded > EXPANSION {
            return Err(self.fail(span.start, manifest::yaml_expansion(EXPANSION)));
        }
        Ok(anchored.node.clone())
    }

    fn scalar(
        &mut self,
        text: &str,
        plain: bool,
        tag: Option<&Tag>,
        span: Span,
        place: Place,
    ) -> Result<Node, Error> {
        let pos = self.pos(span.start);
        let name = tag.map(tag_name);
        let kind = match name.as_deref() {
            None if !plain => Ok(NodeKind::Str(text.into())),
            None => Ok(scalar::plain(text)),
            Some("!vault" | "!vault-encrypted") => {
                (self.decrypt)(text, pos).map(|text| NodeKind::Secret(text.into()))
            }
            Some("!unsafe") => Ok(NodeKind::Literal(text.into())),
            Some("!!str" | "!" | "!!timestamp") => Ok(NodeKind::Str(text.into())),
            Some("!!binary") => binary(text),
            Some(tag) => scalar::tagged(tag, text).unwrap_or_else(|| Err(manifest::yaml_tag(tag))),
        };
        let kind = kind.map_err(|message| Diagnostic::new(pos, message))?;
        let kind = match kind {
            NodeKind::Str(text) if place.literal => NodeKind::Literal(text),
            kind => kind,
        };
        Ok(Node { pos, kind })
    }

    /// The place of what lies within a collection, whose tag must be one that a collection can have.
    fn within(
        &self,
        tag: Option<&Tag>,
        own: &str,
        span: Span,
        place: Place,
    ) -> Result<Place, Error> {
        let literal = match tag.map(tag_name).as_deref() {
            None | Some("!") => place.literal,
            Some("!unsafe") => true,
            Some(tag) if tag == own => place.literal,
            Some(tag) => return Err(self.fail(span.start, manifest::yaml_tag(tag))),
        };
        Ok(Place { depth: place.depth + 1, literal })
    }

    fn sequence(&mut self, tag: Option<&Tag>, span: Span, place: Place) -> Result<Node, Error> {
        let within = self.within(tag, "!!seq", span, place)?;
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node { pos: self.pos(span.start), kind: NodeKind::List(items) });
            }
            items.push(self.node(event, at, within)?);
        }
    }

    fn mapping(&mut self, tag: Option<&Tag>, span: Span, place: Place) -> Result<Node, Error> {
        let within = self.within(tag, "!!map", span, place)?;
        let mut map = Mapping::default();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                let kind = NodeKind::Map(map.finish());
                return Ok(Node { pos: self.pos(span.start), kind });
            }
            let merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, at, within)?;
            let (event, at) = self.next()?;
            let empty = is_empty_plain(&event);
            let mut value = self.node(event, at, within)?;
            if empty {
                value.pos = key.pos;
            }
            if merge { map.merge(value) } else { map.own(key, value) }
                .map_err(|(pos, message)| Diagnostic::new(pos, message))?;
        }
    }
}

/// A value that is not written at all has no place of its own.
fn is_empty_plain(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text.is_empty())
}

fn tag_name(tag: &Tag) -> String {
    if tag.handle == CORE {
        return format!("!!{}", tag.suffix);
    }
    let whole = format!("{}{}", tag.handle, tag.suffix);
    match whole.strip_prefix(CORE) {
        Some(suffix) => format!("!!{suffix}"),
        None => whole,
    }
}

fn binary(text: &str) -> Result<NodeKind, Message> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(packed).map_err(manifest::yaml_binary)?;
    let text = String::from_utf8(bytes).map_err(manifest::yaml_binary)?;
    Ok(NodeKind::Literal(text.into()))
}

/// A mapping being read.
#[derive(Default)]
struct Mapping {
    /// From `<<`; what a mapping says itself goes before it.
    merged: Vec<(Node, Node)>,
    entries: Vec<(Node, Node)>,
    lines: HashMap<Arc<str>, u32>,
}

impl Mapping {
    fn own(&mut self, key: Node, value: Node) -> Result<(), (Pos, Message)> {
        if matches!(key.kind, NodeKind::List(_) | NodeKind::Map(_)) {
            return Err((key.pos, manifest::yaml_key()));
        }
        let text = key.key_text();
        if let Some(line) = self.lines.insert(text.clone(), key.pos.line) {
            return Err((key.pos, manifest::duplicate_key(text, line)));
        }
        self.entries.push((key, value));
        Ok(())
    }

    /// Takes `<<`: a mapping or a list of them, of which the earlier goes before the later.
    fn merge(&mut self, value: Node) -> Result<(), (Pos, Message)> {
        match value.kind {
            NodeKind::Map(entries) => {
                self.merged.extend(entries);
                Ok(())
            }
            NodeKind::List(items) => items.into_iter().try_for_each(|item| match item.kind {
                NodeKind::Map(entries) => {
                    self.merged.extend(entries);
                    Ok(())
                }
                _ => Err((item.pos, manifest::yaml_merge())),
            }),
            _ => Err((value.pos, manifest::yaml_merge())),
        }
    }

    fn finish(self) -> Vec<(Node, Node)> {
        if self.merged.is_empty() {
            return self.entries;
        }
        let mut seen = self.lines;
        let mut all: Vec<_> = self
            .merged
            .into_iter()
            .filter(|(key, _)| seen.insert(key.key_text(), key.pos.line).is_none())
            .collect();
        all.extend(self.entries);
        all
    }
}

#[cfg(test)]
#[path = "yaml/tests.rs"]
mod tests;
