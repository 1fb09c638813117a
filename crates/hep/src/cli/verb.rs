//! `hep host status|packages|reboot|…`: what is asked of hosts of a server's register, and done to them by runs.

use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use hep_core::message::host_cli as say;
use hep_core::run::exit;
use reqwest::Method;
use serde_json::{Value, json};

use super::Failure;
use super::noun::escaped;
use super::strategy::Strategy;
use crate::client::show::{self, Form};
use crate::client::{Server, follow, status};
use crate::render::fold::fold;
use crate::terminal::{Screen, ask};

/// What a table of each shows.
const PROCESSES: &[&str] =
    &["pid", "user", "state", "cpu_percent", "memory_percent", "age_seconds", "command"];
const SERVICES: &[&str] = &["name", "state", "at_boot", "description"];
const PACKAGES: &[&str] = &["name", "version", "architecture", "summary"];

/// What can be asked of hosts, and done to them.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show what a host is: system, hardware, network
    Facts {
        /// Its name
        name: String,
        /// Ask the host itself first; else what it said the last time
        #[arg(long)]
        fresh: bool,
    },
    /// Show how a host is: load, memory, disks, network, users, services, processes
    Status {
        /// Its name
        name: String,
        /// Leave out what takes a second: updates, services, whether a reboot is needed
        #[arg(long)]
        live: bool,
        /// Again every two seconds, until Ctrl-C
        #[arg(long)]
        watch: bool,
    },
    /// Show the processes of a host, those that use the most first
    Processes {
        /// Its name
        name: String,
    },
    /// Show the services of a host
    Services {
        /// Its name
        name: String,
    },
    /// Show the packages of a host, or search for those that it could have
    Packages {
        /// Its name
        name: String,
        /// Words that must all be in the name or the summary
        #[arg(long, value_name = "WORDS")]
        search: Option<String>,
    },
    /// Install packages
    Install {
        /// The hosts
        selector: String,
        /// The packages; `NAME=VERSION` for a certain version
        #[arg(required = true)]
        packages: Vec<String>,
        #[command(flatten)]
        how: How,
    },
    /// Remove packages
    Remove {
        /// The hosts
        selector: String,
        /// The packages
        #[arg(required = true)]
        packages: Vec<String>,
        /// Their configuration, too
        #[arg(long)]
        purge: bool,
        #[command(flatten)]
        how: How,
    },
    /// Upgrade packages, or all
    Upgrade {
        /// The hosts
        selector: String,
        /// The packages; all where none is named
        packages: Vec<String>,
        /// When all: also what needs other packages removed
        #[arg(long, conflicts_with = "packages")]
        full: bool,
        #[command(flatten)]
        how: How,
    },
    /// Start, stop or restart a service, or set whether it starts at boot
    Service {
        /// What is done
        action: Action,
        /// The hosts
        selector: String,
        /// The service
        name: String,
        #[command(flatten)]
        how: How,
    },
    /// Send a signal to processes, by id on one host or by name on many
    Signal {
        /// The hosts
        selector: String,
        /// The ids
        #[arg(long, required_unless_present = "name", conflicts_with = "name")]
        pid: Vec<u32>,
        /// The exact name of the program
        #[arg(long)]
        name: Option<String>,
        /// The signal
        #[arg(short, long, default_value = "TERM")]
        signal: String,
        #[command(flatten)]
        how: How,
    },
    /// Start hosts anew, and wait until they are back
    Reboot {
        /// The hosts
        selector: String,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        how: How,
    },
    /// Switch hosts off
    PowerOff {
        /// The hosts
        selector: String,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        how: How,
    },
    /// Take back a reboot or switching off that is still to come
    PowerKeep {
        /// The hosts
        selector: String,
        #[command(flatten)]
        how: How,
    },
    /// Wake hosts that are switched off, by a packet into their network
    Wake {
        /// The hosts; each needs its `mac` in the register
        selector: String,
        /// Hosts of the same network that send the packet, in place of the server
        #[arg(long, value_name = "SELECTOR")]
        via: Option<String>,
        /// Where the server sends it: the broadcast address of a network
        #[arg(long, value_name = "ADDRESS", conflicts_with = "via")]
        broadcast: Option<String>,
    },
}

