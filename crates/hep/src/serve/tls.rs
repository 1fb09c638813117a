//! The certificate of the server, read again when its file changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use hep_core::message::settings as say;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::cli::Failure;
use crate::settings::{Settings, table};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_mins(1);

/// The certificate with its key.
pub(crate) struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Certificate {
    /// As the settings say; none where they name none.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, Failure> {
        let (cert, key) = (settings.text(&table::TLS_CERT), settings.text(&table::TLS_KEY));
        if cert.is_empty() && key.is_empty() {
            return Ok(None);
        }
        if cert.is_empty() || key.is_empty() {
            return Err(say::half_a_certificate().into());
        }
        let (cert, key) = (PathBuf::from(cert), PathBuf::from(key));
        let config = RustlsConfig::from_config(Arc::new(read(&cert, &key)?));
        Ok(Some(Self { cert, key, config }))
    }

    /// What accepts connections.
    pub(crate) fn acceptor(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Takes a new certificate when the file has become another. What cannot be used leaves the old one.
    pub(crate) async fn renew(self) {
        let mut seen = self.changed();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.changed();
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.cert, &self.key) {
                Ok(config) => {
                    self.config.reload_from_config(Arc::new(config));
                    tracing::info!(file = %self.cert.display(), "took a new certificate");
                }
                Err(failure) => tracing::error!("kept the old certificate: {failure:?}"),
            }
        }
    }

    fn changed(&self) -> Option<SystemTime> {
        std::fs::metadata(&self.cert).and_then(|meta| meta.modified()).ok()
    }
}

fn read(cert: &PathBuf, key: &PathBuf) -> Result<ServerConfig, Failure> {
    let refused = |path: &PathBuf, why: &dyn std::fmt::Display| {
        Failure::from(say::bad_certificate(path.display(), why))
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(cert).map_err(|error| refused(cert, &error))?.collect();
    let chain = chain.map_err(|error| refused(cert, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| refused(key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| refused(cert, &error))?.with_no_client_auth();
    let mut config =
        config.with_single_cert(chain, secret).map_err(|error| refused(key, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
