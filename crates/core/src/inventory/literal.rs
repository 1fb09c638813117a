//! Values of INI inventories: a Python literal where the text is one, else the text.
//!
//! Ansible reads them with `ast.literal_eval`: numbers, strings, `True`, `False`, `None`, lists, tuples,
//! dictionaries, sets. `yes`, `true` and `0644` are none of these and stay texts.

use crate::node::{Node, NodeKind, Pos};

/// Nesting beyond this is taken as text.
const DEPTH: usize = 50;

/// The value that `text` stands for; every part of it gets the place `pos`.
#[must_use]
pub fn value(text: &str, pos: Pos) -> Node {
    let mut reader = Reader { rest: text.trim_start_matches([' ', '\t']), pos, depth: 0 };
    match reader.literal() {
        Some(node) if reader.at_end() => node,
        _ => Node { pos, kind: NodeKind::Str(text.into()) },
    }
}

struct Reader<'a> {
    rest: &'a str,
    pos: Pos,
    depth: usize,
}

impl Reader<'_> {
    fn node(&self, kind: NodeKind) -> Node {
        Node { pos: self.pos, kind }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Nothing more but a comment: Python's grammar allows one after an expression.
    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn literal(&mut self) -> Option<Node> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth += 1;
        self.skip_space();
        let node = match self.rest.chars().next()? {
            '[' => self.items('[', ']').map(|(items, _)| self.node(NodeKind::List(items))),
            '(' => self.parenthesis(),
            '{' => self.braces(),
            '\'' | '"' => self.text(),
            '+' | '-' | '.' | '0'..='9' => self.number(),
            _ => self.word().or_else(|| self.text()),
        };
        self.depth -= 1;
        node
    }

    /// The items between brackets, and whether there was a comma.
    fn items(&mut self, open: char, close: char) -> Option<(Vec<Node>, bool)> {
        self.rest = self.rest.strip_prefix(open)?;
        let (mut items, mut comma) = (Vec::new(), true);
        loop {
            self.skip_space();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Some((items, comma));
            }
            if !comma {
                return None;
            }
            items.push(self.literal()?);
            self.skip_space();
            comma = self.eat(",");
        }
    }

    /// A tuple, which becomes a list, or a value in parentheses.
    fn parenthesis(&mut self) -> Option<Node> {
        let (mut items, comma) = self.items('(', ')')?;
        if items.len() == 1 && !comma {
            return items.pop();
        }
        Some(self.node(NodeKind::List(items)))
    }

    /// A dictionary, or a set, which becomes a list: the first `:` or its absence says which.
    fn braces(&mut self) -> Option<Node> {
        self.rest = self.rest.strip_prefix('{')?;
        let (mut entries, mut items, mut comma) = (Vec::<(Node, Node)>::new(), Vec::new(), true);
        loop {
            self.skip_space();
            if self.eat("}") {
                let set = !items.is_empty();
                let kind = if set { NodeKind::List(items) } else { NodeKind::Map(entries) };
                return Some(self.node(kind));
            }
            let key = self.literal().filter(|key| comma && is_key(key))?;
            self.skip_space();
            if self.eat(":") {
                let value = self.literal()?;
                match entries.iter_mut().find(|(other, _)| other.kind == key.kind) {
                    Some((_, old)) => *old = value,
                    None => entries.push((key, value)),
                }
            } else {
                items.push(key);
            }
            if !entries.is_empty() && !items.is_empty() {
                return None;
            }
            self.skip_space();
            comma = self.eat(",");
        }
    }

    fn word(&mut self) -> Option<Node> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let kind = match word {
            "True" => NodeKind::Bool(true),
            "False" => NodeKind::Bool(false),
            "None" => NodeKind::Null,
            _ => return None,
        };
        self.rest = rest;
        Some(self.node(kind))
    }

    fn number(&mut self) -> Option<Node> {
        let mut negative = false;
        while let Some(sign) = self.rest.strip_prefix(['+', '-']) {
            negative ^= self.rest.starts_with('-');
            self.rest = sign.trim_start_matches([' ', '\t']);
        }
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        while let Some(&byte) = bytes.get(end) {
            let exponent =
                end > 0 && matches!(bytes[end - 1], b'e' | b'E') && !self.rest.starts_with("0x");
            let part = byte.is_ascii_alphanumeric() || b"._".contains(&byte);
            let sign = exponent && b"+-".contains(&byte);
            if !part && !sign {
                break;
            }
            end += 1;
        }
        let (digits, rest) = self.rest.split_at(end);
        let kind = number(digits, negative)?;
        self.rest = rest;
        Some(self.node(kind))
    }

    /// One or more strings side by side, with the prefixes `r` and `u`.
    fn text(&mut self) -> Option<Node> {
        let mut text = String::new();
        loop {
            let raw = self.prefix()?;
            self.quoted(raw, &mut text)?;
            self.skip_space();
            if !self.starts_text() {
                return Some(self.node(NodeKind::Str(text.into())));
            }
        }
    }

    fn starts_text(&self) -> bool {
        let unprefixed = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        self.rest.len() - unprefixed.len() <= 1 && unprefixed.starts_with(['\'', '"'])
    }

    fn prefix(&mut self) -> Option<bool> {
        if !self.starts_text() {
            return None;
        }
        let raw = self.rest.starts_with(['r', 'R']);
        self.rest = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        Some(raw)
    }

    fn quoted(&mut self, raw: bool, text: &mut String) -> Option<()> {
        let quote = self.rest.chars().next()?;
        let triple = if quote == '"' { "\"\"\"" } else { "'''" };
        let end = if self.rest.starts_with(triple) { triple } else { &triple[..1] };
        self.rest = &self.rest[end.len()..];
        loop {
            if self.eat(end) {
                return Some(());
            }
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '\\' if raw => {
                    let next = self.rest.chars().next()?;
                    self.rest = &self.rest[next.len_utf8()..];
                    text.extend(['\\', next]);
                }
                '\\' => self.escape(text)?,
                '\n' if end.len() == 1 => return None,
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        let plain = match c {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => c,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => return self.code(2, text),
            'u' => return self.code(4, text),
            'U' => return self.code(8, text),
            '0'..='7' => return self.octal(c, text),
            other => {
                text.extend(['\\', other]);
                return Some(());
            }
        };
        text.push(plain);
        Some(())
    }

    fn code(&mut self, digits: usize, text: &mut String) -> Option<()> {
        let (code, rest) = self.rest.split_at_checked(digits)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        self.rest = rest;
        Some(())
    }

    /// Up to three octal digits, of which `first` has been read.
    fn octal(&mut self, first: char, text: &mut String) -> Option<()> {
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.rest = &self.rest[1..];
        }
        text.push(char::from_u32(code)?);
        Some(())
    }
}

