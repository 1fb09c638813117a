//! The house's rules that neither the compiler nor clippy can hold. Each failure names its rule.
//!
//! What they can hold is in `Cargo.toml` (lints), `clippy.toml` and `crates/*/clippy.toml`.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a file, without its tests.
const FILE_LIMIT: usize = 800;
/// Lines from which a file is told about: it should be two.
const FILE_LONG: usize = 500;
/// Lines of a function, outside tests.
const FUNCTION_LIMIT: usize = 70;
/// Packages that the lock file may hold: each one is somebody else's code to trust and to build.
const PACKAGE_LIMIT: usize = 450;

/// Crates of which the lock file may hold more than one version, and why.
const TWICE: &[(&str, &str)] = &[
    ("base64", "sqlx 0.9 and reqwest 0.13 still take 0.22"),
    ("block-buffer", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("cpufeatures", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("crypto-common", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("digest", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("generic-array", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("getrandom", "of ring, which rustls names and we do not build"),
    ("hashbrown", "sqlx's hashlink and governor are a version behind indexmap"),
    ("r-efi", "locked for another system, never built here"),
    ("rand", "tungstenite, which axum's WebSockets are made of, is a version behind"),
    ("rand_core", "tungstenite, which axum's WebSockets are made of, is a version behind"),
    ("sha1", "tungstenite, which axum's WebSockets are made of, is a version behind"),
    ("sha2", "RustCrypto's older generation, for sqlx's PostgreSQL"),
    ("syn", "build-time only: derive macros are moving from 2 to 3, each at its own pace"),
    ("windows-sys", "locked for another system, never built here"),
];

/// What a crate of ours must not depend on by itself.
const NO_DEPENDENCY: &[(&str, &[&str], &str)] = &[
    (
        "hep-core",
        &["async-trait", "clap", "futures", "rand", "russh", "rustix", "tokio", "hep-engine"],
        "core is pure: no I/O, no clock, no randomness, no async",
    ),
    (
        "hep-remote",
        &["async-trait", "clap", "futures", "russh", "tokio", "hep-engine"],
        "the executor is small: no async runtime, no network, no command line parser",
    ),
    (
        "hep-engine",
        &["anstream", "anstyle", "axum", "clap", "comfy-table", "indicatif", "hep-remote"],
        "the engine neither reads command lines, nor serves HTTP, nor prints",
    ),
    (
        "hep",
        &["hep-remote", "minijinja", "russh", "sqlx"],
        "a door only translates: it calls the engine",
    ),
];

/// What a crate must not reach through anything that it depends on.
const NOT_EVEN_INDIRECTLY: &[(&str, &[&str])] = &[
    ("hep-core", &["clap", "russh", "tokio", "rustix"]),
    ("hep-remote", &["clap", "russh", "tokio"]),
];

/// Words that may stand only in some files: where, what, which files, why.
const ONLY_IN: &[(&str, &[&str], &[&str], &str)] = &[
    (
        "crates/core/src",
        &[
            "std::env::",
            "std::fs",
            "std::io::std",
            "std::net::Tcp",
            "std::net::Udp",
            "ToSocketAddrs",
            "std::process",
            "std::thread",
            "Instant::now",
            "SystemTime",
        ],
        &[],
        "core is pure: everything observed arrives as an argument",
    ),
    (
        "crates/remote/src",
        &["TcpListener", "UnixListener", "UdpSocket"],
        &[],
        "the executor never listens on anything",
    ),
    (
        "crates/engine/src",
        &["println!", "eprintln!", "io::stdout", "io::stderr"],
        &[],
        "the engine tells events; doors print",
    ),
    (
        "crates/engine/src",
        &["SystemTime::now"],
        &["crates/engine/src/clock.rs"],
        "the wall clock has one place, so that it can be found",
    ),
    (
        "crates",
        &["Command::new("],
        &[
            "crates/engine/src/inventory/executable.rs",
            "crates/engine/src/server/git.rs",
            "crates/engine/src/play/lookup.rs",
            "crates/engine/src/transport/local.rs",
            "crates/hep/src/cli/secrets.rs",
            "crates/remote/src/main.rs",
            "crates/remote/src/sudo.rs",
            "crates/remote/src/system/command.rs",
            "crates/remote/src/terminal.rs",
        ],
        "whoever starts a program answers for its words, its group and its end",
    ),
    (
        "crates/hep/src",
        &["env::var(\"", "env::var_os(\""],
        // `TERM`, which belongs to the terminal.
        &["crates/hep/src/cli/ssh.rs"],
        "the environment variables that hep reads stand in `cli/variables.rs`",
    ),
];

#[test]
fn every_file_says_what_it_is() {
    let bare = sources().into_iter().filter(|file| !file.text.starts_with("//!"));
    let names: Vec<String> = bare.map(|file| file.name).collect();
    hold("every source file begins with `//!` and what it is for", &names);
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    let mut too_long = Vec::new();
    for file in sources().iter().filter(|file| !file.is_test) {
        let lines = file.code().lines().count();
        if lines > FILE_LIMIT {
            too_long.push(format!("{}: {lines} lines", file.name));
        } else if lines > FILE_LONG {
            long.push(format!("{}: {lines} lines", file.name));
        }
    }
    long.sort();
    println!("{} files are longer than {FILE_LONG} lines:\n{}", long.len(), long.join("\n"));
    hold(&format!("a file has at most {FILE_LIMIT} lines without its tests"), &too_long);
}

#[test]
fn functions_are_short() {
    let mut too_long = Vec::new();
    for file in sources().iter().filter(|file| !file.is_test) {
        for (line, name, length) in functions(file.code()) {
            if length > FUNCTION_LIMIT {
                too_long.push(format!("{}:{line}: `{name}` has {length} lines", file.name));
            }
        }
    }
    hold(&format!("a function has at most {FUNCTION_LIMIT} lines"), &too_long);
}

#[test]
fn words_stay_in_their_places() {
    let mut faults = Vec::new();
    for file in sources().iter().filter(|file| !file.is_test) {
        for (place, words, allowed, why) in ONLY_IN {
            if !file.name.starts_with(place) || allowed.contains(&file.name.as_str()) {
                continue;
            }
            for (number, line) in file.code().lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                for word in words.iter().filter(|word| !is_comment && line.contains(*word)) {
                    faults.push(format!("{}:{}: `{word}`: {why}", file.name, number + 1));
                }
            }
        }
    }
    hold("some things are done in one place only", &faults);
}

#[test]
fn the_list_of_places_is_true() {
    let files = sources();
    let mut faults = Vec::new();
    for (_, words, allowed, _) in ONLY_IN {
        for name in *allowed {
            let file = files.iter().find(|file| file.name == *name);
            let used = file.is_some_and(|file| words.iter().any(|word| file.code().contains(word)));
            if !used {
                faults.push((*name).to_owned());
            }
        }
    }
    hold("an exception that nothing needs is taken off the list in this file", &faults);
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let mut faults = Vec::new();
    for (package, dependency) in direct_dependencies() {
        for (ours, forbidden, why) in NO_DEPENDENCY {
            if package == *ours && forbidden.contains(&dependency.as_str()) {
                faults.push(format!("{package} → {dependency}: {why}"));
            }
        }
    }
    let tree = lock();
    for (ours, forbidden) in NOT_EVEN_INDIRECTLY {
        let dev = dev_dependencies(ours);
        for name in reached(&tree, ours, &dev) {
            if forbidden.contains(&name.as_str()) {
                faults.push(format!("{ours} reaches {name}: see `cargo tree -p {ours}`"));
            }
        }
    }
    hold("the crate graph holds the boundaries of ARCHITECTURE.md", &faults);
}

#[test]
fn the_lock_file_holds_one_of_each() {
    let text = read(&root().join("Cargo.lock"));
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let name = field(package, "name").expect("a package has a name");
        let version = field(package, "version").expect("a package has a version");
        versions.entry(name).or_default().push(version);
    }
    let known = |name: &str| TWICE.iter().any(|(twice, _)| *twice == name);
    let several = |versions: &[&str]| versions.len() > 1;
    let faults: Vec<String> = versions
        .iter()
        .filter(|(name, versions)| several(versions) != known(name))
        .map(|(name, versions)| format!("{name} {}", versions.join(", ")))
        .collect();
    hold("no crate is built in two versions but those in `TWICE`, which gives the reason", &faults);
    assert!(versions.len() <= PACKAGE_LIMIT, "rule: at most {PACKAGE_LIMIT} packages are locked");
}

#[test]
fn every_message_is_said_by_someone() {
    let files = sources();
    let catalogues = "crates/core/src/message/";
    let mut faults = Vec::new();
    for catalogue in files.iter().filter(|file| file.name.starts_with(catalogues)) {
        let area = catalogue.name[catalogues.len()..].trim_end_matches(".rs");
        // Translations are of entries that stand here, too; a test of theirs holds that.
        if area == "mod" || area.starts_with("translation/") {
            continue;
        }
        let speakers: Vec<&Source> = files
            .iter()
            .filter(|file| !file.name.starts_with(catalogues) && file.text.contains(area))
            .collect();
        for id in ids(&catalogue.text) {
            let call = format!("::{id}");
            let said = speakers.iter().any(|file| has_word(&file.text, &call));
            if !said {
                faults.push(format!("{area}.{id}"));
            }
        }
    }
    hold("a message that nobody says is deleted", &faults);
}

#[test]
fn nothing_of_this_machine_is_in_the_tree() {
    let root = root();
    let mut words: BTreeSet<String> = BTreeSet::new();
    let mut add = |path: &Path| {
        // `/root`, `/home` and their like are words of everybody.
        if path.components().count() > 2 {
            words.insert(path.display().to_string());
        }
    };
    add(&root);
    root.parent().into_iter().for_each(&mut add);
    for variable in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        if let Some(path) = std::env::var_os(variable) {
            add(Path::new(&path));
        }
    }
    words.extend(package_hosts());
    let mut faults = Vec::new();
    for path in files(&root, &[]) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for word in words.iter().filter(|word| text.contains(word.as_str())) {
            faults.push(format!("{}: `{word}`", relative(&path)));
        }
    }
    hold("paths of a machine and hosts of its package mirrors are not written down", &faults);
}

/// Fails with the rule and what breaks it.
fn hold(rule: &str, faults: &[String]) {
    let mut text = String::new();
    for fault in faults {
        let _ = write!(text, "\n  {fault}");
    }
    assert!(faults.is_empty(), "rule: {rule}{text}");
}

/// A Rust file of ours.
struct Source {
    /// Its path from the root of the tree.
    name: String,
    text: String,
    /// Whether it is compiled for tests only.
    is_test: bool,
}

impl Source {
    /// The text up to the tests at its end.
    fn code(&self) -> &str {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {");
        &self.text[..tests.unwrap_or(self.text.len())]
    }
}

fn sources() -> Vec<Source> {
    let root = root();
    let paths = files(&root.join("crates"), &["rs"]);
    let tests: BTreeSet<PathBuf> = paths.iter().flat_map(|path| test_modules(path)).collect();
    let sources = paths.into_iter().map(|path| Source {
        name: relative(&path),
        text: read(&path),
        is_test: tests.contains(&path)
            || relative(&path).split('/').any(|part| part == "tests" || part == "examples"),
    });
    sources.collect()
}

/// The files of the modules that this file declares for tests only.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let text = read(path);
    let mut found = Vec::new();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parent = path.parent().expect("a file lies in a folder");
    let folder = match &*stem {
        "lib" | "main" | "mod" => parent.to_owned(),
        name => parent.join(name),
    };
    for part in text.split("#[cfg(test)]\n").skip(1) {
        let mut lines = part.lines();
        let mut line = lines.next().unwrap_or_default();
        let path = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]"));
        if path.is_some() {
            line = lines.next().unwrap_or_default();
        }
        let name = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        found.extend(name.map(|name| match path {
            Some(path) => parent.join(path),
            None => folder.join(format!("{name}.rs")),
        }));
    }
    found
}

