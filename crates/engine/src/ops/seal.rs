//! Secrets at rest: unlocking them at the start, and changing the master key.

use hep_core::message::seal as say;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use serde::Serialize;

use super::Engine;
use super::actor::{Actor, Object};
use super::error::{OpError, OpResult};
use crate::master_key::{Sealer, Source};
use crate::seal::{Keyring, Place, SealError};
use crate::store::sealed::{COLUMNS, Column};
use crate::store::{Db, Tx, register, settings};
use crate::token::hex;

/// The setting that is sealed only to prove that the master key is the right one.
const CANARY: &str = "seal_canary";
const CANARY_PLACE: Place<'_> = Place { table: "settings", row: CANARY, field: "value" };
const CANARY_TEXT: &[u8] = b"the master key is the right one";
/// Secrets of one transaction, while others wait for the writer.
const BATCH: u32 = 100;

impl From<SealError> for OpError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Keys(message) => Self::Unavailable(message),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// The keys of a database. At the first start they are made, where the file is ours; later a missing or a
/// wrong one is refused before anything is done with the database.
pub(super) async fn unlock(db: &Db, source: Source) -> OpResult<Sealer> {
    let path = source.path().display().to_string();
    let canary = settings::get(db, CANARY).await?;
    let mut keys = source.read().map_err(OpError::Unavailable)?;
    if keys.is_none() && canary.is_none() && source.is_ours() {
        source.make().map_err(OpError::Unavailable)?;
        keys = source.read().map_err(OpError::Unavailable)?;
    }
    let keys = keys.ok_or_else(|| OpError::Unavailable(say::no_key(&path)))?;
    if canary.is_none() {
        let sealed = keys.seal(CANARY_PLACE, &Secret::new(CANARY_TEXT.to_vec()))?;
        settings::set_first(db, CANARY, &hex(&sealed)).await?;
    }
    let canary = settings::get(db, CANARY).await?.unwrap_or_default();
    match keys.open(CANARY_PLACE, &unhex(&canary)) {
        Ok(_) => Ok(Sealer::new(source, keys)),
        Err(SealError::UnknownKey(id)) => Err(OpError::Unavailable(say::wrong_key(path, id))),
        Err(_) => Err(OpError::Unavailable(say::damaged("the setting `seal_canary`"))),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map_while(byte).collect()
}

/// What changing the master key did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rotated {
    /// The id of the key that seals now.
    pub key: String,
    /// Whether it was made for this.
    pub made: bool,
    /// How many secrets were wrapped anew.
    pub rewrapped: u64,
    /// How many could not be opened, and were left as they are.
    pub failed: u64,
    /// Whether the file has other keys too.
    pub has_old_keys: bool,
    /// The file.
    pub path: String,
}

/// Wraps every secret with the first master key. Where the file is ours a new key is made first, unless an
/// earlier change was interrupted: then that one is brought to its end.
pub async fn rotate(engine: &Engine, actor: &Actor) -> OpResult<Rotated> {
    actor.must(Verb::Administer, "the master key")?;
    let sealer = engine.sealer();
    let mut keys = sealer.reload()?;
    let made = sealer.source().is_ours() && is_done(engine.db(), &keys).await?;
    if made {
        sealer.source().add(&keys).map_err(OpError::Unavailable)?;
        keys = sealer.reload()?;
    }
    let mut done = Rotated {
        key: keys.current().to_string(),
        made,
        has_old_keys: keys.keys().count() > 1,
        path: sealer.source().path().display().to_string(),
        ..Rotated::default()
    };
    for column in COLUMNS {
        rewrap_column(engine.db(), &keys, *column, &mut done).await?;
    }
    rewrap_canary(engine.db(), &keys).await?;
    let detail = serde_json::to_value(&done).ok();
    let object = Object { kind: "master_key", id: None, name: &done.key };
    let tx = engine.db().begin().await?;
    // Nobody opens what was sealed with the old key from memory.
    register::change(&tx).await?;
    actor.did(&tx, "secrets.rotate", object, "done", detail).await?;
    tx.commit().await?;
    Ok(done)
}

/// Whether the canary, which comes last, is sealed with the current key.
async fn is_done(db: &Db, keys: &Keyring) -> OpResult<bool> {
    let canary = unhex(&settings::get(db, CANARY).await?.unwrap_or_default());
    Ok(canary.get(1..9) == Some(keys.current().bytes()))
}

