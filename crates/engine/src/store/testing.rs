//! An empty, migrated database of each kind for a test. PostgreSQL must be there: `HEP_TEST_POSTGRES` is its
//! address, and `fleet/with-postgres` starts one.

use std::future::Future;

use super::db::{Db, Sql as _, sql};
use super::migrate::{Older, migrate};

/// The variable with the address of a PostgreSQL whose user may create databases.
const ADDRESS: &str = "HEP_TEST_POSTGRES";

/// Runs a story on SQLite, then on PostgreSQL.
pub(crate) async fn on_both<F: Future<Output = ()>>(story: impl Fn(Db) -> F) {
    on_both_empty(async |db: Db| {
        migrate(&db, Older::Spare).await.unwrap();
        story(db).await;
    })
    .await;
}

/// The same where the database has no schema yet.
pub(crate) async fn on_both_empty(story: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hep.db");
    let db = Db::open(&format!("sqlite:{}", file.display())).await.unwrap();
    story(db.clone()).await;
    db.close().await;

    let server = postgres_address();
    let name = format!("hep_{}", crate::token::token());
    let admin = Db::open(&server).await.unwrap();
    create(&admin, &name).await;
    let address = server.replacen("/postgres?", &format!("/{name}?"), 1);
    assert_ne!(address, server, "{ADDRESS} must end in /postgres?…");
    let db = Db::open(&address).await.unwrap();
    story(db.clone()).await;
    db.close().await;
    drop_database(&admin, &name).await;
    admin.close().await;
}

/// Runs a story with a folder for SQLite files and the address of an empty PostgreSQL database.
pub(crate) async fn with_addresses<F: Future<Output = ()>>(
    story: impl FnOnce(tempfile::TempDir, String) -> F,
) {
    let server = postgres_address();
    let name = format!("hep_{}", crate::token::token());
    let admin = Db::open(&server).await.unwrap();
    create(&admin, &name).await;
    let address = server.replacen("/postgres?", &format!("/{name}?"), 1);
    story(tempfile::tempdir().unwrap(), address).await;
    drop_database(&admin, &name).await;
    admin.close().await;
}

fn postgres_address() -> String {
    std::env::var(ADDRESS).unwrap_or_else(|_| {
        panic!(
            "{ADDRESS} must name a PostgreSQL: run the tests by `make`, or in fleet/with-postgres"
        )
    })
}

async fn create(admin: &Db, name: &str) {
    // The name is ours: letters and digits.
    let text: &'static str = format!("CREATE DATABASE {name}").leak();
    admin.run(sql(text)).await.unwrap();
}

async fn drop_database(admin: &Db, name: &str) {
    let text: &'static str = format!("DROP DATABASE {name} WITH (FORCE)").leak();
    admin.run(sql(text)).await.unwrap();
}
