//! When auditor links expire: a session that was started by a link ends with it.

use jiff::Timestamp;
use muster_access::principal::Identity;
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// The issuer of identities that signed in by a link.
pub const ISSUER: &str = "auditor-link";

/// The expiry of each link that was opened or revoked.
#[derive(Default)]
pub struct LinkExpiry(Mutex<BTreeMap<String, Timestamp>>);

impl LinkExpiry {
    /// Notes the expiry of a link that is opened. A link that was revoked in the meantime stays revoked.
    pub fn note(&self, link_id: &str, expires_at: Timestamp) {
        self.0.lock().entry(link_id.to_owned()).or_insert(expires_at);
    }

    pub fn revoke(&self, link_id: &str) {
        self.0.lock().insert(link_id.to_owned(), Timestamp::MIN);
    }

    /// Whether a session of this identity is valid. Sessions without a link always are.
    pub fn is_valid(&self, identity: &Identity, now: Timestamp) -> bool {
        !is_by_link(identity) || self.0.lock().get(&identity.subject).is_some_and(|expires_at| now < *expires_at)
    }
}

/// Whether an identity signed in by a link.
pub fn is_by_link(identity: &Identity) -> bool {
    identity.issuer == ISSUER
}
