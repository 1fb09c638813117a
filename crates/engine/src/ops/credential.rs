//! Credentials: how hosts are logged in to. Their secrets go in and never come out.

use hep_core::message::{Message, credential as say, seal};
use hep_core::name;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use serde::{Deserialize, Deserializer};

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, uses};
use crate::credential::{self as part, Held, Shown};
use crate::seal::Place;
use crate::store::credentials::{self, Credential, Kind, Written};
use crate::store::{Sql, Tx, new_id, register};

const KIND: &str = "credential";
/// What the right to them is refused for.
const WHAT: &str = "credentials";
/// Hosts that a refusal to delete names.
const NAMED: u32 = 5;

impl<'a> From<&'a Credential> for Object<'a> {
    fn from(credential: &'a Credential) -> Self {
        Self { kind: KIND, id: Some(&credential.id), name: &credential.name }
    }
}

/// What people say about a credential. Secrets that are not said stay as they are, for nobody can say them
/// again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialInput {
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// The login, for hosts that have none of their own.
    #[serde(default)]
    pub user: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The certificate, as a `-cert.pub` file has it.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Make a new ed25519 key pair.
    #[serde(default)]
    pub generate: bool,
    /// A private key, as its file has it.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub private_key: Option<Secret<String>>,
    /// What the private key is encrypted with.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub passphrase: Option<Secret<String>>,
    /// The password of the login.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Secret<String>>,
    /// The password for sudo.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub become_password: Option<Secret<String>>,
}

/// What is to change of a credential (JSON Merge Patch): what is missing stays, what is `null` goes.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialPatch {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// What kind it is.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// The login.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub user: Option<Option<String>>,
    /// What it is for.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The certificate.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub certificate: Option<Option<String>>,
    /// Make a new ed25519 key pair.
    #[serde(default)]
    pub generate: bool,
    /// A private key.
    #[serde(default, deserialize_with = "said_secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub private_key: Option<Option<Secret<String>>>,
    /// What the private key is encrypted with.
    #[serde(default, deserialize_with = "said_secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub passphrase: Option<Option<Secret<String>>>,
    /// The password of the login.
    #[serde(default, deserialize_with = "said_secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Option<Secret<String>>>,
    /// The password for sudo.
    #[serde(default, deserialize_with = "said_secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub become_password: Option<Option<Secret<String>>>,
}

#[expect(clippy::option_option, reason = "missing and null differ in a merge patch")]
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

#[expect(clippy::option_option, reason = "missing and null differ in a merge patch")]
fn said_secret<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<Secret<String>>>, D::Error> {
    part::secret(from).map(Some)
}

/// A credential as it is to be.
struct Wish {
    name: String,
    kind: Kind,
    user: Option<String>,
    description: String,
    certificate: Option<String>,
    generate: bool,
    /// Whether a key was said, rather than kept.
    new_key: bool,
    held: Held,
}

impl Wish {
    /// What was said over the secrets that there are.
    fn from_input(said: CredentialInput, before: Held) -> OpResult<Self> {
        let new_key = said.private_key.is_some();
        if new_key && said.generate {
            return Err(OpError::invalid("private_key", say::generate_or_give()));
        }
        let key = said.private_key.map(|key| part::tidy(&key));
        // The passphrase belongs to the key, and goes with it.
        let kept = if new_key || said.generate { None } else { before.passphrase };
        Ok(Self {
            name: said.name,
            kind: said.kind,
            user: said.user,
            description: said.description,
            certificate: said.certificate,
            generate: said.generate,
            new_key: new_key || said.passphrase.is_some(),
            held: Held {
                private_key: key.or(before.private_key),
                passphrase: said.passphrase.or(kept),
                password: said.password.or(before.password),
                become_password: said.become_password.or(before.become_password),
            },
        })
    }

