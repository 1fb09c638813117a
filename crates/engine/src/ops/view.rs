//! Views: lists of the page that people keep with their filter, columns and order, for themselves or for everybody.

use hep_core::message::register as say;
use hep_core::rights::Verb;
use serde_json::Value;

use super::Engine;
use super::actor::{Actor, ActorKind, Object};
use super::error::{OpError, OpResult, on_write, written};
use super::page::{Page, Paging, page_by};
use super::patch::Edit;
use crate::store::views::{self, Filter, View, ViewInput};
use crate::store::{Sql, users};

const KIND: &str = "view";
/// What the right to shared ones is refused for.
const WHAT: &str = "shared views";
/// The lists that can have views.
pub const LISTS: [&str; 3] = ["hosts", "runs", "audit"];
/// The list that only administrators see.
const AUDIT: &str = "audit";
/// The longest name and the longest query, in characters.
const LONGEST_NAME: usize = 100;
const LONGEST_QUERY: usize = 4000;
/// How many views stand beside a list.
const SHOWN: u32 = 100;
/// What stands between a name and an id in a cursor; no name holds it.
const BETWEEN: char = '\n';

impl<'a> From<&'a View> for Object<'a> {
    fn from(view: &'a View) -> Self {
        Self { kind: KIND, id: Some(&view.id), name: &view.said.name }
    }
}

/// Whether the actor may make, change and remove views that everybody has.
pub fn may_share(actor: &Actor) -> bool {
    actor.may(Verb::Change)
}

/// Whether the actor may change this view.
pub fn may_change(actor: &Actor, view: &View) -> bool {
    !view.said.shared || may_share(actor)
}

/// A page of the actor's own views and those that everybody has, by name.
pub async fn list(engine: &Engine, actor: &Actor, paging: &Paging) -> OpResult<Page<View>> {
    let limit = paging.limit()?;
    let user = user(engine.db(), actor).await?;
    let after = paging.after()?;
    let after = after.as_deref().map(|key| key.split_once(BETWEEN).unwrap_or((key, "")));
    let filter = Filter { after, ..visible(actor, user.as_deref()) };
    let found = views::list(engine.db(), filter, limit + 1).await?;
    Ok(page_by(found, limit, |view| format!("{}{BETWEEN}{}", view.said.name, view.id)))
}

/// The views of a list, by name.
pub async fn of_list(engine: &Engine, actor: &Actor, list: &str) -> OpResult<Vec<View>> {
    let user = user(engine.db(), actor).await?;
    let filter = Filter { list: Some(list), ..visible(actor, user.as_deref()) };
    Ok(views::list(engine.db(), filter, SHOWN).await?)
}

/// A view, by its id or its name.
pub async fn show(engine: &Engine, actor: &Actor, name: &str) -> OpResult<View> {
    load(engine.db(), actor, name).await
}

/// Keeps a view.
pub async fn create(engine: &Engine, actor: &Actor, said: ViewInput) -> OpResult<View> {
    check(&said)?;
    let tx = engine.db().begin().await?;
    let owner = owner(&tx, actor, &said).await?;
    let made = views::insert(&tx, &said, owner, &actor.name).await;
    let id = made.map_err(|error| on_write(error, KIND, &said.name))?;
    let object = Object { kind: KIND, id: Some(&id), name: &said.name };
    actor.made_as(&tx, object, &id, Some(detail(&said))).await?;
    let view = load(&tx, actor, &id).await?;
    tx.commit().await?;
    Ok(view)
}

/// Changes a view; with a version only if it still has that one.
pub async fn change(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
    edit: Edit<ViewInput, &Value>,
) -> OpResult<View> {
    let tx = engine.db().begin().await?;
    let before = load(&tx, actor, name).await?;
    must_change(actor, &before)?;
    let said = edit.over(&before.said)?;
    check(&said)?;
    let owner = owner(&tx, actor, &said).await?;
    let at = (before.id.as_str(), version.unwrap_or(before.version));
    let done = views::update(&tx, at, &said, owner, &actor.name).await;
    written(done, KIND, name, &said.name)?;
    actor.did(&tx, "view.update", Object::from(&before), "done", Some(detail(&said))).await?;
    let view = load(&tx, actor, &before.id).await?;
    tx.commit().await?;
    Ok(view)
}

