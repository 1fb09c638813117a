//! Upkeep of a server's database by whoever can open it: its schema, and backups.
//!
//! A backup is a file of compressed JSON lines: a head, the rows of each table below a line that names it, and an
//! end that counts them. It is the same whatever the database, so one made of SQLite fills a PostgreSQL and the other
//! way round. It is read in one transaction of its own; servers work on meanwhile.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use hep_core::message::{Message, upkeep as say};
use hep_core::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ops::error::chain;
use crate::store::backup::{self, Table};
use crate::store::migrate::Older;
use crate::store::{Db, StoreError, migrate, now_ms};

/// What the head of a backup says it is.
const FORMAT: &str = "hep backup 1";
/// Rows that are written at once.
const ROWS: usize = 200;
/// The longest line of a backup, in bytes: a row of the largest file that a server keeps.
const LONGEST: u64 = 1 << 30;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    release: String,
    schema: i64,
    made_ms: i64,
    /// The lines of the file of the master key, where somebody wanted them in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    master_key: Option<String>,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The rows that follow belong to this table.
    Table { name: String, columns: Vec<String> },
    /// A row.
    Row(Vec<Value>),
    /// There is nothing more; so many rows there were.
    End { rows: u64 },
}

/// Brings a schema up to date; from which number to which.
pub async fn migrate(address: &str, older: Older) -> Result<(i64, i64), Message> {
    let db = open(address).await?;
    let done = async {
        let before = migrate::version(&db).await?;
        migrate::migrate(&db, older).await?;
        Ok((before, migrate::version(&db).await?))
    };
    let done = done.await;
    db.close().await;
    done.map_err(failed)
}

async fn open(address: &str) -> Result<Db, Message> {
    Db::open(address).await.map_err(failed)
}

fn failed(error: StoreError) -> Message {
    match error {
        StoreError::Newer { found, known } => say::newer(found, known),
        StoreError::OlderNodes { number, nodes } => say::older_nodes(number, nodes),
        other => say::database(chain(&other)),
    }
}

/// Writes all that a database holds into a new file, for nobody else to read; how many rows.
pub async fn backup(
    address: &str,
    path: &Path,
    master_key: Option<Secret<String>>,
) -> Result<u64, Message> {
    let cannot = |error: std::io::Error| say::cannot_write(path.display(), error);
    if path.exists() {
        return Err(say::is_there(path.display()));
    }
    let db = open(address).await?;
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".part");
    let fresh = Path::new(&fresh);
    // What an interrupted call has left.
    let _ = std::fs::remove_file(fresh);
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh);
    let mut out =
        Out { to: GzEncoder::new(BufWriter::new(file.map_err(cannot)?), Compression::fast()) };
    let done = out.all(&db, master_key).await;
    db.close().await;
    let finished = match done {
        Ok(rows) => out.finish().and_then(|()| std::fs::rename(fresh, path)).map(|()| rows),
        Err(Fault::Store(error)) => {
            let _ = std::fs::remove_file(fresh);
            return Err(failed(error));
        }
        Err(Fault::File(error)) => Err(error),
    };
    finished.map_err(|error| {
        let _ = std::fs::remove_file(fresh);
        cannot(error)
    })
}

/// What can go wrong between a database and a file.
enum Fault {
    Store(StoreError),
    File(std::io::Error),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

/// A backup that is written.
struct Out {
    to: GzEncoder<BufWriter<File>>,
}

impl Out {
    fn line(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.to, line)?;
        self.to.write_all(b"\n")
    }

    async fn all(&mut self, db: &Db, master_key: Option<Secret<String>>) -> Result<u64, Fault> {
        let schema = migrate::version(db).await?;
        if schema == 0 {
            return Err(std::io::Error::other(say::no_schema().to_string()).into());
        }
        must_be_known(schema)?;
        self.line(&Head {
            format: FORMAT.to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            made_ms: now_ms(),
            master_key: master_key.map(|key| key.expose().clone()),
        })?;
        let tx = db.snapshot().await?;
        let mut rows = 0;
        for table in backup::tables(schema) {
            let columns = table.columns().into_iter().map(str::to_owned).collect();
            self.line(&Line::Table { name: table.name.clone(), columns })?;
            let mut last: Option<Vec<Value>> = None;
            loop {
                let found = table.read(&tx, last.as_deref()).await?;
                let Some(end) = found.last() else { break };
                last = Some(end.clone());
                rows += found.len() as u64;
                for row in found {
                    self.line(&Line::Row(row))?;
                }
            }
        }
        self.line(&Line::End { rows })?;
        Ok(rows)
    }

