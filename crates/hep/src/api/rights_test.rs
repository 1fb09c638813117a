//! Every call of the API as everybody who might make it, against a table of what each may.
//!
//! A call that is not in the table fails the test: whoever adds one says here who may make it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hep_engine::master_key::Source;
use hep_engine::ops::token::NewToken;
use hep_engine::ops::user::NewUser;
use hep_engine::ops::{Actor, Engine, token, user};
use tower::ServiceExt as _;

/// Who calls: the columns of the table. The first has no credential, the others have a token of a user with
/// that role on everything.
const CALLERS: [&str; 4] = ["nobody", "viewer", "operator", "admin"];

/// A call a line: method, path, a column for each caller, and the body that makes it a valid call. `yes` is
/// any answer but 401 and 403 (and no fault of ours), `no` is 401 for nobody and 403 for others, a number is
/// exactly that status. Paths are called as they stand here with `{…}` replaced by something that is not
/// there, so that `yes` is mostly 404, and the right was checked before.
const TABLE: &str = r#"
GET    /audit                       no  no  no  yes
GET    /audit/export                no  no  no  yes
GET    /credentials                 no  no  no  yes
POST   /credentials                 no  no  no  yes {"name": "made", "kind": "agent"}
GET    /credentials/{name}          no  no  no  yes
PUT    /credentials/{name}          no  no  no  yes {"name": "made", "kind": "agent"}
PATCH  /credentials/{name}          no  no  no  yes {}
DELETE /credentials/{name}          no  no  no  yes
GET    /grants                      no  no  no  yes
POST   /grants                      no  no  no  yes {"role": "viewer", "user": "viewer"}
GET    /grants/{id}                 no  no  no  yes
DELETE /grants/{id}                 no  no  no  yes
GET    /groups                      no  yes yes yes
POST   /groups                      no  no  no  yes {"name": "made"}
GET    /groups/{name}               no  yes yes yes
PUT    /groups/{name}               no  no  no  yes {"name": "made"}
PATCH  /groups/{name}               no  no  no  yes {}
DELETE /groups/{name}               no  no  no  yes
POST   /groups/{name}/hosts         no  no  no  yes {}
GET    /hosts                       no  yes yes yes
POST   /hosts                       no  no  no  yes {"name": "made"}
GET    /hosts/{name}                no  yes yes yes
PUT    /hosts/{name}                no  no  no  yes {"name": "made"}
DELETE /hosts/{name}                no  no  no  yes
PATCH  /hosts/{name}                no  no  no  yes {}
POST   /hosts/bulk                  no  no  no  yes {"names": ["x"]}
GET    /hosts/{name}/facts          no  yes yes yes
GET    /hosts/{name}/packages       no  yes yes yes
GET    /hosts/{name}/processes      no  yes yes yes
POST   /hosts/{name}/push-key       no  no  no  yes {"credential": "x"}
GET    /hosts/{name}/services       no  yes yes yes
GET    /hosts/{name}/status         no  yes yes yes
GET    /hosts/{name}/status/events  no  yes yes yes
GET    /hosts/{name}/keys           no  yes yes yes
POST   /hosts/{name}/keys           no  no  no  yes {}
POST   /hosts/{name}/keys/{id}/approve no no no yes {"fingerprint": "x"}
POST   /hosts/{name}/keys/{id}/revoke no no no yes
GET    /jobs                        no  yes yes yes
POST   /jobs                        no  no  no  yes {"name": "made", "selector": "all", "subject": {"kind": "command", "line": "true"}}
GET    /jobs/{name}                 no  yes yes yes
PUT    /jobs/{name}                 no  no  no  yes {"name": "made", "selector": "all", "subject": {"kind": "command", "line": "true"}}
PATCH  /jobs/{name}                 no  no  no  yes {}
DELETE /jobs/{name}                 no  no  no  yes
POST   /jobs/{name}/run             no  404 404 404 {}
GET    /manifests                   no  yes yes yes
POST   /manifests                   no  no  no  yes {"name": "made", "files": {"a.yml": "[]"}}
GET    /manifests/{name}            no  yes yes yes
PUT    /manifests/{name}            no  no  no  yes {"name": "made", "files": {"a.yml": "[]"}}
PATCH  /manifests/{name}            no  no  no  yes {}
DELETE /manifests/{name}            no  no  no  yes
GET    /manifests/{name}/diff       no  yes yes yes
GET    /manifests/{name}/revisions  no  yes yes yes
GET    /manifests/{name}/revisions/{number} no yes yes yes
POST   /manifests/{name}/revisions/{number}/restore no no no yes {}
POST   /import                      no  no  no  yes {"files": []}
GET    /known-hosts                 no  yes yes yes
POST   /known-hosts                 no  no  no  yes {"text": ""}
GET    /nodes                       no  yes yes yes
GET    /partitions                  no  yes yes yes
POST   /partitions                  no  no  no  yes {"name": "made"}
GET    /partitions/{name}           no  yes yes yes
PUT    /partitions/{name}           no  no  no  yes {"name": "made"}
PATCH  /partitions/{name}           no  no  no  yes {}
DELETE /partitions/{name}           no  no  no  yes
GET    /repositories                no  yes yes yes
POST   /repositories                no  no  no  yes {"name": "made", "url": "https://example.org/x.git"}
GET    /repositories/{name}         no  yes yes yes
PUT    /repositories/{name}         no  no  no  yes {"name": "made", "url": "https://example.org/x.git"}
PATCH  /repositories/{name}         no  no  no  yes {}
DELETE /repositories/{name}         no  no  no  yes
GET    /roles                       no  no  no  yes
POST   /roles                       no  no  no  yes {"name": "made", "verbs": ["view"]}
GET    /roles/{name}                no  no  no  yes
PUT    /roles/{name}                no  no  no  yes {"name": "made", "verbs": ["view"]}
PATCH  /roles/{name}                no  no  no  yes {}
DELETE /roles/{name}                no  no  no  yes
GET    /runs                        no  yes yes yes
POST   /runs                        no  no  yes yes {"subject": {"kind": "command", "line": "true"}, "selector": "made"}
GET    /runs/{id}                   no  404 404 404
GET    /runs/{id}/events            no  404 404 404
GET    /runs/{id}/hosts             no  404 404 404
GET    /runs/{id}/output            no  404 404 404
POST   /runs/{id}/again             no  404 404 404
POST   /runs/{id}/approve           no  404 404 404
POST   /runs/{id}/cancel            no  404 404 404
POST   /runs/{id}/reject            no  404 404 404
POST   /runs/{id}/retry             no  404 404 404 {}
POST   /session                     401 401 401 401 {"name": "none", "password": "none"}
GET    /session                     no  yes yes yes
DELETE /session                     no  yes yes yes
POST   /setup                       403 403 403 403 {"token": "x", "name": "made", "password": "12345678"}
GET    /teams                       no  no  no  yes
POST   /teams                       no  no  no  yes {"name": "made"}
GET    /teams/{name}                no  no  no  yes
PUT    /teams/{name}                no  no  no  yes {"name": "made"}
PATCH  /teams/{name}                no  no  no  yes {}
DELETE /teams/{name}                no  no  no  yes
GET    /tokens                      no  no  no  yes
POST   /tokens                      no  no  no  yes {"name": "made", "user": "viewer"}
GET    /tokens/{id}                 no  404 404 404
DELETE /tokens/{id}                 no  404 404 404
GET    /users                       no  no  no  yes
POST   /users                       no  no  no  yes {"name": "made"}
GET    /users/{name}                no  no  no  yes
PUT    /users/{name}                no  no  no  yes {"name": "made"}
PATCH  /users/{name}                no  no  no  yes {}
DELETE /users/{name}                no  no  no  yes
PUT    /users/{name}/password       no  no  no  yes {"password": "12345678"}
GET    /users/{name}/sessions       no  no  no  yes
POST   /users/{name}/unlock         no  no  no  yes
DELETE /users/{name}/sessions/{id}  no  no  no  yes
GET    /verbs                       no  yes yes yes
GET    /views                       no  yes yes yes
POST   /views                       no  yes yes yes {"name": "made", "list": "hosts"}
GET    /views/{name}                no  yes yes yes
PUT    /views/{name}                no  yes yes yes {"name": "made", "list": "hosts"}
PATCH  /views/{name}                no  yes yes yes {}
DELETE /views/{name}                no  yes yes yes
POST   /wake                        no  no  yes yes {"selector": "made"}
"#;

