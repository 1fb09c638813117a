//! A small SSH server in this process, which can be told to misbehave.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::certificate::{Builder, CertType};
use russh::keys::{Algorithm, Certificate, HashAlg, PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handle, Handler, Msg, Response, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet, Preferred, Sig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub(super) const PASSWORD: &str = "correct horse";
/// What a shell prints that is told to `flood`, in bytes.
pub(super) const FLOOD: usize = 60_000_000;

/// How the server behaves.
#[derive(Clone)]
pub(super) struct Behaviour {
    pub(super) key: PrivateKey,
    pub(super) certificate: Option<Certificate>,
    pub(super) preferred: Preferred,
    /// The methods it offers.
    pub(super) methods: Vec<MethodKind>,
    /// The keys that may log in.
    pub(super) keys: Vec<PublicKey>,
    /// The authority whose users' certificates may log in.
    pub(super) authority: Option<PublicKey>,
    /// A key alone does not do: the password is wanted too.
    pub(super) both: bool,
    /// The questions of keyboard-interactive; the answers are the password and `42`.
    pub(super) questions: usize,
    /// Sessions on one connection.
    pub(super) sessions: usize,
    /// Never answers a request for a channel.
    pub(super) deaf: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            key: new_key(),
            certificate: None,
            preferred: Preferred::DEFAULT,
            methods: vec![MethodKind::Password, MethodKind::PublicKey],
            keys: vec![],
            authority: None,
            both: false,
            questions: 1,
            sessions: 10,
            deaf: false,
        }
    }
}

/// What the server has seen.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) connections: AtomicUsize,
    /// Connections that are not logged in, now and at most.
    starting: AtomicUsize,
    pub(super) most_starting: AtomicUsize,
    pub(super) refused_sessions: AtomicUsize,
    /// Bytes that the session task has taken from the command `big`.
    pub(super) sent: AtomicUsize,
    /// Terminals asked for, and their new sizes.
    pub(super) terminals: Mutex<Vec<String>>,
    pub(super) signals: Mutex<Vec<String>>,
    /// Passwords and answers given, right or wrong.
    pub(super) guesses: AtomicUsize,
    pub(super) tunnels: AtomicUsize,
    /// Channels that the client has closed.
    pub(super) closed: AtomicUsize,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Seen>,
    /// Cuts all connections.
    cut: Arc<Mutex<Vec<std::net::TcpStream>>>,
}

pub(super) fn new_key() -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).unwrap()
}

/// A certificate of these dates for this name.
pub(super) fn certify(
    key: &PrivateKey,
    authority: &PrivateKey,
    kind: CertType,
    name: &str,
    valid: std::ops::Range<u64>,
) -> Certificate {
    let public = key.public_key().clone();
    let mut builder =
        Builder::new_with_random_nonce(&mut safe_rng(), public, valid.start, valid.end).unwrap();
    builder.cert_type(kind).unwrap();
    builder.key_id("test").unwrap();
    builder.valid_principal(name).unwrap();
    builder.sign(authority).unwrap()
}

