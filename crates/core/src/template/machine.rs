//! Parses texts once and runs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja as mj;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Expression, Output, State, UndefinedBehavior};

use super::lazy::{Root, session_of};
use super::session::{Emitted, Missing, Session};
use super::source::{self, Mode, Prepared, Use};
use super::{bridge, checks, filters, functions};
use crate::message::{Message, template as say};
use crate::observe::Stop;

/// How many instructions one evaluation may run: enough for a table of ten thousand hosts, and about a
/// second of work.
const FUEL: u64 = 20_000_000;

/// A parsed text.
#[derive(Clone)]
pub(super) struct Unit {
    body: Body,
    /// Names in use, for checks before a run.
    pub(super) uses: Arc<[(usize, Use)]>,
    /// Whether variables may be read by computed names.
    pub(super) dynamic: bool,
    /// The variables it names.
    pub(super) names: Arc<[String]>,
}

#[derive(Clone)]
enum Body {
    /// One expression.
    Expression(Arc<Expression<'static, 'static>>),
    /// One `{{ }}` and a line end, which only a text gets back.
    Line(Arc<Expression<'static, 'static>>),
    /// A template, by its name in the environment.
    Template(Arc<str>),
    /// It cannot be parsed.
    Bad(Arc<Bad>),
}

/// Why a text cannot be parsed.
#[derive(Clone, Debug)]
pub(super) struct Bad {
    /// Line within the text, from 1.
    pub(super) line: u32,
    /// Column, from 1; 0 where it is not known.
    pub(super) column: u32,
    /// What is wrong.
    pub(super) message: Message,
}

type Units = Mutex<HashMap<Arc<str>, Unit>>;

/// The environment of an engine and what it has parsed.
pub(super) struct Machine {
    environment: Environment<'static>,
    /// Texts on their way into the environment, by name.
    sources: Arc<Mutex<HashMap<String, String>>>,
    scalars: Units,
    expressions: Units,
    files: Units,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Machine")
    }
}

impl Default for Machine {
    fn default() -> Self {
        let sources: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let mut environment = environment().clone();
        let take = sources.clone();
        environment.set_loader(move |name| {
            Ok(take.lock().unwrap_or_else(PoisonError::into_inner).remove(name))
        });
        environment.set_auto_reload(false);
        let (scalars, expressions, files) = Default::default();
        Self { environment, sources, scalars, expressions, files }
    }
}

/// The environment that expressions are compiled for; it holds no state of a run.
fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(false);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(100);
        let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build();
        if let Ok(syntax) = syntax {
            environment.set_syntax(syntax);
        }
        environment.set_formatter(print);
        environment.set_unknown_method_callback(super::methods::call);
        filters::register(&mut environment);
        checks::register(&mut environment);
        functions::register(&mut environment);
        environment
    })
}

/// Prints the value of `{{ }}` as Ansible does: nothing for `None`.
fn print(out: &mut Output, state: &mut State, value: &mj::Value) -> Result<(), mj::Error> {
    // An undefined value comes here only from an `if` without its `else`, which prints nothing.
    if value.is_none() || value.is_undefined() {
        return Ok(());
    }
    let session = session_of(state)?;
    if bridge::is_omit(value) {
        session.emit(value, 0);
        return Ok(());
    }
    let text = match value.as_str() {
        Some(text) => std::borrow::Cow::Borrowed(text),
        None => bridge::printed(&session, value)?.into(),
    };
    session.emit(value, text.len());
    out.write_str(&text)?;
    Ok(())
}

