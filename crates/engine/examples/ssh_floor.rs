//! What the transport costs beside bare russh: `true` on many hosts, cold, by both ways in one
//! process.
//!
//! Run against a private sshd that listens on 0.0.0.0 and takes the key: `ssh_floor USER KEY PORT
//! HOSTS ROUNDS`; the user's shell should be `/bin/sh`. Prints wall time, own CPU time and memory
//! for each round, and
//! for no round what the transport alone takes.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::async_yields_async,
    reason = "a measurement, run by hand"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use hep_engine::transport::ssh::{
    Algorithms, Decline, HostKeyPolicy, HostKeys, Limits, Pool, SshTarget,
};
use hep_engine::transport::{Deadlines, Ending, Exec};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{ChannelMsg, Disconnect, Preferred, cipher, client};
use tokio::sync::Semaphore;

/// How many connections the floor opens at once: as many as the pool does.
const AT_ONCE: usize = 64;

struct Floor;

impl client::Handler for Floor {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _shown: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

fn address(number: usize) -> String {
    format!("127.0.{}.{}", 1 + number / 200, 1 + number % 200)
}

/// User and system time of this process, from the kernel's counters (in hundredths of a second).
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Resident memory, in KiB.
fn memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn floor(
    user: &'static str,
    key: PathBuf,
    port: u16,
    hosts: usize,
) -> Vec<client::Handle<Floor>> {
    let key = Arc::new(load_secret_key(key, None).unwrap());
    let ciphers = vec![cipher::AES_128_GCM, cipher::AES_256_GCM];
    let preferred = Preferred { cipher: ciphers.into(), ..Preferred::DEFAULT };
    let config = Arc::new(client::Config { preferred, nodelay: true, ..client::Config::default() });
    let starts = Arc::new(Semaphore::new(AT_ONCE));
    let all = (0..hosts).map(|number| {
        let (key, config, starts) = (Arc::clone(&key), Arc::clone(&config), Arc::clone(&starts));
        tokio::spawn(async move {
            let permit = starts.acquire().await.unwrap();
            let mut handle = client::connect(config, (address(number), port), Floor).await.unwrap();
            let key = PrivateKeyWithHashAlg::new(key, None);
            assert!(handle.authenticate_publickey(user, key).await.unwrap().success());
            drop(permit);
            let mut channel = handle.channel_open_session().await.unwrap();
            channel.exec(true, "true").await.unwrap();
            let mut code = None;
            while let Some(message) = channel.wait().await {
                if let ChannelMsg::ExitStatus { exit_status } = message {
                    code = Some(exit_status);
                }
            }
            assert_eq!(code, Some(0));
            handle
        })
    });
    join_all(all).await.into_iter().map(Result::unwrap).collect()
}

fn target(user: &str, key: PathBuf, port: u16, number: usize, known_hosts: PathBuf) -> SshTarget {
    SshTarget {
        name: format!("host{number}"),
        address: address(number),
        port,
        user: user.into(),
        keys: vec![key],
        held: vec![],
        certificates: vec![],
        identities_only: false,
        password: None,
        agent: None,
        jumps: vec![],
        dialer: None,
        host_keys: HostKeys {
            user_files: vec![known_hosts],
            global_files: vec![],
            policy: HostKeyPolicy::AcceptNew,
            alias: None,
            hash_names: false,
            pinned: None,
        },
        deadlines: Deadlines::default(),
        algorithms: Algorithms::default(),
        stamp: String::new(),
    }
}

async fn own(
    user: &'static str,
    key: PathBuf,
    port: u16,
    hosts: usize,
    known_hosts: PathBuf,
) -> Arc<Pool> {
    let pool = Arc::new(Pool::new(Limits::default(), Arc::new(Decline)));
    let all = (0..hosts).map(|number| {
        let pool = Arc::clone(&pool);
        let target = target(user, key.clone(), port, number, known_hosts.clone());
        tokio::spawn(async move {
            let channel = pool.exec(&target, &Exec::new("true")).await.unwrap();
            let output = channel.run(bytes::Bytes::new(), 1 << 20).await.unwrap();
            assert_eq!(output.ending, Ending::Exit(0));
        })
    });
    for done in join_all(all).await {
        done.unwrap();
    }
    pool
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let user: &'static str = args.next().unwrap().leak();
    let key = PathBuf::from(args.next().unwrap());
    let port: u16 = args.next().unwrap().parse().unwrap();
    let hosts: usize = args.next().unwrap().parse().unwrap();
    let rounds: usize = args.next().unwrap().parse().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let known_hosts = directory.path().join("known_hosts");
    if rounds == 0 {
        let (spent, held) = (cpu(), memory());
        let _pool = own(user, key, port, hosts, known_hosts).await;
        let (spent, held) = (cpu().saturating_sub(spent).as_millis(), memory() - held);
        println!("alone: cpu {spent} ms; memory +{held} KiB");
        return;
    }
    // The first round fills the known hosts and the caches, and does not count.
    for round in 0..=rounds {
        let (begin, spent, held) = (Instant::now(), cpu(), memory());
        let handles = floor(user, key.clone(), port, hosts).await;
        let bare = (begin.elapsed(), cpu().saturating_sub(spent), memory() - held);
        for handle in handles {
            handle.disconnect(Disconnect::ByApplication, "", "").await.unwrap();
        }
        let (begin, spent, held) = (Instant::now(), cpu(), memory());
        let pool = own(user, key.clone(), port, hosts, known_hosts.clone()).await;
        let ours = (begin.elapsed(), cpu().saturating_sub(spent), memory() - held);
        drop(pool);
        println!(
            "round {round}: wall {:.3} s and {:.3} s, ratio {:.3}; cpu {} ms and {} ms; memory \
             +{} KiB and +{} KiB",
            bare.0.as_secs_f64(),
            ours.0.as_secs_f64(),
            ours.0.as_secs_f64() / bare.0.as_secs_f64(),
            bare.1.as_millis(),
            ours.1.as_millis(),
            bare.2,
            ours.2
        );
    }
}
