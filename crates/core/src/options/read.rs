//! A serde deserializer over [`Node`] that coerces by the type that is asked for.

use std::sync::Arc;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::boolean;
use super::fault::Fault;
use crate::message::option as say;
use crate::mode::{self, Mode};
use crate::node::{Node, NodeKind};
use crate::suggest;
use crate::yaml::scalar::python_float;

/// One value being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'n> {
    node: &'n Node,
}

impl<'n> Reader<'n> {
    pub(super) const fn top(node: &'n Node) -> Self {
        Self { node }
    }

    fn wrong(self, expected: &str) -> Fault {
        if let NodeKind::Unknown(why) = &self.node.kind {
            return Fault::unknown(why);
        }
        Fault::wrong(expected, found(self.node))
    }

    /// A scalar as the text that Python's `str` makes of it.
    fn text(self) -> Result<Arc<str>, Fault> {
        match &self.node.kind {
            NodeKind::Bool(true) => Ok("True".into()),
            NodeKind::Bool(false) => Ok("False".into()),
            NodeKind::Int { value, .. } => Ok(value.to_string().into()),
            NodeKind::Float(value) => Ok(python_float(*value).into()),
            _ => self.node.as_str().map(Into::into).ok_or_else(|| self.wrong("text")),
        }
    }

    fn boolean(self) -> Result<bool, Fault> {
        let value = match &self.node.kind {
            NodeKind::Bool(value) => Some(*value),
            NodeKind::Int { value: 0, .. } => Some(false),
            NodeKind::Int { value: 1, .. } => Some(true),
            _ => self.node.as_str().and_then(boolean),
        };
        value.ok_or_else(|| self.wrong("yes or no"))
    }

    fn integer(self) -> Result<i64, Fault> {
        let value = match &self.node.kind {
            NodeKind::Int { value, .. } => Some(*value),
            NodeKind::Float(value) if value.fract() == 0.0 => format!("{value:.0}").parse().ok(),
            _ => self.node.as_str().and_then(|text| text.trim().parse().ok()),
        };
        value.ok_or_else(|| self.wrong("a whole number"))
    }

    fn float(self) -> Result<f64, Fault> {
        let value = match &self.node.kind {
            NodeKind::Float(value) => Some(*value),
            NodeKind::Int { value, .. } => value.to_string().parse().ok(),
            _ => self.node.as_str().and_then(|text| text.trim().parse().ok()),
        };
        value.ok_or_else(|| self.wrong("a number"))
    }

    /// A mode as text; only an octal number is one.
    fn mode(self) -> Result<Arc<str>, Fault> {
        match &self.node.kind {
            NodeKind::Int { value, octal: true } => Ok(format!("0{value:o}").into()),
            NodeKind::Int { value, octal: false } => Err(Fault::mode_number(*value)),
            _ => {
                let text = self.text()?;
                if Mode::parse(&text).is_some() { Ok(text) } else { Err(Fault::mode(&text)) }
            }
        }
    }

    /// A list: one that is written, the parts of a text at its commas, or one scalar.
    fn items(self) -> Result<Vec<Node>, Fault> {
        let text = |text: &str| Node { pos: self.node.pos, kind: NodeKind::Literal(text.into()) };
        match &self.node.kind {
            NodeKind::List(items) => Ok(items.clone()),
            NodeKind::Int { .. } | NodeKind::Float(_) | NodeKind::Bool(_) => {
                Ok(vec![text(&self.text()?)])
            }
            _ => match self.node.as_str() {
                Some(whole) if whole.trim().is_empty() => Ok(Vec::new()),
                Some(whole) => Ok(whole.split(',').map(|part| text(part.trim())).collect()),
                None => Err(self.wrong("a list")),
            },
        }
    }

    /// A mapping: one that is written, JSON in a text, or `a=1 b=2` in a text.
    fn entries(self) -> Result<Vec<(Node, Node)>, Fault> {
        if let NodeKind::Map(entries) = &self.node.kind {
            return Ok(entries.clone());
        }
        let parsed = match self.node.as_str() {
            Some(text) if text.trim_start().starts_with('{') => braces(text, self.node),
            Some(text) if text.contains('=') => pairs(text, self.node),
            _ => None,
        };
        parsed.ok_or_else(|| self.wrong("a mapping"))
    }
}

/// What a value is, for "found …". The text of a secret is not shown.
fn found(node: &Node) -> String {
    match &node.kind {
        NodeKind::Null => "nothing".to_owned(),
        NodeKind::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        NodeKind::Int { value, .. } => format!("the number {value}"),
        NodeKind::Float(value) => format!("the number {}", python_float(*value)),
        NodeKind::Str(text) | NodeKind::Literal(text) | NodeKind::Foreign(text) => {
            let shown: String = text.chars().take(60).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("the text `{}{more}`", shown.escape_debug())
        }
        NodeKind::Secret(_) => "a secret text".to_owned(),
        NodeKind::List(_) => "a list".to_owned(),
        NodeKind::Map(_) => "a mapping".to_owned(),
        NodeKind::Unknown(_) => "a value that is not known yet".to_owned(),
    }
}

/// A text that is a mapping in braces; its texts are literals.
fn braces(text: &str, node: &Node) -> Option<Vec<(Node, Node)>> {
    let parsed = crate::yaml::parse(text, node.pos.file).ok()?.into_iter().next()?;
    match Node::from_value(&parsed.to_value(), node.pos).kind {
        NodeKind::Map(entries) => Some(entries),
        _ => None,
    }
}

