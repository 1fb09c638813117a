//! What is kept, over real HTTP: who may see and change what, conflicts, refusals, and secrets that never come back.

use hep_engine::ops::patch::Edit;
use hep_engine::ops::{
    Actor, Engine, credential, grant, group, host, job, manifest, partition, repository, role,
    team, token, user, view,
};
use hep_engine::store::hosts::HostInput;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::testing::Browser;
use crate::serve::testing::Running;

/// The secret that no page may show.
const CANARY: &str = "canary-93b1";

fn said<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The ids of what has no name.
pub(super) struct Ids {
    pub(super) grant: String,
    pub(super) token: String,
}

/// Makes one of each noun, called `web1`.
pub(super) async fn fill(engine: &Engine) -> Ids {
    let me = &Actor::command_line("test");
    host::create(engine, me, HostInput::named("web1")).await.unwrap();
    let named = json!({"name": "web1"});
    let held = json!({"name": "web1", "hosts": ["web1"], "vars": {"port": 80}});
    group::create(engine, me, said(held)).await.unwrap();
    partition::create(engine, me, said(named.clone())).await.unwrap();
    let secret = json!({"name": "web1", "kind": "password", "user": "ana", "password": CANARY,
        "become_password": CANARY});
    credential::create(engine, me, said(secret)).await.unwrap();
    let from = json!({"name": "web1", "url": "https://git.example/x.git", "credential": "web1"});
    repository::create(engine, me, said(from)).await.unwrap();
    user::create(engine, me, said(named)).await.unwrap();
    team::create(engine, me, said(json!({"name": "web1", "members": ["web1"]}))).await.unwrap();
    role::create(engine, me, said(json!({"name": "web1", "verbs": ["view"]}))).await.unwrap();
    let given = json!({"user": "web1", "role": "web1", "selector": "@web1"});
    let given = grant::create(engine, me, said(given)).await.unwrap();
    let made = json!({"name": "web1", "user": "web1"});
    let made = token::create(engine, me, said(made)).await.unwrap();
    let files = json!({"name": "web1", "files": {"main.yml": "- debug: msg=x\n"}});
    manifest::create(engine, me, said(files)).await.unwrap();
    let saved = json!({"name": "web1", "selector": "web1", "subject": {"kind": "command", "line": "true"},
        "parameters": [{"name": "count", "kind": "number", "default": 2},
            {"name": "key", "kind": "secret", "default": CANARY}]});
    job::create(engine, me, said(saved)).await.unwrap();
    let shared = json!({"name": "web1", "list": "hosts", "query": "selector=web1", "shared": true});
    view::create(engine, me, said(shared)).await.unwrap();
    Ids { grant: given.id, token: made.about.id }
}

async fn server() -> (Running, Ids) {
    let server = Running::start(&[]).await;
    let ids = fill(&server.engine).await;
    (server, ids)
}

