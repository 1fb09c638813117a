//! `hep exec` on many hosts.

use std::fmt::Write as _;

use rustix::process::Signal;
use serde_json::json;

use crate::breadth::{count, desk, desk_and, file_of_fleet, fleet, port};
use crate::hep::Desk;
use crate::machine::Machine;
use crate::remote;

/// Words that a shell, a printf or a parser of options would take apart.
const HOSTILE: [&str; 16] = [
    "",
    " ",
    "--",
    "-rf",
    "--help",
    "a b",
    "it's",
    "\"quoted\"",
    "new\nline\n",
    "$(touch /tmp/hep-e2e-owned)",
    "`touch /tmp/hep-e2e-owned`",
    "$HOME ${HOME} ~ *",
    "a;b|c&d>e<f",
    "back\\slash\\n",
    "žluťoučký 🦀 \u{202e}",
    "\u{1b}[31mred\r\ttab!{a,b}",
];

#[test]
fn every_host_answers_with_its_own_home() {
    let ran = desk().hep(&["exec", "all", "--output", "json", "echo $HOME"]).expect(0);
    let objects = ran.objects();
    assert_eq!(objects.len(), count());
    for object in &objects {
        let host = object["host"].as_str().unwrap();
        let home = object["stdout"].as_str().unwrap();
        assert!(home.ends_with(&format!("/{host}\n")), "{object}");
        assert_eq!(object["state"], "succeeded");
        assert_eq!(object["rc"], 0);
        assert_eq!(object["signal"], json!(null));
        assert_eq!(object["error"], json!(null));
        assert!(object["duration_ms"].is_u64());
    }
}

#[test]
fn lines_come_after_the_name_of_their_host_and_keep_their_stream() {
    let ran = desk().hep(&["exec", "h0003,h0004", "echo good; echo bad >&2"]).expect(0);
    let mut lines: Vec<&str> = ran.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["h0003: good", "h0004: good"]);
    ran.says("h0003: bad").says("2 hosts: 2 succeeded");
}

#[test]
fn the_exit_code_is_that_of_the_worst_host() {
    let one = "[ $(basename $HOME) != h0002 ] || exit 7";
    let ran = desk().hep(&["exec", "h[0001-0003]", "--output", "json", one]).expect(2);
    assert_eq!(ran.host("h0002")["state"], "failed");
    assert_eq!(ran.host("h0002")["rc"], 7);
    assert_eq!(ran.host("h0003")["state"], "succeeded");
    desk().hep(&["exec", "h0001", "kill -9 $$"]).expect(2).says("KILL");
    desk().hep(&["exec", "h9999", "true"]).expect(1);
    desk().hep(&["exec", "h0001"]).expect(1);
}

#[test]
fn identical_outputs_are_folded() {
    let command = "[ $(basename $HOME) = h0005 ] && echo odd || echo even";
    let ran = desk().hep(&["exec", "-b", "h[0001-0010]", command]).expect(0);
    ran.says("h[0001-0004,0006-0010] (9)").says("even").says("h0005\n").says("odd");
}

#[test]
fn standard_input_reaches_every_host() {
    let input: Vec<u8> = (0..=u8::MAX).map(|n| n.wrapping_mul(7)).cycle().take(300_000).collect();
    let words = ["exec", "h[0001-0010]", "--output", "json", "sha256sum; wc -c </dev/null"];
    let ran = desk().fed(&words, &input).expect(0);
    let sums: Vec<_> = ran.objects().iter().map(|object| object["stdout"].clone()).collect();
    assert_eq!(sums.len(), 10);
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
    let one = desk().fed(&["exec", "h0001", "--output", "json", "wc -c"], &input).expect(0);
    assert_eq!(one.host("h0001")["stdout"].as_str().unwrap().trim(), "300000");
    let large = vec![7; 20_000_000];
    let one = desk().fed(&["exec", "h0001", "--output", "json", "wc -c"], &large).expect(0);
    assert_eq!(one.host("h0001")["stdout"].as_str().unwrap().trim(), "20000000");
    // A command need not read its input.
    desk().fed(&["exec", "h0001", "true"], &large).expect(0);
}

