//! Takes files from repositories with the program `git`.
//!
//! A bare copy of each repository lies in the cache folder, and gets what is new before it is looked into. Nothing
//! of a repository is ever checked out or run: files are read as objects, by their ids. No words go through a
//! shell, no configuration of the machine is read, and passwords stand in no argument.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hep_core::message::{Message, job as say, run as run_say};
use hep_core::quote;
use hep_core::secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Mutex as Turn;
use tokio::time::timeout;

use super::leftover::{self, Folder};
use super::work::is_plain;

/// How long a repository may take to answer.
const FETCH: Duration = Duration::from_mins(2);
/// How long looking into our copy may take.
const LOOK: Duration = Duration::from_secs(30);
/// Files that are taken at once.
const MOST_FILES: usize = 5000;
/// Their bytes, together.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes that are read of an answer.
const MOST_TOLD: u64 = MOST_BYTES + (8 << 20);
/// Bytes of what git says of its trouble that are told.
const SHOWN: usize = 500;
/// What of our environment git may see: where programs are, and how the network is reached.
const PASSED: [&str; 10] = [
    "PATH",
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// How a repository is logged in to.
#[derive(Debug, Default)]
pub(crate) struct Login {
    /// For `https`: user and password.
    pub(crate) password: Option<(String, Secret<String>)>,
    /// For `ssh`: a private key.
    pub(crate) key: Option<Secret<String>>,
    /// For `ssh`: lines of `known_hosts`.
    pub(crate) host_keys: String,
}

/// What is wanted of a repository.
pub(crate) struct Wanted<'a> {
    /// Its id, by which our copy is known.
    pub(crate) id: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its address, checked.
    pub(crate) url: &'a str,
    /// A branch, tag or commit, checked; empty for the repository's own choice.
    pub(crate) revision: &'a str,
    /// The folder; empty for all.
    pub(crate) folder: &'a str,
    /// How it is logged in to.
    pub(crate) login: Login,
}

/// What was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The commit.
    pub(crate) revision: String,
    /// The files by their paths.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// Why nothing was taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It is not there.
    Missing(Message),
    /// It cannot be had now.
    Away(Message),
}

/// The copies of repositories.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    turns: Arc<Mutex<HashMap<String, Arc<Turn<()>>>>>,
}

/// Whether an address may be taken from; files of the server itself only where they are allowed.
pub(crate) fn is_address(url: &str, files: bool) -> bool {
    let is_clean =
        !url.starts_with('-') && !url.chars().any(|c| c.is_control() || c.is_whitespace());
    let is_host = |rest: &str| {
        let host = rest.split('/').next().unwrap_or_default();
        let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
        // A password would stand in arguments, answers and logs.
        !host.is_empty() && !host.starts_with('-') && !user.starts_with('-') && !user.contains(':')
    };
    is_clean
        && match url.split_once("://") {
            Some(("https", rest)) => {
                is_host(rest) && !rest.split('/').next().unwrap_or_default().contains('@')
            }
            Some(("ssh", rest)) => is_host(rest),
            Some(("file", rest)) => files && rest.starts_with('/'),
            Some(_) => false,
            // `USER@HOST:PATH`; `ext::…` and the like have no user.
            None => url.split_once(':').is_some_and(|(host, path)| {
                let word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                let parts = host.split_once('@');
                parts.is_some_and(|(user, host)| {
                    let is_word = |text: &str| {
                        !text.is_empty() && !text.starts_with('-') && text.chars().all(word)
                    };
                    is_word(user) && is_word(host)
                }) && !path.is_empty()
                    && !path.starts_with([':', '-'])
            }),
        }
}

/// Whether it can be a branch, a tag or a commit (git-check-ref-format(1)).
pub(crate) fn is_revision(text: &str) -> bool {
    let bad = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    !text.is_empty()
        && text.len() <= 255
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("@{")
        && !text.contains("//")
        && !text.chars().any(bad)
}

/// Whether it is a whole commit id, which never means anything else.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|c| c.is_ascii_hexdigit())
}

impl Cache {
    /// Copies in this folder, made when it is needed. Keys that a killed server left there are removed.
    pub(crate) fn new(folder: PathBuf) -> Self {
        leftover::sweep(&folder, KEYS);
        Self { folder, turns: Arc::default() }
    }

