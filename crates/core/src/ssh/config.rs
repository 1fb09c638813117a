//! `ssh_config(5)`: what it says about one host, and which hosts it names.
//!
//! The first value of a keyword wins, except for those that gather (`IdentityFile`,
//! `CertificateFile`). Keywords of OpenSSH that do not matter here are ignored. Those that change
//! where or as whom we connect, or whom we trust, and that we do not support, are errors, with file
//! and line, once they would apply to a host; so are slips of the pen of either.

use std::time::Duration;

use super::config_match::{Criteria, Now};
use super::config_value::{self as value, Tokens};
use super::config_word::{self as word, Word};
use super::known_hosts::Place;
use super::pattern;
use crate::message::{Message, ssh as say};

/// How deep `Include` may nest, as in OpenSSH.
const INCLUDE_DEPTH: usize = 16;

/// A file that an `Include` names: its name for messages, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's name.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// Finds the files of an `Include` word: `~`, relative paths and wildcards are its affair.
///
/// No file is not an error; the text of an error goes into the message.
pub type Loader<'a> = dyn FnMut(&str) -> Result<Vec<Source>, String> + 'a;

/// A parsed configuration, with everything it includes.
#[derive(Clone, Debug, Default)]
pub struct Config {
    blocks: Vec<Block>,
}

/// Lines that apply when all conditions hold: those of the including files, then the block's own.
#[derive(Clone, Debug)]
struct Block {
    conditions: Vec<Condition>,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
enum Condition {
    Host(Vec<String>),
    Match(Criteria),
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    keyword: String,
    pub(super) args: Vec<String>,
    pub(super) place: Place,
}

/// What is needed to fill in `~`, `%` tokens and `${NAME}`.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The home directory of the person at the controller.
    pub home: &'a str,
    /// Their login name (`%u`).
    pub local_user: &'a str,
    /// The controller's host name (`%l`).
    pub local_host: &'a str,
    /// Their user id (`%i`).
    pub uid: u32,
    /// The login given outside the file (command line, inventory), which wins.
    pub user: Option<&'a str>,
    /// The port given outside the file, which wins.
    pub port: Option<u16>,
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// `StrictHostKeyChecking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrictHostKey {
    /// `yes`: only known keys.
    Yes,
    /// `ask`: the person decides about new keys.
    Ask,
    /// `accept-new`, and also `no` and `off`: a changed key is an error for us in any case.
    AcceptNew,
}

/// `IdentityAgent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityAgent {
    /// `none`: use no agent.
    None,
    /// The agent that the environment names in `SSH_AUTH_SOCK`.
    Environment,
    /// A socket.
    Socket(String),
}

/// One hop of `ProxyJump`. Its name is looked up in the configuration again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The name or address.
    pub host: String,
    /// The login, if given.
    pub user: Option<String>,
    /// The port, if given.
    pub port: Option<u16>,
}

/// The five lists of algorithms, as written: with a first `+`, `-` or `^` they change the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AlgorithmLists {
    /// `KexAlgorithms`.
    pub kex: Option<String>,
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `HostKeyAlgorithms`.
    pub host_keys: Option<String>,
    /// `PubkeyAcceptedAlgorithms` (before OpenSSH 8.5 `PubkeyAcceptedKeyTypes`).
    pub public_keys: Option<String>,
}

/// What the configuration says about one host, with tokens and `~` filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The name or address to connect to.
    pub host_name: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// `IdentityFile`, in order.
    pub identity_files: Vec<String>,
    /// `IdentityFile none` stood first: not even the default keys.
    pub no_identity_files: bool,
    /// `IdentitiesOnly yes`: of an agent's keys, only those named by files.
    pub identities_only: bool,
    /// `CertificateFile`, in order.
    pub certificate_files: Vec<String>,
    /// `UserKnownHostsFile`; an empty list for `none`.
    pub user_known_hosts: Option<Vec<String>>,
    /// `GlobalKnownHostsFile`; an empty list for `none`.
    pub global_known_hosts: Option<Vec<String>>,
    /// `StrictHostKeyChecking`.
    pub strict_host_key: Option<StrictHostKey>,
    /// `HashKnownHosts`.
    pub hash_known_hosts: bool,
    /// `ProxyJump`, the first hop first; an empty list for `none`.
    pub proxy_jump: Option<Vec<Jump>>,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `ServerAliveInterval`; zero means none.
    pub alive_interval: Option<Duration>,
    /// `ServerAliveCountMax`.
    pub alive_count: Option<u32>,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `IdentityAgent`.
    pub identity_agent: Option<IdentityAgent>,
    /// The algorithm lists.
    pub algorithms: AlgorithmLists,
}