#[test]
fn what_is_sent_as_arguments_is_what_arrives() {
    let desk = desk();
    let script = desk.file("show.sh", "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done\n");
    let mut words = vec!["exec", "h0001,h0002", "--output", "json", "--script"];
    words.extend([script.to_str().unwrap(), "--"]);
    words.extend(HOSTILE);
    let ran = desk.hep(&words).expect(0);
    let sent: String = HOSTILE.iter().flat_map(|word| [word, "\0"]).collect();
    assert_eq!(ran.host("h0001")["stdout"], sent);
    assert_eq!(ran.host("h0002")["stdout"], sent);
    assert!(!std::path::Path::new("/tmp/hep-e2e-owned").exists());
}

#[test]
fn what_is_sent_as_environment_is_what_arrives() {
    let desk = desk();
    for value in HOSTILE {
        let assignment = format!("WORD={value}");
        let words = ["exec", "h0001", "--output", "json", "-e", &assignment, "printf %s \"$WORD\""];
        assert_eq!(desk.hep(&words).expect(0).host("h0001")["stdout"], value);
    }
    desk.hep(&["exec", "h0001", "-e", "A B=c", "true"]).expect(1);
}

#[test]
fn a_script_has_the_interpreter_of_its_first_line_and_keeps_its_input() {
    let desk = desk();
    let script = desk.file("sum.awk", "#!/usr/bin/awk -f\n{ sum += $1 }\nEND { print sum }\n");
    let words = ["exec", "h0001", "--output", "json", "--script", script.to_str().unwrap()];
    let ran = desk.fed(&words, b"1\n2\n39\n").expect(0);
    assert_eq!(ran.host("h0001")["stdout"], "42\n");
}

#[test]
fn after_its_time_a_command_is_ended_on_the_host() {
    let word = remote::word(1);
    let line = format!("echo begun; sleep {word} & sleep {word}; echo not here");
    let words = ["exec", "h0001,h0002", "--timeout", "1s", "--output", "json", &line];
    let ran = desk().hep(&words).expect(2);
    for host in ["h0001", "h0002"] {
        let object = ran.host(host);
        assert_eq!(object["state"], "failed", "{object}");
        assert_eq!(object["stdout"], "begun\n");
        assert!(object["error"].as_str().unwrap().contains('1'), "{object}");
    }
    remote::none_with(&word);
}

#[test]
fn an_interrupt_ends_the_commands_on_the_hosts() {
    let desk = desk();
    let word = remote::word(2);
    let line = format!("echo begun; sleep {word} & sleep {word}");
    let mut running = desk.start(&["exec", "h0001", &line]);
    running.until("begun").signal(Signal::INT);
    running.end().expect(130).says("cancelled");
    remote::none_with(&word);
}

#[test]
fn an_interrupt_ends_what_ignores_a_hangup() {
    let word = remote::word(3);
    let line = format!("trap '' HUP INT TERM; echo begun; sleep {word}; sleep {word}");
    let desk = desk();
    let mut running = desk.start(&["exec", "h0001", &line]);
    running.until("begun").signal(Signal::INT);
    running.end().expect(130);
    remote::none_with(&word);
}

#[test]
fn an_interrupt_ends_what_root_runs() {
    let machine = Machine::shared("m1");
    let cases: &[(&str, &[&str], u32)] = &[
        ("root", &[], 4),
        ("admin", &["--sudo"], 5),
        ("ptysudo", &["--sudo"], 6),
        ("ttysudo", &["--sudo"], 7),
        ("admin", &["--sudo-user", "plain"], 8),
    ];
    for (user, options, number) in cases {
        let word = remote::word(*number);
        let line = format!("echo begun; sleep {word} & sleep {word}");
        let mut words = vec!["exec", user];
        words.extend(*options);
        words.push(&line);
        let desk = machine.desk(&[user]);
        let mut running = desk.start(&words);
        running.until("begun").signal(Signal::INT);
        running.end().expect(130);
        remote::none_with(&word);
    }
}

