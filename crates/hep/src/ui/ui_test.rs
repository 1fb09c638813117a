//! Stories of the web page, over real HTTP.

use hep_engine::ops::{Actor, host, run, setup};
use hep_engine::store::hosts::HostInput;

use super::kept_test::{self, Ids};
use super::testing::Browser;
use crate::serve::testing::Running;

/// Pages for whoever has not signed in.
const OPEN: &[&str] = &["/ui/sign-in", "/ui/setup"];
/// Pages that everybody who has signed in may see, perhaps empty.
const FOR_ALL: &[&str] = &[
    "/ui/",
    "/ui/account",
    "/ui/find",
    "/ui/help",
    "/ui/runs",
    "/ui/tokens",
    "/ui/tokens/-/new",
    "/ui/views",
    "/ui/views/-/new",
    "/ui/views/{name}",
];
/// Pages of what is not there for whoever may not see it.
const HIDDEN: &[&str] =
    &["/ui/runs/{id}", "/ui/runs/{id}/sure", "/ui/tokens/{name}", "/ui/tokens/{name}/remove"];

/// What stands in the places of a path.
pub(super) fn filled(path: &str, ids: &Ids, run: &str) -> String {
    let name = match path.split('/').nth(2) {
        Some("grants") => &ids.grant,
        Some("tokens") => &ids.token,
        _ => "web1",
    };
    let path = path.replace("{name}", name).replace("{session}", "none");
    path.replace("{number}", "1").replace("{id}", run)
}

/// Whether it is a page: streams are followed in stories of their own; texts, data and parts are none.
pub(super) fn is_page(path: &str) -> bool {
    let parts = ["/events", "/text", "/-/news", ".json", ".cast", "/socket"];
    !parts.iter().any(|part| path.ends_with(part))
}

/// A run of nobody who has a browser.
async fn run(server: &Running) -> String {
    let said =
        serde_json::json!({"selector": "web1", "subject": {"kind": "command", "line": "true"}});
    let said = serde_json::from_value(said).unwrap();
    run::create(&server.engine, &Actor::command_line("test"), said).await.unwrap().id
}

async fn server() -> (Running, Ids) {
    let server = Running::start(&[]).await;
    let ids = kept_test::fill(&server.engine).await;
    (server, ids)
}

#[tokio::test]
async fn an_administrator_sees_every_page_and_who_may_nothing_sees_none() {
    let (server, ids) = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    let (nobody, guest) = (Browser::of(&server, None).await, Browser::new(&server));
    let run = run(&server).await;
    for (method, path) in super::pages().routes {
        let address = filled(&path, &ids, &run);
        if method != "GET" || OPEN.contains(&path.as_str()) || !is_page(&path) {
            continue;
        }
        let page = admin.get(&address).await.expect(200);
        assert!(page.text.contains("<main"), "{address}: {}", page.text);
        assert!(page.text.trim_end().ends_with("</html>"), "{address}");
        let to = guest.get(&address).await.expect(303);
        assert!(to.header("location").starts_with("/ui/sign-in?next=%2Fui"), "{address}");
        let refused = nobody.get(&address).await;
        let may = match path.as_str() {
            path if FOR_ALL.contains(&path) => 200,
            path if HIDDEN.contains(&path) => 404,
            _ => 403,
        };
        assert_eq!(refused.status, may, "{address}: {}", refused.text);
    }
}

#[tokio::test]
async fn no_form_is_taken_that_is_not_of_the_session() {
    let (server, ids) = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    for (method, path) in super::pages().routes {
        if method != "POST" {
            continue;
        }
        for csrf in ["", "of-another-session"] {
            let refused =
                admin.send(&filled(&path, &ids, "run"), &[("csrf", csrf)]).await.expect(403);
            assert!(refused.text.contains("server.no_csrf"), "{path}: {}", refused.text);
        }
    }
    let mut guest = Browser::new(&server);
    guest.headers = vec![("sec-fetch-site", "cross-site")];
    let fields = [("name", "a-admin"), ("password", "correct horse")];
    let refused = guest.send("/ui/sign-in", &fields).await.expect(403);
    assert!(refused.text.contains("server.cross_site"), "{}", refused.text);
}

