//! What a run is given besides what its subject says: files that are kept elsewhere, and secrets.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hep_core::message::{Message, job as say, run as run_say, verb as verb_say};
use hep_core::secret::Secret;
use hep_core::verb::login::{PUSH_KEY, PushKey};
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::push_key::key_of;
use super::subject::{ManifestSubject, Subject};
use crate::ops::error::{OpError, OpResult};
use crate::ops::{Engine, repository};
use crate::seal::Place;
use crate::store::{manifests, new_id};

/// Secret texts by name.
pub(crate) type Texts = BTreeMap<String, Secret<String>>;

/// What a run is given that nobody sees again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    /// For the environment of commands and scripts, and for the variables of manifests.
    pub(crate) texts: Texts,
    /// Variables of manifests that are more than a text, as JSON.
    pub(crate) trees: Texts,
    /// Passwords for what Ansible Vault encrypted in a manifest, by their ids.
    pub(crate) vault: Texts,
    /// The password for sudo, in place of those that the register has.
    pub(crate) become_password: Option<Secret<String>>,
    /// The password that logs in this once, to let a key in.
    pub(crate) password: Option<Secret<String>>,
    /// What a command reads, and what a file shall hold.
    pub(crate) content: Option<Content>,
}

impl From<Texts> for Secrets {
    fn from(texts: Texts) -> Self {
        Self { texts, ..Self::default() }
    }
}

/// What a run is given.
#[derive(Default)]
pub(crate) struct Given {
    /// The files of a manifest by their paths.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What nobody sees again.
    pub(crate) secrets: Secrets,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files, {:?}", self.files.len(), self.secrets)
    }
}

impl Given {
    /// The files that a subject names and does not bring. The subject then says which exactly: the number of a
    /// revision, or a commit.
    pub(crate) async fn to(engine: &Engine, subject: &mut Subject) -> OpResult<Self> {
        let files = match subject {
            Subject::Manifest(manifest) => files(engine, manifest).await?,
            Subject::Verb(verb) if verb.verb == PUSH_KEY => {
                let said: PushKey =
                    serde_json::from_value(verb.parameters.clone()).map_err(|error| {
                        OpError::invalid("subject", verb_say::bad_parameters(PUSH_KEY, error))
                    })?;
                key_of(engine, &said.credential, "subject").await?;
                BTreeMap::new()
            }
            _ => BTreeMap::new(),
        };
        Ok(Self { files, secrets: Secrets::default() })
    }
}

async fn files(engine: &Engine, said: &mut ManifestSubject) -> OpResult<BTreeMap<String, Vec<u8>>> {
    match (&said.manifest, &said.repository) {
        (None, None) => Ok(BTreeMap::new()),
        (Some(_), Some(_)) => Err(OpError::invalid("subject", say::two_sources())),
        _ if !said.files.is_empty() => Err(OpError::invalid("subject", say::two_sources())),
        (Some(name), None) => of_manifest(engine, &name.clone(), said).await,
        (None, Some(name)) => {
            let taken = repository::take(engine, name, said.revision.as_deref()).await?;
            if said.entry.is_empty() {
                crate::ops::manifest::ENTRY.clone_into(&mut said.entry);
            }
            said.revision = Some(taken.revision);
            if !taken.files.contains_key(&said.entry) {
                let commit = said.revision.as_deref().unwrap_or_default();
                return Err(OpError::invalid(
                    "subject",
                    say::no_such_entry(name, &said.entry, commit),
                ));
            }
            Ok(taken.files)
        }
    }
}

/// The files of a manifest of this server, at the revision that is said or the newest.
async fn of_manifest(
    engine: &Engine,
    name: &str,
    said: &mut ManifestSubject,
) -> OpResult<BTreeMap<String, Vec<u8>>> {
    let refused = |message| OpError::invalid("subject", message);
    let found = manifests::find(engine.db(), name).await?;
    let found = found.ok_or_else(|| refused(say::no_manifest(name)))?;
    let wanted = said.revision.clone().unwrap_or_else(|| found.revision.to_string());
    let missing = || refused(say::no_revision(name, &wanted));
    let number = wanted.parse().map_err(|_| missing())?;
    let revision = manifests::revision(engine.db(), &found.id, number).await?;
    let revision = revision.ok_or_else(missing)?;
    if said.entry.is_empty() {
        said.entry = revision.entry;
    }
    said.revision = Some(wanted);
    Ok(manifests::contents(engine.db(), &found.id, &revision.files).await?)
}

/// Where the secrets of a run or a job lie.
const fn place<'a>(table: &'static str, row: &'a str) -> Place<'a> {
    Place { table, row, field: "sealed" }
}

/// What is sealed. A job, and a run that has nothing but texts, keep those alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept<'a> {
    Texts(BTreeMap<Cow<'a, str>, Cow<'a, str>>),
    // Told apart by `texts`, which is a mapping here.
    All {
        texts: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
        trees: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
        vault: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
        become_password: Option<Cow<'a, str>>,
        password: Option<Cow<'a, str>>,
        /// In base64.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
    },
}

