//! Many hosts at once: in few statements, each of a bounded size.

use std::collections::BTreeMap;

use super::db::{Arg, Query, Result, Sql, sql};
use super::host_list::{self, Filter};
use super::hosts::{Host, HostInput, References, columns};
use super::{new_id, now_ms};

/// Hosts of one statement. SQLite takes 32,766 parameters, of which a host has some thirty.
const AT_ONCE: u32 = 250;
/// Pairs and labels of one statement.
const PAIRS: usize = 1000;

/// A host that is changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// The version that it must have.
    pub version: i64,
    /// What is said of it then.
    pub said: HostInput,
    /// What it refers to then.
    pub refers: References,
}

/// The hosts of these names, those that there are.
pub async fn by_names(from: &dyn Sql, names: &[&str]) -> Result<BTreeMap<String, Host>> {
    let mut found = BTreeMap::new();
    for some in names.chunks(AT_ONCE as usize) {
        let names = some.iter().map(|name| (*name).to_owned()).collect();
        let filter = Filter { names: Some(names), ..Filter::default() };
        let hosts = host_list::list(from, &filter, AT_ONCE).await?;
        found.extend(hosts.into_iter().map(|host| (host.said.name.clone(), host)));
    }
    Ok(found)
}

/// The ids of the hosts of these names, those that there are.
pub async fn ids_of(from: &dyn Sql, names: &[String]) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for some in names.chunks(PAIRS) {
        let query = sql("SELECT id, name FROM hosts").and_list(" WHERE name IN", some);
        for row in from.all(query).await? {
            found.insert(row.get("name")?, row.get("id")?);
        }
    }
    Ok(found)
}

/// Makes hosts.
pub async fn insert(into: &dyn Sql, made: &[(HostInput, References)], by: &str) -> Result<()> {
    for some in made.chunks(AT_ONCE as usize) {
        let now = now_ms();
        let ids: Vec<String> = some.iter().map(|_| new_id()).collect();
        let rows = some.iter().zip(&ids).map(|((said, refers), id)| {
            let stamps = [id.into(), now.into(), by.into(), now.into(), by.into()];
            columns(said, refers).into_iter().chain(stamps).collect()
        });
        into.run(sql(INSERT).and_rows(rows)).await?;
        let labels = some.iter().zip(&ids).map(|((said, _), id)| (id.as_str(), said));
        add_labels(into, labels).await?;
    }
    Ok(())
}

const INSERT: &str =
    "INSERT INTO hosts (name, address, port, login, partition_id, credential_id, become_credential_id,
        jump, zone, family, os, drivers, memory_bytes, cpus, disk_bytes, local_ipv4, local_ipv6,
        public_ipv4, public_ipv6, mac, labels, vars, legacy_algorithms, enabled, maintenance_until_ms,
        notes, id, created_ms, created_by, modified_ms, modified_by) VALUES ";

/// Changes hosts that still have their versions; how many had.
pub async fn update(into: &dyn Sql, changes: &[Change], by: &str) -> Result<u64> {
    let mut done = 0;
    for some in changes.chunks(AT_ONCE as usize) {
        let rows = some.iter().map(|change| {
            let which = [Arg::from(&change.id), change.version.into()];
            columns(&change.said, &change.refers).into_iter().chain(which).collect()
        });
        let query = sql(CHANGED).and_rows(rows).and(UPDATE);
        let query = query.and_bind(" modified_ms = ?", now_ms()).and_bind(", modified_by = ?", by);
        let query = query.and(" FROM v WHERE hosts.id = v.id AND hosts.version = v.version");
        done += into.run(query).await?;
        let ids = some.iter().map(|change| change.id.as_str());
        into.run(sql("DELETE FROM host_labels WHERE host_id IN").and_list("", ids)).await?;
        add_labels(into, some.iter().map(|change| (change.id.as_str(), &change.said))).await?;
    }
    Ok(done)
}

const CHANGED: &str =
    "WITH v (name, address, port, login, partition_id, credential_id, become_credential_id, jump, zone,
        family, os, drivers, memory_bytes, cpus, disk_bytes, local_ipv4, local_ipv6, public_ipv4,
        public_ipv6, mac, labels, vars, legacy_algorithms, enabled, maintenance_until_ms, notes, id,
        version) AS (VALUES ";
const UPDATE: &str =
    ") UPDATE hosts SET name = v.name, address = v.address, port = v.port, login = v.login,
        partition_id = v.partition_id, credential_id = v.credential_id,
        become_credential_id = v.become_credential_id, jump = v.jump, zone = v.zone,
        family = v.family, os = v.os, drivers = v.drivers, memory_bytes = v.memory_bytes,
        cpus = v.cpus, disk_bytes = v.disk_bytes, local_ipv4 = v.local_ipv4,
        local_ipv6 = v.local_ipv6, public_ipv4 = v.public_ipv4, public_ipv6 = v.public_ipv6,
        mac = v.mac, labels = v.labels, vars = v.vars, legacy_algorithms = v.legacy_algorithms,
        enabled = v.enabled, maintenance_until_ms = v.maintenance_until_ms, notes = v.notes,
        version = v.version + 1,";

async fn add_labels<'a>(
    into: &dyn Sql,
    hosts: impl Iterator<Item = (&'a str, &'a HostInput)>,
) -> Result<()> {
    let rows: Vec<Vec<Arg>> = hosts
        .flat_map(|(id, said)| said.labels.iter().map(move |(name, value)| (id, name, value)))
        .map(|(id, name, value)| vec![id.into(), name.into(), value.into()])
        .collect();
    for some in rows.chunks(PAIRS) {
        let query = sql("INSERT INTO host_labels (host_id, name, value) VALUES ");
        into.run(query.and_rows(some.iter().cloned())).await?;
    }
    Ok(())
}

