//! `authorized_key`: public keys that may log in as a user.

use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Kind, Module, Plan};
use crate::change::{Attrs, Before, Change, Content, Diff, Planned};
use crate::message::account as say;
use crate::observe::{Account, FileKind, Observe, Stat, Stop};
use crate::options;
use crate::overlay::UNKNOWN_ID;
use crate::public_key::{self, Line, PublicKey};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    aliases: &["ansible.posix.authorized_key"],
    // There is nothing to fetch, so there are no certificates to look at.
    normalize: Some(|entries| {
        entries.retain(|(key, _)| key.as_str() != Some("validate_certs"));
        Ok(())
    }),
    ..Kind::of::<AuthorizedKey>("authorized_key")
};

/// No file of keys is larger, in bytes.
const LIMIT: u64 = 4 << 20;

options! {
    /// Adds and removes public keys that may log in as a user.
    ///
    /// A key is known by itself: when its options or its comment differ, its line is corrected. Other
    /// lines stay as they are. The file belongs to the user and nobody else can read it (0600).
    ///
    /// Example: `authorized_key: user=deploy key="{{ lookup('file', 'deploy.pub') }}"`
    struct AuthorizedKey {
        /// The user.
        user: String,
        /// One key or several, a line each, as a `.pub` file has them.
        key: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: State,
        /// Removes everything else from the file.
        #[serde(default)]
        exclusive: bool,
        /// Another file than `~/.ssh/authorized_keys`, by its absolute path.
        #[serde(default)]
        path: Option<String>,
        /// Whether the directory is made where it is missing (0700), and, when it is the user's own
        /// `.ssh`, corrected together with the file.
        #[serde(default = "yes")]
        manage_dir: bool,
        /// Options put before the key, as `sshd(8)` has them, in place of those it has.
        #[serde(default)]
        key_options: Option<String>,
        /// The comment put after the key, in place of the one it has.
        #[serde(default)]
        comment: Option<String>,
        /// Writes to what a symbolic link points to; otherwise the link is replaced by a file.
        #[serde(default)]
        follow: bool,
    }
}

const fn yes() -> bool {
    true
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Present,
    Absent,
}

impl Module for AuthorizedKey {
    fn plan(&self, _: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let keys = self.keys()?;
        let account = observe.user(&self.user)?.ok_or_else(|| say::no_user(&self.user))?;
        let path = self.file(&account, observe)?;
        let stat = observe.stat_with(&path, false, true)?;
        let is_file = stat.as_ref().is_some_and(|stat| stat.kind == FileKind::File);
        if stat.as_ref().is_some_and(|stat| stat.size > LIMIT) {
            return Err(say::key_file_too_large(&path).into());
        }
        let old = if is_file { observe.read(&path, LIMIT)?.unwrap_or_default() } else { "".into() };
        let old = old.lossy().into_owned();
        let new = self.changed(&old, &keys);
        let mut plan = Plan { result: self.result(&path), ..Plan::default() };
        if let Some(new) = new {
            plan.changes = self.directory(&path, &account, observe)?;
            plan.changes.push(write(&path, &account, stat.as_deref(), old, new));
        }
        Ok(plan)
    }
}

