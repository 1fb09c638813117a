//! Tables of configurations and what they mean for a host.

use proptest::prelude::*;

use super::*;

#[expect(clippy::unnecessary_wraps, reason = "it stands in for a loader")]
fn no_files(_: &str) -> Result<Vec<Source>, String> {
    Ok(vec![])
}

fn env(name: &str) -> Option<String> {
    (name == "KEYS").then(|| "/keys".to_owned())
}

fn context() -> Context<'static> {
    Context {
        home: "/home/ann",
        local_user: "ann",
        local_host: "desk.example.com",
        uid: 1000,
        user: None,
        port: None,
        env: &env,
    }
}

fn resolve(text: &str, host: &str) -> Result<Options, String> {
    Config::parse("f", text, &mut no_files)
        .and_then(|config| config.resolve(host, &context()))
        .map_err(|message| message.to_string())
}

/// What of the options is compared.
type Pick<'a> = &'a dyn Fn(&Options) -> String;

/// One option of each configuration, for one host.
#[test]
fn values() {
    let user = |o: &Options| o.user.clone().unwrap_or_default();
    let keys = |o: &Options| o.identity_files.join(" ");
    let name = |o: &Options| o.host_name.clone().unwrap_or_default();
    let jump = |o: &Options| {
        let hops = o.proxy_jump.iter().flatten();
        hops.map(|j| format!("{:?} {} {:?}", j.user, j.host, j.port)).collect::<Vec<_>>().join(";")
    };
    let known = |o: &Options| format!("{:?}", o.user_known_hosts);
    let cases: &[(&str, &str, Pick<'_>, &str)] = &[
        ("User a\nUser b", "h", &user, "a"),
        ("user=a", "h", &user, "a"),
        ("  USER = \"a b\" # comment", "h", &user, "a b"),
        ("Host other\n User x\nHost *\n User y", "h", &user, "y"),
        ("Host h\n User x\nHost *\n User y", "h", &user, "x"),
        ("Host * !h\n User x\nHost *\n User y", "h", &user, "y"),
        ("Host web-??\n User x", "web-01", &user, "x"),
        ("Host web-??\n User x", "web-1", &user, ""),
        ("Host a\tb  c\n User x", "c", &user, "x"),
        ("Host b\nUser x\nMatch all\nUser y", "a", &user, "y"),
        ("UnknownKeyword yes\nUser x", "h", &user, "x"),
        ("HostName %h.example.com\nIdentityFile /k/%h-%n", "h", &keys, "/k/h.example.com-h"),
        ("HostName 10.0.0.1\nHostName 10.0.0.2", "h", &name, "10.0.0.1"),
        (
            "IdentityFile ~/.ssh/a\nHost *\nIdentityFile %d/%u-%r-%p-%%-%i\nUser bob\nPort 2200",
            "h",
            &keys,
            "/home/ann/.ssh/a /home/ann/ann-bob-2200-%-1000",
        ),
        ("IdentityFile ${KEYS}/x\nIdentityFile \"/a b\"", "h", &keys, "/keys/x /a b"),
        ("IdentityFile none", "h", &keys, ""),
        ("ProxyJump a", "h", &jump, "None a None"),
        (
            "ProxyJump u@a:22,ssh://b:2222,[::1]:3,::2",
            "h",
            &jump,
            "Some(\"u\") a Some(22);None b Some(2222);None ::1 Some(3);None ::2 None",
        ),
        ("ProxyJump none\nProxyJump a", "h", &jump, ""),
        ("ProxyJump gw-%h", "h", &jump, "None gw-h None"),
        ("ProxyJump a\nProxyCommand nc", "h", &jump, "None a None"),
        ("ProxyCommand none\nProxyCommand nc", "h", &jump, ""),
        ("Host x\nProxyCommand nc\nHost *\nProxyJump a", "h", &jump, "None a None"),
        ("UserKnownHostsFile ~/a /b", "h", &known, "Some([\"/home/ann/a\", \"/b\"])"),
        ("UserKnownHostsFile none", "h", &known, "Some([])"),
    ];
    for (text, host, pick, expected) in cases {
        let options = resolve(text, host).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(pick(&options), *expected, "{text:?}");
    }
}

#[test]
fn all_typed_keywords() {
    let text = "Port 2222\nIdentitiesOnly yes\nCertificateFile ~/c\nGlobalKnownHostsFile /g\n\
        StrictHostKeyChecking accept-new\nConnectTimeout 1m30s\nServerAliveInterval 7\n\
        ServerAliveCountMax 4\nHostKeyAlias alias\nIdentityAgent ~/agent\nKexAlgorithms +a\n\
        Ciphers -b\nMACs ^c\nHostKeyAlgorithms d\nPubkeyAcceptedKeyTypes +ssh-rsa\nHashKnownHosts yes";
    let options = resolve(text, "h").unwrap();
    let expected = Options {
        port: Some(2222),
        identities_only: true,
        certificate_files: vec!["/home/ann/c".into()],
        global_known_hosts: Some(vec!["/g".into()]),
        strict_host_key: Some(StrictHostKey::AcceptNew),
        connect_timeout: Some(Duration::from_secs(90)),
        alive_interval: Some(Duration::from_secs(7)),
        alive_count: Some(4),
        host_key_alias: Some("alias".into()),
        identity_agent: Some(IdentityAgent::Socket("/home/ann/agent".into())),
        algorithms: AlgorithmLists {
            kex: Some("+a".into()),
            ciphers: Some("-b".into()),
            macs: Some("^c".into()),
            host_keys: Some("d".into()),
            public_keys: Some("+ssh-rsa".into()),
        },
        hash_known_hosts: true,
        ..Options::default()
    };
    assert_eq!(options, expected);
}

/// Configurations that are refused for the host `h`, and a part of the message.
#[test]
fn refusals() {
    for (text, part) in [
        ("Match exec true\nPort 22", "Match exec"),
        ("\nMatch host h,x tagged a\nPort 22", "f:2"),
        ("Match", "no value"),
        ("Match host", "`host` has no value"),
        ("Match hots h", "`hots`"),
        ("Match all host h", "stands alone"),
        ("Match !all", "stands alone"),
        ("AddressFamily inet", "addressfamily"),
        ("BindAddress 10.0.0.1", "bindaddress"),
        ("BindInterface eth0", "bindinterface"),
        ("KnownHostsCommand /bin/k", "knownhostscommand"),
        ("CASignatureAlgorithms +ssh-rsa", "casignature"),
        ("Hostnme x", "`hostname`"),
        ("IgnoreUnknown x*\nProxyJumps gw", "IgnoreUnknown"),
        ("Host h\n\nProxyCommand nc %h %p", "f:3"),
        ("CanonicalizeHostname yes", "canonicalizehostname"),
        ("RevokedHostKeys /etc/revoked", "revokedhostkeys"),
        ("Port none", "`none`"),
        ("Port 0", "f:1"),
        ("Port", "no value"),
        ("User \"x", "not closed"),
        ("IdentityFile %y", "%y"),
        ("IdentityFile %", "f:1"),
        ("IdentityFile ${NOT_SET}", "NOT_SET"),
        ("StrictHostKeyChecking maybe", "maybe"),
        ("ConnectTimeout 5x", "5x"),
        ("ProxyJump a:b", "a:b"),
        ("ProxyJump ,", "f:1"),
    ] {
        let error = resolve(text, "h").expect_err(text);
        assert!(error.contains(part), "{text:?}: {error}");
    }
}

/// Configurations with unsupported parts that do not apply to the host `h`.
#[test]
fn unsupported_parts_elsewhere_do_no_harm() {
    for text in [
        "Host other\nProxyCommand nc",
        "CanonicalizeHostname no",
        "RevokedHostKeys none",
        "ProxyCommand none",
        "GSSAPIAuthentication yes\nSendEnv LANG LC_*",
        "AddressFamily any\nKnownHostsCommand none",
        "UseKeychain yes\nIgnoreUnknown Hostn*\nHostnme 1",
        "Match host other exec \"test -f /x\"\nPort 22",
        "Match canonical exec true\nPort 22",
        "Match !host h exec true\nPort 22",
    ] {
        resolve(text, "h").unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}

fn included(word: &str) -> Result<Vec<Source>, String> {
    let source = |file: &str, text: &str| Source { file: file.into(), text: text.into() };
    match word {
        "two/*" => Ok(vec![source("one", "User one"), source("two", "User two\nPort 2")]),
        "hosts" => Ok(vec![source("hosts", "Host a\nUser inner-a\nHost *\nUser inner-any")]),
        "match" => Ok(vec![source("match", "Match final all\nUser x")]),
        "loop" => Ok(vec![source("loop", "Include loop")]),
        "missing" => Ok(vec![]),
        _ => Err("permission denied".into()),
    }
}

#[test]
fn includes() {
    let user = |text: &str, host: &str| {
        let config = Config::parse("f", text, &mut included).map_err(|m| m.to_string())?;
        let options = config.resolve(host, &context()).map_err(|m| m.to_string())?;
        Ok::<_, String>(options.user.unwrap_or_default())
    };
    for (text, host, expected) in [
        ("Include two/*", "h", Ok("one")),
        ("User mine\nInclude two/*", "h", Ok("mine")),
        ("Include missing\nUser mine", "h", Ok("mine")),
        ("Host a\nInclude hosts\nUser after", "a", Ok("inner-a")),
        ("Host b\nInclude hosts\nHost *\nUser after", "a", Ok("after")),
        ("Host b\nInclude missing\nUser in-b\nHost *\nUser any", "a", Ok("any")),
        ("Host b\nInclude hosts\nUser in-b", "b", Ok("inner-any")),
        ("Host b\nInclude match\nHost *\nUser any", "a", Ok("any")),
        ("Include match", "a", Ok("x")),
        ("\nInclude denied", "a", Err("f:2")),
        ("Include loop", "a", Err("include one another")),
    ] {
        match (user(text, host), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text:?}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text:?}: {error}"),
            (found, expected) => panic!("{text:?}: {found:?}, not {expected:?}"),
        }
    }
}

