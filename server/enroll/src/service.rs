//! The service: what all requests share.

use crate::{
    activations::Activations,
    challenges::Challenges,
    config::{Config, PinnedAttestors},
    google_keys::GoogleKeys,
    ledger::{Ledger, error::LedgerError, file::Expected},
    random::Random,
    registry::{Registry, RegistryFile},
};
use muster_access::{
    error::AccessError,
    fetch::{Bounds, Fetcher},
};
use muster_attest::identity::Provider;
use muster_audit::{
    Audit,
    error::AuditError,
    event::{Action, Event, Outcome},
    position::last_ledger,
    refusal_counts::RefusalCounts,
};
use muster_core::clock::SharedClock;
use muster_http::rate_limiter::KeyedRateLimiter;
use parking_lot::Mutex;
use std::{net::IpAddr, sync::Arc};
use tokio::sync::Semaphore;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Registry(#[from] AccessError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("cannot use the operating system's certificates: {0}. Install its package of root certificates")]
    Certificates(#[from] std::io::Error),
}

/// The enrollment service. It is complete without the portal: its folders are its own.
pub struct Service {
    pub(crate) config: Config,
    pub(crate) pinned: PinnedAttestors,
    pub(crate) activations: Arc<dyn Activations>,
    pub(crate) clock: SharedClock,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) registry: RegistryFile,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) audit: Audit,
    pub(crate) refusals: RefusalCounts,
    pub(crate) challenges: Challenges,
    pub(crate) google_keys: GoogleKeys,
    pub(crate) peers: KeyedRateLimiter<IpAddr>,
    pub(crate) accounts: KeyedRateLimiter<(Provider, String)>,
    pub(crate) permits: Arc<Semaphore>,
    recorded: Mutex<Recorded>,
}

/// The version of the registry that the audit log has last, and the error of the file.
struct Recorded {
    registry: Option<Arc<Registry>>,
    failure: Option<String>,
}

impl Service {
    /// Opens the registry, the audit log and the ledger.
    ///
    /// # Errors
    ///
    /// If one of them cannot be used: the registry is not valid, another process has a folder open, a log was changed, or the
    /// ledger is older than the audit log.
    pub async fn open(
        config: Config,
        pinned: PinnedAttestors,
        activations: Arc<dyn Activations>,
        clock: SharedClock,
        random: Arc<dyn Random>,
    ) -> Result<Arc<Self>, OpenError> {
        let registry = RegistryFile::open(&config.registry)?;
        let audit = Audit::open(&config.audit_dir, clock.clone())?;
        let expected = Expected { audited: last_ledger(&config.audit_dir)?, accepted: config.accepted_ledger };
        let ledger = Arc::new(Ledger::open(&config.ledger_dir, expected, clock.now())?);
        audit.record(Event::new(Action::LedgerOpened, Outcome::Ok).ledger(&ledger.position())).await?;
        let fetcher = Fetcher::new(!config.public_url.is_https(), Bounds::DOCUMENT)?;
        let limits = config.limits;
        Ok(Arc::new(Self {
            google_keys: GoogleKeys::new(config.google_keys_url.clone(), fetcher, clock.clone()),
            challenges: Challenges::new(limits.challenges_max),
            peers: KeyedRateLimiter::new(limits.peers, &clock),
            accounts: KeyedRateLimiter::new(limits.accounts, &clock),
            permits: Arc::new(Semaphore::new(limits.concurrency)),
            refusals: RefusalCounts::default(),
            recorded: Mutex::new(Recorded { registry: registry.current(), failure: None }),
            config,
            pinned,
            activations,
            clock,
            random,
            registry,
            ledger,
            audit,
        }))
    }

    /// Reads the registry again at once, as for SIGHUP, and records a change or a new error.
    ///
    /// # Errors
    ///
    /// If it is not valid. The last valid one stays in use.
    pub async fn reload_registry(&self) -> Result<(), OpenError> {
        let result = self.registry.reload();
        self.current_registry().await?;
        Ok(result?)
    }

    /// The last valid registry. Records in the audit log that it has changed, or that its file has an error, before it is used.
    pub(crate) async fn current_registry(&self) -> Result<Option<Arc<Registry>>, AuditError> {
        let (registry, failure) = (self.registry.current(), self.registry.failure());
        let (is_new, has_failed) = {
            let recorded = self.recorded.lock();
            let is_same = match (&recorded.registry, &registry) {
                (Some(before), Some(now)) => Arc::ptr_eq(before, now),
                (before, now) => before.is_none() && now.is_none(),
            };
            (!is_same, failure.is_some() && failure != recorded.failure)
        };
        if is_new {
            self.audit.record(Event::new(Action::RegistryReloaded, Outcome::Ok)).await?;
        }
        if let Some(failure) = failure.as_deref().filter(|_| has_failed) {
            self.audit.record(Event::new(Action::RegistryReloaded, Outcome::Failed).detail(failure)).await?;
        }
        *self.recorded.lock() = Recorded { registry: registry.clone(), failure };
        Ok(registry)
    }

    /// The audience of evidence, without a nonce. Google's has a path of its own, so that no other token is one for it.
    pub(crate) fn audience(&self, provider: Provider) -> String {
        let origin = self.config.public_url.origin();
        match provider {
            Provider::Gcp => format!("{origin}/enroll/v1/gcp"),
            _ => format!("{origin}/enroll/v1"),
        }
    }
}
