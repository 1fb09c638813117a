//! From what is wanted (command line, inventory, `ssh_config`, in this order) to an [`SshTarget`].

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hep_core::message::{Message, ssh as say};
use hep_core::secret::Secret;
use hep_core::ssh::config::{Config, Context, IdentityAgent, Jump, Options, Source, StrictHostKey};
use hep_core::ssh::{config_value, pattern};

use super::pinned::Pinned;
use super::target::{Algorithms, HeldKey, HostKeyPolicy, HostKeys, SshTarget};
use crate::transport::Deadlines;

/// The default keys of `ssh(1)`, beneath `~/.ssh`, as far as we can use them.
const DEFAULT_KEYS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// Where the settings come from.
#[derive(Clone, Debug, Default)]
pub struct SettingsSource {
    /// `-F FILE`: only this file is read; without it `~/.ssh/config` and `/etc/ssh/ssh_config`.
    pub config: Option<PathBuf>,
    /// `--known-hosts FILE` in place of all others.
    pub known_hosts: Option<PathBuf>,
    /// `--host-key`; without it `ssh_config` decides, and then `default_policy`.
    pub policy: Option<HostKeyPolicy>,
    /// What holds when nobody says otherwise; strict where nobody can be asked.
    pub default_policy: Option<HostKeyPolicy>,
}

/// What the command line and the inventory say about one host; what they leave open, `ssh_config`
/// says.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The host's name in the inventory.
    pub name: String,
    /// Its address, when that is not its name.
    pub address: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The login.
    pub user: Option<String>,
    /// Keys, tried before those of `ssh_config`.
    pub keys: Vec<PathBuf>,
    /// Keys that lie in no file. Where there are some, `ssh_config`'s and the usual files are not tried.
    pub held: Vec<Arc<HeldKey>>,
    /// The keys of the host, which decide before `known_hosts` files.
    pub pinned: Option<Pinned>,
    /// What makes it another connection beside address and login.
    pub stamp: String,
    /// The password.
    pub password: Option<Secret<String>>,
    /// Jump hosts as `ssh_config` writes them; an empty text or `none` for a direct way.
    pub jump: Option<String>,
    /// `hep_legacy_algorithms`.
    pub legacy_algorithms: bool,
    /// The deadline of connecting, and that of the handshake.
    pub connect_timeout: Option<Duration>,
    /// `ansible_host_key_checking` and its like: wins over `ssh_config`, not over `--host-key`.
    pub policy: Option<HostKeyPolicy>,
    /// A configuration file for this host alone (`-F` in the ssh options of the inventory).
    pub config: Option<PathBuf>,
    /// Options of `ssh_config(5)` for this host (`-o` in the ssh options); they win over the files.
    pub options: Vec<(String, String)>,
}

/// The settings of the person at the controller.
pub struct Settings {
    source: SettingsSource,
    config: Config,
    /// Files that single hosts name.
    configs: Mutex<HashMap<PathBuf, Arc<Config>>>,
    home: PathBuf,
    local_user: String,
    local_host: String,
}

impl Settings {
    /// Reads the configuration. A file that was not named and is not there counts as empty.
    pub fn load(source: SettingsSource) -> Result<Self, Message> {
        let home = home();
        let config = match &source.config {
            Some(file) if file.as_os_str() == "none" => Config::default(),
            Some(file) => read_config(file, &home, true)?,
            None => {
                let mut config = read_config(&home.join(".ssh/config"), &home, false)?;
                config.append(read_config(Path::new("/etc/ssh/ssh_config"), &home, false)?);
                config
            }
        };
        Ok(Self {
            source,
            config,
            configs: Mutex::default(),
            home,
            local_user: local_user(),
            local_host: local_host(),
        })
    }

    /// The names of single hosts in the configuration.
    pub fn hosts(&self) -> Vec<String> {
        self.config.hosts()
    }

