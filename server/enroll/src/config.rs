//! How the service is set up.

use jiff::SignedDuration;
use muster_access::{network::Networks, public_url::PublicUrl};
use muster_attest::{PinnedError, azure, ec2, google};
use muster_audit::chain::LineHash;
use muster_http::{connections::ConnectionLimits, rate_limiter::Quota};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How long ago an EC2 instance may have been started, unless configured otherwise.
pub const EC2_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long the scripts wait for an answer: `--max-time` of linux.sh and `-TimeoutSec` of windows.ps1.
pub const SCRIPT_TIMEOUT: Duration = Duration::from_secs(30);
/// The time for one activation. It must be well below [`SCRIPT_TIMEOUT`], because an activation that is made later is lost with
/// its answer, and also leave time for the evidence, the ledger and the audit log.
pub const ACTIVATION_TIMEOUT: Duration = Duration::from_secs(15);
const _: () = assert!(ACTIVATION_TIMEOUT.as_secs() * 2 <= SCRIPT_TIMEOUT.as_secs());
/// How much longer than an activation the service waits for running attempts when it shuts down.
pub const SHUTDOWN_MARGIN: Duration = Duration::from_secs(15);

/// The IPv6 network that counts as one client, in bits. Providers hand out networks of 48 and 56 bits to anybody.
pub const PEER_IPV6_BITS: u32 = 48;

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
    /// The time for one activation, see [`ACTIVATION_TIMEOUT`]. Afterwards the instance is asked to try again.
    pub activation_timeout: Duration,
    /// Requests per address, or network of [`PEER_IPV6_BITS`] for IPv6. Many instances can share the address of a NAT gateway.
    pub peers: Quota,
    /// The same for attempts, so that who uses up the challenges of an address does not keep others from using theirs.
    pub peer_attempts: Quota,
    /// Challenges of all clients together. It must be below what is remembered while a challenge can be used, so that no number
    /// of clients makes the service forget one that is open.
    pub challenges: Quota,
    /// Attempts with genuine evidence per cloud account.
    pub accounts: Quota,
    /// Attempts with genuine evidence per instance.
    pub identities: Quota,
    /// Challenges that are remembered.
    pub challenges_max: usize,
    pub connections: ConnectionLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 256,
            body_timeout: Duration::from_secs(10),
            activation_timeout: ACTIVATION_TIMEOUT,
            peers: Quota { burst: 120, period: Duration::from_millis(500) },
            peer_attempts: Quota { burst: 120, period: Duration::from_millis(500) },
            challenges: Quota { burst: 1_000, period: Duration::from_millis(5) },
            identities: Quota { burst: 20, period: Duration::from_secs(10) },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::CHALLENGE_SECONDS;

    #[test]
    fn open_challenges_are_never_forgotten_for_new_ones() {
        let limits = Limits::default();
        let seconds = Duration::from_secs(CHALLENGE_SECONDS.unsigned_abs());
        let issued = u128::from(limits.challenges.burst) + seconds.as_nanos() / limits.challenges.period.as_nanos();
        assert!(issued < limits.challenges_max as u128, "{issued}");
    }

    #[test]
    fn scripts_wait_for_activations_and_so_does_a_shutdown() {
        let limits = Limits::default();
        assert!(limits.activation_timeout * 2 <= SCRIPT_TIMEOUT);
        assert!(limits.activation_timeout < limits.connections.shutdown_timeout);
    }
}
