//! The server's inside on an empty database of each kind, for a test.

use std::future::Future;

use tempfile::TempDir;

use super::Engine;
use crate::master_key::Source;
use crate::store::Db;
use crate::store::testing;

/// The server's inside on a database; its master key lies in the folder.
pub(crate) async fn engine_on(db: Db) -> (Engine, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::ours(folder.path().join("master.key"));
    (Engine::on(db, source).await.unwrap(), folder)
}

/// Runs a story on SQLite, then on PostgreSQL.
pub(crate) async fn on_both<F: Future<Output = ()>>(story: impl Fn(Engine) -> F) {
    testing::on_both(|db| async {
        let (engine, _folder) = engine_on(db).await;
        story(engine).await;
    })
    .await;
}
