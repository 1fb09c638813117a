//! What can be asked for, by name: the kinds of runs, and each host verb as a kind of its own.

use hep_core::rights::Verb;
use hep_engine::ops::Actor;

use super::Choices;
use crate::ui::form::Form;
use crate::ui::kept::field::{Choice, Field, Input};
use crate::ui::words::Words;

/// Something that is written as the API has it.
pub(crate) const OTHER: &str = "other";
/// The one that is chosen where nothing is said.
pub(super) const FIRST: &str = "command";
/// Waking what is switched off, which is no run: the server itself sends the packet, or has another host do it.
pub(crate) const WAKE: &str = "wake";

/// What can become another user.
pub(super) const SUDO: &str = "command words script copy packages.install packages.remove packages.upgrade \
    services.start services.stop services.restart services.enable services.disable power.reboot power.off \
    power.keep processes.signal";
/// What can tell beforehand what it would do.
pub(super) const CHECK: &str = "copy manifest repository packages.install packages.remove packages.upgrade \
    services.start services.stop services.restart services.enable services.disable power.reboot";
/// What can be given a limit of time.
pub(super) const TIMEOUT: &str = "command words script packages.install packages.remove packages.upgrade \
    services.start services.stop services.restart services.enable services.disable power.reboot power.off \
    power.keep power.wake processes.signal facts status processes.list services.list packages.list \
    packages.search";

/// Where a kind is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// For a run that is asked for now.
    Now,
    /// For a job.
    Job,
}

/// A kind.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its word in the form; that of a host verb is its name.
    pub(crate) word: &'static str,
    /// The right that it needs on each host.
    pub(crate) right: Verb,
    /// What it is called.
    title: fn(Words) -> &'static str,
    /// With what it stands.
    group: fn(Words) -> &'static str,
}

const fn of(
    word: &'static str,
    right: Verb,
    title: fn(Words) -> &'static str,
    group: fn(Words) -> &'static str,
) -> Kind {
    Kind { word, right, title, group }
}

/// All of them, in the order in which they are offered.
static KINDS: [Kind; 28] = [
    of("command", Verb::Run, Words::kind_command, Words::ask_own),
    of("script", Verb::Run, Words::kind_script, Words::ask_own),
    of("words", Verb::Run, Words::ask_words_kind, Words::ask_own),
    of("copy", Verb::Run, Words::jobs_copy, Words::ask_own),
    of("manifest", Verb::Run, Words::jobs_manifest, Words::ask_own),
    of("repository", Verb::Run, Words::jobs_repository, Words::ask_own),
    of("packages.install", Verb::Run, Words::verb_packages_install, Words::ask_packages),
    of("packages.remove", Verb::Run, Words::verb_packages_remove, Words::ask_packages),
    of("packages.upgrade", Verb::Run, Words::verb_packages_upgrade, Words::ask_packages),
    of("services.start", Verb::Run, Words::verb_services_start, Words::ask_services),
    of("services.stop", Verb::Run, Words::verb_services_stop, Words::ask_services),
    of("services.restart", Verb::Run, Words::verb_services_restart, Words::ask_services),
    of("services.enable", Verb::Run, Words::verb_services_enable, Words::ask_services),
    of("services.disable", Verb::Run, Words::verb_services_disable, Words::ask_services),
    of("processes.signal", Verb::Run, Words::verb_processes_signal, Words::ask_processes),
    of("power.reboot", Verb::Power, Words::verb_power_reboot, Words::ask_power),
    of("power.off", Verb::Power, Words::verb_power_off, Words::ask_power),
    of("power.keep", Verb::Power, Words::verb_power_keep, Words::ask_power),
    of(WAKE, Verb::Power, Words::verb_wake, Words::ask_power),
    of("power.wake", Verb::Power, Words::verb_power_wake, Words::ask_power),
    of("login.push_key", Verb::Secrets, Words::verb_push_key, Words::ask_access),
    of("facts", Verb::View, Words::verb_facts, Words::ask_look),
    of("status", Verb::View, Words::verb_status, Words::ask_look),
    of("processes.list", Verb::View, Words::verb_processes_list, Words::ask_look),
    of("services.list", Verb::View, Words::verb_services_list, Words::ask_look),
    of("packages.list", Verb::View, Words::verb_packages_list, Words::ask_look),
    of("packages.search", Verb::View, Words::verb_packages_search, Words::ask_look),
    of(OTHER, Verb::Run, Words::jobs_other, Words::ask_own),
];

/// All but what is written out.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.word != OTHER)
}

/// The kind of this word.
pub(crate) fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word && word != OTHER)
}

impl Kind {
    /// What it is called.
    pub(crate) fn title(&self, t: Words) -> &'static str {
        (self.title)(t)
    }

    /// Whether it takes nothing.
    #[cfg(test)]
    pub(super) fn is_bare(&self) -> bool {
        ["status", "processes.list", "services.list", "packages.list"].contains(&self.word)
    }

    /// Whether whoever works on the hosts is interrupted by it.
    pub(crate) fn interrupts(&self) -> bool {
        ["power.reboot", "power.off"].contains(&self.word)
    }

    fn may(&self, actor: &Actor) -> bool {
        let somewhere = |verb| hep_core::rights::may_somewhere(&actor.grants, verb);
        match self.word {
            // A credential belongs to no host, and the host's login is changed.
            "login.push_key" => actor.may(Verb::Secrets) && somewhere(Verb::Change),
            _ => somewhere(self.right),
        }
    }
}

/// All of them.
pub(super) fn everything() -> Vec<&'static Kind> {
    KINDS.iter().collect()
}

/// What this actor may ask for on some host at least.
pub(crate) fn offered(actor: &Actor, place: Place) -> Vec<&'static Kind> {
    let is_here = |kind: &&Kind| match kind.word {
        OTHER => place == Place::Job,
        WAKE => place == Place::Now,
        _ => true,
    };
    KINDS.iter().filter(is_here).filter(|kind| kind.may(actor)).collect()
}

/// The field in which one is chosen.
pub(super) fn field(t: Words, form: &Form, choices: &Choices) -> Field {
    let word = super::chosen(form);
    let mut groups: Vec<(String, Vec<Choice>)> = Vec::new();
    for kind in &choices.kinds {
        let heading = (kind.group)(t);
        if !groups.iter().any(|(name, _)| name == heading) {
            groups.push((heading.to_owned(), Vec::new()));
        }
        let choice = Choice {
            word: kind.word.to_owned(),
            title: kind.title(t).to_owned(),
            hint: "",
            is_chosen: kind.word == word,
        };
        if let Some((_, all)) = groups.iter_mut().find(|(name, _)| name == heading) {
            all.push(choice);
        }
    }
    Field::of("kind", t.new_verb(), Input::Grouped(groups))
}
