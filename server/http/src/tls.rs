//! The certificate of a server: two PEM files, which are read again when they change.

use parking_lot::Mutex;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};
use tokio_rustls::TlsAcceptor;

/// The protocol that clients can choose.
const HTTP_1_1: &[u8] = b"http/1.1";

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is not a PEM file with {what}: {message}", path.display())]
    Invalid { path: PathBuf, what: &'static str, message: String },
    #[error("the key `{}` does not belong to the certificate `{}`: {source}", key.display(), certificate.display())]
    Pair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
}

/// A certificate with its chain, and the key of the first.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    current: Arc<CertifiedKey>,
    /// The files as they were read last, also if they could not be used.
    seen: [Option<SystemTime>; 2],
}

impl Certificate {
    /// Reads the files, which must be valid when the server starts.
    ///
    /// # Errors
    ///
    /// If one cannot be read or is not valid, or if they do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let seen = [certificate, key].map(changed_at);
        let state = Mutex::new(State { current: load(certificate, key)?, seen });
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), state })
    }

    /// What does the handshakes of a server with this certificate.
    ///
    /// # Errors
    ///
    /// If the library lacks a protocol version, which a test excludes.
    pub fn acceptor(self) -> Result<TlsAcceptor, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(ring::default_provider().into());
        let builder = builder.with_protocol_versions(&[&version::TLS13, &version::TLS12])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(self));
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The present certificate. While the files cannot be used, such as between the writing of one and the other, it is the one
    /// before.
    fn current(&self) -> Arc<CertifiedKey> {
        let seen = [&*self.certificate, &self.key].map(changed_at);
        let mut state = self.state.lock();
        if state.seen != seen {
            state.seen = seen;
            match load(&self.certificate, &self.key) {
                Ok(certificate) => state.current = certificate,
                Err(error) => tracing::error!("{error}. The certificate that was read before stays in use"),
            }
        }
        state.current.clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn load(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, CertificateError> {
    let read = |path: &Path| fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source });
    let invalid = |path: &Path, what, error: pem::Error| CertificateError::Invalid {
        path: path.to_owned(),
        what,
        message: error.to_string(),
    };
    let pem = read(certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
    let chain = chain.map_err(|error| invalid(certificate, "certificates", error))?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| invalid(key, "a private key", error))?;
    let pair = CertifiedKey::from_der(chain, private, &ring::default_provider());
    pair.map(Arc::new).map_err(|source| CertificateError::Pair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        source,
    })
}