#[tokio::test]
async fn browsers_are_told_what_a_page_may_do() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("viewer")).await;
    for path in ["/ui/", "/ui/hosts", "/ui/nowhere", "/ui/sign-in"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        if page.status != 303 {
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn faults_are_pages_that_say_what_to_do() {
    let (server, _) = server().await;
    let (viewer, nobody) =
        (Browser::of(&server, Some("viewer")).await, Browser::of(&server, None).await);
    let missing = viewer.get("/ui/no/such/page").await.expect(404);
    assert!(missing.text.contains("There is no such page"), "{}", missing.text);
    assert!(missing.text.contains("href=\"/ui/hosts\""), "the menu is still there");
    let denied = nobody.get("/ui/hosts").await.expect(403);
    assert!(denied.text.contains("“see”"), "{}", denied.text);
    assert!(!denied.text.contains("href=\"/ui/hosts\""), "what one may not is not offered");
    let wrong = viewer.get("/ui/hosts?selector=web%5B").await.expect(422);
    assert!(wrong.text.contains("aria-invalid=\"true\""), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"web[\""), "what was typed stays: {}", wrong.text);
}

#[tokio::test]
async fn pages_speak_three_languages_and_remember_the_choice() {
    let (server, _) = server().await;
    let mut browser = Browser::of(&server, Some("viewer")).await;
    for (accepted, title) in [("en", "Overview"), ("pt-BR", "Visão geral"), ("es-419", "Resumen")]
    {
        browser.headers = vec![("accept-language", accepted)];
        let page = browser.get("/ui/").await.expect(200);
        assert!(page.text.contains(&format!("<title>{title} ·")), "{}", page.text);
    }
    let chosen = [("language", "pt-BR"), ("theme", "dark"), ("next", "/ui/hosts?text=a")];
    let to = browser.post("/ui/preferences", &chosen).await.expect(303);
    assert_eq!(to.header("location"), "/ui/hosts?text=a");
    let page = browser.get("/ui/hosts").await.expect(200);
    assert!(page.text.contains("<html lang=\"pt-BR\" class=\"pf-v6-theme-dark\">"));
    let away = [("next", "//example.com")];
    let to = browser.post("/ui/preferences", &away).await.expect(303);
    assert_eq!(to.header("location"), "/ui/");
}

#[tokio::test]
async fn the_list_of_hosts_is_filtered_sorted_and_goes_on() {
    let server = Running::start(&[]).await;
    let me = Actor::command_line("test");
    for number in 0..25 {
        let mut said = HostInput::named(&format!("web{number:02}"));
        said.labels.insert("env".into(), if number < 3 { "prod" } else { "test" }.into());
        host::create(&server.engine, &me, said).await.unwrap();
    }
    let browser = Browser::of(&server, Some("viewer")).await;
    let names = |text: &str| -> Vec<String> {
        let links = text.split("href=\"/ui/hosts/web").skip(1);
        links.map(|rest| rest.chars().take(2).collect()).collect()
    };
    let some = browser.get("/ui/hosts?selector=env%3Dprod&sort=-name").await.expect(200);
    assert_eq!(names(&some.text), ["02", "01", "00"]);
    let first = browser.get("/ui/hosts?size=20").await.expect(200);
    assert_eq!(names(&first.text).len(), 20);
    let next = first.text.split("name=\"cursor\" value=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap();
    let next = format!("/ui/hosts?size=20&host=web03&host=web21&cursor={next}");
    let rest = browser.get(&next).await.expect(200);
    assert!(rest.text.contains("value=\"web21\" checked"), "what is ticked stays ticked");
    let hidden = "<input type=\"hidden\" name=\"host\" value=\"web03\">";
    assert!(rest.text.contains(hidden), "and is carried on where it is on another page");
    assert_eq!(names(&rest.text), ["20", "21", "22", "23", "24"]);
    let none = browser.get("/ui/hosts?text=nowhere").await.expect(200);
    assert!(none.text.contains("No host matches"), "{}", none.text);
    let order = browser.get("/ui/hosts?order=-name&sort=name&host=web03&size=20").await.expect(200);
    assert_eq!(names(&order.text)[0], "24");
    assert!(order.text.contains("aria-sort=\"descending\""), "{}", order.text);
    assert!(order.text.contains(hidden), "what is ticked stays ticked in another order");
    assert!(order.text.contains("all 25 that match"), "{}", order.text);
    let all =
        browser.get("/ui/hosts/-/bulk?all=on&text=web2&selector=env%3Dtest").await.expect(200);
    assert!(all.text.contains("Chosen hosts: 5"), "{}", all.text);
    assert!(all.text.contains("value=\"web20,web21,web22,web23,web24\""), "{}", all.text);
    let mut script = Browser::of(&server, Some("operator")).await;
    script.headers = vec![("hx-request", "true")];
    let part = script.get("/ui/hosts").await.expect(200).text;
    assert!(part.trim_start().starts_with("<div id=\"list\" data-follows="), "{part}");
}

#[tokio::test]
async fn columns_are_kept_for_the_person_who_chose_them() {
    let (server, _) = server().await;
    let (viewer, operator) =
        (Browser::of(&server, Some("viewer")).await, Browser::of(&server, Some("operator")).await);
    let usual = viewer.get("/ui/hosts").await.expect(200).text;
    assert!(usual.contains("data-label=\"Groups\"") && !usual.contains("Always show these"));
    let other = viewer.get("/ui/hosts?column=os&column=notes").await.expect(200).text;
    assert!(other.contains("Always show these") && !other.contains("data-label=\"Groups\""));
    let chosen = [("column", "os"), ("column", "notes"), ("column", "none"), ("text", "we")];
    let to = viewer.post("/ui/hosts/-/columns", &chosen).await.expect(303);
    assert_eq!(to.header("location"), "/ui/hosts?text=we");
    let kept = viewer.get("/ui/hosts").await.expect(200).text;
    assert!(kept.contains("data-label=\"Notes\"") && !kept.contains("data-label=\"Groups\""));
    let others = operator.get("/ui/hosts").await.expect(200).text;
    assert!(others.contains("data-label=\"Groups\""), "{others}");
}

#[tokio::test]
async fn hosts_that_are_chosen_become_a_group() {
    let (server, _) = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    let said = [("do", "group"), ("selector", "web1"), ("group", "chosen")];
    let to = admin.post("/ui/hosts/-/bulk", &said).await.expect(303);
    assert_eq!(to.header("location"), "/ui/hosts/-/bulk?selector=%40chosen");
    let page = admin.get(to.header("location")).await.expect(200).text;
    assert!(page.contains("Chosen hosts: 1"), "{page}");
}

#[tokio::test]
async fn signing_in_goes_on_where_one_was_and_signing_out_ends_it() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("viewer")).await;
    browser.get("/ui/").await.expect(200);
    let out = browser.post("/ui/sign-out", &[]).await.expect(303);
    assert_eq!(out.header("location"), "/ui/sign-in");
    let page = browser.get("/ui/sign-in").await.expect(200);
    assert!(page.text.contains("You have signed out."), "{}", page.text);
    let again = browser.get("/ui/sign-in").await.expect(200);
    assert!(!again.text.contains("You have signed out."), "news are told once");
    let wrong = [("name", "a-viewer"), ("password", "wrong"), ("next", "/ui/hosts")];
    let refused = browser.send("/ui/sign-in", &wrong).await.expect(401);
    assert!(refused.text.contains("server.wrong_sign_in"), "{}", refused.text);
    assert!(refused.text.contains("value=\"a-viewer\"") && !refused.text.contains("\"wrong\""));
    let right = [("name", "a-viewer"), ("password", "correct horse"), ("next", "/ui/hosts")];
    let to = browser.send("/ui/sign-in", &right).await.expect(303);
    assert_eq!(to.header("location"), "/ui/hosts");
    browser.get("/ui/hosts").await.expect(200);
}

