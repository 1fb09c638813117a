//! `service`: units of systemd, and System V scripts where systemd does not run.

use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Kind, Module, Plan, Then};
use crate::change::{Change, Diff, Effect, Planned, Run, Until, Wait};
use crate::message::service as say;
use crate::observe::{Observe, Question, Stop};
use crate::options;
use crate::query::Query;
use crate::unit::{self, Unit};
use crate::value::Map;
use crate::words;

pub(super) const KIND: Kind =
    Kind { aliases: &["systemd", "systemd_service", "sysvinit"], ..Kind::of::<Service>("service") };

/// There where systemd runs the host. Source: `sd_booted(3)`.
const BOOTED: &str = "/run/systemd/system";

options! {
    /// Starts, stops, restarts and reloads services, and says which start at boot.
    ///
    /// Where systemd runs the host its units are used, otherwise the scripts in `/etc/init.d`. A name
    /// without a suffix is a `.service`. `restarted` and `reloaded` do it each time; everything else only
    /// where it differs.
    ///
    /// Example: `service: name=apache2 state=started enabled=true`
    ///
    /// Example: `systemd: name=backup.timer enabled=true daemon_reload=true`
    ///
    /// Example: `service: name=apache2 action=restart`
    struct Service {
        /// The service or unit.
        #[serde(default, alias = "service", alias = "unit")]
        name: Option<String>,
        /// `started`, `stopped`, `restarted` or `reloaded`. The last two start what does not run.
        #[serde(default)]
        state: Option<State>,
        /// The older way to say it: `restart`, `start`, `stop` or `reload`.
        #[serde(default)]
        action: Option<Action>,
        /// Whether it starts at boot.
        #[serde(default)]
        enabled: Option<bool>,
        /// Whether it is masked: cannot be started by anything.
        #[serde(default)]
        masked: Option<bool>,
        /// Has systemd read its unit files first. This alone is no change.
        #[serde(default, alias = "daemon-reload")]
        daemon_reload: bool,
        /// Has systemd start itself anew first. This alone is no change.
        #[serde(default, alias = "daemon-reexec")]
        daemon_reexec: bool,
        /// `system`. Units of users are not supported.
        #[serde(default = "system")]
        scope: String,
        /// Does not wait until the service has started or stopped.
        #[serde(default)]
        no_block: bool,
        /// Overwrites links that are in the way of enabling or masking.
        #[serde(default)]
        force: bool,
        /// For a System V script: seconds between stop and start of a restart.
        #[serde(default)]
        sleep: Option<u64>,
        /// For a System V script: more words for its command line.
        #[serde(default, alias = "args")]
        arguments: Option<String>,
        /// Not supported: a script must answer to `status`. With systemd it has no meaning.
        #[serde(default)]
        pattern: Option<String>,
        /// Not supported. With systemd it has no meaning.
        #[serde(default)]
        runlevel: Option<String>,
        /// `auto`, `systemd` or `sysvinit`: what runs the host, where it is not to be found out.
        #[serde(default, rename = "use")]
        manager: Option<String>,
    }
}

fn system() -> String {
    "system".to_owned()
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[serde(alias = "running")]
    Started,
    Stopped,
    Restarted,
    Reloaded,
}

/// The values of `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Start,
    Stop,
    Restart,
    Reload,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Started | Self::Restarted | Self::Reloaded => "started",
        }
    }

    /// What must be done so that it is so.
    const fn verb(self, running: bool, stopping: bool) -> Option<&'static str> {
        match (self, running) {
            (Self::Started, true) => None,
            (Self::Stopped, _) => {
                if running || stopping {
                    Some("stop")
                } else {
                    None
                }
            }
            (Self::Restarted, true) => Some("restart"),
            (Self::Reloaded, true) => Some("reload"),
            (Self::Started | Self::Restarted | Self::Reloaded, false) => Some("start"),
        }
    }
}

impl Module for Service {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        self.check()?;
        let systemd = match self.manager.as_deref() {
            Some("systemd") => true,
            Some("sysvinit" | "service") => false,
            _ => observe.stat(BOOTED)?.is_some(),
        };
        if systemd { self.plan_systemd(context, observe) } else { self.plan_scripts(observe) }
    }

    fn repeats(&self) -> bool {
        let always = matches!(self.state(), Some(State::Restarted | State::Reloaded));
        always || self.daemon_reload || self.daemon_reexec
    }
}

