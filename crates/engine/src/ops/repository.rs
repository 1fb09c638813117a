//! Repositories from which manifests are taken.

use hep_core::message::{job as job_say, register as say, run as run_say};
use hep_core::name;
use hep_core::rights::Verb;
use serde_json::Value;

use super::actor::{Actor, Object};
use super::credential::held;
use super::error::{OpError, OpResult, on_write, written};
use super::manifest::must_write;
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, uses};
use crate::server::git::{self, Failed, Login, Taken, Wanted};
use crate::server::work;
use crate::store::Sql;
use crate::store::credentials::{self, Kind};
use crate::store::repositories::{self, Repository, RepositoryInput};

const KIND: &str = "repository";
/// What the right to them is refused for.
const WHAT: &str = "repositories";

impl<'a> From<&'a Repository> for Object<'a> {
    fn from(repository: &'a Repository) -> Self {
        Self { kind: KIND, id: Some(&repository.id), name: &repository.said.name }
    }
}

/// A page of repositories, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Repository>> {
    actor.must(Verb::View, WHAT)?;
    let limit = paging.limit()?;
    let found = repositories::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |repository| &repository.said.name))
}

/// A repository.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Repository> {
    actor.must(Verb::View, WHAT)?;
    load(engine.db(), name).await
}

/// Makes a repository. Nothing is taken from it yet.
pub async fn create(engine: &Engine, actor: &Actor, said: RepositoryInput) -> OpResult<Repository> {
    must_write(actor, WHAT)?;
    let tx = engine.db().begin().await?;
    let credential = check(&tx, actor, &said, None).await?;
    let made = repositories::insert(&tx, &said, credential, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    actor.made(&tx, Object { kind: KIND, id: Some(&id), name: &said.name }).await?;
    let repository = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(repository)
}

/// Changes a repository; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<RepositoryInput, &Value>,
) -> OpResult<Repository> {
    must_write(actor, WHAT)?;
    let tx = engine.db().begin().await?;
    let before = load(&tx, name).await?;
    let said = edit.over(&before.said)?;
    let credential = check(&tx, actor, &said, Some(&before.said)).await?;
    if said.name != before.said.name {
        uses::no_job_of_repository(&tx, &before.id, &before.said.name).await?;
    }
    let at = (before.id.as_str(), version.unwrap_or(before.version));
    let done = repositories::update(&tx, at, &said, credential, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    actor.did(&tx, "repository.update", Object::from(&before), "done", None).await?;
    let repository = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(repository)
}

/// Removes a repository that no job names.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    must_write(actor, WHAT)?;
    let tx = engine.db().begin().await?;
    let found = load(&tx, name).await?;
    uses::no_job_of_repository(&tx, &found.id, &found.said.name).await?;
    let gone = repositories::delete(&tx, &found.id, version.unwrap_or(found.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "repository.delete", Object::from(&found), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Repository> {
    let found = repositories::find(from, name).await?;
    found.ok_or_else(|| OpError::not_found(KIND, name))
}

/// Refuses what cannot be taken from; the id of the credential.
async fn check(
    from: &dyn Sql,
    actor: &Actor,
    said: &RepositoryInput,
    before: Option<&RepositoryInput>,
) -> OpResult<Option<String>> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    if !git::is_address(&said.url, actor.may(Verb::Administer)) {
        return Err(OpError::invalid("url", job_say::bad_url(&said.url)));
    }
    if !said.revision.is_empty() && !git::is_revision(&said.revision) {
        return Err(OpError::invalid("revision", job_say::bad_revision(&said.revision)));
    }
    if !said.folder.is_empty() && !work::is_plain(&said.folder) {
        return Err(OpError::invalid("folder", run_say::bad_path(&said.folder)));
    }
    let Some(name) = &said.credential else { return Ok(None) };
    let is_as_before = before
        .is_some_and(|before| (&before.credential, &before.url) == (&said.credential, &said.url));
    if !is_as_before {
        // Whoever chooses where a secret is sent could have it.
        actor.must(Verb::Secrets, "credentials")?;
    }
    let missing = || OpError::invalid("credential", say::not_found("credential", name));
    let found = credentials::find(from, name).await?.ok_or_else(missing)?;
    let needed = if said.url.starts_with("https:") { Kind::Password } else { Kind::Key };
    if found.kind != needed {
        let message = job_say::wrong_credential(name, found.kind.word(), needed.word());
        return Err(OpError::invalid("credential", message));
    }
    Ok(Some(found.id))
}

/// Takes the files of a repository: at a revision, else at the one that it says itself.
pub(crate) async fn take(engine: &Engine, name: &str, revision: Option<&str>) -> OpResult<Taken> {
    let refused = |message| OpError::invalid("subject", message);
    let found = repositories::find(engine.db(), name).await?;
    let found = found.ok_or_else(|| refused(job_say::no_repository(name)))?;
    let revision = revision.filter(|revision| !revision.is_empty()).unwrap_or(&found.said.revision);
    if !revision.is_empty() && !git::is_revision(revision) {
        return Err(refused(job_say::bad_revision(revision)));
    }
    let cache = engine.means().and_then(|means| means.repositories());
    let cache = cache.ok_or_else(|| OpError::Unavailable(job_say::no_cache()))?;
    let wanted = Wanted {
        id: &found.id,
        name: &found.said.name,
        url: &found.said.url,
        revision,
        folder: &found.said.folder,
        login: login(engine, &found.said).await?,
    };
    cache.take(&wanted).await.map_err(|failed| match failed {
        Failed::Missing(message) => refused(message),
        Failed::Away(message) => OpError::Unreachable(message),
    })
}

async fn login(engine: &Engine, said: &RepositoryInput) -> OpResult<Login> {
    let host_keys = said.host_keys.clone();
    let Some(name) = &said.credential else { return Ok(Login { host_keys, ..Login::default() }) };
    let found = credentials::find(engine.db(), name).await?;
    let found = found.ok_or_else(|| OpError::not_found("credential", name))?;
    let held = held(engine, &found).await?;
    if held.passphrase.is_some() {
        return Err(OpError::invalid("credential", job_say::locked_key(name)));
    }
    let user = found.user.unwrap_or_else(|| "git".to_owned());
    let password = held.password.map(|password| (user, password));
    Ok(Login { password, key: held.private_key, host_keys })
}