/// Python's keys are hashable.
const fn is_key(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_))
}

fn number(digits: &str, negative: bool) -> Option<NodeKind> {
    if digits.ends_with('_') || digits.starts_with('_') || digits.contains("__") {
        return None;
    }
    let plain = digits.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    if let Some((prefix, radix)) = radix.into_iter().find(|(prefix, _)| lower.starts_with(prefix)) {
        let value = i64::from_str_radix(&lower[prefix.len()..], radix).ok()?;
        let value = if negative { -value } else { value };
        return Some(NodeKind::Int { value, octal: radix == 8 });
    }
    let sign = if negative { "-" } else { "" };
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        // `0644` is an error in Python, so it is text; `00` is zero. A number too large for us is text.
        if plain.starts_with('0') && plain.bytes().any(|byte| byte != b'0') {
            return None;
        }
        let value = format!("{sign}{plain}").parse().ok()?;
        return Some(NodeKind::Int { value, octal: false });
    }
    let floating = plain.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let value: f64 = format!("{sign}{plain}").parse().ok().filter(|_| floating)?;
    Some(NodeKind::Float(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_are_what_python_makes_of_them() {
        let cases = [
            ("23", json!(23)),
            ("-5", json!(-5)),
            ("1_000", json!(1000)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("0644", json!("0644")),
            ("00", json!(0)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("1.2.3", json!("1.2.3")),
            ("True", json!(true)),
            ("true", json!("true")),
            ("yes", json!("yes")),
            ("None", json!(null)),
            ("'a b'", json!("a b")),
            ("\"a\\nb\"", json!("a\nb")),
            ("'a' 'b'", json!("ab")),
            ("r'\\d'", json!("\\d")),
            ("'\\x41\\u00e9\\101'", json!("AéA")),
            ("'03#pa33w0rd'", json!("03#pa33w0rd")),
            ("[1, 'a', [True]]", json!([1, "a", [true]])),
            ("[1, 2", json!("[1, 2")),
            ("[a, b]", json!("[a, b]")),
            ("(1, 2)", json!([1, 2])),
            ("(1)", json!(1)),
            ("(1,)", json!([1])),
            ("{'a': 1, 'b': {'c': []}}", json!({"a": 1, "b": {"c": []}})),
            ("{'a', 'b'}", json!(["a", "b"])),
            ("{}", json!({})),
            ("{'a', 'b': 1}", json!("{'a', 'b': 1}")),
            ("{1: 2, 1: 3}", json!({"1": 3})),
            ("8080 # the port", json!(8080)),
            ("word # no comment", json!("word # no comment")),
            ("{{ template }}", json!("{{ template }}")),
            ("99999999999999999999", json!("99999999999999999999")),
            ("", json!("")),
            ("inf", json!("inf")),
            ("1 2", json!("1 2")),
            ("/etc/x", json!("/etc/x")),
            ("10.0.0.1", json!("10.0.0.1")),
        ];
        for (text, expected) in cases {
            let found = serde_json::to_value(value(text, Pos::default()).to_value()).unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_text_and_costs_nothing() {
        for open in ["{", "[", "(", "{1:"] {
            let text = open.repeat(100_000);
            assert_eq!(value(&text, Pos::default()).as_str(), Some(text.as_str()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_value(text in "\\PC{0,24}") {
            let _ = value(&text, Pos::default());
        }

        #[test]
        fn any_mixture_of_brackets_is_a_value(text in "[\\[\\](){}'\"\\\\,:0-9a ru.xe+-]{0,40}") {
            let _ = value(&text, Pos::default());
        }
    }
}
