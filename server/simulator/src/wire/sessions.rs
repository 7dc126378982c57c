//! Credentials and sessions: an access key belongs to the portal itself or to a session created by AssumeRole.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use crate::{clock, random::Random};

const HUB_ACCESS_KEY_ID: &str = "AKIAMUSTERSIMULATOR1";
const HUB_SECRET_ACCESS_KEY: &str = "muster-simulator-operator-secret-key-000";

/// Expired sessions are dropped once there are this many.
const SESSIONS_MAX: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl Credentials {
    pub(super) fn hub() -> Credentials {
        Credentials { access_key_id: HUB_ACCESS_KEY_ID.to_owned(), secret_access_key: HUB_SECRET_ACCESS_KEY.to_owned() }
    }
}

/// The caller of a request, proven by its signature.
pub(super) struct Caller {
    pub identity: Identity,
    pub region: String,
    /// The server's clock, which a fault may have moved.
    pub clock: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The portal.
    Hub,
    /// A session in a systems account. Its policy, if it has one, allows nothing that the role may not do.
    Role { systems_account: Arc<str>, role: Arc<str>, session_name: Arc<str>, policy: Option<Arc<Value>> },
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub token: String,
    pub expires_at: Timestamp,
    pub identity: Identity,
}

#[derive(Default)]
pub(super) struct Sessions {
    by_key: BTreeMap<String, Session>,
    created: u64,
}

impl Sessions {
    /// Creates a session. Its keys are unique but predictable, since nothing needs to be secret here.
    pub(super) fn create(&mut self, identity: Identity, duration_seconds: i64, now: Timestamp) -> Session {
        if self.by_key.len() >= SESSIONS_MAX {
            self.by_key.retain(|_, session| session.expires_at > now);
        }
        self.created += 1;
        let mut random = Random::labelled(self.created, HUB_ACCESS_KEY_ID);
        let session = Session {
            access_key_id: format!("ASIA{}", random.hex(16).to_uppercase()),
            secret_access_key: random.hex(40),
            token: format!("FwoGZXIvYXdzE{}", random.hex(240)),
            expires_at: now + clock::seconds(duration_seconds),
            identity,
        };
        self.by_key.insert(session.access_key_id.clone(), session.clone());
        session
    }

    pub(super) fn find(&self, access_key_id: &str) -> Option<Session> {
        if access_key_id == HUB_ACCESS_KEY_ID {
            return Some(Session {
                access_key_id: access_key_id.to_owned(),
                secret_access_key: HUB_SECRET_ACCESS_KEY.to_owned(),
                token: String::new(),
                expires_at: Timestamp::MAX,
                identity: Identity::Hub,
            });
        }
        self.by_key.get(access_key_id).cloned()
    }

    pub(super) fn expire_all(&mut self) {
        for session in self.by_key.values_mut() {
            session.expires_at = Timestamp::UNIX_EPOCH;
        }
    }
}
