//! The floor of the benchmarks: what bare russh takes to connect to N hosts and to run `true` on each.
//!
//! It verifies nothing, reads no configuration and prints one line, so its time is the least that any
//! program on russh can take. `floor --help` lists its options.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use russh::client::{self, Handle};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{ChannelMsg, Disconnect, cipher};

const USAGE: &str = "\
usage: floor --hosts FILE --port PORT --user USER --key FILE [--forks N] [--threads N] [--hold] [--again]
  --hosts    file with one address a line
  --forks    hosts worked on at the same time (64)
  --threads  worker threads of the runtime (0: one a core)
  --hold     keep every connection open until all hosts have answered
  --again    hold them, and for each line of the standard input run `true` once more on every host";

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
struct Wish {
    hosts: Vec<String>,
    port: u16,
    user: String,
    key: String,
    forks: usize,
    threads: usize,
    hold: bool,
    again: bool,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Takes every host key: the floor measures the library, not the check.
struct TakesAnyKey;

impl client::Handler for TakesAnyKey {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

fn main() -> ExitCode {
    match read_arguments().and_then(|wish| run(&wish)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => {
            eprintln!("floor: {error}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments() -> Outcome<Wish> {
    let mut wish = Wish { forks: 64, port: 22, ..Wish::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--hold" || word == "--again" {
            wish.hold = true;
            wish.again |= word == "--again";
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--hosts" => wish.hosts = read_hosts(&value)?,
            "--port" => wish.port = value.parse()?,
            "--user" => wish.user = value,
            "--key" => wish.key = value,
            "--forks" => wish.forks = value.parse()?,
            "--threads" => wish.threads = value.parse()?,
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    if wish.hosts.is_empty() || wish.user.is_empty() || wish.key.is_empty() {
        return Err("--hosts, --user and --key are needed".into());
    }
    Ok(wish)
}

fn read_hosts(file: &str) -> Outcome<Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("reading {file}: {error}"))?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Runs `true` on every host; returns how many failed.
fn run(wish: &Wish) -> Outcome<usize> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if wish.threads > 0 {
        runtime.worker_threads(wish.threads);
    }
    runtime.enable_all().build()?.block_on(visit_all(wish))
}

async fn visit_all(wish: &Wish) -> Outcome<usize> {
    let key = Arc::new(load_secret_key(&wish.key, None)?);
    let config = Arc::new(fast_config());
    let started = Instant::now();
    let mut visits = futures::stream::iter(&wish.hosts)
        .map(|host| visit(host.clone(), wish, Arc::clone(&key), Arc::clone(&config)))
        .buffer_unordered(wish.forks.max(1));
    let mut held = Vec::new();
    let mut failed = 0;
    while let Some((host, outcome)) = visits.next().await {
        match outcome {
            Ok(session) => held.extend(wish.hold.then_some(session)),
            Err(error) => {
                failed += 1;
                eprintln!("{host}: {error}");
            }
        }
    }
    tell(wish, failed, started);
    if wish.again {
        let held: Vec<_> = held.into_iter().map(Arc::new).collect();
        for line in std::io::stdin().lines() {
            line?;
            let started = Instant::now();
            tell(wish, run_again(&held, wish.forks).await, started);
        }
    }
    Ok(failed)
}

fn tell(wish: &Wish, failed: usize, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("{} hosts, {failed} failed, {seconds:.3} s", wish.hosts.len());
}

/// Runs `true` over connections that are there; returns how many failed.
async fn run_again(held: &[Arc<Handle<TakesAnyKey>>], forks: usize) -> usize {
    let runs = futures::stream::iter(held).map(|session| {
        let session = Arc::clone(session);
        async move { tokio::spawn(async move { run_true(&session).await }).await }
    });
    let done: Vec<_> = runs.buffer_unordered(forks.max(1)).collect().await;
    done.iter().filter(|done| !matches!(done, Ok(Ok(())))).count()
}

/// The settings that were fastest on x86-64: AES in hardware first, no Nagle.
fn fast_config() -> client::Config {
    let mut config = client::Config {
        nodelay: true,
        inactivity_timeout: Some(Duration::from_secs(60)),
        ..client::Config::default()
    };
    config.preferred.cipher =
        vec![cipher::AES_128_GCM, cipher::AES_256_GCM, cipher::CHACHA20_POLY1305].into();
    config
}

async fn visit(
    host: String,
    wish: &Wish,
    key: Arc<PrivateKey>,
    config: Arc<client::Config>,
) -> (String, Outcome<Handle<TakesAnyKey>>) {
    // A task of its own, so that the handshakes use every core.
    let (wish, address) = (wish.clone_login(), host.clone());
    let task = tokio::spawn(async move { connect_and_run(&address, &wish, key, config).await });
    let outcome = task.await.unwrap_or_else(|error| Err(error.into()));
    (host, outcome)
}

impl Wish {
    /// The wish without its list of hosts, cheap to hand to a task.
    fn clone_login(&self) -> Self {
        Self { user: self.user.clone(), port: self.port, hold: self.hold, ..Self::default() }
    }
}

async fn connect_and_run(
    host: &str,
    wish: &Wish,
    key: Arc<PrivateKey>,
    config: Arc<client::Config>,
) -> Outcome<Handle<TakesAnyKey>> {
    let mut session = client::connect(config, (host, wish.port), TakesAnyKey).await?;
    let key = PrivateKeyWithHashAlg::new(key, None);
    if !session.authenticate_publickey(&wish.user, key).await?.success() {
        return Err("the host does not take the key".into());
    }
    run_true(&session).await?;
    if !wish.hold {
        session.disconnect(Disconnect::ByApplication, "", "").await?;
    }
    Ok(session)
}

async fn run_true(session: &Handle<TakesAnyKey>) -> Outcome<()> {
    let mut channel = session.channel_open_session().await?;
    channel.exec(true, "true").await?;
    let mut code = None;
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::ExitStatus { exit_status } = message {
            code = Some(exit_status);
        }
    }
    match code {
        Some(0) => Ok(()),
        code => Err(format!("`true` ended with {code:?}").into()),
    }
}
