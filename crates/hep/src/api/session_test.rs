//! Being let in, over the API: sessions and what guards them, the set-up link, and what is left in the audit log.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use hep_core::secret::Secret;
use hep_engine::master_key::Source;
use hep_engine::ops::user::NewUser;
use hep_engine::ops::{Actor, Engine, setup, user};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::serve::forwarded;

const PASSWORD: &str = "correct horse";

struct Server {
    engine: Engine,
    router: Router,
    _folder: TempDir,
}

impl Server {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("hep.db").display());
        let keys = Source::ours(folder.path().join("master.key"));
        let engine = Engine::open(&database, keys).await.unwrap();
        Self { router: super::router(engine.clone(), true), engine, _folder: folder }
    }

    async fn user(&self, name: &str, role: &str) {
        let password = Some(Secret::new(PASSWORD.to_owned()));
        let new = NewUser { password, role: Some(role.into()), ..NewUser::named(name) };
        user::create(&self.engine, &Actor::command_line("test"), new).await.unwrap();
    }

    async fn call(&self, call: &str, headers: &[(&str, &str)], body: Value) -> Response<Body> {
        let (method, path) = call.split_once(' ').unwrap();
        let address = format!("{}{path}", super::ROOT);
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Signs in: the cookie, and what calls must bring back.
    async fn sign_in(&self, name: &str) -> (String, String) {
        let said = json!({ "name": name, "password": PASSWORD });
        let response = self.call("POST /session", &[], said).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        session_of(response).await
    }
}

async fn session_of(response: Response<Body>) -> (String, String) {
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let me = json_of(response).await;
    (cookie, me["csrf"].as_str().unwrap().to_owned())
}