    fn from_patch(said: CredentialPatch, before: &Credential, mut held: Held) -> OpResult<Self> {
        let kind = said.kind.unwrap_or(before.kind);
        for (part, gone) in [
            (&mut held.passphrase, matches!(said.passphrase, Some(None))),
            (&mut held.password, matches!(said.password, Some(None))),
            (&mut held.become_password, matches!(said.become_password, Some(None))),
            (&mut held.private_key, matches!(said.private_key, Some(None))),
        ] {
            if gone {
                *part = None;
            }
        }
        let input = CredentialInput {
            name: said.name.unwrap_or_else(|| before.name.clone()),
            kind,
            user: said.user.unwrap_or_else(|| before.user.clone()),
            description: said
                .description
                .map_or_else(|| before.description.clone(), Option::unwrap_or_default),
            certificate: said.certificate.unwrap_or_else(|| before.certificate.clone()),
            generate: said.generate,
            private_key: said.private_key.flatten(),
            passphrase: said.passphrase.flatten(),
            password: said.password.flatten(),
            become_password: said.become_password.flatten(),
        };
        Self::from_input(input, held)
    }

    /// Takes away what was kept and does not belong to the kind it is now.
    fn of_kind_now(mut self) -> Self {
        match self.kind {
            Kind::Key | Kind::Certificate => self.held.password = None,
            Kind::Password => (self.held.private_key, self.held.passphrase) = (None, None),
            Kind::Agent => {
                self.held =
                    Held { become_password: self.held.become_password.take(), ..Held::default() };
            }
        }
        if self.kind != Kind::Certificate {
            self.certificate = None;
        }
        self
    }

    /// Refuses what a credential of this kind cannot have, and what it must have and has not.
    fn check(&self) -> OpResult<()> {
        name::check(&self.name).map_err(|message| OpError::invalid("name", message))?;
        if let Some(user) = self.user.as_deref().filter(|user| !is_login(user)) {
            return Err(OpError::invalid("user", say::bad_login(user)));
        }
        let with_key = matches!(self.kind, Kind::Key | Kind::Certificate);
        let has_key = self.held.private_key.is_some() || self.generate;
        let rules = [
            ("private_key", has_key, with_key, with_key),
            ("passphrase", self.held.passphrase.is_some(), false, with_key && !self.generate),
            (
                "password",
                self.held.password.is_some(),
                self.kind == Kind::Password,
                self.kind == Kind::Password,
            ),
            (
                "certificate",
                self.certificate.is_some(),
                self.kind == Kind::Certificate,
                self.kind == Kind::Certificate,
            ),
        ];
        for (field, is_there, must, may) in rules {
            if must && !is_there {
                return Err(OpError::invalid(field, say::needs(self.kind.word(), field)));
            }
            if is_there && !may {
                return Err(OpError::invalid(field, say::not_of_kind(self.kind.word(), field)));
            }
        }
        Ok(())
    }

    /// The public half, after making the pair where one is wished for. Keys that were kept have been looked
    /// at before.
    async fn key(&mut self, before: Option<&Credential>) -> OpResult<Option<Shown>> {
        let fault = |message| OpError::invalid("private_key", message);
        if self.generate {
            let comment = format!("hep {}", self.name);
            self.held.private_key = Some(part::generate(&comment).map_err(fault)?);
            self.held.passphrase = None;
        }
        let Some(key) = self.held.private_key.clone() else { return Ok(None) };
        if let (false, Some(before)) = (self.generate || self.new_key, before)
            && let (Some(public_key), Some(fingerprint)) = (&before.public_key, &before.fingerprint)
        {
            let (public_key, fingerprint) = (public_key.clone(), fingerprint.clone());
            return Ok(Some(Shown { public_key, fingerprint }));
        }
        let passphrase = self.held.passphrase.clone();
        let looked = tokio::task::spawn_blocking(move || part::inspect(&key, passphrase.as_ref()));
        let looked = looked.await.map_err(|error| OpError::Internal(error.to_string()))?;
        looked.map(Some).map_err(|message| match message.id.as_ref() {
            "credential.bad_key" => fault(message),
            _ => OpError::invalid("passphrase", message),
        })
    }

