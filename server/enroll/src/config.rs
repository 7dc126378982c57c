//! How the service is set up.

use jiff::SignedDuration;
use muster_access::{network::Networks, public_url::PublicUrl};
use muster_attest::{PinnedError, azure, ec2, google};
use muster_audit::chain::LineHash;
use muster_http::{connections::ConnectionLimits, rate_limiter::Quota};
use muster_provision::Settings;
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

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

/// The patch groups that instances may ask for, and the one of those that ask for none.
#[derive(Clone, Debug)]
pub struct PatchGroups {
    pub names: Vec<String>,
    pub default: String,
}

impl From<&Settings> for PatchGroups {
    fn from(settings: &Settings) -> Self {
        let names = settings.groups.iter().map(|group| group.name.clone()).collect();
        Self { names, default: settings.default_group.clone() }
    }
}

/// Files, folders and limits of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The origin at which instances reach the service. Evidence is made for it.
    pub public_url: PublicUrl,
    /// The folder of the ledger. Not part of the portal's backups: a ledger must never be older than its audit log.
    pub ledger_dir: PathBuf,
    /// The folder of the service's own audit log.
    pub audit_dir: PathBuf,
    /// The roster, a TOML file, whose accounts with enrollment are the registry.
    pub roster: PathBuf,
    pub patch_groups: PatchGroups,
    /// Networks of reverse proxies that are trusted to set `X-Forwarded-For`.
    pub trusted_proxies: Networks,
    /// Where Google's keys are.
    pub google_keys_url: String,
    /// The last line of a ledger that is accepted although the audit log states a later one.
    pub accepted_ledger: Option<LineHash>,
    /// What the portal sends to act for operators, at least [`SECRET_BYTES_MIN`](muster_model::enrollment::SECRET_BYTES_MIN). `None` switches their API off.
    pub operators_secret: Option<SecretString>,
    pub limits: Limits,
}

impl Config {
    /// A configuration with the usual patch groups and limits, no proxies, and Google's own keys.
    pub fn new(public_url: PublicUrl, ledger_dir: PathBuf, audit_dir: PathBuf, roster: PathBuf) -> Self {
        Self {
            public_url,
            ledger_dir,
            audit_dir,
            roster,
            patch_groups: (&Settings::default()).into(),
            trusted_proxies: Networks::default(),
            google_keys_url: google::KEYS_URL.to_owned(),
            accepted_ledger: None,
            operators_secret: None,
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
    /// Requests with a wrong secret of operators, per address or network.
    pub operator_failures: Quota,
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
            operator_failures: Quota { burst: 10, period: Duration::from_secs(10) },
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
    /// With the keys of AWS and Azure that are compiled in, unless a file replaces all of one of them: `ec2_regions_pem` in the form
    /// of `server/attest/src/ec2/regions.pem`, and `azure_roots_pem` in that of `server/attest/src/azure/roots.pem`. So a new
    /// Region or root needs no new version.
    ///
    /// # Errors
    ///
    /// The error names the file and the entry that is wrong.
    pub fn from_files(
        ec2_regions_pem: Option<&Path>,
        azure_roots_pem: Option<&Path>,
        ec2_age_max: SignedDuration,
    ) -> Result<Self, PinnedFileError> {
        let regions = keys(ec2_regions_pem, ec2::RegionKeys::built_in, ec2::RegionKeys::from_list)?;
        let roots = keys(azure_roots_pem, azure::Roots::built_in, azure::Roots::from_list)?;
        Ok(Self { ec2: ec2::Attestor::new(regions, ec2_age_max).into(), azure: azure::Attestor::new(roots).into() })
    }
}

/// Why pinned keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PinnedFileError {
    #[error("cannot read the pinned keys `{}`. Check the path and its permissions", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the pinned keys `{}`: {source}. Correct the file, or leave it out for the built-in keys", path.display())]
    Invalid { path: PathBuf, source: PinnedError },
    /// A test excludes this.
    #[error("the built-in keys: {0}. Build Muster from unchanged sources")]
    BuiltIn(#[source] PinnedError),
}

fn keys<T>(
    path: Option<&Path>,
    built_in: impl FnOnce() -> Result<T, PinnedError>,
    from_list: impl FnOnce(&str) -> Result<T, PinnedError>,
) -> Result<T, PinnedFileError> {
    let Some(path) = path else { return built_in().map_err(PinnedFileError::BuiltIn) };
    let list =
        std::fs::read_to_string(path).map_err(|source| PinnedFileError::Read { path: path.to_owned(), source })?;
    from_list(&list).map_err(|source| PinnedFileError::Invalid { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::CHALLENGE_SECONDS;

    #[test]
    fn files_replace_the_built_in_keys_and_errors_name_the_file_and_the_entry() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let regions = include_str!("../../attest/src/ec2/regions.pem");
        let roots = include_str!("../../attest/src/azure/roots.pem");
        let (good_regions, good_roots) = (write("regions.pem", regions), write("roots.pem", roots));
        let open =
            |regions: Option<&Path>, roots: Option<&Path>| PinnedAttestors::from_files(regions, roots, EC2_AGE_MAX);
        open(None, None).expect("the built-in keys");
        open(Some(&good_regions), Some(&good_roots)).expect("the same keys in files");
        let missing = folder.path().join("missing.pem");
        for (file, words) in [
            (missing, "missing.pem"),
            (
                write("other-digest.pem", &regions.replacen("af-south-1 86", "af-south-1 87", 1)),
                "certificate of `af-south-1`",
            ),
            (write("no-region.pem", &regions.replacen("af-south-1", "Cape-Town", 1)), "`Cape-Town` is not the name"),
            (write("twice.pem", &format!("{regions}{regions}")), "listed twice"),
            (write("empty.pem", "# none\n"), "no certificates"),
        ] {
            let message = open(Some(&file), None).err().expect(words).to_string();
            assert!(message.contains(words) && message.contains(".pem"), "{message}");
        }
        let changed = write("other-root.pem", &roots.replacen("Root_G2 cb", "Root_G2 cc", 1));
        let message = open(None, Some(&changed)).err().expect("another digest").to_string();
        assert!(message.contains("other-root.pem") && message.contains("DigiCert_Global_Root_G2"), "{message}");
    }

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
