//! The seam between our SQL and the two databases: SQL is written once, in the subset that SQLite and
//! PostgreSQL share, and only this file knows that there are two.
//!
//! Parameters are `$1`, `$2`, …; ids are text, instants BIGINT milliseconds, JSON text, blobs `BYTES` in the
//! schema (`BLOB` there, `BYTEA` here). On SQLite one connection writes and several read.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgListener, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, Connection as _, Decode, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Type,
};
use tokio::sync::Mutex;

pub use super::error::{Result, StoreError};
use super::room::Room;

/// How long a statement waits for a connection or for SQLite's writer.
const BUSY: Duration = Duration::from_secs(20);
/// SQLite's reading connections.
const READERS: u32 = 4;
/// Rows of SQLite that are read ahead: a page is handed over at once, not row by row between two threads.
const ROWS_AHEAD: usize = 1024;
/// Connections of one node to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Statements that each of them remembers as PostgreSQL has read them. Those over many rows are another for each
/// number of rows.
const STATEMENTS: usize = 400;

/// A connection to PostgreSQL that was not used for so long is asked whether it still is one: no PostgreSQL ends and
/// starts again in less.
const UNUSED: Duration = Duration::from_millis(100);

/// How PostgreSQL treats our sessions. A node that is cut off in the middle of a transaction holds the rows that it
/// wrote: the run that another node shall take over, say; such a session is ended, for which no transaction of
/// ours waits so long. And every statement of ours has an index, which lies in memory or on a disk without a head
/// to move: for the usual setting a look at a hundred rows costs more than one at all of them.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '10s'; SET random_page_cost = 1.1";

/// Stands at the end of a SELECT within a statement: the rows that another transaction has taken are passed
/// over. A comment for SQLite, which has one writer at a time.
pub(super) const UNLOCKED: &str = "/* unlocked */";

/// The same for rows that are waited for.
pub(super) const LOCKED: &str = "/* locked */";

/// A parameter. `None` is a NULL of its type, which PostgreSQL wants to know.
#[derive(Clone, Debug)]
pub enum Arg {
    /// BOOLEAN.
    Bool(Option<bool>),
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BLOB or BYTEA.
    Bytes(Option<Vec<u8>>),
}

macro_rules! args {
    ($($type:ty => $arm:ident: $make:expr;)+) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                Self::$arm(Some($make(value)))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$arm(value.map($make))
            }
        }
    )+};
}

args! {
    bool => Bool: |value| value;
    i64 => Int: |value| value;
    u32 => Int: i64::from;
    u16 => Int: i64::from;
    String => Text: |value| value;
    &str => Text: str::to_owned;
    &String => Text: String::clone;
    Vec<u8> => Bytes: |value| value;
    &[u8] => Bytes: <[u8]>::to_vec;
}

/// A statement with its parameters.
#[derive(Clone, Debug)]
pub struct Query {
    sql: String,
    args: Vec<Arg>,
    locks: bool,
}

/// A statement of fixed text.
pub fn sql(text: &'static str) -> Query {
    Query { sql: text.to_owned(), args: Vec::new(), locks: false }
}

