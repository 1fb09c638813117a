//! `hep apply` on many hosts: twice, checked before, in part.

use crate::breadth::{checkout, count, desk, desk_and};
use crate::hep::{Desk, Ran};

/// The hosts of most stories; each story works in a folder of its own below their homes.
const SOME: &str = "h[0001-0020]";

/// Applies an example in the folder `name`.
fn apply(desk: &Desk, example: &str, name: &str, options: &[&str]) -> Ran {
    let manifest = checkout().join("examples").join(example);
    let base = format!(r#"{{"base": "{{{{ ansible_env.HOME }}}}/{name}"}}"#);
    let mut words = vec!["apply", "-e", &base];
    words.extend(options);
    words.push(manifest.to_str().unwrap());
    desk.hep(&words)
}

/// Removes what an earlier run of the story left.
fn fresh(desk: &Desk, hosts: &str, name: &str) {
    desk.hep(&["exec", hosts, &format!("rm -rf \"$HOME/{name}\"")]).expect(0);
}

#[test]
fn a_second_pass_changes_nothing_and_a_check_says_what_will_happen() {
    let (desk, name) = (desk(), "e2e-quick");
    fresh(&desk, "all", name);
    let json = ["--output", "json"];
    let checked = apply(&desk, "quickstart.yml", name, &["--check", "--output", "json"]).expect(0);
    let first = apply(&desk, "quickstart.yml", name, &json).expect(0);
    assert_eq!(checked.states(), first.states());
    assert_eq!(first.task("h0001", "Settings")["state"], "changed");
    assert_eq!(first.task("h0001", "tell")["state"], "ok", "the handler ran");
    assert_eq!(first.summaries().len(), count());
    let again = apply(&desk, "quickstart.yml", name, &json).expect(0);
    for summary in again.summaries() {
        assert_eq!(summary["changed"], 0, "{summary}");
        assert_eq!(summary["failed"], 0, "{summary}");
        assert_eq!(summary["state"], "succeeded", "{summary}");
    }
    assert!(!again.states().iter().any(|(task, _)| task.ends_with("/tell")), "no handler");
    let line = format!("cat \"$HOME/{name}/etc/app.conf\"; stat -c %a \"$HOME/{name}/etc\"");
    let ran = desk.hep(&["exec", "h0007", "--output", "json", &line]).expect(0);
    let expected = "# settings of h0007\nlisten = 127.0.0.1:8080\nworkers = 4\n750\n";
    assert_eq!(ran.host("h0007")["stdout"], expected);
}

#[test]
fn thirty_tasks_twice() {
    let desk = desk();
    let json = ["-l", SOME, "--output", "json"];
    // files30.yml gathers no facts, so its folder is said without them.
    let manifest = checkout().join("examples/files30.yml");
    let base = r#"{"base": "/tmp/hep-e2e-thirty/{{ inventory_hostname }}"}"#;
    desk.hep(&["exec", "h0001", "rm -rf /tmp/hep-e2e-thirty; mkdir -m 777 /tmp/hep-e2e-thirty"]);
    let apply = |more: &[&str]| {
        let mut words = vec!["apply", "-e", base];
        words.extend(json);
        words.extend(more);
        words.push(manifest.to_str().unwrap());
        desk.hep(&words).expect(0)
    };
    let checked = apply(&["-C"]);
    let first = apply(&[]);
    assert_eq!(checked.states(), first.states());
    assert_eq!(first.states().len(), 600);
    assert!(first.states().iter().all(|(_, state)| state == "changed"));
    assert!(apply(&[]).states().iter().all(|(_, state)| state == "ok"));
}

#[test]
fn the_exit_code_of_a_check_tells_whether_changes_are_pending() {
    let (desk, name) = (desk(), "e2e-pending");
    fresh(&desk, "h0001,h0002", name);
    let hosts = ["-l", "h0001,h0002"];
    let check = ["-l", "h0001,h0002", "-C", "--detailed-exitcode"];
    apply(&desk, "quickstart.yml", name, &check).expect(3);
    let line = format!("[ ! -e \"$HOME/{name}\" ]");
    desk.hep(&["exec", "h0001,h0002", &line]).expect(0);
    apply(&desk, "quickstart.yml", name, &hosts).expect(0);
    apply(&desk, "quickstart.yml", name, &check).expect(0);
    desk.hep(&["exec", "h0002", &format!("echo more >>\"$HOME/{name}/etc/app.conf\"")]).expect(0);
    let drifted = ["-l", "h0001,h0002", "-C", "-D", "--detailed-exitcode"];
    apply(&desk, "quickstart.yml", name, &drifted).expect(3).says("-more");
}

#[test]
fn a_diff_is_shown_when_asked_for() {
    let (desk, name) = (desk(), "e2e-diff");
    fresh(&desk, "h0001", name);
    let quiet = ["-l", "h0001", "-C", "--output", "json"];
    let ran = apply(&desk, "quickstart.yml", name, &quiet).expect(0);
    assert!(ran.task("h0001", "Settings")["diff"].is_null());
    let loud = ["-l", "h0001", "-D", "--output", "json"];
    let ran = apply(&desk, "quickstart.yml", name, &loud).expect(0);
    let diff = ran.task("h0001", "Settings")["diff"].as_str().unwrap().to_owned();
    assert!(diff.contains("+# settings of h0001\n"), "{diff}");
}

const PARTS: &str = "\
- hosts: h[0001-0003]
  gather_facts: false
  tasks:
    - {name: one, command: echo one, tags: [first, both]}
    - {name: two, command: echo two, tags: [second, both]}
    - {name: three, command: 'echo {{ word | default(\"none\") }}', tags: third}
    - {name: never, fail: {msg: no}, tags: never}
";

#[test]
fn a_part_of_a_manifest_can_be_chosen() {
    let desk = desk();
    let manifest = desk.file("parts.yml", PARTS);
    let cases: [(&[&str], &[&str]); 5] = [
        (&["-t", "both"], &["one", "two"]),
        (&["--skip-tags", "second,third"], &["one"]),
        (&["-t", "first", "-t", "third"], &["one", "three"]),
        (&["--start-at-task", "two"], &["two", "three"]),
        (&[], &["one", "two", "three"]),
    ];
    for (options, tasks) in cases {
        let mut words = vec!["apply", "-l", "h0002", "--output", "json"];
        words.extend(options);
        words.push(manifest.to_str().unwrap());
        let ran = desk.hep(&words).expect(0);
        let objects = ran.objects();
        let names: Vec<_> = objects.iter().filter_map(|object| object["task"].as_str()).collect();
        assert_eq!(names, tasks, "{options:?}");
    }
    let manifest = manifest.to_str().unwrap();
    desk.hep(&["apply", "--list-tasks", manifest]).expect(0).says("one").says("three");
    let hosts = desk.hep(&["apply", "--list-hosts", "-l", "h0002,h0009", manifest]).expect(0);
    hosts.says("h0002").never_says("h0009").never_says("h0001");
    // As a shell would read it: this quotation has no end.
    desk.hep(&["apply", "-l", "h0001", "-e", "word=it's", manifest]).expect(1).says("quotation");
    let file = desk.file("more.yml", "word: from a file\n");
    let from = format!("@{}", file.display());
    let words = ["apply", "-l", "h0001", "-e", &from, "--output", "json", manifest];
    let ran = desk.hep(&words).expect(0);
    assert_eq!(ran.task("h0001", "three")["result"]["stdout"], "from a file");
}

#[test]
fn a_host_that_fails_or_is_gone_stops_alone() {
    let desk = desk_and("gone ansible_host=127.77.0.1 ansible_port=1");
    let manifest = desk.file(
        "fail.yml",
        "- hosts: h0001,h0002,gone
  gather_facts: false
  tasks:
    - {name: some fail, command: 'test {{ inventory_hostname }} != h0001'}
    - {name: after, command: echo after}
",
    );
    let words = ["apply", "--output", "json", manifest.to_str().unwrap()];
    let ran = desk.hep(&words).expect(4);
    assert_eq!(ran.summary("gone")["state"], "unreachable");
    assert_eq!(ran.summary("h0001")["state"], "failed");
    assert_eq!(ran.summary("h0002")["state"], "succeeded");
    assert_eq!(ran.task("h0002", "after")["result"]["stdout"], "after");
    let words = ["apply", "-l", "h0001,h0002", manifest.to_str().unwrap()];
    desk.hep(&words).expect(2).says("h0001").says("failed=1");
}

#[test]
fn a_long_command_speaks_while_it_runs() {
    let desk = desk();
    let manifest = desk.file(
        "long.yml",
        "- hosts: h0001
  gather_facts: false
  tasks:
    - {name: long, shell: 'echo begun; read word <~/e2e-pipe; echo $word'}
",
    );
    desk.hep(&["exec", "h0001", "rm -f ~/e2e-pipe; mkfifo ~/e2e-pipe"]).expect(0);
    let mut running = desk.start(&["apply", manifest.to_str().unwrap()]);
    // Only when the line is seen is the command let go on.
    running.until("begun");
    desk.hep(&["exec", "h0001", "echo over >~/e2e-pipe"]).expect(0);
    running.end().expect(0).says("over");
}
