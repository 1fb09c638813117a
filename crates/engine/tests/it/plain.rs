//! The plain way against the executor's own system: the same questions and changes, in every shell that
//! is here, must give the same answers, outcomes and files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hep_core::change::{Attrs, Before, Change, Content, Deed, Outcome, Run};
use hep_core::frame::Stream;
use hep_core::message::{Message, remote};
use hep_core::observe::{Answer, Question, Stat};
use hep_core::query::Query;
use hep_core::shell;
use hep_core::value::Value;
use hep_remote::cancel::Cancel;
use hep_remote::system::{Host, LocalSystem};
use proptest::prelude::*;
use tempfile::TempDir;

/// The shells, each as the words before `-c`; busybox also brings its own tools.
const SHELLS: [&[&str]; 3] = [&["/bin/dash"], &["/bin/bash", "--posix"], &["/bin/busybox", "sh"]];

struct Alone(Arc<Cancel>);

impl Host for Alone {
    fn output(&mut self, _: Stream, _: &[u8]) {}

    fn blob(&mut self, sha256: &str, _: u64) -> Result<fs::File, Message> {
        Err(remote::blob_unavailable(sha256, "a test"))
    }

    fn cancel(&self) -> Arc<Cancel> {
        Arc::clone(&self.0)
    }
}

/// A directory whose `bin` holds every tool of busybox, for a host that has nothing else.
fn tools() -> &'static str {
    static TOOLS: std::sync::OnceLock<TempDir> = std::sync::OnceLock::new();
    let dir = TOOLS.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let done = Command::new("/bin/busybox").args(["--install", "-s"]).arg(dir.path()).status();
        assert!(done.expect("busybox must be installed: fleet/setup shells").success());
        dir
    });
    dir.path().to_str().unwrap()
}

/// Runs a script in a shell: what it printed on both outputs, and its status.
fn execute(shell: &[&str], script: &shell::Script) -> std::process::Output {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(&script.argv[1..]);
    if shell[0] == "/bin/busybox" {
        command.env("PATH", tools());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It need not read its input.
    let _ = stdin.write_all(&script.stdin);
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn ask(shell: &[&str], questions: &[Question]) -> Vec<Answer> {
    let batches = shell::ask(questions, "T0K3N");
    let answers = batches.iter().flat_map(|batch| {
        let output = execute(shell, &batch.script);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said, "", "{shell:?} {questions:?}");
        batch.read(&output.stdout)
    });
    answers.map(|(_, answer)| answer).collect()
}

fn apply(shell: &[&str], change: &Change) -> Outcome {
    let applying = match shell::apply(change, None, "T0K3N").expect("a change to files") {
        Ok(applying) => applying,
        Err(message) => return Outcome::Failed(message, Deed::default()),
    };
    let output = execute(shell, &applying.script);
    let outcome = applying.read(&output.stdout);
    outcome.unwrap_or_else(|| {
        let (out, err) = (output.stdout, output.stderr);
        panic!(
            "{shell:?} {change:?}: {} {}",
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&err)
        )
    })
}

/// Without what differs from one look to the next, or what busybox does not know.
fn steady(mut answer: Answer, shell: &[&str]) -> Answer {
    let still = |stat: &mut Stat| {
        stat.atime_ns = 0;
        if shell[0] == "/bin/busybox" {
            stat.mtime_ns = stat.mtime_ns.div_euclid(1_000_000_000);
            stat.ctime_ns = stat.ctime_ns.div_euclid(1_000_000_000);
        }
    };
    match &mut answer {
        Answer::Stat(Some(stat)) => still(stat),
        Answer::Entries(Some(entries)) => entries.iter_mut().for_each(|(_, stat)| still(stat)),
        _ => {}
    }
    answer
}

fn same_answers(questions: &[Question]) {
    let expected = LocalSystem::new().answer(questions);
    for shell in SHELLS {
        let found = ask(shell, questions);
        assert_eq!(found.len(), questions.len());
        for ((question, found), expected) in questions.iter().zip(found).zip(&expected) {
            let (found, expected) = (steady(found, shell), steady(expected.clone(), shell));
            assert_eq!(found, expected, "{shell:?} {question:?}");
        }
    }
}

fn text(path: &Path) -> Arc<str> {
    path.to_str().unwrap().into()
}

fn stat(path: &Path) -> Option<Stat> {
    let question = Question::Stat { path: text(path), follow: false, digest: true };
    match LocalSystem::new().answer(&[question]).remove(0) {
        Answer::Stat(stat) => stat.map(|stat| *stat),
        other => panic!("{other:?}"),
    }
}

