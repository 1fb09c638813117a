//! The first way into a host: a run of the host verb `login.push_key` on one host, with the password for it.

use hep_core::message::verb as say;
use hep_core::rights::Verb;
use hep_core::secret::Secret;
use hep_core::verb::login::PUSH_KEY;
use serde::Deserialize;
use serde_json::json;

use super::actor::Actor;
use super::error::{OpError, OpResult};
use super::run::{self, RunInput};
use super::run_secrets::SecretsInput;
use super::{Engine, host};
use crate::credential as part;
use crate::server::push_key::key_of;
use crate::server::subject::{Strategy, Subject, VerbSubject};
use crate::store::runs::Run;

/// Which key, and how to log in until it does.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeyInput {
    /// The credential whose key is let in, and which logs in from then on.
    pub credential: String,
    /// The login, where the host has another one in the register or none.
    #[serde(default)]
    pub user: Option<String>,
    /// The password that logs in this once, sealed beside the run; without it the host's own credential logs in.
    #[serde(default, deserialize_with = "part::secret")]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub password: Option<Secret<String>>,
}

/// Asks for the run.
pub async fn push_key(
    engine: &Engine,
    actor: &Actor,
    name: &str,
    said: PushKeyInput,
) -> OpResult<Run> {
    actor.must(Verb::Secrets, "credentials")?;
    let host = host::load_for(engine.db(), actor, Verb::Change, name).await?;
    if said.credential.is_empty() {
        return Err(OpError::invalid("credential", say::no_credential()));
    }
    key_of(engine, &said.credential, "credential").await?;
    let subject = VerbSubject {
        verb: PUSH_KEY.into(),
        parameters: json!({ "credential": said.credential, "user": said.user }),
        ..VerbSubject::default()
    };
    let said = RunInput {
        subject: Subject::Verb(subject),
        selector: host.said.name,
        strategy: Strategy::default(),
        description: String::new(),
        secrets: SecretsInput { password: said.password, ..SecretsInput::default() },
    };
    run::create(engine, actor, said).await
}
