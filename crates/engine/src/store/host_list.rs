//! Lists of the register's hosts: which of them, in which order, page by page.

use super::db::{Arg, Query, Result, Sql, sql};
use super::hosts::{Host, SELECT, add_groups, read};
use super::now_ms;

/// Which hosts a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this partition's name.
    pub partition: Option<String>,
    /// Only those with this label.
    pub label: Option<(String, String)>,
    /// Only those in this state; those in one of [`PROBLEMS`] for `problem`.
    pub state: Option<String>,
    /// Only those whose name, address or notes hold this text, whatever the case of ASCII letters.
    pub text: Option<String>,
    /// Only these names.
    pub names: Option<Vec<String>>,
    /// Only those that this group names itself.
    pub group: Option<String>,
    /// Only those that log in with the credential of this name.
    pub credential: Option<String>,
    /// Only those that runs may use, or may not.
    pub enabled: Option<bool>,
    /// Only those that are in maintenance now, or are not.
    pub maintenance: Option<bool>,
    /// Only those after this [`Sort::key`].
    pub after: Option<String>,
    /// In which order.
    pub sort: Sort,
}

/// The word for all states in which somebody should look at a host.
pub const PROBLEM: &str = "problem";
/// Those states.
pub const PROBLEMS: [&str; 2] = ["unreachable", "untrusted"];

/// The order of a list of hosts. Those that are equal are in the order of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The last first.
    pub descending: bool,
}

/// By what hosts are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Their names.
    #[default]
    Name,
    /// Their addresses.
    Address,
    /// Their partitions.
    Partition,
    /// Their states.
    State,
    /// When they last answered; never is first.
    Seen,
    /// When they were made.
    Created,
    /// Their operating systems, as people say them.
    Os,
}

/// What stands between the two parts of a key. No name holds it.
const BETWEEN: char = '\n';

impl Sort {
    /// From `name`, `-seen`, …
    pub fn read(text: &str) -> Option<Self> {
        let (descending, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let by = match word {
            "name" => SortBy::Name,
            "address" => SortBy::Address,
            "partition" => SortBy::Partition,
            "state" => SortBy::State,
            "seen" => SortBy::Seen,
            "created" => SortBy::Created,
            "os" => SortBy::Os,
            _ => return None,
        };
        Some(Self { by, descending })
    }

    /// Where a host stands in this order.
    pub fn key(self, host: &Host) -> String {
        let name = &host.said.name;
        let value = match self.by {
            SortBy::Name => return name.clone(),
            SortBy::Address => host.said.address.clone(),
            SortBy::Partition => host.said.partition.clone(),
            SortBy::State => host.state.clone(),
            SortBy::Seen => host.seen_ms.unwrap_or_default().to_string(),
            SortBy::Created => host.created.at_ms.to_string(),
            SortBy::Os => host.said.os.clone(),
        };
        format!("{value}{BETWEEN}{name}")
    }

    const fn column(self) -> &'static str {
        match self.by {
            SortBy::Name => "h.name",
            SortBy::Address => "h.address",
            SortBy::Partition => "p.name",
            SortBy::State => "h.state",
            SortBy::Seen => "COALESCE(h.seen_ms, 0)",
            SortBy::Created => "h.created_ms",
            SortBy::Os => "h.os",
        }
    }

    /// Only what comes after a key.
    fn after(self, query: Query, key: &str) -> Query {
        let beyond = if self.descending { " < ?" } else { " > ?" };
        let Some((value, name)) = key.rsplit_once(BETWEEN).filter(|_| self.by != SortBy::Name)
        else {
            return query.and(" AND h.name").and_bind(beyond, key);
        };
        let value = match self.by {
            SortBy::Seen | SortBy::Created => Arg::from(value.parse::<i64>().unwrap_or_default()),
            _ => Arg::from(value),
        };
        // As one comparison, which an index answers.
        let beyond = if self.descending { ", h.name) < (?" } else { ", h.name) > (?" };
        query.and(" AND (").and(self.column()).and_bind(beyond, value).and_bind(", ?)", name)
    }

