//! Starting a program as another user through sudo, and saying clearly why that failed.
//!
//! The password is written only once sudo has printed the random prompt that it was given, so neither a
//! shell start-up file nor a program that sudo starts can ask for it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hep_core::frame::Sealed;
use hep_core::interp::OtherUser;
use hep_core::message::{Message, remote};

use crate::cancel::Cancel;
use crate::system::command::find_usual;
use crate::system::{hex, why};

/// Seconds that sudo may take to say something (LDAP and PAM modules can be slow).
const SECONDS: u64 = 60;
/// Bytes of standard error kept for messages.
const SAID_LIMIT: usize = 8 << 10;

/// A program that runs as another user.
#[derive(Debug)]
pub struct Started {
    /// Its process, or sudo's.
    pub child: Child,
    /// Its standard input.
    pub stdin: ChildStdin,
    /// What it prints.
    pub output: Receiver<Printed>,
    user: String,
    said: String,
    pending: Vec<u8>,
}

/// What a program printed.
#[derive(Debug)]
pub enum Printed {
    /// On standard output.
    Out(Vec<u8>),
    /// On standard error.
    Err(Vec<u8>),
    /// It closed one of them; true for standard output.
    End(bool),
}

/// Starts `words` as `user`. `login_uid` is who this process runs as.
pub fn start(
    user: &OtherUser,
    login_uid: u32,
    words: &[String],
    password: Option<&Sealed>,
    cancel: &Cancel,
) -> Result<(Started, String), Message> {
    match attempt(user, login_uid, words, password, cancel, false) {
        Err(message) if message.id == "remote.sudo_tty" => {
            attempt(user, login_uid, words, password, cancel, true)
        }
        other => other,
    }
}

fn attempt(
    other: &OtherUser,
    login_uid: u32,
    words: &[String],
    password: Option<&Sealed>,
    cancel: &Cancel,
    terminal: bool,
) -> Result<(Started, String), Message> {
    let user = &*other.name;
    let prompt = prompt().map_err(|error| remote::sudo_failed(user, why(error)))?;
    let mut argv = argv(other, login_uid, words, password.is_some(), &prompt)?;
    if terminal {
        let own = std::env::current_exe().map_err(|error| remote::sudo_failed(user, why(error)))?;
        let helper = [own.into_os_string(), "tty".into(), "--".into()];
        argv.splice(0..0, helper);
    }
    let mut started = spawn(user, &argv)?;
    let line = started.greet(password, &prompt, cancel)?;
    Ok((started, line))
}

fn prompt() -> io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("[hep {}] password: ", hex(&bytes)))
}

fn argv(
    other: &OtherUser,
    login_uid: u32,
    words: &[String],
    has_password: bool,
    prompt: &str,
) -> Result<Vec<OsString>, Message> {
    let (user, flags) = (&*other.name, &other.flags);
    if let Some(sudo) = find_usual("sudo") {
        let how = if has_password { &["-S", "-p", prompt][..] } else { &["-n"] };
        let fixed = [&*sudo].into_iter().chain(how.iter().copied()).chain(flags.words());
        let fixed = fixed.chain(["-u", user, "--"]).map(OsString::from);
        Ok(fixed.chain(flags.program(words.to_vec()).into_iter().map(OsString::from)).collect())
    } else if let Some(runuser) =
        find_usual("runuser").filter(|_| login_uid == 0 && flags.is_usual())
    {
        // Containers often have root and no sudo.
        let fixed = [&*runuser, "-u", user, "--"].into_iter().map(OsString::from);
        Ok(fixed.chain(words.iter().map(OsString::from)).collect())
    } else {
        Err(remote::sudo_missing(user))
    }
}

fn spawn(user: &str, argv: &[OsString]) -> Result<Started, Message> {
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).current_dir("/").env("LC_ALL", "C");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |error| remote::sudo_failed(user, why(error));
    let mut child = command.spawn().map_err(failed)?;
    let lost = || remote::sudo_failed(user, "no pipes");
    let stdin = child.stdin.take().ok_or_else(lost)?;
    let (sender, output) = sync_channel(16);
    let (out, err) = (child.stdout.take().ok_or_else(lost)?, child.stderr.take().ok_or_else(lost)?);
    pump(out, sender.clone(), true).and_then(|()| pump(err, sender, false)).map_err(failed)?;
    let user = user.to_owned();
    Ok(Started { child, stdin, output, user, said: String::new(), pending: Vec::new() })
}

