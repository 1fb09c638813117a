//! YAML trees until the crate's own reader is here: plain scalars, quoting, collections, `!vault`.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::Error;
use crate::message::{self, Message};
use crate::node::{Node, NodeKind, Pos};

/// Opens the text of a `!vault` value.
pub(super) type Decrypt<'a> = &'a mut dyn FnMut(&str, Pos) -> Result<String, Message>;

/// Reads a text that must hold one document; nothing at all reads as null.
pub(super) fn parse_one(text: &str, file: u16, decrypt: Decrypt<'_>) -> Result<Node, Error> {
    let mut parser = Parser::new_from_str(text);
    let mut root = Node::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| scan_error(&error, file))?;
        match event {
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
            other => root = node(&mut parser, other, span, file, decrypt)?,
        }
    }
    Ok(root)
}

fn scan_error(error: &saphyr_parser::ScanError, file: u16) -> Error {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let pos =
        Pos { file, line: number(error.marker().line()), col: number(error.marker().col() + 1) };
    Error::new(pos, message::inventory::dynamic_not_json(error.info()))
}

fn node<'a>(
    parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>,
    event: Event<'a>,
    span: Span,
    file: u16,
    decrypt: Decrypt<'_>,
) -> Result<Node, Error> {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let pos = Pos { file, line: number(span.start.line()), col: number(span.start.col() + 1) };
    let mut items = Vec::new();
    let mapping = matches!(event, Event::MappingStart(..));
    let kind = match event {
        Event::Scalar(text, _, _, Some(tag)) if tag.suffix == "vault" => {
            let opened = decrypt(&text, pos).map_err(|message| Error::new(pos, message))?;
            NodeKind::Secret(opened.into())
        }
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => NodeKind::Str(text.as_ref().into()),
        Event::SequenceStart(..) | Event::MappingStart(..) => {
            while let Some(event) = parser.next_event() {
                let (event, span) = event.map_err(|error| scan_error(&error, file))?;
                if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
                    break;
                }
                items.push(node(parser, event, span, file, decrypt)?);
            }
            if mapping {
                let mut items = items.into_iter();
                let mut entries = Vec::new();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    entries.push((key, value));
                }
                NodeKind::Map(entries)
            } else {
                NodeKind::List(items)
            }
        }
        _ => NodeKind::Null,
    };
    Ok(Node { pos, kind })
}

fn plain(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" => NodeKind::Null,
        "true" | "yes" | "True" => NodeKind::Bool(true),
        "false" | "no" | "False" => NodeKind::Bool(false),
        _ => text.parse().map_or_else(
            |_| NodeKind::Str(text.into()),
            |value| NodeKind::Int { value, octal: false },
        ),
    }
}
