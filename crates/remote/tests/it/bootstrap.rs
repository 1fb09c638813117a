//! The start-up script with the shells that are here, against home directories in every state.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hep_core::bootstrap::{self, Line, NoExecutor};

use crate::executor::{binary, own_hash, sha256};

/// Starts the command line as sshd would, by the user's shell.
fn start(shell: &str, home: &Path, line: &str) -> Child {
    Command::new(shell)
        .args(["-c", line])
        .env("HOME", home)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn command(keep: bool) -> String {
    let hash = own_hash();
    bootstrap::login_command(&[("x86_64", &hash), ("aarch64", &hash)], keep)
}

/// Reads lines byte by byte, so that nothing of the frames is taken.
fn line(child: &mut Child) -> Line {
    let out = child.stdout.as_mut().unwrap();
    let (mut text, mut byte) = (vec![], [0]);
    loop {
        assert_eq!(out.read(&mut byte).unwrap(), 1, "the script ended: {text:?}");
        if byte[0] == b'\n' {
            match Line::read(&String::from_utf8(std::mem::take(&mut text)).unwrap()) {
                Line::Noise => continue,
                line => return line,
            }
        }
        text.push(byte[0]);
    }
}

fn send(child: &mut Child, bytes: &[u8]) {
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(format!("{}\n", bytes.len()).as_bytes()).unwrap();
    // On a full disk the script stops reading; what it says then is the test's own question.
    let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .args(["-1", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, bytes) = (child.stdin.take().unwrap(), bytes.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let packed = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    packed
}

/// Whether frames follow: an executor sends its hello at once.
fn greets(child: &mut Child) {
    let mut header = [0; 9];
    child.stdout.as_mut().unwrap().read_exact(&mut header).unwrap();
    assert_eq!((header[4], &header[5..]), (1, &[0, 0, 0, 0][..]));
}

fn end(mut child: Child) {
    drop(child.stdin.take());
    let mut rest = vec![];
    child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
}

fn shells() -> Vec<&'static str> {
    let known = ["/bin/sh", "/bin/dash", "/bin/bash"];
    let found: Vec<&str> = known.into_iter().filter(|shell| Path::new(shell).exists()).collect();
    assert!(found.contains(&"/bin/sh"));
    found
}

#[test]
fn fresh_then_present_then_damaged() {
    let whole = fs::read(binary()).unwrap();
    let packed = gzip(&whole);
    for shell in shells() {
        let home = tempfile::tempdir().unwrap();
        let installed = home.path().join(".cache/hep").join(own_hash());

        let mut child = start(shell, home.path(), &command(true));
        let need = Line::Need { arch: std::env::consts::ARCH.into(), gzip: true };
        assert_eq!(line(&mut child), need, "{shell}");
        send(&mut child, &packed);
        assert_eq!(line(&mut child), Line::Go(own_hash()), "{shell}");
        greets(&mut child);
        end(child);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&installed), 0o700);
        assert_eq!(mode(installed.parent().unwrap()), 0o700);

        let mut child = start(shell, home.path(), &command(true));
        assert_eq!(line(&mut child), Line::Go(own_hash()), "{shell}");
        greets(&mut child);
        end(child);

        fs::write(&installed, b"#!/bin/sh\necho stolen\n").unwrap();
        let mut child = start(shell, home.path(), &command(true));
        assert!(matches!(line(&mut child), Line::Need { .. }), "{shell}");
        send(&mut child, &gzip(b"not the executor"));
        assert_eq!(line(&mut child), Line::None(NoExecutor::Checksum), "{shell}");
        child.wait().unwrap();
        let left: Vec<_> = fs::read_dir(installed.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no temporary file is left");

        let mut child = start(shell, home.path(), &command(false));
        assert!(matches!(line(&mut child), Line::Need { .. }), "{shell}");
        send(&mut child, &packed);
        assert_eq!(line(&mut child), Line::Go(own_hash()), "{shell}");
        greets(&mut child);
        end(child);
        assert!(!installed.exists(), "--no-keep removes it");
    }
}

#[test]
fn the_umask_of_the_login_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".cache/hep");
    fs::create_dir_all(&cache).unwrap();
    // The script takes whatever has the hash: a stand-in that tells its umask.
    let stand_in = b"#!/bin/sh\n[ \"$1\" = probe ] || umask\n";
    let hash = sha256(stand_in);
    let path = cache.join(&hash);
    fs::write(&path, stand_in).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let command = bootstrap::login_command(&[(std::env::consts::ARCH, &hash)], true);
    let mut child = start("/bin/sh", home.path(), &format!("umask 027; {command}"));
    let out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<String> = out.collect();
    assert_eq!(lines, [format!("HEP-GO {hash}"), "0027".into()]);
    child.wait().unwrap();
}

