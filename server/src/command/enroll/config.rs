//! The configuration of `muster enroll`, `muster plan` and `muster apply`: a TOML file. Unknown keys and invalid values are errors
//! that name them.

use crate::config::LogFormat;
use anyhow::Context;
use jiff::SignedDuration;
use muster_access::{network::Networks, public_url::PublicUrl, secret::read_secret};
use muster_audit::chain::LineHash;
use muster_enroll::{
    config::{Config, PinnedAttestors},
    registry::Registry,
};
use muster_http::tls::Certificate;
use muster_model::enrollment::SECRET_BYTES_MIN;
use muster_provision::{Creation, Settings};
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio_rustls::TlsAcceptor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrollConfig {
    /// The address on which the service listens.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The origin at which instances reach it, such as `https://enroll.example.com`. Evidence is made for it.
    pub public_url: PublicUrl,
    /// The folder of the ledgers and the audit log. It is not part of the portal's backups.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// Who may enroll: the roster of the portal, in TOML.
    #[serde(default = "default_roster")]
    pub roster: PathBuf,
    /// What stands in every systems account. Default: the built-in settings.
    pub settings: Option<PathBuf>,
    /// The file with the secret with which the portal asks. Without it there is no operators' API.
    pub operators_secret_file: Option<PathBuf>,
    /// The certificate with its chain, and its key, both PEM. Both or none: without them a proxy in front must have TLS.
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Networks of reverse proxies that are trusted to set `X-Forwarded-For`.
    #[serde(default)]
    pub trusted_proxies: Networks,
    /// The hours after its start for which an EC2 instance may enroll: its evidence has no other time.
    #[serde(default = "default_ec2_hours")]
    pub ec2_hours: u16,
    /// Where Google's keys are, if not at Google's address.
    pub google_keys_url: Option<String>,
    /// The certificates of EC2's Regions and the roots of Azure, in place of the built-in ones.
    pub ec2_keys: Option<PathBuf>,
    pub azure_roots: Option<PathBuf>,
    #[serde(default)]
    pub log_format: LogFormat,
    /// How systems accounts are created and who reads them.
    pub creation: Creation,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8443))
}

fn default_data() -> PathBuf {
    "enroll".into()
}

fn default_roster() -> PathBuf {
    "roster.toml".into()
}

fn default_ec2_hours() -> u16 {
    24
}

impl EnrollConfig {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = read_file("configuration", path)?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| anyhow::anyhow!("the configuration `{}` is invalid: {error}", path.display()))?;
        config.creation.check().with_context(|| format!("the configuration `{}` is invalid", path.display()))?;
        Ok(config)
    }

    /// The folder of what is known of systems accounts, which `muster plan` and `muster apply` use beside the service.
    pub fn provisioning_dir(&self) -> PathBuf {
        self.data.join("provisioning")
    }

    pub fn audit_dir(&self) -> PathBuf {
        self.data.join("audit")
    }

    pub fn settings(&self) -> anyhow::Result<Settings> {
        let Some(path) = &self.settings else { return Ok(Settings::default()) };
        Settings::parse(&read_file("settings", path)?)
            .with_context(|| format!("the settings `{}` are invalid", path.display()))
    }

    /// Reads which accounts may enroll.
    pub fn registry(&self) -> anyhow::Result<Registry> {
        Registry::parse(&read_file("roster", &self.roster)?)
            .map_err(|message| anyhow::anyhow!("the roster `{}` is invalid: {message}", self.roster.display()))
    }

    /// The configuration of the service.
    pub fn service(&self, settings: &Settings, accepted_ledger: Option<LineHash>) -> anyhow::Result<Config> {
        let secret = self.operators_secret_file.as_deref().map(|path| read_secret(path, SECRET_BYTES_MIN));
        let (ledger, roster) = (self.data.join("ledger"), self.roster.clone());
        let config = Config::new(self.public_url.clone(), ledger, self.audit_dir(), roster);
        let google_keys_url = self.google_keys_url.clone().unwrap_or_else(|| config.google_keys_url.clone());
        Ok(Config {
            patch_groups: settings.into(),
            trusted_proxies: self.trusted_proxies.clone(),
            google_keys_url,
            accepted_ledger,
            operators_secret: secret.transpose()?,
            ..config
        })
    }

    pub fn attestors(&self) -> anyhow::Result<PinnedAttestors> {
        let age = SignedDuration::from_hours(i64::from(self.ec2_hours));
        Ok(PinnedAttestors::from_files(self.ec2_keys.as_deref(), self.azure_roots.as_deref(), age)?)
    }

    /// TLS by the two files, if they are configured.
    pub fn tls(&self) -> anyhow::Result<Option<TlsAcceptor>> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(Certificate::open(certificate, key)?.acceptor()?)),
            (None, None) => Ok(None),
            _ => anyhow::bail!("tls_certificate and tls_key belong together: configure both, or none behind a proxy"),
        }
    }
}

fn read_file(name: &str, path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read the {name} `{}`", path.display()))
}
