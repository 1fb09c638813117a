//! `hep` on a terminal: colours, what hosts may do to it (nothing), and questions.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::desk::{Desk, Ran};

/// A terminal: the side of the person, and that of programs.
pub(crate) fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let path = std::path::PathBuf::from(name.into_string().unwrap());
    let program = File::options().read(true).write(true).open(path).unwrap();
    (File::from(person), program)
}

/// Runs a command whose controlling terminal is `program`, types the lines, each when its question was shown,
/// and gives all that was shown.
fn talk(desk: &Desk, words: &[&str], lines: &[(&str, &str)]) -> (i32, String) {
    let (mut person, program) = terminal();
    let hep = desk.command(words);
    let mut command = Command::new("setsid");
    command.args(["-c", "-w"]).arg(hep.get_program()).args(hep.get_args());
    command.env_clear().envs(hep.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm").current_dir(desk.path(""));
    let end = || Stdio::from(program.try_clone().unwrap());
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop((program, command));
    let (mut shown, mut buffer, mut lines) = (String::new(), [0; 4096], lines.iter());
    let mut next = lines.next();
    // The read fails once every program has let go of the terminal.
    while let Ok(many) = person.read(&mut buffer) {
        shown.push_str(&String::from_utf8_lossy(&buffer[..many]));
        if let Some((question, answer)) = next
            && shown.contains(question)
        {
            person.write_all(answer.as_bytes()).unwrap();
            next = lines.next();
        }
    }
    assert!(next.is_none(), "not asked: {next:?} in {shown}");
    (child.wait().unwrap().code().unwrap(), shown)
}

#[test]
fn a_host_cannot_steer_the_terminal() {
    let desk = Desk::new();
    let words = ["exec", "-i", "hosts.ini", "w1", "--", "printf '\\033]0;title\\007\\033[2Jx\\n'"];
    let (code, shown) = talk(&desk, &words, &[]);
    assert_eq!(code, 0, "{shown:?}");
    assert!(shown.contains("^[]0;title^G^[[2Jx"), "{shown:?}");
    assert!(!shown.contains("\u{1b}]0;") && !shown.contains("\u{1b}[2J"), "{shown:?}");
    // Names have colours there, and none in a pipe.
    assert!(shown.contains("\u{1b}[3") || shown.contains("\u{1b}[9"), "{shown:?}");
    assert!(!desk.hep(&words).stdout.contains("\u{1b}[3"));
}

#[test]
fn no_color_is_honoured() {
    let desk = Desk::new();
    let (code, shown) = talk(&desk, &["hosts", "-i", "hosts.ini", "w1"], &[]);
    assert!(code == 0 && shown.contains("NAME") && shown.contains("ADDRESS"), "{shown:?}");
    let mut command = desk.command(&["exec", "-i", "hosts.ini", "w1", "--", "echo x"]);
    let ran = Ran::of(command.env("NO_COLOR", "1").output().unwrap());
    assert_eq!(ran.stdout, "w1: x\n");
}

#[test]
fn passwords_are_asked_for_without_echo() {
    let desk = Desk::new();
    let words = [
        "exec",
        "-i",
        "hosts.ini",
        "w1",
        "--ask-pass",
        "-K",
        "--",
        "echo",
        "typed-one",
        "typed-two",
    ];
    let lines = [("SSH password: ", "typed-one\n"), ("sudo password: ", "typed-two\n")];
    let (code, shown) = talk(&desk, &words, &lines);
    assert_eq!(code, 0, "{shown:?}");
    assert!(shown.contains("******** ********") && !shown.contains("typed"), "{shown:?}");
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let desk = Desk::new();
    let hep = desk.command(&["exec", "-i", "hosts.ini", "w1", "--ask-pass", "--", "true"]);
    let mut command = Command::new("setsid");
    command.arg("-w").arg(hep.get_program()).args(hep.get_args()).current_dir(desk.path(""));
    let ran = Ran::of(command.stdin(Stdio::null()).output().unwrap());
    assert!(ran.code == 1 && ran.stderr.contains("there is no terminal to ask on"), "{ran:?}");
}