/// Who asks: the columns of the table.
const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// A page or a form a line: method, path, the answer for each of them, and the fields. `no` is 403.
const TABLE: &str = "
GET  /ui/account                     200 200 200
POST /ui/account/password            422 422 422 current=wrong password=longenough
POST /ui/account/sessions/-/end-others 303 303 303
GET  /ui/credentials                 no  no  200
GET  /ui/credentials/-/new           no  no  200
POST /ui/credentials/-/new           no  no  303 name=made kind=key generate=yes
GET  /ui/credentials/web1            no  no  200
GET  /ui/credentials/web1/edit       no  no  200
POST /ui/credentials/web1/edit       no  no  303 version=1 name=web1 kind=password description=d
GET  /ui/credentials/web1/remove     no  no  200
POST /ui/credentials/web1/remove     no  no  409 version=2
GET  /ui/grants                      no  no  200
GET  /ui/grants/-/new                no  no  200
POST /ui/grants/-/new                no  no  303 user=web1 role=viewer selector=all
GET  /ui/grants/{grant}              no  no  200
GET  /ui/grants/{grant}/remove       no  no  200
POST /ui/grants/{grant}/remove       no  no  303 version=1
GET  /ui/groups                      200 200 200
GET  /ui/groups/-/new                no  no  200
POST /ui/groups/-/new                no  no  303 name=made children=web1 vars=a:+1
GET  /ui/groups/web1                 200 200 200
GET  /ui/groups/web1/edit            no  no  200
POST /ui/groups/web1/edit            no  no  303 version=1 name=web1 description=d
GET  /ui/groups/web1/hosts           no  no  200
POST /ui/groups/web1/hosts           no  no  303 remove=web1
GET  /ui/groups/web1/remove          no  no  200
POST /ui/groups/web1/remove          no  no  303 version=3
GET  /ui/audit                       no  no  200
GET  /ui/help                        200 200 200
GET  /ui/jobs                        200 200 200
GET  /ui/jobs/-/new                  no  no  200
POST /ui/jobs/-/new                  no  no  200 name=made kind=command line=uptime selector=all more=yes
POST /ui/jobs/-/new                  no  no  303 name=made kind=command line=uptime selector=all
GET  /ui/jobs/web1                   200 200 200
GET  /ui/jobs/web1/edit              no  no  200
GET  /ui/jobs/web1/start             no  200 200
POST /ui/jobs/web1/start             no  303 303 value_count=3
POST /ui/jobs/web1/edit              no  no  303 version=1 name=web1 kind=command line=true selector=web1
GET  /ui/jobs/web1/remove            no  no  200
POST /ui/jobs/web1/remove            no  no  303 version=2
GET  /ui/manifests                   200 200 200
GET  /ui/manifests/-/new             no  no  200
POST /ui/manifests/-/new             no  no  303 name=made file0_path=main.yml file0_text=-+debug:+msg=1
POST /ui/manifests/-/check           no  no  200 file0_path=main.yml file0_text=-+debug:+msg=1
POST /ui/manifests/-/faults          no  no  200 file0_path=main.yml file0_text=-+debug:+msg=1
GET  /ui/manifests/-/modules.json    no  no  200
GET  /ui/manifests/web1              200 200 200
GET  /ui/manifests/web1/edit         no  no  200
POST /ui/manifests/web1/edit         no  no  303 version=2 name=web1 file0_path=main.yml file0_text=-+debug:+msg=1
GET  /ui/manifests/web1/diff         200 200 200
GET  /ui/manifests/web1/revisions    200 200 200
GET  /ui/manifests/web1/revisions/1  200 200 200
GET  /ui/manifests/web1/revisions/1/restore no no 200
POST /ui/manifests/web1/revisions/1/restore no no 303 version=3
GET  /ui/manifests/web1/run          no  200 200
POST /ui/manifests/web1/run          no  200 200 mode=ask selector=web1
POST /ui/manifests/web1/run          no  303 303 mode=check selector=web1
POST /ui/manifests/web1/run          no  303 303 mode=apply selector=web1
GET  /ui/manifests/web1/remove       no  no  200
POST /ui/manifests/web1/remove       no  no  303 version=4
GET  /ui/nodes                       200 200 200
GET  /ui/partitions                  200 200 200
GET  /ui/partitions/-/new            no  no  200
POST /ui/partitions/-/new            no  no  303 name=made
GET  /ui/partitions/web1             200 200 200
GET  /ui/partitions/web1/edit        no  no  200
POST /ui/partitions/web1/edit        no  no  303 version=1 name=web1 zone=eu
GET  /ui/partitions/web1/remove      no  no  200
POST /ui/partitions/web1/remove      no  no  303 version=2
GET  /ui/repositories                200 200 200
GET  /ui/repositories/-/new          no  no  200
POST /ui/repositories/-/new          no  no  303 name=made url=https://git.example/y.git
GET  /ui/repositories/web1           200 200 200
GET  /ui/repositories/web1/edit      no  no  200
POST /ui/repositories/web1/edit      no  no  303 version=1 name=web1 url=https://git.example/z.git
GET  /ui/repositories/web1/remove    no  no  200
POST /ui/repositories/web1/remove    no  no  303 version=2
GET  /ui/roles                       no  no  200
GET  /ui/roles/-/new                 no  no  200
POST /ui/roles/-/new                 no  no  303 name=made verbs=view verbs=run
GET  /ui/roles/web1                  no  no  200
GET  /ui/roles/web1/edit             no  no  200
POST /ui/roles/web1/edit             no  no  303 version=1 name=web1 verbs=run
GET  /ui/roles/web1/remove           no  no  200
POST /ui/roles/web1/remove           no  no  303 version=2
GET  /ui/settings                    no  no  200
GET  /ui/teams                       no  no  200
GET  /ui/teams/-/new                 no  no  200
POST /ui/teams/-/new                 no  no  303 name=made members=web1
GET  /ui/teams/web1                  no  no  200
GET  /ui/teams/web1/edit             no  no  200
POST /ui/teams/web1/edit             no  no  303 version=1 name=web1
GET  /ui/teams/web1/remove           no  no  200
POST /ui/teams/web1/remove           no  no  303 version=2
GET  /ui/tokens                      200 200 200
GET  /ui/tokens/-/new                200 200 200
POST /ui/tokens/-/new                200 200 200 name=own days=5
GET  /ui/tokens/{token}              404 404 200
GET  /ui/tokens/{token}/remove       404 404 200
POST /ui/tokens/{token}/remove       404 404 303 version=1
GET  /ui/users                       no  no  200
GET  /ui/users/-/new                 no  no  200
POST /ui/users/-/new                 no  no  303 name=made password=longenough role=viewer
GET  /ui/users/web1                  no  no  200
GET  /ui/users/web1/edit             no  no  200
POST /ui/users/web1/edit             no  no  303 version=1 name=web1 enabled=yes
GET  /ui/users/web1/password         no  no  200
POST /ui/users/web1/password         no  no  303 password=longenough
POST /ui/users/web1/sessions/none/end no no  404
POST /ui/users/web1/unlock           no  no  303
GET  /ui/users/web1/remove           no  no  200
POST /ui/users/web1/remove           no  no  303 version=3
GET  /ui/views                       200 200 200
GET  /ui/views/-/new                 200 200 200
POST /ui/views/-/new                 303 303 303 name=made list=hosts query=sort=-seen
POST /ui/views/-/new                 422 422 422 name=other list=users
POST /ui/views/-/save                303 303 303 name=saved list=runs query=kind=script
GET  /ui/views/web1                  200 200 200
GET  /ui/views/web1/edit             no  no  200
POST /ui/views/web1/edit             no  no  303 version=1 name=web1 list=hosts shared=yes
GET  /ui/views/web1/remove           no  no  200
POST /ui/views/web1/remove           no  no  303 version=2
";