    /// Takes the files of a revision.
    pub(crate) async fn take(&self, wanted: &Wanted<'_>) -> Result<Taken, Failed> {
        let turn = self.turn(wanted.id);
        let _turn = turn.lock().await;
        let git = Git { copy: self.folder.join(format!("{}.git", wanted.id)), wanted };
        make_folder(&self.folder).map_err(|error| git.away(error))?;
        git.make().await?;
        let known = match is_commit(wanted.revision) {
            true => git.commit(wanted.revision).await?,
            false => None,
        };
        let commit = match known {
            Some(commit) => commit,
            None => git.fetch(&self.folder).await?,
        };
        let files = git.files(&commit).await?;
        Ok(Taken { revision: commit, files })
    }

    /// Only one at a time works on a copy.
    fn turn(&self, id: &str) -> Arc<Turn<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(id.to_owned()).or_default())
    }
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// How folders with keys are called.
const KEYS: &str = "login-";

/// Files with a key and known hosts, for nobody but us, removed at the end.
struct Keys(Folder);

impl Keys {
    fn write(folder: &Path, login: &Login) -> std::io::Result<Self> {
        let keys = Self(Folder::make(folder, KEYS)?);
        let key = login.key.as_ref().map(|key| ("key", key.expose().as_str()));
        for (name, text) in key.into_iter().chain([("known_hosts", login.host_keys.as_str())]) {
            let mut options = std::fs::OpenOptions::new();
            let mut file =
                options.write(true).create_new(true).mode(0o600).open(keys.0.path().join(name))?;
            std::io::Write::write_all(&mut file, format!("{}\n", text.trim_end()).as_bytes())?;
        }
        Ok(keys)
    }

    /// The command that git starts by a shell: words of ours, quoted.
    fn command(&self, login: &Login) -> String {
        let mut words: Vec<String> =
            ["ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
                .map(str::to_owned)
                .into();
        words.extend(["-o", "ConnectTimeout=20", "-o", "ForwardAgent=no"].map(str::to_owned));
        if !login.host_keys.trim().is_empty() {
            let file = self.0.path().join("known_hosts");
            words.extend(["-o".to_owned(), format!("UserKnownHostsFile=\"{}\"", file.display())]);
            words.extend(["-o".to_owned(), "GlobalKnownHostsFile=/dev/null".to_owned()]);
        }
        // Never a key of the server's own user: whoever names a repository could read what that may.
        words.extend(["-o", "IdentitiesOnly=yes"].map(str::to_owned));
        match login.key {
            Some(_) => {
                words.extend(["-i".to_owned(), self.0.path().join("key").display().to_string()]);
            }
            None => words.extend(["-o", "IdentityFile=none"].map(str::to_owned)),
        }
        quote::line(&words)
    }
}

/// Work on one copy.
struct Git<'a> {
    copy: PathBuf,
    wanted: &'a Wanted<'a>,
}

