//! Completions in the shells themselves, on a terminal, as a person types.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::desk::Desk;
use crate::terminal::terminal;

/// What each shows when it waits for a line.
const PROMPT: &str = "ready-for-words ";

/// How often each is tried at most.
const TRIES: usize = 5;

/// A shell that reads a file when it starts.
struct Shell {
    name: &'static str,
    start: &'static [&'static str],
    file: &'static str,
}

const SHELLS: [Shell; 3] = [
    Shell {
        name: "bash",
        start: &["bash", "--noprofile", "--rcfile", "rc", "-i"],
        file: "set +H; source <(hep completions bash); PS1='ready-for-''words '",
    },
    Shell {
        name: "zsh",
        start: &["env", "ZDOTDIR=zsh", "zsh", "-d", "-i"],
        file: "setopt nobanghist; autoload -U compinit; compinit -u -D; source <(hep completions zsh)\n\
            unsetopt auto_remove_slash; bindkey -e; PS1='ready-for-''words '",
    },
    Shell {
        name: "fish",
        start: &["fish", "--no-config", "-i", "-C", "source rc"],
        file: "hep completions fish | source; function fish_prompt; echo -n 'ready-for-''words '; end",
    },
];

/// What a line has become when Tab was pressed at its end: its words.
fn completed(desk: &Desk, shell: &Shell, line: &str) -> Vec<String> {
    let (mut person, program) = terminal();
    let hep = desk.command(&[]);
    let mut command = Command::new("setsid");
    // A shell that hangs is ended, and its case fails.
    command.args(["-c", "-w", "timeout", "--foreground", "-s", "KILL", "60"]).args(shell.start);
    command.env_clear().envs(hep.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_hep")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.display()));
    command.env("TERM", "dumb").current_dir(desk.path(""));
    let end = || Stdio::from(program.try_clone().unwrap());
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop((program, command));
    let (mut shown, mut buffer, mut has_typed) = (String::new(), [0; 4096], false);
    // The read fails once the shell has let go of the terminal.
    while let Ok(many @ 1..) = person.read(&mut buffer) {
        shown.push_str(&String::from_utf8_lossy(&buffer[..many]));
        if !has_typed && shown.contains(PROMPT) {
            has_typed = true;
            // To the beginning of the line, the command that shows the words, to its end.
            let typed = format!("{line}\t\u{1}printf '%s\\n' \u{5} >words\nexit\n");
            person.write_all(typed.as_bytes()).unwrap();
        }
    }
    let _ = child.wait().unwrap();
    let words = std::fs::read_to_string(desk.path("words"));
    assert!(words.is_ok(), "{}: {words:?}: {shown:?}", shell.name);
    let words = words.unwrap();
    std::fs::remove_file(desk.path("words")).unwrap();
    words.lines().map(str::to_owned).collect()
}

#[test]
fn every_shell_completes_commands_hosts_and_groups() {
    let cases = [
        ("hep ex", "exec"),
        ("hep exec --output=j", "--output=json"),
        ("hep exec -i hosts.ini d", "d1"),
        ("hep exec -i hosts.ini @we", "@web"),
        ("hep exec -i hosts.ini w1,@de", "w1,@dead"),
        ("hep exec -i hosts.ini all:d", "all:d1"),
    ];
    for shell in &SHELLS {
        let desk = Desk::new();
        desk.file("rc", shell.file);
        desk.file("zsh/.zshrc", shell.file);
        for (line, expected) in cases {
            // Names that come too late for somebody at a keyboard are left out: on a busy machine it is tried again.
            let ends = (0..TRIES).map(|_| completed(&desk, shell, line).pop());
            let mut ends = ends.skip_while(|last| last.as_deref() != Some(expected));
            assert!(ends.next().is_some(), "{}: {line} never became {expected}", shell.name);
        }
    }
}
