//! What a saved plan holds, what it conceals, and what it compares.

use super::*;
use crate::change::{Attrs, Before, Run};
use crate::node::{Node, NodeKind, Pos};
use crate::observe::{Bytes, FileKind, Stat};
use crate::program::{Item, Play, Program, Task};
use crate::value::Map;
use crate::vars::{Layer, Level, Var, Vars};

fn stat(mode: u32, mtime_ns: i64) -> Stat {
    Stat {
        kind: FileKind::File,
        mode,
        uid: 0,
        gid: 0,
        owner: Some("root".into()),
        group: None,
        size: 3,
        mtime_ns,
        atime_ns: mtime_ns,
        ctime_ns: mtime_ns,
        dev: 1,
        ino: 77,
        nlink: 1,
        target: None,
        sha256: Some("ab".into()),
    }
}

fn write(text: &str, before: Option<&Stat>) -> Change {
    Change::WriteFile {
        path: "/etc/x".into(),
        content: Content::Inline(Bytes::from(text.as_bytes().to_vec())),
        attrs: Attrs::default(),
        before: Before::of(before),
        backup: false,
        validate: None,
    }
}

fn report(name: &str, state: State, changes: Vec<Change>) -> Report {
    Report {
        task: 1,
        pos: Pos { file: 0, line: 3, col: 1 },
        name: name.into(),
        module: "copy".into(),
        item: None,
        state,
        changed: state == State::Changed,
        result: Map::new(),
        diff: vec![],
        planned: changes.iter().map(|change| digest(&canonical(change))).collect(),
        changes,
        message: None,
        handler: false,
        no_log: false,
        duration_ms: 0,
    }
}

fn host(reports: &[Report]) -> HostPlan {
    let mask = Mask::new(["hunter2"]);
    let tasks = reports.iter().map(|report| PlannedTask::of(0, report, &mask)).collect();
    HostPlan { tasks, ..HostPlan::default() }
}

fn secret_program() -> Program {
    let text = |text: &str| Node::bare(NodeKind::Str(text.into()));
    let vars = Layer::from([
        ("token".into(), Var::Authored(Node::bare(NodeKind::Secret("s3cret-token".into())))),
        ("ansible_become_password".into(), Var::Authored(text("plain-password"))),
        ("open".into(), Var::Authored(text("{{ token }}"))),
        ("secret".into(), Var::Authored(text("a name that is a word of ours"))),
    ]);
    let args = NodeKind::Map(vec![
        (text("name"), text("{{ open }}")),
        (text("password"), text("hidden-by-no-log")),
    ]);
    let task = Task {
        file: 2,
        pos: Pos { file: 2, line: 9, col: 1 },
        args: Node { pos: Pos { file: 2, line: 9, col: 3 }, kind: args },
        no_log: Some(Node::bare(NodeKind::Bool(true))),
        ..Task::default()
    };
    let items = vec![Item::Task(Arc::new(task))];
    Program {
        files: vec!["hosts".into(), "x".into(), "site.yml".into()],
        plays: vec![Play { vars: Arc::new(vars), items, ..Play::default() }],
    }
}

fn saved(program: &Program) -> SavedPlan {
    let mut vault = Vault::default();
    let concealed = vault.conceal(program).unwrap();
    SavedPlan {
        format: FORMAT.into(),
        created_ms: 5,
        request: Request::default(),
        hosts: IndexMap::from([("h".into(), host(&[report("x", State::Ok, vec![])]))]),
        files: BTreeMap::new(),
        salt: "pepper".into(),
        secrets: vault.references(&mut Prover::new("pepper")),
        sources: program.files.clone(),
        first_file: 2,
        next_task: 4,
        program: concealed,
    }
}

