//! Tests of the overlay: what later tasks of a check see.

use super::*;
use crate::memory::Host;
use crate::module_test::{line, overlaid, plan_with};
use crate::query::Query;
use crate::value::Value;

/// Plans the tasks one after another over the overlay, as a check does; gives what each would change.
fn checked(host: &Host, tasks: &[(&str, &str)]) -> (Overlay, Vec<String>) {
    let mut overlay = Overlay::default();
    let mut seen = Vec::new();
    for (module, options) in tasks {
        let kind = crate::module::find(module).unwrap();
        let options = crate::module_test::options(options);
        let ask = |question: &Question| overlaid(&overlay, host, question);
        match plan_with(&options, kind, true, &ask, host) {
            Ok(plan) => {
                seen.extend(plan.changes.iter().map(|planned| line(&planned.change)));
                plan.changes.iter().for_each(|p| overlay.plan(&p.change, &host.identity));
            }
            Err(stop) => seen.push(format!("{stop:?}").chars().take(7).collect()),
        }
    }
    (overlay, seen)
}

fn effect(effect: Effect) -> Change {
    let effects = vec![effect];
    Change::Run(Box::new(crate::change::Run { effects, ..crate::change::Run::default() }))
}

fn install(overlay: &mut Overlay, names: &[&str]) {
    let names = names.iter().map(|name| Arc::from(*name)).collect();
    overlay.plan(&effect(Effect::Packages { names, installed: true }), &Identity::default());
}

#[test]
fn later_tasks_see_what_earlier_ones_plan() {
    let host = Host::new("source a 0644 = one\\ntwo\\n\n/old/ 0755\n/old/f 0644 = x");
    for (tasks, expected) in [
        (
            &[
                ("file", "path: /srv/app\nstate: directory"),
                ("copy", "src: a\ndest: /srv/app/"),
                ("lineinfile", "path: /srv/app/a\nline: three"),
                ("lineinfile", "path: /srv/app/a\nline: two\nstate: absent"),
                ("file", "path: /srv/now\nsrc: app\nstate: link"),
                ("file", "path: /srv/now/a\nmode: \"0600\""),
                ("file", "path: /srv/app/a\nmode: \"0600\""),
            ][..],
            &[
                "mkdir /srv",
                "mkdir /srv/app",
                "write /srv/app/a = \"one\\ntwo\\n\"",
                "write /srv/app/a = \"one\\ntwo\\nthree\\n\"",
                "write /srv/app/a = \"one\\nthree\\n\"",
                "link /srv/now -> app",
                "attrs /srv/now/a 0600",
            ][..],
        ),
        (
            &[
                ("file", "path: /old\nstate: absent"),
                ("file", "path: /old/f\nstate: absent"),
                ("copy", "content: y\ndest: /old/f"),
                ("file", "path: /old\nstate: directory\nmode: \"0700\""),
                ("copy", "content: y\ndest: /old/f"),
            ],
            &["remove -r /old", "Fail(Me", "mkdir /old 0700", "write /old/f = \"y\""],
        ),
        (
            &[
                ("file", "path: /old/f\nmode: \"0600\""),
                ("file", "path: /old/f\nmode: u+x"),
                ("copy", "src: /old/f\ndest: /old/g\nremote_src: true\nmode: preserve"),
                ("lineinfile", "path: /old/g\nline: z"),
            ],
            &[
                "attrs /old/f 0600",
                "attrs /old/f 0700",
                "write /old/g 0700 = copy of /old/f",
                "write /old/g = \"x\\nz\\n\"",
            ],
        ),
    ] {
        assert_eq!(checked(&host, tasks).1, expected);
    }
}

#[test]
fn a_directory_lists_what_is_planned_in_it() {
    let host = Host::new("/d/ 0755\n/d/a 0644 = 1\n/d/b 0644 = 2\n/d/s/ 0755\n/d/s/x 0644 = 3");
    let (overlay, _) = checked(
        &host,
        &[
            ("file", "path: /d/a\nstate: absent"),
            ("file", "path: /d/s\nstate: absent"),
            ("copy", "content: 3\ndest: /d/c"),
            ("file", "path: /d/b\nmode: \"0600\""),
        ],
    );
    let list = Question::List { path: "/d".into(), recurse: true };
    let Answer::Entries(Some(entries)) = overlaid(&overlay, &host, &list) else { panic!() };
    let seen: Vec<_> = entries.iter().map(|(name, stat)| (&**name, stat.mode)).collect();
    assert_eq!(seen, [("b", 0o600), ("c", 0o644)]);
    let glob =
        |pattern: &str| overlaid(&overlay, &host, &Question::Glob { pattern: pattern.into() });
    assert_eq!(glob("/d/[ac]"), Answer::Paths(vec!["/d/c".into()]));
    assert_eq!(glob("/d/s/*"), Answer::Paths(vec![]));
}

