//! The secrets that a run is given by whoever asks for it. They lie sealed beside it, are masked in all that it says,
//! and go with it when it is repeated.

use std::collections::BTreeMap;

use hep_core::message::run as say;
use hep_core::secret::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::{OpError, OpResult};
use super::secret_text;
use crate::exec::is_variable_name;
use crate::server::given::{Secrets, Texts};
use crate::server::subject::Subject;

const ENVIRONMENT: &str = "secrets.environment";
const VARIABLES: &str = "secrets.variables";

/// Secrets of a run. None of them is told again.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretsInput {
    /// Variables of the environment of a command or a script.
    #[serde(default, deserialize_with = "secret_text::read_all")]
    #[schema(value_type = BTreeMap<String, String>, write_only)]
    pub environment: Texts,
    /// Variables of a manifest, which win over all others. Their texts are secret, and no templates.
    #[serde(default, deserialize_with = "trees")]
    #[schema(value_type = BTreeMap<String, Value>, write_only)]
    pub variables: Texts,
    /// Passwords for what Ansible Vault encrypted in a manifest, by their ids: `default` where none is said.
    #[serde(default, deserialize_with = "secret_text::read_all")]
    #[schema(value_type = BTreeMap<String, String>, write_only)]
    pub vault_passwords: Texts,
    /// The password for sudo, in place of those that the credentials of the hosts have.
    #[serde(default, deserialize_with = "secret_text::read_if_said")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub become_password: Option<Secret<String>>,
    /// The password that logs in this once, for the host verb `login.push_key`.
    #[serde(default, deserialize_with = "secret_text::read_if_said")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Secret<String>>,
}

/// Values of any kind, as JSON.
fn trees<'de, D: Deserializer<'de>>(from: D) -> Result<Texts, D::Error> {
    let said = BTreeMap::<String, Value>::deserialize(from)?;
    Ok(said.into_iter().map(|(name, value)| (name, Secret::new(value.to_string()))).collect())
}

