//! Becoming other users through the real sudo, in a mount namespace with users and sudoers of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use hep_core::change::{Attrs, Before, Change, Content, Outcome, Run};
use hep_core::frame::{FromHost, Password, Sealed, Start, ToHost};
use hep_core::interp::Identity;

use crate::executor::{Executor, binary, own_hash, sha256};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:4001:4001::HOME:/bin/sh\n\
    bob:x:4002:4002::/nonexistent:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nann:x:4001:\nbob:x:4002:\nnogroup:x:65534:\n";
/// `openssl passwd -6 -salt hephep 'correct horse'`.
const HASH: &str = "$6$hephep$gZWU4ZLyjmK///x0nB//iAYBDQHsXIw6qpTfS0.fKbUpc/QgWrBGMnmplOQP8mXZq0HKJYT6iWtgfpYFJjs1F0";

/// What a case needs, thrown away at its end.
struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new(sudoers: &str) -> Self {
        assert!(rustix::process::geteuid().is_root(), "this test needs namespaces: run it as root");
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let cache = at("home/.cache/hep");
        fs::create_dir_all(&cache).unwrap();
        fs::copy(binary(), cache.join(own_hash())).unwrap();
        for path in [at("home"), at("home/.cache"), cache.clone(), cache.join(own_hash())] {
            chown(path, Some(4001), Some(4001)).unwrap();
        }
        let home = at("home").to_str().unwrap().to_owned();
        fs::write(at("passwd"), PASSWD.replace("HOME", &home)).unwrap();
        fs::write(at("group"), GROUP).unwrap();
        let shadow = format!("root:*:1::::::\nann:{HASH}:19000:0:99999:7:::\nbob:*:19000::::::\n");
        fs::write(at("shadow"), shadow).unwrap();
        fs::write(at("sudoers"), format!("Defaults env_reset, !lecture\n{sudoers}\n")).unwrap();
        fs::set_permissions(at("sudoers"), fs::Permissions::from_mode(0o440)).unwrap();
        fs::set_permissions(at("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir(at("var-cache")).unwrap();
        Self { dir }
    }

    fn executor(&self) -> Executor {
        self.executor_of(4001)
    }

    /// The executor of a login user.
    fn executor_of(&self, uid: u32) -> Executor {
        let at = |name: &str| self.dir.path().join(name).to_str().unwrap().to_owned();
        let bind = |name: &str, to: &str| format!("mount --bind '{}' {to} || exit 9", at(name));
        let own = at(&format!("home/.cache/hep/{}", own_hash()));
        let script = [
            bind("passwd", "/etc/passwd"),
            bind("group", "/etc/group"),
            bind("shadow", "/etc/shadow"),
            bind("sudoers", "/etc/sudoers"),
            bind("var-cache", "/var/cache"),
            "mount -t tmpfs none /run/sudo 2>/dev/null".into(),
            format!(
                "exec setsid setpriv --reuid {uid} --regid {uid} --clear-groups '{own}' serve {}",
                own_hash()
            ),
        ]
        .join("; ");
        let mut command = Command::new("unshare");
        command.args(["--mount", "/bin/sh", "-c", &script]).env("HOME", at("home"));
        Executor::spawn(&mut command)
    }
}

fn whoami() -> Change {
    let argv = ["/bin/sh", "-c", "id -un; pwd; umask"].map(Arc::from).to_vec();
    Change::Run(Box::new(Run { argv, ..Run::default() }))
}

fn apply(executor: &mut Executor, user: &str, change: Change) -> Outcome {
    let identity = Identity::User(user.into());
    let change = Box::new(change);
    executor.send(&ToHost::Apply { id: 1, identity, task: 1, change, no_log: false });
    loop {
        match executor.receive() {
            FromHost::Output { .. } | FromHost::Note(_) => {}
            FromHost::Outcome { outcome, .. } => return *outcome,
            other => panic!("{other:?}"),
        }
    }
}

fn with_password(executor: &mut Executor, password: &str) {
    let password = Password { user: "".into(), password: Sealed::new(password.into()) };
    let start = Start { run: "r".into(), fence: 1, lock_wait_ms: 0, passwords: vec![password] };
    executor.send(&ToHost::Start(Box::new(start)));
}

/// The name printed by `whoami`, or the id of the message.
fn result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(deed) => deed.stdout.lossy().lines().next().unwrap_or("").to_owned(),
        Outcome::Failed(message, _) | Outcome::Refused(message) => message.id.to_string(),
        Outcome::Late => "late".into(),
        Outcome::Cancelled => "cancelled".into(),
    }
}