/// Variables of git's environment.
type Environment = Vec<(&'static str, String)>;

impl Git<'_> {
    fn away(&self, why: impl std::fmt::Display) -> Failed {
        Failed::Away(say::git_failed(self.wanted.name, why))
    }

    /// Makes our copy where there is none.
    async fn make(&self) -> Result<(), Failed> {
        if self.copy.join("HEAD").exists() {
            return Ok(());
        }
        let copy = self.copy.display().to_string();
        let words = ["init", "--quiet", "--bare", "--template=", "--", &copy];
        self.run(&words, Vec::new(), Vec::new(), LOOK).await.map(drop)
    }

    /// Gets what is new; the commit that is wanted.
    async fn fetch(&self, folder: &Path) -> Result<String, Failed> {
        let login = &self.wanted.login;
        let keys = Keys::write(folder, login).map_err(|error| self.away(error))?;
        let mut more: Environment =
            vec![("GIT_SSH_COMMAND", keys.command(login)), ("GIT_SSH_VARIANT", "ssh".into())];
        if let Some((user, password)) = &login.password {
            // Into the environment, which only we can read; arguments can be read by all.
            let basic = BASE64.encode(format!("{user}:{}", password.expose()));
            more.extend([
                ("GIT_CONFIG_COUNT", "1".to_owned()),
                ("GIT_CONFIG_KEY_0", "http.extraHeader".to_owned()),
                ("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {basic}")),
            ]);
        }
        let mut words = vec!["fetch", "--quiet", "--prune", "--force", "--no-tags"];
        words.extend(["--no-recurse-submodules", "--no-write-fetch-head", "--", self.wanted.url]);
        words.extend(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
        if self.wanted.revision.is_empty() {
            words.push("+HEAD:refs/hep/head");
        }
        self.run(&words, more, Vec::new(), FETCH).await?;
        let revision = self.wanted.revision;
        let missing = || Failed::Missing(say::no_such_revision(self.wanted.name, revision));
        let places = match revision {
            "" => vec!["refs/hep/head".to_owned()],
            _ => vec![
                format!("refs/heads/{revision}"),
                format!("refs/tags/{revision}"),
                revision.to_owned(),
            ],
        };
        let is_hex = revision.len() >= 7 && revision.bytes().all(|c| c.is_ascii_hexdigit());
        for place in places.iter().filter(|place| place.starts_with("refs/") || is_hex) {
            if let Some(commit) = self.commit(place).await? {
                return Ok(commit);
            }
        }
        Err(missing())
    }

    /// The id of the commit at a place; nothing where there is none.
    async fn commit(&self, place: &str) -> Result<Option<String>, Failed> {
        let place = format!("{place}^{{commit}}");
        let words = ["rev-parse", "--verify", "--quiet", &place];
        let ran = self.call(&words, Vec::new(), Vec::new(), LOOK).await?;
        let said = String::from_utf8_lossy(&ran.out).trim().to_owned();
        Ok((ran.fine && is_commit(&said)).then_some(said))
    }

    /// The files of a commit. Links and submodules are left out: they lead elsewhere.
    async fn files(&self, commit: &str) -> Result<BTreeMap<String, Vec<u8>>, Failed> {
        let tree = match self.wanted.folder {
            "" => commit.to_owned(),
            folder => format!("{commit}:{folder}"),
        };
        let words = ["ls-tree", "-r", "-z", "-l", "--full-tree", &tree];
        let listed = self.run(&words, Vec::new(), Vec::new(), LOOK).await?;
        let listed = String::from_utf8(listed).map_err(|error| self.away(error))?;
        let entries = listed.split('\0').filter(|line| !line.is_empty()).map(entry);
        let entries: Option<Vec<Entry<'_>>> = entries.collect();
        let mut entries = entries.ok_or_else(|| self.away("its list of files cannot be read"))?;
        entries.retain(|entry| entry.mode.starts_with("100"));
        let bytes = entries.iter().map(|entry| entry.size).sum::<u64>();
        if entries.len() > MOST_FILES {
            return Err(Failed::Missing(say::too_many_files(entries.len(), MOST_FILES)));
        }
        if bytes > MOST_BYTES {
            return Err(Failed::Missing(say::too_large(bytes, MOST_BYTES)));
        }
        if let Some(entry) = entries.iter().find(|entry| !is_plain(entry.path)) {
            return Err(Failed::Missing(run_say::bad_path(entry.path)));
        }
        let ids: String = entries.iter().flat_map(|entry| [entry.id, "\n"]).collect();
        let words = ["cat-file", "--batch"];
        let told = self.run(&words, Vec::new(), ids.into_bytes(), LOOK).await?;
        let files = contents(&entries, &told);
        files.ok_or_else(|| self.away("its files cannot be read"))
    }

    /// What git prints when all is well.
    async fn run(
        &self,
        words: &[&str],
        more: Environment,
        stdin: Vec<u8>,
        most: Duration,
    ) -> Result<Vec<u8>, Failed> {
        let ran = self.call(words, more, stdin, most).await?;
        if ran.fine { Ok(ran.out) } else { Err(self.away(shown(&ran.err))) }
    }

    async fn call(
        &self,
        words: &[&str],
        more: Environment,
        stdin: Vec<u8>,
        most: Duration,
    ) -> Result<Ran, Failed> {
        let mut child = self.command(words, more).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failed::Away(say::no_git()),
            _ => self.away(error),
        })?;
        let group = Group(child.id());
        let answer = timeout(most, talk(&mut child, stdin)).await;
        drop(group);
        let slow = |_| Failed::Away(say::git_slow(self.wanted.name, most.as_secs()));
        answer.map_err(slow)?.map_err(|error| self.away(error))
    }

    fn command(&self, words: &[&str], more: Environment) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(PASSED.iter().filter_map(|name| {
            // Without them git finds neither programs nor a proxy.
            Some((*name, std::env::var_os(name)?))
        }));
        let files = self.wanted.url.starts_with("file:");
        let protocols = if files { "https:ssh:file" } else { "https:ssh" };
        let fixed = [
            ("HOME", "/nonexistent"),
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ALLOW_PROTOCOL", protocols),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
        ];
        command.envs(fixed).envs(more);
        // A password goes to the address that it was given for.
        let redirects = match self.wanted.login.password {
            Some(_) => "http.followRedirects=false",
            None => "http.followRedirects=initial",
        };
        for setting in [
            "core.hooksPath=/dev/null",
            "credential.helper=",
            redirects,
            "gc.autoDetach=false",
            "maintenance.autoDetach=false",
        ] {
            command.args(["-c", setting]);
        }
        command.arg("--git-dir").arg(&self.copy).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command
    }
}

