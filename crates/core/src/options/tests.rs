//! Tables of cases of reading options.

use serde::Deserialize;

use super::*;
use crate::mode::Mode;
use crate::module::{Context, Field, Kind, Module, Options, Plan};
use crate::node::{NodeKind, Pos};
use crate::observe::{Observe, Stop};
use crate::value::Value;
use crate::yaml;

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Present,
    Absent,
    Off,
}

crate::options! {
    /// A module for the tests.
    struct Probe {
        /// Path.
        #[serde(alias = "dest", alias = "name")]
        path: String,
        /// State.
        #[serde(default)]
        state: Option<State>,
        /// Force.
        #[serde(default)]
        force: bool,
        /// Size.
        #[serde(default)]
        size: Option<u16>,
        /// Ratio.
        #[serde(default)]
        ratio: Option<f64>,
        /// Names.
        #[serde(default)]
        names: Vec<String>,
        /// Mode.
        #[serde(default)]
        mode: Option<Mode>,
        /// Anything.
        #[serde(default)]
        any: Value,
        /// Map.
        #[serde(default)]
        map: std::collections::BTreeMap<String, String>,
        /// A keyword of Rust.
        #[serde(default, rename = "type")]
        kind: Option<String>,
    }
}

impl Module for Probe {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        let _ =
            (&self.path, self.state, self.force, self.size, self.ratio, &self.names, &self.mode);
        let _ = (&self.any, &self.map, &self.kind);
        Ok(Plan::default())
    }
}

const PROBE: Kind = Kind::of::<Probe>("probe");

fn node(text: &str) -> Node {
    yaml::parse(text, 0).unwrap().remove(0)
}

#[test]
fn values_are_coerced_as_ansible_does() {
    let debug = |text: &str| {
        let probe = from_node::<Probe>(&node(text)).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        format!("{probe:?}")
    };
    let cases = [
        ("path: 12", "path: \"12\""),
        ("path: yes", "path: \"True\""),
        ("path: 1.0", "path: \"1.0\""),
        ("name: x", "path: \"x\""),
        ("{dest: x, force: 'on'}", "force: true"),
        ("{path: x, force: 0}", "force: false"),
        ("{path: x, force: 'True'}", "force: true"),
        ("{path: x, state: absent}", "state: Some(Absent)"),
        ("{path: x, state: off}", "state: Some(Off)"),
        ("{path: x, state: }", "state: None"),
        ("{path: x, size: '80'}", "size: Some(80)"),
        ("{path: x, size: 80.0}", "size: Some(80)"),
        ("{path: x, ratio: 1}", "ratio: Some(1.0)"),
        ("{path: x, ratio: '.5'}", "ratio: Some(0.5)"),
        ("{path: x, names: 'a, b,c'}", "names: [\"a\", \"b\", \"c\"]"),
        ("{path: x, names: 3}", "names: [\"3\"]"),
        ("{path: x, names: [1, yes]}", "names: [\"1\", \"True\"]"),
        ("{path: x, names: ''}", "names: []"),
        ("{path: x, mode: 0644}", "mode: Some(Bits(420))"),
        ("{path: x, mode: '0644'}", "mode: Some(Bits(420))"),
        ("{path: x, mode: '644'}", "mode: Some(Bits(420))"),
        ("{path: x, any: [1, {a: b}]}", "any: List([Int(1), Map({\"a\": Str(\"b\")})])"),
        ("{path: x, map: 'a=1, b=\"x y\"'}", "map: {\"a\": \"1\", \"b\": \"x y\"}"),
        ("{path: x, map: '{\"a\": 1}'}", "map: {\"a\": \"1\"}"),
        ("{path: x, type: y}", "kind: Some(\"y\")"),
        ("path: ~/x", "path: \"~/x\""),
    ];
    for (text, expected) in cases {
        let shown = debug(text);
        assert!(shown.contains(expected), "{text}: {shown}");
    }
    let secret = Node::bare(NodeKind::Map(vec![(
        Node::bare(NodeKind::Str("path".into())),
        Node::bare(NodeKind::Secret("s3cret".into())),
    )]));
    assert_eq!(from_node::<Probe>(&secret).unwrap().path, "s3cret");
}

