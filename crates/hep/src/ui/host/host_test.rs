//! Stories of the pages of hosts, over real HTTP. No node runs beside them: what is begun stays queued.

use hep_engine::ops::page::Paging;
use hep_engine::ops::session::Origin;
use hep_engine::ops::{Actor, credential, host, run};
use hep_engine::store::hosts::HostInput;
use hep_engine::store::runs::Filter;

use super::{Place, Tab};
use crate::serve::testing::Running;
use crate::ui::testing::Browser;
use crate::ui::visit::Visit;
use crate::ui::words::Words;

fn me() -> Actor {
    Actor::command_line("test")
}

/// A server with some hosts.
pub(super) async fn server() -> Running {
    let server = Running::start(&[]).await;
    for name in ["web1", "web2", "db1"] {
        let said =
            HostInput { notes: "<script>alert(1)</script>".into(), ..HostInput::named(name) };
        host::create(&server.engine, &me(), said).await.unwrap();
    }
    server
}

/// A host whose pages show what it said, and who looks at them.
pub(super) async fn place(server: &Running, tab: Tab) -> (Place, Words) {
    let (parts, ()) = axum::http::Request::new(()).into_parts();
    let mut visit = Visit::guest(&parts, Origin::default());
    visit.actor = me();
    (super::place(&server.engine, &visit, "web1", tab).await.unwrap(), visit.t)
}

/// A host at which nobody listens, so that it says at once that it has no key to show.
fn new<'f>(name: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let fields = [("name", name), ("address", "127.0.0.1"), ("port", "1"), ("enabled", "on")];
    [fields.as_slice(), more].concat()
}

#[tokio::test]
async fn a_host_is_told_of_with_its_password_which_nobody_sees_again() {
    let server = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let login = [("login", "password"), ("user", "root"), ("password", "s3cr3t word")];
    let made = browser.post("/ui/hosts/-/new", &new("web9", &login)).await.expect(303);
    assert_eq!(made.header("location"), "/ui/hosts/web9/keys");
    let page = browser.get("/ui/hosts/web9/keys").await.expect(200);
    assert!(page.text.contains("web9 was added"), "{}", page.text);
    let kept = host::show(&server.engine, &me(), "web9").await.unwrap();
    assert_eq!(kept.said.credential.as_deref(), Some("web9"));
    assert_eq!(kept.said.user.as_deref(), Some("root"));
    for path in ["/ui/hosts/web9", "/ui/hosts/web9/edit", "/ui/hosts/web9/history"] {
        let page = browser.get(path).await.expect(200);
        assert!(!page.text.contains("s3cr3t"), "{path}");
    }
}

/// Fields of a form with what is typed into them.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn what_is_wrong_with_a_new_host_is_said_at_its_field_and_nothing_is_left_behind() {
    let server = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let cases: [(Fields<'_>, u16, &str); 5] = [
        (&[("port", "many")], 422, "register.bad_port"),
        (&[("labels", "nothing")], 422, "register.bad_label"),
        (&[("name", "a b")], 422, "register.bad_name"),
        (&[("name", "web1")], 409, "register.exists"),
        (&[("login", "key"), ("private_key", "no key")], 422, "credential.bad_key"),
    ];
    for (wrong, status, id) in cases {
        let fields: Vec<_> = new("web9", &[("notes", "typed"), ("password", "s3cr3t")])
            .into_iter()
            .filter(|(name, _)| wrong.iter().all(|(other, _)| other != name))
            .chain(wrong.iter().copied())
            .collect();
        let page = browser.post("/ui/hosts/-/new", &fields).await.expect(status).text;
        // At its field a message has no detail with the id; beside the fields it has.
        let at_field = page.contains("pf-m-error");
        assert!(at_field || page.contains(id), "{id}: {page}");
        assert!(page.contains("\ntyped</textarea>"), "what was typed stays: {id}");
        assert!(!page.contains("s3cr3t"), "but no password: {id}");
        browser.get("/ui/hosts/web9").await.expect(404);
    }
    let left = credential::list(&server.engine, &me(), &Paging::default()).await.unwrap();
    assert!(left.items.is_empty());
}

