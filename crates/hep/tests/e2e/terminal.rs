//! `hep` on a terminal, with a person at it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::hep::Desk;

/// A conversation that takes longer hangs: it is ended, and its story fails.
const DEADLINE: Duration = Duration::from_mins(1);

/// Of a terminal, in characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
}

impl Default for Size {
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

/// `hep` at work on a terminal.
pub(crate) struct Talk {
    person: File,
    child: Child,
    /// All that was shown.
    shown: String,
    /// How much of it has been looked at.
    seen: usize,
    /// Dropped at the end, which ends the watch.
    watch: Sender<()>,
}

impl Desk {
    /// Starts `hep` with these words on a terminal of its own.
    pub(crate) fn on_terminal(&self, size: Size, words: &[&str]) -> Talk {
        let hep = [&[env!("CARGO_BIN_EXE_hep")], words].concat();
        self.program_on_terminal(size, &hep)
    }

    /// Starts a program in the same way.
    pub(crate) fn program_on_terminal(&self, size: Size, words: &[&str]) -> Talk {
        let (person, program) = terminal(size);
        let hep = self.command(&[]);
        // Not a group's leader, setsid becomes `hep` without a fork: the process has the same number.
        let mut command = Command::new("setsid");
        command.arg("-c").args(words);
        command.env_clear().envs(hep.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").current_dir(self.path(""));
        let end = || Stdio::from(program.try_clone().unwrap());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let (watch, watched) = mpsc::channel::<()>();
        let pid = Pid::from_child(&child);
        std::thread::spawn(move || {
            if watched.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
        Talk { person, child, shown: String::new(), seen: 0, watch }
    }
}

/// The side of the person, and that of programs.
fn terminal(size: Size) -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let path = std::path::PathBuf::from(name.into_string().unwrap());
    let program = File::options().read(true).write(true).open(path).unwrap();
    let person = File::from(person);
    set_size(&person, size);
    (person, program)
}

fn set_size(person: &File, size: Size) {
    let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(person, size).unwrap();
}

impl Talk {
    /// Waits until this is shown, after what was waited for before.
    pub(crate) fn until(&mut self, text: &str) -> &mut Self {
        loop {
            if let Some(at) = self.shown[self.seen..].find(text) {
                self.seen += at + text.len();
                return self;
            }
            assert!(self.read(), "{text:?} was not shown after: {:?}", self.shown);
        }
    }

    /// Reads what is shown next; false once no program has the terminal any more.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let many = self.person.read(&mut buffer).unwrap_or(0);
        self.shown.push_str(&String::from_utf8_lossy(&buffer[..many]));
        many > 0
    }

    /// Types a text.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.person.write_all(text.as_bytes()).unwrap();
        self
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, size: Size) -> &mut Self {
        set_size(&self.person, size);
        self
    }

    /// Whether the terminal shows what is typed, as it does between programs.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.person).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Takes the terminal away, as a window that is closed does.
    pub(crate) fn hang_up(self) {
        drop(self.person);
    }

    /// Waits for its end: its exit code, and all that was shown. The terminal is as it was.
    pub(crate) fn end(mut self) -> (i32, String) {
        while self.read() {}
        let status = self.child.wait().unwrap();
        drop(self.watch);
        (status.code().unwrap_or(-1), self.shown)
    }
}