impl Query {
    /// The next parameter.
    #[must_use]
    pub fn bind(mut self, arg: impl Into<Arg>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More fixed text.
    #[must_use]
    pub fn and(mut self, text: &'static str) -> Self {
        self.sql.push_str(text);
        self
    }

    /// More text, of names that stand in our own schema.
    #[must_use]
    pub(super) fn and_names(mut self, text: &str) -> Self {
        self.sql.push_str(text);
        self
    }

    /// More fixed text with one parameter, whose place is written `?`.
    #[must_use]
    pub fn and_bind(mut self, text: &'static str, arg: impl Into<Arg>) -> Self {
        let place = format!("${}", self.args.len() + 1);
        self.sql.push_str(&text.replacen('?', &place, 1));
        self.bind(arg)
    }

    /// A list of parameters in parentheses; `(NULL)`, which nothing equals, when there are none.
    #[must_use]
    pub fn and_list<A: Into<Arg>>(
        mut self,
        text: &'static str,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        self.sql.push_str(text);
        let first = self.args.len();
        self.args.extend(args.into_iter().map(Into::into));
        let places: Vec<String> =
            (first..self.args.len()).map(|number| format!("${}", number + 1)).collect();
        let places = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
        for part in [" (", &places, ")"] {
            self.sql.push_str(part);
        }
        self
    }

    /// The same list, made longer by its last parameter to one of few lengths: a database reads few statements
    /// more quickly than many.
    #[must_use]
    pub fn and_list_of_few_lengths<A: Into<Arg> + Clone>(
        self,
        text: &'static str,
        args: &[A],
    ) -> Self {
        self.and_list(text, to_few_lengths(args))
    }

    /// Rows of parameters: `(…), (…)`. There must be at least one.
    #[must_use]
    pub fn and_rows(mut self, rows: impl IntoIterator<Item = Vec<Arg>>) -> Self {
        let mut number = self.args.len();
        for (index, row) in rows.into_iter().enumerate() {
            self.sql.push_str(if index == 0 { "(" } else { ", (" });
            for place in 0..row.len() {
                number += 1;
                self.sql.push_str(if place == 0 { "$" } else { ", $" });
                self.sql.push_str(&number.to_string());
            }
            self.sql.push(')');
            self.args.extend(row);
        }
        self
    }

    /// Takes the rows that it reads, and passes over those that another transaction has taken. Must be the
    /// last clause. SQLite has one writer at a time and needs none of it.
    #[must_use]
    pub const fn taking_unlocked(mut self) -> Self {
        self.locks = true;
        self
    }

    fn for_sqlite(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        let sql = without_numbers(&self.sql, self.args.len()).unwrap_or(self.sql);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for arg in self.args {
            query = match arg {
                Arg::Bool(value) => query.bind(value),
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Bytes(value) => query.bind(value),
            };
        }
        query
    }

    fn for_postgres(mut self) -> sqlx::query::Query<'static, Postgres, PgArguments> {
        if self.locks {
            self.sql.push_str(" FOR UPDATE SKIP LOCKED");
        }
        self.sql = self.sql.replace(UNLOCKED, "FOR UPDATE SKIP LOCKED");
        self.sql = self.sql.replace(LOCKED, "FOR UPDATE");
        let mut query = sqlx::query(AssertSqlSafe(self.sql));
        for arg in self.args {
            query = match arg {
                Arg::Bool(value) => query.bind(value),
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Bytes(value) => query.bind(value),
            };
        }
        query
    }
}

/// What is given, and its last again until there is a power of two of it.
pub(super) fn to_few_lengths<A: Clone>(given: &[A]) -> impl Iterator<Item = A> {
    let more = given.len().next_power_of_two() - given.len();
    given.iter().chain(given.last().into_iter().cycle().take(more)).cloned()
}

/// From so many parameters on, SQLite's search for the number of each takes longer than the statement.
const MANY_PARAMETERS: usize = 16;

/// A statement of many parameters with `?` for each, where they stand in the order of their numbers.
fn without_numbers(sql: &str, parameters: usize) -> Option<String> {
    if parameters < MANY_PARAMETERS {
        return None;
    }
    let mut pieces = sql.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut number = 0;
    for piece in pieces {
        number += 1;
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        if piece[..piece.len() - rest.len()] != number.to_string() {
            return None;
        }
        text.push('?');
        text.push_str(rest);
    }
    (number == parameters).then_some(text)
}

/// A row of an answer.
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

/// What a column can be read as: `bool`, `i64`, `String`, `Vec<u8>`, and `Option`s of these.
pub trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// A column.
    pub fn get<T: Column>(&self, column: &str) -> Result<T> {
        let got = match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        };
        got.map_err(|error| corrupt(column, error))
    }

    /// A column that holds JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|error| corrupt(column, error))
    }

    /// A column that holds JSON or NULL.
    pub fn maybe_json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        let read = text.map(|text| serde_json::from_str(&text)).transpose();
        read.map_err(|error| corrupt(column, error))
    }

    /// A column that holds a word of a closed set, as serde writes it.
    pub fn word<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        let value = serde_json::Value::String(text);
        serde_json::from_value(value).map_err(|error| corrupt(column, error))
    }
}

fn corrupt(column: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Corrupt { column: column.to_owned(), source: error.into() }
}

/// Takes statements: the database, each statement by itself, or a transaction.
#[async_trait]
pub trait Sql: Send + Sync {
    /// The rows that a statement answers with.
    async fn all(&self, query: Query) -> Result<Vec<Row>>;

