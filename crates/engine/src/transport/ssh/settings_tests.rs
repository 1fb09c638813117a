//! From configuration files to targets.

use tempfile::TempDir;

use super::*;

/// Settings read from a file with this text, and the directory it lies in.
fn settings(text: &str, source: SettingsSource) -> (TempDir, Settings) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    std::fs::write(&file, text.replace("DIR", &directory.path().display().to_string())).unwrap();
    let settings = Settings::load(SettingsSource { config: Some(file), ..source }).unwrap();
    (directory, settings)
}

fn wanted(name: &str) -> Wanted {
    Wanted { name: name.into(), ..Wanted::default() }
}

fn way(target: &SshTarget) -> Vec<String> {
    target.jumps.iter().map(|hop| format!("{}@{}:{}", hop.user, hop.address, hop.port)).collect()
}

#[test]
fn what_is_wanted_wins_over_the_file() {
    let text = "Host web\n HostName 10.0.0.1\n User bob\n Port 2222\n IdentityFile /k\n\
        ConnectTimeout 7\n StrictHostKeyChecking yes\n HostKeyAlias alias\n";
    let (_directory, settings) = settings(text, SettingsSource::default());
    let target = settings.target(&wanted("web")).unwrap();
    assert_eq!(
        (target.address.as_str(), target.user.as_str(), target.port),
        ("10.0.0.1", "bob", 2222)
    );
    assert_eq!(target.keys, [PathBuf::from("/k")]);
    assert_eq!(target.deadlines.connect, Duration::from_secs(7));
    assert_eq!(target.deadlines.handshake, Duration::from_secs(7));
    assert_eq!(target.key_name(), "alias");

    let wanted = Wanted {
        user: Some("ann".into()),
        port: Some(22),
        keys: vec!["/mine".into()],
        connect_timeout: Some(Duration::from_secs(3)),
        policy: Some(HostKeyPolicy::AcceptNew),
        options: vec![("HostKeyAlias".into(), "other".into())],
        ..wanted("web")
    };
    let target = settings.target(&wanted).unwrap();
    assert_eq!((target.user.as_str(), target.port), ("ann", 22));
    assert_eq!(target.keys, [PathBuf::from("/mine"), PathBuf::from("/k")]);
    assert_eq!(target.deadlines.connect, Duration::from_secs(3));
    assert_eq!(target.deadlines.handshake, Duration::from_secs(3));
    assert_eq!(target.host_keys.policy, HostKeyPolicy::AcceptNew);
    assert_eq!(target.key_name(), "other");
}

#[test]
fn jumps_follow_the_file_and_do_not_go_in_circles() {
    let text = "Host web\n ProxyJump gw\nHost gw\n HostName 10.0.0.9\n User jump\n ProxyJump outer:2022\n\
        Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost *\n User any\n";
    let (_directory, settings) = settings(text, SettingsSource::default());
    let target = settings.target(&wanted("web")).unwrap();
    assert_eq!(way(&target), ["any@outer:2022", "jump@10.0.0.9:22"]);
    let direct = Wanted { jump: Some(String::new()), ..wanted("web") };
    assert!(way(&settings.target(&direct).unwrap()).is_empty());
    let given = Wanted { jump: Some("x@one,[::1]:3".into()), ..wanted("web") };
    assert_eq!(way(&settings.target(&given).unwrap()), ["x@one:22", "any@::1:3"]);
    assert!(settings.target(&wanted("a")).is_err());
    assert!(settings.target(&Wanted { jump: Some("a:b".into()), ..wanted("web") }).is_err());
}

#[test]
fn host_keys_come_from_the_command_line_or_the_file() {
    let text = "UserKnownHostsFile /u1 /u2\nGlobalKnownHostsFile none\nHashKnownHosts yes\n";
    let policy = Some(HostKeyPolicy::Ask);
    let (_d, from_file) =
        settings(text, SettingsSource { default_policy: policy, ..SettingsSource::default() });
    let rules = from_file.target(&wanted("web")).unwrap().host_keys;
    assert_eq!(rules.user_files, [PathBuf::from("/u1"), PathBuf::from("/u2")]);
    assert!(rules.global_files.is_empty() && rules.hash_names);
    assert_eq!(rules.policy, HostKeyPolicy::Ask);

    let source = SettingsSource { known_hosts: Some("/mine".into()), ..SettingsSource::default() };
    let (_d, given) = settings(text, source);
    let rules = given.target(&wanted("web")).unwrap().host_keys;
    assert_eq!(rules.user_files, [PathBuf::from("/mine")]);
    assert_eq!(rules.policy, HostKeyPolicy::Strict);
}

#[test]
fn included_files_are_found_by_pattern() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("conf.d")).unwrap();
    for (name, text) in [("2.conf", "User two"), ("1.conf", "User one"), (".0.conf", "User hidden")]
    {
        std::fs::write(directory.path().join("conf.d").join(name), text).unwrap();
    }
    let file = directory.path().join("config");
    std::fs::write(
        &file,
        format!("Include {}/conf.d/*.conf\nHost h1 h2\n", directory.path().display()),
    )
    .unwrap();
    let source = SettingsSource { config: Some(file), ..SettingsSource::default() };
    let settings = Settings::load(source).unwrap();
    assert_eq!(settings.target(&wanted("h1")).unwrap().user, "one");
    assert_eq!(settings.hosts(), ["h1", "h2"]);
}

#[test]
fn a_named_file_must_be_there() {
    let source =
        SettingsSource { config: Some("/no/such/file".into()), ..SettingsSource::default() };
    assert!(Settings::load(source).is_err());
    let (_directory, settings) = settings("", SettingsSource::default());
    let own = Wanted { config: Some("/no/such/file".into()), ..wanted("web") };
    assert!(settings.target(&own).is_err());
}
