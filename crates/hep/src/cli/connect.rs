//! The options of every command that connects, and what they open: an inventory, and the way to its hosts.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum};
use hep_core::diagnostic::{Diagnostic, Source, render};
use hep_core::inventory::{Host, Inventory};
use hep_core::mask::Mask;
use hep_core::message::cli as say;
use hep_core::secret::Secret;
use hep_core::vars::Layer;
use hep_core::vault::Keys;
use hep_engine::cancel::Cancel;
use hep_engine::fleet::{Fleet, Overrides};
use hep_engine::inventory;
use hep_engine::transport::ssh::{HostKeyPolicy, Limits, Pool, Settings, SettingsSource};

use super::failure::Failure;
use super::{extra, secrets, signals, span, variables};
use crate::terminal::Screen;
use crate::terminal::ask::{self, Person};

/// How long one call of an executable inventory may take.
const INVENTORY_DEADLINE: Duration = Duration::from_mins(1);

/// Connection options.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
#[expect(clippy::struct_field_names, reason = "fields are named as the options are")]
pub(crate) struct Connect {
    /// Inventory: a file, a directory, an executable, or a list with commas; may be repeated
    #[arg(short, long, value_name = "INV", env = variables::INVENTORY, hide_env_values = true)]
    pub(crate) inventory: Vec<String>,
    /// Log in as this user
    #[arg(short, long, value_name = "USER", env = variables::USER, hide_env_values = true)]
    pub(crate) user: Option<String>,
    /// Port of the hosts' sshd
    #[arg(long, value_name = "PORT", env = variables::PORT, hide_env_values = true,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// Private key, tried first; may be repeated
    #[arg(long, value_name = "FILE", env = variables::KEY, hide_env_values = true)]
    pub(crate) key: Vec<PathBuf>,
    /// Ask for the SSH password
    #[arg(long, help = "Ask for the SSH password (or set HEP_PASSWORD)")]
    pub(crate) ask_pass: bool,
    /// Read this in place of ~/.ssh/config; `none` reads nothing
    #[arg(short = 'F', long, value_name = "FILE", env = variables::SSH_CONFIG, hide_env_values = true)]
    pub(crate) ssh_config: Option<PathBuf>,
    /// Trust the host keys in this file, and no others
    #[arg(long, value_name = "FILE", env = variables::KNOWN_HOSTS, hide_env_values = true)]
    pub(crate) known_hosts: Option<PathBuf>,
    /// What to do about unknown host keys [default: ask on a terminal, else strict]
    #[arg(long, value_name = "RULE", env = variables::HOST_KEY, hide_env_values = true)]
    pub(crate) host_key: Option<HostKeyRule>,
    /// How long connecting may take, and the SSH handshake after it [default: 10s and 30s]
    #[arg(long, value_name = "TIME", env = variables::CONNECT_TIMEOUT, hide_env_values = true,
        value_parser = span::parse)]
    pub(crate) connect_timeout: Option<Duration>,
    /// How many hosts at once
    #[arg(short, long, value_name = "N", default_value_t = 64, env = variables::FORKS,
        hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) forks: u16,
    /// Ask for the sudo password
    #[arg(short = 'K', long, help = "Ask for the sudo password (or set HEP_BECOME_PASSWORD)")]
    pub(crate) ask_become_pass: bool,
    /// The sudo password is the first line of this file
    #[arg(long, value_name = "FILE", env = variables::BECOME_PASSWORD_FILE, hide_env_values = true)]
    pub(crate) become_password_file: Option<PathBuf>,
    /// The Vault password is in this file, or printed by it; `ID@FILE` names it; may be repeated
    #[arg(long, value_name = "FILE", env = variables::VAULT_PASSWORD_FILE, hide_env_values = true)]
    pub(crate) vault_password_file: Vec<String>,
    /// Ask for the Vault password
    #[arg(long)]
    pub(crate) ask_vault_pass: bool,
    /// Say more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Which options stand on the command line itself, by their ids, for who cannot use all of them.
    #[arg(skip)]
    pub(crate) said: BTreeSet<String>,
}

/// `-e`, where it sets variables.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Extra {
    /// Set variables that win over all others: `NAME=VALUE…`, `@FILE` (YAML) or a mapping in JSON
    #[arg(short, long, value_name = "VARS")]
    pub(crate) extra_vars: Vec<String>,
    /// Set a variable that is secret. Its value is that of the environment variable of this name, or you are asked
    /// for it; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) secret: Vec<String>,
}

/// What to do about a host key that no file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostKeyRule {
    /// Refuse the host.
    Strict,
    /// Ask; without a terminal refuse.
    Ask,
    /// Take and remember the key of a host seen for the first time.
    AcceptNew,
}

/// What to open beside what the options say.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// The hosts.
    pub(crate) selector: &'a str,
    /// Whether it is fine to select none.
    pub(crate) allow_empty: bool,
    /// `-e` and `--secret`.
    pub(crate) extra: Option<&'a Extra>,
    /// The folders of the manifests.
    pub(crate) folders: Vec<PathBuf>,
    /// Whether hosts of no inventory may be named.
    pub(crate) any_host: bool,
    /// Whether the plays of manifests say which hosts, so that it is no error to have none here.
    pub(crate) plays: bool,
    /// A password that a file gives.
    pub(crate) password: Option<Secret<String>>,
}

