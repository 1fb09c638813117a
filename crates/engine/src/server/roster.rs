//! The register as an inventory, whose selectors and manifests then mean what they mean on the command line.

use std::collections::HashMap;
use std::sync::Arc;

use hep_core::inventory::{Builder, Inventory};
use hep_core::message::Message;
use hep_core::node::{Node, NodeKind, Pos};
use hep_core::selector::Selector;
use hep_core::vars::{Layer, Var};
use serde_json::{Map, Value};

use crate::credential::Held;
use crate::fleet::{HostLogin, Keeper};
use crate::ops::{Engine, credential};
use crate::store::roster::{Roster, RosterCredential, RosterHost};
use crate::store::{Result, Sql, roster};
use crate::transport::ssh::HeldKey;

/// The register, ready for selectors and fleets.
pub(crate) struct Registered {
    /// Hosts, groups and variables.
    pub(crate) inventory: Inventory,
    hosts: Arc<HashMap<String, RosterHost>>,
    credentials: Arc<HashMap<String, RosterCredential>>,
}

/// Reads the register.
pub(crate) async fn load(from: &dyn Sql) -> Result<std::result::Result<Registered, Message>> {
    Ok(build(roster::load(from).await?))
}

fn build(roster: Roster) -> std::result::Result<Registered, Message> {
    let (mut builder, nowhere) = (Builder::new(), Pos::default());
    for host in &roster.hosts {
        builder.host(&host.name, hep_core::inventory::ALL, nowhere);
        // A variable wins over a label of the same name.
        for (name, value) in host.labels.iter().chain(&host.vars) {
            builder.set_host_var(&host.name, name, node(value));
        }
    }
    for (name, vars) in &roster.groups {
        builder.group(name, nowhere);
        for (key, value) in vars {
            builder.set_group_var(name, key, node(value)).map_err(|fault| fault.message)?;
        }
    }
    for (group, host) in &roster.members {
        builder.host(host, group, nowhere);
    }
    for (parent, child) in &roster.children {
        builder.child(parent, child, nowhere).map_err(|fault| fault.message)?;
    }
    let inventory = builder.finish().map_err(|fault| fault.message)?;
    let hosts = roster.hosts.into_iter().map(|host| (host.name.clone(), host)).collect();
    let credentials = roster.credentials.into_iter();
    let credentials = Arc::new(credentials.map(|known| (known.id.clone(), known)).collect());
    Ok(Registered { inventory, hosts: Arc::new(hosts), credentials })
}

/// JSON as a manifest would have it: its texts may be templates.
fn node(value: &Value) -> Node {
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(value) => NodeKind::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => NodeKind::Int { value, octal: false },
            None => NodeKind::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => NodeKind::Str(text.as_str().into()),
        Value::Array(items) => NodeKind::List(items.iter().map(node).collect()),
        Value::Object(map) => NodeKind::Map(
            map.iter()
                .map(|(key, value)| (Node::bare(NodeKind::Str(key.as_str().into())), node(value)))
                .collect(),
        ),
    };
    Node::bare(kind)
}

/// Variables of a request.
pub(crate) fn layer(vars: &Map<String, Value>) -> Layer {
    vars.iter().map(|(name, value)| (name.as_str().into(), Var::Authored(node(value)))).collect()
}

impl Registered {
    /// The hosts that a selector names, in the order of their names. It reads no files.
    pub(crate) fn select(&self, text: &str) -> std::result::Result<Vec<Arc<str>>, Message> {
        let selector = Selector::parse(text)?.with_files(&mut |_| Ok(None))?;
        selector.select(&self.inventory)
    }

    /// A host.
    pub(crate) fn host(&self, name: &str) -> Option<&RosterHost> {
        self.hosts.get(name)
    }

    /// How each host is reached. Its secrets are opened when it is asked for, and for no other host.
    pub(crate) fn keeper(&self, engine: &Engine) -> Keeper {
        let (hosts, credentials) = (Arc::clone(&self.hosts), Arc::clone(&self.credentials));
        let engine = engine.clone();
        Arc::new(move |name| match hosts.get(name) {
            Some(host) => login(&engine, host, &credentials),
            None => Ok(HostLogin::default()),
        })
    }
}

/// How a host is reached.
fn login(
    engine: &Engine,
    host: &RosterHost,
    credentials: &HashMap<String, RosterCredential>,
) -> std::result::Result<HostLogin, Message> {
    let of = |id: &Option<String>| id.as_ref().and_then(|id| credentials.get(id));
    let (own, sudo) = (of(&host.credential), of(&host.become_credential));
    let held = |known: Option<&RosterCredential>| match known {
        None => Ok(Held::default()),
        Some(known) => credential::open(engine, (&known.id, &known.name), known.sealed.as_deref()),
    };
    let (secrets, root) = (held(own)?, held(sudo)?);
    let key = own.zip(secrets.private_key).map(|(known, private)| {
        Arc::new(HeldKey {
            name: known.name.clone(),
            private,
            passphrase: secrets.passphrase,
            certificate: known.certificate.clone(),
        })
    });
    let version = |known: Option<&RosterCredential>| known.map_or(0, |known| known.version);
    Ok(HostLogin {
        address: Some(host.address.clone()),
        port: Some(host.port),
        user: host.login.clone().or_else(|| own.and_then(|known| known.login.clone())),
        legacy_algorithms: host.legacy_algorithms,
        held: key.into_iter().collect(),
        password: secrets.password,
        become_password: root.become_password.or(root.password).or(secrets.become_password),
        jump: host.jump.clone(),
        stamp: format!("{} {:?} {}", host.version, host.credential, version(own)),
        ..HostLogin::default()
    })
}
