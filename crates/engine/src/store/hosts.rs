//! The hosts of the register.

use std::collections::BTreeMap;

use hep_core::message::Message;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::db::{Arg, Query, Result, Row, Sql, sql};
use super::host_list::{self, Filter};
use super::{Stamp, message, new_id, now_ms};

/// What people say about a host. `null` and a missing field mean the same: not said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostInput {
    /// Its name: unique, and a word of the selector grammar.
    pub name: String,
    /// Where it is: a host name or an IP address. The name, when not said.
    #[serde(default)]
    pub address: String,
    /// The port of its sshd.
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// The login; that of the credential, when not said.
    #[serde(default)]
    pub user: Option<String>,
    /// The name of its partition.
    #[serde(default = "default_partition")]
    pub partition: String,
    /// The name of the credential that logs in.
    #[serde(default)]
    pub credential: Option<String>,
    /// The name of the credential with the sudo password.
    #[serde(default)]
    pub become_credential: Option<String>,
    /// The way there: names of hosts of the register, or `USER@HOST:PORT`, separated by commas.
    #[serde(default)]
    pub jump: Option<String>,
    /// Which nodes can reach it; that of the partition, when not said.
    #[serde(default)]
    pub zone: Option<String>,
    /// What it is built for: `GeneralPurpose`, `ComputeOptimized`, `MemoryOptimized` or `StorageOptimized`.
    #[serde(default)]
    pub family: Option<String>,
    /// Its operating system, in words.
    #[serde(default)]
    pub os: String,
    /// The technologies by which it can carry instances: `docker`, `lxc`, …
    #[serde(default)]
    pub drivers: Vec<String>,
    /// Its declared memory in bytes; in a request also `2GB` or `512MiB`.
    #[serde(default, deserialize_with = "size")]
    #[schema(value_type = Option<Size>)]
    pub memory_bytes: Option<i64>,
    /// Its declared number of CPUs.
    #[serde(default)]
    pub cpus: Option<i64>,
    /// Its declared disk in bytes; in a request also `2GB` or `512MiB`.
    #[serde(default, deserialize_with = "size")]
    #[schema(value_type = Option<Size>)]
    pub disk_bytes: Option<i64>,
    /// Its IPv4 address in its own network.
    #[serde(default)]
    pub local_ipv4: Option<String>,
    /// Its IPv6 address in its own network.
    #[serde(default)]
    pub local_ipv6: Option<String>,
    /// Its public IPv4 address.
    #[serde(default)]
    pub public_ipv4: Option<String>,
    /// Its public IPv6 address.
    #[serde(default)]
    pub public_ipv6: Option<String>,
    /// The hardware address that wakes it.
    #[serde(default)]
    pub mac: Option<String>,
    /// `key=value` pairs that selectors can name.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Variables for manifests.
    #[serde(default)]
    pub vars: serde_json::Map<String, serde_json::Value>,
    /// Whether to offer the algorithms of an sshd of before 2014.
    #[serde(default)]
    pub legacy_algorithms: bool,
    /// Whether runs may use it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Until when it is in maintenance, in milliseconds since 1970.
    #[serde(default)]
    pub maintenance_until_ms: Option<i64>,
    /// Whatever people should know.
    #[serde(default)]
    pub notes: String,
}

impl HostInput {
    /// A host of which nothing is said but its name.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            address: String::new(),
            port: ssh_port(),
            user: None,
            partition: default_partition(),
            credential: None,
            become_credential: None,
            jump: None,
            zone: None,
            family: None,
            os: String::new(),
            drivers: Vec::new(),
            memory_bytes: None,
            cpus: None,
            disk_bytes: None,
            local_ipv4: None,
            local_ipv6: None,
            public_ipv4: None,
            public_ipv6: None,
            mac: None,
            labels: BTreeMap::new(),
            vars: serde_json::Map::new(),
            legacy_algorithms: false,
            enabled: yes(),
            maintenance_until_ms: None,
            notes: String::new(),
        }
    }
}

