//! The executor's program. `serve HASH` speaks frames on standard input and output.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use hep_remote::serve::{End, Session};
use hep_remote::system::LocalSystem;
use hep_remote::wire::{Signals, Wire};
use hep_remote::{clean, terminal};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    match texts.as_slice() {
        // That it runs at all is the answer.
        ["probe"] => ExitCode::SUCCESS,
        ["serve", hash, options @ ..] => serve(hash, options, &words),
        ["tty", "--", ..] => exit(terminal::run_with_terminal(&words[2..])),
        ["detached", "--", ..] => exit(terminal::run_without_terminal(&words[2..])),
        ["clean"] => clean_up(),
        _ => ExitCode::from(64),
    }
}

fn serve(hash: &str, options: &[&str], words: &[OsString]) -> ExitCode {
    if options.contains(&"--greet") {
        let line = format!("{}{hash}\n", hep_core::bootstrap::GO);
        let mut out = std::io::stdout();
        if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
    }
    // A command in a group of its own would stop at a terminal of ours (sudo's `use_pty`).
    if terminal::has_terminal() && !options.contains(&"--detached") {
        let own = std::env::current_exe().map(OsString::from).unwrap_or_default();
        let inner = words.iter().filter(|word| *word != "--greet").cloned();
        let again = [own.clone(), "detached".into(), "--".into(), own];
        let again = again.into_iter().chain(inner).chain(["--detached".into()]);
        let again: Vec<OsString> = again.collect();
        return match std::process::Command::new(&again[0]).args(&again[1..]).status() {
            Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
            Err(_) => ExitCode::FAILURE,
        };
    }
    let not_kept = options.contains(&"--no-keep").then(std::env::current_exe);
    let Ok(signals) = Signals::new(not_kept.and_then(Result::ok)) else { return ExitCode::FAILURE };
    let wire = Wire::new(std::io::stdin(), std::io::stdout(), Arc::clone(&signals));
    let Ok(wire) = wire else { return ExitCode::FAILURE };
    if let Ok(own) = std::env::current_exe() {
        clean::prune(&own);
    }
    let cache = options.iter().find_map(|option| option.strip_prefix("--cache="));
    let end = Session::new(hash, wire, cache.map(Into::into)).serve(hash);
    signals.leave();
    match end {
        End::Bye => ExitCode::SUCCESS,
        End::Fault(_) => ExitCode::FAILURE,
    }
}

fn clean_up() -> ExitCode {
    let mut out = std::io::stdout();
    match clean::clean(&LocalSystem::new()) {
        Ok(removed) => {
            for path in removed {
                let _ = writeln!(out, "{}", path.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn exit(result: std::io::Result<i32>) -> ExitCode {
    result.map_or(ExitCode::FAILURE, |code| ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