impl AuthorizedKey {
    /// The keys given, with the options and the comment that are to be theirs.
    fn keys(&self) -> Result<Vec<PublicKey>, Stop> {
        if ["http://", "https://", "file://"].iter().any(|scheme| self.key.starts_with(scheme)) {
            return Err(say::key_from_url(&self.key).into());
        }
        let mut keys: Vec<PublicKey> = Vec::new();
        for line in self.key.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut key = public_key::parse(line).ok_or_else(|| say::bad_key(line))?;
            if let Some(options) = &self.key_options {
                options.trim().clone_into(&mut key.options);
            }
            if let Some(comment) = &self.comment {
                comment.trim().clone_into(&mut key.comment);
            }
            if [&key.options, &key.comment].iter().any(|text| text.contains(['\n', '\r', '\0'])) {
                return Err(say::bad_key(line).into());
            }
            keys.retain(|other| other.blob != key.blob);
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(say::bad_key(self.key.trim()).into());
        }
        Ok(keys)
    }

    /// The file that holds the keys, behind a link where that is asked for.
    fn file(&self, account: &Account, observe: &mut Observe) -> Result<String, Stop> {
        let path = match &self.path {
            Some(path) if !path.starts_with(['/', '~']) => {
                return Err(say::relative_path(path).into());
            }
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => format!("{}/{rest}", account.home.trim_end_matches('/')),
                None => path.clone(),
            },
            None => format!("{}/.ssh/authorized_keys", account.home.trim_end_matches('/')),
        };
        if !self.follow {
            return Ok(path);
        }
        let target = observe.stat(&path)?.and_then(|stat| stat.target);
        Ok(match target {
            Some(target) if target.starts_with('/') => target.to_string(),
            Some(target) => format!("{}/{target}", parent(&path)),
            None => path,
        })
    }

    /// The new text, when it differs.
    fn changed(&self, old: &str, keys: &[PublicKey]) -> Option<String> {
        let mut lines: Vec<Line> = public_key::lines(old);
        let mut differs = false;
        let mut missing: Vec<&PublicKey> = Vec::new();
        for key in keys {
            let is_it = |line: &Line| line.key.as_ref().is_some_and(|k| k.blob == key.blob);
            match (self.state, lines.iter().position(is_it)) {
                (State::Absent, Some(_)) => {
                    lines.retain(|line| !is_it(line));
                    differs = true;
                }
                (State::Absent, None) => {}
                (State::Present, None) => missing.push(key),
                (State::Present, Some(at)) => {
                    if !lines[at].key.as_ref().is_some_and(|line| line.means(key)) {
                        lines[at] = Line::of(key);
                        differs = true;
                    }
                }
            }
        }
        differs |= !missing.is_empty();
        lines.extend(missing.into_iter().map(Line::of));
        if self.exclusive && self.state == State::Present {
            let given = |line: &Line| {
                let blob = line.key.as_ref().map(|key| &key.blob);
                keys.iter().position(|key| Some(&key.blob) == blob)
            };
            let count = lines.len();
            lines.retain(|line| given(line).is_some());
            differs |= lines.len() != count;
        }
        let text: String = lines.iter().map(|line| line.text.clone() + "\n").collect();
        differs.then_some(text)
    }

    /// Makes the directory, or corrects the user's own.
    fn directory(
        &self,
        path: &str,
        account: &Account,
        observe: &mut Observe,
    ) -> Result<Vec<Planned>, Stop> {
        if !self.manage_dir {
            return Ok(Vec::new());
        }
        let dir = parent(path);
        let stat = observe.stat_with(dir, true, false)?;
        let attrs = owned(account, 0o700);
        let before = Before::of(stat.as_deref());
        let path: Arc<str> = dir.into();
        let change = match stat {
            None => Change::MakeDirectory { path, attrs, before },
            Some(stat) if self.path.is_none() && !is_owned(&stat, &attrs) => {
                Change::SetAttrs { path, attrs, follow: true, before }
            }
            Some(_) => return Ok(Vec::new()),
        };
        Ok(vec![Planned { change, diff: None }])
    }

    fn result(&self, path: &str) -> Map {
        let state = if self.state == State::Present { "present" } else { "absent" };
        Map::from([
            ("user".into(), self.user.as_str().into()),
            ("key".into(), self.key.as_str().into()),
            ("state".into(), state.into()),
            ("exclusive".into(), self.exclusive.into()),
            ("keyfile".into(), path.into()),
            ("path".into(), self.path.as_deref().into()),
            ("manage_dir".into(), self.manage_dir.into()),
            ("key_options".into(), self.key_options.as_deref().into()),
            ("comment".into(), Value::from(self.comment.as_deref())),
        ])
    }
}

fn write(path: &str, account: &Account, stat: Option<&Stat>, old: String, new: String) -> Planned {
    let diff = Diff {
        before_header: path.into(),
        after_header: path.into(),
        before: old.into(),
        after: new.as_str().into(),
    };
    let change = Change::WriteFile {
        path: path.into(),
        content: Content::Inline(new.into_bytes().into()),
        attrs: owned(account, 0o600),
        before: Before::of(stat),
        backup: false,
        validate: None,
    };
    Planned { change, diff: Some(diff) }
}

/// The user's, by number, or by name while the number is not known.
fn owned(account: &Account, mode: u32) -> Attrs {
    let known = |id: u32| (id != UNKNOWN_ID).then_some(id);
    let (uid, gid) = (known(account.uid), known(account.gid));
    let owner = uid.is_none().then(|| account.name.clone());
    Attrs { uid, gid, mode: Some(mode), owner, group: None }
}

fn is_owned(stat: &Stat, attrs: &Attrs) -> bool {
    Some(stat.mode) == attrs.mode
        && attrs.uid.is_none_or(|uid| uid == stat.uid)
        && attrs.gid.is_none_or(|gid| gid == stat.gid)
}

fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((dir, _)) => dir,
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all};
    use crate::value::{Map, Value};

    const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA a@x";
    const B: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ== b b";

    /// A user with the given keys in the usual file; nothing means no file.
    fn host(keys: Option<&str>) -> Host {
        let base = "group u 500\nuser u 500:500 /home/u\n/home/u/ 0755 u:u";
        let keys = keys.map(|keys| {
            let keys = keys.replace('\n', "\\n");
            format!("/home/u/.ssh/ 0700 u:u\n/home/u/.ssh/authorized_keys 0600 u:u = {keys}")
        });
        Host::new(&format!("{base}\n{}", keys.unwrap_or_default()))
    }

    fn case(name: &'static str, host: Host, given: &[(&str, Value)], expect: Expect) -> Case {
        let mut options: Map =
            given.iter().map(|(key, value)| ((*key).into(), value.clone())).collect();
        options.entry("user".into()).or_insert_with(|| "u".into());
        let module = "ansible.posix.authorized_key";
        Case { name, host, module, options: Value::map(options), expect }
    }

    #[test]
    fn keys_become_as_asked() {
        let file = "/home/u/.ssh/authorized_keys";
        let both = format!("# mine\n{B}\n{A}\n");
        let key = |text: &str| ("key", Value::str(text));
        let no = |name| (name, Value::Bool(false));
        check_all(&[
            case(
                "a first key makes file and directory",
                host(None),
                &[key(A)],
                Expect::any().file(file, &format!("{A}\n")).result("keyfile", file),
            ),
            case("a key that is there", host(Some(&both)), &[key(A)], Expect::nothing()),
            case(
                "several keys that are there",
                host(Some(&both)),
                &[key(&format!("{A}\n\n# c\n{B}\n"))],
                Expect::nothing(),
            ),
            case(
                "another key is appended",
                host(Some(&format!("{B}\n"))),
                &[key(A)],
                Expect::any().file(file, &format!("{B}\n{A}\n")),
            ),
            case(
                "a key is removed, whatever its comment",
                host(Some(&both)),
                &[key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"), ("state", "absent".into())],
                Expect::any().file(file, &format!("# mine\n{B}\n")),
            ),
            case(
                "a key that is not there is not removed",
                host(Some(&format!("{B}\n"))),
                &[key(A), ("state", "absent".into())],
                Expect::nothing(),
            ),
            case(
                "exclusive keeps nothing else",
                host(Some(&both)),
                &[key(A), ("exclusive", true.into())],
                Expect::any().file(file, &format!("{A}\n")),
            ),
            case(
                "options are put before the key",
                host(Some(&both)),
                &[key(A), ("key_options", "no-pty,command=\"a b\"".into())],
                Expect::any().file(file, &format!("# mine\n{B}\nno-pty,command=\"a b\" {A}\n")),
            ),
            case(
                "the order of options does not matter",
                host(Some(&format!("command=\"a, b\",no-pty {A}\n"))),
                &[key(A), ("key_options", "no-pty,command=\"a, b\"".into())],
                Expect::nothing(),
            ),
            case(
                "a comment is corrected",
                host(Some(&both)),
                &[key(A), ("comment", "new".into())],
                Expect::any().file(file, &format!("# mine\n{B}\n{}\n", A.replace("a@x", "new"))),
            ),
            case(
                "another file",
                host(None),
                &[key(A), ("path", "/etc/keys/u".into())],
                Expect::any().file("/etc/keys/u", &format!("{A}\n")),
            ),
            case(
                "a directory that is missing is left so",
                host(None),
                &[key(A), ("path", "/etc/u".into()), no("manage_dir")],
                Expect::any().file("/etc/u", &format!("{A}\n")),
            ),
            case("no key", host(None), &[key("hello world")], Expect::error("as a public key")),
            case("nothing at all", host(None), &[key("\n")], Expect::error("as a public key")),
            case(
                "from elsewhere",
                host(None),
                &[key("https://x/u.keys")],
                Expect::error("Cannot fetch"),
            ),
            case(
                "options of two lines",
                host(None),
                &[key(A), ("key_options", "a\nb".into())],
                Expect::error("as a public key"),
            ),
            case(
                "no such user",
                host(None),
                &[key(A), ("user", "v".into())],
                Expect::error("no such user"),
            ),
        ]);
    }

    #[test]
    fn what_is_written_is_the_users_own() {
        let host = Host::new(
            "group u 500\nuser u 500:500 /home/u\n/home/u/ 0755 u:u\n/home/u/.ssh/ 0777 root:root",
        );
        let changes = format!(
            "attrs /home/u/.ssh 0700 500:500\n\
             write /home/u/.ssh/authorized_keys 0600 500:500 = {:?}",
            format!("{A}\n")
        );
        check_all(&[case("own", host, &[("key", A.into())], Expect::changes(&changes))]);
    }
}