#[test]
fn every_way_that_sudo_can_go() {
    let all = "ann ALL=(ALL) ALL";
    let free = "ann ALL=(ALL) NOPASSWD: ALL";
    let tty = "Defaults requiretty\nann ALL=(ALL) NOPASSWD: ALL";
    let both = "Defaults requiretty, use_pty\nann ALL=(ALL) ALL";
    let cases: &[(&str, Option<&str>, &str, &str)] = &[
        (free, None, "root", "root"),
        (free, None, "bob", "bob"),
        (free, Some("not needed"), "bob", "bob"),
        ("Defaults use_pty\nann ALL=(ALL) NOPASSWD: ALL", None, "root", "root"),
        (tty, None, "root", "root"),
        (tty, None, "bob", "bob"),
        (both, Some("correct horse"), "bob", "bob"),
        (all, Some("correct horse"), "root", "root"),
        (all, Some("correct horse"), "bob", "bob"),
        (all, Some("wrong"), "root", "remote.sudo_wrong_password"),
        (all, None, "root", "remote.sudo_password"),
        ("", Some("correct horse"), "root", "remote.sudo_denied"),
        ("ann ALL=(bob) NOPASSWD: ALL", None, "root", "remote.limited_command"),
        (free, None, "nosuch", "remote.sudo_failed"),
    ];
    for (sudoers, password, user, expected) in cases {
        let world = World::new(sudoers);
        let mut executor = world.executor();
        assert_eq!(executor.hello.uid, 4001);
        if let Some(password) = password {
            with_password(&mut executor, password);
        }
        let outcome = apply(&mut executor, user, whoami());
        assert_eq!(result(&outcome), *expected, "{sudoers} {user} {password:?}: {outcome:?}");
        let again = apply(&mut executor, user, whoami());
        assert_eq!(result(&again), *expected, "the same again: {again:?}");
        assert_eq!(executor.finish(), 0);
    }
}

