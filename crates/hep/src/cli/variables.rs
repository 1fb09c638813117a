//! The environment variables that `hep` reads, all of them.

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
    /// Of `hep -c CONFIG`: replaces `log_level`.
    LOG_LEVEL = "LOGLEVEL";
}

/// What libraries read for us.
const ELSEWHERE: [(&str, &str); 1] = [("NO_COLOR", " No colours, when set to anything.")];

/// The list as the end of the long help.
pub(crate) fn help() -> String {
    let all = || ALL.iter().chain(&ELSEWHERE);
    let width = all().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = all().map(|(name, doc)| format!("\n  {name:width$} {doc}"));
    lines.fold("Environment:".to_owned(), |text, line| text + &line)
}
