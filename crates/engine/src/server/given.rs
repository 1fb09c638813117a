//! What a run is given besides what its subject says: files that are kept elsewhere, and secrets.

use std::collections::BTreeMap;
use std::fmt;

use hep_core::message::{Message, job as say, run as run_say};
use hep_core::secret::Secret;

use super::subject::{ManifestSubject, Subject};
use crate::ops::error::{OpError, OpResult};
use crate::ops::{Engine, repository};
use crate::seal::Place;
use crate::store::{manifests, new_id};

/// Secret parameters by name.
pub(crate) type Secrets = BTreeMap<String, Secret<String>>;

/// What a run is given.
#[derive(Default)]
pub(crate) struct Given {
    /// The files of a manifest by their paths.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// For the environment of commands and scripts, and for the variables of manifests.
    pub(crate) secrets: Secrets,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files, {} secrets", self.files.len(), self.secrets.len())
    }
}

impl Given {
    /// The files that a subject names and does not bring. The subject then says which exactly: the number of a
    /// revision, or a commit.
    pub(crate) async fn to(engine: &Engine, subject: &mut Subject) -> OpResult<Self> {
        let files = match subject {
            Subject::Manifest(manifest) => files(engine, manifest).await?,
            _ => BTreeMap::new(),
        };
        Ok(Self { files, secrets: Secrets::new() })
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

/// Seals secrets for a row; nothing where there are none.
pub(crate) fn seal(
    engine: &Engine,
    table: &'static str,
    row: &str,
    secrets: &Secrets,
) -> OpResult<Option<Vec<u8>>> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let plain: BTreeMap<&str, &str> =
        secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect();
    let internal = |error: serde_json::Error| OpError::Internal(error.to_string());
    let plain = Secret::new(serde_json::to_vec(&plain).map_err(internal)?);
    Ok(Some(engine.sealer().seal(place(table, row), &plain)?))
}

/// Opens the secrets of a row.
pub(crate) fn open(
    engine: &Engine,
    table: &'static str,
    row: &str,
    sealed: Option<&[u8]>,
) -> Result<Secrets, Message> {
    let Some(sealed) = sealed else { return Ok(Secrets::new()) };
    let opened = engine.sealer().open(place(table, row), sealed).map_err(|error| {
        tracing::error!(table, row, %error, "secrets cannot be opened");
        run_say::not_begun()
    })?;
    let read: BTreeMap<String, String> =
        serde_json::from_slice(opened.expose()).map_err(|_| run_say::not_begun())?;
    Ok(read.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// The id that a run will have, and its secrets sealed for it.
pub(crate) fn seal_run(engine: &Engine, secrets: &Secrets) -> OpResult<(String, Option<Vec<u8>>)> {
    let id = new_id();
    let sealed = seal(engine, "runs", &id, secrets)?;
    Ok((id, sealed))
}
