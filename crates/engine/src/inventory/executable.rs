//! Runs an executable inventory.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use hep_core::message::{Message, inventory as say};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Bytes of an answer that are read at most.
const LIMIT: u64 = 256 << 20;

/// Bytes of the standard error that an error shows at most.
const SHOWN: usize = 2000;

/// Calls of one executable at once, where it is asked for each host.
const AT_ONCE: usize = 8;

/// What the executable prints when it is called with `args`. It is ended, with all it started, when it
/// takes longer than `deadline`.
pub(super) async fn run(path: &Path, args: &[&str], deadline: Duration) -> Result<String, Message> {
    let name = path.display();
    let mut command = Command::new(program(path));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| say::cannot_run(&name, error))?;
    let group = Group(child.id());
    let answer = timeout(deadline, talk(&mut child)).await;
    drop(group);
    let (out, err, status) = match answer {
        Ok(read) => read.map_err(|error| say::cannot_run(&name, error))?,
        Err(_) => return Err(say::run_too_long(&name, deadline.as_secs())),
    };
    if !status.success() {
        return Err(say::run_failed(&name, status, shown(&err)));
    }
    if out.len() as u64 > LIMIT {
        return Err(say::answer_too_long(&name, LIMIT >> 20));
    }
    String::from_utf8(out).map_err(|_| say::not_utf8(name))
}

/// The answers to `--host NAME` for each of these hosts, in their order.
pub(super) async fn ask_hosts(
    path: &Path,
    hosts: &[Arc<str>],
    deadline: Duration,
) -> Result<Vec<String>, Message> {
    let calls =
        hosts.iter().map(|host| async move { run(path, &["--host", host], deadline).await });
    stream::iter(calls).buffered(AT_ONCE).try_collect().await
}

/// A path that is not looked for in `PATH`.
fn program(path: &Path) -> PathBuf {
    if path.components().count() > 1 { path.to_owned() } else { Path::new(".").join(path) }
}

type Answer = (Vec<u8>, Vec<u8>, std::process::ExitStatus);

async fn talk(child: &mut Child) -> std::io::Result<Answer> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::try_join!(read(out), read(err))?;
    Ok((out, err, child.wait().await?))
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(LIMIT + 1).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The process group of the executable, ended when this is dropped: also when the caller is.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(rustix::process::Pid::from_raw) {
            // It is gone already in the usual case.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

/// The end of what was said on the standard error.
fn shown(err: &[u8]) -> String {
    let text = String::from_utf8_lossy(&err[err.len().saturating_sub(SHOWN)..]);
    let printable = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    text.trim().chars().map(printable).collect()
}