    /// How many rows a statement changed.
    async fn run(&self, query: Query) -> Result<u64>;

    /// The first row, if there is one.
    async fn one(&self, query: Query) -> Result<Option<Row>> {
        Ok(self.all(query).await?.into_iter().next())
    }
}

/// The database.
#[derive(Clone)]
pub struct Db(Kind, Room);

#[derive(Clone)]
enum Kind {
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        path: PathBuf,
    },
    /// The writer of logs has a connection of its own: it waits for nobody's question, and its statements, which
    /// come in many lengths, are soon known there.
    Postgres {
        pool: PgPool,
        writer: PgPool,
    },
}

/// Hears what other nodes tell.
pub struct Listener(PgListener);

/// What it hears.
#[derive(Debug)]
pub enum Heard {
    /// A channel, and what was told there.
    Told(String, String),
    /// The line was down for a while: anything may have been told meanwhile.
    Missed,
}

impl Listener {
    /// The next. An error means that the line is down; asking again connects anew.
    pub async fn next(&mut self) -> Result<Heard> {
        Ok(match self.0.try_recv().await? {
            Some(told) => Heard::Told(told.channel().to_owned(), told.payload().to_owned()),
            None => Heard::Missed,
        })
    }
}

/// A transaction; dropped without `commit` it undoes itself.
pub struct Tx(Mutex<Begun>, Room);

enum Begun {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite:PATH`, made where it is missing, or `postgres://…`.
    pub async fn open(address: &str) -> Result<Self> {
        match address.split_once(':') {
            Some(("sqlite", path)) => {
                Self::sqlite(Path::new(path.strip_prefix("//").unwrap_or(path))).await
            }
            Some(("postgres" | "postgresql", _)) => Self::postgres(address).await,
            _ => Err(StoreError::Address(without_password(address))),
        }
    }

    /// Opens a file of one person, made where it is missing, of which a power cut may take the last commits:
    /// nobody waits for the disk.
    pub async fn open_aside(path: &Path) -> Result<Self> {
        Self::file(path, SqliteSynchronous::Normal).await
    }

    async fn sqlite(path: &Path) -> Result<Self> {
        // What was told to be accepted is on the disk: intent, claims and outcomes.
        Self::file(path, SqliteSynchronous::Full).await
    }