/// The same of what lies beside the API and is in no document: whole paths.
const BESIDE: &str = r#"
GET    /api/docs                    yes yes yes yes
GET    /api/v1/openapi.json         yes yes yes yes
GET    /ping/                       yes yes yes yes
GET    /host/                       no  yes yes yes
POST   /host/                       no  no  no  yes {"Hostname": "made2"}
GET    /host/{id}                   no  yes yes yes
"#;

/// A line of the table.
struct Row {
    columns: Vec<String>,
    body: String,
}

fn table(text: &str) -> BTreeMap<(String, String), Row> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (left, body) = line
            .find(" {\"")
            .or_else(|| line.find(" {}"))
            .map_or((line, ""), |at| line.split_at(at));
        let mut words = left.split_whitespace().map(str::to_owned);
        let call = (words.next().unwrap(), words.next().unwrap());
        let columns: Vec<String> = words.collect();
        assert_eq!(columns.len(), CALLERS.len(), "a column for each caller: {line}");
        let twice = rows.insert(call, Row { columns, body: body.trim().to_owned() });
        assert!(twice.is_none(), "stands twice: {line}");
    }
    rows
}

/// For each call the body that makes it a valid one; empty where it takes none.
pub(super) fn valid_bodies() -> BTreeMap<(String, String), String> {
    table(TABLE).into_iter().map(|(call, row)| (call, row.body)).collect()
}