/// Line, name and length of every function, as rustfmt lays them out.
fn functions(text: &str) -> Vec<(usize, &str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(at) = code.find("fn ").filter(|_| !code.starts_with("//")) else { continue };
        let is_prefix = code[..at].split_whitespace().all(|word| {
            ["pub", "const", "async", "unsafe", "extern"].contains(&word)
                || word.starts_with("pub(")
                || word.ends_with(')')
        });
        if !is_prefix {
            continue;
        }
        let name = code[at + 3..].split(['(', '<']).next().unwrap_or_default();
        let ending = |line: &&&str| line.ends_with('{') || line.ends_with([';', '}']);
        let opens = lines[index..].iter().find(ending).is_some_and(|line| line.ends_with('{'));
        let close = format!("{}}}", &line[..line.len() - code.len()]);
        if let Some(end) = lines[index..].iter().position(|line| *line == close)
            && opens
        {
            found.push((index + 1, name, end + 1));
        }
    }
    found
}

/// The ids of a catalogue file.
fn ids(text: &str) -> Vec<&str> {
    let entries = text.lines().map(str::trim).filter(|line| !line.starts_with(['/', '#']));
    let ids = entries.filter_map(|line| line.split_once('('));
    ids.map(|(id, _)| id).filter(|id| is_word(id)).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether `word` stands in the text and does not go on.
fn has_word(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| !text[at + word.len()..].starts_with(goes_on))
}

