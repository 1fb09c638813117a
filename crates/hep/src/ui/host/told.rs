//! What is told of a host, as fields of a form, and back.

use std::collections::BTreeMap;

use hep_core::message::register as say;
use hep_core::rights::Verb;
use hep_core::size;
use hep_engine::ops::group::{self, Membership};
use hep_engine::ops::{Engine, OpResult, credential, partition};
use hep_engine::store::hosts::HostInput;

use crate::ui::form::Form;
use crate::ui::kept::field::Field;
use crate::ui::kept::reader::{Reader, Wrong, pairs_written};
use crate::ui::kept::{everything, variables};
use crate::ui::visit::Visit;
use crate::ui::words::Words;

/// What a host can be built for; an older word for one of them is not offered any more.
const FAMILIES: [&str; 4] =
    ["GeneralPurpose", "ComputeOptimized", "MemoryOptimized", "StorageOptimized"];

/// The hidden field with the groups that a form was made with.
const GROUPS_BEFORE: &str = "groups_before";

/// What can be chosen on the form.
pub(super) struct Choices {
    partitions: Vec<String>,
    /// Those that can be given; nothing where the visitor may not.
    credentials: Option<Vec<String>>,
    /// The groups, where the visitor may change them.
    groups: Option<Vec<String>>,
}

impl Choices {
    /// What this visitor can choose.
    pub(super) async fn of(engine: &Engine, visit: &Visit) -> OpResult<Self> {
        let (all, actor) = (everything(), &visit.actor);
        let mut choices = Self { partitions: Vec::new(), credentials: None, groups: None };
        if actor.may(Verb::View) {
            let found = partition::list(engine, actor, &all).await?.items;
            choices.partitions = found.into_iter().map(|one| one.said.name).collect();
        }
        if actor.may(Verb::Secrets) {
            let found = credential::list(engine, actor, &all).await?.items;
            choices.credentials = Some(found.into_iter().map(|one| one.name).collect());
        }
        if actor.may(Verb::View) && actor.may(Verb::Change) {
            let found = group::list(engine, actor, &all).await?.items;
            choices.groups = Some(found.into_iter().map(|one| one.said.name).collect());
        }
        Ok(choices)
    }
}

