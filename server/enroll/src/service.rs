//! The service: what all requests share.

use crate::{
    activations::Activations,
    challenges::Challenges,
    config::{Config, PinnedAttestors},
    google_keys::GoogleKeys,
    ledger::{Ledger, error::LedgerError, file::Expected, record::Key},
    random::Random,
    refusal::EnrollError,
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
    event::{Action, Event, Outcome, Source},
    position::last_ledger,
    refusal_counts::RefusalCounts,
};
use muster_core::clock::SharedClock;
use muster_http::rate_limiter::KeyedRateLimiter;
use muster_model::enrollment::SECRET_BYTES_MIN;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
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
    #[error("the operators' secret has less than {SECRET_BYTES_MIN} bytes. Create one with `openssl rand -hex 32`")]
    OperatorsSecret,
}

/// The enrollment service. It is complete without the portal: its folders are its own.
pub struct Service {
    pub(crate) config: Config,
    pub(crate) pinned: PinnedAttestors,
    pub(crate) activations: Arc<dyn Activations>,
    pub(crate) clock: SharedClock,
    pub(crate) random: Arc<dyn Random>,
    registry: Arc<RegistryFile>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) audit: Audit,
    pub(crate) refusals: RefusalCounts,
    pub(crate) challenges: Challenges,
    pub(crate) google_keys: GoogleKeys,
    pub(crate) peers: KeyedRateLimiter<IpAddr>,
    pub(crate) peer_attempts: KeyedRateLimiter<IpAddr>,
    /// One quota for all clients.
    challenge_rate: KeyedRateLimiter<()>,
    pub(crate) accounts: KeyedRateLimiter<(Provider, String)>,
    pub(crate) identities: KeyedRateLimiter<Key>,
    pub(crate) operator_failures: KeyedRateLimiter<IpAddr>,
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
        let is_short = |secret: &SecretString| secret.expose_secret().len() < SECRET_BYTES_MIN;
        if config.operators_secret.as_ref().is_some_and(is_short) {
            return Err(OpenError::OperatorsSecret);
        }
        let registry = RegistryFile::open(&config.roster)?;
        let audit = Audit::open(&config.audit_dir, clock.clone())?;
        let expected = Expected { audited: last_ledger(&config.audit_dir)?, accepted: config.accepted_ledger };
        let ledger = Arc::new(Ledger::open(&config.ledger_dir, expected, clock.now())?);
        audit.record(Event::new(Action::LedgerOpened, Outcome::Ok).ledger(&ledger.position())).await?;
        let fetcher = Fetcher::new(true, Bounds::DOCUMENT)?;
        let limits = config.limits;
        Ok(Arc::new(Self {
            google_keys: GoogleKeys::new(config.google_keys_url.clone(), fetcher, clock.clone()),
            challenges: Challenges::new(limits.challenges_max),
            peers: KeyedRateLimiter::new(limits.peers, &clock),
            peer_attempts: KeyedRateLimiter::new(limits.peer_attempts, &clock),
            challenge_rate: KeyedRateLimiter::new(limits.challenges, &clock),
            accounts: KeyedRateLimiter::new(limits.accounts, &clock),
            identities: KeyedRateLimiter::new(limits.identities, &clock),
            operator_failures: KeyedRateLimiter::new(limits.operator_failures, &clock),
            permits: Arc::new(Semaphore::new(limits.concurrency)),
            refusals: RefusalCounts::default(),
            recorded: Mutex::new(Recorded { registry: registry.current(), failure: None }),
            config,
            pinned,
            activations,
            clock,
            random,
            registry: registry.into(),
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
        let registry = self.registry.clone();
        // A thread that panicked has read nothing, which the next line reports.
        let result = tokio::task::spawn_blocking(move || registry.reload()).await.unwrap_or(Ok(()));
        self.current_registry().await?;
        Ok(result?)
    }

    /// The last valid registry, and why its file cannot be used at the moment. Reads the file first if it has changed, on a thread
    /// that may wait for the disk.
    pub(crate) async fn read_registry(&self) -> (Option<Arc<Registry>>, Option<String>) {
        let registry = self.registry.clone();
        let read = tokio::task::spawn_blocking(move || (registry.current(), registry.failure())).await;
        read.unwrap_or_else(|error| (None, Some(error.to_string())))
    }

    /// Refuses a challenge if all clients together requested too many.
    pub(crate) async fn count_challenge(&self, source: &Source) -> Result<(), EnrollError> {
        let Err(retry_after) = self.challenge_rate.check(()) else { return Ok(()) };
        self.count_refusal("challenges_rate_limited", source.clone()).await;
        Err(EnrollError::RateLimited { retry_after })
    }

    /// Records a refusal that anybody can cause: the first of its kind per minute, and the number of the others.
    pub(crate) async fn count_refusal(&self, kind: &'static str, source: Source) {
        if !self.refusals.is_first(kind) {
            return;
        }
        let event = Event::new(Action::RequestRefused, Outcome::Refused).from(source).object(kind);
        if let Err(error) = self.audit.record(event).await {
            tracing::error!("cannot record a refusal: {error}");
        }
    }

    /// The last valid registry. Records in the audit log that it has changed, or that its file has an error, before it is used.
    pub(crate) async fn current_registry(&self) -> Result<Option<Arc<Registry>>, AuditError> {
        let (registry, failure) = self.read_registry().await;
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
