//! Questions to the person, on the terminal itself, so that both standard input and output may be pipes.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use async_trait::async_trait;
use hep_core::message::cli as say;
use hep_core::secret::Secret;
use hep_engine::transport::ssh::{HostKeyQuestion, Prompter, Question};

use super::{Screen, mode, visible};

/// Longer answers are not answers. In bytes.
const LONGEST: usize = 4096;

/// Whether there is a terminal to ask on.
pub(crate) fn is_possible() -> bool {
    terminal().is_ok()
}

fn terminal() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Asks for a line; `echo` shows what is typed. Nothing where the person ends the input.
pub(crate) fn line(screen: &Screen, text: &str, echo: bool) -> io::Result<Option<Secret<String>>> {
    screen.quietly(|| {
        let mut terminal = terminal()?;
        if echo {
            terminal.write_all(visible::text(text).as_bytes())?;
            return read(&mut terminal);
        }
        // Before the question is shown: an answer that comes at once is neither seen nor thrown away.
        let hidden = mode::without_echo(&terminal)?;
        terminal.write_all(visible::text(text).as_bytes())?;
        let answer = read(&mut terminal);
        drop(hidden);
        terminal.write_all(b"\n")?;
        answer
    })
}

/// Reads byte by byte: what stands behind the line belongs to the next question.
fn read(terminal: &mut File) -> io::Result<Option<Secret<String>>> {
    let (mut bytes, mut byte) = (Vec::with_capacity(LONGEST), [0]);
    while bytes.len() < LONGEST {
        if terminal.read(&mut byte)? == 0 {
            if bytes.is_empty() {
                return Ok(None);
            }
            break;
        }
        match byte[0] {
            b'\n' => break,
            other => bytes.push(other),
        }
    }
    Ok(String::from_utf8(bytes).ok().map(Secret::new))
}

/// The person at the terminal, for questions that come up while connecting.
#[derive(Debug)]
pub(crate) struct Person {
    screen: Arc<Screen>,
    /// Whether passwords of logins are asked for: only where there is one host.
    one_host: bool,
}

impl Person {
    /// Asks over this screen.
    pub(crate) fn new(screen: Arc<Screen>, one_host: bool) -> Self {
        Self { screen, one_host }
    }

    /// Waits for a line without holding up the connections.
    async fn line(&self, text: String, echo: bool) -> Option<Secret<String>> {
        let screen = Arc::clone(&self.screen);
        let asked = tokio::task::spawn_blocking(move || line(&screen, &text, echo)).await;
        asked.ok()?.ok()?
    }
}

#[async_trait]
impl Prompter for Person {
    async fn trust(&self, question: &HostKeyQuestion) -> bool {
        let HostKeyQuestion { host, name, algorithm, fingerprint, other_types } = question;
        let mut text = say::ask_trust(host, name, algorithm, fingerprint).to_string();
        if !other_types.is_empty() {
            text = format!("{text}\n{}", say::ask_trust_other(other_types.join(", ")));
        }
        let mut text = format!("{text}\n{}", say::ask_trust_question());
        loop {
            let Some(answer) = self.line(text, true).await else { return false };
            match answer.expose().trim().to_ascii_lowercase().as_str() {
                "yes" | "y" => return true,
                "no" | "n" => return false,
                _ => text = say::ask_trust_question().to_string(),
            }
        }
    }

    async fn secret(&self, question: &Question) -> Option<Secret<String>> {
        let (text, echo) = match question {
            Question::Passphrase { file, again: false } => (say::ask_passphrase(file), false),
            Question::Passphrase { file, again: true } => (say::ask_passphrase_again(file), false),
            Question::Password { .. } | Question::FromHost { .. } if !self.one_host => return None,
            Question::Password { host, user } => (say::ask_password(user, host), false),
            Question::FromHost { host, user, text, echo } => {
                (say::ask_from_host(host, user, visible::line(text.as_bytes())), *echo)
            }
        };
        self.line(text.to_string(), echo).await
    }
}
