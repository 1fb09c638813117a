//! Hosts that mean ill: nothing that they say is evaluated, none of them holds up or fills up the
//! controller, and the others go on.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::breadth::{desk, desk_and, file_of_fleet};
use crate::hep::Desk;
use crate::sshd::{Sshd, open_folder, text};

/// What answers in place of the executor, each a script; `$h` is the hash that was asked for.
const ANSWERS: [(&str, &str); 11] = [
    ("zeros", "cat /dev/zero"),
    ("noise", "yes noise"),
    ("needy", "yes 'HEP-NEED x86_64 raw'"),
    ("quiet", "exit 0"),
    ("other", "echo HEP-GO 0000; cat"),
    ("reason", r"printf 'HEP-NONE \033]0;owned\007 $(touch OWNED)\n'"),
    ("arch", r"echo 'HEP-NEED $(touch OWNED) raw'; exec cat >/dev/null"),
    ("garbage", r#"echo "HEP-GO $h"; cat /dev/urandom"#),
    ("giant", r#"echo "HEP-GO $h"; printf '\377\377\377\377\001\000\000\000\000'; cat /dev/zero"#),
    (
        "endless",
        r#"echo "HEP-GO $h"; exec perl -e '
            $part = " " x 1048576; for ($n = 0; ; $n++) { print pack("NCN", 1048576, 2, $n), $part }'"#,
    ),
    (
        "deep",
        r#"echo "HEP-GO $h"; exec perl -e '
            $deep = "[" x 100000; $| = 1; print pack("NCN", length $deep, 1, 0), $deep; 1 while <STDIN>'"#,
    ),
];

fn script(folder: &Path, name: &str, lines: &str) -> String {
    let path = folder.join(name);
    let owned = folder.join("owned");
    let lines = lines.replace("OWNED", text(&owned));
    let hash = r#"h=$(printf %s "$SSH_ORIGINAL_COMMAND" | sed 's/.*x86_64:\([0-9a-f]*\).*/\1/')"#;
    std::fs::write(&path, format!("#!/bin/sh\n{hash}\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn whatever_answers_in_place_of_the_executor() {
    let folder = open_folder();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (mut lines, mut config) = (String::new(), Vec::new());
    for (number, (name, answer)) in (1..).zip(ANSWERS) {
        let program = script(folder.path(), name, answer);
        config.push(format!("Match LocalAddress 127.66.0.{number}\n ForceCommand {program}"));
        let _ = writeln!(lines, "{name} 127.66.0.{number}");
    }
    config.push("Match All".to_owned());
    let config: Vec<&str> = config.iter().map(String::as_str).collect();
    let sshd = Sshd::up("hostile", &config);
    let inventory: String = lines
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, address)| sshd.line(name, address, ""))
        .collect();
    let desk = desk_and(&inventory);
    desk.file("known_hosts", file_of_fleet("breadth/known_hosts") + &sshd.known_hosts());
    let play = "- hosts: story,h0017,h0018\n  gather_facts: false\n  tasks:\n    - {name: who, command: echo it works}\n";
    let manifest = desk.file("play.yml", play);
    let words = ["apply", "--output", "json", text(&manifest)];
    let (ran, peak) = desk.start(&words).watched();
    assert!(ran.code == 2 || ran.code == 4, "{ran:?}");
    for good in ["h0017", "h0018"] {
        assert_eq!(ran.task(good, "who")["result"]["stdout"], "it works", "{good}");
        assert_eq!(ran.summary(good)["state"], "succeeded");
    }
    for (name, _) in ANSWERS {
        let state = ran.summary(name)["state"].clone();
        assert!(
            ["failed", "unreachable", "lost"].map(|s| json!(s)).contains(&state),
            "{name}: {state}"
        );
    }
    assert!(peak < 300 * 1024, "{peak} KiB of memory");
    assert!(!folder.path().join("owned").exists(), "something of a host was run");
    assert!(!ran.out.contains('\u{7}') && !ran.err.contains('\u{7}'), "{ran:?}");
}

const READS: &str = r#"
- hosts: all
  tasks:
    - {name: content, copy: {dest: '{{ base }}/e2e-said', content: '{{ ansible_env.EVIL }}'}}
    - {name: words, command: {argv: [printf, '%s|', '{{ ansible_env.EVIL }}', '{{ ansible_env.SHELLY }}']}}
    - {name: fact, set_fact: {kept: '{{ ansible_env.EVIL | upper }}'}}
    - {name: '{{ ansible_env.EVIL }}', debug: {msg: '{{ kept }}'}}
    - {name: condition, debug: {msg: reached}, when: ansible_env.TRUE, ignore_errors: true}
    - {name: include, include_tasks: '{{ ansible_env.FILE }}', ignore_errors: true}
    - {name: file, debug: {msg: "{{ lookup('file', ansible_env.FILE) }}"}, ignore_errors: true}
    - {name: pipe, debug: {msg: "{{ lookup('pipe', ansible_env.PIPE) }}"}, ignore_errors: true}
    - {name: source, copy: {src: '{{ ansible_env.FILE }}', dest: '{{ base }}/e2e-stolen'}, ignore_errors: true}
    - {name: elsewhere, command: 'true', delegate_to: '{{ ansible_env.PEER }}', ignore_errors: true}
"#;

#[test]
fn facts_that_look_like_templates_stay_texts() {
    let folder = open_folder();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o777)).unwrap();
    let base = format!("base={}", home.display());
    let secret = folder.path().join("secret-of-the-controller");
    std::fs::write(&secret, "- debug: {msg: stolen}\n").unwrap();
    let owned = folder.path().join("owned");
    let evil = format!("{{{{ lookup('pipe', 'touch {}') }}}}", owned.display());
    let shelly = format!("$(touch {0})`touch {0}`;touch {0}", owned.display());
    let lines = [
        format!(
            "SetEnv \"EVIL={evil}\" \"SHELLY={shelly}\" TRUE=true HOME={} \"FILE={}\" \"PIPE=touch {}\" PEER=peer",
            home.display(),
            secret.display(),
            owned.display()
        ),
        "PermitUserEnvironment no".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let sshd = Sshd::up("facts", &lines);
    let lines = sshd.line("host", "127.0.0.1", "") + &sshd.line("peer", "127.0.0.2", "");
    let desk = Desk::new(&lines, &sshd.known_hosts());
    let manifest = desk.file("play.yml", READS);
    for more in [&[][..], &["--no-executor"]] {
        let words =
            [&["apply", "-l", "host", "-e", &base, "--output", "json"], more, &[text(&manifest)]]
                .concat();
        let ran = desk.hep(&words).expect(0);
        let said = format!("{evil}|{shelly}|");
        assert_eq!(ran.task("host", "words")["result"]["stdout"], said);
        for task in ["condition", "include", "file", "pipe", "source", "elsewhere"] {
            let state = ran.task("host", task)["state"].clone();
            assert_eq!(state, "ignored", "{task} {more:?}: {}", ran.out);
        }
        assert!(ran.out.contains("LOOKUP('PIPE'"), "the text, in capitals: {}", ran.out);
        let ran = desk.hep(&[
            "exec",
            "host",
            "--output",
            "json",
            "cat $HOME/e2e-said; ls $HOME/e2e-stolen; true",
        ]);
        assert_eq!(ran.expect(0).host("host")["stdout"], evil);
    }
    assert!(!owned.exists(), "something that a host said was run");
}

/// Names that are awkward for shells, options, patterns, terminals and people.
const NAMES: [&str; 13] = [
    " ",
    "--",
    "-rf",
    "a b",
    "it's",
    "\"quoted\"",
    "new\nline\n",
    "$(touch owned)`touch owned`",
    "*?[a]{b,c}~",
    "a;b|c&d>e<f",
    "back\\slash\\n",
    "žluťoučký 🦀 \u{202e}",
    "\u{1b}[31mred\r\ttab!",
];

const MAKES: &str = "\
- hosts: h0014
  gather_facts: false
  tasks:
    - {name: directory, file: {path: '{{ base }}/{{ item }}', state: directory}, loop: '{{ names }}'}
    - {name: content, copy: {dest: '{{ base }}/{{ item }}/{{ item }}', content: '{{ item }}'}, loop: '{{ names }}'}
    - {name: line, lineinfile: {path: '{{ base }}/lines', line: '<{{ item }}>', create: true}, loop: '{{ lines }}'}
    - {name: link, file: {dest: '{{ base }}/{{ item }}/link', src: '{{ item }}', state: link}, loop: '{{ names }}'}
    - name: words
      command: {argv: [printf, '%s', '{{ item }}'], chdir: '{{ base }}/{{ item }}'}
      environment: {WORD: '{{ item }}'}
      loop: '{{ names }}'
      changed_when: false
    - {name: tree, copy: {src: tree/, dest: '{{ base }}/tree/'}}
    - {name: gone, file: {path: '{{ base }}/{{ item }}/link', state: absent}, loop: '{{ names }}'}
";

#[test]
fn names_and_values_arrive_as_they_were_sent() {
    let homes = file_of_fleet("breadth/homes");
    let lines: Vec<&str> = NAMES.into_iter().filter(|name| !name.contains('\n')).collect();
    for (way, more) in [("e2e-names", &[][..]), ("e2e-names-plain", &["--no-executor"])] {
        let desk = desk();
        let base = format!("{}/h0014/{way}", homes.trim());
        desk.hep(&["exec", "h0014", &format!("rm -rf ~/{way}; mkdir ~/{way}")]).expect(0);
        let vars = desk
            .file("vars.yml", json!({"names": NAMES, "lines": lines, "base": base}).to_string());
        for name in NAMES {
            desk.file(&format!("tree/{name}"), name);
        }
        let manifest = desk.file("play.yml", MAKES);
        let vars = format!("@{}", vars.display());
        let words =
            [&["apply", "-e", &vars, "--output", "json"], more, &[text(&manifest)]].concat();
        let ran = desk.hep(&words).expect(0);
        for name in NAMES {
            let content = Path::new(&base).join(name).join(name);
            assert_eq!(std::fs::read_to_string(&content).unwrap(), name, "{content:?}");
            let content = Path::new(&base).join("tree").join(name);
            assert_eq!(std::fs::read_to_string(&content).unwrap(), name, "{content:?}");
        }
        let results = ran.task("h0014", "words")["result"]["results"].clone();
        let said: Vec<&str> =
            results.as_array().unwrap().iter().map(|one| one["stdout"].as_str().unwrap()).collect();
        let sent: Vec<&str> = NAMES.iter().map(|name| name.trim_end_matches('\n')).collect();
        assert_eq!(said, sent);
        let kept = std::fs::read_to_string(Path::new(&base).join("lines")).unwrap();
        assert_eq!(kept.lines().count(), lines.len(), "{kept}");
        assert!(lines.iter().all(|line| kept.contains(&format!("<{line}>\n"))), "{kept}");
        let entries = std::fs::read_dir(&base).unwrap().count();
        assert_eq!(entries, NAMES.len() + 2, "nothing else was made: {base}");
        // Once more nothing is to do, but for the links that come and go.
        let again = desk.hep(&words).expect(0);
        for task in ["directory", "content", "line", "tree"] {
            assert_eq!(again.task("h0014", task)["state"], "ok", "{task} {way}");
        }
        // Shown to a person, none of it reaches the terminal.
        let shown = [&["apply", "-D", "-e", &vars], more, &[text(&manifest)]].concat();
        let (_, shown) =
            desk.set("NO_COLOR", "1").on_terminal(crate::terminal::Size::default(), &shown).end();
        assert!(!shown.contains("\u{1b}[31m") && !shown.contains('\u{202e}'), "{shown:?}");
    }
}
