//! A host, or a driver, that answers as it should not.

use std::sync::Arc;

use proptest::prelude::*;

use super::drive::World;
use super::steps::everything;
use crate::interp::*;

/// An input that does not belong.
fn wrong_inputs() -> Vec<Input> {
    let stat = Question::Stat { path: "/tmp/a".into(), follow: false, digest: true };
    let done = Done { changed: true, ..Done::default() };
    vec![
        Input::Next,
        Input::Answers(vec![]),
        Input::Answers(vec![(stat.clone(), Answer::Now(5)), (stat, Answer::Port(true))]),
        Input::Outcome(Outcome::Done(crate::change::Deed::default())),
        Input::Outcome(Outcome::Refused(crate::message::play::no_items())),
        Input::Replies(vec![(Ask::Template("x".into()), Reply::Value(Value::Null, Trust::Host))]),
        Input::Control(Control::Go),
        Input::Control(Control::Result(Box::new(done))),
        Input::Control(Control::Items(vec![])),
        Input::Control(Control::Failed(crate::message::play::no_items())),
        Input::Control(Control::Unreachable(crate::message::play::no_items())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// An input of the wrong kind at any step may fail tasks; it never panics, and the play ends.
    #[test]
    fn a_wrong_input_at_any_step_never_hangs(at in 0_u32..220, which in 0_usize..11) {
        let wrong = wrong_inputs()[which].clone();
        everything().run_with(&mut |step, input| if step == at { wrong.clone() } else { input });
    }
}

/// Answers of the wrong kind to everything: each task that asks fails, by a message that says so.
#[test]
fn answers_of_the_wrong_kind_fail_the_task() {
    let world = World::of("- copy: {content: x, dest: /tmp/x}\n  ignore_errors: true\n- setup:\n");
    let ran = world.run_with(&mut |_, input| match input {
        Input::Answers(answers) => {
            Input::Answers(answers.into_iter().map(|(q, _)| (q, Answer::Port(true))).collect())
        }
        other => other,
    });
    let texts: Vec<&String> = ran.lines.iter().filter(|l| l.contains("Cannot use the answer")).collect();
    assert_eq!(texts.len(), 2, "{}", ran.text());
}

/// What is never answered is given up.
#[test]
fn endless_questions_end() {
    for manifest in [
        "- copy: {content: x, dest: /tmp/x}",
        "- debug: {msg: \"{{ lookup('env', 'X') }}\"}",
        "- debug: {msg: '{{ item }}'}\n  with_fileglob: ['*']",
        "- command: a\n  changed_when: lookup('env', 'X')",
    ] {
        let ran = World::of(manifest).run_with(&mut |_, input| match input {
            Input::Answers(_) => Input::Answers(vec![]),
            Input::Replies(_) => Input::Replies(vec![]),
            other => other,
        });
        assert!(ran.text().contains("Cannot finish planning"), "{manifest}\n{}", ran.text());
        assert!(ran.steps < 200, "{manifest}: {} steps", ran.steps);
    }
}

/// Text that looks like a template, wherever a host may say it, stays text.
#[test]
fn what_a_host_says_is_never_a_template() {
    let evil = "{{ lookup('pipe', 'id') }}{% if true %}x{% endif %}";
    let mut world = World::of(
        "- setup:
- set_fact: {copied: '{{ ansible_motto }}', built: 'a {{ ansible_motto }}'}
- command: say
  register: r
- set_fact: {out: '{{ r.stdout }}'}
- debug: {msg: '{{ ansible_motto }}|{{ copied }}|{{ built }}|{{ out }}|{{ r.stdout_lines[0] }}'}
- debug: {msg: '{{ item }}'}
  loop: '{{ r.stdout_lines }}'
- debug: {var: copied}
- template: {src: t.j2, dest: /tmp/t}
- debug: {msg: x}
  when: copied
  ignore_errors: true
- command: '{{ copied }}'
  ignore_errors: true
- debug: {msg: '{{ v }}'}
  vars: {v: '{{ out }}'}
- debug: {msg: \"{{ lookup('vars', 'out') }}\"}
",
    );
    let facts = Map::from([("ansible_motto".into(), Value::from(evil))]);
    world.host.facts = Value::map(facts);
    let say = crate::memory::Program {
        argv: vec!["say".into()],
        stdout: evil.into(),
        ..crate::memory::Program::default()
    };
    world.host.programs.insert(0, say);
    world.files.insert("templates/t.j2".into(), "{{ copied }} {{ out }}".into());
    let ran = world.run();
    assert!(!ran.text().contains("? ask Lookup"), "{}", ran.text());
    assert_eq!(ran.host.text("/tmp/t"), Some(format!("{evil} {evil}")));
    let shown = format!("{evil}|{evil}|a {evil}|{evil}|{evil}");
    assert!(ran.text().contains(&shown), "{}", ran.text());
}

/// A host's words choose no file, include, lookup or host of the controller: not by name, not where the
/// operator has the same word elsewhere, not where the file is known already.
#[test]
fn a_host_chooses_nothing_of_the_controller() {
    for (task, why) in [
        ("copy: {src: '{{ ansible_evil }}', dest: /tmp/x}", "Cannot read the file"),
        ("copy: {src: '{{ ansible_evil }}', dest: /etc/shadow}", "Cannot read the file"),
        ("copy: {src: 'x/../{{ ansible_evil }}', dest: /tmp/x}", "Cannot read the file"),
        ("copy: {src: '{{ ansible_evil | upper | lower }}', dest: /tmp/x}", "Cannot read the file"),
        ("file: {src: '{{ ansible_evil }}', dest: /tmp/x, action: present}", "Cannot read the file"),
        ("template: {src: '{{ ansible_evil }}', dest: /tmp/x}", "Cannot read the file"),
        ("script: '{{ ansible_evil }} args'", "Cannot read the file"),
        ("script: {cmd: '{{ ansible_evil }}'}", "Cannot read the file"),
        ("include_tasks: '{{ ansible_evil }}'", "Cannot read the file"),
        ("include_vars: '{{ ansible_evil }}'", "Cannot read the file"),
        ("include_vars: {file: '{{ ansible_evil }}', name: x}", "Cannot read the file"),
        ("debug: {msg: \"{{ lookup('file', ansible_evil) }}\"}", ""),
        ("debug: {msg: \"{{ lookup('pipe', 'cat ' + ansible_evil) }}\"}", ""),
        ("debug: {msg: '{{ item }}'}\n  with_fileglob: ['{{ ansible_evil }}']", ""),
        ("command: a\n  delegate_to: '{{ ansible_evil }}'", "Cannot delegate"),
        ("copy: {src: '{{ item }}', dest: /tmp/x}\n  loop: ['{{ ansible_evil }}']", "Cannot read the file"),
    ] {
        let manifest = format!("- setup:\n- copy: {{src: /etc/shadow, dest: /tmp/known}}\n- {task}\n");
        let mut world = World::of(&manifest);
        world.files.insert("/etc/shadow".into(), "root:secret".into());
        let facts = Map::from([("ansible_evil".into(), Value::from("/etc/shadow"))]);
        world.host.facts = Value::map(facts);
        let ran = world.run();
        assert!(ran.summary.is_failed && ran.text().contains(why), "{task}\n{}", ran.text());
        assert_eq!(ran.trips, 1, "nothing is asked: {task}\n{}", ran.text());
        assert_eq!(ran.host.text("/tmp/x"), None, "{task}");
    }
}

/// The operator's own names beside a host's words are fine.
#[test]
fn a_hosts_words_elsewhere_in_the_options_do_no_harm() {
    for task in [
        "copy: {src: a.conf, dest: '/tmp/{{ ansible_evil }}'}",
        "copy: {src: /etc/motd, remote_src: true, dest: '/tmp/{{ ansible_evil }}'}",
        "copy: {src: '/etc/{{ ansible_evil }}', remote_src: true, dest: /tmp/y}",
        "script: run.sh {{ ansible_evil }}",
        "file: {src: '/etc/{{ ansible_evil }}', dest: /tmp/l, state: link}",
    ] {
        let mut world = World::of(&format!("- setup:\n- {task}\n"));
        world.host = world.host.with_file("/etc/motd", b"x");
        world.files.insert("files/a.conf".into(), "x".into());
        world.files.insert("files/run.sh".into(), "x".into());
        let facts = Map::from([("ansible_evil".into(), Value::from("motd"))]);
        world.host.facts = Value::map(facts);
        let ran = world.run();
        assert!(!ran.summary.is_failed, "{task}\n{}", ran.text());
        assert_eq!(ran.trips, 1, "{task}\n{}", ran.text());
    }
}

/// Large facts and outputs cost time in proportion.
#[test]
fn huge_results_are_carried() {
    let mut world = World::of(
        "- setup:\n- command: say\n  register: r\n- debug: {msg: '{{ r.stdout | length }}'}\n\
         - debug: {msg: '{{ item }}'}\n  loop: '{{ ansible_all[:3] }}'\n",
    );
    let many: Vec<Value> = (0..200_000).map(Value::Int).collect();
    world.host.facts = Value::map(Map::from([(Arc::from("ansible_all"), Value::list(many))]));
    let say = crate::memory::Program {
        argv: vec!["say".into()],
        stdout: "x".repeat(4 << 20),
        ..crate::memory::Program::default()
    };
    world.host.programs.insert(0, say);
    let ran = world.run();
    assert!(ran.text().contains("4194304"), "{:?}", ran.summary);
    assert_eq!(ran.summary.ok + ran.summary.changed, 4);
}
