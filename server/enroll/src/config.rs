//! How the service is set up.

use jiff::SignedDuration;
use muster_access::{network::Networks, public_url::PublicUrl};
use muster_attest::{PinnedError, azure, ec2, google};
use muster_audit::chain::LineHash;
use muster_http::{connections::ConnectionLimits, rate_limiter::Quota};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How long ago an EC2 instance may have been started, unless configured otherwise.
pub const EC2_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Files, folders and limits of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The origin at which instances reach the service. Evidence is made for it.
    pub public_url: PublicUrl,
    /// The folder of the ledger. Not part of the portal's backups: a ledger must never be older than its audit log.
    pub ledger_dir: PathBuf,
    /// The folder of the service's own audit log.
    pub audit_dir: PathBuf,
    /// The registry, a TOML file.
    pub registry: PathBuf,
    /// Networks of reverse proxies that are trusted to set `X-Forwarded-For`.
    pub trusted_proxies: Networks,
    /// Where Google's keys are.
    pub google_keys_url: String,
    /// The last line of a ledger that is accepted although the audit log states a later one.
    pub accepted_ledger: Option<LineHash>,
    pub limits: Limits,
}

impl Config {
    /// A configuration with the usual limits, no proxies, and Google's own keys.
    pub fn new(public_url: PublicUrl, ledger_dir: PathBuf, audit_dir: PathBuf, registry: PathBuf) -> Self {
        Self {
            public_url,
            ledger_dir,
            audit_dir,
            registry,
            trusted_proxies: Networks::default(),
            google_keys_url: google::KEYS_URL.to_owned(),
            accepted_ledger: None,
            limits: Limits::default(),
        }
    }
}

/// Limits of requests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests that run at once. Further ones are answered with 503.
    pub concurrency: usize,
    /// The time for a request's body to arrive.
    pub body_timeout: Duration,
    /// The time for one activation. Afterwards the instance is asked to try again.
    pub activation_timeout: Duration,
    /// Requests per address, or network of 64 bits for IPv6. Many instances can share the address of a NAT gateway.
    pub peers: Quota,
    /// Attempts with genuine evidence per cloud account.
    pub accounts: Quota,
    /// Challenges that are remembered.
    pub challenges_max: usize,
    pub connections: ConnectionLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 256,
            body_timeout: Duration::from_secs(10),
            activation_timeout: Duration::from_secs(45),
            peers: Quota { burst: 120, period: Duration::from_millis(500) },
            accounts: Quota { burst: 100, period: Duration::from_millis(200) },
            challenges_max: crate::challenges::CHALLENGES_MAX,
            connections: ConnectionLimits::default(),
        }
    }
}

/// The attestors with pinned keys. Keys of operators' tokens are in the registry.
#[derive(Clone)]
pub struct PinnedAttestors {
    pub ec2: Arc<ec2::Attestor>,
    pub azure: Arc<azure::Attestor>,
}

impl PinnedAttestors {
    /// With the keys of AWS and Azure.
    ///
    /// # Errors
    ///
    /// If they are damaged, which a test excludes.
    pub fn built_in(ec2_age_max: SignedDuration) -> Result<Self, PinnedError> {
        Ok(Self {
            ec2: ec2::Attestor::new(ec2::RegionKeys::built_in()?, ec2_age_max).into(),
            azure: azure::Attestor::new(azure::Roots::built_in()?).into(),
        })
    }
}