    /// What is to be written, its secrets sealed for the row of this id.
    async fn written(
        mut self,
        engine: &Engine,
        id: &str,
        before: Option<&Credential>,
    ) -> OpResult<Written> {
        let shown = self.key(before).await?;
        if let (Some(certificate), Some(shown)) = (&self.certificate, &shown) {
            let checked = part::check_certificate(certificate, &shown.public_key);
            checked.map_err(|message| OpError::invalid("certificate", message))?;
        }
        let plain = self.held.written();
        let sealed = plain.map(|plain| engine.sealer().seal(place(id), &plain)).transpose()?;
        let (public_key, fingerprint) =
            shown.map(|shown| (shown.public_key, shown.fingerprint)).unzip();
        Ok(Written {
            name: self.name,
            kind: self.kind,
            user: self.user,
            description: self.description,
            public_key,
            fingerprint,
            certificate: self.certificate.map(|text| text.trim().to_owned()),
            holds: self.held.names(),
            sealed,
        })
    }
}

fn is_login(user: &str) -> bool {
    let bad = |c: char| c.is_control() || c.is_whitespace();
    !user.is_empty() && user.len() <= 255 && !user.starts_with('-') && !user.chars().any(bad)
}

/// Where the secrets of a credential lie.
const fn place(id: &str) -> Place<'_> {
    Place { table: "credentials", row: id, field: "sealed" }
}

/// A page of credentials, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Credential>> {
    actor.must(Verb::Secrets, WHAT)?;
    let limit = paging.limit()?;
    let found = credentials::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |credential| &credential.name))
}

/// A credential.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Credential> {
    actor.must(Verb::Secrets, WHAT)?;
    load(engine.db(), name).await
}

/// Makes a credential.
pub async fn create(engine: &Engine, actor: &Actor, said: CredentialInput) -> OpResult<Credential> {
    actor.must(Verb::Secrets, WHAT)?;
    let wish = Wish::from_input(said, Held::default())?;
    wish.check()?;
    let id = new_id();
    let written = wish.written(engine, &id, None).await?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let made = credentials::insert(&tx, &id, &written, &actor.name).await;
    made.map_err(|error| on_write(error, KIND, &written.name))?;
    actor.made(&tx, Object { kind: KIND, id: Some(&id), name: &written.name }).await?;
    let credential = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(credential)
}

/// Changes a credential; with a version only if it still has that one. Secrets that are not said stay.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<CredentialInput, CredentialPatch>,
) -> OpResult<Credential> {
    actor.must(Verb::Secrets, WHAT)?;
    let before = load(engine.db(), name).await?;
    let held = held(engine, &before).await?;
    let mut wish = match edit {
        Edit::Whole(said) => Wish::from_input(said, held)?,
        Edit::Part(said) => Wish::from_patch(said, &before, held)?,
    };
    if wish.kind != before.kind {
        wish = wish.of_kind_now();
    }
    wish.check()?;
    // Keys are looked at before the database has to wait for it; the version tells if somebody was faster.
    let new = wish.written(engine, &before.id, Some(&before)).await?;
    let version = version.unwrap_or(before.version);
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    if new.name != before.name {
        uses::no_job_of_credential(&tx, &before.id, &before.name).await?;
    }
    let done = credentials::update(&tx, &before.id, version, &new, &actor.name).await;
    written(done, KIND, name, &new.name)?;
    actor.did(&tx, "credential.update", Object::from(&before), "done", None).await?;
    let credential = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(credential)
}

/// Removes a credential that no host uses.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    actor.must(Verb::Secrets, WHAT)?;
    let tx = engine.db().begin().await?;
    register::change(&tx).await?;
    let credential = load(&tx, name).await?;
    let users = credentials::users(&tx, &credential.id, NAMED + 1).await?;
    if !users.is_empty() {
        return Err(OpError::Conflict(say::used(name, some_of(&users))));
    }
    uses::no_repository_of_credential(&tx, &credential.name).await?;
    uses::no_job_of_credential(&tx, &credential.id, &credential.name).await?;
    let version = version.unwrap_or(credential.version);
    let gone = credentials::delete(&tx, &credential.id, version).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "credential.delete", Object::from(&credential), "done", None).await?;
    Ok(tx.commit().await?)
}

