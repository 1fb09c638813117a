//! What Hephaestus means, without doing any of it: pure functions and data.
//!
//! Nothing here touches a file, a socket, a process, the clock or a source of randomness; everything
//! observed arrives as an argument. The remote executor, the controller and the tests share this crate,
//! so there is one selector grammar, one manifest language, one set of modules and one play interpreter.

mod account;
mod attributes;
pub mod become_flags;
pub mod bootstrap;
pub mod change;
pub mod diagnostic;
pub mod diff;
mod dpkg;
pub mod external;
pub mod facts;
pub mod frame;
mod glob;
pub mod instant;
pub mod interp;
#[cfg(feature = "full")]
pub mod inventory;
mod invocation;
pub mod limited;
mod line_edit;
#[cfg(feature = "full")]
pub mod manifest;
#[cfg(feature = "full")]
pub mod manual;
pub mod mask;
#[cfg(any(test, feature = "fake"))]
pub mod memory;
pub mod message;
pub mod mode;
pub mod module;
#[cfg(test)]
mod module_test;
#[cfg(feature = "full")]
pub mod name;
pub mod node;
mod objects;
pub mod observe;
pub mod options;
pub mod overlay;
#[cfg(feature = "full")]
pub mod parameter;
#[cfg(test)]
mod plan_case;
pub mod program;
mod public_key;
mod put;
pub mod python_regex;
pub mod query;
pub mod quote;
#[cfg(feature = "full")]
pub mod rights;
#[cfg(feature = "full")]
pub mod rollout;
pub mod run;
#[cfg(feature = "full")]
pub mod saved;
pub mod secret;
#[cfg(feature = "full")]
pub mod selector;
#[cfg(feature = "full")]
pub mod shell;
#[cfg(feature = "full")]
pub mod size;
#[cfg(feature = "full")]
pub mod span;
#[cfg(feature = "full")]
pub mod ssh;
pub mod suggest;
pub mod template;
mod template_text;
mod unit;
pub mod until;
pub mod value;
pub mod vars;
#[cfg(feature = "full")]
pub mod vault;
#[cfg(feature = "full")]
pub mod verb;
mod words;
pub mod yaml;
pub mod zone;
