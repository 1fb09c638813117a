//! Manifests that are kept in the server: sets of files with their history.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hep_core::change::Diff;
use hep_core::diff;
use hep_core::message::{job as job_say, run as run_say};
use hep_core::name;
use hep_core::rights::Verb;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::actor::{Actor, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page};
use super::patch::Edit;
use super::{Engine, uses};
use crate::server::given::Given;
use crate::server::subject::{ManifestSubject, Subject};
use crate::server::work;
pub use crate::server::work::Fault;
use crate::store::manifests::{self, FileMark, Marks, NewRevision, Outline, Revision};
use crate::store::{Sql, Stamp, Tx};
use crate::token::hex;

const KIND: &str = "manifest";
/// What the right to them is refused for.
const WHAT: &str = "manifests";
/// The file to begin with where nobody says.
pub(crate) const ENTRY: &str = "main.yml";
/// Files of one revision.
const MOST_FILES: usize = 1000;
/// Bytes of all files of one revision.
const MOST_BYTES: usize = 8 << 20;

/// What people say about a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestInput {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The file to begin with; `main.yml` when not said, or the only file.
    #[serde(default)]
    pub entry: String,
    /// Its files by their paths: the manifest, and the templates, variables and whatever else lies beside it.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The same of files that are no text, in base64.
    #[serde(default)]
    pub base64: BTreeMap<String, String>,
    /// What was changed, and why.
    #[serde(default)]
    pub message: String,
}

/// A manifest at one of its revisions, with its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Manifest {
    /// Its id.
    pub id: String,
    /// What people said about it.
    #[serde(flatten)]
    pub said: ManifestInput,
    /// The number of this revision.
    pub revision: i64,
    /// The number of the newest.
    pub newest: i64,
    /// Hashes and sizes of its files.
    pub marks: Marks,
    /// Counts its changes: its entity tag.
    pub version: i64,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who made this revision, and when.
    pub modified: Stamp,
}

/// What differs between two revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// The number of the revision before.
    pub from: i64,
    /// The number of the revision after.
    pub to: i64,
    /// Files that only the second has.
    pub added: Vec<String>,
    /// Files that only the first has.
    pub removed: Vec<String>,
    /// Files that both have, with other contents.
    pub changed: Vec<String>,
    /// The same as a unified diff.
    pub diff: String,
}

fn object<'a>(id: &'a str, name: &'a str) -> Object<'a> {
    Object { kind: KIND, id: Some(id), name }
}

/// The contents of files as they were said.
type Contents = BTreeMap<String, Vec<u8>>;

/// Refuses what cannot be kept or run; what is in the files, and the one to begin with.
fn check(said: &mut ManifestInput) -> OpResult<Contents> {
    name::check(&said.name).map_err(|message| OpError::invalid("name", message))?;
    let files = contents(said)?;
    let bytes = files.values().map(Vec::len).sum::<usize>();
    if files.is_empty() {
        return Err(OpError::invalid("files", job_say::no_files()));
    }
    if files.len() > MOST_FILES {
        return Err(OpError::invalid("files", job_say::too_many_files(files.len(), MOST_FILES)));
    }
    if bytes > MOST_BYTES {
        return Err(OpError::invalid("files", job_say::too_large(bytes, MOST_BYTES)));
    }
    if let Some(path) = files.keys().find(|path| !work::is_plain(path)) {
        return Err(OpError::invalid("files", run_say::bad_path(path)));
    }
    if said.entry.is_empty() {
        let only = if files.len() == 1 { files.keys().next() } else { None };
        said.entry = only.cloned().unwrap_or_else(|| ENTRY.to_owned());
    }
    if !files.contains_key(&said.entry) {
        return Err(OpError::invalid("entry", run_say::no_entry(&said.entry)));
    }
    Ok(files)
}

fn contents(said: &ManifestInput) -> OpResult<Contents> {
    let texts = said.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let mut files: Contents = texts.collect();
    for (path, text) in &said.base64 {
        let bad = |_| OpError::invalid("base64", run_say::bad_base64());
        if files.insert(path.clone(), BASE64.decode(text).map_err(bad)?).is_some() {
            return Err(OpError::invalid("base64", job_say::twice(path)));
        }
    }
    Ok(files)
}

