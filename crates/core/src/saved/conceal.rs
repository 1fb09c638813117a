//! Secrets out of a program, and into it again; the hashes of variables.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use sha2::Sha256;

use super::{SavedPlan, SecretRef};
use crate::interp::digest;
use crate::inventory::connection::is_password;
use crate::message::{Message, plan as say};
use crate::program::Program;
use crate::secret::Secret;
use crate::vars::Vars;

/// Rounds of the derivation: a plan that gets into other hands is no quick way to a weak password.
const ROUNDS: u32 = 20_000;
/// Stands for a secret's text in a program; its number follows.
const REFERENCE: &str = "secret";

/// Makes proofs: PBKDF2-HMAC-SHA256 with the plan's salt.
#[derive(Debug, Default)]
pub struct Prover {
    salt: Arc<str>,
    known: HashMap<String, Arc<str>>,
}

/// Secrets taken out of a program.
#[derive(Debug, Default)]
pub struct Vault {
    /// Names and texts, by number.
    pub secrets: Vec<(Arc<str>, Secret<String>)>,
}

impl Prover {
    /// For the plan with this salt.
    #[must_use]
    pub fn new(salt: &str) -> Self {
        Self { salt: salt.into(), known: HashMap::new() }
    }

    /// The proof of a text.
    pub fn prove(&mut self, text: &str) -> Arc<str> {
        // The key of the map is no secret of ours: it would tell no more than the proof.
        let key = digest(&(&self.salt, text)).to_string();
        if let Some(proof) = self.known.get(&key) {
            return proof.clone();
        }
        let mut derived = [0_u8; 32];
        let salt = self.salt.as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(text.as_bytes(), salt, ROUNDS, &mut derived);
        let mut proof = String::new();
        for byte in derived {
            let _ = write!(proof, "{byte:02x}");
        }
        let proof: Arc<str> = proof.into();
        self.known.insert(key, proof.clone());
        proof
    }

    /// The hash of a host's open variables, and the proofs of its secret ones.
    pub fn vars(&mut self, vars: &Vars) -> (Arc<str>, BTreeMap<Arc<str>, Arc<str>>) {
        let (mut open, mut secrets) = (Vec::new(), BTreeMap::new());
        for name in vars.names() {
            let mut json = serde_json::to_value(vars.get(&name)).unwrap_or_default();
            without_places(&mut json);
            if is_password(&name) || holds_secret(&json) {
                let proof = self.prove(&json.to_string());
                secrets.insert(name, proof);
            } else {
                open.push((name, json));
            }
        }
        (digest(&open), secrets)
    }
}

impl Vault {
    /// Takes the secrets out of a program: decrypted texts, passwords, and what `no_log` tasks say.
    pub fn conceal(&mut self, program: &Program) -> Result<Json, Message> {
        let json = serde_json::to_value(program);
        let mut json = json.map_err(say::too_deep)?;
        self.hide(&mut json, "", false);
        Ok(json)
    }

    /// What the plan says of them.
    pub fn references(&self, prover: &mut Prover) -> Vec<SecretRef> {
        let each = self.secrets.iter();
        each.map(|(name, text)| SecretRef {
            name: name.clone(),
            proof: prover.prove(text.expose()),
        })
        .collect()
    }

    fn take(&mut self, name: &str, text: &mut Json) {
        if let Json::String(secret) = text {
            let number = self.secrets.len();
            self.secrets.push((name.into(), Secret::new(std::mem::take(secret))));
            *text = json!({ REFERENCE: number });
        }
    }

    fn hide(&mut self, json: &mut Json, name: &str, all: bool) {
        match json {
            Json::Object(fields) => self.hide_fields(fields, name, all),
            Json::Array(items) => items.iter_mut().for_each(|item| self.hide(item, name, all)),
            _ => {}
        }
    }

    fn hide_fields(&mut self, fields: &mut Map<String, Json>, name: &str, all: bool) {
        let no_log = fields.get("no_log").is_some_and(is_true);
        for (key, value) in fields {
            match key.as_str() {
                "Secret" if value.is_string() => self.take(name, value),
                "Str" | "Literal" if all && is_plain(value) => self.take(name, value),
                "Map" => self.hide_pairs(value, name, all),
                "kind" | "authored" | "pos" => self.hide(value, name, all),
                "args" | "vars" | "environment" => self.hide(value, name, all || no_log),
                _ => self.hide(value, key, all || is_password(key)),
            }
        }
    }

    fn hide_pairs(&mut self, pairs: &mut Json, name: &str, all: bool) {
        let Json::Array(pairs) = pairs else { return };
        for pair in pairs {
            let Json::Array(pair) = pair else { continue };
            let [key, value] = pair.as_mut_slice() else { continue };
            self.hide(key, name, false);
            let kind = &key["kind"];
            let key = kind["Str"].as_str().or_else(|| kind["Literal"].as_str()).unwrap_or(name);
            self.hide(value, key, all || is_password(key));
        }
    }
}

impl SavedPlan {
    /// The program with its secrets, found among those of the manifests as they are now.
    pub fn reveal(&self, now: &Vault, shift: usize) -> Result<Program, Message> {
        let mut prover = Prover::new(&self.salt);
        let mut texts: HashMap<Arc<str>, &Secret<String>> = HashMap::new();
        if !self.secrets.is_empty() {
            for (_, text) in &now.secrets {
                texts.insert(prover.prove(text.expose()), text);
            }
        }
        let found = self.secrets.iter().map(|secret| {
            texts.get(&secret.proof).copied().ok_or_else(|| say::secret_missing(&secret.name))
        });
        let found: Vec<&Secret<String>> = found.collect::<Result<_, _>>()?;
        let mut program = self.program.clone();
        restore(&mut program, &found, (self.first_file, shift));
        serde_json::from_value(program).map_err(|error| say::cannot_read("program", error))
    }
}

/// Puts the secrets back, and counts the files from where the inventory's end now.
fn restore(json: &mut Json, texts: &[&Secret<String>], files: (usize, usize)) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| restore(item, texts, files)),
        Json::Object(fields) => {
            let number = fields.get(REFERENCE).and_then(Json::as_u64);
            let number = number.and_then(|number| usize::try_from(number).ok());
            if let Some(text) = number.and_then(|number| texts.get(number)) {
                *json = Json::String(text.expose().clone());
                return;
            }
            for (key, value) in fields {
                match value.as_u64().and_then(|number| usize::try_from(number).ok()) {
                    Some(file) if key == "file" && file >= files.0 => {
                        *value = json!(file - files.0 + files.1);
                    }
                    _ => restore(value, texts, files),
                }
            }
        }
        _ => {}
    }
}

/// Whether a keyword was written as a plain yes.
fn is_true(node: &Json) -> bool {
    let kind = &node["kind"];
    kind["Bool"] == true || kind["Str"] == "yes" || kind["Str"] == "true"
}

/// Whether a text is no template.
fn is_plain(text: &Json) -> bool {
    let template = |text: &str| ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark));
    text.as_str().is_some_and(|text| !text.is_empty() && !template(text))
}

fn holds_secret(json: &Json) -> bool {
    match json {
        Json::Object(fields) => {
            fields.get("Secret").is_some_and(Json::is_string) || fields.values().any(holds_secret)
        }
        Json::Array(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

/// Takes the places out: the same variables may be written on other lines.
fn without_places(json: &mut Json) {
    match json {
        Json::Object(fields) => {
            if fields.contains_key("kind") {
                fields.remove("pos");
            }
            fields.values_mut().for_each(without_places);
        }
        Json::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}
