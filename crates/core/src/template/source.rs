//! Prepares the text of a template for `minijinja`.
//!
//! Ansible and `minijinja` differ where the text is the only place to settle it:
//! - attribute access on something undefined stays undefined in Ansible (`a.b.c | default(1)`), and is
//!   an error in the engine's strict mode; every access becomes a call of the filter [`ATTR`];
//! - `'%s' % x` formats a text; `%` becomes a call of the filter [`MOD`];
//! - a string inside `{{ }}` of a manifest keeps its backslashes (`'\1'` is a back-reference);
//! - filters may be written with their collection before them (`ansible.builtin.quote`);
//! - `include`, `import` and `extends` would read other files and are refused.
//!
//! The same walk lists the filters, tests and functions in use, so that unknown ones are found
//! before anything runs.

use super::scan::{has_slice, ident, next_region, number, raw_block};

/// The filter that every attribute or item access becomes.
pub(super) const ATTR: &str = "hep_attr_";
/// The filter that `%` becomes.
pub(super) const MOD: &str = "hep_mod_";

/// What kind of text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// A scalar of a manifest: strings keep their backslashes.
    Scalar,
    /// A template file.
    File,
    /// A bare expression.
    Expression,
    /// What stands between `{{` and `}}` of a scalar that is nothing else.
    Inner,
}

/// A name that must be known to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// `| name`.
    Filter(String),
    /// `is name`.
    Test(String),
    /// `name(…)` on something that is not a variable's member.
    Function(String),
}

/// The result of the walk.
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared {
    /// The text for the engine.
    pub(super) text: String,
    /// The names in use and the byte where each stands in the original.
    pub(super) uses: Vec<(usize, Use)>,
    /// Whether `vars`, `hostvars` or a lookup of variables is used.
    pub(super) dynamic: bool,
}

/// Where the text cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Byte offset.
    pub(super) at: usize,
    /// What is wrong there.
    pub(super) why: String,
    /// The statement, where it is one that is refused.
    pub(super) refused: Option<String>,
}

/// Prepares `text`.
pub(super) fn prepare(text: &str, mode: Mode) -> Result<Prepared, Fault> {
    let mut walk =
        Walk { text, at: 0, mode, escape: false, out: Prepared::default(), end: "", depth: 0 };
    if matches!(mode, Mode::Expression | Mode::Inner) {
        walk.escape = mode == Mode::Inner;
        let body = walk.sequence(None)?;
        walk.out.text = body;
    } else {
        walk.template()?;
    }
    Ok(walk.out)
}

const STATEMENTS_REFUSED: &[&str] = &["include", "import", "from", "extends"];
const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "recursive"];
const MAX_DEPTH: usize = 100;

