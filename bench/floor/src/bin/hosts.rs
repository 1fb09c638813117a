//! The floor of the server's list of hosts: the bare query on the same database by the same library, and the same
//! rows as JSON, nothing else. It knows no users, no rights, no HTTP.
//!
//! It prints how often it did so, how long the answer was, and the CPU time that it took in seconds.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _};
use tokio::time::Instant;

const USAGE: &str = "\
usage: hosts --database ADDRESS --label NAME=VALUE [--limit N] [--times N] [--rate N]
  --database  sqlite:PATH or postgres://…, as the server has it
  --label     the filter
  --limit     rows of one answer (100)
  --times     how many answers (1000)
  --rate      answers a second; 0 for one after the other (0)";

/// The columns of an answer, and in their order.
const HOSTS: &str =
    "SELECT h.id, h.name, h.address, h.port, h.login, p.name, c.name, b.name, h.jump, h.zone,
        h.family, h.os, h.drivers, h.memory_bytes, h.cpus, h.disk_bytes, h.local_ipv4, h.local_ipv6,
        h.public_ipv4, h.public_ipv6, h.mac, h.labels, h.vars, h.legacy_algorithms, h.enabled,
        h.maintenance_until_ms, h.notes, h.state, h.state_reason, h.state_ms, h.seen_ms, h.facts_ms,
        h.version, h.created_ms, h.created_by, h.modified_ms, h.modified_by
    FROM hosts h JOIN partitions p ON p.id = h.partition_id
    LEFT JOIN credentials c ON c.id = h.credential_id
    LEFT JOIN credentials b ON b.id = h.become_credential_id
    WHERE EXISTS (SELECT 1 FROM host_labels l
        WHERE l.host_id = h.id AND l.name = $1 AND l.value = $2)
    ORDER BY h.name LIMIT $3";

/// The groups of those hosts.
const GROUPS: &str = "SELECT gh.host_id, g.name FROM group_hosts gh
    JOIN groups g ON g.id = gh.group_id WHERE gh.host_id IN";

/// What the command line asks for.
#[derive(Clone, Debug)]
struct Wish {
    database: String,
    label: (String, String),
    limit: i64,
    times: u32,
    rate: u32,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A host as the API answers it.
#[derive(Serialize)]
struct Host<'a> {
    id: &'a str,
    name: &'a str,
    address: &'a str,
    port: i64,
    user: Option<&'a str>,
    partition: &'a str,
    credential: Option<&'a str>,
    become_credential: Option<&'a str>,
    jump: Option<&'a str>,
    zone: Option<&'a str>,
    family: Option<&'a str>,
    os: &'a str,
    drivers: &'a RawValue,
    memory_bytes: Option<i64>,
    cpus: Option<i64>,
    disk_bytes: Option<i64>,
    local_ipv4: Option<&'a str>,
    local_ipv6: Option<&'a str>,
    public_ipv4: Option<&'a str>,
    public_ipv6: Option<&'a str>,
    mac: Option<&'a str>,
    labels: &'a RawValue,
    vars: &'a RawValue,
    legacy_algorithms: bool,
    enabled: bool,
    maintenance_until_ms: Option<i64>,
    notes: &'a str,
    groups: Vec<&'a str>,
    state: &'a str,
    state_reason: &'a str,
    state_ms: Option<i64>,
    seen_ms: Option<i64>,
    facts_ms: Option<i64>,
    version: i64,
    created: Stamp<'a>,
    modified: Stamp<'a>,
}

#[derive(Serialize)]
struct Stamp<'a> {
    at_ms: i64,
    by: &'a str,
}

/// A page as the API answers it.
#[derive(Serialize)]
struct Page<'a> {
    items: Vec<Host<'a>>,
    next: Option<&'a str>,
}