/// What is done to a service.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Action {
    /// Start it where it does not run
    Start,
    /// Stop it where it runs
    Stop,
    /// Stop it and start it again
    Restart,
    /// Have it start at boot
    Enable,
    /// Have it no longer start at boot
    Disable,
}

/// How a change is made.
#[derive(Debug, Default, clap::Args)]
pub(super) struct How {
    /// Become this user by sudo
    #[arg(long, value_name = "USER", num_args = 0..=1, require_equals = true, default_missing_value = "root")]
    sudo: Option<String>,
    /// Change nothing; tell what would change
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    strategy: Strategy,
}

/// When, and what users of the host are told.
#[derive(Debug, clap::Args)]
pub(super) struct When {
    /// In so many minutes; at once when not said
    #[arg(long = "in", value_name = "MINUTES", default_value_t = 0)]
    minutes: u32,
    /// What whoever is logged in is told
    #[arg(long, value_name = "TEXT")]
    notice: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl When {
    fn parameters(self) -> Value {
        json!({ "in_minutes": self.minutes, "notice": self.notice })
    }
}

/// Does it.
pub(super) async fn run(
    verb: Verb,
    server: &Server,
    form: Form,
    screen: &Arc<Screen>,
) -> Result<u8, Failure> {
    let start = Start { server, form, screen };
    match verb {
        Verb::Facts { name, fresh: true } => {
            let code = start.quietly(&name, "facts").await?;
            if code != exit::FINE {
                return Ok(code);
            }
            start.look(&name, "/facts", fields).await
        }
        Verb::Facts { name, fresh: false } => start.look(&name, "/facts", fields).await,
        Verb::Status { name, watch: true, .. } => start.watch(&name).await,
        Verb::Status { name, live, .. } => {
            start.look(&name, &format!("/status?live={live}"), overview).await
        }
        Verb::Processes { name } => start.look(&name, "/processes", processes).await,
        Verb::Services { name } => {
            start.look(&name, "/services", |v, f| list(v, SERVICES, f)).await
        }
        Verb::Packages { name, search } => {
            let query = search.map(|words| format!("?q={}", escaped(&words))).unwrap_or_default();
            let path = format!("/packages{query}");
            start.look(&name, &path, |value, form| list(value, PACKAGES, form)).await
        }
        Verb::Install { selector, packages, how } => {
            start.run(&selector, "packages.install", json!({ "names": packages }), how).await
        }
        Verb::Remove { selector, packages, purge, how } => {
            let said = json!({ "names": packages, "purge": purge });
            start.run(&selector, "packages.remove", said, how).await
        }
        Verb::Upgrade { selector, packages, full, how } => {
            let said = json!({ "names": packages, "full": full });
            start.run(&selector, "packages.upgrade", said, how).await
        }
        Verb::Service { action, selector, name, how } => {
            let action = action.to_possible_value().map(|word| word.get_name().to_owned());
            let verb = format!("services.{}", action.unwrap_or_default());
            start.run(&selector, &verb, json!({ "name": name }), how).await
        }
        Verb::Signal { selector, pid, name, signal, how } => {
            let said = json!({ "pids": pid, "name": name, "signal": signal });
            start.run(&selector, "processes.signal", said, how).await
        }
        Verb::Reboot { selector, when, how } => {
            start.ask(&selector, "reboot", when.yes || how.check).await?;
            start.run(&selector, "power.reboot", when.parameters(), how).await
        }
        Verb::PowerOff { selector, when, how } => {
            start.ask(&selector, "switch off", when.yes || how.check).await?;
            start.run(&selector, "power.off", when.parameters(), how).await
        }
        Verb::PowerKeep { selector, how } => {
            start.run(&selector, "power.keep", json!({}), how).await
        }
        Verb::Wake { selector, via, broadcast } => {
            let said = json!({ "selector": selector, "via": via, "broadcast": broadcast });
            let woken = server.call(Method::POST, "/wake", Some(&said)).await?.value;
            start.show(&show::one(&woken, form))
        }
    }
}

/// What all of them need.
struct Start<'a> {
    server: &'a Server,
    form: Form,
    screen: &'a Arc<Screen>,
}