/// `a=1, b="x y"`; nothing where a part has no `=`.
fn pairs(text: &str, node: &Node) -> Option<Vec<(Node, Node)>> {
    let (mut parts, mut part, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = text.trim().chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => part.extend(chars.next()),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (',' | ' ', None) => parts.push(std::mem::take(&mut part)),
            (c, _) => part.push(c),
        }
    }
    parts.push(part);
    let literal = |text: &str| Node { pos: node.pos, kind: NodeKind::Literal(text.into()) };
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map(|(k, v)| (literal(k), literal(v)))).collect()
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $ty:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let value = self.integer()?;
            let value = <$ty>::try_from(value)
                .map_err(|_| Fault::wrong("a number in range", format!("the number {value}")))?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            NodeKind::Null => visitor.visit_unit(),
            NodeKind::Bool(value) => visitor.visit_bool(*value),
            NodeKind::Int { value, .. } => visitor.visit_i64(*value),
            NodeKind::Float(value) => visitor.visit_f64(*value),
            NodeKind::Str(text)
            | NodeKind::Literal(text)
            | NodeKind::Secret(text)
            | NodeKind::Foreign(text) => visitor.visit_str(text),
            NodeKind::List(items) => visitor.visit_seq(Items { items: items.iter() }),
            NodeKind::Map(entries) => visitor.visit_map(Entries::new(entries, false)),
            NodeKind::Unknown(why) => Err(Fault::unknown(why)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(self.boolean()?)
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bytes(self.text()?.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bytes(self.text()?.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            NodeKind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == mode::NEWTYPE {
            return visitor.visit_str(&self.mode()?);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let items = self.items()?;
        visitor.visit_seq(Items { items: items.iter() })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let entries = self.entries()?;
        visitor.visit_map(Entries::new(&entries, false))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let entries = match self.node.kind {
            NodeKind::Null => Vec::new(),
            _ => self.entries()?,
        };
        check_names(&entries, fields.iter().copied())?;
        visitor.visit_map(Entries::new(&entries, true))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if let NodeKind::Map(entries) = &self.node.kind
            && let [(key, value)] = entries.as_slice()
        {
            return visitor.visit_enum(Choice { word: key.key_text(), value: Some(value) });
        }
        let mut word = self.text()?;
        if let NodeKind::Bool(value) = self.node.kind {
            // `state: on` was read as a boolean before anyone could know that a word was meant.
            let named = variants.iter().find(|name| boolean(name) == Some(value));
            word = named.map_or(word, |name| (*name).into());
        }
        visitor.visit_enum(Choice { word, value: None })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

impl IntoDeserializer<'_, Fault> for Reader<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Refuses the first option that is not among `known`, at its own place.
pub(super) fn check_names<'k>(
    entries: &[(Node, Node)],
    known: impl Iterator<Item = &'k str> + Clone,
) -> Result<(), Fault> {
    for (key, _) in entries {
        let name = key.key_text();
        if known.clone().any(|field| *field == *name) {
            continue;
        }
        let message = match suggest::closest(&name, known.clone()) {
            Some(near) => say::unknown_near(&name, near),
            None => say::unknown(&name, known.collect::<Vec<_>>().join(", ")),
        };
        return Err(Fault::message(message, key.pos));
    }
    Ok(())
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(Reader { node }).map(Some).map_err(|fault| fault.within(node.pos, None))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'n> {
    rest: std::slice::Iter<'n, (Node, Node)>,
    current: Option<&'n (Node, Node)>,
    /// Whether a null stands for "not given".
    skip_null: bool,
}

impl<'n> Entries<'n> {
    fn new(entries: &'n [(Node, Node)], skip_null: bool) -> Self {
        Self { rest: entries.iter(), current: None, skip_null }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let skip_null = self.skip_null;
        let given = |(_, value): &&(Node, Node)| !(skip_null && value.kind == NodeKind::Null);
        self.current = self.rest.by_ref().find(given);
        let Some((key, _)) = self.current else { return Ok(None) };
        let name = key.key_text();
        let name: StrDeserializer<'_, Fault> = name.as_ref().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| fault.within(key.pos, None))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, value)) = self.current else {
            return Err(de::Error::custom("a value was asked for before its name"));
        };
        seed.deserialize(Reader { node: value })
            .map_err(|fault| fault.within(value.pos, Some(key.key_text())))
    }
}

/// One word of a closed set, perhaps with a value.
struct Choice<'n> {
    word: Arc<str>,
    value: Option<&'n Node>,
}

impl<'de, 'n> EnumAccess<'de> for Choice<'n> {
    type Error = Fault;
    type Variant = ChoiceValue<'n>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, ChoiceValue<'n>), Fault> {
        let word: StrDeserializer<'_, Fault> = self.word.as_ref().into_deserializer();
        Ok((seed.deserialize(word)?, ChoiceValue { value: self.value }))
    }
}

struct ChoiceValue<'n> {
    value: Option<&'n Node>,
}

impl<'n> ChoiceValue<'n> {
    fn reader(&self) -> Result<Reader<'n>, Fault> {
        match self.value {
            Some(node) => Ok(Reader { node }),
            None => Err(Fault::wrong("a mapping", "a word".to_owned())),
        }
    }
}

impl<'de> VariantAccess<'de> for ChoiceValue<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.value {
            None => Ok(()),
            Some(node) => Err(Fault::wrong("a word", found(node))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.reader()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.reader()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.reader()?.deserialize_struct("", fields, visitor)
    }
}
