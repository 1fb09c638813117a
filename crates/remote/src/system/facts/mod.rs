//! Facts (placeholder while building).
use hep_core::value::{Map, Value};

use super::LocalSystem;
use crate::account::Accounts;

pub(super) fn gather(_system: &LocalSystem, _accounts: &Accounts) -> Value {
    Value::map(Map::new())
}