/// (package, dependency) of our packages, those for tests and builds left out.
fn direct_dependencies() -> Vec<(String, String)> {
    dependencies(serde_json::Value::is_null)
}

fn dev_dependencies(package: &str) -> BTreeSet<String> {
    let all = dependencies(|kind| kind == "dev");
    all.into_iter().filter(|(of, _)| of == package).map(|(_, name)| name).collect()
}

fn dependencies(wanted: impl Fn(&serde_json::Value) -> bool) -> Vec<(String, String)> {
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    let metadata: serde_json::Value =
        serde_json::from_slice(&ran.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
        for dependency in dependencies.iter().filter(|dependency| wanted(&dependency["kind"])) {
            found.push((text(&package["name"]), text(&dependency["name"])));
        }
    }
    assert!(!found.is_empty(), "cargo metadata knows our packages");
    found
}

/// What each package of the lock file depends on.
fn lock() -> BTreeMap<String, Vec<String>> {
    let text = read(&root().join("Cargo.lock"));
    let mut tree: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let name = field(package, "name").expect("a package has a name");
        let list =
            package.split_once("dependencies = [").and_then(|(_, rest)| rest.split_once(']'));
        let names = list.map_or("", |(list, _)| list).lines().map(|line| {
            let line = line.trim().trim_matches([',', '"']);
            line.split(' ').next().unwrap_or_default().to_owned()
        });
        tree.entry(name.to_owned()).or_default().extend(names.filter(|name| !name.is_empty()));
    }
    tree
}

