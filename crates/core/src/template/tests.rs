use super::*;
use crate::value::Map;
use crate::vars::{Layer, Level, Var};

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

/// A tree whose texts are templates.
fn tree(value: &serde_json::Value) -> Node {
    let mut node = Node::from_value(&filters::from_json(value.clone()), Pos::default());
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
