//! `hep exec` on this machine.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::desk::{Case, Desk, Ran, check};

const I: &str = "hosts.ini";

#[test]
fn commands_and_exit_codes() {
    let desk = Desk::new();
    let case = |words, code, stdout, stderr| Case { words, code, stdout, stderr };
    check(
        &desk,
        &[
            case(&["exec", "localhost", "--", "echo", "hi"], 0, "localhost: hi\n", "1 succeeded"),
            case(&["exec", "-i", I, "w1", "echo", "a  b"], 0, "w1: a b\n", ""),
            case(&["exec", "-i", I, "w1", "--", "echo 'a  b'"], 0, "w1: a  b\n", ""),
            case(&["exec", "-i", I, "w1", "echo", "-n", "-e", "x"], 0, "w1: ", ""),
            case(&["exec", "-i", I, "w1", "--", "exit 3"], 2, "", "w1: failed with status 3"),
            case(&["exec", "-i", I, "w1", "--", "kill -9 $$"], 2, "", "w1: "),
            case(&["exec", "-i", I, "w1", "--", "echo e >&2"], 0, "", "w1: e\n"),
            case(&["exec", "-i", I, "w1,gone", "--", "true"], 4, "", "1 unreachable (gone)"),
            case(&["exec", "-i", I, "gone,w1", "--", "false"], 4, "", "1 failed (w1)"),
            case(&["exec", "-i", I, "web", "--", "false"], 2, "", "3 failed (w[1-3])"),
            case(&["exec", "-i", I, "web:!web", "--", "x"], 1, "", "selects no host"),
            case(&["exec", "-i", I, "web:!web", "--allow-empty", "--", "x"], 0, "", "0 hosts"),
            case(&["exec", "-i", I, "nowhere", "--", "x"], 1, "", "Cannot find a host or group"),
            case(&["exec", "-i", I, "web"], 1, "", "no command is given"),
            case(&["exec", "web", "--", "x"], 1, "", "no inventory is given"),
            case(&["exec", "-i", I, "w1", "-e", "1X=y", "--", "x"], 1, "", "expected `NAME=VALUE`"),
            case(&["exec", "-i", I, "w1", "--script", "none.sh"], 1, "", "Cannot read `none.sh`"),
        ],
    );
}

#[test]
fn a_time_limit_ends_the_command() {
    let desk = Desk::new();
    let words = ["exec", "-i", I, "w1", "--timeout", "300ms", "--output", "json", "--", "sleep 60"];
    let ran = desk.hep(&words);
    let object = &ran.objects()[0];
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(object["state"], "failed");
    assert!(object["error"].as_str().unwrap().contains("ran longer"), "{object}");
    assert!(object["duration_ms"].as_u64().unwrap() < 30_000, "{object}");
}

#[test]
fn json_has_every_field() {
    let desk = Desk::new();
    let words =
        ["exec", "-i", I, "w1,gone", "--output", "json", "--", "echo out; echo err >&2; exit 5"];
    let ran = desk.hep(&words);
    let mut objects = ran.objects();
    objects.sort_by_key(|object| object["host"].to_string());
    let [gone, w1] = &objects[..] else { panic!("{ran:?}") };
    let fields: Vec<&String> = w1.as_object().unwrap().keys().collect();
    let expected = ["host", "state", "rc", "signal", "stdout", "stderr", "duration_ms", "error"];
    assert_eq!(fields, expected);
    assert_eq!((w1["state"].as_str(), w1["rc"].as_i64()), (Some("failed"), Some(5)));
    assert_eq!((w1["stdout"].as_str(), w1["stderr"].as_str()), (Some("out\n"), Some("err\n")));
    assert_eq!((gone["state"].as_str(), gone["rc"].as_i64()), (Some("unreachable"), None));
    assert!(gone["error"].as_str().unwrap().contains("127.0.0.1:1"), "{gone}");
}

