//! Tables of cases and properties of selectors.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::inventory::{Builder, Inventory, ini};

const INVENTORY: &str = "\
lone
fe80::1
[web]
web[1:5] env=prod
web6 env=test tags=\"['a', 'b']\"
[db]
db1 env=prod
db2 env=test
[small]
web1
db2
[dc:children]
web
db
";

fn inventory() -> Inventory {
    let mut builder = Builder::new();
    ini::parse(INVENTORY, 0, &mut builder).unwrap();
    for name in ["2001:db8:1:2:3:4:5:6", "a", "b", "c", "d", "e", "f"] {
        builder.outsider(name, crate::node::Pos::default());
    }
    builder.outsider("referee", crate::node::Pos::default());
    builder.finish().unwrap()
}

fn names(text: &str) -> String {
    let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let hosts = selector.select(&inventory()).unwrap_or_else(|error| panic!("{text}: {error}"));
    hosts.join(" ")
}

#[test]
fn selectors_name_their_hosts() {
    let every = "lone fe80::1 web1 web2 web3 web4 web5 web6 db1 db2";
    let cases = [
        // Names and groups, in the order of the inventory whatever the order of the terms.
        ("web3", "web3"),
        ("db2,lone , web1", "lone web1 db2"),
        ("db2:lone:web1,", "lone web1 db2"),
        ("all", every),
        ("*", every),
        ("db", "db1 db2"),
        ("@db", "db1 db2"),
        ("dc:&small", "web1 db2"),
        ("ungrouped", "lone fe80::1"),
        // Globs and regular expressions match hosts and groups.
        ("web?", "web1 web2 web3 web4 web5 web6"),
        ("*2", "web2 db2"),
        ("sm*", "web1 db2"),
        ("web[!123]", "web4 web5 web6"),
        ("[l]one", "lone"),
        ("~(web|db)[12]$", "web1 web2 db1 db2"),
        ("~eb1", ""),
        (r"~[a-z]{2,3}\d$:!db", "web1 web2 web3 web4 web5 web6"),
        ("~w.*,&small", "web1"),
        // Ranges; a group's slices.
        ("web[2-4]", "web2 web3 web4"),
        ("web[1,5-6]", "web1 web5 web6"),
        ("db[1-2],lone", "lone db1 db2"),
        ("db[1:2],lone", "lone db2"),
        ("web[0]", "web1"),
        ("web[-1]", "web6"),
        ("web[0:2]", "web1 web2 web3"),
        ("web[1:5]", "web2 web3 web4 web5 web6"),
        ("@web[4:]", "web5 web6"),
        ("@web[1-2]", "web2 web3"),
        ("@web[4:99]", "web5 web6"),
        ("db*[0]", "db1"),
        // Labels.
        ("env=test", "web6 db2"),
        ("env=pr*,&db", "db1"),
        ("tags=b", "web6"),
        ("env=none", ""),
        // Ansible's marks come last: intersections, then exclusions.
        ("web:db:&small:!db2", "web1"),
        ("!db2,web,&small,db", "web1"),
        ("!dc", "lone fe80::1"),
        ("&db", "db1 db2"),
        // ClusterShell's operators work from left to right.
        ("web&small", "web1"),
        ("web!web[2-5]", "web1 web6"),
        ("web,db&small", "web1 db2"),
        ("web!web3,web3", "web1 web2 web3 web4 web5 web6"),
        ("web,!web3,web3", "web1 web2 web4 web5 web6"),
        ("db,web & small ! web1", "db2"),
        ("web!web1:&small", ""),
        // IPv6 addresses.
        ("fe80::1", "fe80::1"),
        ("[fe80::1]", "fe80::1"),
        ("lone,fe80::1", "lone fe80::1"),
        ("web1:fe80::1", "fe80::1 web1"),
        ("fe80::1:!lone", "fe80::1"),
        ("[fe80::1]:lone", "lone fe80::1"),
        ("all!fe80::1&ungrouped", "lone"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
        ("2001:db8:1:2:3:4:5:6:!lone", "2001:db8:1:2:3:4:5:6"),
        ("a:b:c:d:e:f:a:b:c", "a b c d e f"),
        // Outside `all`: by name only.
        ("referee", "referee"),
        ("refer*", ""),
        ("localhost", "localhost"),
        ("::1,lone", "lone ::1"),
    ];
    for (text, hosts) in cases {
        assert_eq!(names(text), hosts, "{text}");
    }
}

#[test]
fn what_cannot_be_read_or_found_is_an_error() {
    let cases = [
        ("", "selector_empty"),
        (" , ", "selector_empty"),
        ("web1 web2", "selector_space"),
        ("web[1", "selector_open"),
        ("web&", "selector_term"),
        ("web,&", "selector_term"),
        ("!!web", "selector_term"),
        ("@", "selector_term"),
        ("=x", "selector_term"),
        ("~(", "selector_open"),
        ("~+", "selector_regex"),
        ("web7", "unknown_host"),
        ("web,!stagin", "unknown_host"),
        ("@wbe", "unknown_group"),
        ("web[4-7]", "range_unknown_host"),
        ("web[01-02]", "range_unknown_host"),
        ("web[6]", "selector_slice"),
        ("web[-7]", "selector_slice"),
    ];
    for (text, id) in cases {
        let error = Selector::parse(text).and_then(|selector| selector.select(&inventory()));
        assert_eq!(error.unwrap_err().id, format!("inventory.{id}"), "{text}");
    }
    let error = Selector::parse("wbe1").unwrap().select(&inventory()).unwrap_err();
    assert!(error.to_string().ends_with("did you mean `web1`?"), "{error}");
    let lenient = Selector::parse("lone:stagin").unwrap().evaluate(&inventory()).unwrap();
    assert_eq!((lenient.hosts.join(" ").as_str(), lenient.unknown.len()), ("lone", 1));
}

#[test]
fn long_lists_are_read_in_linear_time() {
    for join in [":", ","] {
        let names: Vec<String> = (0..20_000).map(|number| format!("web{number}")).collect();
        let selector = Selector::parse(&names.join(join)).unwrap();
        assert_eq!(selector.base.len(), names.len());
    }
}

#[test]
fn limit_files_take_the_place_of_unknown_groups() {
    let inventory = inventory();
    let mut read = |name: &str| {
        let text = (name == "site.retry").then(|| "# failed\nweb1\n\ndb[1-2]\n".to_owned());
        Ok(text.or_else(|| (name == "empty").then(String::new)))
    };
    let mut select = |text: &str| {
        let selector = Selector::parse(text).unwrap().with_files(&mut read).unwrap();
        assert_eq!(Selector::parse(text).unwrap().to_string(), selector.to_string());
        selector.select(&inventory).unwrap().join(" ")
    };
    assert_eq!(select("@site.retry"), "web1 db1 db2");
    assert_eq!(select("web,&@site.retry"), "web1");
    assert_eq!(select("@db,!@empty"), "db1 db2");
    assert_eq!(select("@empty"), "");
}

#[test]
fn a_path_follows_the_first_colon_outside_brackets() {
    let cases = [
        ("web:/tmp", Some(("web", "/tmp"))),
        ("web[1:5]:a:b", Some(("web[1:5]", "a:b"))),
        ("[fe80::1]:/x", Some(("[fe80::1]", "/x"))),
        ("B,D:dir", Some(("B,D", "dir"))),
        ("web", None),
    ];
    for (text, parts) in cases {
        assert_eq!(split_target(text), parts, "{text}");
    }
}

/// Terms that the inventory above knows.
fn term() -> impl Strategy<Value = String> {
    let known = [
        "all",
        "web",
        "db",
        "@small",
        "dc",
        "web1",
        "web?",
        "db*",
        "~.*2",
        "env=prod",
        "lone",
        "web[2-4]",
        "@web[1:3]",
        "fe80::1",
        "ungrouped",
    ];
    prop::sample::select(known.to_vec()).prop_map(str::to_owned)
}

/// A selector of several terms in `ClusterShell`'s form, which composes from left to right.
fn several() -> impl Strategy<Value = String> {
    let joined = (term(), prop::sample::select(vec![",", "&", "!"]));
    (term(), prop::collection::vec(joined, 0..4)).prop_map(|(first, more)| {
        more.into_iter().fold(first, |all, (term, op)| format!("{all}{op}{term}"))
    })
}

fn set(text: &str) -> BTreeSet<String> {
    let hosts = Selector::parse(text).unwrap().select(&inventory()).unwrap();
    hosts.iter().map(ToString::to_string).collect()
}

proptest! {
    #[test]
    fn the_algebra_is_that_of_sets(a in several(), b in term(), c in term()) {
        let (set_a, set_b, set_c) = (set(&a), set(&b), set(&c));
        let both: BTreeSet<String> = set_a.intersection(&set_b).cloned().collect();
        let either: BTreeSet<String> = set_a.union(&set_b).cloned().collect();
        let without: BTreeSet<String> = set_a.difference(&set_b).cloned().collect();
        prop_assert_eq!(set(&format!("{a},{b}")), either.clone());
        prop_assert_eq!(set(&format!("{a}&{b}")), both.clone());
        prop_assert_eq!(set(&format!("{a}!{b}")), without.clone());
        // Ansible's marks say the same for one term each, wherever they stand.
        prop_assert_eq!(set(&format!("{a},&{b}")), both.clone());
        prop_assert_eq!(set(&format!("!{b},{a}")), without.clone());
        // Union commutes and is idempotent; excluding twice is excluding once.
        prop_assert_eq!(set(&format!("{b},{c}")), set(&format!("{c},{b}")));
        prop_assert_eq!(set(&format!("{b},{b}")), set_b.clone());
        prop_assert_eq!(set(&format!("{a}!{b}!{b}")), without);
        // All intersections, then all exclusions, in any order of writing.
        let last: BTreeSet<String> = both.difference(&set_c).cloned().collect();
        prop_assert_eq!(set(&format!("{a},&{b},!{c}")), last.clone());
        prop_assert_eq!(set(&format!("{a}:!{c}:&{b}")), last);
        prop_assert!(both.is_subset(&set_a) && set_a.is_subset(&either));
    }

    #[test]
    fn the_order_is_that_of_the_inventory(text in several()) {
        let inventory = inventory();
        let hosts = Selector::parse(&text).unwrap().select(&inventory).unwrap();
        let places: Vec<usize> =
            hosts.iter().map(|host| inventory.hosts().get_index_of(&**host).unwrap()).collect();
        prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn any_text_parses_or_fails_without_panic(text in "\\PC{0,30}") {
        let _ = Selector::parse(&text);
    }

    #[test]
    fn what_is_written_reads_back(text in "[a-c0-3@*?~=,:&! \\[\\](){}\\\\.%|-]{0,20}") {
        if let Ok(selector) = Selector::parse(&text) {
            let written = selector.to_string();
            let again = Selector::parse(&written);
            prop_assert_eq!(again.as_ref(), Ok(&selector), "{} -> {}", text, written);
            let _ = selector.evaluate(&inventory());
        }
    }
}

#[test]
fn which_selectors_name_a_group() {
    for (text, by_name, beside_a_host) in [
        ("web", true, false),
        ("@web", true, true),
        ("all:!web", true, false),
        ("db&@web", true, true),
        ("web[1:]", true, true),
        ("@web[0]", true, true),
        ("webs", false, false),
        ("web*", false, false),
        ("web[1-3]", false, false),
        ("env=web", false, false),
    ] {
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.names_group("web", false), by_name, "{text}");
        assert_eq!(selector.names_group("web", true), beside_a_host, "{text}");
    }
}

#[test]
fn which_selectors_name_a_host() {
    for (text, names) in [
        ("web1", true),
        ("db:web1", true),
        ("all:!web1", true),
        ("db&web1", true),
        ("web[1-3]", true),
        ("web[2-3]", false),
        ("@web1", false),
        ("web*", false),
        ("web11", false),
        ("~web1", false),
        ("env=web1", false),
        ("all", false),
    ] {
        assert_eq!(Selector::parse(text).unwrap().names_host("web1"), names, "{text}");
    }
}
