//! `hep hosts`: selectors over inventories.

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