/// A line of the table.
struct Line {
    method: &'static str,
    path: String,
    answers: [u16; 3],
    fields: Vec<(String, String)>,
}

fn lines(ids: &Ids) -> Vec<Line> {
    let line = |text: &'static str| {
        let mut words = text.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut answer = || match words.next().unwrap() {
            "no" => 403,
            number => number.parse().unwrap(),
        };
        let answers = [answer(), answer(), answer()];
        let field = |word: &str| {
            let (name, value) = word.split_once('=').unwrap();
            (name.to_owned(), value.replace('+', " "))
        };
        let path = path.replace("{grant}", &ids.grant).replace("{token}", &ids.token);
        Line { method, path, answers, fields: words.map(field).collect() }
    };
    TABLE.lines().filter(|text| !text.is_empty()).map(line).collect()
}

#[tokio::test]
async fn everybody_sees_and_changes_what_they_may_and_nothing_else() {
    let (server, ids) = server().await;
    let mut browsers = Vec::new();
    for role in ROLES {
        browsers.push(Browser::of(&server, Some(role)).await);
    }
    for line in lines(&ids) {
        let fields: Vec<(&str, &str)> =
            line.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for ((role, browser), expected) in ROLES.iter().zip(&browsers).zip(line.answers) {
            let answer = match line.method {
                "GET" => browser.get(&line.path).await,
                _ => browser.post(&line.path, &fields).await,
            };
            let (method, path) = (line.method, &line.path);
            assert_eq!(answer.status, expected, "{role} {method} {path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn every_page_of_these_nouns_is_in_the_table() {
    let ids = Ids { grant: "{name}".into(), token: "{name}".into() };
    let known: Vec<(&str, String)> = lines(&ids)
        .into_iter()
        .map(|line| {
            (
                line.method,
                line.path
                    .replace("none", "{session}")
                    .replace("web1", "{name}")
                    .replace("/revisions/1", "/revisions/{number}"),
            )
        })
        .collect();
    let nouns = [
        super::account::pages(),
        super::audit::pages(),
        super::help::pages(),
        super::jobs::pages(),
        super::manifests::pages(),
        super::nodes::pages(),
        super::settings::pages(),
        super::credentials::pages(),
        super::grants::pages(),
        super::groups::pages(),
        super::partitions::pages(),
        super::repositories::pages(),
        super::roles::pages(),
        super::teams::pages(),
        super::tokens::pages(),
        super::users::pages(),
        super::views::pages(),
    ];
    for route in nouns.into_iter().flat_map(|pages| pages.routes) {
        assert!(known.contains(&route), "nobody says who may {route:?}");
    }
}

/// What stands in a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).nth(1).unwrap_or_default().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_conflict_is_explained_and_nothing_typed_is_lost() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/groups/web1/edit").await.expect(200).text;
    let version = hidden(&page, "version");
    let me = Actor::command_line("eve");
    let part = json!({"description": "hers"});
    group::change(&server.engine, &me, "web1", None, Edit::Part(&part)).await.unwrap();
    let typed = [("version", version.as_str()), ("name", "web1"), ("description", "mine & more")];
    let page = browser.post("/ui/groups/web1/edit", &typed).await.expect(412).text;
    assert!(page.contains("Somebody else changed this"), "{page}");
    assert!(page.contains("value=\"mine &#38; more\""), "{page}");
    assert!(page.contains("Saved meanwhile: hers"), "{page}");
    let version = hidden(&page, "version");
    let typed = [("version", version.as_str()), typed[1], typed[2]];
    browser.post("/ui/groups/web1/edit", &typed).await.expect(303);
    let now = group::show(&server.engine, &me, "web1").await.unwrap();
    assert_eq!(now.said.description, "mine & more");
    // A form that says no version at all changes nothing.
    browser.post("/ui/groups/web1/edit", &typed[1..]).await.expect(412);
}

/// A noun, what is typed, and the field that is wrong.
type Wrong<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn what_is_wrong_stands_at_its_field() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let cases: [Wrong; 6] = [
        ("groups", &[("name", "a b")], "name"),
        ("groups", &[("name", "x"), ("vars", "- a")], "vars"),
        ("credentials", &[("name", "x"), ("kind", "password")], "password"),
        ("users", &[("name", "x"), ("password", "short")], "password"),
        ("grants", &[("role", "viewer"), ("user", "web1"), ("selector", "a[")], "selector"),
        ("repositories", &[("name", "x"), ("url", "nonsense")], "url"),
    ];
    for (noun, fields, wrong) in cases {
        let page = browser.post(&format!("/ui/{noun}/-/new"), fields).await.expect(422).text;
        let field = page.split("pf-v6-c-form__group").find(|part| part.contains("pf-m-error"));
        let field = field.unwrap_or_else(|| panic!("{noun}: {page}"));
        assert!(field.contains(&format!("name=\"{wrong}\"")), "{noun} {wrong}: {field}");
        assert!(field.contains("role=\"alert\""), "{noun} {wrong}: {field}");
    }
}

#[tokio::test]
async fn what_is_used_is_not_removed_and_its_users_are_named() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    for (path, users) in [
        ("/ui/credentials/web1/remove", "repository `web1`"),
        ("/ui/groups/web1/remove", "the role `web1` of `web1`"),
        ("/ui/partitions/default/remove", "default"),
    ] {
        let page = browser.get(path).await.expect(200).text;
        let version = hidden(&page, "version");
        let kept = browser.post(path, &[("version", &version)]).await.expect(409).text;
        assert!(kept.contains(users), "{path}: {kept}");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_lets_in() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("viewer")).await;
    let form = [("name", "backup"), ("verbs", "view"), ("days", "5"), ("selector", "all")];
    let made = browser.post("/ui/tokens/-/new", &form).await.expect(200).text;
    let token = made.split("id=\"token\">").nth(1).unwrap().split('<').next().unwrap();
    assert!(token.starts_with("hep_"), "{made}");
    let call = reqwest::Client::new().get(format!("http://{}/api/v1/hosts", server.address));
    let answer = call.bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    for path in ["/ui/tokens", "/ui/account"] {
        let page = browser.get(path).await.expect(200).text;
        assert!(page.contains("backup") && !page.contains(token), "{page}");
    }
    let bad = [("name", "other"), ("days", "-1")];
    browser.post("/ui/tokens/-/new", &bad).await.expect(422);
}