struct Walk<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    /// Whether strings keep their backslashes here.
    escape: bool,
    out: Prepared,
    /// What ends the region: `}}`, `%}`, or nothing in a bare expression.
    end: &'static str,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn fault<T>(&self, why: &str) -> Result<T, Fault> {
        Err(Fault { at: self.at, why: why.into(), refused: None })
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Copies `len` bytes to the output.
    fn copy(&mut self, len: usize) {
        let piece = &self.text[self.at..self.at + len];
        self.out.text.push_str(piece);
        self.at += len;
    }

    fn template(&mut self) -> Result<(), Fault> {
        while let Some(open) = next_region(self.rest()) {
            self.copy(open);
            match &self.rest()[..2] {
                "{#" => self.comment()?,
                "{%" => self.block()?,
                _ => self.variable()?,
            }
        }
        self.copy(self.rest().len());
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Fault> {
        match self.rest().find("#}") {
            Some(end) => {
                self.copy(end + 2);
                Ok(())
            }
            None => self.fault("unexpected end of comment"),
        }
    }

    fn variable(&mut self) -> Result<(), Fault> {
        self.open_region();
        self.escape = self.mode == Mode::Scalar;
        self.end = "}}";
        let body = self.sequence(None)?;
        self.escape = false;
        self.out.text.push_str(&body);
        self.close_region()
    }

    fn open_region(&mut self) {
        self.copy(2);
        if self.rest().starts_with(['-', '+']) {
            self.copy(1);
        }
    }

    fn close_region(&mut self) -> Result<(), Fault> {
        if self.rest().starts_with(['-', '+']) {
            self.copy(1);
        }
        if !self.rest().starts_with(self.end) {
            return self.fault("unexpected end of template");
        }
        self.copy(2);
        Ok(())
    }

    fn block(&mut self) -> Result<(), Fault> {
        if let Some(len) = raw_block(self.rest()) {
            let len = len.or_else(|_| self.fault("unexpected end of raw block"))?;
            self.copy(len);
            return Ok(());
        }
        self.open_region();
        self.end = "%}";
        let space = self.space();
        self.out.text.push_str(space);
        let word = ident(self.rest());
        if STATEMENTS_REFUSED.contains(&word) {
            let refused = Some(word.to_owned());
            return Err(Fault { at: self.at, why: format!("`{word}` is not supported"), refused });
        }
        self.copy(word.len());
        self.statement(word)?;
        self.close_region()
    }

    /// The rest of a statement; targets of `set` are names to be written, not values to be read.
    fn statement(&mut self, word: &str) -> Result<(), Fault> {
        if word == "filter" {
            let space = self.space();
            self.out.text.push_str(space);
            let name = self.dotted();
            self.out.uses.push((self.at, Use::Filter(name.clone())));
            self.out.text.push_str(&name);
        }
        if word == "set" {
            let stop = self.rest().find(['=', '%']).unwrap_or(self.rest().len());
            self.copy(stop);
        }
        let before = self.out.uses.len();
        let body = self.sequence(None)?;
        if matches!(word, "macro" | "call" | "block") {
            let signature = body.trim_start().split('(').next().unwrap_or_default().to_owned();
            let keep = |used: &Use| *used != Use::Function(signature.clone());
            let mut index = 0;
            self.out.uses.retain(|(_, used)| {
                index += 1;
                index <= before || keep(used)
            });
        }
        self.out.text.push_str(&body);
        Ok(())
    }

    fn space(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest.len() - rest.trim_start().len();
        self.at += len;
        &rest[..len]
    }

    /// Whether the region ends here (only asked outside of brackets).
    fn at_end(&self) -> bool {
        let rest = self.rest();
        if rest.is_empty() {
            return true;
        }
        !self.end.is_empty()
            && (rest.starts_with(self.end)
                || rest.strip_prefix(['-', '+']).is_some_and(|r| r.starts_with(self.end)))
    }

    /// Everything up to the closing bracket, or the end of the region.
    fn sequence(&mut self, close: Option<char>) -> Result<String, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fault("too deeply nested");
        }
        let mut out = String::new();
        let mut product = false;
        loop {
            out.push_str(self.space());
            match (close, self.peek()) {
                (Some(_), None) => return self.fault("unexpected end of expression"),
                (Some(close), Some(next)) if next == close => break,
                (None, _) if self.at_end() => break,
                (_, Some(next)) if starts_operand(next) => {
                    let word = ident(self.rest());
                    if word == "is" {
                        self.test(&mut out)?;
                    } else if WORDS.contains(&word) {
                        out.push_str(word);
                        self.at += word.len();
                        product = false;
                    } else {
                        product |= signed(&out);
                        let operand = self.operand()?;
                        out.push_str(&self.formatted(operand, &mut product)?);
                    }
                }
                (_, Some(next)) => {
                    self.operator(next, &mut out, &mut product)?;
                }
                (None, None) => break,
            }
        }
        self.depth -= 1;
        Ok(out)
    }

    fn operator(&mut self, next: char, out: &mut String, product: &mut bool) -> Result<(), Fault> {
        if matches!(next, ')' | ']' | '}') {
            return self.fault("a bracket is closed that was not opened");
        }
        *product = matches!(next, '*' | '/' | '%');
        out.push(next);
        self.at += next.len_utf8();
        if next == '|' {
            // A filter after something that is not an operand of ours (a test's argument).
            self.filter_call(out)?;
        }
        Ok(())
    }

    /// `A % B`, where A is not itself the right side of a product.
    fn formatted(&mut self, mut left: String, product: &mut bool) -> Result<String, Fault> {
        loop {
            let start = self.at;
            let space = self.space();
            if !self.rest().starts_with('%') || self.at_end() || *product {
                self.at = start;
                *product = false;
                return Ok(left);
            }
            let _ = space;
            self.at += 1;
            self.space();
            let mut sign = String::new();
            while let Some(c @ ('-' | '+')) = self.peek() {
                sign.push(c);
                self.at += 1;
            }
            if !self.peek().is_some_and(starts_operand) {
                return self.fault("unexpected operator after `%`");
            }
            let right = self.operand()?;
            left = format!("({left}|{MOD}({sign}{right}))");
        }
    }

    fn test(&mut self, out: &mut String) -> Result<(), Fault> {
        out.push_str("is");
        self.at += 2;
        out.push_str(self.space());
        if ident(self.rest()) == "not" {
            out.push_str("not");
            self.at += 3;
            out.push_str(self.space());
        }
        let at = self.at;
        let name = self.dotted();
        if name.is_empty() {
            return self.fault("a test's name is missing after `is`");
        }
        out.push_str(&name);
        self.out.uses.push((at, Use::Test(name)));
        if self.peek() == Some('(') {
            out.push_str(&self.bracket()?);
        }
        Ok(())
    }

    /// A dotted name, without the collections whose filters are built in here.
    fn dotted(&mut self) -> String {
        let start = self.at;
        self.at += ident(self.rest()).len();
        while self.rest().starts_with('.') && !ident(&self.rest()[1..]).is_empty() {
            self.at += 1 + ident(&self.rest()[1..]).len();
        }
        let name = &self.text[start..self.at];
        let short = ["ansible.builtin.", "ansible.legacy."];
        short.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned()
    }

    fn filter_call(&mut self, out: &mut String) -> Result<(), Fault> {
        out.push_str(self.space());
        let at = self.at;
        let name = self.dotted();
        if name.is_empty() {
            return self.fault("a filter's name is missing after `|`");
        }
        out.push_str(&name);
        self.out.uses.push((at, Use::Filter(name)));
        let before = self.at;
        let space = self.space();
        if self.peek() == Some('(') {
            out.push_str(space);
            out.push_str(&self.bracket()?);
        } else {
            self.at = before;
        }
        Ok(())
    }

    /// A bracketed part with its brackets.
    fn bracket(&mut self) -> Result<String, Fault> {
        let open = self.peek().unwrap_or('(');
        let close = match open {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        self.at += 1;
        let inner = self.sequence(Some(close))?;
        self.at += 1;
        Ok(format!("{open}{inner}{close}"))
    }

    /// A primary with its accesses, calls and filters.
    fn operand(&mut self) -> Result<String, Fault> {
        let mut out = self.chain()?;
        loop {
            let before = self.at;
            let space = self.space();
            if !self.rest().starts_with('|') {
                self.at = before;
                return Ok(out);
            }
            self.at += 1;
            out.push_str(space);
            out.push('|');
            self.filter_call(&mut out)?;
        }
    }

    fn chain(&mut self) -> Result<String, Fault> {
        let mut bare = None;
        let mut cur = match self.peek() {
            Some('(' | '[' | '{') => self.bracket()?,
            Some('"' | '\'') => self.string()?,
            Some(c) if c.is_ascii_digit() => {
                let number = number(self.rest());
                self.at += number.len();
                number.to_owned()
            }
            _ => {
                let name = ident(self.rest());
                bare = Some((self.at, name));
                self.at += name.len();
                name.to_owned()
            }
        };
        if let Some((_, "vars" | "hostvars")) = bare {
            self.out.dynamic = true;
        }
        loop {
            let before = self.at;
            let space = self.space();
            match self.peek() {
                Some('.') => cur = self.member(&cur, &mut bare)?,
                Some('[') => {
                    let inner = self.bracket()?;
                    let key = &inner[1..inner.len() - 1];
                    cur = if has_slice(key) {
                        format!("{cur}{inner}")
                    } else {
                        format!("({cur}|{ATTR}({key}))")
                    };
                    bare = None;
                }
                Some('(') => {
                    if let Some((at, name)) = bare.take() {
                        self.function(at, name);
                    }
                    cur = format!("{cur}{space}{}", self.bracket()?);
                }
                _ => {
                    self.at = before;
                    return Ok(cur);
                }
            }
        }
    }

    fn function(&mut self, at: usize, name: &str) {
        self.out.dynamic |= matches!(name, "lookup" | "query" | "q");
        self.out.uses.push((at, Use::Function(name.to_owned())));
    }

    fn member(&mut self, cur: &str, bare: &mut Option<(usize, &'a str)>) -> Result<String, Fault> {
        self.at += 1;
        self.space();
        let name = ident(self.rest());
        if name.is_empty() {
            let digits = self.rest().len()
                - self.rest().trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                return self.fault("a name is missing after `.`");
            }
            let index = &self.rest()[..digits];
            self.at += digits;
            *bare = None;
            return Ok(format!("({cur}|{ATTR}({index}))"));
        }
        self.at += name.len();
        *bare = None;
        let before = self.at;
        self.space();
        if self.peek() == Some('(') {
            return Ok(format!("{cur}.{name}{}", self.bracket()?));
        }
        self.at = before;
        Ok(format!("({cur}|{ATTR}('{name}'))"))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let rest = self.rest();
        let quote = rest.as_bytes()[0];
        let mut bytes = rest.bytes().enumerate().skip(1);
        while let Some((index, byte)) = bytes.next() {
            if byte == b'\\' {
                bytes.next();
            } else if byte == quote {
                self.at += index + 1;
                let literal = &rest[..=index];
                return Ok(self.literal(literal));
            }
        }
        self.fault("unexpected end of string")
    }

    /// A string literal; where backslashes are kept, an escaped quote keeps its backslash, too.
    fn literal(&self, literal: &str) -> String {
        if !self.escape || !literal.contains('\\') {
            return literal.to_owned();
        }
        let quote = literal.chars().next();
        let mut out = String::with_capacity(literal.len() + 4);
        let mut chars = literal.chars();
        while let Some(c) = chars.next() {
            out.push(c);
            if c != '\\' {
                continue;
            }
            out.push('\\');
            match chars.next() {
                Some('\\') => out.push_str("\\\\"),
                Some(next) if Some(next) == quote => out.extend(['\\', next]),
                Some(next) => out.push(next),
                None => {}
            }
        }
        out
    }
}

