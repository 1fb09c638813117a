//! The start-up script with the shells that are here, against home directories in every state.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hep_core::bootstrap::{self, Known, Line, NoExecutor, Packing};

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
    let (hash, size) = (own_hash(), fs::metadata(binary()).unwrap().len());
    let known = ["x86_64", "aarch64"].map(|arch| known(arch, &hash, size));
    bootstrap::login_command(&known, keep, false)
}

fn known<'a>(arch: &'a str, hash: &'a str, size: u64) -> Known<'a> {
    Known { arch, hash, size: usize::try_from(size).unwrap() }
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

/// Packed by a program that is here.
fn packed(packing: Packing, bytes: &[u8]) -> Vec<u8> {
    let program = match packing {
        Packing::Xz => "xz",
        Packing::Gzip => "gzip",
        Packing::Raw => return bytes.to_vec(),
    };
    let mut child = Command::new(program)
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

fn xz(bytes: &[u8]) -> Vec<u8> {
    packed(Packing::Xz, bytes)
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

fn xz_whole() -> &'static [u8] {
    static PACKED: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    PACKED.get_or_init(|| xz(&fs::read(binary()).unwrap()))
}

fn goes(mut child: Child) {
    assert_eq!(line(&mut child), Line::Go(own_hash()));
    greets(&mut child);
    end(child);
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn fresh_then_present_then_gone() {
    for shell in shells() {
        // Words of `ls` that a home may hold, too.
        let home = tempfile::Builder::new().prefix("a b -rwx 'c").tempdir().unwrap();
        let installed = home.path().join(".cache/hep").join(own_hash());
        let mut child = start(shell, home.path(), &command(true));
        let need = Line::Need { arch: std::env::consts::ARCH.into(), packing: Packing::Xz };
        assert_eq!(line(&mut child), need, "{shell}");
        send(&mut child, xz_whole());
        goes(child);
        assert_eq!((mode(&installed), mode(installed.parent().unwrap())), (0o700, 0o700));

        goes(start(shell, home.path(), &command(true)));
        goes(start(shell, home.path(), &command(false)));
        assert!(!installed.exists(), "--no-keep removes it");
    }
}

/// What the script takes for an executor: it knows one by hash or size.
const STAND_IN: &[u8] = b"#!/bin/sh\n[ \"$1\" = probe ] || umask\n";

/// A thing that is wrong with an installed executor.
type Harm = (&'static str, fn(&Path));

#[test]
fn what_is_not_as_it_was_installed_is_installed_anew() {
    let harms: [Harm; 6] = [
        ("cut short", |file| {
            fs::File::options().write(true).open(file).unwrap().set_len(9).unwrap();
        }),
        ("replaced", |file| fs::write(file, "#!/bin/sh\necho stolen\n").unwrap()),
        ("a link", |file| {
            let aside = file.with_extension("aside");
            fs::rename(file, &aside).unwrap();
            std::os::unix::fs::symlink(aside, file).unwrap();
        }),
        ("not ours", |file| std::os::unix::fs::chown(file, Some(1234), None).unwrap()),
        ("writable by others", |file| set_mode(file, 0o777)),
        ("in a directory open to others", |file| set_mode(file.parent().unwrap(), 0o777)),
    ];
    let (hash, size) = (sha256(STAND_IN), STAND_IN.len() as u64);
    let command =
        bootstrap::login_command(&[known(std::env::consts::ARCH, &hash, size)], true, false);
    let starts = |home: &Path| start("/bin/sh", home, &command);
    let is_there = |mut child: Child| {
        assert_eq!(line(&mut child), Line::Go(hash.clone()));
        assert!(child.wait().unwrap().success());
    };
    for (what, harm) in harms {
        let home = tempfile::tempdir().unwrap();
        let installed = home.path().join(".cache/hep").join(&hash);
        let install = || {
            let mut child = starts(home.path());
            assert!(matches!(line(&mut child), Line::Need { .. }), "{what}");
            send(&mut child, &xz(STAND_IN));
            is_there(child);
            let modes = (mode(&installed), mode(installed.parent().unwrap()));
            assert_eq!(modes, (0o700, 0o700), "{what}");
        };
        install();
        is_there(starts(home.path()));
        harm(&installed);
        install();
        is_there(starts(home.path()));
    }
}

#[test]
fn what_arrives_damaged_is_not_kept() {
    for shell in shells() {
        let home = tempfile::tempdir().unwrap();
        let mut child = start(shell, home.path(), &command(true));
        assert!(matches!(line(&mut child), Line::Need { .. }), "{shell}");
        send(&mut child, &xz(b"not the executor"));
        assert_eq!(line(&mut child), Line::None(NoExecutor::Checksum), "{shell}");
        child.wait().unwrap();
        let left = fs::read_dir(home.path().join(".cache/hep")).unwrap().count();
        assert_eq!(left, 0, "no temporary file is left");
    }
}

/// A directory with all programs of the script but these.
fn programs_without(missing: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let all = "sh id uname ls chmod mkdir rm mv head cat sha256sum xz gzip";
    for name in all.split(' ').filter(|name| !missing.contains(name)) {
        let found = ["/usr/bin", "/bin"].map(|place| Path::new(place).join(name));
        let found = found.iter().find(|path| path.exists()).expect(name);
        std::os::unix::fs::symlink(found, dir.path().join(name)).unwrap();
    }
    dir
}

#[test]
fn it_comes_as_the_host_can_unpack_it() {
    let whole = fs::read(binary()).unwrap();
    let cases: [(&[&str], Packing); 3] =
        [(&[], Packing::Xz), (&["xz"], Packing::Gzip), (&["xz", "gzip"], Packing::Raw)];
    for (missing, packing) in cases {
        let (home, path) = (tempfile::tempdir().unwrap(), programs_without(missing));
        let path = format!("PATH={}; {}", path.path().display(), command(true));
        let mut child = start("/bin/sh", home.path(), &path);
        let need = Line::Need { arch: std::env::consts::ARCH.into(), packing };
        assert_eq!(line(&mut child), need, "{missing:?}");
        send(&mut child, &packed(packing, &whole));
        goes(child);
    }
}

#[test]
fn the_umask_of_the_login_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".cache/hep");
    fs::create_dir_all(&cache).unwrap();
    let hash = sha256(STAND_IN);
    let path = cache.join(&hash);
    fs::write(&path, STAND_IN).unwrap();
    set_mode(&path, 0o700);
    set_mode(&cache, 0o700);
    let known = known(std::env::consts::ARCH, &hash, STAND_IN.len() as u64);
    let command = bootstrap::login_command(&[known], true, false);
    let mut child = start("/bin/sh", home.path(), &format!("umask 027; {command}"));
    let out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<String> = out.collect();
    assert_eq!(lines, [format!("HEP-GO {hash}"), "0027".into()]);
    child.wait().unwrap();
}

#[test]
fn an_unknown_architecture_says_so() {
    let home = tempfile::tempdir().unwrap();
    let command = bootstrap::login_command(&[known("pdp11", &own_hash(), 9)], true, false);
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
    send(&mut child, xz_whole());
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
    send(&mut child, xz_whole());
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

#[test]
fn what_only_looks_like_it_is_found_out_when_asked_to() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".cache/hep");
    fs::create_dir_all(&folder).unwrap();
    set_mode(&folder, 0o700);
    let installed = folder.join(own_hash());
    let whole = fs::read(binary()).unwrap();
    let mut mute = [b"#!/bin/sh\nexit 0\n", &whole[..]].concat();
    mute.truncate(whole.len());
    fs::write(&installed, &mute).unwrap();
    set_mode(&installed, 0o700);
    let mut child = start("/bin/sh", home.path(), &command(true));
    assert_eq!(line(&mut child), Line::Go(own_hash()), "it is believed");
    child.wait().unwrap();
    let (hash, size) = (own_hash(), whole.len() as u64);
    let known = ["x86_64", "aarch64"].map(|arch| known(arch, &hash, size));
    let checked = bootstrap::login_command(&known, true, true);
    let mut child = start("/bin/sh", home.path(), &checked);
    assert!(matches!(line(&mut child), Line::Need { .. }));
    send(&mut child, xz_whole());
    goes(child);
    assert_eq!(fs::read(&installed).unwrap(), whole);
    goes(start("/bin/sh", home.path(), &checked));
}