#[tokio::test]
async fn no_page_shows_a_secret() {
    let (server, ids) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let new = [
        ("name", "key with"),
        ("kind", "password"),
        ("password", CANARY),
        ("become_password", CANARY),
        ("passphrase", CANARY),
        ("private_key", CANARY),
    ];
    // Not taken, for its name; what was typed is shown again, but not its secrets.
    let refused = browser.post("/ui/credentials/-/new", &new).await.expect(422).text;
    assert!(refused.contains("key with") && !refused.contains(CANARY), "{refused}");
    let stale = [("version", "7"), ("name", "web1"), ("kind", "password"), ("password", CANARY)];
    let refused = browser.post("/ui/credentials/web1/edit", &stale).await.expect(412).text;
    assert!(!refused.contains(CANARY), "{refused}");
    let user = [("name", "x y"), ("password", CANARY)];
    let refused = browser.post("/ui/users/-/new", &user).await.expect(422).text;
    assert!(!refused.contains(CANARY), "{refused}");
    for line in lines(&ids).into_iter().filter(|line| line.method == "GET") {
        let page = browser.get(&line.path).await;
        assert!(!page.text.contains(CANARY), "{}", line.path);
    }
}

#[tokio::test]
async fn a_key_pair_is_made_and_its_public_half_shown() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let form = [("name", "fresh"), ("kind", "key"), ("generate", "yes"), ("user", "deploy")];
    let to = browser.post("/ui/credentials/-/new", &form).await.expect(303);
    assert_eq!(to.header("location"), "/ui/credentials/fresh");
    let page = browser.get("/ui/credentials/fresh").await.expect(200).text;
    assert!(page.contains("ssh-ed25519 ") && page.contains("SHA256:"), "{page}");
    assert!(!page.contains("PRIVATE KEY"), "{page}");
}