impl Service {
    /// What cannot be done is refused by name before anything is asked.
    fn check(&self) -> Result<(), Stop> {
        if self.state.is_some() && self.action.is_some() {
            return Err(say::excluded("state", "action").into());
        }
        if self.scope != "system" {
            return Err(say::unsupported(format!("scope: {}", self.scope)).into());
        }
        let asked = self.state().is_some() || self.enabled.is_some() || self.masked.is_some();
        match &self.name {
            None if asked => Err(say::no_name().into()),
            None if self.daemon_reload || self.daemon_reexec => Ok(()),
            Some(_) if !(asked || self.daemon_reload || self.daemon_reexec) => {
                Err(say::nothing_asked().into())
            }
            None => Err(say::nothing_asked().into()),
            Some(name) if !unit::is_name(name) => Err(say::bad_name(name).into()),
            Some(_) => Ok(()),
        }
    }

    const fn state(&self) -> Option<State> {
        match (self.state, self.action) {
            (None, Some(Action::Start)) => Some(State::Started),
            (None, Some(Action::Stop)) => Some(State::Stopped),
            (None, Some(Action::Restart)) => Some(State::Restarted),
            (None, Some(Action::Reload)) => Some(State::Reloaded),
            (state, _) => state,
        }
    }

    fn plan_systemd(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let mut first: Vec<Planned> = Vec::new();
        if !context.again {
            let asked =
                [(self.daemon_reexec, "daemon-reexec"), (self.daemon_reload, "daemon-reload")];
            for (_, verb) in asked.into_iter().filter(|(asked, _)| *asked) {
                first.push(systemctl(&[], verb, None, Vec::new()));
            }
        }
        let Some(name) = self.name.as_deref() else {
            return Ok(Plan { changes: first, changed: Some(false), ..Plan::default() });
        };
        let unit = Unit::read(name, &observe.query(Query::SystemdShow(name.into()))?);
        if !unit.exists() && !first.is_empty() {
            let (changes, then) = (first, Then::Again);
            return Ok(Plan { changes, changed: Some(false), then, ..Plan::default() });
        }
        let mut steps = Vec::new();
        let mut result = Map::from([("name".into(), name.into())]);
        let masked = self.plan_mask(&unit, &mut steps);
        if self.enabled.is_some() || self.state().is_some() {
            Self::must_exist(&unit, context, observe)?;
        }
        if let Some(wanted) = self.enabled {
            self.plan_enabled(wanted, masked, &unit, observe, &mut steps)?;
            result.insert("enabled".into(), wanted.into());
        }
        if let Some(state) = self.state() {
            self.plan_state(state, masked, &unit, &mut steps)?;
            result.insert("state".into(), state.word().into());
        }
        result.insert("status".into(), unit.status());
        // Reading unit files again is no change of the host, as Ansible counts it.
        let changed = Some(!steps.is_empty());
        first.append(&mut steps);
        Ok(Plan { changes: first, result, changed, ..Plan::default() })
    }

    /// A unit that is not there is an error, or, where an earlier task of a check would bring it, unknown.
    fn must_exist(unit: &Unit, context: &Context<'_>, observe: &mut Observe) -> Result<(), Stop> {
        if unit.exists() {
            return match unit.load_state() {
                "loaded" | "masked" | "merged" => Ok(()),
                state => Err(say::broken(&unit.name, state).into()),
            };
        }
        let paths = unit.paths();
        observe.expect(paths.iter().map(|path| Question::Stat {
            path: path.as_str().into(),
            follow: true,
            digest: false,
        }));
        for path in &paths {
            if observe.stat_with(path, true, false)?.is_some() && context.check {
                return Err(Stop::Unknown(say::not_yet(&unit.name).to_string().into()));
            }
        }
        Err(say::not_found(&unit.name).into())
    }