    /// The order of the rows.
    fn order(self, query: Query) -> Query {
        let way = if self.descending { " DESC" } else { "" };
        query.and(" ORDER BY ").and(self.column()).and(way).and(", h.name").and(way)
    }
}

impl Filter {
    /// Whether it lets every host through.
    pub const fn is_open(&self) -> bool {
        self.partition.is_none()
            && self.label.is_none()
            && self.state.is_none()
            && self.text.is_none()
            && self.names.is_none()
            && self.group.is_none()
            && self.credential.is_none()
            && self.enabled.is_none()
            && self.maintenance.is_none()
    }

    /// A statement that reads no more of the hosts than one column and what is needed to choose and to sort them.
    fn narrow(&self, mut query: Query, column: &'static str) -> Query {
        query = query.and("SELECT ").and(column).and(" FROM hosts h");
        if self.sort.by == SortBy::Partition {
            query = query.and(" JOIN partitions p ON p.id = h.partition_id");
        }
        query
    }

    /// The same filter with ids for the names of the things that hosts belong to; nothing where there is no such
    /// thing. By an id the database knows how many hosts there are of it, and so where to begin.
    async fn by_ids(&self, from: &dyn Sql) -> Result<Option<Self>> {
        let mut filter = self.clone();
        for (place, query) in [
            (&mut filter.partition, "SELECT id FROM partitions WHERE name = $1"),
            (&mut filter.group, "SELECT id FROM groups WHERE name = $1"),
            (&mut filter.credential, "SELECT id FROM credentials WHERE name = $1"),
        ] {
            let Some(name) = place else { continue };
            let Some(row) = from.one(sql(query).bind(&*name)).await? else { return Ok(None) };
            *name = row.get("id")?;
        }
        Ok(Some(filter))
    }

    /// Only the hosts of a page, in their order.
    fn page(&self, query: Query, limit: u32) -> Query {
        self.sort.order(self.onto(query)).and_bind(" LIMIT ?", limit)
    }

    /// Of a filter [by ids](Self::by_ids).
    fn onto(&self, mut query: Query) -> Query {
        query = query.and(" WHERE TRUE");
        if let Some(partition) = &self.partition {
            query = query.and_bind(" AND h.partition_id = ?", partition);
        }
        if let Some((name, value)) = &self.label {
            query = query
                .and(" AND EXISTS (SELECT 1 FROM host_labels l WHERE l.host_id = h.id")
                .and_bind(" AND l.name = ?", name)
                .and_bind(" AND l.value = ?)", value);
        }
        query = match self.state.as_deref() {
            Some(PROBLEM) => query.and_list(" AND h.state IN", PROBLEMS),
            Some(state) => query.and_bind(" AND h.state = ?", state),
            None => query,
        };
        if let Some(text) = &self.text {
            let like = super::like(text);
            query = query
                .and_bind(" AND (lower(h.name) LIKE ? ESCAPE '!'", &like)
                .and_bind(" OR lower(h.address) LIKE ? ESCAPE '!'", &like)
                .and_bind(" OR lower(h.notes) LIKE ? ESCAPE '!')", &like);
        }
        if let Some(names) = &self.names {
            query = query.and_list(" AND h.name IN", names);
        }
        if let Some(group) = &self.group {
            query = query
                .and(" AND EXISTS (SELECT 1 FROM group_hosts gh WHERE gh.host_id = h.id")
                .and_bind(" AND gh.group_id = ?)", group);
        }
        if let Some(credential) = &self.credential {
            query = query.and_bind(" AND h.credential_id = ?", credential);
        }
        if let Some(enabled) = self.enabled {
            query = query.and_bind(" AND h.enabled = ?", enabled);
        }
        if let Some(maintenance) = self.maintenance {
            let ends = if maintenance { " > ?" } else { " <= ?" };
            query = query.and(" AND COALESCE(h.maintenance_until_ms, 0)").and_bind(ends, now_ms());
        }
        match &self.after {
            Some(after) => self.sort.after(query, after),
            None => query,
        }
    }
}

