//! Stories of the server's door, over real HTTP.

use serde_json::json;

use super::testing::Running;
use crate::settings::table;

#[tokio::test]
async fn a_host_is_kept_changed_and_removed() {
    let server = Running::start(&[]).await;
    let made =
        server.call("POST", "/api/v1/hosts", Some(json!({"name": "web1"}))).await.expect(201);
    assert_eq!((made.header("location"), made.header("etag")), ("/api/v1/hosts/web1", "\"1\""));
    let changed = json!({"name": "web1", "notes": "new"}).to_string();
    let put = async |tag: &str| {
        let tag = [("if-match", tag)];
        server.call_with("PUT", "/api/v1/hosts/web1", &tag, Some(changed.clone())).await
    };
    put("\"1\"").await.expect(200);
    put("\"1\"").await.expect(412);
    put("nonsense").await.expect(400);
    let host = server.call("GET", "/api/v1/hosts/web1", None).await.expect(200);
    assert_eq!((host.json()["notes"].as_str(), host.header("etag")), (Some("new"), "\"2\""));
    server.call("DELETE", "/api/v1/hosts/web1", None).await.expect(204);
    server.call("GET", "/api/v1/hosts/web1", None).await.expect(404);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_field() {
    let server = Running::start(&[(&table::LIMIT_BODY, "2000")]).await;
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(3000));
    let cases = [
        ("{", 400, None),
        ("[]", 422, Some(".")),
        (" [\"a\"]", 422, Some(".")),
        ("{\"name\": \"a\"} x", 400, None),
        ("{\"name\": \"-rf\"}", 422, Some("name")),
        ("{\"name\": \"a\", \"port\": 0}", 422, Some("port")),
        ("{\"name\": \"a\", \"port\": 70000}", 422, Some("port")),
        ("{\"name\": \"a\", \"colour\": 1}", 422, Some("colour")),
        ("{\"name\": \"a\", \"partition\": \"none\"}", 422, Some("partition")),
        ("{\"name\": \"a\", \"address\": \"root@x\"}", 422, Some("address")),
        (large.as_str(), 413, None),
    ];
    for (body, status, field) in cases {
        let answer = server.call_with("POST", "/api/v1/hosts", &[], Some(body.to_owned())).await;
        let problem = answer.expect(status);
        assert_eq!(problem.header("content-type"), "application/problem+json");
        assert_eq!(problem.json()["field"].as_str(), field, "{body}: {}", problem.text);
    }
    let problem = server.call("GET", "/api/v1/hosts?limit=-1", None).await.expect(400);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["field"], "limit", "{}", problem.text);
    server.call("GET", "/api/v1/nothing", None).await.expect(404);
    server.call("PATCH", "/api/v1/hosts", None).await.expect(405);
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let server = Running::start(&[]).await;
    for header in ["", "Bearer nonsense", "Basic eDp5"] {
        let headers = [("authorization", header)];
        server.call_with("GET", "/api/v1/hosts", &headers, None).await.expect(401);
        server.call_with("GET", "/host/", &headers, None).await.expect(401);
    }
    let open = server.call_with("GET", "/ping/", &[("authorization", "")], None).await.expect(200);
    assert_eq!(open.text, "pong");
}

#[tokio::test]
async fn a_call_that_comes_twice_makes_one_thing() {
    let server = Running::start(&[]).await;
    let body = json!({"name": "web1"}).to_string();
    let post = async |key: &str, body: &str| {
        let headers = [("idempotency-key", key)];
        server.call_with("POST", "/api/v1/hosts", &headers, Some(body.to_owned())).await
    };
    post("k1", &body).await.expect(201);
    let again = post("k1", &body).await.expect(303);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("location"), "/api/v1/hosts/web1");
    post("k1", "{\"name\": \"web2\"}").await.expect(409);
    post("k2", &body).await.expect(409);
    post("", &body).await.expect(400);
    let hosts = server.call("GET", "/api/v1/hosts", None).await.expect(200).json();
    assert_eq!(hosts["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn users_and_credentials_are_made_once_for_a_key() {
    let server = Running::start(&[]).await;
    let user = |password: &str| json!({"name": "ana", "password": password});
    let credential = |password: &str| json!({"name": "deploy", "kind": "password", "user": "x", "password": password});
    let made = [("/api/v1/users", user("a weak word"), user("another word"))];
    let made = made.into_iter().chain([("/api/v1/credentials", credential("a"), credential("b"))]);
    for (path, said, other) in made {
        let post = async |body: &serde_json::Value| {
            let headers = [("idempotency-key", "k")];
            server.call_with("POST", path, &headers, Some(body.to_string())).await
        };
        let first = post(&said).await.expect(201);
        let again = post(&said).await.expect(303);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.header("location"), first.header("location"));
        post(&other).await.expect(409);
    }
}

