//! TLS by two files, which are renewed while the service runs.

use crate::support::World;
use muster_attest::forge::{
    base64,
    certificate::Certificate as Forged,
    keys::{ec_key, ec_public_key},
};
use muster_http::tls::Certificate;
use p256::pkcs8::EncodePrivateKey;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use std::{fs, path::Path, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::TlsConnector;

const HOST: &str = "enroll.example.test";
const REQUEST: &str = "GET /enroll/v1/health HTTP/1.1\r\nHost: enroll.example.test\r\nConnection: close\r\n\r\n";

/// Writes a certificate and its key, and returns the certificate.
fn write_pair(folder: &Path, seed: u8) -> CertificateDer<'static> {
    let key = ec_key(seed);
    let forged = Forged::new(HOST, HOST, ec_public_key(&key));
    let forged = Forged { names: vec![HOST], not_after: "491231235959Z", ..forged }.signed_by_ec(seed);
    let pem = |label: &str, der: &[u8]| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64(der));
    let private = key.to_pkcs8_der().expect("encoded");
    fs::write(folder.join("certificate.pem"), pem("CERTIFICATE", &forged)).expect("written");
    fs::write(folder.join("key.pem"), pem("PRIVATE KEY", private.as_bytes())).expect("written");
    forged.into()
}

/// The answer of the service to a client that trusts one certificate, or why there is none.
async fn get(port: u16, trusted: &CertificateDer<'static>) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let config = builder.with_safe_default_protocol_versions().expect("versions");
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    let stream = connector.connect(HOST.try_into().expect("a name"), stream).await;
    let mut stream = stream.map_err(|error| error.to_string())?;
    stream.write_all(REQUEST.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(|error| error.to_string())?;
    Ok(answer)
}

#[tokio::test]
async fn a_renewed_certificate_is_used_and_a_damaged_one_is_not() {
    let world = World::new().await;
    let folder = world.path("tls");
    fs::create_dir(&folder).expect("a folder");
    let first = write_pair(&folder, 1);
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let tls = Certificate::open(&certificate, &key).expect("valid").acceptor().expect("supported");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (stop, stopped) = oneshot::channel::<()>();
    let service = world.service.clone();
    let served = tokio::spawn(async move {
        muster_enroll::serve(service, listener, Some(tls), async move { drop(stopped.await) }).await;
    });

    let answer = get(port, &first).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"ok\""), "{answer}");
    let mut plain = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    plain.write_all(REQUEST.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer).await.expect("read");
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1"), "plain HTTP is not answered");

    let second = write_pair(&folder, 2);
    get(port, &second).await.expect("the renewed certificate");
    get(port, &first).await.expect_err("the one before");
    // A key of another certificate, as between the writing of two files.
    fs::write(&key, fs::read(&certificate).expect("read")).expect("written");
    get(port, &second).await.expect("the last valid certificate");

    let error = Certificate::open(&certificate, &key).expect_err("no key").to_string();
    assert!(error.contains("key.pem") && error.contains("private key"), "{error}");
    write_pair(&folder, 3);
    let kept = fs::read(&key).expect("read");
    write_pair(&folder, 4);
    fs::write(&key, kept).expect("written");
    let error = Certificate::open(&certificate, &key).expect_err("another key").to_string();
    assert!(error.contains("does not belong"), "{error}");
    let error = Certificate::open(&folder.join("none.pem"), &key).expect_err("no file").to_string();
    assert!(error.contains("none.pem"), "{error}");

    drop(stop);
    served.await.expect("ended");
}