/// Hosts in the order that the filter names; at most `limit`.
pub async fn list(from: &dyn Sql, filter: &Filter, limit: u32) -> Result<Vec<Host>> {
    let Some(filter) = filter.by_ids(from).await? else { return Ok(Vec::new()) };
    let query = if filter.sort.by == SortBy::Name {
        filter.page(sql(SELECT), limit)
    } else {
        // Rows are wide: only those of the page are fetched whole, and not all that are sorted for it.
        let page = filter.page(filter.narrow(sql(SELECT).and(" WHERE h.id IN ("), "h.id"), limit);
        filter.sort.order(page.and(")"))
    };
    let mut hosts = from.all(query).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    add_groups(from, &mut hosts).await?;
    Ok(hosts)
}

/// How many hosts a filter lets through, wherever a page of them would begin.
pub async fn count(from: &dyn Sql, filter: &Filter) -> Result<i64> {
    let Some(filter) = filter.by_ids(from).await? else { return Ok(0) };
    let filter = Filter { after: None, ..filter };
    let row = from.one(filter.onto(sql("SELECT COUNT(*) AS many FROM hosts h"))).await?;
    row.map_or(Ok(0), |row| row.get("many"))
}

/// The names of all hosts that a filter lets through from where its page begins, in its order.
pub async fn sorted_names(from: &dyn Sql, filter: &Filter) -> Result<Vec<String>> {
    let Some(filter) = filter.by_ids(from).await? else { return Ok(Vec::new()) };
    let query = filter.sort.order(filter.onto(filter.narrow(sql(""), "h.name")));
    from.all(query).await?.iter().map(|row| row.get("name")).collect()
}