/// Reads it as a run would.
async fn check_runs(said: &ManifestInput, files: &Contents) -> OpResult<()> {
    let manifest = ManifestSubject { entry: said.entry.clone(), ..ManifestSubject::default() };
    let given = Given { files: files.clone(), ..Given::default() };
    // Reading and checking takes the processor for a while.
    let checked =
        tokio::task::spawn_blocking(move || work::check(&Subject::Manifest(manifest), &given));
    let checked = checked.await.map_err(|error| OpError::Internal(error.to_string()))?;
    checked.map_err(|message| OpError::invalid("files", message))
}

/// All that is wrong with a manifest as somebody writes it; keeps nothing.
pub async fn faults(actor: &Actor, mut said: ManifestInput) -> OpResult<Vec<Fault>> {
    must_write(actor, WHAT)?;
    let files = check(&mut said)?;
    // Reading and checking takes the processor for a while.
    let found = tokio::task::spawn_blocking(move || work::faults(&files, &said.entry));
    let found = found.await.map_err(|error| OpError::Internal(error.to_string()))?;
    found.map_err(|message| OpError::invalid("files", message))
}

/// Refuses unless they may say what is run: whoever does must be allowed to run it.
pub(super) fn must_write(actor: &Actor, what: &str) -> OpResult<()> {
    actor.must(Verb::WriteJobs, what)?;
    actor.must(Verb::Run, what)
}

/// A page of manifests, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<Outline>> {
    actor.must(Verb::View, WHAT)?;
    let limit = paging.limit()?;
    let found = manifests::list(engine.db(), paging.after()?.as_deref(), limit + 1).await?;
    Ok(page(found, limit, |manifest| &manifest.name))
}

/// A manifest with its files.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<Manifest> {
    actor.must(Verb::View, WHAT)?;
    load(engine.db(), name).await
}

/// A manifest as it was at a revision.
pub async fn show_revision(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    number: i64,
) -> OpResult<Manifest> {
    actor.must(Verb::View, WHAT)?;
    let found = find(engine.db(), name).await?;
    at(engine.db(), found, number).await
}

/// A page of the revisions of a manifest, the newest first.
pub async fn history(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    paging: &Paging,
) -> OpResult<Page<Revision>> {
    actor.must(Verb::View, WHAT)?;
    let found = find(engine.db(), name).await?;
    let limit = paging.limit()?;
    let bad = |_| OpError::invalid("cursor", hep_core::message::server::bad_cursor());
    let before = paging.after()?.map_or(Ok(i64::MAX), |text| text.parse().map_err(bad))?;
    let found = manifests::history(engine.db(), &found.id, before, limit + 1).await?;
    let keyed: Vec<(String, Revision)> =
        found.into_iter().map(|revision| (revision.number.to_string(), revision)).collect();
    let paged = page(keyed, limit, |(key, _)| key);
    let items = paged.items.into_iter().map(|(_, revision)| revision).collect();
    Ok(Page { items, next: paged.next })
}

/// What differs between two revisions of a manifest; without numbers between the newest and the one before.
pub async fn difference(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    (from, to): (Option<i64>, Option<i64>),
) -> OpResult<Difference> {
    actor.must(Verb::View, WHAT)?;
    let found = find(engine.db(), name).await?;
    let to = to.unwrap_or(found.revision);
    let from = from.unwrap_or(to - 1);
    let read = async |number: i64| -> OpResult<Contents> {
        // There is nothing before the first.
        if number == 0 {
            return Ok(Contents::new());
        }
        let revision = revision(engine.db(), &found, number).await?;
        Ok(manifests::contents(engine.db(), &found.id, &revision.files).await?)
    };
    let (before, after) = (read(from).await?, read(to).await?);
    Ok(compare((from, &before), (to, &after)))
}

fn compare((from, before): (i64, &Contents), (to, after): (i64, &Contents)) -> Difference {
    let only = |these: &Contents, others: &Contents| -> Vec<String> {
        these.keys().filter(|path| !others.contains_key(*path)).cloned().collect()
    };
    let changed =
        before.iter().filter(|(path, body)| after.get(*path).is_some_and(|other| other != *body));
    let changed: Vec<String> = changed.map(|(path, _)| path.clone()).collect();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |files: &Contents, path: &String| match files.get(path) {
        None => String::new(),
        Some(body) => String::from_utf8(body.clone())
            .unwrap_or_else(|_| format!("[binary, SHA-256 {}]\n", hex(&Sha256::digest(body)))),
    };
    let each = paths.into_iter().map(|path| {
        diff::render(&Diff {
            before_header: format!("{path} ({from})").into(),
            after_header: format!("{path} ({to})").into(),
            before: text(before, path).into(),
            after: text(after, path).into(),
        })
    });
    let diff = each.collect();
    Difference { from, to, added: only(after, before), removed: only(before, after), changed, diff }
}

