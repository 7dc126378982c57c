//! Google's keys: fetched, cached, and fetched again for an unknown key id, at most once a minute.

use jiff::Timestamp;
use muster_access::{cached_document::CachedDocument, fetch::Fetcher, jwt::keys::KeySet};
use muster_attest::{
    Attestors,
    challenge::Challenge,
    evidence::Evidence,
    identity::{Identity, Provider},
    refusal::Refusal,
};
use muster_core::clock::SharedClock;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Callers that wait for keys. Further ones are asked to try again.
const WAITING_MAX: usize = 32;

pub(crate) struct GoogleKeys {
    document: CachedDocument<KeySet>,
    waiting: Semaphore,
}

impl GoogleKeys {
    pub fn new(url: String, fetcher: Fetcher, clock: SharedClock) -> Self {
        let document = CachedDocument::new(url, KeySet::read, Arc::new(fetcher), clock);
        Self { document, waiting: Semaphore::new(WAITING_MAX) }
    }

    /// Verifies evidence, with Google's keys if it needs them.
    pub async fn attest(
        &self,
        attestors: &Attestors,
        evidence: &Evidence,
        challenge: &Challenge,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        if (evidence.provider(), challenge.provider) != (Provider::Gcp, Provider::Gcp) {
            return attestors.attest(evidence, challenge, None, now);
        }
        // Keys are fetched only for evidence that lacks nothing else, and for some callers at a time, so that an outage of Google
        // takes the permits of few requests.
        match attestors.attest(evidence, challenge, None, now) {
            Err(Refusal::KeysUnavailable) => {}
            result => return result,
        }
        let _waits = self.waiting.try_acquire().map_err(|_| Refusal::KeysUnavailable)?;
        let unavailable = |error| {
            tracing::warn!("Google's keys are not available: {error}");
            Refusal::KeysUnavailable
        };
        let keys = self.document.get().await.map_err(unavailable)?;
        match attestors.attest(evidence, challenge, Some(&keys), now) {
            Err(Refusal::UnknownKey) => match self.document.refresh().await.map_err(unavailable)? {
                Some(keys) => attestors.attest(evidence, challenge, Some(&keys), now),
                None => Err(Refusal::UnknownKey),
            },
            result => result,
        }
    }
}
