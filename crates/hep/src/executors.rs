//! The remote executors embedded by the build script.

use hep_engine::play::bundle::Binary;

/// One for each architecture that was built; empty where none was.
pub(crate) const EXECUTORS: &[Binary] = include!(concat!(env!("OUT_DIR"), "/executors.rs"));