/// Removes a view; what it shows stays.
pub async fn delete(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    version: Option<i64>,
) -> OpResult<()> {
    let tx = engine.db().begin().await?;
    let view = load(&tx, actor, name).await?;
    must_change(actor, &view)?;
    let gone = views::delete(&tx, &view.id, version.unwrap_or(view.version)).await;
    written(gone, KIND, name, name)?;
    actor.did(&tx, "view.delete", Object::from(&view), "done", Some(detail(&view.said))).await?;
    Ok(tx.commit().await?)
}

fn detail(said: &ViewInput) -> Value {
    serde_json::json!({ "list": said.list, "shared": said.shared })
}

/// The id of the user who asks, by themselves or by a token; nobody's is whoever opens the database itself.
pub(super) async fn user(from: &dyn Sql, actor: &Actor) -> OpResult<Option<String>> {
    if actor.kind == ActorKind::User {
        return Ok(actor.id.clone());
    }
    match actor.user_name() {
        None => Ok(None),
        Some(name) => Ok(users::by_name(from, name).await?.map(|user| user.id)),
    }
}

fn visible<'f>(actor: &Actor, user: Option<&'f str>) -> Filter<'f> {
    let without = (!actor.may(Verb::Administer)).then_some(AUDIT);
    Filter { user, without, ..Filter::default() }
}

async fn load(from: &dyn Sql, actor: &Actor, name: &str) -> OpResult<View> {
    let user = user(from, actor).await?;
    let view = views::find(from, visible(actor, user.as_deref()), name).await?;
    view.ok_or_else(|| OpError::not_found(KIND, name))
}

/// Refuses unless the actor may change this view.
pub fn must_change(actor: &Actor, view: &View) -> OpResult<()> {
    if view.said.shared { actor.must(Verb::Change, WHAT) } else { Ok(()) }
}

/// Whose view it is going to be: nobody's where everybody has it.
async fn owner(from: &dyn Sql, actor: &Actor, said: &ViewInput) -> OpResult<Option<String>> {
    if said.list == AUDIT {
        actor.must(Verb::Administer, WHAT)?;
    }
    if said.shared {
        actor.must(Verb::Change, WHAT)?;
        return Ok(None);
    }
    let missing = || OpError::invalid("shared", say::view_of_nobody());
    user(from, actor).await?.map(Some).ok_or_else(missing)
}