#[tokio::test]
async fn a_host_is_changed_from_the_version_that_was_seen() {
    let server = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/hosts/web1/edit").await.expect(200).text;
    assert!(page.contains("&#60;script&#62;alert(1)"), "a note is text: {page}");
    let fields = |version| {
        let fields = [("name", "web1"), ("labels", "env=prod\nrack=7"), ("enabled", "on")];
        [fields.as_slice(), &[("version", version), ("login", "known")]].concat()
    };
    browser.post("/ui/hosts/web1/edit", &fields("1")).await.expect(303);
    let kept = host::show(&server.engine, &me(), "web1").await.unwrap();
    assert_eq!(kept.said.labels["rack"], "7");
    let late = browser.post("/ui/hosts/web1/edit", &fields("1")).await.expect(412);
    let text = late.text;
    assert!(text.contains("Somebody else changed this"), "{text}");
    assert!(text.contains("name=\"version\" value=\"2\""), "saving once more replaces it: {text}");
}

#[tokio::test]
async fn removing_and_power_ask_first_and_are_offered_to_those_who_may() {
    let server = server().await;
    let admin = Browser::of(&server, Some("admin")).await;
    let operator = Browser::of(&server, Some("operator")).await;
    let viewer = Browser::of(&server, Some("viewer")).await;
    for path in ["/ui/hosts/web1/reboot", "/ui/hosts/web1/power-off"] {
        let page = operator.get(path).await.expect(200).text;
        assert!(page.matches("web1").count() > 2, "the question names the host: {page}");
        viewer.get(path).await.expect(403);
        viewer.post(path, &[]).await.expect(403);
    }
    operator.get("/ui/hosts/web1/remove").await.expect(403);
    let page = operator.get("/ui/hosts/web1").await.expect(200).text;
    assert!(page.contains("/ui/hosts/web1/reboot") && !page.contains("/ui/hosts/web1/edit"));
    let page = viewer.get("/ui/hosts/web1").await.expect(200).text;
    assert!(!page.contains("/ui/hosts/web1/reboot") && !page.contains("selector=web1"));
    admin.get("/ui/hosts/web1/remove").await.expect(200);
    admin.post("/ui/hosts/web1/remove", &[("version", "1")]).await.expect(200);
    let yes = [("version", "1"), ("sure", "yes")];
    let gone = admin.post("/ui/hosts/web1/remove", &yes).await.expect(303);
    assert_eq!(gone.header("location"), "/ui/hosts");
    admin.get("/ui/hosts/web1").await.expect(404);
}

#[tokio::test]
async fn what_a_page_does_on_a_host_is_a_run_that_the_news_follow() {
    let server = server().await;
    let mut browser = Browser::of(&server, Some("operator")).await;
    let cases = [
        ("/ui/hosts/web1/processes", "kill", "77 4711 <b>top", "Kill &#60;b&#62;top (77) on web1"),
        ("/ui/hosts/web1/services", "restart", "cron", "Restart: cron on web1"),
        ("/ui/hosts/web1/packages", "install", "htop tree", "Install htop tree on web1"),
        ("/ui/hosts/web1/facts", "x", "", "Take the facts of web1"),
        ("/ui/hosts/web1/reboot", "minutes", "0", "Reboot web1"),
    ];
    for (path, field, value, news) in cases {
        let to = browser.post(path, &[(field, value), ("sure", "yes")]).await.expect(303);
        let page = browser.get(to.header("location")).await.expect(200).text;
        assert!(page.contains(news), "{path}: {page}");
        let id = page.split("hx-get=\"/ui/runs/").nth(1).unwrap().split('/').next().unwrap();
        let address = format!("/ui/runs/{id}/-/news");
        browser.headers.push(("hx-request", "true"));
        let part = browser.get(&address).await.expect(200).text;
        browser.headers.pop();
        assert!(part.contains("queued") && part.contains(&address), "it is followed: {part}");
        browser.get(&address).await.expect(303);
    }
    let runs = run::list(&server.engine, &me(), Filter::default(), &Paging::default()).await;
    let first = runs.unwrap().items.pop().unwrap();
    assert_eq!(first.subject["parameters"]["pids"], serde_json::json!([77]));
    assert_eq!(first.subject["parameters"]["started_ticks"], serde_json::json!([4711]));
    let wrong = browser.post("/ui/hosts/web1/packages", &[("install", "a;b")]).await.expect(303);
    let page = browser.get(wrong.header("location")).await.expect(200).text;
    assert!(page.contains("verb.bad_package"), "why it was not begun: {page}");
}

