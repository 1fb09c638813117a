//! Plays by single commands, from a manifest to the files: over the controller's own connection, which
//! is a channel like any other, to a "host" for which there is no executor.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hep_core::interp::{Event, State};
use hep_core::run::HostState;
use hep_engine::cancel::Cancel;
use hep_engine::event::{EVENTS_WAITING, HostEnd, RunEvent};
use hep_engine::fleet::{Fleet, Overrides};
use hep_engine::inventory;
use hep_engine::play::{self, bundle::Bundle, load};
use hep_engine::transport::ssh::{Decline, Limits, Pool, Settings, SettingsSource};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// What a run told.
#[derive(Debug, Default)]
struct Told {
    notes: Vec<String>,
    lines: Vec<String>,
    tasks: Vec<(String, State, Option<String>)>,
    end: Option<HostEnd>,
}

async fn fleet(dir: &Path) -> Fleet {
    let hosts = dir.join("hosts");
    fs::write(&hosts, "here ansible_connection=local\nthere ansible_connection=local\n").unwrap();
    let options = inventory::Options {
        decrypt: &|text| Ok(text.to_owned()),
        deadline: Duration::from_secs(1),
        play_folders: vec![],
    };
    let sources = [hosts.display().to_string()];
    let read = inventory::load(&sources, &options, &mut vec![]).await.unwrap();
    let config = Some("none".into());
    let settings = Settings::load(SettingsSource { config, ..SettingsSource::default() }).unwrap();
    Fleet::new(
        read,
        settings,
        Pool::new(Limits::default(), Arc::new(Decline)),
        Overrides::default(),
    )
}

/// Runs a manifest on `here`; `on_line` may cancel.
async fn run(dir: &TempDir, manifest: &str, on_line: impl Fn(&str, &Cancel)) -> Told {
    let path = dir.path().join("site.yml");
    fs::write(&path, manifest.replace("DIR", dir.path().to_str().unwrap())).unwrap();
    let manifests = vec![path.display().to_string()];
    let loaded = load::load(load::Request { manifests, ..load::Request::default() });
    let loaded = Arc::new(loaded.unwrap_or_else(|faulty| panic!("{:?}", faulty.diagnostics)));
    let fleet = Arc::new(fleet(dir.path()).await);
    let request = play::Request {
        limit: Some("here".into()),
        forks: 5,
        keep: true,
        ..play::Request::default()
    };
    let (events, mut told) = mpsc::channel(EVENTS_WAITING);
    let cancel = Cancel::default();
    let running =
        tokio::spawn(play::run(fleet, loaded, request, Bundle::default(), events, cancel.clone()));
    let mut seen = Told::default();
    while let Some(event) = told.recv().await {
        match event {
            RunEvent::Note { message, .. } => seen.notes.push(message.id.to_string()),
            RunEvent::Line { line, .. } => {
                let line = String::from_utf8_lossy(&line).into_owned();
                on_line(&line, &cancel);
                seen.lines.push(line);
            }
            RunEvent::Task { event, .. } => {
                if let Event::Finished(report) = *event {
                    let said = report.message.as_ref().map(ToString::to_string);
                    seen.tasks.push((report.name.to_string(), report.state, said));
                }
            }
            RunEvent::Host(end) => seen.end = Some(*end),
            RunEvent::Left(_) | RunEvent::Play { .. } | RunEvent::Batch { .. } => {}
        }
    }
    running.await.unwrap().unwrap();
    seen
}

fn states(told: &Told) -> Vec<State> {
    told.tasks.iter().map(|(_, state, _)| *state).collect()
}

const SITE: &str = r#"
- hosts: here
  gather_facts: true
  tasks:
    - raw: echo first
    - file: {path: "DIR/d", state: directory, mode: "0750"}
    - copy: {content: "{{ ansible_system }} it's $(x)\n", dest: "DIR/d/a", mode: "0640"}
    - copy: {src: big, dest: "DIR/d/big"}
    - lineinfile: {path: "DIR/d/lines", line: "more", create: true}
    - command: {cmd: "cat a", chdir: "DIR/d"}
      register: out
    - shell: 'echo "$WORD" > b; id -un >> b'
      args: {chdir: "DIR/d"}
      environment: {WORD: "two words"}
    - file: {path: "DIR/open", state: directory, mode: "0777"}
    - shell: id -un > who
      args: {chdir: "DIR/open"}
      become: true
      become_user: nobody
    - stat: {path: "DIR/open"}
      become: true
      become_user: nobody
    - command: cat
      args: {stdin: "by nobody"}
      become: true
      become_user: nobody
    - copy: {content: "{{ out.stdout }}", dest: "DIR/d/c"}
    - command: echo delegated
      delegate_to: there
    - file: {src: a, dest: "DIR/d/l", state: link}
    - wait_for: {path: "DIR/d/l", timeout: 5}
