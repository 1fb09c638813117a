//! `status`: how a host is, at this moment.

use serde::{Deserialize, Serialize};

use super::processes::{self, Process};
use super::sections::{MOST, Sections, clean, count, float, measure, percent};
use super::services::{self, Service};

/// The script that looks.
pub(super) const SCRIPT: &str = include_str!("status.sh");

/// How a host is. What could not be found out is `null` or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Status {
    /// What it calls itself.
    pub name: String,
    /// Its distribution, in words.
    pub system: String,
    /// The release of its kernel.
    pub kernel: String,
    /// Seconds since it started.
    pub uptime_seconds: Option<f64>,
    /// Processes that run or wait for a device, over the last 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// How many CPUs it has.
    pub cpus: usize,
    /// How busy they are, all together: since the look before this one, else since it started.
    pub cpu_percent: Option<f64>,
    /// Its memory.
    pub memory: Option<Memory>,
    /// Its own file systems.
    pub disks: Vec<Disk>,
    /// Its network cards.
    pub network: Vec<Card>,
    /// Who is logged in.
    pub logins: Vec<Login>,
    /// Whether it wants to be started anew; not looked for in a live view.
    pub reboot_required: Option<bool>,
    /// Which packages want that.
    pub reboot_because: Vec<String>,
    /// Packages that have newer versions; not looked for in a live view.
    pub updates: Option<Updates>,
    /// Its services; not looked for in a live view.
    pub services: Vec<Service>,
    /// Its processes.
    pub processes: Vec<Process>,
    /// Whether its answer came whole.
    pub complete: bool,
    /// The time of its CPUs, busy and all, in ticks.
    #[serde(skip)]
    cpu_ticks: (u64, u64),
}

/// Memory, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What programs could have at once.
    pub available: u64,
    /// What of the files is kept in it.
    pub cached: u64,
    /// All of the swap space.
    pub swap_total: u64,
    /// What of that is free.
    pub swap_free: u64,
}

/// A file system; sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Disk {
    /// Where it is mounted.
    pub path: String,
    /// What is mounted.
    pub device: String,
    /// Its size.
    pub total: u64,
    /// What is used of it.
    pub used: u64,
    /// What users can still have.
    pub available: u64,
    /// What is used, of what users can have.
    pub used_percent: Option<f64>,
}

/// A network card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Card {
    /// Its name.
    pub name: String,
    /// Bytes received since it came up.
    pub received: u64,
    /// Bytes sent since it came up.
    pub sent: u64,
    /// Bytes received in a second, since the look before this one.
    pub received_per_second: Option<f64>,
    /// Bytes sent in a second, since the look before this one.
    pub sent_per_second: Option<f64>,
}

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Login {
    /// The user.
    pub user: String,
    /// The terminal.
    pub terminal: String,
    /// From where, where that is known.
    pub from: String,
}

/// Packages that have newer versions, as far as the host's own lists know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Updates {
    /// How many.
    pub pending: usize,
    /// How many of them come from a security archive; not known of every distribution.
    pub security: Option<usize>,
}

/// Reads what the script said.
#[must_use]
pub fn read(output: &str) -> Status {
    let sections = Sections::read(output);
    let memory = memory(sections.lines("memory"));
    let (cpus, cpu_ticks) = cpus(sections.lines("stat"));
    let mut system = sections.lines("system").iter();
    let mut next = || system.next().copied().unwrap_or_default();
    let (name, kernel, pretty) = (clean(next()), clean(next()), next());
    let pretty = pretty.strip_prefix("PRETTY_NAME=").unwrap_or_default();
    let reboot = sections.lines("reboot");
    let looked_further = sections.first("services").is_some() || !reboot.is_empty();
    Status {
        name,
        system: clean(pretty.trim_matches(['"', '\''])),
        kernel,
        uptime_seconds: uptime(&sections),
        load: sections.first("load").and_then(load),
        cpus,
        cpu_percent: percent(float(cpu_ticks.0), float(cpu_ticks.1)),
        processes: processes::read(&sections, memory.as_ref().map(|memory| memory.total)),
        memory,
        disks: sections.lines("disks").iter().filter_map(|line| disk(line)).collect(),
        network: sections.lines("network").iter().filter_map(|line| card(line)).collect(),
        logins: logins(sections.lines("logins")),
        reboot_required: looked_further.then(|| reboot.first() == Some(&"required")),
        reboot_because: reboot.iter().skip(1).map(|line| clean(line)).collect(),
        updates: updates(sections.lines("updates")),
        services: services::of(sections.lines("services")),
        complete: sections.is_whole(),
        cpu_ticks,
    }
}

impl Status {
    /// Puts what has happened since `before` in place of what has happened since the host started.
    /// `seconds` lie between the two.
    pub fn since(&mut self, before: &Self, seconds: f64) {
        let busy = self.cpu_ticks.0.saturating_sub(before.cpu_ticks.0);
        let all = self.cpu_ticks.1.saturating_sub(before.cpu_ticks.1);
        self.cpu_percent = percent(float(busy), float(all)).or(self.cpu_percent);
        let one = float(all) / float(u64::try_from(self.cpus.max(1)).unwrap_or(1));
        processes::compare(&before.processes, &mut self.processes, one);
        for card in &mut self.network {
            let then = before.network.iter().find(|then| then.name == card.name);
            let rate = |now: u64, then: u64| {
                let rate = float(now.saturating_sub(then)) / seconds;
                rate.is_finite().then(|| rate.round())
            };
            card.received_per_second = then.and_then(|then| rate(card.received, then.received));
            card.sent_per_second = then.and_then(|then| rate(card.sent, then.sent));
        }
    }
}

