//! Single commands on a host: one exec each, as whom it takes, its input given when it reads it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hep_core::interp::{Identity, OtherUser};
use hep_core::limited;
use hep_core::message::{Message, remote};
use hep_core::quote;
use hep_core::secret::Secret;

use crate::transport::{self, ChannelEvent, Connection, Exec, Input, TransportError};

/// What a command may say before it says what is asked of it, in bytes.
const MOST_PREFACE: usize = 64 << 10;
/// How long output is waited for after a command has ended: a process that it left behind may hold it.
const AFTER_END: Duration = Duration::from_millis(300);

/// How commands reach a host.
pub(super) struct Commands {
    connection: Arc<dyn Connection>,
    /// The login user's name.
    login: String,
    password: Option<Secret<String>>,
    /// Why a user cannot be become: asked again, sudo would lock the account.
    failed: HashMap<OtherUser, Message>,
    /// Users whom sudo lets us be only from a terminal.
    terminals: HashSet<OtherUser>,
    /// Users whom sudo lets us be for single commands only.
    limited: HashSet<OtherUser>,
}

/// A command that was started.
pub(super) struct Running {
    input: Arc<dyn Input>,
    events: Box<dyn transport::Events>,
    user: Option<OtherUser>,
    prompt: Option<Vec<u8>>,
    ready: Option<Vec<u8>>,
    password: Option<Secret<String>>,
    stdin: Option<Bytes>,
    asked: u32,
    /// The error output as far as it was looked at for the prompt.
    pub(super) preface: Vec<u8>,
    has_ended: bool,
}

/// What a running command tells.
pub(super) enum Told {
    Out(Bytes),
    Err(Bytes),
    /// Its status: 128 plus the signal where one ended it.
    Ended(i32),
    Closed,
}

/// What a short command said.
#[derive(Default)]
pub(super) struct Said {
    pub(super) stdout: Vec<u8>,
    /// Whether it said more than it might.
    pub(super) too_much: bool,
    /// Why another user could not be become.
    pub(super) refused: Option<Message>,
}

impl Commands {
    pub(super) fn new(
        connection: Arc<dyn Connection>,
        login: String,
        password: Option<Secret<String>>,
    ) -> Self {
        Self {
            connection,
            login,
            password,
            failed: HashMap::new(),
            terminals: HashSet::new(),
            limited: HashSet::new(),
        }
    }

    /// Why this identity cannot be taken, where that is known.
    pub(super) fn refusal(&self, identity: &Identity) -> Option<Message> {
        match identity {
            Identity::Login => None,
            Identity::User(user) => user.refusal_of(&self.failed).cloned(),
        }
    }

    pub(super) fn refuse(&mut self, identity: &Identity, message: Message) {
        if let Identity::User(user) = identity {
            self.failed.insert(user.clone(), message);
        }
    }

    /// Starts words as an identity. `ready` is the line on the error output after which input is read.
    pub(super) async fn start(
        &self,
        identity: &Identity,
        argv: &[String],
        stdin: Vec<u8>,
        ready: Option<&str>,
    ) -> Result<Running, TransportError> {
        let prompt = format!("[hep-sudo-{}]", crate::token::token());
        let (mut words, user) = self.as_whom(identity, argv, &prompt);
        if user.as_ref().is_some_and(|user| self.terminals.contains(user)) {
            let inner = quote::line(&words);
            words = ["/bin/sh", "-c", IN_TERMINAL, "hep", &inner].map(str::to_owned).to_vec();
        }
        let channel = self.connection.exec(Exec::new(quote::any_shell(&words))).await?;
        let (input, events) = channel.split();
        let asks = user.is_some() && self.password.is_some();
        let mut running = Running {
            input,
            events,
            user,
            prompt: asks.then(|| prompt.into_bytes()),
            ready: ready.map(|ready| format!("{ready}\n").into_bytes()),
            password: self.password.clone(),
            stdin: Some(stdin.into()),
            asked: 0,
            preface: vec![],
            has_ended: false,
        };
        if !asks {
            running.feed(None);
        }
        Ok(running)
    }