impl Start<'_> {
    fn show(&self, text: &str) -> Result<u8, Failure> {
        self.screen.write_out(text.as_bytes())?;
        Ok(exit::FINE)
    }

    /// Asks a host something that changes nothing.
    async fn look(
        &self,
        name: &str,
        path: &str,
        shown: fn(&Value, Form) -> String,
    ) -> Result<u8, Failure> {
        let path = format!("/hosts/{}{path}", escaped(name));
        let answer = self.server.call(Method::GET, &path, None).await?;
        self.show(&shown(&answer.value, self.form))
    }

    /// Shows how a host is as long as somebody looks.
    async fn watch(&self, name: &str) -> Result<u8, Failure> {
        let path = format!("/hosts/{}/status/events", escaped(name));
        follow::live(self.server, &path, async |told: Value| {
            let text = match (&told["error"], self.form) {
                (Value::String(error), Form::Text) => show::safe(error) + "\n",
                (_, Form::Text) => status::overview(&told["status"]) + "\n",
                (_, form) => show::one(&told, form),
            };
            Ok(self.screen.write_out(text.as_bytes())?)
        })
        .await?;
        Ok(exit::FINE)
    }

    /// Has a run do it, and follows that.
    async fn run(
        &self,
        selector: &str,
        verb: &str,
        parameters: Value,
        how: How,
    ) -> Result<u8, Failure> {
        let id = self.begin(selector, verb, parameters, &how).await?;
        if how.strategy.detach {
            return self.show(&format!("{id}\n"));
        }
        super::run::watch(self.server, &id, self.form, self.screen).await
    }

    async fn begin(
        &self,
        selector: &str,
        verb: &str,
        parameters: Value,
        how: &How,
    ) -> Result<String, Failure> {
        let subject = json!({
            "kind": "verb", "verb": verb, "parameters": parameters, "check": how.check,
            "sudo_user": how.sudo,
        });
        let body =
            json!({ "subject": subject, "selector": selector, "strategy": how.strategy.object() });
        let run = self.server.make("/runs", &body).await?;
        Ok(run["id"].as_str().unwrap_or_default().to_owned())
    }

    /// A run of which only a failure is shown.
    async fn quietly(&self, selector: &str, verb: &str) -> Result<u8, Failure> {
        let id = self.begin(selector, verb, json!({}), &How::default()).await?;
        let mut told = String::new();
        follow::follow(self.server, &id, async |event: Value| {
            told.push_str(&super::run::line(&event));
            Ok(())
        })
        .await?;
        let code = super::run::code(self.server, &id).await?;
        if code != exit::FINE {
            self.show(&told)?;
        }
        Ok(code)
    }

    /// Makes sure that these hosts are meant.
    async fn ask(&self, selector: &str, what: &str, sure: bool) -> Result<(), Failure> {
        if sure {
            return Ok(());
        }
        let hosts = self.server.all("/hosts", &[("selector".into(), selector.into())]).await?;
        let names: Vec<&str> = hosts.iter().filter_map(|host| host["name"].as_str()).collect();
        let hosts = show::safe(&fold(names));
        if !ask::is_possible() {
            return Err(say::not_sure(what, hosts).into());
        }
        let text = say::ask_sure(what, &hosts).to_string();
        let answer = tokio::task::block_in_place(|| ask::line(self.screen, &text, true));
        match answer.ok().flatten().map(|answer| answer.expose().trim().to_ascii_lowercase()) {
            Some(answer) if answer == "yes" || answer == "y" => Ok(()),
            _ => Err(say::nothing_done().into()),
        }
    }
}

fn fields(value: &Value, form: Form) -> String {
    match form {
        Form::Text => show::one(&value["facts"], form),
        _ => show::one(value, form),
    }
}

fn overview(value: &Value, form: Form) -> String {
    match form {
        Form::Text => status::overview(value),
        _ => show::one(value, form),
    }
}

fn list(value: &Value, columns: &[&str], form: Form) -> String {
    show::list(value.as_array().map_or(&[], Vec::as_slice), columns, form)
}

/// The processes, those that use the most first.
fn processes(value: &Value, form: Form) -> String {
    let mut all = value.as_array().cloned().unwrap_or_default();
    let cpu = |process: &Value| process["cpu_percent"].as_f64().unwrap_or(0.0);
    all.sort_by(|one, other| cpu(other).total_cmp(&cpu(one)));
    show::list(&all, PROCESSES, form)
}