impl Server {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::new(Config {
            methods: MethodSet::from(&behaviour.methods[..]),
            auth_rejection_time: Duration::ZERO,
            keys: vec![behaviour.key.clone()],
            certificates: behaviour.certificate.iter().cloned().collect(),
            preferred: behaviour.preferred.clone(),
            max_auth_attempts: 10,
            nodelay: true,
            ..Config::default()
        });
        let (seen, cut) = (Arc::new(Seen::default()), Arc::new(Mutex::new(Vec::new())));
        let (shared, cuts) = (Arc::clone(&seen), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stream = stream.into_std().unwrap();
                let copy = stream.try_clone().unwrap();
                cuts.lock().unwrap().push(stream.try_clone().unwrap());
                let client = Client::new(behaviour.clone(), Arc::clone(&shared), copy);
                let stream = TcpStream::from_std(stream).unwrap();
                tokio::spawn(serve(Arc::clone(&config), stream, client));
            }
        });
        Self { address, seen, cut }
    }

    /// Cuts all connections there are.
    pub(super) fn cut(&self) {
        for stream in self.cut.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

async fn serve(config: Arc<Config>, stream: TcpStream, client: Client) {
    client.seen.connections.fetch_add(1, Ordering::SeqCst);
    let starting = client.seen.starting.fetch_add(1, Ordering::SeqCst) + 1;
    client.seen.most_starting.fetch_max(starting, Ordering::SeqCst);
    if let Ok(session) = russh::server::run_stream(config, stream, client).await {
        let _ = session.await;
    }
}

struct Client {
    behaviour: Behaviour,
    seen: Arc<Seen>,
    socket: std::net::TcpStream,
    has_key: bool,
    open: Arc<Mutex<HashSet<ChannelId>>>,
    /// Requests for channels that are never answered.
    ignored: Vec<ChannelOpenHandle>,
    /// Channels whose command copies its input.
    cats: HashSet<ChannelId>,
    /// Of these those that do not show what they are given, as while a password is typed.
    quiet: HashSet<ChannelId>,
    input: Arc<Notify>,
}

impl Client {
    fn new(behaviour: Behaviour, seen: Arc<Seen>, socket: std::net::TcpStream) -> Self {
        Self {
            behaviour,
            seen,
            socket,
            has_key: false,
            open: Arc::default(),
            ignored: vec![],
            cats: HashSet::new(),
            quiet: HashSet::new(),
            input: Arc::new(Notify::new()),
        }
    }

    /// What a shell does of itself.
    fn command_of_shell(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        match data {
            b"quiet\r" => drop(self.quiet.insert(channel)),
            b"loud\r" => drop(self.quiet.remove(&channel)),
            b"flood\r" => {
                let line = Line {
                    id: channel,
                    handle: session.handle(),
                    seen: Arc::clone(&self.seen),
                    open: Arc::clone(&self.open),
                };
                tokio::spawn(async move { line.big(FLOOD).await });
            }
            b"exit 3\r" => {
                self.cats.remove(&channel);
                session.exit_status_request(channel, 3)?;
                session.eof(channel)?;
                session.close(channel)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn accept_key(&mut self) -> Auth {
        if !self.behaviour.both {
            return Auth::Accept;
        }
        self.has_key = true;
        Auth::Reject {
            proceed_with_methods: Some(MethodSet::from(&[MethodKind::Password][..])),
            partial_success: true,
        }
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, russh::Error> {
        let enough = !self.behaviour.both || self.has_key;
        Ok(if password == PASSWORD && enough { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        offer: russh::server::PublicKeyOffer<'_>,
    ) -> Result<Auth, russh::Error> {
        let known = |key: &PublicKey| key.key_data() == offer.public_key.key_data();
        let known = self.behaviour.keys.iter().any(known) || self.behaviour.authority.is_some();
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(
        &mut self,
        _user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        let known = |own: &PublicKey| own.key_data() == key.public_key.key_data();
        if !self.behaviour.keys.iter().any(known) {
            return Ok(Auth::reject());
        }
        Ok(self.accept_key())
    }

    async fn auth_openssh_certificate(
        &mut self,
        user: &str,
        certificate: &Certificate,
    ) -> Result<Auth, russh::Error> {
        let Some(authority) = &self.behaviour.authority else { return Ok(Auth::reject()) };
        let fingerprint = authority.fingerprint(HashAlg::Sha256);
        let valid = certificate.validate_at(1_000, [&fingerprint]).is_ok();
        let named = certificate.valid_principals().iter().any(|name| name == user);
        Ok(if valid && named { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        let Some(response) = response else {
            let all: [(Cow<'static, str>, bool); 2] =
                [("Password: ".into(), false), ("Token: ".into(), true)];
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: all[..self.behaviour.questions].to_vec().into(),
            });
        };
        self.seen.guesses.fetch_add(1, Ordering::SeqCst);
        let answers: Vec<Bytes> = response.collect();
        let expected = [PASSWORD.as_bytes(), b"42"];
        let right = answers
            .iter()
            .map(AsRef::as_ref)
            .eq(expected[..self.behaviour.questions].iter().copied());
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), russh::Error> {
        self.seen.starting.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.behaviour.deaf {
            self.ignored.push(reply);
        } else if self.open.lock().unwrap().len() >= self.behaviour.sessions {
            self.seen.refused_sessions.fetch_add(1, Ordering::SeqCst);
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
        } else {
            self.open.lock().unwrap().insert(channel.id());
            reply.accept().await;
        }
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.seen.tunnels.fetch_add(1, Ordering::SeqCst);
        let port = u16::try_from(port).unwrap();
        match TcpStream::connect((host, port)).await {
            Err(_) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            Ok(mut stream) => {
                reply.accept().await;
                tokio::spawn(async move {
                    let mut channel = channel.into_stream();
                    let _ = tokio::io::copy_bidirectional(&mut channel, &mut stream).await;
                });
            }
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.open.lock().unwrap().remove(&channel);
        self.seen.closed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let command = unmarked(&String::from_utf8_lossy(command));
        if command == "refuse" {
            return session.channel_failure(channel);
        }
        if command == "mute" {
            return Ok(());
        }
        session.channel_success(channel)?;
        let line = Line {
            id: channel,
            handle: session.handle(),
            seen: Arc::clone(&self.seen),
            open: Arc::clone(&self.open),
        };
        match command.as_str() {
            "cat" => {
                self.cats.insert(channel);
            }
            "hang" => {}
            "drop" => {
                line.write("half").await;
                let socket = self.socket.try_clone()?;
                tokio::spawn(async move {
                    socket.shutdown(Shutdown::Both).unwrap();
                });
            }
            "hold" => {
                let input = Arc::clone(&self.input);
                tokio::spawn(async move {
                    input.notified().await;
                    line.exit(0).await;
                });
            }
            _ => {
                tokio::spawn(async move { line.command(&command).await });
            }
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.seen.terminals.lock().unwrap().push(format!("{term} {columns} {rows}"));
        if term == "dumb" {
            session.channel_failure(channel)
        } else {
            session.channel_success(channel)
        }
    }

    async fn window_change_request(
        &mut self,
        _channel: ChannelId,
        columns: u32,
        rows: u32,
        _width: u32,
        _height: u32,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.seen.terminals.lock().unwrap().push(format!("{columns} {rows}"));
        Ok(())
    }

    /// The login shell copies its input.
    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.cats.insert(channel);
        session.channel_success(channel)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.cats.contains(&channel) && !self.quiet.contains(&channel) {
            session.data(channel, data.to_vec())?;
        }
        self.input.notify_one();
        self.command_of_shell(channel, data, session)
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.cats.remove(&channel) {
            self.open.lock().unwrap().remove(&channel);
            session.exit_status_request(channel, 0)?;
            session.eof(channel)?;
            session.close(channel)?;
        }
        Ok(())
    }

    async fn signal(
        &mut self,
        channel: ChannelId,
        signal: Sig,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.seen.signals.lock().unwrap().push(format!("{signal:?}"));
        session.exit_signal_request(channel, signal, false, "", "")?;
        session.close(channel)
    }
}

/// What the login shell would be given, when it is started by way of a mark.
fn unmarked(line: &str) -> String {
    if !line.starts_with("exec /bin/sh") {
        return line.to_owned();
    }
    let mut shell = std::process::Command::new("/bin/sh");
    let said = shell.args(["-c", line]).env("SHELL", "/bin/echo").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    said.trim_end().strip_prefix("-c ").expect("a marked line").to_owned()
}

/// A channel with a running command.
struct Line {
    id: ChannelId,
    handle: Handle,
    seen: Arc<Seen>,
    open: Arc<Mutex<HashSet<ChannelId>>>,
}

impl Line {
    async fn write(&self, data: impl Into<Bytes>) {
        let _ = self.handle.data(self.id, data.into()).await;
    }

    async fn exit(&self, code: u32) {
        let _ = self.handle.exit_status_request(self.id, code).await;
        let _ = self.handle.eof(self.id).await;
        self.close().await;
    }

    /// The session is over before the client hears of it, as with sshd.
    async fn close(&self) {
        self.open.lock().unwrap().remove(&self.id);
        let _ = self.handle.close(self.id).await;
    }

    async fn command(&self, command: &str) {
        match command.split_once(' ') {
            Some(("big", bytes)) => {
                self.big(bytes.parse().unwrap()).await;
                self.exit(0).await;
            }
            Some(("exit", code)) => self.exit(code.parse().unwrap()).await,
            _ => match command {
                "true" => self.exit(0).await,
                "binary" => {
                    self.write((0..=255u8).collect::<Vec<u8>>()).await;
                    let _ = self.handle.extended_data(self.id, 1, vec![0, 10, 255]).await;
                    self.exit(0).await;
                }
                "vanish" => self.close().await,
                other => panic!("the test server has no command {other}"),
            },
        }
    }

    async fn big(&self, mut bytes: usize) {
        let piece = Bytes::from(vec![b'x'; 32 * 1024]);
        while bytes > 0 {
            let part = piece.slice(..bytes.min(piece.len()));
            bytes -= part.len();
            self.seen.sent.fetch_add(part.len(), Ordering::SeqCst);
            self.write(part).await;
        }
    }
}
