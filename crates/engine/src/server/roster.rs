//! The register as an inventory, whose selectors and manifests then mean what they mean on the command line. It is
//! read once for each version of it, by every node for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::FutureExt as _;
use hep_core::inventory::{ALL, Builder, Inventory};
use hep_core::message::Message;
use hep_core::node::{Node, NodeKind, Pos};
use hep_core::selector::Selector;
use hep_core::ssh::config::Jump;
use hep_core::ssh::config_value;
use hep_core::vars::{Layer, Var};
use serde_json::{Map, Value};

use crate::credential::Held;
use crate::fleet::{HostLogin, Keeper, MOST_HOPS};
use crate::ops::{Engine, OpError, OpResult, credential, host_key};
use crate::store::host_keys::Decided;
use crate::store::register::{self, Outline};
use crate::store::roster::{Roster, RosterCredential, RosterHost};
use crate::store::{Result, roster};
use crate::transport::dial::Dial;
use crate::transport::ssh::{HeldKey, Pinned, PinnedKey, Wanted};

/// How often a register that changes while it is read is read again before its last state is taken as it is.
const ATTEMPTS: usize = 3;

/// The register, ready for selectors and fleets.
pub(crate) struct Registered {
    version: i64,
    /// Hosts, groups and variables; a label wins over a variable of its name.
    pub(crate) inventory: Arc<Inventory>,
    /// Made when a grant is first compared with it.
    granted: OnceLock<Option<Inventory>>,
    hosts: Arc<HashMap<String, RosterHost>>,
    groups: Vec<String>,
    members: Vec<(String, String)>,
    children: Vec<(String, String)>,
    means: Arc<Means>,
}

/// How hosts are reached, still sealed.
struct Means {
    credentials: HashMap<String, RosterCredential>,
    /// By the hosts' ids.
    keys: HashMap<String, Vec<Decided>>,
}

/// The last one that was read.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<Arc<Registered>>>);

impl Cache {
    fn get(&self, version: i64) -> Option<Arc<Registered>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|kept| kept.version == version)
    }

    fn keep(&self, read: &Arc<Registered>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|before| before.version < read.version) {
            *kept = Some(Arc::clone(read));
        }
    }
}

impl Engine {
    /// The register as it is now.
    pub(crate) async fn registered(&self) -> OpResult<Arc<Registered>> {
        self.read_register().await?.map_err(no_inventory)
    }

    /// The same, or why it is no inventory.
    pub(crate) async fn read_register(&self) -> Result<Read> {
        let mut version = register::version(self.db()).await?;
        let mut attempt = 1;
        loop {
            if let Some(kept) = self.register().get(version) {
                return Ok(Ok(kept));
            }
            let read = roster::load(self.db()).await?;
            // Read in several statements: what nobody has changed meanwhile is of one piece.
            let after = register::version(self.db()).await?;
            if after == version || attempt == ATTEMPTS {
                let built = build(version, read).map(Arc::new);
                if let (Ok(built), true) = (&built, after == version) {
                    self.register().keep(built);
                }
                return Ok(built);
            }
            (version, attempt) = (after, attempt + 1);
        }
    }
}

/// A register that was read.
type Read = std::result::Result<Arc<Registered>, Message>;

fn no_inventory(message: impl std::fmt::Display) -> OpError {
    OpError::Internal(format!("the register is no inventory: {message}"))
}

fn build(version: i64, roster: Roster) -> std::result::Result<Registered, Message> {
    let hosts = roster.hosts.iter().map(|host| (&*host.name, &host.labels, Some(&host.vars)));
    let groups = roster.groups.iter().map(|(name, vars)| (&**name, Some(vars)));
    let inventory = inventory(hosts, groups, &roster.members, &roster.children)?;
    let mut keys: HashMap<String, Vec<Decided>> = HashMap::new();
    for key in roster.keys {
        keys.entry(key.host.clone()).or_default().push(key);
    }
    let credentials = roster.credentials.into_iter();
    let credentials = credentials.map(|known| (known.id.clone(), known)).collect();
    let hosts = roster.hosts.into_iter().map(|host| (host.name.clone(), host)).collect();
    Ok(Registered {
        version,
        inventory: Arc::new(inventory),
        granted: OnceLock::new(),
        hosts: Arc::new(hosts),
        groups: roster.groups.into_iter().map(|(name, _)| name).collect(),
        members: roster.members,
        children: roster.children,
        means: Arc::new(Means { credentials, keys }),
    })
}

