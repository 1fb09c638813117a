//! Reads rendered options into a module's struct, with the coercions people know from Ansible.

use serde::de::DeserializeOwned;

use crate::module::OptionError;
use crate::node::Node;

/// Reads `node` as `T`; the error names the place of the option that is wrong.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, OptionError> {
    let value = serde_json::to_value(node.to_value());
    value.and_then(serde_json::from_value).map_err(|error| OptionError {
        pos: node.pos,
        message: crate::message::module::bad_options(error),
        unknown: None,
    })
}