    async fn file(path: &Path, synchronous: SqliteSynchronous) -> Result<Self> {
        make_private(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .row_buffer_size(ROWS_AHEAD)
            .busy_timeout(BUSY);
        let pool = |most: u32| {
            PoolOptions::<Sqlite>::new()
                .max_connections(most)
                .after_release(|connection, _| {
                    Box::pin(async move {
                        // On a full disk SQLite undoes a transaction by itself, and the library does not
                        // notice: such a connection would begin no other.
                        connection.ping().await?;
                        Ok(!connection.is_in_transaction())
                    })
                })
                .acquire_timeout(BUSY)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self(Kind::Sqlite { writer, readers, path: path.to_owned() }, Room::default()))
    }

    async fn postgres(address: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(address)
            .map_err(|_| StoreError::Address(without_password(address)))?
            .application_name("hep")
            .statement_cache_capacity(STATEMENTS);
        let connections = |most: u32| {
            PoolOptions::<Postgres>::new()
                .max_connections(most)
                .acquire_timeout(BUSY)
                // A question before each statement is as long a way as the statement's own.
                .test_before_acquire(false)
                .before_acquire(|connection, met| {
                    Box::pin(
                        async move { Ok(met.idle_for < UNUSED || connection.ping().await.is_ok()) },
                    )
                })
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        sqlx::raw_sql(SESSION).execute(&mut *connection).await.map(drop)
                    })
                })
        };
        let pool = connections(POSTGRES_CONNECTIONS).connect_with(options.clone()).await?;
        let writer = connections(1).connect_lazy_with(options);
        Ok(Self(Kind::Postgres { pool, writer }, Room::default()))
    }

    /// Begins a transaction that may write. On SQLite it is the only one until its end: nothing that waits
    /// for the network belongs inside.
    pub async fn begin(&self) -> Result<Tx> {
        let begun = match &self.0 {
            Kind::Sqlite { writer, .. } => {
                Begun::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Kind::Postgres { pool, .. } => Begun::Postgres(pool.begin().await?),
        };
        Ok(Tx(Mutex::new(begun), self.1.clone()))
    }

    /// The same for the one writer of logs of this process.
    pub async fn begin_log(&self) -> Result<Tx> {
        let Kind::Postgres { writer, .. } = &self.0 else { return self.begin().await };
        Ok(Tx(Mutex::new(Begun::Postgres(writer.begin().await?)), self.1.clone()))
    }

    /// Begins a transaction that only reads, and sees the database as it is now, whatever is written meanwhile.
    /// Nobody waits for it.
    pub async fn snapshot(&self) -> Result<Tx> {
        let begun = match &self.0 {
            Kind::Sqlite { readers, .. } => Begun::Sqlite(readers.begin().await?),
            Kind::Postgres { pool, .. } => {
                let mut tx = pool.begin().await?;
                sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .execute(&mut *tx)
                    .await?;
                Begun::Postgres(tx)
            }
        };
        Ok(Tx(Mutex::new(begun), self.1.clone()))
    }

    /// What the clock of a shared database shows, in milliseconds since 1970; nothing where our own counts.
    pub async fn clock_ms(&self) -> Result<Option<i64>> {
        let Kind::Postgres { pool, .. } = &self.0 else { return Ok(None) };
        let text = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms";
        Ok(Some(sqlx::query(text).fetch_one(pool).await?.try_get("now_ms")?))
    }

    /// Lets PostgreSQL count what is in the tables whose names follow, of which much has just changed. By itself it
    /// does so a minute later, and until then takes ways that are right for empty tables. SQLite's ways do not
    /// depend on it. What somebody else is counting is left to them.
    pub(super) async fn count_anew(&self, tables: &'static str) -> Result<()> {
        if self.is_shared() {
            self.run(sql("ANALYZE (SKIP_LOCKED) ").and(tables)).await?;
        }
        Ok(())
    }

    /// Whether there was room for what was last written.
    pub fn has_room(&self) -> bool {
        self.1.is_left()
    }

    /// Whether several nodes can share it.
    pub const fn is_shared(&self) -> bool {
        matches!(self.0, Kind::Postgres { .. })
    }

    /// Makes this process the only server of a file; nothing for what several nodes can share. The claim ends
    /// with the process or when the file is closed. `None` where another process has it.
    pub fn alone(&self) -> std::io::Result<Option<Option<std::fs::File>>> {
        let Kind::Sqlite { path, .. } = &self.0 else { return Ok(Some(None)) };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Some(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Listens to what other nodes tell; nothing where there is one node.
    pub async fn listen(&self, channels: &[&'static str]) -> Result<Option<Listener>> {
        let Kind::Postgres { pool, .. } = &self.0 else { return Ok(None) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(channels.iter().copied()).await?;
        Ok(Some(Listener(listener)))
    }

    /// Ends all connections, after what they are at.
    pub async fn close(&self) {
        match &self.0 {
            Kind::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Kind::Postgres { pool, writer } => {
                pool.close().await;
                writer.close().await;
            }
        }
    }
}

/// Makes the file for nobody but us before the library would make it for whom the umask lets; what stands
/// beside it later takes its mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(drop)
}

/// An address as it may be shown.
pub fn without_password(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(start), Some(end)) if start + 3 <= end => {
            let user = address[start + 3..end].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &address[..start + 3], &address[end..])
        }
        _ => address.to_owned(),
    }
}

#[async_trait]
impl Sql for Db {
    async fn all(&self, query: Query) -> Result<Vec<Row>> {
        self.1.note(self.0.all(query).await)
    }

    async fn run(&self, query: Query) -> Result<u64> {
        self.1.note_rows(self.0.run(query).await)
    }
}