/// Whether the next operand stands behind a sign, to which `%` belongs less than the sign does.
fn signed(out: &str) -> bool {
    let out = out.trim_end();
    let before = out.strip_suffix(['-', '+']).map(str::trim_end);
    before.is_some_and(|before| {
        !before.ends_with(|c: char| c.is_alphanumeric() || ")]}'\"_".contains(c))
    })
}

fn starts_operand(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '(' | '[' | '{' | '"' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mode: Mode, from: &str, to: &str) {
        let from = from.replace('@', ATTR);
        assert_eq!(prepare(&from, mode).unwrap().text, to.replace('@', ATTR).replace('$', MOD));
    }

    #[test]
    fn texts_are_rewritten_only_where_needed() {
        let e = Mode::Expression;
        check(e, "a", "a");
        check(e, "a.b.c == 'x.y'", "((a|@('b'))|@('c')) == 'x.y'");
        check(e, "a['b'][0] | default( x.y )", "((a|@('b'))|@(0)) | default( (x|@('y')) )");
        check(e, "a[1:2].b", "(a[1:2]|@('b'))");
        check(e, "a.split('.')[0]", "(a.split('.')|@(0))");
        check(e, "x is ansible.builtin.version('1.5', '>=')", "x is version('1.5', '>=')");
        check(e, "x|int % 2 == 1.5", "(x|int|$(2)) == 1.5");
        check(e, "a * b % c", "a * b % c");
        check(e, "{'a': {'b': c.d}}", "{'a': {'b': (c|@('d'))}}");
        check(Mode::Scalar, r"{{ 'a\1' }} \1", r"{{ 'a\\1' }} \1");
        check(Mode::File, "{% set n.x = n.x + 1 %}", "{% set n.x = (n|@('x')) + 1 %}");
        check(
            Mode::File,
            "{% raw %}{{ a.b }}{% endraw %}{# a.b #}",
            "{% raw %}{{ a.b }}{% endraw %}{# a.b #}",
        );
    }

    #[test]
    fn other_files_are_never_read() {
        for text in
            ["{% include x %}", "{%- include x %}", "{%+from 'a' import b%}", "{%extends a%}"]
        {
            assert!(prepare(text, Mode::File).unwrap_err().refused.is_some(), "{text}");
        }
    }
}