/// `Match`: what decides for the host `h`, its login before, and the login after.
#[test]
fn matches() {
    let user = |text: &str| resolve(text, "h").map(|options| options.user.unwrap_or_default());
    for (text, expected) in [
        ("Match host h\nUser x", "x"),
        ("Match host=H\nUser x", "x"),
        ("Match host a,b,!h\nUser x", ""),
        ("Match !host a*\nUser x", "x"),
        ("HostName real\nMatch host real\nUser x", "x"),
        ("HostName real\nMatch host h\nUser x", ""),
        ("HostName real\nMatch originalhost h\nUser x", "x"),
        ("Match host real\nUser x\nHost h\nHostName real", ""),
        ("Match final host real\nUser x\nHost h\nHostName real", "x"),
        ("Match final all\nUser late\nHost h\nUser early", "early"),
        ("Match final all\nUser late\nHost other\nUser early", "late"),
        ("Host real\nUser x\nMatch final\nHost *\nHostName real", "x"),
        ("Match !final\nUser x", "x"),
        ("Match canonical all\nUser x", ""),
        ("Match !canonical\nUser x", "x"),
        ("Match user ann\nUser x", "x"),
        ("User bob\nMatch user ann\nUser x", "bob"),
        ("User bob\nMatch user bob localuser ann\nHostName z", "bob"),
        ("Match localuser someone\nUser x", ""),
        ("Match all\nUser x", "x"),
    ] {
        assert_eq!(user(text).unwrap_or_else(|e| panic!("{text:?}: {e}")), expected, "{text:?}");
    }
    let twice = resolve("Match final all\nPort 2\nHost *\nIdentityFile /a\nIdentityFile /b", "h");
    assert_eq!(twice.unwrap().identity_files, ["/a", "/b"]);
}