#[test]
fn what_is_wrong_is_told_at_its_own_place() {
    let cases: &[(&str, &str, (u32, u32), &str)] = &[
        ("path: x\nfroce: 1", "option.unknown_near", (2, 1), "did you mean `force`?"),
        ("path: x\nzzzzzz: 1", "option.unknown", (2, 1), "dest, name, path, state"),
        ("{state: absent}", "option.missing", (1, 1), "`path`"),
        ("{path: x, dest: y}", "option.twice", (1, 1), "`path`"),
        ("path: x\nstate: absnt", "option.choice_near", (2, 8), "`absent`"),
        ("path: x\nstate: 7", "option.choice", (2, 8), "present, absent, off"),
        ("path: x\nforce: maybe", "option.value", (2, 8), "the text `maybe`"),
        ("path: x\nsize: 70000", "option.value", (2, 7), "in range"),
        ("path: x\nnames: [a, {b: c}]", "option.value", (2, 12), "expected text, found a mapping"),
        ("path: x\nnames: {b: c}", "option.value", (2, 8), "a list"),
        ("path: [x]", "option.value", (1, 7), "found a list"),
        ("path: x\nmode: 644", "option.mode_number", (2, 7), "quote the mode"),
        ("path: x\nmode: rwx", "option.mode", (2, 7), "`rwx`"),
        ("just text", "option.not_options", (1, 1), "the text `just text`"),
        ("path: x\nmap: {a: [1]}", "option.value", (2, 10), "`map.a`"),
    ];
    for (text, id, (line, col), part) in cases {
        let error = from_node::<Probe>(&node(text)).map(|p| format!("{p:?}")).expect_err(text);
        assert_eq!(error.message.id, *id, "{text}: {error:?}");
        assert_eq!((error.pos.line, error.pos.col), (*line, *col), "{text}: {error:?}");
        assert!(error.message.to_string().contains(part), "{text}: {}", error.message);
        assert_eq!(error.unknown, None);
    }
}

#[test]
fn an_unknown_value_defers() {
    let unknown = Node { pos: Pos::default(), kind: NodeKind::Unknown("not yet run".into()) };
    let options =
        Node::bare(NodeKind::Map(vec![(Node::bare(NodeKind::Str("path".into())), unknown)]));
    let error = from_node::<Probe>(&options).map(|p| p.path).unwrap_err();
    assert_eq!(error.unknown.as_deref(), Some("not yet run"));
}

#[test]
fn literal_values_are_checked_beside_templates() {
    let cases = [
        ("{path: '{{ x }}', state: present}", None),
        ("{path: '{{ x }}', state: '{{ y }}'}", None),
        ("{path: '{{ x }}', state: gone}", Some("option.choice")),
        ("{path: '{{ x }}', stat: gone}", Some("option.unknown_near")),
        ("{state: '{{ y }}'}", Some("option.missing")),
        ("{path: '{{ x }}', mode: 644}", Some("option.mode_number")),
        ("{path: x, mode: 644}", Some("option.mode_number")),
        ("'{{ options }}'", None),
        ("text", Some("option.not_options")),
    ];
    for (text, id) in cases {
        let result = PROBE.check_literals(&node(text));
        assert_eq!(result.err().map(|e| e.message.id.into_owned()).as_deref(), id, "{text}");
    }
}

#[test]
fn a_declaration_is_read_from_its_attributes() {
    let of = |name: &str| Probe::FIELDS.iter().find(|field| field.name == name).unwrap();
    assert_eq!(of("path").aliases().collect::<Vec<_>>(), ["dest", "name"]);
    assert!(of("path").is_required());
    assert!(!of("force").is_required());
    assert_eq!(of("kind").key(), "type");
    let plain = Field { name: "x", doc: &[], ty: "Option < String >", serde: &[] };
    assert!(!plain.is_required());
}
