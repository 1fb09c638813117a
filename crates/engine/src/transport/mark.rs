//! A mark in the environment of a command, by which its processes are told from those of others.
//!
//! It is given only where there are others, because the login shell is started once more for it: the mark
//! must lie in the environment of the process that `sshd` started, and what `sshd` itself would take into
//! the environment is for its configuration to say.

use hep_core::bootstrap::MARK;
use hep_core::quote;

/// Starts the login shell with the mark `$2` in the variable `$1`, and the words after these. By its short
/// name where that is the same file, as sshd does: it is what the shell calls itself in its messages. It
/// sets no other variable, because one that is in the environment already would be changed there.
const MARKED: &str = r#"export "$1=$2"
shift 2
if [ "$(command -v "${SHELL##*/}")" -ef "$SHELL" ]; then exec "${SHELL##*/}" "$@"; fi
exec "${SHELL:-/bin/sh}" "$@""#;

/// The line for the login shell, with a mark in its environment.
pub(super) fn line(mark: &str, command: &str) -> String {
    quote::any_shell(["/bin/sh", "-c", MARKED, "hep", MARK, mark, "-c", command])
}

/// A line that becomes the login shell itself, with a mark in its environment.
pub(super) fn login_shell(mark: &str) -> String {
    quote::any_shell(["/bin/sh", "-c", MARKED, "hep", MARK, mark, "-l"])
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_shell_is_what_it_would_be_without() {
        for (shell, name) in [
            ("/bin/sh", "sh"),
            ("/bin/bash", "bash"),
            ("/usr/bin/../bin/bash", "bash"),
            ("", "/bin/sh"),
        ] {
            let command = "echo \"$0 $HEP_COMMAND $n!\"; exit 3";
            let mut sh = Command::new("/bin/sh");
            let sh = sh.args(["-c", &line("word", command)]).env("SHELL", shell).env("n", "it's");
            let output = sh.output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said, format!("{name} word it's!\n"));
            assert_eq!(output.status.code(), Some(3), "{shell}");
        }
    }
}
