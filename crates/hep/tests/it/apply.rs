//! `hep apply` on this machine, by the executor that is in the program.

use crate::desk::{Case, Desk, check};

const I: &str = "hosts.ini";

const MANIFEST: &str = "\
- name: Site
  hosts: web
  gather_facts: false
  tasks:
    - name: Folders
      file: {path: \"{{ base }}/{{ item }}\", state: directory}
      loop: [a, b]
    - name: Page
      copy: {dest: \"{{ base }}/page\", content: \"n={{ n }}\\n\"}
      tags: [page]
      notify: told
    - name: Not here
      command: 'true'
      when: n == 8
    - name: Speaks
      command: echo spoken
      changed_when: false
  handlers:
    - name: told
      debug: {msg: the page is new}
";

fn desk() -> (Desk, String) {
    let desk = Desk::new();
    desk.file("site.yml", MANIFEST);
    let base = format!("base={}", desk.path("made").display());
    std::fs::create_dir(desk.path("made")).unwrap();
    (desk, base)
}

#[test]
fn a_second_time_nothing_changes() {
    let (desk, base) = desk();
    let words = ["apply", "-i", I, "-l", "w1", "site.yml", "-e", &base];
    let first = desk.hep(&words);
    assert_eq!(first.code, 0, "{first:#?}");
    for part in [
        "PLAY [Site] 1 host *",
        "\nTASK [Folders] *",
        "\nchanged: [w1] => (item=a)\nchanged: [w1] => (item=b)\n",
        "\nskipped: [w1]\n",
        "\nw1| spoken\nok: [w1]\n",
        "\nHANDLER [told] *",
        "\nok: [w1] => the page is new\n",
        "\nw1 : ok=2    changed=2    unreachable=0    failed=0    skipped=1 ",
    ] {
        assert!(first.stdout.contains(part), "{part:?} in {}", first.stdout);
    }
    assert_eq!(std::fs::read_to_string(desk.path("made/page")).unwrap(), "n=7\n");
    let again = desk.hep(&words);
    assert!(again.code == 0 && again.stdout.contains(" changed=0 "), "{again:#?}");
    assert!(!again.stdout.contains("HANDLER"), "{again:#?}");
}

#[test]
fn a_check_changes_nothing_and_tells_by_its_code() {
    let (desk, base) = desk();
    let check =
        ["apply", "-i", I, "-l", "w1", "site.yml", "-e", &base, "-C", "--detailed-exitcode"];
    let ran = desk.hep(&[&check[..], &["-D"]].concat());
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(ran.stdout.contains("\n+n=7\n"), "{ran:#?}");
    assert!(!desk.path("made/page").exists());
    assert_eq!(desk.hep(&check[..check.len() - 1]).code, 0);
    assert_eq!(
        desk.hep(&["apply", "-i", I, "-l", "w1", "site.yml", "-e", &base, "-t", "page"]).code,
        0
    );
    let ran = desk.hep(&[&check[..], &["-t", "page"]].concat());
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn json_has_an_object_for_each_task_and_host() {
    let (desk, base) = desk();
    let words =
        ["apply", "-i", I, "-l", "w1,gone", "all.yml", "-e", &base, "--output", "json", "-D"];
    desk.file("all.yml", &MANIFEST.replace("hosts: web", "hosts: all"));
    let ran = desk.hep(&words);
    assert_eq!(ran.code, 4, "{ran:#?}");
    // A story beside this one may be changing this machine, and is waited for.
    let waits = |object: &serde_json::Value| object["notice"]["id"] == "remote.waiting";
    let (left, objects): (Vec<_>, Vec<_>) = ran
        .objects()
        .into_iter()
        .filter(|object| !waits(object))
        .partition(|object| object.get("task").is_none() && object.get("summary").is_none());
    let told = |o: &serde_json::Value| (o["host"] == "gone", o["state"] == "unreachable");
    assert_eq!(
        left.iter().map(told).collect::<Vec<_>>(),
        [(true, true)],
        "told when it happens: {left:?}"
    );
    let tasks: Vec<(&str, &str, &str)> = objects
        .iter()
        .filter_map(|o| Some((o["task"].as_str()?, o["module"].as_str()?, o["state"].as_str()?)))
        .collect();
    assert_eq!(
        tasks,
        [
            ("Folders", "file", "changed"),
            ("Page", "copy", "changed"),
            ("Not here", "command", "skipped"),
            ("Speaks", "command", "ok"),
            ("told", "debug", "ok"),
        ]
    );
    assert!(objects[1]["diff"].as_str().unwrap().contains("+n=7"), "{}", objects[1]);
    assert_eq!(objects[0]["result"]["results"].as_array().unwrap().len(), 2);
    let summaries: Vec<&serde_json::Value> =
        objects.iter().filter_map(|object| object.get("summary")).collect();
    assert_eq!(summaries.len(), 2);
    assert_eq!((&summaries[0]["host"], &summaries[0]["unreachable"]), (&"gone".into(), &1.into()));
    assert_eq!((&summaries[1]["changed"], &summaries[1]["ok"]), (&2.into(), &2.into()));
}

#[test]
fn lists_do_nothing() {
    let (desk, base) = desk();
    let case = |words, stdout| Case { words, code: 0, stdout, stderr: "" };
    check(
        &desk,
        &[
            case(
                &["apply", "-i", I, "site.yml", "-e", &base, "--list-tasks"],
                "play #1 (Site)\n  Folders\n  Page  [page]\n  Not here\n  Speaks\n",
            ),
            case(
                &["apply", "-i", I, "site.yml", "-e", &base, "--list-tasks", "--tags", "page"],
                "play #1 (Site)\n  Page  [page]\n",
            ),
            case(
                &[
                    "apply",
                    "-i",
                    I,
                    "site.yml",
                    "-e",
                    &base,
                    "--list-tasks",
                    "--start-at-task",
                    "Not*",
                ],
                "play #1 (Site)\n  Not here\n  Speaks\n",
            ),
            case(
                &["apply", "-i", I, "site.yml", "-e", &base, "--list-hosts", "-l", "!w2"],
                "play #1 (Site): 2 hosts\n  w1\n  w3\n",
            ),
        ],
    );
    assert!(!desk.path("made/a").exists());
}

#[test]
fn what_is_wrong_is_told_before_any_host_is_touched() {
    let desk = Desk::new();
    desk.file("yaml.yml", "- a: [\n");
    desk.file("module.yml", "- name: x\n  fiel: {path: /x}\n");
    desk.file("option.yml", "- file: {pth: /x}\n");
    desk.file("both.yml", "- file: {path: /x}\n  copy: {dest: /x}\n");
    desk.file("fine.yml", "- command: touch touched\n- fiel: {}\n");
    desk.file("none-at-all.yml", "- command: touch touched\n- name: x\n");
    desk.file("type.yml", "- command: touch touched\n- file: {path: /x, state: [file]}\n");
    desk.file("source.yml", "- command: touch touched\n- copy: {src: not-there, dest: /x}\n");
    desk.file("template.yml", "- command: touch touched\n- debug: {msg: 'a {{ b | '}\n");
    desk.file("import.yml", "- command: touch touched\n- import_tasks: not-there.yml\n");
    let case = |words, stderr| Case { words, code: 1, stdout: "", stderr };
    check(
        &desk,
        &[
            case(&["apply", "-i", I, "none.yml"], "none.yml"),
            case(&["apply", "-i", I, "yaml.yml"], "yaml.yml:"),
            case(&["apply", "-i", I, "module.yml"], "module.yml:2:3: "),
            case(&["apply", "-i", I, "module.yml"], "did you mean `file`?"),
            case(&["apply", "-i", I, "option.yml"], "did you mean `path`?"),
            case(&["apply", "-i", I, "both.yml"], "two modules"),
            case(&["apply", "-i", I, "fine.yml"], "fine.yml:2:3"),
            case(&["apply", "-i", I, "none-at-all.yml"], "none-at-all.yml:2:3"),
            case(&["apply", "-i", I, "type.yml"], "type.yml:2:27"),
            case(&["apply", "-i", I, "template.yml"], "template.yml:2:25"),
            case(&["apply", "-i", I, "template.yml"], "2 | - debug: {msg: 'a {{ b | '}"),
            case(&["apply", "-i", I, "import.yml"], "not-there.yml"),
            case(&["apply", "-i", I, "-l", "w9", "fine.yml"], "Cannot find a host or group `w9`"),
            case(&["apply", "-i", I], "MANIFEST"),
        ],
    );
    assert!(!desk.path("touched").exists());
}

#[test]
fn a_failure_names_its_place_and_the_exit_code_says_so() {
    let desk = Desk::new();
    desk.file(
        "fail.yml",
        "- hosts: w1\n  gather_facts: false\n  tasks:\n    - name: Breaks\n      command: sh -c 'echo why >&2; exit 3'\n    - name: Never\n      command: 'true'\n",
    );
    let ran = desk.hep(&["apply", "-i", I, "fail.yml"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.stdout.contains("failed: [w1] => "), "{ran:#?}");
    assert!(ran.stdout.contains("    at fail.yml:4:7\n"), "{ran:#?}");
    assert!(ran.stdout.contains("w1| why") && !ran.stdout.contains("Never"), "{ran:#?}");
    assert!(ran.stderr.contains("1 failed (w1)"), "{ran:#?}");
}
