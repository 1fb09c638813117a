//! YAML in and out.

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::value::Value;
use crate::yaml::{self, write};

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("to_yaml", |call| dump(call, write::Style::TERSE)),
    ("to_nice_yaml", |call| dump(call, write::Style::NICE)),
    ("from_yaml", |call| {
        Ok(documents(call)?.map_or_else(
            || call.args[0].clone(),
            |documents| documents.into_iter().next().unwrap_or_default(),
        ))
    }),
    ("from_yaml_all", |call| Ok(Value::list(documents(call)?.unwrap_or_default()))),
];

/// The documents of a text as data; nothing where it is not text.
fn documents(call: &Call) -> Result<Option<Vec<Value>>, Fault> {
    let Value::Str(text) = call.subject()? else { return Ok(None) };
    let nodes = yaml::parse(text, 0)
        .map_err(|error| Fault::Text(format!("it is not valid YAML: {}", error.message)))?;
    Ok(Some(nodes.iter().map(crate::node::Node::to_value).collect()))
}

fn dump(call: &mut Call, mut style: write::Style) -> Outcome {
    let size = |name, default: usize| {
        let default = i64::try_from(default).unwrap_or(80);
        call.int_or(usize::MAX, name, default).map(|size| usize::try_from(size).unwrap_or(80))
    };
    style.width = size("width", style.width)?;
    style.indent = match call.args.get(1) {
        Some(Value::Int(indent)) => usize::try_from(*indent).unwrap_or(style.indent),
        _ => size("indent", style.indent)?,
    };
    let flag = |name: &str| call.named.get(name).map(Value::is_truthy);
    style.flow = flag("default_flow_style").or(style.flow);
    style.sort_keys = flag("sort_keys").unwrap_or(style.sort_keys);
    style.explicit_start = flag("explicit_start").unwrap_or(style.explicit_start);
    // libyaml, which Ansible uses, does not end an open scalar with `...`.
    let text = write::to_yaml(call.subject()?, style);
    Ok(text.strip_suffix("...\n").unwrap_or(&text).into())
}