impl Machine {
    /// The parsed form of a text.
    pub(super) fn unit(&self, mode: Mode, text: &str) -> Unit {
        let units = match mode {
            Mode::Scalar | Mode::Inner => &self.scalars,
            Mode::Expression => &self.expressions,
            Mode::File => &self.files,
        };
        let lock = || units.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unit) = lock().get(text) {
            return unit.clone();
        }
        let unit = self.parse(mode, text);
        lock().insert(text.into(), unit.clone());
        unit
    }

    fn parse(&self, mode: Mode, text: &str) -> Unit {
        let parsed = match mode {
            Mode::Expression => expression(text, Mode::Expression),
            Mode::File => self.template(text, mode),
            Mode::Scalar | Mode::Inner => {
                let line = text.strip_suffix('\n');
                let inner = inner(line.unwrap_or(text));
                let inner = inner.and_then(|inner| expression(inner, Mode::Inner).ok());
                match inner {
                    Some(Unit { body: Body::Expression(body), uses, dynamic, names })
                        if line.is_some() =>
                    {
                        Ok(Unit { body: Body::Line(body), uses, dynamic, names })
                    }
                    Some(unit) => Ok(unit),
                    None => self.template(text, Mode::Scalar),
                }
            }
        };
        parsed.unwrap_or_else(|bad| Unit {
            body: Body::Bad(Arc::new(bad)),
            uses: [].into(),
            dynamic: false,
            names: [].into(),
        })
    }

    fn template(&self, text: &str, mode: Mode) -> Result<Unit, Bad> {
        let prepared = prepare(text, mode)?;
        let lock = || self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let name: Arc<str> = format!("\u{1}{mode:?} {text}").into();
        lock().insert(name.to_string(), prepared.text.clone());
        let template = self.environment.get_template(&name).map_err(|error| {
            let plain = environment().template_from_str(text).err();
            bad(text, plain.as_ref(), &error)
        })?;
        let names = template.undeclared_variables(false);
        Ok(unit(Body::Template(name), prepared, names))
    }

    /// Runs a scalar of a manifest; a text that is one `{{ }}` gives its native type.
    pub(super) fn scalar(
        &self,
        session: &Arc<Session>,
        text: &str,
    ) -> Result<mj::Value, mj::Error> {
        self.run(session, &self.unit(Mode::Scalar, text))
    }

    /// Runs any parsed text.
    pub(super) fn run(&self, session: &Arc<Session>, unit: &Unit) -> Result<mj::Value, mj::Error> {
        let root = mj::Value::from_object(Root(session.clone()));
        match &unit.body {
            Body::Expression(expression) => expression.eval(root),
            Body::Line(expression) => {
                let value = expression.eval(root)?;
                Ok(match value.as_str() {
                    Some(text) => mj::Value::from(format!("{text}\n")),
                    None => value,
                })
            }
            Body::Template(name) => self.render(session, name, root),
            Body::Bad(bad) => Err(session.refuse(bad.message.clone())),
        }
    }

    fn render(
        &self,
        session: &Session,
        name: &str,
        root: mj::Value,
    ) -> Result<mj::Value, mj::Error> {
        let template = self.environment.get_template(name)?;
        let outer = session.swap_emitted(Emitted::default());
        let result = template.render(root);
        let emitted = session.swap_emitted(outer);
        let text = result?;
        if text.is_empty() && emitted.is_empty() {
            return Ok(mj::Value::from(()));
        }
        Ok(emitted.whole(&text).unwrap_or_else(|| mj::Value::from(text)))
    }
}

impl Unit {
    /// Why it cannot be parsed.
    pub(super) fn bad(&self) -> Option<&Bad> {
        match &self.body {
            Body::Bad(bad) => Some(bad),
            _ => None,
        }
    }
}

fn unit(body: Body, prepared: Prepared, names: std::collections::HashSet<String>) -> Unit {
    let known = |name: &String| !functions::is_function(name);
    let names = names.into_iter().filter(known).collect();
    Unit { body, uses: prepared.uses.into(), dynamic: prepared.dynamic, names }
}

fn expression(text: &str, mode: Mode) -> Result<Unit, Bad> {
    let prepared = prepare(text, mode)?;
    let compiled = environment().compile_expression_owned(prepared.text.clone());
    let compiled = compiled.map_err(|error| {
        let plain = environment().compile_expression(text).err();
        bad(text, plain.as_ref(), &error)
    })?;
    let names = compiled.undeclared_variables(false);
    Ok(unit(Body::Expression(Arc::new(compiled)), prepared, names))
}

fn prepare(text: &str, mode: Mode) -> Result<Prepared, Bad> {
    source::prepare(text, mode).map_err(|fault| {
        let (line, column) = super::scan::place(text, fault.at);
        let message = match fault.refused {
            Some(statement) => say::statement(statement),
            None => say::syntax(shorten(text), fault.why),
        };
        Bad { line, column, message }
    })
}

