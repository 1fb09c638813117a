//! Round trips, step by step: what each kind of segment boundary costs, and a cancel at any of them.

use proptest::prelude::*;

use super::drive::World;
use crate::interp::*;

/// The round trips of a play, beside the first that brings it.
#[test]
fn every_segment_boundary_has_its_price() {
    let play = |keyword: &str, tasks: &str| {
        let tasks = tasks.replace('\n', "\n    ");
        format!("- hosts: all\n  {keyword}\n  tasks:\n    {tasks}")
    };
    let plain = |tasks: &str| play("gather_facts: false", tasks);
    let thirty = "- file: {path: /tmp/d, state: directory}\n".to_owned()
        + &"- copy: {src: a.conf, dest: /tmp/d/x}\n".repeat(29);
    for (name, manifest, options, trips) in [
        ("nothing", plain("- debug: {msg: x}"), "", 1),
        ("thirty tasks, literal sources", plain(&thirty), "", 1),
        (
            "a computed source",
            plain("- copy: {src: '{{ inventory_hostname }}', dest: /tmp/x}"),
            "",
            2,
        ),
        ("a lookup", plain("- debug: {msg: \"{{ lookup('env', 'X') }}\"}"), "", 2),
        (
            "two lookups of one task",
            plain("- debug: {msg: \"{{ lookup('env', 'X') }}{{ lookup('env', 'Y') }}\"}"),
            "",
            3,
        ),
        (
            "the same lookup twice",
            plain("- debug: {msg: \"{{ lookup('env', 'X') }}{{ lookup('env', 'X') }}\"}"),
            "",
            2,
        ),
        (
            "a lookup in a loop",
            plain("- debug: {msg: \"{{ lookup('env', 'X') }}{{ item }}\"}\n  loop: [1, 2]"),
            "",
            2,
        ),
        ("a glob", plain("- debug: {msg: '{{ item }}'}\n  with_fileglob: ['*.c']"), "", 2),
        ("delegate_to", plain("- command: a\n  delegate_to: other"), "", 2),
        (
            "delegate_to in a loop",
            plain("- command: a\n  delegate_to: other\n  loop: [1, 2, 3]"),
            "",
            4,
        ),
        (
            "delegate_to without a host's part",
            plain("- set_fact: {x: 1}\n  delegate_to: other"),
            "",
            1,
        ),
        ("run_once", plain("- command: a\n  run_once: true"), "", 3),
        ("pause", plain("- pause: {seconds: 1}"), "", 2),
        ("reboot", plain("- reboot:"), "", 2),
        ("throttle", plain("- command: a\n  throttle: 1"), "", 2),
        ("hostvars", plain("- debug: {msg: \"{{ hostvars['h2'].colour }}\"}"), "", 2),
        ("an include", plain("- include_tasks: more.yml"), "", 2),
        (
            "an include with a computed name",
            plain("- include_tasks: '{{ more }}.yml'\n  vars: {more: more}"),
            "",
            2,
        ),
        ("include_vars", plain("- include_vars: vars.yml"), "", 2),
        ("end_play", plain("- meta: end_play"), "", 3),
        (
            "barriers",
            plain("- command: a\n- debug: {msg: x}\n- command: b\n- command: c"),
            "barriers",
            3,
        ),
        (
            "linear",
            play("strategy: linear", "- command: a\n- debug: {msg: x}\n- command: b\n- command: c"),
            "barriers",
            4,
        ),
        (
            "linear, skipped tasks too",
            play("strategy: linear", "- command: a\n- command: b\n  when: false"),
            "barriers",
            2,
        ),
    ] {
        let texts = format!(
            ">>> site.yml\n{manifest}\n>>> more.yml\n- debug: msg=x\n>>> vars.yml\nx: 1\n\
             >>> files/a.conf\ntext\n>>> files/h1\ntext\n>>> @options\n{options}\n"
        );
        let ran = World::parse(&texts).run();
        assert_eq!(ran.trips, trips, "{name}\n{}", ran.text());
        assert!(!ran.summary.is_failed, "{name}\n{}", ran.text());
    }
}