#[tokio::test]
async fn the_first_administrator_is_made_by_the_link_with_and_without_script() {
    let server = Running::start_empty(&[]).await;
    let token = setup::offer(&server.engine).await.unwrap().unwrap();
    let browser = Browser::new(&server);
    let to = browser.get("/").await.expect(303);
    assert_eq!(to.header("location"), "/ui/");
    browser.get("/ui/").await.expect(303);
    let to = browser.get("/ui/sign-in").await.expect(303);
    assert_eq!(to.header("location"), "/ui/setup");
    let page = browser.get("/ui/setup").await.expect(200);
    assert!(page.text.contains("data-token") && page.text.contains("first administrator"));
    let said = |token, password| [("token", token), ("name", "ana"), ("password", password)];
    let short = browser.send("/ui/setup", &said(token.expose(), "short")).await.expect(422);
    assert!(short.text.contains("pf-m-error") && short.text.contains("value=\"ana\""));
    let wrong = browser.send("/ui/setup", &said("wrong", "correct horse")).await.expect(403);
    assert!(wrong.text.contains("server.no_setup"), "{}", wrong.text);
    let made = browser.send("/ui/setup", &said(token.expose(), "correct horse")).await.expect(303);
    assert_eq!(made.header("location"), "/ui/");
    let page = browser.get("/ui/").await.expect(200);
    assert!(page.text.contains("Welcome, ana"), "{}", page.text);
    browser.get("/ui/setup").await.expect(303);
}

#[tokio::test]
async fn a_link_of_another_site_leads_to_the_page_and_not_to_signing_in() {
    let (server, _) = server().await;
    let mut guest = Browser::new(&server);
    guest.headers = vec![("sec-fetch-site", "cross-site")];
    let again = guest.get("/ui/hosts?text=%22%3E").await.expect(200);
    let refresh = "http-equiv=\"refresh\" content=\"0; url=/ui/hosts?text=%22%3E\"";
    assert!(again.text.contains(refresh), "{}", again.text);
}

#[tokio::test]
async fn files_of_the_bundle_are_kept_for_good_and_packed() {
    let (server, _) = server().await;
    let browser = Browser::new(&server);
    let Some(css) = super::assets::address("app.css") else {
        // Without `make web` pages say so instead of asking for what is not there.
        let page = browser.get("/ui/sign-in").await.expect(200);
        assert!(page.text.contains("make web"), "{}", page.text);
        return;
    };
    let file = browser.get(&css).await.expect(200);
    assert!(file.header("cache-control").contains("immutable"));
    assert!(file.header("content-type").starts_with("text/css"));
    browser.get("/ui/assets/app-0000.css").await.expect(404);
}
