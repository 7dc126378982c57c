//! The keys that simulated providers sign with: generated once into a folder, with the files that say whom to trust.
//!
//! | file | what it is |
//! |---|---|
//! | `regions.pem` | the certificates of EC2's Regions, in the form of Muster's own file of that name |
//! | `azure-roots.pem` | the root of Azure's certificates, likewise |
//! | `google-keys.json`, `operator-keys.json` | JWK sets |
//! | `*.key.pem` | private keys, PKCS#8 |
//! | `azure-signer.pem`, `azure-intermediate.pem` | the certificates of the attested document |

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_attest::forge::{
    certificate::Certificate,
    keys::{ec_jwk, new_rsa_key, rsa_jwk, rsa_public_key},
};
use p256::ecdsa::SigningKey;
use rsa::{
    RsaPrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
    rand_core::OsRng,
    traits::PublicKeyParts,
};
use sha2::{Digest, Sha256};

use super::azure::INTERMEDIATE_URL;

/// The Regions of EC2 that documents can be signed for. They share one key.
pub const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

pub(super) const AZURE_INTERMEDIATE: &str = "Simulated Azure Intermediate";
const AZURE_ROOT: &str = "Simulated-Azure-Root";
pub(super) const GOOGLE_KEY_ID: &str = "simulated-google-1";
pub(super) const OPERATOR_KEY_ID: &str = "simulated-operator-1";
const RSA_BYTES: usize = 256;
const LINE_CHARS: usize = 64;
/// How long certificates are valid.
const NOT_BEFORE: &str = "200101000000Z";
const NOT_AFTER: &str = "491231235959Z";

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("`{}` cannot be read or written. Check the folder of keys", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("`{}` is not a key or certificate of the simulator. Delete the folder of keys: new ones are made", path.display())]
    Invalid { path: PathBuf },
}

/// The private keys of the simulated providers, and the certificates that go with them.
#[derive(Clone)]
pub struct Keys {
    pub(super) ec2: RsaPrivateKey,
    pub(super) azure: RsaPrivateKey,
    /// Certificates in DER.
    pub(super) azure_signer: Vec<u8>,
    pub(super) azure_intermediate: Vec<u8>,
    pub(super) google: RsaPrivateKey,
    /// PKCS#8 in PEM.
    pub(super) operator: String,
    google_jwks: String,
    operator_jwks: String,
}

impl Keys {
    /// Reads the keys in a folder. One that is empty, or does not exist, gets new ones.
    ///
    /// # Errors
    ///
    /// If the files cannot be read or written, or are not those that this function writes.
    pub fn load_or_create(folder: &Path) -> Result<Self, KeysError> {
        let is_empty = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(source) => return Err(KeysError::File { path: folder.to_owned(), source }),
        };
        if is_empty {
            create(folder)?;
        }
        let google = rsa_key(folder, "google.key.pem")?;
        let operator_path = folder.join("operator.key.pem");
        let operator = read(&operator_path)?;
        let operator_key =
            SigningKey::from_pkcs8_pem(&operator).map_err(|_| KeysError::Invalid { path: operator_path })?;
        Ok(Self {
            ec2: rsa_key(folder, "ec2.key.pem")?,
            azure: rsa_key(folder, "azure.key.pem")?,
            azure_signer: certificate(folder, "azure-signer.pem")?,
            azure_intermediate: certificate(folder, "azure-intermediate.pem")?,
            google_jwks: jwks(&rsa_jwk(GOOGLE_KEY_ID, &google)),
            operator_jwks: jwks(&ec_jwk(OPERATOR_KEY_ID, &operator_key)),
            google,
            operator,
        })
    }

    /// What Google publishes at its address of keys.
    pub fn google_jwks(&self) -> &str {
        &self.google_jwks
    }

    /// The public key of the operator, for the registry.
    pub fn operator_jwks(&self) -> &str {
        &self.operator_jwks
    }
}

fn create(folder: &Path) -> Result<(), KeysError> {
    fs::create_dir_all(folder).map_err(|source| KeysError::File { path: folder.to_owned(), source })?;
    let [ec2, root, intermediate, azure, google] = std::array::from_fn(|_| new_rsa_key());
    let region = issue(Certificate::new("Amazon", "Amazon", rsa_public_key(&ec2)).authority(), &ec2);
    let regions: String = REGIONS.iter().map(|name| pinned(name, &rsa_public_key(&ec2), &region)).collect();
    let root_certificate = issue(Certificate::new(AZURE_ROOT, AZURE_ROOT, rsa_public_key(&root)).authority(), &root);
    let intermediate_certificate =
        issue(Certificate::new(AZURE_INTERMEDIATE, AZURE_ROOT, rsa_public_key(&intermediate)).authority(), &root);
    let signer = Certificate {
        names: vec!["simulated.metadata.azure.com"],
        issuer_url: Some(INTERMEDIATE_URL),
        ..Certificate::new("Simulated Azure Signer", AZURE_INTERMEDIATE, rsa_public_key(&azure))
    };
    let operator = SigningKey::random(&mut OsRng);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|source| KeysError::File { path, source })
    };
    let private = |name: &str, key: &dyn Fn() -> rsa::pkcs8::Result<String>| {
        let text = key().map_err(|_| KeysError::Invalid { path: folder.join(name) })?;
        write(name, &text)
    };
    for (name, key) in [("ec2.key.pem", &ec2), ("azure.key.pem", &azure), ("google.key.pem", &google)] {
        private(name, &|| Ok(key.to_pkcs8_pem(LineEnding::LF)?.to_string()))?;
    }
    private("operator.key.pem", &|| Ok(operator.to_pkcs8_pem(LineEnding::LF)?.to_string()))?;
    write("regions.pem", &regions)?;
    write("azure-roots.pem", &pinned(AZURE_ROOT, &root_certificate, &root_certificate))?;
    write("azure-intermediate.pem", &pem(&intermediate_certificate))?;
    write("azure-signer.pem", &pem(&issue(signer, &intermediate)))?;
    write("google-keys.json", &jwks(&rsa_jwk(GOOGLE_KEY_ID, &google)))?;
    write("operator-keys.json", &jwks(&ec_jwk(OPERATOR_KEY_ID, &operator)))
}

fn issue(certificate: Certificate, issuer: &RsaPrivateKey) -> Vec<u8> {
    Certificate { not_before: NOT_BEFORE, not_after: NOT_AFTER, ..certificate }.signed_by_rsa(issuer)
}

fn jwks(key: &str) -> String {
    format!(r#"{{"keys":[{key}]}}"#)
}

/// A certificate in a list of trusted ones: its name, the digest that pins it, and the certificate.
fn pinned(name: &str, digested: &[u8], certificate: &[u8]) -> String {
    format!("{name} {:x}\n{}", Sha256::digest(digested), pem(certificate))
}

fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<_> = encoded.as_bytes().chunks(LINE_CHARS).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn read(path: &Path) -> Result<String, KeysError> {
    fs::read_to_string(path).map_err(|source| KeysError::File { path: path.to_owned(), source })
}

fn rsa_key(folder: &Path, name: &str) -> Result<RsaPrivateKey, KeysError> {
    let path = folder.join(name);
    let key = RsaPrivateKey::from_pkcs8_pem(&read(&path)?).ok().filter(|key| key.size() >= RSA_BYTES);
    key.ok_or(KeysError::Invalid { path })
}

fn certificate(folder: &Path, name: &str) -> Result<Vec<u8>, KeysError> {
    let path = folder.join(name);
    let text = read(&path)?;
    let encoded: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(encoded).map_err(|_| KeysError::Invalid { path })
}
