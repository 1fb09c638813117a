//! A private sshd with settings of its own, for one story.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::breadth::{file_of_fleet, fleet};
use crate::hep::Desk;
use crate::machine::script;

/// It runs until dropped.
pub(crate) struct Sshd {
    name: &'static str,
}

impl Sshd {
    /// With these lines before all others of its configuration; the first value of a keyword counts. The
    /// name is the story's own.
    pub(crate) fn up(name: &'static str, lines: &[&str]) -> Self {
        // Says what to do where there is no fleet.
        file_of_fleet("breadth/user");
        let mut words = vec![name];
        words.extend(lines);
        script("sshd-up", &words);
        Self { name }
    }

    fn noted(&self, file: &str) -> String {
        file_of_fleet(&format!("sshd/{}/{file}", self.name)).trim_end().to_owned()
    }

    /// The home of whoever logs in.
    pub(crate) fn home(&self) -> String {
        self.noted("home")
    }

    /// Its port, on every loopback address.
    pub(crate) fn port(&self) -> String {
        self.noted("port")
    }

    /// A line of an inventory: a host of this name at this address, with more variables. It logs in with
    /// the fleet's key unless they name another.
    pub(crate) fn line(&self, host: &str, address: &str, more: &str) -> String {
        let key = match more.contains("private_key_file") {
            true => String::new(),
            false => format!("ansible_ssh_private_key_file={}", fleet().join("key").display()),
        };
        let user = file_of_fleet("breadth/user");
        format!(
            "{host} ansible_host={address} ansible_port={} ansible_user={} {key} {more}\n",
            self.port(),
            user.trim()
        )
    }

    /// Its host keys, for all loopback addresses.
    pub(crate) fn known_hosts(&self) -> String {
        let key =
            std::fs::read_to_string(fleet().join("sshd").join(self.name).join("host_key.pub"));
        format!("[127.*]:{} {}", self.port(), key.unwrap())
    }

    /// A desk with one host, named `host`.
    pub(crate) fn desk(&self, more: &str) -> Desk {
        Desk::new(&self.line("host", "127.0.0.1", more), &self.known_hosts())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            script("sshd-down", &[self.name]);
        }
    }
}

/// A folder that the hosts' user may read: sshd looks for keys as that user.
pub(crate) fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs ssh-keygen with these words.
pub(crate) fn keygen(words: &[&str]) {
    let status = Command::new("ssh-keygen").arg("-q").args(words).status().unwrap();
    assert!(status.success(), "ssh-keygen {words:?}");
}

/// Makes a key pair; the private file.
pub(crate) fn key(folder: &Path, name: &str, passphrase: &str, kind: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let mut words = vec!["-N", passphrase, "-C", name, "-f", text(&path)];
    words.extend(kind);
    keygen(&words);
    path
}

/// The public half of a key.
pub(crate) fn public(key: &Path) -> String {
    std::fs::read_to_string(key.with_extension("pub")).unwrap()
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An agent, until dropped.
pub(crate) struct Agent {
    child: Child,
    /// Its socket.
    pub(crate) socket: PathBuf,
}

impl Agent {
    /// With these keys (and the certificates beside them).
    pub(crate) fn with(folder: &Path, keys: &[&Path]) -> Self {
        let socket = folder.join("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a", text(&socket)])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut agent = Self { child, socket };
        // It says where it listens once it does.
        let mut said = std::io::BufReader::new(agent.child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut said, &mut String::new()).unwrap();
        for key in keys {
            let mut add = Command::new("ssh-add");
            add.args(["-q", text(key)]).env("SSH_AUTH_SOCK", &agent.socket);
            assert!(add.status().unwrap().success());
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
