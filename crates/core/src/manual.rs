//! The manual of the modules as text, made from their doc comments: `hep modules [NAME]`.

use crate::module::{Field, KINDS, Kind, Place};

/// Columns of the text.
const WIDTH: usize = 80;

/// One line a module: its name and what it does.
#[must_use]
pub fn list() -> String {
    let width = KINDS.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    let line = |kind: &Kind| format!("{:width$}  {}\n", kind.name, summary(kind));
    KINDS.iter().map(line).collect()
}

/// The first sentence of a module's manual.
#[must_use]
pub fn summary(kind: &Kind) -> String {
    paragraphs(kind.doc).into_iter().next().unwrap_or_default()
}

/// The whole page of a module.
#[must_use]
pub fn page(kind: &Kind) -> String {
    let mut out = kind.name.to_uppercase();
    out.push_str("\n\n");
    let (examples, texts): (Vec<String>, Vec<String>) =
        paragraphs(kind.doc).into_iter().partition(|text| text.starts_with("Example: "));
    for text in texts {
        push_wrapped(&mut out, &text, 2);
        out.push('\n');
    }
    if !kind.aliases.is_empty() {
        push_wrapped(&mut out, &format!("Also called: {}.", kind.aliases.join(", ")), 2);
        out.push('\n');
    }
    if kind.place == Place::Controller {
        push_wrapped(&mut out, "Done by the controller, not on the host.", 2);
        out.push('\n');
    }
    if !kind.fields.is_empty() || kind.open {
        out.push_str("OPTIONS\n\n");
    }
    kind.fields.iter().for_each(|field| push_field(&mut out, kind, field));
    if kind.open {
        out.push_str("  Options of any other name are taken too.\n\n");
    }
    if !examples.is_empty() {
        out.push_str("EXAMPLES\n\n");
    }
    for example in &examples {
        let example = example.trim_start_matches("Example: ").trim_matches('`');
        out.push_str("  ");
        out.push_str(example);
        out.push('\n');
    }
    out
}

/// One option: a line with name and kind, and its text below.
fn push_field(out: &mut String, kind: &Kind, field: &Field) {
    let option = Declared::of(field);
    let free = kind.free_form == Some(field.name);
    let name = if free { "(free text)" } else { option.name.as_str() };
    let mut notes = vec![option.ty.to_owned()];
    notes.extend(option.required.then(|| "required".to_owned()));
    notes.extend(option.default.map(|default| format!("default {default}")));
    if !option.aliases.is_empty() {
        notes.push(format!("also {}", option.aliases.join(", ")));
    }
    push_wrapped(out, &format!("{name} ({})", notes.join("; ")), 2);
    for text in paragraphs(&field.doc.join("\n")) {
        push_wrapped(out, &text, 6);
    }
    out.push('\n');
}

/// What an option's declaration says.
struct Declared {
    name: String,
    ty: &'static str,
    required: bool,
    default: Option<&'static str>,
    aliases: Vec<String>,
}

impl Declared {
    fn of(field: &Field) -> Self {
        let serde = field.serde.join(", ");
        let bare: String = field.ty.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = bare.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>'));
        let optional = inner.is_some();
        let ty = kind_of(inner.unwrap_or(&bare));
        let defaulted = serde.split(',').any(|part| {
            let part = part.trim();
            part == "default" || part.starts_with("default =")
        });
        let is_no =
            !optional && ty == "yes or no" && serde.split(',').any(|p| p.trim() == "default");
        Self {
            name: values(&serde, "rename").pop().unwrap_or_else(|| field.name.to_owned()),
            ty,
            required: !optional && !defaulted,
            default: is_no.then_some("no"),
            aliases: values(&serde, "alias"),
        }
    }
}

/// A Rust type in the words of somebody who writes manifests.
fn kind_of(ty: &str) -> &'static str {
    match ty {
        "bool" => "yes or no",
        "String" => "text",
        "Vec<String>" => "list of texts",
        "Value" => "any value",
        "Judged" => "expression",
        "Vec<Judged>" => "expressions",
        "f64" => "number",
        "Mode" => "file mode",
        "i64" | "u64" | "i32" | "u32" | "u16" | "u8" => "whole number",
        _ => "word",
    }
}

/// The texts given to `key` in serde attributes.
fn values(serde: &str, key: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = serde;
    while let Some(at) = rest.find(key) {
        rest = &rest[at + key.len()..];
        let quoted = rest.trim_start().strip_prefix('=').map(str::trim_start);
        if let Some((value, after)) =
            quoted.and_then(|text| text.strip_prefix('"')).and_then(|text| text.split_once('"'))
        {
            found.push(value.to_owned());
            rest = after;
        }
    }
    found
}

/// The paragraphs of a doc comment, each on one line.
fn paragraphs(doc: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![String::new()];
    for line in doc.lines().map(str::trim) {
        match found.last_mut() {
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(line);
            }
            _ => found.push(String::new()),
        }
    }
    found.retain(|text| !text.is_empty());
    found
}

/// Adds a text with lines of at most [`WIDTH`] columns.
fn push_wrapped(out: &mut String, text: &str, indent: usize) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && indent + column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(&" ".repeat(indent));
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_a_summary_an_example_and_a_text_for_each_option() {
        for kind in KINDS {
            assert!(summary(kind).ends_with(['.', ':']), "{}: {}", kind.name, summary(kind));
            assert!(page(kind).contains("\nEXAMPLES\n"), "{} has no example", kind.name);
            for field in kind.fields {
                let text = field.doc.concat();
                assert!(text.trim().len() > 8, "{}.{} has no text", kind.name, field.name);
            }
            for line in page(kind).lines().take_while(|line| *line != "EXAMPLES") {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", kind.name);
            }
        }
        assert_eq!(list().lines().count(), KINDS.len());
    }

    #[test]
    fn an_option_tells_type_default_and_other_names() {
        let apt = crate::module::find("apt").unwrap();
        let page = page(apt);
        assert!(page.contains("  name (list of texts; also package, pkg)\n"), "{page}");
        assert!(page.contains("  purge (yes or no; default no)\n"));
        assert!(page.contains("  apt: package=htop action=remove\n"));
        let user = self::page(crate::module::find("user").unwrap());
        assert!(user.contains("  name (text; required; also user)\n"));
        let service = self::page(crate::module::find("service").unwrap());
        assert!(service.contains("\n  use (text)\n"));
        assert!(service.contains("Also called: systemd"));
    }
}
