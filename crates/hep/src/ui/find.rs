//! Finding: one field that leads to hosts, nouns, runs, views, pages and actions, by a few letters of each. A page of
//! its own, and a dialog over every page (`web/src/find.js`), which asks this page for its list.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hep_core::rights::Verb;
use hep_engine::ops::find::{self, Found, FoundHost};
use hep_engine::ops::{Engine, OpResult};
use hep_engine::store::runs::Run;
use hep_engine::store::search::Noun;

use super::fault::Fault;
use super::form::Query;
use super::frame::Frame;
use super::overview::title;
use super::pages::Pages;
use super::visit::{Member, Visit};
use super::words::Words;
use super::{reply, views};
use crate::terminal::visible;

/// How many of a kind are shown.
const SHOWN: u32 = 6;
/// How many hosts an action is offered for.
const ACTED: u32 = 4;
/// How many actions are offered.
const ACTIONS: usize = 12;

/// The pages of this noun.
pub(super) fn pages() -> Pages {
    Pages::new().get("/find", show)
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    text: String,
    /// What tells it from others of its name.
    detail: String,
    href: String,
}

impl Hit {
    fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), detail: String::new(), href: href.into() }
    }
}

/// What was found of a kind.
struct Group {
    title: &'static str,
    hits: Vec<Hit>,
}

#[derive(Template)]
#[template(path = "find/show.html")]
struct FindPage {
    frame: Frame,
    t: Words,
    text: String,
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "find/options.html")]
struct Options {
    t: Words,
    groups: Vec<Group>,
}

impl Options {
    /// The number of an option among all of them.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "askama gives all by reference")]
    fn number(&self, group: &usize, hit: &usize) -> usize {
        self.groups.iter().take(*group).map(|group| group.hits.len()).sum::<usize>() + hit
    }

    fn many(&self) -> usize {
        self.groups.iter().map(|group| group.hits.len()).sum()
    }
}

async fn show(
    State(engine): State<Engine>,
    Member(visit): Member,
    Query(query): Query,
) -> Result<Response, Fault> {
    let (t, text) = (visit.t, query.word("q"));
    let groups = groups(&engine, &visit, &text).await?;
    if visit.is_partial {
        return Ok(reply::page(&Options { t, groups }));
    }
    let frame = visit.frame(t.find_title());
    Ok(reply::page(&FindPage { frame, t, text, groups }))
}

async fn groups(engine: &Engine, visit: &Visit, text: &str) -> OpResult<Vec<Group>> {
    let t = visit.t;
    let mut groups = vec![
        Group { title: t.find_actions(), hits: actions(engine, visit, text).await? },
        Group { title: t.find_pages(), hits: found_pages(visit, text) },
    ];
    if !text.is_empty() {
        groups.extend(nouns(t, find::all(engine, &visit.actor, text, SHOWN).await?));
    }
    groups.retain(|group| !group.hits.is_empty());
    Ok(groups)
}

/// What operations found, by kind.
fn nouns(t: Words, found: Found) -> Vec<Group> {
    let host = |host: FoundHost| Hit {
        detail: visible::text(&host.address).into_owned(),
        ..Hit::new(host.name.clone(), format!("/ui/hosts/{}", reply::segment(&host.name)))
    };
    let mut groups =
        vec![Group { title: t.hosts_title(), hits: found.hosts.into_iter().map(host).collect() }];
    for noun in Noun::ALL {
        let (title, path) = place(t, noun);
        let names = found.named.iter().filter(|(of, _)| *of == noun);
        let hit = |(_, name): &(Noun, String)| {
            Hit::new(visible::text(name), format!("/ui/{path}/{}", reply::segment(name)))
        };
        groups.push(Group { title, hits: names.map(hit).collect() });
    }
    let run = |run: Run| Hit {
        detail: match run.turn {
            Some(turn) => format!("#{turn} · {}", run.id),
            None => run.id.clone(),
        },
        ..Hit::new(title(&run), format!("/ui/runs/{}", run.id))
    };
    groups.push(Group { title: t.nav_runs(), hits: found.runs.into_iter().map(run).collect() });
    let view = |view: hep_engine::store::views::View| {
        Hit::new(visible::text(&view.said.name), views::address(&view.said))
    };
    groups
        .push(Group { title: t.views_title(), hits: found.views.into_iter().map(view).collect() });
    groups
}

/// What nouns are called, and where they are.
const fn place(t: Words, noun: Noun) -> (&'static str, &'static str) {
    match noun {
        Noun::Group => (t.groups_title(), "groups"),
        Noun::Partition => (t.partitions_title(), "partitions"),
        Noun::Credential => (t.credentials_title(), "credentials"),
        Noun::Job => (t.jobs_title(), "jobs"),
        Noun::Manifest => (t.manifests_title(), "manifests"),
        Noun::Repository => (t.repositories_title(), "repositories"),
        Noun::User => (t.users_title(), "users"),
        Noun::Team => (t.teams_title(), "teams"),
        Noun::Role => (t.roles_title(), "roles"),
    }
}

