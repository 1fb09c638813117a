//! Tables of cases of templates, and what an evaluation may never do.

use super::*;
use crate::vars::{Layer, Level, Var};

/// Variables, a controller that answers for hosts only.
struct Fixed {
    vars: Vars,
}

impl Scope for Fixed {
    fn vars(&self) -> &Vars {
        &self.vars
    }

    fn lookup(&self, ask: Ask) -> Result<Evaluated, Stop> {
        match &ask {
            Ask::HostVars(host) => {
                let value =
                    Value::from([("name", Value::from(&**host)), ("evil", "{{ secret }}".into())]);
                Ok(Evaluated { value, trust: Trust::Host })
            }
            _ => Err(Stop::Pending),
        }
    }
}

fn text(text: &str) -> Node {
    Node::bare(NodeKind::Str(text.into()))
}

/// Makes every text a template.
fn author(node: &mut Node) {
    match &mut node.kind {
        NodeKind::Literal(text) => node.kind = NodeKind::Str(text.clone()),
        NodeKind::List(items) => items.iter_mut().for_each(author),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                author(key);
                author(value);
            }
        }
        _ => {}
    }
}

/// A tree whose texts are templates.
fn tree(value: &serde_json::Value) -> Node {
    let mut node = Node::from_value(&filters::from_json(value.clone()), Pos::default());
    author(&mut node);
    node
}

fn authored(vars: &serde_json::Value) -> Layer {
    let map = vars.as_object().unwrap();
    map.iter().map(|(k, v)| (Arc::from(k.as_str()), Var::Authored(tree(v)))).collect()
}

fn scope(layers: Vec<(Level, Layer)>) -> Arc<dyn Scope> {
    let mut vars = Vars::new();
    for (level, layer) in layers {
        vars.push(level, Arc::new(layer));
    }
    Arc::new(Fixed { vars })
}

#[derive(serde::Deserialize)]
struct Case {
    t: String,
    #[serde(default)]
    e: Option<serde_json::Value>,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    kind: String,
}

#[derive(serde::Deserialize)]
struct Table {
    vars: serde_json::Value,
    cases: Vec<Case>,
}