/// An inventory, some of its hosts, and the way to them.
pub(crate) struct Opened {
    /// The way.
    pub(crate) fleet: Arc<Fleet>,
    /// The hosts that were selected, in the order of the inventory.
    pub(crate) hosts: Vec<Host>,
    /// All secrets that are known.
    pub(crate) mask: Mask,
    /// The run's switch; signals throw it.
    pub(crate) cancel: Cancel,
    /// `-e`.
    pub(crate) extra: Arc<Layer>,
    /// Vault passwords.
    pub(crate) vault: Keys,
    /// The files read so far, for places.
    pub(crate) sources: Vec<Source>,
    /// What `mask` hides.
    pub(crate) secrets: Vec<Secret<String>>,
}

impl Connect {
    /// Notes which options stand on the command line itself, and not in the environment.
    pub(crate) fn note(&mut self, found: &ArgMatches) {
        let is_said = |id: &str| found.value_source(id) == Some(ValueSource::CommandLine);
        let ids = found.ids().map(clap::Id::as_str).filter(|id| is_said(id));
        self.said = ids.map(str::to_owned).collect();
    }

    /// Reads the secrets and the inventory, and selects.
    pub(crate) async fn open(
        &self,
        wanted: Wanted<'_>,
        screen: &Arc<Screen>,
    ) -> Result<Opened, Failure> {
        let cancel = Cancel::default();
        signals::watch(&cancel, screen);
        let mut given = secrets::Given::take(self, screen)?;
        given.ssh = wanted.password.clone().or(given.ssh);
        let mut sources = Vec::new();
        let extra = match wanted.extra {
            Some(extra) => Arc::new(extra::all(extra, &given.vault, &mut sources, screen)?),
            None => Arc::default(),
        };
        let inventory = self.inventory(&wanted, &given.vault, &mut sources).await?;
        for note in inventory.notes() {
            let note = Diagnostic::new(note.pos, note.message.clone());
            screen.say(render(&sources, &note).trim_end());
        }
        let names = self.select(&wanted, &inventory)?;
        let hosts: Vec<Host> =
            names.iter().filter_map(|name| inventory.host(name).cloned()).collect();
        let fleet = self.fleet(inventory, &given, extra.clone(), screen, hosts.len() == 1)?;
        let secrets = given.all(&fleet, &hosts, &extra);
        let mask = secrets::mask(&secrets);
        let vault = given.vault;
        Ok(Opened { fleet: Arc::new(fleet), hosts, mask, cancel, extra, vault, sources, secrets })
    }

    async fn inventory(
        &self,
        wanted: &Wanted<'_>,
        vault: &Keys,
        sources: &mut Vec<Source>,
    ) -> Result<Inventory, Failure> {
        let decrypt = |text: &str| vault.open(text).map(|opened| opened.expose().clone());
        let options = inventory::Options {
            decrypt: &decrypt,
            deadline: INVENTORY_DEADLINE,
            play_folders: wanted.folders.clone(),
        };
        let mut from = self.inventory.clone();
        if from.is_empty() && wanted.any_host {
            from.push(format!("{},", wanted.selector));
        }
        let loaded = inventory::load(&from, &options, sources).await;
        loaded.map_err(|fault| Failure::found(fault, std::mem::take(sources)))
    }

    fn select(&self, wanted: &Wanted<'_>, inventory: &Inventory) -> Result<Vec<Arc<str>>, Failure> {
        let selector = inventory::selector(wanted.selector, inventory)?;
        let selected = selector.select(inventory);
        if self.inventory.is_empty()
            && !wanted.plays
            && !selected.as_ref().is_ok_and(|hosts| !hosts.is_empty())
        {
            return Err(say::no_inventory(wanted.selector).into());
        }
        let hosts = selected?;
        if hosts.is_empty() && !wanted.allow_empty {
            return Err(say::nothing_selected(wanted.selector).into());
        }
        Ok(hosts)
    }

    fn fleet(
        &self,
        inventory: Inventory,
        given: &secrets::Given,
        extra: Arc<Layer>,
        screen: &Arc<Screen>,
        one_host: bool,
    ) -> Result<Fleet, Failure> {
        let overrides = Overrides {
            user: self.user.clone(),
            port: self.port,
            keys: self.key.clone(),
            password: given.ssh.clone(),
            become_password: given.become_.clone(),
            connect_timeout: self.connect_timeout,
            extra,
        };
        let person = Person::new(Arc::clone(screen), one_host);
        let pool = Pool::new(Limits::default(), Arc::new(person));
        Ok(Fleet::new(inventory, self.settings()?, pool, overrides))
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let asks = ask::is_possible();
        let rule = self.host_key.map(|rule| match rule {
            HostKeyRule::AcceptNew => HostKeyPolicy::AcceptNew,
            HostKeyRule::Ask if asks => HostKeyPolicy::Ask,
            HostKeyRule::Strict | HostKeyRule::Ask => HostKeyPolicy::Strict,
        });
        let default = if asks { HostKeyPolicy::Ask } else { HostKeyPolicy::Strict };
        let source = SettingsSource {
            config: self.ssh_config.clone(),
            known_hosts: self.known_hosts.clone(),
            policy: rule,
            default_policy: Some(default),
        };
        Ok(Settings::load(source)?)
    }
}

/// The first line of a file, as a secret.
pub(crate) fn first_line(path: &std::path::Path) -> Result<Secret<String>, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| say::cannot_read(&shown, error))?;
    let text = Secret::new(text);
    match text.expose().lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(Secret::new(line.to_owned())),
        None => Err(say::password_file_empty(shown).into()),
    }
}