fn pump(
    mut from: impl Read + Send + 'static,
    to: SyncSender<Printed>,
    out: bool,
) -> io::Result<()> {
    let copy = move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match from.read(&mut buffer) {
                Ok(size) if size > 0 => {
                    let bytes = buffer[..size].to_vec();
                    let printed = if out { Printed::Out(bytes) } else { Printed::Err(bytes) };
                    if to.send(printed).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => {
                    let _ = to.send(Printed::End(out));
                    return;
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(copy).map(drop)
}

impl Started {
    /// Gives the password when it is asked for, and answers with the first line that begins with `HEP-`.
    fn greet(
        &mut self,
        password: Option<&Sealed>,
        prompt: &str,
        cancel: &Cancel,
    ) -> Result<String, Message> {
        let deadline = Instant::now() + Duration::from_secs(SECONDS);
        let mut prompts = 0;
        loop {
            match self.line(deadline, cancel)? {
                Some(line) if line.starts_with("HEP-") => return Ok(line),
                Some(_) => {}
                None => {
                    let asked = self.said.matches(prompt).count();
                    if asked > prompts {
                        prompts += 1;
                        if prompts > 1 {
                            self.kill();
                            return Err(remote::sudo_wrong_password(&self.user));
                        }
                        self.give(password)?;
                    }
                }
            }
        }
    }

    fn give(&mut self, password: Option<&Sealed>) -> Result<(), Message> {
        let Some(password) = password else {
            self.kill();
            return Err(remote::sudo_password(&self.user));
        };
        let mut bytes = password.expose().as_bytes().to_vec();
        bytes.push(b'\n');
        // That sudo ended is told by its outputs.
        let _ = self.stdin.write_all(&bytes).and_then(|()| self.stdin.flush());
        bytes.fill(0);
        Ok(())
    }

    /// The next line of standard output; nothing where something else happened.
    pub fn line(&mut self, deadline: Instant, cancel: &Cancel) -> Result<Option<String>, Message> {
        if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
        }
        match self.next(Duration::from_millis(100)) {
            Ok(Printed::Out(bytes)) => self.pending.extend(bytes),
            Ok(Printed::Err(bytes)) => self.hear(&bytes),
            Ok(Printed::End(false)) => {}
            Ok(Printed::End(true)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(self.ended());
            }
            Err(RecvTimeoutError::Timeout) => {
                if cancel.is_raised() || Instant::now() > deadline {
                    self.kill();
                    return Err(remote::sudo_timeout(&self.user, SECONDS));
                }
            }
        }
        Ok(None)
    }

    /// What comes next, what was read with the last line first.
    pub fn next(&mut self, timeout: Duration) -> Result<Printed, RecvTimeoutError> {
        self.output.recv_timeout(timeout)
    }

    /// What was read beyond the last line.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }

    /// Keeps what was said on standard error, for messages.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.said.push_str(&String::from_utf8_lossy(bytes));
        if self.said.len() > SAID_LIMIT {
            let from = self.said.ceil_char_boundary(self.said.len() - SAID_LIMIT / 2);
            self.said.drain(..from);
        }
    }

    /// Who it runs as.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Why it ended, from what it said.
    pub fn ended(&mut self) -> Message {
        // What it said last may still be on its way.
        while let Ok(printed) = self.next(Duration::from_millis(200)) {
            if let Printed::Err(bytes) = printed {
                self.hear(&bytes);
            }
        }
        self.kill();
        explain(&self.user, &self.said)
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads sudo's words, in English by `LC_ALL=C`. Sources: sudo's own texts in plugins/sudoers, and those
/// of sudo-rs.
fn explain(user: &str, said: &str) -> Message {
    let said = said.trim();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["must have a tty", "tty is required", "unable to open /dev/tty"]) {
        return remote::sudo_tty(user, said);
    }
    if has(&[
        "a password is required",
        "a terminal is required",
        "interactive authentication is required",
        "no askpass",
    ]) {
        return remote::sudo_password(user);
    }
    if has(&[
        "incorrect password attempt",
        "Sorry, try again",
        "Authentication failed",
        "no password was provided",
    ]) {
        return remote::sudo_wrong_password(user);
    }
    if has(&["is not in the sudoers", "is not allowed to", "may not run sudo", "I'm sorry"]) {
        return remote::sudo_denied(user, said);
    }
    remote::sudo_failed(user, if said.is_empty() { "it ended without a word" } else { said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_own_message() {
        for (said, id) in [
            ("sudo: a password is required\n", "remote.sudo_password"),
            ("sudo: sorry, you must have a tty to run sudo", "remote.sudo_tty"),
            (
                "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt",
                "remote.sudo_wrong_password",
            ),
            ("ann is not in the sudoers file.", "remote.sudo_denied"),
            (
                "Sorry, user ann is not allowed to execute '/bin/sh' as root on web.",
                "remote.sudo_denied",
            ),
            ("sudo: unknown user bob", "remote.sudo_failed"),
            ("", "remote.sudo_failed"),
        ] {
            assert_eq!(explain("bob", said).id, id, "{said}");
        }
    }
}
