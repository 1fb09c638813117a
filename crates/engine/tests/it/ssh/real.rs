//! The transport against OpenSSH's own sshd, started privately by the test. Not run by default: it
//! needs `/usr/sbin/sshd` and `ssh-keygen`, and logs in as whoever runs it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures::future::join_all;
use tempfile::TempDir;

use super::*;

struct Sshd {
    child: Child,
    directory: TempDir,
    port: u16,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keygen(arguments: &[&str]) {
    let status = Command::new("ssh-keygen").arg("-q").args(arguments).status().unwrap();
    assert!(status.success(), "ssh-keygen {arguments:?}");
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Sshd {
    /// Starts sshd with these further lines, and waits until it listens.
    async fn start(lines: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        keygen(&["-t", "ed25519", "-N", "", "-f", &text(&at("host"))]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nPidFile none\nUsePAM no\n\
             AuthorizedKeysFile {0}/keys\nTrustedUserCAKeys {0}/ca.pub\nStrictModes no\n\
             PermitRootLogin yes\nUseDNS no\n{lines}\n",
            directory.path().display()
        );
        fs::write(at("config"), config).unwrap();
        keygen(&["-t", "ed25519", "-N", "", "-f", &text(&at("ca"))]);
        fs::write(at("keys"), "").unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &text(&at("config"))])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sshd = Self { child, directory, port };
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, listens).await.unwrap();
        sshd
    }

    fn key(&self, name: &str, arguments: &[&str], authorize: bool) -> PathBuf {
        let path = self.directory.path().join(name);
        keygen(&[&["-f", &text(&path)], arguments].concat());
        if authorize {
            let keys = self.directory.path().join("keys");
            let public = fs::read_to_string(path.with_extension("pub")).unwrap();
            fs::write(&keys, fs::read_to_string(&keys).unwrap() + &public).unwrap();
        }
        path
    }

    async fn target(&self, keys: Vec<PathBuf>) -> SshTarget {
        // Only its form is taken from the small server's target.
        let server = Server::start(server::Behaviour::default()).await;
        let mut target = target(&server);
        target.port = self.port;
        target.user = std::env::var("USER").unwrap_or_else(|_| "root".into());
        target.password = None;
        target.keys = keys;
        let file = self.directory.path().join("known_hosts");
        with_known_hosts(target, &file, HostKeyPolicy::AcceptNew)
    }
}

const PLAIN: &[&str] = &["-t", "ed25519", "-N", ""];

#[tokio::test]
#[ignore = "needs OpenSSH's sshd and ssh-keygen"]
async fn keys_of_openssh() {
    let sshd = Sshd::start("").await;
    for (name, arguments) in [
        ("ed25519", PLAIN),
        ("ecdsa", &["-t", "ecdsa", "-N", ""][..]),
        ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""][..]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""][..]),
        ("pkcs8", &["-t", "ecdsa", "-m", "PKCS8", "-N", ""][..]),
    ] {
        let key = sshd.key(name, arguments, true);
        reach(&pool(), &sshd.target(vec![key]).await)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    for (name, arguments) in
        [("cert-ed", PLAIN), ("cert-rsa", &["-t", "rsa", "-b", "2048", "-N", ""])]
    {
        let key = sshd.key(name, arguments, false);
        let target = sshd.target(vec![key.clone()]).await;
        let authority = sshd.directory.path().join("ca");
        keygen(&[
            "-s",
            &text(&authority),
            "-I",
            "x",
            "-n",
            &target.user,
            &text(&key.with_extension("pub")),
        ]);
        reach(&pool(), &target).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[tokio::test]
#[ignore = "needs OpenSSH's sshd and ssh-keygen"]
async fn locked_keys_of_openssh() {
    use hep_engine::transport::ssh::{HostKeyQuestion, Prompter, Question};

    struct Sesame;

    #[async_trait::async_trait]
    impl Prompter for Sesame {
        async fn trust(&self, _question: &HostKeyQuestion) -> bool {
            false
        }

        async fn secret(&self, question: &Question) -> Option<Secret<String>> {
            let passphrase = matches!(question, Question::Passphrase { .. });
            passphrase.then(|| Secret::new("sesame".into()))
        }
    }

    let sshd = Sshd::start("").await;
    for (name, arguments) in [
        ("openssh", &["-t", "ed25519", "-N", "sesame"][..]),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "sesame"][..]),
        ("pkcs8", &["-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "sesame"][..]),
    ] {
        let key = sshd.key(name, arguments, true);
        let pool = Pool::new(Limits::default(), Arc::new(Sesame));
        let target = sshd.target(vec![key]).await;
        reach(&pool, &target).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[tokio::test]
#[ignore = "needs OpenSSH's sshd and ssh-keygen"]
async fn one_session_only() {
    let sshd = Sshd::start("MaxSessions 1").await;
    let key = sshd.key("key", PLAIN, true);
    let connection = pool().get(&sshd.target(vec![key]).await).await.unwrap();
    for output in join_all((0..20).map(|_| run(&connection, "echo here"))).await {
        assert_eq!(output.unwrap().stdout, "here\n");
    }
}

#[tokio::test]
#[ignore = "needs OpenSSH's sshd and ssh-keygen"]
async fn commands() {
    let sshd = Sshd::start("").await;
    let key = sshd.key("key", PLAIN, true);
    let connection = pool().get(&sshd.target(vec![key]).await).await.unwrap();
    let output = run(&connection, "echo out; echo err >&2; exit 3").await.unwrap();
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.ending, Ending::Exit(3));
    let output = run(&connection, "kill -TERM $$").await.unwrap();
    assert_eq!(output.ending, Ending::Signal("TERM".into()));
    let output = run(&connection, "head -c 100000000 /dev/zero").await.unwrap();
    assert_eq!((output.stdout.len(), output.ending), (100_000_000, Ending::Exit(0)));
    let input = Bytes::from(vec![7; 20_000_000]);
    let output = run_with(&connection, "cat", input.clone()).await.unwrap();
    assert!(output.stdout == input);
    let output = run_with(&connection, "true", input).await.unwrap();
    assert_eq!(output.ending, Ending::Exit(0), "a command need not read its input");
}

#[tokio::test]
#[ignore = "needs OpenSSH's sshd and ssh-keygen"]
async fn jumps() {
    let (outer, last) = (Sshd::start("").await, Sshd::start("").await);
    let hop = outer.target(vec![outer.key("key", PLAIN, true)]).await;
    let mut target = last.target(vec![last.key("key", PLAIN, true)]).await;
    target.jumps = vec![hop];
    let connection = pool().get(&target).await.unwrap();
    let output = run(&connection, "head -c 30000000 /dev/zero").await.unwrap();
    assert_eq!(output.stdout.len(), 30_000_000);
}
