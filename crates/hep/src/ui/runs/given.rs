//! What a run is given that nobody sees again: asked for once it was looked at, so that it stands in no page.

use hep_engine::ops::run_secrets::SecretsInput;

use super::super::form::Form;
use super::super::words::Words;
use crate::ui::ask;
use crate::ui::kept::field::Field;

/// Whether a field is never in a page again.
pub(super) fn is_secret(name: &str) -> bool {
    ["sudo_password", "login_password"].contains(&name)
        || name.starts_with("secret:")
        || name.starts_with("vault:")
}

fn names(form: &Form, field: &str, kinds: &[&str]) -> Vec<String> {
    if !kinds.contains(&ask::chosen(form).as_str()) {
        return Vec::new();
    }
    let text = form.word(field);
    let names = text.split([',', ' ', '\n', '\r']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

const MANIFESTS: [&str; 2] = ["manifest", "repository"];

/// Secret variables of the environment.
fn environment(form: &Form) -> Vec<String> {
    names(form, "secret_names", &["command", "words", "script"])
}

/// Secret variables of a manifest.
fn variables(form: &Form) -> Vec<String> {
    names(form, "secret_names", &MANIFESTS)
}

/// Vault passwords of a manifest.
fn vault(form: &Form) -> Vec<String> {
    names(form, "vault_ids", &MANIFESTS)
}

/// Whether it may become another user: a manifest may in any task.
fn becomes(form: &Form) -> bool {
    let is_manifest = MANIFESTS.contains(&ask::chosen(form).as_str());
    is_manifest || ask::becomes(form).is_some()
}

/// The fields.
pub(super) fn fields(t: Words, form: &Form) -> Vec<Field> {
    let secret = |name: &str, label: &str| {
        Field::secret(name, label).completed_as("off").hint(t.check_secret_hint())
    };
    let mut fields = Vec::new();
    for name in environment(form).iter().chain(&variables(form)) {
        fields.push(secret(&format!("secret:{name}"), &t.check_secret(name)).required());
    }
    for id in vault(form) {
        fields.push(secret(&format!("vault:{id}"), &t.check_vault(&id)).required());
    }
    if becomes(form) {
        fields.push(secret("sudo_password", t.check_sudo_password()));
    }
    if ask::chosen(form) == "login.push_key" {
        let password = secret("login_password", t.check_password());
        fields.push(password.hint(t.check_password_hint()));
    }
    fields
}

/// What they say.
pub(super) fn said(form: &Form) -> SecretsInput {
    let mut said = SecretsInput::default();
    let texts = |kind: &str, names: Vec<String>| {
        let secret = |name: String| {
            let secret = form.secret(&format!("{kind}:{name}"));
            (name, secret)
        };
        names.into_iter().map(secret).collect()
    };
    said.environment = texts("secret", environment(form));
    said.vault_passwords = texts("vault", vault(form));
    said.variables = {
        // Variables are said as JSON: what is typed is a text.
        let json = |name: String| {
            let text = form.secret(&format!("secret:{name}"));
            let json = serde_json::Value::from(text.expose().as_str()).to_string();
            (name, hep_core::secret::Secret::new(json))
        };
        variables(form).into_iter().map(json).collect()
    };
    let given = |field: &str| form.is_on(field).then(|| form.secret(field));
    said.become_password = given("sudo_password").filter(|_| becomes(form));
    said.password = given("login_password").filter(|_| ask::chosen(form) == "login.push_key");
    said
}
