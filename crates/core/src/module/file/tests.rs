//! Tests of `file`.

use proptest::prelude::*;

use super::*;
use crate::memory::Host;
use crate::module_test::{Case, Expect, check, check_all, options};

fn case(name: &'static str, host: &str, opts: &str, expect: Expect) -> Case {
    Case { name, host: Host::new(host), module: "file", options: options(opts), expect }
}

#[test]
fn files_and_directories() {
    check_all(&[
        case(
            "attributes",
            "/f 0600 = x",
            "path: /f\nmode: \"0644\"",
            Expect::changes("attrs /f 0644")
                .result("mode", "0644")
                .result("state", "file")
                .result("path", "/f"),
        ),
        case(
            "all is well",
            "/f 0600 = x",
            "path: /f\nmode: u=rw,go=\nowner: root\ngroup: \"0\"",
            Expect::nothing(),
        ),
        case(
            "a number without a user",
            "/f 0600 = x",
            "path: /f\nowner: \"77\"",
            Expect::changes("attrs /f 77:").result("uid", 77_i64),
        ),
        case(
            "chown keeps set-user-id",
            "user joe 5:0 /\n/f 4755 = x",
            "path: /f\nowner: joe",
            Expect::changes("attrs /f 4755 joe:"),
        ),
        case("not there", "", "path: /f\nstate: file", Expect::error("does not exist")),
        case("not there, nothing said", "", "path: /f", Expect::error("does not exist")),
        case("is a directory", "/d/ 0755", "path: /d\nstate: file", Expect::error("directory")),
        case(
            "through a link",
            "/f 0600 = x\n/l -> f",
            "path: /l\nstate: file\nmode: \"0644\"",
            Expect::changes("attrs /f 0644").result("path", "/f"),
        ),
        case(
            "a directory",
            "",
            "path: /d\nstate: directory",
            Expect::changes("mkdir /d").result("state", "directory"),
        ),
        case(
            "with its parents",
            "",
            "path: /a/b/c\nstate: directory\nmode: \"0750\"",
            Expect::changes("mkdir /a 0750\nmkdir /a/b 0750\nmkdir /a/b/c 0750")
                .result("mode", "0750"),
        ),
        case(
            "parents that are there",
            "/a/ 0755",
            "path: /a/b/\nstate: directory\nmode: u=rwx,go=",
            Expect::changes("mkdir /a/b 0700"),
        ),
        case(
            "a directory that is there",
            "/a/ 0755",
            "path: /a\nstate: directory\nmode: \"0700\"",
            Expect::changes("attrs /a 0700"),
        ),
        case(
            "a file in the way",
            "/a 0644 = x",
            "path: /a/b\nstate: directory",
            Expect::error("`/a`"),
        ),
        case(
            "a file is no directory",
            "/a 0644 = x",
            "path: /a\nstate: directory",
            Expect::error("file"),
        ),
        case(
            "recursive",
            "user joe 5:0 /\n/a/ 0755\n/a/f 0644 = x\n/a/d/ 0700\n/a/d/x 0755 = y\n/a/l -> f",
            "path: /a\nrecurse: true\nstate: directory\nowner: joe\nmode: u=rwX,go=rX",
            Expect::changes(
                "attrs /a joe:\nattrs /a/d 0755 joe:\nattrs /a/d/x joe:\nattrs /a/f joe:\nattrs /a/l joe:",
            ),
        ),
        case(
            "recursive but no directory",
            "/f 0644 = x",
            "path: /f\nrecurse: true",
            Expect::error("recurse"),
        ),
        case(
            "src without a link",
            "/f 0644 = x",
            "path: /f\nsrc: y\nstate: file",
            Expect::error("src"),
        ),
        case("relative", "", "path: f\nstate: directory", Expect::error("absolute")),
        case("SELinux", "", "path: /f\nsetype: etc_t", Expect::error("setype")),
    ]);
}

#[test]
fn absence_and_times() {
    check_all(&[
        case(
            "a file",
            "/f 0644 = x",
            "path: /f\nstate: absent",
            Expect::changes("remove /f").result("state", "absent").result("path", "/f"),
        ),
        case(
            "a tree",
            "/d/ 0755\n/d/f 0644 = x",
            "path: /d\nstate: absent",
            Expect::changes("remove -r /d"),
        ),
        case(
            "a link",
            "/d/ 0755\n/l -> d",
            "path: /l\nstate: absent",
            Expect::changes("remove /l"),
        ),
        case("nothing", "", "path: /f\nstate: absent", Expect::nothing().result("state", "absent")),
        case(
            "touch a new file",
            "",
            "path: /f\nstate: touch\nmode: \"0600\"\nmodification_time: preserve\naccess_time: preserve",
            Expect::changes("touch /f\nattrs /f 0600").file("/f", "").result("dest", "/f"),
        ),
        case(
            "touch again",
            "/f 0644 = x",
            "path: /f\nstate: touch",
            Expect::changes("touch /f").file("/f", "x").repeats(),
        ),
        case(
            "a time",
            "/f 0644 = x",
            "path: /f\nmodification_time: \"202601020304.05\"",
            Expect::changes("touch /f"),
        ),
        case(
            "a wrong time",
            "/f 0644 = x",
            "path: /f\nmodification_time: soon",
            Expect::error("soon"),
        ),
    ]);
}