async fn json_of(response: Response<Body>) -> Value {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_cookie_changes_nothing_without_what_it_must_bring_back() {
    let server = Server::new().await;
    server.user("ana", "admin").await;
    let (cookie, csrf) = server.sign_in("ana").await;
    let with = [("cookie", cookie.as_str())];
    let both = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let wrong = [("cookie", cookie.as_str()), ("x-csrf-token", "wrong")];
    assert_eq!(server.call("GET /users", &with, Value::Null).await.status(), StatusCode::OK);
    for headers in [&with[..], &wrong[..]] {
        let refused = server.call("POST /users", headers, json!({ "name": "bob" })).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(json_of(refused).await["code"], "server.no_csrf");
    }
    let made = server.call("POST /users", &both, json!({ "name": "bob" })).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    assert_eq!(made.headers()[header::ETAG], "\"1\"");
    let out = server.call("DELETE /session", &both, Value::Null).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let after = server.call("GET /users", &with, Value::Null).await;
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_cookie_is_for_this_site_and_no_script() {
    let server = Server::new().await;
    server.user("ana", "viewer").await;
    let said = json!({ "name": "ana", "password": PASSWORD });
    let lines = [false, true].map(|is_secure| forwarded::Origin {
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        is_secure,
    });
    for line in lines {
        let secure = line.is_secure;
        let request = Request::post(format!("{}/session", super::ROOT)).extension(line);
        let request = request.body(Body::from(said.to_string())).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("; Path=/; ") && cookie.contains("; HttpOnly"), "{cookie}");
        assert!(cookie.contains("; SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn another_site_signs_nobody_in() {
    let server = Server::new().await;
    server.user("ana", "viewer").await;
    let said = json!({ "name": "ana", "password": PASSWORD });
    for (site, status) in [("cross-site", 403), ("same-origin", 201)] {
        let headers = [("sec-fetch-site", site)];
        let response = server.call("POST /session", &headers, said.clone()).await;
        assert_eq!(response.status().as_u16(), status, "{site}");
    }
}

#[tokio::test]
async fn who_guesses_is_told_to_wait() {
    let server = Server::new().await;
    let said = json!({ "name": "nobody", "password": "wrong password" });
    for _ in 0..5 {
        let refused = server.call("POST /session", &[], said.clone()).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = server.call("POST /session", &[], said).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn what_is_denied_is_in_the_audit_log() {
    let server = Server::new().await;
    server.user("ana", "viewer").await;
    server.user("root", "admin").await;
    let (cookie, csrf) = server.sign_in("ana").await;
    let both = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let denied = server.call("POST /hosts", &both, json!({ "name": "web1" })).await;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let denied = server.call("DELETE /users/root", &both, Value::Null).await;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let (cookie, _) = server.sign_in("root").await;
    let log = "GET /audit?outcome=denied&actor=ana";
    let log = json_of(server.call(log, &[("cookie", &cookie)], Value::Null).await).await;
    let lines: Vec<_> = log["items"].as_array().unwrap().iter().collect();
    let verbs: Vec<_> = lines.iter().map(|line| line["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["DELETE /api/v1/users/{name}", "POST /api/v1/hosts"]);
    assert_eq!(lines[1]["object_name"], "web1");
    assert_eq!(lines[1]["detail"], json!({ "right": "change" }));
    assert_eq!(lines[1]["actor_kind"], "user");
    // A filter that nobody knows would show everything.
    for list in ["hosts", "groups", "jobs", "users", "grants", "tokens", "audit"] {
        let unknown = format!("GET /{list}?env=prod");
        let refused = server.call(&unknown, &[("cookie", &cookie)], Value::Null).await;
        assert!(refused.status().is_client_error(), "{unknown}: {}", refused.status());
    }
    let bad = server.call("GET /audit?outcome=x", &[("cookie", &cookie)], Value::Null).await;
    assert_eq!(bad.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let part = "GET /audit/export?format=syslog&limit=1&outcome=denied";
    let part = server.call(part, &[("cookie", &cookie)], Value::Null).await;
    assert!(part.headers().contains_key("x-next-cursor"));
    let text = to_bytes(part.into_body(), 1 << 20).await.unwrap();
    assert!(text.starts_with(b"<108>1 "), "{text:?}");
}

#[tokio::test]
async fn what_was_to_change_something_and_failed_is_in_the_audit_log() {
    let server = Server::new().await;
    server.user("root", "admin").await;
    let (cookie, csrf) = server.sign_in("root").await;
    let both = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    for (call, body, status) in [
        ("DELETE /hosts/none", Value::Null, StatusCode::NOT_FOUND),
        ("POST /hosts", json!({ "name": "a b" }), StatusCode::UNPROCESSABLE_ENTITY),
        ("DELETE /partitions/default", Value::Null, StatusCode::CONFLICT),
        // Whoever looks changes nothing.
        ("GET /hosts/none", Value::Null, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(server.call(call, &both, body).await.status(), status, "{call}");
    }
    let log = "GET /audit?outcome=failed&actor=root";
    let log = json_of(server.call(log, &[("cookie", &cookie)], Value::Null).await).await;
    let lines = log["items"].as_array().unwrap();
    let verbs: Vec<_> = lines.iter().map(|line| line["verb"].as_str().unwrap()).collect();
    let expected =
        ["DELETE /api/v1/partitions/{name}", "POST /api/v1/hosts", "DELETE /api/v1/hosts/{name}"];
    assert_eq!(verbs, expected);
    assert_eq!(lines[0]["detail"]["code"], "register.default_partition");
    assert_eq!(lines[2]["object_name"], "none");
}

#[tokio::test]
async fn ones_own_password_and_tokens_are_ones_own() {
    let server = Server::new().await;
    server.user("ana", "viewer").await;
    let (cookie, csrf) = server.sign_in("ana").await;
    let (other, _) = server.sign_in("ana").await;
    let both = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let made = server.call("POST /tokens", &both, json!({ "name": "ci" })).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made = json_of(made).await;
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let bearer = [("authorization", bearer.as_str())];
    assert_eq!(
        json_of(server.call("GET /session", &bearer, Value::Null).await).await["name"],
        "ana/ci"
    );
    let listed = json_of(server.call("GET /tokens", &both, Value::Null).await).await;
    assert_eq!(listed["items"][0]["name"], "ci");
    assert!(listed["items"][0].get("token").is_none(), "{listed}");
    let cases = [
        (&both[..], json!({ "password": "another horse" }), 422),
        (&both[..], json!({ "password": "another horse", "current": "wrong horse" }), 422),
        (&both[..], json!({ "password": "short", "current": PASSWORD }), 422),
        (&bearer[..], json!({ "password": "another horse", "current": PASSWORD }), 403),
        (&both[..], json!({ "password": "another horse", "current": PASSWORD }), 204),
    ];
    for (headers, body, status) in cases {
        let done = server.call("PUT /users/ana/password", headers, body.clone()).await;
        assert_eq!(done.status().as_u16(), status, "{body}");
    }
    // The session that did it stays, the other one ends.
    for (cookie, status) in [(&cookie, StatusCode::OK), (&other, StatusCode::UNAUTHORIZED)] {
        let seen = server.call("GET /session", &[("cookie", cookie)], Value::Null).await;
        assert_eq!(seen.status(), status);
    }
}

#[tokio::test]
async fn the_link_makes_the_first_administrator() {
    let server = Server::new().await;
    let token = setup::offer(&server.engine).await.unwrap().unwrap();
    let said = |token: &str| json!({ "token": token, "name": "ana", "password": PASSWORD });
    let refused = server.call("POST /setup", &[], said("wrong")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let made = server.call("POST /setup", &[], said(token.expose())).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let (cookie, _) = session_of(made).await;
    let users = server.call("GET /users", &[("cookie", &cookie)], Value::Null).await;
    assert_eq!(json_of(users).await["items"].as_array().unwrap().len(), 1);
    let again = server.call("POST /setup", &[], said(token.expose())).await;
    assert_eq!(again.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_change_from_an_old_version_is_refused() {
    let server = Server::new().await;
    server.user("ana", "admin").await;
    let (cookie, csrf) = server.sign_in("ana").await;
    let headers =
        |tag| [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str()), ("if-match", tag)];
    let call = async |call: &str, tag, body| server.call(call, &headers(tag), body).await.status();
    let team = json!({ "name": "ops" });
    assert_eq!(call("POST /teams", "*", team).await, StatusCode::CREATED);
    let part = json!({ "members": ["ana"] });
    assert_eq!(call("PATCH /teams/ops", "\"1\"", part.clone()).await, StatusCode::OK);
    assert_eq!(call("PATCH /teams/ops", "\"1\"", part).await, StatusCode::PRECONDITION_FAILED);
    let last = call("PATCH /users/ana", "*", json!({ "enabled": false })).await;
    assert_eq!(last, StatusCode::CONFLICT);
}
