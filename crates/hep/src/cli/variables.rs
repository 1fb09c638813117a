//! The environment variables that `hep` reads, all of them.

use std::path::PathBuf;

/// Declares a constant for each variable, and the list of all with what they are for.
macro_rules! variables {
    ($($(#[doc = $doc:literal])+ $id:ident = $name:literal;)*) => {
        $($(#[doc = $doc])+ pub(crate) const $id: &str = $name;)*
        /// Every variable and its meaning.
        pub(crate) const ALL: &[(&str, &str)] = &[$(($name, concat!($($doc),+))),*];
    };
}

variables! {
    /// As `--inventory`.
    INVENTORY = "HEP_INVENTORY";
    /// As `--user`.
    USER = "HEP_USER";
    /// As `--port`.
    PORT = "HEP_PORT";
    /// As `--key`.
    KEY = "HEP_KEY";
    /// The SSH password, for every host.
    PASSWORD = "HEP_PASSWORD";
    /// The sudo password, for every host.
    BECOME_PASSWORD = "HEP_BECOME_PASSWORD";
    /// As `--become-password-file`.
    BECOME_PASSWORD_FILE = "HEP_BECOME_PASSWORD_FILE";
    /// As `--vault-password-file`.
    VAULT_PASSWORD_FILE = "HEP_VAULT_PASSWORD_FILE";
    /// As `--ssh-config`.
    SSH_CONFIG = "HEP_SSH_CONFIG";
    /// As `--known-hosts`.
    KNOWN_HOSTS = "HEP_KNOWN_HOSTS";
    /// As `--host-key`.
    HOST_KEY = "HEP_HOST_KEY";
    /// As `--connect-timeout`.
    CONNECT_TIMEOUT = "HEP_CONNECT_TIMEOUT";
    /// As `--forks`.
    FORKS = "HEP_FORKS";
    /// The server to talk to, with `HEP_TOKEN`, in place of a context.
    SERVER = "HEP_SERVER";
    /// The token for `HEP_SERVER`.
    TOKEN = "HEP_TOKEN";
    /// Where the server and local runs keep what lasts.
    STATE_DIRECTORY = "HEP_STATE_DIRECTORY";
    /// As `--lock-timeout`.
    LOCK_TIMEOUT = "HEP_LOCK_TIMEOUT";
    /// The file with the master key of the database's secrets.
    MASTER_KEY_FILE = "HEP_MASTER_KEY_FILE";
    /// As `--no-executor`: `true` or `false`.
    NO_EXECUTOR = "HEP_NO_EXECUTOR";
    /// Set by the completions of shells, which ask `hep` by it.
    COMPLETE = "HEP_COMPLETE";
    /// As `--no-record`: `true` or `false`.
    NO_RECORD = "HEP_NO_RECORD";
    /// Of `hep -c CONFIG`: replaces `log_level`.
    LOG_LEVEL = "LOGLEVEL";
}

/// The server that the environment names, and the token for it.
pub(crate) fn server() -> Option<(String, String)> {
    let said = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    Some((said(SERVER)?, said(TOKEN)?))
}

/// The inventory that the environment names.
pub(crate) fn inventory() -> Option<String> {
    std::env::var(INVENTORY).ok().filter(|text| !text.is_empty())
}

/// The token that the environment gives.
pub(crate) fn token() -> Option<String> {
    std::env::var(TOKEN).ok().filter(|text| !text.is_empty())
}

/// Where what a person chooses is kept.
pub(crate) fn config_directory() -> PathBuf {
    let home = named(XDG_CONFIG_HOME);
    let home = home.or_else(|| named(HOME).map(|home| home.join(".config")));
    home.unwrap_or_default().join("hep")
}

/// Of the XDG base directories.
const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// Where what lasts is kept: as said, or as systemd says, or as root beneath `/var/lib`, or in the home.
pub(crate) fn state_directory() -> PathBuf {
    if let Some(path) = named(STATE_DIRECTORY).or_else(|| named(SYSTEMD_STATE)) {
        return path;
    }
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/hep");
    }
    let home = named(XDG_STATE_HOME);
    let home = home.or_else(|| named(HOME).map(|home| home.join(".local/state")));
    home.unwrap_or_default().join("hep")
}

/// Where a person's own history is kept: as said, or in the home; nowhere without one. Root's lies there too: the
/// folder beneath `/var/lib` is the server's.
pub(crate) fn history_directory() -> Option<PathBuf> {
    let home = || named(HOME).map(|home| home.join(".local/state"));
    let beneath = named(XDG_STATE_HOME).or_else(home).map(|folder| folder.join("hep"));
    named(STATE_DIRECTORY).or(beneath).filter(|folder| folder.is_absolute())
}

/// The file with the master key, where somebody gives one: by name, or systemd in its credentials.
pub(crate) fn master_key_file() -> Option<PathBuf> {
    named(MASTER_KEY_FILE).or_else(|| {
        named(SYSTEMD_CREDENTIALS)
            .map(|folder| folder.join(CREDENTIAL))
            .filter(|path| path.exists())
    })
}

/// A path in a variable that is set and not empty.
fn named(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Set by systemd for `LoadCredential=` and its like.
const SYSTEMD_CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// The credential that holds the master key.
const CREDENTIAL: &str = "hep-master-key";

/// Where systemd wants to hear how the service is.
pub(crate) fn notify_socket() -> Option<String> {
    std::env::var(NOTIFY_SOCKET).ok().filter(|path| !path.is_empty())
}

/// Set by systemd for `Type=notify`.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
/// Set by systemd for `StateDirectory=`.
const SYSTEMD_STATE: &str = "STATE_DIRECTORY";
/// Of the XDG base directories.
const XDG_STATE_HOME: &str = "XDG_STATE_HOME";
/// The home.
const HOME: &str = "HOME";

/// What libraries read for us.
const ELSEWHERE: [(&str, &str); 1] = [("NO_COLOR", " No colours, when set to anything.")];

/// The list as the end of the long help.
pub(crate) fn help() -> String {
    let all = || ALL.iter().chain(&ELSEWHERE);
    let width = all().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = all().map(|(name, doc)| format!("\n  {name:width$} {doc}"));
    lines.fold("Environment:".to_owned(), |text, line| text + &line)
}
