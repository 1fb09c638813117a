//! Every call of the API with what no caller should send, generated from the `OpenAPI` document: no fault of ours, no
//! panic, and each refusal says what it is.
//!
//! A part of it, the same each time; all of it where `HEP_TEST_RUNS` is set, as `make test-long` does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, Request, Uri, header};
use axum::middleware;
use hep_engine::master_key::Source;
use hep_engine::ops::token::NewToken;
use hep_engine::ops::user::NewUser;
use hep_engine::ops::{Actor, Engine, token, user};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::rights_test::valid_bodies;

/// The most bytes of a body, so that a larger one is quickly made.
const MOST: usize = 100_000;

/// A call that the document describes.
struct Call {
    method: String,
    path: String,
    /// What its query takes.
    query: Vec<String>,
    /// A body with which it is a valid call, where it takes one.
    valid: Option<Value>,
    /// The fields that its body may have.
    fields: Vec<String>,
}

/// All calls of the document.
fn calls() -> Vec<Call> {
    let document = serde_json::to_value(super::document()).unwrap();
    let bodies = valid_bodies();
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters.iter().filter(|known| known["in"] == "query");
            let method = method.to_uppercase();
            let beneath = path.strip_prefix(super::ROOT).unwrap_or(path).to_owned();
            let schema = &call["requestBody"]["content"]["application/json"]["schema"];
            let valid = bodies.get(&(method.clone(), beneath)).filter(|text| !text.is_empty());
            calls.push(Call {
                query: query.map(|known| known["name"].as_str().unwrap().to_owned()).collect(),
                valid: valid.map(|text| serde_json::from_str(text).unwrap()),
                fields: fields(schema, &document),
                method,
                path: path.clone(),
            });
        }
    }
    assert!(calls.iter().filter(|call| call.valid.is_some()).count() > 30);
    assert!(calls.iter().map(|call| call.fields.len()).sum::<usize>() > 100);
    calls
}

