//! What Hephaestus means, without doing any of it: pure functions and data.
//!
//! Nothing here touches a file, a socket, a process, the clock or a source of randomness; everything
//! observed arrives as an argument. The remote executor, the controller and the tests share this crate,
//! so there is one selector grammar, one manifest language, one set of modules and one play interpreter.

pub mod change;
#[cfg(feature = "full")]
pub mod inventory;
pub mod message;
pub mod module;
pub mod node;
pub mod observe;
pub mod options;
pub mod program;
pub mod query;
pub mod quote;
pub mod secret;
#[cfg(feature = "full")]
pub mod selector;
pub mod suggest;
pub mod template;
pub mod value;
pub mod vars;