/// A play with something of everything.
pub(super) fn everything() -> World {
    World::parse(
        ">>> site.yml
- hosts: all
  become: true
  become_user: app
  tasks:
    - setup:
    - copy: {content: x, dest: '/tmp/{{ item }}'}
      loop: [a, b]
      loop_control: {pause: 1}
      notify: h
    - block:
        - command: 'false'
          register: r
          retries: 2
          delay: 1
        - debug: {msg: never}
      rescue:
        - include_tasks: more.yml
          loop: [1, 2]
      always:
        - command: b
          delegate_to: other
          run_once: true
    - template: {src: '{{ inventory_hostname }}.j2', dest: /tmp/t}
    - apt: {name: apache2, update_cache: true}
      ignore_errors: true
    - lineinfile: {path: /tmp/a, line: y}
    - command: c
      throttle: 1
      until: \"lookup('env', 'X') != ''\"
    - reboot:
    - meta: flush_handlers
    - debug: {msg: \"{{ hostvars['h2'].colour }}\"}
  handlers:
    - name: h
      command: restart
>>> more.yml
- file: {path: '/tmp/d{{ item }}', state: directory}
>>> templates/h1.j2
hello {{ inventory_hostname }}
>>> @facts
{\"ansible_distribution\": \"Debian\", \"ansible_os_family\": \"Debian\"}
>>> @options
barriers shares diff
>>> @host
user app 1000:1000 /home/app
group app 1000
run false -> 1
",
    )
}

#[test]
fn the_play_with_everything_ends_well() {
    let ran = everything().run();
    assert!(!ran.summary.is_failed && ran.summary.changed > 5, "{}", ran.text());
    assert_eq!((ran.summary.rescued, ran.summary.failed), (1, 0), "{}", ran.text());
}

/// A plan is not used up by what was not tried.
#[test]
fn a_plan_holds_when_others_are_waited_for() {
    let mut world = World::of(
        "- hosts: all\n  tasks:\n    - copy: content=x dest=/tmp/{{ item }}\n      loop: [a, b]\n",
    );
    world.options = Options { check: true, digests: true, ..Options::default() };
    let planned = world.run();
    let tasks = planned.events.iter().filter_map(|event| match event {
        Event::Finished(report) => Some(ExpectedTask {
            line: report.pos.line,
            col: report.pos.col,
            module: report.module.clone(),
            handler: report.handler,
            digests: Some(report.planned.clone()),
        }),
        _ => None,
    });
    let expected = Expected { tasks: tasks.collect(), others: false };
    assert_eq!(expected.tasks.len(), 1);
    world.options = Options { expected: Some(expected), ..Options::default() };
    for late in 0..3 {
        world.late = late;
        let ran = world.run();
        assert_eq!((ran.summary.changed, ran.summary.failed), (1, 0), "{late}: {}", ran.text());
        assert_eq!(ran.applied.len(), 2, "{late}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A cancel at any step ends the play: nothing is applied or asked afterwards, and every task that
    /// began is told about.
    #[test]
    fn a_cancel_at_any_step_is_the_end(at in 0_u32..220) {
        let whole = everything().run();
        let mut before = None;
        let ran = everything().run_with(&mut |step, input| {
            if step == at { before = Some(()); Input::Cancel } else { input }
        });
        if before.is_some() {
            prop_assert!(ran.summary.is_cancelled);
            prop_assert!(ran.applied.len() <= whole.applied.len());
            let rest = ran.steps - at.min(ran.steps);
            prop_assert!(rest < 16, "{rest} steps after the cancel");
            let started = ran.events.iter().filter(|e| matches!(e, Event::Started { .. })).count();
            let ended = ran.events.iter().filter(|e| matches!(e, Event::Finished(_))).count();
            prop_assert_eq!(started, ended);
        } else {
            prop_assert_eq!(ran.text(), whole.text());
        }
    }
}
