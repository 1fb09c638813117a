//! The test machines: Debian with systemd, each a container.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::breadth::{checkout, file_of_fleet, fleet};
use crate::hep::Desk;

/// One machine. Stories share it, or have it alone when what they do would meet others.
pub(crate) struct Machine {
    name: String,
    /// Held as long as the story lasts, across test processes.
    _lock: Option<File>,
    /// Removed at the end.
    own: bool,
}

/// How a story uses a machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Shared,
    Alone,
}

impl Machine {
    /// A machine that other stories use at the same time.
    pub(crate) fn shared(name: &str) -> Self {
        Self::locked(name, Use::Shared)
    }

    /// A machine that no other story uses meanwhile.
    pub(crate) fn alone(name: &str) -> Self {
        Self::locked(name, Use::Alone)
    }

    fn locked(name: &str, how: Use) -> Self {
        // Says what to do where there is none.
        file_of_fleet(&format!("machines/{name}/port"));
        let lock = lock(name, how);
        Self { name: name.to_owned(), _lock: Some(lock), own: false }
    }

    /// A machine that somebody else has started for one story: it is removed at the end.
    pub(crate) fn taken(name: &str) -> Self {
        Self { name: name.to_owned(), _lock: None, own: true }
    }

    /// A file about it in the fleet's folder.
    pub(crate) fn noted(&self, file: &str) -> String {
        file_of_fleet(&format!("machines/{}/{file}", self.name)).trim_end().to_owned()
    }

    /// A line of an inventory: the machine under this name, as this user.
    pub(crate) fn line(&self, host: &str, user: &str) -> String {
        format!(
            "{host} ansible_host={} ansible_port={} ansible_user={user} \
             ansible_ssh_private_key_file={}\n",
            self.noted("address"),
            self.noted("port"),
            fleet().join("key").display()
        )
    }

    /// A desk whose hosts are users of this machine, each named as the user.
    pub(crate) fn desk(&self, users: &[&str]) -> Desk {
        let lines: String = users.iter().map(|user| self.line(user, user)).collect();
        Desk::new(&lines, &self.noted("known_hosts"))
    }

    /// Runs a shell script inside as root, behind the back of SSH; what it printed.
    pub(crate) fn sh(&self, command: &str) -> String {
        script("machine-sh", &[&self.name, "sh", "-euc", command])
    }

    /// Makes users whom the fleet's key lets in, as far as they are not there.
    pub(crate) fn users(&self, names: &[String]) {
        let _accounts = lock(&format!("{}-accounts", self.name), Use::Alone);
        self.sh(&format!(
            "for name in {}; do
            id -u $name >/dev/null 2>&1 || useradd --create-home --shell /bin/sh $name
            usermod -p '*' $name
            cp /etc/ssh/keys/admin /etc/ssh/keys/$name
            done",
            names.join(" ")
        ));
    }

    /// Makes a user anew, whom the fleet's key lets in, with rules for sudo.
    pub(crate) fn user(&self, name: &str, sudo: &str) {
        // useradd refuses to wait for the lock of the account files.
        let _accounts = lock(&format!("{}-accounts", self.name), Use::Alone);
        self.sh(&format!(
            "userdel -f -r {name} 2>/dev/null || true
            useradd --create-home --shell /bin/sh {name}
            usermod -p '*' {name}
            cp /etc/ssh/keys/admin /etc/ssh/keys/{name}
            rm -f /etc/sudoers.d/{name}
            [ -z '{sudo}' ] || {{ echo '{sudo}' >/etc/sudoers.d/.{name}
            chmod 440 /etc/sudoers.d/.{name}; mv /etc/sudoers.d/.{name} /etc/sudoers.d/{name}; }}"
        ));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.own && !std::thread::panicking() {
            script("machine-down", &[&self.name]);
        }
    }
}

fn lock(name: &str, how: Use) -> File {
    let folder = fleet().join("e2e");
    std::fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(name)).unwrap();
    match how {
        Use::Shared => file.lock_shared().unwrap(),
        Use::Alone => file.lock().unwrap(),
    }
    file
}

/// Runs a script of `fleet/`; what it printed.
pub(crate) fn script(name: &str, words: &[&str]) -> String {
    fed_script(name, words, b"")
}

/// The same with an input.
pub(crate) fn fed_script(name: &str, words: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(checkout().join("fleet").join(name))
        .args(words)
        .env("HEP_FLEET", fleet())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "fleet/{name} {words:?}: {err}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
