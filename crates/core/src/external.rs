//! x
use crate::module::{Context, Module, Plan};
use crate::observe::{Observe, SourceFile, Stop};
use crate::value::Value;
use std::sync::Arc;
/// x
#[derive(Debug)]
pub struct External;
impl External {
    /// x
    pub fn new(_name: Arc<str>, _file: SourceFile, _options: Value, _host: Arc<str>) -> Self {
        Self
    }
}
impl Module for External {
    fn plan(&self, _: &Context<'_>, _: &mut Observe) -> Result<Plan, Stop> {
        Ok(Plan::default())
    }
}
