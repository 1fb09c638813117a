//! Certificates for tests, by an authority of their own, made with the program `openssl`. The stories over real hosts
//! use this file, too.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority whose files lie in a folder.
pub(crate) struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// A new one.
    pub(crate) fn new(folder: &Path) -> Self {
        let authority = Self { folder: folder.to_owned() };
        authority.make("ca", "CA:TRUE", &[]);
        authority
    }

    /// The file with its certificate.
    pub(crate) fn file(&self) -> String {
        self.path("ca.pem")
    }

    /// A certificate, and the file with its key, for a name: `DNS:node.example`, or an address: `IP:127.0.0.1`.
    pub(crate) fn certify(&self, file: &str, name: &str) -> (String, String) {
        let extensions = format!("CA:FALSE\nsubjectAltName = {name}");
        let (ca, key) = (self.path("ca.pem"), self.path("ca.key"));
        self.make(file, &extensions, &["-CA", &ca, "-CAkey", &key]);
        (self.path(&format!("{file}.pem")), self.path(&format!("{file}.key")))
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn make(&self, name: &str, extensions: &str, more: &[&str]) {
        let config = self.path(&format!("{name}.cnf"));
        let text = format!(
            "[req]\ndistinguished_name = who\nx509_extensions = more\nprompt = no\n[who]\nCN = {name}\n\
             [more]\nbasicConstraints = critical, {extensions}\n"
        );
        std::fs::write(&config, text).unwrap();
        let (key, certificate) =
            (self.path(&format!("{name}.key")), self.path(&format!("{name}.pem")));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-noenc", "-days", "2", "-newkey", "ec"]);
        openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config", &config]);
        openssl.args(["-keyout", &key, "-out", &certificate]).args(more);
        let done = openssl.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