fn check(said: &ViewInput) -> OpResult<()> {
    let fits = |text: &str, longest| {
        text.chars().count() <= longest && !text.chars().any(char::is_control)
    };
    let name = &said.name;
    if name.is_empty() || name.trim() != name || !fits(name, LONGEST_NAME) {
        return Err(OpError::invalid("name", say::bad_view_name(LONGEST_NAME)));
    }
    if !LISTS.contains(&said.list.as_str()) {
        return Err(OpError::invalid("list", say::bad_view_list(&said.list, LISTS.join(", "))));
    }
    if !fits(&said.query, LONGEST_QUERY) || said.query.contains(['#', '?', ' ']) {
        return Err(OpError::invalid("query", say::bad_view_query(LONGEST_QUERY)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hep_core::rights::Grant;

    use super::super::testing::on_both;
    use super::super::user;
    use super::*;

    fn said(name: &str, list: &str, shared: bool) -> ViewInput {
        ViewInput { name: name.into(), list: list.into(), query: "sort=-seen".into(), shared }
    }

    /// A user who may do these things to everything.
    async fn person(engine: &Engine, name: &str, verbs: &[Verb]) -> Actor {
        let root = Actor::command_line("test");
        let new = user::NewUser::named(name);
        let id = user::create(engine, &root, new).await.unwrap().id;
        let grant = Grant { verbs: verbs.iter().copied().collect(), ..root.grants[0].clone() };
        Actor {
            kind: ActorKind::User,
            id: Some(id),
            grants: vec![grant],
            ..Actor::command_line(name)
        }
    }

    #[tokio::test]
    async fn everybody_has_their_own_views_and_some_share_theirs() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            let ana = person(&engine, "ana", &[Verb::View]).await;
            let bob = person(&engine, "bob", &[Verb::View, Verb::Change]).await;
            let own = create(&engine, &ana, said("Silent ones", "hosts", false)).await.unwrap();
            let all = create(&engine, &bob, said("Silent ones", "hosts", true)).await.unwrap();
            assert_eq!(of_list(&engine, &ana, "hosts").await.unwrap().len(), 2);
            let seen = of_list(&engine, &bob, "hosts").await.unwrap();
            assert_eq!(seen, std::slice::from_ref(&all));
            assert_eq!(show(&engine, &ana, "Silent ones").await.unwrap(), own);
            let hidden = show(&engine, &bob, &own.id).await;
            assert!(matches!(hidden, Err(OpError::NotFound(_))), "{hidden:?}");
            let refused = [
                create(&engine, &ana, said("Mine", "hosts", true)).await.err(),
                change(
                    &engine,
                    &ana,
                    &own.id,
                    None,
                    Edit::Part(&serde_json::json!({"shared": true})),
                )
                .await
                .err(),
                delete(&engine, &ana, &all.id, None).await.err(),
                create(&engine, &bob, said("Who", "audit", false)).await.err(),
            ];
            for error in refused {
                assert!(matches!(error, Some(OpError::Denied(_))), "{error:?}");
            }
            let twice = create(&engine, &ana, said("Silent ones", "hosts", false)).await;
            assert!(matches!(twice, Err(OpError::Conflict(_))), "{twice:?}");
            let renamed = serde_json::json!({"name": "Away"});
            let stale = change(&engine, &ana, &own.id, Some(7), Edit::Part(&renamed)).await;
            assert!(matches!(stale, Err(OpError::Stale(_))), "{stale:?}");
            let away = change(&engine, &ana, &own.id, Some(1), Edit::Part(&renamed)).await.unwrap();
            assert_eq!((away.said.name.as_str(), away.version), ("Away", 2));
            delete(&engine, &ana, "Away", None).await.unwrap();
            create(&engine, &root, said("Denied", "audit", true)).await.unwrap();
            let first = Paging { limit: Some(1), cursor: None };
            let first = list(&engine, &root, &first).await.unwrap();
            assert_eq!(first.items[0].said.name, "Denied");
            let rest = Paging { limit: Some(9), cursor: first.next };
            assert_eq!(list(&engine, &root, &rest).await.unwrap().items, [all]);
            assert_eq!(list(&engine, &ana, &Paging::default()).await.unwrap().items.len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_no_view_is_refused_at_its_field() {
        on_both(|engine| async move {
            let root = Actor::command_line("test");
            let cases = [
                (said("", "hosts", true), "name"),
                (said(" x", "hosts", true), "name"),
                (said("a\u{7}", "hosts", true), "name"),
                (said(&"x".repeat(101), "hosts", true), "name"),
                (said("a", "users", true), "list"),
                (ViewInput { query: "a=1#b".into(), ..said("a", "hosts", true) }, "query"),
                (ViewInput { query: "x".repeat(4001), ..said("a", "hosts", true) }, "query"),
                (said("a", "hosts", false), "shared"),
            ];
            for (said, wrong) in cases {
                let refused = create(&engine, &root, said.clone()).await;
                let is_at = matches!(&refused, Err(OpError::Invalid { field, .. }) if *field == Some(wrong));
                assert!(is_at, "{said:?}: {refused:?}");
            }
        })
        .await;
    }
}
