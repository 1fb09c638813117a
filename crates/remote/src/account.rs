//! Users and groups, read from their files, and asked of `getent` where another service knows more.
//!
//! libc's own look-up is not used: a static program would load the host's NSS modules into itself.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use hep_core::observe::{Account, GroupEntry};

use crate::system::command;

/// The databases as they are when first used; [`Accounts::refresh`] before every batch of questions.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    users: OnceCell<Vec<Account>>,
    groups: OnceCell<Vec<GroupEntry>>,
    foreign: OnceCell<bool>,
    asked: RefCell<HashMap<(&'static str, String), Option<String>>>,
    /// The files that were read, as they were before.
    read: RefCell<Vec<(&'static str, Option<Stamp>)>>,
    root: PathBuf,
}

/// Device, inode, size, and when it was changed (seconds, nanoseconds): another one, another file.
type Stamp = (u64, u64, u64, i64, i64);

impl Accounts {
    /// The host's own.
    #[must_use]
    pub fn new() -> Self {
        Self { root: PathBuf::from("/etc"), ..Self::default() }
    }

    /// Forgets what may no longer be so: files that have changed, and whatever services said.
    pub fn refresh(&mut self) {
        self.asked.get_mut().clear();
        let changed = |(file, stamp): &(&str, _)| self.stamp(file) != *stamp;
        if self.read.borrow().iter().any(changed) {
            *self = Self { root: std::mem::take(&mut self.root), ..Self::default() };
        }
    }

    fn stamp(&self, file: &str) -> Option<Stamp> {
        let meta = fs::metadata(self.root.join(file)).ok()?;
        Some((meta.dev(), meta.ino(), meta.size(), meta.ctime(), meta.ctime_nsec()))
    }

    /// A file's bytes, none where it cannot be read.
    fn bytes(&self, file: &'static str) -> Vec<u8> {
        self.read.borrow_mut().push((file, self.stamp(file)));
        fs::read(self.root.join(file)).unwrap_or_default()
    }

    /// The user with this name or number.
    pub fn user(&self, key: &str) -> Option<Account> {
        let found = self.local_user(key).cloned();
        let mut user = found.or_else(|| {
            let line = self.getent("passwd", key)?;
            let mut user = passwd_line(line.trim_end())?;
            // The C library takes 4294967296 for 0.
            if *user.name != *key && user.uid.to_string() != key {
                return None;
            }
            user.groups = foreign_groups(&user.name);
            Some(user)
        })?;
        let password = self.shadow(&user.name);
        user.locked = password.as_ref().map(|hash| hash.starts_with('!'));
        user.password = password;
        Some(user)
    }

    /// The group with this name or number.
    pub fn group(&self, key: &str) -> Option<GroupEntry> {
        let local = self.groups().iter().find(|group| *group.name == *key);
        let local = local.or_else(|| {
            let gid: u32 = key.parse().ok()?;
            self.groups().iter().find(|group| group.gid == gid)
        });
        local.cloned().or_else(|| {
            let group = group_line(self.getent("group", key)?.trim_end())?;
            (*group.name == *key || group.gid.to_string() == key).then_some(group)
        })
    }

    /// The name of a user's number, where it has one.
    pub fn user_name(&self, uid: u32) -> Option<Arc<str>> {
        let local = self.users().iter().find(|user| user.uid == uid);
        local.map(|user| user.name.clone()).or_else(|| {
            let line = self.has_foreign().then(|| self.getent("passwd", &uid.to_string()))??;
            passwd_line(line.trim_end()).map(|user| user.name)
        })
    }

    /// The name of a group's number, where it has one.
    pub fn group_name(&self, gid: u32) -> Option<Arc<str>> {
        let local = self.groups().iter().find(|group| group.gid == gid);
        local.map(|group| group.name.clone()).or_else(|| {
            let line = self.has_foreign().then(|| self.getent("group", &gid.to_string()))??;
            group_line(line.trim_end()).map(|group| group.name)
        })
    }

    fn local_user(&self, key: &str) -> Option<&Account> {
        let users = self.users();
        users.iter().find(|user| *user.name == *key).or_else(|| {
            let uid: u32 = key.parse().ok()?;
            users.iter().find(|user| user.uid == uid)
        })
    }

    fn users(&self) -> &[Account] {
        self.users.get_or_init(|| {
            let mut users: Vec<Account> = self.lines("passwd", passwd_line);
            for user in &mut users {
                let member = |group: &&GroupEntry| group.members.contains(&user.name);
                user.groups = self.groups().iter().filter(member).map(|g| g.name.clone()).collect();
            }
            users
        })
    }

    fn groups(&self) -> &[GroupEntry] {
        self.groups.get_or_init(|| self.lines("group", group_line))
    }

    fn lines<T>(&self, file: &'static str, read: fn(&str) -> Option<T>) -> Vec<T> {
        String::from_utf8_lossy(&self.bytes(file)).lines().filter_map(read).collect()
    }

    /// The password field, where this identity may read it.
    fn shadow(&self, name: &str) -> Option<Arc<str>> {
        let bytes = fs::read(self.root.join("shadow")).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
        line.split(':').nth(1).map(Arc::from)
    }

    /// Whether a service beyond files (LDAP, SSSD, NIS) names users: only then is it worth a process to
    /// look for the name of a file's owner.
    fn has_foreign(&self) -> bool {
        *self.foreign.get_or_init(|| {
            let bytes = self.bytes("nsswitch.conf");
            let text = String::from_utf8_lossy(&bytes);
            text.lines().filter_map(|line| line.split_once(':')).any(|(name, services)| {
                let local = |word: &str| matches!(word, "files" | "compat" | "systemd" | "db");
                matches!(name.trim(), "passwd" | "group")
                    && services
                        .split('#')
                        .next()
                        .unwrap_or("")
                        .split_whitespace()
                        .any(|word| !word.starts_with('[') && !word.ends_with(']') && !local(word))
            })
        })
    }

    fn getent(&self, database: &'static str, key: &str) -> Option<String> {
        if key.is_empty() || key.starts_with('-') || key.contains([':', '\n', '\0']) {
            return None;
        }
        let slot = (database, key.to_owned());
        if let Some(known) = self.asked.borrow().get(&slot) {
            return known.clone();
        }
        let found = command::look(&["getent", database, key]).filter(|text| !text.is_empty());
        self.asked.borrow_mut().insert(slot, found.clone());
        found
    }
}

fn foreign_groups(name: &str) -> Vec<Arc<str>> {
    let names = |flag| command::look(&["id", flag, "--", name]).unwrap_or_default();
    let primary = names("-gn");
    let all = names("-Gn");
    all.split_whitespace().filter(|group| *group != primary.trim()).map(Arc::from).collect()
}

fn passwd_line(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name =
        fields.next().filter(|name| !name.is_empty() && !name.starts_with(['#', '+', '-']))?;
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    let (gecos, home, shell) = (fields.next()?, fields.next()?, fields.next().unwrap_or(""));
    Some(Account {
        name: name.into(),
        uid,
        gid,
        gecos: gecos.into(),
        home: home.into(),
        shell: shell.into(),
        groups: vec![],
        locked: None,
        password: None,
    })
}

fn group_line(line: &str) -> Option<GroupEntry> {
    let mut fields = line.split(':');
    let name =
        fields.next().filter(|name| !name.is_empty() && !name.starts_with(['#', '+', '-']))?;
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or("").split(',').filter(|name| !name.is_empty());
    Some(GroupEntry { name: name.into(), gid, members: members.map(Arc::from).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(files: &[(&str, &str)]) -> (tempfile::TempDir, Accounts) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let accounts = Accounts { root: dir.path().to_owned(), ..Accounts::default() };
        (dir, accounts)
    }

    #[test]
    fn files_are_read_by_name_and_number() {
        let (_dir, accounts) = accounts(&[
            (
                "passwd",
                "root:x:0:0:root:/root:/bin/sh\nbad\n+::::::\nann:x:1000:1000:A,,:/h/ann:\n",
            ),
            ("group", "root:x:0:\nann:x:1000:\nwheel:x:10:ann,root\n"),
            ("shadow", "root:*:1::::::\nann:!$6$x:1::::::\n"),
        ]);
        let ann = accounts.user("ann").unwrap();
        assert_eq!((ann.uid, ann.gid, &*ann.home, &*ann.shell), (1000, 1000, "/h/ann", ""));
        assert_eq!(ann.groups, ["wheel".into()]);
        assert_eq!(ann.locked, Some(true));
        assert_eq!(accounts.user("1000"), Some(ann));
        assert_eq!(accounts.group("10").unwrap().members.len(), 2);
        assert_eq!(accounts.user_name(0).as_deref(), Some("root"));
        assert_eq!(accounts.user_name(4_000_000_000), None);
    }

    #[test]
    fn a_changed_file_is_read_anew() {
        let (dir, mut accounts) = accounts(&[("passwd", "ann:x:1000:1000::/:\n"), ("group", "")]);
        assert_eq!(accounts.user_name(1000).as_deref(), Some("ann"));
        let new = dir.path().join("new");
        fs::write(&new, "bob:x:1000:1000::/:\n").unwrap();
        fs::rename(new, dir.path().join("passwd")).unwrap();
        assert_eq!(accounts.user_name(1000).as_deref(), Some("ann"), "within one batch");
        accounts.refresh();
        assert_eq!(accounts.user_name(1000).as_deref(), Some("bob"));
    }

    #[test]
    fn only_services_beyond_files_cost_a_process() {
        for (text, foreign) in [
            ("passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n", false),
            ("passwd: files sss\n", true),
            ("passwd: files # ldap\n", false),
            ("hosts: files dns\n", false),
        ] {
            let (_dir, accounts) = accounts(&[("nsswitch.conf", text)]);
            assert_eq!(accounts.has_foreign(), foreign, "{text}");
        }
    }
}
