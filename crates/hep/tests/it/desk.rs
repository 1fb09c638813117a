//! A person's desk: a home, a folder with files, and `hep` run in it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Hosts that are this machine, and one that cannot be reached.
const INVENTORY: &str = "\
[web]
w[1:3] ansible_connection=local n=7
[db]
d1 ansible_connection=local ansible_password=hunter2-ssh
[dead]
gone ansible_host=127.0.0.1 ansible_port=1
";

/// The desk.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What a run of `hep` left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// With the inventory `hosts.ini`.
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.file("hosts.ini", INVENTORY);
        desk
    }

    /// Writes a file in the folder.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `hep`, ready to run.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hep"));
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("USER", "tester").env("SHELL", "/bin/sh");
        command.current_dir(self.folder.path()).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `hep` with these words.
    pub(crate) fn hep(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().unwrap())
    }

    /// Runs `hep` with an input.
    pub(crate) fn fed(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Who refuses the input closes it.
        let _ = stdin.write_all(input);
        drop(stdin);
        Ran::of(child.wait_with_output().unwrap())
    }
}

/// As text: of a test that fails, this is what is read.
impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "exit code {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

impl Ran {
    /// From what a process left.
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            out: output.stdout,
        }
    }

    /// Its output as JSON, an object a line.
    pub(crate) fn objects(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What a run must give.
pub(crate) struct Case<'a> {
    /// The words.
    pub(crate) words: &'a [&'a str],
    /// The exit code.
    pub(crate) code: i32,
    /// What standard output must hold; the whole of it where it ends with a newline.
    pub(crate) stdout: &'a str,
    /// What standard error must hold.
    pub(crate) stderr: &'a str,
}

/// Checks them one by one.
pub(crate) fn check(desk: &Desk, cases: &[Case<'_>]) {
    for case in cases {
        let ran = desk.hep(case.words);
        let words = case.words;
        assert_eq!(ran.code, case.code, "{words:?}: {ran:#?}");
        let fits = if case.stdout.ends_with('\n') {
            ran.stdout == case.stdout
        } else {
            ran.stdout.contains(case.stdout)
        };
        assert!(fits, "{words:?}: expected {:?}: {ran:#?}", case.stdout);
        assert!(ran.stderr.contains(case.stderr), "{words:?}: {:?}: {ran:#?}", case.stderr);
    }
}