/// Seconds since the host started.
pub(super) fn uptime(sections: &Sections<'_>) -> Option<f64> {
    processes::first_number(sections.first("uptime"))
}

fn load(line: &str) -> Option<[f64; 3]> {
    let mut numbers = line.split_ascii_whitespace().map(measure);
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

/// How many CPUs, and how long all together were busy and were there. Source: `proc_stat(5)`.
fn cpus(lines: &[&str]) -> (usize, (u64, u64)) {
    let is_one = |line: &&&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let all = lines.iter().find_map(|line| line.strip_prefix("cpu "));
    let ticks: Vec<u64> =
        all.unwrap_or_default().split_ascii_whitespace().map_while(count).take(8).collect();
    let sum = ticks.iter().fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
    // The fourth and fifth: nothing to do, and waiting for devices.
    let idle = ticks.iter().skip(3).take(2).fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
    (lines.iter().filter(is_one).count(), (sum.saturating_sub(idle), sum))
}

fn memory(lines: &[&str]) -> Option<Memory> {
    let field = |name: &str| {
        let line = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        count(line.split_ascii_whitespace().next()?).map(|kib| kib.saturating_mul(1024))
    };
    let some = |name| field(name).unwrap_or(0);
    let total = field("MemTotal")?;
    // Kernels before 3.14 do not say what is available.
    let guess = || {
        some("MemFree").saturating_add(some("Buffers")).saturating_add(some("Cached")).min(total)
    };
    Some(Memory {
        total,
        available: field("MemAvailable").unwrap_or_else(guess),
        cached: some("Cached"),
        swap_total: some("SwapTotal"),
        swap_free: some("SwapFree"),
    })
}

/// A line of `df -P -k`. A path may hold spaces; a device may, too, which is then cut.
fn disk(line: &str) -> Option<Disk> {
    let (head, path) = line.split_once("% ").map(|(head, path)| (head, path.trim_start()))?;
    let mut words = head.split_ascii_whitespace().rev();
    let percent_said = words.next()?;
    count(percent_said)?;
    let mut kib = || words.next().and_then(count).map(|kib| kib.saturating_mul(1024));
    let (available, used, total) = (kib()?, kib()?, kib()?);
    let device = head.split_ascii_whitespace().next()?;
    Some(Disk {
        path: clean(path),
        device: clean(device),
        total,
        used,
        available,
        used_percent: percent(float(used), float(used.saturating_add(available))),
    })
}

/// A line of `/proc/net/dev`; the loopback is no card.
fn card(line: &str) -> Option<Card> {
    let (name, numbers) = line.rsplit_once(':')?;
    let numbers: Vec<u64> = numbers.split_ascii_whitespace().map_while(count).collect();
    let (received, sent) = (*numbers.first()?, *numbers.get(8)?);
    let name = clean(name);
    (name != "lo").then_some(Card {
        name,
        received,
        sent,
        received_per_second: None,
        sent_per_second: None,
    })
}

/// What `who` says, of coreutils or busybox, or `loginctl list-sessions`.
fn logins(lines: &[&str]) -> Vec<Login> {
    let by_loginctl = lines.first() == Some(&"loginctl");
    let read = if by_loginctl { session } else { login };
    lines.iter().skip(usize::from(by_loginctl)).filter_map(|line| read(line)).collect()
}

fn login(line: &str) -> Option<Login> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (user, terminal) = (words.first()?, words.get(1)?);
    if (*user, *terminal) == ("USER", "TTY") {
        return None;
    }
    let last = words.last()?;
    let from = match last.strip_prefix('(').and_then(|from| from.strip_suffix(')')) {
        Some(from) => from,
        // busybox: USER TTY IDLE MONTH DAY TIME HOST
        None if words.len() == 7 => last,
        None => "",
    };
    Some(Login { user: clean(user), terminal: clean(terminal), from: clean(from) })
}

/// SESSION UID USER and, by version, SEAT, LEADER, CLASS, TTY and others.
fn session(line: &str) -> Option<Login> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    count(words.get(1)?)?;
    if words.iter().any(|word| word.starts_with("manager")) {
        return None;
    }
    let is_terminal = |word: &&&str| word.starts_with("pts/") || word.starts_with("tty");
    let terminal = words.iter().skip(3).find(is_terminal).map_or("", |word| *word);
    Some(Login { user: clean(words.get(2)?), terminal: clean(terminal), from: String::new() })
}

fn updates(lines: &[&str]) -> Option<Updates> {
    let (manager, lines) = lines.split_first()?;
    let of = |is_one: fn(&str) -> bool| lines.iter().filter(|line| is_one(line)).count();
    let is_secure = |line: &str| {
        line.starts_with("Inst ") && (line.contains("-security") || line.contains("-Security"))
    };
    Some(match *manager {
        "apt" => {
            Updates { pending: of(|line| line.starts_with("Inst ")), security: Some(of(is_secure)) }
        }
        "dnf" => Updates { pending: of(is_dnf), security: None },
        "apk" => Updates { pending: of(|line| line.contains(" < ")), security: None },
        _ => return None,
    })
    .filter(|_| lines.len() < MOST)
}

/// NAME.ARCH VERSION REPOSITORY; the replaced ones follow behind a title.
fn is_dnf(line: &str) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    words.len() == 3
        && words.first().is_some_and(|name| name.contains('.'))
        && !line.starts_with(' ')
}