#[test]
fn links() {
    check_all(&[
        case(
            "new",
            "/t 0644 = x",
            "path: /l\nsrc: /t\nstate: link",
            Expect::changes("link /l -> /t")
                .result("dest", "/l")
                .result("src", "/t")
                .result("state", "link"),
        ),
        case(
            "relative",
            "/etc/t 0644 = x",
            "path: /etc/l\nsrc: t\nstate: link",
            Expect::changes("link /etc/l -> t"),
        ),
        case(
            "as it is",
            "/t 0644 = x\n/l -> /t",
            "path: /l\nsrc: /t\nstate: link",
            Expect::nothing(),
        ),
        case(
            "elsewhere",
            "/t 0644 = x\n/l -> /s",
            "path: /l\nsrc: /t\nstate: link",
            Expect::changes("link /l -> /t"),
        ),
        case("to nothing", "", "path: /l\nsrc: /t\nstate: link", Expect::error("/t")),
        case(
            "to nothing by force",
            "",
            "path: /l\nsrc: /t\nstate: link\nforce: true",
            Expect::changes("link /l -> /t"),
        ),
        case(
            "in place of a file",
            "/t 0644 = x\n/l 0644 = y",
            "path: /l\nsrc: /t\nstate: link",
            Expect::error("force"),
        ),
        case(
            "in place of a file by force",
            "/t 0644 = x\n/l 0644 = y",
            "path: /l\nsrc: /t\nstate: link\nforce: true",
            Expect::changes("link /l -> /t"),
        ),
        case(
            "in place of an empty directory",
            "/t 0644 = x\n/l/ 0755",
            "path: /l\nsrc: /t\nstate: link\nforce: true",
            Expect::changes("remove /l\nlink /l -> /t"),
        ),
        case(
            "in place of a full directory",
            "/t 0644 = x\n/l/ 0755\n/l/f 0644 = x",
            "path: /l\nsrc: /t\nstate: link\nforce: true",
            Expect::error("not empty"),
        ),
        case(
            "attributes of the target",
            "/t 0644 = x",
            "path: /l\nsrc: /t\nstate: link\nmode: \"0600\"",
            Expect::changes("link /l -> /t\nattrs /l 0600"),
        ),
        case(
            "attributes of the link",
            "user joe 5:0 /\n/t 0644 = x",
            "path: /l\nsrc: /t\nstate: link\nowner: joe\nfollow: false",
            Expect::changes("link /l -> /t\nattrs /l joe:"),
        ),
        case(
            "nothing said",
            "/t 0644 = x\n/l -> /t",
            "path: /l",
            Expect::nothing().result("state", "link"),
        ),
        case("without src", "", "path: /l\nstate: link", Expect::error("src")),
        case(
            "hard",
            "/t 0644 = x",
            "path: /h\nsrc: /t\nstate: hard",
            Expect::changes("hard /h => /t").file("/h", "x").result("state", "hard"),
        ),
        case(
            "hard as it is",
            "/t 0644 = x\n/h => /t",
            "path: /h\nsrc: /t\nstate: hard",
            Expect::nothing(),
        ),
        case(
            "hard in place of a file",
            "/t 0644 = x\n/h 0644 = y",
            "path: /h\nsrc: /t\nstate: hard",
            Expect::error("force"),
        ),
        case(
            "hard into a directory",
            "/t 0644 = x\n/d/ 0755",
            "path: /d\nsrc: /t\nstate: hard",
            Expect::changes("hard /d/t => /t"),
        ),
        case("hard to nothing", "", "path: /h\nsrc: /t\nstate: hard", Expect::error("/t")),
    ]);
}

#[test]
fn the_seed() {
    let seed = "source dir.conf 0640 = x";
    check_all(&[
        case(
            "present",
            seed,
            "src: dir.conf\ndest: /etc/dir.conf\nowner: root\ngroup: root\nmod: 644\naction: present",
            Expect::changes("write /etc/dir.conf 0644 root:root = \"x\"").result("mode", "0644"),
        ),
        case(
            "without action",
            seed,
            "src: dir.conf\ndest: /etc/dir.conf\nmod: 644",
            Expect::changes("write /etc/dir.conf 0644 = \"x\""),
        ),
        case(
            "only what differs",
            &format!("{seed}\n/etc/dir.conf 0600 = x"),
            "src: dir.conf\ndest: /etc/dir.conf\nmod: \"0644\"",
            Expect::changes("attrs /etc/dir.conf 0644"),
        ),
        case(
            "without src",
            "/etc/x 0600 = x",
            "dest: /etc/x\nmod: 777\naction: present",
            Expect::changes("attrs /etc/x 0777"),
        ),
        case(
            "without src and file",
            "",
            "dest: /etc/x\nmod: 777\naction: present",
            Expect::error("does not exist"),
        ),
        case(
            "absent",
            "/etc/x 0600 = x",
            "src: y\ndest: /etc/x\naction: absent",
            Expect::changes("remove /etc/x"),
        ),
        case("absent already", "", "dest: /etc/x\naction: absent", Expect::nothing()),
        case("absent leaves directories", "", "dest: /etc\naction: absent", Expect::nothing()),
        case(
            "action and state",
            "",
            "dest: /etc\naction: absent\nstate: absent",
            Expect::error("action"),
        ),
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_name_works(name in "[^/\0]{1,20}", target in "[^\0]{1,20}") {
        prop_assume!(name != "." && name != "..");
        let options = Value::from([
            ("path", Value::from(format!("/etc/{name}"))), ("src", Value::from(target)),
            ("state", "link".into()), ("force", true.into()),
        ]);
        check(&Case { name: "any", host: Host::default(), module: "file", options, expect: Expect::any() });
    }
}