#[test]
fn a_plan_is_read_as_it_was_written_and_holds_no_secret() {
    let program = secret_program();
    let plan = saved(&program);
    let text = plan.write().unwrap();
    assert!(SavedPlan::is_meant(&text), "{text}");
    for secret in ["s3cret-token", "plain-password", "hidden-by-no-log"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let read = SavedPlan::read("p", &text).unwrap();
    assert_eq!(read, plan);
    let mut now = Vault::default();
    now.conceal(&program).unwrap();
    assert_eq!(read.reveal(&now, 2).unwrap(), program);
    // Fewer files of the inventory: places and files are counted from there.
    let moved = read.reveal(&now, 1).unwrap();
    let Item::Task(task) = &moved.plays[0].items[0] else { panic!("no task") };
    assert_eq!((task.file, task.pos.file, task.args.pos.file), (1, 1, 1));
}

#[test]
fn a_secret_that_changed_is_refused_by_name() {
    let plan = saved(&secret_program());
    let missing = |vault: &Vault| plan.reveal(vault, 2).unwrap_err();
    assert_eq!(missing(&Vault::default()).arg("name"), Some("token"));
    let mut other = Vault::default();
    let mut program = secret_program();
    let vars = Arc::make_mut(&mut program.plays[0].vars);
    let changed = Var::Authored(Node::bare(NodeKind::Str("other".into())));
    vars.insert("ansible_become_password".into(), changed);
    other.conceal(&program).unwrap();
    assert_eq!(missing(&other).arg("name"), Some("ansible_become_password"));
}

#[test]
fn what_is_no_plan_is_refused() {
    let text = saved(&secret_program()).write().unwrap();
    for (from, to, id) in [
        ("hep-plan-1", "hep-plan-9", "plan.unknown_format"),
        ("\"next_task\"", "\"more\": 1,\n\"next_task\"", "plan.cannot_read"),
        ("\"tasks\"", "\"taks\"", "plan.cannot_read"),
        ("}\n", "", "plan.cannot_read"),
    ] {
        let broken = match text.rsplit_once(from) {
            Some((head, tail)) if to.is_empty() => format!("{head}{tail}"),
            _ => text.replacen(from, to, 1),
        };
        assert_eq!(SavedPlan::read("p", &broken).unwrap_err().id, id, "{from}");
    }
    for (text, meant) in [
        ("{\"format\": \"hep-plan-7\"", true),
        (" {\n \"format\" : \"hep-plan-1\"", true),
        ("- hosts: all", false),
        ("{format: x}", false),
        ("{\"format\": \"zip\"}", false),
        ("", false),
    ] {
        assert_eq!(SavedPlan::is_meant(text), meant, "{text}");
    }
}

#[test]
fn contents_go_by_hash_and_secrets_are_masked() {
    let mut run = Run { argv: vec!["x".into(), "--pass=hunter2".into()], ..Run::default() };
    run.env.push(("TOKEN".into(), "value".into()));
    run.stdin = Some(Bytes::from(b"through stdin".to_vec()));
    let secret = Run { secret: true, ..run.clone() };
    let changes =
        vec![write("the content", None), Change::Run(Box::new(run)), Change::Run(Box::new(secret))];
    let plan = host(&[report("with hunter2", State::Changed, changes)]);
    let text = serde_json::to_string(&plan).unwrap();
    for hidden in ["hunter2", "the content", "value", "through stdin"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert_eq!(plan.tasks[0].changes[2]["run"]["argv"], serde_json::json!(["x"]));
}

#[test]
fn the_first_difference_is_told() {
    let old = stat(0o644, 1);
    let plan = host(&[
        report("a", State::Ok, vec![]),
        report("b", State::Changed, vec![write("x", Some(&old))]),
    ]);
    let now = |a: State, change: Option<Change>| {
        let state = if change.is_some() { State::Changed } else { State::Ok };
        host(&[report("a", a, vec![]), report("b", state, change.into_iter().collect())])
    };
    let other_time = stat(0o644, 99);
    let other_mode = stat(0o600, 1);
    let cases = [
        (now(State::Ok, Some(write("x", Some(&other_time)))), None),
        (now(State::Ok, Some(write("x", Some(&other_mode)))), Some(("plan.moved_change", "b"))),
        (now(State::Ok, Some(write("y", Some(&old)))), Some(("plan.moved_change", "b"))),
        (now(State::Ok, None), Some(("plan.moved_state", "b"))),
        (now(State::Failed, None), Some(("plan.moved_state", "a"))),
        (host(&[]), Some(("plan.moved_task", "a"))),
    ];
    for (now, expected) in cases {
        let found = difference(&plan, &now);
        let found = found.as_ref().map(|m| (&*m.id, m.arg("task").unwrap()));
        assert_eq!(found, expected, "{now:?}");
    }
    let message = difference(&plan, &now(State::Ok, Some(write("x", Some(&other_mode))))).unwrap();
    let text = message.to_string();
    assert!(text.contains("write_file.before.is.mode was 0644 in the plan"), "{text}");
}

#[test]
fn variables_are_compared_without_their_places() {
    let vars = |line: u32, text: &str, password: &str| {
        let node = |kind| Node { pos: Pos { file: 0, line, col: 1 }, kind };
        let layer = Layer::from([
            ("x".into(), Var::Authored(node(NodeKind::Str(text.into())))),
            ("ansible_password".into(), Var::Authored(node(NodeKind::Str(password.into())))),
            ("sealed".into(), Var::Authored(node(NodeKind::Secret("s".into())))),
        ]);
        let mut vars = Vars::new();
        vars.push(Level::Inventory, Arc::new(layer));
        Prover::new("salt").vars(&vars)
    };
    let (hash, secrets) = vars(1, "a", "p");
    assert_eq!(secrets.len(), 2);
    assert_eq!(vars(9, "a", "p"), (hash.clone(), secrets.clone()));
    assert_ne!(vars(1, "b", "p").0, hash);
    let other = vars(1, "a", "q");
    assert_eq!(other.0, hash);
    assert_ne!(other.1["ansible_password"], secrets["ansible_password"]);
    assert_eq!(other.1["sealed"], secrets["sealed"]);
}
