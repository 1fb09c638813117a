//! `hep hosts`: selectors over inventories.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::desk::{Case, Desk, check};

#[test]
fn selectors_name_hosts() {
    let desk = Desk::new();
    let i = "hosts.ini";
    let case = |words, stdout| Case { words, code: 0, stdout, stderr: "" };
    check(
        &desk,
        &[
            case(&["hosts", "-i", i], "w1\nw2\nw3\nd1\ngone\n"),
            case(&["hosts", "-i", i, "web"], "w1\nw2\nw3\n"),
            case(&["hosts", "-i", i, "w[1-2],d1"], "w1\nw2\nd1\n"),
            case(&["hosts", "-i", i, "all:!web:!dead"], "d1\n"),
            case(&["hosts", "-i", i, "~w[23]"], "w2\nw3\n"),
            case(&["hosts", "-i", i, "n=7&w3"], "w3\n"),
            case(&["hosts", "-i", "a,b,c", "b,c"], "b\nc\n"),
            case(&["hosts", "-i", "a,", "-i", "b,"], "a\nb\n"),
        ],
    );
}

#[test]
fn wrong_selectors_and_inventories_are_told() {
    let desk = Desk::new();
    desk.file("bad.ini", "[web\nh1\n");
    desk.file("twice.ini", "[g]\nh1\nh1\n");
    let i = "hosts.ini";
    let case = |words, stderr| Case { words, code: 1, stdout: "", stderr };
    check(
        &desk,
        &[
            case(&["hosts", "-i", i, "w9"], "Cannot find a host or group `w9`"),
            case(&["hosts", "-i", i, "@wbe"], "did you mean `web`?"),
            case(&["hosts", "-i", i, "web:!web"], "selects no host"),
            case(&["hosts", "-i", i, "w[1"], "a bracket has no end"),
            case(&["hosts"], "no inventory is given"),
            case(&["hosts", "-i", "none.ini"], "none.ini"),
            case(&["hosts", "-i", "bad.ini"], "bad.ini:1:"),
            case(&["hosts", "-i", "twice.ini"], "stands twice"),
            case(&["hosts", "-i", i, "-e", "novalue"], "expected `NAME=VALUE`"),
        ],
    );
    check(
        &desk,
        &[Case {
            words: &["hosts", "-i", i, "web:!web", "--allow-empty"],
            code: 0,
            stdout: "",
            stderr: "",
        }],
    );
}

#[test]
fn json_shows_all_but_passwords() {
    let desk = Desk::new();
    let ran =
        desk.hep(&["hosts", "-i", "hosts.ini", "--output", "json", "w1,d1,gone", "-u", "ops"]);
    assert_eq!(
        ran.objects(),
        [
            json!({"name": "w1", "address": "w1", "port": null, "user": "ops", "groups": ["web"],
                "vars": {"ansible_connection": "local", "n": 7}}),
            json!({"name": "d1", "address": "d1", "port": null, "user": "ops", "groups": ["db"],
                "vars": {"ansible_connection": "local", "ansible_password": "********"}}),
            json!({"name": "gone", "address": "127.0.0.1", "port": 1, "user": "ops", "groups": ["dead"],
                "vars": {"ansible_host": "127.0.0.1", "ansible_port": 1}}),
        ]
    );
}

#[test]
fn the_environment_says_the_same_as_the_options() {
    let desk = Desk::new();
    let mut command = desk.command(&["hosts", "--output", "json", "w1"]);
    command.env("HEP_INVENTORY", "hosts.ini").env("HEP_USER", "env").env("HEP_PORT", "2222");
    let ran = crate::desk::Ran::of(command.output().unwrap());
    let object = &ran.objects()[0];
    assert_eq!((object["user"].as_str(), object["port"].as_u64()), (Some("env"), Some(2222)));
}

/// An inventory of each format, the words that name it, and what the host `web1` of it looks like.
#[test]
fn every_format_gives_the_same_fields() {
    let desk = Desk::new();
    desk.file("plain", "# the first hep's\nops@10.0.0.1:2222\nweb1\n");
    desk.file(
        "cloudManager.ini",
        "[nodes]\nweb1=10.0.0.1:8080\n[referee]\nip=10.0.0.9\nconfig=/c\nclusterID=x\nclusterFolder=/f\n",
    );
    desk.file("ansible.ini", "[web]\nweb[1:2] ansible_host=10.0.0.1 ansible_port=2222 n=1\n[web:vars]\nansible_user=ops\n");
    desk.file(
        "ansible.yml",
        "web:\n  hosts:\n    web1: {ansible_host: 10.0.0.1, ansible_port: 2222, n: 1}\n  vars: {ansible_user: ops}\n",
    );
    let program = desk.file(
        "dynamic",
        "#!/bin/sh\necho '{\"web\": {\"hosts\": [\"web1\"], \"vars\": {\"ansible_user\": \"ops\"}}, \"_meta\": {\"hostvars\": \
         {\"web1\": {\"ansible_host\": \"10.0.0.1\", \"ansible_port\": 2222, \"n\": 1}}}}'\n",
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    desk.file("ssh_config", "Host web1\n  HostName 10.0.0.1\n  Port 2222\n  User ops\n");
    desk.file("many/a.ini", "[web]\nweb1 ansible_host=10.0.0.1 ansible_port=2222 n=1\n");
    desk.file("many/group_vars/web.yml", "ansible_user: ops\n");
    let ansible = json!({"name": "web1", "address": "10.0.0.1", "port": 2222, "user": "ops", "groups": ["web"],
        "vars": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": "ops", "n": 1}});
    let bare = json!({"name": "web1", "address": "web1", "port": null, "user": null, "groups": ["ungrouped"], "vars": {}});
    let cases = [
        ("plain", bare.clone()),
        ("web1,", bare),
        (
            "cloudManager.ini",
            json!({"name": "web1", "address": "10.0.0.1", "port": null, "user": "root", "groups": ["ungrouped"],
                "vars": {"ansible_host": "10.0.0.1", "ansible_user": "root",
                    "hep_member_address": "10.0.0.1:8080", "hep_member_port": 8080}}),
        ),
        ("ansible.ini", ansible.clone()),
        ("ansible.yml", ansible.clone()),
        ("./dynamic", ansible.clone()),
        ("many", ansible),
        (
            "ssh_config",
            json!({"name": "web1", "address": "10.0.0.1", "port": 2222, "user": "ops", "groups": ["ungrouped"],
                "vars": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": "ops"}}),
        ),
    ];
    let fields = ["name", "address", "port", "user", "groups", "vars"];
    for (inventory, expected) in cases {
        let ran = desk.hep(&["hosts", "-i", inventory, "--output", "json", "web1"]);
        assert_eq!(ran.code, 0, "{inventory}: {ran:?}");
        let object = ran.objects().remove(0);
        let found: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, fields, "{inventory}");
        assert_eq!(object, expected, "{inventory}");
    }
    // What stands in a plain list is the name; the parts say how it is reached.
    let ran = desk.hep(&["hosts", "-i", "plain", "--output", "json", "10.0.0.1"]);
    let object = ran.objects().remove(0);
    assert_eq!((&object["port"], &object["user"]), (&json!(2222), &json!("ops")), "{object}");
    // The referee stands outside `all`.
    assert_eq!(desk.hep(&["hosts", "-i", "cloudManager.ini", "referee"]).stdout, "referee\n");
    assert_eq!(desk.hep(&["hosts", "-i", "cloudManager.ini"]).stdout, "web1\n");
}
