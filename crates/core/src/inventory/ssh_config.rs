//! Hosts from `ssh_config(5)`: each name of a single machine in a `Host` line is a host, reached as the file
//! says. The file itself is read by [`crate::ssh::config`].

use super::{Builder, UNGROUPED};
use crate::node::{Node, NodeKind, Pos};
use crate::quote;
use crate::ssh::config::{Jump, Options};

/// Adds the host `name` with what the file says about it (its values become variables, so that they hold
/// whatever `ssh_config` is in force when the host is reached).
pub fn add(name: &str, options: &Options, file: u16, into: &mut Builder) {
    let pos = Pos { file, line: 0, col: 0 };
    into.host(name, UNGROUPED, pos);
    let mut set = |key: &str, kind: NodeKind| into.set_host_var(name, key, Node { pos, kind });
    let text = |text: &str| NodeKind::Literal(text.into());
    if let Some(host) = &options.host_name {
        set("ansible_host", text(host));
    }
    if let Some(port) = options.port {
        set("ansible_port", NodeKind::Int { value: port.into(), octal: false });
    }
    if let Some(user) = &options.user {
        set("ansible_user", text(user));
    }
    if let Some(key) = options.identity_files.first() {
        set("ansible_ssh_private_key_file", text(key));
    }
    let args = arguments(options);
    if !args.is_empty() {
        set("ansible_ssh_common_args", text(&quote::line(args)));
    }
}

/// The rest, as options of `ssh(1)`.
fn arguments(options: &Options) -> Vec<String> {
    let mut args = Vec::new();
    for key in options.identity_files.iter().skip(1) {
        args.extend(["-i".to_owned(), key.clone()]);
    }
    if let Some(jumps) = &options.proxy_jump {
        let jumps: Vec<String> = jumps.iter().map(jump).collect();
        let way = if jumps.is_empty() { "none".to_owned() } else { jumps.join(",") };
        args.extend(["-J".to_owned(), way]);
    }
    let mut option = |key: &str, value: &str| {
        args.extend(["-o".to_owned(), format!("{key}={value}")]);
    };
    for file in &options.certificate_files {
        option("CertificateFile", file);
    }
    for file in options.user_known_hosts.iter().flatten() {
        option("UserKnownHostsFile", file);
    }
    if let Some(alias) = &options.host_key_alias {
        option("HostKeyAlias", alias);
    }
    args
}

fn jump(jump: &Jump) -> String {
    let Jump { host, user, port } = jump.clone();
    super::ssh_args::Jump { user, host, port }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::config::{Config, Context};

    #[test]
    fn each_single_name_is_a_host_with_its_settings() {
        let text = "Host web *.x\n  HostName 10.0.0.1\n  Port 2222\n  User ops\n  \
                    IdentityFile /k1\n  IdentityFile /k2\n  ProxyJump root@b:22\nHost *\n  User all\nHost db\n";
        let config = Config::parse("config", text, &mut |_| Ok(vec![])).unwrap();
        let context = Context {
            home: "/home/u",
            local_user: "u",
            local_host: "h",
            uid: 1,
            user: None,
            port: None,
            env: &|_| None,
        };
        let mut builder = Builder::new();
        for name in config.hosts() {
            add(&name, &config.resolve(&name, &context).unwrap(), 0, &mut builder);
        }
        let inventory = builder.finish().unwrap();
        assert_eq!(inventory.hosts().keys().map(|name| &**name).collect::<Vec<_>>(), ["web", "db"]);
        let web = inventory.connection(inventory.host("web").unwrap()).unwrap();
        assert_eq!((web.address.as_str(), web.port), ("10.0.0.1", Some(2222)));
        assert_eq!(web.keys, ["/k1", "/k2"]);
        assert_eq!(web.jumps.unwrap()[0].to_string(), "root@b:22");
        let db = inventory.connection(inventory.host("db").unwrap()).unwrap();
        assert_eq!((db.address.as_str(), db.user.as_deref()), ("db", Some("all")));
    }
}
