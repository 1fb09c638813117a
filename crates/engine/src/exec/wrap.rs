//! The command line of `exec`: what stands around the operator's command when it needs another user,
//! variables, or a script of ours.
//!
//! Variables and scripts travel over standard input, never in the arguments, which every user of the host
//! can read. The wrapper says a mark on standard error when it has read them; only then may the operator's
//! own input follow, because some `head` programs read ahead.

use hep_core::become_flags::Flags;
use hep_core::quote;
use hep_core::secret::Secret;

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The operator's words: a shell line when joined, as with `ssh`. Arguments, for a script.
    pub words: Vec<String>,
    /// A local script to send.
    pub script: Option<Script>,
    /// Variables for its environment.
    pub environment: Vec<(String, String)>,
    /// Becomes this user first.
    pub sudo: Option<Sudo>,
    /// Whether the words are for `/bin/sh`, whatever the login shell is. An operator's are for the login
    /// shell, as with `ssh`, where nothing else is asked for.
    pub posix: bool,
}

/// A script of the controller.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its content.
    pub content: Vec<u8>,
}

/// `sudo`. What of it depends on the host is filled in for each host.
#[derive(Clone, Debug, Default)]
pub struct Sudo {
    /// The user to become; without one that of the host's `ansible_become_user`, or root.
    pub user: Option<String>,
    /// The password, if there is one; without it sudo must not ask.
    pub password: Option<Secret<String>>,
    /// Options for sudo, of the host's `ansible_become_flags`.
    pub flags: Flags,
}

/// A command line, and what to send to it before the operator's input.
#[derive(Debug)]
pub struct Wrapped {
    /// The word that nobody can guess, by which the command's processes are known on the host.
    pub token: String,
    /// For the login shell.
    pub line: String,
    /// To send first.
    pub prelude: Vec<u8>,
    /// The line on standard error after which the command runs; nothing when there is no wrapper.
    pub mark: Option<String>,
    /// What sudo prints when it wants the password.
    pub prompt: Option<String>,
}

/// Who is become where nobody says another.
const ROOT: &str = "root";

/// Reads `$1` bytes of settings and `$2` bytes of script, says the mark `$3`, and runs the rest.
const WRAPPER: &str = r#"if [ "$1" -gt 0 ] || [ "$2" -gt 0 ]; then
umask 077
t=$(mktemp -d "${TMPDIR:-/tmp}/hep.XXXXXXXXXX") || exit 125
trap 'rm -rf "$t"' EXIT
trap 'rm -rf "$t"; exit 143' HUP INT TERM
head -c $(($1 + $2)) >"$t/in" || exit 125
if [ "$1" -gt 0 ]; then e=$(head -c "$1" "$t/in") && eval "$e" || exit 125; fi
if [ "$2" -gt 0 ]; then tail -c "$2" "$t/in" >"$t/script" && chmod 700 "$t/script" || exit 125; fi
rm -f "$t/in"
umask 022
fi
printf '%s\n' "$3" >&2
n=$2
shift 3
if [ "$n" -gt 0 ]; then
i=$1
shift
eval "$i \"\$t/script\" \"\$@\""
exit $?
fi
if [ "$t" ]; then rm -rf "$t"; trap - EXIT HUP INT TERM; fi
exec /bin/sh -c "$1""#;

impl Command {
    /// The command line. `token` is a word that nobody can guess, for the mark and the prompt.
    pub fn wrap(&self, token: &str) -> Wrapped {
        let line = self.words.join(" ");
        if self.script.is_none() && self.environment.is_empty() && self.sudo.is_none() {
            let line = if self.posix { quote::any_shell(["/bin/sh", "-c", &line]) } else { line };
            let token = token.to_owned();
            return Wrapped { token, line, prelude: vec![], mark: None, prompt: None };
        }
        let settings = self.settings();
        let script = self.script.as_ref().map_or(&[][..], |script| &script.content[..]);
        let mark = format!("hep-started-{token}");
        let mut words = ["/bin/sh", "-c", WRAPPER, "hep"].map(str::to_owned).to_vec();
        words.extend([settings.len().to_string(), script.len().to_string(), mark.clone()]);
        match &self.script {
            Some(script) => {
                words.push(quote::line(interpreter(&script.content)));
                words.extend(self.words.iter().cloned());
            }
            None => words.push(line),
        }
        if let Some(sudo) = &self.sudo {
            words = [sudo.words(&prompt_of(token)), sudo.flags.program(words)].concat();
        }
        let mut prelude = settings.into_bytes();
        prelude.extend_from_slice(script);
        let prompt = self.sudo.as_ref().and_then(|sudo| sudo.password.as_ref());
        let prompt = prompt.map(|_| prompt_of(token));
        let (token, line) = (token.to_owned(), quote::any_shell(&words));
        Wrapped { token, line, prelude, mark: Some(mark), prompt }
    }