"#;

#[tokio::test]
async fn a_play_without_executor_does_what_it_says_and_then_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let big: Vec<u8> = (0..300_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    fs::create_dir(dir.path().join("files")).unwrap();
    fs::write(dir.path().join("files/big"), &big).unwrap();
    let told = run(&dir, SITE, |_, _| {}).await;
    let end = told.end.as_ref().expect("an end");
    assert_eq!(end.state, HostState::Succeeded, "{told:#?}");
    // One for each host: a task was delegated.
    assert_eq!(told.notes, ["play.plain_way", "play.plain_way"]);
    assert!(told.lines.contains(&"first".to_owned()), "{:?}", told.lines);
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!((&*read("d/a"), &*read("d/lines")), ("Linux it's $(x)\n", "more\n"));
    assert_eq!(fs::read(dir.path().join("d/big")).unwrap(), big);
    assert_eq!(read("d/c"), "Linux it's $(x)");
    assert!(read("d/b").starts_with("two words\n"));
    assert_eq!(read("open/who"), "nobody\n");
    assert_eq!(fs::read_link(dir.path().join("d/l")).unwrap(), Path::new("a"));
    let left: Vec<String> = fs::read_dir(dir.path().join("d"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, Vec::<String>::new());

    let again = run(&dir, SITE, |_, _| {}).await;
    let kinds = ["file", "copy", "lineinfile"];
    for ((name, state, said), _) in again.tasks.iter().zip(states(&again)) {
        if kinds.iter().any(|kind| name.starts_with(kind)) {
            assert_eq!(*state, State::Ok, "{name} {said:?}");
        }
    }
}

#[tokio::test]
async fn a_failure_is_told_as_the_executor_tells_it() {
    let dir = tempfile::tempdir().unwrap();
    for (task, id) in [
        ("command: no-such-program", "no such program on the host"),
        ("command: 'false'", "status 1"),
        ("copy: {content: x, dest: DIR/none/x}", "DIR/none"),
        ("command: {cmd: 'true', chdir: DIR/none}", "DIR/none"),
    ] {
        let site = format!("- hosts: here\n  gather_facts: false\n  tasks:\n    - {task}\n");
        let told = run(&dir, &site, |_, _| {}).await;
        assert_eq!(told.end.as_ref().unwrap().state, HostState::Failed, "{task} {told:?}");
        let said = told.tasks.last().unwrap().2.clone().unwrap_or_default();
        let wanted = id.replace("DIR", dir.path().to_str().unwrap());
        assert!(said.contains(&wanted), "{task}: {said}");
    }
}

#[tokio::test]
async fn a_cancel_ends_what_runs() {
    let dir = tempfile::tempdir().unwrap();
    // The process says its number, then its child does nothing for an hour.
    let line = "echo begun $$; sleep 3600; echo never";
    let site = format!("- hosts: here\n  gather_facts: false\n  tasks:\n    - shell: {line}\n");
    let told = run(&dir, &site, |line, cancel| {
        if line.starts_with("begun") {
            cancel.cancel();
        }
    })
    .await;
    assert_eq!(told.end.as_ref().unwrap().state, HostState::Cancelled, "{told:?}");
    let begun = told.lines.iter().find_map(|line| line.strip_prefix("begun "));
    let pid = begun.expect("a process");
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "{pid} still runs");
    assert!(!told.lines.contains(&"never".to_owned()));
}

#[tokio::test]
async fn a_task_that_is_over_its_time_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let site = "- hosts: here\n  gather_facts: false\n  tasks:\n    - command: sleep 3601\n      timeout: 1\n";
    let told = run(&dir, site, |_, _| {}).await;
    assert_eq!(told.end.as_ref().unwrap().state, HostState::Failed, "{told:?}");
    let said = told.tasks.last().unwrap().2.clone().unwrap_or_default();
    assert!(said.contains("within 1 s"), "{said}");
}