/// A size as requests may have it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Size {
    /// In bytes.
    Bytes(i64),
    /// With a unit: `2GB`, `512MiB`.
    Text(String),
}

fn size<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<i64>, D::Error> {
    let text = match Option::<Size>::deserialize(from)? {
        None => return Ok(None),
        Some(Size::Bytes(bytes)) if bytes < 0 => bytes.to_string(),
        Some(Size::Bytes(bytes)) => return Ok(Some(bytes)),
        Some(Size::Text(text)) => text,
    };
    let bytes = hep_core::size::bytes(&text).map_err(D::Error::custom)?;
    i64::try_from(bytes).map(Some).map_err(D::Error::custom)
}

const fn ssh_port() -> u16 {
    22
}

const fn yes() -> bool {
    true
}

fn default_partition() -> String {
    super::partitions::DEFAULT.to_owned()
}

/// A host.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: HostInput,
    /// The groups that name it.
    pub groups: Vec<String>,
    /// `unknown`, `reachable`, `unreachable` or `untrusted`, as it was last seen.
    pub state: String,
    /// Why it was not reachable.
    pub state_reason: String,
    /// The same as a message, for who reads another language; nothing where it was noted without one.
    #[serde(skip)]
    pub state_message: Option<Message>,
    /// Since when, in milliseconds since 1970.
    pub state_ms: Option<i64>,
    /// When it last answered, in milliseconds since 1970.
    pub seen_ms: Option<i64>,
    /// When its facts were taken, in milliseconds since 1970.
    pub facts_ms: Option<i64>,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who changed it last, and when.
    pub modified: Stamp,
}

/// The ids of what a host's row refers to by name.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Of its partition.
    pub partition: String,
    /// Of its credential.
    pub credential: Option<String>,
    /// Of the credential with its sudo password.
    pub become_credential: Option<String>,
}

// Not `facts`, which are long.
pub(super) const SELECT: &str = "SELECT h.id, h.name, h.address, h.port, h.login, h.jump, h.zone, h.family, h.os, h.drivers,
        h.memory_bytes, h.cpus, h.disk_bytes, h.local_ipv4, h.local_ipv6, h.public_ipv4, h.public_ipv6,
        h.mac, h.labels, h.vars, h.legacy_algorithms, h.enabled, h.maintenance_until_ms, h.notes,
        h.state, h.state_reason, h.state_message, h.state_ms, h.seen_ms, h.facts_ms, h.version, h.created_ms,
        h.created_by, h.modified_ms, h.modified_by,
        p.name AS partition, c.name AS credential, b.name AS become_credential
     FROM hosts h JOIN partitions p ON p.id = h.partition_id
     LEFT JOIN credentials c ON c.id = h.credential_id
     LEFT JOIN credentials b ON b.id = h.become_credential_id";

pub(super) fn read(row: &Row) -> Result<Host> {
    let stamp = |at: &str, by: &str| Result::Ok(Stamp { at_ms: row.get(at)?, by: row.get(by)? });
    Ok(Host {
        id: row.get("id")?,
        said: read_said(row)?,
        groups: Vec::new(),
        state: row.get("state")?,
        state_message: message(row, "state_message", "state_reason")?,
        state_reason: row.get("state_reason")?,
        state_ms: row.get("state_ms")?,
        seen_ms: row.get("seen_ms")?,
        facts_ms: row.get("facts_ms")?,
        version: row.get("version")?,
        created: stamp("created_ms", "created_by")?,
        modified: stamp("modified_ms", "modified_by")?,
    })
}