#[test]
fn an_unknown_architecture_says_so() {
    let home = tempfile::tempdir().unwrap();
    let command = bootstrap::login_command(&[("pdp11", &own_hash())], true);
    let mut child = start("/bin/sh", home.path(), &command);
    let arch = NoExecutor::Arch(std::env::consts::ARCH.into());
    assert_eq!(line(&mut child), Line::None(arch));
    child.wait().unwrap();
}

/// Runs a test's rest in a mount namespace of its own; as root only, which is how the tests run.
fn in_namespace(script: &str, home: &Path) -> Child {
    assert!(rustix::process::geteuid().is_root(), "this test mounts file systems: run it as root");
    let line = format!("{script}; {}", command(true));
    Command::new("unshare")
        .args(["--mount", "/bin/sh", "-c", &line])
        .env("HOME", home)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn where_nothing_may_run_the_next_directory_is_taken() {
    // Not below the directories that are covered by mounts.
    let home = tempfile::tempdir_in("/run").unwrap();
    let quoted = hep_core::quote::word(home.path().to_str().unwrap()).into_owned();
    let mount =
        |dir: &str, options: &str| format!("mount -t tmpfs -o {options} none {dir} || exit 9");

    let script =
        [mount(&quoted, "noexec"), mount("/var/tmp", "mode=1777"), mount("/tmp", "noexec")];
    let mut child = in_namespace(&script.join("; "), home.path());
    assert!(matches!(line(&mut child), Line::Need { .. }));
    send(&mut child, &gzip(&fs::read(binary()).unwrap()));
    assert_eq!(line(&mut child), Line::Go(own_hash()));
    greets(&mut child);
    let own = format!("/proc/{}/exe", child.id());
    let place = fs::read_link(own).unwrap();
    assert!(place.to_str().unwrap().contains("/var/tmp/hep-"), "{place:?}");
    end(child);

    let script = [&quoted, "/var/tmp", "/tmp"].map(|dir| mount(dir, "noexec")).join("; ");
    let mut child = in_namespace(&script, home.path());
    assert_eq!(line(&mut child), Line::None(NoExecutor::Noexec));
    child.wait().unwrap();

    let full = [&quoted, "/var/tmp", "/tmp"].map(|dir| mount(dir, "size=64k,mode=1777"));
    let mut child = in_namespace(&full.join("; "), home.path());
    assert!(matches!(line(&mut child), Line::Need { .. }));
    send(&mut child, &gzip(&fs::read(binary()).unwrap()));
    assert!(matches!(line(&mut child), Line::None(_)));
    child.wait().unwrap();
}

#[test]
fn a_directory_of_somebody_else_is_not_used() {
    // Not below the directories that are covered by mounts.
    let home = tempfile::tempdir_in("/run").unwrap();
    let quoted = hep_core::quote::word(home.path().to_str().unwrap()).into_owned();
    // The home is a file system without a place for us, and the predictable names are taken by another.
    let script = format!(
        "mount -t tmpfs -o ro none {quoted} && mount -t tmpfs none /var/tmp && mount -t tmpfs none /tmp \
         && mkdir -m 777 /var/tmp/hep-0 && chown 1234 /var/tmp/hep-0 && ln -s /root /tmp/hep-0 || exit 9"
    );
    let mut child = in_namespace(&script, home.path());
    assert_eq!(line(&mut child), Line::None(NoExecutor::Directory));
    child.wait().unwrap();
}