    /// On the disk, whole.
    fn finish(self) -> std::io::Result<()> {
        let mut inner = self.to.finish()?;
        inner.flush()?;
        inner.get_ref().sync_all()
    }
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    /// How many rows there are now.
    pub rows: u64,
    /// The lines of the master key's file, where they were in it.
    pub master_key: Option<Secret<String>>,
}

/// Fills an empty database from a backup: all of it or nothing. What was under way when it was made is lost.
pub async fn restore(address: &str, path: &Path) -> Result<Restored, Message> {
    let unreadable = |error: std::io::Error| say::cannot_read(path.display(), error);
    let file = File::open(path).map_err(unreadable)?;
    let mut lines = Lines { from: BufReader::new(GzDecoder::new(BufReader::new(file))) };
    let head: Option<Head> = lines.next().map_err(unreadable)?;
    let head = head.filter(|head| head.format == FORMAT);
    let head = head.ok_or_else(|| say::no_backup(path.display()))?;
    if head.schema > migrate::known() {
        return Err(say::newer(head.schema, migrate::known()));
    }
    let db = open(address).await?;
    let done = fill(&db, &head, &mut lines).await;
    db.close().await;
    match done {
        Ok(Some(rows)) => Ok(Restored { rows, master_key: head.master_key.map(Secret::new) }),
        Ok(None) => Err(say::not_empty()),
        Err(Fault::Store(error)) => Err(failed(error)),
        Err(Fault::File(error)) => Err(unreadable(error)),
    }
}

/// Lines of a backup that is read.
struct Lines {
    from: BufReader<GzDecoder<BufReader<File>>>,
}

impl Lines {
    fn next<T: serde::de::DeserializeOwned>(&mut self) -> std::io::Result<Option<T>> {
        use std::io::Read as _;
        let mut text = String::new();
        self.from.by_ref().take(LONGEST).read_line(&mut text)?;
        if !text.ends_with('\n') {
            let short = "it ends before its end";
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, short));
        }
        Ok(serde_json::from_str(&text)?)
    }
}