    /// What the configuration says about a host.
    pub fn options(&self, wanted: &Wanted) -> Result<Options, Message> {
        let home = self.home.to_string_lossy();
        let context = Context {
            home: &home,
            local_user: &self.local_user,
            local_host: &self.local_host,
            uid: rustix::process::getuid().as_raw(),
            user: wanted.user.as_deref(),
            port: wanted.port,
            env: &|name| std::env::var(name).ok(),
        };
        let given =
            wanted.options.iter().map(|(keyword, value)| (keyword.as_str(), value.as_str()));
        let given = Config::of_options(&wanted.name, given)?;
        let own = wanted.config.as_ref().map(|file| self.config_of(file)).transpose()?;
        let files = own.as_deref().unwrap_or(&self.config);
        let host = wanted.address.as_deref().unwrap_or(&wanted.name);
        Config::resolve_all(&[&given, files], host, &context)
    }

    /// The configuration in this file, read once.
    fn config_of(&self, file: &Path) -> Result<Arc<Config>, Message> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(file) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(read_config(file, &self.home, true)?);
        configs.insert(file.to_owned(), Arc::clone(&config));
        Ok(config)
    }

    /// The target of a host, with its jumps.
    pub fn target(&self, wanted: &Wanted) -> Result<SshTarget, Message> {
        let options = self.options(wanted)?;
        let jumps = match &wanted.jump {
            None => options.proxy_jump.clone().unwrap_or_default(),
            Some(text) if text.is_empty() => vec![],
            Some(text) => config_value::jumps(text).ok_or_else(|| say::jump_invalid(text))?,
        };
        let mut way = Vec::new();
        self.add_jumps(&jumps, &mut way, &wanted.name)?;
        let mut target = self.direct(wanted, options);
        target.jumps = way;
        Ok(target)
    }

    /// Adds the hops in order. The first may itself be reached through others, as with `ssh -J`.
    fn add_jumps(
        &self,
        jumps: &[Jump],
        way: &mut Vec<SshTarget>,
        host: &str,
    ) -> Result<(), Message> {
        for jump in jumps {
            // More hops than anyone has: the configuration leads in a circle.
            if way.len() > 16 {
                return Err(say::jump_loop(host));
            }
            let wanted = Wanted {
                name: jump.host.clone(),
                port: jump.port,
                user: jump.user.clone(),
                ..Wanted::default()
            };
            let options = self.options(&wanted)?;
            if way.is_empty() {
                let before = options.proxy_jump.clone().unwrap_or_default();
                if before.iter().any(|hop| hop.host == jump.host || hop.host == host) {
                    return Err(say::jump_loop(host));
                }
                self.add_jumps(&before, way, &jump.host)?;
            }
            way.push(self.direct(&wanted, options));
        }
        Ok(())
    }

    fn direct(&self, wanted: &Wanted, options: Options) -> SshTarget {
        let asked = wanted.address.as_ref().unwrap_or(&wanted.name);
        let connect = wanted.connect_timeout.or(options.connect_timeout);
        let connect = connect.filter(|time| !time.is_zero());
        let defaults = Deadlines::default();
        let count = options.alive_count.and_then(|count| usize::try_from(count).ok());
        SshTarget {
            name: wanted.name.clone(),
            address: options.host_name.clone().unwrap_or_else(|| asked.clone()),
            port: wanted.port.or(options.port).unwrap_or(22),
            user: wanted
                .user
                .clone()
                .or_else(|| options.user.clone())
                .unwrap_or_else(|| self.local_user.clone()),
            keys: self.keys(wanted, &options),
            held: wanted.held.clone(),
            certificates: options.certificate_files.iter().map(PathBuf::from).collect(),
            identities_only: options.identities_only,
            password: wanted.password.clone(),
            agent: agent(options.identity_agent.as_ref()),
            jumps: vec![],
            dialer: None,
            host_keys: self.host_keys(wanted, &options),
            deadlines: Deadlines {
                connect: connect.unwrap_or(defaults.connect),
                // As ssh(1) has it: ConnectTimeout is for the handshake, too.
                handshake: connect.unwrap_or(defaults.handshake),
                alive_interval: options.alive_interval.unwrap_or(defaults.alive_interval),
                alive_count: count.unwrap_or(defaults.alive_count),
                ..defaults
            },
            algorithms: Algorithms { legacy: wanted.legacy_algorithms, lists: options.algorithms },
            stamp: wanted.stamp.clone(),
        }
    }

    fn keys(&self, wanted: &Wanted, options: &Options) -> Vec<PathBuf> {
        if !wanted.held.is_empty() {
            return wanted.keys.clone();
        }
        let named = options.identity_files.iter().map(PathBuf::from);
        let mut keys: Vec<PathBuf> = wanted.keys.iter().cloned().chain(named).collect();
        if keys.is_empty() && !options.no_identity_files {
            let defaults = DEFAULT_KEYS.iter().map(|name| self.home.join(".ssh").join(name));
            keys.extend(defaults.filter(|file| file.exists()));
        }
        keys
    }

    fn host_keys(&self, wanted: &Wanted, options: &Options) -> HostKeys {
        let paths = |list: &Option<Vec<String>>, defaults: [PathBuf; 2]| match list {
            Some(files) => files.iter().map(PathBuf::from).collect(),
            None => defaults.to_vec(),
        };
        let of_config = options.strict_host_key.map(|strict| match strict {
            StrictHostKey::Yes => HostKeyPolicy::Strict,
            StrictHostKey::Ask => HostKeyPolicy::Ask,
            StrictHostKey::AcceptNew => HostKeyPolicy::AcceptNew,
        });
        let policy =
            self.source.policy.or(wanted.policy).or(of_config).or(self.source.default_policy);
        let (ssh, etc) = (self.home.join(".ssh"), Path::new("/etc/ssh"));
        let (user_files, global_files) = match &self.source.known_hosts {
            Some(file) => (vec![file.clone()], vec![]),
            None => (
                paths(
                    &options.user_known_hosts,
                    [ssh.join("known_hosts"), ssh.join("known_hosts2")],
                ),
                paths(
                    &options.global_known_hosts,
                    [etc.join("ssh_known_hosts"), etc.join("ssh_known_hosts2")],
                ),
            ),
        };
        HostKeys {
            user_files,
            global_files,
            policy: policy.unwrap_or(HostKeyPolicy::Strict),
            alias: options.host_key_alias.clone(),
            hash_names: options.hash_known_hosts,
            pinned: wanted.pinned.clone(),
        }
    }
}

