//! `hep ssh`: a session as with ssh, by what the inventory says.

use rustix::process::Signal;

use crate::breadth::desk;
use crate::machine::Machine;
use crate::remote;
use crate::terminal::Size;

#[test]
fn a_shell_on_a_terminal() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["admin", "plain"]);
    let mut talk = desk.on_terminal(Size { columns: 100, rows: 30 }, &["ssh", "admin"]);
    talk.until("$ ")
        .types("echo \"<$(id -un) $(stty size) $TERM>\"\n")
        .until("<admin 30 100 xterm>");

    // The new size reaches the host, where a loop waits for it.
    talk.types("until [ \"$(stty size)\" = '41 123' ]; do :; done; echo res''ized\n");
    talk.resize(Size { columns: 123, rows: 41 }).until("resized");

    // Ctrl-C is the host's.
    let word = remote::word(41);
    talk.types(&format!("echo be''gun; sleep {word}\n")).until("begun");
    talk.types("\u{3}").until("$ ").types("echo aft''er $?\n").until("after 130");
    remote::none_with(&word);
    assert!(!talk.echoes(), "the host echoes, not the terminal");

    talk.types("exit 7\n");
    let (code, shown) = talk.end();
    assert_eq!(code, 7, "{shown}");
}

#[test]
fn the_terminal_is_as_it_was() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["admin"]);
    // The terminal is a shell's before and after, as a person has it.
    let hep = format!("{} ssh admin; echo code=$?; stty -a", env!("CARGO_BIN_EXE_hep"));
    let mut talk = desk.program_on_terminal(Size::default(), &["sh", "-c", &hep]);
    talk.until("$ ").types("exit 3\n").until("code=3").until(" echo echoe ");
    let (code, shown) = talk.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("isig icanon iexten echo "), "{shown}");
}

#[test]
fn the_way_out_of_a_session_that_hangs() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["plain"]);
    let word = remote::word(42);
    let mut talk = desk.on_terminal(Size::default(), &["ssh", "plain"]);
    talk.until("$ ").types(&format!("echo be''gun; sleep {word}\n")).until("begun");
    talk.types("\r~.");
    let (code, shown) = talk.end();
    assert_ne!(code, 0, "{shown}");
    remote::none_with(&word);
}

#[test]
fn a_terminal_that_goes_ends_the_session() {
    let machine = Machine::shared("m1");
    let desk = machine.desk(&["plain"]);
    let word = remote::word(43);
    let mut talk = desk.on_terminal(Size::default(), &["ssh", "plain"]);
    talk.until("$ ").types(&format!("echo be''gun; sleep {word}\n")).until("begun");
    let hep = rustix::process::Pid::from_raw(talk.pid().try_into().unwrap()).unwrap();
    let process = rustix::process::pidfd_open(hep, rustix::process::PidfdFlags::empty()).unwrap();
    talk.hang_up();
    let mut waiting = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
    let patience = rustix::event::Timespec { tv_sec: 20, tv_nsec: 0 };
    assert_eq!(rustix::event::poll(&mut waiting, Some(&patience)).unwrap(), 1, "hep goes on");
    remote::none_with(&word);
}

#[test]
fn without_a_terminal_it_is_a_pipe() {
    let desk = desk();
    let ran = desk.fed(&["ssh", "h0002"], b"echo $((6 * 7)) $(basename $HOME)\nexit 5\n").expect(5);
    assert_eq!(ran.out, "42 h0002\n");
    let input: Vec<u8> = (0..=255).cycle().take(2_000_000).collect();
    let ran = desk.fed(&["ssh", "h0002", "--", "cat"], &input).expect(0);
    assert!(ran.out == String::from_utf8_lossy(&input));
    desk.hep(&["ssh", "h0002", "--", "echo to err >&2; kill -9 $$"]).expect(137).says("to err");
    desk.hep(&["ssh", "h0002,h0003", "--", "true"]).expect(1).says("name one host");
    desk.hep(&["ssh", "-i", "127.0.0.1:1,", "127.0.0.1", "--", "true"]).expect(4);
    let mut running = desk.start(&["ssh", "h0002", "--", "echo begun; exec sleep 1000"]);
    running.until("begun").signal(Signal::TERM);
    running.end().expect(130);
}