/// The parts of a register as an inventory. Labels are variables, and win over others of their names: what a label
/// says of a host is said on purpose.
fn inventory<'a>(
    hosts: impl Iterator<Item = (&'a str, &'a Map<String, Value>, Option<&'a Map<String, Value>>)>,
    groups: impl Iterator<Item = (&'a str, Option<&'a Map<String, Value>>)>,
    members: &[(String, String)],
    children: &[(String, String)],
) -> std::result::Result<Inventory, Message> {
    let (mut builder, nowhere) = (Builder::new(), Pos::default());
    for (host, labels, vars) in hosts {
        builder.host(host, ALL, nowhere);
        for (name, value) in vars.into_iter().flatten() {
            builder.set_host_var(host, name, node(value));
        }
        for (name, value) in labels {
            builder.set_host_var(host, name, literal(value));
        }
    }
    for (group, vars) in groups {
        builder.group(group, nowhere);
        for (name, value) in vars.into_iter().flatten() {
            builder.set_group_var(group, name, node(value)).map_err(|fault| fault.message)?;
        }
    }
    for (group, host) in members {
        builder.host(host, group, nowhere);
    }
    for (outer, inner) in children {
        builder.child(outer, inner, nowhere).map_err(|fault| fault.message)?;
    }
    builder.finish().map_err(|fault| fault.message)
}

/// An outline as an inventory, for the selectors of grants: of the variables of hosts only their labels.
pub(crate) fn granted(outline: &Outline) -> OpResult<Inventory> {
    let hosts = outline.hosts.iter().map(|host| (&*host.name, &host.labels, None));
    let groups = outline.groups.iter().map(|name| (&**name, None));
    inventory(hosts, groups, &outline.members, &outline.children).map_err(no_inventory)
}

/// A label: a text, and never a template.
fn literal(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::bare(NodeKind::Literal(text.as_str().into())),
        other => node(other),
    }
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

