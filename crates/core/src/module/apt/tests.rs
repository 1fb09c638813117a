//! Tests of `apt`.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::change::{Deed, Effect};
use crate::observe::{Answer, FileKind, Output, Stat};
use crate::plan_case::{self, Known as Fact, check, commands, plan, planned, result, runs};

fn status(names: &[&str], lines: &str) -> Fact {
    let names = names.iter().map(|name| Arc::from(*name)).collect();
    (Question::Query(Query::DpkgStatus(names)), output(0, lines, ""))
}

fn output(rc: i32, stdout: &str, stderr: &str) -> Answer {
    Answer::Output(Output { rc, stdout: stdout.into(), stderr: stderr.into() })
}

fn simulated(args: &[&str], answer: Answer) -> Fact {
    let conf = [
        "--yes",
        "-o",
        "Dpkg::Use-Pty=0",
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "Dpkg::Options::=--force-confold",
    ];
    let args = conf.iter().chain(args).map(|word| Arc::from(*word)).collect();
    (Question::Query(Query::AptSimulate(args)), answer)
}

fn stat(path: &str, mtime_s: i64) -> Fact {
    let stat = Stat {
        kind: FileKind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        owner: None,
        group: None,
        size: 0,
        mtime_ns: mtime_s * 1_000_000_000,
        atime_ns: 0,
        ctime_ns: 0,
        dev: 0,
        ino: 0,
        nlink: 1,
        target: None,
        sha256: None,
    };
    let question = Question::Stat { path: path.into(), follow: false, digest: false };
    (question, Answer::Stat(Some(Box::new(stat))))
}

const HTOP: &str = "htop\t3.2\tamd64\tinstall ok installed\t\n";
const INST: &str = "Inst htop (3.2 Debian:12 [amd64])\nConf htop (3.2)\n";

/// The words after apt's fixed options, of each command.
fn short(plan: &Plan) -> Vec<String> {
    let fixed =
        |word: &&&str| !word.starts_with("Dpkg::") && !["-o", "--quiet", "--yes"].contains(word);
    runs(plan)
        .iter()
        .map(|argv| argv.iter().filter(fixed).copied().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn what_is_there_is_left_alone() {
    let none = status(&[], "");
    for (options, known) in [
        (json!({"name": ["htop"]}), vec![status(&["htop"], HTOP)]),
        (json!({"name": ["htop=3.*"]}), vec![status(&["htop"], HTOP)]),
        (json!({"package": ["htop"], "action": "install"}), vec![status(&["htop"], HTOP)]),
        (json!({"pkg": ["nano"], "state": "absent"}), vec![status(&["nano"], "")]),
        (json!({"name": ["nano"], "action": "remove"}), vec![status(&["nano"], "")]),
        (
            json!({"name": ["nano"], "only_upgrade": true}),
            vec![status(&["nano"], ""), none.clone()],
        ),
        (
            json!({"name": ["awk"]}),
            vec![status(&["awk"], ""), status(&[], "mawk\t1\tamd64\tinstall ok installed\tawk\n")],
        ),
        (
            json!({"name": ["htop"], "state": "latest"}),
            vec![simulated(&["install", "--", "htop"], output(0, "htop is newest\n", ""))],
        ),
    ] {
        let plan = planned(&KIND, options.clone(), &known);
        assert_eq!(plan.changes, [], "{options}");
    }
}

#[test]
fn what_differs_is_one_call() {
    let none = status(&[], "");
    let install = |names: &[&str]| {
        let words: Vec<&str> = ["install", "--"].into_iter().chain(names.iter().copied()).collect();
        simulated(&words, output(0, INST, ""))
    };
    for (options, known, expected) in [
        (
            json!({"name": ["htop", "nano"]}),
            vec![status(&["htop", "nano"], ""), none.clone(), install(&["htop", "nano"])],
            "apt-get install -- htop nano",
        ),
        (
            json!({"name": ["htop", "nano"]}),
            vec![status(&["htop", "nano"], HTOP), none.clone(), install(&["nano"])],
            "apt-get install -- nano",
        ),
        (
            json!({"name": ["htop=4"]}),
            vec![status(&["htop"], HTOP), install(&["htop=4"])],
            "apt-get install -- htop=4",
        ),
        (
            json!({"name": ["htop"], "state": "removed", "purge": true, "autoremove": true}),
            vec![
                status(&["htop"], HTOP),
                simulated(
                    &["--auto-remove", "--purge", "remove", "--", "htop"],
                    output(0, "Purg htop [3.2]\n", ""),
                ),
            ],
            "apt-get --auto-remove --purge remove -- htop",
        ),
        (
            json!({"upgrade": true}),
            vec![simulated(&["--with-new-pkgs", "upgrade"], output(0, INST, ""))],
            "apt-get --with-new-pkgs upgrade",
        ),
        (
            json!({"upgrade": "dist", "autoremove": true}),
            vec![simulated(&["--auto-remove", "dist-upgrade"], output(0, INST, ""))],
            "apt-get --auto-remove dist-upgrade",
        ),
        (
            json!({"name": ["*"], "state": "latest"}),
            vec![simulated(&["--with-new-pkgs", "upgrade"], output(0, INST, ""))],
            "apt-get --with-new-pkgs upgrade",
        ),
        (
            json!({"autoremove": true}),
            vec![simulated(&["autoremove"], output(0, "Remv x [1]\n", ""))],
            "apt-get autoremove",
        ),
        (
            json!({"autoclean": true}),
            vec![simulated(&["autoclean"], output(0, "Del x 1 [5 B]\n", ""))],
            "apt-get autoclean",
        ),
    ] {
        let plan = planned(&KIND, options.clone(), &known);
        assert_eq!(short(&plan), [expected], "{options}");
        let run = commands(&plan)[0];
        assert!(run.env.contains(&("DEBIAN_FRONTEND".into(), "noninteractive".into())));
        assert_eq!(run.lock_wait_ms, Some(60_000));
        assert!(plan.changes[0].diff.is_some());
    }
    let known = [status(&["htop"], ""), none, install(&["htop"])];
    let plan = planned(&KIND, json!({"name": ["htop"]}), &known);
    assert_eq!(
        commands(&plan)[0].effects,
        [Effect::Packages { names: vec!["htop".into()], installed: true }]
    );
}

/// That lists were fetched once.
fn fetched() -> Fact {
    let paths = vec!["/var/lib/apt/lists/deb.debian.org_InRelease".into()];
    (Question::Glob { pattern: FETCHED.into() }, Answer::Paths(paths))
}

#[test]
fn lists_are_refreshed_when_they_are_old() {
    let now = 1_700_000_000;
    for (options, known, refreshes) in [
        (json!({"update_cache": true}), vec![], true),
        (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 61)], true),
        (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 59)], true),
        (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 59), fetched()], false),
        (json!({"cache_valid_time": 60}), vec![stat(LISTS, now - 61), fetched()], true),
        (json!({"cache_valid_time": 60}), vec![stat(LISTS, now), stat(STAMP, now - 61)], true),
        (json!({"cache_valid_time": 60}), vec![], true),
    ] {
        let plan = planned(&KIND, options.clone(), &known);
        assert_eq!(short(&plan), vec!["apt-get update"; usize::from(refreshes)], "{options}");
        assert_eq!(plan.then, Then::Done);
    }
}

