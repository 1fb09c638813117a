//! How a host is reached, as its variables say.

use crate::message;
use crate::node::{Node, Pos};
use crate::secret::Secret;
use crate::value::Value;
use crate::vars::Var;

use super::ssh_args::{Jump, SshArgs};
use super::{Error, Host, Inventory};

/// The way a host is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Over SSH.
    #[default]
    Ssh,
    /// Here, without a connection.
    Local,
}

/// Becoming another user, as the variables have it; what they leave open is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Become {
    /// `ansible_become`.
    pub active: Option<bool>,
    /// `ansible_become_user`.
    pub user: Option<String>,
    /// `ansible_become_method`, as written (`sudo`).
    pub method: Option<String>,
    /// `ansible_become_flags`.
    pub flags: Option<String>,
    /// `ansible_become_exe`.
    pub exe: Option<String>,
    /// `ansible_become_password`.
    pub password: Option<Secret<String>>,
}

/// How a host is reached; what its variables leave open is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// The way.
    pub way: Way,
    /// What to connect to: `ansible_host`, or the host's name.
    pub address: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`, then those of the ssh options.
    pub keys: Vec<String>,
    /// The machines on the way, nearest first; `None` where nothing is said (`ssh_config` may then say it).
    pub jumps: Option<Vec<Jump>>,
    /// `ansible_password`.
    pub password: Option<Secret<String>>,
    /// Becoming another user.
    pub become_: Become,
    /// `ansible_host_key_checking`; false accepts any key, true none that is unknown.
    pub host_key_checking: Option<bool>,
    /// `hep_legacy_algorithms`: whether SHA-1 signatures, old MACs and key exchanges may be used.
    pub legacy_algorithms: bool,
    /// `-F` of the ssh options: the `ssh_config` to use for this host.
    pub ssh_config: Option<String>,
    /// Other options of `ssh_config(5)` from the ssh options, the ones before win.
    pub options: Vec<(String, String)>,
}

/// A value and the place of the variable it came from.
type Found = (Value, Pos);

// Each list has the names of one setting; as in Ansible, a later one wins where several are set.
const CONNECTION: &[&str] = &["ansible_connection"];
const HOST: &[&str] = &["ansible_host", "ansible_ssh_host"];
const PORT: &[&str] = &["ansible_port", "ansible_ssh_port"];
const USER: &[&str] = &["ansible_user", "ansible_ssh_user"];
const KEY: &[&str] = &["ansible_private_key_file", "ansible_ssh_private_key_file"];
const PASSWORD: &[&str] = &["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"];
const BECOME: &[&str] = &["ansible_become"];
const BECOME_USER: &[&str] = &["ansible_become_user", "ansible_sudo_user"];
const BECOME_METHOD: &[&str] = &["ansible_become_method"];
const BECOME_FLAGS: &[&str] = &["ansible_become_flags", "ansible_sudo_flags"];
const BECOME_EXE: &[&str] = &["ansible_become_exe", "ansible_sudo_exe"];
const BECOME_PASSWORD: &[&str] =
    &["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"];
const KEY_CHECKING: &[&str] = &["ansible_host_key_checking", "ansible_ssh_host_key_checking"];
const LEGACY: &[&str] = &["hep_legacy_algorithms"];
/// These add to one another; the first that says something about a thing wins, as in ssh.
const ARGS: &[&str] = &["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"];

/// Every variable that says how a host is reached.
pub const VARS: &[&[&str]] = &[
    CONNECTION,
    HOST,
    PORT,
    USER,
    KEY,
    PASSWORD,
    BECOME,
    BECOME_USER,
    BECOME_METHOD,
    BECOME_FLAGS,
    BECOME_EXE,
    BECOME_PASSWORD,
    KEY_CHECKING,
    LEGACY,
    ARGS,
];

/// Whether a variable of this name is a password, never to be shown.
#[must_use]
pub fn is_password(name: &str) -> bool {
    PASSWORD.contains(&name) || BECOME_PASSWORD.contains(&name) || name == "ansible_su_pass"
}

/// Whether a variable of this name says where a host is and as whom it is logged in to. A register has fields
/// and credentials for that, whose rights such a variable would go around.
#[must_use]
pub fn says_how_to_reach(name: &str) -> bool {
    let names =
        [CONNECTION, HOST, PORT, USER, KEY, PASSWORD, BECOME_PASSWORD, KEY_CHECKING, LEGACY, ARGS];
    names.iter().any(|names| names.contains(&name)) || is_password(name)
}

impl Inventory {
    /// The variables of a host that say how it is reached, as written: what has to be rendered before
    /// [`Connection::from_values`] can read it.
    pub fn connection_vars<'a>(&'a self, host: &'a Host) -> Vec<(&'static str, &'a Node)> {
        let seen = self.seen(host);
        let names = VARS.iter().flat_map(|names| names.iter().copied());
        names.filter_map(|name| Some((name, seen.authored(name)?))).collect()
    }

    /// The connection of a host none of whose variables about it is a template; an error that names the
    /// first that is.
    pub fn connection(&self, host: &Host) -> Result<Connection, Error> {
        let vars = self.connection_vars(host);
        if let Some((name, node)) = vars.iter().find(|(_, node)| node.has_template()) {
            return Err(Error::new(
                node.pos,
                message::inventory::needs_rendering(name, &host.name),
            ));
        }
        let seen = self.seen(host);
        Connection::from_values(&host.name, |name| match seen.var(name)? {
            Var::Authored(node) => Some((node.to_value(), node.pos)),
            Var::Data(value, _) => Some((value.clone(), Pos::default())),
        })
    }
}

impl Connection {
    /// Reads the rendered values of the variables in [`VARS`]; `value` gives one by its name, with its place.
    pub fn from_values(
        host: &str,
        mut value: impl FnMut(&str) -> Option<Found>,
    ) -> Result<Self, Error> {
        let mut find = |names: &[&str]| {
            let found = names.iter().rev().find_map(|name| value(name));
            found.filter(|(value, _)| *value != Value::Null)
        };
        let mut args = SshArgs::default();
        for name in ARGS {
            if let Some((text, pos)) = find(&[name]) {
                args.read(&show(&text)).map_err(|message| Error::new(pos, message))?;
            }
        }
        let mut text = |names: &[&str]| {
            find(names).map(|(value, _)| show(&value)).filter(|text| !text.is_empty())
        };
        let mut keys: Vec<String> = text(KEY).into_iter().collect();
        keys.extend(args.keys);
        let become_ = Become {
            user: text(BECOME_USER),
            method: text(BECOME_METHOD),
            flags: text(BECOME_FLAGS),
            exe: text(BECOME_EXE),
            password: text(BECOME_PASSWORD).map(Secret::new),
            active: truth(BECOME, &mut find)?,
        };
        let mut text = |names: &[&str]| {
            find(names).map(|(value, _)| show(&value)).filter(|text| !text.is_empty())
        };
        Ok(Self {
            address: text(HOST).unwrap_or_else(|| host.to_owned()),
            user: text(USER).or(args.user),
            password: text(PASSWORD).map(Secret::new),
            way: find(CONNECTION).map(|found| way(&found, host)).transpose()?.unwrap_or_default(),
            port: find(PORT).map(|found| port(&found, host)).transpose()?.or(args.port),
            host_key_checking: truth(KEY_CHECKING, &mut find)?,
            legacy_algorithms: truth(LEGACY, &mut find)?.unwrap_or(false),
            keys,
            become_,
            jumps: args.jumps,
            ssh_config: args.config,
            options: args.options,
        })
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Float(value) => value.to_string(),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => String::new(),
    }
}

fn way((value, pos): &Found, host: &str) -> Result<Way, Error> {
    let text = show(value);
    let short = text.strip_prefix("ansible.builtin.").unwrap_or(&text);
    match short {
        "ssh" | "smart" | "paramiko" | "paramiko_ssh" | "" => Ok(Way::Ssh),
        "local" => Ok(Way::Local),
        _ => Err(Error::new(*pos, message::inventory::bad_connection(text, host))),
    }
}

fn port((value, pos): &Found, host: &str) -> Result<u16, Error> {
    let text = show(value);
    let port = text.trim().parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| Error::new(*pos, message::inventory::bad_port(text, host)))
}

/// A truth value in the words that Ansible takes.
fn truth(
    names: &[&str],
    find: &mut impl FnMut(&[&str]) -> Option<Found>,
) -> Result<Option<bool>, Error> {
    let Some((value, pos)) = find(names) else { return Ok(None) };
    match show(&value).trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Ok(Some(true)),
        "false" | "no" | "off" | "0" | "n" | "f" | "" => Ok(Some(false)),
        other => {
            let name = names.first().copied().unwrap_or_default();
            Err(Error::new(pos, message::inventory::bad_truth(name, other)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, ini};
    use super::*;

    fn connection(vars: &str) -> Result<Connection, Error> {
        let mut builder = Builder::new();
        ini::parse(&format!("[g]\nh {vars}\n"), 0, &mut builder)?;
        let inventory = builder.finish()?;
        inventory.connection(inventory.host("h").unwrap())
    }

    #[test]
    fn the_variables_make_the_connection() {
        let plain = connection("").unwrap();
        assert_eq!((plain.address.as_str(), plain.port, plain.way), ("h", None, Way::Ssh));
        let full = connection(
            "ansible_host=10.0.0.1 ansible_port=2222 ansible_user=ops ansible_password=s3 \
             ansible_ssh_private_key_file=~/k ansible_ssh_common_args='-J b -i k2 -o Ciphers=x' \
             ansible_ssh_extra_args='-o ProxyJump=other' \
             ansible_become=yes ansible_become_pass=p ansible_become_user=root hep_legacy_algorithms=true",
        )
        .unwrap();
        assert_eq!((full.address.as_str(), full.port), ("10.0.0.1", Some(2222)));
        assert_eq!(full.user.as_deref(), Some("ops"));
        assert_eq!(full.keys, ["~/k", "k2"]);
        assert_eq!(full.jumps.unwrap()[0].host, "b");
        assert_eq!(full.password.unwrap().expose(), "s3");
        assert_eq!(full.become_.active, Some(true));
        assert_eq!(full.become_.password.unwrap().expose(), "p");
        assert!(full.legacy_algorithms);
        assert_eq!(connection("ansible_connection=local").unwrap().way, Way::Local);
        assert_eq!(connection("ansible_user=a ansible_ssh_user=b").unwrap().user.unwrap(), "b");
    }

    #[test]
    fn errors_have_the_line_of_the_variable() {
        let cases = [
            ("ansible_port=0", "bad_port"),
            ("ansible_port=ssh", "bad_port"),
            ("ansible_connection=winrm", "bad_connection"),
            ("ansible_become=maybe", "bad_truth"),
            ("ansible_ssh_common_args=\"-o ProxyCommand='ssh -W %h:%p b'\"", "ssh_args_refused"),
            ("ansible_host='{{ ip }}'", "needs_rendering"),
        ];
        for (vars, id) in cases {
            let error = connection(vars).unwrap_err();
            assert_eq!(
                (error.pos.line, &*error.message.id),
                (2, &*format!("inventory.{id}")),
                "{vars}"
            );
        }
    }

    #[test]
    fn the_debug_form_shows_no_password() {
        let shown = format!("{:?}", connection("ansible_password=hunter2").unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
