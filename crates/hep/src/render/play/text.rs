//! A run of manifests for a person: headings, results, output while it comes, and a recap.
//!
//! Hosts run ahead of one another: what they tell is put into the order of tasks ([`super::order`]), and a
//! result that comes late names its task. Where there are many hosts only what needs attention has a line of
//! its own: the others are counted, task by task.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hep_core::frame::Stream;
use hep_core::interp::{Event, Report, State};
use hep_core::message::Message;
use hep_engine::event::RunEvent;

use super::order::{Order, Told};
use super::{Script, line, recap, word};
use crate::render::exec::Talk;
use crate::render::fold::fold;
use crate::render::{Ended, Page, Render};
use crate::terminal::{Look, Screen, Tint, visible};

/// Up to so many hosts each result has a line.
const FEW: usize = 20;
/// Columns of a heading.
const WIDTH: usize = 78;
/// Counted results are shown at the latest after this time.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Detail {
    /// `-v`: a line for each result, with all that `register` sees.
    pub(crate) verbose: u8,
}

/// The renderer.
pub(crate) struct Text {
    script: Script,
    detail: Detail,
    look: Look,
    talk: Talk,
    /// All hosts of all plays so far, in order.
    hosts: Vec<Arc<str>>,
    /// The hosts of the present play or batch.
    active: usize,
    /// The task below whose heading we are.
    heading: Option<u32>,
    headed: HashSet<u32>,
    /// Tasks whose items were shown: their end need not be.
    items: HashSet<(Arc<str>, u32)>,
    tallies: Vec<Tally>,
    /// Hosts that failed: they report no further tasks.
    out: HashSet<Arc<str>>,
    /// Hosts of which it was told why they are out.
    left: HashSet<Arc<str>>,
    /// The task at which each host is: its output belongs to it.
    at: HashMap<Arc<str>, u32>,
    order: Order<RunEvent>,
}

/// Results that are counted.
struct Tally {
    task: u32,
    name: Arc<str>,
    since: Instant,
    /// Hosts by how they ended.
    hosts: Vec<(State, Arc<str>)>,
    /// Differences and what tasks have to say, for below the heading.
    text: String,
}

impl Text {
    /// For a run of this program.
    pub(crate) fn new(screen: &Screen, script: Script, detail: Detail) -> Self {
        Self {
            script,
            detail,
            look: screen.out,
            talk: Talk::new(screen, &[]),
            hosts: Vec::new(),
            active: 0,
            heading: None,
            headed: HashSet::new(),
            items: HashSet::new(),
            tallies: Vec::new(),
            out: HashSet::new(),
            left: HashSet::new(),
            at: HashMap::new(),
            order: Order::default(),
        }
    }

    fn counts(&self) -> bool {
        self.active > FEW && self.detail.verbose == 0
    }

    fn play(&mut self, name: &str, hosts: &[Arc<str>], page: &mut Page) {
        self.flush(page);
        for host in hosts {
            if !self.hosts.contains(host) {
                self.hosts.push(host.clone());
            }
        }
        self.talk.add(hosts);
        self.active = hosts.len();
        self.order.begin(hosts);
        self.at.clear();
        self.heading = None;
        let many =
            if hosts.len() == 1 { "1 host".into() } else { format!("{} hosts", hosts.len()) };
        self.rule(&format!("PLAY [{name}] {many}"), page);
    }

    fn rule(&self, text: &str, page: &mut Page) {
        let text = visible::line(text.as_bytes());
        let stars = WIDTH.saturating_sub(text.chars().count() + 1).max(3);
        let heading = format!("{text} {}", "*".repeat(stars));
        let _ = writeln!(page.out(), "\n{}", self.look.tint(Tint::Strong, &heading));
    }

    /// Prints the heading of a task that has none yet. True where we stand below it.
    fn head(&mut self, task: u32, name: &str, page: &mut Page) -> bool {
        if self.headed.insert(task) {
            self.heading = Some(task);
            let kind = if self.script.is_handler(task) { "HANDLER" } else { "TASK" };
            self.rule(&format!("{kind} [{name}]"), page);
        }
        self.heading == Some(task)
    }