async fn rewrap_column(
    db: &Db,
    keys: &Keyring,
    column: Column,
    done: &mut Rotated,
) -> OpResult<()> {
    let mut after = String::new();
    loop {
        let tx = db.begin().await?;
        let last = rewrap_batch(&tx, keys, column, &after, done).await?;
        tx.commit().await?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// One batch; the id of its last row.
async fn rewrap_batch(
    tx: &Tx,
    keys: &Keyring,
    column: Column,
    after: &str,
    done: &mut Rotated,
) -> OpResult<Option<String>> {
    let found = column.of_other_keys(tx, keys.current().bytes(), after, BATCH).await?;
    for id in &found {
        let Some(envelope) = column.envelope(tx, id).await? else { continue };
        let place = Place { table: column.table, row: id, field: column.field };
        match keys.rewrap(place, &envelope) {
            Ok(anew) => {
                let swapped = column.swap(tx, id, &envelope, anew).await?;
                done.rewrapped += u64::from(swapped);
            }
            Err(error) => {
                tracing::error!(table = column.table, row = id, %error, "a secret is lost");
                done.failed += 1;
            }
        }
    }
    Ok(found.last().cloned())
}

async fn rewrap_canary(db: &Db, keys: &Keyring) -> OpResult<()> {
    let before = settings::get(db, CANARY).await?.unwrap_or_default();
    let anew = keys.rewrap(CANARY_PLACE, &unhex(&before))?;
    settings::swap(db, CANARY, &before, &hex(&anew)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{engine_on, on_both};
    use super::*;
    use crate::seal::MasterKey;
    use crate::store::Sql as _;
    use crate::store::testing::on_both as databases;

    const COLUMN: Column = COLUMNS[0];

    fn place(row: &str) -> Place<'_> {
        Place { table: COLUMN.table, row, field: COLUMN.field }
    }

    /// Credentials `c000`, … whose secrets are their names.
    async fn fill(engine: &Engine, many: usize) -> Vec<String> {
        let names: Vec<String> = (0..many).map(|number| format!("c{number:03}")).collect();
        for name in &names {
            let plain = Secret::new(name.clone().into_bytes());
            let envelope = engine.sealer().seal(place(name), &plain).unwrap();
            let query = crate::store::db::sql(
                "INSERT INTO credentials (id, name, kind, sealed, created_ms, created_by,
                    modified_ms, modified_by) VALUES ($1, $1, 'password', $2, 0, 'x', 0, 'x')",
            );
            engine.db().run(query.bind(name).bind(envelope)).await.unwrap();
        }
        names
    }

    async fn envelopes(engine: &Engine) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for id in COLUMN.of_other_keys(engine.db(), &[], "", 10_000).await.unwrap() {
            let envelope = COLUMN.envelope(engine.db(), &id).await.unwrap().unwrap();
            found.push((id, envelope));
        }
        found
    }

    #[tokio::test]
    async fn a_wrong_or_missing_key_is_refused_at_the_start() {
        databases(|db| async move {
            let folder = tempfile::tempdir().unwrap();
            let file = |name: &str| folder.path().join(name);
            let refused = async |source| match unlock(&db, source).await {
                Err(OpError::Unavailable(message)) => message.id.into_owned(),
                other => panic!("{other:?}"),
            };
            assert_eq!(refused(Source::given(file("given"))).await, "seal.no_key");
            let first = unlock(&db, Source::ours(file("ours"))).await.unwrap();
            unlock(&db, Source::ours(file("ours"))).await.unwrap();
            assert_eq!(refused(Source::ours(file("gone"))).await, "seal.no_key");
            assert!(!file("gone").exists(), "a key that opens nothing is not made");
            let other = Source::ours(file("other"));
            other.make().unwrap();
            assert_eq!(refused(other.clone()).await, "seal.wrong_key");
            other
                .add(&Keyring::new(MasterKey::random(), first.keys().keys().cloned().collect()))
                .unwrap();
            unlock(&db, other).await.unwrap();
            std::fs::write(file("bad"), "hello\n").unwrap();
            assert_eq!(refused(Source::given(file("bad"))).await, "seal.bad_key");
            settings::set(&db, CANARY, "00").await.unwrap();
            assert_eq!(refused(Source::ours(file("ours"))).await, "seal.damaged");
        })
        .await;
    }

    #[tokio::test]
    async fn a_new_key_takes_over_and_an_interrupted_change_goes_on() {
        on_both(|engine| async move {
            let actor = Actor::command_line("test");
            let names = fill(&engine, BATCH as usize + 5).await;
            let before = engine.sealer().current();
            // As if it ended after the first batch.
            engine.sealer().source().add(&engine.sealer().keys()).unwrap();
            let keys = engine.sealer().reload().unwrap();
            let tx = engine.db().begin().await.unwrap();
            let mut part = Rotated::default();
            rewrap_batch(&tx, &keys, COLUMN, "", &mut part).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(part.rewrapped, u64::from(BATCH));
            let done = rotate(&engine, &actor).await.unwrap();
            assert_eq!((done.rewrapped, done.failed, done.made), (5, 0, false));
            assert_ne!(done.key, before.to_string());
            // The old key is needed by nothing.
            let alone = Keyring::new(keys.keys().next().unwrap().clone(), Vec::new());
            let found = envelopes(&engine).await;
            assert_eq!(found.len(), names.len());
            for (name, envelope) in found {
                assert_eq!(alone.open(place(&name), &envelope).unwrap().expose(), name.as_bytes());
            }
            let again = rotate(&engine, &actor).await.unwrap();
            assert!(again.made && again.rewrapped == names.len() as u64);
        })
        .await;
    }

    #[tokio::test]
    async fn what_cannot_be_opened_is_counted_and_left() {
        on_both(|engine| async move {
            fill(&engine, 2).await;
            let found = envelopes(&engine).await;
            let [(first, mine), (second, theirs)] = &found[..] else { panic!("{found:?}") };
            assert!(COLUMN.swap(engine.db(), first, mine, theirs.clone()).await.unwrap());
            let done = rotate(&engine, &Actor::command_line("test")).await.unwrap();
            assert_eq!((done.rewrapped, done.failed), (1, 1));
            let after = envelopes(&engine).await;
            assert_eq!(after[0].1, *theirs);
            assert!(engine.sealer().open(place(second), &after[1].1).is_ok());
        })
        .await;
    }

    #[tokio::test]
    async fn only_administrators_change_the_key() {
        databases(|db| async move {
            let (engine, _folder) = engine_on(db).await;
            let nobody = Actor { grants: Vec::new(), ..Actor::command_line("nobody") };
            assert!(matches!(rotate(&engine, &nobody).await, Err(OpError::Denied(_))));
        })
        .await;
    }
}