/// What came of a call.
struct Ran {
    out: Vec<u8>,
    err: Vec<u8>,
    fine: bool,
}

async fn talk(child: &mut Child, stdin: Vec<u8>) -> std::io::Result<Ran> {
    let (mut to, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut to) = to.take() {
            // Who ends early does not read it all.
            let _ = to.write_all(&stdin).await;
        }
        Ok(())
    };
    let ((), out, err) = tokio::try_join!(write, read(out), read(err))?;
    let fine = child.wait().await?.success();
    Ok(Ran { out, err, fine })
}

async fn read(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(MOST_TOLD).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The process group of git, ended when this is dropped: also when the caller is.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(rustix::process::Pid::from_raw) {
            // It is gone already in the usual case.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

/// The end of what git said, which may be what a stranger's server said.
fn shown(err: &[u8]) -> String {
    let text = String::from_utf8_lossy(&err[err.len().saturating_sub(SHOWN)..]);
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(printable).collect()
}

/// A file in a list.
struct Entry<'t> {
    mode: &'t str,
    id: &'t str,
    size: u64,
    path: &'t str,
}

/// `MODE TYPE ID SIZE<tab>PATH`; the size of what is no file is `-`.
fn entry(line: &str) -> Option<Entry<'_>> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_whitespace();
    let (mode, _, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Entry { mode, id, size: size.parse().unwrap_or(0), path })
}

