//! A running executor and the controller's side of its pipes.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hep_core::frame::{Decoder, Encoder, Frame, FromHost, Hello, Start, ToHost};
use hep_remote::blob;

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hep-remote"))
}

/// The executor that plays are sent to: this build's, or the one that `make test-executors` names, and what
/// runs it here when it was built for another architecture.
fn tested() -> (PathBuf, Option<std::ffi::OsString>) {
    let named = std::env::var_os("HEP_TEST_EXECUTOR").map(PathBuf::from);
    (named.unwrap_or_else(|| binary().to_owned()), std::env::var_os("HEP_TEST_RUNNER"))
}

/// It, to be started with arguments.
pub(crate) fn command() -> Command {
    match tested() {
        (program, None) => Command::new(program),
        (program, Some(runner)) => {
            let mut command = Command::new(runner);
            command.arg(program);
            command
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hep_remote::blob::digest(bytes)
}

/// The hash of the binary under test.
pub(crate) fn own_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| sha256(&std::fs::read(tested().0).unwrap())).clone()
}

pub(crate) struct Executor {
    pub(crate) child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    encoder: Encoder,
    decoder: Decoder,
    pub(crate) hello: Hello,
    pub(crate) files: Vec<PathBuf>,
}

impl Executor {
    pub(crate) fn start(cache: &Path) -> Self {
        let cache = format!("--cache={}", cache.display());
        Self::spawn(command().args(["serve", &own_hash(), &cache]))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let (encoder, decoder) = (Encoder::default(), Decoder::new(1 << 40));
        let (hello, files) = (Hello::default(), vec![]);
        let mut executor = Self { child, stdin, stdout, encoder, decoder, hello, files };
        let FromHost::Hello(hello) = executor.receive() else { panic!("no hello") };
        executor.hello = hello;
        executor.send(&ToHost::Hello { hash: own_hash().into() });
        executor
    }

    pub(crate) fn begin(&mut self, run: &str, fence: u64) {
        self.begin_patient(run, fence, 0);
    }

    /// Begins a run that waits so long for another, in milliseconds.
    pub(crate) fn begin_patient(&mut self, run: &str, fence: u64, lock_wait_ms: u64) {
        let start = Start { run: run.into(), fence, lock_wait_ms, passwords: vec![] };
        self.send(&ToHost::Start(Box::new(start)));
    }

    pub(crate) fn send(&mut self, message: &ToHost) {
        let mut bytes = vec![];
        self.encoder.json(message, &mut bytes).unwrap();
        // Whether it still listens is the test's own question.
        let _ = self.stdin.as_mut().unwrap().write_all(&bytes);
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next message; nothing at the end.
    pub(crate) fn try_receive(&mut self) -> Option<FromHost> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.decoder.next::<FromHost>().unwrap() {
                Some(Frame::Json(message)) => return Some(message),
                Some(Frame::Blob(_)) => panic!("a blob"),
                None => {}
            }
            let size = self.stdout.read(&mut buffer).unwrap();
            if size == 0 {
                return None;
            }
            self.decoder.push(&buffer[..size]).unwrap();
        }
    }

    /// The next message, files being sent as they are needed.
    pub(crate) fn receive(&mut self) -> FromHost {
        loop {
            match self.try_receive().expect("the executor ended") {
                FromHost::Need { sha256, .. } => self.give(&sha256),
                other => return other,
            }
        }
    }

    fn give(&mut self, hash: &str) {
        let find = |path: &&PathBuf| sha256(&std::fs::read(path).unwrap()) == *hash;
        let Some(path) = self.files.iter().find(find) else {
            let why = hep_core::message::remote::line_lost();
            return self.send(&ToHost::NoBlob { sha256: hash.into(), why });
        };
        let (encoder, stdin) = (&mut self.encoder, self.stdin.as_mut().unwrap());
        blob::pieces(hash, File::open(path).unwrap(), |chunk| {
            let mut bytes = vec![];
            encoder.blob(chunk, &mut bytes).unwrap();
            stdin.write_all(&bytes)
        })
        .unwrap();
    }

    /// Closes its input and waits for its end.
    pub(crate) fn finish(mut self) -> i32 {
        drop(self.stdin.take());
        while self.try_receive().is_some() {}
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}
