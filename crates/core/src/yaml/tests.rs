//! Tables of cases and properties of the YAML reader and writer.

use proptest::prelude::*;

use super::write::{Style, to_yaml};
use super::*;
use crate::value::{Map, Value};

fn one(text: &str) -> Node {
    let mut documents = parse(text, 0).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    assert_eq!(documents.len(), 1, "{text:?}");
    documents.remove(0)
}

fn int(value: i64) -> NodeKind {
    NodeKind::Int { value, octal: false }
}

fn octal(value: i64) -> NodeKind {
    NodeKind::Int { value, octal: true }
}

fn text(value: &str) -> NodeKind {
    NodeKind::Str(value.into())
}

#[test]
fn plain_scalars_mean_what_pyyaml_says() {
    // Printed by PyYAML 6: `yaml.safe_load("a: " + text)["a"]`.
    let cases = [
        ("0644", octal(420)),
        ("-0644", octal(-420)),
        ("00", octal(0)),
        ("0_", octal(0)),
        ("0", int(0)),
        ("-0", int(0)),
        ("+12", int(12)),
        ("1_000", int(1000)),
        ("1__2", int(12)),
        ("0b101", int(5)),
        ("0x_1F", int(31)),
        ("-0x1f", int(-31)),
        ("1:30", int(90)),
        ("190:20:30", int(685_230)),
        ("0o644", text("0o644")),
        ("09", text("09")),
        ("08", text("08")),
        ("0x", text("0x")),
        ("0b", text("0b")),
        ("_1", text("_1")),
        ("0:0", text("0:0")),
        ("01:30", text("01:30")),
        ("1:60", text("1:60")),
        ("1e3", text("1e3")),
        ("1.0e3", text("1.0e3")),
        ("1e+3", text("1e+3")),
        ("12e03", text("12e03")),
        ("1.e5", text("1.e5")),
        ("-.5", text("-.5")),
        ("+.5", text("+.5")),
        ("._", text("._")),
        ("--", text("--")),
        ("1.0e+3", NodeKind::Float(1000.0)),
        (".5", NodeKind::Float(0.5)),
        ("5.", NodeKind::Float(5.0)),
        ("0.", NodeKind::Float(0.0)),
        ("1.5e-3", NodeKind::Float(0.0015)),
        ("1_000.5", NodeKind::Float(1000.5)),
        ("1:30.5", NodeKind::Float(90.5)),
        ("1:2:3.4", NodeKind::Float(3723.4)),
        (".inf", NodeKind::Float(f64::INFINITY)),
        ("+.inf", NodeKind::Float(f64::INFINITY)),
        ("-.INF", NodeKind::Float(f64::NEG_INFINITY)),
        ("y", text("y")),
        ("n", text("n")),
        ("yes", NodeKind::Bool(true)),
        ("On", NodeKind::Bool(true)),
        ("OFF", NodeKind::Bool(false)),
        ("True", NodeKind::Bool(true)),
        ("yEs", text("yEs")),
        ("~", NodeKind::Null),
        ("null", NodeKind::Null),
        ("", NodeKind::Null),
        ("none", text("none")),
        ("None", text("None")),
        ("2020-01-01", text("2020-01-01")),
        ("=", text("=")),
        ("99999999999999999999", text("99999999999999999999")),
        ("!!str 12", text("12")),
        ("!!int '12'", int(12)),
        ("!!float 1", NodeKind::Float(1.0)),
        ("!!bool 'yes'", NodeKind::Bool(true)),
        ("! 12", text("12")),
        ("'12'", text("12")),
        ("!!binary aGk=", NodeKind::Literal("hi".into())),
        ("!unsafe '{{ x }}'", NodeKind::Literal("{{ x }}".into())),
    ];
    for (written, expected) in cases {
        let node = one(&format!("a: {written}"));
        assert_eq!(node.get("a").unwrap().kind, expected, "{written:?}");
    }
    let NodeKind::Float(nan) = scalar::plain(".NaN") else { panic!("not a number") };
    assert!(nan.is_nan());
}