fn read_said(row: &Row) -> Result<HostInput> {
    let port: i64 = row.get("port")?;
    Ok(HostInput {
        name: row.get("name")?,
        address: row.get("address")?,
        port: u16::try_from(port).unwrap_or_default(),
        user: row.get("login")?,
        partition: row.get("partition")?,
        credential: row.get("credential")?,
        become_credential: row.get("become_credential")?,
        jump: row.get("jump")?,
        zone: row.get("zone")?,
        family: row.get("family")?,
        os: row.get("os")?,
        drivers: row.json("drivers")?,
        memory_bytes: row.get("memory_bytes")?,
        cpus: row.get("cpus")?,
        disk_bytes: row.get("disk_bytes")?,
        local_ipv4: row.get("local_ipv4")?,
        local_ipv6: row.get("local_ipv6")?,
        public_ipv4: row.get("public_ipv4")?,
        public_ipv6: row.get("public_ipv6")?,
        mac: row.get("mac")?,
        labels: row.json("labels")?,
        vars: row.json("vars")?,
        legacy_algorithms: row.get("legacy_algorithms")?,
        enabled: row.get("enabled")?,
        maintenance_until_ms: row.get("maintenance_until_ms")?,
        notes: row.get("notes")?,
    })
}

pub(super) async fn add_groups(from: &dyn Sql, hosts: &mut [Host]) -> Result<()> {
    let query = sql("SELECT gh.host_id AS host_id, g.name AS name FROM group_hosts gh
         JOIN groups g ON g.id = gh.group_id WHERE gh.host_id IN");
    let query =
        query.and_list("", hosts.iter().map(|host| host.id.as_str())).and(" ORDER BY g.name");
    let mut by_host: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in from.all(query).await? {
        by_host.entry(row.get("host_id")?).or_default().push(row.get("name")?);
    }
    for host in hosts {
        host.groups = by_host.remove(&host.id).unwrap_or_default();
    }
    Ok(())
}

/// The host of this name.
pub async fn by_name(from: &dyn Sql, name: &str) -> Result<Option<Host>> {
    let filter = Filter { names: Some(vec![name.to_owned()]), ..Filter::default() };
    Ok(host_list::list(from, &filter, 1).await?.pop())
}

/// The host of this id or name.
pub async fn find(from: &dyn Sql, word: &str) -> Result<Option<Host>> {
    let query = sql("SELECT name FROM hosts WHERE id = $1 OR name = $1");
    match from.one(query.bind(word)).await? {
        Some(row) => by_name(from, &row.get::<String>("name")?).await,
        None => Ok(None),
    }
}

/// The id of the host of this name.
pub async fn id_of(from: &dyn Sql, name: &str) -> Result<Option<String>> {
    let row = from.one(sql("SELECT id FROM hosts WHERE name = $1").bind(name)).await?;
    row.map(|row| row.get("id")).transpose()
}

/// Makes a host; its id.
pub async fn insert(
    into: &dyn Sql,
    said: &HostInput,
    refers: &References,
    by: &str,
) -> Result<String> {
    let (id, now) = (new_id(), now_ms());
    let query = sql(
        "INSERT INTO hosts (name, address, port, login, partition_id, credential_id,
            become_credential_id, jump, zone, family, os, drivers, memory_bytes, cpus, disk_bytes,
            local_ipv4, local_ipv6, public_ipv4, public_ipv6, mac, labels, vars, legacy_algorithms,
            enabled, maintenance_until_ms, notes, id, created_ms, created_by, modified_ms, modified_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $28, $29)",
    );
    into.run(bind(query, said, refers).bind(&id).bind(now).bind(by)).await?;
    set_labels(into, &id, said).await?;
    Ok(id)
}