    fn task(&mut self, host: &Arc<str>, event: &Event, page: &mut Page) {
        match event {
            Event::Started { task, name } if !self.counts() => drop(self.head(*task, name, page)),
            Event::Item(report) => self.item(host, report, page),
            Event::Finished(report) => self.finished(host, report, page),
            Event::Retry { task, left } if !self.counts() || self.detail.verbose > 0 => {
                let text = format!("retrying: [{host}] ({left} tries left)");
                if self.heading == Some(*task) || self.detail.verbose > 0 {
                    let shown = self.look.tint(Tint::Faint, &text).into_owned();
                    let _ = writeln!(page.out(), "{shown}");
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, host: &Arc<str>, report: &Report, page: &mut Page) {
        if report.item.is_none() {
            return;
        }
        let counted = self.counts() && !line::is_failure(report.state) && report.diff.is_empty();
        if counted {
            return;
        }
        self.items.insert((host.clone(), report.task));
        self.print(host, report, page);
    }

    fn finished(&mut self, host: &Arc<str>, report: &Report, page: &mut Page) {
        if matches!(report.state, State::Failed | State::Unreachable) {
            self.out.insert(host.clone());
        }
        let told = self.items.remove(&(host.clone(), report.task));
        if self.counts() {
            let speaks = report.message.is_some() && &*report.module == "debug";
            let mut text = String::new();
            if line::is_failure(report.state) {
                self.print(host, report, page);
            } else if (!report.diff.is_empty() && !told) || speaks {
                text = line::show(self.look, &self.script, host, report, None, false);
            }
            self.count(host, report, &text, page);
        } else if !told || line::is_failure(report.state) {
            self.print(host, report, page);
        }
    }

    fn print(&mut self, host: &str, report: &Report, page: &mut Page) {
        let below = if self.counts() { false } else { self.head(report.task, &report.name, page) };
        let elsewhere = (!below).then_some(&*report.name);
        let verbose = self.detail.verbose > 0;
        let text = line::show(self.look, &self.script, host, report, elsewhere, verbose);
        page.out().extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, host: &Arc<str>, report: &Report, text: &str, page: &mut Page) {
        let result = (report.state, host.clone());
        if let Some(tally) = self.tallies.iter_mut().find(|tally| tally.task == report.task) {
            tally.hosts.push(result);
        } else {
            self.tallies.push(Tally {
                task: report.task,
                name: report.name.clone(),
                since: Instant::now(),
                hosts: vec![result],
                text: String::new(),
            });
        }
        if let Some(tally) = self.tallies.iter_mut().find(|tally| tally.task == report.task) {
            tally.text.push_str(text);
        }
        self.flush_ready(page);
    }

    /// Prints tallies that all hosts have told, or that have waited long.
    fn flush_ready(&mut self, page: &mut Page) {
        let wanted = self.active.saturating_sub(self.out.len());
        while let Some(first) = self.tallies.first() {
            if first.hosts.len() < wanted && first.since.elapsed() < PATIENCE {
                return;
            }
            let tally = self.tallies.remove(0);
            self.tally(&tally, page);
        }
    }

    fn flush(&mut self, page: &mut Page) {
        self.in_order(page, |order, mut show| order.flush(&mut show));
        for tally in std::mem::take(&mut self.tallies) {
            self.tally(&tally, page);
        }
        self.out.clear();
    }

    /// The heading, and a line for each way in which hosts ended: unchanged hosts by their number only.
    fn tally(&mut self, tally: &Tally, page: &mut Page) {
        let again = self.headed.contains(&tally.task) && self.heading != Some(tally.task);
        if again {
            self.heading = Some(tally.task);
            self.rule(&format!("TASK [{}] (more hosts)", tally.name), page);
        } else {
            self.head(tally.task, &tally.name, page);
        }
        page.out().extend_from_slice(tally.text.as_bytes());
        let states = [
            State::Ok,
            State::Changed,
            State::Deferred,
            State::Skipped,
            State::Rescued,
            State::Ignored,
        ];
        for state in states {
            let is = |(ended, _): &&(State, Arc<str>)| *ended == state;
            let hosts: Vec<&str> = tally.hosts.iter().filter(is).map(|(_, host)| &**host).collect();
            if hosts.is_empty() {
                continue;
            }
            let mut text = format!("{}: {}", word(state), counted(hosts.len()));
            if !matches!(state, State::Ok | State::Skipped) {
                let _ = write!(text, " [{}]", visible::line(fold(hosts).as_bytes()));
            }
            let _ = writeln!(page.out(), "{}", self.look.tint(line::tint(state), &text));
        }
    }

    /// Shows what the order lets through.
    fn in_order(
        &mut self,
        page: &mut Page,
        act: impl FnOnce(&mut Order<RunEvent>, &mut dyn FnMut(Told<RunEvent>)),
    ) {
        let mut ready = Vec::new();
        act(&mut self.order, &mut |told| ready.push(told.what));
        for event in ready {
            self.show(&event, page);
        }
    }

    /// What a host tells of a task, or what its command prints meanwhile.
    fn hear(&mut self, host: &Arc<str>, event: &RunEvent, page: &mut Page) {
        let (task, ends, fails) = match event {
            RunEvent::Task { event, .. } => match &**event {
                Event::Started { task, .. } | Event::Retry { task, .. } => {
                    (Some(*task), false, false)
                }
                Event::Item(report) => (Some(report.task), false, false),
                Event::Finished(report) => {
                    let fails = matches!(report.state, State::Failed | State::Unreachable);
                    (Some(report.task), true, fails)
                }
                _ => return,
            },
            _ => (None, false, false),
        };
        if let Some(task) = task {
            self.at.insert(host.clone(), task);
        }
        let Some(task) = task.or_else(|| self.at.get(host).copied()) else {
            return self.show(event, page);
        };
        let told = Told { host: host.clone(), task, ends, what: event.clone() };
        self.in_order(page, |order, mut show| order.take(told, Instant::now(), &mut show));
        if fails {
            self.order.leave(host);
        }
    }

    fn show(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Line { host, stream, line, .. } => {
                let tint = if *stream == Stream::Err { Tint::Changed } else { Tint::Faint };
                self.talk.output(tint, host, line, page.out());
            }
            RunEvent::Task { host, event } => self.task(host, event, page),
            _ => {}
        }
    }

    fn note(&mut self, host: Option<&str>, message: &Message, page: &mut Page) {
        match host {
            Some(host) => self.talk.sentence(host, message, page.err()),
            None => drop(writeln!(page.err(), "{}", visible::text(&message.to_string()))),
        }
    }
}

fn counted(hosts: usize) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

impl Render for Text {
    fn event(&mut self, event: &RunEvent, page: &mut Page) {
        match event {
            RunEvent::Play { name, hosts } => self.play(name, hosts, page),
            RunEvent::Batch { number, hosts } => {
                self.flush(page);
                self.active = hosts.len();
                self.order.begin(hosts);
                let names = fold(hosts.iter().map(|host| &**host));
                self.rule(&format!("BATCH {number} [{names}]"), page);
                // Its hosts do the same tasks once more.
                self.headed.clear();
                self.heading = None;
            }
            // Counted results need no order.
            RunEvent::Line { .. } | RunEvent::Task { .. } if self.counts() => {
                self.show(event, page);
            }
            RunEvent::Line { host, .. } | RunEvent::Task { host, .. } => {
                self.hear(host, event, page);
            }
            RunEvent::Note { host, message } => self.note(host.as_deref(), message, page),
            RunEvent::Left(end) => {
                self.left.insert(end.host.clone());
                self.out.insert(end.host.clone());
                self.order.leave(&end.host);
                self.talk.ended(end, page);
            }
            RunEvent::Host(end) => {
                // Failed tasks have been told already; what kept a host from its tasks has not.
                if end.error.is_some() && !self.left.contains(&end.host) {
                    self.talk.ended(end, page);
                }
            }
        }
    }

    fn tick(&mut self, now: Instant, page: &mut Page) {
        self.in_order(page, |order, mut show| order.tick(now, &mut show));
        self.flush_ready(page);
    }

    fn finish(&mut self, ended: &Ended, page: &mut Page) {
        self.flush(page);
        if self.hosts.is_empty() {
            return;
        }
        self.rule("RECAP", page);
        let folded = self.hosts.len() > FEW && self.detail.verbose == 0;
        let table = recap::table(self.look, &self.hosts, ended, folded);
        page.out().extend_from_slice(table.as_bytes());
        self.talk.summary(ended, page);
    }
}
