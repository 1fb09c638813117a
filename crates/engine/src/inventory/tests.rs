//! Inventories from files on disk.

use std::os::unix::fs::PermissionsExt;

use hep_core::node::NodeKind;
use tempfile::TempDir;

use super::*;

/// A folder with these files; a name that begins with `!` is a program.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name.trim_start_matches('!'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        if name.starts_with('!') {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    folder
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `Options` asks for")]
fn open(text: &str) -> Result<String, Message> {
    Ok(text.lines().skip(1).collect::<Vec<_>>().join("\n"))
}

fn read_all(
    folder: &TempDir,
    sources: &[&str],
    play: &[&str],
) -> (Result<Inventory, Diagnostic>, Vec<Source>) {
    let path = |name: &&str| folder.path().join(name);
    let texts: Vec<String> = sources
        .iter()
        .map(|name| {
            if name.contains(',') {
                (*name).to_owned()
            } else {
                path(name).to_string_lossy().into_owned()
            }
        })
        .collect();
    let options = Options {
        decrypt: &open,
        deadline: Duration::from_secs(20),
        play_folders: play.iter().map(path).collect(),
    };
    let mut files = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inventory = runtime.block_on(load(&texts, &options, &mut files));
    (inventory, files)
}

fn read(files: &[(&str, &str)], sources: &[&str]) -> Inventory {
    let folder = folder(files);
    read_all(&folder, sources, &[]).0.unwrap()
}

fn value(inventory: &Inventory, host: &str, name: &str) -> Option<String> {
    let host = inventory.host(host).unwrap();
    inventory.authored(host, name).map(|node| node.key_text().to_string())
}