#[test]
fn options_given_one_by_one_win() {
    let first = [("ProxyJump", "gw"), ("identityfile", "\"/a b\""), ("User", "ann")];
    let first = Config::of_options("-o", first).unwrap();
    let file = Config::parse("f", "User bob\nPort 2222\nProxyCommand nc", &mut no_files).unwrap();
    let options = Config::resolve_all(&[&first, &file], "h", &context()).unwrap();
    assert_eq!((options.user.as_deref(), options.port), (Some("ann"), Some(2222)));
    assert_eq!(options.identity_files, ["/a b"]);
    assert!(Config::of_options("-o", [("User", "\"x")]).is_err());
}

#[test]
fn single_machines_are_listed_once() {
    let text = "Host web1 web2 *.example.com !db\nHost web1 db1\nMatch host x\nHost ?\n";
    let config = Config::parse("f", text, &mut no_files).unwrap();
    assert_eq!(config.hosts(), ["web1", "web2", "db1"]);
}

proptest! {
    #[test]
    fn no_input_panics(text in "(?s).{0,200}", lines in prop::collection::vec(
        "(Host|User|Port|IdentityFile|ProxyJump|ConnectTimeout|Match|Include)[ =]\"?[a-z%~$@:,\\[\\]{}'\\\\*0-9]{0,12}\"?", 0..6)) {
        for text in [text, lines.join("\n")] {
            if let Ok(config) = Config::parse("f", &text, &mut no_files) {
                let _ = config.resolve("h", &context());
                let _ = config.hosts();
            }
        }
    }
}