/// The place of a syntax error: as the original text has it, or else the line of the prepared one.
fn bad(text: &str, plain: Option<&mj::Error>, prepared: &mj::Error) -> Bad {
    let error = plain.unwrap_or(prepared);
    let why = error.detail().map_or_else(|| error.to_string(), ToOwned::to_owned);
    let message = say::syntax(shorten(text), why);
    let line = u32::try_from(error.line().unwrap_or(1)).unwrap_or(1);
    match plain.and_then(mj::Error::range) {
        Some(range) => {
            let (line, column) = super::scan::place(text, range.start);
            Bad { line, column, message }
        }
        None => Bad { line, column: 0, message },
    }
}

/// What stands in a text that is one `{{ }}` and nothing else.
fn inner(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(inner.strip_suffix(['-', '+']).unwrap_or(inner))
}

/// A text as messages quote it: one line, not too long.
pub(super) fn shorten(text: &str) -> String {
    let line = text.trim().replace('\n', " ");
    match line.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Why an evaluation of `text` ended.
pub(super) fn stop(session: &Session, text: &str, error: &mj::Error) -> Stop {
    if let Some(stop) = session.carried(error) {
        return stop;
    }
    if let Some(why) = session.touched() {
        return Stop::Unknown(why);
    }
    let detail = error.detail().unwrap_or_default();
    let undefined = detail.contains("undefined")
        || matches!(error.kind(), mj::ErrorKind::UndefinedError | mj::ErrorKind::UnknownFunction);
    let message = match error.kind() {
        mj::ErrorKind::OutOfFuel => say::fuel(shorten(text)),
        mj::ErrorKind::UnknownFilter => unknown_name(detail, filters::names(), say::unknown_filter),
        mj::ErrorKind::UnknownTest => unknown_name(detail, checks::names(), say::unknown_test),
        _ if undefined => undefined_message(session, text),
        _ => say::failed(shorten(text), reason(error)),
    };
    Stop::Fail(message)
}

fn reason(error: &mj::Error) -> String {
    match (error.detail(), std::error::Error::source(error)) {
        (_, Some(source)) => source.to_string(),
        (Some(detail), None) => detail.to_owned(),
        (None, None) => error.to_string(),
    }
}

fn unknown_name<'a>(
    detail: &str,
    names: impl Iterator<Item = &'a str>,
    message: fn(String, String) -> Message,
) -> Message {
    let name = detail.split(' ').nth(1).unwrap_or_default();
    message(name.to_owned(), suggestion(name, names))
}

/// `; did you mean …`, or what to look at where nothing is near.
pub(super) fn suggestion<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let short = name.rsplit('.').next().unwrap_or(name);
    match closest(short, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "check its spelling".into(),
    }
}

/// What was not there, in words.
pub(super) fn undefined_message(session: &Session, text: &str) -> Message {
    match session.missing() {
        Some(Missing::Variable(name)) => {
            let names = session.vars().names();
            let hint = match closest(&name, names.iter().map(AsRef::as_ref)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "define it, or give a default: `| default(…)`".into(),
            };
            say::undefined(name, shorten(text), hint)
        }
        Some(Missing::Member(kind, name)) => say::no_member(kind, name, shorten(text)),
        Some(Missing::Hint(hint)) => say::undefined_hint(hint),
        None => say::undefined_value(shorten(text)),
    }
}

/// The name nearest to `name`, where one is near enough to be meant.
pub(super) fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + name.chars().count() / 4;
    let near = names.map(|other| (distance(name, other, limit), other));
    near.filter(|(far, other)| *far <= limit && *far < other.len()).min().map(|(_, near)| near)
}

/// Levenshtein's distance, or more than `limit` where it is surely beyond.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let b: Vec<char> = b.chars().collect();
    if b.len().abs_diff(a.chars().count()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (row[j] + 1).min(row[j + 1] + 1).min(corner + usize::from(x != *y));
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once() {
        let machine = Machine::default();
        let body = |()| match machine.unit(Mode::Expression, "mine == 'a'").body {
            Body::Expression(body) => body,
            _ => panic!("no expression"),
        };
        let [first, again] = [(); 2].map(body);
        assert!(Arc::ptr_eq(&first, &again));
    }
}