#[test]
fn after_its_time_a_command_of_root_is_ended() {
    let machine = Machine::shared("m1");
    for (user, number) in [("admin", 10), ("ttysudo", 11), ("ptysudo", 12)] {
        let word = remote::word(number);
        let line = format!("echo begun; sleep {word} & sleep {word}");
        let words = ["exec", user, "--sudo", "--timeout", "1s", &line];
        machine.desk(&[user]).hep(&words).expect(2);
        remote::none_with(&word);
    }
}

#[test]
fn an_unreachable_host_does_not_hold_up_the_others() {
    // Nobody listens on port 1.
    let desk = desk_and("gone ansible_host=127.77.0.1 ansible_port=1");
    let words = ["exec", "h[0001-0003],gone", "--output", "json", "echo here; exit 3"];
    let ran = desk.hep(&words).expect(4);
    let gone = ran.host("gone");
    assert_eq!(gone["state"], "unreachable");
    assert_eq!(gone["rc"], json!(null));
    assert!(gone["error"].as_str().unwrap().contains("refused"), "{gone}");
    assert_eq!(ran.host("h0003")["stdout"], "here\n");
    assert_eq!(ran.host("h0003")["state"], "failed");
}

#[test]
fn long_output_does_not_fill_our_memory() {
    let cases: [(&[&str], &str, u64); 4] = [
        (
            &["exec", "h0001"],
            "yes 0123456789012345678901234567890123456789 | head -c 100000000",
            100_000_000,
        ),
        (&["exec", "h0001"], "head -c 100000000 /dev/zero | tr '\\0' x", 100_000_000),
        (
            &["exec", "h0001", "--output", "json"],
            "yes 0123456789012345678901234567890123456789 | head -c 100000000",
            1_000,
        ),
        (
            &["exec", "h0001", "-b"],
            "yes 0123456789012345678901234567890123456789 | head -c 100000000",
            1_000,
        ),
    ];
    for (words, line, at_least) in cases {
        let mut words = words.to_vec();
        words.push(line);
        let (ran, bytes, peak) = desk().start(&words).drained();
        ran.expect(0);
        assert!(bytes >= at_least, "{words:?}: {bytes} bytes");
        assert!(peak < 120 * 1024, "{words:?}: {peak} KiB of memory");
    }
}

#[test]
fn binary_output_is_kept() {
    let line = "printf '\\377\\0\\376a\\nb\\r\\n'";
    let ran = desk().hep(&["exec", "h0001", "--output", "json", line]).expect(0);
    assert_eq!(ran.host("h0001")["stdout_base64"], "/wD+YQpiDQo=");
    // A person's terminal gets nothing that it would obey.
    let escape = desk().hep(&["exec", "h0001", "printf '\\033]0;owned\\007\\n'"]).expect(0);
    assert!(escape.out.starts_with("h0001: "), "{}", escape.out);
}

/// So many hosts at addresses of their own, all of them the breadth fleet's sshd.
fn wide(count: u32) -> Desk {
    let mut lines = String::new();
    for number in 0..count {
        let (high, low) = (number / 250, number % 250 + 1);
        let _ = writeln!(lines, "wide{number:04} ansible_host=127.78.{high}.{low}");
    }
    let user = file_of_fleet("breadth/user");
    let _ = write!(
        lines,
        "[all:vars]\nansible_port={}\nansible_user={}\nansible_ssh_private_key_file={}\n",
        port(),
        user.trim(),
        fleet().join("key").display()
    );
    let known = file_of_fleet("breadth/known_hosts");
    let first = known.lines().next().unwrap().replace("[127.77.0.1]", "[127.78.*]");
    Desk::new(&lines, &first)
}

#[test]
fn a_host_more_needs_little_memory() {
    let peak = |count: u32| {
        let desk = wide(count);
        let (ran, peak) = desk.start(&["exec", "all", "--output", "json", "true"]).watched();
        let ran = ran.expect(0);
        assert_eq!(ran.objects().len(), count as usize);
        peak
    };
    // The many who begin at once weigh as much whether few or many follow: what counts is a fleet.
    let (one, many) = (peak(1), peak(1000));
    let each = many.saturating_sub(one) / 999;
    println!("{one} KiB for one host, {many} KiB for 1,000: {each} KiB a host");
    assert!(each <= 160, "{each} KiB a host");
}
