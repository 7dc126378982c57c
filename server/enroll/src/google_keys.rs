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

pub(crate) struct GoogleKeys(CachedDocument<KeySet>);

impl GoogleKeys {
    pub fn new(url: String, fetcher: Fetcher, clock: SharedClock) -> Self {
        Self(CachedDocument::new(url, KeySet::read, Arc::new(fetcher), clock))
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
        let unavailable = |error| {
            tracing::warn!("Google's keys are not available: {error}");
            Refusal::KeysUnavailable
        };
        let keys = self.0.get().await.map_err(unavailable)?;
        match attestors.attest(evidence, challenge, Some(&keys), now) {
            Err(Refusal::UnknownKey) => match self.0.refresh().await.map_err(unavailable)? {
                Some(keys) => attestors.attest(evidence, challenge, Some(&keys), now),
                None => Err(Refusal::UnknownKey),
            },
            result => result,
        }
    }
}