fn agent(option: Option<&IdentityAgent>) -> Option<PathBuf> {
    match option {
        Some(IdentityAgent::None) => None,
        Some(IdentityAgent::Socket(path)) => Some(PathBuf::from(path)),
        Some(IdentityAgent::Environment) | None => {
            std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).map(PathBuf::from)
        }
    }
}

fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"))
}

/// The login name of whoever runs us, from the environment that the login has set.
fn local_user() -> String {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    set("USER").or_else(|| set("LOGNAME")).unwrap_or_else(|| "root".to_owned())
}

fn local_host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn read_config(file: &Path, home: &Path, required: bool) -> Result<Config, Message> {
    let text = match std::fs::read(file) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Config::default());
        }
        Err(error) => return Err(say::config_unreadable(file.display(), error)),
    };
    let base =
        if file.starts_with("/etc/ssh") { Path::new("/etc/ssh") } else { &home.join(".ssh") };
    let mut load = |word: &str| include(word, base, home);
    Config::parse(&file.display().to_string(), &text, &mut load)
}

/// The files of an `Include` word.
fn include(word: &str, base: &Path, home: &Path) -> Result<Vec<Source>, String> {
    let path = match word.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => base.join(word),
    };
    let mut sources = Vec::new();
    for file in glob(&path) {
        let text = std::fs::read(&file).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&text).into_owned();
        sources.push(Source { file: file.display().to_string(), text });
    }
    Ok(sources)
}

/// The files that exist and match, in the order of their names; hidden ones only when named.
fn glob(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let part = part.as_os_str();
        found = match part.to_str().filter(|text| pattern::is_pattern(text)) {
            None => found.into_iter().map(|path| path.join(part)).collect(),
            Some(text) => found.iter().flat_map(|path| entries(path, text)).collect(),
        };
    }
    found.retain(|path| path.is_file());
    found
}

fn entries(directory: &Path, wanted: &str) -> Vec<PathBuf> {
    let list = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = list.filter_map(|entry| entry.file_name().into_string().ok());
    let fits = |name: &String| {
        pattern::matches(wanted, name) && (!name.starts_with('.') || wanted.starts_with('.'))
    };
    let mut paths: Vec<PathBuf> = names.filter(fits).map(|name| directory.join(name)).collect();
    paths.sort();
    paths
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