#[test]
fn what_a_package_may_bring_is_unknown_and_what_is_there_is_not() {
    let host = Host::new("/etc/motd 0644 = x\npackage bash 5");
    let mut overlay = Overlay::default();
    install(&mut overlay, &["apache2"]);
    let stat = |path: &str| Question::Stat { path: path.into(), follow: false, digest: false };
    let unknown = Answer::Unknown("package `apache2` is not installed yet".into());
    for question in [
        stat("/etc/apache2/apache2.conf"),
        Question::User("www-data".into()),
        Question::Group("www-data".into()),
        Question::Program("apachectl".into()),
        Question::Query(Query::SystemdShow("apache2".into())),
        Question::Glob { pattern: "/etc/apache2/*".into() },
    ] {
        assert_eq!(overlaid(&overlay, &host, &question), unknown, "{question:?}");
    }
    assert_eq!(overlaid(&overlay, &host, &stat("/home/x")), Answer::Stat(None));
    assert!(matches!(overlaid(&overlay, &host, &stat("/etc/motd")), Answer::Stat(Some(_))));
    let names = vec!["apache2".into(), "bash".into()];
    let query = Question::Query(Query::DpkgStatus(names));
    let Answer::Output(output) = overlaid(&overlay, &host, &query) else { panic!() };
    assert_eq!(output.rc, 0);
    assert_eq!(
        output.stdout.lossy(),
        "apache2\t\t\tinstall ok installed\t\nbash\t5\tamd64\tinstall ok installed\t\n"
    );
}

#[test]
fn planned_users_groups_and_units_are_there() {
    let host =
        Host::new("group adm 4\nuser bob 9:9 /home/bob adm\nunit ssh.service active enabled");
    let mut overlay = Overlay::default();
    let account = Account {
        name: "app".into(),
        uid: UNKNOWN_ID,
        gid: UNKNOWN_ID,
        gecos: "".into(),
        home: "/srv".into(),
        shell: "/bin/sh".into(),
        groups: vec!["adm".into()],
        locked: None,
        password: None,
    };
    let identity = Identity::default();
    let user = |name: &str, account| Effect::User { name: name.into(), account };
    overlay.plan(&effect(user("app", Some(Box::new(account)))), &identity);
    overlay.plan(&effect(user("bob", None)), &identity);
    let (name, active, file_state) = ("ssh".into(), Some(false), Some("disabled".into()));
    overlay.plan(&effect(Effect::Unit { name, active, file_state }), &identity);
    let ask = |question| overlaid(&overlay, &host, &question);
    assert_eq!(ask(Question::User("bob".into())), Answer::User(None));
    assert_eq!(ask(Question::User("9".into())), Answer::User(None));
    let Answer::Group(Some(adm)) = ask(Question::Group("adm".into())) else { panic!() };
    assert_eq!(adm.members, ["app".into()]);
    let Answer::Output(unit) = ask(Question::Query(Query::SystemdShow("ssh".into()))) else {
        panic!()
    };
    assert!(
        unit.stdout.lossy().contains("ActiveState=inactive\nSubState=dead\nUnitFileState=disabled")
    );
    // A file of a user whose number is not known yet is owned by name, and then nothing is left to do.
    let kind = crate::module::find("copy").unwrap();
    let options = Value::from([("dest", "/etc/x"), ("content", "x"), ("owner", "app")]);
    let planned = plan_with(&options, kind, true, &|q| ask(q.clone()), &host).unwrap().changes;
    assert_eq!(line(&planned[0].change), "write /etc/x app: = \"x\"");
    let mut after = overlay.clone();
    after.plan(&planned[0].change, &identity);
    let ask = |question: &Question| overlaid(&after, &host, question);
    assert_eq!(plan_with(&options, kind, true, &ask, &host).unwrap().changes, []);
}