/// 1,500 scalars drawn from the characters of numbers, with what `PyYAML` 6 made of each.
#[test]
fn number_like_scalars_mean_what_pyyaml_says() {
    let table = include_str!("../../tests/yaml/scalars.txt");
    for line in table.lines() {
        let (written, expected) = line.split_once('\t').unwrap();
        let found = match scalar::plain(written) {
            NodeKind::Int { value, .. } => format!("int {value}"),
            NodeKind::Float(value) => format!("float {}", scalar::python_float(value)),
            NodeKind::Bool(value) => format!("bool {value}"),
            NodeKind::Null => "null".to_owned(),
            _ => "str".to_owned(),
        };
        assert_eq!(found, expected, "{written:?}");
    }
    assert!(table.lines().count() >= 1500);
}

#[test]
fn every_value_has_its_place() {
    let node = one("- name: one\n  apt: {package: \"x\", n: }\n-   - 2\n");
    let NodeKind::List(items) = &node.kind else { panic!("a list") };
    let place = |node: &Node| (node.pos.line, node.pos.col);
    assert_eq!(place(&items[0]), (1, 3));
    assert_eq!(place(items[0].get("name").unwrap()), (1, 9));
    let apt = items[0].get("apt").unwrap();
    assert_eq!(place(apt), (2, 8));
    assert_eq!(place(apt.get("package").unwrap()), (2, 18));
    assert_eq!(place(apt.get("n").unwrap()), (2, 23), "an empty value stands where its key does");
    assert_eq!(place(&items[1]), (3, 5));
    assert_eq!(parse("a: 1", 7).unwrap()[0].get("a").unwrap().pos.file, 7);
}

#[test]
fn merges_aliases_and_documents() {
    let json = |text: &str| serde_json::to_string(&one(text).to_value()).unwrap();
    let cases = [
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", r#"{"a":{"p":1,"q":2},"b":{"p":1,"q":3}}"#),
        (
            "- &a {x: 1}\n- &b {x: 2, y: 2}\n- {<<: [*a, *b], z: 3}",
            r#"[{"x":1},{"x":2,"y":2},{"x":1,"y":2,"z":3}]"#,
        ),
        ("a: &l [1, 2]\nb: *l", r#"{"a":[1,2],"b":[1,2]}"#),
        (r#"{"a": [true, null, 1.5, "\u00e9"], "b": {}}"#, r#"{"a":[true,null,1.5,"é"],"b":{}}"#),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y", r#"{"a":"x\ny\n","b":"x y"}"#),
        ("\u{feff}a: 1", r#"{"a":1}"#),
        ("1: a\ntrue: b\n~: c", r#"{"1":"a","True":"b","None":"c"}"#),
        ("'<<': 1", r#"{"<<":1}"#),
    ];
    for (written, expected) in cases {
        assert_eq!(json(written), expected, "{written:?}");
    }
    assert_eq!(parse("--- 1\n--- 2\n...\n", 0).unwrap().len(), 2);
    assert_eq!(parse("", 0).unwrap(), vec![]);
    assert_eq!(parse("# nothing\n", 0).unwrap(), vec![]);
    let unsafe_tree = one("!unsafe [a, {b: '{{ c }}'}]");
    assert!(!unsafe_tree.has_template());
}

#[test]
fn what_cannot_be_read_says_where_and_why() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let laughs = (1..10).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let alias = format!("*a{}", n - 1);
        text + &format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 10].join(", "))
    });
    let cases: &[(&str, &str, (u32, u32))] = &[
        ("a: 1\nb: 2\na: 3", "manifest.duplicate_key", (3, 1)),
        ("a: 1\n'a': 3", "manifest.duplicate_key", (2, 1)),
        ("a: [1, 2", "manifest.yaml_syntax", (1, 9)),
        ("a: 'x", "manifest.yaml_syntax", (1, 4)),
        ("- a: b: c", "manifest.yaml_colon", (1, 7)),
        ("a:\n\tb: 1", "manifest.yaml_tab", (2, 2)),
        ("a: {{ b }}", "manifest.yaml_key", (1, 5)),
        ("a: {{ b }} c", "manifest.yaml_key", (1, 5)),
        ("a: {{ b(\"x\" }}", "manifest.yaml_key", (1, 5)),
        ("a: {{ \"b\" c }}", "manifest.yaml_unquoted_template", (1, 11)),
        ("a: !foo b", "manifest.yaml_tag", (1, 4)),
        ("a: !!set {b}", "manifest.yaml_tag", (1, 4)),
        ("a: !!int x", "manifest.yaml_tag_value", (1, 4)),
        ("a: !!binary '*'", "manifest.yaml_binary", (1, 4)),
        ("? [1]\n: x", "manifest.yaml_key", (1, 3)),
        ("a: &a [*a]", "manifest.yaml_alias_of_itself", (1, 8)),
        ("<<: 3", "manifest.yaml_merge", (1, 5)),
        ("a: *b", "manifest.yaml_syntax", (1, 4)),
        ("a: !vault x", "manifest.vault_without_password", (1, 4)),
        (&deep, "manifest.yaml_depth", (1, 130)),
        (&laughs, "manifest.yaml_expansion", (0, 0)),
    ];
    for (written, id, (line, col)) in cases {
        let error = parse(written, 0).expect_err(written);
        assert_eq!(error.message.id, *id, "{written:?}: {error:?}");
        if *line > 0 {
            assert_eq!((error.pos.line, error.pos.col), (*line, *col), "{written:?}: {error:?}");
        }
    }
}

