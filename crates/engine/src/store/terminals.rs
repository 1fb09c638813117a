//! Terminals: the tickets that open one, and what one stands on while it is open.

use super::db::{Result, Sql, sql};
use super::now_ms;
use super::runs::{COLUMNS, Run, read};

/// Lets a session open a terminal on a host, until a time in milliseconds since 1970.
pub async fn allow(
    into: &dyn Sql,
    hash: &str,
    session: &str,
    host: &str,
    expires_ms: i64,
) -> Result<()> {
    let old = sql("DELETE FROM terminal_tickets WHERE expires_ms <= $1");
    into.run(old.bind(now_ms())).await?;
    let query = sql("INSERT INTO terminal_tickets (hash, session_id, host_id, expires_ms)
         VALUES ($1, $2, $3, $4)");
    into.run(query.bind(hash).bind(session).bind(host).bind(expires_ms)).await.map(drop)
}

/// Takes a ticket, so that nobody else can; whether it was good for this session and this host.
pub async fn take(into: &dyn Sql, hash: &str, session: &str, host: &str) -> Result<bool> {
    let query = sql("DELETE FROM terminal_tickets WHERE hash = $1 AND session_id = $2
         AND host_id = $3 AND expires_ms > $4");
    let query = query.bind(hash).bind(session).bind(host).bind(now_ms());
    Ok(into.run(query).await? > 0)
}

/// How many terminals a user has open, on all nodes. Within a transaction that has the user's row it stays so.
pub async fn open(from: &dyn Sql, user: &str) -> Result<i64> {
    let query = sql("SELECT COUNT(*) AS many FROM runs WHERE kind = 'terminal' AND actor_id = $1
         AND state IN ('queued', 'running', 'cancelling')");
    match from.one(query.bind(user)).await? {
        Some(row) => row.get("many"),
        None => Ok(0),
    }
}

/// Gives a new run to a node at once, before any other can take it.
pub async fn hold(into: &dyn Sql, run: &str, node: &str) -> Result<Option<Run>> {
    let query = sql("UPDATE runs SET state = 'running', node_id = $1, fence = 1, lease = 1,
            started_ms = $2 WHERE id = $3 AND state = 'queued' RETURNING ")
    .and(COLUMNS);
    let query = query.bind(node).bind(now_ms()).bind(run);
    into.one(query).await?.as_ref().map(read).transpose()
}

/// On what a terminal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the user may sign in.
    pub enabled: bool,
    /// The hash of the user's password.
    pub password: Option<String>,
    /// When the session ends in any case, in milliseconds since 1970.
    pub expires_ms: i64,
}

/// How a session stands; nothing of one that has ended.
pub async fn standing(from: &dyn Sql, session: &str) -> Result<Option<Standing>> {
    let query = sql("SELECT u.enabled AS enabled, u.password_hash AS password_hash,
            s.expires_ms AS expires_ms
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1");
    let Some(row) = from.one(query.bind(session)).await? else { return Ok(None) };
    Ok(Some(Standing {
        enabled: row.get("enabled")?,
        password: row.get("password_hash")?,
        expires_ms: row.get("expires_ms")?,
    }))
}

#[cfg(test)]
mod tests {
    use hep_core::run::RunState;

    use super::super::runs::{self, Hold, NewRun, Step};
    use super::super::sessions::{self, Begin};
    use super::super::testing::on_both;
    use super::super::users::{self, UserInput};
    use super::super::{Db, leases};
    use super::*;

    async fn session(db: &Db, hash: &str) -> (String, String) {
        let said = UserInput { name: hash.into(), enabled: true, ..UserInput::default() };
        let user = users::insert(db, &said, Some("secret"), "test").await.unwrap();
        let expires_ms = now_ms() + 600_000;
        let begin =
            Begin { user_id: &user, hash, csrf: "x", address: "::1", agent: "test", expires_ms };
        (sessions::insert(db, &begin).await.unwrap(), user)
    }

    #[tokio::test]
    async fn a_ticket_is_good_once_for_one_session_and_host_and_not_for_long() {
        on_both(|db| async move {
            let (ana, user) = session(&db, "ana").await;
            let (bob, _) = session(&db, "bob").await;
            allow(&db, "t", &ana, "h", now_ms() + 60_000).await.unwrap();
            allow(&db, "old", &ana, "h", now_ms() - 1).await.unwrap();
            for (hash, session, host, good) in [
                ("t", &bob, "h", false),
                ("t", &ana, "other", false),
                ("x", &ana, "h", false),
                ("old", &ana, "h", false),
                ("t", &ana, "h", true),
                ("t", &ana, "h", false),
            ] {
                assert_eq!(take(&db, hash, session, host).await.unwrap(), good, "{hash} {host}");
            }
            allow(&db, "next", &ana, "h", now_ms() + 60_000).await.unwrap();
            sessions::delete(&db, &user, &ana).await.unwrap();
            assert!(!take(&db, "next", &ana, "h").await.unwrap(), "it goes with its session");
        })
        .await;
    }

    #[tokio::test]
    async fn a_terminal_is_held_at_once_and_counted_while_it_is_open() {
        on_both(|db| async move {
            let new = NewRun {
                kind: "terminal",
                subject: "{}".into(),
                strategy: "{}".into(),
                selector: "a".into(),
                actor: ("user", Some("u1".into()), "ana".into()),
                ..NewRun::default()
            };
            let id = runs::insert(&db, &new).await.unwrap();
            let run = hold(&db, &id, "n1").await.unwrap().unwrap();
            assert_eq!((run.state, run.node.as_deref()), (RunState::Running, Some("n1")));
            assert!(hold(&db, &id, "n2").await.unwrap().is_none());
            assert!(leases::claim(&db, "n2", &[]).await.unwrap().is_none());
            assert_eq!(leases::renew(&db, "n1").await.unwrap().len(), 1);
            assert_eq!(open(&db, "u1").await.unwrap(), 1);
            assert_eq!(open(&db, "u2").await.unwrap(), 0);
            let held = Hold { id, node: "n1".into(), fence: run.fence };
            let end = Step::End(RunState::Succeeded, String::new());
            assert!(runs::step(&db, &held, &end).await.unwrap());
            assert_eq!(open(&db, "u1").await.unwrap(), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_terminal_stands_on_is_seen_to_go() {
        on_both(|db| async move {
            let (id, user) = session(&db, "ana").await;
            let before = standing(&db, &id).await.unwrap().unwrap();
            assert!(before.enabled && before.password.as_deref() == Some("secret"));
            users::set_password(&db, &user, Some("other"), "test").await.unwrap();
            let after = standing(&db, &id).await.unwrap().unwrap();
            assert_ne!(before.password, after.password);
            sessions::delete(&db, &user, &id).await.unwrap();
            assert_eq!(standing(&db, &id).await.unwrap(), None);
        })
        .await;
    }
}
