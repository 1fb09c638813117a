//! The hosts of an inventory as machines that can be reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use hep_core::become_flags::Flags;
use hep_core::inventory::connection::{Become, Connection as Login, Way};
use hep_core::inventory::{Host, Inventory};
use hep_core::message::{Message, play, register, ssh as say};
use hep_core::node::Pos;
use hep_core::observe::{Ask, Stop};
use hep_core::secret::Secret;
use hep_core::ssh::config_value;
use hep_core::template::{Engine, Evaluated, Scope};
use hep_core::value::Value;
use hep_core::vars::{Layer, Level, Var, Vars};

use crate::transport::dial::Dial;
use crate::transport::local::LocalConnection;
use crate::transport::ssh::{HeldKey, HostKeyPolicy, Pinned, Pool, Settings, SshTarget, Wanted};
use crate::transport::{Connection, TransportError};

/// What the command line says about every host; it wins over the inventory.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `-u`.
    pub user: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--key`.
    pub keys: Vec<PathBuf>,
    /// `--ask-pass`.
    pub password: Option<Secret<String>>,
    /// `-K`.
    pub become_password: Option<Secret<String>>,
    /// `--connect-timeout`.
    pub connect_timeout: Option<Duration>,
    /// `-e`: the highest variables, which may also say how a host is reached.
    pub extra: Arc<Layer>,
}

/// What a register knows of reaching a host. Variables have no part in it: who may set one must not be able to
/// lead a run elsewhere.
#[derive(Clone, Debug, Default)]
pub struct HostLogin {
    /// Its address; nothing of a host that the register does not have.
    pub address: Option<String>,
    /// The port of its sshd.
    pub port: Option<u16>,
    /// The login; that of the node where nothing is said.
    pub user: Option<String>,
    /// Whether the algorithms of an old sshd are offered.
    pub legacy_algorithms: bool,
    /// Private keys, unsealed.
    pub held: Vec<Arc<HeldKey>>,
    /// Whether only these keys log in: no agent, and no file of the node.
    pub only_held: bool,
    /// The password of the login.
    pub password: Option<Secret<String>>,
    /// The password for sudo.
    pub become_password: Option<Secret<String>>,
    /// The keys that are trusted, and who hears of others.
    pub pinned: Option<Pinned>,
    /// The way there: hosts of the register, or `USER@HOST:PORT`, separated by commas.
    pub jump: Option<String>,
    /// Who makes the first TCP connection in our place. Then the way is the register's alone.
    pub dialer: Option<Arc<dyn Dial>>,
    /// The versions of all this. When one changes, a new connection is made.
    pub stamp: String,
}

/// Says how a host is reached. It is asked when that is about to be done, so that secrets are opened only for
/// the host that they are for.
pub type Keeper = Arc<dyn Fn(&str) -> Result<HostLogin, Message> + Send + Sync>;

/// More hops than anyone has: the register leads in a circle.
pub(crate) const MOST_HOPS: usize = 16;

/// What connecting gives.
pub type ConnectResult = Result<Arc<dyn Connection>, TransportError>;

/// An inventory, and the means to reach its hosts.
pub struct Fleet {
    /// The hosts.
    pub inventory: Arc<Inventory>,
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    overrides: Overrides,
    keeper: Option<Keeper>,
    engine: Engine,
}

/// A host with its connection settings, rendered.
pub struct Reached {
    /// Its name in the inventory.
    pub name: Arc<str>,
    /// How it is reached.
    pub login: Login,
}

impl Fleet {
    /// Puts the parts together. Nothing is connected yet.
    pub fn new(inventory: Inventory, settings: Settings, pool: Pool, overrides: Overrides) -> Self {
        let (settings, pool) = (Arc::new(settings), Arc::new(pool));
        let inventory = Arc::new(inventory);
        Self { inventory, settings, pool, overrides, keeper: None, engine: Engine::default() }
    }

    /// The hosts of a register, over connections that are shared with other fleets.
    pub fn of_register(
        inventory: Arc<Inventory>,
        settings: Arc<Settings>,
        pool: Arc<Pool>,
        overrides: Overrides,
        keeper: Keeper,
    ) -> Self {
        let keeper = Some(keeper);
        Self { inventory, settings, pool, overrides, keeper, engine: Engine::default() }
    }

    /// The hosts that a selector names, in the inventory's order.
    pub fn select(&self, text: &str) -> Result<Vec<Host>, Message> {
        let selector = crate::inventory::selector(text, &self.inventory)?;
        let names = selector.select(&self.inventory)?;
        Ok(names.iter().filter_map(|name| self.inventory.host(name)).cloned().collect())
    }

    /// The variables that the inventory and the command line give a host.
    pub fn vars(&self, host: &Host) -> Vars {
        let mut vars = Vars::new();
        vars.push(Level::Inventory, Arc::new(self.inventory.vars_of(host)));
        vars.push(Level::Extra, self.overrides.extra.clone());
        vars
    }

    /// How a host is reached: variables rendered, the command line's wishes put over them.
    pub fn login(&self, host: &Host) -> Result<Login, Message> {
        if let Some(keeper) = &self.keeper {
            let mut login = registered(&host.name, keeper(&host.name)?)?;
            let said = self.overrides.become_password.clone();
            login.become_.password = said.or(login.become_.password);
            return Ok(login);
        }
        let scope: Arc<dyn Scope> = Arc::new(Inventoried { vars: self.vars(host) });
        let mut failed = None;
        let login = Login::from_values(&host.name, |name| match self.variable(&scope, name) {
            Ok(found) => found,
            Err(message) => {
                failed.get_or_insert(message);
                None
            }
        });
        if let Some(message) = failed {
            return Err(message);
        }
        let mut login = login.map_err(|error| error.message)?;
        let over = &self.overrides;
        login.user = over.user.clone().or(login.user);
        login.port = over.port.or(login.port);
        login.password = over.password.clone().or(login.password);
        login.become_.password = over
            .become_password
            .clone()
            .or(login.become_.password)
            .or_else(|| login.password.clone());
        Ok(login)
    }

    /// Whom sudo becomes on a host where nobody says another, and the options that it is given: what the host's
    /// variables say, as for a task.
    pub fn becoming(&self, host: &Host) -> Result<(Option<String>, Flags), Message> {
        let scope: Arc<dyn Scope> = Arc::new(Inventoried { vars: self.vars(host) });
        let text = |name| {
            let found = self.variable(&scope, name)?;
            Ok(found.and_then(|(value, _)| value.as_str().map(str::to_owned)))
        };
        let method = text("ansible_become_method")?.filter(|method| !method.ends_with("sudo"));
        if let Some(method) = method {
            return Err(play::unknown_method(method));
        }
        let flags = text("ansible_become_flags")?.map(|flags| Flags::read(&flags)).transpose()?;
        let user = text("ansible_become_user")?.filter(|user| !user.is_empty());
        Ok((user, flags.unwrap_or_default()))
    }

    /// Whether looking how a host is reached opens secrets, so that it is done for no host in vain.
    pub fn opens_secrets(&self) -> bool {
        self.keeper.is_some()
    }

    /// What the register says of a host.
    fn kept(&self, host: &Host) -> Result<HostLogin, Message> {
        self.keeper.as_ref().map_or_else(|| Ok(HostLogin::default()), |keeper| keeper(&host.name))
    }

    fn variable(
        &self,
        scope: &Arc<dyn Scope>,
        name: &str,
    ) -> Result<Option<(Value, Pos)>, Message> {
        match scope.vars().get(name) {
            None => Ok(None),
            Some(Var::Data(value, _)) => Ok(Some((value.clone(), Pos::default()))),
            Some(Var::Authored(node)) => {
                let rendered = self.engine.node(node, scope);
                rendered.map(|value| Some((value.to_value(), node.pos))).map_err(into_message)
            }
        }
    }

    /// The connection to a host, shared with everything else that uses it.
    pub fn connect(&self, host: &Host) -> BoxFuture<'static, ConnectResult> {
        match self.target(host) {
            Err(message) => Box::pin(async { Err(TransportError::Settings { message }) }),
            Ok(None) => Box::pin(async { Ok(Arc::new(LocalConnection) as _) }),
            Ok(Some(target)) => {
                let pool = self.pool.clone();
                Box::pin(async move { Ok(pool.get(&target).await? as _) })
            }
        }
    }

    /// Lets the connection to a host go: who still uses it keeps it, the next use opens another.
    pub async fn disconnect(&self, host: &Host) {
        if let Ok(Some(target)) = self.target(host) {
            self.pool.forget(&target).await;
        }
    }

    /// Where a host is; nothing for the controller's own machine.
    fn target(&self, host: &Host) -> Result<Option<SshTarget>, Message> {
        let login = self.login(host)?;
        if login.way == Way::Local {
            return Ok(None);
        }
        let kept = self.kept(host)?;
        let mut wanted = self.wanted(host, login);
        wanted.held = kept.held;
        wanted.pinned = kept.pinned;
        wanted.stamp = kept.stamp;
        if kept.jump.is_some() || kept.dialer.is_some() {
            wanted.jump = Some(String::new());
        }
        let mut target = self.settings.target(&wanted)?;
        if kept.only_held {
            target.agent = None;
            target.keys.clear();
        }
        if let Some(jump) = kept.jump {
            self.add_hops(&jump, &mut target.jumps, &host.name, 0)?;
        }
        target.dial_by(kept.dialer);
        Ok(Some(target))
    }

    /// Adds the hops that a register names: its own hosts are reached as it says, others as named.
    fn add_hops(
        &self,
        jump: &str,
        way: &mut Vec<SshTarget>,
        host: &str,
        depth: usize,
    ) -> Result<(), Message> {
        let hops = config_value::jumps(jump).ok_or_else(|| say::jump_invalid(jump))?;
        for hop in hops {
            if way.len() + depth >= MOST_HOPS || hop.host == host {
                return Err(say::jump_loop(host));
            }
            let ours = self.inventory.hosts().get(hop.host.as_str());
            let Some(ours) = ours.filter(|_| hop.user.is_none() && hop.port.is_none()) else {
                let (name, port, user) = (hop.host, hop.port, hop.user);
                let wanted = Wanted { name, port, user, ..Wanted::default() };
                way.push(self.settings.target(&Wanted { jump: Some(String::new()), ..wanted })?);
                continue;
            };
            let target = self.hop(ours, way, host, depth)?;
            way.push(target);
        }
        Ok(())
    }

    /// A host of the register as a hop, after the hops that lead to it.
    fn hop(
        &self,
        hop: &Host,
        way: &mut Vec<SshTarget>,
        host: &str,
        depth: usize,
    ) -> Result<SshTarget, Message> {
        let kept = self.kept(hop)?;
        let mut wanted = self.wanted(hop, self.login(hop)?);
        if let Some(jump) = kept.jump.filter(|_| way.is_empty()) {
            self.add_hops(&jump, way, host, depth + 1)?;
        }
        (wanted.held, wanted.pinned, wanted.stamp) = (kept.held, kept.pinned, kept.stamp);
        wanted.jump = Some(String::new());
        self.settings.target(&wanted)
    }

    /// The login name on a host, as it will be used.
    pub fn user(&self, host: &Host) -> Result<String, Message> {
        Ok(self.target(host)?.map_or_else(crate::identity::local_user, |target| target.user))
    }

    fn wanted(&self, host: &Host, login: Login) -> Wanted {
        let jump = login.jumps.map(|jumps| {
            let texts: Vec<String> = jumps.iter().map(ToString::to_string).collect();
            texts.join(",")
        });
        let mut keys = self.overrides.keys.clone();
        keys.extend(login.keys.iter().map(PathBuf::from));
        Wanted {
            name: host.name.to_string(),
            address: Some(login.address),
            port: login.port,
            user: login.user,
            keys,
            password: login.password,
            jump,
            legacy_algorithms: login.legacy_algorithms,
            connect_timeout: self.overrides.connect_timeout,
            policy: login
                .host_key_checking
                .map(|check| if check { HostKeyPolicy::Strict } else { HostKeyPolicy::AcceptNew }),
            config: login.ssh_config.map(PathBuf::from),
            options: login.options,
            ..Wanted::default()
        }
    }
}

/// The way to a host of a register.
fn registered(name: &str, kept: HostLogin) -> Result<Login, Message> {
    let address = kept.address.ok_or_else(|| register::not_found("host", name))?;
    let sudo = kept.become_password.or_else(|| kept.password.clone());
    Ok(Login {
        address,
        port: kept.port,
        user: kept.user,
        password: kept.password,
        become_: Become { password: sudo, ..Become::default() },
        legacy_algorithms: kept.legacy_algorithms,
        ..Login::default()
    })
}

/// Inventory variables see one another, and nothing else.
struct Inventoried {
    vars: Vars,
}

impl Scope for Inventoried {
    fn vars(&self) -> &Vars {
        &self.vars
    }

    fn lookup(&self, _ask: Ask) -> Result<Evaluated, Stop> {
        Err(Stop::Fail(hep_core::message::inventory::no_lookup()))
    }
}

/// Why a rendering stopped, where nothing can be asked.
pub(crate) fn into_message(stop: Stop) -> Message {
    match stop {
        Stop::Fail(message) | Stop::FailAt(_, message) => message,
        Stop::Unknown(why) => hep_core::message::play::deferred(why),
        Stop::Pending => hep_core::message::inventory::no_lookup(),
    }
}