/// Changes a host if its version still is this one; whether it was.
pub async fn update(
    into: &dyn Sql,
    id: &str,
    version: i64,
    said: &HostInput,
    refers: &References,
    by: &str,
) -> Result<bool> {
    let query =
        sql("UPDATE hosts SET name = $1, address = $2, port = $3, login = $4, partition_id = $5,
            credential_id = $6, become_credential_id = $7, jump = $8, zone = $9, family = $10,
            os = $11, drivers = $12, memory_bytes = $13, cpus = $14, disk_bytes = $15,
            local_ipv4 = $16, local_ipv6 = $17, public_ipv4 = $18, public_ipv6 = $19, mac = $20,
            labels = $21, vars = $22, legacy_algorithms = $23, enabled = $24,
            maintenance_until_ms = $25, notes = $26, version = version + 1, modified_ms = $27,
            modified_by = $28
         WHERE id = $29 AND version = $30");
    let query = bind(query, said, refers).bind(now_ms()).bind(by).bind(id).bind(version);
    if into.run(query).await? == 0 {
        return Ok(false);
    }
    set_labels(into, id, said).await?;
    Ok(true)
}

/// The parameters 1 to 26.
fn bind(query: Query, said: &HostInput, refers: &References) -> Query {
    columns(said, refers).into_iter().fold(query, Query::bind)
}

/// What is said of a host, in the order in which every statement that writes it has the columns.
pub(super) fn columns(said: &HostInput, refers: &References) -> [Arg; 26] {
    [
        (&said.name).into(),
        (&said.address).into(),
        said.port.into(),
        said.user.clone().into(),
        (&refers.partition).into(),
        refers.credential.clone().into(),
        refers.become_credential.clone().into(),
        said.jump.clone().into(),
        said.zone.clone().into(),
        said.family.clone().into(),
        (&said.os).into(),
        to_json(&said.drivers).into(),
        said.memory_bytes.into(),
        said.cpus.into(),
        said.disk_bytes.into(),
        said.local_ipv4.clone().into(),
        said.local_ipv6.clone().into(),
        said.public_ipv4.clone().into(),
        said.public_ipv6.clone().into(),
        said.mac.clone().into(),
        to_json(&said.labels).into(),
        to_json(&said.vars).into(),
        said.legacy_algorithms.into(),
        said.enabled.into(),
        said.maintenance_until_ms.into(),
        (&said.notes).into(),
    ]
}

/// What serde writes; values of ours always can be.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

async fn set_labels(into: &dyn Sql, id: &str, said: &HostInput) -> Result<()> {
    into.run(sql("DELETE FROM host_labels WHERE host_id = $1").bind(id)).await?;
    for (name, value) in &said.labels {
        let query = sql("INSERT INTO host_labels (host_id, name, value) VALUES ($1, $2, $3)");
        into.run(query.bind(id).bind(name).bind(value)).await?;
    }
    Ok(())
}

/// Removes a host if its version still is this one; whether it was.
pub async fn delete(from: &dyn Sql, id: &str, version: i64) -> Result<bool> {
    let query = sql("DELETE FROM hosts WHERE id = $1 AND version = $2");
    Ok(from.run(query.bind(id).bind(version)).await? > 0)
}

/// Keeps what a host is, as it told at this time. This is no change of what people said of it.
pub async fn set_facts(from: &dyn Sql, name: &str, facts: &str, now_ms: i64) -> Result<bool> {
    let query = sql("UPDATE hosts SET facts = $1, facts_ms = $2 WHERE name = $3");
    Ok(from.run(query.bind(facts).bind(now_ms).bind(name)).await? > 0)
}

/// The facts of a host, and when they were taken; nothing where they never were.
pub async fn facts(from: &dyn Sql, name: &str) -> Result<Option<(Value, i64)>> {
    let query = sql("SELECT facts, facts_ms FROM hosts WHERE name = $1 AND facts IS NOT NULL");
    let row = from.one(query.bind(name)).await?;
    row.map(|row| Ok((row.json("facts")?, row.get("facts_ms")?))).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::db::StoreError;
    use super::super::{partitions, testing::on_both};
    use super::*;

    fn said(name: &str) -> HostInput {
        let json = serde_json::json!({"name": name, "address": "192.0.2.1"});
        serde_json::from_value(json).unwrap()
    }

    #[tokio::test]
    async fn a_host_lasts_as_it_was_said() {
        on_both(|db| async move {
            let refers = References {
                partition: partitions::default(&db).await.unwrap(),
                ..References::default()
            };
            let full = HostInput {
                labels: [("env".to_owned(), "prod".to_owned())].into(),
                drivers: vec!["docker".into()],
                memory_bytes: Some(2 << 30),
                user: Some("größe 'x'".into()),
                enabled: false,
                ..said("web1")
            };
            let id = insert(&db, &full, &refers, "me").await.unwrap();
            let host = by_name(&db, "web1").await.unwrap().unwrap();
            assert_eq!((host.id, host.said, host.version), (id, full, 1));
            assert_eq!(host.created.by, "me");
        })
        .await;
    }

    #[test]
    fn a_size_is_bytes_or_has_a_unit() {
        let cases = [
            (serde_json::json!(2048), Some(Some(2048))),
            (serde_json::json!("2GB"), Some(Some(2 << 30))),
            (serde_json::json!(null), Some(None)),
            (serde_json::json!(-1), None),
            (serde_json::json!("2XB"), None),
            (serde_json::json!(true), None),
        ];
        for (value, expected) in cases {
            let json = serde_json::json!({"name": "a", "memory_bytes": value});
            let read = serde_json::from_value::<HostInput>(json);
            assert_eq!(read.ok().map(|said| said.memory_bytes), expected, "{value}");
        }
    }

    #[tokio::test]
    async fn a_change_of_an_old_version_is_none() {
        on_both(|db| async move {
            let refers = References {
                partition: partitions::default(&db).await.unwrap(),
                ..References::default()
            };
            let id = insert(&db, &said("a"), &refers, "me").await.unwrap();
            let changed = HostInput { notes: "new".into(), ..said("a") };
            assert!(update(&db, &id, 1, &changed, &refers, "you").await.unwrap());
            assert!(!update(&db, &id, 1, &said("a"), &refers, "late").await.unwrap());
            assert!(!delete(&db, &id, 1).await.unwrap());
            let host = by_name(&db, "a").await.unwrap().unwrap();
            assert_eq!((host.said.notes.as_str(), host.version), ("new", 2));
            assert_eq!(host.modified.by, "you");
            assert!(delete(&db, &id, 2).await.unwrap());
            assert!(by_name(&db, "a").await.unwrap().is_none());
        })
        .await;
    }

    #[tokio::test]
    async fn a_name_is_taken_once() {
        on_both(|db| async move {
            let refers = References {
                partition: partitions::default(&db).await.unwrap(),
                ..References::default()
            };
            insert(&db, &said("a"), &refers, "me").await.unwrap();
            let again = insert(&db, &said("a"), &refers, "me").await;
            assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
            let nowhere = References { partition: "none".into(), ..References::default() };
            let lost = insert(&db, &said("b"), &nowhere, "me").await;
            assert!(matches!(lost, Err(StoreError::Reference(_))), "{lost:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn facts_are_kept_beside_what_people_said() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition, ..References::default() };
            insert(&db, &said("web1"), &refers, "me").await.unwrap();
            let version = by_name(&db, "web1").await.unwrap().unwrap().version;
            assert_eq!(facts(&db, "web1").await.unwrap(), None);
            assert!(set_facts(&db, "web1", r#"{"ansible_kernel":"6.1"}"#, 7).await.unwrap());
            let (kept, at_ms) = facts(&db, "web1").await.unwrap().unwrap();
            assert_eq!((&kept["ansible_kernel"], at_ms), (&"6.1".into(), 7));
            let host = by_name(&db, "web1").await.unwrap().unwrap();
            assert_eq!((host.version, host.facts_ms), (version, Some(7)));
            assert!(!set_facts(&db, "nobody", "{}", 7).await.unwrap());
        })
        .await;
    }
}