impl Config {
    /// Parses a file and all it includes.
    pub fn parse(file: &str, text: &str, loader: &mut Loader<'_>) -> Result<Self, Message> {
        let mut config = Self::default();
        config.read(&Source { file: file.into(), text: text.into() }, &[], loader, 0)?;
        Ok(config)
    }

    /// Options given one by one, as with `ssh -o`; `source` stands for the file in messages.
    pub fn of_options<'a>(
        source: &str,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Message> {
        let mut config = Self::default();
        config.open(&[], None);
        for (number, (keyword, value)) in options.into_iter().enumerate() {
            let place = Place { file: source.to_owned(), line: number + 1 };
            if let Some(line) = Line::parse(&format!("{keyword} {value}"), place)? {
                config.push(line);
            }
        }
        Ok(config)
    }

    /// Adds another file after this one: its values count where this one has none.
    pub fn append(&mut self, other: Self) {
        self.blocks.extend(other.blocks);
    }

    fn read(
        &mut self,
        source: &Source,
        outer: &[Condition],
        loader: &mut Loader<'_>,
        depth: usize,
    ) -> Result<(), Message> {
        self.open(outer, None);
        for (number, text) in source.text.lines().enumerate() {
            let place = Place { file: source.file.clone(), line: number + 1 };
            let Some(line) = Line::parse(text, place)? else { continue };
            match line.keyword.as_str() {
                "host" => self.open(outer, Some(Condition::Host(line.args))),
                "match" => self.open(outer, Some(Condition::Match(Criteria::parse(&line)?))),
                "include" => self.include(&line, loader, depth)?,
                _ => self.push(line),
            }
        }
        Ok(())
    }

    fn open(&mut self, outer: &[Condition], own: Option<Condition>) {
        let conditions = outer.iter().cloned().chain(own).collect();
        self.blocks.push(Block { conditions, lines: vec![] });
    }

    fn push(&mut self, line: Line) {
        if let Some(block) = self.blocks.last_mut() {
            block.lines.push(line);
        }
    }

    /// Reads the files of an `Include` under the conditions of its block, and opens that block
    /// again.
    fn include(
        &mut self,
        line: &Line,
        loader: &mut Loader<'_>,
        depth: usize,
    ) -> Result<(), Message> {
        if depth >= INCLUDE_DEPTH {
            return Err(line.problem("too many files include one another"));
        }
        let conditions = self.blocks.last().map(|b| b.conditions.clone()).unwrap_or_default();
        for word in &line.args {
            let sources = loader(word).map_err(|error| {
                say::config_include(&line.place.file, line.place.line, word, error)
            })?;
            for source in sources {
                self.read(&source, &conditions, loader, depth + 1)?;
            }
        }
        self.open(&conditions, None);
        Ok(())
    }

    /// What the configuration says about `host`, the name as it was asked for.
    pub fn resolve(&self, host: &str, context: &Context<'_>) -> Result<Options, Message> {
        Self::resolve_all(&[self], host, context)
    }

    /// What several configurations say about `host`; a value of an earlier one wins.
    pub fn resolve_all(
        configs: &[&Self],
        host: &str,
        context: &Context<'_>,
    ) -> Result<Options, Message> {
        let mut found = Collected::default();
        if found.pass(configs, (host, host), context, false)? {
            // As in OpenSSH, the second time is for the name that the first has found.
            let name = found.host_name(host, context)?;
            found.pass(configs, (host, &name), context, true)?;
        }
        found.finish(host, context)
    }

    /// The names of single machines in `Host` lines, in order and once each: the configuration as
    /// an inventory.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for condition in self.blocks.iter().flat_map(|block| &block.conditions) {
            let Condition::Host(patterns) = condition else { continue };
            for name in patterns.iter().filter(|name| !pattern::is_pattern(name)) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }
}

impl Block {
    fn applies(&self, now: &mut Now<'_>) -> Result<bool, Message> {
        let mut applies = true;
        for condition in &self.conditions {
            applies &= match condition {
                Condition::Host(patterns) => {
                    pattern::list_matches(patterns.iter().map(String::as_str), now.host)
                }
                Condition::Match(criteria) => criteria.hold(now, applies)?,
            };
        }
        Ok(applies)
    }
}

impl Line {
    fn parse(text: &str, place: Place) -> Result<Option<Self>, Message> {
        let words = value::words(text)
            .map_err(|detail| say::config_value(&place.file, place.line, detail))?;
        let mut words = words.into_iter();
        let Some(keyword) = words.next() else { return Ok(None) };
        let line = Self { keyword: keyword.to_ascii_lowercase(), args: words.collect(), place };
        if line.args.is_empty() {
            return Err(line.problem(format!("`{keyword}` has no value")));
        }
        Ok(Some(line))
    }

