//! The hosts of an inventory as machines that can be reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use hep_core::inventory::connection::{Connection as Login, Way};
use hep_core::inventory::{Host, Inventory};
use hep_core::message::Message;
use hep_core::node::Pos;
use hep_core::observe::{Ask, Stop};
use hep_core::secret::Secret;
use hep_core::template::{Engine, Evaluated, Scope};
use hep_core::value::Value;
use hep_core::vars::{Layer, Level, Var, Vars};

use crate::transport::local::LocalConnection;
use crate::transport::ssh::{HostKeyPolicy, Pool, Settings, SshTarget, Wanted};
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

/// What connecting gives.
pub type ConnectResult = Result<Arc<dyn Connection>, TransportError>;

/// An inventory, and the means to reach its hosts.
pub struct Fleet {
    /// The hosts.
    pub inventory: Inventory,
    settings: Settings,
    pool: Arc<Pool>,
    overrides: Overrides,
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
        Self { inventory, settings, pool: Arc::new(pool), overrides, engine: Engine::default() }
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

    /// Where a host is; nothing for the controller's own machine.
    fn target(&self, host: &Host) -> Result<Option<SshTarget>, Message> {
        let login = self.login(host)?;
        if login.way == Way::Local {
            return Ok(None);
        }
        self.settings.target(&self.wanted(host, login)).map(Some)
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
        }
    }
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