/// Everything in a directory but times and numbers of inodes: path, type and mode, owner, content.
fn tree(dir: &Path) -> Vec<(String, u32, u32, u32, String)> {
    let question = Question::List { path: text(dir), recurse: true };
    let Answer::Entries(Some(entries)) = LocalSystem::new().answer(&[question]).remove(0) else {
        panic!("no listing of {}", dir.display());
    };
    let described = entries.into_iter().map(|(name, stat)| {
        let path = dir.join(&*name);
        let meta = fs::symlink_metadata(&path).unwrap();
        let content = match &stat.target {
            Some(target) => format!("-> {target}"),
            None if meta.is_file() => format!("{:?}", fs::read(&path).unwrap()),
            None => String::new(),
        };
        // A backup's name holds the number of a process and the time.
        let name = name.split_once('~').map_or(&*name, |_| name.split('.').next().unwrap());
        (name.to_owned(), meta.mode(), meta.uid(), meta.gid(), content)
    });
    described.collect()
}

/// The message without the directory of the test.
fn said(outcome: &Outcome, dir: &Path) -> String {
    let text = match outcome {
        Outcome::Done(deed) => format!("done {}", deed.backup.is_some()),
        Outcome::Failed(message, _) => format!("failed {}: {message}", message.id),
        Outcome::Refused(message) => format!("refused {}: {message}", message.id),
        Outcome::Late => "late".to_owned(),
        Outcome::Cancelled => "cancelled".to_owned(),
    };
    text.replace(dir.to_str().unwrap(), "DIR")
}

/// The same change on the same files, by the executor's system and in every shell.
fn same_deed(prepare: impl Fn(&Path), change: impl Fn(&Path) -> Change) {
    let run = |act: &dyn Fn(&Change) -> Outcome| {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let change = change(dir.path());
        let outcome = act(&change);
        let asked = format!("{change:?}").chars().take(600).collect::<String>();
        (asked, said(&outcome, dir.path()), tree(dir.path()))
    };
    let expected = run(&|change| {
        LocalSystem::new().apply(change, &mut Alone(Arc::new(Cancel::new().unwrap())))
    });
    for shell in SHELLS {
        let found = run(&|change| apply(shell, change));
        let (asked, found) = (&found.0, (&found.1, &found.2));
        assert_eq!(found, (&expected.1, &expected.2), "{shell:?} {asked}");
    }
}

fn write(path: Arc<str>, content: &[u8]) -> Change {
    Change::WriteFile {
        path,
        content: Content::Inline(content.to_vec().into()),
        attrs: Attrs::default(),
        before: Before::Any,
        backup: false,
        validate: None,
    }
}