/// The calls that the `OpenAPI` document describes, with their paths beneath the root.
fn calls() -> BTreeSet<(String, String)> {
    let (_, described) = super::routes().split_for_parts();
    let described = serde_json::to_value(described).unwrap();
    let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
    let mut calls = BTreeSet::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        let path = path.strip_prefix(super::ROOT).unwrap_or(path);
        for method in methods.iter().filter(|method| item.get(**method).is_some()) {
            calls.insert((method.to_uppercase(), path.to_owned()));
        }
    }
    calls
}

#[test]
fn every_call_stands_in_the_table() {
    let (calls, table) = (calls(), table(TABLE));
    let missing: Vec<_> = calls.iter().filter(|call| !table.contains_key(*call)).collect();
    assert!(
        missing.is_empty(),
        "these calls are not in TABLE of rights_test.rs: add a line for each that says who may make it, \
         with a body that makes it a valid call: {missing:#?}"
    );
    let gone: Vec<_> = table.keys().filter(|call| !calls.contains(*call)).collect();
    assert!(gone.is_empty(), "these lines of TABLE are of calls that are no more: {gone:#?}");
}

#[tokio::test]
async fn everybody_may_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("hep.db").display());
    let keys = Source::ours(folder.path().join("master.key"));
    let engine = Engine::open(&database, keys).await.unwrap();
    let tokens = tokens(&engine).await;
    let router = super::router(engine.clone(), true);
    let mut faults = Vec::new();
    let beneath = |((method, path), row)| ((method, format!("{}{path}", super::ROOT)), row);
    let all = table(TABLE).into_iter().map(beneath).chain(table(BESIDE));
    for ((method, path), row) in all {
        for (index, column) in row.columns.iter().enumerate() {
            let request = request(&method, &path, &row.body, tokens[index].as_deref());
            let status = status(&router, request).await;
            if !is_as_said(column, CALLERS[index], status) {
                faults
                    .push(format!("{method} {path} as {}: {column}, got {status}", CALLERS[index]));
            }
        }
    }
    engine.close().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A token for each caller but the first.
async fn tokens(engine: &Engine) -> Vec<Option<String>> {
    let root = Actor::command_line("test");
    let mut tokens = vec![None];
    for role in &CALLERS[1..] {
        let new = NewUser { role: Some((*role).to_owned()), ..NewUser::named(role) };
        user::create(engine, &root, new).await.unwrap();
        let made = token::create(engine, &root, NewToken::of(role, "test")).await.unwrap();
        tokens.push(Some(made.token.expose().clone()));
    }
    tokens
}

fn request(method: &str, path: &str, body: &str, token: Option<&str>) -> Request<Body> {
    let mut address = String::new();
    for part in path.split_inclusive('}') {
        let (fixed, named) = part.split_once('{').unwrap_or((part, ""));
        address.push_str(fixed);
        address.push_str(if named.is_empty() { "" } else { "nothing-of-that-name" });
    }
    let request = Request::builder().method(method).uri(address);
    let request = request.header("content-type", "application/json");
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn status(router: &Router, request: Request<Body>) -> StatusCode {
    router.clone().oneshot(request).await.unwrap().status()
}

fn is_as_said(column: &str, caller: &str, status: StatusCode) -> bool {
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    match column {
        "yes" => !refused.contains(&status) && !status.is_server_error(),
        "no" if caller == "nobody" => status == StatusCode::UNAUTHORIZED,
        "no" => status == StatusCode::FORBIDDEN,
        number => number.parse() == Ok(status.as_u16()),
    }
}
