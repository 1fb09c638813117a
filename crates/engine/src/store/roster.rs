//! The whole register at once, as a run needs it: hosts, groups, and how they are reached.

use serde_json::{Map, Value};

use super::db::{Result, Row, Sql, sql};
use super::host_keys::{self, Decided};
use super::register;

/// A host as a run sees it.
#[derive(Clone, Debug)]
pub struct RosterHost {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The port of its sshd.
    pub port: u16,
    /// The login.
    pub login: Option<String>,
    /// The id of its partition.
    pub partition: String,
    /// Its credential's id.
    pub credential: Option<String>,
    /// The id of the credential with its sudo password.
    pub become_credential: Option<String>,
    /// The way there.
    pub jump: Option<String>,
    /// Whether an old sshd is expected.
    pub legacy_algorithms: bool,
    /// Its labels.
    pub labels: Map<String, Value>,
    /// Its variables.
    pub vars: Map<String, Value>,
    /// The zone whose nodes reach it: its own, or its partition's.
    pub zone: Option<String>,
    /// Whether runs may use it.
    pub enabled: bool,
    /// Until when it is in maintenance.
    pub maintenance_until_ms: Option<i64>,
    /// Counts its changes.
    pub version: i64,
}

/// A credential as a run needs it, its secrets sealed.
#[derive(Clone, Debug)]
pub struct RosterCredential {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The login, for hosts that have none.
    pub login: Option<String>,
    /// A certificate for its key.
    pub certificate: Option<String>,
    /// The secrets.
    pub sealed: Option<Vec<u8>>,
    /// Counts its changes.
    pub version: i64,
}

/// The register.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The hosts by name.
    pub hosts: Vec<RosterHost>,
    /// The groups: name and variables.
    pub groups: Vec<(String, Map<String, Value>)>,
    /// Which group names which host.
    pub members: Vec<(String, String)>,
    /// Which group is within which: parent and child.
    pub children: Vec<(String, String)>,
    /// The credentials.
    pub credentials: Vec<RosterCredential>,
    /// The keys of hosts that are trusted, or never to be.
    pub keys: Vec<Decided>,
}

fn host(row: &Row) -> Result<RosterHost> {
    let port: i64 = row.get("port")?;
    Ok(RosterHost {
        id: row.get("id")?,
        name: row.get("name")?,
        address: row.get("address")?,
        port: u16::try_from(port).unwrap_or_default(),
        login: row.get("login")?,
        partition: row.get("partition_id")?,
        credential: row.get("credential_id")?,
        become_credential: row.get("become_credential_id")?,
        jump: row.get("jump")?,
        legacy_algorithms: row.get("legacy_algorithms")?,
        labels: row.json("labels")?,
        vars: row.json("vars")?,
        zone: row.get("zone")?,
        enabled: row.get("enabled")?,
        maintenance_until_ms: row.get("maintenance_until_ms")?,
        version: row.get("version")?,
    })
}

/// Reads it.
pub async fn load(from: &dyn Sql) -> Result<Roster> {
    let hosts = from
        .all(sql("SELECT id, name, address, port, login, partition_id, credential_id,
            become_credential_id, jump, legacy_algorithms, labels, vars,
            COALESCE(zone, (SELECT p.zone FROM partitions p WHERE p.id = partition_id)) AS zone, enabled,
            maintenance_until_ms, version FROM hosts"))
        .await?;
    let groups = from.all(sql("SELECT name, vars FROM groups ORDER BY name")).await?;
    let credentials = sql("SELECT id, name, login, certificate, sealed, version FROM credentials");
    let credential = |row: &Row| {
        Ok(RosterCredential {
            id: row.get("id")?,
            name: row.get("name")?,
            login: row.get("login")?,
            certificate: row.get("certificate")?,
            sealed: row.get("sealed")?,
            version: row.get("version")?,
        })
    };
    let credentials = from.all(credentials).await?;
    let mut hosts: Vec<RosterHost> = hosts.iter().map(host).collect::<Result<_>>()?;
    // By bytes, which is not every database's order.
    hosts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Roster {
        credentials: credentials.iter().map(credential).collect::<Result<_>>()?,
        hosts,
        groups: groups
            .iter()
            .map(|row| Ok((row.get("name")?, row.json("vars")?)))
            .collect::<Result<_>>()?,
        members: register::members(from).await?,
        children: register::children(from).await?,
        keys: host_keys::decided(from).await?,
    })
}
/// The names of hosts that have a way of their own, and that way.
pub async fn jumps(from: &dyn Sql) -> Result<Vec<(String, String)>> {
    let query = sql("SELECT name, jump FROM hosts WHERE jump IS NOT NULL ORDER BY name");
    let read = |row: &Row| Ok((row.get("name")?, row.get("jump")?));
    from.all(query).await?.iter().map(read).collect()
}