/// What stands in the form at first.
pub(super) fn filled(said: &HostInput, groups: &[String]) -> Form {
    let yes = |is_on: bool| if is_on { "yes".to_owned() } else { String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let bytes = |bytes: Option<i64>| {
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        bytes.map(size::written).unwrap_or_default()
    };
    let own = [
        ("name", said.name.clone()),
        ("address", said.address.clone()),
        ("port", said.port.to_string()),
        ("user", text(&said.user)),
        ("login", "none".to_owned()),
        ("credential", text(&said.credential)),
        ("become_credential", text(&said.become_credential)),
        ("partition", said.partition.clone()),
        ("labels", pairs_written(&said.labels)),
        ("notes", said.notes.clone()),
        ("os", said.os.clone()),
        ("family", text(&said.family)),
        ("cpus", said.cpus.map(|many| many.to_string()).unwrap_or_default()),
        ("memory_bytes", bytes(said.memory_bytes)),
        ("disk_bytes", bytes(said.disk_bytes)),
        ("drivers", said.drivers.join(" ")),
        ("local_ipv4", text(&said.local_ipv4)),
        ("local_ipv6", text(&said.local_ipv6)),
        ("public_ipv4", text(&said.public_ipv4)),
        ("public_ipv6", text(&said.public_ipv6)),
        ("mac", text(&said.mac)),
        ("jump", text(&said.jump)),
        ("zone", text(&said.zone)),
        ("vars", variables::written(&said.vars)),
        ("enabled", yes(said.enabled)),
        ("legacy_algorithms", yes(said.legacy_algorithms)),
    ];
    let groups = groups.iter().flat_map(|name| [("groups", name), (GROUPS_BEFORE, name)]);
    let groups = groups.map(|(field, name)| (field, name.clone()));
    Form::of(own.into_iter().chain(groups))
}

/// What goes on unseen with the form.
pub(super) fn unseen(form: &Form) -> Vec<(&'static str, String)> {
    form.all(GROUPS_BEFORE).into_iter().map(|name| (GROUPS_BEFORE, name)).collect()
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form, choices: &Choices, is_new: bool) -> Vec<Field> {
    let mut fields = vec![
        Field::line(form, "name", t.host_name())
            .code()
            .required()
            .example("web1")
            .hint(t.host_name_hint()),
        Field::line(form, "address", t.hosts_column_address())
            .code()
            .example("192.0.2.7")
            .hint(t.host_address_hint()),
        Field::of_type(form, "port", t.host_port(), "number"),
    ];
    fields.extend(login_fields(t, form, choices, is_new));
    fields.extend(place_fields(t, form, choices));
    fields.extend(size_fields(t, form));
    fields.extend(address_fields(t, form));
    fields.extend(further_fields(t, form));
    fields
}

/// How Hephaestus signs in there.
fn login_fields(t: Words, form: &Form, choices: &Choices, is_new: bool) -> Vec<Field> {
    let user = Field::line(form, "user", t.host_user()).code().example("root");
    let user = user.begins(t.host_login(), false);
    let Some(known) = &choices.credentials else {
        return vec![user.hint(t.host_login_not_yours())];
    };
    let mut fields = vec![user];
    if is_new {
        fields.extend(new_login_fields(t, form, !known.is_empty()));
    }
    let none = || std::iter::once((String::new(), t.host_credential_none().to_owned()));
    let all = || none().chain(known.iter().map(|name| (name.clone(), name.clone())));
    let login = Field::one(form, "credential", t.host_credential(), all());
    let sudo = Field::one(form, "become_credential", t.host_become_credential(), all());
    fields.extend([login, sudo].map(|field| match is_new {
        true => field.when("login", "known"),
        false => field,
    }));
    fields
}

/// How it signs in to a new host, by what is typed here.
fn new_login_fields(t: Words, form: &Form, is_known: bool) -> Vec<Field> {
    let mut ways = vec![
        ("none", t.host_login_node()),
        ("password", t.host_login_password()),
        ("key", t.host_login_key()),
    ];
    if is_known {
        ways.push(("known", t.host_login_known()));
    }
    let sudo = Field::secret("become_password", t.host_become_password());
    vec![
        Field::pick(form, "login", t.host_login_how(), ways),
        Field::secret("password", t.password()).when("login", "password"),
        Field::key("private_key", t.host_private_key())
            .example("-----BEGIN OPENSSH PRIVATE KEY-----")
            .when("login", "key"),
        Field::secret("passphrase", t.host_passphrase()).when("login", "key"),
        sudo.hint(t.host_become_hint()).when("login", "password key"),
    ]
}

/// Where it belongs.
fn place_fields(t: Words, form: &Form, choices: &Choices) -> Vec<Field> {
    let labels = Field::area(form, "labels", t.hosts_column_labels(), 2).code().example("env=prod");
    let mut fields = vec![labels.hint(t.host_labels_hint()).begins(t.host_belongs(), false)];
    if let Some(known) = &choices.groups {
        let own = form.all("groups");
        let own = own.iter().filter(|name| !known.contains(name));
        let all: Vec<&String> = known.iter().chain(own).collect();
        if !all.is_empty() {
            let all = all.into_iter().map(|name| (name, name));
            fields.push(Field::any(form, "groups", t.groups_title(), all));
        }
    }
    if !choices.partitions.is_empty() {
        let all = choices.partitions.iter().map(|name| (name, name));
        fields.push(Field::one(form, "partition", t.hosts_column_partition(), all));
    }
    fields.push(Field::area(form, "notes", t.host_notes(), 2));
    fields
}

/// What it is.
fn size_fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    let own = form.word("family");
    let own = (!own.is_empty() && !FAMILIES.contains(&&*own)).then_some((own.clone(), own));
    let families = FAMILIES.map(|word| (word.to_owned(), t.family(word).to_owned()));
    let none = (String::new(), t.kept_none().to_owned());
    let families = std::iter::once(none).chain(families).chain(own);
    vec![
        Field::line(form, "os", t.hosts_column_os()).begins(t.host_is(), true),
        Field::one(form, "family", t.host_family(), families).hint(t.host_family_hint()),
        Field::of_type(form, "cpus", t.host_has_cpus(), "number"),
        line("memory_bytes", t.host_has_memory()).hint(t.host_size_hint("2GB", "512MB", "1024")),
        line("disk_bytes", t.host_has_disk()).hint(t.host_size_hint("2TB", "120GB", "1024")),
        line("drivers", t.host_drivers()).hint(t.host_drivers_hint("docker lxc")),
    ]
}