/// Makes a manifest. It is kept only if it could be run.
pub async fn create(engine: &Engine, actor: &Actor, mut said: ManifestInput) -> OpResult<Manifest> {
    must_write(actor, WHAT)?;
    let files = check(&mut said)?;
    check_runs(&said, &files).await?;
    let tx = engine.db().begin().await?;
    let made = manifests::insert(&tx, &said.name, &said.description, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    manifests::update(&tx, (&id, 1), (&said.name, &said.description), 1, &actor.name).await?;
    add(&tx, (&id, 1), &said, &files, actor).await?;
    actor.made(&tx, object(&id, &said.name)).await?;
    let manifest = load(&tx, &id).await?;
    tx.commit().await?;
    Ok(manifest)
}

async fn add(
    tx: &Tx,
    (id, number): (&str, i64),
    said: &ManifestInput,
    files: &Contents,
    actor: &Actor,
) -> OpResult<()> {
    let marks = marks(files);
    for (path, body) in files {
        manifests::keep(tx, id, &marks[path].sha256, body).await?;
    }
    let (entry, message) = (said.entry.as_str(), said.message.as_str());
    let new = NewRevision { number, entry, files: &marks, message };
    Ok(manifests::add(tx, id, &new, &actor.name).await?)
}

fn marks(files: &Contents) -> Marks {
    let mark = |(path, body): (&String, &Vec<u8>)| {
        (path.clone(), FileMark { sha256: hex(&Sha256::digest(body)), size: body.len() as u64 })
    };
    files.iter().map(mark).collect()
}

/// Changes a manifest; with a version only if it still has that one. Other files are a new revision. In a part a file
/// that is `null` goes, and one that is not named stays.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<ManifestInput, &Value>,
) -> OpResult<Manifest> {
    renew(engine, actor, name, version, |before| {
        // What was said of the revision before is not said of this one.
        edit.over(&ManifestInput { message: String::new(), ..before.said.clone() })
    })
    .await
}

/// Makes the files of a revision those of a new one, which says so in `message`; with a version only if the manifest
/// still has that one.
pub async fn restore(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    (number, message): (i64, String),
) -> OpResult<Manifest> {
    must_write(actor, WHAT)?;
    let found = find(engine.db(), name).await?;
    let old = at(engine.db(), found, number).await?.said;
    // What it is called and what it is for is not of a revision.
    renew(engine, actor, name, version, |before| {
        let said = &before.said;
        let (name, description) = (said.name.clone(), said.description.clone());
        Ok(ManifestInput { name, description, message, ..old })
    })
    .await
}

async fn renew(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    said: impl FnOnce(&Manifest) -> OpResult<ManifestInput>,
) -> OpResult<Manifest> {
    must_write(actor, WHAT)?;
    let before = load(engine.db(), name).await?;
    let mut said = said(&before)?;
    let files = check(&mut said)?;
    check_runs(&said, &files).await?;
    let is_new = marks(&files) != before.marks || said.entry != before.said.entry;
    let at = (before.id.as_str(), version.unwrap_or(before.version));
    let tx = engine.db().begin().await?;
    if said.name != before.said.name {
        uses::no_job_of_manifest(&tx, &before.id, &before.said.name).await?;
    }
    let names = (said.name.as_str(), said.description.as_str());
    let done = manifests::update(&tx, at, names, i64::from(is_new), &actor.name).await;
    written(done, KIND, name, &said.name)?;
    if is_new {
        add(&tx, (&before.id, before.newest + 1), &said, &files, actor).await?;
    }
    let detail = is_new.then(|| serde_json::json!({ "revision": before.newest + 1 }));
    let object = object(&before.id, &before.said.name);
    actor.did(&tx, "manifest.update", object, "done", detail).await?;
    let manifest = load(&tx, &before.id).await?;
    tx.commit().await?;
    Ok(manifest)
}

