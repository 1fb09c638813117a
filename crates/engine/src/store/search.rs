//! Nouns by a part of their names.

use super::db::{Result, Sql, sql};
use super::{like, like_part};

/// A table whose rows have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Groups of hosts.
    Group,
    /// Partitions of hosts.
    Partition,
    /// Credentials.
    Credential,
    /// Jobs.
    Job,
    /// Manifests.
    Manifest,
    /// Repositories.
    Repository,
    /// Users.
    User,
    /// Teams.
    Team,
    /// Roles.
    Role,
}

impl Noun {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Group,
        Self::Job,
        Self::Manifest,
        Self::Partition,
        Self::Credential,
        Self::Repository,
        Self::User,
        Self::Team,
        Self::Role,
    ];

    const fn table(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Partition => "partitions",
            Self::Credential => "credentials",
            Self::Job => "jobs",
            Self::Manifest => "manifests",
            Self::Repository => "repositories",
            Self::User => "users",
            Self::Team => "teams",
            Self::Role => "roles",
        }
    }
}

/// Names that hold a text, whatever the case of ASCII letters: those that begin with it first, then in their order.
pub async fn names(from: &dyn Sql, noun: Noun, text: &str, limit: u32) -> Result<Vec<String>> {
    let begins = format!("{}%", like_part(&text.to_ascii_lowercase()));
    let query = sql("SELECT name FROM ").and(noun.table());
    let query = query.and_bind(" WHERE lower(name) LIKE ? ESCAPE '!'", like(text));
    let query = query.and_bind(" ORDER BY CASE WHEN lower(name) LIKE ? ESCAPE '!'", begins);
    let query = query.and(" THEN 0 ELSE 1 END, name").and_bind(" LIMIT ?", limit);
    from.all(query).await?.iter().map(|row| row.get("name")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::teams::{self, TeamInput};
    use super::super::testing::on_both;
    use super::*;

    #[tokio::test]
    async fn names_that_begin_with_it_come_first() {
        on_both(|db| async move {
            for name in ["a-web", "Web-2", "web_1", "db"] {
                let said = TeamInput { name: name.into(), ..TeamInput::default() };
                teams::insert(&db, &said, "test").await.unwrap();
            }
            let found = async |text, limit| names(&db, Noun::Team, text, limit).await.unwrap();
            let mut web = found("WEB", 9).await;
            assert_eq!(web.pop().as_deref(), Some("a-web"));
            web.sort();
            assert_eq!(web, ["Web-2", "web_1"]);
            assert_eq!(found("web_", 9).await, ["web_1"]);
            assert_eq!(found("", 2).await.len(), 2);
            for noun in Noun::ALL {
                assert!(names(&db, noun, "nothing of that name", 9).await.unwrap().is_empty());
            }
        })
        .await;
    }
}
