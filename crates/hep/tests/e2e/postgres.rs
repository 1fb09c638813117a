//! A PostgreSQL of a story's own, which it may stop and start, and a line to it that it may cut.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use crate::breadth::checkout;

/// The name of PostgreSQL's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A database server.
pub(crate) struct Postgres {
    keeper: Child,
    folder: PathBuf,
}

impl Postgres {
    /// Starts one; it is gone with its data at the end of the story.
    pub(crate) fn start() -> Self {
        let mut command = Command::new(checkout().join("fleet/with-postgres"));
        command.args(["bash", "-c", "echo \"$HEP_TEST_POSTGRES\"; cat >/dev/null"]);
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let folder = line.trim().split_once("?host=").map(|(_, folder)| PathBuf::from(folder));
        match folder {
            Some(folder) => Self { keeper, folder },
            None => panic!("PostgreSQL did not start: fleet/setup databases"),
        }
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        address(&self.folder)
    }

    /// Everything in it, as its own program writes it.
    pub(crate) fn dump(&self) -> String {
        let mut command = Command::new("pg_dump");
        let done =
            command.args(["-h", self.folder.to_str().unwrap()]).args(["-U", "hep", "postgres"]);
        let done = done.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Ends it as a crash would.
    pub(crate) fn stop(&self) {
        self.control("stop");
    }

    /// Starts it again, with all that it had.
    pub(crate) fn start_again(&self) {
        self.control("start");
    }

    fn control(&self, word: &str) {
        let done = Command::new(self.folder.join("control")).arg(word).output().unwrap();
        assert!(done.status.success(), "{word}: {done:?}");
    }

    /// A way to it that can be cut.
    pub(crate) fn line(&self) -> Line {
        let folder = tempfile::tempdir().unwrap();
        let (cut, target) = (Arc::new(Cut::default()), self.folder.join(SOCKET));
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let is_cut = Arc::clone(&cut);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = UnixStream::connect(&target) else { continue };
                let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                for (from, to) in [(near, far), (far2, near2)] {
                    let is_cut = Arc::clone(&is_cut);
                    thread::spawn(move || carry(from, to, &is_cut));
                }
            }
        });
        Line { folder, cut }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its script ends with its input, and takes the database with it.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A way to a database that can be cut: then nothing comes through, and nobody is told.
pub(crate) struct Line {
    folder: tempfile::TempDir,
    cut: Arc<Cut>,
}

/// Whether it is cut.
#[derive(Default)]
struct Cut {
    is_cut: Mutex<bool>,
    changed: Condvar,
}

impl Line {
    /// The address of the database by this way.
    pub(crate) fn address(&self) -> String {
        address(self.folder.path())
    }

    /// Cuts it, or joins it again.
    pub(crate) fn cut(&self, cut: bool) {
        *self.cut.is_cut.lock().unwrap() = cut;
        self.cut.changed.notify_all();
    }
}

fn address(folder: &Path) -> String {
    format!("postgres://hep@localhost/postgres?host={}", folder.display())
}

fn carry(mut from: UnixStream, mut to: UnixStream, cut: &Cut) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let is_cut = cut.is_cut.lock().unwrap();
        drop(cut.changed.wait_while(is_cut, |is_cut| *is_cut).unwrap());
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