    fn settings(&self) -> String {
        let export =
            |(name, value): &(String, String)| format!("export {}={}\n", name, quote::word(value));
        self.environment.iter().map(export).collect()
    }
}

impl Sudo {
    /// Becomes this user.
    pub fn of(user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..Self::default() }
    }

    /// Who is become.
    pub(super) fn name(&self) -> &str {
        self.user.as_deref().unwrap_or(ROOT)
    }

    /// The words before a command; a password is read from standard input after `prompt`.
    pub(super) fn words(&self, prompt: &str) -> Vec<String> {
        let mut words = vec!["sudo".to_owned()];
        match &self.password {
            Some(_) => words.extend(["-S".to_owned(), "-p".to_owned(), prompt.to_owned()]),
            None => words.push("-n".to_owned()),
        }
        words.extend(self.flags.words().map(str::to_owned));
        words.extend(["-u", self.name(), "--"].map(str::to_owned));
        words
    }
}

fn prompt_of(token: &str) -> String {
    format!("[hep-sudo-{token}]")
}

/// The words of a script's `#!` line; `/bin/sh` where there is none.
fn interpreter(script: &[u8]) -> Vec<String> {
    let first = script.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(first);
    let words = line.strip_prefix("#!").map(|rest| {
        // The kernel gives everything behind the interpreter as one argument; `env -S` splits it itself.
        let parts = rest.trim().splitn(2, char::is_whitespace);
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    });
    words.filter(|words: &Vec<String>| !words.is_empty()).unwrap_or_else(|| vec!["/bin/sh".into()])
}

/// Whether a name can stand in an `export`.
pub fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_command_goes_as_it_is() {
        let command = Command { words: vec!["echo".into(), "$HOME".into()], ..Command::default() };
        let wrapped = command.wrap("x");
        assert_eq!((&*wrapped.line, wrapped.mark), ("echo $HOME", None));
    }

    #[test]
    fn no_secret_is_on_the_command_line() {
        let password = Some(Secret::new("hunter2".into()));
        let sudo = Sudo { password, ..Sudo::of("root") };
        let command = Command {
            words: vec!["id".into()],
            environment: vec![("TOKEN".into(), "s3cr3t".into())],
            sudo: Some(sudo),
            ..Command::default()
        };
        let wrapped = command.wrap("x");
        assert!(!wrapped.line.contains("hunter2") && !wrapped.line.contains("s3cr3t"));
        assert_eq!(wrapped.prelude, b"export TOKEN=s3cr3t\n");
    }

    #[test]
    fn options_of_a_host_stand_behind_sudo() {
        let cases = [
            (None, None, "exec sudo -n -H -u root -- /bin/sh -c "),
            (Some("web"), None, "exec sudo -n -H -u web -- /bin/sh -c "),
            (None, Some("-E -g ops"), "exec sudo -n -E -g ops -u root -- /bin/sh -c "),
        ];
        for (user, flags, expected) in cases {
            let flags = flags.map(|text| Flags::read(text).unwrap()).unwrap_or_default();
            let sudo = Sudo { user: user.map(str::to_owned), flags, password: None };
            let words = vec!["id".to_owned()];
            let wrapped = Command { words, sudo: Some(sudo), ..Command::default() }.wrap("x");
            assert!(wrapped.line.contains(expected), "{}", wrapped.line);
        }
    }

    #[test]
    fn interpreters() {
        for (script, words) in [
            ("echo x\n", vec!["/bin/sh"]),
            ("#!/bin/bash\n", vec!["/bin/bash"]),
            ("#! /usr/bin/env -S python3 -u\nx", vec!["/usr/bin/env", "-S python3 -u"]),
            ("#!\n", vec!["/bin/sh"]),
        ] {
            assert_eq!(interpreter(script.as_bytes()), words, "{script}");
        }
    }
}