#[tokio::test]
async fn a_run_that_is_asked_for_twice_is_one() {
    let server = Running::start(&[]).await;
    server.call("POST", "/api/v1/hosts", Some(json!({"name": "web1"}))).await.expect(201);
    let subject = json!({"kind": "command", "words": ["true"]});
    let body = json!({"subject": subject, "selector": "web1"}).to_string();
    let post = async |key: &str| {
        let headers = [("idempotency-key", key)];
        server.call_with("POST", "/api/v1/runs", &headers, Some(body.clone())).await
    };
    let made = post("k1").await.expect(202);
    let again = post("k1").await.expect(303);
    assert_eq!(again.header("location"), made.header("location"));
    let runs = server.call("GET", "/api/v1/runs", None).await.expect(200).json();
    assert_eq!(runs["items"].as_array().unwrap().len(), 1);
    post("k2").await.expect(202);
}

#[tokio::test]
async fn xml_goes_in_and_out() {
    let server = Running::start(&[]).await;
    let xml = "<host><name>web1</name><port>2222</port><labels><env>prod</env></labels></host>";
    let headers = [("content-type", "text/xml"), ("accept", "application/xml")];
    let made =
        server.call_with("POST", "/api/v1/hosts", &headers, Some(xml.into())).await.expect(201);
    assert_eq!(made.header("content-type"), "application/xml");
    assert!(made.text.contains("<port type=\"number\">2222</port>"), "{}", made.text);
    let host = server.call("GET", "/api/v1/hosts/web1", None).await.expect(200).json();
    assert_eq!(host["labels"], json!({"env": "prod"}));
    let bad = Some("<host><name>x</name><port>many</port></host>".to_owned());
    let bad = server.call_with("POST", "/api/v1/hosts", &headers, bad).await.expect(422);
    assert!(bad.text.contains("<field>port</field>"), "{}", bad.text);
}

#[tokio::test]
async fn the_paths_of_alf_answer_unless_they_are_switched_off() {
    let server = Running::start(&[]).await;
    let body = json!({"Hostname": "10.0.0.7", "Port": 2222, "Username": "ana"});
    let made = server.call("POST", "/host/", Some(body)).await.expect(201).json();
    let id = made["Id"].as_str().unwrap();
    let host = server.call("GET", &format!("/host/{id}"), None).await.expect(200).json();
    assert_eq!(
        host,
        json!({"Id": id, "Hostname": "10.0.0.7", "Port": 2222, "Username": "ana", "Tasks": []})
    );
    assert_eq!(server.call("GET", "/host/", None).await.expect(200).json(), json!([host]));
    let server = Running::start(&[(&table::ALIASES_ALF, "false")]).await;
    server.call("GET", "/ping/", None).await.expect(404);
}

#[tokio::test]
async fn the_door_says_how_it_is() {
    let server = Running::start(&[]).await;
    server.call("GET", "/healthz", None).await.expect(200);
    server.call("GET", "/readyz", None).await.expect(200);
    let metrics = server.call("GET", "/metrics", None).await.expect(200);
    assert!(metrics.text.contains("hep_http_seconds_count{"), "{}", metrics.text);
    let document = server.call("GET", "/api/v1/openapi.json", None).await.expect(200).json();
    assert_eq!(document["openapi"].as_str().map(|text| &text[..3]), Some("3.1"));
    assert!(document["paths"]["/api/v1/hosts"]["post"].is_object());
    let page = server.call("GET", "/api/docs", None).await.expect(200);
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    server.engine.close().await;
    server.call("GET", "/readyz", None).await.expect(503);
    server.call("GET", "/healthz", None).await.expect(200);
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let server = Running::start(&[(&table::LIMIT_RATE, "3")]).await;
    for _ in 0..3 {
        server.call("GET", "/api/v1/hosts", None).await.expect(200);
    }
    let refused = server.call("GET", "/api/v1/hosts", None).await.expect(429);
    assert_eq!(refused.header("retry-after"), "60");
}