/// Refuses a schema of which there may be tables and columns that we do not know, even one on which we work.
fn must_be_known(found: i64) -> Result<(), StoreError> {
    let known = migrate::known();
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

/// Writes all rows in one transaction; how many, or nothing where the database is not empty.
async fn fill(db: &Db, head: &Head, lines: &mut Lines) -> Result<Option<u64>, Fault> {
    must_be_known(migrate::version(db).await?)?;
    migrate::up_to(db, head.schema).await?;
    let tables = backup::tables(head.schema);
    let tx = db.begin().await?;
    for table in &tables {
        if !table.is_empty(&tx).await? {
            return Ok(None);
        }
    }
    let mut filling: Option<(&Table, Vec<String>)> = None;
    let (mut waiting, mut written): (Vec<Vec<Value>>, u64) = (Vec::new(), 0);
    loop {
        let line: Line = lines.next()?.ok_or_else(|| wrong("an empty line"))?;
        let full = waiting.len() >= ROWS || !matches!(line, Line::Row(_));
        if let (true, Some((table, columns))) = (full && !waiting.is_empty(), &filling) {
            table.write(&tx, columns, &waiting).await?;
            waiting.clear();
        }
        match line {
            Line::Table { name, columns } => {
                let table = tables.iter().find(|table| table.name == name);
                filling = Some((table.ok_or_else(|| wrong("a table that is not ours"))?, columns));
            }
            Line::Row(row) => {
                written += 1;
                waiting.push(row);
            }
            Line::End { rows } if rows == written => break,
            Line::End { .. } => {
                return Err(wrong("another number of rows than its end says").into());
            }
        }
    }
    backup::end_open_runs(&tx).await?;
    tx.commit().await?;
    migrate::migrate(db, Older::Spare).await?;
    Ok(Some(written))
}

fn wrong(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, format!("it holds {what}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::path::PathBuf;

    use hep_core::run::{HostState, RunState};

    use super::*;
    use crate::master_key::Source;
    use crate::ops::user::NewUser;
    use crate::ops::{Actor, Engine, user};
    use crate::seal::Place;
    use crate::store::db::sql;
    use crate::store::events::Entry;
    use crate::store::runs::{Counts, NewRun};
    use crate::store::testing::with_addresses;
    use crate::store::{Sql as _, events, host_runs, runs};

    const PLACE: Place<'_> = Place { table: "credentials", row: "c1", field: "sealed" };

    fn sqlite(folder: &Path, name: &str) -> String {
        format!("sqlite:{}", folder.join(name).display())
    }

    /// A user, a sealed secret, a run that has ended with output, and one that waits for its turn.
    async fn fill(address: &str, keys: &Source) {
        let engine = Engine::open(address, keys.clone()).await.unwrap();
        let actor = Actor::command_line("test");
        let new = NewUser { role: Some("admin".into()), ..NewUser::named("ana") };
        user::create(&engine, &actor, new).await.unwrap();
        let secret = Secret::new(b"canary-secret".to_vec());
        let sealed = engine.sealer().seal(PLACE, &secret).unwrap();
        let query = sql("INSERT INTO credentials (id, name, kind, sealed, created_ms, created_by,
                modified_ms, modified_by) VALUES ('c1', 'c1', 'password', $1, 0, 'x', 0, 'x')");
        engine.db().run(query.bind(sealed)).await.unwrap();
        for is_over in [true, false] {
            let new = NewRun {
                kind: "command",
                subject: "{\"line\":\"true\"}".into(),
                selector: "all".into(),
                strategy: "{}".into(),
                actor: ("user", None, "ana".into()),
                counts: Counts::from([(HostState::Queued, 1)]),
                ..NewRun::default()
            };
            let id = runs::insert(engine.db(), &new).await.unwrap();
            let host =
                [host_runs::NewHost { name: "web1".into(), ..host_runs::NewHost::default() }];
            host_runs::insert(engine.db(), &id, &host).await.unwrap();
            let entries = (0..450_u16).map(|number| Entry {
                at_ms: number.into(),
                kind: "output",
                host: Some("web1".into()),
                stream: Some("stdout"),
                body: vec![b'\xff', b'\n', 0],
            });
            events::append(engine.db(), &id, 1, entries.collect()).await.unwrap();
            if is_over {
                let state = RunState::Succeeded;
                runs::end_unheld(engine.db(), &id, state, "ana").await.unwrap();
                host_runs::end_queued(engine.db(), &id, HostState::Succeeded).await.unwrap();
            }
        }
        engine.close().await;
    }

    /// The lines of a backup behind its head.
    fn lines(path: &Path) -> Vec<String> {
        let mut text = String::new();
        GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        text.lines().skip(1).map(str::to_owned).collect()
    }

    async fn copy(from: &str, through: PathBuf, to: &str) -> u64 {
        let written = backup(from, &through, None).await.unwrap();
        assert_eq!(restore(to, &through).await.unwrap().rows, written);
        written
    }

    #[tokio::test]
    async fn what_was_in_one_database_is_in_the_other() {
        with_addresses(|folder, postgres| async move {
            let folder = folder.path();
            let keys = Source::ours(folder.join("master.key"));
            let (first, last) = (sqlite(folder, "first.db"), sqlite(folder, "last.db"));
            fill(&first, &keys).await;
            let many = copy(&first, folder.join("a"), &postgres).await;
            assert!(many > 900, "{many} rows");
            copy(&postgres, folder.join("b"), &last).await;
            backup(&last, &folder.join("c"), None).await.unwrap();
            let (a, b, c) =
                (lines(&folder.join("a")), lines(&folder.join("b")), lines(&folder.join("c")));
            assert_eq!(b, c);
            // Of the first only what was under way has changed.
            let changed = a.iter().zip(&b).filter(|(a, b)| a != b).count();
            assert_eq!((a.len(), changed), (b.len(), 2), "a run and its host");
            for address in [&postgres, &last] {
                let engine = Engine::open(address, keys.clone()).await.unwrap();
                let query = sql("SELECT sealed FROM credentials WHERE id = 'c1'");
                let row = engine.db().one(query).await.unwrap().unwrap();
                let sealed: Vec<u8> = row.get("sealed").unwrap();
                let opened = engine.sealer().open(PLACE, &sealed).unwrap();
                assert_eq!(opened.expose(), b"canary-secret");
                let found = runs::list(engine.db(), &runs::Filter::default(), 10).await.unwrap();
                let states: Vec<RunState> = found.iter().map(|run| run.state).collect();
                assert_eq!(states, [RunState::Lost, RunState::Succeeded]);
                engine.close().await;
            }
            let again = restore(&postgres, &folder.join("a")).await.unwrap_err();
            assert_eq!(again.id, "upkeep.not_empty");
            let there = backup(&postgres, &folder.join("a"), None).await.unwrap_err();
            assert_eq!(there.id, "upkeep.is_there");
        })
        .await;
    }

    #[tokio::test]
    async fn a_backup_that_is_not_whole_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let keys = Source::ours(folder.join("master.key"));
        let (from, to) = (sqlite(folder, "from.db"), sqlite(folder, "to.db"));
        fill(&from, &keys).await;
        let whole = folder.join("whole");
        backup(&from, &whole, None).await.unwrap();
        let bytes = std::fs::read(&whole).unwrap();
        let pack = |text: &str| {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap()
        };
        let newer =
            pack("{\"format\":\"hep backup 1\",\"release\":\"9\",\"schema\":999,\"made_ms\":1}\n");
        let cases = [
            (bytes[..bytes.len() / 2].to_vec(), "upkeep.cannot_read"),
            (b"hello".to_vec(), "upkeep.cannot_read"),
            (
                pack("{\"format\":\"x\",\"release\":\"9\",\"schema\":1,\"made_ms\":1}\n"),
                "upkeep.no_backup",
            ),
            (newer, "upkeep.newer"),
        ];
        for (content, expected) in cases {
            let path = folder.join("part");
            std::fs::write(&path, content).unwrap();
            let refused = restore(&to, &path).await.unwrap_err();
            assert_eq!(refused.id, expected, "{refused}");
        }
        restore(&to, &whole).await.unwrap();
        let empty = backup(&sqlite(folder, "none.db"), &folder.join("none"), None).await;
        assert_eq!(empty.unwrap_err().id, "upkeep.cannot_write");
        assert!(!folder.join("none").exists() && !folder.join("none.part").exists());
    }

    #[tokio::test]
    async fn a_schema_of_the_future_is_refused() {
        with_addresses(|folder, postgres| async move {
            for address in [sqlite(folder.path(), "a.db"), postgres] {
                let known = migrate::known();
                let migrate = || super::migrate(&address, Older::Spare);
                let copy = folder.path().join("copy");
                let _ = std::fs::remove_file(&copy);
                assert_eq!(migrate().await.unwrap(), (0, known));
                assert_eq!(migrate().await.unwrap(), (known, known));
                backup(&address, &copy, None).await.unwrap();
                for (number, works_from) in [(998_i64, Some(known)), (999, None)] {
                    let db = Db::open(&address).await.unwrap();
                    let row = sql("INSERT INTO migrations (number, name, applied_ms, works_from)
                             VALUES ($1, 'x', 1, $2)");
                    db.run(row.bind(number).bind(works_from)).await.unwrap();
                    db.close().await;
                    // One on which we work is left as it is, and not copied by half.
                    match works_from {
                        Some(_) => assert_eq!(migrate().await.unwrap(), (998, 998)),
                        None => assert_eq!(migrate().await.unwrap_err().id, "upkeep.newer"),
                    }
                    let refused = backup(&address, &folder.path().join("b"), None).await;
                    assert_eq!(refused.unwrap_err().id, "upkeep.newer");
                    assert_eq!(restore(&address, &copy).await.unwrap_err().id, "upkeep.newer");
                }
            }
        })
        .await;
    }
}
