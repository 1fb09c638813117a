//! `package`: packages by whatever package manager the host has.

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};

use super::{Context, Field, Finish, Kind, Module, Options, Plan, apt};
use crate::change::Outcome;
use crate::message::package as say;
use crate::node::Node;
use crate::observe::{Observe, Stop};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind { open: true, ..Kind::of::<Package>("package") };

/// Which package manager, where it is said, and the options for its module.
#[derive(Debug)]
struct Package {
    manager: Option<Arc<str>>,
    options: Map,
}

impl Options for Package {
    const DOC: &'static str = " Installs and removes packages by the package manager that the host has.\n \n \
        Options that are not listed here go to that manager's module as they are. So far there is `apt`.\n \n \
        Example: `package: name=ntpsec state=present`\n";
    const FIELDS: &'static [Field] = &[
        Field {
            name: "name",
            doc: super::manual(&[" Packages: a list, or a text with commas."]),
            ty: "Vec<String>",
            serde: &["alias = \"pkg\", alias = \"package\""],
        },
        Field {
            name: "state",
            doc: super::manual(&[
                " `present`, `latest` or `absent`, and what else the manager's module takes.",
            ]),
            ty: "Option<String>",
            serde: &["default"],
        },
        Field {
            name: "use",
            doc: super::manual(&[
                " The package manager, where it is not to be found out; `auto` otherwise.",
            ]),
            ty: "Option<String>",
            serde: &["default"],
        },
    ];
}

impl<'de> Deserialize<'de> for Package {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let Value::Map(map) = Value::deserialize(input)? else {
            return Err(D::Error::custom("options are given as `NAME: VALUE`"));
        };
        let mut options = (*map).clone();
        let manager = match options.shift_remove("use") {
            Some(Value::Str(name)) if &*name != "auto" => Some(name),
            _ => None,
        };
        Ok(Self { manager, options })
    }
}

impl Module for Package {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let manager = match &self.manager {
            Some(manager) => manager.clone(),
            None => match observe.facts()?.get("pkg_mgr").and_then(Value::as_str) {
                Some(manager) if manager != "unknown" => manager.into(),
                _ => return Err(say::no_manager_known().into()),
            },
        };
        match &*manager {
            "apt" => self.module(context)?.plan(context, observe),
            other => Err(say::no_manager(other).into()),
        }
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        match self.parse(crate::node::Pos::default()) {
            Ok(module) => module.finish(result, outcomes),
            Err(error) => Finish { result, failed: Some(error.message), changed: None },
        }
    }
}

impl Package {
    fn parse(&self, pos: crate::node::Pos) -> Result<Box<dyn Module>, super::OptionError> {
        apt::KIND.parse(&Node::from_value(&Value::map(self.options.clone()), pos))
    }

    fn module(&self, context: &Context<'_>) -> Result<Box<dyn Module>, Stop> {
        self.parse(context.pos).map_err(|error| match error.unknown {
            Some(why) => Stop::Unknown(why),
            None => Stop::FailAt(error.pos, error.message),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::observe::{Answer, Output, Question};
    use crate::plan_case::{plan, planned};
    use crate::query::Query;

    #[test]
    fn the_hosts_manager_does_it() {
        let status = "htop\t3.2\tamd64\tinstall ok installed\t\n";
        let output = Output { rc: 0, stdout: status.into(), stderr: "".into() };
        let asked = Question::Query(Query::DpkgStatus(vec!["htop".into()]));
        let facts = |manager: &str| {
            let facts = Value::from([("pkg_mgr", manager)]);
            (Question::Facts, Answer::Facts(facts))
        };
        let known = [facts("apt"), (asked, Answer::Output(output))];
        assert_eq!(planned(&KIND, json!({"name": "htop"}), &known).changes, []);
        assert_eq!(planned(&KIND, json!({"name": "htop", "use": "apt"}), &known[1..]).changes, []);
        for (options, manager, id) in [
            (json!({"name": "htop"}), "dnf", "package.no_manager"),
            (json!({"name": "htop"}), "unknown", "package.no_manager_known"),
            (json!({"name": "-y"}), "apt", "package.bad_name"),
        ] {
            match plan(&KIND, options, &[facts(manager)]) {
                Err(Stop::Fail(message)) => assert_eq!(message.id, id),
                other => panic!("{other:?}"),
            }
        }
        let wrong = plan(&KIND, json!({"name": "a", "nosuch": 1}), &[facts("apt")]);
        assert!(matches!(wrong, Err(Stop::FailAt(..))));
    }
}
