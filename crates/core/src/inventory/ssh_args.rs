//! What `ansible_ssh_common_args` and its like say: the options of `ssh(1)` that change where or as whom we
//! connect.
//!
//! There is no `ssh` process here, so every option is either understood, passed on as a keyword of
//! `ssh_config(5)`, without effect on us (multiplexing, verbosity), or refused by its name.

use std::fmt;

use super::words;
use crate::message::{self, Message};

/// One machine on the way to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jump {
    /// The user to log in as, where one is said.
    pub user: Option<String>,
    /// Its name or address: an alias of `ssh_config`, a host of the inventory or a network name.
    pub host: String,
    /// Its port, where one is said.
    pub port: Option<u16>,
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None if self.host.contains(':') => write!(f, "[{}]", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// What the options say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshArgs {
    /// The way to the host, nearest machine first; `Some` and empty where it was said to be none.
    pub jumps: Option<Vec<Jump>>,
    /// `-l`, `-o User=`.
    pub user: Option<String>,
    /// `-p`, `-o Port=`.
    pub port: Option<u16>,
    /// `-i`, `-o IdentityFile=`.
    pub keys: Vec<String>,
    /// `-F`: the `ssh_config` to use.
    pub config: Option<String>,
    /// Other `-o` options as keyword and value, in the order written: the ones before win, as in ssh.
    pub options: Vec<(String, String)>,
}

/// Keywords about the `ssh` process itself, which we do not start.
const WITHOUT_EFFECT: [&str; 9] = [
    "batchmode",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "escapechar",
    "loglevel",
    "requesttty",
    "visualhostkey",
    "checkhostip",
];

/// Options without a value that change nothing for us.
const FLAGS: &str = "46ACNTaknqtvx";

impl SshArgs {
    /// Reads a text of options on top of what was read before; what was read first wins, as in ssh.
    pub fn read(&mut self, text: &str) -> Result<(), Message> {
        let words =
            words::split(text, false).map_err(|_| message::inventory::ssh_args_open_quote(text))?;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some((flag, rest)) = letter(&word) else {
                return Err(message::inventory::ssh_args_word(word));
            };
            if FLAGS.contains(flag) {
                let odd = rest.chars().find(|other| !FLAGS.contains(*other));
                match odd {
                    None => continue,
                    Some(_) => return Err(message::inventory::ssh_args_word(word)),
                }
            }
            let value = match rest {
                "" => words.next().ok_or_else(|| message::inventory::ssh_args_no_value(&word))?,
                joined => joined.to_owned(),
            };
            self.option(flag, &value)?;
        }
        Ok(())
    }

    fn option(&mut self, flag: char, value: &str) -> Result<(), Message> {
        match flag {
            'J' => self.keyword("ProxyJump", value),
            'l' => self.keyword("User", value),
            'p' => self.keyword("Port", value),
            'i' => self.keyword("IdentityFile", value),
            'F' => {
                self.config.get_or_insert_with(|| value.to_owned());
                Ok(())
            }
            'o' => {
                let (key, value) = value
                    .split_once(|c: char| c == '=' || c.is_whitespace())
                    .ok_or_else(|| message::inventory::ssh_args_no_value(format!("-o {value}")))?;
                self.keyword(key.trim(), value.trim_start_matches([' ', '\t', '=']).trim_end())
            }
            'c' => self.keyword("Ciphers", value),
            'm' => self.keyword("MACs", value),
            other => Err(message::inventory::ssh_args_word(format!("-{other}"))),
        }
    }

    fn keyword(&mut self, key: &str, value: &str) -> Result<(), Message> {
        let value = value.trim_matches('"');
        match key.to_ascii_lowercase().as_str() {
            "proxyjump" => {
                let jumps = jumps(value)?;
                self.jumps.get_or_insert(jumps);
            }
            "user" => {
                self.user.get_or_insert_with(|| value.to_owned());
            }
            "port" => {
                let port = port(value).ok_or_else(|| message::inventory::bad_port(value, key))?;
                self.port.get_or_insert(port);
            }
            "identityfile" => self.keys.push(value.to_owned()),
            "proxycommand" if value.eq_ignore_ascii_case("none") => {}
            "proxycommand" | "localcommand" | "match" | "proxyusefdpass" => {
                return Err(message::inventory::ssh_args_refused(key));
            }
            other if WITHOUT_EFFECT.contains(&other) => {}
            _ => self.options.push((key.to_owned(), value.to_owned())),
        }
        Ok(())
    }
}