/// Where it is in its networks.
fn address_fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    vec![
        line("local_ipv4", t.host_local_ipv4()).begins(t.host_addresses(), true),
        line("local_ipv6", t.host_local_ipv6()),
        line("public_ipv4", t.host_public_ipv4()),
        line("public_ipv6", t.host_public_ipv6()),
        line("mac", t.host_mac()).hint(t.host_mac_hint("52:54:00:12:34:56")),
    ]
}

/// What few hosts need.
fn further_fields(t: Words, form: &Form) -> Vec<Field> {
    let line = |name, label| Field::line(form, name, label).code();
    vec![
        line("jump", t.host_jump()).hint(t.host_jump_hint()).begins(t.host_further(), true),
        line("zone", t.host_zone()).hint(t.host_zone_hint()),
        Field::area(form, "vars", t.kept_vars(), 4).code().hint(t.kept_vars_hint("http_port: 80")),
        Field::tick(form, "enabled", t.host_enabled()),
        Field::tick(form, "legacy_algorithms", t.host_legacy()),
    ]
}

/// What was typed; what the form does not have stays.
pub(super) fn read(form: &Form, before: &HostInput) -> Result<HostInput, Vec<Wrong>> {
    // Who types a password, or wants none, chooses no credential; nor does who may not.
    let chooses = !["none", "password", "key"].contains(&form.word("login").as_str());
    let chosen = |name: &str, before: &Option<String>| match chooses && form.has(name) {
        true => form.optional(name),
        false => before.clone(),
    };
    let reader = Reader::of(form);
    let said = HostInput {
        name: reader.required("name"),
        address: form.word("address"),
        port: reader.parsed("port", port).unwrap_or(22),
        user: form.optional("user"),
        partition: form.optional("partition").unwrap_or_else(|| before.partition.clone()),
        credential: chosen("credential", &before.credential),
        become_credential: chosen("become_credential", &before.become_credential),
        jump: form.optional("jump"),
        zone: form.optional("zone"),
        family: form.optional("family"),
        os: form.word("os"),
        drivers: reader.words("drivers"),
        memory_bytes: reader.bytes("memory_bytes"),
        cpus: reader.number("cpus"),
        disk_bytes: reader.bytes("disk_bytes"),
        local_ipv4: form.optional("local_ipv4"),
        local_ipv6: form.optional("local_ipv6"),
        public_ipv4: form.optional("public_ipv4"),
        public_ipv6: form.optional("public_ipv6"),
        mac: form.optional("mac"),
        labels: reader.taken("labels", labels(&form.text("labels"))),
        vars: reader.variables("vars"),
        legacy_algorithms: form.is_on("legacy_algorithms"),
        enabled: form.is_on("enabled"),
        maintenance_until_ms: before.maintenance_until_ms,
        notes: form.text("notes"),
    };
    reader.finish(said)
}