#[tokio::test]
async fn ones_own_password_and_sessions() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("viewer")).await;
    let other = Browser::new(&server);
    let known = [("name", "a-viewer"), ("password", "correct horse")];
    other.send("/ui/sign-in", &known).await.expect(303);
    let page = browser.get("/ui/account").await.expect(200).text;
    assert!(page.contains("end-others") && page.contains("/sessions/"), "{page}");
    browser.post("/ui/account/sessions/-/end-others", &[]).await.expect(303);
    other.get("/ui/account").await.expect(303);
    let wrong = [("current", "not it"), ("password", "another horse")];
    let page = browser.post("/ui/account/password", &wrong).await.expect(422).text;
    assert!(page.contains("server.wrong_password") || page.contains("not the password"), "{page}");
    let right = [("current", "correct horse"), ("password", "another horse")];
    browser.post("/ui/account/password", &right).await.expect(303);
    browser.get("/ui/account").await.expect(200);
}

#[tokio::test]
async fn a_job_is_made_with_parameters_and_started_by_its_own_form() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let form = [
        ("name", "deploy"),
        ("kind", "script"),
        ("script", "#!/bin/sh\r\necho $version"),
        ("selector", "web1"),
        ("parameter0_name", "version"),
        ("parameter0_kind", "text"),
        ("parameter0_required", "yes"),
        ("parameter0_pattern", "[0-9.]+"),
        ("parameter1_name", "password"),
        ("parameter1_kind", "secret"),
        ("parameter1_default", CANARY),
        ("parameter2_name", ""),
        ("concurrency", "skip"),
        ("forks", "3"),
    ];
    browser.post("/ui/jobs/-/new", &form).await.expect(303);
    let me = Actor::command_line("test");
    let made = job::show(&server.engine, &me, "deploy").await.unwrap();
    assert_eq!((made.said.parameters.len(), made.said.strategy.forks), (2, Some(3)));
    assert!(made.said.parameters[1].kept);
    let page = browser.get("/ui/jobs/deploy/start").await.expect(200).text;
    assert!(page.contains("name=\"value_version\"") && page.contains("name=\"value_password\""));
    assert!(page.contains("href=\"/ui/hosts/web1\""), "the hosts are named: {page}");
    let wrong = [("value_version", "new")];
    let page = browser.post("/ui/jobs/deploy/start", &wrong).await.expect(422).text;
    let field = page.split("pf-v6-c-form__group").find(|part| part.contains("pf-m-error")).unwrap();
    assert!(field.contains("value_version") && field.contains("value=\"new\""), "{field}");
    let right = [("value_version", "1.2"), ("value_password", ""), ("limit", "")];
    let to = browser.post("/ui/jobs/deploy/start", &right).await.expect(303);
    let id = to.header("location").strip_prefix("/ui/runs/").unwrap().to_owned();
    let run = hep_engine::ops::run::show(&server.engine, &me, &id).await.unwrap();
    assert_eq!(run.job_name.as_deref(), Some("deploy"));
    assert!(!serde_json::to_string(&run).unwrap().contains(CANARY));
    // Saved again as its form shows it, it is the same, with the secret that it has.
    let page = browser.get("/ui/jobs/deploy/edit").await.expect(200).text;
    assert!(!page.contains(CANARY), "{page}");
    let version = hidden(&page, "version");
    let kept = [("version", version.as_str()), ("parameter1_kept", "yes")];
    let again: Vec<(&str, &str)> =
        form.into_iter().filter(|(name, _)| *name != "parameter1_default").chain(kept).collect();
    browser.post("/ui/jobs/deploy/edit", &again).await.expect(303);
    let same = job::show(&server.engine, &me, "deploy").await.unwrap();
    assert_eq!(same.said, made.said);
}