/// Removes a manifest with its history. Runs that have begun keep their files.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    must_write(actor, WHAT)?;
    let tx = engine.db().begin().await?;
    let found = find(&tx, name).await?;
    uses::no_job_of_manifest(&tx, &found.id, &found.name).await?;
    let gone = manifests::delete(&tx, &found.id, version.unwrap_or(found.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "manifest.delete", object(&found.id, &found.name), "done", None).await?;
    Ok(tx.commit().await?)
}

async fn find(from: &dyn Sql, name: &str) -> OpResult<Outline> {
    let found = manifests::find(from, name).await?;
    found.ok_or_else(|| OpError::not_found(KIND, name))
}

async fn load(from: &dyn Sql, name: &str) -> OpResult<Manifest> {
    let found = find(from, name).await?;
    let newest = found.revision;
    at(from, found, newest).await
}

async fn revision(from: &dyn Sql, of: &Outline, number: i64) -> OpResult<Revision> {
    let found = manifests::revision(from, &of.id, number).await?;
    found.ok_or_else(|| OpError::NotFound(job_say::no_revision(&of.name, number)))
}

async fn at(from: &dyn Sql, of: Outline, number: i64) -> OpResult<Manifest> {
    let revision = revision(from, &of, number).await?;
    let contents = manifests::contents(from, &of.id, &revision.files).await?;
    let (mut files, mut base64) = (BTreeMap::new(), BTreeMap::new());
    for (path, body) in contents {
        match String::from_utf8(body) {
            // What XML and people cannot be shown is no text.
            Ok(text) if !text.chars().any(is_odd) => files.insert(path, text),
            Ok(text) => base64.insert(path, BASE64.encode(text)),
            Err(error) => base64.insert(path, BASE64.encode(error.as_bytes())),
        };
    }
    let said = ManifestInput {
        name: of.name,
        description: of.description,
        entry: revision.entry,
        files,
        base64,
        message: revision.message,
    };
    Ok(Manifest {
        id: of.id,
        said,
        revision: revision.number,
        newest: of.revision,
        marks: revision.files,
        version: of.version,
        created: of.created,
        modified: revision.created,
    })
}

fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::on_both;
    use super::*;

    const GOOD: &str =
        "- hosts: all\n  vars_files: [v.yml]\n  tasks:\n  - debug: msg={{ greeting }}\n";

    fn said(value: Value) -> ManifestInput {
        serde_json::from_value(value).unwrap()
    }

    async fn version_of(engine: &Engine, actor: &Actor) -> i64 {
        show(engine, actor, "site").await.unwrap().version
    }

    #[tokio::test]
    async fn a_manifest_has_a_history() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            let first = said(json!({"name": "site", "files": {"a.yml": "- debug: msg=1\n"},
                "base64": {"files/logo": "/wD/"}, "entry": "a.yml", "message": "begun"}));
            let made = create(&engine, &me, first).await.unwrap();
            assert_eq!((made.revision, made.version, made.marks["files/logo"].size), (1, 2, 3));
            let part =
                json!({"files": {"a.yml": "- debug: msg=2\n", "t/x.j2": "hi\n"}, "message": "m"});
            let second = change(&engine, &me, "site", Some(2), Edit::Part(&part)).await.unwrap();
            assert_eq!((second.revision, second.said.message.as_str()), (2, "m"));
            assert_eq!(second.said.base64["files/logo"], "/wD/");
            let part = json!({"description": "d"});
            let same = change(&engine, &me, "site", None, Edit::Part(&part)).await.unwrap();
            assert_eq!((same.revision, same.version, same.said.description.as_str()), (2, 4, "d"));
            let stale = change(&engine, &me, "site", Some(3), Edit::Part(&part)).await;
            assert!(matches!(stale, Err(OpError::Stale(_))), "{stale:?}");
            let part = json!({"base64": {"files/logo": null}});
            assert_eq!(
                change(&engine, &me, "site", None, Edit::Part(&part)).await.unwrap().revision,
                3
            );
            let old = show_revision(&engine, &me, "site", 1).await.unwrap();
            assert_eq!((old.said.files["a.yml"].as_str(), old.newest), ("- debug: msg=1\n", 3));
            let told = difference(&engine, &me, "site", (Some(1), Some(3))).await.unwrap();
            assert_eq!(told.added, ["t/x.j2"]);
            assert_eq!(
                (told.removed, told.changed),
                (vec!["files/logo".into()], vec!["a.yml".into()])
            );
            assert!(told.diff.contains("-- debug: msg=1\n+- debug: msg=2"), "{}", told.diff);
            let one = Paging { limit: Some(2), cursor: None };
            let page = history(&engine, &me, "site", &one).await.unwrap();
            let rest = Paging { cursor: page.next, ..one };
            let rest = history(&engine, &me, "site", &rest).await.unwrap();
            let numbers =
                page.items.iter().chain(&rest.items).map(|r| r.number).collect::<Vec<_>>();
            assert_eq!(numbers, [3, 2, 1]);
            let (version, again) = (Some(version_of(&engine, &me).await), (1, "m".to_owned()));
            let back = restore(&engine, &me, "site", version, again.clone()).await.unwrap();
            assert_eq!((back.revision, back.said.description.as_str()), (4, "d"));
            assert_eq!((&back.said.files, &back.said.base64), (&old.said.files, &old.said.base64));
            let stale = restore(&engine, &me, "site", version, again).await;
            assert!(matches!(stale, Err(OpError::Stale(_))), "{stale:?}");
            let none = restore(&engine, &me, "site", None, (9, String::new())).await;
            assert!(matches!(none, Err(OpError::NotFound(_))), "{none:?}");
            delete(&engine, &me, "site", None).await.unwrap();
            assert!(matches!(show(&engine, &me, "site").await, Err(OpError::NotFound(_))));
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_with_its_place() {
        let me = Actor::command_line("ana");
        let cases = [
            ("- debug: msg=1\n", None),
            ("- debug: msg=1\n- nonsense: 1\n", Some(("main.yml", 2))),
            ("- debug: [\n", Some(("main.yml", 1))),
            ("- import_tasks: other.yml\n", Some(("main.yml", 1))),
        ];
        for (text, place) in cases {
            let value = json!({"name": "m", "files": {"main.yml": text}});
            let found = faults(&me, said(value)).await.unwrap();
            let first = found.first().map(|fault| (fault.file.as_str(), fault.line));
            assert_eq!(first, place, "{text}: {found:?}");
            assert!(!format!("{found:?}").contains("hep-run-"), "{found:?}");
        }
        let nobody = Actor { grants: Vec::new(), ..me };
        let refused = faults(&nobody, said(json!({"name": "m", "files": {"a": "[]"}}))).await;
        assert!(matches!(refused, Err(OpError::Denied(_))));
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_refused_with_its_field() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            let file = |path: &str| json!({"name": "m", "files": {path: "[]"}, "entry": path});
            let cases = [
                (json!({"name": "m"}), "files", "job.no_files"),
                (json!({"name": "a b", "files": {"a": "[]"}}), "name", "register.bad_name"),
                (json!({"name": "m", "files": {"a": "[]", "b": "[]"}}), "entry", "run.no_entry"),
                (
                    json!({"name": "m", "files": {"a": "- nonsense: 1\n"}}),
                    "files",
                    "run.bad_manifest",
                ),
                (json!({"name": "m", "base64": {"a": "!"}}), "base64", "run.bad_base64"),
                (
                    json!({"name": "m", "files": {"a": ""}, "base64": {"a": ""}}),
                    "base64",
                    "job.twice",
                ),
                (file("../a"), "files", "run.bad_path"),
                (file("/a"), "files", "run.bad_path"),
                (file("a\\b"), "files", "run.bad_path"),
                (file("a\0"), "files", "run.bad_path"),
                (file("a//b"), "files", "run.bad_path"),
                (
                    json!({"name": "m", "files": {"a": "x".repeat(MOST_BYTES + 1)}}),
                    "files",
                    "job.too_large",
                ),
            ];
            for (value, at, id) in cases {
                let refused = create(&engine, &me, said(value)).await;
                let Err(OpError::Invalid { field, message }) = refused else {
                    panic!("{refused:?}")
                };
                assert_eq!((field, &*message.id), (Some(at), id), "{message}");
            }
            let good = json!({"name": "m", "files": {"main.yml": GOOD, "v.yml": "greeting: x\n"}});
            let made = create(&engine, &me, said(good)).await;
            assert_eq!(made.unwrap().said.entry, "main.yml");
        })
        .await;
    }
}
