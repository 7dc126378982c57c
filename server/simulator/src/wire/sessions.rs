//! Who is behind an access key: the portal itself, or a session that AssumeRole minted for one systems account.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY};
use crate::{clock, random::Random};

/// Sessions are swept once there are so many.
const SESSIONS_MAX: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The portal's own identity.
    Hub,
    Role {
        systems_account: Arc<str>,
        session_name: Arc<str>,
    },
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
    minted: u64,
}

impl Sessions {
    /// Keys need to differ, not to be secret: the simulator listens to its own machine.
    pub(super) fn mint(&mut self, identity: Identity, duration_seconds: i64, now: Timestamp) -> Session {
        if self.by_key.len() >= SESSIONS_MAX {
            self.by_key.retain(|_, session| session.expires_at > now);
        }
        self.minted += 1;
        let mut random = Random::of(self.minted, HUB_ACCESS_KEY_ID);
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
