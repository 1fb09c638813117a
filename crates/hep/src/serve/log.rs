//! The server's own log: where it goes, how it looks, and its levels, which change without a restart.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hep_core::message::settings as say;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::cli::Failure;
use crate::settings::{Settings, table};

/// Where syslog listens.
const SYSLOG: &str = "/dev/log";
/// Facility `daemon`, severity `info`: what the line says of its level stands in the line.
const PRIORITY: &str = "<30>";

/// Changes the levels of the log that runs.
#[derive(Clone)]
pub(crate) struct Levels(reload::Handle<EnvFilter, Registry>);

impl Levels {
    /// From now on, these: as the setting `log.level` has them.
    pub(crate) fn set(&self, text: &str) -> Result<(), Failure> {
        let filter = filter(text)?;
        // The handle fails only once the log itself has gone.
        let _ = self.0.reload(filter);
        Ok(())
    }
}

/// Starts the log.
pub(crate) fn start(settings: &Settings) -> Result<Levels, Failure> {
    let (filter, handle) = reload::Layer::new(filter(settings.text(&table::LOG_LEVEL))?);
    let to = settings.text(&table::LOG_TO);
    let sink = Sink::open(settings, to)?;
    let layer = fmt::layer().with_writer(sink).with_ansi(false);
    let json = settings.text(&table::LOG_FORMAT) == "json";
    let layer: Box<dyn Layer<_> + Send + Sync> = match (json, to) {
        (true, _) => layer.json().flatten_event(true).boxed(),
        (false, "journal" | "syslog") => layer.without_time().boxed(),
        (false, _) => layer.boxed(),
    };
    let started = tracing_subscriber::registry().with(filter).with(layer).try_init();
    started.map_err(say::cannot_log)?;
    Ok(Levels(handle))
}

fn filter(text: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(text).map_err(|error| {
        say::bad_value(table::LOG_LEVEL.name, text, format!("levels by part ({error})")).into()
    })
}

/// Where lines go.
#[derive(Clone)]
enum Sink {
    Stderr,
    File(Arc<Mutex<Rotated>>),
    Syslog(Arc<UnixDatagram>),
}

impl Sink {
    fn open(settings: &Settings, to: &str) -> Result<Self, Failure> {
        match to {
            "file" => {
                let path = PathBuf::from(settings.text(&table::LOG_FILE));
                let (most, kept) = (&table::LOG_FILE_BYTES, &table::LOG_FILES);
                let file = Rotated::open(&path, settings.number(most), settings.number(kept));
                let file = file.map_err(|error| say::cannot_log_to(path.display(), error))?;
                Ok(Self::File(Arc::new(Mutex::new(file))))
            }
            "syslog" => {
                let socket = UnixDatagram::unbound().and_then(|socket| {
                    socket.connect(SYSLOG)?;
                    Ok(socket)
                });
                let socket = socket.map_err(|error| say::cannot_log_to(SYSLOG, error))?;
                Ok(Self::Syslog(Arc::new(socket)))
            }
            _ => Ok(Self::Stderr),
        }
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stderr => io::stderr().write(bytes),
            Self::File(file) => {
                file.lock().unwrap_or_else(PoisonError::into_inner).write_line(bytes)?;
                Ok(bytes.len())
            }
            Self::Syslog(socket) => {
                let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
                let message = [PRIORITY.as_bytes(), b"hep: ", line].concat();
                // A syslog that has gone must not stop the server.
                let _ = socket.send(&message);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is put aside as `FILE.1` when it is full, the older ones counting up.
struct Rotated {
    path: PathBuf,
    file: File,
    size: u64,
    most: u64,
    kept: u64,
}

impl Rotated {
    fn open(path: &Path, most: u64, kept: u64) -> io::Result<Self> {
        let file = append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, most, kept })
    }

    fn write_line(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + bytes.len() as u64 > self.most {
            self.rotate()?;
        }
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let name = |number: u64| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..self.kept).rev() {
            if name(number).exists() {
                std::fs::rename(name(number), name(number + 1))?;
            }
        }
        if self.kept == 0 {
            let _ = std::fs::remove_file(&self.path);
        } else {
            match std::fs::rename(&self.path, name(1)) {
                // It was put aside before, and there was no space for the next one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hep.log");
        let mut log = Rotated::open(&path, 8, 2).unwrap();
        for line in ["one11\n", "two22\n", "three\n", "four4\n"] {
            log.write_line(line.as_bytes()).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read("hep.log").as_deref(), Some("four4\n"));
        assert_eq!(read("hep.log.1").as_deref(), Some("three\n"));
        assert_eq!(read("hep.log.2").as_deref(), Some("two22\n"));
        assert_eq!(read("hep.log.3"), None);
    }
}