    /// The words with what makes us that user before them, and who that is where it is another.
    fn as_whom(
        &self,
        identity: &Identity,
        argv: &[String],
        prompt: &str,
    ) -> (Vec<String>, Option<OtherUser>) {
        let user = match identity {
            Identity::User(user) if *user.name != *self.login => user,
            _ => return (argv.to_vec(), None),
        };
        let name = &*user.name;
        // sudo's words are read, so they must be English; the executor starts it in the same way.
        let mut words = vec!["env", "LC_ALL=C"];
        match self.password {
            Some(_) => words.extend(["sudo", "-S", "-p", prompt]),
            // Containers often have root and no sudo, and root needs none.
            None if self.login == "root" && user.flags.is_usual() => {
                words.extend(["/bin/sh", "-c", ROOT_BECOMES, "hep", name]);
                let words = words.into_iter().map(str::to_owned);
                return (words.chain(argv.iter().cloned()).collect(), Some(user.clone()));
            }
            None => words.extend(["sudo", "-n"]),
        }
        let words = words.into_iter().chain(user.flags.words()).chain(["-u", name, "--"]);
        let program = user.flags.program(argv.to_vec());
        (words.map(str::to_owned).chain(program).collect(), Some(user.clone()))
    }

    /// Gives sudo a terminal from now on, where its refusal says that it wants one. False where it has one.
    pub(super) fn give_terminal(&mut self, identity: &Identity, refusal: &Message) -> bool {
        match identity {
            Identity::User(user) if refusal.id == "remote.sudo_tty" => {
                self.terminals.insert(user.clone())
            }
            _ => false,
        }
    }

    /// The user of an identity for whom sudo allows single commands only.
    pub(super) fn limited_user(&self, identity: &Identity) -> Option<OtherUser> {
        match identity {
            Identity::User(user) => self.limited.get(user).cloned(),
            Identity::Login => None,
        }
    }

    /// Finds out whether a refusal means that sudo allows single commands only.
    pub(super) async fn find_limited(
        &mut self,
        identity: &Identity,
        refusal: &Message,
    ) -> Result<bool, TransportError> {
        let Identity::User(user) = identity else { return Ok(false) };
        if !limited::may_be(refusal) || self.limited.contains(user) {
            return Ok(false);
        }
        let argv = ["/bin/sh", "-c", &limited::list_script()].map(str::to_owned).to_vec();
        let script = hep_core::shell::Script { argv, stdin: vec![] };
        let said = self.short(&Identity::Login, script, None, MOST_PREFACE as u64).await?;
        let is_limited = said.stdout == b"yes\n";
        if is_limited {
            self.limited.insert(user.clone());
        }
        Ok(is_limited)
    }

    /// Runs a short command to its end and keeps at most `limit` bytes of its output.
    pub(super) async fn short(
        &mut self,
        identity: &Identity,
        script: hep_core::shell::Script,
        ready: Option<&str>,
        limit: u64,
    ) -> Result<Said, TransportError> {
        let said = self.once(identity, script.clone(), ready, limit).await?;
        match &said.refused {
            // Nothing was started, so the second try cannot do anything twice.
            Some(refusal) if said.stdout.is_empty() && self.give_terminal(identity, refusal) => {
                self.once(identity, script, ready, limit).await
            }
            _ => Ok(said),
        }
    }

    async fn once(
        &mut self,
        identity: &Identity,
        script: hep_core::shell::Script,
        ready: Option<&str>,
        limit: u64,
    ) -> Result<Said, TransportError> {
        let mut running = self.start(identity, &script.argv, script.stdin, ready).await?;
        let mut said = Said::default();
        loop {
            match running.next().await? {
                Told::Out(bytes) => {
                    if said.stdout.len() as u64 + bytes.len() as u64 > limit {
                        said.too_much = true;
                        running.input.close().await;
                        break;
                    }
                    said.stdout.extend_from_slice(&bytes);
                }
                Told::Err(_) | Told::Ended(_) => {}
                Told::Closed => break,
            }
        }
        said.refused = running.refusal();
        Ok(said)
    }

    /// Sends a signal to the process groups of a program that runs as an identity.
    pub(super) async fn kill(&self, identity: &Identity, signal: &str, groups: [u32; 2]) {
        let mut argv = ["/bin/sh", "-c", KILL, "hep", signal].map(str::to_owned).to_vec();
        // 0 and 1 would mean others.
        argv.extend(groups.iter().filter(|group| **group > 1).map(ToString::to_string));
        let Ok(mut killing) = self.start(identity, &argv, vec![], None).await else { return };
        while !matches!(killing.next().await, Ok(Told::Closed) | Err(_)) {}
    }
}