/// The files in what `cat-file --batch` says: for each a line `ID TYPE SIZE`, its content, and the end of a line.
fn contents(entries: &[Entry<'_>], mut told: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in entries {
        let end = told.iter().position(|&byte| byte == b'\n')?;
        let head = std::str::from_utf8(&told[..end]).ok()?;
        let size: usize = head.rsplit(' ').next()?.parse().ok()?;
        if !head.starts_with(entry.id) {
            return None;
        }
        let body = told.get(end + 1..end + 1 + size)?;
        files.insert(entry.path.to_owned(), body.to_vec());
        told = told.get(end + 2 + size..)?;
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let cases = [
            ("https://example.org/x.git", true),
            ("https://example.org:8443/x.git", true),
            ("ssh://git@example.org:2222/x.git", true),
            ("git@example.org:x/y.git", true),
            ("https://me:pw@example.org/x", false),
            ("https://me@example.org/x", false),
            ("ssh://me:pw@example.org/x", false),
            ("http://example.org/x", false),
            ("git://example.org/x", false),
            ("file:///srv/x.git", false),
            ("/srv/x.git", false),
            ("../x", false),
            ("ext::sh -c id", false),
            ("ext::id", false),
            ("a@b:ext::id", true),
            ("a@b::id", false),
            ("--upload-pack=id", false),
            ("-u@h:x", false),
            ("ssh://-oProxyCommand=id/x", false),
            ("ssh://a@-oProxyCommand=id/x", false),
            ("git@-oProxyCommand=id:x", false),
            ("git@host:-x", false),
            ("https:///x", false),
            ("https://a b/", false),
            ("https://a\n/", false),
            ("", false),
        ];
        for (url, good) in cases {
            assert_eq!(is_address(url, false), good, "{url}");
        }
        assert!(is_address("file:///srv/x.git", true) && !is_address("file://host/x", true));
    }

    #[test]
    fn revisions() {
        for good in ["main", "v1.0", "feature/x", "0123abc", "größe"] {
            assert!(is_revision(good), "{good}");
        }
        let bad = [
            "", "-x", "--all", "a..b", "a b", "a~1", "a^", "a:b", "@{u}", "x@{1}", "*", "/a", "a/",
            "a\n", ".a", "a//b", "a\\b",
        ];
        for bad in bad {
            assert!(!is_revision(bad), "{bad}");
        }
    }

    /// A repository with a history, made by git itself.
    async fn sample(folder: &Path) -> PathBuf {
        let work = folder.join("work");
        let script = "set -e\ngit init -q -b main \"$1\"\ncd \"$1\"\ngit config user.email a@b\n\
            git config user.name a\nmkdir -p site/templates\necho '- debug: msg=1' > site/main.yml\n\
            printf 'x\\377' > site/templates/x\nln -s /etc/passwd site/link\n\
            git add -A\ngit commit -qm 1\ngit tag v1\necho '- debug: msg=2' > site/main.yml\n\
            git commit -qam 2\ngit checkout -q -b side v1\necho 3 > site/side\ngit add -A\n\
            git commit -qm 3\ngit checkout -q main\n";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&work).env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(command.status().await.unwrap().success());
        work
    }

    #[tokio::test]
    async fn files_are_taken_at_a_branch_a_tag_and_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", sample(folder.path()).await.display());
        let cache = Cache::new(folder.path().join("cache"));
        let take = async |revision: &str, part: &str| {
            let login = Login::default();
            let wanted = Wanted { id: "r", name: "repo", url: &url, revision, folder: part, login };
            cache.take(&wanted).await
        };
        let newest = take("", "site").await.unwrap();
        assert_eq!(newest.files["main.yml"], b"- debug: msg=2\n");
        assert_eq!(newest.files["templates/x"], b"x\xff");
        assert!(!newest.files.contains_key("link"), "a link leads elsewhere");
        let old = take("v1", "").await.unwrap();
        assert_eq!(old.files["site/main.yml"], b"- debug: msg=1\n");
        assert_eq!(take("main", "site").await.unwrap().revision, newest.revision);
        assert!(take("side", "site").await.unwrap().files.contains_key("side"));
        assert_eq!(take(&old.revision[..9], "site").await.unwrap().revision, old.revision);
        let missing = take("nothing", "").await.unwrap_err();
        assert_eq!(missing, Failed::Missing(say::no_such_revision("repo", "nothing")));
        // What is known needs nobody: it is taken when the repository is away.
        std::fs::rename(folder.path().join("work"), folder.path().join("gone")).unwrap();
        assert_eq!(take(&old.revision, "site").await.unwrap().revision, old.revision);
        let Failed::Away(away) = take("main", "").await.unwrap_err() else { panic!("not away") };
        assert_eq!(away.id, "job.git_failed");
        let left = std::fs::read_dir(folder.path().join("cache")).unwrap();
        assert_eq!(left.count(), 1, "no login is left");
    }

    #[test]
    fn no_password_stands_in_arguments() {
        let secret = || Secret::new("canary".to_owned());
        let login = Login {
            password: Some(("git".into(), secret())),
            key: Some(secret()),
            host_keys: "h".into(),
        };
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::write(folder.path(), &login).unwrap();
        let line = keys.command(&login);
        assert!(!line.contains("canary") && line.contains("IdentitiesOnly=yes"), "{line}");
        let (url, revision) = ("https://h/x", "");
        let wanted = Wanted { id: "r", name: "r", url, revision, folder: "", login };
        let git = Git { copy: folder.path().join("r.git"), wanted: &wanted };
        let command = git.command(&["fetch"], vec![("GIT_CONFIG_VALUE_0", "canary".into())]);
        let words: Vec<_> = command.as_std().get_args().map(|arg| arg.to_string_lossy()).collect();
        assert!(!words.join(" ").contains("canary"));
        drop(keys);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