#[test]
fn a_vault_value_is_opened_into_a_secret() {
    let mut seen = String::new();
    let mut open = |text: &str, _: Pos| {
        text.clone_into(&mut seen);
        Ok("hunter2".to_owned())
    };
    let documents = parse_with("a: !vault |\n  $ANSIBLE\n  6162\n", 0, &mut open).unwrap();
    assert_eq!(documents[0].get("a").unwrap().kind, NodeKind::Secret("hunter2".into()));
    assert_eq!(seen, "$ANSIBLE\n6162\n");
}

#[test]
fn the_writer_lays_out_as_pyyaml_does() {
    let cases = include_str!("../../tests/yaml/dump.txt");
    let mut count = 0;
    for case in cases.split("=== ").skip(1) {
        let (head, rest) = case.split_once('\n').unwrap();
        let (json, expected) = rest.split_once("\n---->\n").unwrap();
        let style = if head == "nice" { Style::NICE } else { Style::TERSE };
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(to_yaml(&value, style), expected, "{head} {json}");
        count += 1;
    }
    assert!(count > 20, "the table was read");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\n]{0,120}",
        "[a-z:#{}\\[\\],&*!|>'\"%@`? \n\t-]{0,12}",
        "[-+.0-9_:xbeoE]{0,8}",
        prop::sample::select(vec![
            "yes", "null", "~", "0644", "1:30", "<<", "=", "- a", "a: b", ""
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>()
            .prop_filter("NaN is not equal to itself", |f| !f.is_nan())
            .prop_map(Value::Float),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            prop::collection::vec((any_text(), inner), 0..6).prop_map(|pairs| {
                Value::map(pairs.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map>())
            }),
        ]
    })
}

/// Maps are compared without their order, which the writer changes.
fn sorted(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(sorted).collect()),
        Value::Map(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::map(pairs.into_iter().collect())
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any_text()) {
        let _ = parse(&text, 0);
    }

    #[test]
    fn no_structure_makes_the_reader_panic(text in "([\\[\\]{}:,?&*!|>'\" \t\na-c0-9<#%@~-]|- |: |\n  |\\? |--- |&a |\\*a |!!str |<<: ){0,60}") {
        let _ = parse(&text, 0);
    }

    #[test]
    fn what_is_written_as_yaml_reads_back(value in any_value(), nice in any::<bool>()) {
        let text = to_yaml(&value, if nice { Style::NICE } else { Style::TERSE });
        let back = parse(&text, 0);
        prop_assert!(back.is_ok(), "{text:?}: {back:?}");
        let back = back.unwrap().into_iter().next().unwrap_or_default().to_value();
        prop_assert_eq!(sorted(&back), sorted(&value), "{:?}", text);
    }

    #[test]
    fn what_is_written_as_json_reads_back(value in any_value()) {
        let text = serde_json::to_string(&value).unwrap();
        let back = one(&text).to_value();
        prop_assert_eq!(json_numbers(&back), json_numbers(&value), "{}", text);
    }
}

/// JSON's `1e300` is text in YAML 1.1, and infinity is null in JSON: such floats are left out.
fn json_numbers(value: &Value) -> Value {
    match value {
        Value::Float(_) => Value::Null,
        Value::Str(text) if text.parse::<f64>().is_ok() => Value::Null,
        Value::List(items) => Value::list(items.iter().map(json_numbers).collect()),
        Value::Map(map) => {
            Value::map(map.iter().map(|(k, v)| (k.clone(), json_numbers(v))).collect())
        }
        other => other.clone(),
    }
}
