//! The values of parameters, put into what is run.
//!
//! Nothing of a value meets a shell: commands and scripts have them in their environment, and in words that are
//! quoted or arguments that no shell reads; manifests have them as variables.

use std::collections::BTreeMap;

use hep_core::message::{Message, job as say};
use hep_core::parameter::{self, Kind, Parameter, filled, shown};
use serde_json::{Map, Value};

use super::subject::Subject;

impl Subject {
    /// Puts values into their places.
    pub(crate) fn fill(&mut self, values: &Map<String, Value>) {
        let environment = |environment: &mut BTreeMap<String, String>| {
            environment.extend(values.iter().map(|(name, value)| (name.clone(), shown(value))));
        };
        match self {
            Self::Command(command) => environment(&mut command.environment),
            Self::Script(script) => environment(&mut script.environment),
            Self::Manifest(manifest) => manifest.vars.extend(values.clone()),
            Self::Verb(verb) => parameter::fill(&mut verb.parameters, values),
            Self::Copy(_) | Self::Terminal(_) => {}
        }
        for text in self.texts_mut() {
            *text = filled(text, values);
        }
    }

    /// The texts in which parameters have places.
    fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Command(command) => command.words.iter_mut().collect(),
            Self::Script(script) => script.arguments.iter_mut().collect(),
            Self::Copy(copy) => {
                let said = [&mut copy.text, &mut copy.owner, &mut copy.group, &mut copy.mode];
                std::iter::once(&mut copy.dest).chain(said.into_iter().flatten()).collect()
            }
            Self::Manifest(_) | Self::Verb(_) | Self::Terminal(_) => Vec::new(),
        }
    }

    /// The names that have places in it.
    fn places(&self) -> Vec<String> {
        fn of(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::String(text) => found.extend(parameter::places(text).map(str::to_owned)),
                Value::Array(items) => items.iter().for_each(|item| of(item, found)),
                Value::Object(map) => map.values().for_each(|item| of(item, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        if let Self::Verb(verb) = self {
            of(&verb.parameters, &mut found);
        }
        for text in self.clone().texts_mut() {
            found.extend(parameter::places(text).map(str::to_owned));
        }
        found
    }

    /// Refuses parameters that would reach nothing, places without a parameter, and secrets where they would be
    /// seen.
    pub(crate) fn check_places(&self, parameters: &[Parameter]) -> Result<(), Message> {
        let places = self.places();
        for name in &places {
            match parameters.iter().find(|parameter| parameter.name == *name) {
                None => return Err(say::unknown_place(parameter::place(name))),
                Some(parameter) if parameter.kind == Kind::Secret => {
                    return Err(say::secret_place(parameter::place(name)));
                }
                Some(_) => {}
            }
        }
        if matches!(self, Self::Command(_) | Self::Script(_) | Self::Manifest(_)) {
            return Ok(());
        }
        for parameter in parameters {
            let name = &parameter.name;
            if parameter.kind == Kind::Secret {
                return Err(say::no_secret_here(name, self.kind()));
            }
            if !places.contains(name) {
                return Err(say::not_used(name, parameter::place(name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_reach_what_is_run_and_no_shell() {
        let values = json!({"a": "$(x)", "n": 3, "l": ["x", "y"]});
        let Value::Object(values) = values else { unreachable!() };
        let env = json!({"a": "$(x)", "n": "3", "l": "x\ny"});
        let cases = [
            (
                json!({"kind": "command", "words": ["echo", "{{ a }}"]}),
                json!({"kind": "command", "words": ["echo", "$(x)"], "environment": env}),
            ),
            (
                json!({"kind": "command", "line": "echo {{ a }}"}),
                json!({"kind": "command", "line": "echo {{ a }}", "environment": env}),
            ),
            (
                json!({"kind": "script", "script": "{{ a }}", "arguments": ["-n{{ n }}"]}),
                json!({"kind": "script", "script": "{{ a }}", "arguments": ["-n3"], "environment": env}),
            ),
            (
                json!({"kind": "manifest", "manifest": "m", "entry": "", "vars": {"a": 1}}),
                json!({"kind": "manifest", "manifest": "m", "entry": "", "vars": values}),
            ),
            (
                json!({"kind": "copy", "text": "{{ a }}", "dest": "/tmp/{{ n }}"}),
                json!({"kind": "copy", "text": "$(x)", "dest": "/tmp/3"}),
            ),
            (
                json!({"kind": "verb", "verb": "packages.install", "parameters": {"names": "{{ l }}"}}),
                json!({"kind": "verb", "verb": "packages.install", "parameters": {"names": ["x", "y"]}}),
            ),
        ];
        for (before, after) in cases {
            let mut subject: Subject = serde_json::from_value(before.clone()).unwrap();
            subject.fill(&values);
            assert_eq!(serde_json::to_value(&subject).unwrap(), after, "{before}");
        }
    }

    #[test]
    fn parameters_and_places_belong_together() {
        let (text, secret) = (json!([{"name": "a"}]), json!([{"name": "a", "kind": "secret"}]));
        let copy = |text: &str| json!({"kind": "copy", "text": text, "dest": "/x"});
        let command = |word: &str| json!({"kind": "command", "words": [word]});
        let cases = [
            (command("x"), &text, Ok(())),
            (command("x"), &secret, Ok(())),
            (command("{{ a }}"), &text, Ok(())),
            (command("{{ a }}"), &secret, Err("job.secret_place")),
            (command("{{ b }}"), &text, Err("job.unknown_place")),
            (copy("{{ a }}"), &text, Ok(())),
            (copy("x"), &text, Err("job.not_used")),
            (copy("x"), &secret, Err("job.no_secret_here")),
        ];
        for (subject, parameters, expected) in cases {
            let read: Subject = serde_json::from_value(subject.clone()).unwrap();
            let parameters: Vec<Parameter> = serde_json::from_value(parameters.clone()).unwrap();
            let checked = read.check_places(&parameters).map_err(|m| m.id.into_owned());
            assert_eq!(checked, expected.map_err(str::to_owned), "{subject}");
        }
    }
}
