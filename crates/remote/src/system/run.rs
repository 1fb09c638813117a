//! `Run`: a program with its input, environment, deadline, lock and script.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hep_core::change::{Content, Deed, LOCKED, Run};
use hep_core::message::{Message, remote};
use rustix::fs::StatVfsMountFlags;

use super::command::{self, Ended, How, Spec};
use super::{Halt, Host, LocalSystem, OUTPUT_LIMIT, why, write};

/// Milliseconds between tries while another package manager holds the lock.
const LOCK_SLEEP_MS: u64 = 1000;
/// What a program is given in any case, so that it is started at all.
const LEAST: Duration = Duration::from_millis(1);

impl LocalSystem {
    pub(super) fn run(&self, run: &Run, host: &mut dyn Host) -> Result<Deed, Halt> {
        let program = run.argv.first().ok_or_else(remote::no_argv)?.clone();
        let texts = run.argv.iter().chain(run.chdir.as_ref());
        let env = run.env.iter().flat_map(|(name, value)| [name, value]);
        if texts.chain(env).any(|text| text.contains('\0')) {
            return Err(remote::bad_argument().into());
        }
        let script = run.script.as_ref().map(|content| self.script(content, host)).transpose()?;
        let dir = self.directory(run.chdir.as_deref())?;
        let empty = Vec::new();
        let mut spec = Spec {
            argv: argv(run, script.as_deref()),
            env: run.env.iter().map(|(name, value)| ((**name).into(), (**value).into())).collect(),
            dir: Some(&dir),
            stdin: run.stdin.as_ref().map_or(&empty, |bytes| &bytes.0),
            timeout: run.timeout_ms.map(Duration::from_millis),
            keep: OUTPUT_LIMIT,
            umask: run.umask,
            ..Spec::default()
        };
        let ended = patient(run, &mut spec, host);
        // Removed on every way out; it is of no use to anyone.
        drop(script);
        judge(run, &program, &spec, ended)
    }

    fn directory(&self, chdir: Option<&str>) -> Result<PathBuf, Message> {
        let Some(dir) = chdir else {
            let home = PathBuf::from(&self.home);
            return Ok(if home.is_dir() { home } else { PathBuf::from("/") });
        };
        let dir = self.expand(dir)?;
        match fs::metadata(&dir) {
            Ok(meta) if meta.is_dir() => Ok(dir.into()),
            Ok(_) => Err(remote::no_directory(dir, "it is not a directory")),
            Err(error) => Err(remote::no_directory(dir, why(error))),
        }
    }

    /// A private file with the script, in the first directory that may run programs.
    fn script(&self, content: &Content, host: &mut dyn Host) -> Result<Script, Halt> {
        let cache = format!("{}/.cache/hep", self.home);
        for dir in [cache.as_str(), "/var/tmp", "/tmp", "/run"] {
            if !may_run_programs(dir) {
                continue;
            }
            if let Ok((script, mut file)) = Script::create(Path::new(dir)) {
                write::fill(self, &mut file, content, &script.0.to_string_lossy(), host)?;
                return Ok(script);
            }
        }
        Err(remote::no_exec_directory().into())
    }
}

/// A script's file, removed when it is dropped.
struct Script(PathBuf);

impl Script {
    fn create(dir: &Path) -> io::Result<(Self, File)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!(".hep-script-{}-{number}", std::process::id()));
        let file = File::options().write(true).create_new(true).mode(0o700).open(&path)?;
        Ok((Self(path), file))
    }
}

impl std::ops::Deref for Script {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn may_run_programs(dir: &str) -> bool {
    let flags = rustix::fs::statvfs(dir).map(|fs| fs.f_flag);
    flags
        .is_ok_and(|flags| !flags.intersects(StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY))
}

/// The words, the first that is `%s` replaced by the script's path; others may be the operator's own.
fn argv(run: &Run, script: Option<&Path>) -> Vec<OsString> {
    let mut words: Vec<OsString> = run.argv.iter().map(|word| OsString::from(&**word)).collect();
    if let Some(path) = script
        && let Some(word) = words.iter_mut().find(|word| *word == "%s")
    {
        *word = path.into();
    }
    words
}

/// Runs it, and again while another package manager is at work and there is time.
fn patient(run: &Run, spec: &mut Spec<'_>, host: &mut dyn Host) -> io::Result<(Ended, bool)> {
    let begun = Instant::now();
    let until = begun + Duration::from_millis(run.lock_wait_ms.unwrap_or(0));
    let most = spec.timeout;
    loop {
        // The waiting counts: a later try has what is left.
        let left = |most: Duration| most.saturating_sub(begun.elapsed()).max(LEAST);
        spec.timeout = most.map(left);
        let ended = once(run, spec, host)?;
        let locked = run.lock_wait_ms.is_some() && ended.how == How::Exited && is_locked(&ended);
        if !locked || Instant::now() >= until || host.cancel().wait(LOCK_SLEEP_MS) {
            return Ok((ended, locked));
        }
    }
}

/// The cancel's descriptor is watched while the host takes output, so the two are borrowed apart.
fn once(run: &Run, spec: &Spec<'_>, host: &mut dyn Host) -> io::Result<Ended> {
    let cancel = host.cancel();
    let mut show = |stream, bytes: &[u8]| {
        if !run.secret {
            host.output(stream, bytes);
        }
    };
    command::run(spec, Some(&cancel), &mut show)
}

fn is_locked(ended: &Ended) -> bool {
    ended.rc != 0 && LOCKED.iter().any(|text| ended.err.contains(text) || ended.out.contains(text))
}

fn judge(
    run: &Run,
    program: &str,
    spec: &Spec<'_>,
    ended: io::Result<(Ended, bool)>,
) -> Result<Deed, Halt> {
    let (ended, locked) = ended.map_err(|error| not_started(program, spec, error))?;
    let deed = Deed {
        rc: Some(ended.rc),
        stdout: ended.out.into_bytes().into(),
        stderr: ended.err.into_bytes().into(),
        ..Deed::default()
    };
    let seconds = |ms: Option<u64>| ms.unwrap_or(0).div_ceil(1000);
    let message = match ended.how {
        How::Cancelled => return Err(Halt::Cancelled),
        How::TimedOut => remote::timed_out(program, seconds(run.timeout_ms)),
        How::Exited if locked => remote::still_locked(program, seconds(run.lock_wait_ms)),
        How::Exited if ended.rc != 0 && !run.any_rc => remote::failed(program, ended.rc),
        How::Exited => return Ok(deed),
    };
    Err(Halt::Failed(message, Box::new(deed)))
}

fn not_started(program: &str, spec: &Spec<'_>, error: io::Error) -> Halt {
    let (message, rc) = match error.kind() {
        io::ErrorKind::NotFound => (remote::not_found(program), 127),
        io::ErrorKind::PermissionDenied => (remote::not_executable(program), 126),
        _ if spec.argv.is_empty() => (remote::no_argv(), 127),
        _ => (remote::cannot_run(program, why(error)), 126),
    };
    Halt::Failed(message, Box::new(Deed { rc: Some(rc), ..Deed::default() }))
}