/// One answer, by either database: its JSON.
macro_rules! answer {
    ($name:ident, $pool:ty, $row:ty) => {
        async fn $name(pool: &$pool, wish: &Wish) -> Outcome<Vec<u8>> {
            fn raw<'a>(row: &'a $row, column: usize) -> Outcome<&'a RawValue> {
                Ok(serde_json::from_str(row.try_get(column)?)?)
            }
            fn host<'a>(row: &'a $row, groups: &'a [$row]) -> Outcome<Host<'a>> {
                let id: &str = row.try_get(0)?;
                let mut named = Vec::new();
                for row in groups {
                    if row.try_get::<&str, _>(0)? == id {
                        named.push(row.try_get(1)?);
                    }
                }
                Ok(Host {
                    id,
                    name: row.try_get(1)?,
                    address: row.try_get(2)?,
                    port: row.try_get(3)?,
                    user: row.try_get(4)?,
                    partition: row.try_get(5)?,
                    credential: row.try_get(6)?,
                    become_credential: row.try_get(7)?,
                    jump: row.try_get(8)?,
                    zone: row.try_get(9)?,
                    family: row.try_get(10)?,
                    os: row.try_get(11)?,
                    drivers: raw(row, 12)?,
                    memory_bytes: row.try_get(13)?,
                    cpus: row.try_get(14)?,
                    disk_bytes: row.try_get(15)?,
                    local_ipv4: row.try_get(16)?,
                    local_ipv6: row.try_get(17)?,
                    public_ipv4: row.try_get(18)?,
                    public_ipv6: row.try_get(19)?,
                    mac: row.try_get(20)?,
                    labels: raw(row, 21)?,
                    vars: raw(row, 22)?,
                    legacy_algorithms: row.try_get(23)?,
                    enabled: row.try_get(24)?,
                    maintenance_until_ms: row.try_get(25)?,
                    notes: row.try_get(26)?,
                    groups: named,
                    state: row.try_get(27)?,
                    state_reason: row.try_get(28)?,
                    state_ms: row.try_get(29)?,
                    seen_ms: row.try_get(30)?,
                    facts_ms: row.try_get(31)?,
                    version: row.try_get(32)?,
                    created: Stamp { at_ms: row.try_get(33)?, by: row.try_get(34)? },
                    modified: Stamp { at_ms: row.try_get(35)?, by: row.try_get(36)? },
                })
            }
            let (name, value) = (wish.label.0.as_str(), wish.label.1.as_str());
            let query = sqlx::query(HOSTS).bind(name).bind(value).bind(wish.limit + 1);
            let mut rows = query.fetch_all(pool).await?;
            // One more than is shown tells whether there is another page.
            rows.truncate(usize::try_from(wish.limit)?);
            let places: Vec<String> = (1..=rows.len()).map(|place| format!("${place}")).collect();
            let text = format!("{GROUPS} ({}) ORDER BY g.name", places.join(","));
            let mut query = sqlx::query(AssertSqlSafe(text));
            for row in &rows {
                query = query.bind(row.try_get::<&str, _>(0)?);
            }
            let groups = query.fetch_all(pool).await?;
            let items: Vec<Host<'_>> =
                rows.iter().map(|row| host(row, &groups)).collect::<Outcome<_>>()?;
            let next = items.last().map(|host| host.name);
            Ok(serde_json::to_vec(&Page { items, next })?)
        }
    };
}

answer!(by_sqlite, SqlitePool, SqliteRow);
answer!(by_postgres, PgPool, PgRow);

#[tokio::main]
async fn main() -> ExitCode {
    let done = async { run(&read_arguments()?).await };
    match done.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hosts: {error}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments() -> Outcome<Wish> {
    let label = (String::new(), String::new());
    let mut wish = Wish { database: String::new(), label, limit: 100, times: 1000, rate: 0 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--database" => wish.database = value,
            "--label" => {
                let (name, value) = value.split_once('=').ok_or("a label is NAME=VALUE")?;
                wish.label = (name.to_owned(), value.to_owned());
            }
            "--limit" => wish.limit = value.parse()?,
            "--times" => wish.times = value.parse()?,
            "--rate" => wish.rate = value.parse()?,
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    if wish.database.is_empty() || wish.label.0.is_empty() {
        return Err("--database and --label are needed".into());
    }
    Ok(wish)
}

async fn run(wish: &Wish) -> Outcome<()> {
    if wish.database.starts_with("sqlite:") {
        let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
        let pool = pool.connect(&wish.database).await?;
        measure(wish, async || by_sqlite(&pool, wish).await).await
    } else {
        let pool = PgPoolOptions::new().max_connections(16).connect(&wish.database).await?;
        measure(wish, async || by_postgres(&pool, wish).await).await
    }
}

/// Answers as often as is wished, at the wished pace, and prints what that took.
async fn measure(wish: &Wish, answer: impl AsyncFn() -> Outcome<Vec<u8>>) -> Outcome<()> {
    let bytes = answer().await?.len();
    let (started, before) = (Instant::now(), cpu_seconds()?);
    for number in 0..wish.times {
        if wish.rate > 0 {
            let due = Duration::from_secs_f64(f64::from(number) / f64::from(wish.rate));
            tokio::time::sleep_until(started + due).await;
        }
        answer().await?;
    }
    println!("{} {bytes} {:.2}", wish.times, cpu_seconds()? - before);
    Ok(())
}

/// The CPU time of this process so far: fields 14 and 15 of proc(5), in hundredths on every Linux.
fn cpu_seconds() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = text.rsplit_once(')').ok_or("/proc/self/stat has no name")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