impl SecretsInput {
    /// The secrets for a subject, or why it has no use for one of them.
    pub(super) fn of(self, subject: &Subject) -> OpResult<Secrets> {
        let takes_environment = matches!(subject, Subject::Command(_) | Subject::Script(_));
        let takes_variables = matches!(subject, Subject::Manifest(_));
        let given = [
            (ENVIRONMENT, !self.environment.is_empty(), takes_environment),
            (VARIABLES, !self.variables.is_empty(), takes_variables),
            ("secrets.vault_passwords", !self.vault_passwords.is_empty(), takes_variables),
            ("secrets.password", self.password.is_some(), subject.lets_in()),
        ];
        for (field, is_given, takes) in given {
            if is_given && !takes {
                return Err(OpError::invalid(field, say::no_such_secrets(subject.kind(), field)));
            }
        }
        for (field, names) in [(ENVIRONMENT, &self.environment), (VARIABLES, &self.variables)] {
            if let Some(name) = names.keys().find(|name| !is_variable_name(name)) {
                return Err(OpError::invalid(field, say::bad_variable(name)));
            }
        }
        let mut secrets = Secrets::from(self.environment);
        for (name, tree) in self.variables {
            match serde_json::from_str::<Value>(tree.expose()) {
                Ok(Value::String(text)) => drop(secrets.texts.insert(name, Secret::new(text))),
                _ => drop(secrets.trees.insert(name, tree)),
            }
        }
        (secrets.vault, secrets.become_password) = (self.vault_passwords, self.become_password);
        secrets.password = self.password;
        Ok(secrets)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::on_both;
    use super::super::{actor::Actor, host, run};
    use super::*;
    use crate::server::given;
    use crate::store::hosts::HostInput;

    #[test]
    fn secrets_go_where_there_is_a_place_for_them() {
        let command = json!({"kind": "command", "line": "x"});
        let script = json!({"kind": "script", "script": "x"});
        let manifest = json!({"kind": "manifest", "manifest": "m", "entry": ""});
        let copy = json!({"kind": "copy", "text": "x", "dest": "/x"});
        let verb = json!({"kind": "verb", "verb": "facts"});
        let (env, vars) = (json!({"environment": {"A": "x"}}), json!({"variables": {"a": "x"}}));
        let tree = json!({"variables": {"a": {"b": ["x", 1]}}});
        let (vault, sudo) =
            (json!({"vault_passwords": {"default": "x"}}), json!({"become_password": "x"}));
        let password = json!({"password": "x"});
        let push =
            json!({"kind": "verb", "verb": "login.push_key", "parameters": {"credential": "k"}});
        let cases = [
            (&command, &env, Ok(())),
            (&script, &env, Ok(())),
            (&manifest, &env, Err("run.no_such_secrets")),
            (&copy, &env, Err("run.no_such_secrets")),
            (&verb, &env, Err("run.no_such_secrets")),
            (&manifest, &vars, Ok(())),
            (&manifest, &tree, Ok(())),
            (&command, &vars, Err("run.no_such_secrets")),
            (&manifest, &vault, Ok(())),
            (&script, &vault, Err("run.no_such_secrets")),
            (&command, &json!({"environment": {"A=B": "x"}}), Err("run.bad_variable")),
            (&manifest, &json!({"variables": {"a b": "x"}}), Err("run.bad_variable")),
            (&verb, &sudo, Ok(())),
            (&copy, &sudo, Ok(())),
            (&verb, &password, Err("run.no_such_secrets")),
            (&push, &password, Ok(())),
        ];
        for (subject, said, expected) in cases {
            let read: Subject = serde_json::from_value(subject.clone()).unwrap();
            let input: SecretsInput = serde_json::from_value(said.clone()).unwrap();
            let taken = input.of(&read).map(drop);
            let told = taken.map_err(|error| match error {
                OpError::Invalid { message, .. } => message.id.into_owned(),
                other => panic!("{other:?}"),
            });
            assert_eq!(told, expected.map_err(str::to_owned), "{subject} {said}");
        }
    }

    #[tokio::test]
    async fn they_lie_sealed_beside_the_run_and_go_with_what_repeats_it() {
        on_both(|engine| async move {
            let me = Actor::command_line("ana");
            host::create(&engine, &me, HostInput::named("web1")).await.unwrap();
            let said = json!({"selector": "web1",
                "subject": {"kind": "command", "line": "true", "stdin": "canary-in",
                    "environment": {"SEEN": "x"}},
                "secrets": {"environment": {"WORD": "canary"}, "become_password": "canary-sudo"}});
            let ran =
                run::create(&engine, &me, serde_json::from_value(said).unwrap()).await.unwrap();
            let again = run::again(&engine, &me, &ran.id).await.unwrap();
            for run in [&ran, &again] {
                assert!(!serde_json::to_string(run).unwrap().contains("canary"), "{run:?}");
                let sealed = run.sealed.as_deref().unwrap();
                assert!(!sealed.windows(6).any(|part| part == b"canary"));
                let opened = given::open(&engine, "runs", &run.id, Some(sealed)).unwrap();
                assert_eq!(opened.texts["WORD"].expose(), "canary");
                assert_eq!(opened.become_password.unwrap().expose(), "canary-sudo");
                assert_eq!(opened.content.unwrap().expose(), b"canary-in");
                assert_eq!(run.subject["stdin_bytes"], 9);
                // Sealed for its row, and for no other.
                assert!(given::open(&engine, "runs", "other", Some(sealed)).is_err());
            }
            // How much it was is not what it was: nobody runs it without.
            let taken = json!({"selector": "web1", "subject": ran.subject});
            let taken = run::create(&engine, &me, serde_json::from_value(taken).unwrap()).await;
            assert!(matches!(taken, Err(OpError::Invalid { .. })), "{taken:?}");
        })
        .await;
    }

    #[test]
    fn what_is_more_than_a_text_keeps_its_form() {
        let said = json!({"variables": {"text": "canary", "tree": {"b": ["canary", 1]}}});
        let said: SecretsInput = serde_json::from_value(said).unwrap();
        assert!(!format!("{said:?}").contains("canary"), "{said:?}");
        let manifest = json!({"kind": "manifest", "manifest": "m", "entry": ""});
        let taken = said.of(&serde_json::from_value(manifest).unwrap()).unwrap();
        assert_eq!(taken.texts["text"].expose(), "canary");
        assert_eq!(taken.trees["tree"].expose(), r#"{"b":["canary",1]}"#);
    }
}