/// The fields of a schema, or of that which it names.
fn fields(schema: &Value, document: &Value) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(name) => document.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    schema["properties"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// Values that are of the wrong type, too long, too deep, or lead elsewhere.
fn values() -> Vec<Value> {
    let mut deep = json!("x");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let texts = [
        "",
        "\0",
        "a\0b",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../b",
        ".git/config",
        "C:\\windows\\x",
        "..\\..\\x",
        "CON",
        "e\u{301}",
        "\u{202e}gpj",
        "\u{feff}x",
        "-rf",
        "$(id)",
        "'; DROP TABLE hosts; --",
        "{{ lookup('pipe', 'id') }}",
    ];
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    // In places where names of files are, and elsewhere.
    values.extend(texts[..13].iter().map(|text| json!({ *text: "x" })));
    values.extend([json!(texts[..13])]);
    values.extend([
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!("x".repeat(70_000)),
        json!([]),
        json!({}),
        json!([[]]),
        json!([null]),
        json!({ "x": { "x": [deep] } }),
    ]);
    values
}

/// Bodies that are no valid JSON, or not an object, or too large.
fn bodies(valid: &Value) -> Vec<Vec<u8>> {
    let valid = valid.to_string();
    let after = &valid[1..];
    let comma = if after == "}" { "" } else { "," };
    let with = |more: &[u8]| [b"{", more, comma.as_bytes(), after.as_bytes()].concat();
    vec![
        b"".to_vec(),
        b"null".to_vec(),
        b"1".to_vec(),
        b"\"x\"".to_vec(),
        b"[]".to_vec(),
        b"[{}]".to_vec(),
        b"{".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        [b"\xef\xbb\xbf", valid.as_bytes()].concat(),
        format!("{valid} x").into_bytes(),
        format!("{valid}{valid}").into_bytes(),
        with(b"\"name\": \"\xff\""),
        with(b"\"\xc3\x28\": 1"),
        with(b"\"name\": \"\\ud800\""),
        with(b"\"name\": \"a\", \"name\": \"b\""),
        with(b"\"more\": 1e999"),
        with(b"\"more\": 123456789012345678901234567890"),
        "[".repeat(MOST / 2).into_bytes(),
        "{\"a\":".repeat(MOST / 8).into_bytes(),
        format!("{{\"name\": {}{}}}", "[".repeat(5000), "]".repeat(5000)).into_bytes(),
        format!("{{\"name\": \"{}\"}}", "x".repeat(2 * MOST)).into_bytes(),
    ]
}

/// The same in XML.
fn xml_bodies() -> Vec<Vec<u8>> {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">\
        <!ENTITY d SYSTEM \"file:///etc/passwd\">]><a><name>&c;&d;</name></a>";
    vec![
        b"".to_vec(),
        b"x".to_vec(),
        b"<a>".to_vec(),
        b"<a>\xff</a>".to_vec(),
        b"<a><name>&#0;</name></a>".to_vec(),
        bomb.into(),
        "<a>".repeat(MOST / 4).into_bytes(),
        b"<a><name>..</name><name>/</name></a>".to_vec(),
    ]
}

/// Parts of paths, and values of queries, as they stand in an address.
const PARTS: [&str; 18] = [
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%2fetc%2fpasswd",
    "a%2fb",
    "%00",
    "a%00b",
    "%ff",
    "%c3%28",
    "%0d%0aX-Y:%20z",
    "%25",
    "%",
    "-rf",
    "-1",
    "99999999999999999999",
    "e%CC%81",
    "'%20OR%201=1--",
    "%F0%9F%92%A9",
];

/// Headers that mean something, with values that they cannot have.
const HEADERS: [(&str, &[u8]); 16] = [
    ("if-match", b"\xff"),
    ("if-match", b"\"99999999999999999999\""),
    ("if-match", b"W/\"1\""),
    ("idempotency-key", b"\xff\xfe"),
    ("idempotency-key", b""),
    ("idempotency-key", &[b'x'; 5000]),
    ("content-type", b"\xff"),
    ("content-type", b"application/xml"),
    ("content-type", b"multipart/form-data"),
    ("content-type", b"application/json; charset=utf-16"),
    ("accept", b"\xff"),
    ("accept", b"application/xml"),
    ("last-event-id", b"-99999999999999999999"),
    ("cookie", b"hep_session=\xff; =;;"),
    ("authorization", b"Bearer \xff"),
    ("x-forwarded-for", b"\xff, ::::"),
];

/// A server, who calls it, and what went wrong.
struct Tried {
    router: Router,
    token: String,
    faults: BTreeMap<String, usize>,
    calls: usize,
}

impl Tried {
    async fn new(engine: &Engine) -> Self {
        let root = Actor::command_line("test");
        let new = NewUser { role: Some("admin".into()), ..NewUser::named("root") };
        user::create(engine, &root, new).await.unwrap();
        let made = token::create(engine, &root, NewToken::of("root", "test")).await.unwrap();
        let router = super::router(engine.clone(), true)
            .layer(DefaultBodyLimit::max(MOST))
            .layer(middleware::from_fn(super::xml_for_those_who_ask));
        let (token, faults) = (made.token.expose().clone(), BTreeMap::new());
        Self { router, token, faults, calls: 0 }
    }

    /// Makes a call; nothing but its answer may come of it.
    async fn call(&mut self, call: &Call, to: &str, more: &[(&str, &[u8])], body: &[u8]) {
        let said = format!("{} {}", call.method, call.path);
        let Ok(address) = to.parse::<Uri>() else { return };
        let mut request = Request::builder().method(call.method.as_str()).uri(address);
        if !more.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in more {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        self.calls += 1;
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        let kind = kind.as_ref().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if status.is_success() || status.is_redirection() {
            return;
        }
        let text = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let problem = serde_json::from_slice::<Value>(&text).unwrap_or_default();
        let is_told = kind == "application/xml"
            || (kind == "application/problem+json" && problem["code"].is_string());
        // What needs a host, or another machine, is none of ours.
        let is_fault = status.is_server_error() && status != 503;
        if is_fault || !is_told {
            let mut fault = format!("{said}: {status} {kind} ");
            let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
            let _ = write!(fault, "{to} {shown:?} {more:?} {problem}");
            fault.truncate(fault.char_indices().nth(600).map_or(fault.len(), |(at, _)| at));
            *self.faults.entry(fault).or_default() += 1;
        }
    }
}

/// An address with a part for each name in it.
fn filled(path: &str, part: &str) -> String {
    let mut address = String::new();
    for piece in path.split_inclusive('}') {
        let (fixed, named) = piece.split_once('{').unwrap_or((piece, ""));
        address.push_str(fixed);
        address.push_str(if named.is_empty() { "" } else { part });
    }
    address
}

/// Whether an answer never ends by itself.
fn streams(call: &Call) -> bool {
    call.path.ends_with("/events")
}

async fn story(engine: &Engine) -> usize {
    let mut tried = Tried::new(engine).await;
    let (calls, values) = (calls(), values());
    // Of the values of a field one in so many, others for the next field.
    let share = if std::env::var_os("HEP_TEST_RUNS").is_some() { 1 } else { 6 };
    // One of each noun, so that what stands in a body meets the database.
    for call in calls.iter().filter(|call| call.method == "POST" && !call.path.contains('{')) {
        let body = call.valid.clone().unwrap_or_default().to_string();
        tried.call(call, &call.path, &[], body.as_bytes()).await;
    }
    for call in calls.iter().filter(|call| !streams(call)) {
        let made = filled(&call.path, "made");
        if let Some(valid) = &call.valid {
            for body in bodies(valid) {
                tried.call(call, &made, &[("content-type", b"application/json")], &body).await;
            }
            for body in xml_bodies() {
                tried.call(call, &made, &[("content-type", b"application/xml")], &body).await;
            }
            let keys = valid.as_object().unwrap().keys();
            let all: Vec<&String> =
                keys.chain(call.fields.iter().filter(|field| valid.get(field).is_none())).collect();
            let each = all.iter().flat_map(|field| values.iter().map(move |v| (field, v)));
            // No multiple of the share, so that the next field has other values.
            for (field, value) in each.skip(share / 2).step_by(share) {
                // A password that could be one is hashed, slowly and on purpose.
                if *field == "password" && value.as_str().is_some_and(|text| text.len() > 7) {
                    continue;
                }
                let mut body = valid.clone();
                body[field.as_str()] = value.clone();
                tried.call(call, &made, &[], body.to_string().as_bytes()).await;
            }
        }
        let body = call.valid.clone().map_or_else(String::new, |valid| valid.to_string());
        let long = "x".repeat(8000);
        for part in PARTS.into_iter().chain([long.as_str()]) {
            if call.path.contains('{') {
                tried.call(call, &filled(&call.path, part), &[], body.as_bytes()).await;
            }
            for name in &call.query {
                let to = format!("{}?{name}={part}", filled(&call.path, "nothing"));
                tried.call(call, &to, &[], body.as_bytes()).await;
                let twice = format!("{to}&{name}=1");
                tried.call(call, &twice, &[], body.as_bytes()).await;
            }
        }
        for header in HEADERS {
            let to = filled(&call.path, "nothing");
            tried.call(call, &to, &[header], body.as_bytes()).await;
        }
    }
    let faults: Vec<&String> = tried.faults.keys().collect();
    assert!(faults.is_empty(), "{} kinds of faults:\n{faults:#?}", faults.len());
    tried.calls
}

#[tokio::test]
async fn no_bad_input_is_a_fault_of_ours_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("hep.db").display());
    let keys = Source::ours(folder.path().join("master.key"));
    let engine = Engine::open(&database, keys).await.unwrap();
    let calls = story(&engine).await;
    assert!(calls > 3000, "{calls} calls");
    eprintln!("{calls} calls with bad input, on SQLite");
    engine.close().await;
}

#[tokio::test]
async fn no_bad_input_is_a_fault_of_ours_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let server = std::env::var("HEP_TEST_POSTGRES").unwrap();
    let name = format!("hep_hostile_{}", std::process::id());
    let psql = |text: String| {
        let mut command = std::process::Command::new("psql");
        let done =
            command.args(["-qX", "-v", "ON_ERROR_STOP=1", "-c", &text]).arg(&server).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    psql(format!("CREATE DATABASE {name}"));
    let address = server.replacen("/postgres?", &format!("/{name}?"), 1);
    let keys = Source::ours(folder.path().join("master.key"));
    let engine = Engine::open(&address, keys).await.unwrap();
    let calls = story(&engine).await;
    assert!(calls > 3000, "{calls} calls");
    eprintln!("{calls} calls with bad input, on PostgreSQL");
    engine.close().await;
    psql(format!("DROP DATABASE {name}"));
}
