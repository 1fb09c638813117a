//! Saved plans: what `hep apply --plan-out` writes, and that `hep apply PLAN` does that and nothing else.

use std::os::unix::fs::PermissionsExt as _;

use crate::desk::{Desk, Ran};

const INVENTORY: &str = "\
[web]
w1 ansible_connection=local n=7
w2 ansible_connection=local n=8
[all:vars]
ansible_become_password=inventory-hidden
";

const MANIFEST: &str = "\
- name: Site
  hosts: web
  gather_facts: false
  vars:
    ansible_password: manifest-hidden
  tasks:
    - name: Folder
      file: {path: '{{ base }}/{{ inventory_hostname }}', state: directory, mode: '0755'}
    - name: Page
      copy: {dest: '{{ base }}/{{ inventory_hostname }}/page', content: \"n={{ n }}\\n\"}
    - name: More
      lineinfile: {path: '{{ base }}/{{ inventory_hostname }}/page', line: more}
    - name: Sent
      copy: {src: sent.txt, dest: '{{ base }}/{{ inventory_hostname }}/sent'}
    - name: Mode
      file: {path: '{{ base }}/{{ inventory_hostname }}/page', mode: '0600'}
    - name: Quiet
      copy: {dest: '{{ base }}/{{ inventory_hostname }}/quiet', content: no-log-hidden}
      no_log: true
";

/// A desk with a plan of both hosts.
fn planned(manifest: &str) -> (Desk, String, Ran) {
    let desk = Desk::new();
    desk.file("hosts.ini", INVENTORY);
    desk.file("site.yml", manifest);
    desk.file("files/sent.txt", "sent\n");
    std::fs::create_dir(desk.path("made")).unwrap();
    let base = format!("base={}", desk.path("made").display());
    let words = ["apply", "-i", "hosts.ini", "site.yml", "-e", &base, "--plan-out", "plan.json"];
    let ran = desk.hep(&words);
    (desk, base, ran)
}

fn text(desk: &Desk, name: &str) -> String {
    std::fs::read_to_string(desk.path(name)).unwrap_or_default()
}

fn entries(desk: &Desk, name: &str) -> usize {
    std::fs::read_dir(desk.path(name)).map_or(0, Iterator::count)
}

#[test]
fn a_plan_changes_nothing_and_is_then_done_exactly() {
    let (desk, base, ran) = planned(MANIFEST);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.stderr.contains("The plan of 2 hosts is in plan.json"), "{ran:#?}");
    assert_eq!(entries(&desk, "made"), 0, "planning changes nothing");
    let mode = std::fs::metadata(desk.path("plan.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let done = desk.hep(&["apply", "plan.json", "-e", &base]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert_eq!(text(&desk, "made/w1/page"), "n=7\nmore\n");
    assert_eq!(text(&desk, "made/w2/page"), "n=8\nmore\n", "{ran:?}");
    assert_eq!(text(&desk, "made/w2/sent"), "sent\n");
    assert_eq!(text(&desk, "made/w1/quiet"), "no-log-hidden");
    // What it says is done: the hosts have moved on.
    let again = desk.hep(&["apply", "plan.json", "-e", &base]);
    assert_eq!(again.code, 2, "{again:#?}");
}

#[test]
fn a_plan_holds_no_secret() {
    let (desk, _, ran) = planned(MANIFEST);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let plan = text(&desk, "plan.json");
    for secret in ["inventory-hidden", "manifest-hidden", "no-log-hidden"] {
        assert!(!plan.contains(secret), "{secret} in {plan}");
    }
    assert!(plan.contains("ansible_become_password") && plan.contains("ansible_password"));
}

#[test]
fn a_host_that_has_moved_on_is_refused_and_the_others_go_on() {
    let (desk, base, _) = planned(MANIFEST);
    std::fs::create_dir(desk.path("made/w1")).unwrap();
    desk.file("made/w1/page", "other\n");
    let ran = desk.hep(&["apply", "plan.json", "-e", &base, "--output", "json"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert_eq!(text(&desk, "made/w1/page"), "other\n");
    assert_eq!(entries(&desk, "made/w1"), 1);
    assert_eq!(text(&desk, "made/w2/page"), "n=8\nmore\n", "{ran:?}");
    let objects = ran.objects();
    let summary = |host: &str| {
        let found = objects.iter().find(|object| object["summary"]["host"] == host);
        found.unwrap_or_else(|| panic!("no summary of {host} in {ran:#?}"))["summary"].clone()
    };
    assert_eq!(summary("w1")["state"], "failed");
    let error = summary("w1")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("`Folder` was changed in the plan, and would be ok now"), "{error}");
    assert_eq!(summary("w2")["state"], "succeeded");
}

/// What is done to a desk between plan and apply.
type Break = fn(&Desk);

#[test]
fn what_the_plan_was_made_from_must_be_the_same() {
    let extra = |desk: &Desk| format!("base={}", desk.path("made").display());
    let cases: [(&str, Break, i32, &str); 7] = [
        ("file", |d| drop(d.file("files/sent.txt", "x")), 1, "files/sent.txt` is not what it was"),
        (
            "secret",
            |d| drop(d.file("site.yml", &MANIFEST.replace("manifest-hidden", "new"))),
            1,
            "the secret `ansible_password` is missing",
        ),
        (
            "host's secret",
            |d| drop(d.file("hosts.ini", &INVENTORY.replace("inventory-hidden", "new"))),
            2,
            "the secret `ansible_become_password` of this host",
        ),
        (
            "variable",
            |d| drop(d.file("hosts.ini", &INVENTORY.replace("n=7", "n=6"))),
            2,
            "are not those that the plan was made with",
        ),
        (
            "host",
            |d| drop(d.file("hosts.ini", &INVENTORY.replace("w1 ", "w9 "))),
            2,
            "has no host `w1` any more",
        ),
        (
            "mode",
            |d| {
                let mode = std::fs::Permissions::from_mode(0o620);
                std::fs::set_permissions(d.path("plan.json"), mode).unwrap();
            },
            1,
            "somebody else may write it",
        ),
        (
            "format",
            |d| {
                let other = text(d, "plan.json").replace("hep-plan-1", "hep-plan-2");
                d.file("plan.json", &other);
            },
            1,
            "its format is hep-plan-2",
        ),
    ];
    for (name, spoil, code, message) in cases {
        let (desk, _, ran) = planned(MANIFEST);
        assert_eq!(ran.code, 0, "{ran:#?}");
        spoil(&desk);
        let ran = desk.hep(&["apply", "plan.json", "-e", &extra(&desk)]);
        assert_eq!(ran.code, code, "{name}: {ran:#?}");
        assert!(ran.stderr.contains(message), "{name}: {ran:#?}");
        assert!(!desk.path("made/w1").exists(), "{name}: nothing of w1 is touched");
    }
}

#[test]
fn words_that_would_make_it_another_plan_are_refused() {
    let (desk, base, _) = planned(MANIFEST);
    for (words, message) in [
        (vec!["-e", &base, "--tags", "x"], "Cannot use `--tags` with a saved plan"),
        (vec!["-e", &base, "-b"], "Cannot use `--become` with a saved plan"),
        (vec![], "was made with the variable `base`"),
        (vec!["-e", &base, "-e", "more=1"], "was made without the variable `more`"),
        (vec!["-e", &base, "-l", "all,!web"], "No host of the plan"),
    ] {
        let ran = desk.hep(&[&["apply", "plan.json"][..], &words].concat());
        assert_eq!(ran.code, 1, "{words:?}: {ran:#?}");
        assert!(ran.stderr.contains(message), "{words:?}: {ran:#?}");
    }
    let one = desk.hep(&["apply", "plan.json", "-e", &base, "-l", "w2"]);
    assert_eq!(one.code, 0, "{one:#?}");
    assert!(!desk.path("made/w1").exists() && desk.path("made/w2").exists());
}

#[test]
fn deferred_tasks_need_a_word() {
    let manifest = "\
- hosts: w1
  gather_facts: false
  tasks:
    - name: Asks
      command: 'echo {{ n }}'
      register: asked
    - name: Uses
      copy: {dest: '{{ base }}/used', content: '{{ asked.stdout }}'}
";
    let (desk, base, ran) = planned(manifest);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let refused = desk.hep(&["apply", "plan.json", "-e", &base]);
    assert_eq!(refused.code, 1, "{refused:#?}");
    assert!(refused.stderr.contains("the first is `Asks` on w1"), "{refused:#?}");
    assert!(!desk.path("made/used").exists());
    // The text is the plan's, whatever the manifest says by now.
    desk.file("site.yml", "- hosts: nobody\n");
    let done = desk.hep(&["apply", "plan.json", "-e", &base, "--allow-deferred"]);
    assert_eq!(done.code, 0, "{done:#?}");
    assert_eq!(text(&desk, "made/used"), "7");
}

#[test]
fn a_task_that_would_do_something_else_fails_before_it_acts() {
    // In a check the variable is another: exactly what a plan cannot foresee.
    let manifest = "\
- hosts: w1
  gather_facts: false
  tasks:
    - name: Differs
      copy: {dest: '{{ base }}/differs', content: 'check={{ ansible_check_mode }}'}
      ignore_errors: true
    - name: After
      copy: {dest: '{{ base }}/after', content: x}
";
    let (desk, base, ran) = planned(manifest);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let ran = desk.hep(&["apply", "plan.json", "-e", &base]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.stdout.contains("something else than the plan says"), "{ran:#?}");
    assert_eq!(entries(&desk, "made"), 0);
}
