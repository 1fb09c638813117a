//! What a module's options say of themselves, and the checks that need no host.

use super::read::check_names;
use crate::diagnostic::Diagnostic;
use crate::message::option as say;
use crate::module::{Field, Kind, OptionError};
use crate::node::{Node, NodeKind};

impl Field {
    /// Its name in manifests: the field's, or that of `rename`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        let own = self.name.strip_prefix("r#").unwrap_or(self.name);
        self.settings("rename").next().unwrap_or(own)
    }

    /// Its other names.
    pub fn aliases(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.settings("alias")
    }

    /// Whether a task without it cannot be done.
    #[must_use]
    pub fn is_required(&self) -> bool {
        let has_default =
            self.attributes().any(|part| part == "default" || part.starts_with("default "));
        let option = self.ty.replace(' ', "");
        // What has a reader of its own is not optional by its type alone.
        let own_reader = self.settings("deserialize_with").next().is_some();
        !has_default && (own_reader || !option.starts_with("Option<"))
    }

    /// The serde attributes one by one, as `name` or `name = "value"`.
    fn attributes(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.serde.iter().flat_map(|text| text.split(',')).map(str::trim)
    }

    fn settings(&self, wanted: &'static str) -> impl Iterator<Item = &'static str> + '_ {
        self.attributes().filter_map(move |part| {
            let (name, value) = part.split_once('=')?;
            (name.trim() == wanted).then(|| value.trim().trim_matches('"'))
        })
    }
}

impl Kind {
    /// Every name that an option of this module may have.
    pub fn option_names(&self) -> Vec<&'static str> {
        let names = |field: &'static Field| std::iter::once(field.key()).chain(field.aliases());
        self.fields.iter().flat_map(names).collect()
    }

    /// The options with other spellings rewritten ([`Kind::normalize`]); another kind of node stays.
    pub fn normalized(&self, options: &Node) -> Result<Node, Diagnostic> {
        let mut node = options.clone();
        if let (Some(normalize), NodeKind::Map(entries)) = (self.normalize, &mut node.kind) {
            normalize(entries).map_err(|message| Diagnostic::new(options.pos, message))?;
        }
        Ok(node)
    }

    /// What can be said of options before they are rendered: their names, whether one is missing, and
    /// the values in which there is no template.
    pub fn check_literals(&self, options: &Node) -> Result<(), OptionError> {
        let options = &match self.normalized(options) {
            Ok(options) => options,
            // Another spelling may be in a template, which is for later to say.
            Err(_) if options.has_template() => return Ok(()),
            Err(Diagnostic { pos, message }) => {
                return Err(OptionError { pos, message, unknown: None });
            }
        };
        let NodeKind::Map(entries) = &options.kind else {
            return if options.is_template() { Ok(()) } else { self.parse(options).map(drop) };
        };
        if !self.open {
            check_names(entries, self.option_names().into_iter())
                .map_err(|fault| fault.finish(options.pos))?;
        }
        if self.expressions.is_empty() && !options.has_template() {
            return self.parse(options).map(drop);
        }
        self.check_missing(entries, options)?;
        self.check_known(entries, options)
    }

    fn check_missing(&self, entries: &[(Node, Node)], options: &Node) -> Result<(), OptionError> {
        let given = |name: &str| {
            let named = |(key, value): &(Node, Node)| {
                key.as_str() == Some(name) && value.kind != NodeKind::Null
            };
            entries.iter().any(named)
        };
        let missing = self.fields.iter().find(|field| {
            field.is_required() && !given(field.key()) && !field.aliases().any(given)
        });
        match missing {
            Some(field) => Err(OptionError {
                pos: options.pos,
                message: say::missing(field.key()),
                unknown: None,
            }),
            None => Ok(()),
        }
    }

    /// Reads the literal values first; the first templated one ends it without an error.
    fn check_known(&self, entries: &[(Node, Node)], options: &Node) -> Result<(), OptionError> {
        let is_open = |(key, value): &(Node, Node)| {
            value.has_template() || key.as_str().is_some_and(|key| self.expressions.contains(&key))
        };
        let (open, mut ordered): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(is_open);
        ordered.extend(open.into_iter().map(|(key, value)| {
            (key, Node { pos: value.pos, kind: NodeKind::Unknown("a template".into()) })
        }));
        match self.parse(&Node { pos: options.pos, kind: NodeKind::Map(ordered) }) {
            Err(error) if error.unknown.is_none() => Err(error),
            _ => Ok(()),
        }
    }
}