/// Removes hosts, by their ids.
pub async fn delete(from: &dyn Sql, ids: &[String]) -> Result<()> {
    for some in ids.chunks(PAIRS) {
        from.run(sql("DELETE FROM hosts WHERE id IN").and_list("", some)).await?;
    }
    Ok(())
}

/// Puts hosts into a group, by their ids; the ids of those that were not in it.
pub async fn into_group(into: &dyn Sql, group: &str, hosts: &[&str]) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for some in hosts.chunks(PAIRS) {
        let rows = some.iter().map(|host| vec![group.into(), (*host).into()]);
        let query: Query = sql("INSERT INTO group_hosts (group_id, host_id) VALUES ");
        let query = query.and_rows(rows);
        let query = query.and(" ON CONFLICT (group_id, host_id) DO NOTHING RETURNING host_id");
        for row in into.all(query).await? {
            added.push(row.get("host_id")?);
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::super::groups::{self, GroupInput};
    use super::super::hosts::by_name;
    use super::super::{partitions, testing::on_both};
    use super::*;

    /// More than one statement takes.
    const COUNT: usize = 2 * AT_ONCE as usize + 3;

    fn said(number: usize) -> HostInput {
        let labels = ["a", "b"].map(|name| (name.to_owned(), format!("{number} größe")));
        HostInput {
            labels: labels.into(),
            memory_bytes: number.is_multiple_of(2).then_some(1 << 40),
            port: 2200,
            notes: format!("{number}'s"),
            ..HostInput::named(&format!("n{number:04}"))
        }
    }

    async fn label_rows(db: &dyn Sql) -> i64 {
        let row = db.one(sql("SELECT COUNT(*) AS rows FROM host_labels")).await.unwrap();
        row.unwrap().get("rows").unwrap()
    }

    #[tokio::test]
    async fn many_hosts_are_as_each_of_them_was_said() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition, ..References::default() };
            let made: Vec<_> = (0..COUNT).map(|number| (said(number), refers.clone())).collect();
            insert(&db, &made, "me").await.unwrap();
            let names: Vec<&str> = made.iter().map(|(said, _)| said.name.as_str()).collect();
            let found = by_names(&db, &[&names[..], &["gone"]].concat()).await.unwrap();
            let expected: Vec<&HostInput> = made.iter().map(|(said, _)| said).collect();
            assert_eq!(found.values().map(|host| &host.said).collect::<Vec<_>>(), expected);
            assert!(found.values().all(|host| host.version == 1 && host.created.by == "me"));
            assert_eq!(label_rows(&db).await, 2 * i64::try_from(COUNT).unwrap());

            let mut changes: Vec<Change> = found
                .values()
                .map(|host| Change {
                    id: host.id.clone(),
                    version: 1,
                    said: HostInput {
                        labels: [("c".to_owned(), "d".to_owned())].into(),
                        user: Some("ops".into()),
                        memory_bytes: None,
                        enabled: false,
                        ..host.said.clone()
                    },
                    refers: refers.clone(),
                })
                .collect();
            changes[7].version = 3;
            let done = update(&db, &changes, "you").await.unwrap();
            assert_eq!(done, u64::try_from(COUNT).unwrap() - 1);
            let host = by_name(&db, names[COUNT - 1]).await.unwrap().unwrap();
            assert_eq!((&host.said, host.version), (&changes[COUNT - 1].said, 2));
            assert_eq!((host.modified.by.as_str(), host.created.by.as_str()), ("you", "me"));
            assert_eq!(by_name(&db, names[7]).await.unwrap().unwrap().said, said(7));
        })
        .await;
    }

    #[tokio::test]
    async fn many_hosts_come_into_a_group_once_and_go() {
        on_both(|db| async move {
            let partition = partitions::default(&db).await.unwrap();
            let refers = References { partition, ..References::default() };
            let made: Vec<_> = (0..COUNT).map(|number| (said(number), refers.clone())).collect();
            insert(&db, &made, "me").await.unwrap();
            let json = serde_json::json!({"name": "web"});
            let group: GroupInput = serde_json::from_value(json).unwrap();
            let group = groups::insert(&db, &group, "me").await.unwrap();
            let names: Vec<String> = made.iter().map(|(said, _)| said.name.clone()).collect();
            let ids = ids_of(&db, &[&names[..], &["gone".to_owned()]].concat()).await.unwrap();
            let ids: Vec<&str> = ids.values().map(String::as_str).collect();
            assert_eq!(into_group(&db, &group, &ids[..5]).await.unwrap(), ids[..5]);
            let mut rest = into_group(&db, &group, &ids).await.unwrap();
            rest.sort();
            let mut expected = ids[5..].to_vec();
            expected.sort_unstable();
            assert_eq!(rest, expected);
            assert_eq!(groups::find(&db, "web").await.unwrap().unwrap().host_count, 503);
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            delete(&db, &ids[1..]).await.unwrap();
            assert_eq!(by_names(&db, &["n0000", "n0001"]).await.unwrap().len(), 1);
            assert_eq!(label_rows(&db).await, 2);
        })
        .await;
    }
}
