//! The state that all requests share, and the identity of the portal.

use std::sync::{
    Mutex, MutexGuard, PoisonError, RwLockReadGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::{calls::CallLog, fault::Faults, queue::Queue, rate::RateLimit, sessions::Sessions};
use jiff::Timestamp;

use crate::{
    clock,
    created::Created,
    estate::{Estate, SharedEstate, organization},
};

/// The portal's own account, which manages the organization.
pub const HUB_ACCOUNT: &str = organization::MANAGEMENT_ACCOUNT;

#[derive(Default)]
pub(super) struct Shared {
    pub estate: SharedEstate,
    pub sessions: Mutex<Sessions>,
    pub faults: Mutex<Faults>,
    pub calls: Mutex<CallLog>,
    pub rate: Mutex<RateLimit>,
    pub queue: Queue,
    pub created: Mutex<Created>,
    /// Whether created accounts follow the wall clock, as their callers do.
    pub is_live: AtomicBool,
    /// What Google publishes at its address of keys.
    pub google_jwks: Mutex<Option<String>>,
    /// The number of requests so far, from which their ids are derived.
    pub requests: AtomicU64,
}

impl Shared {
    pub(super) fn new(estate: SharedEstate) -> Shared {
        Shared { estate, ..Shared::default() }
    }

    /// The time in created accounts.
    pub(super) fn created_now(&self, estate: &Estate) -> Timestamp {
        if self.is_live.load(Ordering::Relaxed) { clock::wall_clock() } else { estate.now() }
    }

    pub(super) fn estate(&self) -> RwLockReadGuard<'_, Estate> {
        self.estate.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The portal's own user.
pub(super) fn hub_user_arn() -> String {
    format!("arn:aws:iam::{HUB_ACCOUNT}:user/muster")
}

/// Locks a mutex. Poisoning only means that another request panicked; the data behind the lock is still consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