/// The names of all hosts that a filter lets through, wherever a page of them would begin.
pub async fn names(from: &dyn Sql, filter: &Filter) -> Result<Vec<String>> {
    let Some(filter) = filter.by_ids(from).await? else { return Ok(Vec::new()) };
    let filter = Filter { after: None, ..filter };
    let query = filter.onto(sql("SELECT h.name FROM hosts h")).and(" ORDER BY h.name");
    from.all(query).await?.iter().map(|row| row.get("name")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hosts::{HostInput, References, insert};
    use super::super::{partitions, testing::on_both};
    use super::*;

    #[tokio::test]
    async fn a_list_is_filtered_and_goes_on_where_it_ended() {
        on_both(|db| async move {
            let refers = References {
                partition: partitions::default(&db).await.unwrap(),
                ..References::default()
            };
            for name in ["a1", "a2", "b_1", "b%1"] {
                let label = ("letter".to_owned(), name[..1].to_owned());
                let said = HostInput { labels: [label].into(), ..HostInput::named(name) };
                insert(&db, &said, &refers, "me").await.unwrap();
            }
            let names = async |filter: Filter, limit| -> Vec<String> {
                let hosts = list(&db, &filter, limit).await.unwrap();
                hosts.into_iter().map(|host| host.said.name).collect()
            };
            let all = names(Filter::default(), 10).await;
            assert_eq!(all.len(), 4);
            let label = Some(("letter".to_owned(), "a".to_owned()));
            assert_eq!(names(Filter { label, ..Filter::default() }, 10).await, ["a1", "a2"]);
            assert_eq!(
                names(Filter { text: Some("B_".into()), ..Filter::default() }, 10).await,
                ["b_1"]
            );
            assert_eq!(
                names(Filter { text: Some("%".into()), ..Filter::default() }, 10).await,
                ["b%1"]
            );
            assert_eq!(
                names(Filter { names: Some(vec![]), ..Filter::default() }, 10).await,
                [""; 0]
            );
            let first = names(Filter::default(), 2).await;
            let rest = names(Filter { after: first.last().cloned(), ..Filter::default() }, 9).await;
            assert_eq!([first, rest].concat(), all);
        })
        .await;
    }

    #[tokio::test]
    async fn every_order_goes_on_where_it_ended() {
        on_both(|db| async move {
            let refers = References {
                partition: partitions::default(&db).await.unwrap(),
                ..References::default()
            };
            for (name, address, enabled) in
                [("a", "x2", true), ("b", "x1", false), ("c", "x2", true), ("d", "x1", true)]
            {
                let until = (name == "a").then(|| now_ms() + 100_000);
                let said = HostInput {
                    address: address.into(),
                    enabled,
                    maintenance_until_ms: until,
                    ..HostInput::named(name)
                };
                insert(&db, &said, &refers, "me").await.unwrap();
            }
            let seen =
                sql("UPDATE hosts SET seen_ms = 7, state = 'reachable' WHERE name IN ('b', 'c')");
            db.run(seen).await.unwrap();
            let cases = [
                ("name", "abcd"),
                ("-name", "dcba"),
                ("address", "bdac"),
                ("-address", "cadb"),
                ("seen", "adbc"),
                ("-seen", "cbda"),
                ("state", "bcad"),
                ("partition", "abcd"),
                ("created", "abcd"),
                ("os", "abcd"),
                ("-os", "dcba"),
            ];
            for (order, expected) in cases {
                let sort = Sort::read(order).unwrap();
                let (mut found, mut after) = (String::new(), None);
                loop {
                    let filter = Filter { after, sort, ..Filter::default() };
                    let Some(host) = list(&db, &filter, 1).await.unwrap().pop() else { break };
                    found.push_str(&host.said.name);
                    after = Some(sort.key(&host));
                }
                assert_eq!(found, expected, "{order}");
            }
            assert_eq!(Sort::read("size"), None);
            for order in cases.map(|(order, _)| order) {
                let filter = Filter {
                    partition: Some(partitions::DEFAULT.into()),
                    credential: Some("c".into()),
                    sort: Sort::read(order).unwrap(),
                    ..Filter::default()
                };
                assert!(list(&db, &filter, 9).await.unwrap().is_empty(), "{order}");
                let filter = Filter { credential: None, enabled: Some(true), ..filter };
                assert_eq!(list(&db, &filter, 9).await.unwrap().len(), 3, "{order}");
            }
            let seen = sql("UPDATE hosts SET state = 'untrusted' WHERE name = 'd'");
            db.run(seen).await.unwrap();
            let problem = Some(PROBLEM.to_owned());
            let filters = [
                (Filter { state: problem, ..Filter::default() }, "d"),
                (Filter { enabled: Some(false), ..Filter::default() }, "b"),
                (Filter { enabled: Some(true), ..Filter::default() }, "acd"),
                (Filter { maintenance: Some(true), ..Filter::default() }, "a"),
                (Filter { maintenance: Some(false), ..Filter::default() }, "bcd"),
                (Filter { group: Some("g".into()), ..Filter::default() }, ""),
                (Filter { credential: Some("c".into()), ..Filter::default() }, ""),
            ];
            for (filter, expected) in filters {
                let found = list(&db, &filter, 9).await.unwrap();
                let shown: String = found.into_iter().map(|host| host.said.name).collect();
                assert_eq!(shown, expected, "{filter:?}");
                let filter = Filter { after: Some("b".into()), ..filter };
                assert_eq!(names(&db, &filter).await.unwrap().concat(), expected, "{filter:?}");
                let many = i64::try_from(expected.len()).unwrap();
                assert_eq!(count(&db, &filter).await.unwrap(), many, "{filter:?}");
            }
        })
        .await;
    }
}