/// The expectations were made by ansible-core 2.19.14 with the same variables.
#[test]
fn templates_give_what_ansible_gives() {
    let table: Table = serde_json::from_str(include_str!("cases.json")).unwrap();
    let scope = scope(vec![(Level::Play, authored(&table.vars))]);
    let engine = Engine::default();
    let mut wrong = Vec::new();
    for case in &table.cases {
        let result = match case.kind.as_str() {
            "expr" => engine.expr(&text(&case.t), &scope).map(|found| found.value),
            "file" => engine.text("t.j2", &case.t, &scope).map(|found| found.value),
            _ => engine.node(&text(&case.t), &scope).map(|node| node.to_value()),
        };
        let expected = case.e.clone().map_or(Value::Null, filters::from_json);
        match result {
            Ok(_) if case.fails => wrong.push(format!("{}: should fail", case.t)),
            Ok(value) if value != expected && !case.fails => {
                wrong.push(format!("{}\n    is  {value:?}\n    not {expected:?}", case.t));
            }
            Err(stop) if !case.fails => wrong.push(format!("{}\n    {stop:?}", case.t)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.cases.len(), wrong.join("\n"));
}

fn data(pairs: &[(&str, Value, Trust)]) -> Layer {
    pairs.iter().map(|(k, v, t)| (Arc::from(*k), Var::Data(v.clone(), *t))).collect()
}

const EVIL: &str = "{{ secret }}{% include 'x' %}";

/// A scope with variables of the operator, of a host, not known ones, and a secret.
fn mixed() -> Arc<dyn Scope> {
    let fact = Value::from([("a", Value::from(EVIL)), ("l", vec![EVIL, "b"].into())]);
    let host = data(&[
        ("fact", fact, Trust::Host),
        ("evil", EVIL.into(), Trust::Host),
        ("name", "vault".into(), Trust::Host),
        ("unknown", Value::Unknown("not applied yet".into()), Trust::Host),
        (
            "part",
            Value::from([("ok", Value::Int(1)), ("no", Value::Unknown("later".into()))]),
            Trust::Host,
        ),
    ]);
    let mut own = authored(&serde_json::json!({
        "mine": "m", "derived": "x{{ evil }}", "secret": "top", "a": "{{ b }}", "b": "{{ c }}",
        "c": "{{ a }}", "self": "{{ self }}", "grow": "{{ grow }}:/opt", "cfg": {"x": 1, "y": "{{ cfg.x }}",
        "z": "{{ cfg.z }}"}, "groups": {"all": ["h1", "h2"]}, "inventory_hostname": "h1",
        "maybe": "{{ unknown }}", "pw": "p={{ vault }}"
    }));
    own.insert("vault".into(), Var::Authored(Node::bare(NodeKind::Secret("s3cret".into()))));
    let low = authored(&serde_json::json!({"grow": "/bin"}));
    scope(vec![(Level::Inventory, low), (Level::Facts, host), (Level::Play, own)])
}

#[test]
fn what_a_host_said_is_never_a_template_and_marks_its_results() {
    let (engine, scope) = (Engine::default(), mixed());
    let hostile = [
        ("{{ evil }}", EVIL),
        ("{{ evil | string }}", EVIL),
        ("{{ evil + '' }}", EVIL),
        ("a{{ evil }}", "a{{ secret }}{% include 'x' %}"),
        ("{{ [evil] | join }}", EVIL),
        ("{{ 'x' | regex_replace('x', evil) }}", EVIL),
        ("{{ [evil] | map('string') | first }}", EVIL),
        ("{{ nope | default(evil) }}", EVIL),
        ("{{ vars['evil'] }}", EVIL),
        ("{{ vars[['ev', 'il'] | join] }}", EVIL),
        ("{{ hostvars['h2'].evil }}", "{{ secret }}"),
        ("{{ hostvars['h1'].evil }}", EVIL),
        ("{{ lookup('vars', 'evil') }}", EVIL),
        ("{{ fact.a }}", EVIL),
        ("{{ fact.l[0] }}", EVIL),
        ("{% for x in fact.l[:1] %}{{ x }}{% endfor %}", EVIL),
        ("{% set x = evil %}{{ x }}", EVIL),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(evil) }}", EVIL),
        ("{{ derived }}", "x{{ secret }}{% include 'x' %}"),
        ("{{ 'n' if evil else 'm' }}", "n"),
    ];
    for (template, expected) in hostile {
        let kind = engine.node(&text(template), &scope).unwrap().kind;
        assert_eq!(kind, NodeKind::Foreign(expected.into()), "{template}");
        let again = engine.node(&Node::bare(kind.clone()), &scope).unwrap().kind;
        assert_eq!(again, kind, "{template} a second time");
    }
    let own = engine.node(&text("{{ mine }}{{ secret }}"), &scope).unwrap().kind;
    assert_eq!(own, NodeKind::Literal("mtop".into()));
    let file = engine.text("f", "{{ evil }}", &scope).unwrap();
    assert_eq!(file, Evaluated { value: EVIL.into(), trust: Trust::Host });
}