/// All that a package of ours reaches, but not through its own tests.
fn reached(
    tree: &BTreeMap<String, Vec<String>>,
    package: &str,
    dev: &BTreeSet<String>,
) -> BTreeSet<String> {
    let first = tree.get(package).into_iter().flatten().filter(|name| !dev.contains(*name));
    let mut open: Vec<&String> = first.collect();
    assert!(!open.is_empty(), "{package} is in the lock file");
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if seen.insert(name.clone()) {
            open.extend(tree.get(name).into_iter().flatten());
        }
    }
    seen
}

/// The value of `key = "value"` in a package of the lock file.
fn field<'a>(package: &'a str, key: &str) -> Option<&'a str> {
    let prefix = format!("{key} = \"");
    let line = package.lines().find(|line| line.starts_with(&prefix))?;
    Some(line[prefix.len()..].trim_end_matches('"'))
}

/// The hosts that this machine gets packages from, where they are not the public ones.
fn package_hosts() -> BTreeSet<String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or(Path::new(&home).join(".cargo"), Into::into);
    let mut texts: Vec<String> = ["config.toml", "config"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(cargo.join(name)).ok())
        .collect();
    let is_mirror = |name: &str| {
        name.contains("INDEX")
            || name.to_ascii_uppercase().ends_with("_PROXY")
            || name.contains("REGISTRY")
    };
    texts.extend(std::env::vars().filter(|(name, _)| is_mirror(name)).map(|(_, value)| value));
    let public = ["crates.io", "github.com", "localhost", "127.", "pypi.org", "[::1]"];
    let mut hosts = BTreeSet::new();
    for url in texts.iter().flat_map(|text| text.split("://").skip(1)) {
        let host = url.split(['/', '"', '\'', ':', ' ', '\n']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        if host.contains('.') && !public.iter().any(|public| host.contains(public)) {
            hosts.insert(host.to_owned());
        }
    }
    hosts
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("the package lies in crates/hep").to_owned()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a folder with one of these endings (or all), but nothing that is built.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder of the tree can be listed");
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_symlink() || [".git", ".state", "target"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if endings.is_empty() || endings.contains(&ending.as_str()) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{} holds files", folder.display());
    found.sort();
    found
}
