//! Reads rendered options into a module's struct, with the coercions people know from Ansible.
//!
//! What is wrong is told at the place of the option itself. Source of the coercions: Ansible,
//! `module_utils/common/validation.py` (`check_type_*`).

use serde::de::DeserializeOwned;

use crate::module::OptionError;
use crate::node::Node;

mod declared;
mod fault;
mod read;

/// Reads `node` as `T`; the error names the place of the option that is wrong, or says that a value is
/// not known yet. Options that are null count as not given, as in Ansible.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, OptionError> {
    T::deserialize(read::Reader::top(node)).map_err(|fault| fault.finish(node.pos))
}

/// Whether a text or number means yes or no, as Ansible's `bool` type does.
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
        "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