fn hosts(inventory: &Inventory) -> String {
    inventory.hosts().keys().map(|name| &**name).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_format_is_known_by_its_content() {
    let cases = [
        (("hosts", "a\nb\n"), "a b"),
        (("hosts", "[g]\na x=1\n"), "a"),
        (("hosts", "all:\n  hosts:\n    a:\n"), "a"),
        (("hosts.yml", "all: {hosts: {a: , b: }}"), "a b"),
        (("cloudManager.ini", "[nodes]\nA=1.1.1.1:80\n[referee]\nip=1.1.1.2\n"), "A referee"),
        (("config", "Host a b*\n  Port 22\nHost c\n"), "a c"),
        (("!run", "#!/bin/sh\necho '{\"g\": [\"a\"], \"_meta\": {\"hostvars\": {}}}'\n"), "a"),
        (("!marked", "a\n"), "a"),
    ];
    for (file, names) in cases {
        let inventory = read(&[file], &[file.0.trim_start_matches('!')]);
        assert_eq!(hosts(&inventory), names, "{}", file.0);
    }
    assert_eq!(hosts(&read(&[], &["a,b[1:2],"])), "a b1 b2");
}

#[test]
fn a_directory_is_read_by_name_without_what_is_no_inventory() {
    let files = [
        ("inv/02-more.ini", "[g]\nb\n[g:vars]\nv=late\n"),
        ("inv/01-first", "[g]\na\n[g:vars]\nv=early\n"),
        ("inv/sub/x.yml", "g: {hosts: {c: }}"),
        ("inv/notes.txt", "no host"),
        ("inv/old~", "no host"),
        ("inv/site.retry", "zzz"),
        ("inv/.hidden", "no host"),
        ("inv/group_vars/g.yml", "w: 1"),
    ];
    let inventory = read(&files, &["inv"]);
    assert_eq!(hosts(&inventory), "a b c");
    assert_eq!(value(&inventory, "a", "v").as_deref(), Some("late"));
    assert_eq!(value(&inventory, "c", "w").as_deref(), Some("1"));
}

#[test]
fn variable_files_are_found_and_merged_in_order() {
    let files = [
        ("hosts", "[web]\nh.x v=file\n"),
        ("group_vars/all", "a: all\nb: all\n"),
        ("group_vars/web/10.yml", "b: ten\nc: ten\n"),
        ("group_vars/web/20.json", "{\"c\": \"twenty\"}"),
        ("group_vars/web/deep/x", "d: deep\n"),
        ("group_vars/web/.no", "c: hidden\n"),
        ("group_vars/web/no.txt", "c: text\n"),
        ("group_vars/web.yml", "c: never\n"),
        ("host_vars/h.x.yaml", "e: host\nv: host\n"),
        ("host_vars/other.yml", "e: other\n"),
        ("play/group_vars/web.yml", "b: play\n"),
        ("play/host_vars/h.x", "e: play\n"),
    ];
    let folder = folder(&files);
    let (inventory, files) = read_all(&folder, &["hosts"], &["play"]);
    let inventory = inventory.unwrap();
    let expected =
        [("a", "all"), ("b", "play"), ("c", "twenty"), ("d", "deep"), ("e", "play"), ("v", "host")];
    for (name, expected) in expected {
        assert_eq!(value(&inventory, "h.x", name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(inventory.notes().len(), 1, "{:?}", inventory.notes());
    let host = inventory.host("h.x").unwrap();
    let place = inventory.authored(host, "d").unwrap().pos;
    assert!(files[usize::from(place.file)].name.ends_with("deep/x"));
}

#[test]
fn later_sources_win_and_lists_have_no_variable_files() {
    let files = [
        ("one/hosts", "[g]\nh\n[g:vars]\nv=one\n"),
        ("one/group_vars/g", "w: one\n"),
        ("two/hosts", "[g]\nh\n[g:vars]\nv=two\n"),
        ("two/group_vars/g", "w: two\n"),
    ];
    for (sources, expected) in
        [(["one/hosts", "two/hosts"], "two"), (["two/hosts", "one/hosts"], "one")]
    {
        let inventory = read(&files, &sources);
        assert_eq!(value(&inventory, "h", "v").as_deref(), Some(expected));
        assert_eq!(value(&inventory, "h", "w").as_deref(), Some(expected));
    }
}

#[test]
fn encrypted_files_and_values_are_opened_and_never_shown() {
    let files = [
        ("hosts", "[g]\nh ansible_password=hunter1\n"),
        ("group_vars/g.yml", "$ANSIBLE_VAULT;1.1;AES256\npw: hunter2\nref: '{{ pw }}'\nport: 80\n"),
        ("host_vars/h.yml", "token: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  hunter3\n"),
    ];
    let folder = folder(&files);
    let (inventory, files) = read_all(&folder, &["hosts"], &[]);
    let inventory = inventory.unwrap();
    let host = inventory.host("h").unwrap();
    assert_eq!(inventory.authored(host, "pw").unwrap().kind, NodeKind::Secret("hunter2".into()));
    assert_eq!(inventory.authored(host, "token").unwrap().kind, NodeKind::Secret("hunter3".into()));
    assert!(inventory.authored(host, "ref").unwrap().is_template());
    // The password in the clear is cut out of what snippets show; an opened file is not shown at all.
    for secret in ["hunter1", "hunter2"] {
        assert!(files.iter().all(|file| !file.text.contains(secret)), "{secret}");
    }
    let shown = inventory.to_json(host, &inventory.connection(host).unwrap()).to_string();
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn executables_are_asked_for_each_host_without_meta() {
    let script = "#!/bin/sh\nif [ \"$1\" = --list ]; then echo '{\"g\": [\"a\", \"b\"]}'; \
                  else echo \"{\\\"name\\\": \\\"$2\\\"}\"; fi\n";
    let inventory = read(&[("!run", script)], &["run"]);
    assert_eq!(value(&inventory, "b", "name").as_deref(), Some("b"));
}

#[test]
fn limit_files_are_read_where_no_group_has_the_name() {
    let folder = folder(&[("hosts", "[g]\na\nb\nc\n"), ("site.retry", "a\nc\n")]);
    let inventory = read_all(&folder, &["hosts"], &[]).0.unwrap();
    let file = folder.path().join("site.retry");
    let select = |text: &str| selector(text, &inventory).unwrap().select(&inventory);
    assert_eq!(select(&format!("@{}", file.display())).unwrap().join(" "), "a c");
    assert_eq!(select("@g").unwrap().join(" "), "a b c");
    assert_eq!(select("@nothing").unwrap_err().id, "inventory.unknown_group");
}

#[test]
fn what_fails_is_named() {
    let cases = [
        (("!r", "#!/bin/sh\necho broken >&2\nexit 3\n"), "r", "run_failed"),
        (("!r", "#!/nonexistent/interpreter\n"), "r", "cannot_run"),
        (("!r", "#!/bin/sh\necho nonsense\n"), "r", "dynamic_not_json"),
        (("hosts", "a\na\n"), "hosts", "duplicate_host"),
        (("hosts", "a\n"), "other", "cannot_read"),
        (("group_vars/all", "- list\n"), "a,", "ok"),
        (("inv/group_vars/all", "- list\n"), "inv", "vars_not_a_map"),
    ];
    for (file, source, id) in cases {
        let folder = folder(&[file]);
        match read_all(&folder, &[source], &[]).0 {
            Ok(_) => assert_eq!(id, "ok", "{source}"),
            Err(error) => assert_eq!(error.message.id, format!("inventory.{id}"), "{error:?}"),
        }
    }
}

/// Looks until `what` holds; an error after a time that only a fault can take.
async fn eventually(what: impl Fn() -> bool) {
    let look = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.unwrap();
}

#[tokio::test]
async fn an_executable_that_hangs_is_ended_with_all_it_started() {
    let text = "#!/bin/sh\nsleep 600 & echo $! > \"$0.new\" && mv \"$0.new\" \"$0.pid\"\nwait\n";
    let folder = folder(&[("!hang", text)]);
    let path = folder.path().join("hang");
    let error = executable::run(&path, &["--list"], Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.id, "inventory.run_too_long");

    let running = tokio::spawn(async move { executable::run(&path, &[], Duration::MAX).await });
    let pid_file = folder.path().join("hang.pid");
    eventually(|| pid_file.exists()).await;
    let pid = fs::read_to_string(pid_file).unwrap();
    running.abort();
    eventually(|| {
        let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        state.is_empty() || state.contains(") Z")
    })
    .await;
}
