//! Imports inventories into the register. A preview is the import itself, undone at its end, so that it cannot
//! say anything else than what would happen.

use std::collections::{BTreeMap, BTreeSet};

use hep_core::inventory::Inventory;
use hep_core::message::{Message, import as say, register as words};
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_core::vault::Keys;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use super::{Engine, credential, group, host, secret_text};
use crate::credential::{self as part, Held, Shown};
use crate::import::{self, Text, Wanted, WantedGroup, WantedHost};
use crate::store::credentials::{self, Kind};
use crate::store::groups::{self, GroupInput};
use crate::store::host_sets::{self, Change};
use crate::store::hosts::{Host, HostInput, References};
use crate::store::{Tx, register};

/// What is to be imported.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportInput {
    /// The inventory: files of any format but executables, with `group_vars/` and `host_vars/`.
    pub files: Vec<ImportFile>,
    /// The private keys that it names, under the names that it has for them.
    #[serde(default)]
    pub keys: Vec<ImportFile>,
    /// The partition of hosts that are new.
    #[serde(default)]
    pub partition: Option<String>,
    /// Passwords for what Ansible Vault encrypted in it, by their ids: `default` where none is said. They are not kept.
    #[serde(default, deserialize_with = "secret_text::read_all")]
    #[schema(value_type = BTreeMap<String, String>, write_only)]
    pub vault_passwords: BTreeMap<String, Secret<String>>,
}

/// A file.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFile {
    /// Its name, with its folders where they matter: `hosts.ini`, `group_vars/web.yml`.
    pub name: String,
    /// Its text.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, write_only)]
    pub text: Secret<String>,
}

fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    let text = part::secret(from)?;
    text.ok_or_else(|| serde::de::Error::custom("expected a text"))
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Whether it was done.
    pub applied: bool,
    /// The hosts of the inventory.
    pub hosts: Vec<Line>,
    /// Its groups.
    pub groups: Vec<Line>,
    /// The credentials that are made of its passwords and keys.
    pub credentials: Vec<Line>,
    /// The private keys that the inventory names and that were not given: what logs in by them stays as it is.
    pub missing_keys: Vec<String>,
    /// What is left out, and why.
    pub remarks: Vec<String>,
}

/// What happens to one thing.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What happens.
    pub what: What,
    /// The fields that change.
    pub fields: Vec<Field>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is made.
    Created,
    /// Fields of it change.
    Changed,
    /// Nothing.
    Unchanged,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it was.
    pub before: Value,
    /// What it is then.
    pub after: Value,
}

/// Imports the texts of an inventory; with `dry` nothing is done, and only told.
pub async fn texts(
    engine: &Engine,
    actor: &Actor,
    said: &ImportInput,
    dry: bool,
) -> OpResult<Imported> {
    actor.must(Verb::Change, "the register")?;
    if said.files.is_empty() {
        return Err(OpError::invalid("files", say::nothing()));
    }
    let texts: Vec<Text<'_>> =
        said.files.iter().map(|file| Text { name: &file.name, text: &file.text }).collect();
    let mut vault = Keys::default();
    said.vault_passwords.iter().for_each(|(id, password)| vault.add(id, password));
    let inventory =
        import::read(&texts, &vault).map_err(|message| OpError::invalid("files", message))?;
    let keys = said.keys.iter().map(|file| (file.name.clone(), part::tidy(&file.text))).collect();
    inventory_with(engine, actor, &inventory, keys, said.partition.as_deref(), dry).await
}

/// Imports an inventory that has been read. `keys` are the texts of the private keys that it names.
pub async fn inventory_with(
    engine: &Engine,
    actor: &Actor,
    inventory: &Inventory,
    keys: BTreeMap<String, Secret<String>>,
    partition: Option<&str>,
    dry: bool,
) -> OpResult<Imported> {
    actor.must(Verb::Change, "the register")?;
    let mut wanted = import::wanted(inventory);
    let keys = usable(keys, &mut wanted.remarks).await?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let mut work = Work {
        engine,
        actor,
        tx: &tx,
        keys,
        partition,
        before: BTreeMap::new(),
        known: host::Known::default(),
        new: Vec::new(),
        changes: Vec::new(),
        held: BTreeMap::new(),
        made: Vec::new(),
        done: Imported::default(),
    };
    work.all(&mut wanted).await?;
    let mut done = work.done;
    done.remarks = wanted.remarks.iter().map(ToString::to_string).collect();
    if !dry {
        let detail = json!({"hosts": done.hosts.len(), "groups": done.groups.len()});
        let object = Object { kind: "register", id: None, name: "register" };
        actor.did(&tx, "register.import", object, "done", Some(detail)).await?;
        tx.commit().await?;
        register::changed(engine.db(), done.hosts.len()).await;
        done.applied = true;
    }
    Ok(done)
}