    /// Whether the unit will be masked after what is planned.
    fn plan_mask(&self, unit: &Unit, changes: &mut Vec<Planned>) -> bool {
        let masked = unit.is_masked();
        let Some(wanted) = self.masked.filter(|wanted| *wanted != masked) else { return masked };
        let (verb, file_state) = if wanted { ("mask", "masked") } else { ("unmask", "disabled") };
        let effect = unit.effect(None, Some(file_state));
        changes.push(systemctl(&self.flags(), verb, Some((unit, "masked")), vec![effect]));
        wanted
    }

    fn plan_enabled(
        &self,
        wanted: bool,
        masked: bool,
        unit: &Unit,
        observe: &mut Observe,
        changes: &mut Vec<Planned>,
    ) -> Result<(), Stop> {
        if masked && wanted {
            return Err(say::masked(&unit.name).into());
        }
        let enabled = match unit.enabled() {
            Some(enabled) => enabled,
            None => is_linked(&unit.bare(), observe)?,
        };
        if enabled == wanted || (unit.is_static() && !wanted) {
            return Ok(());
        }
        let (verb, file_state) =
            if wanted { ("enable", "enabled") } else { ("disable", "disabled") };
        let effect = unit.effect(None, Some(file_state));
        changes.push(systemctl(&self.flags(), verb, Some((unit, "enabled")), vec![effect]));
        Ok(())
    }

    fn plan_state(
        &self,
        state: State,
        masked: bool,
        unit: &Unit,
        changes: &mut Vec<Planned>,
    ) -> Result<(), Stop> {
        let Some(verb) = state.verb(unit.is_running(), unit.is_stopping()) else { return Ok(()) };
        if masked && verb != "stop" {
            return Err(say::masked(&unit.name).into());
        }
        let effect = unit.effect(Some(verb != "stop"), None);
        changes.push(systemctl(&self.flags(), verb, Some((unit, "state")), vec![effect]));
        Ok(())
    }

    fn flags(&self) -> Vec<&'static str> {
        let flags = [(self.no_block, "--no-block"), (self.force, "--force")];
        flags.into_iter().filter(|(on, _)| *on).map(|(_, flag)| flag).collect()
    }

    fn plan_scripts(&self, observe: &mut Observe) -> Result<Plan, Stop> {
        let needs = [
            (self.masked.is_some(), "masked"),
            (self.daemon_reload, "daemon_reload"),
            (self.daemon_reexec, "daemon_reexec"),
        ];
        if let Some((_, option)) = needs.into_iter().find(|(given, _)| *given) {
            return Err(say::needs_systemd(option).into());
        }
        let not = [(self.pattern.is_some(), "pattern"), (self.runlevel.is_some(), "runlevel")];
        if let Some((_, option)) = not.into_iter().find(|(given, _)| *given) {
            return Err(say::unsupported(option).into());
        }
        let name = self.name.as_deref().unwrap_or_default().trim_end_matches(".service");
        let script = format!("/etc/init.d/{name}");
        if name.contains('/') || observe.stat_with(&script, true, false)?.is_none() {
            return Err(say::not_found(name).into());
        }
        let mut plan = Plan::default();
        plan.result.insert("name".into(), name.into());
        if let Some(wanted) = self.enabled {
            if is_linked(name, observe)? != wanted {
                plan.changes.extend(link(name, wanted, observe)?);
            }
            plan.result.insert("enabled".into(), wanted.into());
        }
        if let Some(state) = self.state() {
            let output = observe.query(Query::ServiceStatus(name.into()))?;
            let verb = state.verb(unit::script_runs(&output), false);
            plan.changes.extend(verb.map(|verb| self.script(name, verb)).into_iter().flatten());
            plan.result.insert("state".into(), state.word().into());
        }
        Ok(plan)
    }

    /// The script's calls for one verb; a restart may be made of two with a pause between them.
    fn script(&self, name: &str, verb: &str) -> Vec<Planned> {
        let more = self.arguments.as_deref().and_then(|text| words::split(text).ok());
        let call = |verb: &str| {
            let mut argv: Vec<Arc<str>> = vec!["service".into(), name.into(), verb.into()];
            argv.extend(more.iter().flatten().map(|word| word.as_str().into()));
            let active = Some(verb != "stop");
            let effects = vec![Effect::Unit { name: name.into(), active, file_state: None }];
            Planned::from(Run { argv, effects, ..Run::default() })
        };
        match self.sleep {
            Some(seconds) if verb == "restart" => {
                let delay_ms = seconds.saturating_mul(1000);
                let wait = Wait { until: Until::Elapsed, delay_ms, sleep_ms: 0, timeout_ms: 0 };
                let pause = Planned { change: Change::Wait(wait), diff: None };
                vec![call("stop"), pause, call("start")]
            }
            _ => vec![call(verb)],
        }
    }
}

