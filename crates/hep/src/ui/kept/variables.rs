//! Variables in forms: YAML, as in manifests and inventories.

use hep_core::message::{Message, api as say, import};
use hep_core::value::Value;
use hep_core::yaml;
use hep_core::yaml::write::{Style, to_yaml};
use hep_engine::ops::{OpError, OpResult};
use serde_json::{Map, Value as Json};

/// Variables as somebody writes them.
pub(crate) fn written(vars: &Map<String, Json>) -> String {
    if vars.is_empty() {
        return String::new();
    }
    let value: Option<Value> = serde_json::from_value(Json::Object(vars.clone())).ok();
    let style = Style { indent: 2, ..Style::NICE };
    value.map(|value| to_yaml(&value, style)).unwrap_or_default()
}

/// Variables that somebody wrote, in the field of this name.
pub(crate) fn read(text: &str, field: &'static str) -> OpResult<Map<String, Json>> {
    let refused = |message: Message| OpError::invalid(field, message);
    let parsed = yaml::parse_one(text, 0, &mut |_, _| Err(import::no_vault()));
    let node = parsed.map_err(|fault| refused(say::bad_text(fault.pos.line, fault.message)))?;
    match serde_json::to_value(node.to_value()) {
        Ok(Json::Object(vars)) => Ok(vars),
        Ok(Json::Null) => Ok(Map::new()),
        _ => Err(refused(say::no_variables())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_written_and_read() {
        let vars = json!({"port": 80, "names": ["a", "b"], "on": true, "text": "5"});
        let Json::Object(vars) = vars else { panic!() };
        let text = written(&vars);
        assert!(text.contains("port: 80\n"), "{text}");
        assert_eq!(read(&text, "vars").unwrap(), vars);
        assert_eq!(read(" \n", "vars").unwrap(), Map::new());
        for (text, id) in [("- a", "api.no_variables"), ("a: [", "api.bad_text")] {
            match read(text, "vars") {
                Err(OpError::Invalid { field: Some("vars"), message }) => {
                    assert_eq!(message.id, id, "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