/// A key that can be used.
struct Key {
    text: Secret<String>,
    shown: Shown,
}

/// The keys that can be used; remarks on the others.
async fn usable(
    keys: BTreeMap<String, Secret<String>>,
    remarks: &mut Vec<Message>,
) -> OpResult<BTreeMap<String, Key>> {
    let looked = tokio::task::spawn_blocking(move || {
        let look =
            |(path, text)| (path, part::inspect(&text, None).map(|shown| Key { text, shown }));
        keys.into_iter().map(look).collect::<Vec<_>>()
    });
    let mut found = BTreeMap::new();
    for (path, key) in looked.await.map_err(|error| OpError::Internal(error.to_string()))? {
        match key {
            Ok(key) => drop(found.insert(path, key)),
            Err(why) => remarks.push(say::key_unusable(path, why)),
        }
    }
    Ok(found)
}

/// An import in its transaction.
struct Work<'a> {
    engine: &'a Engine,
    actor: &'a Actor,
    tx: &'a Tx,
    keys: BTreeMap<String, Key>,
    partition: Option<&'a str>,
    /// The hosts of the inventory that were in the register, by name.
    before: BTreeMap<String, Host>,
    known: host::Known,
    /// The hosts that are made.
    new: Vec<(HostInput, References)>,
    /// Those that are changed.
    changes: Vec<Change>,
    /// What credentials of the register hold that hosts had, by name.
    held: BTreeMap<String, Held>,
    /// The credentials made so far, and what they hold.
    made: Vec<(String, Held)>,
    done: Imported,
}

