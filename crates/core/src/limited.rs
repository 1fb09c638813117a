//! Hosts whose sudoers allow single commands only: sudo refuses the shell and the executor there.
//!
//! Then sudo stands before the words of each program that is to run as the other user, and looking is done
//! as the login user. Files cannot be changed so: that takes more than one program, and what is between
//! two of them would be lost with the line.

use std::sync::Arc;

use crate::change::{Change, Deed, Outcome, Run};
use crate::interp::OtherUser;
use crate::message::{Message, remote};
use crate::observe::{Answer, Question};
use crate::quote;

/// Ends with status 0 where sudoers allow the login user anything without a password.
pub const LIST: [&str; 3] = ["sudo", "-n", "-l"];

/// Whether sudo's refusal to start what we need may come from such sudoers.
#[must_use]
pub fn may_be(refusal: &Message) -> bool {
    ["remote.sudo_password", "remote.sudo_denied"].contains(&&*refusal.id)
}

/// The answer to what the login user's look would answer wrongly.
#[must_use]
pub fn refusal(question: &Question, user: &str) -> Option<Answer> {
    match question {
        // What may not be looked into would silently be missing.
        Question::Glob { pattern } => Some(Answer::Failed(remote::limited_look(pattern, user))),
        _ => None,
    }
}

/// The change as the login user makes it, by sudo where a program is to run as `user`.
pub fn direct(change: &Change, other: &OtherUser) -> Result<Change, Message> {
    let user = &*other.name;
    match change {
        Change::Run(run) if run.script.is_none() => {
            let mut run = run.clone();
            let names: Vec<&str> = run.env.iter().map(|(name, _)| &**name).collect();
            // Refused where sudoers have no SETENV: a variable that is dropped in silence helps nobody.
            let keep = (!names.is_empty()).then(|| format!("--preserve-env={}", names.join(",")));
            let words = ["env", "LC_ALL=C", "sudo", "-n"].into_iter().chain(other.flags.words());
            let words = words.chain(["-u", user]).chain(keep.as_deref()).chain(["--"]);
            let program = run.argv.iter().map(ToString::to_string).collect();
            let program = other.flags.program(program).into_iter().map(Arc::from);
            run.argv = words.map(Arc::from).chain(program).collect();
            Ok(Change::Run(run))
        }
        Change::Run(_) => Err(remote::limited_command("a script of the controller", user)),
        Change::Wait(_) => Ok(change.clone()),
        _ => Err(remote::limited_file(change.path().unwrap_or(""), user)),
    }
}

/// The outcome of a change that [`direct`] made: what sudo itself said becomes a message.
#[must_use]
pub fn judged(outcome: Outcome, change: &Change, user: &str) -> Outcome {
    let (Outcome::Done(deed) | Outcome::Failed(_, deed)) = &outcome else { return outcome };
    let Change::Run(run) = change else { return outcome };
    match refused(run, deed, user) {
        Some((message, rc)) => Outcome::Failed(message, Deed { rc: Some(rc), ..deed.clone() }),
        None => outcome,
    }
}

/// Why sudo did not start the program, and the status that says so. Source of the texts: sudo's
/// plugins/sudoers, in English by `LC_ALL`.
fn refused(run: &Run, deed: &Deed, user: &str) -> Option<(Message, i32)> {
    let program = run.argv.first().map_or("", |word| word);
    if deed.rc != Some(1) || !deed.stdout.0.is_empty() {
        return None;
    }
    let said = deed.stderr.lossy();
    let first = said.lines().next().unwrap_or("");
    let own = first.strip_prefix("sudo: ");
    match own {
        Some(own) if own.ends_with("command not found") => Some((remote::not_found(program), 127)),
        Some(own) if own.contains("environment") => {
            let names: Vec<&str> = run.env.iter().map(|(name, _)| &**name).collect();
            Some((remote::limited_environment(names.join(", "), program, user), 1))
        }
        Some(_) => Some((remote::limited_command(program, user), 1)),
        None if first.starts_with("Sorry, user ") => {
            Some((remote::limited_command(program, user), 1))
        }
        None => None,
    }
}

/// The line that says whether [`LIST`] succeeds, for a shell.
#[must_use]
pub fn list_script() -> String {
    format!("{} >/dev/null 2>&1 && echo yes", quote::line(LIST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Before;

    fn run(words: &[&str], env: &[(&str, &str)]) -> Change {
        let argv = words.iter().map(|word| Arc::from(*word)).collect();
        let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Change::Run(Box::new(Run { argv, env, ..Run::default() }))
    }

    #[test]
    fn sudo_stands_before_the_words() {
        for (change, line) in [
            (run(&["id", "-u"], &[]), "env LC_ALL=C sudo -n -H -u root -- id -u"),
            (
                run(&["apt-get", "update"], &[("A", "1"), ("B", "s3cr3t")]),
                "env LC_ALL=C sudo -n -H -u root --preserve-env=A,B -- apt-get update",
            ),
        ] {
            let Ok(Change::Run(made)) = direct(&change, &"root".into()) else { panic!("{line}") };
            assert_eq!(quote::line(&made.argv), line);
        }
        let remove = Change::Remove { path: "/x".into(), recurse: false, before: Before::Any };
        assert_eq!(direct(&remove, &"root".into()).unwrap_err().id, "remote.limited_file");
    }

    #[test]
    fn what_sudo_says_is_told_from_what_the_program_says() {
        for (rc, stdout, stderr, told) in [
            (1, "", "sudo: a password is required\n", "remote.limited_command"),
            (
                1,
                "",
                "Sorry, user ann is not allowed to execute '/bin/x' as root on web.",
                "remote.limited_command",
            ),
            (1, "", "sudo: x: command not found", "remote.not_found"),
            (
                1,
                "",
                "sudo: sorry, you are not allowed to preserve the environment",
                "remote.limited_environment",
            ),
            (1, "", "x: no such thing", ""),
            (1, "begun", "sudo: a password is required", ""),
            (0, "", "sudo: a password is required", ""),
        ] {
            let deed = Deed {
                rc: Some(rc),
                stdout: stdout.into(),
                stderr: stderr.into(),
                ..Deed::default()
            };
            let outcome = judged(Outcome::Done(deed), &run(&["x"], &[]), "root");
            let id = match outcome {
                Outcome::Failed(message, _) => message.id.to_string(),
                _ => String::new(),
            };
            assert_eq!(id, told, "{stderr}");
        }
    }
}