/// Becomes the user `$1` and then the rest.
const ROOT_BECOMES: &str = r#"u=$1
shift
if command -v sudo >/dev/null 2>&1; then exec sudo -H -n -u "$u" -- "$@"; fi
exec runuser -u "$u" -- "$@""#;
/// Runs the line `$1`, which begins with sudo, with a terminal of its own, while its input and outputs stay
/// what they are: `script` makes the terminal, and its own outputs are nobody's.
const IN_TERMINAL: &str = r#"if ! command -v script >/dev/null 2>&1; then
echo 'sudo: you must have a tty, and the host has no program `script` to make one' >&2
exit 1
fi
exec 3<&0 4>&1 5>&2
r=$(SHELL=/bin/sh script -q -c "$1 <&3 >&4 2>&5 3<&- 4>&- 5>&-; echo \$? >&6" /dev/null </dev/null 6>&1 >/dev/null 2>&1)
exit "${r:-255}""#;
const KILL: &str = r#"s=$1
shift
for g do kill -s "$s" -- "-$g" 2>/dev/null; done
exit 0"#;

impl Running {
    /// Gives the input, with the password before it where sudo wants one.
    fn feed(&mut self, password: Option<Secret<String>>) {
        let Some(stdin) = self.stdin.take() else { return };
        let input = Arc::clone(&self.input);
        tokio::spawn(async move {
            // A command need not read its input; how it ends tells what that meant.
            if let Some(password) = password {
                let line = format!("{}\n", password.expose()).into_bytes();
                if input.write(line.into()).await.is_err() {
                    return;
                }
            }
            if stdin.is_empty() || input.write(stdin).await.is_ok() {
                let _ = input.eof().await;
            }
        });
    }

    /// What it tells next.
    pub(super) async fn next(&mut self) -> Result<Told, TransportError> {
        let event = if self.has_ended {
            match tokio::time::timeout(AFTER_END, self.events.next()).await {
                Ok(event) => event,
                Err(_) => {
                    self.input.close().await;
                    return Ok(Told::Closed);
                }
            }
        } else {
            self.events.next().await
        };
        Ok(match event? {
            ChannelEvent::Stdout(bytes) => Told::Out(bytes),
            ChannelEvent::Stderr(bytes) => {
                self.look(&bytes).await;
                Told::Err(bytes)
            }
            ChannelEvent::Exit { code } => {
                self.has_ended = true;
                Told::Ended(i32::try_from(code).unwrap_or(255))
            }
            ChannelEvent::Signal { name, .. } => {
                self.has_ended = true;
                Told::Ended(128 + number_of(&name))
            }
            ChannelEvent::Closed => Told::Closed,
        })
    }

    /// Looks for sudo's prompt, and for the line that says that the input is read now.
    async fn look(&mut self, bytes: &[u8]) {
        if self.preface.len() > MOST_PREFACE {
            return;
        }
        self.preface.extend_from_slice(bytes);
        if let Some(prompt) = &self.prompt
            && let Some(at) = find(&self.preface, prompt)
        {
            self.preface.drain(..at + prompt.len());
            self.asked += 1;
            if self.asked == 1 {
                let password = self.password.clone();
                self.feed(password);
            } else {
                // It was wrong. Asking again would lock the account sooner.
                let _ = self.input.eof().await;
            }
        }
        if let Some(ready) = &self.ready
            && find(&self.preface, ready).is_some()
        {
            self.ready = None;
            self.feed(None);
        }
    }

    /// Why sudo did not let it begin, if that is what the error output says.
    pub(super) fn refusal(&self) -> Option<Message> {
        let user = &self.user.as_ref()?.name;
        let text = String::from_utf8_lossy(&self.preface);
        let said = text.trim();
        let has = |word: &str| said.contains(word);
        if self.asked > 1 {
            Some(remote::sudo_wrong_password(user))
        } else if has("password is required") {
            Some(remote::sudo_password(user))
        } else if has("must have a tty") {
            Some(remote::sudo_tty(user, said))
        } else if has("not allowed to execute") || has("not in the sudoers file") {
            Some(remote::sudo_denied(user, said))
        } else if has("sudo") && has("not found") {
            Some(remote::sudo_missing(user))
        } else if has("sudo: ") || has("runuser: ") {
            Some(remote::sudo_failed(user, said))
        } else {
            None
        }
    }

    /// Sends a signal by the channel, which not every sshd takes.
    pub(super) async fn signal(&mut self, name: &str) {
        let _ = self.input.signal(name).await;
    }

    /// Lets go of it.
    pub(super) async fn close(&mut self) {
        self.input.close().await;
    }
}

/// Where `what` stands in `bytes`.
pub(super) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The number of a signal. Source: signal(7), x86 and ARM.
fn number_of(name: &str) -> i32 {
    const NAMES: [(&str, i32); 12] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("PIPE", 13),
        ("TERM", 15),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, number)| *number)
}