impl Work<'_> {
    async fn all(&mut self, wanted: &mut Wanted) -> OpResult<()> {
        let names: Vec<&str> = wanted.hosts.iter().map(|host| host.name.as_str()).collect();
        self.before = host_sets::by_names(self.tx, &names).await?;
        for host in &wanted.hosts {
            self.host(host, &mut wanted.remarks).await?;
        }
        host_sets::insert(self.tx, &self.new, &self.actor.name).await?;
        host_sets::update(self.tx, &self.changes, &self.actor.name).await?;
        // All of them first: a group may be within one that stands before it.
        for group in &wanted.groups {
            if groups::find(self.tx, &group.name).await?.is_none() {
                groups::insert(self.tx, &empty(&group.name), &self.actor.name).await?;
                self.done.groups.push(line(&group.name, What::Created, Vec::new()));
            }
        }
        for group in &wanted.groups {
            self.group(group).await?;
        }
        Ok(())
    }

    async fn host(&mut self, wanted: &WantedHost, remarks: &mut Vec<Message>) -> OpResult<()> {
        let before = self.before.remove(&wanted.name);
        let mut said = match &before {
            Some(before) => before.said.clone(),
            None => HostInput::named(&wanted.name),
        };
        if let (None, Some(partition)) = (&before, self.partition) {
            partition.clone_into(&mut said.partition);
        }
        said.address.clone_from(&wanted.address);
        said.port = wanted.port.unwrap_or(said.port);
        said.user = wanted.user.clone().or(said.user);
        said.jump = wanted.jump.clone().or(said.jump);
        said.legacy_algorithms |= wanted.legacy_algorithms;
        said.vars.extend(wanted.vars.clone());
        self.login(wanted, &mut said, remarks).await?;
        let refused = |error| match error {
            OpError::Invalid { message, .. } => OpError::Invalid {
                field: Some("files"),
                message: say::host_left(&wanted.name, message),
            },
            other => other,
        };
        host::complete(&mut said).map_err(refused)?;
        let what = match &before {
            None => What::Created,
            Some(before) if before.said == said => What::Unchanged,
            Some(_) => What::Changed,
        };
        let fields = changed(before.as_ref().map(|before| &before.said), &said)?;
        self.done.hosts.push(line(&wanted.name, what, fields));
        let had = before.as_ref().map(|before| &before.said);
        let known = &mut self.known;
        let refers = host::references_by(known, self.tx, self.actor, had, &said).await?;
        match before {
            Some(_) if what == What::Unchanged => {}
            Some(Host { id, version, .. }) => {
                self.changes.push(Change { id, version, said, refers });
            }
            None => self.new.push((said, refers)),
        }
        Ok(())
    }

    /// Passwords and keys of an inventory become credentials.
    async fn login(
        &mut self,
        wanted: &WantedHost,
        said: &mut HostInput,
        remarks: &mut Vec<Message>,
    ) -> OpResult<()> {
        let key = wanted.key.as_ref().and_then(|path| self.keys.get(path));
        if let (Some(path), None) = (&wanted.key, key) {
            remarks.push(say::key_left(&wanted.name, path));
            if !self.done.missing_keys.contains(path) {
                self.done.missing_keys.push(path.clone());
            }
        }
        let shown = key.map(|key| key.shown.clone());
        let held = Held {
            private_key: key.map(|key| key.text.clone()),
            passphrase: None,
            password: if key.is_none() { wanted.password.clone() } else { None },
            // Who logs in by key is asked for the password by sudo.
            become_password: wanted
                .become_password
                .clone()
                .or_else(|| key.and_then(|_| wanted.password.clone())),
        };
        let kind = match (&held.private_key, &held.password, &held.become_password) {
            (Some(_), ..) => Kind::Key,
            (None, Some(_), _) => Kind::Password,
            (None, None, Some(_)) => Kind::Agent,
            (None, None, None) => return Ok(()),
        };
        let place =
            if kind == Kind::Agent { &mut said.become_credential } else { &mut said.credential };
        *place = Some(self.credential(&wanted.name, place.as_deref(), kind, held, shown).await?);
        Ok(())
    }

    /// The name of a credential that holds this: the host's own, one that was made before, or a new one.
    async fn credential(
        &mut self,
        host: &str,
        before: Option<&str>,
        kind: Kind,
        held: Held,
        shown: Option<Shown>,
    ) -> OpResult<String> {
        self.actor.must(Verb::Secrets, "credentials")?;
        if let Some(before) = before
            && self.held_by(before).await? == Some(&held)
        {
            return Ok(before.to_owned());
        }
        if let Some((name, _)) = self.made.iter().find(|(_, other)| *other == held) {
            return Ok(name.clone());
        }
        let mut name = format!("import-{host}");
        let mut number = 1;
        while credentials::id_of(self.tx, &name).await?.is_some() {
            number += 1;
            name = format!("import-{host}-{number}");
        }
        let by = (self.tx, self.actor);
        credential::insert(self.engine, by, (&name, kind), &held, shown).await?;
        self.done.credentials.push(line(&name, What::Created, Vec::new()));
        self.made.push((name.clone(), held));
        Ok(name)
    }

    /// What a credential of this name holds. Many hosts may have it, and it is opened once.
    async fn held_by(&mut self, name: &str) -> OpResult<Option<&Held>> {
        if !self.held.contains_key(name) {
            let Some(found) = credentials::find(self.tx, name).await? else { return Ok(None) };
            let held = credential::held_in(self.engine, self.tx, &found).await?;
            self.held.insert(name.to_owned(), held);
        }
        Ok(self.held.get(name))
    }

    /// Adds to a group what the inventory says. What it does not say stays.
    async fn group(&mut self, wanted: &WantedGroup) -> OpResult<()> {
        let before = groups::find(self.tx, &wanted.name).await?;
        let before = before.ok_or_else(|| OpError::not_found("group", &wanted.name))?;
        let mut said = before.said.clone();
        said.vars.extend(wanted.vars.clone());
        said.children.extend(wanted.children.clone());
        said.children.sort();
        said.children.dedup();
        group::check(&said)?;
        let mut fields = changed_group(&before.said, &said);
        let added = self.members(&before.id, &wanted.hosts).await?;
        if !added.is_empty() {
            fields.push(Field { name: "hosts".into(), before: Value::Null, after: json!(added) });
        }
        let is_new = self.done.groups.iter_mut().find(|line| line.name == wanted.name);
        let what = if fields.is_empty() { What::Unchanged } else { What::Changed };
        if !fields.is_empty() {
            let by = &self.actor.name;
            groups::update(self.tx, &before.id, before.version, &said, by).await?;
            group::set_parts(self.tx, &before.id, &said).await?;
        }
        match is_new {
            Some(line) => line.fields = fields,
            None => self.done.groups.push(line(&wanted.name, what, fields)),
        }
        Ok(())
    }
}

impl Work<'_> {
    /// Puts hosts into a group; the names of those that were not in it, in their order.
    async fn members<'n>(&self, group: &str, names: &'n [String]) -> OpResult<Vec<&'n String>> {
        let ids = host_sets::ids_of(self.tx, names).await?;
        if let Some(name) = names.iter().find(|name| !ids.contains_key(*name)) {
            return Err(OpError::invalid("files", words::not_found("host", name)));
        }
        let members: Vec<&str> = ids.values().map(String::as_str).collect();
        let added = host_sets::into_group(self.tx, group, &members).await?;
        let mut added: BTreeSet<String> = added.into_iter().collect();
        Ok(names.iter().filter(|&name| ids.get(name).is_some_and(|id| added.remove(id))).collect())
    }
}