#[test]
fn bytes_come_through_a_pipe_as_they_are() {
    let desk = Desk::new();
    let ran = desk.hep(&["exec", "-i", I, "w1", "--", "printf '\\033[31m\\377\\n'"]);
    assert_eq!(ran.out, b"w1: \x1b[31m\xff\n");
    let ran = desk.hep(&["exec", "-i", I, "w1", "--output", "json", "--", "printf '\\377\\n'"]);
    assert_eq!(ran.objects()[0]["stdout_base64"], "/wo=", "{ran:?}");
}

#[test]
fn a_line_of_any_length_stays_a_line_in_a_pipe() {
    let desk = Desk::new();
    let words =
        ["exec", "-i", I, "w1", "--", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo y"];
    let ran = desk.hep(&words);
    let lengths: Vec<usize> = ran.stdout.lines().map(str::len).collect();
    assert_eq!(lengths, [3_000_000 + "w1: ".len(), "w1: y".len()]);
}

#[test]
fn long_output_is_cut_in_the_middle_and_says_so() {
    let desk = Desk::new();
    let words = ["exec", "-i", I, "w1", "--output", "json", "--", "seq 1000000"];
    let ran = desk.hep(&words);
    let object = &ran.objects()[0];
    let text = object["stdout"].as_str().unwrap();
    assert!(text.starts_with("1\n2\n") && text.ends_with("\n1000000\n"));
    assert!(text.contains("bytes left out") && text.len() < (1 << 20) + 100, "{}", text.len());
}

#[test]
fn identical_outputs_are_folded() {
    let desk = Desk::new();
    let ran =
        desk.hep(&["exec", "-i", I, "web,d1", "-b", "-e", "X=1", "--", "echo $X; echo two >&2"]);
    let rule = "-".repeat(15);
    assert_eq!(ran.stdout, format!("{rule}\nw[1-3],d1 (4)\n{rule}\n1\ntwo\n"), "{ran:?}");
    let ran = desk.hep(&["exec", "-i", I, "w1", "-b", "--", "echo one; exit 2"]);
    assert_eq!(ran.stdout, format!("{rule}\nw1\n{rule}\none\n"));
}

#[test]
fn a_pipe_goes_to_every_host() {
    let desk = Desk::new();
    let mut lines: Vec<String> = desk
        .fed(&["exec", "-i", I, "web", "--", "cat"], b"one\ntwo\n")
        .stdout
        .lines()
        .map(String::from)
        .collect();
    lines.sort();
    assert_eq!(lines, ["w1: one", "w1: two", "w2: one", "w2: two", "w3: one", "w3: two"]);
    let ran = desk.fed(&["exec", "-i", I, "w1", "-n", "--", "cat; echo end"], b"not sent\n");
    assert_eq!(ran.stdout, "w1: end\n");
    let big = vec![b'x'; 3 << 20];
    let ran = desk.fed(&["exec", "-i", I, "w1", "--", "wc -c"], &big);
    assert_eq!(ran.stdout.trim(), format!("w1: {}", big.len()));
}

#[test]
fn input_that_is_too_long_is_refused() {
    let desk = Desk::new();
    let file = desk.path("big");
    let made = std::fs::File::create(&file).unwrap();
    made.set_len((64 << 20) + 1).unwrap();
    let mut command = desk.command(&["exec", "-i", I, "w1", "--", "touch started"]);
    command.stdin(Stdio::from(std::fs::File::open(&file).unwrap()));
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.code == 1 && ran.stderr.contains("longer than 64 MiB"), "{ran:?}");
    assert!(!desk.path("started").exists());
}

#[test]
fn the_environment_arrives_as_it_was_written() {
    let desk = Desk::new();
    for value in [
        "plain",
        "",
        "two words",
        "it's",
        "a\"b",
        "$(id)",
        "`id`",
        "$HOME",
        "a\nb",
        "a\n",
        "ünï-💡",
        "-n",
        "\\",
        "a=b",
        "*",
        "; exit 9",
        "\u{1b}[31m",
    ] {
        let pair = format!("X={value}");
        let words =
            ["exec", "-i", I, "w1", "--output", "json", "-e", &pair, "--", "printf '%s|' \"$X\""];
        let ran = desk.hep(&words);
        let object = &ran.objects()[0];
        assert_eq!(
            object["stdout"].as_str().unwrap().trim_end_matches('\n'),
            format!("{value}|"),
            "{value:?}"
        );
    }
}