/// The option's letter and what is joined to it.
fn letter(word: &str) -> Option<(char, &str)> {
    let mut rest = word.strip_prefix('-')?.chars();
    let flag = rest.next().filter(char::is_ascii_alphanumeric)?;
    Some((flag, rest.as_str()))
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

/// A `ProxyJump`: `[USER@]HOST[:PORT]`, several with commas, or `none`.
pub fn jumps(value: &str) -> Result<Vec<Jump>, Message> {
    if value.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    value.split(',').map(|part| jump(part.trim())).collect()
}

fn jump(text: &str) -> Result<Jump, Message> {
    let bad = || message::inventory::ssh_args_bad_jump(text);
    let target = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, target) = match target.rsplit_once('@') {
        Some((user, target)) => (Some(user), target),
        None => (None, target),
    };
    let (host, port) = super::address::split_port(target);
    let port = port.map(|port| self::port(port).ok_or_else(bad)).transpose()?;
    if user == Some("") || !super::plain::is_name(host) {
        return Err(bad());
    }
    Ok(Jump { user: user.map(str::to_owned), host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SshArgs {
        let mut args = SshArgs::default();
        args.read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        args
    }

    fn named(host: &str) -> Jump {
        Jump { host: host.into(), ..Jump::default() }
    }

    #[test]
    fn jumps_are_found_in_every_form() {
        let far = Jump { user: Some("ops".into()), host: "b2".into(), port: Some(2222) };
        for text in [
            "-o ProxyJump=b1,ops@b2:2222",
            "-oProxyJump=b1,ops@b2:2222",
            "-J b1,ops@b2:2222",
            "-Jb1,ops@b2:2222 -o ProxyJump=other",
            "-o 'ProxyJump b1,ops@b2:2222'",
            "-C -o \"proxyjump = b1,ops@b2:2222\" -o ControlMaster=auto",
        ] {
            assert_eq!(read(text).jumps, Some(vec![named("b1"), far.clone()]), "{text}");
        }
        assert_eq!(far.to_string(), "ops@b2:2222");
        assert_eq!(read("-J none").jumps, Some(vec![]));
        let v6 = read("-J root@[fe80::1]:22").jumps.unwrap();
        assert_eq!(v6[0].to_string(), "root@[fe80::1]:22");
        assert_eq!((v6[0].host.as_str(), v6[0].port), ("fe80::1", Some(22)));
    }

    #[test]
    fn other_options_are_read_or_passed_on() {
        let args = read(
            "-p 2200 -l root -i ~/.ssh/k -F /tmp/c -vv -o StrictHostKeyChecking=no -o 'Foo a b'",
        );
        assert_eq!((args.port, args.user.as_deref()), (Some(2200), Some("root")));
        assert_eq!(
            (args.keys, args.config.as_deref()),
            (vec!["~/.ssh/k".to_owned()], Some("/tmp/c"))
        );
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(args.options, [pair("StrictHostKeyChecking", "no"), pair("Foo", "a b")]);
    }

    #[test]
    fn what_we_cannot_do_is_refused_by_name() {
        let cases = [
            ("-o ProxyCommand='ssh -W %h:%p b'", "ssh_args_refused"),
            ("-J", "ssh_args_no_value"),
            ("-o ProxyJump", "ssh_args_no_value"),
            ("-w 0", "ssh_args_word"),
            ("host", "ssh_args_word"),
            ("-J '-oX=y'", "ssh_args_bad_jump"),
            ("-J a,,b", "ssh_args_bad_jump"),
            ("-o 'x", "ssh_args_open_quote"),
            ("-p 0", "bad_port"),
        ];
        for (text, id) in cases {
            let error = SshArgs::default().read(text).unwrap_err();
            assert_eq!(error.id, format!("inventory.{id}"), "{text}");
        }
    }
}
