//! Views: lists that somebody wants to see again as they are, with filter, columns and order. What stands beside a
//! list (`part/views.html`), and the pages of all of them.

use axum::extract::State;
use axum::response::Response;
use hep_engine::ops::{Actor, Engine, OpResult, view};
use hep_engine::store::views::{View, ViewInput};

use hep_core::rights::Verb;

use super::fault::Fault;
use super::flash::Flash;
use super::form::Form;
use super::frame::{Link, Section};
use super::kept::field::Field;
use super::kept::shown::{self, Action, Cell, Fact, Piece};
use super::kept::{self, Kept, Titles};
use super::pages::Pages;
use super::reply;
use super::visit::{Member, Visit};
use super::words::Words;
use crate::terminal::visible;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    kept::all::<Views>().post("/views/-/save", save)
}

/// The views of a list, beside it.
pub(super) struct Beside {
    /// The list, as operations call it.
    pub(super) list: &'static str,
    /// The filter, the columns and the order that it has now.
    pub(super) query: String,
    /// Its views.
    pub(super) views: Vec<Link>,
    /// Whether the visitor may give one to everybody.
    pub(super) may_share: bool,
}

impl Beside {
    /// The views of a list that was asked for with `query`, of which `fields` are what a view keeps.
    pub(super) async fn of(
        engine: &Engine,
        visit: &Visit,
        list: &'static str,
        (query, fields): (&Form, &[&str]),
    ) -> OpResult<Self> {
        let query = query.only(fields);
        let views = view::of_list(engine, &visit.actor, list).await?;
        let link = |view: &View| Link {
            text: visible::text(&view.said.name).into_owned(),
            href: address(&view.said),
            is_here: view.said.query == query,
        };
        let views = views.iter().map(link).collect();
        Ok(Self { list, query, views, may_share: view::may_share(&visit.actor) })
    }
}

/// Where the list is as a view has it.
pub(super) fn address(said: &ViewInput) -> String {
    match said.query.is_empty() {
        true => format!("/ui/{}", said.list),
        false => format!("/ui/{}?{}", said.list, said.query),
    }
}

/// Keeps the list as it stands beside the form.
async fn save(
    State(engine): State<Engine>,
    Member(visit): Member,
    form: Form,
) -> Result<Response, Fault> {
    let said = said(&form);
    let back = address(&said);
    match view::create(&engine, &visit.actor, said).await {
        Ok(view) => {
            let flash = Flash::done(visit.t.views_saved(visible::text(&view.said.name)));
            Ok(reply::go_and_say(&visit, &back, flash))
        }
        Err(error) => kept::new_again::<Views>(&engine, &visit, error, &form).await,
    }
}

/// The noun.
struct Views;

impl Kept for Views {
    kept::by_word! { view: View named (said.name), found by (id), said by |form| said(form) }

    /// Whether they may give one to everybody.
    type Choices = bool;

    const SECTION: Section = Section::Views;
    const PATH: &'static str = "views";
    const WRITES: &'static [Verb] = &[];
    const WHAT: &'static str = "views";

    fn titles(t: Words) -> Titles {
        Titles {
            many: t.views_title(),
            intro: t.views_intro(),
            add: t.views_add(),
            none: t.views_none(),
            loss: t.views_loss(),
        }
    }

    fn called(key: &str, form: &Form) -> String {
        form.optional("name").unwrap_or_else(|| key.to_owned())
    }

    fn may_change(actor: &Actor, view: &View) -> bool {
        view::may_change(actor, view)
    }

    fn must_change(actor: &Actor, view: &View) -> OpResult<()> {
        view::must_change(actor, view)
    }