impl Kind {
    async fn all(&self, query: Query) -> Result<Vec<Row>> {
        Ok(match self {
            // A statement that writes and answers (`RETURNING`) must not meet a reader.
            Self::Sqlite { writer, readers, .. } => {
                let reads = query.sql.trim_start().starts_with("SELECT")
                    || query.sql.trim_start().starts_with("WITH");
                let pool = if reads { readers } else { writer };
                let rows = query.for_sqlite().fetch_all(pool).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres { pool, .. } => {
                let rows = query.for_postgres().fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    async fn run(&self, query: Query) -> Result<u64> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                query.for_sqlite().execute(writer).await?.rows_affected()
            }
            Self::Postgres { pool, .. } => {
                query.for_postgres().execute(pool).await?.rows_affected()
            }
        })
    }
}

impl Tx {
    /// Makes it last.
    pub async fn commit(self) -> Result<()> {
        let done = match self.0.into_inner() {
            Begun::Sqlite(tx) => tx.commit().await,
            Begun::Postgres(tx) => tx.commit().await,
        };
        self.1.note(done.map_err(StoreError::from))
    }

    /// Several statements without parameters, as a migration has them.
    pub(super) async fn script(&self, text: &str) -> Result<()> {
        match &mut *self.0.lock().await {
            Begun::Sqlite(tx) => {
                let text = text.replace(" BYTES", " BLOB");
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await?;
            }
            Begun::Postgres(tx) => {
                let text = text.replace(" BYTES", " BYTEA");
                sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }

    /// Makes every other node wait that asks for the same lock, until this transaction ends.
    pub(super) async fn alone(&self, lock: i64) -> Result<()> {
        if let Begun::Postgres(tx) = &mut *self.0.lock().await {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Tells every node that listens, when this transaction has been committed. Nobody does on SQLite, where
    /// there is one node.
    pub async fn notify(&self, channel: &'static str, text: &str) -> Result<()> {
        if let Begun::Postgres(tx) = &mut *self.0.lock().await {
            let query = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(text.to_owned());
            query.execute(&mut **tx).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Sql for Tx {
    async fn all(&self, query: Query) -> Result<Vec<Row>> {
        self.1.note(self.0.lock().await.all(query).await)
    }

    async fn run(&self, query: Query) -> Result<u64> {
        // Whether there is room is known when it is committed.
        self.1.note(self.0.lock().await.run(query).await)
    }
}

impl Begun {
    async fn all(&mut self, query: Query) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let rows = query.for_sqlite().fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx) => {
                let rows = query.for_postgres().fetch_all(&mut **tx).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    async fn run(&mut self, query: Query) -> Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => query.for_sqlite().execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => query.for_postgres().execute(&mut **tx).await?.rows_affected(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_few_lengths_ends_as_it_did() {
        let cases: [(&[i64], &[i64]); 5] = [
            (&[], &[]),
            (&[7], &[7]),
            (&[7, 8], &[7, 8]),
            (&[7, 8, 9], &[7, 8, 9, 9]),
            (&[5, 6, 7, 8, 9], &[5, 6, 7, 8, 9, 9, 9, 9]),
        ];
        for (given, expected) in cases {
            assert_eq!(to_few_lengths(given).collect::<Vec<_>>(), expected);
        }
        assert!(sql("x IN").and_list_of_few_lengths::<i64>("", &[]).sql.ends_with("(NULL)"));
    }

    #[test]
    fn many_parameters_in_order_need_no_numbers() {
        let ordered = sql("UPDATE t SET a = $1").bind(1_i64).and_list(" WHERE b IN", 2..40_i64);
        let text = without_numbers(&ordered.sql, ordered.args.len()).unwrap();
        assert!(text.starts_with("UPDATE t SET a = ? WHERE b IN (?, ?,"), "{text}");
        assert_eq!(text.matches('?').count(), ordered.args.len());
        let many = |last: &str| format!("{} {last}", ordered.sql);
        for (text, parameters) in [
            (ordered.sql.clone(), 38),
            (ordered.sql.clone(), 40),
            (many("$39"), 40),
            (many("$1"), 40),
            (many("$"), 40),
            ("SELECT $1".into(), 1),
        ] {
            assert_eq!(without_numbers(&text, parameters), None, "{text}");
        }
        assert!(without_numbers(&many("$40"), 40).is_some());
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let cases = [
            ("mysql://root:secret@db/x", "mysql://root@db/x"),
            ("mysql://root:se@cret@db/x", "mysql://root@db/x"),
            ("mysql://db/x", "mysql://db/x"),
            ("nothing", "nothing"),
        ];
        for (address, shown) in cases {
            assert_eq!(without_password(address), shown);
        }
    }
}