/// One call of `systemctl`, with what it changes about which unit.
fn systemctl(
    flags: &[&str],
    verb: &str,
    about: Option<(&Unit, &str)>,
    effects: Vec<Effect>,
) -> Planned {
    let mut argv: Vec<Arc<str>> = vec!["systemctl".into()];
    argv.extend(flags.iter().map(|flag| Arc::from(*flag)));
    argv.push(verb.into());
    if let Some((unit, _)) = about {
        argv.extend(["--".into(), unit.name.as_str().into()]);
    }
    let diff = about.map(|(unit, what)| Diff {
        before_header: unit.name.as_str().into(),
        after_header: unit.name.as_str().into(),
        before: format!("{what}: {}\n", unit.word(what)).into(),
        after: format!("{what}: {verb}\n").into(),
    });
    Planned { diff, ..Run { argv, effects, ..Run::default() }.into() }
}

/// Whether a System V script starts in any of the usual run levels.
fn is_linked(name: &str, observe: &mut Observe) -> Result<bool, Stop> {
    let paths = observe.glob(&format!("/etc/rc[2345].d/S[0-9][0-9]{name}"))?;
    Ok(!paths.is_empty())
}

/// The calls that have a System V script started at boot, or not.
fn link(name: &str, wanted: bool, observe: &mut Observe) -> Result<Vec<Planned>, Stop> {
    let run = |words: &[&str]| {
        let argv = words.iter().map(|word| Arc::from(*word)).collect();
        let file_state = Some(if wanted { "enabled" } else { "disabled" }.into());
        let effects = vec![Effect::Unit { name: name.into(), active: None, file_state }];
        Planned::from(Run { argv, effects, ..Run::default() })
    };
    observe.expect(["update-rc.d", "chkconfig"].map(|name| Question::Program(name.into())));
    if observe.program("update-rc.d")?.is_some() {
        if wanted {
            let defaults = run(&["update-rc.d", name, "defaults"]);
            return Ok(vec![defaults, run(&["update-rc.d", name, "enable"])]);
        }
        return Ok(vec![run(&["update-rc.d", name, "disable"])]);
    }
    if observe.program("chkconfig")?.is_some() {
        return Ok(vec![run(&["chkconfig", name, if wanted { "on" } else { "off" }])]);
    }
    Err(say::no_enabler(name).into())
}