    fn heads(t: Words) -> Vec<&'static str> {
        vec![t.views_list(), t.views_whose(), t.views_see()]
    }

    fn row(t: Words, view: &View) -> Vec<Cell> {
        let see = Piece::Link(t.views_open().to_owned(), address(&view.said));
        vec![shown::text(t.list_title(&view.said.list)), shown::text(whose(t, view)), vec![see]]
    }

    fn facts(t: Words, view: &View) -> Vec<Fact> {
        let mut facts = vec![
            Fact::new(t.views_list(), shown::text(t.list_title(&view.said.list))),
            Fact::new(t.views_whose(), shown::text(whose(t, view))),
            Fact::new(t.views_query(), shown::code(&view.said.query)),
        ];
        facts.extend(shown::stamps(t, &view.created, Some(&view.modified)));
        facts
    }

    fn actions(visit: &Visit, view: &View) -> Vec<Action> {
        vec![Action::main(visit.t.views_open(), address(&view.said))]
    }

    async fn choices(_: &Engine, actor: &Actor) -> OpResult<bool> {
        Ok(view::may_share(actor))
    }

    fn filled(view: Option<&View>) -> Form {
        let Some(View { said, .. }) = view else { return Form::of([("list", "hosts")]) };
        let shared = if said.shared { "yes" } else { "" };
        Form::of([
            ("name", said.name.as_str()),
            ("list", &said.list),
            ("query", &said.query),
            ("shared", shared),
        ])
    }

    fn fields(t: Words, form: &Form, may_share: &bool, _: bool) -> Vec<Field> {
        let lists = view::LISTS.map(|list| (list, t.list_title(list)));
        let mut fields = vec![
            Field::line(form, "name", t.kept_name()).required(),
            Field::one(form, "list", t.views_list(), lists),
            Field::line(form, "query", t.views_query())
                .code()
                .hint(t.views_query_hint("selector=web*&sort=-seen")),
        ];
        if *may_share {
            fields.push(Field::tick(form, "shared", t.views_share()));
        }
        fields
    }
}

fn whose(t: Words, view: &View) -> &'static str {
    if view.said.shared { t.views_everybody() } else { t.views_own() }
}

impl Words {
    /// What a list is called.
    fn list_title(self, list: &str) -> &'static str {
        match list {
            "hosts" => self.hosts_title(),
            "runs" => self.nav_runs(),
            _ => self.audit_title(),
        }
    }
}

fn said(form: &Form) -> ViewInput {
    ViewInput {
        name: form.word("name"),
        list: form.word("list"),
        query: form.word("query"),
        shared: form.is_on("shared"),
    }
}

#[cfg(test)]
mod tests {
    use crate::serve::testing::Running;
    use crate::ui::testing::Browser;

    #[tokio::test]
    async fn a_view_is_saved_beside_its_list_and_seen_by_who_has_it() {
        let server = Running::start(&[]).await;
        let (admin, viewer) =
            (Browser::of(&server, Some("admin")).await, Browser::of(&server, Some("viewer")).await);
        let query = "selector=web%2A&sort=-seen&column=state&column=os";
        let beside = admin.get(&format!("/ui/hosts?cursor=&{query}&host=web1")).await.expect(200);
        let kept =
            "name=\"query\" value=\"selector=web*&#38;sort=-seen&#38;column=state&#38;column=os\"";
        assert!(beside.text.contains(kept), "{}", beside.text);
        let list = ("list", "hosts");
        let own = [("name", "Mine & hers"), list, ("query", "selector=web*&sort=-seen")];
        let to = admin.post("/ui/views/-/save", &own).await.expect(303);
        assert_eq!(to.header("location"), "/ui/hosts?selector=web*&sort=-seen");
        let shared = [("name", "Everybody"), list, ("query", "state=problem"), ("shared", "yes")];
        admin.post("/ui/views/-/save", &shared).await.expect(303);
        let refused = viewer.post("/ui/views/-/save", &shared).await.expect(403);
        assert!(refused.text.contains("server.denied"), "{}", refused.text);
        let again = admin.post("/ui/views/-/save", &own).await.expect(409);
        assert!(again.text.contains("value=\"Mine &#38; hers\""), "what was typed stays");
        let (hers, others) = (
            admin.get("/ui/hosts?selector=web*&sort=-seen").await.expect(200).text,
            viewer.get("/ui/hosts").await.expect(200).text,
        );
        assert!(hers.contains("Mine &#38; hers") && hers.contains("aria-current=\"page\""));
        assert!(others.contains("Everybody") && !others.contains("Mine &#38; hers"), "{others}");
        assert!(!others.contains("name=\"shared\""), "what one may not is not offered");
        let runs = viewer.get("/ui/runs").await.expect(200).text;
        assert!(!runs.contains("Everybody"), "a view is of one list");
    }
}
