//! Manifests as data: `tests/manifests/*.txt` hold files and what is read from them.
//!
//! A case is `=== NAME`, then `>>> FILE` with its text for each file (the first is the manifest), then
//! `<<<` and what comes of it: the program in short, or every diagnostic as it is shown. With `HEP_BLESS`
//! set, the tables are written anew; read the difference before committing it.

#![expect(clippy::disallowed_methods, reason = "the cases lie in files")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::diagnostic::render;
use crate::program::{Action, Over};
use crate::secret::Secret;
use crate::vars::Var;

struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Message> {
        Ok(self.0.get(path).map(|text| text.clone().into_bytes()))
    }

    fn has_module(&self, name: &str) -> bool {
        name == "my_module"
    }
}

fn extra() -> Layer {
    let text = |text: &str| Var::Authored(Node::bare(NodeKind::Str(text.into())));
    Layer::from([("which".into(), text("web")), ("tag".into(), text("blue"))])
}

/// Runs `body` with a reader over these files.
fn with_reader<T>(files: &[(String, String)], body: impl FnOnce(&mut Reader<'_>) -> T) -> T {
    let texts = Texts(files.iter().cloned().collect());
    let mut keys = Keys::default();
    keys.add("default", &Secret::new("hunter2".to_owned()));
    let (extra, engine) = (extra(), Engine::default());
    let setup = Setup {
        files: &texts,
        keys: &keys,
        extra: &extra,
        engine: &engine,
        kinds: crate::module::KINDS,
    };
    body(&mut Reader::new(setup))
}

fn read(files: &[(String, String)]) -> (Result<Program, Vec<Diagnostic>>, Vec<Source>) {
    with_reader(files, |reader| {
        let result = reader.read(&[files[0].0.as_str()]);
        (result, reader.sources().to_vec())
    })
}

fn one(text: &str) -> Result<Program, Vec<Diagnostic>> {
    read(&[("site.yml".to_owned(), text.to_owned())]).0
}

fn json(node: &Node) -> String {
    serde_json::to_string(&node.to_value()).unwrap()
}

fn words(nodes: &[Node]) -> String {
    nodes.iter().map(json).collect::<Vec<_>>().join(", ")
}

fn vars(layer: &Layer) -> String {
    let show = |(name, var): (&Arc<str>, &Var)| match var {
        Var::Authored(node) => format!("{name}={}", json(node)),
        Var::Data(..) => format!("{name}=data"),
    };
    layer.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn dump(program: &Program) -> String {
    let mut out = String::new();
    for play in &program.plays {
        out.push_str("play");
        let mut say = |name: &str, value: String| {
            let _ = write!(out, " {name}={value}");
        };
        play.name.iter().for_each(|v| say("name", json(v)));
        play.hosts.iter().for_each(|v| say("hosts", json(v)));
        play.gather_facts.iter().for_each(|v| say("gather_facts", v.to_string()));
        play.max_fail_percentage.iter().for_each(|v| say("max_fail", v.to_string()));
        play.order.iter().for_each(|v| say("order", v.to_string()));
        let set = [
            ("vars", vars(&play.vars)),
            ("defaults", vars(&play.defaults)),
            ("vars_files", words(&play.vars_files)),
            ("serial", play.serial.iter().map(|b| format!("{b:?}")).collect::<Vec<_>>().join(",")),
            ("any_errors_fatal", if play.any_errors_fatal { "yes" } else { "" }.to_owned()),
            ("linear", if play.linear { "yes" } else { "" }.to_owned()),
        ];
        set.into_iter().filter(|(_, v)| !v.is_empty()).for_each(|(name, v)| say(name, v));
        out.push('\n');
        dump_items(&play.items, 1, &mut out);
        if !play.handlers.is_empty() {
            out.push_str(" handlers\n");
            dump_items(&play.handlers, 1, &mut out);
        }
    }
    out
}

fn dump_items(items: &[Item], depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for item in items {
        match item {
            Item::Task(task) => {
                let _ = writeln!(out, "{indent}{}", dump_task(task));
            }
            Item::Block(block) => {
                for (name, list) in
                    [("block", &block.block), ("rescue", &block.rescue), ("always", &block.always)]
                {
                    if name == "block" || !list.is_empty() {
                        let _ = writeln!(out, "{indent}{name}");
                    }
                    dump_items(list, depth + 1, out);
                }
            }
        }
    }
}

fn dump_task(task: &Task) -> String {
    let action = match &task.action {
        Action::Module(name) => name.to_string(),
        Action::External(name) => format!("external {name}"),
        Action::Meta(meta) => format!("meta {meta:?}"),
        other => format!("{other:?}"),
    };
    let mut out = format!("{} {action}", task.id);
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = write!(out, " {name}={value}");
        }
    };
    if task.args.kind != NodeKind::Null {
        say("args", json(&task.args));
    }
    say("name", task.name.as_ref().map(json).unwrap_or_default());
    say("when", words(&task.when));
    if let Some(repeat) = &task.repeat {
        let over = match &repeat.over {
            Over::List => "loop".to_owned(),
            Over::With(name) => format!("with_{name}"),
        };
        say(&over, json(&repeat.items));
        say("var", if &*repeat.var == "item" { String::new() } else { repeat.var.to_string() });
        say("index", repeat.index_var.as_deref().unwrap_or_default().to_owned());
        say("label", repeat.label.as_ref().map(json).unwrap_or_default());
        say("break_when", words(&repeat.break_when));
    }
    say("vars", vars(&task.vars));
    say("register", task.register.as_deref().unwrap_or_default().to_owned());
    say("notify", words(&task.notify));
    say("listen", task.listen.join(","));
    say("tags", task.tags.join(","));
    say("changed_when", words(&task.changed_when));
    say("failed_when", words(&task.failed_when));
    say("until", words(&task.until));
    say("environment", words(&task.environment));
    let nodes = [
        ("retries", &task.retries),
        ("delay", &task.delay),
        ("ignore_errors", &task.ignore_errors),
        ("become", &task.r#become.active),
        ("become_user", &task.r#become.user),
        ("no_log", &task.no_log),
        ("run_once", &task.run_once),
        ("delegate_to", &task.delegate_to),
        ("check_mode", &task.check_mode),
        ("timeout", &task.timeout),
    ];
    for (name, node) in nodes {
        say(name, node.as_ref().map(json).unwrap_or_default());
    }
    say("throttle", if task.throttle > 0 { task.throttle.to_string() } else { String::new() });
    say("any_errors_fatal", if task.any_errors_fatal { "yes".into() } else { String::new() });
    say(
        "inherit",
        task.inherit.as_deref().map(|t| format!("({})", dump_task(t))).unwrap_or_default(),
    );
    out
}

fn outcome(files: &[(String, String)]) -> String {
    match read(files) {
        (Ok(program), _) => dump(&program),
        (Err(faults), sources) => {
            faults.iter().fold(String::new(), |out, fault| out + &render(&sources, fault))
        }
    }
}

fn check_table(name: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(name);
    let table = std::fs::read_to_string(&path).unwrap();
    let (mut blessed, mut count, mut failures) = (String::new(), 0, Vec::new());
    for case in table.split("=== ").skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let (texts, expected) = rest.split_once("<<<\n").unwrap_or((rest, ""));
        let files: Vec<(String, String)> = texts
            .split(">>> ")
            .skip(1)
            .map(|part| part.split_once('\n').unwrap())
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        let found = outcome(&files);
        let _ = write!(blessed, "=== {title}\n{texts}<<<\n{found}\n");
        if found.trim() != expected.trim() {
            failures.push(format!("{title}\n--- expected\n{expected}--- found\n{found}"));
        }
        count += 1;
    }
    if std::env::var_os("HEP_BLESS").is_some() {
        std::fs::write(&path, blessed).unwrap();
        return;
    }
    assert!(count > 0, "{name} holds cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn manifests_become_programs() {
    check_table("good.txt");
}

#[test]
fn everything_wrong_is_told_with_its_place() {
    check_table("bad.txt");
}

#[test]
fn templates_are_checked_and_names_are_resolved() {
    check_table("templated.txt");
}

#[test]
fn a_late_include_inherits_what_is_around_it_and_gets_fresh_numbers() {
    let files = [
        (
            "a/site.yml",
            "- hosts: all\n  tasks:\n    - block:\n        - include_tasks: {file: '{{ x }}', apply: {tags: [in]}}\n          \
             when: once\n          tags: own\n      when: around\n      become: yes\n",
        ),
        ("a/late.yml", "- ping:\n- import_tasks: later.yml\n"),
        ("a/later.yml", "- ping:\n"),
    ];
    let files: Vec<_> = files.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
    with_reader(&files, |reader| {
        let program = reader.read(&["a/site.yml"]).unwrap();
        let Item::Block(block) = &program.plays[0].items[0] else { panic!("a block") };
        let Item::Task(task) = &block.block[0] else { panic!("a task") };
        let items = reader.include(task, "late.yml").unwrap();
        let mut out = String::new();
        dump_items(&items, 0, &mut out);
        assert_eq!(
            out,
            "1 ping args={} when=\"around\" tags=in become=true\n\
             2 ping args={} when=\"around\" tags=in become=true\n"
        );
        assert_eq!(reader.names(), ["a/site.yml", "a/late.yml", "a/later.yml"].map(Arc::from));
        let missing = reader.include(task, "no.yml").unwrap_err();
        assert_eq!(missing[0].message.id, "manifest.missing_file");
        assert_eq!(missing[0].pos.line, 4);
    });
}

#[test]
fn encrypted_files_are_opened_and_never_shown() {
    let sealed = include_str!("../../tests/vault/site.txt");
    let (program, sources) = read(&[("site.yml".to_owned(), sealed.to_owned())]);
    assert_eq!(dump(&program.unwrap()), "play\n  0 ping args={} name=\"from the vault\"\n");
    assert_eq!(&*sources[0].text, "");
    let texts = Texts([("site.yml".to_owned(), sealed.to_owned())].into());
    let (keys, extra, engine) = (Keys::default(), Layer::new(), Engine::default());
    let setup = Setup {
        files: &texts,
        keys: &keys,
        extra: &extra,
        engine: &engine,
        kinds: crate::module::KINDS,
    };
    let faults = Reader::new(setup).read(&["site.yml"]).unwrap_err();
    assert!(faults[0].message.to_string().contains("--vault-password-file"));
    assert!(faults[0].message.to_string().contains("site.yml"));
}

#[test]
fn tags_select_as_ansible_does() {
    let tags = |list: &[&str]| list.iter().map(|tag| Arc::from(*tag)).collect::<Vec<Arc<str>>>();
    // only, skip, tags of the task, done.
    let cases: &[(Words, Words, Words, bool)] = &[
        (&[], &[], &[], true),
        (&[], &[], &["a"], true),
        (&[], &[], &["never"], false),
        (&[], &[], &["never", "a"], false),
        (&["a"], &[], &["never", "a"], true),
        (&["never"], &[], &["never"], true),
        (&["a"], &[], &[], false),
        (&["a"], &[], &["b"], false),
        (&["a"], &[], &["always"], true),
        (&["tagged"], &[], &["b"], true),
        (&["tagged"], &[], &[], false),
        (&["tagged"], &[], &["never", "b"], false),
        (&["untagged"], &[], &[], true),
        (&["untagged"], &[], &["b"], false),
        (&["all"], &[], &["b"], true),
        (&[], &["b"], &["b"], false),
        (&[], &["b"], &["a", "b"], false),
        (&["a"], &["b"], &["a", "b"], false),
        (&[], &["tagged"], &["a"], false),
        (&[], &["tagged"], &[], true),
        (&[], &["untagged"], &[], false),
        (&[], &["all"], &["a"], false),
        (&[], &["all"], &["always"], true),
        (&[], &["all", "always"], &["always"], false),
        (&[], &["always"], &["always"], false),
    ];
    for (only, skip, of_task, done) in cases {
        let selection = select::Selection { only: tags(only), skip: tags(skip) };
        assert_eq!(selection.takes(&tags(of_task)), *done, "{only:?} {skip:?} {of_task:?}");
    }
}

#[test]
fn a_run_starts_at_a_task() {
    let text = "- hosts: a\n  tasks:\n    - {name: one, ping: }\n- hosts: b\n  tasks:\n    - {name: two, ping: }\n    - block:\n        \
                - {name: three, ping: }\n        - {name: four, ping: }\n      rescue:\n        - {name: five, ping: }\n    - {name: six, ping: }\n";
    let names = |start: &str| {
        let mut program = one(text).unwrap();
        select::start_at(&mut program, start).map(|()| {
            let all = program.plays.iter().flat_map(|play| select::tasks(&play.items));
            all.map(|task| json(task.name.as_ref().unwrap())).collect::<String>()
        })
    };
    assert_eq!(names("two").unwrap(), "\"two\"\"three\"\"four\"\"five\"\"six\"");
    assert_eq!(names("fo*").unwrap(), "\"four\"\"five\"\"six\"");
    assert_eq!(names("six").unwrap(), "\"six\"");
    let error = names("thre").unwrap_err();
    assert!(error.to_string().contains("did you mean `three`?"), "{error}");
    let mut program = one(text).unwrap();
    select::Selection { only: vec!["x".into()], skip: vec![] }.apply(&mut program);
    assert!(program.plays.iter().all(|play| play.items.is_empty()));
}

/// Words of a case of tags.
type Words = &'static [&'static str];

proptest::proptest! {
    #[test]
    fn no_manifest_makes_the_reader_panic(
        lines in proptest::collection::vec((0_usize..5, proptest::sample::select(vec![
            "- hosts: all", "- ping:", "- name: x", "- block:", "tasks:", "handlers:", "ping:", "when: x",
            "file: path=/x", "loop: [1]", "with_items: x", "vars:", "a: 1", "- [1]", "notify: h", "args:",
            "import_tasks: site.yml", "include_tasks: x", "meta: noop", "apt: {name: x}", "action: ping",
            "tags: [a, {b: c}]", "serial: 30%", "rescue:", "- x", "roles: []", "- import_playbook: site.yml",
        ])), 0..14)
    ) {
        let text: String =
            lines.iter().fold(String::new(), |text, (depth, line)| text + &"  ".repeat(*depth) + line + "\n");
        let _ = one(&text);
    }
}