fn empty(name: &str) -> GroupInput {
    GroupInput {
        name: name.to_owned(),
        description: String::new(),
        vars: serde_json::Map::new(),
        children: Vec::new(),
        hosts: None,
    }
}

fn line(name: &str, what: What, fields: Vec<Field>) -> Line {
    Line { name: name.to_owned(), what, fields }
}

/// The fields in which two hosts differ; of a new one, those in which it differs from a host of which nothing
/// is said.
pub(super) fn changed(before: Option<&HostInput>, after: &HostInput) -> OpResult<Vec<Field>> {
    let nothing = HostInput::named(&after.name);
    let value = |said: &HostInput| {
        serde_json::to_value(said).map_err(|error| OpError::Internal(error.to_string()))
    };
    let (before, after) = (value(before.unwrap_or(&nothing))?, value(after)?);
    Ok(differing(&before, &after))
}

fn changed_group(before: &GroupInput, after: &GroupInput) -> Vec<Field> {
    let value = |said: &GroupInput| json!({"vars": said.vars, "children": said.children});
    differing(&value(before), &value(after))
}

pub(super) fn differing(before: &Value, after: &Value) -> Vec<Field> {
    let fields = after.as_object().into_iter().flatten();
    let differs = |(name, after): (&String, &Value)| {
        let before = before.get(name).cloned().unwrap_or_default();
        (before != *after).then(|| Field { name: name.clone(), before, after: after.clone() })
    };
    fields.filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::super::page::Paging;
    use super::super::testing::on_both;
    use super::*;
    use crate::store::host_list::Filter;

    fn input(files: &[(&str, &str)], keys: &[(&str, &str)]) -> ImportInput {
        let files_of = |list: &[(&str, &str)]| -> Vec<ImportFile> {
            let file = |(name, text): &(&str, &str)| ImportFile {
                name: (*name).to_owned(),
                text: Secret::new((*text).to_owned()),
            };
            list.iter().map(file).collect()
        };
        let vault_passwords = BTreeMap::new();
        ImportInput {
            files: files_of(files),
            keys: files_of(keys),
            partition: None,
            vault_passwords,
        }
    }

    /// `canary-vaulted`, a value of YAML that is encrypted.
    const SEALED: &str = "!vault |\n          $ANSIBLE_VAULT;1.1;AES256
          30303031303230333034303530363037303830393061306230633064306530663130313131323133
          3134313531363137313831393161316231633164316531660a346565666461346265646339386162
          30653836373639396337376562303231656264373032366134313730363166376564373761346230
          6530623361346266390a306166363266646265363233366333636131656633633837653466333634
          63643239633066353761613366663163306365373334333033626565656337333863\n";

    #[tokio::test]
    async fn what_vault_encrypted_becomes_a_sealed_credential() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let vars = format!("ansible_password: {SEALED}token: {SEALED}");
            let mut said = input(&[("hosts", "[web]\nweb1\n"), ("group_vars/web.yml", &vars)], &[]);
            for (password, id) in
                [(None, "import.no_vault"), (Some("wrong"), "manifest.vault_password")]
            {
                let keys = password.map(|text: &str| ("default".into(), Secret::new(text.into())));
                said.vault_passwords = keys.into_iter().collect();
                let refused = texts(&engine, &me, &said, false).await;
                let Err(OpError::Invalid { message, .. }) = refused else { panic!("{refused:?}") };
                let why =
                    if id == "import.no_vault" { "its password is not here" } else { "password" };
                assert!(message.to_string().contains(why), "{id}: {message}");
                assert!(!message.to_string().contains("canary"), "{message}");
            }
            let key = Secret::new("canary-vaultkey-51c8".to_owned());
            said.vault_passwords = BTreeMap::from([("default".to_owned(), key)]);
            let done = texts(&engine, &me, &said, false).await.unwrap();
            assert_eq!(whats(&done.credentials), "import-web1 Created");
            assert!(done.remarks[0].contains("`token` of `web` is left out"), "{:?}", done.remarks);
            let made = credentials::find(engine.db(), "import-web1").await.unwrap().unwrap();
            let held = credential::held(&engine, &made).await.unwrap();
            assert_eq!(held.password.unwrap().expose(), "canary-vaulted-93ae");
            let group = groups::find(engine.db(), "web").await.unwrap().unwrap();
            assert!(!serde_json::to_string(&group).unwrap().contains("canary"), "{group:?}");
        })
        .await;
    }

    fn whats(lines: &[Line]) -> String {
        let word = |line: &Line| format!("{} {:?}", line.name, line.what);
        lines.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    const INI: &str = "[web]\nweb[1:2]\n[web:vars]\nansible_user=ops\nansible_password=canary\nport=80\n\
        [db]\ndb1 ansible_host=192.0.2.9 ansible_ssh_private_key_file=~/.ssh/db\n[eu:children]\nweb\ndb\n";

    #[tokio::test]
    async fn a_preview_is_what_happens_and_a_second_import_changes_nothing() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let key = part::generate("db").unwrap();
            let said = input(&[("hosts", INI)], &[("~/.ssh/db", key.expose())]);
            let preview = texts(&engine, &me, &said, true).await.unwrap();
            let list = host::list(&engine, &me, Filter::default(), None, &Paging::default()).await;
            assert!(list.unwrap().items.is_empty());
            let done = texts(&engine, &me, &said, false).await.unwrap();
            assert_eq!(Imported { applied: true, ..preview }, done);
            assert_eq!(whats(&done.hosts), "web1 Created, web2 Created, db1 Created");
            assert_eq!(whats(&done.groups), "web Created, db Created, eu Created");
            assert_eq!(whats(&done.credentials), "import-web1 Created, import-db1 Created");
            let told = serde_json::to_string(&done).unwrap();
            assert!(!told.contains("canary") && !told.contains("PRIVATE KEY"), "{told}");
            let web2 = host::show(&engine, &me, "web2").await.unwrap();
            assert_eq!(web2.said.credential.as_deref(), Some("import-web1"));
            assert_eq!((web2.said.user.as_deref(), web2.groups), (Some("ops"), vec!["web".into()]));
            let again = texts(&engine, &me, &said, false).await.unwrap();
            assert_eq!(whats(&again.hosts), "web1 Unchanged, web2 Unchanged, db1 Unchanged");
            assert_eq!(whats(&again.groups), "web Unchanged, db Unchanged, eu Unchanged");
            assert!(again.credentials.is_empty() && again.remarks.is_empty(), "{again:?}");
            let names = engine.registered().await.unwrap().select("@eu").unwrap();
            assert_eq!(names, ["db1", "web1", "web2"].map(Into::into));
        })
        .await;
    }

    #[tokio::test]
    async fn what_the_inventory_does_not_say_stays() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let labels = [("env".to_owned(), "prod".to_owned())].into();
            let host = HostInput { labels, notes: "n".into(), port: 2222, ..HostInput::named("a") };
            host::create(&engine, &me, host).await.unwrap();
            let said = input(&[("hosts", "a ansible_host=x rack=1\n")], &[]);
            let done = texts(&engine, &me, &said, false).await.unwrap();
            let fields: Vec<_> =
                done.hosts[0].fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!((fields, done.hosts[0].what), (vec!["address", "vars"], What::Changed));
            let said = host::show(&engine, &me, "a").await.unwrap().said;
            assert_eq!((said.notes.as_str(), said.port, said.labels.len()), ("n", 2222, 1));
            assert_eq!((said.address.as_str(), &said.vars["rack"]), ("x", &json!(1)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_group_is_told_who_comes_into_it() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let before = input(&[("hosts", "[web]\nb\n")], &[]);
            texts(&engine, &me, &before, false).await.unwrap();
            let said = input(&[("hosts", "[web]\nc\nb port=1\na\n")], &[]);
            let done = texts(&engine, &me, &said, false).await.unwrap();
            assert_eq!(whats(&done.hosts), "c Created, b Changed, a Created");
            let fields =
                [Field { name: "hosts".into(), before: Value::Null, after: json!(["c", "a"]) }];
            assert_eq!(done.groups[0].fields, fields);
            assert_eq!(groups::find(engine.db(), "web").await.unwrap().unwrap().host_count, 3);
        })
        .await;
    }

    #[tokio::test]
    async fn passwords_need_the_right_to_secrets() {
        on_both(|engine| async move {
            let mut me = Actor::command_line("test");
            me.grants[0].verbs = [Verb::View, Verb::Change].into();
            let said = input(&[("hosts", "a ansible_password=canary\n")], &[]);
            let refused = texts(&engine, &me, &said, true).await;
            assert!(matches!(refused, Err(OpError::Denied(_))), "{refused:?}");
            let said = input(&[("hosts", "a\n")], &[]);
            assert!(texts(&engine, &me, &said, true).await.is_ok());
            let said = ImportInput { partition: Some("none".into()), ..said };
            assert!(matches!(texts(&engine, &me, &said, true).await, Err(OpError::Invalid { .. })));
        })
        .await;
    }
}
