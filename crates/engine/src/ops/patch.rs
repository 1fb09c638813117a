//! What people say anew about a noun: all of it, or a part as JSON Merge Patch (RFC 7396).

use hep_core::message::server as say;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{OpError, OpResult};

/// What somebody says anew of a noun that is there.
#[derive(Clone, Copy, Debug)]
pub enum Edit<Whole, Part> {
    /// All of it: what is not said is as if it had never been.
    Whole(Whole),
    /// Some of it: what is not said stays.
    Part(Part),
}

impl<Whole: Serialize + DeserializeOwned> Edit<Whole, &Value> {
    /// What is said in all, of something that `before` was said of.
    pub(super) fn over(self, before: &Whole) -> OpResult<Whole> {
        match self {
            Self::Whole(said) => Ok(said),
            Self::Part(part) => patched(before, part),
        }
    }
}

/// What was said, with the members of a patch in place of its own. A member that is `null` is as if it had
/// never been said.
fn patched<T: Serialize + DeserializeOwned>(said: &T, patch: &Value) -> OpResult<T> {
    let refused = |why: String| OpError::Invalid { field: None, message: say::bad_patch(why) };
    if !patch.is_object() {
        return Err(refused("it is no object".to_owned()));
    }
    let mut value = serde_json::to_value(said).map_err(|e| OpError::Internal(e.to_string()))?;
    merge(&mut value, patch);
    serde_json::from_value(value).map_err(|error| refused(error.to_string()))
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rfc_7396() {
        // The examples of its appendix A.
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, &patch);
            assert_eq!(target, expected, "{patch}");
        }
    }
}
