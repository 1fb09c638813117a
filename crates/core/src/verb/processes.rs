//! The processes of a host, from the kernel's files.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::sections::{MOST, Sections, clean, count, float, measure, percent};

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Process {
    /// Its id.
    pub pid: u64,
    /// The id of the process that started it.
    pub parent: u64,
    /// Whose it is: a name, or a number where the host has none for it.
    pub user: String,
    /// The name of its program, of which the kernel keeps 15 characters.
    pub name: String,
    /// Its command line; empty for the kernel's own.
    pub command: String,
    /// `R` runs, `S` sleeps, `D` waits for a device, `Z` has ended and is not yet cleared away, `T` is stopped.
    pub state: String,
    /// Percent of one CPU: since the look before this one, else over its whole life.
    pub cpu_percent: Option<f64>,
    /// Bytes of memory that it holds.
    pub memory_bytes: u64,
    /// Percent of the host's memory.
    pub memory_percent: Option<f64>,
    /// Seconds since it started.
    pub age_seconds: Option<u64>,
    /// The time of the CPUs that it has used, in the kernel's ticks.
    #[serde(skip)]
    pub(super) ticks: u64,
    /// When it started, in ticks since boot: with `pid` this names it for good.
    #[serde(default)]
    pub started_ticks: u64,
}

/// The fields behind the name that are needed: up to the resident pages.
const FIELDS: usize = 22;

/// Reads the processes. `memory` is the host's, in bytes.
pub(super) fn read(sections: &Sections<'_>, memory: Option<u64>) -> Vec<Process> {
    let mut units = sections.lines("units").iter().map(|line| count(line.trim()));
    let page = units.next().flatten().filter(|page| *page > 0).unwrap_or(4096);
    let ticks = float(units.next().flatten().filter(|ticks| *ticks > 0).unwrap_or(100));
    let uptime = super::status::uptime(sections);
    let (owners, commands) = (owners(sections), commands(sections));
    let mut found = records(sections.lines("processes"));
    for process in &mut found {
        process.memory_bytes = process.memory_bytes.saturating_mul(page);
        process.memory_percent =
            memory.and_then(|whole| percent(float(process.memory_bytes), float(whole)));
        let age = uptime.map(|uptime| (uptime - float(process.started_ticks) / ticks).max(0.0));
        process.cpu_percent = age.and_then(|age| percent(float(process.ticks) / ticks, age));
        process.age_seconds = age.map(whole_seconds);
        process.user = owners.get(&process.pid).cloned().unwrap_or_default();
        process.command = commands.get(&process.pid).map(|c| clean(c)).unwrap_or_default();
    }
    found
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
const fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}

/// A name may hold newlines and brackets, so a record ends where enough fields follow the last bracket.
fn records(lines: &[&str]) -> Vec<Process> {
    let mut found = Vec::new();
    let mut record = String::new();
    for line in lines {
        if !record.is_empty() {
            record.push('\n');
        }
        record.push_str(line);
        if let Some(process) = record_of(&record) {
            found.push(process);
            record.clear();
        } else if record.len() > 4096 {
            record.clear();
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// A line of `/proc/PID/stat`. Source: `proc_pid_stat(5)`.
fn record_of(record: &str) -> Option<Process> {
    let (pid, rest) = record.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    if fields.len() < FIELDS {
        return None;
    }
    let number = |at: usize| fields.get(at).and_then(|field| count(field));
    Some(Process {
        pid: count(pid)?,
        parent: number(1)?,
        name: clean(name),
        state: clean(fields.first()?).chars().take(1).collect(),
        ticks: number(11)?.saturating_add(number(12)?),
        started_ticks: number(19)?,
        memory_bytes: number(21).unwrap_or(0),
        ..Process::default()
    })
}

/// Whose each process is.
fn owners(sections: &Sections<'_>) -> HashMap<u64, String> {
    let account = |line: &&str| {
        let (name, id) = line.rsplit_once(':')?;
        Some((count(id)?, clean(name)))
    };
    let accounts: HashMap<u64, String> =
        sections.lines("accounts").iter().filter_map(account).collect();
    let owner = |line: &&str| {
        let (path, ids) = line.split_once(":Uid:")?;
        let pid = count(path.strip_prefix("/proc/")?.strip_suffix("/status")?)?;
        // The second is the effective one.
        let id = count(ids.split_ascii_whitespace().nth(1)?)?;
        Some((pid, accounts.get(&id).cloned().unwrap_or_else(|| id.to_string())))
    };
    sections.lines("owners").iter().filter_map(owner).collect()
}

/// The command lines; the kernel's own processes are shown in square brackets and have none.
fn commands<'a>(sections: &Sections<'a>) -> HashMap<u64, &'a str> {
    let command = |line: &&'a str| {
        let (pid, command) = line.trim_start().split_once(' ')?;
        Some((count(pid)?, command.trim())).filter(|(_, command)| !command.starts_with('['))
    };
    sections.lines("commands").iter().filter_map(command).collect()
}

/// Puts what a process has used since `before` in place of its whole life. `seconds` lie between, `ticks` are
/// the ticks of one CPU in that time.
pub(super) fn compare(before: &[Process], now: &mut [Process], ticks: f64) {
    let known: HashMap<(u64, u64), u64> = before
        .iter()
        .map(|process| ((process.pid, process.started_ticks), process.ticks))
        .collect();
    for process in now {
        if let Some(used) = known.get(&(process.pid, process.started_ticks)) {
            process.cpu_percent = percent(float(process.ticks.saturating_sub(*used)), ticks);
        }
    }
}

/// The processes as the script says them in its mode `processes`.
#[must_use]
pub fn list(output: &str) -> Vec<Process> {
    read(&Sections::read(output), None)
}

/// The seconds of `/proc/uptime`.
pub(super) fn first_number(line: Option<&str>) -> Option<f64> {
    measure(line?.split_ascii_whitespace().next()?)
}