/// Pages of the menu that have a word that begins so; all of them where nothing is looked for.
fn found_pages(visit: &Visit, text: &str) -> Vec<Hit> {
    let wanted = folded(text);
    let menu = visit.frame("").menu.into_iter().flat_map(|(_, links)| links);
    let fits = |text: &str| {
        let text = folded(text);
        text.starts_with(&wanted) || text.split(' ').any(|word| word.starts_with(&wanted))
    };
    menu.filter(|link| fits(&link.text)).map(|link| Hit::new(link.text, link.href)).collect()
}

/// An action on a host: the right, its words, what it says of one, and its page behind the host's.
type HostAction = (Verb, fn(Words) -> &'static str, fn(Words, &str) -> String, &'static str);

const HOST_ACTIONS: &[HostAction] = &[
    (Verb::Power, Words::find_reboot, |t, host| t.reboot_begun(host), "/reboot"),
    (Verb::Power, Words::find_power_off, |t, host| t.power_off_begun(host), "/power-off"),
    (Verb::Run, Words::find_packages, |t, host| t.find_packages_of(host), "/packages"),
    (Verb::Run, Words::find_services, |t, host| t.find_services_of(host), "/services"),
    (Verb::Run, Words::find_processes, |t, host| t.find_processes_of(host), "/processes"),
    (Verb::Terminal, Words::find_terminal, |t, host| t.find_terminal_on(host), "/terminal"),
    (Verb::Change, Words::find_edit, |t, host| t.kept_edit_title(host), "/edit"),
    (Verb::Change, Words::find_remove, |t, host| t.find_remove_host(host), "/remove"),
];

/// An action on nothing yet: the right (on everything where it says so), its words, what it says, and its page.
type PageAction = (Verb, bool, fn(Words) -> &'static str, fn(Words) -> &'static str, &'static str);

const PAGE_ACTIONS: &[PageAction] = &[
    (Verb::Run, false, Words::find_run, Words::runs_new, "/ui/run"),
    (Verb::Change, false, Words::find_add, Words::hosts_add, "/ui/hosts/-/new"),
    (Verb::Change, false, Words::find_import, Words::hosts_import, "/ui/hosts/-/import"),
    (Verb::Change, true, Words::find_add, Words::groups_add, "/ui/groups/-/new"),
    (Verb::WriteJobs, true, Words::find_add, Words::jobs_add, "/ui/jobs/-/new"),
    (Verb::WriteJobs, true, Words::find_add, Words::manifests_add, "/ui/manifests/-/new"),
    (Verb::Secrets, true, Words::find_add, Words::credentials_add, "/ui/credentials/-/new"),
    (Verb::Administer, true, Words::find_add, Words::users_add, "/ui/users/-/new"),
];

/// Actions whose words the text begins with, on what stands behind them. Each leads to the page that asks.
async fn actions(engine: &Engine, visit: &Visit, text: &str) -> OpResult<Vec<Hit>> {
    let (t, text) = (visit.t, text.trim());
    let mut hits = Vec::new();
    if text.chars().count() < 2 {
        return Ok(hits);
    }
    for (verb, everywhere, words, says, href) in PAGE_ACTIONS {
        let may = if *everywhere { visit.actor.may(*verb) } else { visit.may_somewhere(*verb) };
        let says = says(t);
        let is_meant = folded(says).starts_with(&folded(text))
            || behind(words(t), text).is_some_and(|rest| has(says, rest));
        if may && is_meant {
            hits.push(Hit::new(says, *href));
        }
    }
    for (verb, words, says, tail) in HOST_ACTIONS {
        let Some(rest) = behind(words(t), text) else { continue };
        for host in find::hosts(engine, &visit.actor, *verb, rest, ACTED).await? {
            let name = &host.name;
            let href = format!("/ui/hosts/{}{tail}", reply::segment(name));
            hits.push(Hit { detail: host.address, ..Hit::new(says(t, name), href) });
        }
    }
    hits.extend(runs_on(engine, visit, text).await?);
    hits.truncate(ACTIONS);
    Ok(hits)
}

/// Something run on hosts, jobs and manifests that are named.
async fn runs_on(engine: &Engine, visit: &Visit, text: &str) -> OpResult<Vec<Hit>> {
    let t = visit.t;
    let Some(rest) = behind(t.find_run(), text).filter(|rest| !rest.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut hits = Vec::new();
    for host in find::hosts(engine, &visit.actor, Verb::Run, rest, ACTED).await? {
        let href = format!("/ui/run?selector={}", reply::segment(&host.name));
        hits.push(Hit { detail: host.address, ..Hit::new(t.find_run_on(&host.name), href) });
    }
    for (noun, path, tail, verb) in [
        (Noun::Job, "jobs", "start", Verb::RunJobs),
        (Noun::Manifest, "manifests", "run", Verb::Run),
    ] {
        if !visit.may_somewhere(verb) {
            continue;
        }
        for name in find::names(engine, &visit.actor, noun, rest, ACTED).await? {
            let href = format!("/ui/{path}/{}/{tail}", reply::segment(&name));
            let (title, _) = place(t, noun);
            hits.push(Hit { detail: title.to_owned(), ..Hit::new(t.find_start(name), href) });
        }
    }
    Ok(hits)
}

/// Whether a text has every word of another one.
fn has(text: &str, words: &str) -> bool {
    let text = folded(text);
    folded(words).split_whitespace().all(|word| text.contains(word))
}

/// What stands behind one of some words, of which a text begins with one, or is the beginning of one.
fn behind<'t>(words: &str, text: &'t str) -> Option<&'t str> {
    let lower = folded(text);
    let mut words: Vec<String> = words.split(',').map(|word| folded(word.trim())).collect();
    // The longest first: `power off` is more than `power`.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        // Folding keeps the number of signs, so that the rest begins where it does in the folded text.
        let many = word.chars().count();
        let rest = || text.char_indices().nth(many).map_or("", |(at, _)| &text[at..]);
        if lower.starts_with(word.as_str()) && (rest().is_empty() || rest().starts_with(' ')) {
            return Some(rest().trim());
        }
    }
    words.iter().any(|word| word.starts_with(&lower)).then_some("")
}