#[cfg(test)]
mod tests {
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all, line, options, plan_with};
    use crate::query::Query;

    fn systemd(text: &str) -> Host {
        let run = "run systemctl daemon-reload -> 0";
        Host::new(&format!("/run/systemd/system/ 0755 root:root\n{run}\n{text}"))
    }

    #[test]
    fn units_become_as_asked() {
        let cases = [
            (
                "unit a.service inactive disabled",
                "name: a\nstate: started",
                "run systemctl start -- a",
            ),
            ("unit a.service active disabled", "name: a\nstate: started", ""),
            ("unit a.service active enabled", "name: a\nstate: stopped", "run systemctl stop -- a"),
            ("unit a.service inactive enabled", "name: a\nstate: stopped", ""),
            (
                "unit a.service active enabled",
                "service: a\naction: restart",
                "run systemctl restart -- a",
            ),
            (
                "unit a.service inactive enabled",
                "name: a\nstate: restarted",
                "run systemctl start -- a",
            ),
            (
                "unit a.service active enabled",
                "name: a\nstate: reloaded",
                "run systemctl reload -- a",
            ),
            (
                "unit a.service active disabled",
                "name: a\nenabled: true",
                "run systemctl enable -- a",
            ),
            (
                "unit a.service active enabled",
                "name: a\nenabled: false",
                "run systemctl disable -- a",
            ),
            ("unit a.service active static", "name: a\nenabled: false", ""),
            ("unit a.service active static", "name: a\nenabled: true", ""),
            (
                "unit a.timer inactive disabled",
                "name: a.timer\nenabled: true\nstate: started",
                "run systemctl enable -- a.timer\nrun systemctl start -- a.timer",
            ),
            ("unit a.service active enabled", "name: a\nmasked: true", "run systemctl mask -- a"),
            ("unit a.service inactive masked", "name: a\nmasked: true", ""),
            (
                "unit a.service inactive masked",
                "name: a\nmasked: false\nstate: started",
                "run systemctl unmask -- a\nrun systemctl start -- a",
            ),
            (
                "unit a.service inactive enabled",
                "name: a\nstate: started\nno_block: true\ndaemon_reload: true",
                "run systemctl daemon-reload\nrun systemctl --no-block start -- a",
            ),
        ];
        let cases: Vec<Case> = cases
            .into_iter()
            .map(|(host, given, changes)| Case {
                name: given,
                host: systemd(host),
                module: "service",
                options: options(given),
                expect: Expect {
                    // These are done again by every run.
                    repeats: given.contains("restart") || given.contains("reloaded"),
                    ..Expect::changes(changes)
                },
            })
            .collect();
        check_all(&cases);
    }

    #[test]
    fn reading_unit_files_again_is_no_change() {
        check_all(&[
            Case {
                name: "alone",
                host: systemd(""),
                module: "ansible.builtin.systemd",
                options: options("daemon_reload: true"),
                expect: Expect::changes("run systemctl daemon-reload").changed(false),
            },
            Case {
                name: "with a unit that is as asked",
                host: systemd("unit a.service active enabled"),
                module: "systemd",
                options: options("name: a\nstate: started\ndaemon-reload: true"),
                expect: Expect::changes("run systemctl daemon-reload")
                    .changed(false)
                    .result("state", "started")
                    .result("name", "a"),
            },
        ]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let cases = [
            ("", "name: a\nstate: started", "Cannot find the service `a`"),
            ("", "name: a\nenabled: false", "Cannot find the service `a`"),
            ("", "name: -a\nstate: started", "not a unit's name"),
            ("", "name: a*\nstate: started", "not a unit's name"),
            ("", "state: started", "no name"),
            ("", "name: a", "nothing is asked"),
            ("", "name: a\nstate: started\naction: stop", "exclude"),
            ("", "name: a\nstate: started\nscope: user", "scope: user"),
            ("unit a.service inactive masked", "name: a\nstate: started", "masked"),
            ("unit a.service inactive masked", "name: a\nenabled: true", "masked"),
        ];
        let cases: Vec<Case> = cases
            .into_iter()
            .map(|(host, given, error)| Case {
                name: given,
                host: systemd(host),
                module: "service",
                options: options(given),
                expect: Expect::error(error),
            })
            .collect();
        check_all(&cases);
    }

    #[test]
    fn scripts_serve_where_systemd_does_not_run() {
        let script = "/etc/init.d/ 0755 root:root\n/etc/init.d/a 0755 root:root = x\n\
            /etc/rc2.d/ 0755 root:root\nprogram update-rc.d /usr/sbin/update-rc.d\n";
        let linked = format!("{script}/etc/rc2.d/S01a -> ../init.d/a");
        let cases = [
            (script, 3, "name: a\nstate: started", "run service a start"),
            (script, 0, "name: a\nstate: started", ""),
            (script, 0, "name: a\naction: restart", "run service a restart"),
            (
                script,
                0,
                "name: a\nstate: stopped\narguments: -f 'x y'",
                "run service a stop -f 'x y'",
            ),
            (
                script,
                0,
                "name: a\nenabled: true",
                "run update-rc.d a defaults\nrun update-rc.d a enable",
            ),
            (&linked, 0, "name: a\nenabled: true", ""),
            (&linked, 0, "name: a\nenabled: false", "run update-rc.d a disable"),
        ];
        for (host, rc, given, changes) in cases {
            let host = Host::new(host).with_query(Query::ServiceStatus("a".into()), rc, "");
            let answer = |question: &_| host.answer(question);
            let plan = plan_with(&options(given), &super::KIND, false, &answer, &host).unwrap();
            let lines: Vec<String> = plan.changes.iter().map(|p| line(&p.change)).collect();
            assert_eq!(lines.join("\n"), changes, "{given}");
        }
    }
}