#[test]
fn a_refresh_before_an_install_is_planned_anew_once() {
    let known = [
        status(&["htop"], ""),
        status(&[], ""),
        simulated(&["install", "--", "htop"], output(0, INST, "")),
    ];
    for options in [
        json!({"name": ["htop"], "update_cache": true}),
        json!({"package": ["htop"], "action": "install"}),
    ] {
        let first = planned(&KIND, options.clone(), &known);
        assert_eq!((short(&first), first.then), (vec!["apt-get update".to_owned()], Then::Again));
        assert_eq!(first.changed, Some(false));
        let second = plan_case::again(&KIND, options, &known);
        assert_eq!(
            (short(&second), second.then),
            (vec!["apt-get install -- htop".to_owned()], Then::Done)
        );
        assert_eq!(result(&second)["cache_updated"], true);
    }
}

#[test]
fn a_refresh_that_brought_nothing_is_no_change() {
    for (stdout, changed) in [("Hit:1 http://x\n", false), ("Hit:1 x\nGet:2 y\n", true)] {
        let (module, plan) = plan_case::module(&KIND, json!({"update_cache": true}), &[]);
        let deed = Deed { rc: Some(0), stdout: stdout.into(), ..Deed::default() };
        let finish = module.finish(plan.result, &[Outcome::Done(deed)]);
        assert_eq!(finish.changed, Some(changed));
    }
}

#[test]
fn refusals_name_the_package_and_say_what_to_do() {
    let none = status(&[], "");
    let asked = |answer| {
        vec![status(&["nosuch"], ""), none.clone(), simulated(&["install", "--", "nosuch"], answer)]
    };
    for (options, known, id) in [
        (json!({}), vec![], "package.nothing_asked"),
        (json!({"name": ["-y"]}), vec![], "package.bad_name"),
        (json!({"name": ["a*"]}), vec![], "package.pattern_to_install"),
        (json!({"name": ["a"], "upgrade": "dist"}), vec![], "package.excluded"),
        (json!({"name": ["a"], "state": "build-dep"}), vec![], "package.unsupported"),
        (json!({"deb": "https://x/y.deb"}), vec![], "package.deb_is_url"),
        (json!({"deb": "y.deb"}), vec![], "package.deb_relative"),
        (json!({"deb": "/y.deb"}), vec![], "package.deb_missing"),
        (
            json!({"name": ["nosuch"]}),
            asked(output(100, "", "E: Unable to locate package nosuch\n")),
            "package.unknown",
        ),
        (
            json!({"name": ["nosuch"]}),
            asked(output(
                0,
                "Note, selecting 'nosuch2' for regex 'nosuch'\nInst nosuch2 (1 x)\n",
                "",
            )),
            "package.unknown",
        ),
        (
            json!({"name": ["nosuch"]}),
            asked(output(100, "", "E: Package 'nosuch' has no installation candidate\n")),
            "package.no_candidate",
        ),
        (
            json!({"name": ["nosuch"]}),
            asked(output(100, "", "E: Held packages were changed\n")),
            "package.refused",
        ),
    ] {
        match plan(&KIND, options.clone(), &known) {
            Err(Stop::Fail(message)) => assert_eq!(message.id, id, "{options}"),
            other => panic!("{options}: {other:?}"),
        }
    }
}

#[test]
fn a_file_that_a_check_would_have_copied_defers_it() {
    let known = [
        (
            Question::Stat { path: "/y.deb".into(), follow: true, digest: false },
            stat("/y.deb", 0).1,
        ),
        simulated(&["install", "--", "/y.deb"], output(100, "", "E: Unsupported file\n")),
    ];
    let options = json!({"deb": "/y.deb"});
    assert!(matches!(check(&KIND, options.clone(), &known), Err(Stop::Unknown(_))));
    assert!(matches!(plan(&KIND, options, &known), Err(Stop::Fail(_))));
}