/// A text in lower case and without accents, sign by sign.
fn folded(text: &str) -> String {
    let fold = |sign: char| match sign {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    };
    text.chars().filter_map(|sign| sign.to_lowercase().next()).map(fold).collect()
}

#[cfg(test)]
mod tests {
    use hep_engine::ops::{Actor, host};
    use hep_engine::store::hosts::HostInput;

    use super::*;
    use crate::serve::testing::Running;
    use crate::ui::language::Language;
    use crate::ui::testing::Browser;

    #[tokio::test]
    async fn everybody_finds_what_they_may_see_and_do_in_their_language() {
        let server = Running::start(&[]).await;
        let me = Actor::command_line("test");
        for name in ["web1", "web2"] {
            host::create(&server.engine, &me, HostInput::named(name)).await.unwrap();
        }
        let mut viewer = Browser::of(&server, Some("viewer")).await;
        let operator = Browser::of(&server, Some("operator")).await;
        let nobody = Browser::of(&server, None).await;
        let page = viewer.get("/ui/find?q=web").await.expect(200).text;
        assert!(page.contains("href=\"/ui/hosts/web2\""), "{page}");
        let (may, may_not) = (
            operator.get("/ui/find?q=reboot+web1").await.expect(200).text,
            viewer.get("/ui/find?q=reboot+web1").await.expect(200).text,
        );
        assert!(may.contains("href=\"/ui/hosts/web1/reboot\"") && !may_not.contains("/reboot\""));
        assert!(!may.contains("/ui/users"), "what one may not is not offered");
        let none = nobody.get("/ui/find?q=web").await.expect(200).text;
        assert!(!none.contains("/ui/hosts/web") && none.contains("Nothing of that name"), "{none}");
        let odd = viewer.get("/ui/find?q=%3Cb%3Ex").await.expect(200).text;
        assert!(odd.contains("value=\"&#60;b&#62;x\"") && !odd.contains("<b>x"), "{odd}");
        viewer.headers.push(("hx-request", "true"));
        viewer.headers.push(("accept-language", "pt-BR"));
        let part = viewer.get("/ui/find?q=execu").await.expect(200).text;
        assert!(part.contains("role=\"option\"") && part.contains("href=\"/ui/runs\""), "{part}");
        assert!(!part.contains("<html"), "only the list is asked for");
    }

    #[test]
    fn what_stands_behind_a_word_is_what_is_meant() {
        let words = "power off, switch off, desligar";
        let cases = [
            ("power off web1", Some("web1")),
            ("Power OFF  web1 ", Some("web1")),
            ("pow", Some("")),
            ("desligar", Some("")),
            ("power offweb1", None),
            ("web1", None),
            ("reboot web1", None),
        ];
        for (text, rest) in cases {
            assert_eq!(behind(words, text), rest, "{text}");
        }
        assert_eq!(behind("edição", "EDICAO çx"), Some("çx"));
    }

    #[test]
    fn accents_and_case_make_no_difference() {
        for (text, wanted) in [("Visão Geral", "visao geral"), ("AÑADIR", "anadir"), ("ß", "ß")]
        {
            assert_eq!(folded(text), wanted);
        }
        assert!(has("Adicionar usuário", "USUARIO adi") && !has("Adicionar grupo", "usuario"));
    }

    #[test]
    fn every_action_is_found_by_its_own_words() {
        for language in Language::ALL {
            let t = Words { language };
            for (_, words, says, tail) in HOST_ACTIONS {
                let word = words(t).split(',').next().unwrap();
                assert_eq!(behind(words(t), &format!("{word} web1")), Some("web1"), "{tail}");
                assert!(says(t, "web1").contains("web1"), "{tail}");
            }
            for (_, _, words, says, href) in PAGE_ACTIONS {
                assert!(!words(t).is_empty() && !says(t).is_empty(), "{href}");
            }
        }
    }
}
