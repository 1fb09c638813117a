//! The log of a run: numbered from 1 without gaps, in the order in which it was committed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hep_core::run::RunState;
use serde::Serialize;

use super::db::{Arg, Result, Row, Sql, sql};

/// How many rows one statement writes.
const ROWS: usize = 500;

/// An entry that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `output`, `task`, `host`, `play`, `batch`, `note`, `resize` or `run`.
    pub kind: &'static str,
    /// The host that it is about.
    pub host: Option<String>,
    /// `stdout` or `stderr`, of output.
    pub stream: Option<&'static str>,
    /// Lines of output as they came, else JSON.
    pub body: Vec<u8>,
}

/// An entry as it was written.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Event {
    /// Its number.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `output`, `task`, `host`, `play`, `batch`, `note`, `resize` or `run`.
    pub kind: String,
    /// The host that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `stdout` or `stderr`, of output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The lines of output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its very bytes, in base64, where they are no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Everything else that it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<serde_json::Value>,
}

fn read(row: &Row) -> Result<Event> {
    let (kind, body): (String, Vec<u8>) = (row.get("kind")?, row.get("body")?);
    let is_output = kind == "output";
    let text = is_output.then(|| String::from_utf8_lossy(&body).into_owned());
    let is_text = !is_output || std::str::from_utf8(&body).is_ok();
    let base64 = (!is_text).then(|| STANDARD.encode(&body));
    let data = if is_output { None } else { serde_json::from_slice(&body).ok() };
    Ok(Event {
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        kind,
        host: row.get("host_name")?,
        stream: row.get("stream")?,
        text,
        base64,
        data,
    })
}

/// Appends entries, numbered from `first`, which was taken from the run in the same transaction.
pub async fn append(into: &dyn Sql, run: &str, first: i64, entries: Vec<Entry>) -> Result<()> {
    let mut seq = first;
    let mut entries = entries.into_iter().peekable();
    while entries.peek().is_some() {
        let rows: Vec<Vec<Arg>> = entries
            .by_ref()
            .take(ROWS)
            .map(|entry| {
                let stream = entry.stream.map(str::to_owned);
                let row = vec![
                    run.into(),
                    seq.into(),
                    entry.at_ms.into(),
                    entry.kind.into(),
                    Arg::Text(entry.host),
                    Arg::Text(stream),
                    entry.body.into(),
                ];
                seq += 1;
                row
            })
            .collect();
        let query =
            sql("INSERT INTO events (run_id, seq, at_ms, kind, host_name, stream, body) VALUES ");
        into.run(query.and_rows(rows)).await?;
    }
    Ok(())
}

/// The entries after a number; at most `limit`.
pub async fn after(from: &dyn Sql, run: &str, seq: i64, limit: u32) -> Result<Vec<Event>> {
    let query = sql("SELECT seq, at_ms, kind, host_name, stream, body FROM events
         WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    from.all(query.bind(run).bind(seq).bind(limit)).await?.iter().map(read).collect()
}

/// A look at the log of a run: its state, its last number, and the entries after a number; at most `limit`. What was
/// over has nothing behind them.
pub async fn follow(
    from: &dyn Sql,
    run: &str,
    seq: i64,
    limit: u32,
) -> Result<Option<(RunState, i64, Vec<Event>)>> {
    let query = sql("SELECT r.state AS run_state, r.next_seq AS next_seq, e.seq, e.at_ms, e.kind,
            e.host_name, e.stream, e.body
         FROM runs r LEFT JOIN (SELECT seq, at_ms, kind, host_name, stream, body FROM events
            WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) e ON TRUE
         WHERE r.id = $1 ORDER BY e.seq");
    let rows = from.all(query.bind(run).bind(seq).bind(limit)).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (state, next): (_, i64) = (first.word("run_state")?, first.get("next_seq")?);
    let found = match first.get::<Option<i64>>("seq")? {
        Some(_) => rows.iter().map(read).collect::<Result<_>>()?,
        None => Vec::new(),
    };
    Ok(Some((state, next - 1, found)))
}

/// The last entries before a number, of one host or of all, in their order; at most `limit`.
pub async fn before(
    from: &dyn Sql,
    run: &str,
    host: Option<&str>,
    seq: i64,
    limit: u32,
) -> Result<Vec<Event>> {
    let mut query = sql("SELECT seq, at_ms, kind, host_name, stream, body FROM events")
        .and_bind(" WHERE run_id = ?", run)
        .and_bind(" AND seq < ?", seq);
    if let Some(host) = host {
        query = query.and_bind(" AND host_name = ?", host);
    }
    let rows = from.all(query.and_bind(" ORDER BY seq DESC LIMIT ?", limit)).await?;
    rows.iter().rev().map(read).collect()
}

/// A piece of output as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The number of its entry.
    pub seq: i64,
    /// The host that said it.
    pub host: String,
    /// `stdout` or `stderr`.
    pub stream: String,
    /// The lines.
    pub body: Vec<u8>,
}

/// The output after a number, of one host or of all; at most `limit` entries.
pub async fn output(
    from: &dyn Sql,
    run: &str,
    host: Option<&str>,
    seq: i64,
    limit: u32,
) -> Result<Vec<Output>> {
    let mut query = sql("SELECT seq, host_name, stream, body FROM events WHERE kind = 'output'")
        .and_bind(" AND run_id = ?", run)
        .and_bind(" AND seq > ?", seq);
    if let Some(host) = host {
        query = query.and_bind(" AND host_name = ?", host);
    }
    let rows = from.all(query.and_bind(" ORDER BY seq LIMIT ?", limit)).await?;
    let read = |row: &Row| {
        let text = |name| row.get::<Option<String>>(name).map(Option::unwrap_or_default);
        let (host, stream) = (text("host_name")?, text("stream")?);
        Ok(Output { seq: row.get("seq")?, host, stream, body: row.get("body")? })
    };
    rows.iter().map(read).collect()
}