    /// The single value.
    fn value(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }

    pub(super) fn problem(&self, detail: impl std::fmt::Display) -> Message {
        say::config_value(&self.place.file, self.place.line, detail)
    }

    fn bad(&self) -> Message {
        self.problem(format!("`{}` is no value for `{}`", self.value(), self.keyword))
    }

    fn is_off(&self) -> bool {
        matches!(self.value().to_ascii_lowercase().as_str(), "no" | "none" | "false" | "off")
    }
}

/// The lines that won, before tokens are filled in.
#[derive(Default)]
struct Collected<'a> {
    options: Options,
    host_name: Option<&'a Line>,
    jump: Option<&'a Line>,
    agent: Option<&'a Line>,
    identities: Vec<&'a Line>,
    certificates: Vec<&'a Line>,
    user_known: Option<&'a Line>,
    global_known: Option<&'a Line>,
    identities_only: Option<bool>,
    hash: Option<bool>,
    /// A jump, or `ProxyCommand none`, decides the way before a later `ProxyCommand`.
    way_is_set: bool,
    /// `IgnoreUnknown`.
    unknown: Vec<String>,
}

impl<'a> Collected<'a> {
    /// Goes through all lines for a host: its name as it was asked for, and as it is known by now. Says
    /// whether a `Match final` wants it to be done once more.
    fn pass(
        &mut self,
        configs: &[&'a Config],
        (original, host): (&str, &str),
        context: &Context<'_>,
        is_final: bool,
    ) -> Result<bool, Message> {
        let mut wants_final = false;
        for block in configs.iter().flat_map(|config| &config.blocks) {
            let name = if is_final { host.to_owned() } else { self.host_name(host, context)? };
            let user = context.user.or(self.options.user.as_deref());
            let mut now = Now {
                original,
                host,
                name: &name,
                user: user.unwrap_or(context.local_user),
                local_user: context.local_user,
                is_final,
                wants_final: false,
            };
            let applies = block.applies(&mut now)?;
            wants_final |= now.wants_final;
            for line in block.lines.iter().filter(|_| applies) {
                self.apply(line)?;
            }
        }
        Ok(wants_final)
    }

    /// The name to connect to, as far as it is known.
    fn host_name(&self, host: &str, context: &Context<'_>) -> Result<String, Message> {
        let Some(line) = self.host_name else { return Ok(host.to_owned()) };
        let tokens = Tokens {
            context,
            original: host,
            host: host.to_owned(),
            port: 22,
            user: String::new(),
            alias: None,
            jump: String::new(),
        };
        tokens.fill(line.value()).map_err(|detail| line.problem(detail))
    }

    fn apply(&mut self, line: &'a Line) -> Result<(), Message> {
        let options = &mut self.options;
        let text = || Some(line.value().to_owned());
        match line.keyword.as_str() {
            "hostname" => first(&mut self.host_name, || Some(line)),
            "proxyjump" => {
                first(&mut self.jump, || Some(line));
                self.way_is_set = true;
            }
            "identityagent" => first(&mut self.agent, || Some(line)),
            "userknownhostsfile" => first(&mut self.user_known, || Some(line)),
            "globalknownhostsfile" => first(&mut self.global_known, || Some(line)),
            "identityfile" => once(&mut self.identities, line),
            "certificatefile" => once(&mut self.certificates, line),
            "ignoreunknown" if self.unknown.is_empty() => {
                let patterns = line.value().split(',');
                self.unknown = patterns.map(str::to_ascii_lowercase).collect();
            }
            "user" => first(&mut options.user, text),
            "hostkeyalias" => first(&mut options.host_key_alias, text),
            "kexalgorithms" => first(&mut options.algorithms.kex, text),
            "ciphers" => first(&mut options.algorithms.ciphers, text),
            "macs" => first(&mut options.algorithms.macs, text),
            "hostkeyalgorithms" => first(&mut options.algorithms.host_keys, text),
            "pubkeyacceptedalgorithms" | "pubkeyacceptedkeytypes" => {
                first(&mut options.algorithms.public_keys, text);
            }
            _ => return self.apply_typed(line),
        }
        Ok(())
    }

    fn apply_typed(&mut self, line: &'a Line) -> Result<(), Message> {
        let options = &mut self.options;
        let word = line.value();
        match line.keyword.as_str() {
            "port" => parsed(&mut options.port, line, value::port(word)),
            "stricthostkeychecking" => {
                parsed(&mut options.strict_host_key, line, value::strict_host_key(word))
            }
            "connecttimeout" => parsed(&mut options.connect_timeout, line, value::time(word)),
            "serveraliveinterval" => parsed(&mut options.alive_interval, line, value::time(word)),
            "serveralivecountmax" => parsed(&mut options.alive_count, line, word.parse().ok()),
            "identitiesonly" => parsed(&mut self.identities_only, line, value::yes_no(word)),
            "hashknownhosts" => parsed(&mut self.hash, line, value::yes_no(word)),
            "proxycommand" if self.way_is_set => Ok(()),
            "proxycommand" if line.is_off() => {
                self.way_is_set = true;
                Ok(())
            }
            _ => self.apply_other(line),
        }
    }

    /// A keyword that has no effect here.
    fn apply_other(&self, line: &Line) -> Result<(), Message> {
        let (file, number) = (&line.place.file, line.place.line);
        match word::of(&line.keyword) {
            Word::Harmless => Ok(()),
            Word::Refused(without) if without.contains(&&*line.value().to_ascii_lowercase()) => {
                Ok(())
            }
            Word::Refused(_) => Err(say::config_unsupported(file, number, &line.keyword)),
            Word::Unknown => {
                let ignored = self.unknown.iter().map(String::as_str);
                match word::near(&line.keyword) {
                    Some(near) if !pattern::list_matches(ignored, &line.keyword) => {
                        Err(say::config_unknown(file, number, &line.keyword, near))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn finish(self, host: &str, context: &Context<'_>) -> Result<Options, Message> {
        let mut options = self.options;
        let user = context.user.map(str::to_owned).or_else(|| options.user.clone());
        let mut tokens = Tokens {
            context,
            original: host,
            host: host.to_owned(),
            port: context.port.or(options.port).unwrap_or(22),
            user: user.unwrap_or_else(|| context.local_user.to_owned()),
            alias: options.host_key_alias.clone(),
            jump: self.jump.map(|line| line.value().to_owned()).unwrap_or_default(),
        };
        if let Some(line) = self.host_name {
            tokens.host = tokens.fill(line.value()).map_err(|detail| line.problem(detail))?;
            options.host_name = Some(tokens.host.clone());
        }
        let one = |line: &Line| tokens.path(line.value()).map_err(|detail| line.problem(detail));
        options.no_identity_files = self.identities.first().is_some_and(|line| line.is_off());
        options.identity_files = paths(&self.identities, one)?;
        options.certificate_files = paths(&self.certificates, one)?;
        options.user_known_hosts = self.user_known.map(|line| files(line, &tokens)).transpose()?;
        options.global_known_hosts =
            self.global_known.map(|line| files(line, &tokens)).transpose()?;
        options.identities_only = self.identities_only.unwrap_or(false);
        options.hash_known_hosts = self.hash.unwrap_or(false);
        options.proxy_jump = self.jump.map(|line| jumps(line, &tokens)).transpose()?;
        options.identity_agent = self
            .agent
            .map(|line| {
                Ok::<_, Message>(match line.value() {
                    "none" => IdentityAgent::None,
                    "SSH_AUTH_SOCK" => IdentityAgent::Environment,
                    _ => IdentityAgent::Socket(one(line)?),
                })
            })
            .transpose()?;
        Ok(options)
    }
}

/// Adds a line, unless one of the same value is there: a `Match final` brings all of them twice.
fn once<'a>(lines: &mut Vec<&'a Line>, line: &'a Line) {
    if !lines.iter().any(|known| known.args == line.args) {
        lines.push(line);
    }
}

/// Sets a value that has none yet.
fn first<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = value();
    }
}

/// Sets a value that has none yet; a value that could not be read is an error.
fn parsed<T>(slot: &mut Option<T>, line: &Line, value: Option<T>) -> Result<(), Message> {
    let value = value.ok_or_else(|| line.bad())?;
    slot.get_or_insert(value);
    Ok(())
}

fn paths(
    lines: &[&Line],
    fill: impl Fn(&Line) -> Result<String, Message>,
) -> Result<Vec<String>, Message> {
    lines.iter().filter(|line| line.value() != "none").map(|line| fill(line)).collect()
}

fn files(line: &Line, tokens: &Tokens<'_>) -> Result<Vec<String>, Message> {
    let named = line.args.iter().filter(|word| *word != "none");
    named.map(|word| tokens.path(word).map_err(|detail| line.problem(detail))).collect()
}

fn jumps(line: &Line, tokens: &Tokens<'_>) -> Result<Vec<Jump>, Message> {
    let text = tokens.fill(line.value()).map_err(|detail| line.problem(detail))?;
    value::jumps(&text).ok_or_else(|| line.bad())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