#[tokio::test]
async fn what_takes_something_from_a_host_is_asked_for_by_name() {
    let server = server().await;
    let operator = Browser::of(&server, Some("operator")).await;
    let viewer = Browser::of(&server, Some("viewer")).await;
    let cases = [
        ("processes", "kill", "77 4711 <b>top", "Kill &#60;b&#62;top (77) on web1?"),
        ("processes", "stop", "77 4711 top", "Stop top (77) on web1?"),
        ("services", "stop", "ssh.service", "nobody can sign in there from afar"),
        ("services", "restart", "cron", "Restart cron on web1?"),
        ("packages", "remove", "htop", "Remove htop from web1?"),
        ("reboot", "minutes", "5", "Reboot web1?"),
        ("power-off", "minutes", "5", "Power off web1?"),
    ];
    for (tab, field, value, says) in cases {
        let path = format!("/ui/hosts/web1/{tab}");
        let page = operator.post(&path, &[(field, value)]).await.expect(200).text;
        assert!(page.contains(says), "{path}: {page}");
        assert!(page.contains(&format!("action=\"{path}\"")), "the button does it: {page}");
        let back = if tab.contains("power") || tab == "reboot" { "/ui/hosts/web1" } else { &path };
        assert!(page.contains(&format!("pf-m-link\" href=\"{back}\"")), "a way back: {page}");
        viewer.post(&path, &[(field, value)]).await.expect(403);
    }
    let runs = run::list(&server.engine, &me(), Filter::default(), &Paging::default()).await;
    assert!(runs.unwrap().items.is_empty(), "nothing is done by asking");
    for (tab, field) in [("services", "start"), ("packages", "install"), ("services", "disable")] {
        operator.post(&format!("/ui/hosts/web1/{tab}"), &[(field, "cron")]).await.expect(303);
    }
}

#[tokio::test]
async fn many_hosts_are_changed_at_once_and_nothing_hard_without_a_yes() {
    let server = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/hosts/-/bulk?host=web1&host=web2&selector=").await.expect(200).text;
    assert!(page.contains("Chosen hosts: 2") && page.contains("value=\"web1,web2\""), "{page}");
    let bulk = "/ui/hosts/-/bulk";
    let chosen = ("selector", "web*");
    browser.post(bulk, &[chosen, ("do", "maintenance"), ("hours", "8")]).await.expect(303);
    browser.post(bulk, &[chosen, ("do", "label"), ("label", "env=test")]).await.expect(303);
    let kept = host::show(&server.engine, &me(), "web2").await.unwrap();
    assert!(kept.said.maintenance_until_ms.is_some() && kept.said.labels["env"] == "test");
    for what in ["delete", "reboot", "power_off", "remove_package"] {
        let fields = [chosen, ("do", what), ("package", "htop")];
        let page = browser.post(bulk, &fields).await.expect(200).text;
        assert!(page.contains("<p>web1, web2</p>"), "{what}: the question names them: {page}");
        let blind = [fields.as_slice(), &[("sure", "yes")]].concat();
        let page = browser.post(bulk, &blind).await.expect(200).text;
        assert!(page.contains("Nothing was done"), "{what}: a yes to whatever it is: {page}");
    }
    let delete = [chosen, ("do", "delete")];
    let page = browser.post(bulk, &delete).await.expect(200).text;
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let yes = [delete.as_slice(), &[("seen", seen), ("sure", "yes")]].concat();
    host::create(&server.engine, &me(), HostInput::named("web3")).await.unwrap();
    let page = browser.post(bulk, &yes).await.expect(200).text;
    assert!(page.contains("web1, web2, web3"), "one more than was seen: {page}");
    host::delete(&server.engine, &me(), "web3", None).await.unwrap();
    browser.post(bulk, &yes).await.expect(303);
    browser.get("/ui/hosts/web1").await.expect(404);
    browser.get("/ui/hosts/db1").await.expect(200);
}

#[tokio::test]
async fn an_inventory_is_shown_before_it_is_taken() {
    let server = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let fields = [("name", "hosts.ini"), ("text", "[new]\nnew1 ansible_host=192.0.2.1\nweb1\n")];
    let page = browser.post("/ui/hosts/-/import", &fields).await.expect(200).text;
    assert!(page.contains("new1") && page.contains("name=\"apply\""), "{page}");
    browser.get("/ui/hosts/new1").await.expect(404);
    let fields = [fields.as_slice(), &[("apply", "on")]].concat();
    browser.post("/ui/hosts/-/import", &fields).await.expect(303);
    browser.get("/ui/hosts/new1").await.expect(200);
    let wrong = [("name", "hosts.yml"), ("text", "a: [")];
    browser.post("/ui/hosts/-/import", &wrong).await.expect(422);
    let file = ("file", "more.ini", &b"[new]\nnew2\n"[..]);
    let page = browser.upload("/ui/hosts/-/import", &[("text", "")], file).await.expect(200).text;
    assert!(page.contains("new2") && page.contains("value=\"more.ini\""), "{page}");
}