#[test]
fn who_becomes_root_and_who_is_root_do_not_change_a_host_at_once() {
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let (mut ann, mut root) = (world.executor(), world.executor_of(0));
    assert_eq!((ann.hello.uid, root.hello.uid), (4001, 0));
    ann.begin("a-1", 1);
    root.begin("b-1", 1);
    assert_eq!(result(&apply(&mut ann, "root", whoami())), "root");
    assert_eq!(result(&apply(&mut root, "root", whoami())), "remote.in_use");
    ann.send(&ToHost::Ack { run: "a-1".into() });
    // The other executor gives it back in its own time.
    root.begin_patient("b-2", 1, 60_000);
    assert_eq!(result(&apply(&mut root, "root", whoami())), "root");
    // What ann does as ann alone is nobody else's.
    ann.begin("c-1", 1);
    assert_eq!(result(&apply(&mut ann, "ann", whoami())), "ann");
    assert_eq!(result(&apply(&mut ann, "root", whoami())), "remote.in_use");
    assert_eq!(root.finish(), 0);
    assert_eq!(result(&apply(&mut ann, "root", whoami())), "root");
    let runs = world.dir.path().join("var-cache/hep/runs");
    assert_eq!(fs::metadata(&runs).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_root_starts_is_what_root_has_checked() {
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let installed = world.dir.path().join("var-cache/hep").join(own_hash());
    let become_bob = || {
        let mut executor = world.executor();
        let outcome = apply(&mut executor, "bob", whoami());
        assert_eq!(result(&outcome), "bob", "{outcome:?}");
        executor.finish();
        assert_eq!(sha256(&fs::read(&installed).unwrap()), own_hash());
    };
    become_bob();
    let meta = fs::metadata(&installed).unwrap();
    assert_eq!(meta.permissions().mode() & 0o7777, 0o755);
    // Damaged, then planted by somebody else: both are put right.
    fs::write(&installed, b"#!/bin/sh\nid -un\n").unwrap();
    become_bob();
    chown(&installed, Some(4001), Some(4001)).unwrap();
    become_bob();
    assert_eq!(fs::metadata(&installed).unwrap().uid(), 0);
    // A directory that is not root's is refused.
    chown(installed.parent().unwrap(), Some(4001), Some(4001)).unwrap();
    let mut executor = world.executor();
    let outcome = apply(&mut executor, "bob", whoami());
    assert_eq!(result(&outcome), "remote.become_install");
}

#[test]
fn files_of_the_controller_reach_the_other_identity() {
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let mut executor = world.executor();
    let source = world.dir.path().join("source");
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(&source, &content).unwrap();
    executor.files.push(source);
    let path = world.dir.path().join("target");
    let outcome = apply(&mut executor, "root", write(&path, &content));
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert!(fs::read(&path).unwrap() == content);
}

fn write(path: &Path, content: &[u8]) -> Change {
    Change::WriteFile {
        path: path.to_str().unwrap().into(),
        content: Content::Blob { sha256: sha256(content).into(), size: content.len() as u64 },
        attrs: Attrs::default(),
        before: Before::Absent,
        backup: false,
        validate: None,
    }
}

#[test]
fn cancel_reaches_the_command_of_another_identity() {
    let world = World::new("Defaults use_pty\nann ALL=(ALL) NOPASSWD: ALL");
    let mut executor = world.executor();
    let argv = ["/bin/sh", "-c", "echo begun; sleep 300"].map(Arc::from).to_vec();
    let change = Box::new(Change::Run(Box::new(Run { argv, ..Run::default() })));
    let identity = Identity::User("root".into());
    executor.send(&ToHost::Apply { id: 1, identity, task: 1, change, no_log: false });
    assert!(matches!(executor.receive(), FromHost::Output { .. }));
    let begun = std::time::Instant::now();
    executor.send(&ToHost::Cancel);
    let FromHost::Outcome { outcome, .. } = executor.receive() else { panic!() };
    assert_eq!(*outcome, Outcome::Cancelled);
    assert!(begun.elapsed() < std::time::Duration::from_secs(4));
}

#[test]
fn after_a_cancel_the_next_run_begins_anew() {
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let mut executor = world.executor();
    assert_eq!(result(&apply(&mut executor, "bob", whoami())), "bob");
    executor.begin("run-1", 1);
    executor.send(&ToHost::Cancel);
    assert_eq!(result(&apply(&mut executor, "bob", whoami())), "cancelled");
    executor.begin("run-2", 1);
    assert_eq!(result(&apply(&mut executor, "bob", whoami())), "bob");
}

#[test]
fn one_play_with_several_identities() {
    use hep_core::interp::{self, Event, State};
    use hep_core::node::{Node, NodeKind};
    use hep_core::program::{Action, Become, Item, Play, Task};
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let mut executor = world.executor();
    executor.begin("run-1", 1);
    let str = |text: &str| Node::bare(NodeKind::Str(text.into()));
    let task = |id, user: Option<&str>| {
        let active = user.map(|_| Node::bare(NodeKind::Bool(true)));
        Item::Task(Arc::new(Task {
            id,
            action: Action::Module("command".into()),
            args: Node::bare(NodeKind::Map(vec![(str("cmd"), str("id -un"))])),
            r#become: Become { active, user: user.map(str), ..Become::default() },
            ..Task::default()
        }))
    };
    let users = [None, Some("root"), Some("bob"), None, Some("root")];
    let items = (0..).zip(users).map(|(id, user)| task(id, user)).collect();
    executor.send(&ToHost::Play(Box::new(interp::Start {
        login: "ann".into(),
        play: Arc::new(Play { items, gather_facts: Some(false), ..Play::default() }),
        ..interp::Start::default()
    })));
    let mut said = vec![];
    loop {
        match executor.receive() {
            FromHost::Event { event, .. } => {
                if let Event::Finished(report) = *event {
                    assert_eq!(report.state, State::Changed, "{report:?}");
                    let stdout = report.result.get("stdout").and_then(|text| text.as_str());
                    said.push(stdout.unwrap_or("").to_owned());
                }
            }
            FromHost::Done(_) => break,
            FromHost::Output { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said, ["ann", "root", "bob", "ann", "root"]);
}

#[test]
fn clean_removes_what_each_identity_left() {
    let world = World::new("ann ALL=(ALL) NOPASSWD: ALL");
    let mut executor = world.executor();
    executor.begin("run-1", 1);
    let root = world.dir.path().join("var-cache/hep");
    assert_eq!(result(&apply(&mut executor, "root", whoami())), "root");
    let home = world.dir.path().join("home/.cache/hep");
    assert!(root.join(own_hash()).exists() && home.join("runs/run-1.jsonl").exists());
    // Each by its own executor: root's is never one that the login user can write.
    let clean = |path: &Path| {
        let argv = [path.to_str().unwrap(), "clean"].map(Arc::from).to_vec();
        Change::Run(Box::new(Run { argv, ..Run::default() }))
    };
    let installed = Path::new("/var/cache/hep").join(own_hash());
    let outcome = apply(&mut executor, "root", clean(&installed));
    assert_eq!(result(&outcome), "/var/cache/hep", "{outcome:?}");
    let outcome = apply(&mut executor, "ann", clean(&home.join(own_hash())));
    assert_eq!(result(&outcome), home.to_str().unwrap(), "{outcome:?}");
    assert!(!root.exists() && !home.exists());
}

#[test]
fn where_sudo_allows_single_commands_it_stands_before_them() {
    let world =
        World::new("Cmnd_Alias FEW = /usr/bin/id, /usr/bin/env\nann ALL=(root) NOPASSWD: FEW");
    let mut executor = world.executor();
    let run = |words: &[&str], env: &[(&str, &str)]| {
        let argv = words.iter().map(|word| Arc::from(*word)).collect();
        let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Change::Run(Box::new(Run { argv, env, any_rc: true, ..Run::default() }))
    };
    let write = Change::WriteFile {
        path: "/etc/hep-limited".into(),
        content: Content::Inline("x".into()),
        attrs: Attrs::default(),
        before: Before::Absent,
        backup: false,
        validate: None,
    };
    for (change, expected) in [
        (run(&["id", "-un"], &[]), "root"),
        (run(&["/usr/bin/id", "-un"], &[]), "root"),
        (run(&["cat", "/etc/shadow"], &[]), "remote.limited_command"),
        (whoami(), "remote.limited_command"),
        (run(&["env"], &[("A", "1")]), "remote.limited_environment"),
        (write, "remote.limited_file"),
    ] {
        let outcome = apply(&mut executor, "root", change.clone());
        assert_eq!(result(&outcome), expected, "{change:?} {outcome:?}");
    }
    assert!(!Path::new("/etc/hep-limited").exists());
}