#[test]
fn scripts_are_sent_with_their_arguments() {
    let desk = Desk::new();
    desk.file("s.sh", "#!/bin/sh\nfor a; do printf '[%s]' \"$a\"; done\necho\nexit 4\n");
    let words =
        ["exec", "-i", I, "w1", "--script", "s.sh", "--", "-a", "two words", "$(id)", "it's", "ü"];
    let ran = desk.hep(&words);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (2, "w1: [-a][two words][$(id)][it's][ü]\n"),
        "{ran:?}"
    );
    desk.file("p.awk", "#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }\n");
    assert_eq!(desk.hep(&["exec", "-i", I, "w1", "--script", "p.awk"]).stdout, "w1: 42\n");
    desk.file("cat.sh", "#!/bin/sh\nread x; echo \"<$x>\"\n");
    let ran = desk.fed(&["exec", "-i", I, "w1", "--script", "cat.sh"], b"in\n");
    assert_eq!(ran.stdout, "w1: <in>\n");
}

#[test]
fn passwords_are_never_shown() {
    let desk = Desk::new();
    for form in [&["-b"][..], &[], &["--output", "json"]] {
        let mut words = vec!["exec", "-i", I, "d1"];
        words.extend(form);
        words.extend(["--", "echo x hunter2-ssh y; echo hunter2-ssh hunter3-sudo >&2"]);
        let mut command = desk.command(&words);
        let ran = Ran::of(command.env("HEP_BECOME_PASSWORD", "hunter3-sudo").output().unwrap());
        let all = ran.stdout.clone() + &ran.stderr;
        assert!(all.contains("x ******** y") && !all.contains("hunter"), "{form:?}: {ran:?}");
    }
}

/// `s3cret`, encrypted by Ansible under the password `hunter2`.
const SEALED: &str = "          $ANSIBLE_VAULT;1.1;AES256
          63623164653535396133353265336430653436393236326537636630643035656662396532646631
          3162633563393461353338326265646432376639633461320a396434356561396639306362383938
          37343430356438313034623866313934313639366462613038646364346331613664626165656134
          3737383830626637330a303537653131323762353763373564326437623335633761663365323034
          3535
";

#[test]
fn vault_passwords_come_from_files_and_programs() {
    let desk = Desk::new();
    desk.file("host_vars/w1.yml", &format!("token: !vault |\n{SEALED}"));
    let program = desk.file("pass.sh", "#!/bin/sh\necho hunter2\n");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    desk.file("pass.txt", "hunter2\n");
    desk.file("wrong.txt", "hunter3\n");
    desk.file("empty.txt", "");
    for file in ["pass.sh", "pass.txt", "id@pass.txt"] {
        let words = ["exec", "-i", I, "w1", "--vault-password-file", file, "--", "echo s3cret"];
        let ran = desk.hep(&words);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "w1: ********\n"), "{ran:?}");
    }
    let case = |words, stderr| Case { words, code: 1, stdout: "", stderr };
    check(
        &desk,
        &[
            case(&["hosts", "-i", I], "there is no Vault password"),
            case(&["hosts", "-i", I, "--vault-password-file", "wrong.txt"], "none of the given"),
            case(&["hosts", "-i", I, "--vault-password-file", "empty.txt"], "holds none"),
            case(&["hosts", "-i", I, "--vault-password-file", "none.txt"], "none.txt"),
        ],
    );
}

#[test]
fn an_interrupt_stops_the_command() {
    let desk = Desk::new();
    let script = "echo started; sleep 60 & echo $! >pid; wait";
    let mut command = desk.command(&["exec", "-i", I, "w1", "--", script]);
    let mut child = command.spawn().unwrap();
    let mut first = [0; 12];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    assert_eq!(&first, b"w1: started\n");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.stderr.contains("1 cancelled (w1)"), "{ran:?}");
}
