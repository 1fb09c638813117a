//! The secrets that a person gives: by environment, from a file or at the terminal, never as an argument.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hep_core::inventory::{Host, connection};
use hep_core::manifest::select;
use hep_core::mask::Mask;
use hep_core::message::{Message, cli as say};
use hep_core::node::{Node, NodeKind};
use hep_core::program::Program;
use hep_core::secret::Secret;
use hep_core::vars::{Layer, Var};
use hep_core::vault::Keys;
use hep_engine::fleet::Fleet;

use super::connect::{Connect, first_line};
use super::failure::Failure;
use super::variables;
use crate::terminal::{Screen, ask};

/// What was given.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// For logging in.
    pub(crate) ssh: Option<Secret<String>>,
    /// For sudo.
    pub(crate) become_: Option<Secret<String>>,
    /// For what Ansible Vault encrypted.
    pub(crate) vault: Keys,
}

impl Given {
    /// Takes what the options ask for. Asking wins over files, files over the environment.
    pub(crate) fn take(options: &Connect, screen: &Screen) -> Result<Self, Failure> {
        let mut given = Self {
            ssh: from_environment(variables::PASSWORD),
            become_: from_environment(variables::BECOME_PASSWORD),
            vault: vault(&options.vault_password_file, options.ask_vault_pass, screen)?,
        };
        if let Some(file) = &options.become_password_file {
            given.become_ = Some(first_line(file)?);
        }
        if options.ask_pass {
            given.ssh = Some(question(screen, &say::ask_ssh_password(), "the SSH password")?);
        }
        if options.ask_become_pass {
            given.become_ =
                Some(question(screen, &say::ask_become_password(), "the sudo password")?);
        }
        Ok(given)
    }

    /// Everything that must never be shown: what was given, what the inventory holds, and how these hosts
    /// are logged in to.
    pub(crate) fn all(&self, fleet: &Fleet, hosts: &[Host], extra: &Layer) -> Vec<Secret<String>> {
        let mut secrets: Vec<Secret<String>> = Vec::new();
        secrets.extend(self.ssh.clone());
        secrets.extend(self.become_.clone());
        let mut rendered = of_layer(extra, &mut secrets);
        let inventory = &fleet.inventory;
        let of_hosts = inventory.hosts().values().map(|host| (&host.vars, &host.files));
        let of_groups = inventory.groups().values().map(|group| (&group.vars, &group.files));
        for (vars, files) in of_hosts.chain(of_groups) {
            for layer in [vars, &files.inventory, &files.play] {
                rendered |= of_layer(layer, &mut secrets);
            }
        }
        // Only a password that is a template needs each host's rendering.
        for host in hosts.iter().filter(|_| rendered) {
            if let Ok(login) = fleet.login(host) {
                secrets.extend(login.password);
                secrets.extend(login.become_.password);
            }
        }
        secrets
    }
}

/// Vault passwords, from files and from a person.
pub(super) fn vault(files: &[String], asks: bool, screen: &Screen) -> Result<Keys, Failure> {
    let mut keys = Keys::default();
    for file in files {
        let (id, path) = vault_file(file);
        keys.add(id, &vault_password(Path::new(path))?);
    }
    if asks {
        let asked = question(screen, &say::ask_vault_password(), "the Vault password")?;
        keys.add("default", &asked);
    }
    Ok(keys)
}

/// Hides these.
pub(crate) fn mask(secrets: &[Secret<String>]) -> Mask {
    Mask::new(secrets.iter().map(|secret| secret.expose().as_str()))
}

/// Hides these and what a program holds that was encrypted.
pub(crate) fn with_program(secrets: &[Secret<String>], program: &Program) -> Mask {
    let mut secrets = secrets.to_vec();
    for play in &program.plays {
        of_layer(&play.vars, &mut secrets);
        for task in select::tasks(&play.items).chain(select::tasks(&play.handlers)) {
            of_layer(&task.vars, &mut secrets);
            of_node(&task.args, &mut secrets);
            task.environment.iter().for_each(|node| of_node(node, &mut secrets));
        }
    }
    mask(&secrets)
}

/// Collects the secrets of a layer; true where a password is a template.
fn of_layer(layer: &Layer, into: &mut Vec<Secret<String>>) -> bool {
    let mut rendered = false;
    for (name, var) in layer {
        let Var::Authored(node) = var else { continue };
        of_node(node, into);
        if connection::is_password(name) {
            rendered |= node.has_template();
            into.extend(node.as_str().map(|text| Secret::new(text.to_owned())));
        }
    }
    rendered
}

fn of_node(node: &Node, into: &mut Vec<Secret<String>>) {
    match &node.kind {
        NodeKind::Secret(text) => into.push(Secret::new(text.to_string())),
        NodeKind::List(items) => items.iter().for_each(|item| of_node(item, into)),
        NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| of_node(value, into)),
        _ => {}
    }
}

fn from_environment(name: &str) -> Option<Secret<String>> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new)
}

/// Asks a person for a secret.
pub(super) fn question(
    screen: &Screen,
    text: &Message,
    what: &str,
) -> Result<Secret<String>, Failure> {
    match ask::line(screen, &text.to_string(), false) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err(say::declined(what).into()),
        Err(_) => Err(say::no_terminal(what).into()),
    }
}

/// `ID@FILE`, where `FILE` alone has the id `default`.
fn vault_file(text: &str) -> (&str, &str) {
    match text.split_once('@') {
        Some((id, path)) if !id.is_empty() && !id.contains('/') => (id, path),
        _ => ("default", text),
    }
}

/// The password in a file; what it prints where it is a program, as Ansible has it.
fn vault_password(path: &Path) -> Result<Secret<String>, Failure> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|error| say::cannot_read(&shown, error))?;
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        return first_line(path);
    }
    let fail = |why: String| Failure::Said(say::password_program(&shown, why));
    let program = path.canonicalize().map_err(|error| fail(error.to_string()))?;
    let ran = std::process::Command::new(program).stderr(std::process::Stdio::inherit()).output();
    let ran = ran.map_err(|error| fail(error.to_string()))?;
    if !ran.status.success() {
        return Err(fail(ran.status.to_string()));
    }
    let text = String::from_utf8(ran.stdout).map_err(|_| fail("no UTF-8 text".to_owned()))?;
    Ok(Secret::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vault_ids() {
        for (text, id, path) in [
            ("pass.txt", "default", "pass.txt"),
            ("prod@pass.txt", "prod", "pass.txt"),
            ("/a/b@c/pass", "default", "/a/b@c/pass"),
        ] {
            assert_eq!(vault_file(text), (id, path));
        }
    }
}