fn crowded(dir: &Path) {
    fs::write(dir.join("file"), "old\n").unwrap();
    fs::set_permissions(dir.join("file"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(dir.join("suid"), "x").unwrap();
    fs::set_permissions(dir.join("suid"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::create_dir_all(dir.join("dir/sub")).unwrap();
    fs::write(dir.join("dir/sub/a\nb"), "in").unwrap();
    fs::write(dir.join("dir/.hidden"), "h").unwrap();
    symlink("file", dir.join("link")).unwrap();
    symlink("dir", dir.join("dirlink")).unwrap();
    symlink("nowhere\n", dir.join("broken")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
}

#[test]
fn every_question_has_the_same_answer() {
    let dir = tempfile::tempdir().unwrap();
    crowded(dir.path());
    let at = |name: &str| text(&dir.path().join(name));
    let mut questions = Vec::new();
    for name in
        ["file", "dir", "link", "dirlink", "broken", "pipe", "none", "file/x", "dirlink/sub"]
    {
        for (follow, digest) in [(false, false), (true, true), (false, true)] {
            questions.push(Question::Stat { path: at(name), follow, digest });
        }
        questions.push(Question::Read { path: at(name), limit: 100 });
        questions.push(Question::Read { path: at(name), limit: 3 });
        questions.push(Question::List { path: at(name), recurse: false });
        questions.push(Question::List { path: at(name), recurse: true });
    }
    for pattern in ["*", "?i*", "[df]i*/*", "dir*/s[!x]b", "*/.h*", "file", "none", "d[", "*/*/a?b"]
    {
        questions.push(Question::Glob { pattern: at(pattern) });
    }
    for key in
        ["root", "0", "daemon", "www-data", "nobody", "65534", "none", "", "-x", "root:x", "99999"]
    {
        questions.push(Question::User(key.into()));
        questions.push(Question::Group(key.into()));
    }
    for path in ["~", "~root/x", "~nobody-here/x", "relative", "~/.bashrc", "/", "~/"] {
        questions.push(Question::Stat { path: path.into(), follow: false, digest: false });
    }
    questions.push(Question::Query(Query::ServiceStatus("no such service".into())));
    questions.push(Question::Query(Query::ServiceStatus("-x".into())));
    same_answers(&questions);
}

#[test]
fn what_tools_tell_is_the_same_where_there_are_the_same_tools() {
    let questions = [
        Question::Program("sh".into()),
        Question::Program("no-such-program".into()),
        Question::Program("/bin/sh".into()),
        Question::Query(Query::DpkgArchitecture),
        Question::Query(Query::DpkgStatus(vec!["dpkg".into(), "no-such-package".into()])),
    ];
    let expected = LocalSystem::new().answer(&questions);
    for shell in &SHELLS[..2] {
        assert_eq!(ask(shell, &questions), expected, "{shell:?}");
    }
}

/// What two looks at one machine may tell differently: clocks, what is free now, and variables that a
/// shell sets for what it starts.
fn steady_facts(facts: &Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    flatten("", facts, &mut leaves);
    let varies = |path: &str| {
        let name = path.rsplit('.').next().unwrap_or("");
        path.starts_with("date_time.")
            && !matches!(name, "year" | "month" | "weekday" | "tz" | "tz_dst" | "tz_offset")
            || path.starts_with("memory_mb.") && name != "total"
            || matches!(path, "memfree_mb" | "swapfree_mb" | "uptime_seconds")
            || path.starts_with("mounts.")
                && (name.ends_with("available") || name.ends_with("used"))
            || matches!(path, "env._" | "env.PWD" | "env.OLDPWD" | "env.SHLVL" | "env.PATH")
    };
    leaves.retain(|path, _| !varies(path));
    leaves
}

/// Every value that holds no others, by its path.
fn flatten(path: &str, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    let below = |name: &str| [path, name].join(if path.is_empty() { "" } else { "." });
    match value {
        Value::Map(map) if !map.is_empty() => {
            map.iter().for_each(|(name, value)| flatten(&below(name), value, leaves));
        }
        Value::List(list) if !list.is_empty() => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(at, value)| flatten(&below(&at.to_string()), value, leaves));
        }
        value => {
            leaves.insert(path.to_owned(), value.clone());
        }
    }
}

#[test]
fn facts_are_those_of_the_executor() {
    let Answer::Facts(expected) = LocalSystem::new().answer(&[Question::Facts]).remove(0) else {
        panic!("no facts");
    };
    let expected = steady_facts(&expected);
    assert!(expected.len() > 100, "{expected:?}");
    for shell in SHELLS {
        let Answer::Facts(found) = ask(shell, &[Question::Facts]).remove(0) else {
            panic!("no facts in {shell:?}");
        };
        let found = steady_facts(&found);
        let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
        for name in names {
            assert_eq!(found.get(name), expected.get(name), "{shell:?} {name}");
        }
    }
}

#[test]
fn every_change_leaves_the_same_files() {
    let at = |dir: &Path, name: &str| text(&dir.join(name));
    for name in
        ["file", "new", "link", "broken", "dir", "none/x", "file/x", "dirlink/sub/y", "suid"]
    {
        same_deed(crowded, |dir| write(at(dir, name), b"new\0\xff\n"));
        same_deed(crowded, |dir| Change::MakeDirectory {
            path: at(dir, name),
            attrs: Attrs { mode: Some(0o2750), ..Attrs::default() },
            before: Before::Absent,
        });
        for (follow, mode, uid) in
            [(false, Some(0o1604), None), (true, Some(0o600), Some(1)), (false, None, Some(2))]
        {
            same_deed(crowded, |dir| Change::SetAttrs {
                path: at(dir, name),
                attrs: Attrs { mode, uid, gid: uid, ..Attrs::default() },
                follow,
                before: Before::Any,
            });
        }
        for (target, hard) in [("file", false), ("-x\n y", false)] {
            same_deed(crowded, |dir| Change::MakeLink {
                path: at(dir, name),
                target: target.into(),
                hard,
                before: Before::Any,
            });
        }
        for target in ["file", "suid", "none"] {
            same_deed(crowded, |dir| Change::MakeLink {
                path: at(dir, name),
                target: at(dir, target),
                hard: true,
                before: Before::Any,
            });
        }
        for recurse in [false, true] {
            same_deed(crowded, |dir| Change::Remove {
                path: at(dir, name),
                recurse,
                before: Before::Any,
            });
        }
        same_deed(crowded, |dir| Change::Touch {
            path: at(dir, name),
            mtime_ns: Some(1_000_000_000_000_000_000),
            atime_ns: None,
            before: Before::Any,
        });
    }
    same_deed(crowded, |dir| Change::SetAttrs {
        path: at(dir, "file"),
        attrs: Attrs {
            owner: Some("daemon".into()),
            group: Some("none".into()),
            ..Attrs::default()
        },
        follow: false,
        before: Before::Any,
    });
}

#[test]
fn writing_keeps_checks_and_refuses_in_the_same_way() {
    let was = |dir: &Path| Before::of(stat(&dir.join("file")).as_ref());
    let validate: [Option<Vec<Arc<str>>>; 4] = [
        None,
        Some(vec!["grep".into(), "-q".into(), "new".into(), "%s".into()]),
        Some(vec!["/bin/sh".into(), "-c".into(), "echo no; exit 3".into(), "%s".into()]),
        Some(vec!["true".into()]),
    ];
    for validate in validate {
        for stale in [false, true] {
            same_deed(crowded, |dir| {
                let before = was(dir);
                if stale {
                    fs::write(dir.join("file"), "odd\n").unwrap();
                }
                Change::WriteFile {
                    path: text(&dir.join("file")),
                    content: Content::Inline("new".into()),
                    attrs: Attrs { gid: Some(3), ..Attrs::default() },
                    before,
                    backup: true,
                    validate: validate.clone(),
                }
            });
        }
    }
    for right in [true, false] {
        same_deed(crowded, |dir| {
            let hash = stat(&dir.join("suid")).unwrap().sha256.unwrap();
            let sha256 = if right { hash } else { "0".repeat(64).into() };
            Change::WriteFile {
                path: text(&dir.join("copy")),
                content: Content::HostFile { path: text(&dir.join("suid")), sha256 },
                attrs: Attrs { mode: Some(0o4711), ..Attrs::default() },
                before: Before::Absent,
                backup: false,
                validate: None,
            }
        });
    }
    for before in [Before::Absent, Before::Any] {
        same_deed(crowded, |dir| Change::Remove {
            path: text(&dir.join("link")),
            recurse: false,
            before: before.clone(),
        });
    }
    same_deed(crowded, |dir| Change::Remove {
        path: text(&dir.join("link")),
        recurse: false,
        before: Before::of(stat(&dir.join("link")).as_ref()),
    });
}

#[test]
fn a_link_of_another_user_on_the_way_is_refused() {
    let prepare = |dir: &Path| {
        crowded(dir);
        fs::create_dir(dir.join("open")).unwrap();
        fs::set_permissions(dir.join("open"), fs::Permissions::from_mode(0o777)).unwrap();
        symlink("../dir", dir.join("open/trap")).unwrap();
        std::os::unix::fs::lchown(dir.join("dirlink"), Some(1000), None).unwrap();
    };
    for name in ["open/trap/x", "dirlink/x", "dirlink/sub/../x"] {
        same_deed(prepare, |dir| write(text(&dir.join(name)), b"x"));
    }
}

/// Runs a program by the plain way: what stood behind the mark, then status and both outputs.
fn run_plainly(shell: &[&str], run: &Run, script: Option<&[u8]>) -> (Option<i32>, String, String) {
    let running = shell::run(run, script, false, "T0K3N").unwrap();
    let output = execute(shell, &running.script);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, err) = err.split_once(&format!("{} ", running.mark)).expect("the mark");
    let (line, err) = err.split_once('\n').unwrap();
    let out = out.split_once(&format!("{}\n", running.mark)).expect("the mark").1;
    match running.started(line).expect("a line behind the mark") {
        shell::Started::Running { .. } => (output.status.code(), out.to_owned(), err.to_owned()),
        shell::Started::Failed(Outcome::Failed(message, deed)) => {
            (deed.rc, message.to_string(), String::new())
        }
        shell::Started::Failed(other) => panic!("{other:?}"),
    }
}

#[test]
fn programs_run_the_same() {
    let script: &[u8] = b"#!/bin/sh\necho \"$@\"; cat; exit 4\n";
    let line = |line: &str| vec!["/bin/sh".into(), "-c".into(), line.into()];
    let cases = [
        (Run { argv: line("echo a; echo b >&2; exit 3"), ..Run::default() }, None),
        (
            Run {
                argv: line("umask; pwd"),
                umask: Some(0o27),
                chdir: Some("/tmp".into()),
                ..Run::default()
            },
            None,
        ),
        (Run { argv: line("pwd; cat"), stdin: Some("in\0put".into()), ..Run::default() }, None),
        (
            Run {
                argv: line("printf '%s|' \"$A\" \"$B\"; cat"),
                env: vec![("A".into(), "it's $(x)\n\"`".into()), ("B".into(), "é\\".into())],
                stdin: Some("rest".into()),
                ..Run::default()
            },
            None,
        ),
        (
            Run {
                argv: vec!["printf".into(), "%s.".into(), "-n".into(), "a\nb".into(), "$x".into()],
                ..Run::default()
            },
            None,
        ),
        (Run { argv: vec!["no-such-program".into()], ..Run::default() }, None),
        (Run { argv: vec!["/etc/passwd".into()], ..Run::default() }, None),
        (Run { argv: vec!["true".into()], chdir: Some("/none".into()), ..Run::default() }, None),
        (
            Run { argv: vec!["true".into()], chdir: Some("/etc/passwd".into()), ..Run::default() },
            None,
        ),
        (
            Run {
                argv: ["%s", "a b", "100%s", "%s"].map(Into::into).to_vec(),
                stdin: Some("{}".into()),
                script: Some(Content::Inline(script.to_vec().into())),
                ..Run::default()
            },
            Some(script),
        ),
    ];
    for (mut run, script) in cases {
        run.any_rc = true;
        let change = Change::Run(Box::new(run.clone()));
        let mut host = Alone(Arc::new(Cancel::new().unwrap()));
        let expected = match LocalSystem::new().apply(&change, &mut host) {
            Outcome::Done(deed) => {
                (deed.rc, deed.stdout.lossy().into_owned(), deed.stderr.lossy().into_owned())
            }
            Outcome::Failed(message, deed) => (deed.rc, message.to_string(), String::new()),
            other => panic!("{other:?}"),
        };
        for shell in SHELLS {
            assert_eq!(run_plainly(shell, &run, script), expected, "{shell:?} {run:?}");
        }
    }
}

fn hostile_name() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just("$(id)"),
            Just("`id`"),
            Just("'"),
            Just("\""),
            Just("\\"),
            Just("\n"),
            Just(" "),
            Just("-"),
            Just("--"),
            Just("*"),
            Just("?"),
            Just("[a]"),
            Just("é"),
            Just("\t"),
            Just(";"),
            Just("%s"),
            Just("~"),
            Just("a"),
            Just("\u{1}"),
            Just("#"),
            Just("&"),
        ],
        1..6,
    )
    .prop_map(|parts| parts.concat())
    .prop_filter("a name", |name| name != "." && name != "..")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_name_and_no_content_means_anything(
        names in prop::collection::btree_set(hostile_name(), 1..5),
        target in hostile_name(),
        content in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let dir = tempfile::tempdir().unwrap();
        for name in &names {
            fs::write(dir.path().join(name), &content).unwrap();
        }
        let mut questions: Vec<Question> = names
            .iter()
            .flat_map(|name| {
                let path = text(&dir.path().join(name));
                [
                    Question::Stat { path: path.clone(), follow: false, digest: true },
                    Question::Read { path, limit: 1000 },
                ]
            })
            .collect();
        questions.push(Question::List { path: text(dir.path()), recurse: true });
        questions.push(Question::Glob { pattern: text(&dir.path().join("*")) });
        questions.push(Question::User(target.as_str().into()));
        questions.push(Question::Program(target.as_str().into()));
        same_answers(&questions);
        let first = names.first().unwrap();
        let prepare = |dir: &Path| fs::write(dir.join(first), "old").unwrap();
        same_deed(prepare, |dir| write(text(&dir.join(first)), &content));
        same_deed(prepare, |dir| write(text(&dir.join(&target)), &content));
        same_deed(prepare, |dir| Change::MakeLink {
            path: text(&dir.join(first)),
            target: target.as_str().into(),
            hard: false,
            before: Before::of(stat(&dir.join(first)).as_ref()),
        });
        same_deed(prepare, |dir| Change::Remove {
            path: text(&dir.join(first)),
            recurse: true,
            before: Before::of(stat(&dir.join(first)).as_ref()),
        });
    }
}