/// JSON whose texts are secret, and no templates.
pub(crate) fn secret_node(value: &Value) -> Node {
    let kind = match value {
        Value::String(text) => NodeKind::Secret(text.as_str().into()),
        Value::Array(items) => NodeKind::List(items.iter().map(secret_node).collect()),
        Value::Object(map) => {
            let key = |key: &str| Node::bare(NodeKind::Literal(key.into()));
            NodeKind::Map(map.iter().map(|(name, value)| (key(name), secret_node(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => return node(value),
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
        let mut names = selector.select(&self.inventory)?;
        // The controller's own machine answers to its names, and is no host of the register.
        names.retain(|name| self.hosts.contains_key(&**name));
        Ok(names)
    }

    /// The register as the selectors of grants see it.
    pub(crate) fn granted(&self) -> OpResult<&Inventory> {
        let made = self.granted.get_or_init(|| {
            let hosts = self.hosts.values().map(|host| (&*host.name, &host.labels, None));
            let mut hosts: Vec<_> = hosts.collect();
            hosts.sort_by_key(|(name, ..)| *name);
            let groups = self.groups.iter().map(|name| (&**name, None));
            inventory(hosts.into_iter(), groups, &self.members, &self.children).ok()
        });
        made.as_ref().ok_or_else(|| no_inventory("its groups"))
    }

    /// The hosts, in no order.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &RosterHost> {
        self.hosts.values()
    }

    /// A host.
    pub(crate) fn host(&self, name: &str) -> Option<&RosterHost> {
        self.hosts.get(name)
    }

    /// Where the way to the host of this id begins.
    pub(crate) fn entry_of(&self, id: &str) -> Option<Entry<'_>> {
        entry(&self.hosts, self.hosts.values().find(|host| host.id == id)?)
    }

    /// The keys of a host that are trusted, or never to be.
    pub(crate) fn keys(&self, host: &RosterHost) -> &[Decided] {
        self.means.keys(host)
    }

    /// How each host is reached. Its secrets are opened when it is asked for, and for no other host.
    pub(crate) fn keeper(&self, engine: &Engine) -> Keeper {
        let (hosts, means) = (Arc::clone(&self.hosts), Arc::clone(&self.means));
        let engine = engine.clone();
        Arc::new(move |name| match hosts.get(name) {
            Some(host) => {
                let dialer = dialer(&engine, &hosts, host);
                means.login(&engine, host).map(|login| HostLogin { dialer, ..login })
            }
            None => Ok(HostLogin::default()),
        })
    }
}

/// Where the way to a host begins.
pub(crate) struct Entry<'a> {
    /// The host of the register whose zone counts: itself, or the first on its way.
    pub(crate) host: &'a RosterHost,
    /// What it is reached by first, where the register knows no more of that.
    hop: Option<Jump>,
}

impl Entry<'_> {
    /// Whom to connect to, without any way there.
    pub(crate) fn wanted(&self) -> Wanted {
        let nowhere = Wanted { jump: Some(String::new()), ..Wanted::default() };
        match &self.hop {
            Some(hop) => Wanted { name: hop.host.clone(), port: hop.port, ..nowhere },
            None => Wanted {
                name: self.host.name.clone(),
                address: Some(self.host.address.clone()),
                port: Some(self.host.port),
                ..nowhere
            },
        }
    }
}

/// Where the way to a host begins, read as a fleet reads it; nothing where it leads in a circle.
fn entry<'a>(hosts: &'a HashMap<String, RosterHost>, host: &'a RosterHost) -> Option<Entry<'a>> {
    let mut host = host;
    for _ in 0..MOST_HOPS {
        let hops = host.jump.as_deref().map(config_value::jumps);
        let Some(hop) = hops.map_or(Some(None), |hops| Some(hops?.into_iter().next()))? else {
            return Some(Entry { host, hop: None });
        };
        let ours = hosts.get(&hop.host).filter(|_| hop.user.is_none() && hop.port.is_none());
        match ours {
            Some(next) => host = next,
            None => return Some(Entry { host, hop: Some(hop) }),
        }
    }
    None
}

/// Who makes the first hop to a host in our place, where this node does not reach it.
fn dialer(
    engine: &Engine,
    hosts: &HashMap<String, RosterHost>,
    host: &RosterHost,
) -> Option<Arc<dyn Dial>> {
    let ways = engine.means()?.ways();
    let entry = entry(hosts, host)?;
    ways.to(engine, entry.host.zone.as_deref(), &entry.host.id)
}

impl Means {
    /// How a host is reached.
    fn login(&self, engine: &Engine, host: &RosterHost) -> std::result::Result<HostLogin, Message> {
        let of = |id: &Option<String>| id.as_ref().and_then(|id| self.credentials.get(id));
        let (own, sudo) = (of(&host.credential), of(&host.become_credential));
        let held = |known: Option<&RosterCredential>| match known {
            None => Ok(Held::default()),
            Some(known) => {
                credential::open(engine, (&known.id, &known.name), known.sealed.as_deref())
            }
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
        Ok(HostLogin {
            address: Some(host.address.clone()),
            port: Some(host.port),
            user: host.login.clone().or_else(|| own.and_then(|known| known.login.clone())),
            legacy_algorithms: host.legacy_algorithms,
            held: key.into_iter().collect(),
            only_held: false,
            password: secrets.password,
            become_password: root.become_password.or(root.password).or(secrets.become_password),
            pinned: Some(self.pinned(engine, host)),
            jump: host.jump.clone(),
            dialer: None,
            stamp: self.stamp(host, own),
        })
    }

    fn keys(&self, host: &RosterHost) -> &[Decided] {
        self.keys.get(&host.id).map_or(&[], Vec::as_slice)
    }

    /// The keys that are trusted. What else the host shows is kept, for somebody to decide about.
    fn pinned(&self, engine: &Engine, host: &RosterHost) -> Pinned {
        let known = self.keys(host).iter().map(|key| match key.revoked {
            true => PinnedKey::Revoked(&key.public_key),
            false => PinnedKey::Trusted(&key.public_key),
        });
        let (engine, id) = (engine.clone(), host.id.clone());
        Pinned::or_files(known, move |shown| {
            let (engine, id) = (engine.clone(), id.clone());
            async move { host_key::told(&engine, &id, shown).await }.boxed()
        })
    }

    /// What makes it another connection.
    fn stamp(&self, host: &RosterHost, own: Option<&RosterCredential>) -> String {
        let version = own.map_or(0, |known| known.version);
        let mut stamp = format!("{} {:?} {version}", host.version, host.credential);
        for key in self.keys(host) {
            // What was made by a key does not outlive the trust in it.
            stamp.push_str(if key.revoked { " !" } else { " " });
            stamp.push_str(&key.id);
        }
        stamp
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ops::actor::Actor;
    use crate::ops::patch::Edit;
    use crate::ops::testing::on_both;
    use crate::ops::{group, host};

    async fn fill(engine: &Engine, me: &Actor) {
        for (name, env) in [("web1", "prod"), ("web2", "test"), ("db1", "prod")] {
            let said = json!({"name": name, "labels": {"env": env},
                "vars": {"rack": [1, "b"], "env": "of a variable"}});
            host::create(engine, me, serde_json::from_value(said).unwrap()).await.unwrap();
        }
        for said in [
            json!({"name": "web", "hosts": ["web1", "web2"], "vars": {"env": "group", "os": "x"}}),
            json!({"name": "eu", "children": ["web"]}),
        ] {
            group::create(engine, me, serde_json::from_value(said).unwrap()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn selectors_mean_the_register_as_it_is_now() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            fill(&engine, &me).await;
            let cases: &[(&str, &[&str])] = &[
                ("all", &["db1", "web1", "web2"]),
                ("web*", &["web1", "web2"]),
                ("@eu", &["web1", "web2"]),
                ("env=prod", &["db1", "web1"]),
                ("os=x", &["web1", "web2"]),
                ("rack=b&env=test", &["web2"]),
                ("web[1-2]!web1", &["web2"]),
                ("web[0]", &["web1"]),
                ("localhost", &[]),
            ];
            let registered = engine.registered().await.unwrap();
            for (selector, expected) in cases {
                let found = registered.select(selector).unwrap();
                let found: Vec<&str> = found.iter().map(|name| &**name).collect();
                assert_eq!(found, *expected, "{selector}");
            }
            for bad in ["none", "web[", "@none", "web1,!none"] {
                assert!(registered.select(bad).is_err(), "{bad}");
            }
            assert!(Arc::ptr_eq(&registered, &engine.registered().await.unwrap()), "read once");
            host::delete(&engine, &me, "web2", None).await.unwrap();
            let found = engine.registered().await.unwrap().select("web*").unwrap();
            assert_eq!(found, ["web1".into()]);
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_host_is_reached_by_is_read_anew_when_it_changes() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let make = |said: Value| serde_json::from_value(said).unwrap();
            let said = json!({"name": "c", "kind": "password", "user": "ana", "password": "one"});
            credential::create(&engine, &me, make(said)).await.unwrap();
            let said = serde_json::from_value(json!({"name": "web", "credential": "c"})).unwrap();
            host::create(&engine, &me, said).await.unwrap();
            let login = async || {
                let registered = engine.registered().await.unwrap();
                registered.keeper(&engine)("web").unwrap()
            };
            let before = login().await;
            assert_eq!(before.user.as_deref(), Some("ana"));
            let part = serde_json::from_value(json!({"password": "two"})).unwrap();
            credential::change(&engine, &me, "c", None, Edit::Part(part)).await.unwrap();
            let after = login().await;
            assert_eq!(after.password.as_ref().map(|text| text.expose().as_str()), Some("two"));
            assert_ne!(before.stamp, after.stamp);
            let key =
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHeLC1lWiCYrXsf/85O/pkbUFZ6OGIt49PX3nw8iRoXE";
            let said = host_key::KeyInput { public_key: Some(key.into()) };
            host_key::add(&engine, &me, "web", &said).await.unwrap();
            assert_ne!(after.stamp, login().await.stamp);
            let (rotated, before) = (crate::ops::seal::rotate(&engine, &me).await.unwrap(), after);
            assert!(rotated.rewrapped > 0);
            assert_eq!(login().await.password, before.password);
        })
        .await;
    }
}