/// The id of the message that an evaluation fails with.
fn failure<T: std::fmt::Debug>(result: Result<T, Stop>) -> String {
    match result.unwrap_err() {
        Stop::Fail(message) | Stop::FailAt(_, message) => message.id.into_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn failures_say_what_is_wrong() {
    let (engine, scope) = (Engine::default(), mixed());
    let cases = [
        ("{{ lookup('file', evil) }}", "template.host_argument"),
        ("{{ lookup(evil, 'x') }}", "template.unknown_lookup"),
        ("{{ lookup('template', derived) }}", "template.host_argument"),
        ("{{ query('pipe', 'echo ' ~ fact.a) }}", "template.host_argument"),
        ("{{ lookup('file', '/etc/motd') }}", "Pending"),
        ("{{ lookup('env', 'HOME') }}", "Pending"),
        ("{{ a }}", "template.endless"),
        ("{{ self }}", "template.undefined"),
        ("{{ cfg.z }}", "template.endless"),
        ("{{ cfg }}", "template.endless"),
        ("{{ mien }}", "template.undefined"),
        ("{{ s | uper }}", "template.unknown_filter"),
        ("{{ 's' | uper }}", "template.unknown_filter"),
        ("{{ 's' is definde }}", "template.unknown_test"),
        ("{{ lookup('fiel', 'x') }}", "template.unknown_lookup"),
        ("{{ [1] | map('uper') }}", "template.unknown_filter"),
        ("{% include evil %}", "template.statement"),
        (
            "{% for i in range(1000000) %}{% for j in range(1000000) %}{% endfor %}{% endfor %}",
            "template.fuel",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "template.failed"),
        ("{{ 5 | random }}", "template.no_seed"),
        ("{{ now() }}", "template.no_clock"),
        ("{{ '1.2.3.4' | ipaddr }}", "template.refused"),
        ("{{ '/x' is exists }}", "template.controller_file"),
        ("{{ [1].append(2) }}", "template.changing_method"),
        ("{{ omit ~ '' }}{{ omit | upper }}", "template.omit_used"),
        ("{{ 'x' | regex_search('(') }}", "template.filter"),
        ("{{ nope.split(',') }}", "template.undefined"),
        ("{{ nope() }}", "template.undefined"),
    ];
    for (template, id) in cases {
        assert_eq!(failure(engine.node(&text(template), &scope)), id, "{template}");
    }
}

#[test]
fn touching_what_is_not_known_ends_the_evaluation() {
    let (engine, scope) = (Engine::default(), mixed());
    let touching = [
        "{{ unknown }}",
        "{{ unknown is defined }}",
        "{{ unknown | default(1) }}",
        "{{ unknown == 1 }}",
        "{{ part.no }}",
        "{{ part.no is defined }}",
        "{{ part == {} or part == {'ok': 1, 'no': 2} }}",
        "{{ part | to_json }}",
        "x{{ part }}",
        "{{ part.get('no') == 1 }}",
        "{{ maybe }}",
        "{{ [part.no] | length }}",
        "{% if unknown %}{% endif %}",
        "{% for x in unknown %}{% endfor %}",
        "{{ 1 if unknown else 2 }}",
        "{{ not unknown }}",
        "{{ 'a' ~ unknown }}",
        "{{ part.no.x }}",
    ];
    for template in touching {
        let result = engine.node(&text(template), &scope);
        assert!(matches!(result, Err(Stop::Unknown(_))), "{template}: {result:?}");
    }
    for template in
        ["{{ part.ok }}", "{{ 1 if mine == 'm' else unknown }}", "{{ mine == 'm' or unknown }}"]
    {
        assert!(engine.node(&text(template), &scope).is_ok(), "{template}");
    }
}

#[test]
fn omitted_entries_are_left_out_and_secrets_are_marked() {
    let (engine, scope) = (Engine::default(), mixed());
    let options = tree(&serde_json::json!({
        "mode": "{{ nope | default(omit) }}", "l": ["a", "{{ omit }}"], "n": {"x": "{{ omit }}"},
        "m": "{{ {'a': omit, 'b': 1} }}", "{{ mine }}": 1
    }));
    let rendered = engine.node(&options, &scope).unwrap().to_value();
    let expected = serde_json::json!({"l": ["a"], "n": {}, "m": {"b": 1}, "m2": 0});
    assert_eq!(rendered.get("l"), Some(&filters::from_json(expected["l"].clone())));
    assert_eq!(rendered.get("n"), Some(&filters::from_json(expected["n"].clone())));
    assert_eq!(rendered.get("mode"), None);
    let secret = engine.node(&text("{{ pw }}"), &scope).unwrap().kind;
    assert_eq!(secret, NodeKind::Secret("p=s3cret".into()));
    let hidden = engine.node(&text("{{ vault | length }}"), &scope).unwrap().kind;
    assert_eq!(hidden, NodeKind::Int { value: 6, octal: false });
    let grown = engine.node(&text("{{ grow }}"), &scope).unwrap().kind;
    assert_eq!(grown, NodeKind::Literal("/bin:/opt".into()));
    assert_eq!(engine.node(&text("{{ cfg.y }}"), &scope).unwrap().to_value(), Value::Int(1));
}

#[test]
fn deep_definitions_end_in_an_error_and_not_in_the_stack() {
    let engine = Engine::default();
    let mut vars = serde_json::Map::new();
    for index in 0..200 {
        let next = format!("{{{{ [v{}] | first | default('x') }}}}", index + 1);
        vars.insert(format!("v{index}"), next.into());
    }
    vars.insert("v200".into(), "end".into());
    let scope = scope(vec![(Level::Play, authored(&vars.into()))]);
    assert_eq!(failure(engine.node(&text("{{ v0 }}"), &scope)), "template.too_deep");
    assert_eq!(engine.node(&text("{{ v170 }}"), &scope).unwrap().to_value(), "end".into());
    let nested = "{{ ".to_owned() + &"[".repeat(300) + &"]".repeat(300) + " }}";
    assert_eq!(failure(engine.node(&text(&nested), &scope)), "template.syntax");
    let grown = "{% set n = namespace(x=1) %}{% for i in range(5000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}";
    assert_eq!(failure(engine.node(&text(grown), &scope)), "template.nested");
}

#[test]
fn conditions_are_true_or_false() {
    let (engine, scope) = (Engine::default(), mixed());
    let holds = |node: Node| engine.condition(&node, &scope);
    assert_eq!(holds(text("mine == 'm'")), Ok(true));
    assert_eq!(holds(text("false")), Ok(false));
    assert_eq!(holds(text("")), Ok(true));
    assert_eq!(holds(Node::bare(NodeKind::Bool(false))), Ok(false));
    assert_eq!(holds(text("{{ mine == 'm' }}")), Ok(true));
    assert_eq!(
        holds(text("{{ 'mine' }} ")),
        Ok(true).and_then(|_: bool| holds(text("{{ 'mine' }} ")))
    );
    assert_eq!(failure(holds(text("mine"))), "template.not_boolean");
    assert_eq!(failure(holds(text("cfg"))), "template.endless");
    assert_eq!(failure(holds(text("{{ evil }}"))), "template.untrusted_condition");
    let foreign = Node::bare(NodeKind::Foreign("true".into()));
    assert_eq!(failure(holds(foreign)), "template.untrusted_condition");
}

#[test]
fn checks_name_the_place_and_names_are_listed() {
    let engine = Engine::default();
    let at = |text: &str| {
        let pos = Pos { file: 1, line: 10, col: 5 };
        let node = Node { pos, kind: NodeKind::Str(text.into()) };
        engine.check(&node).map_err(|(pos, message)| (pos.line, pos.col, message.id.into_owned()))
    };
    assert_eq!(at("x{{ a.b | upper }}"), Ok(()));
    assert_eq!(at("x{{ a | uper }}"), Err((10, 13, "template.unknown_filter".into())));
    assert_eq!(at("a\n{{ b is definde }}\n"), Err((12, 9, "template.unknown_test".into())));
    assert_eq!(at("{{ a b }}"), Err((10, 10, "template.syntax".into())));
    assert_eq!(at("{{ a"), Err((10, 9, "template.syntax".into())));
    let names =
        engine.names(&text("{% for x in a.b %}{{ x + c }}{% endfor %}{{ lookup('env', d) }}"));
    let expected = ["a", "c", "d"].map(String::from).into();
    assert_eq!(names, Names { names: expected, dynamic: true });
    assert!(engine.names(&text("{{ vars[x] }}")).dynamic);
}

#[test]
fn loops_go_over_what_ansible_goes_over() {
    let scope = mixed();
    let go = |name: &str, items: serde_json::Value| {
        let found = with_loop(name, &filters::from_json(items), Trust::Operator, &*scope);
        found.map(|items| serde_json::to_value(items).unwrap().to_string())
    };
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let cases = [
        ("items", r"[1,[2,[3]]]", r"[1,2,[3]]"),
        ("items", r#""a""#, r#"["a"]"#),
        ("list", r"[1,[2]]", r"[1,[2]]"),
        ("flattened", r"[1,[2,[3]]]", r"[1,2,3]"),
        ("dict", r#"{"a":1}"#, r#"[{"key":"a","value":1}]"#),
        ("sequence", r#""start=0 end=10 stride=5 format=%02x""#, r#"["00","05","0a"]"#),
        ("sequence", r#""5""#, r#"["1","2","3","4","5"]"#),
        ("sequence", r#""2-10/2""#, r#"["2","4","6","8","10"]"#),
        ("sequence", r#""4:host%02d""#, r#"["host01","host02","host03","host04"]"#),
        ("sequence", r#""start=10 end=8 stride=-1""#, r#"["10","9","8"]"#),
        ("sequence", r#""count=0""#, "[]"),
        ("nested", r#"[["a","b"],[1,2]]"#, r#"[["a",1],["a",2],["b",1],["b",2]]"#),
        ("together", r#"[["a","b"],[1]]"#, r#"[["a",1],["b",null]]"#),
        ("indexed_items", r#"["a","b"]"#, r#"[[0,"a"],[1,"b"]]"#),
        (
            "subelements",
            r#"[[{"n":1,"g":[5,6]}],"g"]"#,
            r#"[[{"n":1,"g":[5,6]},5],[{"n":1,"g":[5,6]},6]]"#,
        ),
    ];
    for (name, items, expected) in cases {
        assert_eq!(go(name, json(items)).as_deref(), Ok(expected), "{name} {items}");
    }
    assert_eq!(failure(go("sequence", json(r#""start=3 end=1""#))), "template.lookup");
    assert_eq!(failure(go("item", json("[]"))), "template.unknown_lookup");
    assert_eq!(go("fileglob", json(r#"["*.j2"]"#)), Err(Stop::Pending));
    let told = with_loop("fileglob", &"/etc/*".into(), Trust::Host, &*scope);
    assert_eq!(failure(told), "template.host_argument");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(template in r#"(\{\{|\}\}|\{%|%\}|[a-z]{1,3}|[ |.()\[\]'"%+\-\\{},:0-9é])*"#) {
        let (engine, scope) = (Engine::default(), mixed());
        let _ = engine.node(&text(&format!("{{{{{template}}}}}")), &scope);
        let _ = engine.node(&text(&template), &scope);
        let _ = engine.expr(&text(&template), &scope);
        let _ = engine.check(&text(&template));
        let _ = engine.text("f", &template, &scope);
    }

    #[test]
    fn data_of_a_host_comes_out_as_it_went_in(said in r#"(\{\{|\}\}|\{%|%\}|[ a-z'"\\\n|])*"#) {
        let layer = data(&[("fact", said.as_str().into(), Trust::Host)]);
        let scope = scope(vec![(Level::Facts, layer)]);
        let engine = Engine::default();
        for template in ["{{ fact }}", "{{ [fact][0] }}", "{{ fact ~ '' }}", "{% if true %}{{ fact }}{% endif %}"] {
            let kind = engine.node(&text(template), &scope).unwrap().kind;
            proptest::prop_assert_eq!(kind, NodeKind::Foreign(said.as_str().into()));
        }
    }
}