fn port(word: &str) -> Result<u16, hep_core::message::Message> {
    word.parse().map_err(|_| say::bad_port(word))
}

/// Into which groups a host goes, and out of which, against those that the form was made with: what others do to its
/// groups meanwhile stays.
pub(super) fn moves(form: &Form) -> Option<Membership> {
    let (now, before) = (form.all("groups"), form.all(GROUPS_BEFORE));
    let without = |all: &[String], others: &[String]| -> Vec<String> {
        all.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let moves = Membership { add: without(&now, &before), remove: without(&before, &now) };
    (!moves.add.is_empty() || !moves.remove.is_empty()).then_some(moves)
}

/// Labels, one a line.
fn labels(text: &str) -> OpResult<BTreeMap<String, String>> {
    let lines = text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| match line.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => Err(hep_engine::ops::OpError::invalid("labels", say::bad_label(line, ""))),
    };
    lines.map(pair).collect()
}

impl Words {
    /// What a host of this family is built for.
    fn family(self, word: &str) -> &'static str {
        match word {
            "ComputeOptimized" => self.host_family_compute(),
            "MemoryOptimized" => self.host_family_memory(),
            "StorageOptimized" => self.host_family_storage(),
            _ => self.host_family_general(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        let read = labels("a=1\n b = x y \n\nc=,d=4").unwrap();
        assert_eq!(pairs_written(&read), "a=1\nb=x y\nc=\nd=4");
        assert!(labels("nothing").is_err());
    }

    #[test]
    fn a_host_goes_through_its_form_and_comes_back() {
        for said in [
            json!({"name": "web1"}),
            json!({"name": "web1", "address": "192.0.2.7", "port": 2222, "user": "ana",
                "partition": "eu", "credential": "k", "become_credential": "s", "jump": "gate,ana@x:22",
                "zone": "a", "family": "HighPerformance", "os": "Debian 12", "drivers": ["docker", "lxc"],
                "memory_bytes": "2GB", "cpus": 4, "disk_bytes": 2_000_000_001, "local_ipv4": "10.0.0.1",
                "local_ipv6": "fd00::1", "public_ipv4": "192.0.2.9", "public_ipv6": "2001:db8::1",
                "mac": "52:54:00:12:34:56", "labels": {"env": "prod", "empty": ""},
                "vars": {"port": 80, "list": [1, "1"], "text": "a\nb\n"}, "legacy_algorithms": true,
                "enabled": false, "maintenance_until_ms": 5, "notes": "two\nlines"}),
        ] {
            let said: HostInput = serde_json::from_value(said).unwrap();
            let form = filled(&said, &["a".to_owned()]);
            assert_eq!(read(&form.over(&Form::of([("login", "known")])), &said).unwrap(), said);
            assert!(moves(&form).is_none());
            // Who may not give credentials has no fields for them.
            let other = HostInput { credential: None, become_credential: None, ..said.clone() };
            let bare = filled(&other, &[]).without(&["login", "credential", "become_credential"]);
            assert_eq!(read(&bare, &said).unwrap(), said);
        }
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let form = Form::of([
            ("name", ""),
            ("port", "70000"),
            ("cpus", "two"),
            ("memory_bytes", "2XB"),
            ("labels", "x"),
            ("vars", "- a"),
        ]);
        let wrong = read(&form, &HostInput::named("")).unwrap_err();
        let at: Vec<&str> = wrong.iter().map(|wrong| wrong.field).collect();
        assert_eq!(at, ["name", "port", "memory_bytes", "cpus", "labels", "vars"]);
    }

    #[test]
    fn groups_are_moved_by_what_the_form_changed() {
        let form = Form::parse(b"groups=b&groups=c&groups_before=a&groups_before=b");
        let moves = moves(&form).unwrap();
        assert_eq!((moves.add, moves.remove), (vec!["c".to_owned()], vec!["a".to_owned()]));
    }
}