fn shown(texts: &Texts) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    texts
        .iter()
        .map(|(name, value)| (name.as_str().into(), value.expose().as_str().into()))
        .collect()
}

fn hidden(texts: BTreeMap<Cow<'_, str>, Cow<'_, str>>) -> Texts {
    let hide = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        (name.into_owned(), Secret::new(value.into_owned()))
    };
    texts.into_iter().map(hide).collect()
}

impl<'a> Kept<'a> {
    /// Nothing where there is no secret.
    fn of(secrets: &'a Secrets) -> Option<Self> {
        let only_texts = Secrets::from(secrets.texts.clone()) == *secrets;
        if only_texts {
            return (!secrets.texts.is_empty()).then(|| Self::Texts(shown(&secrets.texts)));
        }
        let one = |secret: &'a Option<Secret<String>>| {
            secret.as_ref().map(|secret| secret.expose().as_str().into())
        };
        Some(Self::All {
            texts: shown(&secrets.texts),
            trees: shown(&secrets.trees),
            vault: shown(&secrets.vault),
            become_password: one(&secrets.become_password),
            password: one(&secrets.password),
            content: secrets.content.as_ref().map(|content| BASE64.encode(content.expose())),
        })
    }

    /// Nothing where it is damaged.
    fn taken(self) -> Option<Secrets> {
        let one = |text: Option<Cow<'_, str>>| text.map(|text| Secret::new(text.into_owned()));
        Some(match self {
            Self::Texts(texts) => hidden(texts).into(),
            Self::All { texts, trees, vault, become_password, password, content } => Secrets {
                texts: hidden(texts),
                trees: hidden(trees),
                vault: hidden(vault),
                become_password: one(become_password),
                password: one(password),
                content: match content {
                    Some(base64) => Some(Secret::new(BASE64.decode(base64).ok()?)),
                    None => None,
                },
            },
        })
    }
}

/// Seals secrets for a row; nothing where there are none.
pub(crate) fn seal(
    engine: &Engine,
    table: &'static str,
    row: &str,
    secrets: &Secrets,
) -> OpResult<Option<Vec<u8>>> {
    let Some(kept) = Kept::of(secrets) else { return Ok(None) };
    let internal = |error: serde_json::Error| OpError::Internal(error.to_string());
    let plain = Secret::new(serde_json::to_vec(&kept).map_err(internal)?);
    Ok(Some(engine.sealer().seal(place(table, row), &plain)?))
}

/// Opens the secrets of a row.
pub(crate) fn open(
    engine: &Engine,
    table: &'static str,
    row: &str,
    sealed: Option<&[u8]>,
) -> Result<Secrets, Message> {
    let Some(sealed) = sealed else { return Ok(Secrets::default()) };
    let opened = engine.sealer().open(place(table, row), sealed).map_err(|error| {
        tracing::error!(table, row, %error, "secrets cannot be opened");
        run_say::not_begun()
    })?;
    let read: Kept<'_> =
        serde_json::from_slice(opened.expose()).map_err(|_| run_say::not_begun())?;
    read.taken().ok_or_else(run_say::not_begun)
}

/// The id that a run will have, and its secrets sealed for it.
pub(crate) fn seal_run(engine: &Engine, secrets: &Secrets) -> OpResult<(String, Option<Vec<u8>>)> {
    let id = new_id();
    let sealed = seal(engine, "runs", &id, secrets)?;
    Ok((id, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_given() {
        let text = |text: &str| Secret::new(text.to_owned());
        let texts = |name: &str| Texts::from([(name.to_owned(), text("x"))]);
        let cases = [
            (Secrets::default(), None),
            // As jobs always kept theirs; whatever their names are.
            (texts("texts").into(), Some(r#"{"texts":"x"}"#)),
            (
                Secrets { vault: texts("default"), ..texts("a").into() },
                Some(
                    r#"{"texts":{"a":"x"},"trees":{},"vault":{"default":"x"},"become_password":null,"password":null}"#,
                ),
            ),
            (
                Secrets { become_password: Some(text("b")), ..Secrets::default() },
                Some(r#"{"texts":{},"trees":{},"vault":{},"become_password":"b","password":null}"#),
            ),
            (
                Secrets { content: Some(Secret::new(b"\xff".to_vec())), ..Secrets::default() },
                Some(
                    r#"{"texts":{},"trees":{},"vault":{},"become_password":null,"password":null,"content":"/w=="}"#,
                ),
            ),
        ];
        for (secrets, json) in cases {
            let kept = Kept::of(&secrets).map(|kept| serde_json::to_string(&kept).unwrap());
            assert_eq!(kept.as_deref(), json);
            if let Some(kept) = kept {
                let read: Kept<'_> = serde_json::from_str(&kept).unwrap();
                assert_eq!(read.taken().unwrap(), secrets);
            }
        }
    }
}