#[tokio::test]
async fn a_manifest_is_written_checked_compared_and_run() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let files = |text: &'static str| {
        [("name", "site"), ("file0_path", "main.yml"), ("file0_text", text), ("file1_path", "")]
    };
    let bad = files("- nonsense: 1\n");
    let said = browser.post("/ui/manifests/-/check", &bad).await.expect(200).text;
    assert!(said.contains("nonsense") && !said.contains("<html"), "{said}");
    let found = browser.post("/ui/manifests/-/faults", &bad).await.expect(200).json();
    assert_eq!((&found[0]["file"], &found[0]["line"]), (&json!("main.yml"), &json!(1)), "{found}");
    let known = browser.get("/ui/manifests/-/modules.json").await.expect(200).json();
    assert!(known.as_array().unwrap().iter().any(|one| one["name"] == "apt"), "{known}");
    let refused = browser.post("/ui/manifests/-/new", &bad).await.expect(422).text;
    assert!(refused.contains("- nonsense: 1"), "what was typed stays: {refused}");
    let good = files("- debug: msg=1\r\n");
    let said = browser.post("/ui/manifests/-/check", &good).await.expect(200).text;
    assert!(said.contains("no fault"), "{said}");
    browser.post("/ui/manifests/-/new", &good).await.expect(303);
    let page = browser.get("/ui/manifests/site/edit").await.expect(200).text;
    let version = hidden(&page, "version");
    let other = files("- debug: msg=2\n");
    let other: Vec<(&str, &str)> =
        other.into_iter().chain([("version", version.as_str()), ("message", "louder")]).collect();
    browser.post("/ui/manifests/site/edit", &other).await.expect(303);
    let page = browser.get("/ui/manifests/site").await.expect(200).text;
    assert!(page.contains("louder") && page.contains("/ui/manifests/site/diff?to=2"), "{page}");
    let page = browser.get("/ui/manifests/site/diff").await.expect(200).text;
    assert!(page.contains("hep-diff-added\">+- debug: msg=2"), "{page}");
    assert!(page.contains("hep-diff-removed\">-- debug: msg=1"), "{page}");
    let ask = [("mode", "ask"), ("selector", "web1")];
    let page = browser.post("/ui/manifests/site/run", &ask).await.expect(200).text;
    assert!(page.contains("value=\"apply\"") && page.contains("/ui/hosts/web1"), "{page}");
    let check = [("mode", "check"), ("selector", "web1")];
    let to = browser.post("/ui/manifests/site/run", &check).await.expect(303);
    let id = to.header("location").strip_prefix("/ui/runs/").unwrap().to_owned();
    let me = Actor::command_line("test");
    assert!(hep_engine::ops::run::show(&server.engine, &me, &id).await.unwrap().checks);
    let none = [("mode", "apply"), ("selector", "nowhere")];
    browser.post("/ui/manifests/site/run", &none).await.expect(422);
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_taken_out() {
    let (server, _) = server().await;
    let browser = Browser::of(&server, Some("admin")).await;
    let viewer = Browser::of(&server, Some("viewer")).await;
    viewer.get("/ui/users").await.expect(403);
    let page = browser.get("/ui/audit?outcome=denied&since=1").await.expect(200).text;
    assert!(page.contains("a-viewer") && !page.contains(">group.create<"), "{page}");
    let page = browser.get("/ui/audit?verb=group.").await.expect(200).text;
    assert!(page.contains(">group.create<") && !page.contains(">user.create<"), "{page}");
    assert!(page.contains("/api/v1/audit/export?verb=group."), "{page}");
    let export = browser.get("/api/v1/audit/export?verb=group.&format=json").await.expect(200);
    assert_eq!(export.text.lines().count(), 1, "{}", export.text);
    let wrong = browser.get("/ui/audit?outcome=nonsense").await.expect(422).text;
    assert!(wrong.contains("role=\"alert\""), "{wrong}");
}

#[tokio::test]
async fn settings_are_shown_without_secrets() {
    use crate::settings::table;
    let server = Running::start(&[(&table::LIMIT_RATE, "12345")]).await;
    let browser = Browser::of(&server, Some("admin")).await;
    let page = browser.get("/ui/settings").await.expect(200).text;
    assert!(page.contains(">12345</code>") && page.contains("the command line"), "{page}");
}