/// The first names, and whether there are more.
fn some_of(names: &[String]) -> String {
    let most = NAMED as usize;
    let shown = names.iter().take(most).map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let more = if names.len() > most { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Credential> {
    let credential = credentials::find(from, name).await?;
    credential.ok_or_else(|| OpError::not_found(KIND, name))
}

/// Makes a credential of parts that were looked at before, in the transaction of something larger.
pub(super) async fn insert(
    engine: &Engine,
    (tx, actor): (&Tx, &Actor),
    (name, kind): (&str, Kind),
    held: &Held,
    shown: Option<Shown>,
) -> OpResult<()> {
    let id = new_id();
    let plain = held.written();
    let sealed = plain.map(|plain| engine.sealer().seal(place(&id), &plain)).transpose()?;
    let (public_key, fingerprint) =
        shown.map(|shown| (shown.public_key, shown.fingerprint)).unzip();
    let written = Written {
        name: name.to_owned(),
        kind,
        user: None,
        description: String::new(),
        public_key,
        fingerprint,
        certificate: None,
        holds: held.names(),
        sealed,
    };
    let made = credentials::insert(tx, &id, &written, &actor.name).await;
    made.map_err(|error| on_write(error, KIND, name))?;
    let object = Object { kind: KIND, id: Some(&id), name };
    actor.did(tx, "credential.create", object, "done", None).await
}

/// The secrets of a credential. Never for an answer: for a login, or to be sealed again.
pub(crate) async fn held(engine: &Engine, credential: &Credential) -> OpResult<Held> {
    held_in(engine, engine.db(), credential).await
}

/// The same as a transaction sees it.
pub(super) async fn held_in(
    engine: &Engine,
    from: &dyn Sql,
    credential: &Credential,
) -> OpResult<Held> {
    let sealed = credentials::sealed(from, &credential.id).await?;
    let opened = open(engine, (&credential.id, &credential.name), sealed.as_deref());
    opened.map_err(OpError::Unavailable)
}

/// Opens the sealed part of a credential of this id and name.
pub(crate) fn open(
    engine: &Engine,
    (id, name): (&str, &str),
    sealed: Option<&[u8]>,
) -> Result<Held, Message> {
    let Some(sealed) = sealed else { return Ok(Held::default()) };
    let damaged = || seal::damaged(format!("the credential `{name}`"));
    let plain = engine.sealer().open(place(id), sealed).map_err(|error| {
        tracing::error!(credential = name, %error, "a secret cannot be opened");
        damaged()
    })?;
    Held::read(&plain).ok_or_else(damaged)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::on_both;
    use super::*;
    use crate::store::hosts::{self, HostInput, References};
    use crate::store::partitions;

    fn input(value: Value) -> CredentialInput {
        serde_json::from_value(value).unwrap()
    }

    async fn made(engine: &Engine, value: Value) -> OpResult<Credential> {
        create(engine, &Actor::command_line("test"), input(value)).await
    }

    fn field(done: OpResult<Credential>) -> (&'static str, String) {
        match done {
            Err(OpError::Invalid { field: Some(field), message }) => {
                (field, message.id.into_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn secrets_go_in_and_do_not_come_out() {
        on_both(|engine| async move {
            let said = json!({"name": "root", "kind": "password", "user": "root",
                "password": "canary-1", "become_password": "canary-2"});
            let made = made(&engine, said).await.unwrap();
            assert_eq!(made.holds, ["password", "become_password"]);
            let answer = serde_json::to_string(&made).unwrap();
            assert!(!answer.contains("canary"), "{answer}");
            let sealed = credentials::sealed(engine.db(), &made.id).await.unwrap().unwrap();
            assert!(!sealed.windows(6).any(|part| part == b"canary"));
            let held = held(&engine, &made).await.unwrap();
            assert_eq!(held.password.unwrap().expose(), "canary-1");
            assert!(
                !format!(
                    "{:?}",
                    input(json!({"name": "x", "kind": "key", "private_key": "canary"}))
                )
                .contains("canary")
            );
        })
        .await;
    }

    #[tokio::test]
    async fn each_kind_has_what_it_needs_and_nothing_else() {
        on_both(|engine| async move {
            let cases = [
                (json!({"kind": "key"}), "private_key", "credential.needs"),
                (json!({"kind": "password"}), "password", "credential.needs"),
                (
                    json!({"kind": "certificate", "generate": true}),
                    "certificate",
                    "credential.needs",
                ),
                (json!({"kind": "agent", "password": "x"}), "password", "credential.not_of_kind"),
                (
                    json!({"kind": "agent", "generate": true}),
                    "private_key",
                    "credential.not_of_kind",
                ),
                (
                    json!({"kind": "key", "generate": true, "private_key": "x"}),
                    "private_key",
                    "credential.generate_or_give",
                ),
                (
                    json!({"kind": "key", "generate": true, "passphrase": "x"}),
                    "passphrase",
                    "credential.not_of_kind",
                ),
                (json!({"kind": "key", "private_key": "x"}), "private_key", "credential.bad_key"),
                (
                    json!({"kind": "certificate", "generate": true, "certificate": "x"}),
                    "certificate",
                    "credential.bad_certificate",
                ),
                (json!({"kind": "agent", "user": "-l"}), "user", "credential.bad_login"),
                (json!({"kind": "agent", "name": "all"}), "name", "register.bad_name"),
            ];
            for (mut said, at, id) in cases {
                let entries = said.as_object_mut().unwrap();
                entries.entry("name").or_insert(json!("c"));
                assert_eq!(field(made(&engine, said.clone()).await), (at, id.to_owned()), "{said}");
            }
            made(&engine, json!({"name": "c", "kind": "agent"})).await.unwrap();
            let again = made(&engine, json!({"name": "c", "kind": "agent"})).await;
            assert!(matches!(again, Err(OpError::Conflict(_))), "{again:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_not_said_stays_and_a_pair_is_replaced() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let said =
                json!({"name": "k", "kind": "key", "generate": true, "become_password": "b"});
            let first = made(&engine, said).await.unwrap();
            assert_eq!(first.holds, ["private_key", "become_password"]);
            let said = input(json!({"name": "k", "kind": "key", "user": "ops"}));
            let second = change(&engine, &me, "k", Some(1), Edit::Whole(said)).await.unwrap();
            assert_eq!((&second.public_key, second.version), (&first.public_key, 2));
            let part = |value: Value| serde_json::from_value(value).unwrap();
            let stale = change(&engine, &me, "k", Some(1), Edit::Part(part(json!({})))).await;
            assert!(matches!(stale, Err(OpError::Stale(_))), "{stale:?}");
            let more = part(json!({"generate": true, "become_password": null, "user": null}));
            let third = change(&engine, &me, "k", None, Edit::Part(more)).await.unwrap();
            assert_eq!((third.holds.len(), third.user), (1, None));
            assert_ne!(third.fingerprint, first.fingerprint);
            let more = part(json!({"kind": "password", "password": "p"}));
            let fourth = change(&engine, &me, "k", None, Edit::Part(more)).await.unwrap();
            assert_eq!((fourth.holds, fourth.public_key), (vec!["password".to_owned()], None));
            let gone =
                change(&engine, &me, "k", None, Edit::Part(part(json!({"password": null})))).await;
            assert_eq!(field(gone), ("password", "credential.needs".to_owned()));
        })
        .await;
    }

    #[tokio::test]
    async fn what_hosts_use_stays() {
        on_both(|engine| async move {
            let me = Actor::command_line("test");
            let made = made(&engine, json!({"name": "c", "kind": "agent"})).await.unwrap();
            let partition = partitions::default(engine.db()).await.unwrap();
            let refers = References { partition, credential: Some(made.id), ..Default::default() };
            let host = HostInput::named("web1");
            let id = hosts::insert(engine.db(), &host, &refers, "me").await.unwrap();
            match delete(&engine, &me, "c", None).await {
                Err(OpError::Conflict(message)) => assert!(message.to_string().contains("`web1`")),
                other => panic!("{other:?}"),
            }
            assert!(hosts::delete(engine.db(), &id, 1).await.unwrap());
            delete(&engine, &me, "c", None).await.unwrap();
            let nobody = Actor { grants: Vec::new(), ..me };
            let refused = list(&engine, &nobody, &Paging::default()).await;
            assert!(matches!(refused, Err(OpError::Denied(_))));
        })
        .await;
    }
}
